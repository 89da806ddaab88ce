//! Problems on the command line: one that an earlier round left open is looked at again, and the service desk is called.

use std::{fs, path::Path};

use serde_json::Value;
use xunjian_domain::{
    hash::Sha256,
    plan::VisitKind,
    visit::{FollowUpState, OpenFinding, Severity},
};
use xunjian_field::NewFinding;

use crate::{
    process::program,
    service::Service,
    terminal::{Terminal, jpeg, open, passphrase},
};

/// Runs a command; answers its exit code and what it printed for scripts.
fn runs(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = program(folder).args(arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), serde_json::from_str(&printed).unwrap_or(Value::Null))
}

/// Answers with what a command printed that must succeed.
fn prints(folder: &Path, arguments: &[&str]) -> Value {
    let (code, printed) = runs(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {printed}");
    printed
}

fn refused(folder: &Path, arguments: &[&str], code: &str) {
    let (exit, printed) = runs(folder, arguments);
    assert_eq!((exit, &printed["error"]["code"]), (1, &Value::from(code)), "{arguments:?}: {printed}");
    assert!(!printed["error"]["message"]["zh"].as_str().unwrap().is_empty(), "it says what to do");
}

fn untidy(photos: Vec<Sha256>) -> NewFinding {
    NewFinding {
        line: None,
        subject: None,
        severity: Severity::Minor,
        category: String::new(),
        description: "机房布线不规整".into(),
        responsible_unit: "运维一组".into(),
        due_on: Some(jiff::civil::date(2026, 12, 1)),
        photos,
        no_photo: None,
        fixed_on_site: String::new(),
        after_photos: Vec::new(),
        desk_callee: None,
        follows: None,
        replaces: None,
        found_ago_ms: None,
        called_ago_ms: None,
    }
}

#[tokio::test]
async fn an_open_problem_is_looked_at_again_with_visit_follow_up() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let before = terminal.attaches(&visit, 1, &jpeg(41));
    terminal.field.report_finding(terminal.draft(&visit), untidy(vec![before])).unwrap();
    let sealed = terminal.seals(&visit);
    let signed = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    service.open_round("round-2");
    service.leaves_open(vec![OpenFinding {
        finding: signed.findings[0].clone(),
        record: sealed.record,
        round_title: signed.round.title.clone(),
        visited: signed.visit.subject.clone(),
        visit_title: signed.visit.title.clone(),
        criterion: None,
        inspector_name: signed.inspector.name.clone(),
    }]);
    terminal.field.pull(&service).await.unwrap();
    let today = terminal.field.today(&terminal.li).unwrap();
    let again = today.rounds[1].visits.iter().find(|visit| visit.must_checks == 1).unwrap().id.clone();
    terminal.answers_all(&again, 2);
    let Terminal { field, clock, li, folder } = terminal;
    drop(field);

    let camera = tempfile::tempdir().unwrap();
    let (photo, after) = (camera.path().join("after.jpg"), jpeg(42));
    fs::write(&photo, &after).unwrap();
    let (folder, id, visit) = (folder.path(), signed.findings[0].id.as_str(), again.as_str());
    refused(folder, &["visit", "seal", visit], "not_ready");
    let follow_up = ["visit", "follow-up", visit, "--finding", id];
    let with = |more: &[&'static str]| [follow_up.as_slice(), more].concat();
    let state = |printed: &Value| printed[0]["follow_up"]["state"].clone();

    let remains = prints(folder, &with(&["--state", "remains", "--note", "仍然不规整"]));
    assert_eq!(state(&remains), "remains");
    let unsure = ["--state", "cannot-tell", "--note", "柜门打不开", "--no-photo", "涉密", "--confirmed-by", "王五"];
    let unsure = prints(folder, &with(&unsure));
    assert_eq!(
        (state(&unsure), unsure[0]["follow_up"]["no_photo"]["confirmed_by"].as_str()),
        ("cannot_tell".into(), Some("王五"))
    );
    let photo = photo.to_str().unwrap();
    let rectified = [&with(&["--state", "rectified", "--note", "已重新绑扎", "--after-photo"])[..], &[photo]].concat();
    let rectified = prints(folder, &rectified);
    assert_eq!(state(&rectified), "rectified", "the last answer stands");
    let hash = Sha256::of(&after);
    assert_eq!(rectified[0]["follow_up"]["after_photos"], serde_json::json!([hash]));

    // What is refused changes nothing.
    let unknown = ["visit", "follow-up", visit, "--finding", "another", "--state", "remains", "--note", "无"];
    refused(folder, &unknown, "not_found");
    let lone = with(&["--state", "remains", "--note", "无", "--confirmed-by", "王五"]);
    assert_eq!(runs(folder, &lone).0, 2, "a witness of no photo, without one");
    let gone = with(&["--state", "rectified", "--note", "无", "--after-photo", "/nowhere/after.jpg"]);
    assert_ne!(runs(folder, &gone).0, 0, "no photo there");

    let sealed = prints(folder, &["visit", "seal", visit]);
    let field = open(folder, &clock);
    field.unlock(li.id.as_str(), &passphrase()).unwrap();
    let record = field.verify_local(sealed["record"].as_str().unwrap()).unwrap().record;
    let [answer] = record.follow_ups.as_slice() else { panic!("{:?}", record.follow_ups) };
    assert_eq!((answer.state, &*answer.note), (FollowUpState::Rectified, "已重新绑扎"));
    assert_eq!(answer.after_photos, [hash]);
    let shown = record.evidence.iter().find(|photo| photo.sha256 == hash).unwrap();
    assert_eq!(shown.after_of, Some(before), "it answers the photo of the problem");
}

#[tokio::test]
async fn calls_to_the_service_desk_are_noted_with_visit_call() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let Terminal { field, clock, li, folder } = terminal;
    drop(field);
    let (folder, visit) = (folder.path(), visit.as_str());

    let outage =
        ["--severity", "outage", "--description", "核心交换机掉电", "--unit", "运维一组", "--no-photo", "涉密"];
    let finding = prints(folder, &[&["visit", "finding", visit], &outage[..]].concat());
    assert_eq!(finding["desk_call"], Value::Null, "nobody called yet");
    let id = finding["id"].as_str().unwrap();
    let call = |callee| ["visit", "call", visit, "--finding", id, "--callee", callee];

    let first = prints(folder, &call(" 王工 "));
    assert_eq!(first["desk_call"]["callee"], "王工");
    let second = prints(folder, &call("赵工"));
    assert_eq!(second["desk_call"], first["desk_call"], "the first call stays the first");
    assert_eq!(second["later_calls"][0]["callee"], "赵工");
    refused(folder, &call("  "), "input");
    refused(folder, &["visit", "call", visit, "--finding", "another", "--callee", "王工"], "not_found");

    let sealed = prints(folder, &["visit", "seal", visit]);
    let field = open(folder, &clock);
    field.unlock(li.id.as_str(), &passphrase()).unwrap();
    let record = field.verify_local(sealed["record"].as_str().unwrap()).unwrap().record;
    let calls: Vec<&str> = record.findings[0].later_calls.iter().map(|call| call.callee.as_str()).collect();
    assert_eq!((record.findings[0].desk_call.as_ref().unwrap().callee.as_str(), calls), ("王工", vec!["赵工"]));
}
