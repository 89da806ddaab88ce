//! Opening a round: the plan is derived from a pinned ledger version, signed, and a leaf of the log before anyone walks.

use jiff::civil::Date;
use xunjian_domain::{
    ids::RoundId,
    ledger::Ledger,
    plan::{Exclusion, Plan, PlannedVisit, TemplateVersion, VisitRef, derive_visits},
    round::{Quarter, Round, RoundKind},
    subject::{Subject, SubjectKind},
    template::Template,
};
use xunjian_proof::statement::{PlanStatement, Statement as _};

use crate::{
    clock,
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
    /// First and last day a visit is due; the quarter's own when `None`.
    pub due: Option<(Date, Date)>,
    /// What is left out: kind, name and reason.
    pub exclusions: Vec<(SubjectKind, String, String)>,
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

/// Opens a round over the newest ledger version.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, an exclusion names nothing, or the quarter has an open quarterly round already.
pub fn open(site: &Site, new: &NewRound) -> Result<OpenedRound, Error> {
    let template = Template::annex_a();
    let (plan, visits, envelope) = site.db.write(|sql| {
        let (ledger_version, ledger) = current(sql)?.ok_or_else(|| {
            Error::told(
                "还没有台账，请先运行 xunjian ledger import",
                "there is no ledger yet: run `xunjian ledger import` first",
            )
        })?;
        let exclusions = resolve_exclusions(&ledger, &new.exclusions)?;
        refuse_second(sql, new)?;
        let visits = derive_visits(&template, &ledger, &exclusions, &mut clock::new_id);
        let (template_sha256, _) = store_chunk(sql, &template)?;
        let refs = visits
            .iter()
            .map(|visit| {
                let (sha256, _) = store_chunk(sql, visit)?;
                Ok(VisitRef {
                    id: visit.id.clone(),
                    sha256,
                    lines: u32::try_from(visit.lines.len()).unwrap_or(u32::MAX),
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (due_from, due_by) = new.due.unwrap_or_else(|| new.quarter.days());
        let title = if new.title.is_empty() {
            format!(
                "{}年第{}季度全面巡检",
                new.quarter.year,
                ["一", "二", "三", "四"][usize::from(new.quarter.q - 1) % 4]
            )
        } else {
            new.title.clone()
        };
        let id = RoundId::new(clock::new_id());
        let round = Round { id, kind: new.kind, quarter: new.quarter, title, due_from, due_by };
        let plan = Plan {
            round,
            ledger: ledger_version,
            template: TemplateVersion { id: template.id.clone(), version: template.version, sha256: template_sha256 },
            visits: refs,
            exclusions,
        };
        let now = clock::now();
        let site_id = site.settings.root.site.clone();
        let statement = PlanStatement { site: site_id, plan, opened_at: now, opened_by: "xunjian".to_owned() };
        let envelope = statement.sign(&[&site.keys.service])?;
        let plan = statement.plan;
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
        for (visit, named) in visits.iter().zip(&plan.visits) {
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
        log::enqueue(sql, "plan", &envelope)?;
        log::audit(
            site,
            sql,
            "xunjian",
            "round.open",
            &[("round", plan.round.id.as_str()), ("title", &plan.round.title)],
        )?;
        Ok::<_, Error>((plan, visits, envelope))
    })?;
    site.sequence()?;
    let receipt = site.db.read(|sql| log::receipt(sql, &envelope.sha256()))?;
    let leaf = receipt.map(|(_, receipt)| receipt.index);
    let leaf = leaf.ok_or_else(|| Error::Damaged("the plan did not reach the log".to_owned()))?;
    Ok(OpenedRound { plan, visits, leaf })
}

/// A quarter is walked once: a second quarterly round would ask everything of everyone again.
fn refuse_second(sql: &dyn Sql, new: &NewRound) -> Result<(), Error> {
    if new.kind != RoundKind::Quarterly {
        return Ok(());
    }
    let quarter = new.quarter;
    let Some(row) = sql.first(sql!("round_open_quarterly"), &[quarter.to_string().into()])? else { return Ok(()) };
    let (id, title) = (row.text(0)?, row.text(1)?);
    Err(Error::told(
        format!("{quarter} 已有进行中的季度巡检“{title}”（{id}），未另开新轮次"),
        format!("the quarterly round “{title}” ({id}) of {quarter} is open already; no second one was opened"),
    ))
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
