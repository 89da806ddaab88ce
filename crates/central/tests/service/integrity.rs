//! One changed byte anywhere is found and named.

use xunjian_central::integrity::{fsck, verify_all};
use xunjian_domain::plan::VisitKind;
use xunjian_proof::Sha256;

use super::party::{Central, Terminal, set};

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
