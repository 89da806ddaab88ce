//! 覆盖 of a round: counted from the logged plan and from the leaves of the log, never from a table of sums. A closed round is
//! counted from the leaves it was closed over, for ever.
//!
//! What cannot be counted is shown beside it: records that came too late, records whose photos are missing, places of terminals'
//! chains without a record, forks, and people who were assigned and from whom nothing came.

use serde::Serialize;
use xunjian_domain::{
    coverage::{Coverage, Totals},
    hash::Sha256,
    ids::RoundId,
    indicator::{Indicator, indicators},
    plan::PlannedVisit,
    time::TimestampMs,
};
use xunjian_proof::{
    chain::{ChainFault, Link, faults},
    closing::Closing,
    coverage::{DeliveredRecord, Evidence},
    decision::Decision,
    dsse::Envelope,
    merkle,
    statement::{Countersignature, PlanStatement, Statement as _},
    verification,
};

use crate::{
    calendar, clock,
    db::{Row, Sql, sql},
    error::Error,
    ledger::read_chunk,
    log::{self, StoredNodes, to_i64, to_u64},
    rectification,
    site::Site,
};

/// A round as it was counted.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Its plan, as logged.
    pub plan: PlanStatement,
    /// SHA-256 of the plan's envelope.
    pub plan_sha256: Sha256,
    /// How many leaves were counted.
    pub log_size: u64,
    /// The log's root at that size.
    pub log_root: Sha256,
    /// Every visit and line.
    pub coverage: Coverage,
    /// The numbers.
    pub totals: Totals,
}

/// A record of the round that counts for nothing, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NotCounted {
    /// The record.
    pub record: String,
    /// What was visited.
    pub title: String,
}

/// A fault of a terminal's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "CoverageGap"))]
pub struct ChainGap {
    /// The terminal.
    pub terminal: String,
    /// `hole`, `fork` or `broken_link`.
    #[cfg_attr(feature = "typescript", ts(type = "\"hole\" | \"fork\" | \"broken_link\""))]
    pub kind: &'static str,
    /// First place.
    pub from: u64,
    /// Last place.
    pub to: u64,
}

/// Somebody was assigned to a visit, its last due day is over, and no record of it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IdleAssignment {
    /// The visit.
    pub visit: String,
    /// As the plan titles it.
    pub title: String,
    /// Who was to walk it.
    pub person: String,
    /// Since when.
    pub assigned_at: TimestampMs,
}

/// What stands beside the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "CoverageBeside"))]
pub struct Beside {
    /// Records whose receipt lies beyond what was counted, or that have none.
    pub not_counted: Vec<NotCounted>,
    /// Holes and forks of the terminals' chains.
    pub gaps: Vec<ChainGap>,
    /// Assignments that expired unused.
    pub idle: Vec<IdleAssignment>,
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::Damaged(what.to_string())
}

fn index(row: &Row, at: usize) -> Result<u64, Error> {
    Ok(to_u64(row.i64(at)?))
}

/// The closing of a round with its place in the log, if it was closed. The place is `None` while it waits for the sequencer.
///
/// # Errors
/// [`Error::Damaged`] for stored bytes that are none.
pub fn closing(sql: &dyn Sql, round: &RoundId) -> Result<Option<(Closing, Envelope, Option<u64>)>, Error> {
    let Some(row) = sql.first(sql!("round_closing_select"), &[round.as_str().into()])? else { return Ok(None) };
    let envelope = Envelope::from_bytes(row.bytes(1)?)?;
    let place = u64::try_from(row.i64(5)?).ok();
    Ok(Some((Closing::read(&envelope)?, envelope, place)))
}

/// Counts a round: as it was closed, or as the log is now.
///
/// # Errors
/// [`Error::Told`] when there is no such round.
pub fn of_round(sql: &dyn Sql, round: &RoundId) -> Result<Counted, Error> {
    let closed = closing(sql, round)?.map(|(closing, ..)| closing.log_size);
    let size = match closed {
        Some(size) => size,
        None => log::tail(sql)?.0,
    };
    at_size(sql, round, size)
}

/// Counts a round by the first `size` leaves of the log.
///
/// # Errors
/// [`Error::Told`] when there is no such round; [`Error::Damaged`] for leaves that cannot be read.
pub fn at_size(sql: &dyn Sql, round: &RoundId, size: u64) -> Result<Counted, Error> {
    let rows = sql.query(sql!("round_all"), &[])?;
    let row = rows.iter().find(|row| row.text(0).is_ok_and(|id| id == round.as_str()));
    let row = row.ok_or_else(|| Error::told(format!("没有轮次 {round}"), format!("there is no round {round}")))?;
    let plan_sha256: Sha256 = row.text(5)?.parse().map_err(damaged)?;
    let leaf = sql.first(sql!("log_entry_by_envelope"), &[plan_sha256.to_hex().into()])?;
    let leaf = leaf.ok_or_else(|| damaged(format!("the plan {plan_sha256} is not in the log")))?;
    let plan = PlanStatement::read(&Envelope::from_bytes(leaf.bytes(1)?)?)?;
    let visits = plan.plan.visits.iter().map(|visit| read_chunk(sql, &visit.sha256));
    let visits: Vec<PlannedVisit> = visits.collect::<Result<_, _>>()?;
    let coverage = evidence(sql, round)?.cover(&visits, size);
    let totals = coverage.totals(round, plan.plan.exclusions.len() as u64);
    let log_root = merkle::root(&StoredNodes(sql), size)?;
    Ok(Counted { plan, plan_sha256, log_size: size, log_root, coverage, totals })
}

