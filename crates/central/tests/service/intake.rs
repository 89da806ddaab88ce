//! Records: what is stored, what is kept aside, and that nothing is ever lost or doubled.

use xunjian_central::{enrol, keys};
use xunjian_domain::plan::VisitKind;
use xunjian_proof::{
    Sha256, keyring::Keyring, merkle, note::SignedCheckpoint, receipt::Receipt, suite::Signer as _, verification,
};
use xunjian_protocol::{
    log::ConsistencyAnswer,
    path,
    problem::ProblemCode,
    record::{DeliveryState, RecordAnswer},
};

use super::party::{Central, Terminal, json, refused, rows};

#[tokio::test]
async fn a_record_without_photos_is_delivered_at_once_and_its_receipt_holds() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    let bytes = envelope.to_bytes();
    assert_eq!(terminal.submits(&bytes).await, RecordAnswer::Stored { record: id });
    assert_eq!(terminal.submits(&bytes).await, RecordAnswer::Identical { record: id });
    assert_eq!(rows(&central, "record"), 1, "sent twice, stored once");

    let DeliveryState::Delivered { delivered, receipt } = terminal.delivery(id).await else {
        panic!("a record without photos is complete");
    };
    let package = terminal.package().await;
    let mut keyring = Keyring::new(package.site_root.clone(), None).unwrap();
    for statement in &package.key_statements {
        keyring.admit(&xunjian_proof::dsse::Envelope::from_bytes(statement.as_bytes()).unwrap()).unwrap();
    }
    let verified = verification::verify_record(&bytes, &keyring).unwrap();
    let receipt = Receipt::parse(&receipt).unwrap();
    verification::verify_receipt(&verified, Sha256::of(&bytes), delivered.as_bytes(), &receipt, &keyring).unwrap();
}

#[tokio::test]
async fn a_record_waits_on_the_terminal_until_the_root_has_signed_for_its_keys() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    let problem = refused(terminal.submits(&envelope.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::KeyNotApproved);
    assert!(problem.code.is_retryable());
    assert_eq!(rows(&central, "set_aside"), 0, "nothing is wrong with the record");
    central.approve();
    assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_named_and_its_bytes_are_kept_aside() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    central.approve();
    let rack = central.visit(VisitKind::Rack);
    let cluster = central.visit(VisitKind::Cluster);

    let (_, foreign) = zhao.seals(&central, rack, &[], |_| ());
    let problem = refused(li.submits(&foreign.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::RecordNotTrusted, "one terminal cannot submit for another");

    let mut flipped = foreign.to_bytes();
    let at = flipped.iter().position(|byte| *byte == b'A').unwrap();
    flipped[at] = b'B';
    let problem = refused(zhao.submits(&flipped).await);
    assert!(
        matches!(problem.code, ProblemCode::RecordMalformed | ProblemCode::RecordNotTrusted),
        "a changed byte is noticed: {problem}"
    );
    let problem = refused(zhao.submits(b"{}").await);
    assert_eq!(problem.code, ProblemCode::RecordMalformed);

    let (_, short) = li.seals(&central, rack, &[], |record| {
        record.lines.pop();
    });
    let problem = refused(li.submits(&short.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::NotPlanned, "a line that is due has no result: {problem}");
    assert!(problem.detail.contains("has no answer"), "{problem}");
    li.sealer.sequence = 0;
    li.sealer.previous = None;

    let (_, other_plan) = li.seals(&central, rack, &[], |record| record.plan = Sha256::of(b"another plan"));
    assert_eq!(refused(li.submits(&other_plan.to_bytes()).await).code, ProblemCode::NotPlanned);
    li.sealer.sequence = 0;
    li.sealer.previous = None;

    let (first, envelope) = li.seals(&central, rack, &[], |_| ());
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: first });
    let problem = refused(zhao.submits(&foreign.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::OtherRecordInPlace, "two inspectors at one rack: both are kept");
    assert!(problem.detail.contains(&first.to_hex()), "it says which record is there");

    let (_, unlinked) = li.seals(&central, cluster, &[], |record| record.terminal.previous = Some(Sha256::of(b"x")));
    assert_eq!(refused(li.submits(&unlinked.to_bytes()).await).code, ProblemCode::BrokenChain);

    assert_eq!(rows(&central, "record"), 1);
    assert_eq!(rows(&central, "set_aside"), 6, "every refused record is kept, byte for byte");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'record'"), 1, "and none of them is in the log");
}

#[tokio::test]
async fn a_fork_of_the_chain_is_kept_aside() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    // A restored backup: the terminal seals another visit at the same place of its chain.
    terminal.sealer.sequence = 0;
    terminal.sealer.previous = None;
    let (_, fork) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    assert_eq!(refused(terminal.submits(&fork.to_bytes()).await).code, ProblemCode::OtherRecordInPlace);
}

