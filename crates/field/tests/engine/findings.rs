//! Problems on the spot: their clocks and calls, and what becomes of those that earlier rounds left open.

use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, VisitId},
    plan::VisitKind,
    subject::{Subject, SubjectKind},
    visit::{FollowUpState, NoPhoto, OpenFinding, SealRule, Severity},
};
use xunjian_field::{
    FieldError, NewDeskCall, NewFinding, NewFollowUp, NewPhoto, NewSeal, PhotoSize, Sealed, VisitView,
};
use xunjian_proof::record::{Capture, Record, ScanSource};

use crate::{
    service::Service,
    terminal::{Terminal, approve, enrol, jpeg, normal, open, passphrase},
};

fn finding(line: Option<u32>, severity: Severity) -> NewFinding {
    NewFinding {
        line,
        subject: None,
        severity,
        category: "A.2-14.untidy".into(),
        description: "机柜布线不规整".into(),
        responsible_unit: "运维一组".into(),
        due_on: severity.respond_within_minutes().is_none().then(|| jiff::civil::date(2026, 12, 1)),
        photos: Vec::new(),
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

fn record(terminal: &Terminal, sealed: &Sealed) -> Record {
    let detail = terminal.field.verify_local(&sealed.record.to_hex()).unwrap();
    assert!(detail.steps.iter().all(|step| step.passed != Some(false)), "{:?}", detail.steps);
    detail.record
}

fn no_photo(reason: &str) -> Option<NoPhoto> {
    Some(NoPhoto { reason: reason.into(), confirmed_by: String::new() })
}

#[tokio::test]
async fn the_clock_runs_from_when_it_was_found_and_each_call_is_in_the_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    terminal.clock.pass(600_000);
    let report = |new| terminal.field.report_finding(terminal.draft(&visit), new).unwrap();
    let outage = NewFinding {
        desk_callee: Some(" 王工 ".into()),
        found_ago_ms: Some(240_000),
        called_ago_ms: Some(180_000),
        no_photo: no_photo("涉密区域"),
        ..finding(None, Severity::Outage)
    };
    let first = report(outage.clone());
    let call = first.desk_call.clone().unwrap();
    assert_eq!(call.callee, "王工");
    assert_eq!(call.at.wall_ms.0 - first.found.wall_ms.0, 60_000, "called a minute after it was found");
    assert_eq!(call.at.monotonic_ms - first.found.monotonic_ms, 60_000);

    terminal.clock.pass(120_000);
    let reworded = NewFinding {
        description: "业务系统中断，核心交换机掉电".into(),
        desk_callee: Some("王工".into()),
        called_ago_ms: None,
        found_ago_ms: None,
        replaces: Some(first.id.clone()),
        ..outage.clone()
    };
    let second = report(reworded);
    assert_eq!((&second.id, &second.found), (&first.id, &first.found), "new words do not turn the clock back");
    assert_eq!(second.desk_call, Some(call), "nor was the call made again");

    let note = |callee: &str| {
        let new = NewDeskCall { callee: callee.into(), ago_ms: None };
        terminal.field.note_desk_call(terminal.draft(&visit), &first.id, &new)
    };
    assert!(matches!(note(" "), Err(FieldError::BadInput(_))), "a call without a name proves nothing");
    note("赵工").unwrap();
    terminal.clock.pass(1_800_000);
    let third = note("王工").unwrap();
    let later: Vec<&str> = third.later_calls.iter().map(|call| call.callee.as_str()).collect();
    assert_eq!(later, ["赵工", "王工"], "feedback within 30 minutes, call by call");
    let gone = NewFinding { replaces: Some(FindingId::new("gone")), ..outage };
    let gone = terminal.field.report_finding(terminal.draft(&visit), gone).unwrap_err();
    assert!(matches!(gone, FieldError::UnknownFinding(_)));

    let record = record(&terminal, &terminal.seals(&visit));
    assert_eq!(record.findings, [third]);
}

#[tokio::test]
async fn a_found_moment_is_never_before_the_visit() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    let started = terminal.starts(&visit).started.unwrap();
    let new = NewFinding { found_ago_ms: Some(u64::MAX), ..finding(None, Severity::Outage) };
    let found = terminal.field.report_finding(terminal.draft(&visit), new).unwrap().found;
    assert_eq!(found, started);
}

