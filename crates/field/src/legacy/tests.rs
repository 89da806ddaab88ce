//! Folders from before the data were encrypted.

use std::sync::Arc;

use argon2::Params;
use xunjian_domain::hash::Sha256;

use super::*;
use crate::{
    Field, Surroundings,
    clock::SystemClock,
    ids::SystemIds,
    keys::{Effort, NoKeystore},
};

const PASSPHRASE: &str = "李巡检的口令要足够长才行";
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 stands for a photo";

/// A folder as version 2 left it: plain database, wrap in the person's row, key file, photo.
fn plain_folder(folder: &Path) -> Ed25519Signer {
    let inspector = Ed25519Signer::from_seed(&[5; 32]);
    let mut kek = [0; 32];
    let (salt, nonce) = ([1_u8; 16], [2_u8; 24]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(32)).unwrap())
        .hash_password_into(PASSPHRASE.as_bytes(), &salt, &mut kek)
        .unwrap();
    let public = inspector.public_key();
    let sealed = XChaCha20Poly1305::new((&kek).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: &inspector.seed(), aad: &public.spki })
        .unwrap();
    let wrap = serde_json::json!({
        "scheme": "argon2id-xchacha20poly1305", "memory": 64, "passes": 1, "salt": BASE64.encode(&salt),
        "nonce": BASE64.encode(&nonce), "sealed": BASE64.encode(&sealed),
    });
    store::migrate_plain_for_tests(&folder.join("field.db"), 2);
    let database = Connection::open(folder.join("field.db")).unwrap();
    let party = serde_json::json!({"id": "provider", "kind": "provider", "name": "服务方"}).to_string();
    database
        .execute(
            "INSERT INTO person VALUES ('person-li', '李巡检', ?1, '[\"inspector\"]', ?2, ?3, 1)",
            [party, serde_json::to_string(&public).unwrap(), wrap.to_string()],
        )
        .unwrap();
    database.execute("INSERT INTO chunk VALUES ('needle-in-the-chunk', x'00')", []).unwrap();
    fs::write(folder.join("terminal.key"), "07".repeat(32)).unwrap();
    let hash = Sha256::of(PHOTO);
    let shelf = folder.join("photos/originals").join(&hash.to_hex()[..2]);
    fs::create_dir_all(&shelf).unwrap();
    fs::write(shelf.join(hash.to_hex()), PHOTO).unwrap();
    inspector
}

fn open(folder: &Path) -> Field {
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
        keystore: Arc::new(NoKeystore),
        effort: Effort::FEEBLE,
    };
    Field::open_in(folder, surroundings).unwrap()
}

fn clear_texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(clear_texts(&entry));
            continue;
        }
        let bytes = fs::read(&entry).unwrap();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        if has("李巡检".as_bytes()) || has(b"needle-in-the-chunk") || has(b"SQLite format 3") || has(&PHOTO[..12]) {
            found.push(entry.display().to_string());
        }
    }
    found
}

#[test]
fn the_first_who_unlocks_takes_a_plain_folder_over_and_nothing_plain_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = plain_folder(folder.path());
    assert_eq!(clear_texts(folder.path()).len(), 2, "database and photo stand in the clear, and the search finds them");
    let field = open(folder.path());
    assert_eq!(field.session(None).unwrap().people[0].name, "李巡检", "the lock screen knows who may try");
    let wrong = field.unlock("李巡检", &Passphrase::new("这是另外一个人的很长的口令").unwrap());
    assert!(matches!(wrong, Err(FieldError::PassphraseWrong)));
    assert!(is_plain(&folder.path().join("field.db")), "a wrong passphrase changes nothing");

    let person = field.unlock("李巡检", &Passphrase::new(PASSPHRASE).unwrap()).unwrap();
    assert_eq!(person.public_key, inspector.public_key(), "the same key as before");
    assert_eq!(field.terminal_key().unwrap().seed(), [7; 32], "the terminal's key moved into the database");
    assert!(!folder.path().join("terminal.key").exists());
    assert_eq!(field.photos.read(&Sha256::of(PHOTO)).unwrap(), PHOTO);
    let count = |connection: &Connection| {
        Ok(connection.query_row("SELECT count(*) FROM chunk", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(field.store.read(count).unwrap(), 1_i64, "every row is there");
    field.lock();
    assert_eq!(clear_texts(folder.path()), Vec::<String>::new());
}
