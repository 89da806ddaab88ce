//! The steps of a rectification, and its clocks, as tables.

use jiff::civil::{date, time};
use proptest::prelude::*;

use super::{
    deadline::{Deadline, Due, Urgency},
    *,
};
use crate::{
    calendar::{WorkingCalendar, end_of_day},
    subject::SubjectKind,
};

const MINUTE: i64 = 60_000;

fn at(day: i8, hour: i8, minute: i8) -> TimestampMs {
    let moment = date(2026, 11, day).to_datetime(time(hour, minute, 0, 0));
    TimestampMs(jiff::tz::offset(8).to_timestamp(moment).unwrap().as_millisecond())
}

fn opening(severity: Severity, found_at: TimestampMs) -> Opening {
    let runs = severity.respond_within_minutes().is_some();
    Opening {
        source: Source::Finding { finding: FindingId::new("f") },
        record: Sha256::of(b"record"),
        round: RoundId::new("round"),
        criterion: None,
        subject: Subject { kind: SubjectKind::Rack, id: "rack".into() },
        subject_name: "A03".into(),
        place: "一号机房 · A03".into(),
        severity,
        description: "柜门锁扣松动".into(),
        verdicts: Vec::new(),
        owning_unit: "市档案馆".into(),
        due_on: (!runs).then(|| date(2026, 11, 27)),
        found_at,
        found_by: PersonId::new("li"),
        called_at: None,
        before_photos: Vec::new(),
    }
}

fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

fn assigned(to: &str) -> Step {
    Step::Assigned { to: person(to), name: to.into(), note: String::new() }
}

fn submitted() -> Step {
    Step::Submitted { done: "已更换锁扣".into() }
}

fn accepted() -> Step {
    Step::Accepted { reinspection: Reinspection::FollowUp { record: Sha256::of(b"later") }, comment: String::new() }
}

fn rejected() -> Step {
    Step::Rejected { reason: "照片看不清".into() }
}

fn fed_back() -> Step {
    Step::FedBack { to: "市档案馆".into(), channel: "电话".into(), text: "正在处理".into() }
}

#[test]
fn the_whole_way_from_opening_to_closing_with_one_rejection() {
    let mut progress = Progress::open(&opening(Severity::Major, at(23, 9, 0)), at(23, 10, 0)).unwrap();
    let (service, wang, chen) = (None, person("wang"), person("chen"));
    let steps: [(Step, Option<&PersonId>, RectificationState); 8] = [
        (assigned("wang"), service, RectificationState::Open),
        (fed_back(), service, RectificationState::Open),
        (submitted(), Some(&wang), RectificationState::Submitted),
        (rejected(), Some(&chen), RectificationState::Rejected),
        (submitted(), Some(&wang), RectificationState::Submitted),
        (accepted(), Some(&chen), RectificationState::Accepted),
        (
            Step::Acknowledged { who: "赵科长".into(), channel: "电话".into(), text: String::new() },
            service,
            RectificationState::Accepted,
        ),
        (fed_back(), service, RectificationState::Accepted),
    ];
    for (minute, (step, by, state)) in (0_i8..).zip(&steps) {
        progress.apply(step, *by, at(23, 11, minute)).unwrap();
        assert_eq!(progress.state, *state, "after {}", step.kind());
    }
    assert_eq!((progress.responded_at, progress.rejections), (Some(at(23, 11, 0)), 1));
    assert_eq!(progress.finished_at(), Some(at(23, 11, 4)), "done when it was submitted for the last time");
    assert_eq!(progress.acknowledged_at, Some(at(23, 11, 6)));
}

#[test]
fn a_step_that_cannot_follow_changes_nothing() {
    let open = Progress::open(&opening(Severity::Major, at(23, 9, 0)), at(23, 10, 0)).unwrap();
    let mut with_wang = open.clone();
    with_wang.apply(&assigned("wang"), None, at(23, 10, 0)).unwrap();
    let mut waiting = with_wang.clone();
    waiting.apply(&submitted(), Some(&person("wang")), at(23, 11, 0)).unwrap();
    let mut closed = waiting.clone();
    closed.apply(&accepted(), Some(&person("chen")), at(23, 12, 0)).unwrap();
    let acknowledged = Step::Acknowledged { who: "赵".into(), channel: String::new(), text: String::new() };
    let again = Step::Opened { opening: Box::new(open.opening.clone()) };
    let cases: [(&Progress, Step, Option<&str>, &str); 13] = [
        (&open, again, None, "opened once"),
        (&open, submitted(), Some("wang"), "assigned to submits"),
        (&with_wang, submitted(), Some("chen"), "assigned to submits"),
        (&with_wang, submitted(), None, "assigned to submits"),
        (&with_wang, Step::Submitted { done: " ".into() }, Some("wang"), "what was done"),
        (&waiting, submitted(), Some("wang"), "submitted already"),
        (&waiting, accepted(), Some("wang"), "cannot judge"),
        (&waiting, accepted(), Some("li"), "cannot judge"),
        (&waiting, accepted(), None, "a person judges"),
        (&waiting, Step::Rejected { reason: String::new() }, Some("chen"), "no reason"),
        (&with_wang, rejected(), Some("chen"), "nothing was submitted"),
        (&open, acknowledged, None, "nothing was fed back"),
        (&closed, assigned("wang"), None, "closed"),
    ];
    for (before, step, by, word) in cases {
        let (mut after, by) = (before.clone(), by.map(person));
        let error = after.apply(&step, by.as_ref(), at(23, 13, 0)).unwrap_err();
        assert!(error.to_string().contains(word), "{word}: {error}");
        assert_eq!(after, *before, "{word}");
    }
}

