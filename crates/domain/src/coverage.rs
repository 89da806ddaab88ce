//! 覆盖: what was due and what became of each line, with the list behind every number.
//!
//! 应检 comes from the plan, never from what was answered: a line of the plan is 正常, 异常, 不适用 (accepted by a reviewer or not),
//! 未检 with its reason, or 漏检. Which record speaks for a visit is decided where the log is known (`xunjian_proof::coverage`);
//! here it is only counted. [`Totals`] is frozen: part of a signed closing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    completion::CompletionRate,
    hash::Sha256,
    ids::{CriterionKey, RoomId, RoundId, VisitId},
    outcome::Outcome,
    plan::{PlannedVisit, VisitKind},
    subject::Subject,
    visit::LineResult,
};

/// What became of a line that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// 正常.
    Normal,
    /// 异常.
    Abnormal,
    /// 不适用, and a reviewer accepted the record that says so.
    NotApplicable,
    /// 不适用, and nobody accepted it: does not count as done.
    NotApplicableUnaccepted,
    /// 未检, with a reason.
    NotChecked,
    /// 漏检: no record that counts says anything of it.
    Missed,
}

impl LineState {
    /// The Chinese words.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Normal => "正常",
            Self::Abnormal => "异常",
            Self::NotApplicable => "不适用（已认可）",
            Self::NotApplicableUnaccepted => "不适用（未认可）",
            Self::NotChecked => "未检",
            Self::Missed => "漏检",
        }
    }
}

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CoveredLine {
    /// Its visit.
    pub visit: VisitId,
    /// The room; `None` for clusters.
    pub room: Option<RoomId>,
    /// Its number in the visit.
    pub line: u32,
    /// What is asked.
    pub criterion: CriterionKey,
    /// Of what.
    pub subject: Subject,
    /// What became of it.
    pub state: LineState,
    /// Why, for 不适用 and 未检.
    pub reason: String,
    /// The record that says so.
    pub record: Option<Sha256>,
}

/// The record that speaks for a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken<'a> {
    /// The record.
    pub record: Sha256,
    /// Whether a reviewer accepted it, and nobody returned it afterwards.
    pub is_accepted: bool,
    /// Its lines.
    pub lines: &'a [LineResult],
}

/// One visit of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CoveredVisit {
    /// The visit.
    pub visit: VisitId,
    /// As the plan titles it.
    pub title: String,
    /// Room, rack, cluster or system.
    pub kind: VisitKind,
    /// The room; `None` for clusters.
    pub room: Option<RoomId>,
    /// The record that counts; `None` for none.
    pub record: Option<Sha256>,
    /// Whether a reviewer accepted it.
    pub is_accepted: bool,
    /// Its lines.
    pub rate: CompletionRate,
}

/// Every visit and line of a round's plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// In the order of the plan.
    pub visits: Vec<CoveredVisit>,
    /// In the order of the plan.
    pub lines: Vec<CoveredLine>,
}

/// Counts of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RoomTotal {
    /// The room; `None` for what is inspected from a console.
    pub room: Option<RoomId>,
    /// Visits planned.
    pub visits_planned: u64,
    /// Those with a record that counts.
    pub visits_delivered: u64,
    /// Its lines.
    pub rate: CompletionRate,
}

/// Counts of one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CriterionTotal {
    /// The criterion.
    pub criterion: CriterionKey,
    /// Its lines.
    pub rate: CompletionRate,
}

/// The numbers of a round, as they are signed when it is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The round.
    pub round: RoundId,
    /// Visits planned.
    pub visits_planned: u64,
    /// Visits with a record that counts and its receipt.
    pub visits_delivered: u64,
    /// Visits whose record a reviewer accepted.
    pub visits_accepted: u64,
    /// What the plan leaves out, with a reason each.
    pub excluded: u64,
    /// All lines.
    pub whole: CompletionRate,
    /// By room, in the order of the plan.
    pub rooms: Vec<RoomTotal>,
    /// By criterion, in their order.
    pub criteria: Vec<CriterionTotal>,
}

/// Counts every line that is due. A record's answer counts for the line of the same number, criterion and subject, and for no
/// other.
#[must_use]
pub fn cover(visits: &[PlannedVisit], spoken: &BTreeMap<VisitId, Spoken<'_>>) -> Coverage {
    let mut coverage = Coverage::default();
    for visit in visits {
        let said = spoken.get(&visit.id);
        let mut rate = CompletionRate { due: visit.lines.len() as u64, ..CompletionRate::default() };
        let answers: BTreeMap<u32, &LineResult> =
            said.iter().flat_map(|said| said.lines).map(|line| (line.no, line)).collect();
        for line in &visit.lines {
            let answer =
                answers.get(&line.no).filter(|one| one.criterion == line.criterion && one.subject == line.subject);
            let is_accepted = said.is_some_and(|said| said.is_accepted);
            let state = match answer.map(|answer| answer.outcome) {
                None => LineState::Missed,
                Some(Outcome::Normal) => LineState::Normal,
                Some(Outcome::Abnormal) => LineState::Abnormal,
                Some(Outcome::NotApplicable) if is_accepted => LineState::NotApplicable,
                Some(Outcome::NotApplicable) => LineState::NotApplicableUnaccepted,
                Some(Outcome::NotChecked) => LineState::NotChecked,
            };
            if let Some(answer) = answer {
                rate.count(answer.outcome, is_accepted);
            }
            coverage.lines.push(CoveredLine {
                visit: visit.id.clone(),
                room: visit.room.clone(),
                line: line.no,
                criterion: line.criterion.clone(),
                subject: line.subject.clone(),
                state,
                reason: answer.map_or_else(String::new, |answer| answer.reason.clone()),
                record: answer.and(said).map(|said| said.record),
            });
        }
        coverage.visits.push(CoveredVisit {
            visit: visit.id.clone(),
            title: visit.title.clone(),
            kind: visit.kind,
            room: visit.room.clone(),
            record: said.map(|said| said.record),
            is_accepted: said.is_some_and(|said| said.is_accepted),
            rate,
        });
    }
    coverage
}

