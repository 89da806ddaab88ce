//! 期限与催办: what is due by when, and which reminder comes next.
//!
//! A business outage runs on a clock of its own, 7×24 (5.3.2.7: respond within 5 minutes, feed back every 30 minutes); a degraded
//! one on the working calendar, 5×8 (5.3.2.8: 10 minutes, every hour). Everything else has a due day, which ends at midnight in
//! China. Submitted work stops the clocks until somebody rejects it.

use serde::{Deserialize, Serialize};

use super::{Progress, RectificationState};
use crate::{
    calendar::{WorkingCalendar, end_of_day},
    time::TimestampMs,
    visit::Severity,
};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// 响应.
    Response,
    /// 下一次反馈.
    Feedback,
    /// 整改.
    Rectification,
}

impl Due {
    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Response => "响应",
            Self::Feedback => "反馈",
            Self::Rectification => "整改",
        }
    }
}

/// Something is due by a moment, counted from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// What.
    pub due: Due,
    /// From when on the time runs.
    pub from: TimestampMs,
    /// First moment at which it is late.
    pub at: TimestampMs,
}

/// How near a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Less than 24 hours are left.
    Hours24,
    /// Less than 4 hours are left.
    Hours4,
    /// Less than 1 hour is left.
    Hour1,
    /// It is over.
    Overdue,
}

impl Urgency {
    /// The Chinese words.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Hours24 => "不足24小时",
            Self::Hours4 => "不足4小时",
            Self::Hour1 => "不足1小时",
            Self::Overdue => "已逾期",
        }
    }
}

/// 催办 of one deadline at one urgency: given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// The deadline.
    pub deadline: Deadline,
    /// How near it is.
    pub urgency: Urgency,
}

impl Deadline {
    /// How near it is now; `None` while more than a day is left. What was given less than an hour from the start is not called
    /// near before it is over: a clock of five minutes has no “less than 24 hours”.
    #[must_use]
    pub fn urgency(&self, now: TimestampMs) -> Option<Urgency> {
        let (left, whole) = (self.at.0 - now.0, self.at.0 - self.from.0);
        if left <= 0 {
            return Some(Urgency::Overdue);
        }
        let near = [(Urgency::Hour1, HOUR_MS), (Urgency::Hours4, 4 * HOUR_MS), (Urgency::Hours24, 24 * HOUR_MS)];
        near.into_iter().find(|(_, ms)| left < *ms && whole > *ms).map(|(urgency, _)| urgency)
    }
}

/// A moment `minutes` later on the clock of a severity: plain for 7×24, working time for 5×8.
#[must_use]
pub fn on_clock(severity: Severity, calendar: &WorkingCalendar, from: TimestampMs, minutes: u32) -> TimestampMs {
    let ms = i64::from(minutes) * MINUTE_MS;
    match severity {
        Severity::Degraded => calendar.after_working_ms(from, ms),
        Severity::Outage | Severity::Major | Severity::Minor => from.plus_ms(ms),
    }
}

impl Progress {
    /// By when somebody had to respond; `None` where no clock runs.
    #[must_use]
    pub fn response_due(&self, calendar: &WorkingCalendar) -> Option<TimestampMs> {
        let severity = self.opening.severity;
        let minutes = severity.respond_within_minutes()?;
        Some(on_clock(severity, calendar, self.opening.found_at, minutes))
    }

    /// By when it is to be put right; `None` where a clock runs instead.
    #[must_use]
    pub fn rectification_due(&self) -> Option<TimestampMs> {
        self.opening.due_on.map(end_of_day)
    }

    /// What is due now, the nearest first. Nothing while the work waits for a verdict, or is closed.
    #[must_use]
    pub fn deadlines(&self, calendar: &WorkingCalendar) -> Vec<Deadline> {
        if matches!(self.state, RectificationState::Submitted | RectificationState::Accepted) {
            return Vec::new();
        }
        let (severity, found) = (self.opening.severity, self.opening.found_at);
        let mut due = Vec::new();
        if let (Some(at), None) = (self.response_due(calendar), self.responded_at) {
            due.push(Deadline { due: Due::Response, from: found, at });
        }
        if let Some(minutes) = severity.feedback_every_minutes() {
            let from = self.fed_back_at.iter().copied().max().unwrap_or(found).max(found);
            due.push(Deadline { due: Due::Feedback, from, at: on_clock(severity, calendar, from, minutes) });
        }
        if let Some(at) = self.rectification_due() {
            due.push(Deadline { due: Due::Rectification, from: found, at });
        }
        due.sort_by_key(|one| (one.at, one.due));
        due
    }

    /// The reminders that are to be given now: of each deadline the most urgent one, unless it was given.
    #[must_use]
    pub fn reminders_due(&self, calendar: &WorkingCalendar, now: TimestampMs) -> Vec<Reminder> {
        let of = |deadline: &Deadline| {
            let urgency = deadline.urgency(now)?;
            let reminder = Reminder { deadline: *deadline, urgency };
            (!self.reminders.contains(&reminder)).then_some(reminder)
        };
        self.deadlines(calendar).iter().filter_map(of).collect()
    }

    /// Whether something is late now.
    #[must_use]
    pub fn is_overdue(&self, calendar: &WorkingCalendar, now: TimestampMs) -> bool {
        self.deadlines(calendar).iter().any(|deadline| deadline.at <= now)
    }

    /// 反馈频率: whether the feedback that a clock asks for was given each time, up to `now` or to the end of the work. `None`
    /// where no clock runs.
    #[must_use]
    pub fn feedback_kept(&self, calendar: &WorkingCalendar, now: TimestampMs) -> Option<bool> {
        let severity = self.opening.severity;
        let minutes = severity.feedback_every_minutes()?;
        let found = self.opening.found_at;
        let work_ends = match self.state {
            RectificationState::Submitted => self.submitted.as_ref().map(|(_, at)| *at),
            _ => self.finished_at(),
        };
        let end = work_ends.unwrap_or(now);
        let mut told: Vec<TimestampMs> = self.fed_back_at.iter().copied().filter(|at| *at < end).collect();
        told.sort_unstable();
        let starts = std::iter::once(found).chain(told.iter().copied());
        let ends = told.iter().copied().chain(std::iter::once(end));
        Some(starts.zip(ends).all(|(from, to)| to <= on_clock(severity, calendar, from.max(found), minutes)))
    }
}
