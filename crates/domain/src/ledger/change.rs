//! 台账变更单: what approved changes make of a ledger. Each change holds the whole row before and after, so that it applies to
//! the row somebody looked at and to no other.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Ledger, LedgerEntry};
use crate::{
    hash::Sha256,
    ids::{AssetId, PersonId},
};

/// One asset before and after. Frozen: part of a signed statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AssetChange {
    /// The asset; of one that is added its new id.
    pub asset: AssetId,
    /// As the ledger has it; `None` for one that is added.
    pub before: Option<LedgerEntry>,
    /// As it becomes; `None` for one that is removed.
    pub after: Option<LedgerEntry>,
    /// The records that show it, sorted; at least one.
    pub because: Vec<Ground>,
}

/// A record that shows a change, and who sealed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The record.
    pub record: Sha256,
    /// Who walked it: may not approve the change.
    pub inspector: PersonId,
}

/// Why changes do not fit a ledger; nothing of them was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// The ledger has changed since.
    #[error("the asset {0} is no longer as it was when the change was proposed")]
    Outdated(AssetId),
    /// It would name a place that the ledger does not have, or that is too small.
    #[error("the asset {0} would stand where nothing can stand")]
    NoPlace(AssetId),
    /// It contradicts itself.
    #[error("the change of the asset {0} makes no sense")]
    Malformed(AssetId),
}

/// The ledger with all changes in it; its systems are to be derived anew. An asset that comes to a rack comes last there.
///
/// # Errors
/// [`NotApplied`] for the first change that does not fit.
pub fn apply(ledger: &Ledger, changes: &[AssetChange]) -> Result<Ledger, NotApplied> {
    let known: HashMap<&AssetId, &LedgerEntry> = ledger.assets.iter().map(|asset| (&asset.id, asset)).collect();
    let mut changed: HashMap<&AssetId, &AssetChange> = HashMap::new();
    for change in changes {
        let ids = change.before.iter().chain(&change.after).all(|entry| entry.id == change.asset);
        let is_change = change.before != change.after && !change.because.is_empty();
        if !ids || !is_change || changed.insert(&change.asset, change).is_some() {
            return Err(NotApplied::Malformed(change.asset.clone()));
        }
        if known.get(&change.asset).copied() != change.before.as_ref() {
            return Err(NotApplied::Outdated(change.asset.clone()));
        }
        if change.after.as_ref().is_some_and(|after| !ledger.has_place_for(after) || after.quantity == 0) {
            return Err(NotApplied::NoPlace(change.asset.clone()));
        }
    }
    let mut next = ledger.clone();
    let mut moved = Vec::new();
    next.assets.retain_mut(|asset| {
        let Some(change) = changed.get(&asset.id) else { return true };
        match &change.after {
            Some(after) if after.rack == asset.rack => {
                asset.clone_from(after);
                true
            }
            Some(after) => {
                moved.push(after.clone());
                false
            }
            None => false,
        }
    });
    next.assets.extend(moved);
    next.assets
        .extend(changes.iter().filter(|change| change.before.is_none()).filter_map(|change| change.after.clone()));
    let places: HashMap<_, _> = ledger.racks.iter().enumerate().map(|(at, rack)| (&rack.id, at)).collect();
    next.assets.sort_by_key(|asset| places.get(&asset.rack).copied().unwrap_or(usize::MAX));
    Ok(next)
}

impl Ledger {
    /// Whether the rack of an asset is there, in its room, and as high as the asset needs.
    fn has_place_for(&self, asset: &LedgerEntry) -> bool {
        let rack = self.racks.iter().find(|rack| rack.id == asset.rack && rack.room == asset.room);
        rack.is_some_and(|rack| asset.span.is_none_or(|span| span.low >= 1 && span.high <= rack.units))
    }
}
