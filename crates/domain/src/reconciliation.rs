//! 校核: what stands in a rack held against the ledger (A.1-03a/b, 5.1.2.2–3).
//!
//! Until the rack is closed nothing is missing: an asset nobody has seen is 未核. Nothing here changes the ledger.

mod difference;
mod moves;

use serde::{Deserialize, Serialize};

pub use self::{
    difference::{ComparedField, Difference, OrderStanding, differences, order_standing},
    moves::{AssetWhereabouts, RackReport, Side, Standing, Whereabouts, match_moves, whereabouts},
};
use crate::{
    hash::Sha256,
    ids::{AssetId, RackId},
    ledger::{Face, LedgerEntry, ResourceOrder, UnitSpan},
};

/// 校核结论.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 一致.
    Matches,
    /// 位置不符: in another rack than the ledger says.
    WrongRack,
    /// 位置不符: at other units than the ledger says.
    WrongUnit,
    /// 型号不符.
    WrongModel,
    /// 品牌不符.
    WrongBrand,
    /// 序列号不符.
    WrongSerial,
    /// 归属不符.
    WrongOwner,
    /// 订单不符.
    WrongOrder,
    /// 数量不符.
    WrongQuantity,
    /// 缺失: the rack was closed and the asset was not there.
    Missing,
    /// 账外: there, but not in the ledger.
    NotInLedger,
    /// 未核: nobody looked, or the rack is still open.
    Unverified,
}

impl Verdict {
    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Matches => "一致",
            Self::WrongRack | Self::WrongUnit => "位置不符",
            Self::WrongModel => "型号不符",
            Self::WrongBrand => "品牌不符",
            Self::WrongSerial => "序列号不符",
            Self::WrongOwner => "归属不符",
            Self::WrongOrder => "订单不符",
            Self::WrongQuantity => "数量不符",
            Self::Missing => "缺失",
            Self::NotInLedger => "账外",
            Self::Unverified => "未核",
        }
    }

    /// 不一致信息: what must be fed back to the owning unit (5.1.2.4).
    #[must_use]
    pub fn is_discrepancy(self) -> bool {
        !matches!(self, Self::Matches | Self::Unverified)
    }
}

/// How an asset was identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SightedBy {
    /// Its label was scanned and the label's signature is right.
    Scan,
    /// The code beside the label was typed.
    TypedCode,
    /// Read off the asset by eye.
    Eye,
}

/// What the inspector saw of one asset. A `None` means “not looked at”, never “as in the ledger”.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// The ledger's asset; `None` for one the ledger does not have.
    pub asset: Option<AssetId>,
    /// How it was identified.
    pub by: SightedBy,
    /// The rack it stands in.
    pub rack: RackId,
    /// The units it fills.
    pub span: Option<UnitSpan>,
    /// The side it is mounted on.
    pub face: Option<Face>,
    /// Brand as read.
    pub brand: Option<String>,
    /// Model as read.
    pub model: Option<String>,
    /// Serial as read.
    pub serial: Option<String>,
    /// How many stand there.
    pub quantity: Option<u32>,
    /// Owning unit as labelled or told.
    pub owning_unit: Option<String>,
    /// Order number as documented.
    pub order_no: Option<String>,
    /// Whether the inspector said that position, brand and model are as the ledger has them.
    pub as_in_ledger: bool,
    /// What else there is to say.
    pub note: String,
    /// Photos of the asset, by hash; each is evidence of the same record. Left out of the bytes when there is none, so that
    /// what was signed before sightings had photos keeps its spelling (docs/adr/0018).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Sha256>,
}

impl Sighting {
    /// An asset that was met and not looked at any further.
    #[must_use]
    pub fn bare(asset: Option<AssetId>, rack: RackId, by: SightedBy) -> Self {
        Self {
            asset,
            by,
            rack,
            span: None,
            face: None,
            brand: None,
            model: None,
            serial: None,
            quantity: None,
            owning_unit: None,
            order_no: None,
            as_in_ledger: false,
            note: String::new(),
            photos: Vec::new(),
        }
    }
}

/// What became of one asset. Frozen: part of the signed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Reconciliation {
    /// The ledger's asset; `None` for one the ledger does not have.
    pub asset: Option<AssetId>,
    /// At least one verdict, sorted; exactly one when it is 一致, 缺失, 账外 or 未核.
    pub verdicts: Vec<Verdict>,
    /// What was seen; `None` for 缺失 and 未核.
    pub sighting: Option<Sighting>,
}

/// Holds the sightings of one rack against what the ledger expects in it.
///
/// `elsewhere` are ledger assets of other racks that were sighted here. `orders` are the orders with the numbers that the
/// ledger names for these assets; `None` when no orders were imported at all, which says nothing against any asset.
/// `closed` says that the inspector declared the rack complete: only then is an unseen asset 缺失, before that it is 未核.
/// Expected assets come first, in ledger order, then those of other racks, then what the ledger does not have.
#[must_use]
pub fn reconcile_rack(
    rack: &RackId,
    expected: &[&LedgerEntry],
    elsewhere: &[&LedgerEntry],
    orders: Option<&[ResourceOrder]>,
    sightings: &[Sighting],
    closed: bool,
) -> Vec<Reconciliation> {
    // A later sighting of the same asset replaces the earlier one: the inspector looked again.
    let seen = |asset: &LedgerEntry| sightings.iter().rev().find(|seen| seen.asset.as_ref() == Some(&asset.id));
    let mut result: Vec<Reconciliation> = expected
        .iter()
        .map(|asset| match seen(asset) {
            Some(sighting) => judge(rack, asset, orders, sighting),
            None => Reconciliation {
                asset: Some(asset.id.clone()),
                verdicts: vec![if closed { Verdict::Missing } else { Verdict::Unverified }],
                sighting: None,
            },
        })
        .collect();
    result
        .extend(elsewhere.iter().filter_map(|asset| seen(asset).map(|sighting| judge(rack, asset, orders, sighting))));
    result.extend(sightings.iter().filter(|seen| seen.asset.is_none()).map(|sighting| Reconciliation {
        asset: None,
        verdicts: vec![Verdict::NotInLedger],
        sighting: Some(sighting.clone()),
    }));
    result
}

fn judge(rack: &RackId, asset: &LedgerEntry, orders: Option<&[ResourceOrder]>, sighting: &Sighting) -> Reconciliation {
    let found = differences(rack, asset, orders, sighting);
    // A scan alone proves where the label is, not that position and model are right; and what the orders say of an asset
    // nobody looked at is no result of having looked.
    let looked = sighting.as_in_ledger || (sighting.span.is_some() && sighting.model.is_some());
    let mut verdicts: Vec<Verdict> = if looked || found.iter().any(|one| one.seen.is_some()) {
        found.iter().map(Difference::verdict).collect()
    } else {
        vec![Verdict::Unverified]
    };
    if verdicts.is_empty() {
        verdicts.push(Verdict::Matches);
    }
    verdicts.sort_unstable();
    verdicts.dedup();
    Reconciliation { asset: Some(asset.id.clone()), verdicts, sighting: Some(sighting.clone()) }
}

/// Brand, model and serial are compared without case and white space: ledgers spell them freely.
fn normalised(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || normalised(a) == normalised(b)
}
