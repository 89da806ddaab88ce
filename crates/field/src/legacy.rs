//! A folder from before the data were encrypted: taken over by the first person who unlocks it.
//!
//! Then the database was plain, each person's signing key was wrapped on its own in the row of the person, and the terminal's
//! key was a file. The first passphrase that opens its wrap gets a place at the door and with it the new database key; the
//! database is exported encrypted, the photos are encrypted one by one, and only then is what was plain removed. Each step
//! may be repeated, so that a crash is made up for by the next unlocking. Colleagues' wraps hold no database key: they enrol
//! once more, while somebody is unlocked.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use data_encoding::{BASE64, HEXLOWER};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use xunjian_domain::ids::PersonId;
use xunjian_proof::suite::{Ed25519Signer, PublicKey, Signer as _};
use zeroize::Zeroizing;

use crate::{
    error::FieldError,
    keys::{DatabaseKey, Passphrase, wrap::PersonKeys},
    store::{self, terminal},
};

/// A wrap as it was: the seed alone, under the passphrase alone.
#[derive(Deserialize)]
struct OldWrap {
    memory: u32,
    passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// Whether the database is a plain one.
pub(crate) fn is_plain(database: &Path) -> bool {
    let mut head = [0; 16];
    let read = fs::File::open(database).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && &head == b"SQLite format 3\0"
}

/// Everyone enrolled in a plain database: ids, names and keys.
pub(crate) fn people(database: &Path) -> Result<Vec<(PersonId, String, PublicKey)>, FieldError> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut statement = connection.prepare("SELECT id, name, public_key FROM person ORDER BY enrolled_at, id")?;
    let rows = statement
        .query_map([], |row| Ok((PersonId::new(row.get::<_, String>(0)?), row.get(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| row.map_err(FieldError::from).and_then(|(id, name, key)| Ok((id, name, store::from_json(&key)?))))
        .collect()
}

/// The person's signing key out of its old wrap, and a database key for everyone from now on.
pub(crate) fn keys_of(database: &Path, person: &PersonId, passphrase: &Passphrase) -> Result<PersonKeys, FieldError> {
    let damaged = || FieldError::Damaged("key wrap".to_owned());
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let (public, wrap) =
        connection.query_row("SELECT public_key, wrapped_key FROM person WHERE id = ?1", [person.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
    let (public, wrap): (PublicKey, OldWrap) = (store::from_json(&public)?, store::from_json(&wrap)?);
    let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| damaged());
    let params = Params::new(wrap.memory, wrap.passes, 1, Some(32)).map_err(|_| damaged())?;
    let mut kek = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &decode(&wrap.salt)?, &mut *kek)
        .map_err(|_| damaged())?;
    let nonce: [u8; 24] = decode(&wrap.nonce)?.try_into().map_err(|_| damaged())?;
    let sealed = decode(&wrap.sealed)?;
    let seed = XChaCha20Poly1305::new((&*kek).into())
        .decrypt(&XNonce::from(nonce), Payload { msg: &sealed, aad: &public.spki })
        .map(Zeroizing::new)
        .map_err(|_| FieldError::PassphraseWrong)?;
    let signer = Ed25519Signer::from_seed(seed.first_chunk::<32>().ok_or_else(damaged)?);
    if signer.public_key() != public {
        return Err(damaged());
    }
    Ok(PersonKeys { database: DatabaseKey::generate()?, signer })
}

/// Puts an encrypted database in the place of the plain one. The terminal's key moves into it.
pub(crate) fn encrypt(database: &Path, key: &DatabaseKey) -> Result<(), FieldError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| FieldError::File { path, source }
    };
    let part = database.with_added_extension("part");
    store::salvage::remove_with_sides(&part)?;
    let plain = Connection::open(database)?;
    let name = part.to_string_lossy().into_owned();
    let attach = Zeroizing::new(format!("ATTACH DATABASE ?1 AS encrypted KEY \"x'{}'\"", HEXLOWER.encode(key.bytes())));
    plain.execute(&attach, [&name])?;
    plain.query_row("SELECT sqlcipher_export('encrypted')", [], |_| Ok(()))?;
    plain.execute("DETACH DATABASE encrypted", [])?;
    drop(plain);
    let mut encrypted = store::connect(&part, key)?;
    store::migrate(&mut encrypted, &part)?;
    let key_file = database.with_file_name("terminal.key");
    if let Ok(text) = fs::read_to_string(&key_file).map(Zeroizing::new) {
        let seed = HEXLOWER.decode(text.trim().as_bytes()).unwrap_or_default();
        let seed: Zeroizing<[u8; 32]> =
            Zeroizing::new(seed.try_into().map_err(|_| FieldError::Damaged(key_file.display().to_string()))?);
        terminal::put_signing_key(&encrypted, &Ed25519Signer::from_seed(&seed))?;
    }
    drop(encrypted);
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(at(&part))?;
    // One rename puts the whole in place; what is plain goes after it.
    fs::rename(&part, database).and_then(|()| crate::private::flush_folder_of(database)).map_err(at(database))?;
    let mut rest = store::salvage::with_sides(database)[1..].to_vec();
    rest.extend(["bak", "v1.bak", "v2.bak"].map(|ending| database.with_extension(ending)));
    rest.extend(store::salvage::with_sides(&part));
    rest.extend(["v1.bak", "v2.bak"].map(|ending| part.with_extension(ending)));
    rest.push(key_file);
    for file in rest {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&file)(error)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "legacy/tests.rs"]
mod tests;
