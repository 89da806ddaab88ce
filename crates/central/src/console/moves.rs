//! 移位: the sides of an asset's whereabouts put together over all records of a round, and its differences field by field.
//!
//! Both are derived from signed records, which stay as they are: what one inspector called 缺失 stays 缺失 in that record.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::RackId,
    reconciliation::{
        ComparedField, Difference, Reconciliation, Side, Standing, Whereabouts, differences, whereabouts,
    },
    subject::{Subject, SubjectKind},
};
use xunjian_proof::record::Record;

use super::names::Names;
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    log::to_i64,
    round::kind_text,
};

/// What another record of the round says of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OtherRecord {
    /// The record.
    pub record: String,
    /// What was visited.
    pub record_title: String,
    /// The room.
    pub room_name: String,
    /// The rack.
    pub rack_name: String,
    /// How the asset came out there.
    pub standing: Standing,
    /// Who looked.
    pub inspector_name: String,
    /// When the record was sealed.
    pub sealed_at: i64,
}

/// Notes how each ledger asset of a rack came out, inside the transaction that takes the record in.
///
/// # Errors
/// [`Error`] of the database.
pub(super) fn put_standings(sql: &dyn Sql, id: &str, record: &Record) -> Result<(), Error> {
    for (place, one) in record.reconciliation.iter().enumerate() {
        if let (Some(asset), Some(standing)) = (&one.asset, Standing::of(one)) {
            let values = [
                id.into(),
                to_i64(place as u64).into(),
                record.round.id.as_str().into(),
                asset.as_str().into(),
                record.visit.subject.id.as_str().into(),
                kind_text(standing)?.into(),
            ];
            sql.execute(sql!("asset_standing_insert"), &values)?;
        }
    }
    Ok(())
}

/// Field by field what the signed verdicts of an asset rest on; racks by room and name.
pub(crate) fn differences_of(record: &Record, one: &Reconciliation, names: &Names) -> Vec<Difference> {
    let entry = one.asset.as_ref().and_then(|asset| record.compared.iter().find(|entry| entry.id == *asset));
    let (Some(entry), Some(seen)) = (entry, &one.sighting) else { return Vec::new() };
    let rack = RackId::new(&*record.visit.subject.id);
    let mut found = differences(&rack, entry, Some(&record.orders), seen);
    // A record does not say whether orders were imported at all; the signed verdicts do.
    found.retain(|difference| one.verdicts.contains(&difference.verdict()));
    for difference in found.iter_mut().filter(|difference| difference.field == ComparedField::Rack) {
        difference.ledger = rack_name(names, &difference.ledger);
        difference.seen = difference.seen.as_deref().map(|seen| rack_name(names, seen));
    }
    found
}

/// A rack with its room, `一号机房 · A01`.
fn rack_name(names: &Names, id: &str) -> String {
    let rack = Subject { kind: SubjectKind::Rack, id: id.to_owned() };
    format!("{} · {}", names.room_of(&rack), names.rack_of(&rack))
}

/// Where an asset is by every newest record of the round, and what the records other than `record` say.
///
/// # Errors
/// [`Error`] of the database.
pub(super) fn together(
    sql: &dyn Sql,
    round: &str,
    asset: &str,
    record: &str,
) -> Result<(Option<Whereabouts>, Vec<OtherRecord>), Error> {
    if asset.is_empty() {
        return Ok((None, Vec::new()));
    }
    let read = |row: &Row| -> Result<(RackId, OtherRecord), Error> {
        let other = OtherRecord {
            record: row.text(0)?.to_owned(),
            record_title: row.text(3)?.to_owned(),
            room_name: row.text(7).unwrap_or_default().to_owned(),
            rack_name: row.text(6).unwrap_or_default().to_owned(),
            standing: serde_json::from_value(row.text(2)?.into())?,
            inspector_name: row.text(4)?.to_owned(),
            sealed_at: row.i64(5)?,
        };
        Ok((RackId::new(row.text(1)?), other))
    };
    let rows = sql.query(sql!("asset_standing_sides"), &[round.into(), asset.into()])?;
    let sides = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let found = whereabouts(sides.iter().map(|(rack, side)| Side { rack, standing: side.standing }));
    Ok((Some(found), sides.into_iter().map(|(_, side)| side).filter(|side| side.record != record).collect()))
}
