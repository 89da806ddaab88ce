//! Rows of photos that were removed to make room.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use xunjian_domain::{hash::Sha256, time::TimestampMs};
use xunjian_proof::statement::BlobRef;

use super::{Unsigned, from_text, run, sql};
use crate::error::FieldError;

/// Photos that every record naming them has a receipt for, and that no open draft names; oldest first.
pub(crate) fn candidates(connection: &Connection) -> Result<Vec<BlobRef>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_released/candidates"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (sha256, bytes) = row?;
        Ok(BlobRef { sha256: from_text(&sha256)?, bytes })
    })
    .collect()
}

/// The records that name a photo.
pub(crate) fn records(connection: &Connection, photo: Sha256) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_released/records"))?;
    let rows = statement.query_map([photo.to_hex()], |row| row.get::<_, String>(0))?;
    rows.map(|id| from_text(&id?)).collect()
}

pub(crate) fn put(connection: &Connection, photo: &BlobRef, at: TimestampMs) -> Result<(), FieldError> {
    let bytes = i64::try_from(photo.bytes).unwrap_or(i64::MAX);
    run(connection, sql!("photo_released/put"), params![photo.sha256.to_hex(), bytes, at.0]).map(drop)
}

/// The photo is here again.
pub(crate) fn remove(connection: &Connection, photo: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("photo_released/remove"), [photo.to_hex()]).map(drop)
}

/// Released photos that no open draft has taken up again: their files may go.
pub(crate) fn removable(connection: &Connection) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_released/removable"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|sha256| from_text(&sha256?)).collect()
}

/// Every released photo.
pub(crate) fn all(connection: &Connection) -> Result<BTreeSet<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_released/list"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|sha256| from_text(&sha256?)).collect()
}

pub(crate) fn is_released(connection: &Connection, photo: Sha256) -> Result<bool, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_released/has"))?;
    Ok(statement.query_row([photo.to_hex()], |row| row.get(0))?)
}
