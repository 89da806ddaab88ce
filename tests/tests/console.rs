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
    // And problems that somebody opened, so that what becomes of them has something to show as well.
    let unit = ["finding", "open", "--unit", "云山云服务有限公司", "--due", "2026-01-05"];
    let opened = story.central().args(unit).json()?;
    let first = opened["opened"][0].as_str().context("a problem that was opened")?;
    story.central().args(["finding", "feedback", first, "--channel", "电话", "--text", "已安排核对"]).json()?;
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

/// Somebody enrols on a tablet of their own and fetches what there is to know.
fn enrol(story: &Story, url: &str, name: &str, tablet: &Path) -> Result<()> {
    let code = story.central().args(["terminal", "enrol-code", "--person", name]).json()?;
    let code = code["code"].as_str().context("a code")?;
    let arguments = ["--service", url, "enrol", "--code", code, "--name", "平板", "--root-fingerprint"];
    story.field_at(tablet).args(arguments).args([story.fingerprint()]).json()?;
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json()?;
    story.field_at(tablet).args(["--service", url, "pull"]).json()?;
    Ok(())
}

fn list<'a>(said: &'a Value, part: &str, name: &str) -> Vec<&'a str> {
    said[part][name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn a_round_shows_the_list_behind_each_number_what_becomes_of_problems_and_who_closed_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    story.prepare()?;
    story.open_console_account()?;
    story.seal_without_sending(2)?;
    let add = ["user", "add", "--name", "孙整改", "--party", "provider", "--role", "rectifier"];
    story.central().args(add).json()?;
    let service = story.serve()?;
    let (wang, sun) = (folder.path().join("tablet-wang"), folder.path().join("tablet-sun"));
    enrol(&story, &service.url, "王䶮", &wang)?;
    enrol(&story, &service.url, "孙整改", &sun)?;
    story.field().args(["--service", &service.url, "sync"]).json()?;
    let central = |arguments: &[&str]| story.central().args(arguments).json();
    let file = |name: &str| folder.path().join(name).display().to_string();

    let opened = central(&["finding", "open", "--unit", "云山云服务有限公司", "--due", "2030-01-31"])?;
    let id = opened["opened"][0].as_str().context("an id")?.to_owned();
    central(&["finding", "assign", &id[..12], "--to", "孙整改", "--note", "周三前"])?;
    central(&["finding", "feedback", &id[..12], "--channel", "电话", "--text", "已安排核对"])?;
    let all = central(&["finding", "list"])?;
    let total = all.as_array().map_or(0, Vec::len);
    let round = all[0]["opening"]["round"].as_str().context("a round")?.to_owned();
    central(&["ledger", "changes", "propose", "--round", &round])?;

    let browser = Browser::before(&service)?;
    let (csv, archive) = (file("整改.csv"), file("archive.zip"));
    let arguments = ["--round", &round, "--rectification", &id, "--csv", &csv, "--archive", &archive];
    let said = browser.run("progress", &arguments)?;
    let counted = central(&["round", "coverage", &round])?;
    assert_eq!(said["stats"]["due"], counted["totals"]["whole"]["due"], "as the command counts: {said}");
    assert_eq!(said["indicators"]["satisfied_overall"], "— 未采集", "{said}");
    let rectifications = &said["rectifications"];
    assert_eq!((&rectifications["total"], &rectifications["unopened"]), (&json!(total), &json!(0)), "{said}");
    assert_eq!(rectifications["file"], "整改.csv", "{said}");
    let lines = rectifications["csv"].as_str().map_or(0, |csv| csv.lines().count());
    assert_eq!(lines, total + 1, "a line each below the heading: {said}");
    assert_eq!(rectifications["state"], "open", "{said}");
    assert_eq!(list(&said, "rectifications", "tasks"), ["submit", "acknowledge"], "{said}");
    assert_eq!(
        (&said["changes"]["state"], &said["closing"]["isClosed"]),
        (&json!("proposed"), &json!(false)),
        "{said}"
    );
    let people = list(&said, "closing", "people").join(" ");
    assert!(people.contains("王䶮") && people.contains("镕堃"), "whoever may sign is named: {said}");

    // As the page says: the case, the signature of whom it is assigned to, and back.
    let commands = list(&said, "rectifications", "commands");
    let (show, sign, take) = (commands[0], commands[1], commands[2]);
    let typed = |command: &str| -> Vec<String> {
        let words = command.split(' ').skip(1).map(|word| match word {
            "TEXT" => "铭牌已核对".to_owned(),
            word if word.ends_with(".json") => file(word),
            word => word.to_owned(),
        });
        words.collect()
    };
    story.central().args(typed(show)).json()?;
    story.field_at(&sun).args(typed(sign)).env("XUNJIAN_PASSPHRASE", PASSPHRASE).json()?;
    story.central().args(typed(take)).json()?;
    let draft = said["closing"]["draft"].as_str().context("a command")?;
    let draft = draft.replace("REASON", "机房搬迁");
    story.central().args(typed(&draft)).json()?;
    let (ours, theirs) = (file("provider.json"), file("reviewer.json"));
    let draft = file("closing.json");
    story.field().args(["close-round", &draft, "--sign", "--out", &ours]).json()?;
    story.field_at(&wang).args(["close-round", &draft, "--sign", "--out", &theirs]).json()?;
    central(&["round", "close", "--signed", &ours, "--signed", &theirs])?;

    let said = browser.run("progress", &arguments)?;
    assert_eq!(said["rectifications"]["state"], "submitted", "{said}");
    let steps = list(&said, "rectifications", "steps").join(" ");
    assert!(
        steps.contains("孙整改") && steps.contains("铭牌已核对") && steps.contains("本人签名"),
        "who and what: {said}"
    );
    assert_eq!(said["closing"]["isClosed"], true, "{said}");
    let closing = said["closing"]["text"].as_str().context("a text")?;
    assert!(closing.contains("机房搬迁") && closing.contains("签名核验一致"), "why, and that it holds: {said}");
    assert_eq!(list(&said, "closing", "people").len(), 2, "{said}");
    let checked = central(&["round", "check", &archive, "--root", story.fingerprint()])?;
    assert_eq!(checked["is_right"], true, "the archive as it came out of the browser: {checked}");
    assert_eq!(said["faults"], json!([]), "{said}");
    Ok(())
}
