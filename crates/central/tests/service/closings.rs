//! 覆盖 and 关闭: what is due comes from the logged plan, what is done from the records that count; both sides sign the numbers,
//! and from then on nothing counts into the round.

use std::{fs, io::Cursor};

use xunjian_central::{
    calendar, clock,
    closing::{archive, check_archive, close, draw_up, look_at},
    coverage::{self, Counted},
    enrol,
    integrity::fsck,
    keys,
    log::COMMAND_LINE,
    rectification,
    round::{self, Due, NewRound},
};
use xunjian_domain::{
    coverage::LineState,
    ids::{FindingId, PartyId},
    outcome::Outcome,
    party::Role,
    plan::VisitKind,
    round::RoundKind,
    visit::{CheckResult, Finding, LineResult, NoPhoto, Severity},
};
use xunjian_field::FieldError;
use xunjian_proof::{
    Sha256,
    closing::{Closing, Timing},
    dsse::Envelope,
    merkle,
    pack::check::{Pins, check},
    record::{Amends, Record},
    statement::{Countersignature, ReviewVerdict, Statement as _},
    suite::{Ed25519Signer, Signer as _},
};
use xunjian_protocol::{
    path,
    record::{DeliveryState, RecordAnswer},
    review::{CountersignatureAnswer, CountersignaturesAnswer},
};

use super::{
    party::{Central, Terminal, rows, whole},
    tablet::Tablet,
};

async fn person(central: &Central, name: &str, party: &str, roles: &[Role], seed: u8) -> Terminal {
    enrol::add_person(&central.site, COMMAND_LINE, name, &PartyId::new(party), roles).unwrap();
    let terminal = Terminal::enrol(central, name, seed).await;
    central.approve();
    terminal
}

fn counted(central: &Central) -> Counted {
    let round = central.round.plan.round.id.clone();
    central.site.db.read(|sql| coverage::of_round(sql, &round)).unwrap()
}

async fn submits(central: &Central, by: &mut Terminal, kind: VisitKind, change: impl FnOnce(&mut Record)) -> Sha256 {
    let (record, envelope) = by.seals(central, central.visit(kind), &[], change);
    assert_eq!(by.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record });
    record
}

/// 不适用 or 未检, with its reason.
fn says(line: &mut LineResult, outcome: Outcome, reason: &str) {
    (line.outcome, line.reason, line.checks, line.no_photo) = (outcome, reason.into(), Vec::<CheckResult>::new(), None);
}

async fn countersigns(central: &Central, by: &Terminal, of: &Terminal, record: Sha256, verdict: ReviewVerdict) {
    let DeliveryState::Delivered { delivered, .. } = of.delivery(record).await else { panic!("not delivered") };
    let said = Countersignature {
        site: by.sealer.site.clone(),
        record,
        revision: 1,
        delivered_leaf: merkle::leaf_hash(delivered.as_bytes()),
        reviewer: by.enrolment.person.clone(),
        party: PartyId::new("manager"),
        verdict,
        lines: std::collections::BTreeMap::new(),
        comment: "已核对".into(),
        at: clock::now(),
    };
    let text = String::from_utf8(said.sign(&[&by.sealer.person.1]).unwrap().to_bytes()).unwrap();
    let body = serde_json::json!({ "envelopes": [text] });
    let answer: CountersignaturesAnswer = by.call(path::COUNTERSIGNATURES, &body).await;
    assert!(matches!(answer.answers[0], CountersignatureAnswer::Stored { .. }), "{:?}", answer.answers);
    central.site.sequence().unwrap();
}

