//! The work package in use: its head, rounds, visits and label prints.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use xunjian_domain::{
    hash::Sha256,
    ids::{LabelPrintId, PersonId, RoundId, VisitId},
    label_code::LabelCode,
    plan::{PlannedVisit, VisitKind},
    reading::LimitProfile,
    subject::{Subject, SubjectKind},
    template::Template,
    time::ClockReading,
};
use xunjian_proof::{
    dsse::Envelope,
    statement::{LabelPrint, PlanStatement, Statement},
};

use super::{Unsigned, chunk, from_json, from_text, ledger::LedgerNo, optional, run, sql, to_json};
use crate::error::FieldError;

/// What a package says beside its rounds.
#[derive(Debug, Clone)]
pub(crate) struct PackageHead {
    pub etag: String,
    pub label_host: String,
    pub label_prints: Sha256,
    pub limits: LimitProfile,
    pub service_desk: String,
    pub pulled: ClockReading,
}

impl PackageHead {
    pub fn get(connection: &Connection) -> Result<Option<Self>, FieldError> {
        let row = connection.prepare_cached(sql!("package/get"))?.query_row([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
            ))
        });
        let Some((etag, label_host, label_prints, limits, service_desk, pulled)) = optional(row)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            etag,
            label_host,
            label_prints: from_text(&label_prints)?,
            limits: from_json(&limits)?,
            service_desk,
            pulled: from_json(&pulled)?,
        }))
    }

    pub fn require(connection: &Connection) -> Result<Self, FieldError> {
        Self::get(connection)?.ok_or(FieldError::NoPackage)
    }

    pub fn put(&self, connection: &Connection) -> Result<(), FieldError> {
        let values = params![
            self.etag,
            self.label_host,
            self.label_prints.to_hex(),
            to_json(&self.limits)?,
            self.service_desk,
            to_json(&self.pulled)?
        ];
        run(connection, sql!("package/put"), values).map(drop)
    }
}

pub(crate) fn set_pulled(connection: &Connection, pulled: &ClockReading) -> Result<(), FieldError> {
    run(connection, sql!("package/set_pulled"), [to_json(pulled)?]).map(drop)
}

/// A round as its row holds it.
#[derive(Debug, Clone)]
pub(crate) struct RoundRow {
    pub plan: PlanStatement,
    pub plan_sha256: Sha256,
    pub template: Sha256,
    pub ledger: LedgerNo,
}

fn plan_from(envelope: &str) -> Result<PlanStatement, FieldError> {
    let envelope = Envelope::from_bytes(envelope.as_bytes())
        .map_err(|error| FieldError::Damaged(format!("plan envelope: {error}")))?;
    Ok(PlanStatement::read(&envelope)?)
}

impl RoundRow {
    pub fn get(connection: &Connection, id: &RoundId) -> Result<Self, FieldError> {
        let (plan, plan_sha256, template, ledger) =
            connection.prepare_cached(sql!("round/get"))?.query_row([id.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?))
            })?;
        Ok(Self {
            plan: plan_from(&plan)?,
            plan_sha256: from_text(&plan_sha256)?,
            template: from_text(&template)?,
            ledger: LedgerNo(ledger),
        })
    }

    /// The template the round is walked by.
    pub fn template(&self, connection: &Connection) -> Result<Template, FieldError> {
        let bytes = chunk::require(connection, self.template)?;
        Template::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|error| FieldError::Damaged(format!("template: {error}")))
    }
}

/// What [`put_round`] writes.
pub(crate) struct NewRound<'a> {
    pub id: &'a RoundId,
    pub plan: &'a str,
    pub receipt: &'a str,
    pub template: Sha256,
    pub ledger: LedgerNo,
    pub place: i64,
}

pub(crate) fn close_all_rounds(connection: &Connection) -> Result<(), FieldError> {
    run(connection, sql!("round/close_all"), []).map(drop)
}

