//! Opening a round: the plan is derived from a pinned ledger version, signed, and a leaf of the log before anyone walks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, civil::Date};
use xunjian_domain::{
    ids::{PersonId, RoundId, VisitId},
    ledger::{Ledger, LedgerVersion},
    plan::{Exclusion, Plan, PlannedVisit, TemplateVersion, VisitRef, derive_visits},
    round::{Quarter, Round, RoundKind},
    subject::{Subject, SubjectKind},
    template::Template,
    text::Text,
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    statement::{PlanStatement, Statement as _},
};

use crate::{
    clock,
    console::{names::Names, read_model},
    db::{Sql, sql},
    error::Error,
    ledger::{current, store_chunk},
    log,
    site::Site,
};

/// What `round open` is told.
#[derive(Debug, Clone)]
pub struct NewRound {
    /// Quarterly or special.
    pub kind: RoundKind,
    /// The quarter it counts for.
    pub quarter: Quarter,
    /// For people; made from the quarter when empty.
    pub title: String,
    /// First and last day a visit is due; `None` for those of the quarter, or as long as the copied round's.
    pub due: Due,
    /// What is left out: kind, name and reason.
    pub exclusions: Vec<(SubjectKind, String, String)>,
    /// What is left out, by id.
    pub left_out: Vec<Exclusion>,
    /// The round that exclusions, assignments and the length of the due window are taken from.
    pub copy_from: Option<RoundId>,
}

/// First and last day a visit is due.
#[derive(Debug, Clone, Copy, Default)]
pub struct Due {
    /// `None` for the quarter's first day.
    pub from: Option<Date>,
    /// `None` for as long as the copied round's window, or the quarter's last day.
    pub by: Option<Date>,
}

/// An opened round.
#[derive(Debug, Clone)]
pub struct OpenedRound {
    /// The plan as signed and logged.
    pub plan: Plan,
    /// Its visits with their lines.
    pub visits: Vec<PlannedVisit>,
    /// Place of the plan in the log.
    pub leaf: u64,
}

/// What a round would be.
#[derive(Debug, Clone)]
pub struct DerivedRound {
    /// The ledger it is derived from.
    pub version: LedgerVersion,
    /// Its visits.
    pub visits: Vec<PlannedVisit>,
    /// What is left out.
    pub exclusions: Vec<Exclusion>,
    /// Who is to walk what, as copied.
    pub assignments: Vec<(VisitId, PersonId)>,
    /// First and last day a visit is due.
    pub due: (Date, Date),
    /// What was not copied as it stood, and what would keep the round from being opened.
    pub problems: Vec<Text>,
    ledger: Ledger,
}

/// Derives the plan of a round and writes nothing.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, or the round to copy from is not there.
pub fn derive(sql: &dyn Sql, new: &NewRound) -> Result<DerivedRound, Error> {
    let (version, ledger) = current(sql)?.ok_or_else(|| {
        Error::told(
            "还没有台账，请先运行 xunjian ledger import",
            "there is no ledger yet: run `xunjian ledger import` first",
        )
    })?;
    let mut problems = Vec::new();
    let mut exclusions = resolve_exclusions(&ledger, &new.exclusions)?;
    let mut add = |asked: &Exclusion| match expand(&ledger, asked) {
        Some(found) => exclusions.extend(found),
        None => problems.push(Text::new(
            format!("台账中已没有要排除的对象（{}），未排除", asked.subject.id),
            format!("the ledger no longer has {}, which was to be left out", asked.subject.id),
        )),
    };
    new.left_out.iter().for_each(&mut add);
    let copied = new.copy_from.as_ref().map(|round| copied(sql, round)).transpose()?;
    if let Some(copied) = &copied {
        copied.exclusions.iter().for_each(&mut add);
    }
    // What is named twice keeps the reason it was asked with, not the copied one.
    let mut seen = BTreeSet::new();
    exclusions.retain(|exclusion| seen.insert(exclusion.subject.clone()));
    exclusions.sort();
    let visits = derive_visits(&Template::annex_a(), &ledger, &exclusions, &mut clock::new_id);
    let (first, last) = new.quarter.days();
    let from = new.due.from.unwrap_or(first);
    let by = new.due.by.or_else(|| copied.as_ref().and_then(|copied| from.checked_add(copied.length).ok()));
    let due = (from, by.unwrap_or(last));
    if due.1 < due.0 {
        problems.push(Text::new(
            format!("截止日期 {} 早于起始日期 {}，请改正", due.1, due.0),
            format!("the last due day {} is before the first one {}: correct it", due.1, due.0),
        ));
    }
    problems.extend(second_round(sql, new)?);
    let walkers = copied.map(|copied| copied.assignments).unwrap_or_default();
    let assignments =
        visits.iter().filter_map(|visit| Some((visit.id.clone(), walkers.get(&visit.subject)?.clone()))).collect();
    Ok(DerivedRound { version, visits, exclusions, assignments, due, problems, ledger })
}

