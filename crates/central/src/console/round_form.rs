//! Opening a round from the console: first what it would be, then the round.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::RoundId,
    plan::Exclusion,
    round::{Quarter, RoundKind},
    text::Text,
};

use super::{
    page::bad,
    rounds::{self, RoundItem},
};
use crate::{
    error::Error,
    round::{self, Due, NewRound, kind_text},
    site::Site,
};

/// A round to open. Empty days are those of the quarter, or as far apart as those of the round copied from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewRoundRequest {
    /// Quarterly or special.
    #[cfg_attr(feature = "typescript", ts(type = "\"quarterly\" | \"special\""))]
    pub kind: RoundKind,
    /// The year it counts for.
    pub year: i16,
    /// 1 to 4.
    pub quarter: u8,
    /// For people; made from the quarter when empty.
    pub title: String,
    /// First day a visit is due.
    pub due_from: String,
    /// Last day a visit is due.
    pub due_by: String,
    /// What is left out; a rack takes its assets along, a room its racks.
    pub exclusions: Vec<Exclusion>,
    /// The round that exclusions, assignments and the length of the due window come from.
    pub copy_from: Option<String>,
}

/// Visits and lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KindPlanned {
    /// The kind.
    pub kind: String,
    /// Visits.
    pub visits: u32,
    /// Lines.
    pub lines: u32,
}

/// What a round would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RoundPreview {
    /// Visits.
    pub visits: u32,
    /// 应检.
    pub lines: u32,
    /// The same by kind.
    pub by_kind: Vec<KindPlanned>,
    /// The ledger it would be planned over.
    pub ledger_version: u32,
    /// Everything left out.
    pub exclusions: Vec<Exclusion>,
    /// Visits that somebody is assigned to, as copied.
    pub assignments: u32,
    /// What is not copied as it stood, and what keeps the round from being opened.
    pub problems: Vec<Text>,
}

fn day(name: &str, text: &str) -> Result<Option<Date>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| bad(name, format!("“{text}” is not a day: write it like 2026-10-01")))
}

fn new_round(request: &NewRoundRequest) -> Result<NewRound, Error> {
    if !(2000..=9999).contains(&request.year) {
        return Err(bad("year", "must be from 2000 to 9999"));
    }
    if !(1..=4).contains(&request.quarter) {
        return Err(bad("quarter", "must be from 1 to 4"));
    }
    if request.title.chars().count() > 100 || request.title.chars().any(char::is_control) {
        return Err(bad("title", "must have at most 100 characters"));
    }
    if request.exclusions.iter().any(|exclusion| exclusion.reason.trim().is_empty()) {
        return Err(bad("exclusions", "say why each is left out"));
    }
    Ok(NewRound {
        kind: request.kind,
        quarter: Quarter { year: request.year, q: request.quarter },
        title: request.title.trim().to_owned(),
        due: Due { from: day("due_from", &request.due_from)?, by: day("due_by", &request.due_by)? },
        exclusions: Vec::new(),
        left_out: request.exclusions.clone(),
        copy_from: request.copy_from.clone().filter(|id| !id.is_empty()).map(RoundId::new),
    })
}

/// `POST rounds/preview`: derives the plan and writes nothing.
///
/// # Errors
/// [`Error::Problem`] 400.3 naming the field, [`Error::Told`] when there is no ledger.
pub fn preview(site: &Site, request: &NewRoundRequest) -> Result<RoundPreview, Error> {
    let new = new_round(request)?;
    let derived = site.db.read(|sql| round::derive(sql, &new))?;
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut by_kind: Vec<KindPlanned> = Vec::new();
    for visit in &derived.visits {
        let kind = kind_text(visit.kind)?;
        let at = by_kind.iter().position(|one| one.kind == kind).unwrap_or_else(|| {
            by_kind.push(KindPlanned { kind, visits: 0, lines: 0 });
            by_kind.len() - 1
        });
        by_kind[at].visits += 1;
        by_kind[at].lines += small(visit.lines.len());
    }
    Ok(RoundPreview {
        visits: small(derived.visits.len()),
        lines: by_kind.iter().map(|one| one.lines).sum(),
        by_kind,
        ledger_version: derived.version.version,
        exclusions: derived.exclusions,
        assignments: small(derived.assignments.len()),
        problems: derived.problems,
    })
}

/// `POST rounds`: opens the round; its plan is a leaf of the log before this answers.
///
/// # Errors
/// [`Error::Problem`] 400.3 naming the field, [`Error::Told`] when something keeps the round from being opened.
pub fn open(site: &Site, actor: &str, request: &NewRoundRequest) -> Result<RoundItem, Error> {
    let opened = round::open(site, actor, &new_round(request)?)?;
    Ok(site.db.read(|sql| rounds::one(sql, opened.plan.round.id.as_str()))?.item)
}
