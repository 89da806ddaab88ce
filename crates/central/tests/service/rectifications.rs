//! 整改: what li finds is opened, wang puts it right, zhao looks again, chen closes it. Nobody closes their own work, and nothing
//! closes without evidence.

use xunjian_central::{
    clock, enrol,
    integrity::fsck,
    keys,
    ledger::{self, changes},
    log::COMMAND_LINE,
    rectification::{
        Defaults, ExportFormat, Wanted, acknowledge, assign, candidates, case, export, feed_back, find, histories,
        open, open_complete, remind, standings, take,
    },
    round::{self, Due, NewRound, OpenedRound},
};
use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, PartyId},
    outcome::Outcome,
    party::Role,
    plan::{PlannedVisit, VisitKind},
    reconciliation::Verdict,
    rectification::{RectificationState, Reinspection, Step, deadline::Urgency},
    round::RoundKind,
    text::Language,
    time::TimestampMs,
    visit::{DeskCall, Finding, FollowUp, FollowUpState, NoPhoto, Severity},
};
use xunjian_field::{FieldError, NextStep};
use xunjian_proof::{
    dsse::Envelope,
    ledger_change::ChangeDecision,
    record::Record,
    rectification::{RectificationStep, Signatory},
    statement::Statement as _,
    suite::{Ed25519Signer, Signer as _},
};
use xunjian_protocol::record::RecordAnswer;

use super::{
    party::{Central, Terminal, rows, whole},
    tablet::Tablet,
};

async fn person(central: &Central, name: &str, party: &str, role: Role, seed: u8) -> Terminal {
    enrol::add_person(&central.site, COMMAND_LINE, name, &PartyId::new(party), &[role]).unwrap();
    let terminal = Terminal::enrol(central, name, seed).await;
    central.approve();
    terminal
}

fn excused() -> Option<NoPhoto> {
    Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: "王五".into() })
}

fn finding(record: &Record, id: &str, severity: Severity) -> Finding {
    Finding {
        id: FindingId::new(id),
        line: None,
        subject: record.visit.subject.clone(),
        severity,
        category: String::new(),
        description: "柜门锁扣松动".into(),
        responsible_unit: "某服务方".into(),
        due_on: severity.respond_within_minutes().is_none().then(|| "2027-01-05".parse().unwrap()),
        found: record.clock.started.clone(),
        photos: Vec::new(),
        no_photo: excused(),
        fixed_on_site: String::new(),
        after_photos: Vec::new(),
        desk_call: None,
        follows: None,
        later_calls: Vec::new(),
    }
}

/// li's delivered record of a rack.
async fn li_finds(central: &Central, change: impl FnOnce(&mut Record)) -> (Terminal, Sha256) {
    let mut li = Terminal::enrol(central, "li_inspector", 1).await;
    central.approve();
    let (record, envelope) = li.seals(central, &rack_with_assets(central), &[], change);
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record });
    (li, record)
}

fn rack_with_assets(central: &Central) -> PlannedVisit {
    let (_, ledger) = central.site.db.read(ledger::current).unwrap().unwrap();
    let has_assets = |visit: &&PlannedVisit| {
        visit.kind == VisitKind::Rack && ledger.assets.iter().any(|asset| asset.rack.as_str() == visit.subject.id)
    };
    central.round.visits.iter().find(has_assets).cloned().expect("a rack with assets")
}

