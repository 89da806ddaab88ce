//! What changed between two records of the same place: a returned record and its amendment, or this round and the last one.
//! Lines are matched by what was asked of what, never by their numbers, which another plan may give anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::{AssetId, CriterionKey},
    outcome::Outcome,
    reconciliation::{Reconciliation, Verdict},
    subject::Subject,
    visit::{Finding, LineResult},
};

use crate::record::Record;

/// What differs in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LineAspect {
    /// 结果.
    Outcome,
    /// 原因.
    Reason,
    /// 说明.
    Note,
    /// 检查点 or their values.
    Checks,
    /// 照片.
    Photos,
    /// 现场 or 远程.
    Mode,
}

/// One line of which something differs. `None` on one side: only the other record has the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineChange {
    /// What was asked.
    pub criterion: CriterionKey,
    /// Of what.
    pub subject: Subject,
    /// What differs; empty when one side lacks the line.
    pub aspects: Vec<LineAspect>,
    /// The earlier answer.
    pub before: Option<LineResult>,
    /// The later answer.
    pub after: Option<LineResult>,
}

/// One asset of which the verdicts or what was seen differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetDifference {
    /// The ledger's asset.
    pub asset: AssetId,
    /// Verdicts of the earlier record; empty where it did not know the asset.
    pub before: Vec<Verdict>,
    /// Verdicts of the later record; empty where it does not know the asset.
    pub after: Vec<Verdict>,
}

/// What changed from one record to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordDifference {
    /// Lines that are the same in both.
    pub same_lines: u32,
    /// Lines of which something differs, in the order of the later record; what only the earlier one has comes last.
    pub lines: Vec<LineChange>,
    /// Assets of which something differs.
    pub assets: Vec<AssetDifference>,
    /// Assets outside the ledger: earlier, later.
    pub not_in_ledger: (u32, u32),
    /// Problems that only the later record has.
    pub new_findings: Vec<Finding>,
    /// Problems that only the earlier record has.
    pub gone_findings: Vec<Finding>,
    /// Lines answered 异常: earlier, later.
    pub abnormal: (u32, u32),
}

impl RecordDifference {
    /// Whether nothing of what was answered differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.assets.is_empty()
            && self.new_findings.is_empty()
            && self.gone_findings.is_empty()
            && self.not_in_ledger.0 == self.not_in_ledger.1
    }
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// What changed from `before` to `after`. Times, edits and marks of bulk answers are no change of an answer.
#[must_use]
pub fn difference(before: &Record, after: &Record) -> RecordDifference {
    let key = |line: &LineResult| (line.criterion.clone(), line.subject.clone());
    let mut earlier: BTreeMap<_, &LineResult> = before.lines.iter().map(|line| (key(line), line)).collect();
    let mut found = RecordDifference {
        abnormal: (abnormal(before), abnormal(after)),
        not_in_ledger: (outside(before), outside(after)),
        ..RecordDifference::default()
    };
    for line in &after.lines {
        let old = earlier.remove(&key(line));
        let aspects = old.map(|old| aspects(old, line)).unwrap_or_default();
        if old.is_some() && aspects.is_empty() {
            found.same_lines += 1;
        } else {
            found.lines.push(change(line, (old, Some(line)), aspects));
        }
    }
    let gone: Vec<&LineResult> = before.lines.iter().filter(|line| earlier.contains_key(&key(line))).collect();
    found.lines.extend(gone.into_iter().map(|line| change(line, (Some(line), None), Vec::new())));
    found.assets = assets(before, after);
    let names = |record: &Record| record.findings.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    let (old, new) = (names(before), names(after));
    // One that carries an earlier problem on is that problem, not a new one.
    let is_known = |one: &Finding| old.contains(&one.id) || one.follows.as_ref().is_some_and(|id| old.contains(id));
    let is_carried = |one: &Finding| after.findings.iter().any(|later| later.follows.as_ref() == Some(&one.id));
    found.new_findings = after.findings.iter().filter(|one| !is_known(one)).cloned().collect();
    found.gone_findings =
        before.findings.iter().filter(|one| !new.contains(&one.id) && !is_carried(one)).cloned().collect();
    found
}

fn abnormal(record: &Record) -> u32 {
    count(record.lines.iter().filter(|line| line.outcome == Outcome::Abnormal))
}

fn outside(record: &Record) -> u32 {
    count(record.reconciliation.iter().filter(|one| one.asset.is_none()))
}

/// `line` is either side: both ask the same.
fn change(
    line: &LineResult,
    (before, after): (Option<&LineResult>, Option<&LineResult>),
    aspects: Vec<LineAspect>,
) -> LineChange {
    LineChange {
        criterion: line.criterion.clone(),
        subject: line.subject.clone(),
        aspects,
        before: before.cloned(),
        after: after.cloned(),
    }
}

fn aspects(old: &LineResult, new: &LineResult) -> Vec<LineAspect> {
    let photos = |line: &LineResult| line.photos.iter().copied().collect::<BTreeSet<_>>();
    [
        (LineAspect::Outcome, old.outcome != new.outcome),
        (LineAspect::Reason, old.reason != new.reason),
        (LineAspect::Note, old.note != new.note),
        (LineAspect::Checks, old.checks != new.checks),
        (LineAspect::Photos, photos(old) != photos(new) || old.no_photo != new.no_photo),
        (LineAspect::Mode, old.mode != new.mode),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(aspect, _)| aspect)
    .collect()
}

fn assets(before: &Record, after: &Record) -> Vec<AssetDifference> {
    let by_asset = |record: &Record| -> BTreeMap<AssetId, Reconciliation> {
        let named = |one: &Reconciliation| Some((one.asset.clone()?, one.clone()));
        record.reconciliation.iter().filter_map(named).collect()
    };
    let (old, new) = (by_asset(before), by_asset(after));
    let all: BTreeSet<&AssetId> = old.keys().chain(new.keys()).collect();
    let verdicts = |side: &BTreeMap<AssetId, Reconciliation>, asset: &AssetId| {
        side.get(asset).map(|one| one.verdicts.clone()).unwrap_or_default()
    };
    all.into_iter()
        .map(|asset| AssetDifference {
            asset: asset.clone(),
            before: verdicts(&old, asset),
            after: verdicts(&new, asset),
        })
        .filter(|change| change.before != change.after)
        .collect()
}
