//! The visits of a round: how each stands, and who is to walk it.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    party::Role,
    plan::VisitKind,
    subject::{Subject, SubjectKind},
};

use super::{
    page::{Page, Params, bad},
    rounds::{self, RoundItem},
};
use crate::{
    clock,
    db::{Row, Sql, sql},
    enrol,
    error::Error,
    log::{self, to_u64},
    round::kind_text,
    site::Site,
};

/// How a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum TileState {
    /// No record yet.
    NotStarted,
    /// A record is here, its receipt is not.
    Received,
    /// The record is delivered, and nothing is abnormal.
    Verified,
    /// The record is here and says that something is abnormal.
    Abnormal,
    /// The last verification found the record or one of its photos damaged.
    Failed,
    /// No record, and the last due day is over.
    Overdue,
    /// Left out of the plan.
    Excluded,
}

/// One visit of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VisitItem {
    /// Its id.
    pub visit: String,
    /// As the plan titles it.
    pub title: String,
    /// Room, rack, cluster or system.
    pub kind: String,
    /// The room; `null` for clusters.
    pub room: Option<String>,
    /// The room's name.
    pub room_name: String,
    /// 应检.
    pub lines: u32,
    /// How it stands.
    pub state: TileState,
    /// Who is to walk it.
    pub assignee: Option<String>,
    /// That person's name; empty for nobody.
    pub assignee_name: String,
    /// Its record.
    pub record: Option<String>,
    /// When the record came.
    pub received_at: Option<i64>,
}

/// Who is to walk visits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssignRequest {
    /// The visits.
    pub visits: Vec<String>,
    /// The person; `null` takes the visits back.
    pub person: Option<String>,
}

/// A visit with everything the overview sums up.
pub(super) struct VisitRow {
    pub item: VisitItem,
    pub kind: VisitKind,
    pub subject: Subject,
    pub subject_name: String,
    /// 正常、异常、不适用、未检.
    pub outcomes: [u64; 4],
    pub findings: u32,
    pub discrepancies: u32,
    pub unverified: u32,
    pub is_delivered: bool,
    /// Whether a reviewer accepted its record: then 不适用 counts as done.
    pub is_accepted: bool,
}

/// The visits of a round in the order of its plan.
pub(super) fn of_round(sql: &dyn Sql, round: &RoundItem) -> Result<Vec<VisitRow>, Error> {
    let is_over = round.round.due_by < clock::now().day_in_china();
    sql.query(sql!("visit_list"), &[round.round.id.as_str().into()])?.iter().map(|row| read(row, is_over)).collect()
}

fn read(row: &Row, is_over: bool) -> Result<VisitRow, Error> {
    let count = |at| Ok::<_, Error>(if row.is_null(at) { 0 } else { to_u64(row.i64(at)?) });
    let small = |at| Ok::<_, Error>(u32::try_from(count(at)?).unwrap_or(u32::MAX));
    let text = |at| Ok::<_, Error>(if row.is_null(at) { None } else { Some(row.text(at)?.to_owned()) });
    let kind: VisitKind = serde_json::from_value(row.text(2)?.into())?;
    let subject_kind: SubjectKind = serde_json::from_value(row.text(5)?.into())?;
    let outcomes = [count(12)?, count(13)?, count(14)?, count(15)?];
    let (record, findings, is_delivered) = (text(10)?, small(16)?, !row.is_null(20));
    let state = match &record {
        None if is_over => TileState::Overdue,
        None => TileState::NotStarted,
        Some(_) if count(19)? > 0 => TileState::Failed,
        Some(_) if outcomes[1] > 0 || findings > 0 => TileState::Abnormal,
        Some(_) if is_delivered => TileState::Verified,
        Some(_) => TileState::Received,
    };
    let item = VisitItem {
        visit: row.text(0)?.to_owned(),
        title: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        room: text(8)?.filter(|room| !room.is_empty()),
        room_name: row.text(9)?.to_owned(),
        lines: small(3)?,
        state,
        assignee: text(21)?,
        assignee_name: text(22)?.unwrap_or_default(),
        record,
        received_at: if row.is_null(11) { None } else { Some(row.i64(11)?) },
    };
    Ok(VisitRow {
        item,
        kind,
        subject: Subject { kind: subject_kind, id: row.text(6)?.to_owned() },
        subject_name: row.text(7)?.to_owned(),
        outcomes,
        findings,
        discrepancies: small(17)?,
        unverified: small(18)?,
        is_delivered,
        is_accepted: text(23)?.is_some_and(|verdict| verdict == "accepted"),
    })
}

