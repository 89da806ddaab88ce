//! What a supervisor opens in the console: a rectification with its people, photos and evidence; the list behind each number of a
//! round; its closing and its archive; the change sets of the ledger. Each is what the signed documents say, and reads only.

use std::{fs, io::Cursor};

use reqwest::StatusCode;
use xunjian_central::{
    closing::{archive, close, draw_up},
    ledger::changes,
    log::COMMAND_LINE,
    rectification::{Wanted, assign, open_complete, take},
};
use xunjian_domain::{outcome::Outcome, party::Role, plan::VisitKind, visit::Severity};
use xunjian_proof::pack::check::{Pins, check};
use xunjian_protocol::problem::ProblemCode;

use super::{
    closings::{self, signed},
    console_desk::{Desk, refused},
    ledger_changes::{self, decision, moved, takes},
    party::{Central, Terminal},
    rectifications::{accepted, excused, finding, li_finds, rectified, signs, submitted, zhao_looks_again},
};

#[tokio::test]
async fn a_rectification_names_its_people_and_shows_how_it_was_and_what_may_close_it() {
    let central = Central::start().await;
    let photo = b"a photo of the lock".to_vec();
    let before = xunjian_proof::Sha256::of(&photo);
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (record, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[&photo], |record| {
        let mut one = finding(record, "lock", Severity::Major);
        (one.photos, one.no_photo) = (vec![before], None);
        record.findings = vec![one];
    });
    li.submits(&envelope.to_bytes()).await;
    li.puts(&before, &photo).await;
    let wang = closings::person(&central, "wang_rectifier", "provider", &[Role::Rectifier], 20).await;
    let id = open_complete(&central.site, "service", "").unwrap()[0].id;
    assign(&central.site, COMMAND_LINE, &id.to_hex(), "wang_rectifier", "周三前").unwrap();
    take(&central.site, COMMAND_LINE, &signs(&central, &wang, id, submitted()), Wanted::Submission).unwrap();
    let desk = Desk::of_administrator(&central).await;
    let detail = desk.reads(&format!("rectifications/{id}")).await;
    let by: Vec<&str> = detail["steps"].as_array().unwrap().iter().map(|step| step["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["service", COMMAND_LINE, "wang_rectifier"], "people by name, the service by who acted");
    assert_eq!(detail["found_by"], "li_inspector");
    assert!(detail["steps"].as_array().unwrap().iter().all(|step| step["leaf"].is_u64()), "each is a leaf: {detail}");
    assert_eq!(detail["round_title"], central.round.plan.round.title);
    assert_eq!(detail["record_title"], central.visit(VisitKind::Room).title);
    let shown = &detail["before"][0];
    assert_eq!((&shown["sha256"], &shown["intact"]), (&before.to_hex().into(), &true.into()), "{detail}");
    let original = desk.gets(&format!("records/{record}/photos/{before}?size=original")).await;
    assert_eq!(original.bytes().await.unwrap(), photo);
    assert_eq!(detail["evidence"].as_array().map(Vec::len), Some(0), "nobody looked at it again");

    fs::write(central.site.blobs.object(&before), b"other bytes").unwrap();
    let detail = desk.reads(&format!("rectifications/{id}")).await;
    assert_eq!((&detail["before"][0]["stored"], &detail["before"][0]["intact"]), (&true.into(), &false.into()));
}

#[tokio::test]
async fn what_shows_that_it_is_put_right_is_named_before_and_after_somebody_closes_it() {
    let central = Central::start().await;
    let (_, record) =
        li_finds(&central, |record| record.findings = vec![finding(record, "lock", Severity::Major)]).await;
    let chen = closings::person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    let id = open_complete(&central.site, "service", "").unwrap()[0].id;
    let (_, later) =
        zhao_looks_again(&central, 5, |again| again.follow_ups = vec![rectified(again, "lock", record)]).await;
    let desk = Desk::of_administrator(&central).await;
    let evidence = |detail: serde_json::Value| detail["evidence"][0].clone();
    let may = evidence(desk.reads(&format!("rectifications/{id}")).await);
    assert_eq!((&may["reinspection"]["record"], &may["by"]), (&later.to_hex().into(), &"zhao_inspector".into()));
    assert_eq!((&may["is_named"], &may["no_photo"]), (&false.into(), &"涉密区域".into()), "{may}");
    take(&central.site, COMMAND_LINE, &signs(&central, &chen, id, accepted(later)), Wanted::Verdict).unwrap();
    let detail = desk.reads(&format!("rectifications/{id}")).await;
    assert_eq!(detail["standing"]["state"], "accepted");
    assert_eq!(evidence(detail)["is_named"], true);
}

#[tokio::test]
async fn what_nobody_opened_is_listed_and_all_of_it_leaves_as_a_file_and_indicators_name_what_keeps_them_down() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let (_, record) = li_finds(&central, |record| {
        record.findings = vec![finding(record, "power", Severity::Outage)];
        let line = &mut record.lines[0];
        (line.outcome, line.note, line.no_photo) = (Outcome::Abnormal, "柜门变形".into(), excused());
        line.checks[0].outcome = Outcome::Abnormal;
    })
    .await;
    open_complete(&central.site, "service", "").unwrap();
    let round = central.round.plan.round.id.clone();
    let unopened = desk.reads(&format!("rectifications/unopened?round={round}")).await;
    assert_eq!(unopened["total"], 1, "the line that no finding speaks of: {unopened}");
    assert_eq!(unopened["items"][0]["opening"]["record"], record.to_hex());
    let late = desk.reads(&format!("rectifications?round={round}&failing=response_in_time")).await;
    assert_eq!((&late["total"], &late["items"][0]["opening"]["severity"]), (&1.into(), &"outage".into()));
    let none = desk.reads(&format!("rectifications?round={round}&failing=rectified_in_time")).await;
    assert_eq!(none["total"], 0, "clocks have no due day");
    refused(desk.gets(&format!("rectifications?round={round}&failing=beauty")).await, ProblemCode::NotFound).await;

    let csv = desk.gets(&format!("rectifications/export?round={round}")).await;
    let disposition = csv.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.contains("rectifications.csv"), "{disposition}");
    let csv = csv.text().await.unwrap();
    assert!(csv.contains("柜门锁扣松动") && csv.lines().count() == 2, "{csv}");
    let json = desk.reads("rectifications/export?format=json").await;
    assert_eq!(json[0]["opening"]["severity"], "outage");
    refused(desk.gets("rectifications/export?format=docx").await, ProblemCode::BadParameter).await;
    assert_eq!(Desk::before(&central).gets("rectifications/export").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_number_of_a_room_and_of_a_criterion_has_its_list_with_names() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |record| {
        let line = &mut record.lines[0];
        (line.outcome, line.reason, line.checks, line.no_photo) =
            (Outcome::NotApplicable, "没有此设施".into(), Vec::new(), None);
    });
    li.submits(&envelope.to_bytes()).await;
    let round = central.round.plan.round.id.clone();
    let counted = desk.reads(&format!("rounds/{round}/coverage")).await;
    assert!(counted["template"]["criteria"].as_array().is_some_and(|all| all.len() == 30), "the printed lines");
    let rooms = counted["rooms"].as_array().unwrap();
    assert!(!rooms.is_empty() && rooms.iter().all(|room| room["name"].as_str().is_some_and(|name| !name.is_empty())));
    for total in counted["totals"]["rooms"].as_array().unwrap() {
        let room = total["room"].as_str().unwrap_or("none");
        let list = desk.reads(&format!("rounds/{round}/lines?room={room}")).await;
        assert_eq!(list["total"], total["rate"]["due"], "{room}");
    }
    for total in counted["totals"]["criteria"].as_array().unwrap() {
        let criterion = total["criterion"].as_str().unwrap();
        let list = desk.reads(&format!("rounds/{round}/lines?criterion={criterion}")).await;
        assert_eq!(list["total"], total["rate"]["due"], "{criterion}");
    }
    let whole = &counted["totals"]["whole"];
    let done = whole["normal"].as_u64().unwrap() + whole["abnormal"].as_u64().unwrap();
    assert_eq!(desk.reads(&format!("rounds/{round}/lines?state=done")).await["total"], done, "nobody accepted 不适用");
    let open = desk.reads(&format!("rounds/{round}/lines?state=not_applicable_unaccepted")).await;
    let line = &open["items"][0];
    assert_eq!((&open["total"], &line["reason"]), (&1.into(), &"没有此设施".into()));
    assert_eq!(line["visit_title"], central.visit(VisitKind::Room).title);
    let missed = desk.walks(&format!("rounds/{round}/lines?state=missed"), 200).await;
    let unnamed: Vec<_> = missed.iter().filter(|line| line["subject_name"] == line["subject"]["id"]).collect();
    assert!(unnamed.is_empty(), "racks and assets by their names: {:?}", unnamed.first());
}

