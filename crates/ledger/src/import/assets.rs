//! Rows of an asset list: what stands where, whose it is and under which order.

use std::{
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
};

use xunjian_domain::{
    ids::{AssetId, OrderNo, RackId},
    ledger::{AssetKind, Face, LedgerEntry, NewIds, RowCode, UnitSpan},
};

use super::{
    brand,
    cell::{date, height, key, position, quantity, rack_and_position, rack_name, says_nothing},
    kind::asset_kind,
    mapping::Field,
    message,
    places::{Places, RackPlace, rack_column},
    table::{Row, Table},
    tally::{Findings, Tally},
};

/// What earlier rows have claimed already.
#[derive(Default)]
struct Claims<'t> {
    /// The first row that holds a serial, imported or not.
    serials: HashMap<String, Row<'t>>,
    /// The places filled in each rack, by imported rows only.
    spans: HashMap<RackId, Vec<(UnitSpan, Option<Face>, Row<'t>)>>,
}

/// What was found out of earlier rows and is the same for many.
#[derive(Default)]
struct Known<'t> {
    /// The place of the row before, and the cells that name it: what stands in one rack mostly stands in rows side by side.
    place: Option<([&'t str; 4], Rc<RackPlace>)>,
    /// The words for kinds.
    kinds: HashMap<String, Option<AssetKind>>,
}

/// Reads asset lists.
pub(super) fn read(
    tables: &[(usize, &Table)],
    places: &mut Places,
    ids: &mut impl NewIds,
    tally: &mut Tally,
) -> Vec<LedgerEntry> {
    let mut assets = Vec::new();
    let (mut claims, mut known) = (Claims::default(), Known::default());
    for &(at, table) in tables {
        for row in table.data_rows() {
            let mut findings = Findings::new(row);
            assets.extend(read_row(row, &mut findings, (&mut claims, &mut known), places, ids, tally));
            tally.close(at, findings);
        }
    }
    assets
}

fn read_row<'t>(
    row: Row<'t>,
    findings: &mut Findings<'_>,
    (claims, known): (&mut Claims<'t>, &mut Known<'t>),
    places: &mut Places,
    ids: &mut impl NewIds,
    tally: &Tally,
) -> Option<LedgerEntry> {
    let place = read_place(row, places, known, findings);
    let span = read_span(row, &place, places.units(&place), findings);
    let face = read_face(&row.text(Field::Face));
    let kind_word = row.text(Field::Kind);
    let kind = if kind_word.is_empty() { row.table.kind } else { known.kind(&kind_word) };
    if kind.is_none() {
        findings.list(Field::Kind, RowCode::UnknownKind, message::unknown_kind(&kind_word));
    }
    let (brand, model) = match (row.text(Field::Brand), row.text(Field::Model)) {
        (brand, model) if brand.is_empty() => brand::split(&model),
        both => both,
    };
    if brand.is_empty() && model.is_empty() {
        findings.list(Field::Model, RowCode::NoModel, message::no_model());
    }
    let serial = read_serial(row, claims, tally, findings);
    let count_word = row.measure(Field::Quantity);
    let count = if count_word.is_empty() { Some(1) } else { quantity(&count_word) };
    if count.is_none() {
        findings.list(Field::Quantity, RowCode::BadQuantity, message::bad_quantity(&count_word));
    }
    let date_word = row.measure(Field::MountedOn);
    let mounted_on = date(&date_word);
    if mounted_on.is_none() && !date_word.is_empty() {
        findings.list(Field::MountedOn, RowCode::BadDate, message::bad_date(&date_word));
    }
    let (kind, quantity) = (kind?, count?);
    if findings.skip() {
        return None;
    }
    let units = places.units(&place);
    let (room, rack) = places.ensure(&place, units, ids);
    if let Some(span) = span {
        claim_span(&rack, (span, face, row), claims, tally, findings);
    }
    Some(LedgerEntry {
        id: AssetId::new(ids.new_id()),
        kind,
        name: row.text(Field::Name),
        brand,
        model,
        serial,
        asset_tag: row.code(Field::AssetTag),
        quantity,
        room,
        rack,
        span,
        face,
        owning_unit: row.text(Field::OwningUnit),
        order_no: OrderNo::new(row.code(Field::OrderNo)),
        mounted_on,
        status: row.text(Field::Status),
        note: row.note(),
    })
}

impl<'t> Known<'t> {
    fn kind(&mut self, word: &str) -> Option<AssetKind> {
        if let Some(kind) = self.kinds.get(word) {
            return *kind;
        }
        let kind = asset_kind(word);
        self.kinds.insert(word.to_owned(), kind);
        kind
    }

    fn place(&mut self, row: Row<'t>, places: &Places) -> Rc<RackPlace> {
        let mut said = [Field::Room, rack_column(row), Field::Location, Field::Position].map(|column| row.raw(column));
        // The position names the rack only where nothing else does.
        if !says_nothing(said[1]) {
            said[3] = "";
        }
        match &self.place {
            Some((before, place)) if *before == said => Rc::clone(place),
            _ => {
                let place = Rc::new(places.of_row(row));
                self.place = Some((said, Rc::clone(&place)));
                place
            }
        }
    }
}

