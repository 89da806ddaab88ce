//! 待上传队列: each sealed record with its photos, and how far they have come.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Serialize;
use xunjian_domain::{hash::Sha256, time::TimestampMs};
use xunjian_proof::record::Evidence;

use crate::{
    Field,
    error::FieldError,
    store::{
        from_json,
        record::{self, RecordRow, RecordState},
        sql,
    },
};

/// Delivered records shown behind those that wait: what a person just saw go up.
const DELIVERED_SHOWN: usize = 100;

/// A photo of a sealed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OutboxBlob {
    /// Its name.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// What it is.
    pub media_type: String,
    /// What it shows.
    pub caption: String,
    /// Whether the service has it.
    pub sent: bool,
}

/// A sealed record on its way.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OutboxItem {
    /// As in the list of records.
    pub record: RecordRow,
    /// Its photos.
    pub blobs: Vec<OutboxBlob>,
    /// When it was tried last.
    pub last_attempt_at: Option<TimestampMs>,
    /// When its receipt was verified here.
    pub delivered_at: Option<TimestampMs>,
}

impl Field {
    /// Every record that is not delivered, oldest first, then the delivered ones of late, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, FieldError> {
        self.store.read(|connection| {
            let is_delivered = |row: &RecordRow| row.state == RecordState::Delivered;
            let (delivered, waiting): (Vec<_>, Vec<_>) = record::list(connection)?.into_iter().partition(is_delivered);
            let of_late = delivered.into_iter().rev().take(DELIVERED_SHOWN);
            waiting.into_iter().chain(of_late).map(|row| item(connection, row)).collect()
        })
    }
}

fn item(connection: &Connection, row: RecordRow) -> Result<OutboxItem, FieldError> {
    let (tried, delivered) = connection
        .prepare_cached(sql!("outbox/times"))?
        .query_row(params![row.id.to_hex()], |times| Ok((times.get::<_, i64>(0)?, times.get::<_, i64>(1)?)))?;
    let evidence = evidence(connection, row.id)?;
    let blobs = record::blobs(connection, row.id)?.into_iter().map(|blob| {
        let known = evidence.get(&blob.sha256);
        OutboxBlob {
            sha256: blob.sha256,
            bytes: blob.bytes,
            media_type: known.map_or_else(String::new, |known| known.media_type.clone()),
            caption: known.map_or_else(String::new, |known| known.caption.clone()),
            sent: blob.is_sent,
        }
    });
    let at = |ms: i64| (ms > 0).then_some(TimestampMs(ms));
    Ok(OutboxItem { blobs: blobs.collect(), record: row, last_attempt_at: at(tried), delivered_at: at(delivered) })
}

fn evidence(connection: &Connection, record: Sha256) -> Result<BTreeMap<Sha256, Evidence>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_evidence/of_record"))?;
    let rows = statement.query_map([record.to_hex()], |row| row.get::<_, String>(0))?;
    rows.map(|row| {
        let evidence: Evidence = from_json(&row?)?;
        Ok((evidence.sha256, evidence))
    })
    .collect()
}
