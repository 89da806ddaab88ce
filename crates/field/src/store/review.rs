//! Rows of reviews: records pulled to be looked at, countersignatures of this terminal's people and of others, photos fetched,
//! and the drafts that amend a returned record.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use xunjian_domain::{
    hash::Sha256,
    ids::{TerminalId, VisitId},
    time::TimestampMs,
};
use xunjian_proof::{
    chain::Link,
    statement::{Countersignature, ReviewVerdict},
    suite::KeyId,
};
use xunjian_protocol::problem::Problem;

use super::{Unsigned, from_json, from_text, optional, run, sql, to_json};
use crate::{error::FieldError, review::ReviewSummary};

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A pulled record as its bytes and proofs came.
#[derive(Debug, Clone)]
pub(crate) struct PulledRecord {
    pub id: Sha256,
    /// The record of the round before, to compare with.
    pub earlier: Option<Sha256>,
    pub envelope: String,
    pub record_receipt: String,
    pub delivered: String,
    pub receipt: String,
    /// Place of the delivery in the log.
    pub log_index: u64,
    pub pulled_at: TimestampMs,
}

/// Where a record stands, beside its bytes.
pub(crate) struct Place<'a> {
    pub visit: &'a VisitId,
    pub revision: u32,
    pub terminal: &'a TerminalId,
    pub sequence: u64,
    pub is_due: bool,
}

pub(crate) fn put(
    connection: &Connection,
    record: &PulledRecord,
    place: &Place<'_>,
    summary: &ReviewSummary,
) -> Result<(), FieldError> {
    let values = params![
        record.id.to_hex(),
        place.visit.as_str(),
        place.revision,
        place.terminal.as_str(),
        number(place.sequence),
        place.is_due,
        record.earlier.map_or_else(String::new, |id| id.to_hex()),
        to_json(summary)?,
        record.envelope,
        record.record_receipt,
        record.delivered,
        record.receipt,
        number(record.log_index),
        record.pulled_at.0,
    ];
    run(connection, sql!("review/put"), values).map(drop)
}

/// One line of the queue.
pub(crate) struct QueueRow {
    pub summary: ReviewSummary,
    pub verdict: Option<ReviewVerdict>,
    pub is_amended: bool,
    pub is_waiting: bool,
    pub problem: Option<Problem>,
    pub photos_missing: u32,
}

pub(crate) fn list(connection: &Connection) -> Result<Vec<QueueRow>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("review/list"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (verdict, problem) = (row.get::<_, String>(1)?, row.get::<_, String>(4)?);
        found.push(QueueRow {
            summary: from_json(&row.get::<_, String>(0)?)?,
            verdict: if verdict.is_empty() { None } else { Some(from_json(&format!("\"{verdict}\""))?) },
            is_amended: row.get(2)?,
            is_waiting: row.get(3)?,
            problem: if problem.is_empty() { None } else { Some(from_json(&problem)?) },
            photos_missing: row.get(5)?,
        });
    }
    Ok(found)
}

pub(crate) fn get(connection: &Connection, id: Sha256) -> Result<Option<PulledRecord>, FieldError> {
    let row = connection.prepare_cached(sql!("review/get"))?.query_row([id.to_hex()], |row| {
        Ok((
            row.get::<_, String>(1)?,
            PulledRecord {
                id,
                earlier: None,
                envelope: row.get(2)?,
                record_receipt: row.get(3)?,
                delivered: row.get(4)?,
                receipt: row.get(5)?,
                log_index: row.get::<_, Unsigned>(6)?.0,
                pulled_at: TimestampMs(row.get(7)?),
            },
        ))
    });
    optional(row)?
        .map(|(earlier, record)| {
            let earlier = if earlier.is_empty() { None } else { Some(from_text(&earlier)?) };
            Ok(PulledRecord { earlier, ..record })
        })
        .transpose()
}

fn ids(connection: &Connection, statement: &str, values: impl rusqlite::Params) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map(values, |row| row.get::<_, String>(0))?;
    rows.map(|id| from_text(&id?)).collect()
}

