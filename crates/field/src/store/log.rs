//! What this terminal knows of the site's keys, log and time.

use rusqlite::{Connection, params};
use xunjian_domain::{
    hash::Sha256,
    time::{ClockReading, TimestampMs},
};
use xunjian_proof::note::SignedCheckpoint;

use super::{from_json, optional, run, sql, to_json};
use crate::error::FieldError;

/// Envelopes signed by the site root, as text.
#[derive(Debug, Default)]
pub(crate) struct RootStatements {
    pub holders: Vec<String>,
    pub revocations: Vec<String>,
}

pub(crate) fn root_statements(connection: &Connection) -> Result<RootStatements, FieldError> {
    let mut statement = connection.prepare_cached(sql!("key_statement/list"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = RootStatements::default();
    for row in rows {
        let (kind, envelope) = row?;
        if kind == "holder" { found.holders.push(envelope) } else { found.revocations.push(envelope) }
    }
    Ok(found)
}

pub(crate) fn put_root_statements(connection: &Connection, statements: &RootStatements) -> Result<(), FieldError> {
    let holders = statements.holders.iter().map(|envelope| ("holder", envelope));
    let revocations = statements.revocations.iter().map(|envelope| ("revocation", envelope));
    for (kind, envelope) in holders.chain(revocations) {
        let name = Sha256::of(envelope.as_bytes()).to_hex();
        run(connection, sql!("key_statement/put"), params![name, kind, envelope])?;
    }
    Ok(())
}

pub(crate) fn checkpoint(connection: &Connection) -> Result<Option<SignedCheckpoint>, FieldError> {
    let row = connection.prepare_cached(sql!("checkpoint/get"))?.query_row([], |row| row.get::<_, String>(0));
    optional(row)?
        .map(|note| SignedCheckpoint::parse(&note).map_err(|error| FieldError::Damaged(format!("checkpoint: {error}"))))
        .transpose()
}

pub(crate) fn put_checkpoint(connection: &Connection, checkpoint: &SignedCheckpoint) -> Result<(), FieldError> {
    let size = i64::try_from(checkpoint.checkpoint.size).unwrap_or(i64::MAX);
    run(connection, sql!("checkpoint/put"), params![size, checkpoint.to_string()]).map(drop)
}

/// The last time token.
#[derive(Debug, Clone)]
pub(crate) struct TimeToken {
    pub note: String,
    pub time_at: TimestampMs,
    pub received: ClockReading,
}

pub(crate) fn time_token(connection: &Connection) -> Result<Option<TimeToken>, FieldError> {
    let row = connection
        .prepare_cached(sql!("time_token/get"))?
        .query_row([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)));
    optional(row)?
        .map(|(note, time_at, received)| {
            Ok(TimeToken { note, time_at: TimestampMs(time_at), received: from_json(&received)? })
        })
        .transpose()
}

pub(crate) fn put_time_token(connection: &Connection, token: &TimeToken) -> Result<(), FieldError> {
    run(connection, sql!("time_token/put"), params![token.note, token.time_at.0, to_json(&token.received)?]).map(drop)
}