/// Adds one rate to another.
fn add(sum: &mut CompletionRate, one: &CompletionRate) {
    sum.due += one.due;
    sum.normal += one.normal;
    sum.abnormal += one.abnormal;
    sum.not_applicable += one.not_applicable;
    sum.not_applicable_accepted += one.not_applicable_accepted;
    sum.not_checked += one.not_checked;
}

impl Coverage {
    /// The numbers, each the sum of the list behind it.
    #[must_use]
    pub fn totals(&self, round: &RoundId, excluded: u64) -> Totals {
        let mut totals = Totals {
            round: round.clone(),
            visits_planned: self.visits.len() as u64,
            visits_delivered: 0,
            visits_accepted: 0,
            excluded,
            whole: CompletionRate::default(),
            rooms: Vec::new(),
            criteria: Vec::new(),
        };
        for visit in &self.visits {
            let is_delivered = u64::from(visit.record.is_some());
            totals.visits_delivered += is_delivered;
            totals.visits_accepted += u64::from(visit.is_accepted);
            add(&mut totals.whole, &visit.rate);
            let at = totals.rooms.iter().position(|total| total.room == visit.room).unwrap_or_else(|| {
                let rate = CompletionRate::default();
                totals.rooms.push(RoomTotal { room: visit.room.clone(), visits_planned: 0, visits_delivered: 0, rate });
                totals.rooms.len() - 1
            });
            let room = &mut totals.rooms[at];
            room.visits_planned += 1;
            room.visits_delivered += is_delivered;
            add(&mut room.rate, &visit.rate);
        }
        let mut criteria: BTreeMap<&CriterionKey, CompletionRate> = BTreeMap::new();
        for line in &self.lines {
            let rate = criteria.entry(&line.criterion).or_default();
            rate.due += 1;
            match line.state {
                LineState::Normal => rate.count(Outcome::Normal, false),
                LineState::Abnormal => rate.count(Outcome::Abnormal, false),
                LineState::NotApplicable => rate.count(Outcome::NotApplicable, true),
                LineState::NotApplicableUnaccepted => rate.count(Outcome::NotApplicable, false),
                LineState::NotChecked => rate.count(Outcome::NotChecked, false),
                LineState::Missed => {}
            }
        }
        let criteria = criteria.into_iter();
        totals.criteria = criteria.map(|(key, rate)| CriterionTotal { criterion: key.clone(), rate }).collect();
        totals
    }

    /// The lines behind a number, in the order of the plan.
    pub fn lines_of(&self, state: LineState) -> impl Iterator<Item = &CoveredLine> {
        self.lines.iter().filter(move |line| line.state == state)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        plan::PlanLine,
        subject::SubjectKind,
        template::Mode,
        time::{ClockReading, TimestampMs},
    };

    const OUTCOMES: [Outcome; 4] = [Outcome::Normal, Outcome::Abnormal, Outcome::NotApplicable, Outcome::NotChecked];

    fn subject() -> Subject {
        Subject { kind: SubjectKind::Rack, id: "rack".into() }
    }

    fn visit(name: &str, room: Option<&str>, lines: u32) -> PlannedVisit {
        let line = |no| PlanLine { no, criterion: CriterionKey::new(format!("A.2-{:02}", no % 3)), subject: subject() };
        PlannedVisit {
            id: VisitId::new(name),
            kind: VisitKind::Rack,
            subject: subject(),
            title: name.to_owned(),
            room: room.map(RoomId::new),
            lines: (1..=lines).map(line).collect(),
        }
    }

    fn answer(visit: &PlannedVisit, no: u32, outcome: Outcome) -> LineResult {
        let line = &visit.lines[no as usize - 1];
        LineResult {
            no,
            criterion: line.criterion.clone(),
            subject: line.subject.clone(),
            mode: Mode::OnSite,
            outcome,
            reason: if outcome.needs_reason() { "停电检修".into() } else { String::new() },
            note: String::new(),
            checks: Vec::new(),
            photos: Vec::new(),
            no_photo: None,
            answered: ClockReading { wall_ms: TimestampMs(0), monotonic_ms: 0, boot_id: String::new() },
            spent_ms: None,
            bulk: false,
            edits: 0,
            must_check: None,
        }
    }

