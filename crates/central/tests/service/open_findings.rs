//! Problems that a round leaves open go out with the work package of the next, until a record says that they are rectified.

use reqwest::Method;
use serde_json::json;
use xunjian_central::{
    ledger,
    log::COMMAND_LINE,
    round::{self, Due, NewRound, OpenedRound},
};
use xunjian_domain::{
    ids::{CriterionKey, FindingId},
    plan::{PlannedVisit, VisitKind},
    round::RoundKind,
    visit::{Finding, FollowUp, FollowUpState, NoPhoto, OpenFindings, Severity, must_checks},
};
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    record::Record,
    statement::{PlanStatement, Statement as _},
};
use xunjian_protocol::{
    package::{PackageRound, WorkPackage},
    path,
    problem::ProblemCode,
    record::RecordAnswer,
};

use super::{
    console_desk::Desk,
    party::{Central, Terminal, problem, refused},
};

async fn pulls(terminal: &Terminal, accepts: &str) -> (String, WorkPackage) {
    let request = terminal.http.request(Method::GET, format!("{}{}", terminal.url, path::WORK_PACKAGE));
    let answer = request.bearer_auth(&terminal.token).header(path::ACCEPTS, accepts).send().await.unwrap();
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    (etag, answer.json().await.unwrap())
}

/// What the package of the newest round says is open.
async fn open(terminal: &Terminal) -> OpenFindings {
    let (_, package) = pulls(terminal, "assignments, open-findings").await;
    let Some(named) = package.rounds.last().unwrap().open_findings else { return OpenFindings::default() };
    let url = format!("{}{}/{named}", terminal.url, path::CHUNKS);
    let bytes = terminal.http.get(url).bearer_auth(&terminal.token).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(Sha256::of(&bytes), named);
    serde_json::from_slice(&bytes).unwrap()
}

fn next_round(central: &Central) -> OpenedRound {
    let new = NewRound {
        kind: RoundKind::Special,
        quarter: "2027Q1".parse().unwrap(),
        title: "保障巡检".into(),
        due: Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    round::open(&central.site, COMMAND_LINE, &new).unwrap()
}

/// Submits the record of a visit of that round.
async fn submits(
    central: &Central,
    terminal: &mut Terminal,
    round: &OpenedRound,
    visit: &PlannedVisit,
    change: impl FnOnce(&mut Record),
) -> (Sha256, RecordAnswer) {
    submits_with(central, terminal, round, visit, &[], change).await
}

/// The same with photos.
async fn submits_with(
    central: &Central,
    terminal: &mut Terminal,
    round: &OpenedRound,
    visit: &PlannedVisit,
    photos: &[&[u8]],
    change: impl FnOnce(&mut Record),
) -> (Sha256, RecordAnswer) {
    let (_, package) = pulls(terminal, "").await;
    let named = package.rounds.iter().find(|one| is_of(one, round)).unwrap();
    let (_, ledger) = central.site.db.read(ledger::current).unwrap().unwrap();
    let plan = (&round.plan, Sha256::of(named.plan.as_bytes()));
    let sealer = (terminal.sealer.sequence, terminal.sealer.previous);
    let record = terminal.sealer.record(plan, visit, &ledger.assets, photos, change);
    let envelope = terminal.sealer.seal(&record);
    let answer = terminal.submits(&envelope.to_bytes()).await;
    if matches!(answer, RecordAnswer::Refused { .. }) {
        (terminal.sealer.sequence, terminal.sealer.previous) = sealer;
    }
    (Sha256::of(&envelope.payload().unwrap()), answer)
}

fn is_of(wire: &PackageRound, round: &OpenedRound) -> bool {
    let statement = PlanStatement::read(&Envelope::from_bytes(wire.plan.as_bytes()).unwrap()).unwrap();
    statement.plan.round.id == round.plan.round.id
}

fn finding(record: &Record, id: &str, line: Option<u32>) -> Finding {
    let of_line = line.and_then(|no| record.lines.iter().find(|one| one.no == no));
    Finding {
        id: FindingId::new(id),
        line,
        subject: of_line.map_or(record.visit.subject.clone(), |one| one.subject.clone()),
        severity: Severity::Major,
        category: String::new(),
        description: "柜门锁扣松动".into(),
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
    }
}

fn follow_up(id: &str, record: Sha256, line: Option<u32>, state: FollowUpState, of: &Record) -> FollowUp {
    FollowUp {
        finding: FindingId::new(id),
        record,
        line,
        state,
        note: "已看".into(),
        after_photos: Vec::new(),
        no_photo: Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: String::new() }),
        answered: of.clock.sealed.clone(),
    }
}

