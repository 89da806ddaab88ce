//! 裁定: two tablets at one rack, a terminal set back to an old copy, a record that came after its key was revoked. Both records
//! stay; which one counts is said by a person who walked neither, signed, and logged.

use xunjian_central::{aside, clock, decide, enrol, integrity::fsck, keys, log::COMMAND_LINE};
use xunjian_domain::{ids::PartyId, party::Role, plan::VisitKind};
use xunjian_field::FieldError;
use xunjian_proof::{
    Sha256,
    decision::{Decision, DecisionCase},
    dsse::Envelope,
    statement::Statement as _,
    suite::{Ed25519Signer, Signer as _},
};
use xunjian_protocol::{
    problem::ProblemCode,
    record::{DeliveryState, RecordAnswer},
};

use super::{
    party::{Central, Terminal, refused, rows, whole},
    tablet::Tablet,
};

/// chen_reviewer of 管理方, on a tablet of her own.
pub async fn reviewer(central: &Central) -> Terminal {
    let manager = PartyId::new("manager");
    enrol::add_person(&central.site, COMMAND_LINE, "chen_reviewer", &manager, &[Role::Reviewer]).unwrap();
    let chen = Terminal::enrol(central, "chen_reviewer", 40).await;
    central.approve();
    chen
}

/// The case of whatever was kept aside last.
pub fn case(central: &Central) -> DecisionCase {
    let kept = central.site.db.read(aside::aside).unwrap();
    decide::case(&central.site, &kept.last().expect("something is kept aside").envelope).unwrap()
}

pub fn decision(case: &DecisionCase, by: &Terminal, counts: Option<Sha256>) -> Decision {
    Decision {
        site: case.site.clone(),
        visit: case.visit.clone(),
        revision: case.revision,
        candidates: case.candidates().unwrap(),
        counts,
        reason: "与现场照片核对".into(),
        decided_by: by.enrolment.person.clone(),
        at: clock::now(),
    }
}

fn signed(decision: &Decision, by: &Terminal) -> Envelope {
    decision.sign(&[&by.sealer.person.1]).unwrap()
}

pub fn takes(central: &Central, decision: &Decision, by: &Terminal) -> Result<decide::Decided, String> {
    decide::decide(&central.site, COMMAND_LINE, &signed(decision, by)).map_err(|error| error.message().en)
}

