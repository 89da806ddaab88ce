//! Whether the database is sound: every page read, and with it every page's authentication code.
//!
//! On a ledger of 100,000 assets that takes a second, so it is done before anything is shown only when there is a reason to
//! doubt: after an end that was not clean, when the file is not the one that was left, and where a check was cut short.
//! Otherwise it runs on a connection of its own while people work. No damaged page is shown meanwhile: whatever was read, by
//! whomever, is believed only if the connection refused no page on the way ([`has_refused`]).
//!
//! ```text
//! field.db.sound  beside the database: it passed this check, and was closed cleanly at this size and moment
//! ```
//!
//! | step | a crash here leaves |
//! |---|---|
//! | the note is removed, flushed | no note: the next start checks before it shows anything |
//! | database opened, used, closed | the same |
//! | the note is written, flushed | a note that is true until the file changes |
//!
//! The note is no guard against people, who can write one: what they may have done is looked for at each start, note or not
//! ([`crate::tampering`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, UNIX_EPOCH},
};

use rusqlite::{Connection, InterruptHandle};
use serde::{Deserialize, Serialize};

use super::{OpenError, connect, salvage::with_sides};
use crate::{error::FieldError, keys::DatabaseKey, private};

/// Reads every page.
pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if has_refused(connection)? {
        return Err(FieldError::PageRefused.into());
    }
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged(verdict)) }
}

/// Whether a page was refused on this connection since it was made.
///
/// An error does not tell: measured with SQLCipher 4.14.0, the first statement that reads a page with a wrong authentication code
/// now and then succeeds, with zeros in the page's place (where it is the last page of a long value), and only those after it
/// fail, with codes that name no damage. `PRAGMA cipher_status` is `1` as long as every page was what was written, and `0` from
/// the first one on that was not.
pub(super) fn has_refused(connection: &Connection) -> Result<bool, FieldError> {
    let status: String = connection.query_row("PRAGMA cipher_status", [], |row| row.get(0))?;
    Ok(status != "1")
}

/// What a database looks like from outside.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    bytes: u64,
    /// Since 1970, in nanoseconds.
    changed_ns: u128,
}

impl Look {
    /// `None` where there is no database, or one that was not closed: changes then stand beside it.
    fn of(path: &Path) -> Option<Self> {
        let [database, sides @ ..] = with_sides(path);
        if sides.iter().any(|side| side.exists()) {
            return None;
        }
        let about = fs::metadata(database).ok()?;
        let changed_ns = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        Some(Self { bytes: about.len(), changed_ns })
    }
}

fn note_of(path: &Path) -> PathBuf {
    path.with_added_extension("sound")
}

/// Whether there is a note, and it is true of the database. Asked before the database is opened, which makes side files.
pub(super) fn is_noted(path: &Path) -> bool {
    let noted: Option<Look> = fs::read(note_of(path)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    noted.is_some() && noted == Look::of(path)
}

/// Takes the note away, before anything is written.
pub(super) fn remove_note(path: &Path) -> Result<(), FieldError> {
    let note = note_of(path);
    match fs::remove_file(&note) {
        Ok(()) => private::flush_folder_of(&note).map_err(|source| FieldError::File { path: note, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(FieldError::File { path: note, source }),
    }
}

/// Notes that the database, closed by now, passed its check. Without the note the next start takes longer, and nothing else.
pub(super) fn leave_note(path: &Path) {
    let Some(look) = Look::of(path) else { return };
    let written = serde_json::to_vec(&look).map_err(io::Error::other);
    if let Err(error) = written.and_then(|text| private::replace(&note_of(path), &text)) {
        tracing::warn!(%error, "the next unlocking reads the whole database first");
    }
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    UnderWay,
    Passed,
    /// Cut short, or failed for another reason than damage.
    Open,
    Damaged,
}

/// A check that runs beside the work.
pub(super) struct Watch {
    standing: Arc<Mutex<Standing>>,
    interrupt: InterruptHandle,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Begins to check; `damaged` is called when it found damage, after its connection was closed.
    pub fn begin(path: &Path, key: &DatabaseKey, damaged: impl FnOnce() + Send + 'static) -> Result<Self, FieldError> {
        let connection = connect(path, key)?;
        let interrupt = connection.get_interrupt_handle();
        let standing = Arc::new(Mutex::new(Standing::UnderWay));
        let told = Arc::clone(&standing);
        let run = move || {
            let found = match check(&connection) {
                Ok(()) => Standing::Passed,
                Err(OpenError::Damaged(what)) => {
                    tracing::warn!(what, "the database is damaged");
                    Standing::Damaged
                }
                Err(OpenError::Other(error)) => {
                    tracing::warn!(%error, "the database was not checked to its end");
                    Standing::Open
                }
            };
            drop(connection);
            *told.lock().unwrap_or_else(PoisonError::into_inner) = found;
            if found == Standing::Damaged {
                damaged();
            }
        };
        let thread = thread::Builder::new().name("soundness".to_owned()).spawn(run);
        let thread = thread.map_err(|source| FieldError::File { path: path.to_owned(), source })?;
        Ok(Self { standing, interrupt, thread })
    }

    pub fn standing(&self) -> Standing {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its end, and for what the end led to.
    pub fn wait(self) -> Standing {
        // A check that panicked found nothing.
        let Self { standing, thread, .. } = self;
        let _ = thread.join();
        *standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts it short, and says how far it came.
    pub fn end(self) -> Standing {
        // An interrupt that comes before the first page is read passes unheard.
        while !self.thread.is_finished() && self.standing() == Standing::UnderWay {
            self.interrupt.interrupt();
            thread::sleep(Duration::from_millis(2));
        }
        self.wait()
    }
}
