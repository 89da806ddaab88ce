//! Copies of a folder where there should be one: a terminal cloned to a second tablet, a terminal restored from a backup, the
//! service restored from a backup. Real programs and folders; what each tablet says is what its command prints.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use xunjian_tests::{Story, StoryOptions, copy_folder, sweep::files_under, workspace};

fn story(folder: &Path) -> Story {
    let ledgers = vec![workspace().join("demo/ledger.xlsx")];
    let mut story = Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false }).expect("a story");
    story.prepare().expect("a site, a round, an enrolled terminal");
    story
}

/// Puts one folder where another was, which is kept under a new name.
fn replace(place: &Path, kept_as: &Path, with: &Path) {
    fs::rename(place, kept_as).expect("the folder moves away");
    fs::rename(with, place).expect("the other one takes its place");
}

/// What `sync` printed, and its exit code.
fn syncs(story: &Story, url: &str) -> (i32, Value) {
    let output = story.field().args(["--service", url, "--json", "sync"]).output().expect("the sync starts");
    let printed = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code().expect("it ends by itself"), printed)
}

fn errors(report: &Value) -> Vec<&str> {
    report["errors"].as_array().expect("errors").iter().filter_map(|fault| fault["message"]["zh"].as_str()).collect()
}

fn aside(story: &Story) -> Vec<Value> {
    story.central().args(["aside", "list"]).json().expect("a list").as_array().expect("a list").clone()
}

fn warnings(story: &Story) -> Vec<String> {
    let status = story.field().arg_json("status").expect("the status");
    let warnings = status["warnings"].as_array().expect("warnings").iter();
    warnings.filter_map(|text| text["zh"].as_str().map(str::to_owned)).collect()
}

fn originals(terminal: &Path) -> usize {
    files_under(&terminal.join("photos/originals")).expect("photos").len()
}

#[test]
fn a_terminal_cloned_to_a_second_tablet_forks_and_both_tablets_records_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = story(folder.path());
    let (terminal, first, second): (PathBuf, PathBuf, PathBuf) =
        (story.terminal_folder(), folder.path().join("first-tablet"), folder.path().join("second-tablet"));
    let service = story.serve().expect("the service");
    story.seal_without_sending(1).expect("a record");
    assert_eq!(syncs(&story, &service.url).0, 0);
    copy_folder(&terminal, &second).expect("a clone");

    // Both go on, each for itself: the same next rack, then another one each.
    let of_first = story.seal_without_sending(2).expect("two records of the first tablet");
    replace(&terminal, &first, &second);
    let of_second = story.seal_without_sending(2).expect("two records of the second tablet");
    replace(&terminal, &second, &first);
    let (code, report) = syncs(&story, &service.url);
    assert_eq!((code, &report["delivered"]), (0, &json!(2)), "the first to come is taken: {report}");
    assert_eq!(warnings(&story), Vec::<String>::new());

    replace(&terminal, &first, &second);
    let (code, report) = syncs(&story, &service.url);
    assert_eq!((code, &report["delivered"], &report["quarantined"]), (4, &json!(0), &json!(2)), "{report}");
    let told = errors(&report);
    for place in [2, 3] {
        let fork = told.iter().find(|text| text.starts_with(&format!("第 {place} 号有两份记录")));
        let fork = fork.unwrap_or_else(|| panic!("no word of place {place}: {told:?}"));
        assert!(fork.contains("请停用另一份数据") && fork.contains("管理员"), "says what to do: {fork}");
        assert!(warnings(&story).iter().any(|text| text == fork), "and goes on saying it");
    }
    // Sealed further, the clone's chain hangs on a record that the service did not take.
    let further = story.seal_without_sending(1).expect("a third record of the second tablet");
    let (code, report) = syncs(&story, &service.url);
    assert_eq!((code, &report["quarantined"]), (4, &json!(3)), "{report}");

    let kept = aside(&story);
    let problems: Vec<&str> = kept.iter().filter_map(|one| one["problem"].as_str()).collect();
    assert_eq!(problems, ["409.1", "409.1", "409.3"], "another record in place, twice, then a broken chain: {kept:?}");
    for record in of_second.iter().chain(&further) {
        let shown = story.field().args(["records", "show", record]).json().expect("the record stays on its tablet");
        assert!(shown["record"].is_object(), "{shown}");
    }
    // The first tablet is none the worse for it, and its next record takes the next place.
    replace(&terminal, &second, &first);
    story.seal_without_sending(1).expect("a fourth record of the first tablet");
    let (code, report) = syncs(&story, &service.url);
    assert_eq!((code, &report["delivered"]), (0, &json!(1)), "{report}");
    for record in &of_first {
        let shown = story.field().args(["records", "show", record]).json().expect("the record");
        assert!(shown["record"].is_object());
    }
    let checked = story.central().arg_json("fsck").expect("fsck finds no damage");
    assert_eq!((&checked["records"], &checked["damages"]), (&json!(4), &json!([])), "{checked}");
}

