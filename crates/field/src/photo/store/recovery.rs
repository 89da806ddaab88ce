//! What a crash left, put right at start: half files away, whole ones kept, and photos that no row names handed back.
//!
//! Originals are never deleted or renamed here, not even damaged ones: what to do about them is for people to decide.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use xunjian_domain::hash::Sha256;

use super::{ORIGINAL, PhotoError, PhotoFolder, StoredPhoto, at};
use crate::photo::{
    MediaType, PhotoInfo,
    cipher::{HEAD_BYTES, OVERHEAD, PhotoCipher},
    inspect, inspect_and_shrink,
};

/// What [`PhotoFolder::recover`] found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Temp files removed, because their photo was not whole; nobody had been told that it was kept.
    pub removed_temps: usize,
    /// Temp files that the disk refused to read or to rename; the next start tries again.
    pub stuck_temps: usize,
    /// Photos on the disk that no row names, sorted by hash: to be offered to the inspector.
    pub orphans: Vec<StoredPhoto>,
    /// Originals that no row names and whose bytes do not fit their name, or cannot be read; left where they are.
    pub damaged: Vec<Sha256>,
    /// Photos that a row names but the disk does not have.
    pub missing: Vec<Sha256>,
    /// Photos that a row names and in whose place is another file ([`PhotoFolder::replaced`]); left where they are.
    pub replaced: Vec<Sha256>,
}

impl PhotoFolder {
    /// Finishes or removes what a crash left in `incoming`, then compares the originals with the `known` hashes.
    ///
    /// Known originals are not read again: thousands of them would hold up the start. [`Self::verify`] does that.
    ///
    /// # Errors
    /// Where the directories cannot be listed; one bad file holds up nothing. Running it again is safe.
    pub fn recover(&self, known: &BTreeSet<Sha256>) -> Result<Recovery, PhotoError> {
        let mut recovery = Recovery::default();
        self.clear_incoming(&mut recovery)?;
        let present = self.originals()?;
        for sha256 in present.difference(known) {
            match self.reread(sha256) {
                Ok(photo) => recovery.orphans.push(photo),
                Err(_) => recovery.damaged.push(*sha256),
            }
        }
        recovery.missing = known.difference(&present).copied().collect();
        Ok(recovery)
    }

    /// Those of the `known` photos, given with their sizes, whose file begins as another photo's or has another length. The
    /// bytes in between are checked when they are read ([`Self::verify`]): a start must not take longer with each photo taken.
    #[must_use]
    pub fn replaced(&self, known: &BTreeMap<Sha256, u64>) -> Vec<Sha256> {
        let is_its_own = |sha256: &Sha256, bytes: u64| {
            let mut file = fs::File::open(self.path_of(sha256))?;
            let mut head = [0; HEAD_BYTES];
            let length = file.metadata()?.len();
            io::Read::read_exact(&mut file, &mut head)?;
            Ok::<_, io::Error>(length == bytes + OVERHEAD && PhotoCipher::name_in(&head) == Some(*sha256))
        };
        let replaced = known.iter().filter(|(sha256, bytes)| match is_its_own(sha256, **bytes) {
            Ok(is_its_own) => !is_its_own,
            // One that is not there is missing, not replaced.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        });
        replaced.map(|(sha256, _)| *sha256).collect()
    }

    /// Encrypts the originals that an earlier version kept as they were taken. A crash leaves each one plain or encrypted,
    /// never neither; the next call goes on.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn encrypt_plain(&self) -> Result<(), PhotoError> {
        for sha256 in self.originals()? {
            let path = self.path_of(&sha256);
            let mut head = [0; 11];
            let read = fs::File::open(&path).and_then(|mut file| io::Read::read_exact(&mut file, &mut head));
            if read.is_ok() && PhotoCipher::is_sealed(&head) {
                continue;
            }
            let bytes = fs::read(&path).map_err(at("read", &path))?;
            // What does not fit its name is left as it is, for people to decide.
            if Sha256::of(&bytes) == sha256 {
                let sealed = self.cipher.seal(&sha256, ORIGINAL, &bytes)?;
                crate::private::replace(&path, &sealed).map_err(at("encrypt", &path))?;
                self.remove_plain_renditions(&sha256);
            }
        }
        Ok(())
    }

    /// A whole photo among the temp files is settled exactly as it would have been.
    fn clear_incoming(&self, recovery: &mut Recovery) -> Result<(), PhotoError> {
        for temp in entries(&self.incoming)?.iter().filter(|path| path.is_file()) {
            match self.settle(temp, inspect_and_shrink) {
                Ok(_) => {}
                Err(PhotoError::Disk { .. } | PhotoError::Locked) => recovery.stuck_temps += 1,
                // A cut CSV cannot be told from a whole one, so it too is removed: its import had not been confirmed.
                Err(_) if fs::remove_file(temp).is_ok() => recovery.removed_temps += 1,
                Err(_) => recovery.stuck_temps += 1,
            }
        }
        Ok(())
    }

    fn originals(&self) -> Result<BTreeSet<Sha256>, PhotoError> {
        let mut present = BTreeSet::new();
        for shelf in entries(&self.originals)? {
            let names = entries(&shelf)?;
            let is_named_by_hash = |path: &PathBuf| path.file_name().and_then(OsStr::to_str)?.parse::<Sha256>().ok();
            present.extend(names.iter().filter_map(is_named_by_hash));
        }
        Ok(present)
    }

    fn reread(&self, sha256: &Sha256) -> Result<StoredPhoto, PhotoError> {
        let bytes = self.read(sha256)?;
        // The bytes are those that were accepted once; what is not a photo was accepted as a CSV file.
        let csv =
            PhotoInfo { media_type: MediaType::Csv, width: 0, height: 0, exif_time: None, orientation: 1, look: None };
        let info = inspect(&bytes).unwrap_or(csv);
        Ok(StoredPhoto { sha256: *sha256, bytes: bytes.len() as u64, info })
    }
}

/// What a directory holds, sorted; nothing where it is a stray file.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, PhotoError> {
    let listed: io::Result<Vec<PathBuf>> =
        fs::read_dir(directory).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    match listed {
        Ok(mut paths) => {
            paths.sort();
            Ok(paths)
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(at("list", directory)(error)),
    }
}