#[tokio::test]
async fn every_number_has_its_list_and_not_applicable_counts_once_a_reviewer_accepted_it() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    let due = central.round.plan.lines_due();
    let empty = counted(&central);
    assert_eq!((empty.totals.whole.due, empty.totals.whole.missed(), empty.totals.visits_delivered), (due, due, 0));
    assert_eq!(empty.totals.whole.percent().as_deref(), Some("0.0"));

    let room = central.visit(VisitKind::Room).lines.len() as u64;
    let record = submits(&central, &mut li, VisitKind::Room, |record| {
        says(&mut record.lines[0], Outcome::NotApplicable, "本机房无此设施");
        says(&mut record.lines[1], Outcome::NotChecked, "停电检修");
    })
    .await;
    let before = counted(&central);
    assert_eq!(before.totals.whole.done(), room - 2);
    let list = |counted: &Counted, state| counted.coverage.lines_of(state).map(|line| line.line).collect::<Vec<_>>();
    assert_eq!(list(&before, LineState::NotApplicableUnaccepted), [1]);
    let unchecked: Vec<&str> =
        before.coverage.lines_of(LineState::NotChecked).map(|line| line.reason.as_str()).collect();
    assert_eq!(unchecked, ["停电检修"], "未检 stands with its reason");
    assert_eq!(list(&before, LineState::Missed).len() as u64, due - room);

    countersigns(&central, &chen, &li, record, ReviewVerdict::Accepted).await;
    let accepted = counted(&central);
    assert_eq!((accepted.totals.whole.done(), accepted.totals.visits_accepted), (room - 1, 1));
    assert_eq!(list(&accepted, LineState::NotApplicable), [1]);
    let at_that_time =
        central.site.db.read(|sql| coverage::at_size(sql, &central.round.plan.round.id, before.log_size));
    assert_eq!(at_that_time.unwrap().coverage, before.coverage, "the log below a size says the same for ever");

    // Amended after it was accepted: the accepted one goes on to count until a reviewer accepts the other.
    let (amended, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |again| {
        again.visit.revision = 2;
        again.amends = Some(Amends { record, returned_by: None, reason: "改写".into() });
    });
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: amended });
    assert_eq!(counted(&central).totals, accepted.totals, "nobody polishes what was accepted");
    let of_room = counted(&central).totals.rooms.iter().map(|room| room.rate.due).sum::<u64>();
    assert_eq!(of_room, due, "rooms are another sum of the same lines");
    whole(&central);
}

#[tokio::test]
async fn what_cannot_be_counted_stands_beside_the_numbers() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (late, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[b"a photo"], |_| ());
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: late });
    // The next place of the chain was sealed and never came.
    let _ = li.seals(&central, central.visit(VisitKind::Cluster), &[], |_| ());
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let now = counted(&central);
    assert_eq!(now.totals.visits_delivered, 1, "the photo of the other one is missing");
    let beside = central.site.db.read(|sql| coverage::beside(sql, &now)).unwrap();
    assert_eq!(beside.not_counted.iter().map(|one| one.record.as_str()).collect::<Vec<_>>(), [late.to_hex()]);
    let gaps: Vec<_> = beside.gaps.iter().map(|gap| (gap.kind, gap.from, gap.to)).collect();
    assert_eq!(gaps, [("hole", 2, 2)]);
    assert!(beside.idle.is_empty(), "the quarter is not over");

    let new = NewRound {
        kind: RoundKind::Special,
        quarter: "2026Q1".parse().unwrap(),
        title: "已过期的保障巡检".into(),
        due: Due { from: Some("2026-01-01".parse().unwrap()), by: Some("2026-01-05".parse().unwrap()) },
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    let past = round::open(&central.site, COMMAND_LINE, &new).unwrap();
    let request = xunjian_central::console::visits::AssignRequest {
        visits: vec![past.visits[0].id.to_string()],
        person: Some(li.enrolment.person.to_string()),
    };
    xunjian_central::console::visits::assign(&central.site, COMMAND_LINE, past.plan.round.id.as_str(), &request)
        .unwrap();
    let beside = central.site.db.read(|sql| {
        let counted = coverage::of_round(sql, &past.plan.round.id)?;
        coverage::beside(sql, &counted)
    });
    let idle: Vec<String> = beside.unwrap().idle.into_iter().map(|one| one.person).collect();
    assert_eq!(idle, ["li_inspector"], "assigned, and nothing came");
}

fn signed(closing: &Closing, by: &Terminal) -> Envelope {
    closing.sign(&[&by.sealer.person.1]).unwrap()
}

fn refuses(central: &Central, envelopes: &[Envelope], word: &str) {
    let error = close(&central.site, COMMAND_LINE, envelopes).unwrap_err().message().en;
    assert!(error.contains(word), "{word}: {error}");
    assert_eq!(rows(central, "round_closing"), 0, "{word}: the round stays open");
}

