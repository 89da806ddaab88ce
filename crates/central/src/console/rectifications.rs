//! 整改 in the console: the list, what nobody has opened yet, and one with its steps, photos and evidence. Steps are made at the
//! command line and signed on terminals; the console only reads.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::RoundId,
    rectification::{Opening, Reinspection},
    text::Text,
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    ledger_change::ChangeDecision,
    record::Record,
    rectification::{CaseEvidence, Document, RectificationStep, Shown, Signatory, examine},
    statement::Statement as _,
    verification,
};

use super::{
    page::{Page, Params, missing},
    record::{RecordBlob, photos},
    rounds,
};
use crate::{
    calendar, clock, coverage,
    db::{Sql, sql},
    enrol,
    error::Error,
    log::to_u64,
    rectification::{self, Candidate, Standing, StoredStep},
    round::kind_text,
    site::Site,
};

/// A rectification with its steps.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RectificationDetail {
    /// How it stands.
    pub standing: Standing,
    /// The round it was found in, by its title.
    pub round_title: String,
    /// What was visited when it was found.
    pub record_title: String,
    /// Who found it.
    pub found_by: String,
    /// Its steps, in order.
    pub steps: Vec<StepItem>,
    /// Photos of how it was, of the record that shows it.
    pub before: Vec<RecordBlob>,
    /// What shows that it is put right, the newest last. Before it is closed: what may be named when somebody closes it.
    pub evidence: Vec<EvidenceItem>,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepItem {
    /// SHA-256 of its envelope, a leaf of the log.
    pub envelope: Sha256,
    /// Its place in the log; `null` while it waits for the sequencer.
    pub leaf: Option<u64>,
    /// Its name.
    pub title: Text,
    /// What it says.
    pub said: RectificationStep,
    /// Who stands by it, by name; the account that acted where the service signed.
    pub by: String,
    /// When the service had it.
    pub received_at: TimestampMs,
}

/// A document that shows that it is put right.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvidenceItem {
    /// What it is.
    pub reinspection: Reinspection,
    /// What was visited; empty for a change set of the ledger.
    pub title: String,
    /// Who looked at it again, or approved the change.
    pub by: String,
    /// When that record was sealed, or the change approved.
    pub at: TimestampMs,
    /// Photos of how it is now.
    pub after: Vec<RecordBlob>,
    /// Why there is none.
    pub no_photo: String,
    /// Whether the rectification was closed on it.
    pub is_named: bool,
}

/// Names by person.
type People = BTreeMap<String, String>;

fn people(sql: &dyn Sql) -> Result<People, Error> {
    Ok(enrol::people(sql)?.into_iter().map(|one| (one.id.to_string(), one.name)).collect())
}

fn name_of(people: &People, person: &str) -> String {
    people.get(person).map_or(person, String::as_str).to_owned()
}

fn finds(params: &Params, opening: &Opening) -> bool {
    let texts = [&opening.place, &opening.subject_name, &opening.description, &opening.owning_unit];
    params.finds(&texts.map(String::as_str))
}

/// `GET rectifications`: the most urgent first, closed ones last. `state` is how they stand, or `overdue`; `failing` is an
/// indicator of the round, and lists what makes it less than perfect.
///
/// # Errors
/// [`Error::Problem`] 400.3, or 404.3 for an indicator that is none.
pub fn list(site: &Site, params: &Params) -> Result<Page<Standing>, Error> {
    let state = params.choice("state", &["open", "submitted", "accepted", "rejected", "overdue"])?;
    let failing = failing(site, params)?;
    let fits = |one: &Standing| {
        let is_so = match state {
            "" => true,
            "overdue" => one.is_overdue,
            state => kind_text(one.progress.state)? == state,
        };
        let is_counted = failing.as_ref().is_none_or(|failing| failing.contains(&one.id));
        Ok(is_so && is_counted && finds(params, &one.progress.opening))
    };
    let all = site.db.read(|sql| rectification::standings(sql, params.text("round")))?;
    params.page_in_order(all, fits, |one| one.id.to_hex())
}

/// The rectifications that keep an indicator of a round from being perfect; `None` where none is asked for.
fn failing(site: &Site, params: &Params) -> Result<Option<BTreeSet<Sha256>>, Error> {
    let (round, wanted) = (params.text("round"), params.text("failing"));
    if wanted.is_empty() {
        return Ok(None);
    }
    let all = coverage::indicators_of(site, &RoundId::new(round)).map_err(|_| missing(format!("round {round}")))?;
    let found = all.into_iter().find(|one| one.key == wanted);
    let found = found.ok_or_else(|| missing(format!("indicator {wanted}")))?;
    Ok(Some(found.counted.map(|counted| counted.failing.into_iter().collect()).unwrap_or_default()))
}

