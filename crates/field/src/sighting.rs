//! 校核: what was seen of a rack's assets, and what that comes to against the ledger.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::{AssetId, RackId},
    ledger::{Face, LedgerEntry, UnitSpan},
    plan::VisitKind,
    reconciliation::{Reconciliation, SightedBy, Sighting, Verdict, reconcile_rack},
};

use crate::{
    Field, comparison,
    draft::{Desk, DraftRef},
    error::FieldError,
    store::{draft, ledger},
};

/// Which asset was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AssetSelector {
    /// By id, serial, asset tag or name.
    Ledger(String),
    /// Nothing the ledger has.
    NotInLedger,
}

/// What was seen of one asset. What is left out was not looked at, or stays as it was noted before.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewSighting {
    /// Which asset.
    pub asset: AssetSelector,
    /// Position, brand and model are as the ledger has them.
    #[serde(default)]
    pub as_in_ledger: bool,
    /// The units it fills.
    #[serde(default)]
    pub span: Option<UnitSpan>,
    /// The side it is mounted on.
    #[serde(default)]
    pub face: Option<Face>,
    /// Brand as read.
    #[serde(default)]
    pub brand: Option<String>,
    /// Model as read.
    #[serde(default)]
    pub model: Option<String>,
    /// Serial as read.
    #[serde(default)]
    pub serial: Option<String>,
    /// How many stand there.
    #[serde(default)]
    pub quantity: Option<u32>,
    /// Owning unit as labelled or told.
    #[serde(default)]
    pub owning_unit: Option<String>,
    /// Order number as documented.
    #[serde(default)]
    pub order_no: Option<String>,
    /// What else there is to say.
    #[serde(default)]
    pub note: String,
}

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
    /// Whether the rack was declared complete.
    pub closed: bool,
}

/// The verdicts with the ledger rows they were held against.
pub(crate) struct Reconciled {
    pub list: Vec<Reconciliation>,
    pub compared: Vec<LedgerEntry>,
}

impl Field {
    /// Notes what was seen of an asset.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`], [`FieldError::UnknownAsset`] or [`FieldError::AmbiguousAsset`].
    pub fn sight(&self, whose: DraftRef<'_>, new: &NewSighting) -> Result<RackView, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let rack = rack_of(&desk)?;
            let asset = match &new.asset {
                AssetSelector::NotInLedger => None,
                AssetSelector::Ledger(wanted) => Some(find_asset(connection, &desk, wanted)?.id),
            };
            note(connection, &desk, asset.as_ref(), |before| {
                let before = before.unwrap_or_else(|| unseen(asset.clone(), rack.clone(), SightedBy::Eye));
                Sighting {
                    span: new.span.or(before.span),
                    face: new.face.or(before.face),
                    brand: new.brand.clone().or(before.brand),
                    model: new.model.clone().or(before.model),
                    serial: new.serial.clone().or(before.serial),
                    quantity: new.quantity.or(before.quantity),
                    owning_unit: new.owning_unit.clone().or(before.owning_unit),
                    order_no: new.order_no.clone().or(before.order_no),
                    as_in_ledger: new.as_in_ledger || before.as_in_ledger,
                    note: if new.note.is_empty() { before.note } else { new.note.trim().to_owned() },
                    ..before
                }
            })?;
            desk.touch(connection, &now)?;
            view(connection, &desk)
        })
    }

    /// The rack as reconciled so far.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`].
    pub fn rack(&self, whose: DraftRef<'_>) -> Result<RackView, FieldError> {
        self.store.read(|connection| view(connection, &self.desk(connection, whose)?))
    }

    /// Says of every asset whose label was scanned here, and whose position, brand and model nobody noted otherwise, that
    /// it is as the ledger has it. One tap for a rack that is in order; an asset nobody scanned stays 未核.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`].
    pub fn sight_scanned_as_in_ledger(&self, whose: DraftRef<'_>) -> Result<RackView, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            for found in reconcile(connection, &desk)?.list {
                let Some(seen) = found.sighting else { continue };
                // Anything noted that differs from the ledger, or a place elsewhere, has a verdict of its own.
                let is_scanned = matches!(seen.by, SightedBy::Scan | SightedBy::TypedCode);
                if is_scanned && found.verdicts == [Verdict::Unverified] {
                    note(connection, &desk, found.asset.as_ref(), |_| Sighting { as_in_ledger: true, ..seen })?;
                }
            }
            desk.touch(connection, &now)?;
            view(connection, &desk)
        })
    }

    /// Declares the rack complete (only then is an unseen asset 缺失), or takes that back.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`].
    pub fn close_rack(&self, whose: DraftRef<'_>, closed: bool) -> Result<RackView, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let mut desk = self.desk(connection, whose)?;
            rack_of(&desk)?;
            draft::set_closed(connection, &desk.draft.id, closed)?;
            desk.draft.is_closed = closed;
            desk.touch(connection, &now)?;
            view(connection, &desk)
        })
    }
}

