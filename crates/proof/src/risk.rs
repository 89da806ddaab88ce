//! What makes a record worth a second look: reasons as data, found in the record's own bytes. They order a reviewer's list and
//! are shown with their numbers; none of them refuses anything.

use serde::{Deserialize, Serialize};
use xunjian_domain::{outcome::Outcome, reconciliation::Verdict, visit::Severity};

use crate::record::{Capture, Record, ScanSource, ScanVerdict};

/// A line that was answered faster than this, on average over the visit, was hardly looked at.
const FAST_LINE_MS: i64 = 4_000;
/// A larger share of 其余全部正常 than this is named, in per cent.
const MUCH_BULK: u32 = 50;

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RiskKind {
    /// 问题 that mean outage, data loss or degradation; counted.
    UrgentFindings,
    /// 问题; counted.
    Findings,
    /// 不一致信息; assets counted.
    Discrepancies,
    /// 未核: assets nobody looked at; per cent of those expected.
    Unverified,
    /// 未检; lines counted.
    NotChecked,
    /// 不适用; lines counted.
    NotApplicable,
    /// 其余全部正常; per cent of the lines.
    Bulk,
    /// Jumps of the clock; counted.
    ClockJumps,
    /// There is no time token, so that nobody vouches for the earliest moment.
    NoTimeToken,
    /// Photos that were used before, or look like one that was; counted.
    ReusedPhotos,
    /// Photos from files instead of the camera; counted.
    FilePhotos,
    /// Photos that are due and could not be taken; counted.
    NoPhoto,
    /// 走得过快: milliseconds a line, over the whole visit.
    TooFast,
    /// The label of the place was never scanned with camera or scanner.
    NotScanned,
    /// Labels that are forged, foreign, replaced or of another room; counted.
    WrongLabels,
}

/// One reason, with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Risk {
    /// What kind.
    pub kind: RiskKind,
    /// How many, how much in per cent, or milliseconds: as the kind says.
    pub amount: u32,
    /// How much it weighs in the order of the list.
    pub weight: u32,
}

fn count<T>(items: impl IntoIterator<Item = T>) -> u32 {
    u32::try_from(items.into_iter().count()).unwrap_or(u32::MAX)
}

fn per_cent(part: u32, of: u32) -> u32 {
    part.saturating_mul(100).checked_div(of).unwrap_or(0)
}

/// Every reason there is, the heaviest first.
#[must_use]
pub fn risks(record: &Record) -> Vec<Risk> {
    let lines = count(&record.lines);
    let with = |outcome: Outcome| count(record.lines.iter().filter(|line| line.outcome == outcome));
    let urgent = |severity: Severity| matches!(severity, Severity::Outage | Severity::Degraded);
    let urgent = count(record.findings.iter().filter(|one| urgent(one.severity)));
    let differing = |one: &&xunjian_domain::reconciliation::Reconciliation| {
        one.verdicts.iter().any(|verdict| verdict.is_discrepancy())
    };
    let unverified = count(record.reconciliation.iter().filter(|one| one.verdicts.contains(&Verdict::Unverified)));
    let unverified = per_cent(unverified, count(&record.reconciliation));
    let bulk = per_cent(count(record.lines.iter().filter(|line| line.bulk)), lines);
    let without_photo = record.lines.iter().filter(|line| line.no_photo.is_some()).count()
        + record.findings.iter().filter(|one| one.no_photo.is_some()).count();
    let is_wrong = |verdict: ScanVerdict| {
        matches!(verdict, ScanVerdict::Forged | ScanVerdict::Foreign | ScanVerdict::Revoked | ScanVerdict::WrongRoom)
    };
    let is_scanned = record
        .scans
        .iter()
        .any(|scan| scan.source != ScanSource::Typed && scan.subject.as_ref() == Some(&record.visit.subject));
    let wants_scan = record.visit.room.is_some();
    let amounts = [
        (RiskKind::UrgentFindings, urgent, 40 * urgent.min(5)),
        (RiskKind::Findings, count(&record.findings), 8 * count(&record.findings).min(10)),
        (
            RiskKind::Discrepancies,
            count(record.reconciliation.iter().filter(differing)),
            6 * count(record.reconciliation.iter().filter(differing)).min(10),
        ),
        (RiskKind::Unverified, unverified, unverified / 2),
        (RiskKind::NotChecked, with(Outcome::NotChecked), 5 * with(Outcome::NotChecked).min(10)),
        (RiskKind::NotApplicable, with(Outcome::NotApplicable), with(Outcome::NotApplicable).min(10)),
        (RiskKind::Bulk, if bulk > MUCH_BULK { bulk } else { 0 }, bulk / 5),
        (RiskKind::ClockJumps, count(&record.clock.jumps), 15),
        (RiskKind::NoTimeToken, u32::from(record.clock.token.is_none()), 10),
        {
            let reused = count(record.evidence.iter().filter(|photo| !photo.reuse.is_empty() && photo.layer.is_none()));
            (RiskKind::ReusedPhotos, reused, 20 * reused.min(5))
        },
        {
            let files = count(record.evidence.iter().filter(|photo| photo.capture == Capture::File));
            (RiskKind::FilePhotos, files, 3 * files.min(5))
        },
        {
            let without = u32::try_from(without_photo).unwrap_or(u32::MAX);
            (RiskKind::NoPhoto, without, 5 * without.min(5))
        },
        (RiskKind::TooFast, too_fast(record, lines), 25),
        (RiskKind::NotScanned, u32::from(wants_scan && !is_scanned), 6),
        {
            let wrong = count(record.scans.iter().filter(|scan| is_wrong(scan.verdict)));
            (RiskKind::WrongLabels, wrong, 10 * wrong.min(5))
        },
    ];
    let mut found: Vec<Risk> = amounts
        .into_iter()
        .filter(|(_, amount, _)| *amount > 0)
        .map(|(kind, amount, weight)| Risk { kind, amount, weight })
        .collect();
    found.sort_by_key(|risk| (std::cmp::Reverse(risk.weight), risk.kind));
    found
}

/// Milliseconds a line, where they are too few to have looked; 0 where they are not, or where nobody can tell because the
/// terminal was restarted in between.
fn too_fast(record: &Record, lines: u32) -> u32 {
    let (started, sealed) = (&record.clock.started, &record.clock.sealed);
    // An amendment begins with the answers of the record it corrects.
    if lines == 0 || record.amends.is_some() || started.boot_id != sealed.boot_id {
        return 0;
    }
    let a_line = sealed.monotonic_ms.saturating_sub(started.monotonic_ms) / i64::from(lines);
    if (0..FAST_LINE_MS).contains(&a_line) { u32::try_from(a_line.max(1)).unwrap_or(1) } else { 0 }
}

/// What the reasons weigh together.
#[must_use]
pub fn weight(risks: &[Risk]) -> u32 {
    risks.iter().map(|risk| risk.weight).sum()
}
