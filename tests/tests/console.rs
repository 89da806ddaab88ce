//! The console in a real browser: every route of it in both languages and themes, what it says of records, and what it says once
//! somebody changed a stored byte behind the service's back. The office's own morning is part of `app_window.rs`.
//!
//! It exists because nothing smaller can tell whether the served pages load under their policy and whether what a supervisor
//! reads there is true. Rules are tested without a browser, on the service.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use xunjian_tests::{
    Service, Story, StoryOptions,
    browser::Browser,
    damage::{flip_in_envelope, flip_in_file},
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