fn view(connection: &Connection, desk: &Desk) -> Result<RackView, FieldError> {
    let (id, no) = (rack_of(desk)?, desk.layout.round.ledger);
    let found = ledger::rack(connection, no, &id)?;
    let room = match &found {
        Some(rack) => ledger::room_name(connection, no, &rack.room)?,
        None => None,
    };
    let reconciled = reconcile(connection, desk)?;
    Ok(RackView {
        rack: RackHead {
            id,
            height_units: found.as_ref().map_or(0, |rack| rack.units),
            name: found.map(|rack| rack.name).unwrap_or_default(),
            room_name: room.unwrap_or_default(),
        },
        assets: reconciled.compared,
        sightings: draft::sightings(connection, &desk.draft.id)?,
        reconciliation: reconciled.list,
        closed: desk.draft.is_closed,
    })
}

fn rack_of(desk: &Desk) -> Result<RackId, FieldError> {
    let visit = &desk.layout.visit;
    if visit.kind == VisitKind::Rack { Ok(RackId::new(&*visit.subject.id)) } else { Err(FieldError::NotARackVisit) }
}

fn unseen(asset: Option<AssetId>, rack: RackId, by: SightedBy) -> Sighting {
    Sighting {
        asset,
        by,
        rack,
        span: None,
        face: None,
        brand: None,
        model: None,
        serial: None,
        quantity: None,
        owning_unit: None,
        order_no: None,
        as_in_ledger: false,
        note: String::new(),
    }
}

fn note(
    connection: &Connection,
    desk: &Desk,
    asset: Option<&AssetId>,
    change: impl FnOnce(Option<Sighting>) -> Sighting,
) -> Result<Sighting, FieldError> {
    draft::change_sighting(connection, &desk.draft.id, asset.map_or("", AssetId::as_str), change)
}

/// A scanned label is a sighting: the asset is here. That position and model are right is for the inspector to say.
pub(crate) fn note_scan(
    connection: &Connection,
    desk: &Desk,
    asset: &AssetId,
    by: SightedBy,
) -> Result<(), FieldError> {
    let Ok(rack) = rack_of(desk) else { return Ok(()) };
    let change = |before: Option<Sighting>| match before {
        Some(before) => Sighting { by, ..before },
        None => unseen(Some(asset.clone()), rack, by),
    };
    note(connection, desk, Some(asset), change).map(drop)
}

fn find_asset(connection: &Connection, desk: &Desk, wanted: &str) -> Result<LedgerEntry, FieldError> {
    let no = desk.layout.round.ledger;
    let wanted = wanted.trim();
    if let Some(asset) = ledger::asset(connection, no, &AssetId::new(wanted))? {
        return Ok(asset);
    }
    let mut found = ledger::assets_by_text(connection, no, wanted)?;
    if found.len() > 1 {
        // The one that should be here is the one meant, if it is the only one.
        let visited = &desk.layout.visit.subject.id;
        let here: Vec<_> = found.iter().filter(|asset| asset.rack.as_str() == visited).cloned().collect();
        if let [only] = &here[..] {
            return Ok(only.clone());
        }
        let names = found.iter().map(|asset| format!("{}（{}）", comparison::asset_name(asset), asset.id)).collect();
        return Err(FieldError::AmbiguousAsset { wanted: wanted.to_owned(), found: names });
    }
    found.pop().ok_or_else(|| FieldError::UnknownAsset(wanted.to_owned()))
}

/// Holds what was seen against the ledger.
pub(crate) fn reconcile(connection: &Connection, desk: &Desk) -> Result<Reconciled, FieldError> {
    let rack = rack_of(desk)?;
    let no = desk.layout.round.ledger;
    let sightings = draft::sightings(connection, &desk.draft.id)?;
    let expected = ledger::assets_of_rack(connection, no, &rack)?;
    let mut elsewhere = Vec::new();
    for id in sightings.iter().filter_map(|seen| seen.asset.as_ref()) {
        if expected.iter().all(|asset| asset.id != *id) {
            elsewhere.extend(ledger::asset(connection, no, id)?);
        }
    }
    let (here, there): (Vec<_>, Vec<_>) = (expected.iter().collect(), elsewhere.iter().collect());
    let list = reconcile_rack(&rack, &here, &there, &sightings, desk.draft.is_closed);
    Ok(Reconciled { list, compared: expected.into_iter().chain(elsewhere).collect() })
}
