//! The first page: how a round stands, room by room and rack by rack.

use serde::{Deserialize, Serialize};
use xunjian_domain::{plan::VisitKind, subject::SubjectKind};

use super::{
    names::Names,
    page::Params,
    rounds::{self, Coverage, RoundItem, RoundRow},
    verification::{self, VerificationRun},
    visits::{self, TileState, VisitRow},
};
use crate::{
    db::{Sql, sql},
    error::Error,
    ledger,
    log::to_u64,
    site::Site,
};

/// A rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RackTile {
    /// Its visit; empty for a rack that is left out.
    pub visit: String,
    /// The rack.
    pub rack: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: TileState,
    /// Its record.
    pub record: Option<String>,
    /// 问题 of the record.
    pub findings: u32,
    /// Assets of which something differs.
    pub discrepancies: u32,
    /// Assets nobody looked at.
    pub unverified: u32,
}

/// A room with its racks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RoomTile {
    /// The visit of the room itself; `null` when the room is left out.
    pub visit: Option<String>,
    /// The room.
    pub room: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: TileState,
    /// Its record.
    pub record: Option<String>,
    /// 问题 of the record.
    pub findings: u32,
    /// Its racks.
    pub racks: Vec<RackTile>,
}

/// A cluster or system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OtherTile {
    /// Its visit.
    pub visit: String,
    /// As the plan titles it.
    pub title: String,
    /// `cluster` or `system`.
    pub kind: String,
    /// How it stands.
    pub state: TileState,
    /// Its record.
    pub record: Option<String>,
    /// 问题 of the record.
    pub findings: u32,
}

/// How many findings of a severity are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SeverityCount {
    /// The severity.
    pub severity: String,
    /// How many.
    pub count: u32,
}

/// The first page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Overview {
    /// The round shown; `null` before the first one.
    pub round: Option<RoundItem>,
    /// Every round.
    pub rounds: Vec<RoundItem>,
    /// 完成情况.
    pub coverage: Coverage,
    /// Visits planned.
    pub visits_planned: u32,
    /// Visits with a record.
    pub visits_received: u32,
    /// Visits whose record is delivered.
    pub visits_with_receipt: u32,
    /// Visits without a record after the last due day.
    pub visits_overdue: u32,
    /// Findings that were not fixed on the spot.
    pub findings_open: u32,
    /// The same by severity.
    pub findings_by_severity: Vec<SeverityCount>,
    /// Assets of which something differs.
    pub discrepancies: u32,
    /// Assets nobody looked at.
    pub unverified: u32,
    /// Refused records that are kept aside.
    pub set_aside: u32,
    /// Keys that wait for the site root.
    pub keys_pending: u32,
    /// The last verification.
    pub verification: Option<VerificationRun>,
    /// Rooms with their racks.
    pub rooms: Vec<RoomTile>,
    /// Clusters and systems.
    pub others: Vec<OtherTile>,
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// `GET overview`.
///
/// # Errors
/// [`Error::Problem`] 404.3 for a round that is not there.
pub fn overview(site: &Site, params: &Params) -> Result<Overview, Error> {
    let asked = params.text("round");
    let mut overview = site.db.read(|sql| {
        let all = rounds::all(sql)?;
        let shown = match asked {
            "" => rounds::running(&all),
            id => {
                Some(all.iter().find(|row| row.item.round.id.as_str() == id).ok_or_else(|| super::page::missing(id))?)
            }
        };
        let visits = shown.map(|row| visits::of_round(sql, &row.item)).transpose()?.unwrap_or_default();
        let mut overview = sums(sql, shown, &visits)?;
        overview.others = visits.iter().filter_map(other).collect();
        if let Some(row) = shown {
            overview.rooms = rooms(sql, row, &visits)?;
        }
        overview.rounds = all.into_iter().map(|row| row.item).collect();
        Ok::<_, Error>(overview)
    })?;
    overview.verification = verification::last(site)?;
    Ok(overview)
}

