//! A rack as reconciled so far: each asset with its verdicts, every difference side by side, and what the other drafts of
//! this terminal say of it. Derived anew at every look; nothing here is stored.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{AssetId, RackId},
    ledger::{LedgerEntry, ResourceOrder},
    reconciliation::{
        ComparedField, Difference, Reconciliation, Side, Sighting, Standing, Whereabouts, differences, reconcile_rack,
        whereabouts,
    },
};

use crate::{
    draft::Desk,
    error::FieldError,
    sighting::rack_of,
    store::{
        draft,
        ledger::{self, LedgerNo},
        walked::{self, OtherDraft},
    },
};

/// The rack itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RackHead {
    /// The rack.
    pub id: RackId,
    /// 机柜编号.
    pub name: String,
    /// Its units.
    pub height_units: u16,
    /// The room it stands in.
    pub room_name: String,
}

/// A rack as reconciled so far.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RackView {
    /// The rack.
    pub rack: RackHead,
    /// What the ledger expects here, in its order, then what belongs elsewhere and was seen here.
    pub assets: Vec<LedgerEntry>,
    /// What was seen, as noted.
    pub sightings: Vec<Sighting>,
    /// What became of each asset.
    pub reconciliation: Vec<Reconciliation>,
    /// What there is to show of each asset, in the order of `reconciliation`.
    pub details: Vec<AssetDetail>,
    /// Whether the rack was declared complete.
    pub closed: bool,
}

/// What there is to show of one asset beside its verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetDetail {
    /// The number of its sighting in this draft, by which it is changed or taken back; `None` for one not seen.
    pub sighting: Option<u32>,
    /// Every field in which ledger, sighting and orders do not agree. Racks stand with their names, `一号机房 · A01`.
    pub differences: Vec<Difference>,
    /// Where it is, by this draft and every other one of the round on this terminal; `None` for an asset outside the ledger.
    pub whereabouts: Option<Whereabouts>,
    /// What other drafts of the round on this terminal say of it.
    pub others: Vec<OtherSide>,
}

/// What another visit on this terminal says of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OtherSide {
    /// The rack that was visited.
    pub rack: RackId,
    /// Its room and name, `一号机房 · A01`.
    pub rack_name: String,
    /// How the asset came out there.
    pub standing: Standing,
    /// Who visited it.
    pub person_name: String,
    /// Whether that visit is sealed.
    pub is_sealed: bool,
}

/// The verdicts with the ledger rows and orders they were held against.
pub(crate) struct Reconciled {
    pub list: Vec<Reconciliation>,
    pub compared: Vec<LedgerEntry>,
    orders: Option<Vec<ResourceOrder>>,
    sightings: Vec<(u32, Sighting)>,
}

/// Holds what was seen against the ledger.
pub(crate) fn reconcile(connection: &Connection, desk: &Desk) -> Result<Reconciled, FieldError> {
    let rack = rack_of(desk)?;
    let no = desk.layout.round.ledger;
    let sightings = draft::numbered_sightings(connection, &desk.draft.id)?;
    let expected = ledger::assets_of_rack(connection, no, &rack)?;
    let mut elsewhere = Vec::new();
    for id in sightings.iter().filter_map(|(_, seen)| seen.asset.as_ref()) {
        if expected.iter().all(|asset| asset.id != *id) {
            elsewhere.extend(ledger::asset(connection, no, id)?);
        }
    }
    let orders = ledger::orders_of_assets(connection, no, expected.iter().chain(&elsewhere))?;
    let (here, there): (Vec<_>, Vec<_>) = (expected.iter().collect(), elsewhere.iter().collect());
    let seen: Vec<Sighting> = sightings.iter().map(|(_, sighting)| sighting.clone()).collect();
    let list = reconcile_rack(&rack, &here, &there, orders.as_deref(), &seen, desk.draft.is_closed);
    Ok(Reconciled { list, compared: expected.into_iter().chain(elsewhere).collect(), orders, sightings })
}