#[tokio::test]
async fn both_sides_sign_the_numbers_and_nothing_counts_afterwards() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    let admin = person(&central, "qian_administrator", "provider", &[Role::Administrator], 40).await;
    let wang = person(&central, "wang_rectifier", "manager", &[Role::Rectifier], 50).await;
    let round = central.round.plan.round.id.clone();
    submits(&central, &mut li, VisitKind::Room, |record| {
        record.findings = vec![Finding {
            id: FindingId::new("lamp"),
            line: None,
            subject: record.visit.subject.clone(),
            severity: Severity::Minor,
            category: String::new(),
            description: "照明损坏".into(),
            responsible_unit: "某服务方".into(),
            due_on: Some("2027-01-05".parse().unwrap()),
            found: record.clock.sealed.clone(),
            photos: Vec::new(),
            no_photo: Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: String::new() }),
            fixed_on_site: String::new(),
            after_photos: Vec::new(),
            desk_call: None,
            follows: None,
            later_calls: Vec::new(),
        }];
    })
    .await;
    rectification::open_complete(&central.site, "service", "").unwrap();
    let timing = Timing::of(clock::now(), &central.round.plan.round);
    if timing != Timing::OnTime {
        let error = draw_up(&central.site, COMMAND_LINE, &round, " ").unwrap_err().message().zh;
        assert!(error.contains("--reason"), "{error}");
    }
    let stale = draw_up(&central.site, COMMAND_LINE, &round, "机房搬迁").unwrap();
    assert_eq!((stale.timing, stale.totals.visits_delivered), (timing, 1));
    submits(&central, &mut zhao, VisitKind::Cluster, |_| ()).await;
    refuses(&central, &[signed(&stale, &li), signed(&stale, &chen)], "since it was drawn up");

    let closing = draw_up(&central.site, COMMAND_LINE, &round, "机房搬迁").unwrap();
    let (mine, theirs) = (signed(&closing, &li), signed(&closing, &chen));
    refuses(&central, &[], "nobody signed");
    refuses(&central, std::slice::from_ref(&mine), "监理方或管理方 has not signed");
    refuses(&central, std::slice::from_ref(&theirs), "服务方 has not signed");
    refuses(&central, &[mine.clone(), signed(&closing, &zhao)], "监理方或管理方 has not signed");
    refuses(&central, &[signed(&closing, &admin), theirs.clone()], "may not sign");
    refuses(&central, &[mine.clone(), signed(&closing, &wang)], "may not sign");
    refuses(&central, &[mine.clone(), signed(&stale, &chen)], "different statements");
    let mut polished = closing.clone();
    polished.totals.whole.normal += 1;
    refuses(&central, &[signed(&polished, &li), signed(&polished, &chen)], "hash is not that of the numbers");
    polished.totals_sha256 = xunjian_proof::jcs::hash(&polished.totals).unwrap();
    refuses(&central, &[signed(&polished, &li), signed(&polished, &chen)], "totals are not those");
    let mut hidden = closing.clone();
    hidden.lines_sha256 = Sha256::of(b"another list");
    refuses(&central, &[signed(&hidden, &li), signed(&hidden, &chen)], "lines behind the totals");
    let mut elsewhere = closing.clone();
    elsewhere.log_root = Sha256::of(b"another log");
    refuses(&central, &[signed(&elsewhere, &li), signed(&elsewhere, &chen)], "log's root");
    let (seen, names) = look_at(&central.site, &mine).unwrap();
    assert_eq!((seen, names), (closing.clone(), vec!["li_inspector（服务方）".to_owned()]));

    // Sealed while the round was open, on a tablet that comes back too late.
    let (late, late_envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    let closed = close(&central.site, COMMAND_LINE, &[theirs.clone(), mine.clone()]).unwrap();
    assert!(!closed.identical && closed.signed_by.len() == 2, "{closed:?}");
    assert!(close(&central.site, COMMAND_LINE, &[mine, theirs]).unwrap().identical, "in whatever order they come");
    assert!(draw_up(&central.site, COMMAND_LINE, &round, "再来").is_err());
    whole(&central);

    let frozen = counted(&central);
    assert_eq!(frozen.totals, closing.totals);
    assert_eq!(
        li.submits(&late_envelope.to_bytes()).await,
        RecordAnswer::Stored { record: late },
        "evidence is kept for ever"
    );
    assert!(matches!(li.delivery(late).await, DeliveryState::Delivered { .. }), "and gets its receipt");
    assert_eq!(counted(&central).coverage, frozen.coverage, "and counts for nothing");
    let beside = central.site.db.read(|sql| coverage::beside(sql, &frozen)).unwrap();
    assert_eq!(beside.not_counted.iter().map(|one| one.record.as_str()).collect::<Vec<_>>(), [late.to_hex()]);
    assert_eq!(rows(&central, &format!("record_summary WHERE record_id = '{late}' AND is_current = 1")), 0);
    assert!(li.package().await.rounds.is_empty(), "tablets walk it no more");
    whole(&central);

    let folder = tempfile::TempDir::new().unwrap();
    let (first, second) = (folder.path().join("a.zip"), folder.path().join("b.zip"));
    let written = archive(&central.site, &round, &first).unwrap();
    assert_eq!(written.records, 2, "without the late one");
    archive(&central.site, &round, &second).unwrap();
    let bytes = fs::read(&first).unwrap();
    assert_eq!(bytes, fs::read(&second).unwrap(), "the same bytes, whatever came into the log since");
    let fingerprint = central.site.settings.root.fingerprint().unwrap();
    let report = check_archive(&first, Some(fingerprint)).unwrap();
    assert!(report.is_right, "{:?}", report.report.failures);
    assert_eq!(report.report.closed, [closed.closing]);
    assert!(report.report.steps.iter().any(|step| step.contains("derived again")), "{:?}", report.report.steps);
    assert!(report.report.steps.iter().any(|step| step.contains("rectifications")), "{:?}", report.report.steps);
    assert!(report.report.not_understood.is_empty(), "{:?}", report.report.not_understood);
    assert!(!report.report.notices.iter().any(|one| one.contains("未比对")), "the root at the named size is shown");
    let stranger = check_archive(&first, Some(Sha256::of(b"another root"))).unwrap();
    assert!(!stranger.is_right);
    for at in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 40] {
        let mut broken = bytes.clone();
        broken[at] ^= 1;
        assert!(!check(Cursor::new(broken), &Pins::default()).failures.is_empty(), "byte {at}");
    }
}

