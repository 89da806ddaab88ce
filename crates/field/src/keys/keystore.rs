//! Where the terminal's secret is: in the keystore of the operating system, or, where there is none, in a file.
//!
//! The secret takes part in every person's KEK. A keystore that gives it only to this user on this device makes a PIN good
//! enough: a copy of the folder alone cannot be guessed at. A file is copied together with the folder, so behind it only a
//! long passphrase counts.

use std::{fs, path::Path};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{random, wrap::TerminalSecret};
use crate::{error::FieldError, private};

/// Where the terminal's secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// In the keystore of the operating system: a PIN will do.
    Keystore,
    /// In a file beside the data: a passphrase of at least 12 characters is needed.
    File,
}

/// The keystore did not do as it was told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeystoreError(pub String);

/// A keystore: keeps secrets by name for this user of this device.
pub trait Keystore: Send + Sync {
    /// The secret of that name, if there is one.
    ///
    /// # Errors
    /// Where the keystore cannot be reached or refuses.
    fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, KeystoreError>;

    /// Keeps a secret.
    ///
    /// # Errors
    /// Where the keystore cannot be reached or refuses.
    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError>;
}

/// No keystore: the file fallback.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoKeystore;

impl Keystore for NoKeystore {
    fn secret(&self, _: &str) -> Result<Option<Vec<u8>>, KeystoreError> {
        Err(KeystoreError("no keystore".to_owned()))
    }

    fn keep(&self, _: &str, _: &[u8]) -> Result<(), KeystoreError> {
        Err(KeystoreError("no keystore".to_owned()))
    }
}

/// The keystore of the operating system: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeystore;

/// Under this name the keystore shows our secrets to its user.
const SERVICE: &str = "xunjian-field";

impl SystemKeystore {
    fn entry(name: &str) -> Result<keyring::Entry, KeystoreError> {
        // `XUNJIAN_KEYSTORE=none` asks for the file fallback, also where there is a keystore.
        if std::env::var_os("XUNJIAN_KEYSTORE").is_some_and(|value| value == "none") {
            return Err(KeystoreError("switched off by XUNJIAN_KEYSTORE".to_owned()));
        }
        keyring::Entry::new(SERVICE, name).map_err(|error| KeystoreError(error.to_string()))
    }
}

impl Keystore for SystemKeystore {
    fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, KeystoreError> {
        match Self::entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(KeystoreError(error.to_string())),
        }
    }

    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        Self::entry(name)?.set_secret(secret).map_err(|error| KeystoreError(error.to_string()))
    }
}

/// Makes a secret and puts it where it is safest here: into the keystore if that gives it back, otherwise into the file.
pub(crate) fn establish(
    keystore: &dyn Keystore,
    name: &str,
    file: &Path,
) -> Result<(Custody, TerminalSecret), FieldError> {
    let secret = TerminalSecret(random()?);
    let is_kept = keystore.keep(name, &secret.0).is_ok()
        && keystore.secret(name).is_ok_and(|kept| kept.as_deref() == Some(&secret.0));
    if is_kept {
        return Ok((Custody::Keystore, secret));
    }
    write_file(file, &secret)?;
    Ok((Custody::File, secret))
}

/// The secret, from where it was put.
pub(crate) fn fetch(
    keystore: &dyn Keystore,
    custody: Custody,
    name: &str,
    file: &Path,
) -> Result<TerminalSecret, FieldError> {
    let kept = match custody {
        Custody::Keystore => keystore
            .secret(name)
            .map_err(|error| FieldError::KeystoreUnavailable(error.to_string()))?
            .ok_or_else(|| FieldError::KeystoreUnavailable("the secret is gone".to_owned()))?,
        Custody::File => {
            let text = fs::read_to_string(file).map_err(|source| FieldError::File { path: file.to_owned(), source })?;
            let text = Zeroizing::new(text);
            HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| FieldError::Damaged(file.display().to_string()))?
        }
    };
    let kept = Zeroizing::new(kept);
    let secret =
        <[u8; 32]>::try_from(kept.as_slice()).map_err(|_| FieldError::Damaged("terminal secret".to_owned()))?;
    Ok(TerminalSecret(secret))
}

fn write_file(file: &Path, secret: &TerminalSecret) -> Result<(), FieldError> {
    let text = Zeroizing::new(HEXLOWER.encode(&secret.0));
    private::replace(file, text.as_bytes()).map_err(|source| FieldError::File { path: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, sync::Mutex};

    use super::*;

    #[derive(Default)]
    struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

    impl Keystore for Memory {
        fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, KeystoreError> {
            Ok(self.0.lock().unwrap().get(name).cloned())
        }

        fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
            self.0.lock().unwrap().insert(name.to_owned(), secret.to_owned());
            Ok(())
        }
    }

    /// Takes everything and gives nothing back.
    struct Forgetful;

    impl Keystore for Forgetful {
        fn secret(&self, _: &str) -> Result<Option<Vec<u8>>, KeystoreError> {
            Ok(None)
        }

        fn keep(&self, _: &str, _: &[u8]) -> Result<(), KeystoreError> {
            Ok(())
        }
    }

    #[test]
    fn the_secret_goes_into_the_keystore_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("terminal.secret");
        let keystore = Memory::default();
        let (custody, secret) = establish(&keystore, "folder-1", &file).unwrap();
        assert_eq!(custody, Custody::Keystore);
        assert!(!file.exists(), "not in a file too");
        assert_eq!(fetch(&keystore, custody, "folder-1", &file).unwrap().0, secret.0);
        let lost = fetch(&keystore, custody, "folder-2", &file);
        assert!(matches!(lost, Err(FieldError::KeystoreUnavailable(_))), "another folder has another secret");
    }

    #[test]
    fn a_keystore_that_is_missing_or_forgets_leads_to_a_file_of_the_owners_own() {
        for keystore in [&NoKeystore as &dyn Keystore, &Forgetful] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("terminal.secret");
            let (custody, secret) = establish(keystore, "folder-1", &file).unwrap();
            assert_eq!(custody, Custody::File);
            assert_eq!(fetch(keystore, custody, "folder-1", &file).unwrap().0, secret.0);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
