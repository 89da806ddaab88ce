//! 整改（跟进处理，5.1.2.4、5.1.3.5）: what becomes of a problem or discrepancy that a delivered record shows, step by step.
//!
//! [`Step`] and [`Opening`] are frozen: part of signed statements, each a leaf of the log. [`Progress`] is what the steps come to;
//! it is never stored as truth, but folded from them again by whoever wants to know. Who may sign which step is judged where keys
//! are known (`xunjian_proof::rectification`); what is due by when stands in [`deadline`].

pub mod deadline;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::deadline::Reminder;
use crate::{
    hash::Sha256,
    ids::{AssetId, CriterionKey, FindingId, PersonId, RoundId, VisitId},
    reconciliation::Verdict,
    subject::Subject,
    text::Text,
    time::TimestampMs,
    visit::Severity,
};

/// What shows that something is to be put right. Each can be opened once: revisions of a record speak of the same source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// 问题, as an inspector wrote it down.
    Finding {
        /// The finding.
        finding: FindingId,
    },
    /// 异常: a line that no finding speaks of.
    Line {
        /// The visit.
        visit: VisitId,
        /// The line's number.
        line: u32,
    },
    /// 不一致信息.
    Discrepancy {
        /// The visit of the rack.
        visit: VisitId,
        /// The ledger's asset; `None` for 账外.
        asset: Option<AssetId>,
        /// Place in the record's list, for what is 账外; 0 where the asset says it.
        place: u32,
    },
}

impl Source {
    /// What a rectification is known by: the hash of its source's own words, so that nothing is opened twice.
    #[must_use]
    pub fn id(&self) -> Sha256 {
        let words = match self {
            Self::Finding { finding } => format!("finding {finding}"),
            Self::Line { visit, line } => format!("line {visit} {line}"),
            Self::Discrepancy { visit, asset: Some(asset), .. } => format!("discrepancy {visit} asset {asset}"),
            Self::Discrepancy { visit, asset: None, place } => format!("discrepancy {visit} place {place}"),
        };
        Sha256::of(words.as_bytes())
    }
}

/// 立项: what is to be put right, whose it is, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// What shows it.
    pub source: Source,
    /// The delivered record it stands in.
    pub record: Sha256,
    /// The round it was found in.
    pub round: RoundId,
    /// The criterion it was found at; `None` for what no line asks.
    pub criterion: Option<CriterionKey>,
    /// What it is about.
    pub subject: Subject,
    /// As people call that.
    pub subject_name: String,
    /// Where it is: `广州一号机房 · A03`.
    pub place: String,
    /// How bad it is; decides whether a clock runs (5.3.2.7, 5.3.2.8) or a due day stands.
    pub severity: Severity,
    /// What is wrong.
    pub description: String,
    /// Of a discrepancy: what differs.
    pub verdicts: Vec<Verdict>,
    /// 归属单位 or responsible unit.
    pub owning_unit: String,
    /// The last day for it; `None` where a clock runs instead.
    pub due_on: Option<Date>,
    /// When it was found, by the record.
    pub found_at: TimestampMs,
    /// Who found it.
    pub found_by: PersonId,
    /// When the service desk was called from the spot first (5.2.1.2), by the record.
    pub called_at: Option<TimestampMs>,
    /// Photos of how it was.
    pub before_photos: Vec<Sha256>,
}

/// 复查: what shows that it is put right. All of it stands in signed, logged documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reinspection {
    /// A later record looked at the problem and found it 已整改, with an after photo or 无法拍照.
    FollowUp {
        /// The record.
        record: Sha256,
    },
    /// The record of the problem itself says that it was put right on the spot, with an after photo or 无法拍照.
    OnSite {
        /// The record.
        record: Sha256,
    },
    /// A later record asked the same of the same subject, and it was 正常, with a photo or 无法拍照.
    Line {
        /// The record.
        record: Sha256,
        /// Its line.
        line: u32,
    },
    /// A later record saw the asset, and it was 一致.
    Reconciled {
        /// The record.
        record: Sha256,
    },
    /// The ledger was corrected by an approved change set that rests on the record.
    LedgerChanged {
        /// The decision's envelope.
        decision: Sha256,
    },
}

