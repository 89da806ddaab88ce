//! Records: what is stored, what is kept aside, and that nothing is ever lost or doubled.

use xunjian_central::{
    aside, clock, enrol,
    integrity::fsck,
    keys, log,
    log::COMMAND_LINE,
    round::{self, NewRound},
};
use xunjian_domain::{
    ids::FindingId,
    plan::VisitKind,
    reading::AppliedLimit,
    round::RoundKind,
    template::Mode,
    value::Value,
    visit::{Finding, Severity},
};
use xunjian_proof::{
    Sha256,
    keyring::Keyring,
    merkle,
    note::SignedCheckpoint,
    receipt::Receipt,
    record::{Amends, Capture, Record},
    statement::{PlanStatement, Statement as _},
    suite::Signer as _,
    verification,
};
use xunjian_protocol::{
    log::ConsistencyAnswer,
    path,
    problem::ProblemCode,
    record::{DeliveryState, RecordAnswer},
};

use super::party::{Central, Terminal, json, problem, refused, rows, set};

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
    enrol::revoke(&central.site, COMMAND_LINE, &key, "平板遗失", &root).unwrap();
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

#[tokio::test]
async fn what_no_honest_terminal_seals_is_refused_and_kept() {
    type Spoil = Box<dyn Fn(&mut Record)>;
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let finding = |record: &Record, line: Option<u32>| Finding {
        id: FindingId::new("finding-1"),
        line,
        subject: record.visit.subject.clone(),
        severity: Severity::Outage,
        category: String::new(),
        description: "漏水".into(),
        responsible_unit: "服务方".into(),
        due_on: None,
        found: record.clock.sealed.clone(),
        photos: Vec::new(),
        no_photo: None,
        fixed_on_site: String::new(),
        after_photos: Vec::new(),
        desk_call: None,
        follows: None,
        later_calls: Vec::new(),
    };
    let cases: [(&str, VisitKind, Spoil); 12] = [
        ("has 0 bytes", VisitKind::Rack, Box::new(|record| record.evidence[0].bytes = 0)),
        ("67108865 bytes", VisitKind::Rack, Box::new(|record| record.evidence[0].bytes = (64 << 20) + 1)),
        (
            "pieces of evidence",
            VisitKind::Rack,
            Box::new(|record| {
                let one = record.evidence[0].clone();
                record.evidence.extend((0..2_000_u32).map(|seed| {
                    let sha256 = Sha256::of(&seed.to_be_bytes());
                    xunjian_proof::record::Evidence { sha256, ..one.clone() }
                }));
                record.evidence.sort_by_key(|photo| photo.sha256);
            }),
        ),
        ("title", VisitKind::Room, Box::new(|record| record.visit.title.push('x'))),
        ("stands twice", VisitKind::Room, {
            Box::new(move |record| record.findings = vec![finding(record, None), finding(record, Some(1))])
        }),
        ("not planned", VisitKind::Room, Box::new(move |record| record.findings = vec![finding(record, Some(999))])),
        ("not remotely", VisitKind::Room, Box::new(|record| record.lines[0].mode = Mode::Remote)),
        ("was imported", VisitKind::Rack, Box::new(|record| record.evidence[0].capture = Capture::Imported)),
        ("not the ledger's", VisitKind::Rack, Box::new(|record| record.compared[0].model.push('x'))),
        (
            "was not compared",
            VisitKind::Rack,
            Box::new(|record| {
                record.compared.pop();
            }),
        ),
        (
            "not reconciled",
            VisitKind::Rack,
            Box::new(|record| {
                record.reconciliation.pop();
            }),
        ),
        (
            "its own limit",
            VisitKind::Room,
            Box::new(|record| {
                let checks = record.lines.iter_mut().flat_map(|line| &mut line.checks);
                for value in checks.filter_map(|check| check.value.as_mut()) {
                    let Value::Readings { readings } = value else { continue };
                    let limit = |low: &str| AppliedLimit {
                        profile: "x".into(),
                        version: 1,
                        low: low.parse().ok(),
                        high: None,
                        source: String::new(),
                        within: true,
                    };
                    readings[0].limit = Some(limit("99"));
                }
            }),
        ),
    ];
    for (at, (told, kind, spoil)) in cases.iter().enumerate() {
        (li.sealer.sequence, li.sealer.previous) = (0, None);
        let (_, envelope) = li.seals(&central, central.visit(*kind), &[b"a photo"], spoil);
        let problem = refused(li.submits(&envelope.to_bytes()).await);
        assert_eq!(problem.code, ProblemCode::RecordMalformed, "{told}: {problem}");
        assert!(problem.detail.contains(told), "{told}: {problem}");
        assert_eq!(rows(&central, "set_aside"), at as i64 + 1, "{told}");
    }
    assert_eq!(rows(&central, "record"), 0);
    let kinds = [VisitKind::Rack, VisitKind::Room, VisitKind::Cluster, VisitKind::System];
    (li.sealer.sequence, li.sealer.previous) = (0, None);
    for kind in kinds {
        let (id, envelope) = li.seals(&central, central.visit(kind), &[b"a photo"], |_| ());
        assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id }, "{kind:?}");
    }
    let (_, odd) =
        li.seals(&central, &central.round.visits[1].clone(), &[b"a photo"], |record| record.evidence[0].bytes = 8);
    let problem = refused(li.submits(&odd.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::RecordMalformed, "{problem}");
    assert!(problem.detail.contains("another size than it had before"), "{problem}");
}

