//! Keys as files: 32-byte seeds in hexadecimal, readable by the owner only. The site root's files belong on paper or a
//! stick in somebody else's safe; the machine keys stay beside the service.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use xunjian_proof::suite::Ed25519Signer;

use crate::{clock, error::Error};

/// The keys the service itself signs with.
pub struct MachineKeys {
    /// Signs plans, deliveries and admin actions.
    pub service: Ed25519Signer,
    /// Signs checkpoints.
    pub log: Ed25519Signer,
    /// Cosigns checkpoints with the time.
    pub clock: Ed25519Signer,
    /// Signs labels.
    pub label: Ed25519Signer,
}

impl MachineKeys {
    /// Makes the four keys and writes them to `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] when a file exists already or cannot be written.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io(folder.display().to_string()))?;
        let make = |name: &str| create(&folder.join(format!("{name}.key")));
        Ok(Self { service: make("service")?, log: make("log")?, clock: make("clock")?, label: make("label")? })
    }

    /// Reads the four keys from `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Told`] when a file is missing or not a key.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let read = |name: &str| read(&folder.join(format!("{name}.key")));
        Ok(Self { service: read("service")?, log: read("log")?, clock: read("clock")?, label: read("label")? })
    }
}

/// Makes a key and writes it to a new file that only the owner may read.
///
/// # Errors
/// [`Error::Io`] when the file exists already or cannot be written.
pub fn create(file: &Path) -> Result<Ed25519Signer, Error> {
    let signer = Ed25519Signer::from_seed(&clock::random::<32>()?);
    let text = format!("{}\n", HEXLOWER.encode(&signer.seed()));
    let name = || file.display().to_string();
    let mut out =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(Error::io(name()))?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(Error::io(name()))?;
    Ok(signer)
}

/// As [`create`], but takes a key that an `init` cut off by a crash left there: the site it was made for does not exist.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read or written, [`Error::Told`] when it is there but no key.
pub fn create_again(file: &Path) -> Result<Ed25519Signer, Error> {
    if file.exists() { read(file) } else { create(file) }
}

/// Reads a key file.
///
/// # Errors
/// [`Error::Told`] when the file is not a key.
pub fn read(file: &Path) -> Result<Ed25519Signer, Error> {
    let text = fs::read_to_string(file).map_err(Error::io(file.display().to_string()))?;
    let seed: Option<[u8; 32]> = HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|seed| seed.try_into().ok());
    seed.map(|seed| Ed25519Signer::from_seed(&seed)).ok_or_else(|| {
        let name = file.display();
        Error::told(
            format!("{name} 不是密钥文件（应为64位十六进制）"),
            format!("{name} is not a key file: it must hold 64 hexadecimal digits"),
        )
    })
}

/// The key files of a folder, in name order.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io(folder.display().to_string()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "key"))
        .collect();
    files.sort();
    Ok(files)
}