/// A later round, and zhao's record of the same rack in it.
async fn zhao_looks_again(central: &Central, seed: u8, change: impl FnOnce(&mut Record)) -> (Terminal, Sha256) {
    let new = NewRound {
        kind: RoundKind::Special,
        quarter: "2027Q1".parse().unwrap(),
        title: "保障巡检".into(),
        due: Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    let opened: OpenedRound = round::open(&central.site, COMMAND_LINE, &new).unwrap();
    let first = rack_with_assets(central);
    let again = opened.visits.iter().find(|visit| visit.subject == first.subject).unwrap();
    let mut zhao = Terminal::enrol(central, "zhao_inspector", seed).await;
    central.approve();
    let (_, ledger) = central.site.db.read(ledger::current).unwrap().unwrap();
    let statement = central.site.db.read(|sql| {
        let rows = sql.query("SELECT plan_sha256 FROM round WHERE id = $1", &[opened.plan.round.id.as_str().into()])?;
        Ok::<_, xunjian_central::Error>(rows[0].text(0)?.parse::<Sha256>().unwrap())
    });
    let record = zhao.sealer.record((&opened.plan, statement.unwrap()), again, &ledger.assets, &[], change);
    let envelope = zhao.sealer.seal(&record);
    let id = Sha256::of(&envelope.payload().unwrap());
    assert_eq!(zhao.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
    (zhao, id)
}

fn rectified(record: &Record, id: &str, of: Sha256) -> FollowUp {
    FollowUp {
        finding: FindingId::new(id),
        record: of,
        line: None,
        state: FollowUpState::Rectified,
        note: "锁扣已更换".into(),
        after_photos: Vec::new(),
        no_photo: excused(),
        answered: record.clock.sealed.clone(),
    }
}

/// The next step as a person signs it.
fn signs(central: &Central, by: &Terminal, id: Sha256, step: Step) -> Envelope {
    let history = central.site.db.read(|sql| find(sql, &id.to_hex())).unwrap();
    let said = RectificationStep {
        site: by.sealer.site.clone(),
        round: history.progress.opening.round.clone(),
        rectification: id,
        previous: Some(history.last),
        step,
        by: Signatory::Person { person: by.enrolment.person.clone() },
        at: clock::now(),
    };
    said.sign(&[&by.sealer.person.1]).unwrap()
}

fn refuses(central: &Central, envelope: &Envelope, wanted: Wanted, word: &str) {
    let before = (rows(central, "rectification_step"), rows(central, "audit"));
    let error = take(&central.site, COMMAND_LINE, envelope, wanted).unwrap_err().message().en;
    assert!(error.contains(word), "{word}: {error}");
    assert_eq!((rows(central, "rectification_step"), rows(central, "audit")), before, "{word}: nothing changed");
}

fn submitted() -> Step {
    Step::Submitted { done: "已更换锁扣".into() }
}

fn accepted(record: Sha256) -> Step {
    Step::Accepted { reinspection: Reinspection::FollowUp { record }, comment: String::new() }
}

#[tokio::test]
async fn a_finding_goes_from_the_record_to_the_signature_of_another_person() {
    let central = Central::start().await;
    let (_, record) =
        li_finds(&central, |record| record.findings = vec![finding(record, "lock", Severity::Major)]).await;
    let wang = person(&central, "wang_rectifier", "provider", Role::Rectifier, 20).await;
    let chen = person(&central, "chen_reviewer", "manager", Role::Reviewer, 30).await;
    let opened = open_complete(&central.site, "service", "").unwrap();
    assert_eq!(opened.len(), 1);
    let (id, opening) = (opened[0].id, opened[0].progress.opening.clone());
    assert_eq!((opening.record, opening.owning_unit.as_str()), (record, "某服务方"));
    assert!(!opening.place.is_empty() && !opening.subject_name.is_empty(), "people can find the place: {opening:?}");
    assert!(open_complete(&central.site, "service", "").unwrap().is_empty(), "opened once");
    assert!(central.site.db.read(|sql| candidates(sql, "")).unwrap().is_empty());

    let short = &id.to_hex()[..10];
    assign(&central.site, COMMAND_LINE, short, "wang_rectifier", "周三前").unwrap();
    feed_back(&central.site, COMMAND_LINE, short, "", "电话", "已安排更换").unwrap();
    acknowledge(&central.site, COMMAND_LINE, short, "赵科长", "电话", "").unwrap();
    let envelope = signs(&central, &wang, id, submitted());
    let taken = take(&central.site, COMMAND_LINE, &envelope, Wanted::Submission).unwrap();
    assert_eq!((taken.state, taken.identical), (RectificationState::Submitted, false));
    assert!(take(&central.site, COMMAND_LINE, &envelope, Wanted::Submission).unwrap().identical, "the same file again");

    refuses(
        &central,
        &signs(&central, &chen, id, accepted(record)),
        Wanted::Verdict,
        "does not find the problem rectified",
    );
    assert!(case(&central.site, short).unwrap().evidence.is_empty(), "nobody looked again");
    let rejected = signs(&central, &chen, id, Step::Rejected { reason: "没有复查".into() });
    assert_eq!(
        take(&central.site, COMMAND_LINE, &rejected, Wanted::Verdict).unwrap().state,
        RectificationState::Rejected
    );

    let (_, later) =
        zhao_looks_again(&central, 5, |again| again.follow_ups = vec![rectified(again, "lock", record)]).await;
    let found = case(&central.site, short).unwrap();
    assert_eq!(found.evidence.len(), 1);
    assert_eq!(found.evidence[0].reinspection, Reinspection::FollowUp { record: later });
    take(&central.site, COMMAND_LINE, &signs(&central, &wang, id, submitted()), Wanted::Submission).unwrap();
    let envelope = signs(&central, &chen, id, accepted(later));
    assert_eq!(
        take(&central.site, COMMAND_LINE, &envelope, Wanted::Verdict).unwrap().state,
        RectificationState::Accepted
    );
    refuses(&central, &signs(&central, &wang, id, submitted()), Wanted::Submission, "closed");

    let all = central.site.db.read(|sql| standings(sql, "")).unwrap();
    assert_eq!((all.len(), all[0].progress.rejections, all[0].deadlines.len()), (1, 1, 0));
    let steps = rows(&central, "rectification_step");
    assert_eq!(steps, 8, "opened, assigned, fed back, acknowledged, submitted, rejected, submitted, accepted");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'rectification'"), steps, "each step is a leaf");
    assert_eq!(rows(&central, "audit WHERE action LIKE 'finding.%'"), steps);
    whole(&central);
    let csv = String::from_utf8(export(&central.site, "", ExportFormat::Csv, Language::Zh).unwrap()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with('\u{feff}') && lines[1].contains("已通过"), "{csv}");
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    let json = export(&central.site, "", ExportFormat::Json, Language::Zh).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["state"], "accepted");
    assert!(export(&central.site, "no such round", ExportFormat::Json, Language::Zh).unwrap().starts_with(b"[]"));
}

#[tokio::test]
async fn nobody_signs_what_is_not_theirs() {
    let central = Central::start().await;
    let (li, record) = li_finds(&central, |record| {
        record.findings =
            vec![Finding { fixed_on_site: "已当场更换".into(), ..finding(record, "lock", Severity::Major) }];
    })
    .await;
    let wang = person(&central, "wang_rectifier", "provider", Role::Rectifier, 20).await;
    let sun = person(&central, "sun_rectifier", "manager", Role::Rectifier, 25).await;
    let chen = person(&central, "chen_reviewer", "manager", Role::Reviewer, 30).await;
    let id = open_complete(&central.site, "service", "").unwrap()[0].id;
    let (hex, site) = (id.to_hex(), &central.site);
    let on_site = || Step::Accepted { reinspection: Reinspection::OnSite { record }, comment: String::new() };
    refuses(&central, &signs(&central, &wang, id, submitted()), Wanted::Submission, "assigned");
    let error = assign(site, COMMAND_LINE, &hex, "chen_reviewer", "").unwrap_err().message();
    assert!(error.zh.contains("不是整改人员"), "{error:?}");
    assign(site, COMMAND_LINE, &hex, "wang_rectifier", "").unwrap();
    refuses(&central, &signs(&central, &sun, id, submitted()), Wanted::Submission, "assigned");
    for stranger in [&li, &wang] {
        refuses(&central, &signs(&central, stranger, id, on_site()), Wanted::Verdict, "may not sign");
    }
    refuses(&central, &signs(&central, &li, id, submitted()), Wanted::Submission, "may not sign");
    refuses(&central, &signs(&central, &chen, id, on_site()), Wanted::Submission, "not what this command takes in");
    let mut other = RectificationStep::read(&signs(&central, &chen, id, on_site())).unwrap();
    other.by = Signatory::Person { person: wang.enrolment.person.clone() };
    let other = other.sign(&[&chen.sealer.person.1]).unwrap();
    refuses(&central, &other, Wanted::Verdict, "chen_reviewer signed");
    let early = signs(&central, &chen, id, on_site());
    feed_back(site, COMMAND_LINE, &hex, "市档案馆", "公函", "已修复").unwrap();
    refuses(&central, &early, Wanted::Verdict, "it follows");
    let mut future = RectificationStep::read(&signs(&central, &chen, id, on_site())).unwrap();
    future.at = clock::now().plus_ms(3_600_000);
    let future = future.sign(&[&chen.sealer.person.1]).unwrap();
    refuses(&central, &future, Wanted::Verdict, "later than now");
    let elsewhere =
        Step::Accepted { reinspection: Reinspection::OnSite { record: Sha256::of(b"?") }, comment: String::new() };
    refuses(&central, &signs(&central, &chen, id, elsewhere), Wanted::Verdict, "is not here");
    let files = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<Ed25519Signer> = files.iter().map(|file| keys::read(file).unwrap()).collect();
    let verdict = signs(&central, &chen, id, on_site());
    take(site, COMMAND_LINE, &verdict, Wanted::Verdict).unwrap();
    enrol::revoke(site, COMMAND_LINE, &chen.sealer.person.1.public_key().id(), "离职", &root).unwrap();
    assert!(take(site, COMMAND_LINE, &verdict, Wanted::Verdict).unwrap().identical, "what was logged before stands");
    whole(&central);
}

#[tokio::test]
async fn abnormal_lines_and_discrepancies_are_opened_with_what_the_record_does_not_say() {
    let central = Central::start().await;
    let (_, ledger) = central.site.db.read(ledger::current).unwrap().unwrap();
    let rack = rack_with_assets(&central);
    let asset = ledger.assets.iter().find(|asset| asset.rack.as_str() == rack.subject.id).unwrap().clone();
    let number = rack.lines.iter().find(|line| line.criterion.as_str() == "A.2-14").unwrap().no;
    let (_, record) = li_finds(&central, |record| {
        let line = record.lines.iter_mut().find(|line| line.no == number).unwrap();
        (line.outcome, line.note, line.no_photo) = (Outcome::Abnormal, "柜内有杂物".into(), excused());
        line.checks[0].outcome = Outcome::Abnormal;
        let row = record.reconciliation.iter_mut().find(|one| one.asset.as_ref() == Some(&asset.id)).unwrap();
        (row.verdicts, row.sighting) = (vec![Verdict::Missing], None);
    })
    .await;
    let found = central.site.db.read(|sql| candidates(sql, "")).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|one| !one.is_complete), "neither says by when");
    let missing = found.iter().find(|one| one.opening.verdicts == [Verdict::Missing]).unwrap();
    assert_eq!((&missing.opening.owning_unit, missing.opening.description.as_str()), (&asset.owning_unit, "缺失"));
    assert!(open_complete(&central.site, "service", "").unwrap().is_empty(), "the service adds nothing of its own");
    let bare = Defaults::default();
    let error = open(&central.site, COMMAND_LINE, "", &[], &bare).unwrap_err().message().zh;
    assert!(error.contains("请用 --"), "{error}");
    assert_eq!(rows(&central, "rectification_step"), 0, "nothing was opened");
    let defaults =
        Defaults { unit: "某服务方".into(), due_on: Some("2027-01-10".parse().unwrap()), severity: None };
    assert_eq!(open(&central.site, COMMAND_LINE, "", &[], &defaults).unwrap().len(), 2);
    let again = open(&central.site, COMMAND_LINE, "", &[missing.id.to_hex()], &defaults).unwrap_err().message().zh;
    assert!(again.contains("已立项"), "{again}");

    let chen = person(&central, "chen_reviewer", "manager", Role::Reviewer, 30).await;
    let zhou = person(&central, "zhou_approver", "manager", Role::LedgerApprover, 40).await;
    let set = changes::propose(&central.site, COMMAND_LINE, &central.round.plan.round.id).unwrap().change.change_set;
    let decision = ChangeDecision {
        change_set: set,
        approved: true,
        reason: String::new(),
        decided_by: zhou.enrolment.person.clone(),
        at: clock::now(),
    };
    let decision = decision.sign(&[&zhou.sealer.person.1]).unwrap();
    changes::decide(&central.site, COMMAND_LINE, &decision, true).unwrap();
    let evidence = case(&central.site, &missing.id.to_hex()).unwrap().evidence;
    let wanted = Reinspection::LedgerChanged { decision: decision.sha256() };
    assert_eq!(evidence.iter().map(|one| &one.reinspection).collect::<Vec<_>>(), [&wanted]);
    let step = |reinspection| Step::Accepted { reinspection, comment: String::new() };
    take(&central.site, COMMAND_LINE, &signs(&central, &chen, missing.id, step(wanted)), Wanted::Verdict).unwrap();

    let line = found.iter().find(|one| one.opening.verdicts.is_empty()).unwrap();
    let unchanged = step(Reinspection::Line { record, line: number });
    refuses(&central, &signs(&central, &chen, line.id, unchanged), Wanted::Verdict, "later record");
    let (_, later) = zhao_looks_again(&central, 50, |again| {
        let line = again.lines.iter_mut().find(|line| line.criterion.as_str() == "A.2-14").unwrap();
        line.no_photo = excused();
    })
    .await;
    let evidence = case(&central.site, &line.id.to_hex()).unwrap().evidence;
    let [one] = evidence.as_slice() else { panic!("one record shows it: {evidence:?}") };
    assert_eq!(one.reinspection.document(), later);
    let envelope = signs(&central, &chen, line.id, step(one.reinspection.clone()));
    take(&central.site, COMMAND_LINE, &envelope, Wanted::Verdict).unwrap();
    let all = central.site.db.read(|sql| histories(sql, "")).unwrap();
    assert!(all.iter().all(|one| one.progress.state == RectificationState::Accepted));
    whole(&central);
}

