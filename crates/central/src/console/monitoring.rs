//! Monitoring in the console: imports, what is out of range, candidates with the rule that fired, thresholds with their source.
//! The page only shows; files come in, and thresholds are set, by the command line.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    monitoring::{Annexes, Change},
    text::Text,
};

use super::page::Params;
use crate::{
    error::Error,
    monitoring::{
        self,
        judge::{self, JudgedResource, Question},
        thresholds,
    },
    site::Site,
};

/// Most rows of a list; the counts always count all of them, and the workbook of the command line has them all.
const MAX_ROWS: usize = 500;

/// 监控.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MonitoringView {
    /// The newest first.
    pub imports: Vec<MonitoringImportItem>,
    /// What the samples of the period come to; `None` before the first import.
    pub judgement: Option<MonitoringJudgement>,
    /// The print first.
    pub thresholds: Vec<ThresholdItem>,
    /// Where the version in force differs from the print.
    pub changes: Vec<ThresholdChange>,
    /// 适用解读: how the annexes are read.
    pub notes: Vec<Text>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MonitoringImportItem {
    /// Counts up.
    pub number: u32,
    /// The file's name.
    pub file: String,
    /// Hash of its exact bytes.
    pub file_sha256: String,
    /// The first day of its samples.
    pub first_on: String,
    /// The last day of its samples.
    pub last_on: String,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that became samples.
    pub imported: u32,
    /// Rows that were left out.
    pub skipped: u32,
    /// Samples that stand for no resource of the ledger.
    pub unmatched: u32,
    /// Records that name the file as evidence.
    pub records: u32,
    /// When.
    pub imported_at: i64,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MonitoringJudgement {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The version of the thresholds.
    pub thresholds: u32,
    /// Resources with samples.
    pub resources: u32,
    /// Resources with a value outside of table B.1.
    pub out_of_range: u32,
    /// Resources that a rule of table C.1 names.
    pub candidates: u32,
    /// Moments of a resource of which two imports say different things; the newer import counts.
    pub doubled: u32,
    /// Values outside of table B.1, at most 500 of them.
    pub breaches: Vec<BreachItem>,
    /// How many there are.
    pub all_breaches: u32,
    /// Rules of table C.1 that fired, at most 500 of them.
    pub suggestions: Vec<CandidateItem>,
    /// How many there are.
    pub all_suggestions: u32,
}

/// What a row of the lists is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MonitoredItem {
    /// Its id in the ledger; empty where the ledger does not have it.
    pub id: String,
    /// 资源类型.
    pub kind: Text,
    /// Its name.
    pub name: String,
    /// 归属单位.
    pub owning_unit: String,
    /// Its cluster, or its room and rack.
    pub place: String,
}

/// A value outside of table B.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BreachItem {
    /// Whose.
    pub resource: MonitoredItem,
    /// The printed row.
    pub row: String,
    /// What was measured, and the limit.
    pub sentence: Text,
}

/// A rule of table C.1 that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CandidateItem {
    /// For what.
    pub resource: MonitoredItem,
    /// The printed row.
    pub row: String,
    /// 判断指标 as printed, and our English.
    pub rule: Text,
    /// What a person might do.
    pub suggestion: Text,
    /// Why.
    pub ground: Text,
}

/// A version of the thresholds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThresholdItem {
    /// Its number; 1 is the print.
    pub version: u32,
    /// Where its numbers come from.
    pub source: String,
    /// The day on which they were decided.
    pub decided_on: String,
    /// Hash of its numbers.
    pub sha256: String,
    /// Who set it; empty for the print.
    pub set_by: String,
}

/// A number that is not the printed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThresholdChange {
    /// The printed row; empty for what is asked of all rows of table C.1.
    pub row: String,
    /// Which part of it.
    pub part: Text,
    /// As printed.
    pub printed: Text,
    /// As in force.
    pub here: Text,
}