/// Everything the log has of a round's records.
fn evidence(sql: &dyn Sql, round: &RoundId) -> Result<Evidence, Error> {
    let mut evidence = Evidence::default();
    for row in sql.query(sql!("coverage_record"), &[round.as_str().into()])? {
        let (_, read) = verification::read_record(row.bytes(1)?).map_err(damaged)?;
        if read.id.to_hex() != row.text(0)? {
            return Err(damaged(format!("the record {} has other bytes", row.text(0)?)));
        }
        evidence.records.push(DeliveredRecord::of(read.id, &read.record, index(&row, 2)?));
    }
    for row in sql.query(sql!("coverage_decision"), &[round.as_str().into()])? {
        evidence.decisions.push((index(&row, 0)?, Decision::read(&Envelope::from_bytes(row.bytes(1)?)?)?));
    }
    for row in sql.query(sql!("coverage_countersignature"), &[round.as_str().into()])? {
        let said = Countersignature::read(&Envelope::from_bytes(row.bytes(1)?)?)?;
        evidence.countersignatures.push((index(&row, 0)?, said));
    }
    Ok(evidence)
}

/// What stands beside the numbers of a round.
///
/// # Errors
/// [`Error`] of the database.
pub fn beside(sql: &dyn Sql, counted: &Counted) -> Result<Beside, Error> {
    let round = &counted.plan.plan.round;
    let values = [round.id.as_str().into(), to_i64(counted.log_size).into()];
    let not_counted = sql.query(sql!("coverage_undelivered"), &values)?;
    let not_counted = not_counted
        .iter()
        .map(|row| Ok(NotCounted { record: row.text(0)?.to_owned(), title: row.text(1)?.to_owned() }))
        .collect::<Result<_, Error>>()?;
    let mut idle = Vec::new();
    if round.due_by < clock::now().day_in_china() {
        for row in sql.query(sql!("coverage_idle"), &[round.id.as_str().into()])? {
            let visit = row.text(0)?.to_owned();
            let is_walked =
                counted.coverage.visits.iter().any(|one| one.visit.as_str() == visit && one.record.is_some());
            if !is_walked {
                let (title, person) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
                idle.push(IdleAssignment { visit, title, person, assigned_at: TimestampMs(row.i64(3)?) });
            }
        }
    }
    Ok(Beside { not_counted, gaps: gaps(sql)?, idle })
}

/// Holes and forks of every terminal's chain, of all rounds: a terminal's chain does not end with a round.
///
/// # Errors
/// [`Error`] of the database, or for a record that cannot be read.
pub fn gaps(sql: &dyn Sql) -> Result<Vec<ChainGap>, Error> {
    let mut links: std::collections::BTreeMap<String, Vec<Link>> = std::collections::BTreeMap::new();
    for row in sql.query(sql!("record_all"), &[])? {
        let (_, read) = verification::read_record(row.bytes(2)?).map_err(damaged)?;
        let terminal = &read.record.terminal;
        links.entry(terminal.id.to_string()).or_default().push(Link::of(read.id, terminal));
    }
    let gap = |terminal: &String, fault| {
        let terminal = terminal.clone();
        match fault {
            ChainFault::Hole { from, to } => ChainGap { terminal, kind: "hole", from, to },
            ChainFault::Fork(at) => ChainGap { terminal, kind: "fork", from: at, to: at },
            ChainFault::BrokenLink(at) => ChainGap { terminal, kind: "broken_link", from: at, to: at },
        }
    };
    Ok(links
        .iter()
        .flat_map(|(terminal, links)| faults(links.clone()).into_iter().map(move |fault| gap(terminal, fault)))
        .collect())
}

/// The indicators of 7.3.2 of a round.
///
/// # Errors
/// [`Error::Told`] when there is no such round.
pub fn indicators_of(site: &Site, round: &RoundId) -> Result<Vec<Indicator>, Error> {
    site.db.read_long(|sql| {
        let counted = of_round(sql, round)?;
        let known = rectification::histories(sql, round.as_str())?;
        let known: Vec<_> = known.into_iter().map(|one| (one.id, one.progress)).collect();
        Ok(indicators(&counted.totals, &known, &calendar::current(sql)?.calendar, clock::now()))
    })
}