#[tokio::test]
async fn an_open_round_has_no_archive_and_its_pack_is_none() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let folder = tempfile::TempDir::new().unwrap();
    let (file, round) = (folder.path().join("a.zip"), central.round.plan.round.id.clone());
    let error = archive(&central.site, &round, &file).unwrap_err().message().zh;
    assert!(error.contains("尚未关闭") && !file.exists(), "{error}");
    let request = xunjian_central::pack::Request {
        wanted: xunjian_central::pack::Wanted::Round(round),
        profile: xunjian_proof::pack::Profile::Full,
        masks: xunjian_central::pack::Masks::default(),
        at: None,
        since: Vec::new(),
    };
    xunjian_central::pack::write_file(&central.site, &request, &file).unwrap();
    let report = check_archive(&file, Some(central.site.settings.root.fingerprint().unwrap())).unwrap();
    assert!(report.report.failures.is_empty() && !report.is_right, "a sound pack, and no archive of a closed round");
}

#[tokio::test]
async fn what_was_closed_is_held_against_the_log() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let round = central.round.plan.round.id.clone();
    let closing = draw_up(&central.site, COMMAND_LINE, &round, "机房搬迁").unwrap();
    close(&central.site, COMMAND_LINE, &[signed(&closing, &li), signed(&closing, &chen)]).unwrap();
    whole(&central);
    let cases = [
        ("UPDATE round SET closed_at = 0", "closing", "row"),
        ("DELETE FROM round_closing", "round", "closed_at"),
        ("UPDATE round_closing SET log_size = log_size - 1", "closing", "row"),
        ("UPDATE round_closing SET envelope = x'7b7d'", "closing", "row"),
        ("UPDATE round_closing SET envelope_sha256 = 'x'", "closing", "leaf"),
        ("DELETE FROM delivered", "closing", "numbers"),
    ];
    for (tampering, part, step) in cases {
        let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
        let kept = "CREATE TABLE kept_round AS SELECT id, closed_at FROM round; CREATE TABLE kept AS SELECT * FROM round_closing; \
                    CREATE TABLE kept_delivered AS SELECT * FROM delivered";
        connection.execute_batch(kept).unwrap();
        connection.execute_batch(&format!("PRAGMA foreign_keys = off; {tampering}")).unwrap();
        let damages = fsck(&central.site).unwrap().damages;
        let is_named = damages.iter().any(|one| (one.part, one.step.as_str()) == (part, step));
        assert!(is_named, "{tampering}: {damages:?}");
        let back = "DELETE FROM round_closing; INSERT INTO round_closing SELECT * FROM kept; DELETE FROM delivered; \
                    INSERT INTO delivered SELECT * FROM kept_delivered; \
                    UPDATE round SET closed_at = (SELECT closed_at FROM kept_round WHERE kept_round.id = round.id); \
                    DROP TABLE kept; DROP TABLE kept_round; DROP TABLE kept_delivered";
        connection.execute_batch(back).unwrap();
    }
    whole(&central);
}

