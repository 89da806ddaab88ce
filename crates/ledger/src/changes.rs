//! Proposals: what the ledger would have to say for the sealed records to agree with it.
//!
//! A proposal changes nothing. It takes over only what an inspector saw and a record says; what nobody read stays as the
//! ledger has it, and what is contradictory (an asset seen in two racks) or impossible (units above the rack) is left out. What a
//! sighting read is tidied as an import tidies a cell.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use xunjian_domain::{
    ids::{AssetId, OrderNo, RackId},
    ledger::{AssetChange, AssetKind, Ground, Ledger, LedgerEntry, NewIds, Rack},
    reconciliation::{RackReport, Reconciliation, Sighting, Verdict, Whereabouts, match_moves},
};

use crate::import::{tidy_code, tidy_note, tidy_text};

/// The reconciliation of one rack, as a record holds it.
#[derive(Debug, Clone)]
pub struct Report<'r> {
    /// The record, and who sealed it.
    pub ground: Ground,
    /// The rack that was walked.
    pub rack: &'r RackId,
    /// What became of each asset.
    pub reconciliation: &'r [Reconciliation],
}

/// The changes that the reports of one round propose, by asset in ledger order, then what the ledger does not have. Each
/// report counts; of a visit that was walked twice hand in the one that counts.
#[must_use]
pub fn propose(ledger: &Ledger, reports: &[Report<'_>], ids: &mut impl NewIds) -> Vec<AssetChange> {
    let sides: Vec<RackReport<'_>> =
        reports.iter().map(|report| RackReport { rack: report.rack, reconciliation: report.reconciliation }).collect();
    let places: BTreeMap<&AssetId, Whereabouts> =
        match_moves(&sides).into_iter().map(|one| (one.asset, one.whereabouts)).collect();
    let racks: BTreeMap<&RackId, &Rack> = ledger.racks.iter().map(|rack| (&rack.id, rack)).collect();
    let mut said: BTreeMap<&AssetId, Vec<(&Report<'_>, &Reconciliation)>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for report in reports {
        for one in report.reconciliation.iter().filter(|one| one.verdicts.iter().any(|said| said.is_discrepancy())) {
            match &one.asset {
                Some(asset) => said.entry(asset).or_default().push((report, one)),
                None => unknown.push((report, one)),
            }
        }
    }
    let known = ledger.assets.iter().filter_map(|entry| {
        let of_asset = said.get(&entry.id)?;
        let mut because: Vec<Ground> = of_asset.iter().map(|(report, _)| report.ground.clone()).collect();
        because.sort();
        because.dedup();
        let after = match places.get(&entry.id)? {
            Whereabouts::Missing => None,
            Whereabouts::AtHome | Whereabouts::Moved | Whereabouts::SeenElsewhere => {
                let mut after = entry.clone();
                for (report, one) in of_asset {
                    if let Some(sighting) = &one.sighting {
                        take_over(&mut after, &one.verdicts, sighting, racks.get(report.rack).copied());
                    }
                }
                Some(after)
            }
            Whereabouts::SeenTwice | Whereabouts::Unverified => return None,
        };
        let change = AssetChange { asset: entry.id.clone(), before: Some(entry.clone()), after, because };
        (change.before != change.after).then_some(change)
    });
    let mut changes: Vec<AssetChange> = known.collect();
    for (report, one) in unknown {
        let entry = one.sighting.as_ref().zip(racks.get(report.rack));
        if let Some(entry) = entry.and_then(|(sighting, rack)| found(sighting, rack, ids)) {
            let because = vec![report.ground.clone()];
            changes.push(AssetChange { asset: entry.id.clone(), before: None, after: Some(entry), because });
        }
    }
    changes
}

/// Writes into the row what was seen of it, as far as the verdicts say that it differs.
fn take_over(entry: &mut LedgerEntry, verdicts: &[Verdict], seen: &Sighting, rack: Option<&Rack>) {
    let fits = |rack: &Rack| seen.span.is_none_or(|span| span.high <= rack.units);
    for verdict in verdicts {
        match verdict {
            Verdict::WrongRack => {
                if let Some(rack) = rack.filter(|rack| fits(rack)) {
                    (entry.room, entry.rack) = (rack.room.clone(), rack.id.clone());
                    (entry.span, entry.face) = (seen.span, seen.face);
                }
            }
            Verdict::WrongUnit => {
                if rack.is_some_and(fits) {
                    entry.span = seen.span.or(entry.span);
                    entry.face = seen.face.or(entry.face);
                }
            }
            Verdict::WrongBrand => take(&mut entry.brand, seen.brand.as_deref().map(tidy_text)),
            Verdict::WrongModel => take(&mut entry.model, seen.model.as_deref().map(tidy_text)),
            Verdict::WrongSerial => take(&mut entry.serial, seen.serial.as_deref().map(tidy_code)),
            Verdict::WrongOwner => take(&mut entry.owning_unit, seen.owning_unit.as_deref().map(tidy_text)),
            Verdict::WrongOrder => {
                take(&mut entry.order_no, seen.order_no.as_deref().map(|number| OrderNo::new(tidy_code(number))));
            }
            Verdict::WrongQuantity => take(&mut entry.quantity, seen.quantity.filter(|count| *count > 0)),
            Verdict::Matches | Verdict::Missing | Verdict::NotInLedger | Verdict::Unverified => {}
        }
    }
}

fn take<T>(field: &mut T, seen: Option<T>) {
    if let Some(seen) = seen {
        *field = seen;
    }
}

/// A row for what the ledger does not have. Nobody said its kind, which decides what is inspected: it is reconciled only, until
/// an import says more. What has neither brand nor model could not be recognised again.
fn found(seen: &Sighting, rack: &Rack, ids: &mut impl NewIds) -> Option<LedgerEntry> {
    let text = |text: &Option<String>| text.as_deref().map(tidy_text).unwrap_or_default();
    let (brand, model) = (text(&seen.brand), text(&seen.model));
    let fits = seen.span.is_none_or(|span| span.high <= rack.units);
    if !fits || (brand.is_empty() && model.is_empty()) {
        return None;
    }
    Some(LedgerEntry {
        id: AssetId::new(ids.new_id()),
        kind: AssetKind::Other,
        name: String::new(),
        brand,
        model,
        serial: seen.serial.as_deref().map(tidy_code).unwrap_or_default(),
        asset_tag: String::new(),
        quantity: seen.quantity.filter(|count| *count > 0).unwrap_or(1),
        room: rack.room.clone(),
        rack: rack.id.clone(),
        span: seen.span,
        face: seen.face,
        owning_unit: text(&seen.owning_unit),
        order_no: OrderNo::new(seen.order_no.as_deref().map(tidy_code).unwrap_or_default()),
        mounted_on: None,
        status: String::new(),
        note: tidy_note(&seen.note),
    })
}
