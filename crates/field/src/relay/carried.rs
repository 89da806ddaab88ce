//! Which photos lie in bundles that were written already: an export that broke off goes on with the others.

use std::{collections::HashSet, path::Path};

use rusqlite::{Connection, params};
use xunjian_domain::hash::Sha256;
use xunjian_protocol::relay::export::Written;

use crate::{
    error::FieldError,
    store::{from_text, run, sql},
};

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A bundle is whole and has its name.
pub(super) fn put(connection: &Connection, written: &Written, photos: &[Sha256]) -> Result<(), FieldError> {
    let name = name_of(&written.file);
    for photo in photos {
        run(connection, sql!("relay_carried/put"), params![photo.to_hex(), name, size(written.bytes)])?;
    }
    Ok(())
}

/// A photo that did not come out where its bundles went: the next export carries it, wherever those lie.
pub(crate) fn forget(connection: &Connection, photo: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("relay_carried/forget"), [photo.to_hex()]).map(drop)
}

/// The photos of bundles that lie in `folder` as they were written. What the service has by now is forgotten first.
pub(super) fn in_folder(connection: &Connection, folder: &Path) -> Result<HashSet<Sha256>, FieldError> {
    run(connection, sql!("relay_carried/forget_sent"), [])?;
    let mut files = connection.prepare_cached(sql!("relay_carried/files"))?;
    let rows = files.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut carried = HashSet::new();
    for row in rows {
        let (name, bytes) = row?;
        let is_there = std::fs::metadata(folder.join(&name)).is_ok_and(|file| size(file.len()) == bytes);
        if is_there {
            let mut photos = connection.prepare_cached(sql!("relay_carried/of_file"))?;
            for photo in photos.query_map(params![name, bytes], |row| row.get::<_, String>(0))? {
                carried.insert(from_text(&photo?)?);
            }
        }
    }
    Ok(carried)
}
