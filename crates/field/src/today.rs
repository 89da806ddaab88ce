//! 今日: the open rounds with their visits, and how far each has come.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
    round::Round,
    text::Text,
    time::TimestampMs,
    visit::seal_problems,
};

use crate::{
    Field,
    draft::DraftRef,
    error::FieldError,
    review::{ReturnedVisit, returned_of},
    store::{
        draft, follow_up,
        package::{self, Assigned, PackageHead, VisitRow},
        person::Person,
        record::{self, RecordRow, RecordState},
        review,
    },
};

/// How far a visit has come on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// 未开始.
    NotStarted,
    /// 草稿.
    Draft,
    /// 已签: sealed; not delivered yet.
    Sealed,
    /// 已送达: the receipt was verified.
    Delivered,
    /// 退回: a reviewer returned the record, or the service set it aside; a person must look at it.
    Returned,
}

impl VisitState {
    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::NotStarted => "未开始",
            Self::Draft => "草稿",
            Self::Sealed => "已签",
            Self::Delivered => "已送达",
            Self::Returned => "退回",
        }
    }

    pub(crate) fn of(row: &RecordRow) -> Self {
        match (row.state, &row.quarantined) {
            (RecordState::Delivered, _) => Self::Delivered,
            (_, Some(_)) => Self::Returned,
            _ => Self::Sealed,
        }
    }
}

/// One visit of a round.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TodayVisit {
    /// The visit.
    pub id: VisitId,
    /// `room`, `rack`, `cluster` or `system`.
    pub kind: String,
    /// As the plan titles it.
    pub title: String,
    /// The room it happens in; empty for clusters.
    pub room_name: String,
    /// How far it has come.
    pub state: VisitState,
    /// Lines.
    pub lines: u32,
    /// Lines answered in this person's draft; all of them once it is sealed.
    pub answered: u32,
    /// Lines without an answer.
    pub missing: u32,
    /// An open draft of this person that nothing keeps from being sealed.
    pub ready: bool,
    /// Problems reported, in this person's draft or in the newest record.
    pub findings: u32,
    /// 必查: problems that earlier rounds left open here.
    pub must_checks: u32,
    /// Photos and other evidence, there too.
    pub photos: u32,
    /// Names of those whom the service asked to walk it.
    pub assigned_to: Vec<String>,
    /// Whether this person is one of them.
    pub is_mine: bool,
    /// When this person started the open draft.
    pub started_at: Option<TimestampMs>,
    /// When the newest record was sealed.
    pub sealed_at: Option<TimestampMs>,
    /// Colleagues with an open draft of the same visit on this terminal.
    pub also_drafted_by: String,
    /// The newest record of the visit.
    pub record: Option<Sha256>,
    /// 退回: who returned it and why, until the amendment is sealed.
    pub returned: Option<ReturnedVisit>,
}

/// One open round.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TodayRound {
    /// The round.
    pub round: Round,
    /// Whether today lies in its due window.
    pub is_due: bool,
    /// Its visits, in the order of walking.
    pub visits: Vec<TodayVisit>,
}

/// What there is to do.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Today {
    /// Who asks.
    pub person: String,
    /// When the package was pulled.
    pub pulled_at: TimestampMs,
    /// Number of the 服务台; empty when the site has none.
    pub service_desk: String,
    /// Open rounds, oldest first.
    pub rounds: Vec<TodayRound>,
    /// What the person should know.
    pub warnings: Vec<Text>,
}

impl Field {
    /// The open rounds and their visits, as this person stands with them.
    ///
    /// # Errors
    /// [`FieldError::NoPackage`].
    pub fn today(&self, person: &Person) -> Result<Today, FieldError> {
        let now = self.now();
        let day = now.wall_ms.day_in_china();
        let warnings = self.clock_warnings(&now)?;
        self.store.read(|connection| {
            let head = PackageHead::require(connection)?;
            let standing = Standing::load(connection, person)?;
            let mut rounds = Vec::new();
            for id in package::open_round_ids(connection)? {
                let plan = self.layouts.round(connection, &id)?;
                let mut visits = Vec::new();
                for row in package::visits_of_round(connection, &id)? {
                    let mut visit = standing.of(row);
                    visit.ready = visit.state == VisitState::Draft
                        && visit.missing == 0
                        && self.is_ready(connection, &visit.id, person, day)?;
                    visits.push(visit);
                }
                let round = plan.plan.plan.round.clone();
                rounds.push(TodayRound { is_due: (round.due_from..=round.due_by).contains(&day), visits, round });
            }
            Ok(Today {
                person: person.name.clone(),
                pulled_at: head.pulled.wall_ms,
                service_desk: head.service_desk,
                rounds,
                warnings,
            })
        })
    }

