//! Rows of the outbox that somebody took out.

use rusqlite::Connection;
use xunjian_domain::hash::Sha256;

use super::{Unsigned, from_text, run, sql};
use crate::error::FieldError;

/// Records without a row in the outbox, each with its place.
pub(crate) fn missing(connection: &Connection) -> Result<Vec<(Sha256, u64)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("outbox/missing"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (id, sequence) = row?;
        Ok((from_text(&id)?, sequence))
    })
    .collect()
}

/// Puts them back.
pub(crate) fn put_back(connection: &rusqlite::Transaction<'_>) -> Result<(), FieldError> {
    run(connection, sql!("salvage/outbox"), []).map(drop)
}