#[tokio::test]
async fn what_a_round_leaves_open_goes_out_with_the_next_until_it_is_rectified() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let rack = central.visit(VisitKind::Rack).clone();
    let line = rack.lines.iter().find(|line| line.criterion.as_str() == "A.2-14").unwrap().no;
    let (signed, answer) = submits(&central, &mut terminal, &central.round, &rack, |record| {
        record.findings = vec![
            finding(record, "open", Some(line)),
            finding(record, "of the place", None),
            Finding { fixed_on_site: "已更换".into(), ..finding(record, "fixed", None) },
        ];
    })
    .await;
    assert_eq!(answer, RecordAnswer::Stored { record: signed });
    assert_eq!(open(&terminal).await, OpenFindings::default(), "a round does not look at its own problems again");

    let second = next_round(&central);
    let (plain, package) = pulls(&terminal, "assignments").await;
    assert!(
        package.rounds.iter().all(|round| round.open_findings.is_none()),
        "version 1 refuses what it does not know"
    );
    let (asked, package) = pulls(&terminal, path::ACCEPTS_OPEN_FINDINGS).await;
    assert!(package.rounds[0].open_findings.is_none() && package.rounds[1].open_findings.is_some());
    assert_ne!(plain, asked);

    let left = open(&terminal).await;
    let ids: Vec<&str> = left.findings.iter().map(|one| one.finding.id.as_str()).collect();
    assert_eq!(ids, ["of the place", "open"], "what was fixed on the spot is not open");
    let one = &left.findings[1];
    assert_eq!((one.record, &one.visited, one.visit_title.as_str()), (signed, &rack.subject, rack.title.as_str()));
    assert_eq!(one.criterion, Some(CriterionKey::new("A.2-14")));
    assert_eq!(
        (one.round_title.as_str(), one.inspector_name.as_str()),
        (&*central.round.plan.round.title, "li_inspector")
    );
    let visits: Vec<&PlannedVisit> = second.visits.iter().collect();
    let must = must_checks(&visits, &left.findings);
    let again = second.visits.iter().find(|visit| visit.subject == rack.subject).unwrap();
    let places: Vec<_> = must.iter().map(|one| (one.visit.clone(), one.line)).collect();
    assert_eq!(
        places,
        [(again.id.clone(), None), (again.id.clone(), Some(line))],
        "at the same rack, at the same line"
    );
    assert_eq!(desk.reads("findings?state=open").await["total"], 2);

    let (_, answer) = submits(&central, &mut terminal, &second, again, |record| {
        record.follow_ups = vec![
            follow_up("open", signed, Some(line), FollowUpState::Rectified, record),
            follow_up("of the place", signed, None, FollowUpState::Remains, record),
        ];
    })
    .await;
    assert!(matches!(answer, RecordAnswer::Stored { .. }), "{answer:?}");
    let left = open(&terminal).await;
    let ids: Vec<&str> = left.findings.iter().map(|one| one.finding.id.as_str()).collect();
    assert_eq!(ids, ["of the place"], "what remains comes back, what is rectified does not");
    assert_ne!(pulls(&terminal, path::ACCEPTS_OPEN_FINDINGS).await.0, asked, "terminals are told");
    assert_eq!(desk.reads("findings?state=open").await["total"], 1);
    let fixed = desk.reads("findings?state=fixed").await;
    assert_eq!(fixed["total"], 2, "fixed on the spot, and found rectified");
    assert_eq!(desk.reads("findings?state=overdue").await["items"].as_array().unwrap().len(), 0);
    let round = central.round.plan.round.id.to_string();
    let sums = desk.reads(&format!("overview?round={round}")).await["findings_by_severity"].clone();
    assert_eq!(sums, json!([{ "severity": "major", "count": 1 }]));
}

