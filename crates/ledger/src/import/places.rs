//! Rooms and racks: found again under every spelling, made when a row first stands in them.

use std::collections::{HashMap, HashSet};

use xunjian_domain::{
    ids::{RackId, RoomId},
    ledger::{MachineRoom, NewIds, Rack},
};

use super::{
    DEFAULT_RACK_UNITS,
    cell::{key, rack_and_position, rack_name},
    heading::TableKind,
    mapping::Field,
    table::{Row, Table},
};

/// The rooms and racks of the ledger being read.
#[derive(Debug)]
pub(super) struct Places {
    rooms: Vec<MachineRoom>,
    racks: Vec<Rack>,
    room_at: HashMap<String, usize>,
    rack_at: HashMap<(String, String), usize>,
    /// Rack names that stand in more than one location of a room.
    ambiguous: HashSet<(String, String)>,
    has_rack_list: bool,
    /// So many racks, the first ones, stand in a rack list.
    listed: usize,
}

/// Where a row says that its rack stands.
#[derive(Debug, Clone)]
pub(super) struct RackPlace {
    /// As the file spells it; empty when it has none.
    pub(super) room: String,
    /// Normalised, with its location where the name alone is not enough; empty when the row names none.
    pub(super) rack: String,
    /// Of room and rack.
    key: (String, String),
}

impl RackPlace {
    fn new(room: String, rack: String) -> Self {
        let key = (key(&room), key(&rack));
        Self { room, rack, key }
    }
}

impl Places {
    /// Looks over all tables for rack names that need their location to be told apart: in the rack list, where there is
    /// one, because a slip in an asset row must not rename racks.
    pub(super) fn new(tables: &[Table]) -> Self {
        let has_rack_list = tables.iter().any(|table| table.header.kind == TableKind::Racks);
        let naming = if has_rack_list { TableKind::Racks } else { TableKind::Assets };
        let mut locations: HashMap<(String, String), HashSet<String>> = HashMap::new();
        let mut before = None;
        for row in tables.iter().filter(|table| table.header.kind == naming).flat_map(Table::data_rows) {
            // What stands in one rack mostly stands in rows side by side.
            let said = [Field::Room, rack_column(row), Field::Location].map(|column| row.raw(column));
            if before.replace(said) == Some(said) {
                continue;
            }
            let location = key(&row.text(Field::Location));
            if has_rack_list || !location.is_empty() {
                let name = (key(&row.text(Field::Room)), key(&rack_name(&row.text(rack_column(row)))));
                locations.entry(name).or_default().insert(location);
            }
        }
        let ambiguous = locations.into_iter().filter(|(_, found)| found.len() > 1).map(|(name, _)| name).collect();
        Self {
            rooms: Vec::new(),
            racks: Vec::new(),
            room_at: HashMap::new(),
            rack_at: HashMap::new(),
            ambiguous,
            has_rack_list,
            listed: 0,
        }
    }

    /// What a row says of its place.
    pub(super) fn of_row(&self, row: Row<'_>) -> RackPlace {
        let room = row.text(Field::Room);
        let mut rack = rack_name(&row.text(rack_column(row)));
        if rack.is_empty() {
            rack = rack_and_position(&row.text(Field::Position)).map(|(rack, _)| rack_name(&rack)).unwrap_or_default();
        }
        let location = row.text(Field::Location);
        if !location.is_empty() && self.ambiguous.contains(&(key(&room), key(&rack))) {
            rack = rack_name(&format!("{location} {rack}"));
        }
        RackPlace::new(room, rack)
    }

    /// The rack at a place, if it is known.
    pub(super) fn find(&self, place: &RackPlace) -> Option<&Rack> {
        self.rack_at.get(&place.key).and_then(|at| self.racks.get(*at))
    }

    /// Called when the rack lists are read: racks made from here on stand in none.
    pub(super) fn end_of_lists(&mut self) {
        self.listed = self.racks.len();
    }

    /// Whether there is a rack list, and it lacks this rack.
    pub(super) fn is_unlisted(&self, place: &RackPlace) -> bool {
        self.has_rack_list && self.rack_at.get(&place.key).is_none_or(|at| *at >= self.listed)
    }

    /// The height of the rack at a place; of one that is not known, the usual height.
    pub(super) fn units(&self, place: &RackPlace) -> u16 {
        self.find(place).map_or(DEFAULT_RACK_UNITS, |rack| rack.units)
    }

    /// The rack at a place, made with this height if there is none.
    pub(super) fn ensure(&mut self, place: &RackPlace, units: u16, ids: &mut impl NewIds) -> (RoomId, RackId) {
        if let Some(rack) = self.find(place) {
            return (rack.room.clone(), rack.id.clone());
        }
        let (room_key, rack_key) = place.key.clone();
        let known = self.room_at.get(&room_key).and_then(|at| self.rooms.get(*at)).map(|room| room.id.clone());
        let room = known.unwrap_or_else(|| {
            let id = RoomId::new(ids.new_id());
            self.room_at.insert(room_key.clone(), self.rooms.len());
            self.rooms.push(MachineRoom { id: id.clone(), name: place.room.clone() });
            id
        });
        let id = RackId::new(ids.new_id());
        self.rack_at.insert((room_key, rack_key), self.racks.len());
        self.racks.push(Rack { id: id.clone(), room: room.clone(), name: place.rack.clone(), units });
        (room, id)
    }

    /// Rooms and racks in the order in which they were first named.
    pub(super) fn into_parts(self) -> (Vec<MachineRoom>, Vec<Rack>) {
        (self.rooms, self.racks)
    }
}

/// A rack list may call the rack's name simply `name`.
pub(super) fn rack_column(row: Row<'_>) -> Field {
    let is_list = row.table.header.kind == TableKind::Racks;
    if is_list && row.table.header.place(Field::Rack).is_none() { Field::Name } else { Field::Rack }
}
