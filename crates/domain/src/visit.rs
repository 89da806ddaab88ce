//! What an inspector answers in one visit, and the rules a visit must satisfy before it can be sealed.
//! [`LineResult`] and [`Finding`] are frozen: part of the signed record.

mod follow_up;
mod rules;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::{
    follow_up::{FollowUp, FollowUpState, MustCheck, OpenFinding, OpenFindings, follow_up_problems, must_checks},
    rules::{SealProblem, SealRule, missing_lines, seal_problems},
};
use crate::{
    hash::Sha256,
    ids::{CheckKey, CriterionKey, FindingId},
    outcome::Outcome,
    subject::Subject,
    template::Mode,
    time::ClockReading,
    value::Value,
};

/// The result of one 检查点.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Which check.
    pub check: CheckKey,
    /// How it came out.
    pub outcome: Outcome,
    /// Why, for 不适用 and 未检; empty for the others.
    pub reason: String,
    /// What was recorded, for checks that take a value.
    pub value: Option<Value>,
}

/// 无法拍照: why there is no photo where one is due, and who else stands by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NoPhoto {
    /// The reason, in words.
    pub reason: String,
    /// The second person who confirms it; empty when the inspector was alone.
    pub confirmed_by: String,
}

/// The result of one line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LineResult {
    /// The line's number in the planned visit.
    pub no: u32,
    /// What was asked.
    pub criterion: CriterionKey,
    /// Of what.
    pub subject: Subject,
    /// 现场 or 远程.
    pub mode: Mode,
    /// How it came out.
    pub outcome: Outcome,
    /// Why, for 不适用 and 未检.
    pub reason: String,
    /// What else there is to say; 异常 must say something.
    pub note: String,
    /// One result a check; empty for 不适用 and 未检.
    pub checks: Vec<CheckResult>,
    /// Hashes of the photos that belong to this line.
    pub photos: Vec<Sha256>,
    /// Stands in for a photo that is due.
    pub no_photo: Option<NoPhoto>,
    /// When the last answer was given.
    pub answered: ClockReading,
    /// How long the line was open on the screen, milliseconds; `None` where nothing measured it.
    pub spent_ms: Option<u64>,
    /// Whether “其余全部正常” filled it.
    pub bulk: bool,
    /// How often the answer was changed before sealing.
    pub edits: u32,
    /// The open problem of an earlier round that made this a must-check line.
    pub must_check: Option<FindingId>,
}

/// How bad a finding is; decides its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 业务系统中断或数据丢失 (5.3.2.7): respond within 5 min, feed back every 30 min, 7×24.
    Outage,
    /// 业务系统性能下降 (5.3.2.8): respond within 10 min, feed back hourly, 5×8.
    Degraded,
    /// Must be rectified by a due date.
    Major,
    /// Should be rectified by a due date.
    Minor,
}

impl Severity {
    /// Minutes within which somebody must respond; `None` for findings with a due date instead of a clock.
    #[must_use]
    pub fn respond_within_minutes(self) -> Option<u32> {
        match self {
            Self::Outage => Some(5),
            Self::Degraded => Some(10),
            Self::Major | Self::Minor => None,
        }
    }

    /// Minutes after which there must have been feedback again; `None` for findings with a due date instead of a clock.
    #[must_use]
    pub fn feedback_every_minutes(self) -> Option<u32> {
        match self {
            Self::Outage => Some(30),
            Self::Degraded => Some(60),
            Self::Major | Self::Minor => None,
        }
    }
}

/// A call to the service desk, made because the terminal was offline (5.2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DeskCall {
    /// Who answered.
    pub callee: String,
    /// When.
    pub at: ClockReading,
}

/// 问题 (5.1.3.5): something to be fed back and followed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its id; lives on until it is closed.
    pub id: FindingId,
    /// The line it was found at; `None` for what no line asks.
    pub line: Option<u32>,
    /// What it is about.
    pub subject: Subject,
    /// How bad it is.
    pub severity: Severity,
    /// What sort of problem: a preset's key or free words; empty when nobody said.
    pub category: String,
    /// What is wrong.
    pub description: String,
    /// 归属单位 or responsible unit.
    pub responsible_unit: String,
    /// The last day for rectification; `None` for findings with a clock.
    pub due_on: Option<Date>,
    /// When it was found.
    pub found: ClockReading,
    /// Photos of the problem.
    pub photos: Vec<Sha256>,
    /// Stands in for the photo.
    pub no_photo: Option<NoPhoto>,
    /// What was done on the spot; empty when nothing was.
    pub fixed_on_site: String,
    /// Photos after the fix.
    pub after_photos: Vec<Sha256>,
    /// The call to the service desk.
    pub desk_call: Option<DeskCall>,
    /// The finding of an earlier round that this one carries on.
    pub follows: Option<FindingId>,
    /// Further calls to the service desk, in order: the feedback that 5.3.2.7 and 5.3.2.8 ask for. Left out of the bytes while
    /// there is none (docs/adr/0020).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later_calls: Vec<DeskCall>,
}
