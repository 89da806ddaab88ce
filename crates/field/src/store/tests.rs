//! Versions, copies, keys and guards of the database.

use serde_json::json;

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
    let found = store.read(|connection| Ok((versions(connection)?, count(connection)))).unwrap();
    assert_eq!(found, ((newest(), newest()), 1));
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
fn a_ledger_pulled_by_older_software_is_searched_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field.db");
    // A database as version 3 left it, before anything could be searched.
    let mut old = connect(&path, &key()).unwrap();
    let runner = migrations::migrations::runner().set_target(refinery::Target::Version(3));
    runner.run(&mut old).unwrap();
    let entry = json!({
        "id": "far", "kind": "physical_server", "name": "备份服务器", "brand": "", "model": "", "serial": "SN-far", "asset_tag": "",
        "quantity": 1, "room": "m1", "rack": "r1", "span": null, "face": null, "owning_unit": "市水务局", "order_no": "",
        "mounted_on": null, "status": "", "note": "",
    });
    old.execute("INSERT INTO ledger (no, sha256, version) VALUES (7, 'aa', 1)", []).unwrap();
    old.execute("INSERT INTO rack (ledger, id, room, name, units) VALUES (7, 'r1', 'm1', 'A01', 42)", []).unwrap();
    old.execute(
        "INSERT INTO asset VALUES (7, 'far', 'r1', 'm1', 4, '备份服务器', 'SN-far', '', ?1)",
        [entry.to_string()],
    )
    .unwrap();
    drop(old);

    let store = open(&path).unwrap();
    let no = ledger::LedgerNo(7);
    let found = |text: &str| {
        let query = crate::search::Query::of(text).unwrap();
        let found = store.read(|connection| search::find(connection, no, &query, None, 10)).unwrap();
        found.into_iter().map(|found| found.asset.id.to_string()).collect::<Vec<_>>()
    };
    assert!(!store.read(|connection| search::is_ready(connection, no)).unwrap());
    assert_eq!(found("水务"), [""; 0], "the control: nothing is indexed yet");
    for _ in 0..2 {
        store.write(|connection| search::make_ready(connection, no)).unwrap();
        assert_eq!(
            (found("水务"), found("n-fa")),
            (vec!["far".to_owned()], vec!["far".to_owned()]),
            "once and no more"
        );
    }
    store.write(|connection| Ok(connection.execute("DELETE FROM ledger WHERE no = 7", [])?)).unwrap();
    let words = |connection: &Connection| {
        Ok::<i64, FieldError>(connection.query_row("SELECT count(*) FROM asset_words", [], |row| row.get(0))?)
    };
    assert_eq!(store.read(words).unwrap(), 0, "the words go with their ledger");
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
    let open = store.core.lock();
    let connection = &open.as_ref().unwrap().connection;
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

/// Texts of all lengths, some of them longer than a page.
fn long_and_short() -> Vec<String> {
    (0..40).map(|number| format!("{number}-").repeat(number * 120 + 1)).collect()
}

/// The database at rest as a file, one page of it spoiled, with a note that says it is sound.
fn spoiled(whole: &[u8], page: usize, folder: &Path) -> PathBuf {
    let path = folder.join("field.db");
    let mut bytes = whole.to_vec();
    bytes[page * 4096 + 100..][..64].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    soundness::leave_note(&path);
    path
}

#[test]
fn a_value_of_a_damaged_page_is_never_answered_and_nothing_is_written_that_was_decided_from_it() {
    let made = tempfile::tempdir().unwrap();
    let store = open(&made.path().join("field.db")).unwrap();
    let texts = long_and_short();
    store
        .write(|connection| {
            connection.execute_batch("CREATE TABLE text (no INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT")?;
            for (number, text) in (0_u32..).zip(&texts) {
                connection.execute("INSERT INTO text VALUES (?1, ?2)", (number, text))?;
            }
            Ok(())
        })
        .unwrap();
    store.close();
    let whole = std::fs::read(made.path().join("field.db")).unwrap();
    let value = |connection: &Connection, number: u32| -> rusqlite::Result<String> {
        connection.query_row("SELECT value FROM text WHERE no = ?1", [number], |row| row.get(0))
    };
    let written = |connection: &Connection, number: u32| -> rusqlite::Result<u32> {
        let name = format!("decided {number}");
        connection.query_row("SELECT count(*) FROM chunk WHERE sha256 = ?1", [name], |row| row.get(0))
    };

    let (mut shown_without_asking, mut refused) = (0, 0);
    for page in 1..whole.len() / 4096 {
        let folder = tempfile::tempdir().unwrap();
        let path = spoiled(&whole, page, folder.path());
        let raw = connect(&path, &key()).unwrap();
        let is_another = |(number, text): (u32, &String)| value(&raw, number).is_ok_and(|found| found != *text);
        shown_without_asking += usize::from((0..).zip(&texts).any(is_another));
        drop(raw);

        soundness::leave_note(&path);
        let store = Store::closed(path.clone());
        match store.open(&key()) {
            Ok(()) => {}
            Err(OpenError::Damaged(_)) => continue,
            Err(OpenError::Other(error)) => panic!("page {page}: {error}"),
        }
        let mut first_refused = None;
        for (number, text) in (0..).zip(&texts) {
            let decided = store.write(|transaction| {
                let name = format!("decided {number}");
                transaction.execute("INSERT INTO chunk (sha256, bytes) VALUES (?1, x'00')", [name])?;
                Ok(value(transaction, number)?)
            });
            match (decided, first_refused) {
                (Ok(found), None) => assert_eq!(found, *text, "page {page}, row {number}"),
                (Err(error), _) if error.is_damage() => _ = first_refused.get_or_insert(number),
                (decided, _) => panic!("page {page}, row {number}: {decided:?}"),
            }
        }
        let Some(number) = first_refused else { continue };
        let read = store.read(|connection| Ok(value(connection, 0)?));
        assert!(matches!(read, Err(FieldError::PageRefused)), "page {page}: {read:?}");
        assert!(store.is_refused());
        store.close();
        assert!(!soundness::is_noted(&path), "page {page}: the next opening reads every page");
        let raw = connect(&path, &key()).unwrap();
        assert!(matches!(written(&raw, number), Err(_) | Ok(0)), "page {page}, row {number}: rolled back");
        refused += 1;
    }
    assert!(shown_without_asking >= 10, "{shown_without_asking}: SQLCipher alone shows other values than were written");
    assert!(refused > 50, "{refused}");
}
