//! Rows of sealed records and of everything that happened to them on their way.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
    time::{ClockReading, TimestampMs},
};
use xunjian_proof::statement::BlobRef;
use xunjian_protocol::problem::Problem;

use super::{Unsigned, from_json, from_text, optional, run, sql, to_json};
use crate::error::FieldError;

/// How far a record has come. States go one way; the database refuses the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// 已签: sealed on this terminal, never sent.
    Sealed,
    /// 待上传: sending was begun; the service has not said that it has the record.
    Queued,
    /// 部分送达: the service has the record; photos or the receipt are missing.
    PartlySent,
    /// 已送达: the receipt was verified.
    Delivered,
}

impl RecordState {
    fn name(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Queued => "queued",
            Self::PartlySent => "partly_sent",
            Self::Delivered => "delivered",
        }
    }

    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Sealed => "已签",
            Self::Queued => "待上传",
            Self::PartlySent => "部分送达",
            Self::Delivered => "已送达",
        }
    }
}

/// What sealing writes.
pub(crate) struct NewRecord<'a> {
    pub id: Sha256,
    pub sequence: u64,
    pub draft: &'a str,
    pub visit: &'a VisitId,
    pub person: &'a PersonId,
    pub envelope: &'a str,
    pub sealed: &'a ClockReading,
    pub blobs: &'a [BlobRef],
}

/// Record, chain link and outbox entry; the caller's transaction makes them one.
pub(crate) fn insert(connection: &Connection, record: &NewRecord<'_>) -> Result<(), FieldError> {
    let id = record.id.to_hex();
    let values = params![
        id,
        i64::try_from(record.sequence).unwrap_or(i64::MAX),
        record.draft,
        record.visit.as_str(),
        record.person.as_str(),
        record.envelope,
        Sha256::of(record.envelope.as_bytes()).to_hex(),
        to_json(record.sealed)?
    ];
    fail::fail_point!("seal.before_record_row");
    run(connection, sql!("record/insert"), values)?;
    fail::fail_point!("seal.after_record_row");
    for blob in record.blobs {
        let values = params![id, blob.sha256.to_hex(), i64::try_from(blob.bytes).unwrap_or(i64::MAX)];
        run(connection, sql!("record_blob/insert"), values)?;
    }
    fail::fail_point!("seal.before_outbox_row");
    run(connection, sql!("outbox/insert"), [id])?;
    fail::fail_point!("seal.after_outbox_row");
    Ok(())
}

/// Every sealed record, in the order of the chain.
pub(crate) fn all_ids(connection: &Connection) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/all_ids"))?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| from_text(&id?)).collect()
}

/// A record row as it stands in the database, whoever wrote it.
pub(crate) struct StoredRow {
    pub id: String,
    pub sequence: u64,
    pub visit: String,
    pub person: String,
    pub envelope: String,
    pub envelope_sha256: String,
    pub state: RecordState,
}

/// Shows every row, one after the other, in the order of the chain.
pub(crate) fn each(
    connection: &Connection,
    mut show: impl FnMut(StoredRow) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/each"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        show(StoredRow {
            id: row.get(0)?,
            sequence: row.get::<_, Unsigned>(1)?.0,
            visit: row.get(2)?,
            person: row.get(3)?,
            envelope: row.get(4)?,
            envelope_sha256: row.get(5)?,
            state: from_json(&format!("\"{}\"", row.get::<_, String>(6)?))?,
        })?;
    }
    Ok(())
}

/// The record at a place of the chain.
pub(crate) fn at_place(connection: &Connection, sequence: u64) -> Result<Option<Sha256>, FieldError> {
    let place = i64::try_from(sequence).unwrap_or(i64::MAX);
    let row = connection.prepare_cached(sql!("record/at_place"))?.query_row([place], |row| row.get::<_, String>(0));
    optional(row)?.map(|id| from_text(&id)).transpose()
}