#[tokio::test]
async fn presets_fit_the_criteria_of_the_visit() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let view = terminal.starts(&terminal.visit(VisitKind::Rack));
    for line in &view.lines {
        let has = view.finding_presets.iter().any(|preset| preset.criterion == line.criterion);
        assert!(has, "{} has usual problems", line.criterion);
    }
    let asked = |key: &str| view.lines.iter().any(|line| line.criterion.as_str() == key);
    assert!(view.finding_presets.iter().all(|preset| asked(preset.criterion.as_str())), "and no others");
}

/// A rack walked in a first round, where a problem with a photo was left open at a line that bulk may fill.
struct Before {
    service: Service,
    terminal: Terminal,
    line: u32,
    photo: Sha256,
    open: OpenFinding,
    /// The same rack in the second round.
    visit: VisitId,
}

/// The first rack of the second round.
fn newest_rack(terminal: &Terminal) -> VisitId {
    let today = terminal.field.today(&terminal.li).unwrap();
    let mut visits = today.rounds[1].visits.iter();
    visits.find(|visit| visit.kind == "rack").unwrap().id.clone()
}

async fn before() -> Before {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&visit, 1);
    let view = terminal.shows(&visit);
    let line = view.lines.iter().find(|line| line.criterion.as_str() == "A.1-01").unwrap();
    let (no, criterion) = (line.no, line.criterion.clone());
    let photo = terminal.attaches(&visit, no, &jpeg(40));
    terminal.field.report_finding(terminal.draft(&visit), finding(Some(no), Severity::Minor)).unwrap();
    let sealed = terminal.seals(&visit);
    let signed = record(&terminal, &sealed);
    assert_eq!(signed.findings[0].photos, [photo]);
    terminal.syncs(&service).await;
    let open = OpenFinding {
        finding: signed.findings[0].clone(),
        record: sealed.record,
        round_title: signed.round.title.clone(),
        visited: signed.visit.subject.clone(),
        visit_title: signed.visit.title.clone(),
        criterion: Some(criterion),
        inspector_name: signed.inspector.name.clone(),
    };
    service.open_round("round-2");
    service.leaves_open(vec![open.clone()]);
    terminal.field.pull(&service).await.unwrap();
    let visit = newest_rack(&terminal);
    Before { service, terminal, line: no, photo, open, visit }
}

fn rules(view: &VisitView) -> Vec<(Option<u32>, SealRule)> {
    let of_follow_ups = |rule: SealRule| matches!(rule, SealRule::FollowUpMissing | SealRule::FollowUpIncomplete);
    view.problems.iter().map(|one| (one.line, one.rule)).filter(|(_, rule)| of_follow_ups(*rule)).collect()
}

#[tokio::test]
async fn an_open_problem_comes_back_at_its_line_and_bulk_leaves_it() {
    let Before { service, terminal, line, photo, open, visit } = before().await;
    let today = terminal.field.today(&terminal.li).unwrap();
    let counts: Vec<u32> = today.rounds[1].visits.iter().map(|visit| visit.must_checks).collect();
    assert_eq!(counts.iter().sum::<u32>(), 1, "one visit of the round must look at it");
    let view = terminal.starts(&visit);
    let [must] = view.must_checks.as_slice() else { panic!("{:?}", view.must_checks) };
    assert_eq!((must.line, &must.open, must.follow_up.is_none()), (Some(line), &open, true));
    assert_eq!(must.photos_here, [photo], "this terminal took the photo");
    terminal.field.photo(photo).unwrap();

    terminal.field.scan_label(terminal.draft(&visit), &service.label(2), ScanSource::Camera).unwrap();
    let report = terminal.field.fill_rest_normal(terminal.draft(&visit)).unwrap();
    assert!(report.left.contains(&line), "an open problem is looked at, not filled in");
    let same = view.lines.iter().filter(|one| one.criterion == *open.criterion.as_ref().unwrap());
    let others: Vec<u32> = same.map(|one| one.no).filter(|no| *no != line).collect();
    assert!(!others.is_empty() && others.iter().all(|no| report.filled.contains(no)), "the same of others is filled");

    let answered = terminal.answers(&visit, &normal(line)).unwrap();
    assert!(
        answered.problems.iter().any(|problem| problem.rule == SealRule::FollowUpMissing),
        "the line says so at once: {:?}",
        answered.problems
    );
    assert_eq!(answered.view.answer.unwrap().must_check, Some(open.finding.id));
}

