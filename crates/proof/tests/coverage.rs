//! Which record speaks for a visit: by the log alone, below a size of it, in whatever order the documents are read.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use xunjian_domain::{
    coverage::{Coverage, LineState},
    ids::VisitId,
    outcome::Outcome,
    plan::{PlanLine, PlannedVisit, VisitKind},
    subject::{Subject, SubjectKind},
    template::Mode,
    time::{ClockReading, TimestampMs},
    visit::LineResult,
};
use xunjian_proof::{
    Sha256,
    coverage::{DeliveredRecord, Evidence, lines_sha256},
    decision::{Candidate, Decision},
    statement::{Countersignature, ReviewVerdict},
};

fn subject() -> Subject {
    Subject { kind: SubjectKind::Rack, id: "rack".into() }
}

fn visit(name: &str) -> PlannedVisit {
    PlannedVisit {
        id: VisitId::new(name),
        kind: VisitKind::Rack,
        subject: subject(),
        title: name.to_owned(),
        room: None,
        lines: vec![PlanLine { no: 1, criterion: "A.2-14".into(), subject: subject() }],
    }
}

fn id(name: &str) -> Sha256 {
    Sha256::of(name.as_bytes())
}

/// A record of the visit `v` with one line.
fn record(name: &str, revision: u32, delivered: u64, outcome: Outcome) -> DeliveredRecord {
    let line = LineResult {
        no: 1,
        criterion: "A.2-14".into(),
        subject: subject(),
        mode: Mode::OnSite,
        outcome,
        reason: String::new(),
        note: String::new(),
        checks: Vec::new(),
        photos: Vec::new(),
        no_photo: None,
        answered: ClockReading { wall_ms: TimestampMs(0), monotonic_ms: 0, boot_id: String::new() },
        spent_ms: None,
        bulk: false,
        edits: 0,
        must_check: None,
    };
    DeliveredRecord { record: id(name), visit: VisitId::new("v"), revision, delivered, lines: vec![line] }
}

fn decision(counts: Option<&str>, candidates: &[&str]) -> Decision {
    let candidate = |name: &&str| Candidate { record: id(name), envelope: id(name), inspector: "li".into() };
    Decision {
        site: "site".into(),
        visit: VisitId::new("v"),
        revision: 1,
        candidates: candidates.iter().map(candidate).collect(),
        counts: counts.map(id),
        reason: "核对".into(),
        decided_by: "chen".into(),
        at: TimestampMs(0),
    }
}

fn said(name: &str, verdict: ReviewVerdict) -> Countersignature {
    Countersignature {
        site: "site".into(),
        record: id(name),
        revision: 1,
        delivered_leaf: id("leaf"),
        reviewer: "chen".into(),
        party: "manager".into(),
        verdict,
        lines: BTreeMap::new(),
        comment: String::new(),
        at: TimestampMs(0),
    }
}

fn speaks(evidence: &Evidence, size: u64) -> (Option<Sha256>, LineState) {
    let coverage = evidence.cover(&[visit("v")], size);
    (coverage.visits[0].record, coverage.lines[0].state)
}