pub(crate) fn put_round(connection: &Connection, round: &NewRound<'_>) -> Result<(), FieldError> {
    let values = params![
        round.id.as_str(),
        round.plan,
        Sha256::of(round.plan.as_bytes()).to_hex(),
        round.receipt,
        round.template.to_hex(),
        round.ledger.0,
        round.place
    ];
    run(connection, sql!("round/put"), values).map(drop)
}

/// The plan of a round as it was signed.
pub(crate) fn plan_envelope(connection: &Connection, id: &RoundId) -> Result<String, FieldError> {
    Ok(connection.prepare_cached(sql!("round/get"))?.query_row([id.as_str()], |row| row.get(0))?)
}

pub(crate) fn plan_hash(connection: &Connection, id: &RoundId) -> Result<Option<Sha256>, FieldError> {
    let row = connection.prepare_cached(sql!("round/plan_hash"))?.query_row([id.as_str()], |row| row.get(0));
    optional::<String>(row)?.map(|hash| from_text(&hash)).transpose()
}

/// How many visits of a round are here.
pub(crate) fn count_visits(connection: &Connection, round: &RoundId) -> Result<u64, FieldError> {
    let mut statement = connection.prepare_cached(sql!("round/count_visits"))?;
    Ok(statement.query_row([round.as_str()], |row| row.get::<_, Unsigned>(0))?.0)
}

/// Ids of the open rounds, oldest first.
pub(crate) fn open_round_ids(connection: &Connection) -> Result<Vec<RoundId>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("round/list_open"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0).map(RoundId::new))?;
    rows.map(|id| Ok(id?)).collect()
}

/// A visit as lists show it.
pub(crate) struct VisitRow {
    pub id: VisitId,
    pub kind: String,
    pub title: String,
    pub lines: u32,
    pub room_name: String,
}

/// The visits of a round, in the order of walking.
pub(crate) fn visits_of_round(connection: &Connection, round: &RoundId) -> Result<Vec<VisitRow>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("visit/of_round"))?;
    let rows = statement.query_map([round.as_str()], |row| {
        Ok(VisitRow {
            id: VisitId::new(row.get::<_, String>(0)?),
            kind: row.get(1)?,
            title: row.get(2)?,
            lines: row.get(3)?,
            room_name: row.get(4)?,
        })
    })?;
    rows.map(|row| Ok(row?)).collect()
}

/// Somebody who was asked to walk a visit.
pub(crate) struct Assigned {
    pub person: PersonId,
    pub name: String,
}

/// Who was asked to walk what, by the package in use.
pub(crate) fn assignments(connection: &Connection) -> Result<HashMap<VisitId, Vec<Assigned>>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("assignment/list"))?;
    let mut rows = statement.query([])?;
    let mut found: HashMap<VisitId, Vec<Assigned>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let assigned = Assigned { person: PersonId::new(row.get::<_, String>(1)?), name: row.get(2)? };
        found.entry(VisitId::new(row.get::<_, String>(0)?)).or_default().push(assigned);
    }
    Ok(found)
}

/// Takes over who is to walk what. A visit this terminal does not have is left out.
pub(crate) fn replace_assignments(
    connection: &Connection,
    all: impl IntoIterator<Item = (VisitId, Assigned)>,
) -> Result<(), FieldError> {
    run(connection, sql!("assignment/clear"), [])?;
    for (visit, assigned) in all {
        let values = params![visit.as_str(), assigned.person.as_str(), assigned.name];
        run(connection, sql!("assignment/put"), values)?;
    }
    Ok(())
}

pub(crate) fn put_visit(
    connection: &Connection,
    round: &RoundId,
    visit: &PlannedVisit,
    document: Sha256,
    place: i64,
) -> Result<(), FieldError> {
    let values = params![
        visit.id.as_str(),
        round.as_str(),
        document.to_hex(),
        name_of_kind(visit.kind),
        visit.title,
        name_of_subject(visit.subject.kind)?,
        visit.subject.id,
        i64::try_from(visit.lines.len()).unwrap_or(i64::MAX),
        place
    ];
    run(connection, sql!("visit/put"), values).map(drop)
}

