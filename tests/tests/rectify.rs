//! 整改, 覆盖 and 关闭 on real processes: what two racks show is opened, assigned, submitted, rejected, and closed once the ledger says
//! what was seen; the round is closed by two signatures made on two tablets, archived, and checked by a program that knows no site.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;
use xunjian_tests::{Story, StoryOptions, workspace};

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}"))
}

/// Somebody enrols on a tablet of their own.
fn enrol(story: &Story, url: &str, name: &str, tablet: &Path) {
    let code = story.central().args(["terminal", "enrol-code", "--person", name]).json().unwrap();
    let enrol = ["--service", url, "enrol", "--code", text(&code, "code"), "--name", "平板"];
    story.field_at(tablet).args(enrol).json().unwrap();
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().unwrap();
}

#[test]
fn problems_are_followed_up_and_the_round_is_closed_by_both_sides() {
    let folder = TempDir::new().expect("a temporary folder");
    let ledgers = ["demo/ledger.xlsx", "demo/virtual_machines.csv", "demo/orders.csv"];
    let ledgers = ledgers.map(|file| workspace().join(file)).to_vec();
    let options = StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false };
    let mut story = Story::new(options).unwrap();
    story.prepare().unwrap();
    story.seal_without_sending(2).unwrap();
    for (name, role) in [("孙整改", "rectifier"), ("周审批", "ledger_approver")] {
        let add = ["user", "add", "--name", name, "--party", "provider", "--role", role];
        story.central().args(add).json().unwrap();
    }
    let service = story.serve().unwrap();
    let url = service.url.clone();
    let tablets = [("王䶮", "tablet-wang"), ("孙整改", "tablet-sun"), ("周审批", "tablet-zhou")];
    let [wang, sun, zhou] = tablets.map(|(name, tablet)| {
        let tablet = folder.path().join(tablet);
        enrol(&story, &url, name, &tablet);
        tablet
    });
    for tablet in [&wang, &sun, &zhou] {
        story.field_at(tablet).args(["--service", &url, "pull"]).json().unwrap();
    }
    let synced = story.field().args(["--service", &url, "sync"]).json().unwrap();
    assert_eq!(synced["delivered"], 2);
    let central = |arguments: &[&str]| story.central().args(arguments).json();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

    let unopened = central(&["finding", "list", "--unopened"]).unwrap();
    let unopened = unopened.as_array().unwrap();
    assert!(unopened.len() >= 2, "each rack has an asset of another model: {unopened:?}");
    let refused = central(&["finding", "open"]).unwrap_err().to_string();
    assert!(refused.contains("请用 --due 给出") || refused.contains("请用 --unit 给出"), "{refused}");
    let opened = central(&["finding", "open", "--unit", "云山云服务有限公司", "--due", "2030-01-31"]).unwrap();
    assert_eq!(opened["opened"].as_array().unwrap().len(), unopened.len());
    // The one that a change of the ledger can put right: the asset is another model than the ledger says.
    let listed = central(&["finding", "list"]).unwrap();
    let mut discrepancies =
        listed.as_array().unwrap().iter().filter(|one| one["opening"]["source"]["type"] == "discrepancy");
    let id = text(discrepancies.next().expect("a discrepancy was opened"), "id").to_owned();

    central(&["finding", "assign", &id[..12], "--to", "王䶮"]).expect_err("a reviewer rectifies nothing");
    // The power goes while the step is stored: nothing of it stands, and the same command does it.
    let assign = ["finding", "assign", &id[..12], "--to", "孙整改", "--note", "周三前"];
    story.central().args(assign).killed_at("rectification.before_commit").unwrap();
    assert_eq!(central(&["finding", "show", &id]).unwrap()["steps"].as_array().map(Vec::len), Some(1));
    central(&assign).unwrap();
    central(&["finding", "feedback", &id[..12], "--channel", "电话", "--text", "已安排核对"]).unwrap();
    let acknowledge = ["finding", "acknowledge", &id[..12], "--who", "赵科长", "--channel", "电话"];
    central(&acknowledge).unwrap();
    let (case, signed) = (file("case.json"), file("signed.json"));
    central(&["finding", "show", &id, "--case", &case]).unwrap();
    let at = |tablet: &Path, arguments: &[&str]| story.field_at(tablet).args(arguments).json();
    let shown = at(&wang, &["finding", &case]).unwrap();
    assert_eq!((text(&shown, "id"), shown["steps"].as_array().unwrap().len()), (id.as_str(), 4));
    at(&wang, &["finding", &case, "--accept", "--out", &signed]).expect_err("nothing shows that it is put right");
    at(&wang, &["finding", &case, "--submit", "我来", "--out", &signed]).expect_err("it is not hers");
    at(&sun, &["finding", &case, "--submit", "铭牌已核对", "--out", &signed]).unwrap();
    assert_eq!(text(&central(&["finding", "submit", &signed]).unwrap(), "state"), "submitted");
    assert_eq!(central(&["finding", "submit", &signed]).unwrap()["identical"], true);
    at(&wang, &["finding", &case, "--reject", "没有照片", "--out", &signed]).expect_err("of a case that is old");
    central(&["finding", "show", &id, "--case", &case]).unwrap();
    at(&wang, &["finding", &case, "--reject", "没有照片", "--out", &signed]).unwrap();
    central(&["finding", "submit", &signed]).expect_err("a rejection is no submission");
    assert_eq!(text(&central(&["finding", "close", &signed]).unwrap(), "state"), "rejected");
    let list = central(&["finding", "list", "--state", "rejected"]).unwrap();
    assert_eq!((list.as_array().unwrap().len(), text(&list[0], "id")), (1, id.as_str()));
    let csv = file("整改.csv");
    central(&["finding", "export", "--out", &csv]).unwrap();
    let csv = fs::read_to_string(csv).unwrap();
    assert!(csv.lines().count() == unopened.len() + 1 && csv.contains("退回"), "{csv}");

    let rounds = central(&["finding", "list"]).unwrap();
    let round = text(&rounds[0]["opening"], "round").to_owned();

    // What was seen goes into the ledger by a person who may say so, and that closes the problem, by another one.
    let change = file("change.json");
    let proposed = central(&["ledger", "changes", "propose", "--round", &round]).unwrap();
    let change_id = text(&proposed, "id").to_owned();
    assert!(!proposed["change_set"]["changes"].as_array().unwrap().is_empty(), "{proposed}");
    central(&["ledger", "changes", "show", &change_id[..12], "--out", &change]).unwrap();
    let shown = at(&zhou, &["ledger-change", &change]).unwrap();
    assert_eq!(shown["changes"].as_array().map(Vec::len), proposed["change_set"]["changes"].as_array().map(Vec::len));
    let approve = ["ledger-change", &change, "--approve", "--reason", "与铭牌一致", "--out", &signed];
    at(&wang, &approve).expect_err("a reviewer does not decide about the ledger");
    at(&zhou, &["ledger-change", &change, "--reject", "--out", &signed]).expect_err("a rejection without a reason");
    at(&zhou, &approve).unwrap();
    central(&["ledger", "changes", "reject", &signed]).expect_err("the file approves");
    let approved = central(&["ledger", "changes", "approve", &signed]).unwrap();
    assert_eq!(approved["change"]["decision"]["version"], 2, "{approved}");
    assert_eq!(central(&["ledger", "changes", "approve", &signed]).unwrap()["identical"], true);
    at(&zhou, &["finding", &case, "--accept", "--out", &signed]).expect_err("an approver closes nothing");
    central(&["finding", "show", &id, "--case", &case]).unwrap();
    at(&sun, &["finding", &case, "--submit", "台账已按铭牌更正", "--out", &signed]).unwrap();
    central(&["finding", "submit", &signed]).unwrap();
    central(&["finding", "show", &id, "--case", &case]).unwrap();
    at(&sun, &["finding", &case, "--accept", "--out", &signed]).expect_err("nobody closes his own work");
    at(&wang, &["finding", &case, "--accept", "--out", &signed]).unwrap();
    assert_eq!(text(&central(&["finding", "close", &signed]).unwrap(), "state"), "accepted");
    let before = central(&["round", "coverage", &round, "--list", "missed"]).unwrap();
    assert_eq!(before["totals"]["visits_delivered"], 2);
    let missed = before["totals"]["whole"]["due"].as_u64().unwrap()
        - ["normal", "abnormal", "not_applicable", "not_checked"]
            .iter()
            .map(|name| before["totals"]["whole"][name].as_u64().unwrap())
            .sum::<u64>();
    assert_eq!(before["lines"].as_array().unwrap().len() as u64, missed, "the list behind the number");
    let indicators = central(&["round", "indicators", &round]).unwrap();
    assert!(indicators.as_array().unwrap().iter().any(|one| one["value"]["zh"] == "未采集"));
    let calendar = central(&["calendar", "show"]).unwrap()["calendar"].clone();
    fs::write(file("calendar.json"), calendar.to_string()).unwrap();
    assert_eq!(
        central(&["calendar", "set", &file("calendar.json")]).unwrap()["set_by"],
        "",
        "the same one changes nothing"
    );

    let (draft, ours, theirs) = (file("closing.json"), file("ours.json"), file("theirs.json"));
    central(&["round", "close", &round, "--reason", "机房搬迁", "--draft", &draft]).unwrap();
    let li = |arguments: &[&str]| story.field().args(arguments).json().unwrap();
    li(&["close-round", &draft, "--sign", "--out", &ours]);
    at(&wang, &["close-round", &draft, "--sign", "--out", &theirs]).unwrap();
    central(&["round", "close", "--signed", &ours]).expect_err("one side alone closes nothing");
    let close = ["round", "close", "--signed", &ours, "--signed", &theirs];
    story.central().args(close).killed_at("closing.before_commit").unwrap();
    let closed = central(&close).unwrap();
    assert_eq!(closed["signed_by"].as_array().map(Vec::len), Some(2));
    let after = central(&["round", "coverage", &round]).unwrap();
    assert_eq!(after["totals"], before["totals"]);

    let archive = file("archive.zip");
    central(&["round", "archive", &round, "--out", &archive]).unwrap();
    let checked = central(&["round", "check", &archive, "--root", story.fingerprint()]).unwrap();
    assert_eq!((&checked["is_right"], checked["closed"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    let unpinned = story.central().args(["round", "check", &archive]).output().unwrap();
    assert_eq!(unpinned.status.code(), Some(3), "consistent, and nobody said whose");
    let verify = story.programs().program("xunjian-verify").args([&archive]);
    let verified = verify.args(["--root", story.fingerprint()]).text().unwrap();
    assert!(verified.contains("derived again"), "{verified}");
    central(&["pack", "--round", &round, "--out", &file("pack.zip")]).unwrap();
    central(&["pack", "--out", &file("none.zip")]).expect_err("of what?");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let broken = story.central().args(["round", "check", &archive, "--root", story.fingerprint()]).output().unwrap();
    assert_eq!(broken.status.code(), Some(1));
    for check in ["fsck", "verify-all"] {
        assert_eq!(central(&[check]).unwrap()["damages"], json!([]));
    }
}