#[tokio::test]
async fn an_amendment_and_a_late_record_fit_their_neighbours_or_are_kept_aside() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (rack, room) = (central.visit(VisitKind::Rack), central.visit(VisitKind::Room));
    let amends = |record: Sha256| Amends { record, returned_by: None, reason: "读数抄错".into() };
    let (first, envelope) = li.seals(&central, rack, &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let before = (li.sealer.sequence, li.sealer.previous);
    let (_, wrong) = li.seals(&central, rack, &[], |record| {
        (record.visit.revision, record.amends) = (2, Some(amends(Sha256::of(b"another record"))));
    });
    let problem = refused(li.submits(&wrong.to_bytes()).await);
    assert_eq!(problem.code, ProblemCode::BrokenChain);
    assert!(problem.detail.contains(&first.to_hex()), "it says which record is there: {problem}");
    (li.sealer.sequence, li.sealer.previous) = before;
    let (second, right) = li.seals(&central, rack, &[], |record| {
        (record.visit.revision, record.amends) = (2, Some(amends(first)));
    });
    assert_eq!(li.submits(&right.to_bytes()).await, RecordAnswer::Stored { record: second });

    // The fourth record comes before the third; another third than the one it names cannot slip in between.
    let before = (li.sealer.sequence, li.sealer.previous);
    let (third, late) = li.seals(&central, room, &[], |_| ());
    let (fourth, early) = li.seals(&central, central.visit(VisitKind::Cluster), &[], |_| ());
    assert_eq!(li.submits(&early.to_bytes()).await, RecordAnswer::Stored { record: fourth });
    (li.sealer.sequence, li.sealer.previous) = before;
    let (_, slipped) = li.seals(&central, room, &[], |record| record.lines[0].note = "别的".into());
    assert_eq!(refused(li.submits(&slipped.to_bytes()).await).code, ProblemCode::BrokenChain);
    assert_eq!(li.submits(&late.to_bytes()).await, RecordAnswer::Stored { record: third });
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn a_revoked_terminal_gets_no_more_work_and_its_records_wait() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let chunk = li.package().await.label_prints;
    let root: Vec<_> = ["root/root-1.key", "root/root-2.key"]
        .iter()
        .map(|file| keys::read(&central.folder.path().join(file)).unwrap())
        .collect();
    enrol::revoke(&central.site, COMMAND_LINE, &li.sealer.terminal.1.public_key().id(), "平板遗失", &root).unwrap();
    for method in [path::WORK_PACKAGE.to_owned(), format!("{}/{chunk}", path::CHUNKS)] {
        let url = format!("{}{method}", li.url);
        let answer = li.http.get(url).bearer_auth(&li.token).send().await.unwrap();
        assert_eq!(problem(answer).await.code, ProblemCode::TerminalRevoked, "{method}");
    }
    let (_, late) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    assert_eq!(refused(li.submits(&late.to_bytes()).await).code, ProblemCode::RevokedKey);
    assert_eq!(rows(&central, "set_aside"), 1, "a person decides about it");
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn what_is_kept_aside_is_told_by_the_log_once_and_can_be_read_back() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let told = || rows(&central, "audit WHERE action = 'record.set_aside'");
    for _ in 0..2 {
        refused(terminal.submits(b"{\"not\":\"a record\"}").await);
    }
    assert_eq!((rows(&central, "set_aside"), told()), (1, 1), "sent twice, kept and told once");
    let kept = central.site.db.read(|sql| aside::aside(sql)).unwrap();
    assert_eq!((kept[0].problem.as_str(), &kept[0].terminal), ("422.1", &terminal.enrolment.terminal));
    let bytes = central.site.db.read(|sql| aside::bytes(sql, &kept[0].envelope)).unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"{\"not\":\"a record\"}"[..]));
    assert_eq!(fsck(&central.site).unwrap().damages, []);

    let long = vec![b'x'; path::MAX_ENVELOPE_BYTES + 1];
    assert_eq!(refused(terminal.submits(&long).await).code, ProblemCode::TooLarge);
    assert_eq!(rows(&central, "set_aside"), 1, "what is too large is no record");

    set(
        &central,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) \
         INSERT INTO set_aside SELECT 'x' || i, x'7b7d', ?1, '422.1', '', 0 FROM n",
        &terminal.enrolment.terminal.as_str(),
    );
    refused(terminal.submits(b"{\"one\":\"more\"}").await);
    assert_eq!((rows(&central, "set_aside"), told()), (1_000, 1), "the older ones stay, the new one is only answered");
    set(&central, "DELETE FROM set_aside WHERE envelope_sha256 = ?1", &kept[0].envelope.to_hex());
    let damages = fsck(&central.site).unwrap().damages;
    let lost = damages.iter().find(|damage| damage.part == "set_aside" && damage.step == "row");
    assert_eq!(lost.map(|damage| damage.id.clone()), Some(kept[0].envelope.to_hex()), "its disappearance is noticed");
}

