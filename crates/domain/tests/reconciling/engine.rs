//! Runs the rules over a walked site as a terminal does: rack by rack, with the ledger rows and orders of that rack.

use std::collections::HashMap;

use xunjian_domain::{
    ids::AssetId,
    ledger::LedgerEntry,
    reconciliation::{RackReport, Reconciliation, reconcile_rack},
};

use crate::walk::Walk;

/// Every rack reconciled.
pub fn reconcile(walk: &Walk) -> Vec<Vec<Reconciliation>> {
    let by_id: HashMap<&AssetId, &LedgerEntry> = walk.assets.iter().map(|asset| (&asset.id, asset)).collect();
    let mut by_rack: HashMap<&str, Vec<&LedgerEntry>> = HashMap::new();
    for asset in &walk.assets {
        by_rack.entry(asset.rack.as_str()).or_default().push(asset);
    }
    walk.racks
        .iter()
        .map(|rack| {
            let here = by_rack.get(rack.id.as_str()).map_or(&[][..], Vec::as_slice);
            let mut there: Vec<&LedgerEntry> = Vec::new();
            for seen in rack.sightings.iter().filter_map(|seen| seen.asset.as_ref()) {
                let asset = by_id[seen];
                if asset.rack != rack.id && there.iter().all(|known| known.id != asset.id) {
                    there.push(asset);
                }
            }
            let orders = walk.orders_of(here.iter().chain(&there).copied());
            reconcile_rack(&rack.id, here, &there, Some(&orders), &rack.sightings, rack.is_closed)
        })
        .collect()
}

/// What the racks report of a round.
pub fn reports<'a>(walk: &'a Walk, found: &'a [Vec<Reconciliation>]) -> Vec<RackReport<'a>> {
    let rack = |(rack, found): (&'a crate::walk::WalkedRack, &'a Vec<Reconciliation>)| RackReport {
        rack: &rack.id,
        reconciliation: found,
    };
    walk.racks.iter().zip(found).map(rack).collect()
}