/// `GET rectifications/unopened`: what delivered records show and nobody has opened, because the record does not say whose it is
/// or by when. What is complete is opened by the running service within a minute.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn unopened(site: &Site, params: &Params) -> Result<Page<Candidate>, Error> {
    let all = site.db.read_long(|sql| rectification::candidates(sql, params.text("round")))?;
    params.page_in_order(all, |one| Ok(finds(params, &one.opening)), |one| one.id.to_hex())
}

/// What the database has of one rectification. Photos are hashed afterwards, without holding the database.
struct Told {
    detail: RectificationDetail,
    /// The record that shows it; `None` when its bytes are damaged.
    record: Option<Record>,
    shown: Vec<(EvidenceItem, Shown, Option<Record>)>,
}

/// `GET rectifications/ID`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn one(site: &Site, id: &str) -> Result<RectificationDetail, Error> {
    let absent = || missing(format!("rectification {id}"));
    let wanted: Sha256 = id.parse().map_err(|_| absent())?;
    let steps = site.db.read(|sql| rectification::steps_of(sql, &wanted))?;
    if steps.is_empty() {
        return Err(absent());
    }
    let case = rectification::case(site, &wanted.to_hex())?;
    let told = site.db.read(|sql| tell(sql, steps, &case.evidence))?;
    let mut detail = told.detail;
    if let Some(record) = &told.record {
        detail.before = photos(site, record, &detail.standing.progress.opening.before_photos)?;
    }
    for (mut item, shown, record) in told.shown {
        if let Some(record) = &record {
            item.after = photos(site, record, &shown.after_photos)?;
        }
        detail.evidence.push(item);
    }
    Ok(detail)
}

fn tell(sql: &dyn Sql, steps: Vec<StoredStep>, evidence: &[CaseEvidence]) -> Result<Told, Error> {
    let people = people(sql)?;
    let history = rectification::fold(&steps)?.ok_or_else(|| missing("rectification"))?;
    let standing = rectification::standing(history, &calendar::current(sql)?.calendar, clock::now());
    let opening = &standing.progress.opening;
    let record = match sql.first(sql!("record_by_id"), &[opening.record.to_hex().into()])? {
        Some(row) => verification::read_record(row.bytes(0)?).ok().map(|(_, read)| read.record),
        None => None,
    };
    let named = standing.progress.accepted.as_ref().map(|(_, _, reinspection)| reinspection);
    let shown = evidence.iter().map(|one| look_at(&people, opening, named, one)).collect::<Result<_, _>>()?;
    let round = rounds::one(sql, opening.round.as_str());
    let detail = RectificationDetail {
        round_title: round.map_or_else(|_| opening.round.to_string(), |row| row.item.round.title),
        record_title: record.as_ref().map_or_else(String::new, |record| record.visit.title.clone()),
        found_by: name_of(&people, opening.found_by.as_str()),
        steps: steps.into_iter().map(|step| item(sql, &people, step)).collect::<Result<_, _>>()?,
        before: Vec::new(),
        evidence: Vec::new(),
        standing,
    };
    Ok(Told { detail, record, shown })
}

fn item(sql: &dyn Sql, people: &People, step: StoredStep) -> Result<StepItem, Error> {
    let leaf = sql.first(sql!("log_entry_by_envelope"), &[step.envelope.to_hex().into()])?;
    Ok(StepItem {
        envelope: step.envelope,
        leaf: leaf.map(|row| row.i64(0)).transpose()?.map(to_u64),
        title: step.said.step.title(),
        by: match &step.said.by {
            Signatory::Service { actor } => actor.clone(),
            Signatory::Person { person } => name_of(people, person.as_str()),
        },
        said: step.said,
        received_at: step.received_at,
    })
}

fn look_at(
    people: &People,
    opening: &Opening,
    named: Option<&Reinspection>,
    one: &CaseEvidence,
) -> Result<(EvidenceItem, Shown, Option<Record>), Error> {
    let damaged = |what: &dyn std::fmt::Display| Error::Damaged(what.to_string());
    let reinspection = &one.reinspection;
    let (shown, title, at, record) = if let Reinspection::LedgerChanged { decision } = reinspection {
        let said = ChangeDecision::read(&Envelope::from_bytes(one.envelope.as_bytes())?)?;
        let shown = examine(opening, reinspection, Document::Change(*decision, &said));
        (shown, String::new(), said.at, None)
    } else {
        let (_, read) = verification::read_record(one.envelope.as_bytes()).map_err(|why| damaged(&why))?;
        let shown = examine(opening, reinspection, Document::Record(read.id, &read.record));
        (shown, read.record.visit.title.clone(), read.record.clock.sealed.wall_ms, Some(read.record))
    };
    let shown = shown.map_err(|why| damaged(&why))?;
    let item = EvidenceItem {
        reinspection: reinspection.clone(),
        title,
        by: name_of(people, shown.by.as_str()),
        at,
        after: Vec::new(),
        no_photo: shown.no_photo.clone(),
        is_named: named == Some(reinspection),
    };
    Ok((item, shown, record))
}