/// The last place whose record the service said it has; 0 where it has none.
pub(crate) fn last_acknowledged(connection: &Connection) -> Result<u64, FieldError> {
    Ok(connection.prepare_cached(sql!("record/last_acknowledged"))?.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

/// Acknowledged records behind a place.
pub(crate) fn behind(connection: &Connection, sequence: u64) -> Result<Vec<Sha256>, FieldError> {
    ids(connection, sql!("record/behind"), [i64::try_from(sequence).unwrap_or(i64::MAX)])
}

/// The newest link of the terminal's chain.
pub(crate) struct ChainEnd {
    pub id: Sha256,
    pub sequence: u64,
    pub sealed: ClockReading,
}

pub(crate) fn chain_end(connection: &Connection) -> Result<Option<ChainEnd>, FieldError> {
    let row = connection
        .prepare_cached(sql!("record/last"))?
        .query_row([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0, row.get::<_, String>(2)?)));
    optional(row)?
        .map(|(id, sequence, sealed)| Ok(ChainEnd { id: from_text(&id)?, sequence, sealed: from_json(&sealed)? }))
        .transpose()
}

pub(crate) fn set_state(connection: &Connection, id: Sha256, state: RecordState) -> Result<(), FieldError> {
    run(connection, sql!("record/set_state"), params![id.to_hex(), state.name()]).map(drop)
}

/// Sending begins: a record that never went anywhere waits for its answer from now on. One that is farther stays where it is.
pub(crate) fn begin_sending(connection: &Connection, id: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("record/begin_sending"), [id.to_hex()]).map(drop)
}

/// One row of the list of records.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordRow {
    /// The record's id.
    pub id: Sha256,
    /// Its place in the terminal's chain.
    pub sequence: u64,
    /// The visit.
    pub visit: VisitId,
    /// The visit's title.
    pub title: String,
    /// The visit's kind.
    pub kind: String,
    /// Who sealed it.
    pub person: String,
    /// When, by the terminal's clock.
    pub sealed_at: TimestampMs,
    /// How far it has come.
    pub state: RecordState,
    /// How often it was sent.
    pub attempts: u32,
    /// What went wrong last; empty when nothing did.
    pub last_error: String,
    /// The problem it was set aside for.
    pub quarantined: Option<Problem>,
    /// Photos it names.
    pub blobs: u64,
    /// Those the service has.
    pub blobs_sent: u64,
    /// Bytes of photos that the service lacks.
    pub blob_bytes_left: u64,
}

pub(crate) fn list(connection: &Connection) -> Result<Vec<RecordRow>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/list"))?;
    let mut rows = statement.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let problem: String = row.get(10)?;
        let sealed: ClockReading = from_json(&row.get::<_, String>(6)?)?;
        records.push(RecordRow {
            id: from_text(&row.get::<_, String>(0)?)?,
            sequence: row.get::<_, Unsigned>(1)?.0,
            visit: VisitId::new(row.get::<_, String>(2)?),
            title: row.get(3)?,
            kind: row.get(4)?,
            person: row.get(5)?,
            sealed_at: sealed.wall_ms,
            state: from_json(&format!("\"{}\"", row.get::<_, String>(7)?))?,
            attempts: row.get(8)?,
            last_error: row.get(9)?,
            quarantined: if problem.is_empty() { None } else { Some(from_json(&problem)?) },
            blobs: row.get::<_, Unsigned>(11)?.0,
            blobs_sent: row.get::<_, Unsigned>(12)?.0,
            blob_bytes_left: row.get::<_, Unsigned>(13)?.0,
        });
    }
    Ok(records)
}

/// The newest record of a visit.
pub(crate) struct Newest {
    pub id: Sha256,
    pub state: RecordState,
    pub sealed: ClockReading,
    /// Whether any record of the visit was set aside.
    pub is_quarantined: bool,
    pub findings: u32,
    pub photos: u32,
}