#[test]
fn the_rule_by_cases() {
    use LineState::{Abnormal, Missed, Normal, NotApplicable, NotApplicableUnaccepted};
    use ReviewVerdict::{Accepted, Returned};
    let first = || record("first", 1, 10, Outcome::Normal);
    let second = || record("second", 2, 20, Outcome::Abnormal);
    let skipped = || record("first", 1, 10, Outcome::NotApplicable);
    type Case<'a> =
        (&'a str, Vec<DeliveredRecord>, Vec<(u64, Decision)>, Vec<(u64, Countersignature)>, Option<&'a str>, LineState);
    let cases: Vec<Case<'_>> = vec![
        ("nothing came", vec![], vec![], vec![], None, Missed),
        ("the higher revision", vec![first(), second()], vec![], vec![], Some("second"), Abnormal),
        (
            "an accepted one first",
            vec![first(), second()],
            vec![],
            vec![(15, said("first", Accepted))],
            Some("first"),
            Normal,
        ),
        (
            "until the other is accepted, too",
            vec![first(), second()],
            vec![],
            vec![(15, said("first", Accepted)), (25, said("second", Accepted))],
            Some("second"),
            Abnormal,
        ),
        (
            "the last verdict holds",
            vec![first(), second()],
            vec![],
            vec![(16, said("first", Returned)), (15, said("first", Accepted))],
            Some("second"),
            Abnormal,
        ),
        ("ruled out", vec![first()], vec![(12, decision(None, &["first"]))], vec![], None, Missed),
        (
            "the last decision holds",
            vec![first()],
            vec![(13, decision(Some("first"), &["first"])), (12, decision(None, &["first"]))],
            vec![],
            Some("first"),
            Normal,
        ),
        (
            "ruled out although accepted",
            vec![first(), second()],
            vec![(12, decision(Some("second"), &["first", "second"]))],
            vec![(15, said("first", Accepted))],
            Some("second"),
            Abnormal,
        ),
        (
            "beyond the size: delivered",
            vec![first(), record("late", 3, 100, Outcome::Abnormal)],
            vec![],
            vec![],
            Some("first"),
            Normal,
        ),
        (
            "beyond the size: decided",
            vec![first()],
            vec![(100, decision(None, &["first"]))],
            vec![],
            Some("first"),
            Normal,
        ),
        (
            "beyond the size: reviewed",
            vec![skipped()],
            vec![],
            vec![(100, said("first", Accepted))],
            Some("first"),
            NotApplicableUnaccepted,
        ),
        (
            "不适用 that was accepted",
            vec![skipped()],
            vec![],
            vec![(15, said("first", Accepted))],
            Some("first"),
            NotApplicable,
        ),
        (
            "不适用 that was returned",
            vec![skipped()],
            vec![],
            vec![(15, said("first", Accepted)), (16, said("first", Returned))],
            Some("first"),
            NotApplicableUnaccepted,
        ),
        (
            "two of one revision: the first delivered",
            vec![record("b", 1, 12, Outcome::Abnormal), record("a", 1, 11, Outcome::Normal)],
            vec![],
            vec![],
            Some("a"),
            Normal,
        ),
    ];
    for (what, records, decisions, countersignatures, record, state) in cases {
        let evidence = Evidence { records, decisions, countersignatures };
        assert_eq!(speaks(&evidence, 100), (record.map(id), state), "{what}");
    }
}

const OUTCOMES: [Outcome; 4] = [Outcome::Normal, Outcome::Abnormal, Outcome::NotApplicable, Outcome::NotChecked];

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let records = prop::collection::vec((1_u32..4, 0_u64..40, 0_usize..4), 0..6);
    let decisions = prop::collection::vec((0_u64..40, prop::option::of(0_usize..6), 0_usize..6), 0..4);
    let reviews = prop::collection::vec((0_u64..40, 0_usize..6, any::<bool>()), 0..6);
    (records, decisions, reviews).prop_map(|(records, decisions, reviews)| {
        let name = |at: usize| format!("record {at}");
        let with = |at: usize| decision(None, &[&name(at)]);
        Evidence {
            records: records
                .into_iter()
                .enumerate()
                .map(|(at, (revision, delivered, outcome))| record(&name(at), revision, delivered, OUTCOMES[outcome]))
                .collect(),
            // A place of the log holds one leaf.
            decisions: decisions
                .into_iter()
                .map(|(at, counts, of)| {
                    (at, Decision { counts: counts.filter(|one| *one == of).map(|_| id(&name(of))), ..with(of) })
                })
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            countersignatures: reviews
                .into_iter()
                .map(|(at, of, is_fine)| {
                    (at, said(&name(of), if is_fine { ReviewVerdict::Accepted } else { ReviewVerdict::Returned }))
                })
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        }
    })
}

fn counted(evidence: &Evidence, size: u64) -> (Coverage, Sha256) {
    let coverage = evidence.cover(&[visit("v"), visit("w")], size);
    let lines = lines_sha256(&coverage).unwrap();
    (coverage, lines)
}

proptest! {
    /// Nobody's order of reading matters.
    #[test]
    fn the_order_of_reading_changes_nothing(evidence in any_evidence(), size in 0_u64..50) {
        let mut turned = evidence.clone();
        turned.records.reverse();
        turned.decisions.reverse();
        turned.countersignatures.reverse();
        prop_assert_eq!(counted(&turned, size), counted(&evidence, size));
    }

    /// What the log gets later changes nothing of what was counted.
    #[test]
    fn what_comes_later_does_not_exist(evidence in any_evidence(), size in 0_u64..50) {
        let mut before = evidence.clone();
        before.records.retain(|one| one.delivered < size);
        before.decisions.retain(|(at, _)| *at < size);
        before.countersignatures.retain(|(at, _)| *at < size);
        prop_assert_eq!(counted(&before, size), counted(&evidence, size));
    }
}
