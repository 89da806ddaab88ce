//! The database behind a layer so thin that SQLite and PostgreSQL both fit: whole numbers, texts and bytes in, rows out.
//!
//! Statements are files under `sql/`, written with `$1`; SQLite binds them by name. Use cases take `&dyn Sql` inside one
//! transaction and never learn which database it is. PostgreSQL joins behind the same trait when one machine no longer
//! suffices (docs/adr/0004).

use std::{path::Path, sync::Mutex};

use rusqlite::{Connection, TransactionBehavior, types::ValueRef};

/// Includes one statement of `sql/`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql"))
    };
}
pub(crate) use sql;

#[allow(missing_docs, reason = "written by a macro; whether rustc looks inside depends on how it is built")]
mod embedded {
    refinery::embed_migrations!("../../migrations/central");
}

/// A value that goes in or comes out. “None” is 0 or the empty text: every column is `NOT NULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    I64(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Only out of an outer join.
    Null,
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite says no.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The migrations failed, or the file is newer than this program.
    #[error("the database cannot be brought to this version: {0}")]
    Migration(#[from] refinery::Error),
    /// A column is not what the statement promises.
    #[error("column {0} of a row is not what it should be")]
    Column(usize),
    /// A thread died while it held the connection.
    #[error("the database connection was left in an unknown state; restart the service")]
    Poisoned,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row(Vec<Value>);

impl Row {
    /// The whole number in column `at`.
    ///
    /// # Errors
    /// [`DbError::Column`].
    pub fn i64(&self, at: usize) -> Result<i64, DbError> {
        match self.0.get(at) {
            Some(Value::I64(number)) => Ok(*number),
            _ => Err(DbError::Column(at)),
        }
    }

    /// The text in column `at`.
    ///
    /// # Errors
    /// [`DbError::Column`].
    pub fn text(&self, at: usize) -> Result<&str, DbError> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(DbError::Column(at)),
        }
    }

    /// The bytes in column `at`.
    ///
    /// # Errors
    /// [`DbError::Column`].
    pub fn bytes(&self, at: usize) -> Result<&[u8], DbError> {
        match self.0.get(at) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(DbError::Column(at)),
        }
    }

    /// Whether column `at` is empty because an outer join found nothing.
    #[must_use]
    pub fn is_null(&self, at: usize) -> bool {
        matches!(self.0.get(at), Some(Value::Null) | None)
    }
}

/// What a use case may do inside its transaction.
pub trait Sql {
    /// Runs a statement that returns rows.
    ///
    /// # Errors
    /// [`DbError`].
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, DbError>;

    /// Runs a statement that changes rows and says how many.
    ///
    /// # Errors
    /// [`DbError`].
    fn execute(&self, statement: &str, values: &[Value]) -> Result<usize, DbError>;

    /// The first row, if there is one.
    ///
    /// # Errors
    /// [`DbError`].
    fn first(&self, statement: &str, values: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.query(statement, values)?.into_iter().next())
    }
}

/// The embedded database of a service.
pub struct Db {
    writer: Mutex<Connection>,
    /// Pages read through a connection of their own: WAL lets them, and a long list holds no terminal up.
    reader: Mutex<Connection>,
    /// Checks read everything, for minutes; pages do not wait for them.
    checker: Mutex<Connection>,
}

impl Db {
    /// Opens the file, brings it to this version, and refuses one that is newer.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn open(file: &Path) -> Result<Self, DbError> {
        let mut writer = Self::connect(file)?;
        embedded::migrations::runner().set_abort_missing(true).run(&mut writer)?;
        let reading = || -> Result<Mutex<Connection>, DbError> {
            let connection = Self::connect(file)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(Mutex::new(connection))
        };
        Ok(Self { writer: Mutex::new(writer), reader: reading()?, checker: reading()? })
    }

    fn connect(file: &Path) -> Result<Connection, DbError> {
        let connection = Connection::open(file)?;
        // Another process (a command beside the running service) may hold the write lock for a moment.
        connection.busy_timeout(std::time::Duration::from_secs(30))?;
        // WAL lets readers go on while one writes; FULL makes a commit survive a power cut: answers promise that.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(connection)
    }

    /// Runs `work` in one transaction that takes the write lock at once; commits when it succeeds.
    ///
    /// # Errors
    /// Whatever `work` fails with, or [`DbError`]; then nothing was changed.
    pub fn write<T, E: From<DbError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        let mut connection = self.writer.lock().map_err(|_| E::from(DbError::Poisoned))?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| E::from(error.into()))?;
        let result = work(&Transaction(&transaction))?;
        transaction.commit().map_err(|error| E::from(error.into()))?;
        Ok(result)
    }

    /// Runs `work` in one transaction that only reads.
    ///
    /// # Errors
    /// Whatever `work` fails with, or [`DbError`].
    pub fn read<T, E: From<DbError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        Self::read_through(&self.reader, work)
    }

    /// As [`Db::read`], on a connection of its own, for what takes long.
    ///
    /// # Errors
    /// Whatever `work` fails with, or [`DbError`].
    pub fn read_long<T, E: From<DbError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        Self::read_through(&self.checker, work)
    }

    fn read_through<T, E: From<DbError>>(
        connection: &Mutex<Connection>,
        work: impl FnOnce(&dyn Sql) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = connection.lock().map_err(|_| E::from(DbError::Poisoned))?;
        let transaction = connection.transaction().map_err(|error| E::from(error.into()))?;
        work(&Transaction(&transaction))
    }
}

struct Transaction<'a>(&'a rusqlite::Transaction<'a>);

impl Transaction<'_> {
    fn bind(statement: &mut rusqlite::CachedStatement<'_>, values: &[Value]) -> Result<(), DbError> {
        for (at, value) in values.iter().enumerate() {
            let name = format!("${}", at + 1);
            let Some(place) = statement.parameter_index(&name)? else { continue };
            match value {
                Value::I64(number) => statement.raw_bind_parameter(place, number)?,
                Value::Text(text) => statement.raw_bind_parameter(place, text)?,
                Value::Bytes(bytes) => statement.raw_bind_parameter(place, bytes)?,
                Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null)?,
            }
        }
        Ok(())
    }
}

impl Sql for Transaction<'_> {
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut prepared = self.0.prepare_cached(statement)?;
        Self::bind(&mut prepared, values)?;
        let columns = prepared.column_count();
        let mut rows = prepared.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns);
            for at in 0..columns {
                values.push(match row.get_ref(at)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::I64(number),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                    ValueRef::Real(_) => return Err(DbError::Column(at)),
                });
            }
            found.push(Row(values));
        }
        Ok(found)
    }

    fn execute(&self, statement: &str, values: &[Value]) -> Result<usize, DbError> {
        let mut prepared = self.0.prepare_cached(statement)?;
        Self::bind(&mut prepared, values)?;
        Ok(prepared.raw_execute()?)
    }
}
