//! 校核: what stands in a rack held against the ledger (A.1-03a/b, 5.1.2.2–3).
//!
//! Until the rack is closed nothing is missing: an asset nobody has seen is 未核. Nothing here changes the ledger.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AssetId, RackId},
    ledger::{Face, LedgerEntry, UnitSpan},
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
/// `elsewhere` are ledger assets of other racks that were sighted here. `closed` says that the inspector declared the rack
/// complete: only then is an unseen asset 缺失, before that it is 未核. Expected assets come first, in ledger order.
#[must_use]
pub fn reconcile_rack(
    rack: &RackId,
    expected: &[&LedgerEntry],
    elsewhere: &[&LedgerEntry],
    sightings: &[Sighting],
    closed: bool,
) -> Vec<Reconciliation> {
    // A later sighting of the same asset replaces the earlier one: the inspector looked again.
    let seen = |asset: &LedgerEntry| sightings.iter().rev().find(|seen| seen.asset.as_ref() == Some(&asset.id));
    let mut result: Vec<Reconciliation> = expected
        .iter()
        .map(|asset| match seen(asset) {
            Some(sighting) => judge(rack, asset, sighting),
            None => Reconciliation {
                asset: Some(asset.id.clone()),
                verdicts: vec![if closed { Verdict::Missing } else { Verdict::Unverified }],
                sighting: None,
            },
        })
        .collect();
    result.extend(elsewhere.iter().filter_map(|asset| seen(asset).map(|sighting| judge(rack, asset, sighting))));
    result.extend(sightings.iter().filter(|seen| seen.asset.is_none()).map(|sighting| Reconciliation {
        asset: None,
        verdicts: vec![Verdict::NotInLedger],
        sighting: Some(sighting.clone()),
    }));
    result
}

fn judge(rack: &RackId, asset: &LedgerEntry, sighting: &Sighting) -> Reconciliation {
    let differs = |seen: &Option<String>, ledger: &str| {
        seen.as_deref().is_some_and(|seen| normalised(seen) != normalised(ledger))
    };
    let mut verdicts = Vec::new();
    let mut found = |is_wrong: bool, verdict| {
        if is_wrong {
            verdicts.push(verdict);
        }
    };
    found(&asset.rack != rack, Verdict::WrongRack);
    let other_units = sighting.span.is_some() && sighting.span != asset.span;
    let other_face = matches!((sighting.face, asset.face), (Some(seen), Some(ledger)) if seen != ledger);
    found(&asset.rack == rack && (other_units || other_face), Verdict::WrongUnit);
    found(differs(&sighting.model, &asset.model), Verdict::WrongModel);
    found(differs(&sighting.brand, &asset.brand), Verdict::WrongBrand);
    found(differs(&sighting.serial, &asset.serial), Verdict::WrongSerial);
    found(differs(&sighting.owning_unit, &asset.owning_unit), Verdict::WrongOwner);
    found(differs(&sighting.order_no, asset.order_no.as_str()), Verdict::WrongOrder);
    found(sighting.quantity.is_some_and(|seen| seen != asset.quantity), Verdict::WrongQuantity);
    if verdicts.is_empty() {
        // A scan alone proves where the label is, not that position and model are right.
        let looked = sighting.as_in_ledger || (sighting.span.is_some() && sighting.model.is_some());
        verdicts.push(if looked { Verdict::Matches } else { Verdict::Unverified });
    }
    verdicts.sort_unstable();
    Reconciliation { asset: Some(asset.id.clone()), verdicts, sighting: Some(sighting.clone()) }
}

/// Brand, model and serial are compared without case and white space: ledgers spell them freely.
fn normalised(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{OrderNo, RoomId},
        ledger::AssetKind,
    };

    fn asset(id: &str, rack: &str, low: u16) -> LedgerEntry {
        LedgerEntry {
            id: AssetId::new(id),
            kind: AssetKind::PhysicalServer,
            name: String::new(),
            brand: "浪潮".into(),
            model: "NF5280M6".into(),
            serial: format!("SN-{id}"),
            asset_tag: String::new(),
            quantity: 1,
            room: RoomId::new("room"),
            rack: RackId::new(rack),
            span: UnitSpan::new(low, low + 1),
            face: None,
            owning_unit: "市公安局".into(),
            order_no: OrderNo::new("DD1"),
            mounted_on: None,
            status: "在用".into(),
            note: String::new(),
        }
    }

    fn seen(asset: Option<&str>) -> Sighting {
        Sighting {
            asset: asset.map(AssetId::from),
            by: SightedBy::Scan,
            rack: RackId::new("A03"),
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
        }
    }

    #[test]
    fn each_difference_has_its_verdict() {
        let server = asset("s1", "A03", 5);
        let cases: Vec<(Sighting, Vec<Verdict>)> = vec![
            (Sighting { as_in_ledger: true, ..seen(Some("s1")) }, vec![Verdict::Matches]),
            (seen(Some("s1")), vec![Verdict::Unverified]),
            (Sighting { span: UnitSpan::new(7, 8), ..seen(Some("s1")) }, vec![Verdict::WrongUnit]),
            (
                Sighting { model: Some("nf5280 m6".into()), as_in_ledger: true, ..seen(Some("s1")) },
                vec![Verdict::Matches],
            ),
            (Sighting { model: Some("NF5280M5".into()), ..seen(Some("s1")) }, vec![Verdict::WrongModel]),
            (
                Sighting { brand: Some("华为".into()), serial: Some("X".into()), ..seen(Some("s1")) },
                vec![Verdict::WrongBrand, Verdict::WrongSerial],
            ),
            (
                Sighting { owning_unit: Some("市水务局".into()), order_no: Some("DD2".into()), ..seen(Some("s1")) },
                vec![Verdict::WrongOwner, Verdict::WrongOrder],
            ),
            (Sighting { quantity: Some(2), ..seen(Some("s1")) }, vec![Verdict::WrongQuantity]),
        ];
        for (sighting, verdicts) in cases {
            let found = reconcile_rack(&RackId::new("A03"), &[&server], &[], std::slice::from_ref(&sighting), false);
            assert_eq!(found[0].verdicts, verdicts, "{sighting:?}");
        }
    }

    #[test]
    fn nothing_is_missing_before_the_rack_is_closed() {
        let server = asset("s1", "A03", 5);
        let open = reconcile_rack(&RackId::new("A03"), &[&server], &[], &[], false);
        assert_eq!(open[0].verdicts, [Verdict::Unverified]);
        let closed = reconcile_rack(&RackId::new("A03"), &[&server], &[], &[], true);
        assert_eq!(closed[0].verdicts, [Verdict::Missing]);
    }

    #[test]
    fn a_stray_asset_and_an_unknown_one_are_both_told() {
        let stray = asset("s9", "B01", 1);
        let sightings = [seen(Some("s9")), Sighting { serial: Some("UNKNOWN-1".into()), ..seen(None) }];
        let found = reconcile_rack(&RackId::new("A03"), &[], &[&stray], &sightings, true);
        assert_eq!(found[0].verdicts, [Verdict::WrongRack]);
        assert_eq!(found[1].verdicts, [Verdict::NotInLedger]);
        assert!(found.iter().all(|one| one.verdicts.iter().all(|verdict| verdict.is_discrepancy())));
    }
}
