//! 摆渡包 on the terminal: synchronisation where there is no line, by files that somebody carries.
//!
//! [`export`] writes what [`crate::sync`] would send, sealed for the service; [`import`] takes its answer and does with it what a
//! synchronisation does with answers over HTTP, through the same code; [`enrol`] is an enrolment in two halves. A file may come in
//! any order, any number of times, and carry for another terminal without being opened: it is refused then, and nothing changes.

mod answers;
pub(crate) mod carried;
mod enrol;
mod export;
mod folder;
mod import;

use std::{fs::File, io::BufReader, path::Path};

use data_encoding::HEXLOWER;
use rusqlite::Connection;
use xunjian_protocol::relay::{
    RelayError, RelayKey,
    read::{Contents, Verified, verify},
};
use zeroize::Zeroizing;

pub(crate) use self::answers::Answers;
pub use self::{
    export::{RelayExport, RelayExported, RelayProgress},
    folder::{RelayRefused, RelayTaken},
    import::RelayImported,
};
use crate::{error::FieldError, store::terminal};

/// Settings: the secret half of this terminal's relay key, in hexadecimal.
const SECRET: &str = "relay.secret";
/// The service's relay key, as its envelope.
const SERVICE: &str = "relay.service";
/// The number of the last export.
const NUMBER: &str = "relay.number";
/// Log states of bundles that came after later ones, as a JSON list of notes: they are compared when a proof comes.
const UNPROVED: &str = "relay.unproved";
/// What an enrolment under way was begun with.
const ENROLMENT: &str = "relay.enrolment";
/// Most log states that wait for a proof; the oldest stay.
const MOST_UNPROVED: usize = 20;

type Reader = BufReader<File>;

/// Reads a bundle through, whoever it is for: what somebody who only carries it can know.
///
/// # Errors
/// [`FieldError::Relay`].
pub fn show_bundle(file: &Path) -> Result<Verified, FieldError> {
    Ok(verify(reader(file)?)?)
}

fn reader(file: &Path) -> Result<Reader, RelayError> {
    Ok(BufReader::with_capacity(1 << 18, File::open(file)?))
}

fn contents(file: &Path, verified: &Verified, key: &RelayKey) -> Result<Contents<Reader>, RelayError> {
    Contents::open(reader(file)?, verified, key)
}

/// This terminal's relay key, if it ever made one.
fn known_key(connection: &Connection) -> Result<Option<RelayKey>, FieldError> {
    let Some(text) = terminal::setting(connection, SECRET)?.map(Zeroizing::new) else { return Ok(None) };
    let secret = Zeroizing::new(HEXLOWER.decode(text.as_bytes()).unwrap_or_default());
    Ok(Some(RelayKey::from_secret(&secret).map_err(|_| FieldError::Damaged("relay key".to_owned()))?))
}

/// This terminal's relay key, made when it is first asked for. Whoever calls keeps the transaction.
fn key(connection: &Connection) -> Result<RelayKey, FieldError> {
    if let Some(key) = known_key(connection)? {
        return Ok(key);
    }
    let key = RelayKey::generate();
    let text = Zeroizing::new(HEXLOWER.encode(&key.secret_bytes()));
    terminal::put_setting(connection, SECRET, &text)?;
    Ok(key)
}

/// The number of the last export; 0 before the first.
pub(crate) fn last_number(connection: &Connection) -> Result<u64, FieldError> {
    Ok(terminal::setting(connection, NUMBER)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Log states that wait for a proof.
fn unproved(connection: &Connection) -> Result<Vec<String>, FieldError> {
    let text = terminal::setting(connection, UNPROVED)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn put_unproved(connection: &Connection, notes: &[String]) -> Result<(), FieldError> {
    let text = serde_json::to_string(notes).unwrap_or_default();
    terminal::put_setting(connection, UNPROVED, &text)
}