/// `GET monitoring`: the 30 days up to the newest sample, or the `period` asked for.
///
/// # Errors
/// [`Error::Told`] for a period that is none, or without samples.
pub fn view(site: &Site, params: &Params) -> Result<MonitoringView, Error> {
    let period = match params.text("period") {
        "" => None,
        text => Some(judge::period(text)?),
    };
    let (imports, versions, changes) = site.db.read(|sql| {
        let mut items = Vec::new();
        for one in monitoring::all(sql)? {
            let records = monitoring::count(monitoring::named_by(sql, &one.file_sha256)?.len());
            items.push(MonitoringImportItem {
                number: one.number,
                file: one.file,
                file_sha256: one.file_sha256.to_hex(),
                first_on: one.first_on,
                last_on: one.last_on,
                rows: one.rows,
                imported: one.imported,
                skipped: one.skipped,
                unmatched: one.unmatched,
                records,
                imported_at: one.imported_at.0,
            });
        }
        let (_, in_force) = thresholds::read(sql, None)?;
        Ok::<_, Error>((items, thresholds::all(sql)?, in_force.changes()))
    })?;
    let judgement = if imports.is_empty() { None } else { Some(judgement(site, period)?) };
    let version = |one: thresholds::StoredThresholds| ThresholdItem {
        version: one.version,
        source: one.source,
        decided_on: one.decided_on,
        sha256: one.sha256.to_hex(),
        set_by: one.set_by,
    };
    let change = |one: Change| ThresholdChange { row: one.row, part: one.part, printed: one.printed, here: one.here };
    Ok(MonitoringView {
        imports,
        judgement,
        thresholds: versions.into_iter().map(version).collect(),
        changes: changes.into_iter().map(change).collect(),
        notes: Annexes::printed().notes.into_iter().map(|note| note.text).collect(),
    })
}

fn judgement(site: &Site, period: Option<xunjian_domain::monitoring::Period>) -> Result<MonitoringJudgement, Error> {
    let judged = judge::judge(site, &Question { period, thresholds: None })?;
    let annexes = Annexes::printed();
    let (mut breaches, mut suggestions) = (Vec::new(), Vec::new());
    for resource in &judged.resources {
        breaches.extend(resource.annex_b.breaches.iter().map(|breach| BreachItem {
            resource: item(resource),
            row: breach.row.to_string(),
            sentence: breach.sentence(),
        }));
        suggestions.extend(resource.annex_c.candidates.iter().map(|candidate| {
            CandidateItem {
                resource: item(resource),
                row: candidate.row.to_string(),
                rule: annexes
                    .row(&candidate.row)
                    .map_or_else(|| Text::new("", ""), |row| Text::new(&*row.text, &*row.english)),
                suggestion: candidate.suggestion.title(),
                ground: candidate.ground.clone(),
            }
        }));
    }
    let (out_of_range, candidates) = judged.counts();
    let (all_breaches, all_suggestions) = (monitoring::count(breaches.len()), monitoring::count(suggestions.len()));
    breaches.truncate(MAX_ROWS);
    suggestions.truncate(MAX_ROWS);
    Ok(MonitoringJudgement {
        from: judged.period.from.to_string(),
        to: judged.period.to.to_string(),
        thresholds: judged.thresholds.version,
        resources: monitoring::count(judged.resources.len()),
        out_of_range: monitoring::count(out_of_range),
        candidates: monitoring::count(candidates),
        doubled: judged.doubled,
        breaches,
        all_breaches,
        suggestions,
        all_suggestions,
    })
}

fn item(resource: &JudgedResource) -> MonitoredItem {
    let place = [&resource.cluster, &resource.room, &resource.rack];
    let place: Vec<&str> = place.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    MonitoredItem {
        id: resource.id.clone(),
        kind: resource.kind.title(),
        name: resource.name.clone(),
        owning_unit: resource.owning_unit.clone(),
        place: place.join(" "),
    }
}