/// The newest record of every visit that has one.
pub(crate) fn newest(connection: &Connection) -> Result<HashMap<VisitId, Newest>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/newest"))?;
    let mut rows = statement.query([])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let newest = Newest {
            id: from_text(&row.get::<_, String>(1)?)?,
            state: from_json(&format!("\"{}\"", row.get::<_, String>(2)?))?,
            sealed: from_json(&row.get::<_, String>(3)?)?,
            is_quarantined: row.get(4)?,
            findings: row.get(5)?,
            photos: row.get(6)?,
        };
        found.insert(VisitId::new(row.get::<_, String>(0)?), newest);
    }
    Ok(found)
}

/// Records whose id begins with `prefix`, or of the visit `prefix`; newest first, at most two.
pub(crate) fn find(connection: &Connection, prefix: &str) -> Result<Vec<Sha256>, FieldError> {
    ids(connection, sql!("record/find_by_prefix"), [prefix])
}

fn ids(connection: &Connection, statement: &str, values: impl rusqlite::Params) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map(values, |row| row.get::<_, String>(0))?;
    rows.map(|id| from_text(&id?)).collect()
}

/// The newest record a person sealed of a visit.
pub(crate) fn of_draft(
    connection: &Connection,
    visit: &VisitId,
    person: &PersonId,
) -> Result<Option<(Sha256, RecordState)>, FieldError> {
    let values = params![visit.as_str(), person.as_str()];
    let row = connection
        .prepare_cached(sql!("record/of_draft"))?
        .query_row(values, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    optional(row)?.map(|(id, state)| Ok((from_text(&id)?, from_json(&format!("\"{state}\""))?))).transpose()
}

pub(crate) fn envelope(connection: &Connection, id: Sha256) -> Result<String, FieldError> {
    Ok(connection.prepare_cached(sql!("record/envelope"))?.query_row([id.to_hex()], |row| row.get(0))?)
}

/// Records the service has not acknowledged, oldest first.
pub(crate) fn to_submit(connection: &Connection) -> Result<Vec<(Sha256, String)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/to_submit"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (id, envelope) = row?;
        Ok((from_text(&id)?, envelope))
    })
    .collect()
}

/// Records the service has with all their photos, as far as this terminal knows; their receipts are missing.
pub(crate) fn awaiting_receipt_complete(connection: &Connection) -> Result<Vec<Sha256>, FieldError> {
    ids(connection, sql!("record/awaiting_receipt_complete"), [])
}

/// Records the service has, whose receipt is missing.
pub(crate) fn awaiting_receipt(connection: &Connection) -> Result<Vec<Sha256>, FieldError> {
    ids(connection, sql!("record/awaiting_receipt"), [])
}

/// Records without a receipt, without those set aside.
pub(crate) fn count_waiting(connection: &Connection) -> Result<u64, FieldError> {
    Ok(connection.prepare_cached(sql!("record/count_waiting"))?.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

pub(crate) fn count_by_state(connection: &Connection) -> Result<Vec<(RecordState, u64)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record/count_by_state"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (state, count) = row?;
        Ok((from_json(&format!("\"{state}\""))?, count))
    })
    .collect()
}

/// A blob of a record and whether the service has it.
#[derive(Debug, Clone)]
pub(crate) struct BlobRow {
    pub sha256: Sha256,
    pub bytes: u64,
    pub is_sent: bool,
}

pub(crate) fn blobs(connection: &Connection, id: Sha256) -> Result<Vec<BlobRow>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record_blob/list"))?;
    let rows = statement.query_map([id.to_hex()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0, row.get::<_, bool>(2)?))
    })?;
    rows.map(|row| {
        let (sha256, bytes, is_sent) = row?;
        Ok(BlobRow { sha256: from_text(&sha256)?, bytes, is_sent })
    })
    .collect()
}

