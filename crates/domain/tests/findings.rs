//! Usual problems per criterion, and where a problem that an earlier round left open is looked at.

use std::collections::BTreeSet;

use xunjian_domain::{
    hash::Sha256,
    ids::{CriterionKey, FindingId, RoomId, VisitId},
    plan::{PlanLine, PlannedVisit, VisitKind},
    preset::FindingPresets,
    subject::{Subject, SubjectKind},
    template::Template,
    time::{ClockReading, TimestampMs},
    visit::{Finding, OpenFinding, Severity, must_checks},
};

#[test]
fn every_criterion_has_usual_problems_with_a_due_day_or_a_clock() {
    let (template, presets) = (Template::annex_a(), FindingPresets::annex_a());
    assert_eq!(presets.template, template.id);
    for criterion in &template.criteria {
        let count = presets.of(&criterion.key).count();
        assert!((3..=4).contains(&count), "{} has {count}", criterion.key);
    }
    let mut keys = BTreeSet::new();
    for preset in &presets.presets {
        assert!(template.criterion(&preset.criterion).is_some(), "{} is of the template", preset.key);
        assert!(
            preset.key.starts_with(&format!("{}.", preset.criterion)) && keys.insert(&preset.key),
            "{}",
            preset.key
        );
        assert_eq!(preset.due_days.is_none(), preset.severity.respond_within_minutes().is_some(), "{}", preset.key);
        assert!(preset.due_days.is_none_or(|days| [7, 14, 30].contains(&days)), "{}", preset.key);
        assert!(!preset.text.zh.is_empty() && preset.text.en.is_ascii(), "{}", preset.key);
    }
}

#[test]
fn clocks_are_those_of_the_standard() {
    let clocks = |one: Severity| (one.respond_within_minutes(), one.feedback_every_minutes());
    assert_eq!(clocks(Severity::Outage), (Some(5), Some(30)), "5.3.2.7");
    assert_eq!(clocks(Severity::Degraded), (Some(10), Some(60)), "5.3.2.8");
    assert_eq!((clocks(Severity::Major), clocks(Severity::Minor)), ((None, None), (None, None)), "due dates instead");
}

fn subject(kind: SubjectKind, id: &str) -> Subject {
    Subject { kind, id: id.into() }
}

fn visit(id: &str, asked: &[(&str, Subject)]) -> PlannedVisit {
    let lines = (1..).zip(asked).map(|(no, (criterion, subject))| PlanLine {
        no,
        criterion: CriterionKey::new(*criterion),
        subject: subject.clone(),
    });
    PlannedVisit {
        id: VisitId::new(format!("visit-{id}")),
        kind: VisitKind::Rack,
        subject: subject(SubjectKind::Rack, id),
        title: id.into(),
        room: Some(RoomId::new("room")),
        lines: lines.collect(),
    }
}

fn open(id: &str, criterion: Option<&str>, about: Subject, visited: &str) -> OpenFinding {
    let found = ClockReading { wall_ms: TimestampMs(0), monotonic_ms: 0, boot_id: String::new() };
    OpenFinding {
        finding: Finding {
            id: FindingId::new(id),
            line: None,
            subject: about,
            severity: Severity::Minor,
            category: String::new(),
            description: id.into(),
            responsible_unit: "unit".into(),
            due_on: None,
            found,
            photos: Vec::new(),
            no_photo: None,
            fixed_on_site: String::new(),
            after_photos: Vec::new(),
            desk_call: None,
            follows: None,
            later_calls: Vec::new(),
        },
        record: Sha256::of(b"record"),
        round_title: "Q3".into(),
        visited: subject(SubjectKind::Rack, visited),
        visit_title: visited.into(),
        criterion: criterion.map(CriterionKey::new),
        inspector_name: "li".into(),
    }
}

#[test]
fn an_open_problem_is_looked_at_once_wherever_its_subject_stands_now() {
    let server = || subject(SubjectKind::PhysicalServer, "server");
    let rack = |id: &str| subject(SubjectKind::Rack, id);
    // The server moved from rack a to rack b.
    let visits = [visit("a", &[("A.2-14", rack("a"))]), visit("b", &[("A.2-14", rack("b")), ("A.1-01", server())])];
    let visits: Vec<&PlannedVisit> = visits.iter().collect();
    let left = [
        open("at its line", Some("A.1-01"), server(), "a"),
        open("of its subject", Some("A.1-02"), server(), "a"),
        open("of its place", None, rack("a"), "a"),
        open("of what is gone", Some("A.1-01"), subject(SubjectKind::Storage, "gone"), "a"),
        open("of what nobody visits", None, rack("z"), "z"),
        open("at its line", Some("A.1-01"), server(), "a"),
    ];
    let must = must_checks(&visits, &left);
    let places: Vec<_> = must.iter().map(|one| (one.open.finding.id.as_str(), one.visit.as_str(), one.line)).collect();
    assert_eq!(
        places,
        [
            ("at its line", "visit-b", Some(2)),
            ("of its subject", "visit-b", None),
            ("of its place", "visit-a", None),
            ("of what is gone", "visit-a", None),
        ]
    );
    let told = serde_json::to_string(&must).unwrap();
    assert_eq!(serde_json::from_str::<Vec<xunjian_domain::visit::MustCheck>>(&told).unwrap(), must);
}
