//! The rules of sealing, one broken at a time. Terminal and service ask the same function.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use jiff::civil::date;
use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, VisitId},
    outcome::Outcome,
    plan::{PlanLine, PlannedVisit, VisitKind},
    subject::{Subject, SubjectKind},
    template::{Criterion, Mode, Template},
    time::{ClockReading, TimestampMs},
    value::{Input, Value},
    visit::{CheckResult, LineResult, NoPhoto, SealRule, seal_problems},
};

/// What is asked of a server, and one answer to it that may be sealed.
fn answered(criterion: &str) -> (PlannedVisit, LineResult) {
    let subject = Subject { kind: SubjectKind::PhysicalServer, id: "server".into() };
    let visit = PlannedVisit {
        id: VisitId::new("visit"),
        kind: VisitKind::Rack,
        subject: Subject { kind: SubjectKind::Rack, id: "rack".into() },
        room: None,
        title: "A03".into(),
        lines: vec![PlanLine { no: 1, criterion: criterion.into(), subject: subject.clone() }],
    };
    let checks = Template::annex_a()
        .criterion(&criterion.into())
        .unwrap()
        .checks
        .iter()
        .map(|check| CheckResult {
            check: check.key.clone(),
            outcome: Outcome::Normal,
            reason: String::new(),
            value: match &check.input {
                Input::Count { .. } => Some(Value::Count { count: 0 }),
                Input::Choice { options } => {
                    Some(Value::Choice { key: options.iter().find(|one| !one.abnormal).unwrap().key.clone() })
                }
                _ => None,
            },
        })
        .collect();
    let answered = ClockReading { wall_ms: TimestampMs(1), monotonic_ms: 1, boot_id: "boot".into() };
    let result = LineResult {
        no: 1,
        criterion: criterion.into(),
        subject,
        mode: Mode::OnSite,
        outcome: Outcome::Normal,
        reason: String::new(),
        note: String::new(),
        checks,
        photos: Vec::new(),
        no_photo: None,
        answered,
        spent_ms: None,
        bulk: false,
        edits: 0,
        must_check: None,
    };
    (visit, result)
}

fn rules(visit: &PlannedVisit, results: &[LineResult]) -> Vec<SealRule> {
    let problems = seal_problems(&Template::annex_a(), visit, results, &[], date(2026, 11, 22));
    problems.into_iter().map(|problem| problem.rule).collect()
}

/// The rules broken by an answer that `spoil` changed.
fn broken(criterion: &str, spoil: impl FnOnce(&mut LineResult)) -> Vec<SealRule> {
    let (visit, mut result) = answered(criterion);
    assert_eq!(rules(&visit, std::slice::from_ref(&result)), [], "{criterion} can be sealed before it is spoiled");
    spoil(&mut result);
    rules(&visit, &[result])
}

/// A line with nothing but a choice, and one with a count.
const LAMPS: &str = "A.1-01";
const ALARMS: &str = "A.1-02";

#[test]
fn a_line_is_no_better_than_its_checks() {
    let with = |outcome: Outcome| {
        broken(LAMPS, |line| {
            for check in &mut line.checks {
                (check.outcome, check.reason) = (outcome, "正在施工".into());
            }
        })
    };
    assert_eq!(with(Outcome::Abnormal), [SealRule::TooGood]);
    assert_eq!(with(Outcome::NotChecked), [SealRule::TooGood], "what nobody looked at is not normal");
    assert_eq!(with(Outcome::NotApplicable), [SealRule::TooGood], "where nothing applies the line does not either");
}

#[test]
fn one_check_may_be_inapplicable_beside_a_normal_one() {
    let criterion = Template::annex_a()
        .criteria
        .into_iter()
        .find(|one| {
            one.checks.len() > 1
                && one.checks.iter().all(|check| matches!(check.input, Input::Choice { .. } | Input::Count { .. }))
        })
        .unwrap();
    let first = |reason: &str, outcome| {
        broken(criterion.key.as_str(), |line| {
            (line.checks[0].outcome, line.checks[0].reason) = (outcome, reason.to_owned());
        })
    };
    assert_eq!(first("本站点没有", Outcome::NotApplicable), []);
    assert_eq!(first(" ", Outcome::NotApplicable), [SealRule::ReasonMissing], "a check needs its reason, too");
    assert_eq!(first("来不及", Outcome::NotChecked), [SealRule::TooGood]);
}

#[test]
fn results_are_unique_and_of_what_is_asked() {
    let (visit, result) = answered(LAMPS);
    assert_eq!(rules(&visit, &[result.clone(), result]), [SealRule::LineTwice]);
    assert_eq!(broken(LAMPS, |line| line.checks.push(line.checks[0].clone())), [SealRule::CheckUnknown]);
    let stranger =
        |line: &mut LineResult| line.checks.push(CheckResult { check: "A.9-99.x".into(), ..line.checks[0].clone() });
    assert_eq!(broken(LAMPS, stranger), [SealRule::CheckUnknown]);
    assert_eq!(broken(LAMPS, |line| drop(line.checks.pop())), [SealRule::CheckMissing]);
    let skipped = |line: &mut LineResult| (line.outcome, line.reason) = (Outcome::NotChecked, "正在施工".into());
    assert_eq!(broken(LAMPS, skipped), [SealRule::CheckUnknown], "an unchecked line has no answered checks");
}

#[test]
fn bulk_never_covers_numbers_photos_or_open_problems() {
    assert_eq!(broken(LAMPS, |line| line.bulk = true), [], "a lamp may be filled in bulk");
    assert_eq!(broken(ALARMS, |line| line.bulk = true), [], "and so may “no alarm”, which is no number but zero");
    let must_check = |line: &mut LineResult| (line.bulk, line.must_check) = (true, Some(FindingId::new("open")));
    assert_eq!(broken(LAMPS, must_check), [SealRule::BulkNotAllowed]);
    let abnormal = |line: &mut LineResult| {
        (line.bulk, line.outcome, line.note) = (true, Outcome::Abnormal, "红灯".into());
        line.photos = vec![Sha256::of(b"photo")];
    };
    assert_eq!(broken(LAMPS, abnormal), [SealRule::BulkNotAllowed]);
    let template = Template::annex_a();
    let is_measured = |one: &&Criterion| one.checks.iter().any(|check| matches!(check.input, Input::Readings { .. }));
    assert!(template.criteria.iter().filter(is_measured).count() > 1);
    for criterion in template.criteria.iter().filter(is_measured) {
        let (visit, mut line) = answered(criterion.key.as_str());
        line.bulk = true;
        assert!(
            rules(&visit, &[line]).contains(&SealRule::BulkNotAllowed),
            "{}: a measured value may not",
            criterion.key
        );
    }
    for criterion in template.criteria.iter().filter(|one| one.evidence.photos_when_normal > 0) {
        let (visit, mut line) = answered(criterion.key.as_str());
        (line.bulk, line.no_photo) = (true, Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: String::new() }));
        assert!(rules(&visit, &[line]).contains(&SealRule::BulkNotAllowed), "{}", criterion.key);
    }
}
