//! Rows of a rack list: each gives a rack its height.

use xunjian_domain::ledger::{NewIds, RowCode};

use super::{
    DEFAULT_RACK_UNITS,
    cell::height,
    mapping::Field,
    message,
    places::{Places, rack_column},
    table::Table,
    tally::{Findings, Tally},
};

/// Reads rack lists. A row that repeats a rack with the same height changes nothing; with another height it is skipped.
pub(super) fn read(tables: &[(usize, &Table)], places: &mut Places, ids: &mut impl NewIds, tally: &mut Tally) {
    for &(at, table) in tables {
        for row in table.data_rows() {
            let mut findings = Findings::new(row);
            let place = places.of_row(row);
            if place.room.is_empty() {
                findings.list(Field::Room, RowCode::NoRoom, message::no_room());
            }
            if place.rack.is_empty() {
                findings.list(rack_column(row), RowCode::NoRack, message::no_rack());
            }
            let spelled = row.measure(Field::RackUnits);
            let units = if spelled.is_empty() { Some(DEFAULT_RACK_UNITS) } else { height(&spelled) };
            if units.is_none() {
                findings.list(Field::RackUnits, RowCode::BadQuantity, message::bad_rack_height(&spelled));
            }
            if let (Some(units), Some(known)) = (units, places.find(&place))
                && known.units != units
            {
                let text = message::rack_height_differs(&place.rack, known.units, units);
                findings.list(Field::RackUnits, RowCode::BadQuantity, text);
            }
            if let Some(units) = units.filter(|_| !findings.skip()) {
                places.ensure(&place, units, ids);
            }
            tally.close(at, findings);
        }
    }
    places.end_of_lists();
}