impl Reinspection {
    /// The record or decision it points to.
    #[must_use]
    pub fn document(&self) -> Sha256 {
        match self {
            Self::FollowUp { record }
            | Self::OnSite { record }
            | Self::Line { record, .. }
            | Self::Reconciled { record } => *record,
            Self::LedgerChanged { decision } => *decision,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "RectificationAct"))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// 立项.
    Opened {
        /// What is to be put right.
        opening: Box<Opening>,
    },
    /// 分派 to 整改人员.
    Assigned {
        /// The person.
        to: PersonId,
        /// The person's name then.
        name: String,
        /// What to do, in words.
        note: String,
    },
    /// 催办: a deadline is near, or over.
    Reminded {
        /// Which.
        reminder: Reminder,
    },
    /// 反馈 sent to the 使用方 (5.1.2.4).
    FedBack {
        /// The unit or person it was sent to.
        to: String,
        /// How: 电话、公函、邮件.
        channel: String,
        /// What was said.
        text: String,
    },
    /// 使用方已确认 the feedback. Signed by its contact's own key, or noted by the service for somebody who has none.
    Acknowledged {
        /// Who confirmed it.
        who: String,
        /// How; `签名` where the contact signed.
        channel: String,
        /// What was said.
        text: String,
    },
    /// 提交整改: the assigned person says that it is put right.
    Submitted {
        /// What was done.
        done: String,
    },
    /// 通过: another person looked at the evidence and closes it.
    Accepted {
        /// The evidence.
        reinspection: Reinspection,
        /// What else there is to say.
        comment: String,
    },
    /// 退回: another person does not agree.
    Rejected {
        /// Why.
        reason: String,
    },
}

impl Step {
    /// Its name in columns, exports and texts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Assigned { .. } => "assigned",
            Self::Reminded { .. } => "reminded",
            Self::FedBack { .. } => "fed_back",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Submitted { .. } => "submitted",
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(&self) -> Text {
        let (zh, en) = match self {
            Self::Opened { .. } => ("立项", "opened"),
            Self::Assigned { .. } => ("分派", "assigned"),
            Self::Reminded { .. } => ("催办", "reminded"),
            Self::FedBack { .. } => ("反馈使用方", "fed back"),
            Self::Acknowledged { .. } => ("使用方确认", "acknowledged"),
            Self::Submitted { .. } => ("提交整改", "submitted"),
            Self::Accepted { .. } => ("复核通过", "accepted"),
            Self::Rejected { .. } => ("复核退回", "rejected"),
        };
        Text::new(zh, en)
    }
}

/// How a rectification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RectificationState {
    /// 待整改.
    Open,
    /// 待复核.
    Submitted,
    /// 已通过: closed.
    Accepted,
    /// 退回: open again.
    Rejected,
}

impl RectificationState {
    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "待整改",
            Self::Submitted => "待复核",
            Self::Accepted => "已通过",
            Self::Rejected => "退回",
        }
    }
}

/// Why a step cannot follow the ones before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It is closed; only feedback and its confirmation may follow.
    #[error("the rectification is closed")]
    Closed,
    /// Opened twice, or a step before it was opened.
    #[error("a rectification is opened once, by its first step")]
    NotTheBeginning,
    /// Nobody, or somebody else, is assigned.
    #[error("only the person it is assigned to submits it, and that is not {0}")]
    NotAssigned(String),
    /// Nothing waits for a verdict.
    #[error("nothing was submitted that could be rejected")]
    NothingSubmitted,
    /// It waits for a verdict already.
    #[error("it was submitted already and waits for a verdict")]
    AlreadySubmitted,
    /// Whoever found it, was assigned or submitted it cannot close or reject it.
    #[error("{0} found it or put it right, and cannot judge it as well")]
    OwnWork(String),
    /// Confirmed before anything was sent.
    #[error("nothing was fed back that could be acknowledged")]
    NothingFedBack,
    /// The same reminder twice.
    #[error("this reminder was given already")]
    RemindedAlready,
    /// A text that must be there is empty.
    #[error("{0}")]
    Malformed(&'static str),
}

/// What the steps come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Progress {
    /// What is to be put right.
    pub opening: Opening,
    /// When it was opened.
    pub opened_at: TimestampMs,
    /// How it stands.
    pub state: RectificationState,
    /// Whose it is now, by person and name.
    pub assigned_to: Option<(PersonId, String)>,
    /// When somebody took it up first: a call to the service desk from the spot, an assignment, or feedback.
    pub responded_at: Option<TimestampMs>,
    /// When the 使用方 was told something, in order; calls from the spot included.
    pub fed_back_at: Vec<TimestampMs>,
    /// When the 使用方 confirmed.
    pub acknowledged_at: Option<TimestampMs>,
    /// When it was submitted last, and by whom.
    pub submitted: Option<(PersonId, TimestampMs)>,
    /// Who closed it, when, and on what evidence.
    pub accepted: Option<(PersonId, TimestampMs, Reinspection)>,
    /// How often it was rejected.
    pub rejections: u32,
    /// Reminders given.
    pub reminders: BTreeSet<Reminder>,
    /// Everyone who found it or worked on it: none of them judges it.
    pub involved: BTreeSet<PersonId>,
}

