//! A tablet that lay in a drawer: a frozen client of protocol version 1 (`tests/frozen/client_v1.py`) against the service of
//! today. It knows nothing that was added since, and refuses what it does not know; its unsent work is taken all the same.
//!
//! Nothing of this product is in that client: it would age with the product. Its hash is asserted, so that nobody mends it when
//! this test fails. What has to be mended then is the service.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use xunjian_field::Sha256;
use xunjian_tests::{
    Story, StoryOptions,
    old_terminal::{OldTerminal, client},
    workspace,
};

/// SHA-256 of `tests/frozen/client_v1.py` as it was frozen.
const CLIENT_SHA256: &str = "dc4230eec3005a8a083dd8412356563006ed266393bb684b8c67d47efe844f84";

/// A site with its round, and a tablet of today that has enrolled on it.
fn story(folder: &Path) -> Story {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false }).expect("a story");
    story.prepare().expect("a site, a round, an enrolled terminal");
    story
}

#[test]
fn the_frozen_client_is_the_one_that_was_frozen() {
    let hash = Sha256::of(&fs::read(client()).expect("the client"));
    assert_eq!(
        hash.to_hex(),
        CLIENT_SHA256,
        "tests/frozen/client_v1.py was changed. It stands for tablets that nobody can change any more: put it back, and mend the \
         service"
    );
}

#[test]
fn what_an_old_tablet_sealed_long_ago_is_taken_and_its_receipts_hold() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = story(folder.path());
    let service = story.serve().expect("the service");
    let old = OldTerminal::enrols(&story, &folder.path().join("old"), &service.url, "镕堃").expect("enrolled");
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().expect("approved");
    let pulled = old.does(&["pull", &service.url]).expect("pulled");
    drop(service);

    // Its rounds, with nobody to send anything to.
    let photos: Vec<PathBuf> =
        (1..4).map(|seed| story.photo_of("room-1", seed).expect("a photo of the room's label")).collect();
    let room = old.seals("room", &[&photos[0], &photos[1]]).expect("sealed");
    let rack = old.seals("rack:5", &[&photos[1], &photos[2]]).expect("sealed");
    let cluster = old.seals("cluster", &[]).expect("sealed");

    // Meanwhile the world goes on: another tablet's records with problems, cosignatures, another ledger, a reviewer's key.
    story.seal_without_sending(2).expect("records of today's tablet");
    let service = story.serve().expect("the service");
    let run = story.field().args(["--service", &service.url]).arg_json("sync").expect("today's tablet syncs");
    assert_eq!(run["delivered"], 2, "{run}");
    story
        .central()
        .args(["ledger", "import", "--allow-removals"])
        .args([workspace().join("tests/fixtures/ledgers/ledger.xlsx")])
        .json()
        .expect("another version of the ledger");

    let sent = old.does(&["send", &service.url]).expect("sent");
    assert_eq!(sent["records"], json!(["stored", "stored", "stored"]), "{sent}");
    let ways = &sent["photos"];
    assert!(ways["put"].as_u64() > Some(0) && ways["patch"].as_u64() > Some(0), "both ways of sending a photo: {sent}");
    let again = old.does(&["send", &service.url]).expect("sent");
    assert_eq!(again["records"], json!(["identical", "identical", "identical"]), "{again}");
    assert_eq!(again["photos"], json!({ "put": 0, "patch": 0, "there": 3 }), "nothing is sent twice");
    let collected = old.does(&["collect", &service.url]).expect("receipts");
    assert_eq!((&collected["records"], &collected["delivered"]), (&json!(3), &json!(3)), "{collected}");
    assert!(collected["log_size"].as_u64() > pulled["log_size"].as_u64(), "the log grew, provably: {collected}");

    // And it goes on working: today's package is one that it understands.
    old.does(&["pull", &service.url]).expect("pulled");
    let system = old.seals("system", &[]).expect("sealed");
    assert_eq!(old.does(&["send", &service.url]).expect("sent")["records"][3], "stored");
    assert_eq!(old.does(&["collect", &service.url]).expect("receipts")["delivered"], 4);
    drop(service);

    let checked = story.central().arg_json("fsck").expect("fsck finds no damage");
    assert_eq!((&checked["records"], &checked["damages"]), (&json!(6), &json!([])), "{checked}");
    let verified = story.central().arg_json("verify-all").expect("everything verifies");
    assert_eq!((&verified["delivered"], &verified["damages"]), (&json!(6), &json!([])), "{verified}");
    for record in [room, rack, cluster, system] {
        assert_eq!(record.len(), 64, "a record is named by its hash");
    }
}

#[test]
fn an_old_tablet_sends_what_it_sealed_before_its_keys_counted_once_they_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = story(folder.path());
    let service = story.serve().expect("the service");
    let old = OldTerminal::enrols(&story, &folder.path().join("old"), &service.url, "镕堃").expect("enrolled");
    old.does(&["pull", &service.url]).expect("pulled");
    old.seals("room", &[]).expect("sealed");
    let said = format!("{:#}", old.does(&["send", &service.url]).expect_err("the root has not signed for its keys"));
    assert!(said.contains("403.4"), "it is told the number it knows: {said}");
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().expect("approved");
    assert_eq!(old.does(&["send", &service.url]).expect("sent")["records"], json!(["stored"]));
    assert_eq!(old.does(&["collect", &service.url]).expect("receipts")["delivered"], 1);
}
