//! The terminal's database: encrypted with SQLCipher, one opener that checks and migrates, reads on the side, writes in
//! one immediate transaction each. Without a key it is closed, and every question is answered with [`FieldError::Locked`].
//!
//! PRAGMAs and why: `journal_mode=WAL`, a reader never waits for a writer; `synchronous=FULL`, what was confirmed
//! survives a power cut; `foreign_keys=ON`, no answer without its draft; `busy_timeout`, two programs take turns.
//! The statements are files under `sql/`; the tables stand in `migrations/terminal/`.

pub(crate) mod chunk;
pub(crate) mod draft;
pub(crate) mod follow_up;
pub(crate) mod ledger;
pub(crate) mod log;
pub(crate) mod outbox_rows;
pub(crate) mod package;
pub mod person;
pub(crate) mod photo_look;
pub mod record;
pub(crate) mod release;
pub(crate) mod review;
pub(crate) mod salvage;
pub(crate) mod search;
mod soundness;
pub(crate) mod terminal;
pub(crate) mod walked;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use data_encoding::HEXLOWER;
use rusqlite::{
    Connection, Transaction, TransactionBehavior,
    types::{FromSql, FromSqlError, FromSqlResult, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use self::soundness::{Standing, Watch};
use crate::{error::FieldError, keys::DatabaseKey, private};

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

/// The database, open while somebody is unlocked.
pub(crate) struct Store {
    core: Arc<Core>,
    /// The check that runs beside the work, or ran.
    watch: Mutex<Option<Watch>>,
}

/// What a check that found damage needs of it, too.
struct Core {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

/// An open database.
struct Open {
    connection: Connection,
    /// Whether every page was read since it was opened.
    is_checked: bool,
    /// Whether a page was refused since: nothing is read or written any more until the database was opened anew.
    is_refused: bool,
}

impl Open {
    /// What was read or written, unless a damaged page was met meanwhile.
    fn believe<T>(&mut self, answer: Result<T, FieldError>) -> Result<T, FieldError> {
        self.is_refused = soundness::has_refused(&self.connection)?;
        if self.is_refused { Err(FieldError::PageRefused) } else { answer }
    }
}

/// Why a database could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Its pages do not fit together, or are not what this key encrypted.
    Damaged(String),
    /// Anything else.
    Other(FieldError),
}

impl<E: Into<FieldError>> From<E> for OpenError {
    fn from(error: E) -> Self {
        match error.into() {
            damage if damage.is_damage() => Self::Damaged(damage.to_string()),
            other => Self::Other(other),
        }
    }
}

impl Store {
    /// A database that stays closed until its key is there.
    pub fn closed(path: PathBuf) -> Self {
        Self { core: Arc::new(Core { path, open: Mutex::default() }), watch: Mutex::default() }
    }

    pub fn path(&self) -> &Path {
        &self.core.path
    }

    pub fn is_open(&self) -> bool {
        self.core.lock().is_some()
    }

    /// Opens the file, creating or migrating it. A database that is open already stays so. Every page is read first, unless
    /// the database was closed cleanly after a check; then [`Self::check_beside`] has to follow.
    pub fn open(&self, key: &DatabaseKey) -> Result<(), OpenError> {
        let mut open = self.core.lock();
        if open.is_none() {
            *open = Some(open_file(&self.core.path, key, soundness::is_noted(&self.core.path))?);
        }
        Ok(())
    }

    /// Whether every page was read since it was opened.
    pub fn is_checked(&self) -> bool {
        self.core.lock().as_ref().is_some_and(|open| open.is_checked)
    }

    /// Whether a damaged page was met since it was opened.
    pub fn is_refused(&self) -> bool {
        self.core.lock().as_ref().is_some_and(|open| open.is_refused)
    }

    /// Reads every page on a connection of its own, while people work, if that was not done before. Where it finds damage it
    /// closes the database, calls `rebuild`, and opens what that left; whoever asks meanwhile waits.
    pub fn check_beside(
        &self,
        key: &DatabaseKey,
        rebuild: impl FnOnce(&Path) -> Result<(), FieldError> + Send + 'static,
    ) -> Result<(), FieldError> {
        if self.is_checked() {
            return Ok(());
        }
        let (core, with) = (Arc::clone(&self.core), key.clone());
        let damaged = move || {
            if let Err(error) = core.rebuild(&with, rebuild) {
                // Closed, and without a note: the next unlocking finds the damage first.
                tracing::error!(%error, "the damaged database was not mended");
            }
        };
        let watch = Watch::begin(&self.core.path, key, damaged)?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }

    /// Closes the database for `rebuild`, and opens what that left. Nobody sees it closed: whoever asks meanwhile waits.
    pub fn rebuild(
        &self,
        key: &DatabaseKey,
        rebuild: impl FnOnce(&Path) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        self.core.rebuild(key, rebuild)
    }

    /// Waits until a check under way is done, with all it led to.
    pub fn wait_for_check(&self) {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        if watch.is_some_and(|watch| watch.wait() == Standing::Passed) {
            self.core.passed();
        }
    }

    /// Closes the file; SQLCipher wipes its key. A check under way is cut short.
    pub fn close(&self) {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        if watch.is_some_and(|watch| watch.end() == Standing::Passed) {
            self.core.passed();
        }
        let mut open = self.core.lock();
        let is_sound = open.take().is_some_and(|open| open.is_checked && !open.is_refused);
        if is_sound {
            soundness::leave_note(&self.core.path);
        }
    }

    /// Reads. What a damaged page gave is never answered: [`FieldError::PageRefused`].
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, FieldError>) -> Result<T, FieldError> {
        self.core.with(|open| query(&open.connection))
    }

    /// Writes everything or nothing; returns once it is on the disk. What was decided from a damaged page is not written.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T, FieldError>) -> Result<T, FieldError> {
        self.core.with(|open| {
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = change(&transaction)?;
            if soundness::has_refused(&transaction)? {
                return Err(FieldError::PageRefused);
            }
            transaction.commit()?;
            Ok(result)
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        // A panic inside a transaction rolled it back; the connection itself is sound.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the open database, and believes the answer only if every page it came from was sound.
    fn with<T>(&self, ask: impl FnOnce(&mut Open) -> Result<T, FieldError>) -> Result<T, FieldError> {
        let mut open = self.lock();
        let open = open.as_mut().ok_or(FieldError::Locked)?;
        if open.is_refused {
            return Err(FieldError::PageRefused);
        }
        let answer = ask(open);
        open.believe(answer)
    }

    /// Every page was read.
    fn passed(&self) {
        if let Some(open) = self.lock().as_mut() {
            open.is_checked = true;
        }
    }

    fn rebuild(
        &self,
        key: &DatabaseKey,
        rebuild: impl FnOnce(&Path) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        let mut open = self.lock();
        *open = None;
        rebuild(&self.path)?;
        let opened = open_file(&self.path, key, false).map_err(|error| match error {
            OpenError::Damaged(what) => FieldError::Damaged(what),
            OpenError::Other(error) => error,
        })?;
        *open = Some(opened);
        Ok(())
    }
}

/// How often a key is given to a database before the refusal is believed.
const KEY_TRIES: u32 = 5;

/// A connection with its key, before anything is read.
pub(crate) fn connect(path: &Path, key: &DatabaseKey) -> Result<Connection, FieldError> {
    let at = |source| FieldError::File { path: path.to_owned(), source };
    // SQLite gives its side files the permissions of the database.
    private::open_file(path).map_err(at)?;
    // SQLCipher's library-wide state comes with the first connection and goes with the last one: a key given while another
    // thread opens or closes one was refused now and then (once in some thousand openings). One at a time, and again.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tries = 0;
    loop {
        tries += 1;
        match keyed(path, key) {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::Unknown && tries < KEY_TRIES =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            connection => return Ok(connection?),
        }
    }
}

fn keyed(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // What SQLCipher finds wrong comes back as an error; it need not print it too.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    // A raw key: no derivation at each opening, and nothing to guess.
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", HEXLOWER.encode(key.bytes())));
    connection.execute_batch(&pragma)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

fn open_file(path: &Path, key: &DatabaseKey, is_noted: bool) -> Result<Open, OpenError> {
    let mut connection = connect(path, key)?;
    if !is_noted {
        soundness::check(&connection)?;
    }
    refuse_newer(&connection)?;
    soundness::remove_note(path)?;
    connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")?;
    connection.set_prepared_statement_cache_capacity(128);
    migrate(&mut connection, path)?;
    let mut open = Open { connection, is_checked: !is_noted, is_refused: false };
    open.believe(Ok(()))?;
    Ok(open)
}

/// Versions: of the file, and the newest known here.
fn versions(connection: &Connection) -> Result<(u32, u32), FieldError> {
    let known = migrations::migrations::runner();
    let known = known.get_migrations().iter().map(|migration| number(migration.version())).max().unwrap_or(0);
    let has_history = connection.table_exists(None, "refinery_schema_history")?;
    let found = if has_history {
        connection.query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))?
    } else {
        0
    };
    Ok((found, known))
}

fn refuse_newer(connection: &Connection) -> Result<(), FieldError> {
    match versions(connection)? {
        (found, known) if found > known => Err(FieldError::NewerDatabase { found, known }),
        _ => Ok(()),
    }
}

/// Brings the database up to date, after a copy of it was made beside it. The copy stays until the next start that finds
/// nothing to do.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), FieldError> {
    let (found, known) = versions(connection)?;
    if found == known {
        return remove_copies(path, known);
    }
    if found > 0 {
        let copy = copy_of(path, found);
        let at = |source| FieldError::File { path: copy.clone(), source };
        // A copy left by an interrupted run is older than the data; make it anew.
        if copy.exists() {
            std::fs::remove_file(&copy).map_err(at)?;
        }
        // An empty file is as good as none to VACUUM INTO, and this one is nobody else's to read. SQLCipher encrypts it with
        // the key of the database.
        private::new_file(&copy).map_err(at)?;
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        std::fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(at)?;
    }
    let runner = migrations::migrations::runner().set_grouped(true);
    runner.run(connection).map(drop).map_err(|error| FieldError::Migration(error.to_string()))
}

/// A plain database as an earlier version left it.
#[cfg(test)]
pub(crate) fn migrate_plain_for_tests(path: &Path, version: i32) {
    let mut connection = Connection::open(path).unwrap();
    let runner = migrations::migrations::runner().set_target(refinery::Target::Version(version));
    runner.run(&mut connection).unwrap();
}

fn copy_of(path: &Path, version: u32) -> PathBuf {
    path.with_extension(format!("v{version}.bak"))
}

fn remove_copies(path: &Path, known: u32) -> Result<(), FieldError> {
    for copy in (1..known).map(|version| copy_of(path, version)) {
        match std::fs::remove_file(&copy) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(FieldError::File { path: copy, source });
            }
            _ => {}
        }
    }
    Ok(())
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
#[path = "store/tests.rs"]
mod tests;
