//! Rows of photos' looks, in the order in which the photos came.

use rusqlite::{Connection, params};
use xunjian_domain::hash::Sha256;

use super::{Unsigned, from_text, run, sql};
use crate::{error::FieldError, photo::Look};

/// Notes a photo's look and size; a photo that is known keeps its place.
pub(crate) fn put(connection: &Connection, photo: Sha256, look: Look, bytes: u64) -> Result<(), FieldError> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    run(connection, sql!("photo_look/put"), params![photo.to_hex(), look.to_bits(), bytes]).map(drop)
}

/// Photos that look nearly the same, with the bits by which they differ. Reads every row: some 10 ms for 50,000 photos.
pub(crate) fn near(connection: &Connection, look: Look) -> Result<Vec<(Sha256, u32)>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_look/list"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let distance = look.distance(Look::from_bits(row.get(0)?));
        if distance <= Look::NEAR {
            found.push((from_text(&row.get::<_, String>(1)?)?, distance));
        }
    }
    Ok(found)
}

/// How many of the last 200 photos there are, and their bytes together.
pub(crate) fn usual_bytes(connection: &Connection) -> Result<(u64, u64), FieldError> {
    let mut statement = connection.prepare_cached(sql!("photo_look/usual_bytes"))?;
    Ok(statement.query_row([], |row| Ok((row.get::<_, Unsigned>(0)?.0, row.get::<_, Unsigned>(1)?.0)))?)
}
