//! “其余全部正常” (DESIGN §7): fills blanks only, is undoable, needs the place's label scanned, never covers numbers but zero,
//! photos, doors or problems left open by earlier rounds, never makes an unscanned asset 一致, takes a rack's labels for right only when both were scanned, and is
//! marked in the record.

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    outcome::Outcome,
    plan::PlanLine,
    reconciliation::Sighting,
    template::{Check, Criterion},
    time::{ClockReading, TimestampMs},
    value::{Input, LabelState, Value},
    visit::CheckResult,
};
use xunjian_proof::record::{LabelScan, ScanSource, ScanVerdict};

use crate::{
    Field,
    comparison::{self, Expected},
    draft::{Desk, DraftRef},
    error::FieldError,
    store::{
        draft::{self, LineAnswer},
        package,
    },
};

/// What bulk filled, and what it left for the inspector.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BulkReport {
    /// Lines filled as 正常.
    pub filled: Vec<u32>,
    /// Blank lines that only a person can answer: numbers, photos, doors, labels, unconfirmed assets.
    pub left: Vec<u32>,
    /// When.
    pub saved_at: TimestampMs,
}

/// What was seen in this draft that “normal” may be read from.
struct Seen {
    sightings: Vec<Sighting>,
    has_both_labels: bool,
}

/// Whether the front *and* the rear label of the visited rack were scanned right in this draft, and both still count.
/// A print knows its side; a typed code proves no label that can be scanned.
fn are_both_labels_right(connection: &Connection, desk: &Desk) -> Result<bool, FieldError> {
    let subject = &desk.layout.visit.subject;
    let mut sides = Vec::new();
    for scan in draft::scans(connection, &desk.draft.id)? {
        let is_right = scan.verdict == ScanVerdict::Right && scan.subject.as_ref() == Some(subject);
        let Some(id) = scan.print.filter(|_| is_right && scan.source != ScanSource::Typed) else { continue };
        if let Some(print) = package::print(connection, &id)?.filter(|print| print.replaced_by.is_empty()) {
            sides.push(print.side);
        }
    }
    Ok(["front", "rear"].iter().all(|side| sides.iter().any(|seen| seen == side)))
}

/// Whether the label of the visited place was scanned, by camera or by its typed code.
pub(crate) fn is_label_scanned(desk: &Desk, scans: &[LabelScan]) -> bool {
    let subject = &desk.layout.visit.subject;
    scans.iter().any(|scan| scan.verdict == ScanVerdict::Right && scan.subject.as_ref() == Some(subject))
}

impl Field {
    /// Fills every blank line that may be filled.
    ///
    /// # Errors
    /// [`FieldError::LabelNotScanned`] and the errors of every draft.
    pub fn fill_rest_normal(&self, whose: DraftRef<'_>) -> Result<BulkReport, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            if !is_label_scanned(&desk, &draft::scans(connection, &desk.draft.id)?) {
                return Err(FieldError::LabelNotScanned);
            }
            let answered = draft::lines(connection, &desk.draft.id)?;
            let given = draft::checks(connection, &desk.draft.id)?;
            let seen = Seen {
                sightings: draft::sightings(connection, &desk.draft.id)?,
                has_both_labels: are_both_labels_right(connection, &desk)?,
            };
            let mut report = BulkReport { filled: Vec::new(), left: Vec::new(), saved_at: now.wall_ms };
            for line in desk.layout.visit.lines.iter().filter(|line| !answered.contains_key(&line.no)) {
                let known = given.get(&line.no).map_or(&[][..], Vec::as_slice);
                match fill(connection, &desk, line, known, &seen)? {
                    Some(checks) => {
                        put(connection, &desk, line, &checks, &now)?;
                        report.filled.push(line.no);
                    }
                    None => report.left.push(line.no),
                }
            }
            desk.touch(connection, &now)?;
            Ok(report)
        })
    }

    /// Takes back what bulk filled and nobody has touched since; returns the number of lines.
    ///
    /// # Errors
    /// The errors of every draft.
    pub fn undo_bulk(&self, whose: DraftRef<'_>) -> Result<usize, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            desk.touch(connection, &now)?;
            draft::undo_bulk(connection, &desk.draft.id)
        })
    }
}