#[test]
fn an_earlier_assignee_does_not_judge_either() {
    let mut progress = Progress::open(&opening(Severity::Minor, at(23, 9, 0)), at(23, 10, 0)).unwrap();
    progress.apply(&assigned("wang"), None, at(23, 10, 0)).unwrap();
    progress.apply(&assigned("sun"), None, at(23, 10, 1)).unwrap();
    let error = progress.apply(&accepted(), Some(&person("wang")), at(23, 10, 2)).unwrap_err();
    assert_eq!(error, StepError::OwnWork("wang".into()));
}

#[test]
fn what_names_nobody_or_no_time_is_not_opened() {
    type Spoil = fn(&mut Opening);
    let cases: [(&str, Spoil); 3] = [
        ("unit", |opening| opening.owning_unit = " ".into()),
        ("what is wrong", |opening| opening.description.clear()),
        ("due day", |opening| opening.due_on = None),
    ];
    for (word, spoil) in cases {
        let mut spoiled = opening(Severity::Major, at(23, 9, 0));
        spoil(&mut spoiled);
        let error = Progress::open(&spoiled, at(23, 9, 0)).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn the_same_source_has_one_id_and_others_have_others() {
    let visit = VisitId::new("v");
    let asset =
        |name: Option<&str>, place| Source::Discrepancy { visit: visit.clone(), asset: name.map(AssetId::new), place };
    let all = [
        Source::Finding { finding: FindingId::new("v") },
        Source::Line { visit: visit.clone(), line: 1 },
        Source::Line { visit: visit.clone(), line: 2 },
        asset(Some("1"), 0),
        asset(Some("2"), 0),
        asset(None, 1),
        asset(None, 2),
    ];
    let ids: BTreeSet<Sha256> = all.iter().map(Source::id).collect();
    assert_eq!(ids.len(), all.len());
    assert_eq!(asset(Some("1"), 0).id(), asset(Some("1"), 7).id(), "another revision lists the asset elsewhere");
}

#[test]
fn an_outage_is_answered_in_five_minutes_and_told_of_every_thirty_at_any_hour() {
    let calendar = WorkingCalendar::starting();
    let saturday_night = at(28, 23, 0);
    let mut outage = Progress::open(&opening(Severity::Outage, saturday_night), saturday_night).unwrap();
    let due: Vec<(Due, i64)> =
        outage.deadlines(&calendar).iter().map(|one| (one.due, (one.at.0 - saturday_night.0) / MINUTE)).collect();
    assert_eq!(due, [(Due::Response, 5), (Due::Feedback, 30)]);
    assert!(
        outage.reminders_due(&calendar, saturday_night.plus_ms(4 * MINUTE)).is_empty(),
        "five minutes are not “near”"
    );
    let late = outage.reminders_due(&calendar, saturday_night.plus_ms(5 * MINUTE));
    assert_eq!(
        late.iter().map(|one| (one.deadline.due, one.urgency)).collect::<Vec<_>>(),
        [(Due::Response, Urgency::Overdue)]
    );
    outage.apply(&Step::Reminded { reminder: late[0] }, None, saturday_night.plus_ms(5 * MINUTE)).unwrap();
    assert!(outage.reminders_due(&calendar, saturday_night.plus_ms(6 * MINUTE)).is_empty(), "given once");

    outage.apply(&fed_back(), None, saturday_night.plus_ms(20 * MINUTE)).unwrap();
    assert_eq!(outage.responded_at, Some(saturday_night.plus_ms(20 * MINUTE)));
    let next = outage.deadlines(&calendar);
    assert_eq!(next.iter().map(|one| one.at).collect::<Vec<_>>(), [saturday_night.plus_ms(50 * MINUTE)]);
    assert_eq!(outage.feedback_kept(&calendar, saturday_night.plus_ms(50 * MINUTE)), Some(true));
    assert_eq!(outage.feedback_kept(&calendar, saturday_night.plus_ms(51 * MINUTE)), Some(false));
}

#[test]
fn a_degraded_service_runs_on_working_hours() {
    let calendar = WorkingCalendar::starting();
    let friday_evening = at(27, 17, 55);
    let degraded = Progress::open(&opening(Severity::Degraded, friday_evening), friday_evening).unwrap();
    let due: Vec<(Due, TimestampMs)> = degraded.deadlines(&calendar).iter().map(|one| (one.due, one.at)).collect();
    let monday = date(2026, 11, 30);
    let monday_at = |hour, minute| {
        TimestampMs(
            jiff::tz::offset(8).to_timestamp(monday.to_datetime(time(hour, minute, 0, 0))).unwrap().as_millisecond(),
        )
    };
    assert_eq!(due, [(Due::Response, monday_at(9, 5)), (Due::Feedback, monday_at(9, 55))]);
    assert!(!degraded.is_overdue(&calendar, at(29, 12, 0)), "nobody has to answer on a Sunday");
}

#[test]
fn a_due_day_is_reminded_of_at_24_4_and_1_hours_and_when_it_is_over() {
    let calendar = WorkingCalendar::starting();
    let mut major = Progress::open(&opening(Severity::Major, at(20, 9, 0)), at(20, 9, 0)).unwrap();
    let end = end_of_day(date(2026, 11, 27));
    let hours = |left: i64| end.plus_ms(-left * 60 * MINUTE);
    let cases = [
        (hours(25), None),
        (hours(23), Some(Urgency::Hours24)),
        (hours(22), None),
        (hours(3), Some(Urgency::Hours4)),
        (end.plus_ms(-30 * MINUTE), Some(Urgency::Hour1)),
        (end, Some(Urgency::Overdue)),
        (end.plus_ms(86_400_000), None),
    ];
    for (now, wanted) in cases {
        let due = major.reminders_due(&calendar, now);
        assert_eq!(due.first().map(|one| one.urgency), wanted, "at {now}");
        for reminder in due {
            major.apply(&Step::Reminded { reminder }, None, now).unwrap();
            let again = major.clone().apply(&Step::Reminded { reminder }, None, now).unwrap_err();
            assert_eq!(again, StepError::RemindedAlready);
        }
    }
    major.apply(&assigned("wang"), None, end).unwrap();
    assert!(major.is_overdue(&calendar, end));
    major.apply(&submitted(), Some(&person("wang")), end).unwrap();
    assert!(!major.is_overdue(&calendar, end), "submitted work waits for a verdict, not for whoever did it");
    major.apply(&rejected(), Some(&person("chen")), end).unwrap();
    assert!(major.is_overdue(&calendar, end), "rejected work is due again");
}

#[test]
fn a_call_from_the_spot_is_the_response() {
    let mut called = opening(Severity::Outage, at(23, 9, 0));
    called.called_at = Some(at(23, 9, 3));
    let progress = Progress::open(&called, at(23, 18, 0)).unwrap();
    assert_eq!(progress.responded_at, Some(at(23, 9, 3)), "the record came hours later, the call did not");
    let next = progress.deadlines(&WorkingCalendar::starting());
    assert_eq!(next, [Deadline { due: Due::Feedback, from: at(23, 9, 3), at: at(23, 9, 33) }]);
}

fn any_step() -> impl Strategy<Value = (u8, u8)> {
    (0_u8..6, 0_u8..4)
}

proptest! {
    /// Whatever is tried in whatever order: what is closed was judged by nobody who worked on it, and stays closed.
    #[test]
    fn no_order_of_steps_closes_ones_own_work(steps in prop::collection::vec(any_step(), 0..40)) {
        let people = ["li", "wang", "sun", "chen"];
        let mut progress = Progress::open(&opening(Severity::Major, at(23, 9, 0)), at(23, 9, 0)).unwrap();
        for (index, (kind, who)) in (0_i64..).zip(steps) {
            let by = person(people[usize::from(who)]);
            let was_closed = progress.state == RectificationState::Accepted;
            let now = at(23, 10, 0).plus_ms(index);
            let outcome = match kind {
                0 => progress.apply(&assigned(by.as_str()), None, now),
                1 => progress.apply(&fed_back(), None, now),
                2 => progress.apply(&submitted(), Some(&by), now),
                3 => progress.apply(&rejected(), Some(&by), now),
                4 => progress.apply(&accepted(), Some(&by), now),
                _ => progress.apply(&accepted(), None, now),
            };
            if was_closed {
                prop_assert_eq!(progress.state, RectificationState::Accepted);
                prop_assert!(kind == 1 || outcome.is_err());
            }
            if let Some((judge, ..)) = &progress.accepted {
                prop_assert!(judge.as_str() != "li" && !progress.involved.contains(judge));
            }
        }
    }
}