/// What a new round takes from an older one.
struct Copied {
    exclusions: Vec<Exclusion>,
    length: Span,
    assignments: BTreeMap<Subject, PersonId>,
}

fn copied(sql: &dyn Sql, round: &RoundId) -> Result<Copied, Error> {
    let statement = statement(sql, round)?.ok_or_else(|| {
        Error::told(format!("没有可复制的轮次 {round}"), format!("there is no round {round} to copy from"))
    })?;
    let (plan, mut assignments) = (statement.plan, BTreeMap::new());
    for row in sql.query(sql!("assignment_of_round"), &[round.as_str().into()])? {
        let subject = Subject { kind: serde_json::from_value(row.text(0)?.into())?, id: row.text(1)?.to_owned() };
        assignments.insert(subject, PersonId::new(row.text(2)?));
    }
    let days = plan.round.due_from.until(plan.round.due_by).map_or(0, |span| span.get_days());
    Ok(Copied { exclusions: plan.exclusions, length: Span::new().days(days), assignments })
}

/// The plan of a round as it was signed.
///
/// # Errors
/// [`Error::Damaged`] when the log does not have it.
pub fn statement(sql: &dyn Sql, round: &RoundId) -> Result<Option<PlanStatement>, Error> {
    let rows = sql.query(sql!("round_all"), &[])?;
    let Some(row) = rows.iter().find(|row| row.text(0).is_ok_and(|id| id == round.as_str())) else { return Ok(None) };
    let plan = row.text(5)?;
    let leaf = sql.first(sql!("log_entry_by_envelope"), &[plan.into()])?;
    let leaf = leaf.ok_or_else(|| Error::Damaged(format!("the plan {plan} is not in the log")))?;
    Ok(Some(PlanStatement::read(&Envelope::from_bytes(leaf.bytes(1)?)?)?))
}