fn read_place<'t>(row: Row<'t>, places: &Places, known: &mut Known<'t>, findings: &mut Findings<'_>) -> Rc<RackPlace> {
    let place = known.place(row, places);
    if place.room.is_empty() {
        findings.list(Field::Room, RowCode::NoRoom, message::no_room());
    }
    if place.rack.is_empty() {
        findings.list(Field::Rack, RowCode::NoRack, message::no_rack());
    } else if !place.room.is_empty() && places.is_unlisted(&place) {
        findings.list(Field::Rack, RowCode::UnknownRack, message::unknown_rack(&place.rack, &place.room));
    }
    place
}

/// The units of the row. An asset without a position is allowed; one whose height nobody gives fills a single unit.
fn read_span(row: Row<'_>, place: &RackPlace, rack_units: u16, findings: &mut Findings<'_>) -> Option<UnitSpan> {
    let spelled = row.measure(Field::Position);
    if spelled.is_empty() {
        return None;
    }
    let (low, mut high) = match position(&spelled) {
        Ok(ends) => ends,
        Err(why) => match rack_and_position(&spelled) {
            Some((rack, ends)) if names_rack(row, &rack) => ends,
            Some(_) => {
                let text = message::rack_contradicts(&spelled, &place.rack);
                findings.list(Field::Position, RowCode::BadPosition, text);
                return None;
            }
            None => {
                findings.list(Field::Position, RowCode::BadPosition, message::bad_position(&spelled, why));
                return None;
            }
        },
    };
    let mut low = low;
    let end_word = row.measure(Field::PositionEnd);
    if low == high && !end_word.is_empty() {
        let Ok((end, last)) = position(&end_word) else {
            findings.list(Field::PositionEnd, RowCode::BadPosition, message::bad_position_end(&end_word));
            return None;
        };
        (low, high) = (low.min(end), high.max(last));
    }
    let height_word = row.measure(Field::Height);
    if low == high && !height_word.is_empty() {
        let Some(units) = height(&height_word) else {
            findings.list(Field::Height, RowCode::BadPosition, message::bad_height(&height_word));
            return None;
        };
        high = low.saturating_add(u32::from(units) - 1);
    }
    let inside = low >= 1 && high <= u32::from(rack_units);
    if !inside {
        let text = message::position_outside_rack(&spelled, &place.rack, rack_units);
        findings.list(Field::Position, RowCode::PositionOutsideRack, text);
        return None;
    }
    UnitSpan::new(u16::try_from(low).ok()?, u16::try_from(high).ok()?)
}

/// Whether a rack named in the cell of the position is the one that the row says, if it says one.
fn names_rack(row: Row<'_>, rack: &str) -> bool {
    let said = rack_name(&row.text(Field::Rack));
    let bare = |name: &str| key(name).replace('-', "");
    said.is_empty() || bare(&said) == bare(rack)
}

fn read_serial<'t>(row: Row<'t>, claims: &mut Claims<'t>, tally: &Tally, findings: &mut Findings<'_>) -> String {
    let serial = row.code(Field::Serial);
    if serial.is_empty() {
        if row.table.header.place(Field::Serial).is_some() {
            findings.list(Field::Serial, RowCode::NoSerial, message::no_serial());
        }
    } else {
        match claims.serials.entry(key(&serial)) {
            Entry::Occupied(first) => {
                let text = message::duplicate_serial(&serial, &tally.name_row(*first.get()));
                findings.list(Field::Serial, RowCode::DuplicateSerial, text);
            }
            Entry::Vacant(place) => {
                place.insert(row);
            }
        }
    }
    serial
}

/// Two assets may share units only on opposite sides of the rack; a side that the ledger leaves open may be either.
fn claim_span<'t>(
    rack: &RackId,
    (span, face, row): (UnitSpan, Option<Face>, Row<'t>),
    claims: &mut Claims<'t>,
    tally: &Tally,
    findings: &mut Findings<'_>,
) {
    let taken = claims.spans.entry(rack.clone()).or_default();
    let overlap = taken.iter().find(|(other, other_face, _)| {
        let same_side = face.is_none() || other_face.is_none() || face == *other_face;
        same_side && span.overlaps(*other)
    });
    if let Some((other, _, first)) = overlap {
        let text = message::position_taken(span, *other, &tally.name_row(*first));
        findings.list(Field::Position, RowCode::PositionTaken, text);
    }
    taken.push((span, face, row));
}

fn read_face(word: &str) -> Option<Face> {
    match key(word).as_str() {
        "FRONT" | "前" | "正面" | "前面" => Some(Face::Front),
        "REAR" | "BACK" | "后" | "背面" | "后面" => Some(Face::Rear),
        _ => None,
    }
}