pub(crate) fn name_of_kind(kind: VisitKind) -> &'static str {
    match kind {
        VisitKind::Room => "room",
        VisitKind::Rack => "rack",
        VisitKind::Cluster => "cluster",
        VisitKind::System => "system",
    }
}

fn name_of_subject(kind: SubjectKind) -> Result<String, FieldError> {
    Ok(to_json(&kind)?.trim_matches('"').to_owned())
}

/// A visit as planned, with the round it belongs to.
pub(crate) fn visit(connection: &Connection, id: &VisitId) -> Result<Option<(RoundId, PlannedVisit)>, FieldError> {
    let row = connection
        .prepare_cached(sql!("visit/get"))?
        .query_row([id.as_str()], |row| Ok((row.get::<_, String>(1)?, row.get::<_, String>(2)?)));
    let Some((round, document)) = optional(row)? else { return Ok(None) };
    let bytes = chunk::require(connection, from_text(&document)?)?;
    Ok(Some((RoundId::new(round), from_json(&String::from_utf8_lossy(&bytes))?)))
}

/// Ids and titles of visits.
pub(crate) type Titles = Vec<(VisitId, String)>;

fn titles(connection: &Connection, statement: &str, values: impl rusqlite::Params) -> Result<Titles, FieldError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map(values, |row| Ok((VisitId::new(row.get::<_, String>(0)?), row.get(1)?)))?;
    rows.map(|row| Ok(row?)).collect()
}

pub(crate) fn visits_by_prefix(connection: &Connection, prefix: &str) -> Result<Titles, FieldError> {
    titles(connection, sql!("visit/find_by_prefix"), [prefix])
}

pub(crate) fn visits_by_title(connection: &Connection, title: &str) -> Result<Titles, FieldError> {
    titles(connection, sql!("visit/find_by_title"), [title])
}

pub(crate) fn visits_by_subject(connection: &Connection, subject: &Subject) -> Result<Titles, FieldError> {
    let values = params![name_of_subject(subject.kind)?, subject.id];
    titles(connection, sql!("visit/find_by_subject"), values)
}

/// Rack visits by the rack's name, in any room when `room` is empty.
pub(crate) fn visits_by_rack_name(connection: &Connection, rack: &str, room: &str) -> Result<Titles, FieldError> {
    titles(connection, sql!("visit/find_by_rack_name"), [rack, room])
}

/// A label print as the terminal needs it.
#[derive(Debug, Clone)]
pub(crate) struct PrintRow {
    pub id: LabelPrintId,
    pub subject: Subject,
    /// `front` or `rear` of a rack; empty for others.
    pub side: String,
    pub replaced_by: String,
}

pub(crate) fn replace_prints(connection: &Connection, prints: &[LabelPrint]) -> Result<(), FieldError> {
    run(connection, sql!("label_print/clear"), [])?;
    for print in prints {
        let values = params![
            print.id.as_str(),
            LabelCode::of_print(print.id.as_str()).to_string(),
            to_json(&print.subject)?,
            print.side,
            print.replaced_by.as_ref().map_or("", LabelPrintId::as_str)
        ];
        run(connection, sql!("label_print/insert"), values)?;
    }
    Ok(())
}

fn print_row(connection: &Connection, statement: &str, key: &str) -> Result<Option<PrintRow>, FieldError> {
    let row = connection
        .prepare_cached(statement)?
        .query_row([key], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)));
    optional(row)?
        .map(|(id, subject, side, replaced_by)| {
            Ok(PrintRow { id: LabelPrintId::new(id), subject: from_json(&subject)?, side, replaced_by })
        })
        .transpose()
}

pub(crate) fn print(connection: &Connection, id: &LabelPrintId) -> Result<Option<PrintRow>, FieldError> {
    print_row(connection, sql!("label_print/get"), id.as_str())
}

pub(crate) fn print_by_code(connection: &Connection, code: &LabelCode) -> Result<Option<PrintRow>, FieldError> {
    print_row(connection, sql!("label_print/get_by_code"), &code.to_string())
}
