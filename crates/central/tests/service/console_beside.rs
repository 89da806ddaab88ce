//! Records that claim one place, side by side in the console: both tablets' records, what became of each, and the decision.

use serde_json::{Value, json};
use xunjian_domain::{outcome::Outcome, plan::VisitKind};
use xunjian_proof::Sha256;
use xunjian_protocol::problem::ProblemCode;

use super::{
    console_desk::{Desk, refused},
    decisions::{case, decision, reviewer, takes},
    party::{self, Central, Terminal},
};

struct TwoTablets {
    central: Central,
    desk: Desk,
    chen: Terminal,
    first: (Sha256, Sha256),
    second: (Sha256, Sha256),
}

/// Li's record of a rack was taken in, Zhao's of the same visit is kept aside.
async fn two_tablets() -> TwoTablets {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = reviewer(&central).await;
    let rack = central.visit(VisitKind::Rack);
    let (first, of_li) = li.seals(&central, rack, &[], |_| ());
    li.submits(&of_li.to_bytes()).await;
    let (second, of_zhao) = zhao.seals(&central, rack, &[b"what zhao saw"], |record| {
        record.lines[0].outcome = Outcome::Abnormal;
        record.lines[0].note = "柜门未上锁".into();
    });
    assert_eq!(party::refused(zhao.submits(&of_zhao.to_bytes()).await).code, ProblemCode::OtherRecordInPlace);
    let desk = Desk::of_administrator(&central).await;
    TwoTablets { central, desk, chen, first: (first, of_li.sha256()), second: (second, of_zhao.sha256()) }
}

fn of<'a>(view: &'a Value, id: &Sha256) -> &'a Value {
    let records = view["records"].as_array().expect("records");
    records.iter().find(|one| one["id"] == id.to_hex()).unwrap_or_else(|| panic!("{id} is not there: {view}"))
}

#[tokio::test]
async fn both_tablets_records_stand_side_by_side_from_either_of_them() {
    let two = two_tablets().await;
    for envelope in [two.first.1, two.second.1] {
        let view = two.desk.reads(&format!("beside/{envelope}")).await;
        assert_eq!(view["records"].as_array().map(Vec::len), Some(2), "{view}");
        let (li, zhao) = (of(&view, &two.first.0), of(&view, &two.second.0));
        assert_eq!((&li["is_accepted"], &zhao["is_accepted"]), (&json!(true), &json!(false)));
        assert!(li["leaf"].is_u64() && zhao["leaf"].is_null(), "only what counts is in the log");
        assert_eq!(zhao["problem"], "409.1");
        assert_eq!((&li["failure"], &zhao["failure"]), (&json!(""), &json!("")), "both are whole and signed");
        assert_eq!(zhao["record"]["lines"][0]["note"], "柜门未上锁", "what it says can be read");
        assert_eq!((&zhao["photos"], &zhao["photos_stored"]), (&json!(1), &json!(0)));
        assert_eq!(view["case"], two.second.1.to_hex(), "what to put before a reviewer");
        assert!(view["decision"].is_null() && li["counts"].is_null(), "nobody decided");
        assert!(view["template"].is_object() && !view["subjects"].as_array().unwrap().is_empty(), "with its words");
    }
    let list = two.desk.walks("aside", 10).await;
    assert_eq!((&list[0]["is_decidable"], &list[0]["counts"]), (&json!(true), &Value::Null));
    let record = two.desk.reads(&format!("records/{}", two.first.0)).await;
    assert_eq!(record["beside"], 1, "the record says that another one claims its place");
    refused(two.desk.gets(&format!("beside/{}", "0".repeat(64))).await, ProblemCode::NotFound).await;
    refused(two.desk.gets("beside/nothing").await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn the_decision_is_shown_as_it_was_signed_and_a_later_record_makes_it_out_of_date() {
    let two = two_tablets().await;
    let decided = decision(&case(&two.central), &two.chen, Some(two.second.0));
    takes(&two.central, &decided, &two.chen).unwrap();
    let view = two.desk.reads(&format!("beside/{}", two.second.1)).await;
    let said = &view["decision"];
    assert_eq!((&said["counts"], &said["unnamed"]), (&json!(two.second.0.to_hex()), &json!(0)));
    assert_eq!((&said["decided_by"], &said["reason"]), (&json!("chen_reviewer"), &json!("与现场照片核对")));
    assert!(said["leaf"].is_u64(), "it is in the log");
    let (li, zhao) = (of(&view, &two.first.0), of(&view, &two.second.0));
    assert_eq!((&li["counts"], &zhao["counts"]), (&json!(false), &json!(true)));
    assert_eq!(zhao["is_accepted"], true, "the decision let it in");
    assert_eq!(view["records"].as_array().map(Vec::len), Some(2), "and it stands there once");
    assert_eq!(two.desk.walks("aside", 10).await[0]["counts"], true);

    let mut third = Terminal::enrol(&two.central, "zhao_inspector", 9).await;
    two.central.approve();
    let (_, late) = third.seals(&two.central, two.central.visit(VisitKind::Rack), &[], |_| ());
    party::refused(third.submits(&late.to_bytes()).await);
    let view = two.desk.reads(&format!("beside/{}", two.first.1)).await;
    assert_eq!((&view["decision"]["unnamed"], &view["case"]), (&json!(1), &json!(late.sha256().to_hex())));
}

#[tokio::test]
async fn a_fork_shows_what_stands_at_the_same_place_of_the_chain() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (first, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    (li.sealer.sequence, li.sealer.previous) = (0, None);
    let (_, fork) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    party::refused(li.submits(&fork.to_bytes()).await);
    let desk = Desk::of_administrator(&central).await;
    let view = desk.reads(&format!("beside/{}", fork.sha256())).await;
    assert_eq!(of(&view, &first)["claim"], "chain", "another visit at the same place: {view}");
    assert_eq!(view["records"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_is_kept_aside_and_is_no_record_cannot_be_looked_at_that_way() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    party::refused(li.submits(b"{}").await);
    li.open_session().await;
    let desk = Desk::of_administrator(&central).await;
    let list = desk.walks("aside", 10).await;
    assert_eq!(list[0]["is_decidable"], false);
    let envelope = list[0]["envelope"].as_str().unwrap().to_owned();
    refused(desk.gets(&format!("beside/{envelope}")).await, ProblemCode::NotFound).await;
}