#[tokio::test]
async fn answers_to_problems_that_nobody_signed_are_refused() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let rack = central.visit(VisitKind::Rack).clone();
    let (signed, _) = submits(&central, &mut terminal, &central.round, &rack, |record| {
        record.findings = vec![finding(record, "open", None)];
    })
    .await;
    let second = next_round(&central);
    let again = second.visits.iter().find(|visit| visit.subject == rack.subject).unwrap().clone();
    type Spoil = fn(&mut Record, Sha256);
    let cases: [(&str, ProblemCode, Spoil); 6] = [
        ("has no problem other", ProblemCode::RecordMalformed, |record, signed| {
            record.follow_ups = vec![follow_up("other", signed, None, FollowUpState::Remains, record)];
        }),
        ("has no problem open", ProblemCode::RecordMalformed, |record, _| {
            let unknown = Sha256::of(b"no record");
            record.follow_ups = vec![follow_up("open", unknown, None, FollowUpState::Remains, record)];
        }),
        ("not planned", ProblemCode::RecordMalformed, |record, signed| {
            record.follow_ups = vec![follow_up("open", signed, Some(9_999), FollowUpState::Remains, record)];
        }),
        ("has no answer", ProblemCode::RecordMalformed, |record, _| {
            record.lines[0].must_check = Some(FindingId::new("open"));
        }),
        ("answered twice", ProblemCode::RecordMalformed, |record, signed| {
            let answer = follow_up("open", signed, None, FollowUpState::Remains, record);
            record.follow_ups = vec![answer.clone(), answer];
        }),
        ("needs a photo", ProblemCode::NotPlanned, |record, signed| {
            let answer = follow_up("open", signed, None, FollowUpState::Rectified, record);
            record.follow_ups = vec![FollowUp { no_photo: None, ..answer }];
        }),
    ];
    for (what, code, spoil) in cases {
        let (_, answer) = submits(&central, &mut terminal, &second, &again, |record| spoil(record, signed)).await;
        let problem = refused(answer);
        assert_eq!(problem.code, code, "{what}: {}", problem.detail);
        assert!(problem.detail.contains(what), "{what}: {}", problem.detail);
    }
    assert_eq!(open(&terminal).await.findings.len(), 1, "nothing of that closed it");
}

#[tokio::test]
async fn the_photo_of_an_open_problem_is_given_to_any_terminal_while_a_round_looks_at_it_again() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let other = Terminal::enrol(&central, "zhao_inspector", 5).await;
    central.approve();
    let rack = central.visit(VisitKind::Rack).clone();
    let photos = [b"the lock".as_slice(), b"the label"];
    let [lock, label] = photos.map(Sha256::of);
    let (signed, _) = submits_with(&central, &mut terminal, &central.round, &rack, &photos, |record| {
        record.findings = vec![Finding { photos: vec![lock], no_photo: None, ..finding(record, "open", None) }];
    })
    .await;
    let asks = async |sha256: Sha256, token: &str| {
        let url = format!("{}{}/{sha256}", other.url, path::BEFORE_PHOTOS);
        other.http.get(url).bearer_auth(token).send().await.unwrap()
    };
    let second = next_round(&central);
    assert_eq!(problem(asks(lock, &other.token).await).await.code, ProblemCode::NotFound, "it has not arrived yet");
    assert_eq!(terminal.puts(&lock, photos[0]).await.status(), 204);
    assert_eq!(terminal.puts(&label, photos[1]).await.status(), 204);

    let answer = asks(lock, &other.token).await;
    assert_eq!((answer.status().as_u16(), answer.bytes().await.unwrap().as_ref()), (200, photos[0]));
    let refused = problem(asks(label, &other.token).await).await;
    assert_eq!(refused.code, ProblemCode::NotFound, "a photo of the record that no open problem names");
    assert_eq!(asks(lock, "").await.status(), 401, "and nobody without a session gets any");

    let again = second.visits.iter().find(|visit| visit.subject == rack.subject).unwrap().clone();
    submits(&central, &mut terminal, &second, &again, |record| {
        record.follow_ups = vec![follow_up("open", signed, None, FollowUpState::Rectified, record)];
    })
    .await;
    assert_eq!(asks(lock, &other.token).await.status(), 404, "rectified: nobody looks at it again");
}
