//! The three questions put to the system: how much is free, and is this file, this directory, really on the disk.

use std::{fs::File, path::Path};

use super::{PhotoError, at};

/// Bytes that an ordinary program may still write on the disk of `path`.
pub(super) fn free_bytes(path: &Path) -> Result<u64, PhotoError> {
    let disk = rustix::fs::statvfs(path).map_err(|error| at("ask for the free space of", path)(error.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns when the file's bytes are on the disk.
pub(super) fn sync_file(path: &Path) -> Result<(), PhotoError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at("flush", path))
}

/// Returns when the names in the directory are on the disk; without this a power cut can undo a rename.
pub(super) fn sync_directory(path: &Path) -> Result<(), PhotoError> {
    sync_file(path)
}