/// Records whose id begins with `prefix`, or of the visit `prefix`: at most two, the newest revision first.
pub(crate) fn find(connection: &Connection, prefix: &str) -> Result<Vec<Sha256>, FieldError> {
    ids(connection, sql!("review/find"), [prefix])
}

/// The newest later revision, as pulled.
pub(crate) fn later(connection: &Connection, visit: &VisitId, revision: u32) -> Result<Option<Sha256>, FieldError> {
    Ok(ids(connection, sql!("review/later"), params![visit.as_str(), revision])?.into_iter().next())
}

/// The envelopes of pulled records at a place of a terminal's chain and on either side of it.
pub(crate) fn neighbours(
    connection: &Connection,
    terminal: &TerminalId,
    sequence: u64,
) -> Result<Vec<Link>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("review/neighbours"))?;
    let rows = statement.query_map(params![terminal.as_str(), number(sequence)], |row| row.get::<_, String>(2))?;
    let mut links = Vec::new();
    for envelope in rows {
        // One that cannot be read is named where it is looked at itself.
        if let Ok((_, read)) = xunjian_proof::verification::read_record(envelope?.as_bytes()) {
            links.push(Link::of(read.id, &read.record.terminal));
        }
    }
    Ok(links)
}

pub(crate) fn has_photo(connection: &Connection, photo: Sha256) -> Result<bool, FieldError> {
    Ok(connection.prepare_cached(sql!("review/has_photo"))?.query_row([photo.to_hex()], |row| row.get(0))?)
}

pub(crate) fn put_photo(connection: &Connection, photo: Sha256, bytes: u64, at: TimestampMs) -> Result<(), FieldError> {
    run(connection, sql!("review/put_photo"), params![photo.to_hex(), number(bytes), at.0]).map(drop)
}

/// Where the log has revocations, as far as this terminal saw them proved.
pub(crate) fn revocations(connection: &Connection) -> Result<BTreeMap<KeyId, u64>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("review/revocations"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (key, index) = row?;
        Ok((from_text(&key)?, index))
    })
    .collect()
}

pub(crate) fn put_revocation(connection: &Connection, key: &KeyId, index: u64) -> Result<(), FieldError> {
    run(connection, sql!("review/put_revocation"), params![key.as_str(), number(index)]).map(drop)
}

/// How far a countersignature has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CountersignatureState {
    /// Signed here, not sent yet.
    Queued,
    /// The service has it; its place in the log is not proved here yet.
    Stored,
    /// Its receipt was verified.
    Logged,
    /// The service says that it does not count.
    Refused,
}

impl CountersignatureState {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Stored => "stored",
            Self::Logged => "logged",
            Self::Refused => "refused",
        }
    }
}

/// A countersignature as a row.
#[derive(Debug, Clone)]
pub(crate) struct SaidRow {
    pub sha256: Sha256,
    pub envelope: String,
    pub state: CountersignatureState,
    pub receipt: String,
    pub problem: Option<Problem>,
}

fn verdict_name(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Accepted => "accepted",
        ReviewVerdict::Returned => "returned",
    }
}

/// One that was signed here and waits to go up.
pub(crate) fn queue(connection: &Connection, envelope: &str, said: &Countersignature) -> Result<Sha256, FieldError> {
    put_said(connection, envelope, said, CountersignatureState::Queued, None)
}

/// One that stands in the log, with its receipt.
pub(crate) fn put_logged(
    connection: &Connection,
    envelope: &str,
    said: &Countersignature,
    receipt: (&str, u64),
) -> Result<Sha256, FieldError> {
    put_said(connection, envelope, said, CountersignatureState::Logged, Some(receipt))
}

