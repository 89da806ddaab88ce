//! Photos on disk, named by their hash.
//!
//! Order of effects for a blob that arrives: bytes go to `partial/`; when the last one is there the file gets a private
//! name, so that no other upload can write to it, is flushed, read back and hashed; only if that hash is its name is it
//! renamed to `objects/`, and the folder flushed; then the caller writes the row. A crash before the last rename leaves a
//! partial file, under either name, that the terminal resumes; a crash between rename and row leaves a complete object
//! that the next upload of the same blob finds. A stored blob whose bytes have changed goes to `damaged/`.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::{hash::Sha256, ids::TerminalId};

use crate::error::Error;

/// The blob folder of a site.
pub struct Blobs {
    folder: PathBuf,
    /// Held while an object comes or goes, so that a damaged one cannot be moved aside in place of its fresh copy.
    objects: Mutex<()>,
}

impl Blobs {
    /// Opens the folder, making it when it is new.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        for part in ["objects", "partial", "damaged"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(Error::io(path.display().to_string()))?;
        }
        Ok(Self { folder: folder.to_owned(), objects: Mutex::new(()) })
    }

    /// Where a stored blob lies.
    #[must_use]
    pub fn object(&self, sha256: &Sha256) -> PathBuf {
        let hex = sha256.to_hex();
        self.folder.join("objects").join(&hex[..2]).join(hex)
    }

    /// Where a terminal's unfinished upload of a blob lies. Terminals do not share partial files: one cannot spoil another's.
    #[must_use]
    pub fn partial(&self, terminal: &TerminalId, sha256: &Sha256) -> PathBuf {
        self.folder.join("partial").join(terminal.as_str()).join(sha256.to_hex())
    }

    /// The private name of a partial file that has all its bytes and is being hashed.
    fn finishing(&self, terminal: &TerminalId, sha256: &Sha256) -> PathBuf {
        self.partial(terminal, sha256).with_extension("finishing")
    }

    /// How many bytes of an unfinished upload are there.
    #[must_use]
    pub fn partial_bytes(&self, terminal: &TerminalId, sha256: &Sha256) -> u64 {
        let partial = fs::metadata(self.partial(terminal, sha256));
        partial.or_else(|_| fs::metadata(self.finishing(terminal, sha256))).map_or(0, |file| file.len())
    }

    /// Brings a partial file into a state that an upload of `total` bytes can go on from, and says how many bytes are
    /// there: what a crash left under its private name gets its name back, and what is longer than the blob is discarded.
    /// Only for whoever holds the right to write it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn settle_partial(&self, terminal: &TerminalId, sha256: &Sha256, total: u64) -> Result<u64, Error> {
        let (partial, finishing) = (self.partial(terminal, sha256), self.finishing(terminal, sha256));
        let name = || partial.display().to_string();
        if finishing.exists() {
            fs::rename(&finishing, &partial).map_err(Error::io(name()))?;
        }
        let bytes = self.partial_bytes(terminal, sha256);
        if bytes > total {
            fs::remove_file(&partial).map_err(Error::io(name()))?;
            return Ok(0);
        }
        Ok(bytes)
    }

    /// Opens a partial file for writing at its end, emptied first when the upload starts at byte 0.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open_partial(&self, terminal: &TerminalId, sha256: &Sha256, from_start: bool) -> Result<File, Error> {
        let path = self.partial(terminal, sha256);
        let name = || path.display().to_string();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(name()))?;
        }
        let mut options = fs::OpenOptions::new();
        options.create(true);
        if from_start {
            options.write(true).truncate(true)
        } else {
            options.append(true)
        };
        options.open(&path).map_err(Error::io(name()))
    }

    /// Takes a complete partial file into the store and says how many bytes it has. `Ok(None)` when its bytes do not hash
    /// to its name; the partial file is removed then, because resuming it could never succeed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(&self, terminal: &TerminalId, sha256: &Sha256) -> Result<Option<u64>, Error> {
        let (partial, finishing) = (self.partial(terminal, sha256), self.finishing(terminal, sha256));
        let name = || partial.display().to_string();
        fs::rename(&partial, &finishing).map_err(Error::io(name()))?;
        let file = File::open(&finishing).map_err(Error::io(name()))?;
        file.sync_all().map_err(Error::io(name()))?;
        let bytes = file.metadata().map_err(Error::io(name()))?.len();
        if hash_file(file).map_err(Error::io(name()))? != *sha256 {
            fs::remove_file(&finishing).map_err(Error::io(name()))?;
            return Ok(None);
        }
        self.name(&finishing, sha256)?;
        Ok(Some(bytes))
    }

    /// Gives a whole, flushed file of this store its name, and flushes the folders so that it stands there after a crash.
    fn name(&self, file: &Path, sha256: &Sha256) -> Result<(), Error> {
        let object = self.object(sha256);
        let name = || object.display().to_string();
        let folder = object.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Error::io(name()))?;
        fail::fail_point!("blob.before_rename");
        let _coming = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        fs::rename(file, &object).map_err(Error::io(name()))?;
        sync_folder(folder).and_then(|()| sync_folder(&self.folder.join("objects"))).map_err(Error::io(name()))?;
        fail::fail_point!("blob.after_rename");
        Ok(())
    }

    /// Takes bytes into the store that came as a whole, through a command or a page, and says what they are named by. The same
    /// bytes again change nothing. The row is the caller's, as for [`Blobs::finish`].
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256, Error> {
        let sha256 = Sha256::of(bytes);
        if matches!(self.check(&sha256)?, Some((_, true))) {
            return Ok(sha256);
        }
        self.set_aside_damaged(&sha256)?;
        // A command or a page may put beside another: each writes a file of its own.
        let partial = self.folder.join("partial").join(format!("{sha256}.{}", crate::clock::new_id()));
        let name = || partial.display().to_string();
        let mut file = File::create(&partial).map_err(Error::io(name()))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(name()))?;
        self.name(&partial, &sha256)?;
        Ok(sha256)
    }

    /// Moves a stored blob whose bytes no longer hash to its name to `damaged/`, for a person to look at. Says whether it
    /// was moved: one that is intact stays.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_aside_damaged(&self, sha256: &Sha256) -> Result<bool, Error> {
        let _going = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked again under the lock: a fresh copy may have come meanwhile.
        if !matches!(self.check(sha256)?, Some((_, false))) {
            return Ok(false);
        }
        let damaged = self.folder.join("damaged");
        let hex = sha256.to_hex();
        let free = (1_u32..).map(|at| damaged.join(format!("{hex}.{at}"))).find(|path| !path.exists());
        if let Some(path) = free {
            fs::rename(self.object(sha256), &path).map_err(Error::io(path.display().to_string()))?;
        }
        Ok(true)
    }

    /// Reads a stored blob back and hashes it: size and whether it is still what its name says. `None` when it is gone.
    ///
    /// # Errors
    /// [`Error::Io`] when it is there but cannot be read.
    pub fn check(&self, sha256: &Sha256) -> Result<Option<(u64, bool)>, Error> {
        let path = self.object(sha256);
        let name = || path.display().to_string();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(name())(error)),
        };
        let bytes = file.metadata().map_err(Error::io(name()))?.len();
        let is_intact = hash_file(file).map_err(Error::io(name()))? == *sha256;
        Ok(Some((bytes, is_intact)))
    }

    /// Every object on disk, by name; for `fsck`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn objects(&self) -> Result<Vec<Sha256>, Error> {
        let objects = self.folder.join("objects");
        let list = |path: &Path| -> Result<Vec<PathBuf>, Error> {
            let entries = fs::read_dir(path).map_err(Error::io(path.display().to_string()))?;
            Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        };
        let mut found = Vec::new();
        for folder in list(&objects)? {
            for file in list(&folder)? {
                let name = file.file_name().and_then(|name| name.to_str());
                found.extend(name.and_then(|name| name.parse::<Sha256>().ok()));
            }
        }
        found.sort();
        Ok(found)
    }
}

fn hash_file(mut file: File) -> std::io::Result<Sha256> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes `bytes` at the end of a partial file.
///
/// # Errors
/// [`Error::Io`].
pub fn append(file: &mut File, bytes: &[u8]) -> Result<(), Error> {
    file.write_all(bytes).map_err(Error::io("partial upload"))
}
