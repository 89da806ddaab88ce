//! The keyring this terminal judges by: the enrolled root and everything that root has signed.

use rusqlite::Connection;
use xunjian_proof::{dsse::Envelope, keyring::Keyring};

use crate::{
    error::FieldError,
    store::{
        log::{self, RootStatements},
        terminal::Terminal,
    },
};

fn refused(part: &str, reason: impl ToString) -> FieldError {
    FieldError::PackageRefused { part: part.to_owned(), reason: reason.to_string() }
}

/// A keyring under the enrolled root.
///
/// # Errors
/// [`FieldError::PackageRefused`] naming the statement that the root did not sign.
pub(crate) fn keyring_of(terminal: &Terminal, statements: &RootStatements) -> Result<Keyring, FieldError> {
    let mut keyring = Keyring::new(terminal.site_root.clone(), Some(terminal.root_fingerprint))
        .map_err(|error| refused("site root", error))?;
    for text in &statements.holders {
        let envelope = Envelope::from_bytes(text.as_bytes()).map_err(|error| refused("key statement", error))?;
        keyring.admit(&envelope).map_err(|error| refused("key statement", error))?;
    }
    for text in &statements.revocations {
        let envelope = Envelope::from_bytes(text.as_bytes()).map_err(|error| refused("revocation", error))?;
        keyring.revoke(&envelope).map_err(|error| refused("revocation", error))?;
    }
    Ok(keyring)
}

/// The keyring from what is stored.
pub(crate) fn keyring(connection: &Connection) -> Result<Keyring, FieldError> {
    let terminal = Terminal::get(connection)?.ok_or(FieldError::NotEnrolled)?;
    keyring_of(&terminal, &log::root_statements(connection)?)
}