#[tokio::test]
async fn an_open_problem_must_be_answered_with_words_and_an_after_photo() {
    let Before { service, terminal, line, photo, open, visit } = before().await;
    terminal.starts(&visit);
    let follow = |state, note: &str, after_photos: Vec<Sha256>| {
        let new =
            NewFollowUp { finding: open.finding.id.clone(), state, note: note.into(), after_photos, no_photo: None };
        terminal.field.answer_follow_up(terminal.draft(&visit), new)
    };
    assert_eq!(rules(&terminal.shows(&visit)), [(Some(line), SealRule::FollowUpMissing)]);
    follow(FollowUpState::Remains, "", Vec::new()).unwrap();
    assert_eq!(rules(&terminal.shows(&visit)), [(Some(line), SealRule::FollowUpIncomplete)], "words");
    follow(FollowUpState::CannotTell, "柜门打不开", Vec::new()).unwrap();
    assert_eq!(rules(&terminal.shows(&visit)), []);
    follow(FollowUpState::Rectified, "已重新绑扎", Vec::new()).unwrap();
    assert_eq!(rules(&terminal.shows(&visit)), [(Some(line), SealRule::FollowUpIncomplete)], "an after photo");
    let unknown = follow(FollowUpState::Rectified, "已重新绑扎", vec![Sha256::of(b"no photo")]);
    assert!(matches!(unknown, Err(FieldError::UnknownPhoto(_))));

    let take = |seed: u8, after_of: Sha256| {
        let bytes = jpeg(seed);
        let photo = NewPhoto {
            bytes: &bytes,
            file_name: "",
            capture: Capture::Camera,
            caption: "",
            layer: None,
            after_of: Some(after_of),
        };
        terminal.field.attach_photo(terminal.draft(&visit), None, photo)
    };
    assert!(matches!(take(41, Sha256::of(b"elsewhere")), Err(FieldError::UnknownPhoto(_))));
    assert!(matches!(take(40, photo), Err(FieldError::BadInput(_))), "the photo before is not the photo after");
    let after = take(41, photo).unwrap().evidence.sha256;
    follow(FollowUpState::Rectified, "已重新绑扎", vec![after]).unwrap();
    let named = terminal.field.detach_photo(terminal.draft(&visit), None, after);
    assert!(matches!(named, Err(FieldError::PhotoInUse(_))), "the answer names it");

    terminal.answers_all(&visit, 60);
    assert_eq!(terminal.shows(&visit).problems, []);
    let sealed = terminal.seals(&visit);
    let record = record(&terminal, &sealed);
    let [answer] = record.follow_ups.as_slice() else { panic!("{:?}", record.follow_ups) };
    assert_eq!((&answer.finding, answer.record, answer.line), (&open.finding.id, open.record, Some(line)));
    assert_eq!((answer.state, answer.after_photos.as_slice()), (FollowUpState::Rectified, &[after][..]));
    let of_line = record.lines.iter().find(|result| result.no == line).unwrap();
    assert_eq!((of_line.must_check.as_ref(), of_line.bulk), (Some(&open.finding.id), false));
    let evidence = record.evidence.iter().find(|one| one.sha256 == after).unwrap();
    assert_eq!(evidence.after_of, Some(photo), "the photo says which one it answers");
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
}

