//! What the other drafts of a round on this terminal say of assets: open ones and sealed ones alike, whoever walked them.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use xunjian_domain::{
    ids::{AssetId, RackId, RoundId},
    ledger::LedgerEntry,
    reconciliation::Standing,
};

use super::{ledger::LedgerNo, sql};
use crate::error::FieldError;

/// What one other draft says of an asset.
#[derive(Debug, Clone)]
pub(crate) struct OtherDraft {
    pub rack: RackId,
    pub standing: Standing,
    pub person_name: String,
    pub is_sealed: bool,
}

fn standing(rack: &RackId, home: &RackId) -> Standing {
    if rack == home { Standing::SeenAtHome } else { Standing::SeenElsewhere }
}

/// Where other drafts saw the assets that belong in `rack`.
pub(crate) fn others_of_rack(
    connection: &Connection,
    no: LedgerNo,
    rack: &RackId,
    round: &RoundId,
    draft: &str,
) -> Result<HashMap<AssetId, Vec<OtherDraft>>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_sighting/of_rack_assets"))?;
    let mut rows = statement.query(params![no.0, rack.as_str(), round.as_str(), draft])?;
    let mut found: HashMap<AssetId, Vec<OtherDraft>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let seen_in = RackId::new(row.get::<_, String>(1)?);
        found.entry(AssetId::new(row.get::<_, String>(0)?)).or_default().push(OtherDraft {
            standing: standing(&seen_in, rack),
            rack: seen_in,
            person_name: row.get(2)?,
            is_sealed: row.get::<_, String>(3)? == "sealed",
        });
    }
    Ok(found)
}

/// What other drafts say of an asset that was met away from its rack: those that saw it anywhere, and those of its own rack,
/// which say by being closed that it is missing there.
pub(crate) fn others_of_asset(
    connection: &Connection,
    asset: &LedgerEntry,
    round: &RoundId,
    draft: &str,
) -> Result<Vec<OtherDraft>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_sighting/of_asset"))?;
    let rows = statement.query_map(params![asset.id.as_str(), round.as_str(), draft], |row| {
        let rack = RackId::new(row.get::<_, String>(0)?);
        let is_sealed = row.get::<_, String>(2)? == "sealed";
        Ok(OtherDraft { standing: standing(&rack, &asset.rack), rack, person_name: row.get(1)?, is_sealed })
    })?;
    let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut statement = connection.prepare_cached(sql!("draft/of_rack_unseen"))?;
    let rows = statement.query_map(params![asset.rack.as_str(), round.as_str(), draft, asset.id.as_str()], |row| {
        let standing = if row.get(0)? { Standing::Missing } else { Standing::Unverified };
        let is_sealed = row.get::<_, String>(2)? == "sealed";
        Ok(OtherDraft { rack: asset.rack.clone(), standing, person_name: row.get(1)?, is_sealed })
    })?;
    for row in rows {
        found.push(row?);
    }
    Ok(found)
}