/// Opens a round over the newest ledger version.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, an exclusion names nothing, or the quarter has an open quarterly round already.
pub fn open(site: &Site, actor: &str, new: &NewRound) -> Result<OpenedRound, Error> {
    let template = Template::annex_a();
    let (plan, visits, envelope) = site.db.write(|sql| {
        let derived = derive(sql, new)?;
        refuse(sql, new, &derived)?;
        let (template_sha256, _) = store_chunk(sql, &template)?;
        let refs = derived
            .visits
            .iter()
            .map(|visit| {
                let (sha256, _) = store_chunk(sql, visit)?;
                let lines = u32::try_from(visit.lines.len()).unwrap_or(u32::MAX);
                Ok(VisitRef { id: visit.id.clone(), sha256, lines })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (due_from, due_by) = derived.due;
        let title = if new.title.is_empty() { title_of(new.quarter) } else { new.title.clone() };
        let id = RoundId::new(clock::new_id());
        let round = Round { id, kind: new.kind, quarter: new.quarter, title, due_from, due_by };
        let template = TemplateVersion { id: template.id.clone(), version: template.version, sha256: template_sha256 };
        let (ledger, exclusions) = (derived.version.clone(), derived.exclusions.clone());
        let plan = Plan { round, ledger, template, visits: refs, exclusions };
        let now = clock::now();
        let site_id = site.settings.root.site.clone();
        let statement = PlanStatement { site: site_id, plan, opened_at: now, opened_by: actor.to_owned() };
        let envelope = statement.sign(&[&site.keys.service])?;
        let plan = statement.plan;
        store(sql, &plan, &derived, &envelope, now)?;
        log::enqueue(sql, "plan", &envelope)?;
        let details = [("round", plan.round.id.as_str()), ("title", &plan.round.title)];
        log::audit(site, sql, actor, "round.open", &details)?;
        Ok::<_, Error>((plan, derived.visits, envelope))
    })?;
    site.sequence()?;
    let receipt = site.db.read(|sql| log::receipt(sql, &envelope.sha256()))?;
    let leaf = receipt.map(|(_, receipt)| receipt.index);
    let leaf = leaf.ok_or_else(|| Error::Damaged("the plan did not reach the log".to_owned()))?;
    Ok(OpenedRound { plan, visits, leaf })
}

fn title_of(quarter: Quarter) -> String {
    format!("{}年第{}季度全面巡检", quarter.year, ["一", "二", "三", "四"][usize::from(quarter.q - 1) % 4])
}

fn store(
    sql: &dyn Sql,
    plan: &Plan,
    derived: &DerivedRound,
    envelope: &Envelope,
    now: TimestampMs,
) -> Result<(), Error> {
    let round_values = [
        plan.round.id.as_str().into(),
        kind_text(plan.round.kind)?.into(),
        plan.round.quarter.to_string().into(),
        plan.round.title.as_str().into(),
        i64::from(plan.ledger.version).into(),
        envelope.sha256().to_hex().into(),
        now.0.into(),
    ];
    sql.execute(sql!("round_insert"), &round_values)?;
    for (visit, named) in derived.visits.iter().zip(&plan.visits) {
        let values = [
            visit.id.as_str().into(),
            plan.round.id.as_str().into(),
            named.sha256.to_hex().into(),
            kind_text(visit.kind)?.into(),
            visit.title.as_str().into(),
            i64::from(named.lines).into(),
        ];
        sql.execute(sql!("planned_visit_insert"), &values)?;
    }
    for (visit, person) in &derived.assignments {
        sql.execute(sql!("assignment_put"), &[visit.as_str().into(), person.as_str().into(), now.0.into()])?;
    }
    read_model::put_round(sql, plan, &derived.visits, &Names::of_ledger(&derived.ledger))
}

/// What was asked for by name or id must be there, and a quarter is walked once.
fn refuse(sql: &dyn Sql, new: &NewRound, derived: &DerivedRound) -> Result<(), Error> {
    let gone = new.left_out.iter().find(|asked| expand(&derived.ledger, asked).is_none());
    if let Some(asked) = gone {
        let id = &asked.subject.id;
        let (zh, en) = (format!("台账中没有“{id}”，无法排除"), format!("the ledger has no “{id}” to leave out"));
        return Err(Error::told(zh, en));
    }
    if let Some(text) = second_round(sql, new)? {
        return Err(Error::Told(text));
    }
    if derived.visits.is_empty() {
        return Err(Error::told("没有任何应检内容，未开启轮次", "nothing is due; no round was opened"));
    }
    if derived.due.1 < derived.due.0 {
        return Err(Error::told(
            "截止日期早于起始日期，请改正",
            "the last due day is before the first one: correct it",
        ));
    }
    Ok(())
}

/// A quarter is walked once: a second quarterly round would ask everything of everyone again.
fn second_round(sql: &dyn Sql, new: &NewRound) -> Result<Option<Text>, Error> {
    if new.kind != RoundKind::Quarterly {
        return Ok(None);
    }
    let quarter = new.quarter;
    let Some(row) = sql.first(sql!("round_open_quarterly"), &[quarter.to_string().into()])? else { return Ok(None) };
    let (id, title) = (row.text(0)?, row.text(1)?);
    Ok(Some(Text::new(
        format!("{quarter} 已有进行中的季度巡检“{title}”（{id}），未另开新轮次"),
        format!("the quarterly round “{title}” ({id}) of {quarter} is open already; no second one was opened"),
    )))
}

/// What leaving a subject out leaves out: a rack takes its assets along, a room its racks. `None` when the ledger does not
/// have it.
fn expand(ledger: &Ledger, asked: &Exclusion) -> Option<Vec<Exclusion>> {
    let id = asked.subject.id.as_str();
    let with =
        |kind, id: &str| Exclusion { subject: Subject { kind, id: id.to_owned() }, reason: asked.reason.clone() };
    let mut found = vec![asked.clone()];
    let racks: Vec<_> = match asked.subject.kind {
        SubjectKind::Room => {
            ledger.rooms.iter().find(|room| room.id.as_str() == id)?;
            ledger.racks.iter().filter(|rack| rack.room.as_str() == id).collect()
        }
        SubjectKind::Rack => vec![ledger.racks.iter().find(|rack| rack.id.as_str() == id)?],
        SubjectKind::Cluster => return ledger.clusters.iter().any(|one| one.id.as_str() == id).then_some(found),
        SubjectKind::BackupSystem | SubjectKind::StorageSystem => {
            return ledger.systems.iter().any(|one| one.id.as_str() == id).then_some(found);
        }
        _ => return ledger.assets.iter().any(|one| one.id.as_str() == id).then_some(found),
    };
    for rack in racks {
        found.push(with(SubjectKind::Rack, rack.id.as_str()));
        found
            .extend(ledger.assets_in(&rack.id).map(|asset| with(SubjectKind::of_asset(asset.kind), asset.id.as_str())));
    }
    Some(found)
}

/// A kind as columns and documents spell it.
pub(crate) fn kind_text(kind: impl serde::Serialize) -> Result<String, Error> {
    Ok(serde_json::to_value(kind)?.as_str().unwrap_or_default().to_owned())
}

/// Exclusions by name become exclusions by subject; a rack takes its assets along, a room its racks.
fn resolve_exclusions(ledger: &Ledger, named: &[(SubjectKind, String, String)]) -> Result<Vec<Exclusion>, Error> {
    let mut exclusions = Vec::new();
    for (kind, name, reason) in named {
        let mut add = |kind, id: &str| {
            exclusions.push(Exclusion { subject: Subject { kind, id: id.to_owned() }, reason: reason.clone() });
        };
        let rooms: Vec<_> =
            ledger.rooms.iter().filter(|room| *kind == SubjectKind::Room && &room.name == name).collect();
        let racks: Vec<_> = ledger
            .racks
            .iter()
            .filter(|rack| {
                (*kind == SubjectKind::Rack && &rack.name == name) || rooms.iter().any(|room| room.id == rack.room)
            })
            .collect();
        let clusters: Vec<_> =
            ledger.clusters.iter().filter(|cluster| *kind == SubjectKind::Cluster && &cluster.name == name).collect();
        if rooms.is_empty() && racks.is_empty() && clusters.is_empty() {
            return Err(Error::told(
                format!("台账中没有“{name}”，无法排除"),
                format!("the ledger has no “{name}” to leave out"),
            ));
        }
        rooms.iter().for_each(|room| add(SubjectKind::Room, room.id.as_str()));
        clusters.iter().for_each(|cluster| add(SubjectKind::Cluster, cluster.id.as_str()));
        for rack in racks {
            add(SubjectKind::Rack, rack.id.as_str());
            ledger.assets_in(&rack.id).for_each(|asset| add(SubjectKind::of_asset(asset.kind), asset.id.as_str()));
        }
    }
    exclusions.sort();
    exclusions.dedup();
    Ok(exclusions)
}