    #[test]
    fn every_line_of_the_plan_is_counted_once_and_an_answer_to_another_question_counts_for_none() {
        let visits = [visit("a", Some("room"), 4), visit("b", Some("room"), 2), visit("c", None, 1)];
        let mut lines: Vec<LineResult> =
            (1..).zip(OUTCOMES).map(|(no, outcome)| answer(&visits[0], no, outcome)).collect();
        let mut stray = answer(&visits[0], 1, Outcome::Normal);
        stray.no = 9;
        lines.push(stray);
        let mut other = [answer(&visits[1], 1, Outcome::Normal), answer(&visits[1], 2, Outcome::Normal)];
        other[1].subject.id = "another rack".into();
        let record = Sha256::of(b"a");
        let spoken = BTreeMap::from([
            (VisitId::new("a"), Spoken { record, is_accepted: false, lines: &lines }),
            (VisitId::new("b"), Spoken { record: Sha256::of(b"b"), is_accepted: true, lines: &other }),
        ]);
        let coverage = cover(&visits, &spoken);
        let states: Vec<LineState> = coverage.lines.iter().map(|line| line.state).collect();
        assert_eq!(
            states,
            [
                LineState::Normal,
                LineState::Abnormal,
                LineState::NotApplicableUnaccepted,
                LineState::NotChecked,
                LineState::Normal,
                LineState::Missed,
                LineState::Missed
            ]
        );
        let unchecked = coverage.lines_of(LineState::NotChecked).next().unwrap();
        assert_eq!((unchecked.reason.as_str(), unchecked.record), ("停电检修", Some(record)));
        assert!(coverage.lines_of(LineState::Missed).all(|line| line.record.is_none()));
        let totals = coverage.totals(&RoundId::new("r"), 3);
        assert_eq!((totals.whole.due, totals.whole.done(), totals.whole.missed()), (7, 3, 2));
        assert_eq!(totals.whole.percent().as_deref(), Some("42.8"));
        assert_eq!((totals.visits_planned, totals.visits_delivered, totals.visits_accepted), (3, 2, 1));
        assert_eq!(totals.rooms.len(), 2, "clusters stand in no room");
        assert_eq!((totals.rooms[0].rate.due, totals.rooms[1].rate.missed()), (6, 1));
    }

    #[test]
    fn an_accepted_record_makes_its_not_applicable_lines_count() {
        let visits = [visit("a", Some("room"), 1)];
        let lines = [answer(&visits[0], 1, Outcome::NotApplicable)];
        for (is_accepted, wanted) in [(false, "0.0"), (true, "100.0")] {
            let spoken =
                BTreeMap::from([(VisitId::new("a"), Spoken { record: Sha256::of(b"a"), is_accepted, lines: &lines })]);
            let totals = cover(&visits, &spoken).totals(&RoundId::new("r"), 0);
            assert_eq!(totals.whole.percent().as_deref(), Some(wanted));
        }
    }

    proptest! {
        /// Rooms and criteria are other sums of the same lines, and the states split what is due without remainder.
        #[test]
        fn every_sum_is_the_same_sum(
            answers in prop::collection::vec((prop::option::of(0_usize..4), 0_u8..3, any::<bool>()), 1..60),
        ) {
            let visits: Vec<PlannedVisit> = (0..answers.len())
                .map(|at| visit(&format!("v{at}"), [Some("x"), Some("y"), None][usize::from(answers[at].1)], 1))
                .collect();
            let lines: Vec<Vec<LineResult>> = visits
                .iter()
                .zip(&answers)
                .map(|(visit, (outcome, ..))| outcome.map(|at| answer(visit, 1, OUTCOMES[at])).into_iter().collect())
                .collect();
            let spoken: BTreeMap<VisitId, Spoken<'_>> = visits
                .iter()
                .zip(&lines)
                .zip(&answers)
                .map(|((visit, lines), (_, _, is_accepted))| {
                    (visit.id.clone(), Spoken { record: Sha256::of(b"r"), is_accepted: *is_accepted, lines })
                })
                .collect();
            let coverage = cover(&visits, &spoken);
            let totals = coverage.totals(&RoundId::new("r"), 0);
            let sum = |rates: &mut dyn Iterator<Item = CompletionRate>| {
                let mut sum = CompletionRate::default();
                rates.for_each(|rate| add(&mut sum, &rate));
                sum
            };
            prop_assert_eq!(sum(&mut totals.rooms.iter().map(|one| one.rate)), totals.whole);
            prop_assert_eq!(sum(&mut totals.criteria.iter().map(|one| one.rate)), totals.whole);
            let count = |state| coverage.lines_of(state).count() as u64;
            prop_assert_eq!(count(LineState::Missed), totals.whole.missed());
            prop_assert_eq!(count(LineState::NotApplicable), totals.whole.not_applicable_accepted);
            prop_assert_eq!(coverage.lines.len() as u64, totals.whole.due);
            prop_assert!(totals.whole.done() <= totals.whole.due);
        }
    }
}
