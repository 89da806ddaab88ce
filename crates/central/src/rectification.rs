//! 整改: what delivered records show to be wrong is opened, assigned, reminded of, fed back, and closed by another person.
//!
//! The service signs what it does; what a person stands by comes as a signed file, and is judged by the same pure rules as every
//! verifier's ([`xunjian_proof::rectification`]). Nothing but the steps is stored: how a rectification stands is folded from them.
//!
//! Order of effects: the step, the inbox of the log and the audit are one transaction. A crash before its commit leaves nothing;
//! after it, a repeated file is told `identical`.

mod case;
pub(crate) mod evidence;
mod export;
mod opening;
mod steps;

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{hash::Sha256, rectification::deadline::Deadline, time::TimestampMs};
use xunjian_proof::{
    dsse::Envelope,
    rectification::{History, RectificationStep, Signatory},
    statement::Statement as _,
};

pub use self::{
    case::case,
    export::{ExportFormat, export, severity_zh},
    opening::{Candidate, Defaults, candidates, open, open_complete},
    steps::{Taken, Wanted, acknowledge, assign, feed_back, remind, take},
};
use crate::{
    calendar, clock,
    db::{Row, Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// A stored step.
#[derive(Debug, Clone)]
pub struct StoredStep {
    /// SHA-256 of its envelope.
    pub envelope: Sha256,
    /// The envelope's bytes.
    pub bytes: Vec<u8>,
    /// What it says.
    pub said: RectificationStep,
    /// When the service had it.
    pub received_at: TimestampMs,
}

/// How a rectification stands, with what is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "RectificationStanding"))]
pub struct Standing {
    /// What it is known by.
    pub id: Sha256,
    /// What the steps come to.
    #[serde(flatten)]
    pub progress: xunjian_domain::rectification::Progress,
    /// What is due, the nearest first.
    pub deadlines: Vec<Deadline>,
    /// Whether something is late now.
    pub is_overdue: bool,
}

fn of_row(row: &Row) -> Result<StoredStep, Error> {
    let bytes = row.bytes(1)?.to_vec();
    let envelope = Sha256::of(&bytes);
    if row.text(0)? != envelope.to_hex() {
        return Err(Error::Damaged(format!("the step {} is not the bytes beside it", row.text(0)?)));
    }
    let said = RectificationStep::read(&Envelope::from_bytes(&bytes)?)?;
    Ok(StoredStep { envelope, bytes, said, received_at: TimestampMs(row.i64(7)?) })
}

/// The steps of one rectification, in order.
///
/// # Errors
/// [`Error::Damaged`] for a row that is not what was signed.
pub fn steps_of(sql: &dyn Sql, id: &Sha256) -> Result<Vec<StoredStep>, Error> {
    sql.query(sql!("rectification_step_of"), &[id.to_hex().into()])?.iter().map(of_row).collect()
}

/// Folds steps, which come in order.
///
/// # Errors
/// [`Error::Damaged`] for steps that do not follow one another.
pub fn fold(steps: &[StoredStep]) -> Result<Option<History>, Error> {
    let damaged = |error: xunjian_proof::rectification::RectificationError| Error::Damaged(error.to_string());
    let Some((first, rest)) = steps.split_first() else { return Ok(None) };
    let mut history = History::begin(&first.said, first.envelope, first.received_at).map_err(damaged)?;
    for step in rest {
        history.take(&step.said, step.envelope, step.received_at).map_err(damaged)?;
    }
    Ok(Some(history))
}

/// Every rectification of a round, or of all where it is empty, by id.
///
/// # Errors
/// [`Error::Damaged`] for steps that are not what was signed.
pub fn histories(sql: &dyn Sql, round: &str) -> Result<Vec<History>, Error> {
    let mut steps: BTreeMap<Sha256, Vec<StoredStep>> = BTreeMap::new();
    for row in sql.query(sql!("rectification_step_all"), &[round.into()])? {
        let step = of_row(&row)?;
        steps.entry(step.said.rectification).or_default().push(step);
    }
    let folded = steps.values().map(|steps| fold(steps)).collect::<Result<Vec<_>, _>>()?;
    Ok(folded.into_iter().flatten().collect())
}

/// One rectification, by the beginning of its id.
///
/// # Errors
/// [`Error::Told`] when none or several begin so.
pub fn find(sql: &dyn Sql, beginning: &str) -> Result<History, Error> {
    let is_hex = !beginning.is_empty() && beginning.chars().all(|c| c.is_ascii_hexdigit());
    let rows = if is_hex {
        sql.query(sql!("rectification_beginning"), &[format!("{}%", beginning.to_ascii_lowercase()).into()])?
    } else {
        Vec::new()
    };
    let [row] = rows.as_slice() else {
        return Err(Error::told(
            format!("没有（或不止一项）编号以“{beginning}”开头的整改，请用 xunjian finding list 查看"),
            format!("none or several rectifications begin with “{beginning}”: see `xunjian finding list`"),
        ));
    };
    let id = row.text(0)?.parse().map_err(|_| Error::Damaged("a rectification has no hash".to_owned()))?;
    fold(&steps_of(sql, &id)?)?.ok_or_else(|| Error::Damaged(format!("the rectification {id} has no steps")))
}

/// How each rectification of a round stands now, the nearest deadline first, closed ones last.
///
/// # Errors
/// [`Error`] of the database.
pub fn standings(sql: &dyn Sql, round: &str) -> Result<Vec<Standing>, Error> {
    let (calendar, now) = (calendar::current(sql)?.calendar, clock::now());
    let mut all: Vec<Standing> = histories(sql, round)?.into_iter().map(|one| standing(one, &calendar, now)).collect();
    let key = |one: &Standing| {
        let at = one.deadlines.first().map_or(i64::MAX, |deadline| deadline.at.0);
        (one.progress.state == xunjian_domain::rectification::RectificationState::Accepted, at, one.id)
    };
    all.sort_by_key(key);
    Ok(all)
}

/// How one stands.
#[must_use]
pub fn standing(history: History, calendar: &xunjian_domain::calendar::WorkingCalendar, now: TimestampMs) -> Standing {
    let deadlines = history.progress.deadlines(calendar);
    let is_overdue = deadlines.iter().any(|deadline| deadline.at <= now);
    Standing { id: history.id, progress: history.progress, deadlines, is_overdue }
}

/// Writes a step that was judged already: row, inbox and, but for reminders, audit.
fn store(
    site: &Site,
    sql: &dyn Sql,
    actor: &str,
    (said, envelope): (&RectificationStep, &Envelope),
    place: u32,
    received_at: TimestampMs,
) -> Result<(), Error> {
    let (hash, id) = (envelope.sha256().to_hex(), said.rectification.to_hex());
    let person = match &said.by {
        Signatory::Person { person } => person.to_string(),
        Signatory::Service { .. } => String::new(),
    };
    let kind = said.step.kind();
    let values = [
        hash.as_str().into(),
        envelope.to_bytes().into(),
        id.as_str().into(),
        i64::from(place).into(),
        said.round.as_str().into(),
        kind.into(),
        person.into(),
        received_at.0.into(),
    ];
    sql.execute(sql!("rectification_step_insert"), &values)?;
    log::enqueue(sql, "rectification", envelope)?;
    fail::fail_point!("rectification.before_commit");
    // A reminder is nobody's act: its statement says all there is to say.
    if kind != "reminded" {
        let action = format!("finding.{kind}");
        log::audit(site, sql, actor, &action, &[("rectification", &id), ("statement", &hash)])?;
    }
    Ok(())
}