#[tokio::test]
async fn what_comes_after_a_revocation_waits_for_a_decision() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (before, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let root: Vec<_> = ["root/root-1.key", "root/root-2.key"]
        .iter()
        .map(|file| keys::read(&central.folder.path().join(file)).unwrap())
        .collect();
    let key = terminal.sealer.terminal.1.public_key().id();
    enrol::revoke(&central.site, &key, "平板遗失", &root).unwrap();
    let (_, late) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    assert_eq!(refused(terminal.submits(&late.to_bytes()).await).code, ProblemCode::RevokedKey);
    assert!(
        matches!(terminal.delivery(before).await, DeliveryState::Delivered { .. }),
        "what was logged before stands"
    );
}

#[tokio::test]
async fn one_bad_record_does_not_hold_up_the_others() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (first, good) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    let (second, also_good) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    let texts = [good.to_bytes(), b"{\"not\":\"a record\"}".to_vec(), also_good.to_bytes()]
        .map(|bytes| String::from_utf8(bytes).unwrap());
    let answer: serde_json::Value = terminal.call(path::RECORDS, &serde_json::json!({ "envelopes": texts })).await;
    let states: Vec<&str> =
        answer["answers"].as_array().unwrap().iter().map(|a| a["answer"].as_str().unwrap()).collect();
    assert_eq!(states, ["stored", "refused", "stored"]);
    for id in [first, second] {
        assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }));
    }
}

#[tokio::test]
async fn the_log_proves_that_it_only_ever_grew() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let ask = |from: u64| serde_json::json!({ "from": from });
    let old: ConsistencyAnswer = terminal.call(path::CONSISTENCY, &ask(0)).await;
    let old = SignedCheckpoint::parse(&old.checkpoint).unwrap().checkpoint;
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let new: ConsistencyAnswer = terminal.call(path::CONSISTENCY, &ask(old.size)).await;
    let note = SignedCheckpoint::parse(&new.checkpoint).unwrap();
    let state = &note.checkpoint;
    assert!(state.size > old.size, "a record and its delivery are two leaves more");
    merkle::verify_consistency(old.size, &old.root, state.size, &state.root, &new.proof).unwrap();
    let origin = &central.site.settings.root.log_origin;
    note.verify_log(origin, &central.site.keys.log.public_key()).unwrap();
    let seconds = note.cosigned_at(&format!("{origin}/clock"), &central.site.keys.clock.public_key()).unwrap();
    assert!(seconds > 1_700_000_000, "the token carries the time");
    let too_large = terminal.post(path::CONSISTENCY, &ask(state.size + 1)).await;
    assert_eq!(too_large.status(), 400, "a tree larger than ours is not our tree");
}

#[tokio::test]
async fn the_package_is_sent_again_only_when_something_changed() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let url = format!("{}{}", terminal.url, path::WORK_PACKAGE);
    let first = terminal.http.get(&url).bearer_auth(&terminal.token).send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let package = json(&first.text().await.unwrap());
    assert_eq!(package["rounds"].as_array().unwrap().len(), 1);
    let again =
        terminal.http.get(&url).bearer_auth(&terminal.token).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    central.approve();
    let changed =
        terminal.http.get(&url).bearer_auth(&terminal.token).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(changed.status(), 200, "two keys count that did not before");
}
