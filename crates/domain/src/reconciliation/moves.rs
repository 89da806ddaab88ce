//! 移位: an asset missing from its rack and seen in another one of the same round is one fact with two sides, often signed by
//! two inspectors. Their records are never changed; this only puts them side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Reconciliation, Verdict};
use crate::ids::{AssetId, RackId};

/// How one asset came out in one rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Seen in the rack the ledger names.
    SeenAtHome,
    /// Seen in another rack.
    SeenElsewhere,
    /// Its rack was closed without it.
    Missing,
    /// Its rack is open, and nobody has seen it there.
    Unverified,
}

impl Standing {
    /// How a reconciled asset stands; `None` for one the ledger does not have.
    #[must_use]
    pub fn of(one: &Reconciliation) -> Option<Self> {
        one.asset.as_ref()?;
        Some(if one.verdicts.contains(&Verdict::WrongRack) {
            Self::SeenElsewhere
        } else if one.sighting.is_some() {
            Self::SeenAtHome
        } else if one.verdicts.contains(&Verdict::Missing) {
            Self::Missing
        } else {
            Self::Unverified
        })
    }
}

/// What one rack says of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side<'a> {
    /// The rack that was walked.
    pub rack: &'a RackId,
    /// How the asset came out there.
    pub standing: Standing,
}

/// Where an asset is, by everything a round knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// In the rack the ledger names.
    AtHome,
    /// 移位: missing from its rack, and seen in exactly one other.
    Moved,
    /// Seen in one other rack, while nobody has closed its own yet.
    SeenElsewhere,
    /// 多处出现: seen in two racks, such as by a copied label. A person must look.
    SeenTwice,
    /// 缺失, and seen nowhere.
    Missing,
    /// 未核.
    Unverified,
}

/// Puts the sides of one asset together. The order of the sides does not matter.
#[must_use]
pub fn whereabouts<'a>(sides: impl IntoIterator<Item = Side<'a>>) -> Whereabouts {
    let mut seen_in = BTreeSet::new();
    let (mut is_home, mut is_missing) = (false, false);
    for side in sides {
        match side.standing {
            Standing::SeenAtHome | Standing::SeenElsewhere => {
                is_home |= side.standing == Standing::SeenAtHome;
                seen_in.insert(side.rack);
            }
            Standing::Missing => is_missing = true,
            Standing::Unverified => {}
        }
    }
    match (seen_in.len(), is_home, is_missing) {
        (2.., _, _) => Whereabouts::SeenTwice,
        (1, true, _) => Whereabouts::AtHome,
        (1, false, true) => Whereabouts::Moved,
        (1, false, false) => Whereabouts::SeenElsewhere,
        (_, _, true) => Whereabouts::Missing,
        _ => Whereabouts::Unverified,
    }
}

/// The reconciliation of one rack, as a record or a draft holds it.
#[derive(Debug, Clone, Copy)]
pub struct RackReport<'a> {
    /// The rack that was walked.
    pub rack: &'a RackId,
    /// What became of each asset.
    pub reconciliation: &'a [Reconciliation],
}

/// Where one asset is, and by which racks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetWhereabouts<'a> {
    /// The asset.
    pub asset: &'a AssetId,
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// The other racks it was seen in, sorted.
    pub seen_elsewhere: Vec<&'a RackId>,
}

/// Matches the reports of a round: one answer for each ledger asset that any of them names, sorted by id.
#[must_use]
pub fn match_moves<'a>(reports: &[RackReport<'a>]) -> Vec<AssetWhereabouts<'a>> {
    let mut sides: BTreeMap<&AssetId, Vec<Side<'a>>> = BTreeMap::new();
    for report in reports {
        for one in report.reconciliation {
            if let (Some(asset), Some(standing)) = (&one.asset, Standing::of(one)) {
                sides.entry(asset).or_default().push(Side { rack: report.rack, standing });
            }
        }
    }
    sides
        .into_iter()
        .map(|(asset, sides)| {
            let elsewhere = sides.iter().filter(|side| side.standing == Standing::SeenElsewhere);
            let mut seen_elsewhere: Vec<&RackId> = elsewhere.map(|side| side.rack).collect();
            seen_elsewhere.sort_unstable();
            seen_elsewhere.dedup();
            AssetWhereabouts { asset, whereabouts: whereabouts(sides), seen_elsewhere }
        })
        .collect()
}
