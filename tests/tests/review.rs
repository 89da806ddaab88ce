//! 复核 on real processes: sealed → returned → amended → countersigned, the reviewer on her own tablet, offline in between.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;
use xunjian_tests::{Story, StoryOptions, old_terminal::OldTerminal, workspace};

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}"))
}

/// 王䶮 of 管理方 enrols on a tablet of her own.
fn enrol_reviewer(story: &Story, url: &str, tablet: &Path) {
    let code = story.central().args(["terminal", "enrol-code", "--person", "王䶮"]).json().unwrap();
    let enrol = ["--service", url, "enrol", "--code", text(&code, "code"), "--name", "平板C"];
    story.field_at(tablet).args(enrol).json().unwrap();
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().unwrap();
    story.field_at(tablet).arg_json("pull").unwrap();
}

/// The tablet's own pack of a record: judged by both verifiers, refused when a byte of it changes, the same when made again.
fn packs_of_the_terminal_prove(story: &Story, packs: &Path, record: &str) {
    std::fs::create_dir(packs).unwrap();
    let make = || story.field().args(["records", "pack", record]).args([packs]).json().unwrap();
    let packed = make();
    let file = Path::new(text(&packed, "file")).to_owned();
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes.len() as u64, packed["bytes"].as_u64().unwrap());
    let root = ["--root", story.fingerprint()];
    let verify = || story.programs().program("xunjian-verify").args([&file]).args(root);
    let checked = verify().json().unwrap();
    assert_eq!(checked["result"], "ok", "{checked}");
    let script = workspace().join("crates/proof/pack/verify.py");
    let by_hand = || Command::new("python3").arg(&script).arg(&file).args(root).output().unwrap();
    let said = by_hand();
    assert!(said.status.success(), "{said:?}");
    make();
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "the same bytes");
    let photo = bytes.windows(7).position(|window| window == b"photos/").unwrap();
    let mut spoiled = bytes.clone();
    spoiled[photo + 2_000] ^= 1;
    std::fs::write(&file, spoiled).unwrap();
    assert_eq!(verify().output().unwrap().status.code(), Some(1), "a bit of a photo");
    assert!(!by_hand().status.success());
}

