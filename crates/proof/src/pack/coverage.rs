//! How much of a round's plan its delivered records cover. Whoever made the pack and whoever checks it count alike.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::VisitId, outcome::Outcome, plan::Plan};

use crate::{decision::Decision, record::Record};

/// 覆盖: lines due against lines answered, visits planned against visits with a receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Visits of the plan.
    pub visits_planned: u64,
    /// Those with a delivered record that counts.
    pub visits_delivered: u64,
    /// Lines of the plan (应检).
    pub lines_due: u64,
    /// Answered 正常.
    pub normal: u64,
    /// Answered 异常.
    pub abnormal: u64,
    /// Answered 不适用. They count towards 巡检完成率 only where a reviewer accepted them.
    pub not_applicable: u64,
    /// Answered 未检.
    pub not_checked: u64,
    /// Visits without a delivered record that counts, in the order of the plan.
    pub missing: Vec<VisitId>,
}

/// What coverage needs of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The record.
    pub record: Sha256,
    /// Its visit.
    pub visit: VisitId,
    /// Its revision.
    pub revision: u32,
    /// Lines answered 正常, 异常, 不适用, 未检.
    pub outcomes: [u64; 4],
}

impl Counted {
    /// Counts a record's lines.
    #[must_use]
    pub fn of(id: Sha256, record: &Record) -> Self {
        let mut outcomes = [0; 4];
        for line in &record.lines {
            outcomes[match line.outcome {
                Outcome::Normal => 0,
                Outcome::Abnormal => 1,
                Outcome::NotApplicable => 2,
                Outcome::NotChecked => 3,
            }] += 1;
        }
        Self { record: id, visit: record.visit.id.clone(), revision: record.visit.revision, outcomes }
    }
}

/// Records that a later decision says do not count. `decisions` come in the order of the log.
#[must_use]
pub fn ruled_out(decisions: &[Decision]) -> BTreeSet<Sha256> {
    let mut out = BTreeSet::new();
    for decision in decisions {
        for one in &decision.candidates {
            if decision.counts == Some(one.record) {
                out.remove(&one.record);
            } else {
                out.insert(one.record);
            }
        }
    }
    out
}

/// Counts. Of several records of a visit the highest revision counts that no decision ruled out.
#[must_use]
pub fn coverage(plan: &Plan, records: &[Counted], decisions: &[Decision]) -> Coverage {
    let out = ruled_out(decisions);
    let mut counting: BTreeMap<&VisitId, &Counted> = BTreeMap::new();
    for one in records.iter().filter(|one| !out.contains(&one.record)) {
        let best = counting.entry(&one.visit).or_insert(one);
        if (one.revision, std::cmp::Reverse(one.record)) > (best.revision, std::cmp::Reverse(best.record)) {
            *best = one;
        }
    }
    let mut found =
        Coverage { visits_planned: plan.visits.len() as u64, lines_due: plan.lines_due(), ..Coverage::default() };
    for visit in &plan.visits {
        match counting.get(&visit.id) {
            Some(one) => {
                found.visits_delivered += 1;
                found.normal += one.outcomes[0];
                found.abnormal += one.outcomes[1];
                found.not_applicable += one.outcomes[2];
                found.not_checked += one.outcomes[3];
            }
            None => found.missing.push(visit.id.clone()),
        }
    }
    found
}