#[tokio::test]
async fn a_round_says_who_may_close_it_and_then_who_did_and_gives_its_archive() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let round = central.round.plan.round.id.clone();
    let coverage = format!("rounds/{round}/coverage");
    let names = |list: &serde_json::Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|one| (one["name"].as_str().unwrap().to_owned(), one["party_kind"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let before = desk.reads(&coverage).await;
    assert_eq!(names(&before["signatories"]), [("li_inspector".into(), "provider".into())], "nobody reviews yet");
    let chen = closings::person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    let both = [("chen_reviewer".into(), "manager".into()), ("li_inspector".into(), "provider".into())];
    assert_eq!(names(&desk.reads(&coverage).await["signatories"]), both);

    let photo = b"a photo of the room".as_slice();
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[photo], |_| ());
    li.submits(&envelope.to_bytes()).await;
    li.puts(&xunjian_proof::Sha256::of(photo), photo).await;
    let open = desk.gets(&format!("rounds/{round}/archive")).await;
    assert_eq!(open.status(), StatusCode::UNPROCESSABLE_ENTITY, "an open round has no archive");
    let closing = draw_up(&central.site, COMMAND_LINE, &round, "机房搬迁").unwrap();
    close(&central.site, COMMAND_LINE, &[signed(&closing, &li), signed(&closing, &chen)]).unwrap();

    let closed = desk.reads(&coverage).await["closing"].clone();
    assert_eq!(names(&closed["signed_by"]).len(), 2, "{closed}");
    assert_eq!((&closed["said"]["reason"], &closed["failure"]), (&"机房搬迁".into(), &"".into()));
    assert!(closed["leaf"].is_u64() && closed["closed_at"].is_i64(), "{closed}");
    let item = desk.reads("rounds").await["items"][0].clone();
    assert_eq!(
        (&item["closed_at"], &item["is_overdue"]),
        (&closed["closed_at"], &false.into()),
        "the list says so, too"
    );
    let sent = desk.gets(&format!("rounds/{round}/archive")).await;
    let promised: usize = sent.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let bytes = sent.bytes().await.unwrap();
    assert_eq!(bytes.len(), promised, "whole");
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("archive.zip");
    archive(&central.site, &round, &file).unwrap();
    assert_eq!(bytes, fs::read(file).unwrap(), "the same bytes as the command writes");
    let root = Some(central.site.settings.root.fingerprint().unwrap());
    let report = check(Cursor::new(bytes.to_vec()), &Pins { root, ..Pins::default() });
    assert_eq!((report.failures.len(), report.closed.len()), (0, 1), "{:?}", report.failures);
    let nobody = Desk::before(&central).gets(&format!("rounds/{round}/archive")).await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn change_sets_are_listed_with_their_changes_and_the_records_that_show_them() {
    let (central, _, asset, _, round) = moved().await;
    let desk = Desk::of_administrator(&central).await;
    assert_eq!(desk.reads("ledger/changes").await["total"], 0);
    let set = changes::propose(&central.site, COMMAND_LINE, &round).unwrap().change.change_set;
    let list = desk.reads("ledger/changes?state=proposed").await;
    let item = &list["items"][0];
    assert_eq!((&list["total"], &item["changed"], &item["records"]), (&1.into(), &1.into(), &2.into()), "{list}");
    assert_eq!(item["round_title"], central.round.plan.round.title);
    let id = item["id"].as_str().unwrap().to_owned();
    let detail = desk.reads(&format!("ledger/changes/{id}")).await;
    let change = &detail["changes"][0];
    assert_eq!((&change["change"], &change["asset"]["id"]), (&"changed".into(), &asset.id.as_str().into()));
    let fields: Vec<&str> =
        change["fields"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"rack") && fields.contains(&"serial"), "{fields:?}");
    let because: Vec<&str> =
        change["because"].as_array().unwrap().iter().map(|one| one["inspector_name"].as_str().unwrap()).collect();
    assert!(because.contains(&"li_inspector") && because.contains(&"zhao_inspector"), "{because:?}");
    assert_eq!((&detail["is_outdated"], &detail["leaf"]), (&false.into(), &serde_json::Value::Null));

    let wu = ledger_changes::person(&central, "wu_approver", Role::LedgerApprover, 40).await;
    takes(&central, &decision(&set, &wu, true, "与两份记录核对"), &wu, true).unwrap();
    let detail = desk.reads(&format!("ledger/changes/{id}")).await;
    let item = &detail["item"];
    assert_eq!((&item["state"], &item["decided_by"]), (&"approved".into(), &"wu_approver".into()));
    assert_eq!((&detail["reason"], &detail["is_outdated"]), (&"与两份记录核对".into(), &false.into()));
    assert!(item["version"].is_u64() && detail["leaf"].is_u64(), "{detail}");
    assert_eq!(desk.reads("ledger/changes?state=proposed").await["total"], 0);
    refused(desk.gets("ledger/changes/none").await, ProblemCode::NotFound).await;
}