#[test]
fn a_record_is_returned_amended_and_countersigned() {
    let folder = TempDir::new().expect("a temporary folder");
    let ledgers = ["demo/ledger.xlsx", "demo/virtual_machines.csv", "demo/orders.csv"];
    let ledgers = ledgers.map(|file| workspace().join(file)).to_vec();
    let options = StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false };
    let mut story = Story::new(options).unwrap();
    story.prepare().unwrap();
    let records = story.seal_without_sending(2).unwrap();
    let service = story.serve().unwrap();
    let url = service.url.clone();
    let li = |arguments: &[&str]| story.field().args(["--service", &url]).args(arguments).json().unwrap();
    let tablet = folder.path().join("tablet-c");
    enrol_reviewer(&story, &url, &tablet);
    let chen = |arguments: &[&str]| story.field_at(&tablet).args(["--service", &url]).args(arguments).json();
    assert_eq!(li(&["sync"])["delivered"], 2);
    assert_eq!(chen(&["sync"]).unwrap()["reviews_fetched"], 2);
    let photos = chen(&["review", "photos", "--all"]).unwrap();
    assert!(photos["fetched"].as_u64() > Some(0), "{photos}");
    drop(service);

    // Offline: list, check, return one, accept the other.
    let queue = chen(&["review", "list"]).unwrap();
    assert_eq!((queue["waiting"].as_u64(), queue["items"].as_array().map(Vec::len)), (Some(2), Some(2)));
    for record in &records {
        let view = chen(&["review", "show", record]).unwrap();
        assert_eq!(view["verified"], json!(true), "{}", view["steps"]);
        let photos = view["steps"].as_array().unwrap().iter().find(|step| step["step"] == "photos").unwrap();
        assert_eq!(photos["passed"], json!(true), "every photo was fetched and hashes to its name");
    }
    let visit = chen(&["review", "show", &records[0]]).unwrap();
    let visit = text(&visit["item"]["summary"], "visit").to_owned();
    chen(&["review", "return", &records[0]]).expect_err("a return without a reason");
    chen(&["review", "return", &records[0], "--line", "1=指示灯看不清", "--comment", "请改说明"]).unwrap();
    chen(&["review", "accept", &records[1]]).unwrap();

    // The service comes back at its old address; verdicts go up, the inspector is told.
    let service = story.serve_at(&url).unwrap();
    assert_eq!(chen(&["sync"]).unwrap()["countersigned"], 2);
    li(&["sync"]);
    assert_eq!(li(&["review", "returned"]), json!([]), "a key that this terminal cannot vouch for returns nothing");
    // The reviewer's key came with the site's later statements.
    li(&["pull"]);
    let returned = li(&["review", "returned"]);
    assert_eq!(returned[0]["record"], json!(records[0]), "{returned}");
    assert_eq!(returned[0]["lines"]["1"], "指示灯看不清");
    let today = li(&["today"]);
    let visits = today["rounds"][0]["visits"].as_array().unwrap();
    let standing = visits.iter().find(|one| one["id"] == json!(visit)).unwrap();
    assert_eq!((&standing["state"], &standing["returned"]["comment"]), (&json!("returned"), &json!("请改说明")));
    let own = text(&returned[0], "record").to_owned();

    // Amended: opened with every answer, one changed, sealed as revision 2.
    let amended = li(&["visit", "amend", &visit]);
    assert_eq!(amended["visit"]["missing"], json!([]), "everything the returned record says is there");
    let line = amended["visit"]["lines"][0].clone();
    let mut answer =
        json!({ "line": line["no"], "outcome": line["answer"]["outcome"], "note": "已现场复核，指示灯正常" });
    answer["checks"] = line["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| !check["result"].is_null())
        .map(|check| {
            let mut given = json!({ "check": check["key"], "outcome": check["result"]["outcome"] });
            if !check["result"]["value"].is_null() {
                given["value"] = check["result"]["value"].clone();
            }
            given
        })
        .collect();
    let file = folder.path().join("answer.json");
    std::fs::write(&file, serde_json::to_vec(&[answer]).unwrap()).unwrap();
    li(&["visit", "answer", &visit, "--file", file.to_str().unwrap()]);
    let sealed = li(&["visit", "seal", &visit]);
    let second = text(&sealed, "record").to_owned();
    assert_ne!(second, own);
    li(&["sync"]);

    chen(&["sync"]).unwrap();
    let view = chen(&["review", "show", &second]).unwrap();
    assert_eq!(view["verified"], json!(true), "{}", view["steps"]);
    assert_eq!(view["record"]["visit"]["revision"], 2);
    assert_eq!(view["record"]["amends"]["record"], json!(own));
    assert_eq!(view["amends"]["difference"]["lines"].as_array().map(Vec::len), Some(1), "only what was changed");
    chen(&["review", "accept", &own]).expect_err("the record that was amended cannot be accepted any more");
    chen(&["review", "accept", &second]).unwrap();
    chen(&["sync"]).unwrap();
    li(&["sync"]);
    assert_eq!(li(&["review", "returned"]), json!([]));
    let view = chen(&["review", "show", &second]).unwrap();
    let said = view["countersignatures"].as_array().unwrap();
    assert_eq!(
        (said.len(), &said[0]["state"]),
        (1, &json!("logged")),
        "the receipt of the countersignature is here: {view}"
    );
    let last = view["steps"].as_array().unwrap().iter().find(|step| step["step"] == "countersignatures").unwrap();
    assert_eq!(last["passed"], json!(true), "and it counts at its place: {last}");
    // Anyone can check it afterwards, without this program and without the network.
    for (record, verdict) in [(&own, "returned"), (&second, "accepted")] {
        let export = folder.path().join(verdict);
        li(&["records", "export", record, export.to_str().unwrap()]);
        let verify = story.programs().program("xunjian-verify").args([&export]);
        let checked = verify.args(["--root-fingerprint", story.fingerprint()]).json().unwrap();
        assert_eq!((&checked["result"], &checked["reviewed"]), (&json!("ok"), &json!(verdict)), "{checked}");
    }
    packs_of_the_terminal_prove(&story, &folder.path().join("packs"), &second);
    let state = |record: &str| {
        let list = story.central().args(["review", "list"]).json().unwrap();
        let row = list.as_array().unwrap().iter().find(|row| row["record"] == json!(record)).cloned().unwrap();
        text(&row, "state").to_owned()
    };
    assert_eq!(
        (state(&own), state(&second), state(&records[1])),
        ("amended".into(), "accepted".into(), "accepted".into())
    );
    let shown = story.central().args(["review", "show", &second]).json().unwrap();
    assert_eq!(shown["countersignatures"][0]["failure"], "");

    // A tablet that enrolled after her last pull: its record comes before its keys do.
    let late = OldTerminal::enrols(&story, &folder.path().join("late"), &url, "镕堃").unwrap();
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json().unwrap();
    late.does(&["pull", &url]).unwrap();
    let theirs = late.seals("cluster", &[]).unwrap();
    late.does(&["send", &url]).unwrap();
    let failure = || {
        let queue = chen(&["review", "list"]).unwrap();
        let item = queue["items"].as_array().unwrap().iter().find(|item| item["summary"]["record"] == json!(theirs));
        text(&item.unwrap()["summary"], "failure").to_owned()
    };
    chen(&["sync"]).unwrap();
    assert_ne!(failure(), "", "nobody she trusts vouches for that key");
    chen(&["pull"]).unwrap();
    assert_eq!(failure(), "", "with the key the record verifies");
    drop(service);
    assert_eq!(story.central().args(["fsck"]).json().unwrap()["damages"], json!([]));
    assert_eq!(story.central().args(["verify-all"]).json().unwrap()["damages"], json!([]));
}