#[test]
fn a_terminal_restored_from_a_backup_gets_its_records_back_before_it_can_walk_them_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = story(folder.path());
    let (terminal, backup, broken) =
        (story.terminal_folder(), folder.path().join("backup"), folder.path().join("broken"));
    let service = story.serve().expect("the service");
    story.seal_without_sending(1).expect("a record");
    assert_eq!(syncs(&story, &service.url).0, 0);
    copy_folder(&terminal, &backup).expect("a backup");
    story.seal_without_sending(2).expect("two more");
    assert_eq!(syncs(&story, &service.url).0, 0);

    replace(&terminal, &broken, &backup);
    let (code, report) = syncs(&story, &service.url);
    let told = errors(&report);
    assert_eq!(code, 4, "{report}");
    assert!(told.iter().any(|text| text.contains("较早的副本") && text.contains("不必重做")), "{told:?}");
    story.seal_without_sending(1).expect("the next rack, not one of those that were walked");
    let (_, report) = syncs(&story, &service.url);
    assert_eq!((&report["delivered"], &report["quarantined"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(aside(&story), Vec::<Value>::new(), "no place was taken twice");
    let checked = story.central().arg_json("fsck").expect("fsck finds no damage");
    assert_eq!(checked["records"], 4, "{checked}");
}

#[test]
fn a_service_restored_from_a_backup_is_named_by_the_terminal_which_gives_nothing_away() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = story(folder.path());
    let (central, backup, broken) =
        (story.central_folder(), folder.path().join("backup"), folder.path().join("broken"));
    let service = story.serve().expect("the service");
    story.seal_without_sending(1).expect("a record");
    assert_eq!(syncs(&story, &service.url).0, 0);
    drop(service);
    copy_folder(&central, &backup).expect("a backup");
    let service = story.serve().expect("the service");
    story.seal_without_sending(2).expect("two more");
    let (code, report) = syncs(&story, &service.url);
    assert_eq!((code, &report["delivered"]), (0, &json!(2)), "{report}");
    drop(service);
    let photos = originals(&story.terminal_folder());
    assert!(photos > 0, "the records have photos");

    replace(&central, &broken, &backup);
    let service = story.serve().expect("the service of yesterday");
    // Nothing waits on the terminal, and still it does not call this fine.
    for time in ["the first", "the second"] {
        let (code, report) = syncs(&story, &service.url);
        let told = errors(&report);
        assert_eq!(code, 4, "{time} time: {report}");
        assert!(told.iter().any(|text| text.starts_with("服务端日志与上次所见不一致")), "{time} time: {told:?}");
        assert!(warnings(&story).iter().any(|text| text.contains("立即联系监理方")), "{:?}", warnings(&story));
    }
    // What the service lost is there again, and nothing of it is called delivered by the log that forgot it.
    let records = story.field().arg_json("records").expect("the records");
    assert_eq!(records["records"].as_array().map(Vec::len), Some(3), "{records}");
    // The log of yesterday is whole in itself: only who saw the other one can tell.
    let checked = story.central().arg_json("fsck").expect("fsck finds no damage");
    assert_eq!((&checked["records"], &checked["damages"]), (&json!(3), &json!([])), "{checked}");
    let released = story.field().args(["--json", "release"]).output().expect("the release starts");
    assert_eq!(released.status.code(), Some(4), "nothing is released: {released:?}");
    assert_eq!(originals(&story.terminal_folder()), photos, "every original is still on the terminal");
    story.seal_without_sending(1).expect("work goes on");
    let (code, _) = syncs(&story, &service.url);
    assert_eq!(code, 4);
    let verified = story.central().arg_json("verify-all");
    let verified = verified.map_or_else(|error| format!("{error:#}"), |verified| verified.to_string());
    assert!(
        verified.contains("\"records\":4") || verified.contains("\"records\": 4"),
        "every record is at the office: {verified}"
    );
}