fn put_said(
    connection: &Connection,
    envelope: &str,
    said: &Countersignature,
    state: CountersignatureState,
    receipt: Option<(&str, u64)>,
) -> Result<Sha256, FieldError> {
    let sha256 = Sha256::of(envelope.as_bytes());
    let values = params![
        sha256.to_hex(),
        said.record.to_hex(),
        said.reviewer.as_str(),
        verdict_name(said.verdict),
        envelope,
        state.name(),
        receipt.map_or("", |(text, _)| text),
        receipt.map_or(-1, |(_, index)| number(index)),
        said.at.0,
    ];
    run(connection, sql!("countersignature/put"), values)?;
    Ok(sha256)
}

/// Those that wait to go up, oldest first.
pub(crate) fn queued(connection: &Connection) -> Result<Vec<(Sha256, String)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("countersignature/queued"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (id, envelope) = row?;
        Ok((from_text(&id)?, envelope))
    })
    .collect()
}

pub(crate) fn count_queued(connection: &Connection) -> Result<u64, FieldError> {
    let mut statement = connection.prepare_cached(sql!("countersignature/count_queued"))?;
    Ok(statement.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

/// Those whose receipt is not here yet, sent or not.
pub(crate) fn count_waiting(connection: &Connection) -> Result<u64, FieldError> {
    let mut statement = connection.prepare_cached(sql!("countersignature/count_waiting"))?;
    Ok(statement.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

/// What the service answered.
pub(crate) fn set_said_state(
    connection: &Connection,
    sha256: Sha256,
    state: CountersignatureState,
    problem: Option<&Problem>,
) -> Result<(), FieldError> {
    let problem = problem.map(to_json).transpose()?.unwrap_or_default();
    run(connection, sql!("countersignature/set_state"), params![sha256.to_hex(), state.name(), problem]).map(drop)
}

/// What was said of a record: in the log's order, then what is not known to be in the log.
pub(crate) fn said_of(connection: &Connection, record: Sha256) -> Result<Vec<SaidRow>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("countersignature/of_record"))?;
    let mut rows = statement.query([record.to_hex()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (state, problem) = (row.get::<_, String>(2)?, row.get::<_, String>(5)?);
        found.push(SaidRow {
            sha256: from_text(&row.get::<_, String>(0)?)?,
            envelope: row.get(1)?,
            state: match state.as_str() {
                "queued" => CountersignatureState::Queued,
                "stored" => CountersignatureState::Stored,
                "logged" => CountersignatureState::Logged,
                _ => CountersignatureState::Refused,
            },
            receipt: row.get(3)?,
            problem: if problem.is_empty() { None } else { Some(from_json(&problem)?) },
        });
    }
    Ok(found)
}

/// The newest record of each visit sealed here whose last logged verdict is 退回: visit, record, countersignature.
pub(crate) fn returned(connection: &Connection) -> Result<Vec<(VisitId, Sha256, Sha256)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("countersignature/returned"))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| {
        let (visit, record, said) = row?;
        Ok((VisitId::new(visit), from_text(&record)?, from_text(&said)?))
    })
    .collect()
}

/// What a draft corrects.
#[derive(Debug, Clone)]
pub(crate) struct AmendmentRow {
    pub record: Sha256,
    pub returned_by: Option<Sha256>,
    pub revision: u32,
    pub reason: String,
}

pub(crate) fn put_amendment(connection: &Connection, draft: &str, amendment: &AmendmentRow) -> Result<(), FieldError> {
    let values = params![
        draft,
        amendment.record.to_hex(),
        amendment.returned_by.map_or_else(String::new, |id| id.to_hex()),
        amendment.revision,
        amendment.reason,
    ];
    run(connection, sql!("amendment/put"), values).map(drop)
}

pub(crate) fn amendment(connection: &Connection, draft: &str) -> Result<Option<AmendmentRow>, FieldError> {
    let row = connection.prepare_cached(sql!("amendment/get"))?.query_row([draft], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?, row.get::<_, String>(3)?))
    });
    optional(row)?
        .map(|(record, returned_by, revision, reason)| {
            let returned_by = if returned_by.is_empty() { None } else { Some(from_text(&returned_by)?) };
            Ok(AmendmentRow { record: from_text(&record)?, returned_by, revision, reason })
        })
        .transpose()
}
