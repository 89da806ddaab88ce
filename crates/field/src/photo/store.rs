//! The folder of originals: each photo a file named by its SHA-256, there whole or not there.
//!
//! ```text
//! incoming/<process>-<number>.part   being written, encrypted; nobody has been told “已保存”
//! originals/<first two digits>/<sha256>
//! renditions/                        smaller copies, made with the original or when needed ([`super::cache`])
//! ```
//!
//! Every file is encrypted ([`super::cipher`]); the hash is that of the photo, not of the file. The order of effects is the
//! design; each step says what a crash there leaves. The caller writes its row *after*
//! [`PhotoFolder::store`], so a crash between the two leaves an orphan, which [`PhotoFolder::recover`] hands back.
//! An original is removed only once its last row is gone ([`PhotoFolder::remove_unnamed`]) or its row says that it was
//! released ([`PhotoFolder::remove_original`]), and one process at a time may own the folder: the engine's lock sees to that.

mod disk;
mod recovery;

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use xunjian_domain::hash::Sha256;

pub use self::recovery::Recovery;
use super::{
    PhotoError, PhotoInfo, Renditions, check_size,
    cipher::{OVERHEAD, PhotoCipher},
    inspect_evidence,
};
use crate::{keys::FileKey, private};

/// Space kept free for sealing and syncing unless configured otherwise.
pub const DEFAULT_RESERVE_BYTES: u64 = 200 << 20;

/// What originals are sealed as, so that a smaller copy cannot take their place.
const ORIGINAL: &str = "original";

/// The effects of [`PhotoFolder::store`] at which a crash can be rehearsed (crate `fail`), in order.
pub const FAULT_POINTS: [&str; 7] = [
    "photo.before_temp",
    "photo.before_write",
    "photo.before_fsync",
    "photo.before_inspect",
    "photo.before_rename",
    "photo.after_rename",
    "photo.after_dir_fsync",
];

/// Originals under one directory.
#[derive(Debug)]
pub struct PhotoFolder {
    incoming: PathBuf,
    originals: PathBuf,
    pub(super) renditions: PathBuf,
    pub(super) cipher: PhotoCipher,
    reserve_bytes: u64,
    next_temp: AtomicU64,
}

/// A photo that is on the disk for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPhoto {
    /// Hash of the original bytes, and its name.
    pub sha256: Sha256,
    /// Size of the original.
    pub bytes: u64,
    /// What it is.
    pub info: PhotoInfo,
}

impl PhotoFolder {
    /// The folder at `root`, made if need be, locked; `reserve_bytes` of the disk stay free ([`DEFAULT_RESERVE_BYTES`]).
    ///
    /// # Errors
    /// Where the directories cannot be made.
    pub fn open(root: &Path, reserve_bytes: u64) -> Result<Self, PhotoError> {
        let folder = Self {
            incoming: root.join("incoming"),
            originals: root.join("originals"),
            renditions: root.join("renditions"),
            cipher: PhotoCipher::default(),
            reserve_bytes,
            next_temp: AtomicU64::new(0),
        };
        for directory in [&folder.incoming, &folder.originals] {
            private::make_folder(directory).map_err(at("create", directory))?;
        }
        disk::sync_directory(root)?;
        Ok(folder)
    }

    /// From now on photos can be written and read.
    pub fn unlock(&self, key: FileKey) {
        self.cipher.set_key(Some(key));
    }

    /// From now on they cannot; the key is wiped from memory.
    pub fn lock(&self) {
        self.cipher.set_key(None);
    }

