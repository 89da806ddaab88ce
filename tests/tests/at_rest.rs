//! At rest, on real processes: after a whole demo round, and after a kill in the midst of one, no byte on the tablet's disk
//! tells whose round it was, what was found, or shows a photo. The search is first proven on the service's folder and on an
//! export, where the same round stands in the clear.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_tests::{
    Story, StoryOptions,
    sweep::{Needles, files_under, sweep},
    workspace,
};

fn story(folder: &Path) -> Story {
    let ledgers = ["demo/ledger.xlsx", "demo/virtual_machines.csv", "demo/orders.csv"];
    let ledgers = ledgers.iter().map(|file| workspace().join(file)).collect();
    Story::new(StoryOptions { folder: folder.join("story"), ledgers, is_told: false }).expect("a new story")
}

/// Texts of the round: people, rooms, what the finding says, and names and serials of the assets of a rack.
fn texts(story: &Story) -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = ["镕堃", "风扇故障告警2条，需更换风扇模块"].map(str::to_owned).into();
    let today = story.field().arg_json("today").expect("today");
    let visits = today["rounds"][0]["visits"].as_array().expect("visits").clone();
    let rooms = visits.iter().filter(|visit| visit["kind"] == "room").filter_map(|visit| visit["title"].as_str());
    texts.extend(rooms.filter_map(|title| title.split(" · ").next().map(str::to_owned)));
    let rack = visits.iter().find(|visit| visit["kind"] == "rack").expect("a rack");
    let shown = story.field().args(["visit", "show", rack["id"].as_str().expect("an id")]).json().expect("the rack");
    let lines = shown["lines"].as_array().expect("lines");
    for ledger in lines.iter().map(|line| &line["subject"]["ledger"]) {
        let words = ["name", "serial"].iter().filter_map(|field| ledger[*field].as_str());
        texts.extend(words.filter(|word| word.len() > 5).map(str::to_owned));
    }
    assert!(texts.len() > 8, "there is something to look for: {texts:?}");
    texts
}

fn assert_clear_nowhere(needles: &Needles, folders: &[&Path]) {
    for folder in folders {
        let found = sweep(folder, needles).expect("a search");
        assert_eq!(found, BTreeSet::new(), "in {}", folder.display());
    }
}

#[test]
fn after_a_whole_round_the_tablet_tells_a_thief_nothing() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut story = story(folder.path());
    let done = story.play().expect("the whole story");
    let texts = texts(&story);
    let needles = Needles::of_texts(texts.iter().map(String::as_str)).and_photos().and_databases();

    // The control: the service's folder, what was exported, and one document in the other spelling.
    let plain = folder.path().join("story");
    let shown: Vec<Value> = done.records.iter().map(|record| serde_json::json!(record.title)).collect();
    let document = format!("{texts:?}{shown:?}");
    let control = folder.path().join("control");
    fs::create_dir(&control).expect("a folder");
    fs::write(control.join("le"), document.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
        .expect("a file");
    fs::write(control.join("be"), document.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>())
        .expect("a file");
    let mut found = sweep(&control, &needles).expect("a search");
    found.extend(sweep(&story.central_folder(), &needles).expect("a search"));
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    for needle in needles.names() {
        assert!(names.contains(needle), "the search must find {needle} where it stands in the clear: {names:?}");
    }

    let terminal = story.terminal_folder();
    let files = files_under(&terminal).expect("a list");
    let photos = files.iter().filter(|file| file.to_string_lossy().contains("originals")).count();
    assert!(photos >= 3 && files.iter().any(|file| file.ends_with("field.db")), "the round is there: {files:?}");
    assert_clear_nowhere(&needles, &[&terminal, &plain.join("tmp")]);
}

#[test]
fn a_tablet_that_died_in_the_midst_of_sealing_tells_nothing_either() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut story = story(folder.path());
    story.prepare().expect("an enrolled tablet");
    let today = story.field().arg_json("today").expect("today");
    let visits = today["rounds"][0]["visits"].as_array().expect("visits");
    let cluster = visits.iter().find(|visit| visit["kind"] == "cluster").expect("a cluster");
    let id = cluster["id"].as_str().expect("an id").to_owned();
    story.field().args(["visit", "start", &id]).json().expect("a draft");
    let note = "值班室门口遇到访客，已登记";
    let answer = ["visit", "answer", &id, "--line", "1", "--outcome", "not_checked", "--reason", note, "--note", note];
    story.field().args(answer).killed_at("answer.after_commit").expect("the kill was reached");
    let terminal = story.terminal_folder();
    let wal = fs::read(terminal.join("field.db-wal")).expect("a kill leaves the WAL behind");
    assert!(!wal.is_empty(), "with the answer in it");
    let texts = texts(&story);
    let needles = Needles::of_texts(texts.iter().map(String::as_str).chain([note])).and_photos().and_databases();
    // `texts` opened the folder again; what the kill left is put back beside it.
    let dead = folder.path().join("dead");
    fs::create_dir(&dead).expect("a folder");
    fs::write(dead.join("field.db-wal"), wal).expect("a file");
    assert_clear_nowhere(&needles, &[&terminal, &dead, &folder.path().join("story/tmp")]);
    let shown = story.field().args(["visit", "show", &id]).json().expect("the visit");
    assert_eq!(shown["answered"], 1, "and the answer is there, for whoever knows the passphrase");
}

#[test]
fn the_recovery_key_brings_a_forgotten_tablet_back() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut story = story(folder.path());
    story.prepare().expect("an enrolled tablet");
    let today = story.field().arg_json("today").expect("today");
    let id = today["rounds"][0]["visits"][0]["id"].as_str().expect("an id").to_owned();
    story.field().args(["visit", "start", &id]).json().expect("a draft");

    let (request, answer) = (folder.path().join("request.json"), folder.path().join("answer.json"));
    let asked =
        story.field().env("XUNJIAN_PASSPHRASE", "forgotten, long ago").args(["recovery-request"]).args([&request]);
    let asked = asked.json().expect("a request needs no passphrase");
    let key = story.root_folder().join("recovery.x25519");
    let answered = story.central().args(["recover", "--yes", "--key"]).args([&key]).args([&request]);
    let answered = answered.args(["--out".as_ref(), answer.as_os_str()]).json().expect("an answer");
    assert_eq!(asked["spoken"], answered["spoken"], "what is compared on the phone");

    let service = story.serve().expect("a service");
    let code = story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json().expect("a code");
    let enrol = |with_answer: bool| {
        let program = story.field().env("XUNJIAN_PASSPHRASE", "another passphrase 口令");
        let program = program.args(["--service", &service.url, "enrol", "--name", "平板A", "--code"]);
        let program = program.args([code["code"].as_str().expect("a code")]);
        if with_answer { program.args(["--recovery".as_ref(), answer.as_os_str()]) } else { program }
    };
    let refused = enrol(false).output().expect("a run");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("同事"), "nobody enrols onto the data unasked");
    enrol(true).json().expect("enrolled again");
    let shown = story.field().env("XUNJIAN_PASSPHRASE", "another passphrase 口令").args(["visit", "show", &id]);
    assert_eq!(shown.json().expect("the visit")["state"], "draft", "the draft came back");
    let old = story.field().arg_json("status").expect_err("the old passphrase opens nothing any more");
    assert!(old.to_string().contains("口令不正确"), "{old}");
}
