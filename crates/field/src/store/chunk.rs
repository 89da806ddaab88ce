//! Content-addressed documents of work packages.

use rusqlite::{Connection, params};
use xunjian_domain::hash::Sha256;

use super::{from_text, optional, run, sql};
use crate::error::FieldError;

pub(crate) fn get(connection: &Connection, name: Sha256) -> Result<Option<Vec<u8>>, FieldError> {
    optional(connection.prepare_cached(sql!("chunk/get"))?.query_row([name.to_hex()], |row| row.get(0)))
}

/// A chunk that must be there, because a row refers to it.
pub(crate) fn require(connection: &Connection, name: Sha256) -> Result<Vec<u8>, FieldError> {
    get(connection, name)?.ok_or_else(|| FieldError::Damaged(format!("chunk {name}")))
}

pub(crate) fn has(connection: &Connection, name: Sha256) -> Result<bool, FieldError> {
    Ok(connection.prepare_cached(sql!("chunk/has"))?.query_row([name.to_hex()], |row| row.get(0))?)
}

/// The names of all that are held.
pub(crate) fn names(connection: &Connection) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("chunk/names"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|name| from_text(&name?)).collect()
}

pub(crate) fn put(connection: &Connection, name: Sha256, bytes: &[u8]) -> Result<(), FieldError> {
    run(connection, sql!("chunk/put"), params![name.to_hex(), bytes]).map(drop)
}
