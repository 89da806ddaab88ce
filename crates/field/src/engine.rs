//! [`Field`]: the terminal's data folder and the use cases on it.
//!
//! ```text
//! field.db        the database (WAL)
//! terminal.key    the terminal's signing key, readable by its owner only
//! photos/         originals, named by their hashes; renditions/ in it may be deleted at any time
//! lock            held while a program uses the folder
//! ```

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};
use xunjian_domain::time::ClockReading;

use crate::{
    clock::{Clock, SystemClock},
    draft::Layouts,
    error::FieldError,
    ids::{IdSource, SystemIds},
    photo::{PhotoFolder, Recovery, store::DEFAULT_RESERVE_BYTES},
    private,
    store::{Store, draft, person::Person, terminal::Terminal},
};

/// How long a second program waits for the first to finish with the folder.
const PATIENCE: Duration = Duration::from_secs(15);

/// The terminal.
pub struct Field {
    pub(crate) store: Store,
    pub(crate) photos: PhotoFolder,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) layouts: Layouts,
    /// Held while a photo gets its row, or loses it.
    pub(crate) photo_turn: Mutex<()>,
    folder: PathBuf,
    recovery: Recovery,
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

    /// Opens a data folder, creating it, migrating its database and putting right what a crash left among the photos.
    ///
    /// # Errors
    /// [`FieldError`] when another program holds the folder, the database is newer, or the disk fails.
    pub fn open_with(folder: &Path, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, FieldError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| FieldError::File { path, source }
        };
        private::make_folder(folder).map_err(at(folder))?;
        let lock = take_lock(folder)?;
        let database = folder.join("field.db");
        // SQLite gives its side files the permissions of the database.
        private::open_file(&database).map_err(at(&database))?;
        let store = Store::open(&database)?;
        let photo_root = folder.join("photos");
        private::make_folder(&photo_root).map_err(at(&photo_root))?;
        let photos = PhotoFolder::open(&photo_root, DEFAULT_RESERVE_BYTES)?;
        let known = store.read(draft::all_photos)?.into_iter().collect();
        let recovery = photos.recover(&known)?;
        let (layouts, photo_turn, folder) = (Layouts::default(), Mutex::default(), folder.to_owned());
        Ok(Self { store, photos, clock, ids, layouts, photo_turn, folder, recovery, _lock: lock })
    }

    /// What was found among the photos at start.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
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
        self.store.read(Person::list)
    }

    pub(crate) fn terminal(&self) -> Result<Terminal, FieldError> {
        self.store.read(Terminal::get)?.ok_or(FieldError::NotEnrolled)
    }

    pub(crate) fn terminal_key_path(&self) -> PathBuf {
        self.folder.join("terminal.key")
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
