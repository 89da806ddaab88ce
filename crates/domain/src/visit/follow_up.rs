//! 复查: problems that earlier rounds left open come back as must-check lines, and what the inspector found of each.
//! [`FollowUp`] is frozen: part of the signed record. [`OpenFindings`] is what a work package tells a terminal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Finding, NoPhoto, SealProblem, SealRule, rules::problem};
use crate::{
    hash::Sha256,
    ids::{CriterionKey, FindingId, VisitId},
    plan::PlannedVisit,
    subject::Subject,
    time::ClockReading,
};

/// What became of a problem of an earlier round, as seen on the spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FollowUpState {
    /// 已整改: it is not there any more.
    Rectified,
    /// 仍存在.
    Remains,
    /// 无法判断: it could not be seen whether it is.
    CannotTell,
}

/// 复查结果 of one open problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// The problem.
    pub finding: FindingId,
    /// The record it was signed in.
    pub record: Sha256,
    /// The line it made a must-check line; `None` where no line of the visit asks it again.
    pub line: Option<u32>,
    /// What was found.
    pub state: FollowUpState,
    /// In words.
    pub note: String,
    /// Photos of how it is now; each is evidence of the same record.
    pub after_photos: Vec<Sha256>,
    /// Stands in for the photo that 已整改 asks for.
    pub no_photo: Option<NoPhoto>,
    /// When.
    pub answered: ClockReading,
}

/// A problem that an earlier round left open, with where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct OpenFinding {
    /// As it was signed.
    pub finding: Finding,
    /// The record it was signed in.
    pub record: Sha256,
    /// The round it was found in.
    pub round_title: String,
    /// What was visited then.
    pub visited: Subject,
    /// As that visit was titled.
    pub visit_title: String,
    /// The criterion of its line; `None` for what no line asked.
    pub criterion: Option<CriterionKey>,
    /// Who found it.
    pub inspector_name: String,
}

/// Every problem still open from before a round: a content-addressed document of the work package, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenFindings {
    /// The problems.
    pub findings: Vec<OpenFinding>,
}

/// 必查: an open problem at the visit, and the line, that must look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MustCheck {
    /// The visit of this round.
    pub visit: VisitId,
    /// Its line; `None` where no line asks the same of the same.
    pub line: Option<u32>,
    /// The problem.
    pub open: OpenFinding,
}

/// Where each open problem is looked at in a round: at the line that asks the same of the same subject (wherever that subject
/// stands now), else at the visit of the subject, else at a visit that asks anything of it, else at the place it was found in.
/// What the round visits no more is left out; it stays open.
#[must_use]
pub fn must_checks(visits: &[&PlannedVisit], open: &[OpenFinding]) -> Vec<MustCheck> {
    if open.is_empty() {
        return Vec::new();
    }
    let mut by_line: BTreeMap<(&CriterionKey, &Subject), (&VisitId, u32)> = BTreeMap::new();
    let mut by_subject: BTreeMap<&Subject, &VisitId> = BTreeMap::new();
    let mut by_asked: BTreeMap<&Subject, &VisitId> = BTreeMap::new();
    for visit in visits {
        by_subject.entry(&visit.subject).or_insert(&visit.id);
        for line in &visit.lines {
            by_line.entry((&line.criterion, &line.subject)).or_insert((&visit.id, line.no));
            by_asked.entry(&line.subject).or_insert(&visit.id);
        }
    }
    let place = |one: &OpenFinding| -> Option<(VisitId, Option<u32>)> {
        let subject = &one.finding.subject;
        let line = one.criterion.as_ref().and_then(|criterion| by_line.get(&(criterion, subject)));
        if let Some((visit, no)) = line {
            return Some(((*visit).clone(), Some(*no)));
        }
        let visit =
            by_subject.get(subject).or_else(|| by_asked.get(subject)).or_else(|| by_subject.get(&one.visited))?;
        Some(((*visit).clone(), None))
    };
    let mut seen = BTreeSet::new();
    open.iter()
        .filter(|one| seen.insert(&one.finding.id))
        .filter_map(|one| place(one).map(|(visit, line)| MustCheck { visit, line, open: one.clone() }))
        .collect()
}

/// What is missing of the answers to open problems; `must` is empty where nobody knows which were told (the service).
#[must_use]
pub fn follow_up_problems(must: &[MustCheck], given: &[FollowUp]) -> Vec<SealProblem> {
    let is_answered = |one: &&MustCheck| given.iter().any(|answer| answer.finding == one.open.finding.id);
    let missing = must.iter().filter(|one| !is_answered(one)).map(|one| {
        let what = &one.open.finding.description;
        problem(
            one.line,
            SealRule::FollowUpMissing,
            &format!("上轮问题“{what}”还没有复查，请选择已整改、仍存在或无法判断"),
            &format!("the open problem “{what}” was not looked at: say whether it is rectified"),
        )
    });
    let mut problems: Vec<SealProblem> = missing.collect();
    for answer in given {
        let mut say = |zh: &str, en: &str| problems.push(problem(answer.line, SealRule::FollowUpIncomplete, zh, en));
        if answer.note.trim().is_empty() {
            say("上轮问题的复查没有写明情况", "say in words what you found of the open problem");
        }
        let is_excused = answer.no_photo.as_ref().is_some_and(|no_photo| !no_photo.reason.trim().is_empty());
        if answer.state == FollowUpState::Rectified && answer.after_photos.is_empty() && !is_excused {
            say(
                "已整改的问题需要整改后照片；无法拍照时请写明原因",
                "a rectified problem needs a photo of how it is now, or the reason why none can be taken",
            );
        }
    }
    problems
}