#[tokio::test]
async fn the_manager_reads_the_numbers_on_her_tablet_and_signs_them_there() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let chen = Tablet::of_chen(&central).await;
    let closing = draw_up(&central.site, COMMAND_LINE, &central.round.plan.round.id, "机房搬迁").unwrap();
    let file = serde_json::to_vec_pretty(&closing).unwrap();
    assert_eq!(chen.field.round_closing(&file).unwrap(), closing);
    let mut polished = closing.clone();
    polished.totals.whole.normal += 1;
    let error =
        chen.field.sign_closing(&serde_json::to_vec(&polished).unwrap(), &chen.person, &chen.passphrase).unwrap_err();
    assert!(matches!(error, FieldError::Unclosable(_)), "{error}");
    let theirs = chen.field.sign_closing(&file, &chen.person, &chen.passphrase).unwrap();
    let theirs = Envelope::from_bytes(theirs.as_bytes()).unwrap();
    close(&central.site, COMMAND_LINE, &[theirs, signed(&closing, &li)]).unwrap();
    whole(&central);
}

#[tokio::test]
async fn a_revoked_key_closes_nothing_and_the_calendar_is_kept_with_who_set_it() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = person(&central, "chen_reviewer", "manager", &[Role::Reviewer], 30).await;
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let closing = draw_up(&central.site, COMMAND_LINE, &central.round.plan.round.id, "机房搬迁").unwrap();
    let files = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<Ed25519Signer> = files.iter().map(|file| keys::read(file).unwrap()).collect();
    enrol::revoke(&central.site, COMMAND_LINE, &chen.sealer.person.1.public_key().id(), "离职", &root).unwrap();
    refuses(&central, &[signed(&closing, &li), signed(&closing, &chen)], "revoked");

    let starting = central.site.db.read(calendar::current).unwrap();
    assert!(starting.set_by.is_empty(), "nobody set the one that a site starts with");
    let mut next = starting.calendar.clone();
    next.holidays.insert("2026-10-01".parse().unwrap(), "国庆节".into());
    next.source.clear();
    let error = calendar::set(&central.site, COMMAND_LINE, &next).unwrap_err().message().zh;
    assert!(error.contains("依据"), "{error}");
    next.source = "国务院办公厅 2026 年通知".into();
    let set = calendar::set(&central.site, COMMAND_LINE, &next).unwrap();
    assert_eq!(central.site.db.read(calendar::current).unwrap(), set);
    calendar::set(&central.site, COMMAND_LINE, &next).unwrap();
    assert_eq!((rows(&central, "working_calendar"), rows(&central, "audit WHERE action = 'calendar.set'")), (1, 1));
    assert!(calendar::parse("{\"days\":[1]}").unwrap_err().message().zh.contains("calendar show"));
    whole(&central);
}

#[tokio::test]
async fn indicators_say_what_they_are_made_of() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    submits(&central, &mut li, VisitKind::Room, |_| ()).await;
    let all = coverage::indicators_of(&central.site, &central.round.plan.round.id).unwrap();
    let of = |key: &str| all.iter().find(|one| one.key == key).unwrap();
    let visits = of("visits_delivered").counted.as_ref().unwrap();
    assert_eq!((visits.part, visits.whole), (1, central.round.visits.len() as u64));
    let lines = of("completion_rate").counted.as_ref().unwrap();
    assert_eq!(lines.part, central.visit(VisitKind::Room).lines.len() as u64);
    assert_eq!(of("complaints").value().zh, "未采集");
    assert_eq!(of("rectifications_completed").value().zh, "无可计数据");
}