const STATES: [&str; 7] = ["not_started", "received", "verified", "abnormal", "failed", "overdue", "excluded"];

/// `GET rounds/ID/visits`: in the order of the plan. `assignee` is a person's id, or `none` for visits of nobody.
///
/// # Errors
/// [`Error::Problem`] 404.3 or 400.3.
pub fn list(site: &Site, round: &str, params: &Params) -> Result<Page<VisitItem>, Error> {
    let state = params.choice("state", &STATES)?;
    let kind = params.choice("kind", &["room", "rack", "cluster", "system"])?;
    let assignee = params.text("assignee");
    let fits = |item: &VisitItem| -> Result<bool, Error> {
        let of = item.assignee.as_deref();
        Ok((state.is_empty() || kind_text(item.state)? == state)
            && (kind.is_empty() || item.kind == kind)
            && (assignee.is_empty() || of.unwrap_or("none") == assignee)
            && params.finds(&[&item.title, &item.room_name, &item.assignee_name]))
    };
    let visits = site.db.read(|sql| of_round(sql, &rounds::one(sql, round)?.item))?;
    // The plan never changes, so a place in it is a key.
    params.page_in_order(visits.into_iter().map(|row| row.item).collect(), fits, |item| item.visit.clone())
}

/// `POST rounds/ID/assignments`: says who is to walk visits. It guides and binds nobody. Answers with the visits as they
/// stand then.
///
/// # Errors
/// [`Error::Problem`] 404.3, or 400.3 naming a visit that is not of this round; [`Error::Told`] when the person is nobody
/// who inspects.
pub fn assign(site: &Site, actor: &str, round: &str, request: &AssignRequest) -> Result<Vec<VisitItem>, Error> {
    site.db.write(|sql| {
        let item = rounds::one(sql, round)?.item;
        let person = request.person.as_deref().map(|id| inspector(sql, id)).transpose()?;
        for visit in &request.visits {
            let row = sql.first(sql!("visit_round"), &[visit.as_str().into()])?;
            if row.is_none_or(|row| row.text(0).is_ok_and(|of| of != round)) {
                return Err(bad("visits", format!("“{visit}” is not a visit of this round")));
            }
            match &person {
                Some(person) => {
                    let values = [visit.as_str().into(), person.as_str().into(), clock::now().0.into()];
                    sql.execute(sql!("assignment_put"), &values)?;
                }
                None => drop(sql.execute(sql!("assignment_delete"), &[visit.as_str().into()])?),
            }
        }
        let (visits, to) = (request.visits.join(" "), person.as_deref().unwrap_or_default());
        log::audit(site, sql, actor, "visit.assign", &[("round", round), ("visits", &visits), ("person", to)])?;
        let rows = of_round(sql, &item)?;
        Ok(rows.into_iter().map(|row| row.item).filter(|item| request.visits.contains(&item.visit)).collect())
    })
}

fn inspector(sql: &dyn Sql, id: &str) -> Result<String, Error> {
    let person = enrol::people(sql)?.into_iter().find(|person| person.id.as_str() == id);
    let person = person.ok_or_else(|| bad("person", format!("there is nobody with the id “{id}”")))?;
    if !person.roles.contains(&Role::Inspector) {
        return Err(Error::told(
            format!("{} 不是巡检人员，不能分派", person.name),
            format!("{} is not an inspector and cannot be assigned", person.name),
        ));
    }
    Ok(id.to_owned())
}
