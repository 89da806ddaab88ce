//! Changed bytes behind the service's back, for the tests of who notices.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;

/// Changes one byte in the middle of a file; doing it again brings the byte back.
///
/// # Errors
/// When the file cannot be read or written.
pub fn flip_in_file(file: &Path) -> anyhow::Result<()> {
    let mut bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(fs::write(file, bytes)?)
}

/// As [`flip_in_file`], of the envelope that the service stored in this database, while the service runs.
///
/// # Errors
/// When there is no such record, or the database cannot be written.
pub fn flip_in_envelope(database: &Path, record: &str) -> anyhow::Result<()> {
    let connection = rusqlite::Connection::open(database)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    let read = connection.query_row("SELECT envelope FROM record WHERE id = ?1", [record], |row| row.get(0));
    let mut bytes: Vec<u8> = read?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    connection.execute("UPDATE record SET envelope = ?2 WHERE id = ?1", rusqlite::params![record, bytes])?;
    Ok(())
}