    fn is_ready(
        &self,
        connection: &Connection,
        visit: &VisitId,
        whose: &Person,
        day: Date,
    ) -> Result<bool, FieldError> {
        let desk = self.desk(connection, DraftRef { visit, person: &whose.id })?;
        let (results, findings) = (desk.results(connection)?, draft::findings(connection, &desk.draft.id)?);
        let problems = seal_problems(&desk.layout.template, &desk.layout.visit, &results, &findings, day);
        Ok(problems.is_empty() && desk.follow_up_problems(connection)?.is_empty())
    }
}

/// What came back, by visit: each checked anew, so that nobody walks again for a signature that does not count.
fn returned(connection: &Connection) -> Result<HashMap<VisitId, ReturnedVisit>, FieldError> {
    let mut found = HashMap::new();
    for (visit, record, _) in review::returned(connection)? {
        if let Some(returned) = returned_of(connection, &visit, record)? {
            found.insert(visit, returned);
        }
    }
    Ok(found)
}

/// What this terminal holds of visits, read at once: a round may have thousands of them.
pub(crate) struct Standing {
    mine: HashMap<VisitId, draft::Progress>,
    others: HashMap<VisitId, String>,
    newest: HashMap<VisitId, record::Newest>,
    assigned: HashMap<VisitId, Vec<Assigned>>,
    must_checks: HashMap<VisitId, u32>,
    returned: HashMap<VisitId, ReturnedVisit>,
    person: PersonId,
}

impl Standing {
    pub(crate) fn load(connection: &Connection, person: &Person) -> Result<Self, FieldError> {
        Ok(Self {
            mine: draft::progress(connection, &person.id)?,
            others: draft::drafted_by_others(connection, &person.id)?,
            newest: record::newest(connection)?,
            assigned: package::assignments(connection)?,
            must_checks: follow_up::count_must_checks(connection)?,
            returned: returned(connection)?,
            person: person.id.clone(),
        })
    }

    /// How far the visit has come.
    pub(crate) fn state(&self, visit: &VisitId) -> VisitState {
        match (self.mine.get(visit), self.newest.get(visit)) {
            (Some(_), _) => VisitState::Draft,
            (None, None) => VisitState::NotStarted,
            (None, Some(newest)) => match (newest.state, newest.is_quarantined) {
                (RecordState::Delivered, _) if self.returned.contains_key(visit) => VisitState::Returned,
                (RecordState::Delivered, _) => VisitState::Delivered,
                (_, true) => VisitState::Returned,
                _ => VisitState::Sealed,
            },
        }
    }

    fn of(&self, row: VisitRow) -> TodayVisit {
        let (mine, newest) = (self.mine.get(&row.id), self.newest.get(&row.id));
        let state = self.state(&row.id);
        let answered = match (mine, state) {
            (Some(mine), _) => mine.lines,
            (None, VisitState::NotStarted) => 0,
            (None, _) => row.lines,
        };
        let (findings, photos) = match (mine, newest) {
            (Some(mine), _) => (mine.findings, mine.photos),
            (None, Some(newest)) => (newest.findings, newest.photos),
            (None, None) => (0, 0),
        };
        let assigned = self.assigned.get(&row.id).map_or(&[][..], Vec::as_slice);
        TodayVisit {
            kind: row.kind,
            title: row.title,
            room_name: row.room_name,
            state,
            lines: row.lines,
            answered,
            missing: row.lines - answered.min(row.lines),
            ready: false,
            findings,
            must_checks: self.must_checks.get(&row.id).copied().unwrap_or(0),
            photos,
            assigned_to: assigned.iter().map(|assigned| assigned.name.clone()).collect(),
            is_mine: assigned.iter().any(|assigned| assigned.person == self.person),
            started_at: mine.map(|mine| mine.started.wall_ms),
            sealed_at: newest.map(|newest| newest.sealed.wall_ms),
            also_drafted_by: self.others.get(&row.id).cloned().unwrap_or_default(),
            record: newest.map(|newest| newest.id),
            returned: self.returned.get(&row.id).cloned(),
            id: row.id,
        }
    }
}
