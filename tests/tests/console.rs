//! The console in a real browser: every route of it in both languages and themes, what it says of records, and what it says once
//! somebody changed a stored byte behind the service's back. The office's own morning is part of `app_window.rs`.
//!
//! It exists because nothing smaller can tell whether the served pages load under their policy and whether what a supervisor
//! reads there is true. Rules are tested without a browser, on the service.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use xunjian_tests::{
    PASSPHRASE, Service, Story, StoryOptions,
    browser::Browser,
    damage::{flip_in_envelope, flip_in_file},
    old_terminal::OldTerminal,
    workspace,
};

fn story(folder: &Path) -> Result<Story> {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false })
}

#[test]
fn the_console_says_what_is_true_of_every_record_and_names_the_step_that_a_changed_byte_breaks() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    let done = story.play()?;
    story.open_console_account()?;
    // A week of monitoring data, so that the page that judges it has something to show.
    let weekly = workspace().join("tests/fixtures/monitoring/weekly-gbk.csv");
    story.central().args(["monitoring".as_ref(), "import".as_ref(), weekly.as_os_str()]).json()?;
    let service = story.serve()?;

    for record in &done.records {
        let said = check(&service, &record.id)?;
        assert_eq!(said["verdict"], "verified", "{} is as it was signed: {said}", record.title);
        assert_eq!(said["received"], done.records.len(), "every record counts once: {said}");
        assert_eq!(said["receipt"], done.sync["delivered"], "every receipt counts once: {said}");
    }

    let scan = Browser::before(&service)?.run("scan", &["--record", &done.records[0].id])?;
    let problems = scan["problems"].as_array().context("problems")?;
    let listed: Vec<&str> = problems.iter().filter_map(Value::as_str).collect();
    assert!(listed.is_empty(), "{} problems on {} screens:\n{}", listed.len(), scan["routes"], listed.join("\n"));

    // A photo's file first: the record itself is still whole.
    let record = &done.records[0];
    let photo = first_photo(&story.central_folder().join("blobs/objects"), &record.export)?;
    flip_in_file(&photo)?;
    let said = check(&service, &record.id)?;
    assert_eq!(
        (&said["verdict"], &said["step"]),
        (&json!("failed"), &json!("blobs")),
        "a changed photo is named: {said}"
    );
    flip_in_file(&photo)?;
    assert_eq!(check(&service, &record.id)?["verdict"], "verified", "the photo's own bytes are back");

    let database = story.central_folder().join("central.db");
    flip_in_envelope(&database, &record.id)?;
    let said = check(&service, &record.id)?;
    assert_eq!(said["verdict"], "failed", "one changed byte of the envelope is enough: {said}");
    let step = said["step"].as_str().context("a step")?;
    let named = said["steps"].as_array().into_iter().flatten().find(|one| one["step"] == step);
    assert_eq!(
        named.map(|one| &one["verdict"]),
        Some(&json!("failed")),
        "the banner names the step that failed: {said}"
    );
    flip_in_envelope(&database, &record.id)?;
    assert_eq!(check(&service, &record.id)?["verdict"], "verified", "the envelope's own bytes are back");
    Ok(())
}

/// What the console says of a record and of the round, each number held against its list.
fn check(service: &Service, record: &str) -> Result<Value> {
    Browser::before(service)?.run("check", &["--record", record])
}

/// Where the service keeps the first photo of an exported record.
fn first_photo(objects: &Path, export: &Path) -> Result<std::path::PathBuf> {
    let record: Value = serde_json::from_slice(&fs::read(export.join("record.json"))?)?;
    let hash = record["evidence"][0]["sha256"].as_str().context("the record has a photo")?;
    Ok(objects.join(&hash[..2]).join(hash))
}

#[test]
fn two_tablets_records_of_one_rack_stand_side_by_side_until_a_person_decides() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    story.prepare()?;
    story.open_console_account()?;
    let service = story.serve()?;
    // The same rack, walked on two tablets; the other one is a tablet of the first version of the protocol.
    let old = OldTerminal::enrols(&story, &folder.path().join("old"), &service.url, "镕堃")?;
    let reviewer = folder.path().join("reviewer");
    let code = story.central().args(["terminal", "enrol-code", "--person", "王䶮"]).json()?;
    story
        .field_at(&reviewer)
        .args(["--service", &service.url, "enrol", "--name", "平板C", "--root-fingerprint", story.fingerprint()])
        .args(["--code", code["code"].as_str().context("a code")?])
        .json()?;
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json()?;
    story.field_at(&reviewer).arg_json("pull")?;
    old.does(&["pull", &service.url])?;
    let first = story.seal_without_sending(1)?.remove(0);
    story.field().args(["--service", &service.url]).arg_json("sync")?;
    let photo = story.photo_of("rack-1-front", 7)?;
    let second = old.seals("rack", &[&photo])?;
    let refused = old.does(&["send", &service.url]).expect_err("another record is in its place");
    assert!(format!("{refused:#}").contains("409.1"), "{refused:#}");

    let browser = Browser::before(&service)?;
    let said = browser.run("beside", &["--record", &first])?;
    let cards = said["cards"].as_array().context("cards")?;
    assert_eq!(cards.len(), 2, "{said}");
    assert_eq!((&cards[0]["accepted"], &cards[1]["accepted"]), (&json!(true), &json!(false)), "{said}");
    assert!(cards[0]["text"].to_string().contains(&first) && cards[1]["text"].to_string().contains(&second), "{said}");
    assert_eq!(said["state"], "open", "nobody decided: {said}");
    assert!(said["decision"].to_string().contains("xunjian aside case"), "and the page says how: {said}");
    assert!(said["lines"].as_u64() > Some(0) || said["assets"].as_u64() > Some(0), "they say different things: {said}");
    assert_eq!(said["faults"], json!([]), "{said}");
    let scan = browser.run("scan", &["--record", &first, "--screen", "beside", "--screen", "aside"])?;
    assert_eq!((&scan["routes"], &scan["problems"]), (&json!(2), &json!([])), "{scan}");

    // As the page says: the case, the decision of a person who walked neither, and back.
    let (case, decision) = (folder.path().join("case.json"), folder.path().join("decision.json"));
    let kept = story.central().args(["aside", "list"]).json()?;
    let envelope = kept[0]["envelope"].as_str().context("an envelope")?.to_owned();
    story.central().args(["aside", "case", &envelope[..16], "--out"]).args([&case]).json()?;
    story
        .field_at(&reviewer)
        .args(["decide".as_ref(), case.as_os_str(), "--counts".as_ref(), second[..16].as_ref()])
        .args(["--reason", "现场复看，以第二份为准", "--out"])
        .args([&decision])
        .env("XUNJIAN_PASSPHRASE", PASSPHRASE)
        .json()?;
    story.central().args(["aside", "decide"]).args([&decision]).json()?;
    let said = browser.run("beside", &["--record", &first])?;
    assert_eq!(said["state"], "decided", "{said}");
    let decided = said["decision"].to_string();
    assert!(decided.contains("王䶮") && decided.contains("现场复看"), "who and why: {said}");
    let counts: Vec<&Value> = said["cards"].as_array().context("cards")?.iter().map(|card| &card["counts"]).collect();
    assert_eq!(counts, [&json!("false"), &json!("true")], "{said}");
    assert_eq!(old.does(&["send", &service.url])?["records"], json!(["identical"]), "its photos may come now");
    assert_eq!(old.does(&["collect", &service.url])?["delivered"], 1, "and it has its receipt");
    Ok(())
}