#[tokio::test]
async fn clocks_run_from_the_record_and_each_reminder_is_given_once() {
    let central = Central::start().await;
    let (_, _) = li_finds(&central, |record| {
        let called = DeskCall { callee: "服务台 3 号".into(), at: record.clock.started.clone() };
        record.findings = vec![
            finding(record, "outage", Severity::Outage),
            Finding { desk_call: Some(called), ..finding(record, "called", Severity::Outage) },
            Finding { due_on: Some("2026-01-05".parse().unwrap()), ..finding(record, "late", Severity::Minor) },
            finding(record, "later", Severity::Minor),
        ];
    })
    .await;
    assert_eq!(open_complete(&central.site, "service", "").unwrap().len(), 4);
    let given = remind(&central.site, "service").unwrap();
    let words: Vec<(String, String)> = given
        .iter()
        .map(|(one, reminder)| {
            let xunjian_domain::rectification::Source::Finding { finding } = &one.progress.opening.source else {
                panic!("findings only")
            };
            assert_eq!(reminder.urgency, Urgency::Overdue);
            (finding.to_string(), reminder.deadline.due.zh().to_owned())
        })
        .collect();
    // The visit was begun thirty minutes before it was sealed.
    let wanted = [("called", "反馈"), ("late", "整改"), ("outage", "反馈"), ("outage", "响应")];
    let mut words: Vec<(&str, &str)> = words.iter().map(|(one, due)| (one.as_str(), due.as_str())).collect();
    words.sort_unstable();
    assert_eq!(words, wanted);
    assert!(remind(&central.site, "service").unwrap().is_empty(), "each is given once");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'rectification'"), 8, "reminders are leaves, too");
    let all = central.site.db.read(|sql| standings(sql, "")).unwrap();
    assert_eq!(all.iter().filter(|one| one.is_overdue).count(), 3);
    assert!(all[0].is_overdue && !all[3].is_overdue, "the most urgent comes first");
    let outage =
        all.iter().find(|one| one.progress.responded_at.is_none() && one.progress.opening.due_on.is_none()).unwrap();
    let told = feed_back(&central.site, COMMAND_LINE, &outage.id.to_hex(), "", "电话", "正在恢复").unwrap();
    assert!(told.progress.responded_at.is_some_and(|at| at > TimestampMs(0)), "feedback is a response");
    assert!(remind(&central.site, "service").unwrap().is_empty(), "the next half hour has just begun");
    whole(&central);
}