/// The checks bulk would add to a blank line; `None` where a person must look.
fn fill(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    known: &[CheckResult],
    seen: &Seen,
) -> Result<Option<Vec<CheckResult>>, FieldError> {
    let criterion: &Criterion = desk.layout.criterion(&line.criterion)?;
    // The rules of sealing refuse the same, in a record as in a draft.
    let is_for_people =
        criterion.evidence.photos_when_normal > 0 || criterion.checks.iter().any(|check| !check.input.may_be_bulk());
    // A problem that an earlier round left open must be looked at, whatever the line asks.
    let is_for_people = is_for_people || desk.layout.must_check(line.no).is_some();
    if is_for_people || known.iter().any(|result| result.outcome != Outcome::Normal) {
        return Ok(None);
    }
    let mut checks = Vec::new();
    for check in &criterion.checks {
        if known.iter().any(|result| result.check == check.key) {
            continue;
        }
        let Some(value) = normal_value(connection, desk, line, check, seen)? else { return Ok(None) };
        let (check, reason) = (check.key.clone(), String::new());
        checks.push(CheckResult { check, outcome: Outcome::Normal, reason, value });
    }
    Ok(Some(checks))
}

/// `Some(None)` for a bare judgement, `Some(value)` where “normal” has one obvious value, `None` where it has not.
fn normal_value(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    check: &Check,
    seen: &Seen,
) -> Result<Option<Option<Value>>, FieldError> {
    Ok(match &check.input {
        Input::Judgement => Some(None),
        Input::Choice { options } => {
            options.iter().find(|option| !option.abnormal).map(|option| Some(Value::Choice { key: option.key.clone() }))
        }
        Input::Reconciliation => {
            // Only an asset that was seen and said to be as in the ledger may be called consistent.
            let is_of = |seen: &&Sighting| seen.asset.as_ref().is_some_and(|id| id.as_str() == line.subject.id);
            let expected = comparison::expected(connection, desk.layout.round.ledger, &line.subject, &check.input)?;
            match (seen.sightings.iter().rev().find(is_of), expected) {
                (Some(seen), Some(Expected::Quantity { quantity }))
                    if seen.as_in_ledger && seen.quantity.is_none_or(|found| found == quantity) =>
                {
                    Some(Some(Value::Reconciliation { quantity }))
                }
                _ => None,
            }
        }
        Input::OrderMatch => {
            match comparison::expected(connection, desk.layout.round.ledger, &line.subject, &check.input)? {
                Some(Expected::Order { order_matches: true, owner_matches: true, .. }) => {
                    Some(Some(Value::OrderMatch { order_matches: true, owner_matches: true }))
                }
                _ => None,
            }
        }
        Input::RackLabels => seen
            .has_both_labels
            .then_some(Some(Value::RackLabels { front: LabelState::Right, rear: LabelState::Right })),
        // Anything above zero is abnormal, so “normal” and “zero” are one statement (docs/adr/0012).
        Input::Count { abnormal_above: Some(0), .. } => Some(Some(Value::Count { count: 0 })),
        Input::Count { .. }
        | Input::Readings { .. }
        | Input::EarliestFootage { .. }
        | Input::Doors
        | Input::UnitCounts
        | Input::Expiries
        | Input::Register
        | Input::Contacts => None,
    })
}

fn put(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    checks: &[CheckResult],
    now: &ClockReading,
) -> Result<(), FieldError> {
    let criterion = desk.layout.criterion(&line.criterion)?;
    for check in checks {
        draft::put_check(connection, &desk.draft.id, line.no, check, true)?;
    }
    let answer = LineAnswer {
        mode: desk.layout.mode(criterion, &line.subject),
        outcome: Outcome::Normal,
        reason: String::new(),
        note: String::new(),
        no_photo: None,
        answered: now.clone(),
        spent_ms: None,
        bulk: true,
        edits: 0,
    };
    draft::put_line(connection, &desk.draft.id, line.no, &answer)
}
