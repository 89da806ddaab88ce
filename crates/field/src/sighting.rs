//! 校核: noting what was seen of a rack's assets, in any order, and taking it back. What it comes to against the ledger is
//! [`rack_view`]'s; the ledger itself never changes here.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, RackId},
    ledger::{Face, LedgerEntry, UnitSpan},
    plan::VisitKind,
    reconciliation::{SightedBy, Sighting, Verdict},
};

use crate::{
    Field, comparison,
    draft::{Desk, DraftRef},
    error::FieldError,
    evidence,
    rack_view::{self, RackView},
    store::{
        draft::{self, SightingKey},
        ledger,
    },
};

/// Which asset was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AssetSelector {
    /// By id, serial, asset tag or name.
    Ledger(String),
    /// Nothing the ledger has. Where the serial given stands in the ledger after all, it is that asset.
    NotInLedger,
    /// The sighting noted before under this number ([`crate::AssetDetail::sighting`]).
    Noted(u32),
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
    /// Photos of it, by hash; all of them, not only the new ones. Each must have been attached to the visit.
    #[serde(default)]
    pub photos: Option<Vec<Sha256>>,
}

impl Field {
    /// Notes what was seen of an asset.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`], [`FieldError::UnknownAsset`], [`FieldError::AmbiguousAsset`],
    /// [`FieldError::UnknownSighting`], or [`FieldError::UnknownPhoto`] for a photo that is not in this draft.
    pub fn sight(&self, whose: DraftRef<'_>, new: &NewSighting) -> Result<RackView, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let rack = rack_of(&desk)?;
            require_photos(connection, &desk, new.photos.as_deref().unwrap_or_default())?;
            let asset = match &new.asset {
                AssetSelector::NotInLedger => asset_by_serial(connection, &desk, new.serial.as_deref())?,
                AssetSelector::Ledger(wanted) => Some(find_asset(connection, &desk, wanted)?.id),
                AssetSelector::Noted(_) => None,
            };
            let key = match (&new.asset, &asset) {
                (AssetSelector::Noted(no), _) => SightingKey::Number(*no),
                (_, asset) => SightingKey::Asset(asset.as_ref().map_or("", AssetId::as_str)),
            };
            let noted = draft::change_sighting(connection, &desk.draft.id, key, |before| {
                let before = before.unwrap_or_else(|| Sighting::bare(asset.clone(), rack.clone(), SightedBy::Eye));
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
                    photos: new.photos.clone().unwrap_or(before.photos),
                    ..before
                }
            })?;
            if let (None, AssetSelector::Noted(no)) = (noted, &new.asset) {
                return Err(FieldError::UnknownSighting(*no));
            }
            desk.touch(connection, &now)?;
            rack_view::view(connection, &desk)
        })
    }

    /// Takes a sighting back: the asset was not seen here after all. Scans of its label stay in the record, as they happened.
    /// Photos that nothing else names go with it, in the order of effects of [`Self::detach_photo`].
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`] or [`FieldError::UnknownSighting`].
    pub fn unsight(&self, whose: DraftRef<'_>, number: u32) -> Result<RackView, FieldError> {
        let now = self.now();
        self.taking_photos_away(|connection| {
            let desk = self.desk(connection, whose)?;
            rack_of(&desk)?;
            let before = draft::remove_sighting(connection, &desk.draft.id, number)?;
            let before = before.ok_or(FieldError::UnknownSighting(number))?;
            let orphans = evidence::remove_unnamed(connection, &desk.draft.id, &before.photos)?;
            desk.touch(connection, &now)?;
            Ok((rack_view::view(connection, &desk)?, orphans))
        })
    }

    /// The rack as reconciled so far.
    ///
    /// # Errors
    /// [`FieldError::NotARackVisit`].
    pub fn rack(&self, whose: DraftRef<'_>) -> Result<RackView, FieldError> {
        self.store.read(|connection| rack_view::view(connection, &self.desk(connection, whose)?))
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
            for found in rack_view::reconcile(connection, &desk)?.list {
                let Some(seen) = found.sighting else { continue };
                // Anything noted that differs from the ledger, or a place elsewhere, has a verdict of its own.
                let is_scanned = matches!(seen.by, SightedBy::Scan | SightedBy::TypedCode);
                if let Some(asset) = found.asset.filter(|_| is_scanned && found.verdicts == [Verdict::Unverified]) {
                    note(connection, &desk, &asset, |_| Sighting { as_in_ledger: true, ..seen })?;
                }
            }
            desk.touch(connection, &now)?;
            rack_view::view(connection, &desk)
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
            rack_view::view(connection, &desk)
        })
    }
}

pub(crate) fn rack_of(desk: &Desk) -> Result<RackId, FieldError> {
    let visit = &desk.layout.visit;
    if visit.kind == VisitKind::Rack { Ok(RackId::new(&*visit.subject.id)) } else { Err(FieldError::NotARackVisit) }
}

fn note(
    connection: &Connection,
    desk: &Desk,
    asset: &AssetId,
    change: impl FnOnce(Option<Sighting>) -> Sighting,
) -> Result<(), FieldError> {
    draft::change_sighting(connection, &desk.draft.id, SightingKey::Asset(asset.as_str()), change).map(drop)
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
        None => Sighting::bare(Some(asset.clone()), rack, by),
    };
    note(connection, desk, asset, change)
}

fn require_photos(connection: &Connection, desk: &Desk, photos: &[Sha256]) -> Result<(), FieldError> {
    if photos.is_empty() {
        return Ok(());
    }
    let known = draft::evidence(connection, &desk.draft.id)?;
    match photos.iter().find(|photo| known.iter().all(|evidence| evidence.sha256 != **photo)) {
        Some(photo) => Err(FieldError::UnknownPhoto(*photo)),
        None => Ok(()),
    }
}

/// The ledger's asset with exactly this serial, where there is exactly one: somebody could not read the label, and took
/// for unknown what the ledger has in another place.
fn asset_by_serial(connection: &Connection, desk: &Desk, serial: Option<&str>) -> Result<Option<AssetId>, FieldError> {
    let Some(serial) = serial.map(str::trim).filter(|serial| !serial.is_empty()) else { return Ok(None) };
    let found = ledger::assets_by_serial(connection, desk.layout.round.ledger, serial)?;
    Ok(if let [only] = &found[..] { Some(only.id.clone()) } else { None })
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