/// The record that lists and sums of the console go by.
fn current(central: &Central, visit: &str) -> Vec<String> {
    let file = central.site.folder().join("central.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    let query = "SELECT record_id FROM record_summary WHERE visit_id = ?1 AND is_current = 1";
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([visit], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn two_tablets_at_one_rack_and_a_person_says_which_record_counts() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = reviewer(&central).await;
    let rack = central.visit(VisitKind::Rack);
    let (first, envelope) = li.seals(&central, rack, &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let photo = b"what zhao saw".to_vec();
    let (second, other) = zhao.seals(&central, rack, &[&photo], |_| ());
    assert_eq!(refused(zhao.submits(&other.to_bytes()).await).code, ProblemCode::OtherRecordInPlace);
    assert_eq!(zhao.delivery(second).await, DeliveryState::Unknown, "nothing counts by itself");

    let case = case(&central);
    assert_eq!(case.records.len(), 2, "both records, side by side");
    let decided = takes(&central, &decision(&case, &chen, Some(second)), &chen).unwrap();
    assert!(decided.admitted && !decided.identical);
    assert_eq!(current(&central, rack.id.as_str()), [second.to_hex()], "sums go by the one that counts");
    assert_eq!(rows(&central, "record"), 2, "and both records stay");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'decision'"), 1, "the decision is in the log");
    assert_eq!(zhao.submits(&other.to_bytes()).await, RecordAnswer::Identical { record: second });
    assert_eq!(zhao.puts(&Sha256::of(&photo), &photo).await.status(), 204, "its photos may come now");
    assert!(matches!(zhao.delivery(second).await, DeliveryState::Delivered { .. }));
    assert!(matches!(li.delivery(first).await, DeliveryState::Delivered { .. }));
    whole(&central);

    // A later decision holds instead: nothing was lost that one could not go back to.
    let back = decision(&case, &chen, Some(first));
    assert!(!takes(&central, &back, &chen).unwrap().admitted);
    assert!(takes(&central, &back, &chen).unwrap().identical, "the same decision again changes nothing");
    assert_eq!(current(&central, rack.id.as_str()), [first.to_hex()]);
    takes(&central, &decision(&case, &chen, None), &chen).unwrap();
    assert_eq!(current(&central, rack.id.as_str()), Vec::<String>::new(), "none counts: the visit was not walked");
    whole(&central);
}

#[tokio::test]
async fn a_late_record_of_a_revoked_key_counts_only_by_a_decision() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = reviewer(&central).await;
    let root = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<Ed25519Signer> = root.iter().map(|file| keys::read(file).unwrap()).collect();
    let key = li.sealer.terminal.1.public_key().id();
    let room = central.visit(VisitKind::Room);
    let (late, envelope) = li.seals(&central, room, &[], |_| ());
    enrol::revoke(&central.site, COMMAND_LINE, &key, "平板遗失", &root).unwrap();
    assert_eq!(refused(li.submits(&envelope.to_bytes()).await).code, ProblemCode::RevokedKey);
    let case = case(&central);
    let none = takes(&central, &decision(&case, &chen, None), &chen).unwrap();
    assert!(!none.admitted);
    assert_eq!(rows(&central, "record"), 0, "待裁定 stays out when it is decided not to count");
    let decided = takes(&central, &decision(&case, &chen, Some(late)), &chen).unwrap();
    assert!(decided.admitted);
    assert_eq!(current(&central, room.id.as_str()), [late.to_hex()]);
    assert!(matches!(li.delivery(late).await, DeliveryState::Delivered { .. }));
    whole(&central);
    let list = central.site.db.read(decide::of_aside).unwrap();
    assert_eq!(list.values().collect::<Vec<_>>(), [&true], "the last decision holds");
}

#[tokio::test]
async fn a_late_record_in_the_log_without_a_decision_is_named() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let root = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<Ed25519Signer> = root.iter().map(|file| keys::read(file).unwrap()).collect();
    enrol::revoke(&central.site, COMMAND_LINE, &li.sealer.terminal.1.public_key().id(), "平板遗失", &root).unwrap();
    // Somebody who runs the service hides the revocation while the record comes in.
    let file = central.site.folder().join("central.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE hidden AS SELECT * FROM revocation; DELETE FROM revocation").unwrap();
    let (late, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    connection.execute_batch("INSERT INTO revocation SELECT * FROM hidden; DROP TABLE hidden").unwrap();
    let damages = fsck(&central.site).unwrap().damages;
    let named = damages.iter().any(|damage| damage.step == "revoked" && damage.id == late.to_hex());
    assert!(named, "{damages:?}");
}

#[tokio::test]
async fn a_terminal_that_was_set_back_goes_on_once_a_person_let_its_record_in() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = reviewer(&central).await;
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    li.sealer.sequence = 0;
    li.sealer.previous = None;
    let (fork, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    assert_eq!(refused(li.submits(&envelope.to_bytes()).await).code, ProblemCode::OtherRecordInPlace);
    let case = case(&central);
    assert_eq!(case.records.len(), 1, "nobody else claims that visit: the place in the chain is what was taken");
    takes(&central, &decision(&case, &chen, Some(fork)), &chen).unwrap();
    whole(&central);
    let (next, envelope) = li.seals(&central, central.visit(VisitKind::Cluster), &[], |_| ());
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: next }, "the branch goes on");
    whole(&central);
}