fn sums(sql: &dyn Sql, shown: Option<&RoundRow>, visits: &[VisitRow]) -> Result<Overview, Error> {
    let total = |statement: &str| -> Result<u32, Error> {
        let count = sql.first(statement, &[])?.map_or(Ok(0), |row| row.i64(0))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    };
    let mut by_severity = Vec::new();
    if let Some(row) = shown {
        for row in sql.query(sql!("finding_by_severity"), &[row.item.round.id.as_str().into()])? {
            let count = u32::try_from(to_u64(row.i64(1)?)).unwrap_or(u32::MAX);
            by_severity.push(SeverityCount { severity: row.text(0)?.to_owned(), count });
        }
        let order = ["outage", "degraded", "major", "minor"];
        by_severity.sort_by_key(|one| order.iter().position(|severity| *severity == one.severity));
    }
    // As the list counts them, which shows the two sides of a move once.
    let discrepancies = match shown {
        Some(row) => {
            let filter = [row.item.round.id.as_str().into(), "".into(), "".into(), "".into()];
            let counted = sql.first(sql!("discrepancy_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
            u32::try_from(to_u64(counted)).unwrap_or(u32::MAX)
        }
        None => 0,
    };
    Ok(Overview {
        round: shown.map(|row| row.item.clone()),
        rounds: Vec::new(),
        coverage: rounds::coverage(visits),
        visits_planned: count(visits.iter()),
        visits_received: count(visits.iter().filter(|row| row.item.record.is_some())),
        // As the list behind the number: a record found damaged is no good news any more.
        visits_with_receipt: count(visits.iter().filter(|row| row.is_delivered && row.item.state != TileState::Failed)),
        visits_overdue: count(visits.iter().filter(|row| row.item.state == TileState::Overdue)),
        findings_open: by_severity.iter().map(|one| one.count).sum(),
        findings_by_severity: by_severity,
        discrepancies,
        unverified: visits.iter().map(|row| row.unverified).sum(),
        set_aside: total(sql!("set_aside_total"))?,
        keys_pending: total(sql!("key_request_count"))?,
        verification: None,
        rooms: Vec::new(),
        others: Vec::new(),
    })
}

fn other(row: &VisitRow) -> Option<OtherTile> {
    matches!(row.kind, VisitKind::Cluster | VisitKind::System).then(|| OtherTile {
        visit: row.item.visit.clone(),
        title: row.item.title.clone(),
        kind: row.item.kind.clone(),
        state: row.item.state,
        record: row.item.record.clone(),
        findings: row.findings,
    })
}

/// Rooms in the order of the plan, then those of which everything is left out.
fn rooms(sql: &dyn Sql, round: &RoundRow, visits: &[VisitRow]) -> Result<Vec<RoomTile>, Error> {
    let mut rooms: Vec<RoomTile> = Vec::new();
    for row in visits {
        let Some(room) = &row.item.room else { continue };
        let tile = tile_of(&mut rooms, room, &row.item.room_name);
        match row.kind {
            VisitKind::Room => {
                tile.visit = Some(row.item.visit.clone());
                tile.state = row.item.state;
                tile.record.clone_from(&row.item.record);
                tile.findings = row.findings;
            }
            VisitKind::Rack => tile.racks.push(RackTile {
                visit: row.item.visit.clone(),
                rack: row.subject.id.clone(),
                name: row.subject_name.clone(),
                state: row.item.state,
                record: row.item.record.clone(),
                findings: row.findings,
                discrepancies: row.discrepancies,
                unverified: row.unverified,
            }),
            VisitKind::Cluster | VisitKind::System => {}
        }
    }
    if round.exclusions.is_empty() {
        return Ok(rooms);
    }
    let version = ledger::version_name(sql, round.item.ledger_version)?;
    let names = version.map(|version| Names::of_version(sql, &version)).transpose()?.unwrap_or_default();
    for left_out in &round.exclusions {
        let subject = &left_out.subject;
        if subject.kind == SubjectKind::Room {
            tile_of(&mut rooms, &subject.id, &names.subject(subject));
        }
        let is_walked = visits.iter().any(|row| row.subject == *subject);
        if let (SubjectKind::Rack, false, Some(room)) = (subject.kind, is_walked, names.room_id(subject)) {
            let name = names.room_of(subject);
            tile_of(&mut rooms, room, &name).racks.push(RackTile {
                visit: String::new(),
                rack: subject.id.clone(),
                name: names.subject(subject),
                state: TileState::Excluded,
                record: None,
                findings: 0,
                discrepancies: 0,
                unverified: 0,
            });
        }
    }
    Ok(rooms)
}

/// A room is left out until its own visit turns up.
fn tile_of<'a>(rooms: &'a mut Vec<RoomTile>, room: &str, name: &str) -> &'a mut RoomTile {
    let at = rooms.iter().position(|tile| tile.room == room).unwrap_or_else(|| {
        rooms.push(RoomTile {
            visit: None,
            room: room.to_owned(),
            name: name.to_owned(),
            state: TileState::Excluded,
            record: None,
            findings: 0,
            racks: Vec::new(),
        });
        rooms.len() - 1
    });
    &mut rooms[at]
}
