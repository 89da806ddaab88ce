//! 更正: a returned visit is opened again as a draft that begins with everything the returned record says. Sealing it makes a
//! new record, the next revision, which names the one it corrects and the countersignature that returned it; the old one keeps
//! its bytes and its place.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{hash::Sha256, ids::VisitId, time::TimestampMs};
use xunjian_proof::{record::Record, statement::ReviewVerdict, verification::read_record};

use super::{CountersignatureView, said_views};
use crate::{
    Field,
    error::FieldError,
    store::{
        draft::{self, LineAnswer, SightingKey},
        follow_up,
        person::Person,
        record,
        review::{self, AmendmentRow},
    },
    trust,
    visit::VisitView,
};

/// A visit whose record came back.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReturnedVisit {
    /// The visit.
    pub visit: VisitId,
    /// The record that was returned.
    pub record: Sha256,
    /// Its revision.
    pub revision: u32,
    /// Who returned it.
    pub reviewer_name: String,
    /// For whom.
    pub party_name: String,
    /// When, by the reviewer's terminal.
    pub at: TimestampMs,
    /// What is wrong in which line, by the line's number.
    pub lines: BTreeMap<String, String>,
    /// What else was said.
    pub comment: String,
    /// Who sealed it: only they can amend it.
    pub inspector_name: String,
    /// The countersignature.
    pub countersignature: Sha256,
}

/// An amendment that was begun, with what it answers.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AmendmentView {
    /// The open draft.
    pub visit: VisitView,
    /// What was returned, and why.
    pub returned: ReturnedVisit,
}

impl Field {
    /// The visits whose newest record sealed here was returned by a countersignature that counts.
    ///
    /// # Errors
    /// When the database fails.
    pub fn returned_visits(&self) -> Result<Vec<ReturnedVisit>, FieldError> {
        self.store.read(|connection| {
            let mut visits = Vec::new();
            for (visit, record, _) in review::returned(connection)? {
                visits.extend(returned_of(connection, &visit, record)?);
            }
            Ok(visits)
        })
    }

    /// Opens a returned visit again: a draft with the answers, scans, sightings, findings and photos of the record that was
    /// returned. Goes on with the draft where it was begun before.
    ///
    /// # Errors
    /// [`FieldError::NotReturned`] when nobody returned it, or it is another inspector's.
    pub fn amend(&self, visit: &VisitId, person: &Person) -> Result<AmendmentView, FieldError> {
        let now = self.now();
        let returned = self.store.write(|connection| {
            let layout = self.layouts.of(connection, visit)?;
            let title = || layout.visit.title.clone();
            let (id, _) =
                record::of_draft(connection, visit, &person.id)?.ok_or_else(|| FieldError::NotReturned(title()))?;
            let returned = returned_of(connection, visit, id)?.ok_or_else(|| FieldError::NotReturned(title()))?;
            if draft::find(connection, visit, &person.id)?.is_some() {
                return Ok(returned);
            }
            let envelope = record::envelope(connection, id)?;
            let (_, read) =
                read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
            let draft = self.ids.new_id();
            draft::insert(connection, &draft, visit, &person.id, &now)?;
            fill(connection, &draft, &read.record)?;
            let amendment = AmendmentRow {
                record: id,
                returned_by: Some(returned.countersignature),
                revision: read.record.visit.revision + 1,
                reason: reason(&returned),
            };
            review::put_amendment(connection, &draft, &amendment)?;
            Ok(returned)
        })?;
        Ok(AmendmentView { visit: self.show_visit(visit, person)?, returned })
    }
}

/// What the amendment says of why it was made: the reviewer's own words.
fn reason(returned: &ReturnedVisit) -> String {
    let lines = returned.lines.iter().map(|(line, reason)| format!("第{line}项：{reason}"));
    let comment = Some(returned.comment.clone()).filter(|comment| !comment.is_empty());
    lines.chain(comment).collect::<Vec<_>>().join("；")
}

/// Why the newest record of a visit came back; `None` where it did not.
pub(crate) fn returned(connection: &Connection, visit: &VisitId) -> Result<Option<ReturnedVisit>, FieldError> {
    let newest = review::returned(connection)?.into_iter().find(|(of, ..)| of == visit);
    newest.map_or(Ok(None), |(_, record, _)| returned_of(connection, visit, record))
}

pub(crate) fn returned_of(
    connection: &Connection,
    visit: &VisitId,
    id: Sha256,
) -> Result<Option<ReturnedVisit>, FieldError> {
    let Some(receipt) = record::receipt(connection, id)? else { return Ok(None) };
    let keyring = trust::keyring(connection)?;
    let envelope = record::envelope(connection, id)?;
    let (envelope, read) =
        read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
    let said = said_views(connection, &read, &envelope, receipt.delivered.as_bytes(), &keyring)?;
    let is_last = |one: &&CountersignatureView| one.failure.is_none();
    let Some(last) = said.into_iter().rev().find(|one| is_last(&one)) else { return Ok(None) };
    Ok((last.verdict == ReviewVerdict::Returned).then(|| ReturnedVisit {
        visit: visit.clone(),
        record: id,
        revision: read.record.visit.revision,
        reviewer_name: last.reviewer_name,
        party_name: last.party_name,
        at: last.at,
        lines: last.lines,
        comment: last.comment,
        inspector_name: read.record.inspector.name.clone(),
        countersignature: last.sha256,
    }))
}

/// Everything a record says, as rows of a draft. Line times stay as they were: only what is answered anew gets a new one.
fn fill(connection: &Connection, draft: &str, record: &Record) -> Result<(), FieldError> {
    for photo in &record.evidence {
        draft::copy_evidence(connection, draft, photo)?;
    }
    for line in &record.lines {
        let answer = LineAnswer {
            mode: line.mode,
            outcome: line.outcome,
            reason: line.reason.clone(),
            note: line.note.clone(),
            no_photo: line.no_photo.clone(),
            answered: line.answered.clone(),
            spent_ms: line.spent_ms,
            bulk: line.bulk,
            edits: line.edits,
        };
        draft::put_line(connection, draft, line.no, &answer)?;
        for check in &line.checks {
            draft::put_check(connection, draft, line.no, check, line.bulk)?;
        }
        for photo in &line.photos {
            draft::add_photo(connection, draft, line.no, *photo)?;
        }
    }
    for scan in &record.scans {
        draft::add_scan(connection, draft, scan)?;
    }
    for seen in record.reconciliation.iter().filter_map(|one| one.sighting.as_ref()) {
        let asset = seen.asset.as_ref().map_or("", |asset| asset.as_str());
        draft::change_sighting(connection, draft, SightingKey::Asset(asset), |_| seen.clone())?;
    }
    for finding in &record.findings {
        draft::put_finding(connection, draft, finding)?;
    }
    for answer in &record.follow_ups {
        follow_up::put_follow_up(connection, draft, answer)?;
    }
    draft::set_closed(connection, draft, record.rack_closed)
}
