//! 便笺: what a page has not stored as an answer yet (where the person is, half a note), kept over a kill.
//!
//! Texts belong to one person and are nobody's evidence: they never enter a record, and sealing does not read them.

use rusqlite::params;
use xunjian_domain::ids::PersonId;

use crate::{
    Field,
    error::FieldError,
    store::{optional, run, sql},
};

/// Most bytes of one text: a page that stores more than this stores something else than a note.
const MAX_BYTES: usize = 256 << 10;

impl Field {
    /// The text under `key`, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scratch(&self, person: &PersonId, key: &str) -> Result<Option<String>, FieldError> {
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!("scratch/get"))?;
            optional(statement.query_row(params![person.as_str(), key], |row| row.get(0)))
        })
    }

    /// Keeps a text under `key`, or forgets it. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] for an empty key or a text far too long.
    pub fn keep_scratch(&self, person: &PersonId, key: &str, text: Option<&str>) -> Result<(), FieldError> {
        if key.is_empty() || text.is_some_and(|text| text.len() > MAX_BYTES) {
            return Err(FieldError::BadInput(format!("scratch “{key}”")));
        }
        let at = self.now().wall_ms;
        self.store.write(|connection| {
            match text {
                Some(text) => run(connection, sql!("scratch/put"), params![person.as_str(), key, text, at.0]),
                None => run(connection, sql!("scratch/remove"), params![person.as_str(), key]),
            }
            .map(drop)
        })
    }
}