#[tokio::test]
async fn what_was_changed_behind_the_service_is_named() {
    let cases = [
        ("DELETE FROM rectification_step WHERE place = 1", "row"),
        ("DELETE FROM rectification_step WHERE place = 0", "chain"),
        ("UPDATE rectification_step SET envelope = x'7b7d' WHERE place = 1", "row"),
        ("UPDATE rectification_step SET kind = 'accepted' WHERE place = 1", "row"),
        ("UPDATE rectification_step SET received_at = received_at - 60000 WHERE place = 1", "row"),
        ("UPDATE rectification_step SET place = 7 WHERE place = 1", "place"),
        (
            "INSERT INTO rectification_step SELECT 'x', envelope, rectification, 9, round_id, kind, by_person, received_at \
             FROM rectification_step WHERE place = 1",
            "leaf",
        ),
    ];
    let central = Central::start().await;
    li_finds(&central, |record| record.findings = vec![finding(record, "lock", Severity::Major)]).await;
    person(&central, "wang_rectifier", "provider", Role::Rectifier, 20).await;
    let id = open_complete(&central.site, "service", "").unwrap()[0].id;
    assign(&central.site, COMMAND_LINE, &id.to_hex(), "wang_rectifier", "").unwrap();
    whole(&central);
    let file = central.site.folder().join("central.db");
    for (tampering, step) in cases {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.execute_batch("CREATE TABLE kept AS SELECT * FROM rectification_step").unwrap();
        connection.execute_batch(tampering).unwrap();
        let damages = fsck(&central.site).unwrap().damages;
        let is_named = damages.iter().any(|one| (one.part, one.step.as_str()) == ("rectification", step));
        assert!(is_named, "{tampering}: {damages:?}");
        let back = "DELETE FROM rectification_step; INSERT INTO rectification_step SELECT * FROM kept; DROP TABLE kept";
        connection.execute_batch(back).unwrap();
    }
    whole(&central);
}

