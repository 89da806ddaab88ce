//! The terminal's database: one opener that migrates, reads on the side, writes in one immediate transaction each.
//!
//! PRAGMAs and why: `journal_mode=WAL`, a reader never waits for a writer; `synchronous=FULL`, what was confirmed
//! survives a power cut; `foreign_keys=ON`, no answer without its draft; `busy_timeout`, two programs take turns.
//! The statements are files under `sql/`; the tables stand in `migrations/terminal/`.

pub(crate) mod chunk;
pub(crate) mod draft;
pub(crate) mod ledger;
pub(crate) mod log;
pub(crate) mod package;
pub mod person;
pub(crate) mod photo_look;
pub mod record;
pub(crate) mod search;
pub(crate) mod terminal;
pub(crate) mod walked;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{
    Connection, Transaction, TransactionBehavior,
    types::{FromSql, FromSqlError, FromSqlResult, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{error::FieldError, private};

mod migrations {
    refinery::embed_migrations!("../../migrations/terminal");
}

/// One statement from its file.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql"))
    };
}
pub(crate) use sql;

/// The database.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the file, creating or migrating it.
    pub fn open(path: &Path) -> Result<Self, FieldError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")?;
        connection.set_prepared_statement_cache_capacity(128);
        migrate(&mut connection, path)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolled it back; the connection itself is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, FieldError>) -> Result<T, FieldError> {
        query(&self.lock())
    }

    /// Writes everything or nothing; returns once it is on the disk.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T, FieldError>) -> Result<T, FieldError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), FieldError> {
    let runner = migrations::migrations::runner().set_grouped(true);
    let known = runner.get_migrations().iter().map(|migration| number(migration.version())).max().unwrap_or(0);
    let applied = runner.get_applied_migrations(connection).unwrap_or_default();
    let found = applied.iter().map(|migration| number(migration.version())).max().unwrap_or(0);
    if found > known {
        return Err(FieldError::NewerDatabase { found, known });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 {
        let copy = path.with_extension(format!("v{found}.bak"));
        // A copy left by an interrupted run is older than the data; make it anew.
        if copy.exists() {
            std::fs::remove_file(&copy).map_err(|source| FieldError::File { path: copy.clone(), source })?;
        }
        // An empty file is as good as none to VACUUM INTO, and this one is nobody else's to read.
        private::new_file(&copy).map_err(|source| FieldError::File { path: copy.clone(), source })?;
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    }
    runner.run(connection).map(drop).map_err(|error| FieldError::Migration(error.to_string()))
}

fn number(version: impl TryInto<u32>) -> u32 {
    version.try_into().unwrap_or(u32::MAX)
}

/// A document as JSON text.
pub(crate) fn to_json(document: &impl Serialize) -> Result<String, FieldError> {
    serde_json::to_string(document).map_err(|error| FieldError::BadInput(error.to_string()))
}

/// A document read back from its JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, FieldError> {
    serde_json::from_str(text).map_err(|error| FieldError::Damaged(format!("{}: {error}", std::any::type_name::<T>())))
}

/// A typed text (hash, key id) read back.
pub(crate) fn from_text<T: std::str::FromStr>(text: &str) -> Result<T, FieldError> {
    text.parse().map_err(|_| FieldError::Damaged(format!("{}: {text}", std::any::type_name::<T>())))
}

/// A count or size: SQLite's integers are signed, ours here are not.
pub(crate) struct Unsigned(pub u64);

impl FromSql for Unsigned {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let signed = i64::column_result(value)?;
        u64::try_from(signed).map(Self).map_err(|_| FromSqlError::OutOfRange(signed))
    }
}

/// The one row of a statement, if there is one.
pub(crate) fn optional<T>(row: rusqlite::Result<T>) -> Result<Option<T>, FieldError> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All documents of a statement that selects one JSON column.
pub(crate) fn documents<T: DeserializeOwned>(
    connection: &Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<T>, FieldError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map(parameters, |row| row.get::<_, String>(0))?;
    rows.map(|text| from_json(&text?)).collect()
}

/// Runs a statement that is used again and again.
pub(crate) fn run(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> Result<usize, FieldError> {
    Ok(connection.prepare_cached(statement)?.execute(values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_database_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("field.db");
        drop(Store::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection
            .execute(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')",
                [],
            )
            .unwrap();
        drop(connection);
        let refused = Store::open(&path).unwrap_err();
        assert!(matches!(refused, FieldError::NewerDatabase { found: 99, known } if known < 99), "{refused}");
    }

    #[test]
    fn a_sealed_record_can_neither_be_changed_nor_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("field.db")).unwrap();
        let connection = store.lock();
        connection.execute_batch("PRAGMA foreign_keys=OFF;").unwrap();
        connection
            .execute_batch(
                "INSERT INTO record (id, sequence, draft, visit, person, envelope, envelope_sha256, sealed, state)
                 VALUES ('r', 1, 'd', 'v', 'p', 'e', 'h', '{}', 'queued');",
            )
            .unwrap();
        for forbidden in [
            "UPDATE record SET envelope = 'other'",
            "UPDATE record SET sequence = 2",
            "UPDATE record SET state = 'sealed'",
            "UPDATE record SET state = 'delivered'",
            "DELETE FROM record",
        ] {
            assert!(connection.execute(forbidden, []).is_err(), "{forbidden} must be refused");
        }
        connection.execute("UPDATE record SET state = 'partly_sent'", []).unwrap();
    }
}
