//! What the ledger calls things, and where they stand: for titles, searches and columns of the console.

use std::collections::BTreeMap;

use xunjian_domain::{
    ids::RoomId,
    ledger::{Ledger, LedgerChunk, LedgerEntry, LedgerManifest, LedgerVersion, MachineRoom, Rack, System},
    subject::{Subject, SubjectKind},
};

use crate::{db::Sql, error::Error, ledger::read_chunk};

/// Names by id.
#[derive(Debug, Default, Clone)]
pub struct Names {
    rooms: BTreeMap<String, String>,
    racks: BTreeMap<String, (String, String)>,
    others: BTreeMap<String, (String, String)>,
    assets: BTreeMap<String, Named>,
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    rack: String,
    position: String,
    search: String,
}

/// What people call an asset: its name, or brand and model where it has none.
#[must_use]
pub fn asset_name(asset: &LedgerEntry) -> String {
    if asset.name.is_empty() {
        format!("{} {}", asset.brand, asset.model).trim().to_owned()
    } else {
        asset.name.clone()
    }
}

/// The units of an asset as people write them; empty without a position.
#[must_use]
pub fn position_of(asset: &LedgerEntry) -> String {
    asset.span.map_or_else(String::new, |span| format!("U{span}"))
}

/// A damaged document is none here: names keep nothing from going on.
fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(document) => Ok(Some(document)),
        Err(error @ Error::Db(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Names {
    /// Of a whole ledger.
    #[must_use]
    pub fn of_ledger(ledger: &Ledger) -> Self {
        let mut names = Self::default();
        names.places(&ledger.rooms, &ledger.racks, &ledger.systems);
        names.others.extend(ledger.clusters.iter().map(|one| (one.id.to_string(), (one.name.clone(), String::new()))));
        names.with_assets(&ledger.assets)
    }

    /// Of the rooms, racks, systems and clusters of a version. What is gone has no name, which keeps nothing from going on.
    ///
    /// # Errors
    /// [`Error`] of the database.
    pub fn of_version(sql: &dyn Sql, version: &LedgerVersion) -> Result<Self, Error> {
        let manifest: Option<LedgerManifest> = readable(read_chunk(sql, &version.sha256))?;
        let part = manifest.and_then(|manifest| manifest.chunks.into_iter().find(|part| part.key == "site"));
        let Some(part) = part else { return Ok(Self::default()) };
        let mut names = Self::default();
        if let Some(LedgerChunk::Site { rooms, racks, systems, clusters }) = readable(read_chunk(sql, &part.sha256))? {
            names.places(&rooms, &racks, &systems);
            names.others.extend(clusters.into_iter().map(|one| (one.id.to_string(), (one.name, String::new()))));
        }
        Ok(names)
    }

    fn places(&mut self, rooms: &[MachineRoom], racks: &[Rack], systems: &[System]) {
        self.rooms.extend(rooms.iter().map(|room| (room.id.to_string(), room.name.clone())));
        self.racks.extend(racks.iter().map(|rack| (rack.id.to_string(), (rack.name.clone(), rack.room.to_string()))));
        self.others.extend(systems.iter().map(|one| (one.id.to_string(), (one.name.clone(), one.room.to_string()))));
    }

    /// With these assets.
    #[must_use]
    pub fn with_assets(mut self, assets: &[LedgerEntry]) -> Self {
        self.assets.extend(assets.iter().map(|asset| {
            let search = [&asset.name, &asset.brand, &asset.model, &asset.serial, &asset.asset_tag, &asset.owning_unit];
            let named = Named {
                name: asset_name(asset),
                rack: asset.rack.to_string(),
                position: position_of(asset),
                search: search.map(String::as_str).join(" "),
            };
            (asset.id.to_string(), named)
        }));
        self
    }

    /// The name of a subject; its id where the ledger has none.
    #[must_use]
    pub fn subject(&self, subject: &Subject) -> String {
        let id = subject.id.as_str();
        let name = match subject.kind {
            SubjectKind::Room => self.rooms.get(id),
            SubjectKind::Rack => self.racks.get(id).map(|(name, _)| name),
            SubjectKind::Cluster | SubjectKind::BackupSystem | SubjectKind::StorageSystem => {
                self.others.get(id).map(|(name, _)| name)
            }
            _ => self.assets.get(id).map(|asset| &asset.name),
        };
        name.cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The name of a room; empty where the ledger has none.
    #[must_use]
    pub fn room(&self, room: Option<&RoomId>) -> String {
        room.and_then(|room| self.rooms.get(room.as_str())).cloned().unwrap_or_default()
    }

    /// The name of the rack a subject is or stands in; empty for what stands in none.
    #[must_use]
    pub fn rack_of(&self, subject: &Subject) -> String {
        let rack = match subject.kind {
            SubjectKind::Rack => Some(subject.id.as_str()),
            kind if kind.is_asset() => self.assets.get(&subject.id).map(|asset| asset.rack.as_str()),
            _ => None,
        };
        self.rack(rack.unwrap_or_default())
    }

    /// The name of a rack; empty where the ledger has none.
    #[must_use]
    pub fn rack(&self, rack: &str) -> String {
        self.racks.get(rack).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// The name of the room a subject is or stands in.
    #[must_use]
    pub fn room_of(&self, subject: &Subject) -> String {
        let id = subject.id.as_str();
        let room = match subject.kind {
            SubjectKind::Room => Some(id),
            SubjectKind::Cluster | SubjectKind::BackupSystem | SubjectKind::StorageSystem => {
                self.others.get(id).map(|(_, room)| room.as_str())
            }
            SubjectKind::Rack => self.racks.get(id).map(|(_, room)| room.as_str()),
            _ => self.assets.get(id).and_then(|asset| self.racks.get(&asset.rack)).map(|(_, room)| room.as_str()),
        };
        room.and_then(|room| self.rooms.get(room)).cloned().unwrap_or_default()
    }

    /// The room a rack stands in.
    #[must_use]
    pub fn room_id(&self, rack: &Subject) -> Option<&str> {
        self.racks.get(&rack.id).map(|(_, room)| room.as_str())
    }

    /// Where in its rack an asset stands; empty for everything else.
    #[must_use]
    pub fn position(&self, subject: &Subject) -> String {
        self.assets.get(&subject.id).map(|asset| asset.position.clone()).unwrap_or_default()
    }

    /// What an asset is found by besides its name.
    #[must_use]
    pub fn search_of(&self, asset: &str) -> &str {
        self.assets.get(asset).map_or("", |asset| asset.search.as_str())
    }
}
