//! The read model: what lists and sums of the console are made of. It is derived from signed plans and records, filled in the
//! transaction that takes them in, and can be made anew at any time. Nothing is ever proved with it.

use xunjian_domain::{
    hash::Sha256,
    outcome::Outcome,
    plan::{Plan, PlannedVisit},
    reconciliation::{Reconciliation, Verdict},
    subject::{Subject, SubjectKind},
    visit::Finding,
};
use xunjian_proof::{
    dsse::Envelope,
    record::Record,
    statement::{PlanStatement, Statement as _},
    verification,
};

use super::{moves, names::Names};
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    ledger::{current, read_chunk},
    log::to_i64,
    round::kind_text,
    site::Site,
};

/// Counts up when the derivation changes; then everything is derived again at the next start.
const VERSION: i64 = 3;

/// Counts of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Lines by outcome: 正常、异常、不适用、未检.
    pub outcomes: [u32; 4],
    /// Lines that “其余全部正常” filled.
    pub bulk: u32,
    /// 不一致信息: assets of which something differs.
    pub discrepancies: u32,
    /// 未核: assets nobody looked at.
    pub unverified: u32,
}

impl Counts {
    /// Counts what a record says.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let mut counts = Self::default();
        for line in &record.lines {
            let at = match line.outcome {
                Outcome::Normal => 0,
                Outcome::Abnormal => 1,
                Outcome::NotApplicable => 2,
                Outcome::NotChecked => 3,
            };
            counts.outcomes[at] += 1;
            counts.bulk += u32::from(line.bulk);
        }
        for one in &record.reconciliation {
            counts.discrepancies += u32::from(is_discrepancy(one));
            counts.unverified += u32::from(one.verdicts.contains(&Verdict::Unverified));
        }
        counts
    }
}

fn is_discrepancy(one: &Reconciliation) -> bool {
    one.verdicts.iter().any(|verdict| verdict.is_discrepancy())
}

/// Fills what is missing, or everything after the derivation changed. Run at each opening of a site; may be repeated.
///
/// # Errors
/// [`Error`] of the database.
pub fn catch_up(site: &Site) -> Result<(), Error> {
    let version = site.db.read(|sql| version(sql))?;
    if version != VERSION {
        site.db.write(|sql| {
            for statement in [
                sql!("round_summary_clear"),
                sql!("visit_place_clear"),
                sql!("record_summary_clear"),
                sql!("finding_summary_clear"),
                sql!("follow_up_summary_clear"),
                sql!("discrepancy_summary_clear"),
                sql!("asset_standing_clear"),
            ] {
                sql.execute(statement, &[])?;
            }
            sql.execute(sql!("read_model_put"), &[VERSION.into()])?;
            Ok::<_, Error>(())
        })?;
    }
    let lacks = |statement: &str| site.db.read(|sql| Ok::<_, Error>(sql.first(statement, &[])?.is_some()));
    if lacks(sql!("round_summary_missing"))? {
        site.db.write(fill_rounds)?;
    }
    while lacks(sql!("record_summary_missing"))? && site.db.write(fill_records)? > 0 {}
    if lacks(sql!("label_place_missing"))? {
        site.db.write(fill_labels)?;
    }
    Ok(())
}

fn version(sql: &dyn Sql) -> Result<i64, Error> {
    Ok(sql.first(sql!("read_model_version"), &[])?.map_or(Ok(0), |row| row.i64(0))?)
}

fn fill_rounds(sql: &dyn Sql) -> Result<(), Error> {
    for row in sql.query(sql!("round_summary_missing"), &[])? {
        // A damaged round is named by fsck and missing in the console; it keeps nothing else out.
        if let Err(error) = fill_round(sql, row.text(1)?) {
            if matches!(error, Error::Db(_)) {
                return Err(error);
            }
            tracing::error!(round = row.text(0)?, %error, "the round cannot be shown");
        }
    }
    Ok(())
}

fn fill_round(sql: &dyn Sql, plan: &str) -> Result<(), Error> {
    let Some(leaf) = sql.first(sql!("log_entry_by_envelope"), &[plan.into()])? else { return Ok(()) };
    let plan = PlanStatement::read(&Envelope::from_bytes(leaf.bytes(1)?)?)?.plan;
    let visits = plan.visits.iter().map(|visit| read_chunk(sql, &visit.sha256)).collect::<Result<Vec<_>, _>>()?;
    put_round(sql, &plan, &visits, &Names::of_version(sql, &plan.ledger)?)
}

