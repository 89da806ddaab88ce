//! [`Field`]: the terminal's data folder and the use cases on it.
//!
//! ```text
//! field.db        the database (SQLCipher, WAL)
//! field.db.sound  beside it while it is closed: every page was read, and the end was clean
//! door, door.copy what is known before anyone is unlocked, and the only way to the keys ([`crate::door`])
//! terminal.secret the terminal's part of every key, where the operating system has no keystore; its owner's only
//! kept/           sealed records and the terminal's identity once more, encrypted, for the day the database is damaged
//! photos/         originals, named by their hashes, encrypted; renditions/ in it may be deleted at any time
//! damaged-<time>/ a database that was damaged; tampered-<time>/ one whose sealed records were changed
//! lock            held while a program uses the folder
//! ```
//!
//! A folder is opened locked. [`Field::unlock`] opens database and photos for whoever's passphrase is right;
//! [`Field::lock`] closes them and wipes the keys. While it is locked, everything but the lock screen answers
//! [`FieldError::Locked`].

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};
use xunjian_domain::time::ClockReading;
use xunjian_proof::suite::{Ed25519Signer, PublicKey};

use crate::{
    clock::{Clock, SystemClock},
    door::Door,
    draft::Layouts,
    error::FieldError,
    ids::{IdSource, SystemIds},
    kept::Kept,
    keys::{DatabaseKey, Effort, Keystore, SystemKeystore},
    photo::{PhotoFolder, Recovery, store::DEFAULT_RESERVE_BYTES},
    private,
    store::{
        Store,
        person::Person,
        terminal::{self, Terminal},
    },
};

/// How long a second program waits for the first to finish with the folder.
const PATIENCE: Duration = Duration::from_secs(15);

/// What an engine stands on. Tests bring their own.
pub struct Surroundings {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdSource>,
    /// Keeps the terminal's secret.
    pub keystore: Arc<dyn Keystore>,
    /// What one try at a passphrase costs in new wraps.
    pub effort: Effort,
}

/// The terminal.
pub struct Field {
    pub(crate) store: Store,
    pub(crate) photos: PhotoFolder,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) door: Door,
    pub(crate) kept: Kept,
    /// The database key, while somebody is unlocked.
    pub(crate) opened: Mutex<Option<DatabaseKey>>,
    pub(crate) layouts: Layouts,
    /// Held while a photo gets its row, or loses it.
    pub(crate) photo_turn: Mutex<()>,
    folder: PathBuf,
    pub(crate) recovery: Mutex<Recovery>,
    /// Dropped last; the lock ends with it, also when the process is killed.
    _lock: File,
}

impl Field {
    /// Opens a data folder with the clocks and ids of the operating system.
    ///
    /// # Errors
    /// As [`Self::open_with`].
    pub fn open(folder: &Path) -> Result<Self, FieldError> {
        Self::open_with(folder, Arc::new(SystemClock::new()), Arc::new(SystemIds))
    }

    /// As [`Self::open_in`], with the keystore of the operating system.
    ///
    /// # Errors
    /// As [`Self::open_in`].
    pub fn open_with(folder: &Path, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, FieldError> {
        let keystore = Arc::new(SystemKeystore);
        Self::open_in(folder, Surroundings { clock, ids, keystore, effort: Effort::STANDARD })
    }

    /// Opens a data folder, creating it if need be; it stays locked.
    ///
    /// # Errors
    /// [`FieldError`] when another program holds the folder, or the disk fails.
    pub fn open_in(folder: &Path, surroundings: Surroundings) -> Result<Self, FieldError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| FieldError::File { path, source }
        };
        private::make_folder(folder).map_err(at(folder))?;
        let lock = take_lock(folder)?;
        let Surroundings { clock, ids, keystore, effort } = surroundings;
        let door = Door::open(folder, keystore, effort)?;
        let store = Store::closed(folder.join("field.db"));
        let photo_root = folder.join("photos");
        private::make_folder(&photo_root).map_err(at(&photo_root))?;
        let photos = PhotoFolder::open(&photo_root, DEFAULT_RESERVE_BYTES)?;
        Ok(Self {
            store,
            photos,
            clock,
            ids,
            door,
            kept: Kept::in_folder(folder),
            opened: Mutex::default(),
            layouts: Layouts::default(),
            photo_turn: Mutex::default(),
            folder: folder.to_owned(),
            recovery: Mutex::default(),
            _lock: lock,
        })
    }

    /// What was found among the photos when somebody last unlocked.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        self.recovery.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The service's address this terminal was enrolled at.
    ///
    /// # Errors
    /// [`FieldError::NotEnrolled`].
    pub fn service_url(&self) -> Result<String, FieldError> {
        Ok(self.terminal()?.service_url)
    }

    /// The person who acts: the one of this id or name, or the only one enrolled.
    ///
    /// # Errors
    /// [`FieldError::SeveralPersons`] when it must be said who; [`FieldError::UnknownPerson`], [`FieldError::NotEnrolled`].
    pub fn person(&self, wanted: Option<&str>) -> Result<Person, FieldError> {
        let mut people = self.people()?;
        if let Some(wanted) = wanted {
            let is_wanted = |person: &Person| person.id.as_str() == wanted || person.name == wanted;
            return people.into_iter().find(is_wanted).ok_or_else(|| FieldError::UnknownPerson(wanted.to_owned()));
        }
        if people.len() > 1 {
            return Err(FieldError::SeveralPersons(people.into_iter().map(|person| person.name).collect()));
        }
        people.pop().ok_or(FieldError::NotEnrolled)
    }

    /// Everyone enrolled here, in order of enrolment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn people(&self) -> Result<Vec<Person>, FieldError> {
        self.require_people()?;
        self.store.read(Person::list)
    }

    /// A folder that nobody enrolled in yet is no locked one.
    fn require_people(&self) -> Result<(), FieldError> {
        let is_new = !self.is_open() && !self.door.has_people();
        if is_new { Err(FieldError::NotEnrolled) } else { Ok(()) }
    }

    pub(crate) fn terminal(&self) -> Result<Terminal, FieldError> {
        self.require_people()?;
        self.store.read(Terminal::get)?.ok_or(FieldError::NotEnrolled)
    }

    pub(crate) fn terminal_key(&self) -> Result<Ed25519Signer, FieldError> {
        self.store.read(terminal::known_signing_key)?.ok_or(FieldError::NotEnrolled)
    }

    /// The terminal's public key.
    ///
    /// # Errors
    /// [`FieldError::NotEnrolled`], [`FieldError::Locked`].
    pub fn terminal_public_key(&self) -> Result<PublicKey, FieldError> {
        Ok(self.terminal()?.public_key)
    }

    pub(crate) fn now(&self) -> ClockReading {
        self.clock.read()
    }
}

fn take_lock(folder: &Path) -> Result<File, FieldError> {
    let path = folder.join("lock");
    let lock = private::open_file(&path).map_err(|source| FieldError::File { path: path.clone(), source })?;
    let begun = Instant::now();
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(rustix::io::Errno::WOULDBLOCK) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(FieldError::FolderInUse(folder.to_owned())),
            Err(error) => return Err(FieldError::File { path, source: error.into() }),
        }
    }
}