    /// Bytes that photos may still take before the reserve is touched: the budget to look at before leaving for a site.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn room_left(&self) -> Result<u64, PhotoError> {
        Ok(disk::free_bytes(&self.incoming)?.saturating_sub(self.reserve_bytes))
    }

    /// Keeps a photo taken or chosen.
    ///
    /// # Errors
    /// Where the bytes are not a whole photo, or the disk is full or failing. At most an orphan is left then.
    pub fn store(&self, bytes: &[u8]) -> Result<StoredPhoto, PhotoError> {
        self.store_evidence(bytes, "", false)
    }

    /// Keeps evidence, which may be a CSV file where it is `imported`; storing the same bytes again changes nothing.
    ///
    /// # Errors
    /// As [`Self::store`].
    pub fn store_evidence(&self, bytes: &[u8], file_name: &str, imported: bool) -> Result<StoredPhoto, PhotoError> {
        check_size(bytes.len() as u64)?;
        fault_point("photo.before_space")?;
        // 1. Space. A crash here leaves nothing.
        self.check_space(bytes.len() as u64 + OVERHEAD)?;
        fault_point("photo.after_space")?;
        let sealed = self.cipher.seal(&Sha256::of(bytes), ORIGINAL, bytes)?;
        fault_point("photo.before_temp")?;
        // 2. Temp file. A crash here, or while writing, leaves a part file without an end: recovery removes it.
        let (temp, mut file) = self.create_temp()?;
        let filled = Self::fill(&temp, &mut file, &sealed);
        drop(sealed);
        let stored =
            filled.and_then(|()| self.settle(&temp, |read_back| inspect_evidence(read_back, file_name, imported)));
        if stored.is_err() {
            // Should the removal fail too, recovery removes the file at the next start.
            let _ = fs::remove_file(&temp);
        }
        stored.map_err(|error| self.named_full(error, bytes.len() as u64))
    }

    /// The original's bytes, decrypted and hashed again: what comes out is what went in.
    ///
    /// # Errors
    /// [`PhotoError::Missing`], [`PhotoError::Altered`], [`PhotoError::Locked`], or the disk's.
    pub fn read(&self, sha256: &Sha256) -> Result<Vec<u8>, PhotoError> {
        let path = self.path_of(sha256);
        let file = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => PhotoError::Missing { sha256: *sha256 },
            _ => PhotoError::Disk { doing: "read", path, source },
        })?;
        let altered = |bytes: &[u8]| PhotoError::Altered { sha256: *sha256, found: Sha256::of(bytes) };
        let (_, bytes) = self.cipher.open(ORIGINAL, &file)?.ok_or_else(|| altered(&file))?;
        if Sha256::of(&bytes) == *sha256 { Ok(bytes) } else { Err(altered(&bytes)) }
    }

    /// Whether the original is still what it was.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn verify(&self, sha256: &Sha256) -> Result<(), PhotoError> {
        self.read(sha256).map(drop)
    }

    /// Where the original is, or would be.
    #[must_use]
    pub fn path_of(&self, sha256: &Sha256) -> PathBuf {
        let name = sha256.to_hex();
        self.originals.join(&name[..2]).join(name)
    }

    /// Removes a photo that no row names: a shot taken back before sealing. Of one that is not there it says nothing.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn remove_unnamed(&self, sha256: &Sha256) -> Result<(), PhotoError> {
        self.remove_renditions(sha256);
        self.remove_original(sha256)
    }

    /// Removes an original and keeps its smaller copies: the service has it for certain. Of one that is not there it says
    /// nothing.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn remove_original(&self, sha256: &Sha256) -> Result<(), PhotoError> {
        let path = self.path_of(sha256);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("remove", &path)(error)),
            Err(_) => Ok(()),
            Ok(()) => disk::sync_directory(path.parent().unwrap_or(&self.originals)),
        }
    }

    pub(super) fn next_number(&self) -> u64 {
        self.next_temp.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn check_space(&self, bytes: u64) -> Result<(), PhotoError> {
        let (needed, free) = (bytes.saturating_add(self.reserve_bytes), disk::free_bytes(&self.incoming)?);
        if free < needed { Err(PhotoError::DiskFull { needed, free }) } else { Ok(()) }
    }

    /// A full disk by its name, also where another program took the space after we looked.
    fn named_full(&self, error: PhotoError, bytes: u64) -> PhotoError {
        let is_full = matches!(
            &error,
            PhotoError::Disk { source, .. }
                if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        );
        if !is_full {
            return error;
        }
        let free = disk::free_bytes(&self.incoming).unwrap_or(0);
        PhotoError::DiskFull { needed: bytes.saturating_add(self.reserve_bytes), free }
    }

    fn create_temp(&self) -> Result<(PathBuf, File), PhotoError> {
        loop {
            let number = self.next_number();
            let path = self.incoming.join(format!("{}-{number}.part", std::process::id()));
            match private::new_file(&path) {
                Ok(file) => return Ok((path, file)),
                // Left by an earlier process with our number; recovery has not come to it yet.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(at("create", &path)(error)),
            }
        }
    }

    fn fill(temp: &Path, file: &mut File, bytes: &[u8]) -> Result<(), PhotoError> {
        fault_point("photo.after_temp")?;
        fault_point("photo.before_write")?;
        file.write_all(bytes).map_err(at("write", temp))?;
        fault_point("photo.after_write")
    }

    /// From a written temp file to an original. Recovery calls it too, for temp files that turn out to be whole.
    fn settle(
        &self,
        temp: &Path,
        inspect: impl FnOnce(&[u8]) -> Result<(PhotoInfo, Option<Renditions>), PhotoError>,
    ) -> Result<StoredPhoto, PhotoError> {
        fault_point("photo.before_fsync")?;
        // 3. Flush. A crash before leaves a part file, whole or not; after, a whole one, which recovery finishes.
        disk::sync_file(temp)?;
        fault_point("photo.after_fsync")?;
        fault_point("photo.before_hash")?;
        // 4. Check and hash what the disk has, not what memory had.
        let file = fs::read(temp).map_err(at("read", temp))?;
        let (sha256, bytes) =
            self.cipher.open(ORIGINAL, &file)?.ok_or(PhotoError::CutOff { bytes: file.len() as u64 })?;
        drop(file);
        let found = Sha256::of(&bytes);
        if found != sha256 {
            return Err(PhotoError::Altered { sha256, found });
        }
        fault_point("photo.after_hash")?;
        fault_point("photo.before_inspect")?;
        let (info, copies) = inspect(&bytes)?;
        fault_point("photo.after_inspect")?;
        // 5. The shelf for it. A crash here leaves an empty directory, which harms nobody.
        let original = self.path_of(&sha256);
        let shelf = original.parent().unwrap_or(&self.originals);
        private::make_folder(shelf).map_err(at("create", shelf))?;
        disk::sync_directory(&self.originals)?;
        fault_point("photo.before_rename")?;
        // 6. The name. Over an original of the same hash it changes nothing, or heals it. A crash after leaves an
        //    original without a row or, after a power cut, the part file again: recovery returns either as an orphan.
        fs::rename(temp, &original).map_err(at("rename", temp))?;
        fault_point("photo.after_rename")?;
        fault_point("photo.before_dir_fsync")?;
        // 7. The directories, so that the name survives a power cut. A crash after leaves an orphan.
        disk::sync_directory(shelf)?;
        disk::sync_directory(&self.incoming)?;
        fault_point("photo.after_dir_fsync")?;
        // 8. The smaller copies. A crash before or within leaves fewer, and they are made when somebody looks.
        if let Some(copies) = copies {
            self.keep_renditions(&sha256, &copies);
        }
        Ok(StoredPhoto { sha256, bytes: bytes.len() as u64, info })
    }
}

fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PhotoError {
    move |source| PhotoError::Disk { doing, path: path.to_owned(), source }
}

/// A place at which tests let the process die, or the effect fail. Does nothing unless a test says so.
fn fault_point(name: &'static str) -> Result<(), PhotoError> {
    fail::fail_point!(name, |what: Option<String>| Err(PhotoError::Disk {
        doing: "rehearse a fault at",
        path: name.into(),
        source: match what.as_deref() {
            Some("full") => io::ErrorKind::StorageFull.into(),
            _ => io::Error::other("fault point"),
        },
    }));
    Ok(())
}