/// Blobs of acknowledged records that the service may lack, each once.
pub(crate) fn unsent_blobs(connection: &Connection) -> Result<Vec<BlobRef>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("record_blob/unsent"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (sha256, bytes) = row?;
        Ok(BlobRef { sha256: from_text(&sha256)?, bytes })
    })
    .collect()
}

pub(crate) fn set_blob_sent(connection: &Connection, blob: Sha256, is_sent: bool) -> Result<(), FieldError> {
    run(connection, sql!("record_blob/set_sent"), params![blob.to_hex(), is_sent]).map(drop)
}

/// Number and bytes of blobs on their way.
pub(crate) fn unsent_totals(connection: &Connection) -> Result<(u64, u64), FieldError> {
    let mut statement = connection.prepare_cached(sql!("record_blob/totals"))?;
    Ok(statement.query_row([], |row| Ok((row.get::<_, Unsigned>(0)?.0, row.get::<_, Unsigned>(1)?.0)))?)
}

/// As [`unsent_totals`], without the photos of records that were set aside: those wait for a person.
pub(crate) fn totals_to_send(connection: &Connection) -> Result<(u64, u64), FieldError> {
    let mut statement = connection.prepare_cached(sql!("record_blob/to_send_totals"))?;
    Ok(statement.query_row([], |row| Ok((row.get::<_, Unsigned>(0)?.0, row.get::<_, Unsigned>(1)?.0)))?)
}

/// Notes that a record was sent, and what went wrong, if anything.
pub(crate) fn note_attempt(
    connection: &Connection,
    id: Sha256,
    error: &str,
    at: TimestampMs,
) -> Result<(), FieldError> {
    run(connection, sql!("outbox/tried"), params![id.to_hex(), error, at.0]).map(drop)
}

/// Notes what went wrong after the record was acknowledged.
pub(crate) fn note_error(connection: &Connection, id: Sha256, error: &str, at: TimestampMs) -> Result<(), FieldError> {
    run(connection, sql!("outbox/set_error"), params![id.to_hex(), error, at.0]).map(drop)
}

/// Sets a record aside; the others go on.
pub(crate) fn quarantine(
    connection: &Connection,
    id: Sha256,
    problem: &Problem,
    at: TimestampMs,
) -> Result<(), FieldError> {
    run(connection, sql!("quarantine/put"), params![id.to_hex(), to_json(problem)?, at.0]).map(drop)
}

/// A decision took it in: it goes on like any other.
pub(crate) fn lift_quarantine(connection: &Connection, id: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("quarantine/lift"), [id.to_hex()]).map(drop)
}

pub(crate) fn count_quarantined(connection: &Connection) -> Result<u64, FieldError> {
    Ok(connection.prepare_cached(sql!("quarantine/count"))?.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

/// A verified receipt.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptRow {
    pub delivered: String,
    pub receipt: String,
    pub received_at: TimestampMs,
}

pub(crate) fn receipt(connection: &Connection, id: Sha256) -> Result<Option<ReceiptRow>, FieldError> {
    let row = connection.prepare_cached(sql!("receipt/get"))?.query_row([id.to_hex()], |row| {
        Ok(ReceiptRow { delivered: row.get(0)?, receipt: row.get(1)?, received_at: TimestampMs(row.get(2)?) })
    });
    optional(row)
}

/// Removes a receipt that proves nothing.
pub(crate) fn remove_receipt(connection: &Connection, id: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("receipt/remove"), [id.to_hex()]).map(drop)
}

/// Stores a verified receipt; with it the record is delivered, in the same transaction.
pub(crate) fn put_receipt(connection: &Connection, id: Sha256, receipt: &ReceiptRow) -> Result<(), FieldError> {
    let values = params![id.to_hex(), receipt.delivered, receipt.receipt, receipt.received_at.0];
    run(connection, sql!("receipt/put"), values)?;
    note_error(connection, id, "", receipt.received_at)?;
    set_state(connection, id, RecordState::Delivered)
}
