//! The main job, headless, on three ledgers: ours, and copies of two real-looking ones.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use xunjian_tests::{Inspection, Story, StoryOptions, workspace};

fn play(files: &[&str]) -> (TempDir, Inspection) {
    let folder = TempDir::new().expect("a temporary folder");
    let ledgers: Vec<PathBuf> = files.iter().map(|file| workspace().join(file)).collect();
    let options = StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false };
    let done = Story::new(options).and_then(|mut story| story.play()).expect("the whole story");
    (folder, done)
}

fn check_common(done: &Inspection) {
    assert_eq!(done.labels.0, done.labels.1, "every printed label is read back from its picture");
    assert_eq!(done.sync["delivered"], done.records.len(), "every record has its receipt");
    assert_eq!(done.sync["still_pending"], 0);
    assert_eq!(done.verified["damages"], json!([]));
    assert_eq!(done.verified["delivered"], done.records.len());
    assert!(done.public_tools.contains("receipt: leaf"), "{}", done.public_tools);
    let import = &done.import;
    let count = |name: &str| import[name].as_u64().expect("a count");
    assert_eq!(count("rows"), count("imported") + count("skipped"), "the counts of the import add up");
}

#[test]
fn the_demo_site_answers_all_thirty_printed_lines() {
    let (_folder, done) = play(&["demo/ledger.xlsx", "demo/virtual_machines.csv", "demo/orders.csv"]);
    check_common(&done);
    assert_eq!(done.lines.len(), 30, "each printed line at least once: {:?}", done.lines.keys());
    let kinds: std::collections::BTreeSet<&str> = done.records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["cluster", "rack", "room", "system"], "all four kinds of visit");
    assert!(done.lines["A.1-02"].outcomes.contains_key("abnormal"), "the planted problem is in a signed record");
    assert_eq!(done.lines["A.2-08"].inputs, ["readings"]);
    assert_eq!(done.lines["A.2-11b"].inputs, ["count", "earliest_footage"]);
}

#[test]
fn a_chinese_ledger_in_gb18030_with_its_mess_is_walked_to_the_receipts() {
    let (_folder, done) =
        play(&["tests/fixtures/ledgers/ledger-gbk.csv", "tests/fixtures/ledgers/netbox/virtual_machines.csv"]);
    check_common(&done);
    assert_eq!((done.import["imported"].as_u64(), done.import["skipped"].as_u64()), (Some(154 + 180), Some(3)));
    assert_eq!(done.lines.len(), 30, "servers, hosted devices, backup and storage are all in this ledger");
}

#[test]
fn a_netbox_export_is_walked_as_far_as_it_goes() {
    let netbox = "tests/fixtures/ledgers/netbox";
    let files = ["racks.csv", "devices.csv", "virtual_machines.csv"].map(|file| format!("{netbox}/{file}"));
    let (_folder, done) = play(&files.each_ref().map(String::as_str));
    check_common(&done);
    let absent: Vec<String> = xunjian_criteria().into_iter().filter(|key| !done.lines.contains_key(key)).collect();
    assert_eq!(absent, ["A.1-04", "A.1-05", "A.1-09", "A.1-10", "A.1-11"], "it has no backup and no storage");
}

#[test]
fn a_problem_of_the_last_round_brings_its_photo_to_another_tablet_and_only_once() {
    let folder = TempDir::new().expect("a temporary folder");
    let ledgers = vec![workspace().join("demo/ledger.xlsx")];
    let options = StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false };
    let mut story = Story::new(options).unwrap();
    story.prepare().unwrap();
    // The second rack has the planted problem, and with it a photo.
    story.seal_without_sending(2).unwrap();
    let service = story.serve().unwrap();
    story.field().args(["--service", &service.url, "sync"]).json().unwrap();
    story.open_special_round().unwrap();
    let central = |arguments: &[&str]| story.central().args(arguments).json().unwrap();
    central(&["user", "add", "--name", "李巡检", "--party", "provider", "--role", "inspector"]);
    let code = central(&["terminal", "enrol-code", "--person", "李巡检"])["code"].as_str().unwrap().to_owned();

    let tablet = folder.path().join("another");
    let at = |arguments: &[&str]| {
        story.field_at(&tablet).args(["--service", &service.url]).args(arguments).json().expect("it succeeds")
    };
    at(&["enrol", "--code", &code, "--name", "平板B"]);
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().unwrap();
    let first = at(&["pull"]);
    assert!(first["before_photos"].as_u64().unwrap() > 0, "{first}");
    assert_eq!(first["warnings"], json!([]), "{first}");
    assert_eq!(at(&["pull"])["before_photos"], 0, "what is here is not fetched again");
}

/// The keys of the thirty lines, from the template file itself.
fn xunjian_criteria() -> Vec<String> {
    let text =
        std::fs::read_to_string(workspace().join("crates/domain/templates/annex-a.v1.json")).expect("the template");
    let template: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    template["criteria"]
        .as_array()
        .expect("criteria")
        .iter()
        .map(|one| one["key"].as_str().expect("a key").to_owned())
        .collect()
}