/// Adds a round, inside the transaction that opens it.
///
/// # Errors
/// [`Error`] of the database.
pub fn put_round(sql: &dyn Sql, plan: &Plan, visits: &[PlannedVisit], names: &Names) -> Result<(), Error> {
    let id = plan.round.id.as_str();
    let values = [
        id.into(),
        serde_json::to_string(&plan.round)?.into(),
        serde_json::to_string(&plan.exclusions)?.into(),
        to_i64(plan.visits.len() as u64).into(),
        to_i64(plan.lines_due()).into(),
    ];
    sql.execute(sql!("round_summary_insert"), &values)?;
    for (place, visit) in visits.iter().enumerate() {
        let values = [
            visit.id.as_str().into(),
            id.into(),
            to_i64(place as u64).into(),
            kind_text(visit.subject.kind)?.into(),
            visit.subject.id.as_str().into(),
            names.subject(&visit.subject).into(),
            visit.room.as_ref().map_or("", |room| room.as_str()).into(),
            names.room(visit.room.as_ref()).into(),
        ];
        sql.execute(sql!("visit_place_insert"), &values)?;
    }
    Ok(())
}

fn fill_records(sql: &dyn Sql) -> Result<usize, Error> {
    let rows = sql.query(sql!("record_summary_missing"), &[])?;
    for row in &rows {
        match verification::read_record(row.bytes(1)?) {
            Ok((_, read)) if read.id.to_hex() == row.text(0)? => put_record(sql, &read.id, &read.record, row.i64(2)?)?,
            _ => put_unreadable(sql, row)?,
        }
    }
    Ok(rows.len())
}

/// Adds a record, inside the transaction that takes it in.
///
/// # Errors
/// [`Error`] of the database.
pub fn put_record(sql: &dyn Sql, id: &Sha256, record: &Record, received_at: i64) -> Result<(), Error> {
    let (id, counts) = (id.to_hex(), Counts::of(record));
    let names = Names::of_version(sql, &record.ledger)?.with_assets(&record.compared);
    let number = |count: usize| to_i64(count as u64).into();
    let [normal, abnormal, not_applicable, not_checked] = counts.outcomes.map(|count| i64::from(count).into());
    let search = [&record.visit.title, &record.inspector.name, &record.terminal.id.to_string(), &id];
    let values = [
        id.as_str().into(),
        record.round.id.as_str().into(),
        record.visit.id.as_str().into(),
        i64::from(record.visit.revision).into(),
        kind_text(record.visit.kind)?.into(),
        record.visit.title.as_str().into(),
        record.inspector.id.as_str().into(),
        record.inspector.name.as_str().into(),
        record.terminal.id.as_str().into(),
        to_i64(record.terminal.sequence).into(),
        record.clock.sealed.wall_ms.0.into(),
        received_at.into(),
        number(record.lines.len()),
        normal,
        abnormal,
        not_applicable,
        not_checked,
        i64::from(counts.bulk).into(),
        number(record.findings.len()),
        i64::from(counts.discrepancies).into(),
        i64::from(counts.unverified).into(),
        number(record.clock.jumps.len()),
        lower(&search.map(String::as_str)).into(),
    ];
    sql.execute(sql!("record_summary_insert"), &values)?;
    sql.execute(sql!("record_summary_current"), &[record.visit.id.as_str().into()])?;
    for finding in &record.findings {
        put_finding(sql, &id, record, finding, &names)?;
    }
    put_follow_ups(sql, &id, record)?;
    let differing = record.reconciliation.iter().enumerate().filter(|(_, one)| one.verdicts != [Verdict::Matches]);
    for (place, one) in differing {
        put_discrepancy(sql, &id, record, (to_i64(place as u64), one), &names)?;
    }
    moves::put_standings(sql, &id, record)?;
    Ok(())
}

fn put_finding(sql: &dyn Sql, id: &str, record: &Record, finding: &Finding, names: &Names) -> Result<(), Error> {
    let criterion = finding.line.and_then(|no| record.lines.iter().find(|line| line.no == no));
    let subject = names.subject(&finding.subject);
    let room = Some(names.room_of(&finding.subject)).filter(|room| !room.is_empty());
    let room = room.unwrap_or_else(|| names.room(record.visit.room.as_ref()));
    let rack = names.rack_of(&finding.subject);
    let search = [
        subject.as_str(),
        &room,
        &rack,
        &finding.description,
        &finding.category,
        &finding.responsible_unit,
        &record.inspector.name,
        names.search_of(&finding.subject.id),
    ];
    let values = [
        id.into(),
        finding.id.as_str().into(),
        record.round.id.as_str().into(),
        kind_text(finding.severity)?.into(),
        i64::from(!finding.fixed_on_site.is_empty()).into(),
        finding.due_on.map_or_else(String::new, |day| day.to_string()).into(),
        finding.found.wall_ms.0.into(),
        subject.as_str().into(),
        room.as_str().into(),
        rack.as_str().into(),
        criterion.map_or("", |line| line.criterion.as_str()).into(),
        serde_json::to_string(finding)?.into(),
        lower(&search).into(),
    ];
    sql.execute(sql!("finding_summary_insert"), &values)?;
    Ok(())
}

