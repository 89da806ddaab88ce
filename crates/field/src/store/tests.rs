use super::*;

fn key() -> DatabaseKey {
    DatabaseKey::from_bytes([3; 32])
}

fn open(path: &Path) -> Result<Store, OpenError> {
    let store = Store::closed(path.to_owned());
    store.open(&key()).map(|()| store)
}

fn bytes_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The version that this software writes.
fn newest() -> u32 {
    migrations::migrations::runner().get_migrations().iter().map(|one| one.version().unsigned_abs()).max().unwrap()
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field.db");
    drop(open(&path).unwrap());
    let connection = connect(&path, &key()).unwrap();
    connection
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')",
            [],
        )
        .unwrap();
    drop(connection);
    let before = bytes_of(folder.path());
    let Err(OpenError::Other(refused)) = open(&path) else { panic!("opened, or called damaged") };
    assert!(matches!(refused, FieldError::NewerDatabase { found: 99, known } if known == newest()), "{refused}");
    let text = refused.text();
    assert!(text.zh.contains("请升级软件") && text.en.contains("Nothing was changed"), "{text:?}");
    assert_eq!(bytes_of(folder.path()), before, "not a byte");
}

#[test]
fn a_migration_leaves_an_encrypted_copy_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field.db");
    // A database as version 2 left it.
    let mut old = connect(&path, &key()).unwrap();
    let runner = migrations::migrations::runner().set_target(refinery::Target::Version(2));
    runner.run(&mut old).unwrap();
    old.execute("INSERT INTO chunk (sha256, bytes) VALUES ('needle-in-the-copy', x'00')", []).unwrap();
    drop(old);
    let copy = folder.path().join("field.v2.bak");

    let store = open(&path).unwrap();
    let count = |connection: &Connection| -> i64 {
        connection.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0)).unwrap()
    };
    store
        .read(|connection| Ok(assert_eq!((versions(connection)?, count(connection)), ((newest(), newest()), 1))))
        .unwrap();
    let kept = connect(&copy, &key()).unwrap();
    assert_eq!((versions(&kept).unwrap().0, count(&kept)), (2, 1), "the copy is the database as it was");
    let clear = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(18).any(|window| window == b"needle-in-the-copy") || bytes.starts_with(b"SQLite format 3")
    };
    assert!(!clear(&copy) && !clear(&path), "encrypted like the database");
    drop((store, kept));
    drop(open(&path).unwrap());
    assert!(!copy.exists(), "the next start needs it no more");
}

#[test]
fn without_its_key_the_database_says_locked_and_another_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field.db");
    let store = open(&path).unwrap();
    store.close();
    assert!(matches!(store.read(|_| Ok(())), Err(FieldError::Locked)));
    assert!(matches!(store.write(|_| Ok(())), Err(FieldError::Locked)));
    let other = store.open(&DatabaseKey::from_bytes([4; 32]));
    assert!(matches!(other, Err(OpenError::Damaged(_))));
    store.open(&key()).unwrap();
}

#[test]
fn a_sealed_record_can_neither_be_changed_nor_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("field.db")).unwrap();
    let connection = store.lock();
    let connection = connection.as_ref().unwrap();
    connection.execute_batch("PRAGMA foreign_keys=OFF;").unwrap();
    connection
        .execute_batch(
            "INSERT INTO record (id, sequence, draft, visit, person, envelope, envelope_sha256, sealed, state)
             VALUES ('r', 1, 'd', 'v', 'p', 'e', 'h', '{}', 'queued');",
        )
        .unwrap();
    for forbidden in [
        "UPDATE record SET envelope = 'other'",
        "UPDATE record SET sequence = 2",
        "UPDATE record SET state = 'sealed'",
        "UPDATE record SET state = 'delivered'",
        "DELETE FROM record",
    ] {
        assert!(connection.execute(forbidden, []).is_err(), "{forbidden} must be refused");
    }
    connection.execute("UPDATE record SET state = 'partly_sent'", []).unwrap();
}