impl Progress {
    /// The first step.
    ///
    /// # Errors
    /// [`StepError::Malformed`].
    pub fn open(opening: &Opening, at: TimestampMs) -> Result<Self, StepError> {
        if opening.owning_unit.trim().is_empty() {
            return Err(StepError::Malformed("it names no owning or responsible unit"));
        }
        if opening.description.trim().is_empty() {
            return Err(StepError::Malformed("it does not say what is wrong"));
        }
        if opening.severity.respond_within_minutes().is_none() && opening.due_on.is_none() {
            return Err(StepError::Malformed("it has neither a clock nor a due day"));
        }
        Ok(Self {
            opening: opening.clone(),
            opened_at: at,
            state: RectificationState::Open,
            assigned_to: None,
            responded_at: opening.called_at,
            fed_back_at: opening.called_at.into_iter().collect(),
            acknowledged_at: None,
            submitted: None,
            accepted: None,
            rejections: 0,
            reminders: BTreeSet::new(),
            involved: [opening.found_by.clone()].into(),
        })
    }

    /// One more step. `by` is the person who signed it; `None` where the service did.
    ///
    /// # Errors
    /// [`StepError`]; then nothing changed.
    pub fn apply(&mut self, step: &Step, by: Option<&PersonId>, at: TimestampMs) -> Result<(), StepError> {
        let is_closed = self.state == RectificationState::Accepted;
        if is_closed && !matches!(step, Step::FedBack { .. } | Step::Acknowledged { .. }) {
            return Err(StepError::Closed);
        }
        let says = |text: &str, what: &'static str| {
            if text.trim().is_empty() { Err(StepError::Malformed(what)) } else { Ok(()) }
        };
        match step {
            Step::Opened { .. } => return Err(StepError::NotTheBeginning),
            Step::Assigned { to, name, .. } => {
                self.assigned_to = Some((to.clone(), name.clone()));
                self.involved.insert(to.clone());
                self.responded_at.get_or_insert(at);
            }
            Step::Reminded { reminder } => {
                if !self.reminders.insert(*reminder) {
                    return Err(StepError::RemindedAlready);
                }
            }
            Step::FedBack { to, text, .. } => {
                says(to, "it does not say to whom it was sent")?;
                says(text, "it does not say what was sent")?;
                self.fed_back_at.push(at);
                self.responded_at.get_or_insert(at);
            }
            Step::Acknowledged { who, .. } => {
                says(who, "it does not say who confirmed it")?;
                if self.fed_back_at.is_empty() {
                    return Err(StepError::NothingFedBack);
                }
                self.acknowledged_at.get_or_insert(at);
            }
            Step::Submitted { done } => {
                says(done, "it does not say what was done")?;
                let person = by.filter(|by| self.assigned_to.as_ref().is_some_and(|(to, _)| to == *by));
                let person = person.ok_or_else(|| {
                    StepError::NotAssigned(by.map_or_else(|| "nobody".to_owned(), ToString::to_string))
                })?;
                if self.state == RectificationState::Submitted {
                    return Err(StepError::AlreadySubmitted);
                }
                self.submitted = Some((person.clone(), at));
                self.state = RectificationState::Submitted;
            }
            Step::Accepted { reinspection, .. } => {
                let person = self.judge(by)?;
                self.accepted = Some((person, at, reinspection.clone()));
                self.state = RectificationState::Accepted;
            }
            Step::Rejected { reason } => {
                says(reason, "it gives no reason")?;
                self.judge(by)?;
                if self.state != RectificationState::Submitted {
                    return Err(StepError::NothingSubmitted);
                }
                self.rejections += 1;
                self.state = RectificationState::Rejected;
            }
        }
        Ok(())
    }

    /// 四眼: whoever judges neither found it nor worked on it.
    fn judge(&self, by: Option<&PersonId>) -> Result<PersonId, StepError> {
        let person = by.ok_or(StepError::Malformed("a person judges, not the service"))?;
        if self.involved.contains(person) {
            return Err(StepError::OwnWork(person.to_string()));
        }
        Ok(person.clone())
    }

    /// When the work was done as far as it was accepted: the last submission, or the verdict where nobody submitted.
    #[must_use]
    pub fn finished_at(&self) -> Option<TimestampMs> {
        let (_, accepted, _) = self.accepted.as_ref()?;
        Some(self.submitted.as_ref().map_or(*accepted, |(_, at)| *at))
    }
}

#[cfg(test)]
mod tests;