#[tokio::test]
async fn who_may_not_decide_is_told_and_nothing_changes() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = reviewer(&central).await;
    let rack = central.visit(VisitKind::Rack);
    let (first, envelope) = li.seals(&central, rack, &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let (second, other) = zhao.seals(&central, rack, &[], |_| ());
    zhao.submits(&other.to_bytes()).await;
    let case = case(&central);
    let refuses = |decision: &Decision, by: &Terminal, why: &str| {
        let error = takes(&central, decision, by).expect_err(why);
        assert!(error.contains(why), "{error}");
    };
    refuses(&decision(&case, &zhao, Some(second)), &zhao, "only a reviewer");
    refuses(&decision(&case, &chen, Some(second)), &zhao, "zhao_inspector signed");
    refuses(&Decision { reason: "  ".into(), ..decision(&case, &chen, None) }, &chen, "no reason");
    refuses(&decision(&case, &chen, Some(Sha256::of(b"x"))), &chen, "none of those");
    let mut own = decision(&case, &chen, Some(second));
    own.candidates[0].inspector = chen.enrolment.person.clone();
    refuses(&own, &chen, "walked one of the records");
    let mut claimed = decision(&case, &chen, Some(second));
    claimed.candidates[0].inspector = "somebody".into();
    refuses(&claimed, &chen, "another site or visit");
    let mut alone = decision(&case, &chen, Some(second));
    alone.candidates.retain(|one| one.record == second);
    refuses(&alone, &chen, "export the case again");
    let root = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<Ed25519Signer> = root.iter().map(|file| keys::read(file).unwrap()).collect();
    enrol::revoke(&central.site, COMMAND_LINE, &chen.sealer.person.1.public_key().id(), "离职", &root).unwrap();
    refuses(&decision(&case, &chen, Some(second)), &chen, "revoked");
    assert_eq!(rows(&central, "decision"), 0);
    assert_eq!(current(&central, rack.id.as_str()), [first.to_hex()]);

    let (_, short) = li.seals(&central, central.visit(VisitKind::Room), &[], |record| drop(record.lines.pop()));
    li.submits(&short.to_bytes()).await;
    let kept = central.site.db.read(aside::aside).unwrap();
    let malformed = kept.iter().find(|one| one.problem == "422.3").expect("a line was missing");
    assert!(decide::case(&central.site, &malformed.envelope).is_err(), "what does not fit the plan is not decided");
}

#[tokio::test]
async fn what_was_decided_is_held_against_the_log() {
    let cases = [
        ("DELETE FROM decided_record; DELETE FROM decision", "row"),
        ("UPDATE decided_record SET counts = 1 - counts", "counts"),
        ("DELETE FROM decided_record", "counts"),
        ("UPDATE decision SET envelope = x'7b7d'", "row"),
        (
            "INSERT INTO decision SELECT 'x', envelope, visit_id, revision, decided_by, decided_at, received_at FROM decision",
            "leaf",
        ),
    ];
    for (tampering, step) in cases {
        let central = Central::start().await;
        let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
        let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
        let chen = reviewer(&central).await;
        let (_, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
        li.submits(&envelope.to_bytes()).await;
        let (second, other) = zhao.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
        zhao.submits(&other.to_bytes()).await;
        takes(&central, &decision(&case(&central), &chen, Some(second)), &chen).unwrap();
        let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
        connection.execute_batch(&format!("PRAGMA foreign_keys = off; {tampering}")).unwrap();
        let damages = fsck(&central.site).unwrap().damages;
        assert!(
            damages.iter().any(|one| (one.part, one.step.as_str()) == ("decision", step)),
            "{tampering}: {damages:?}"
        );
    }
}

#[tokio::test]
async fn the_reviewer_signs_on_her_own_unlocked_tablet() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = Tablet::of_chen(&central).await;

    let rack = central.visit(VisitKind::Rack);
    let (_, envelope) = li.seals(&central, rack, &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let (second, other) = zhao.seals(&central, rack, &[], |_| ());
    zhao.submits(&other.to_bytes()).await;
    let file = serde_json::to_vec(&case(&central)).unwrap();
    let view = chen.field.decision_case(&file).unwrap();
    assert_eq!(view.records.len(), 2);
    assert!(view.records.iter().all(|one| one.failure.is_empty()), "both verify with the keys of the tablet: {view:?}");
    assert!(view.records[0].problem.is_empty() && view.records[1].problem.starts_with("409.1"));
    let unreasoned = chen.field.decide(&file, Some(second), " ", &chen.person, &chen.passphrase).unwrap_err();
    assert!(matches!(unreasoned, FieldError::Undecidable(_)), "{unreasoned}");
    let signed = chen.field.decide(&file, Some(second), "与现场照片核对", &chen.person, &chen.passphrase).unwrap();
    let envelope = Envelope::from_bytes(signed.as_bytes()).unwrap();
    decide::decide(&central.site, COMMAND_LINE, &envelope).unwrap();
    assert_eq!(current(&central, rack.id.as_str()), [second.to_hex()]);
    whole(&central);
}