#[tokio::test]
async fn a_reviewer_looks_at_the_case_and_signs_on_her_own_tablet() {
    let central = Central::start().await;
    let (_, record) =
        li_finds(&central, |record| record.findings = vec![finding(record, "lock", Severity::Major)]).await;
    let id = open_complete(&central.site, "service", "").unwrap()[0].id;
    zhao_looks_again(&central, 5, |again| again.follow_ups = vec![rectified(again, "lock", record)]).await;
    let chen = Tablet::of_chen(&central).await;

    let file = serde_json::to_vec(&case(&central.site, &id.to_hex()).unwrap()).unwrap();
    let view = chen.field.rectification_case(&file).unwrap();
    assert_eq!((view.id, view.steps.len(), view.evidence.len()), (id, 1, 1));
    assert_eq!(view.evidence[0].shown.no_photo, "涉密区域");
    let accept = |evidence: &str| NextStep::Accept { evidence: evidence.into(), comment: String::new() };
    let strange = chen.field.sign_rectification(&file, accept("ffff"), &chen.person, &chen.passphrase).unwrap_err();
    assert!(matches!(strange, FieldError::Unrectifiable(_)), "{strange}");
    let submit = NextStep::Submit("我来".into());
    let refused = chen.field.sign_rectification(&file, submit, &chen.person, &chen.passphrase).unwrap_err();
    assert!(matches!(refused, FieldError::Unrectifiable(_)), "{refused}");
    let mut forged = case(&central.site, &id.to_hex()).unwrap();
    forged.evidence[0].envelope = forged.evidence[0].envelope.replacen("sig", "sih", 1);
    let forged = chen.field.rectification_case(&serde_json::to_vec(&forged).unwrap()).unwrap_err();
    assert!(matches!(forged, FieldError::Unrectifiable(_)), "{forged}");

    let signed = chen.field.sign_rectification(&file, accept(""), &chen.person, &chen.passphrase).unwrap();
    let envelope = Envelope::from_bytes(signed.as_bytes()).unwrap();
    let taken = take(&central.site, COMMAND_LINE, &envelope, Wanted::Verdict).unwrap();
    assert_eq!(taken.state, RectificationState::Accepted);
    let closed = central.site.db.read(|sql| find(sql, &id.to_hex())).unwrap();
    assert_eq!(closed.progress.accepted.map(|(by, ..)| by), Some(chen.person));
    whole(&central);
}