/// What the record says of open problems: its answers, and the findings that carry one on.
fn put_follow_ups(sql: &dyn Sql, id: &str, record: &Record) -> Result<(), Error> {
    for answer in &record.follow_ups {
        let state = kind_text(answer.state)?;
        let values = [id.into(), answer.finding.as_str().into(), state.into(), answer.answered.wall_ms.0.into()];
        sql.execute(sql!("follow_up_summary_insert"), &values)?;
    }
    for finding in &record.findings {
        let Some(before) = &finding.follows else { continue };
        let values = [id.into(), before.as_str().into(), "carried_on".into(), finding.found.wall_ms.0.into()];
        sql.execute(sql!("follow_up_summary_insert"), &values)?;
    }
    Ok(())
}

fn put_discrepancy(
    sql: &dyn Sql,
    id: &str,
    record: &Record,
    (place, one): (i64, &Reconciliation),
    names: &Names,
) -> Result<(), Error> {
    let rack = Subject { kind: SubjectKind::Rack, id: record.visit.subject.id.clone() };
    let seen = one.sighting.as_ref();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let [brand, model, serial] = [
        text(seen.and_then(|seen| seen.brand.as_ref())),
        text(seen.and_then(|seen| seen.model.as_ref())),
        text(seen.and_then(|seen| seen.serial.as_ref())),
    ];
    let asset = match &one.asset {
        Some(asset) => names.subject(&Subject { kind: SubjectKind::OtherAsset, id: asset.to_string() }),
        None => [brand.as_str(), &model, &serial].join(" ").trim().to_owned(),
    };
    let verdicts = one.verdicts.iter().map(|verdict| kind_text(*verdict)).collect::<Result<Vec<_>, _>>()?.join(" ");
    let (room, rack) = (names.room_of(&rack), names.rack_of(&rack));
    let of_ledger = one.asset.as_ref().map_or("", |asset| names.search_of(asset.as_str()));
    let search = [asset.as_str(), &room, &rack, &brand, &model, &serial, of_ledger, &record.inspector.name];
    let values = [
        id.into(),
        place.into(),
        record.round.id.as_str().into(),
        i64::from(is_discrepancy(one)).into(),
        format!(" {verdicts} ").into(),
        record.clock.sealed.wall_ms.0.into(),
        asset.as_str().into(),
        room.as_str().into(),
        rack.as_str().into(),
        serde_json::to_string(one)?.into(),
        lower(&search).into(),
        one.asset.as_ref().map_or("", |asset| asset.as_str()).into(),
        serde_json::to_string(&moves::differences_of(record, one, names))?.into(),
    ];
    sql.execute(sql!("discrepancy_summary_insert"), &values)?;
    Ok(())
}

/// A record whose bytes cannot be read any more still stands in the list, with what its row says of it.
fn put_unreadable(sql: &dyn Sql, row: &Row) -> Result<(), Error> {
    let text = |at| row.text(at).map(|text| text.into());
    let number = |at| row.i64(at).map(|number| number.into());
    let (zero, search) = (|| 0_i64.into(), lower(&[row.text(11)?, row.text(0)?]));
    let values = [
        text(0)?,
        text(9)?,
        text(5)?,
        number(6)?,
        text(10)?,
        text(11)?,
        text(7)?,
        "".into(),
        text(3)?,
        number(4)?,
        number(8)?,
        number(2)?,
        number(12)?,
        zero(),
        zero(),
        zero(),
        zero(),
        zero(),
        zero(),
        zero(),
        zero(),
        zero(),
        search.into(),
    ];
    sql.execute(sql!("record_summary_insert"), &values)?;
    sql.execute(sql!("record_summary_current"), &[text(5)?])?;
    Ok(())
}

fn fill_labels(sql: &dyn Sql) -> Result<(), Error> {
    let ledger = current(sql).or_else(|error| if matches!(error, Error::Db(_)) { Err(error) } else { Ok(None) })?;
    let names = ledger.map(|(_, ledger)| Names::of_ledger(&ledger)).unwrap_or_default();
    for row in sql.query(sql!("label_place_missing"), &[])? {
        let subject = Subject { kind: serde_json::from_value(row.text(1)?.into())?, id: row.text(2)?.to_owned() };
        put_label(sql, (row.text(0)?, row.text(3)?), &subject, &names, ("", ""))?;
    }
    Ok(())
}

/// Adds a print with the picture it is: job and file.
///
/// # Errors
/// [`Error`] of the database.
pub fn put_label(
    sql: &dyn Sql,
    (print, code): (&str, &str),
    subject: &Subject,
    names: &Names,
    (job, file): (&str, &str),
) -> Result<(), Error> {
    let (name, room) = (names.subject(subject), names.room_of(subject));
    let search = lower(&[&name, &room, &names.rack_of(subject), code, names.search_of(&subject.id)]);
    let values = [print.into(), name.into(), room.into(), job.into(), file.into(), search.into()];
    sql.execute(sql!("label_place_insert"), &values)?;
    Ok(())
}

fn lower(texts: &[&str]) -> String {
    texts.join(" ").to_lowercase()
}