#[tokio::test]
async fn a_quarter_has_one_open_quarterly_round() {
    let central = Central::start().await;
    let new = NewRound {
        kind: RoundKind::Quarterly,
        quarter: "2026Q4".parse().unwrap(),
        title: "又一次".into(),
        due: round::Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    let message = round::open(&central.site, COMMAND_LINE, &new).expect_err("one is open already").message();
    assert!(message.en.contains(central.round.plan.round.id.as_str()), "it names the open one: {}", message.en);
    assert_eq!(rows(&central, "round"), 1);
    round::open(&central.site, COMMAND_LINE, &NewRound { kind: RoundKind::Special, ..new })
        .expect("a special round may run beside it");
}

#[tokio::test]
async fn a_plan_that_waits_for_the_sequencer_does_not_spoil_the_package() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    // The command died after its transaction and before sequencing: the plan is in the inbox, not in the log.
    central
        .site
        .db
        .write(|sql| {
            let statement = PlanStatement {
                site: central.site.settings.root.site.clone(),
                plan: central.round.plan.clone(),
                opened_at: clock::now(),
                opened_by: "xunjian".into(),
            };
            let envelope = statement.sign(&[&central.site.keys.service]).unwrap();
            let hash = envelope.sha256().to_hex();
            sql.execute("UPDATE round SET plan_sha256 = $1", &[hash.into()])?;
            log::enqueue(sql, "plan", &envelope)
        })
        .unwrap();
    assert_eq!(terminal.package().await.rounds.len(), 1);
}
