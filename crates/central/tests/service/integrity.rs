//! One changed byte anywhere is found and named.

use xunjian_central::{
    clock, delivery,
    integrity::{Gap, fsck, verify_all},
    log,
    site::Site,
};
use xunjian_domain::{plan::VisitKind, time::TimestampMs};
use xunjian_proof::Sha256;
use xunjian_protocol::record::{DeliveryState, RecordAnswer};

use super::party::{Central, Terminal, new_site, rows, set};

async fn delivered() -> (Central, Sha256, Sha256) {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let photo = b"a photo, as far as the service knows".to_vec();
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[&photo], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    terminal.puts(&Sha256::of(&photo), &photo).await;
    (central, id, Sha256::of(&photo))
}

/// Flips one bit in the middle of a stored column.
fn flip(central: &Central, table: &str, column: &str, filter: &str) {
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let query = format!("SELECT {column} FROM {table} WHERE {filter}");
    let mut bytes: Vec<u8> = connection.query_row(&query, [], |row| row.get(0)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    set(central, &format!("UPDATE {table} SET {column} = ?1 WHERE {filter}"), &bytes);
}

#[tokio::test]
async fn an_untouched_site_has_no_damage() {
    let (central, ..) = delivered().await;
    let found = verify_all(&central.site).unwrap();
    assert_eq!((found.records, found.delivered, found.blobs), (1, 1, 1));
    assert_eq!(found.damages, []);
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn pages_do_not_wait_until_everything_is_verified() {
    let (central, ..) = delivered().await;
    let (tell, told) = std::sync::mpsc::channel();
    let site = std::sync::Arc::clone(&central.site);
    // The other way round, which takes no timing: everything is verified while a page holds what pages read through.
    let checks = central.site.db.read(|_| {
        let checks = std::thread::spawn(move || {
            tell.send((verify_all(&site).unwrap().damages, fsck(&site).unwrap().damages)).unwrap();
        });
        assert_eq!(told.recv_timeout(std::time::Duration::from_secs(60)), Ok((Vec::new(), Vec::new())));
        Ok::<_, xunjian_central::error::Error>(checks)
    });
    checks.unwrap().join().unwrap();
}

#[tokio::test]
async fn a_flipped_byte_in_the_database_and_in_a_photo_are_both_named() {
    let (central, id, photo) = delivered().await;
    flip(&central, "record", "envelope", "1 = 1");
    let file = central.site.blobs.object(&photo);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let found = verify_all(&central.site).unwrap();
    let named: Vec<(&str, String)> = found.damages.iter().map(|damage| (damage.part, damage.id.clone())).collect();
    assert_eq!(named, [("record", id.to_hex()), ("blob", photo.to_hex())]);
}

#[tokio::test]
async fn every_stored_part_of_the_log_is_guarded() {
    let cases = [
        ("log_entry", "envelope", "kind = 'delivered'", "log"),
        ("log_entry", "envelope", "kind = 'plan'", "log"),
        ("chunk", "bytes", "sha256 = (SELECT MIN(sha256) FROM chunk)", "chunk"),
    ];
    for (table, column, filter, part) in cases {
        let (central, ..) = delivered().await;
        flip(&central, table, column, filter);
        let found = fsck(&central.site).unwrap();
        assert!(found.damages.iter().any(|damage| damage.part == part), "{table}.{column}: {:?}", found.damages);
    }
    let (central, ..) = delivered().await;
    set(&central, "UPDATE log_node SET hash = ?1 WHERE level = 1 AND idx = 0", &Sha256::of(b"x").to_hex());
    assert!(fsck(&central.site).unwrap().damages.iter().any(|damage| damage.step == "node"));
    let (central, ..) = delivered().await;
    set(&central, "DELETE FROM log_entry WHERE idx = ?1", &2_i64);
    assert!(fsck(&central.site).unwrap().damages.iter().any(|damage| damage.reason.contains("missing")));
}

#[tokio::test]
async fn a_delivery_that_was_tampered_with_breaks_its_record() {
    let (central, id, _) = delivered().await;
    flip(&central, "log_entry", "envelope", "kind = 'delivered'");
    let found = verify_all(&central.site).unwrap();
    assert_eq!(found.damages.len(), 1);
    assert_eq!((found.damages[0].part, found.damages[0].id.as_str()), ("record", id.to_hex().as_str()));
    assert!(["Delivered", "Receipt"].contains(&found.damages[0].step.as_str()), "{:?}", found.damages);
}

#[tokio::test]
async fn a_lost_photo_and_a_stray_file_are_told() {
    let (central, _, photo) = delivered().await;
    let file = central.site.blobs.object(&photo);
    let stray = central.site.blobs.object(&Sha256::of(b"stray"));
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::rename(&file, &stray).unwrap();
    let found = fsck(&central.site).unwrap();
    let steps: Vec<&str> = found.damages.iter().map(|damage| damage.step.as_str()).collect();
    assert_eq!(steps, ["Blobs", "orphan"]);
}

/// Changes rows as somebody with the file in hand would: past every rule of the database.
fn tamper(central: &Central, statement: &str) {
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = off; {statement}")).unwrap();
}

#[tokio::test]
async fn every_row_is_held_against_the_leaf_it_follows_from() {
    let cases = [
        ("UPDATE record SET sequence = 7", "record", "sequence"),
        ("UPDATE record SET sealed_at = 1", "record", "sealed_at"),
        ("UPDATE record SET inspector_id = 'x'", "record", "inspector_id"),
        ("DELETE FROM record", "record", "row"),
        ("DELETE FROM record_blob", "record", "record_blob"),
        ("UPDATE record_blob SET bytes = bytes + 1", "record", "record_blob"),
        ("DELETE FROM delivered", "delivered", "row"),
        ("UPDATE delivered SET stored_at = 1", "delivered", "stored_at"),
        ("DELETE FROM blob", "blob", "row"),
        ("UPDATE blob SET bytes = bytes + 1", "blob", "row"),
        ("DELETE FROM key_statement WHERE key_id = (SELECT key_id FROM terminal)", "key", "key_statement"),
        (
            "UPDATE key_statement SET envelope = x'7b7d' WHERE key_id = (SELECT key_id FROM terminal)",
            "key",
            "statement",
        ),
        ("UPDATE terminal SET public_key = replace(public_key, 'a', 'b')", "terminal", "public_key"),
        ("DELETE FROM terminal", "terminal", "row"),
        ("UPDATE round SET quarter = '2026Q3'", "round", "quarter"),
        ("UPDATE round SET id = 'x'", "round", "row"),
        ("DELETE FROM planned_visit WHERE kind = 'room'", "visit", "row"),
        ("UPDATE planned_visit SET sha256 = replace(sha256, '1', '2')", "visit", "sha256"),
        ("UPDATE log_entry SET kind = 'admin_action' WHERE kind = 'delivered'", "log", "columns"),
        ("UPDATE log_entry SET subject = 'x' WHERE kind = 'record'", "log", "columns"),
        (
            "INSERT INTO log_inbox SELECT 'x', kind, subject, envelope_sha256, envelope FROM log_entry WHERE idx = 1",
            "log",
            "entry",
        ),
        (
            "INSERT INTO planned_visit SELECT 'x', round_id, sha256, kind, title, lines FROM planned_visit LIMIT 1",
            "visit",
            "row",
        ),
        (
            "INSERT INTO round SELECT 'x', kind, quarter, title, ledger_version, 'y', opened_at, 0 FROM round",
            "round",
            "leaf",
        ),
    ];
    for (statement, part, step) in cases {
        let (central, ..) = delivered().await;
        tamper(&central, statement);
        let damages = fsck(&central.site).unwrap().damages;
        let is_named = damages.iter().any(|damage| (damage.part, damage.step.as_str()) == (part, step));
        assert!(is_named, "{statement}: {damages:?}");
    }
}

#[tokio::test]
async fn one_damage_does_not_hide_the_next() {
    let (central, ..) = delivered().await;
    tamper(&central, "DELETE FROM log_entry WHERE idx = 2; UPDATE record SET revision = 9; DELETE FROM delivered");
    tamper(&central, "UPDATE key_statement SET envelope = 'text' WHERE key_id = (SELECT key_id FROM terminal)");
    let found = fsck(&central.site).unwrap();
    for part in ["log", "record", "delivered", "key"] {
        assert!(found.damages.iter().any(|damage| damage.part == part), "{part}: {:?}", found.damages);
    }
    assert_eq!(found.delivered, 0, "no delivery is sound");
}

#[tokio::test]
async fn a_hole_in_a_chain_is_told_and_is_no_damage() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    let (id, second) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    assert_eq!(terminal.submits(&second.to_bytes()).await, RecordAnswer::Stored { record: id });
    let found = fsck(&central.site).unwrap();
    assert_eq!(found.damages, []);
    let terminal = terminal.enrolment.terminal.to_string();
    assert_eq!(found.gaps, [Gap { terminal, from: 1, to: 1 }], "the first one was refused, or is on its way");
}

#[tokio::test]
async fn a_lost_delivery_is_told_and_restored_from_the_log() {
    let (central, id, _) = delivered().await;
    tamper(&central, "DELETE FROM delivered");
    let found = verify_all(&central.site).unwrap();
    assert_eq!((found.damages.len(), found.damages[0].step.as_str()), (1, "Delivered"));
    delivery::deliver_ready(&central.site).unwrap();
    assert_eq!(rows(&central, "log_entry WHERE kind = 'delivered'"), 1, "no second statement was signed");
    let found = verify_all(&central.site).unwrap();
    assert_eq!((found.damages, found.delivered), (vec![], 1), "{id}");
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn a_damaged_record_holds_up_nothing_but_itself() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let photos: [&[u8]; 2] = [b"the first photo", b"the second photo"];
    let (first, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &photos[..1], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    flip(&central, "record", "envelope", "1 = 1");
    let (second, envelope) = terminal.seals(&central, central.visit(VisitKind::Room), &photos[1..], |_| ());
    assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: second });
    for photo in photos {
        assert_eq!(terminal.puts(&Sha256::of(photo), photo).await.status(), 204);
    }
    assert!(matches!(terminal.delivery(second).await, DeliveryState::Delivered { .. }));
    assert!(matches!(terminal.delivery(first).await, DeliveryState::Pending { .. }), "nobody declares what changed");
    delivery::deliver_ready(&central.site).expect("a start of the service does the same and must not fail");
    assert_eq!(rows(&central, "delivered"), 1);
    tamper(&central, "UPDATE delivered SET envelope_sha256 = 'not a hash'");
    let state = terminal.delivery(second).await;
    assert!(matches!(state, DeliveryState::Pending { .. }), "no receipt, and no fault for the others: {state:?}");
}

