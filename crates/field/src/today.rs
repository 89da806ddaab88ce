//! 今日: the open rounds with their visits, and how far each has come.

use rusqlite::{Connection, params};
use serde::Serialize;
use xunjian_domain::{hash::Sha256, ids::VisitId, round::Round, text::Text, time::TimestampMs};

use crate::{
    Field,
    error::FieldError,
    store::{
        from_json, from_text,
        package::{self, PackageHead},
        person::Person,
        record::{RecordRow, RecordState},
        sql,
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
    /// 退回: the service set the record aside; a person must look at it.
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
    /// How far it has come.
    pub state: VisitState,
    /// Lines.
    pub lines: u32,
    /// Lines answered in this person's draft; all of them once it is sealed.
    pub answered: u32,
    /// Lines without an answer.
    pub missing: u32,
    /// Colleagues with an open draft of the same visit on this terminal.
    pub also_drafted_by: String,
    /// The newest record of the visit.
    pub record: Option<Sha256>,
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
            let mut rounds = Vec::new();
            for round in package::open_rounds(connection)? {
                let visits = visits(connection, &round, person)?;
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
}

fn visits(connection: &Connection, round: &Round, person: &Person) -> Result<Vec<TodayVisit>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("visit/progress"))?;
    let mut rows = statement.query(params![round.id.as_str(), person.id.as_str()])?;
    let mut visits = Vec::new();
    while let Some(row) = rows.next()? {
        let (lines, in_draft): (u32, u32) = (row.get(3)?, row.get(5)?);
        let (draft, state, record): (String, String, String) = (row.get(4)?, row.get(6)?, row.get(7)?);
        let is_quarantined: bool = row.get(8)?;
        let state = match (draft.is_empty(), state.as_str()) {
            (false, _) => VisitState::Draft,
            (true, "") => VisitState::NotStarted,
            (true, state) => match (from_json::<RecordState>(&format!("\"{state}\""))?, is_quarantined) {
                (RecordState::Delivered, _) => VisitState::Delivered,
                (_, true) => VisitState::Returned,
                _ => VisitState::Sealed,
            },
        };
        let answered = match state {
            VisitState::NotStarted => 0,
            VisitState::Draft => in_draft,
            _ => lines,
        };
        visits.push(TodayVisit {
            id: VisitId::new(row.get::<_, String>(0)?),
            kind: row.get(1)?,
            title: row.get(2)?,
            state,
            lines,
            answered,
            missing: lines - answered.min(lines),
            also_drafted_by: row.get(9)?,
            record: if record.is_empty() { None } else { Some(from_text(&record)?) },
        });
    }
    Ok(visits)
}
