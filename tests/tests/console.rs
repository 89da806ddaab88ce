//! The console in a real browser: an office's first morning by hand, what it says of records, and what it says once somebody
//! changed a stored byte behind the service's back.
//!
//! It exists because nothing smaller can tell whether the served pages load under their policy and whether what a supervisor
//! reads there is true. Rules are tested without a browser, on the service.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use xunjian_tests::{Service, Story, StoryOptions, browser::Browser, workspace};

fn story(folder: &Path) -> Result<Story> {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false })
}

#[test]
fn an_office_imports_its_ledger_opens_a_round_and_brings_a_tablet_in_by_hand() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    story.make_site()?;
    story.open_console_account()?;
    let service = story.serve()?;

    let ledgers: Vec<String> = story.options().ledgers.iter().map(|file| file.display().to_string()).collect();
    let arguments: Vec<&str> = ledgers.iter().flat_map(|file| ["--ledger", file]).collect();
    let done = Browser::before(&service)?.run("office", &arguments)?;
    assert_eq!(done["faults"], json!([]), "the pages work without an error and within their policy");
    assert_eq!(done["version"], 1, "the first import makes the first version");
    assert!(done["problems"].as_u64() > Some(0), "the demo's ledger has rows to complain about: {done}");

    let people = story.central().args(["user", "list"]).json()?;
    assert!(people.to_string().contains("李工"), "who was added by hand is there for the commands too: {people}");

    let code = done["code"].as_str().context("a code")?;
    assert!(
        done["invite"].as_str().is_some_and(|invite| invite.contains(code)),
        "what is copied holds the code: {done}"
    );
    let enrol = story.field().args(["--service", &service.url, "enrol", "--code", code, "--name", "平板A"]);
    enrol.args(["--root-fingerprint", story.fingerprint()]).json()?;
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json()?;
    story.field().arg_json("pull")?;
    let today = story.field().arg_json("today")?;
    let visits = today["rounds"][0]["visits"].as_array().context("visits")?;
    assert_eq!(Some(visits.len() as u64), done["visits"].as_u64(), "the tablet has the visits that the page promised");
    Ok(())
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

/// Changes one byte in the middle; doing it again brings the byte back.
fn flip_in_file(file: &Path) -> Result<()> {
    let mut bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(fs::write(file, bytes)?)
}

/// As [`flip_in_file`], of the envelope that the service stored, while the service runs.
fn flip_in_envelope(database: &Path, record: &str) -> Result<()> {
    let connection = rusqlite::Connection::open(database)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let read = connection.query_row("SELECT envelope FROM record WHERE id = ?1", [record], |row| row.get(0));
    let mut bytes: Vec<u8> = read?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    connection.execute("UPDATE record SET envelope = ?2 WHERE id = ?1", rusqlite::params![record, bytes])?;
    Ok(())
}