/// A clock that stands still; ids and randomness that go on.
struct Standstill(u64);

impl clock::simulated::Source for Standstill {
    fn now(&mut self) -> TimestampMs {
        TimestampMs(1_795_305_600_000)
    }

    fn new_id(&mut self) -> String {
        self.0 += 1;
        format!("0190a7c3-0000-7000-8000-{:012x}", self.0)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes.iter_mut().zip(self.0.to_le_bytes().iter().cycle()).for_each(|(byte, seed)| *byte = *seed);
    }
}

#[test]
fn the_same_action_twice_within_a_millisecond_does_not_hold_up_the_log() {
    let folder = tempfile::TempDir::new().unwrap();
    clock::simulated::set(Some(Box::new(Standstill(0))));
    let site = Site::init(&folder.path().join("data"), &folder.path().join("root"), &new_site()).unwrap();
    let refused = || log::audit_and_log(&site, log::STRANGER, "console.login_refused", &[("account", "li")]).unwrap();
    let before = site.sequence().unwrap();
    refused();
    refused();
    site.sequence().unwrap();
    refused();
    let after = site.sequence();
    clock::simulated::set(None);
    assert_eq!(after.unwrap(), before + 3, "each is a leaf of its own");
    assert_eq!(fsck(&site).unwrap().damages, []);
}