/// The rack with everything there is to show of it.
pub(crate) fn view(connection: &Connection, desk: &Desk) -> Result<RackView, FieldError> {
    let (id, no) = (rack_of(desk)?, desk.layout.round.ledger);
    let found = ledger::rack(connection, no, &id)?;
    let room = match &found {
        Some(rack) => ledger::room_name(connection, no, &rack.room)?,
        None => None,
    };
    let reconciled = reconcile(connection, desk)?;
    let details = details(connection, desk, &id, &reconciled)?;
    Ok(RackView {
        rack: RackHead {
            id,
            height_units: found.as_ref().map_or(0, |rack| rack.units),
            name: found.map(|rack| rack.name).unwrap_or_default(),
            room_name: room.unwrap_or_default(),
        },
        assets: reconciled.compared,
        sightings: reconciled.sightings.into_iter().map(|(_, sighting)| sighting).collect(),
        reconciliation: reconciled.list,
        details,
        closed: desk.draft.is_closed,
    })
}

fn details(
    connection: &Connection,
    desk: &Desk,
    rack: &RackId,
    found: &Reconciled,
) -> Result<Vec<AssetDetail>, FieldError> {
    let no = desk.layout.round.ledger;
    let (round, draft) = (&desk.layout.round.plan.plan.round.id, desk.draft.id.as_str());
    let entries: HashMap<&AssetId, &LedgerEntry> = found.compared.iter().map(|asset| (&asset.id, asset)).collect();
    let numbers: HashMap<&AssetId, u32> =
        found.sightings.iter().filter_map(|(no, seen)| Some((seen.asset.as_ref()?, *no))).collect();
    // Unknown assets stand in the reconciliation in the order in which they were noted.
    let mut unknown = found.sightings.iter().filter(|(_, seen)| seen.asset.is_none()).map(|(no, _)| *no);
    let others = walked::others_of_rack(connection, no, rack, round, draft)?;
    let mut result = Vec::with_capacity(found.list.len());
    for one in &found.list {
        let Some(asset) = &one.asset else {
            let detail = AssetDetail {
                sighting: unknown.next(),
                differences: Vec::new(),
                whereabouts: None,
                others: Vec::new(),
            };
            result.push(detail);
            continue;
        };
        let entry = entries.get(asset).copied();
        let mut differing = match (entry, &one.sighting) {
            (Some(entry), Some(seen)) => differences(rack, entry, found.orders.as_deref(), seen),
            _ => Vec::new(),
        };
        for difference in differing.iter_mut().filter(|difference| difference.field == ComparedField::Rack) {
            difference.ledger = rack_name(connection, no, &RackId::new(&*difference.ledger))?;
            difference.seen = Some(rack_name(connection, no, rack)?);
        }
        let others = match entry {
            // Few assets of a rack belong elsewhere, so each is looked up by itself.
            Some(entry) if entry.rack != *rack => walked::others_of_asset(connection, entry, round, draft)?,
            _ => others.get(asset).cloned().unwrap_or_default(),
        };
        result.push(AssetDetail {
            sighting: numbers.get(asset).copied(),
            differences: differing,
            whereabouts: together(rack, one, &others),
            others: named(connection, no, others)?,
        });
    }
    Ok(result)
}

fn together(rack: &RackId, one: &Reconciliation, others: &[OtherDraft]) -> Option<Whereabouts> {
    let own = Side { rack, standing: Standing::of(one)? };
    let others = others.iter().map(|other| Side { rack: &other.rack, standing: other.standing });
    Some(whereabouts(std::iter::once(own).chain(others)))
}

fn named(connection: &Connection, no: LedgerNo, others: Vec<OtherDraft>) -> Result<Vec<OtherSide>, FieldError> {
    let named = |other: OtherDraft| {
        let rack_name = rack_name(connection, no, &other.rack)?;
        let OtherDraft { rack, standing, person_name, is_sealed } = other;
        Ok(OtherSide { rack, rack_name, standing, person_name, is_sealed })
    };
    others.into_iter().map(named).collect()
}

/// A rack with its room, as people say it.
pub(crate) fn rack_name(connection: &Connection, no: LedgerNo, id: &RackId) -> Result<String, FieldError> {
    let Some(rack) = ledger::rack(connection, no, id)? else { return Ok(id.to_string()) };
    Ok(match ledger::room_name(connection, no, &rack.room)? {
        Some(room) => format!("{room} · {}", rack.name),
        None => rack.name,
    })
}