#[tokio::test]
async fn an_unanswered_problem_keeps_the_visit_from_being_sealed() {
    let Before { terminal, line, visit, .. } = before().await;
    let view = terminal.starts(&visit);
    for one in &view.lines {
        let skipped = xunjian_field::NewAnswer {
            outcome: xunjian_domain::outcome::Outcome::NotChecked,
            reason: "停电检修".into(),
            ..normal(one.no)
        };
        terminal.answers(&visit, &skipped).unwrap();
    }
    assert!(!terminal.field.today(&terminal.li).unwrap().rounds[1].visits.iter().any(|one| one.ready));
    let refused = terminal.field.seal(terminal.draft(&visit), &passphrase(), &NewSeal::default()).unwrap_err();
    let FieldError::NotReady(problems) = refused else { panic!("{refused}") };
    let told: Vec<_> = problems.iter().map(|problem| (problem.line, problem.rule)).collect();
    assert_eq!(told, [(Some(line), SealRule::FollowUpMissing)], "whatever the line itself says");
}

#[tokio::test]
async fn another_terminals_photo_comes_with_the_package_and_a_later_package_may_close_the_problem() {
    let Before { service, terminal, photo, open: left, .. } = before().await;
    let (_, clock, folder) = Terminal::blank();
    let field = open(folder.path(), &clock);
    service.enrol_code("CODE-2", "zhang");
    let enrolled = enrol(&field, &service, "CODE-2").await.unwrap();
    approve(&service, &field, &enrolled);
    field.pull(&service).await.unwrap();
    let li = field.person(None).unwrap();
    let other = Terminal { field, clock, li, folder };
    let visit = newest_rack(&other);
    let view = other.starts(&visit);
    assert_eq!(view.must_checks[0].open.finding.photos, left.finding.photos);
    assert_eq!(view.must_checks[0].photos_here, [], "another terminal took it");
    let told = other.field.pull(&service).await.unwrap().warnings;
    assert!(told.iter().any(|text| text.zh.contains("1 张照片")), "{told:?}");

    // Bytes that are not the photo are refused, and the package stays; then it comes, once, for as long as it is asked for.
    service.gives_before_photo(photo, jpeg(41));
    let refused = other.field.pull(&service).await.unwrap_err();
    assert!(matches!(refused, FieldError::PackageRefused { .. }), "{refused}");
    assert_eq!(other.shows(&visit).must_checks[0].photos_here, []);
    service.gives_before_photo(photo, jpeg(40));
    let report = other.field.pull(&service).await.unwrap();
    assert_eq!((report.before_photos, report.warnings.len()), (1, 0));
    assert_eq!(other.shows(&visit).must_checks[0].photos_here, [photo]);
    let ghost = other.field.photo_rendition(photo, PhotoSize::Screen).unwrap();
    assert_eq!(
        ghost,
        terminal.field.photo_rendition(photo, PhotoSize::Screen).unwrap(),
        "as the one who took it sees it"
    );
    assert!(other.field.photo(photo).is_err(), "the original is not here");
    assert_eq!(other.field.pull(&service).await.unwrap().before_photos, 0, "not again");

    // What no line of this round asks is looked at where it was found; what was rectified meanwhile is gone.
    let subject = Subject { kind: SubjectKind::Rack, id: "gone".into() };
    let mut moved = left.clone();
    (moved.finding.subject, moved.finding.id) = (subject, FindingId::new("other"));
    service.leaves_open(vec![moved]);
    other.field.pull(&service).await.unwrap();
    let view = other.shows(&visit);
    let [must] = view.must_checks.as_slice() else { panic!("{:?}", view.must_checks) };
    assert_eq!((must.line, must.open.finding.id.as_str()), (None, "other"));
    assert_eq!(must.photos_here, [photo], "its photo is the same");
    service.leaves_open(Vec::new());
    other.field.pull(&service).await.unwrap();
    assert!(
        other.field.photo_rendition(photo, PhotoSize::Screen).is_err(),
        "nobody looks at it again: the copy is gone"
    );
}
