//! Field by field: what the ledger says, what was seen, and what the orders say (A.1-03a, A.1-03b).
//!
//! The verdicts are drawn from these differences, so that a page which shows them can never disagree with the verdict. They
//! are derived from what a record holds (ledger rows, orders, sightings) and stand in no record themselves.

use serde::{Deserialize, Serialize};

use super::{Sighting, Verdict, is_same};
use crate::{
    ids::RackId,
    ledger::{Face, LedgerEntry, ResourceOrder},
};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ComparedField {
    /// 机柜; its values are rack ids.
    Rack,
    /// U 位, `12-13`.
    Units,
    /// 安装面, `front` or `rear`.
    Face,
    /// 品牌.
    Brand,
    /// 型号.
    Model,
    /// 序列号.
    Serial,
    /// 数量.
    Quantity,
    /// 归属单位: ledger, label and order.
    OwningUnit,
    /// 订单编号: ledger, papers and the orders themselves.
    Order,
}

/// One field of which not all sides say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Which field.
    pub field: ComparedField,
    /// As the ledger has it; empty when it has nothing.
    pub ledger: String,
    /// As it was seen, where that differs from the ledger.
    pub seen: Option<String>,
    /// As the orders have it, where that differs from the ledger; empty when there is no order with the ledger's number.
    pub ordered: Option<String>,
}

impl Difference {
    /// What it comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.field {
            ComparedField::Rack => Verdict::WrongRack,
            ComparedField::Units | ComparedField::Face => Verdict::WrongUnit,
            ComparedField::Brand => Verdict::WrongBrand,
            ComparedField::Model => Verdict::WrongModel,
            ComparedField::Serial => Verdict::WrongSerial,
            ComparedField::Quantity => Verdict::WrongQuantity,
            ComparedField::OwningUnit => Verdict::WrongOwner,
            ComparedField::Order => Verdict::WrongOrder,
        }
    }
}

/// How the ledger's order stands to the orders: the third side of A.1-03b.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderStanding {
    /// No orders were imported: nothing to hold the ledger against.
    NotImported,
    /// The ledger names no order.
    NoNumber,
    /// There is no order with the ledger's number.
    Unknown,
    /// Orders with that number are there, but of other units.
    OtherUnits(Vec<String>),
    /// An order with that number names the ledger's owning unit.
    Agrees,
}

/// Holds the ledger's order number and owning unit against the orders; `None` when no orders were imported.
#[must_use]
pub fn order_standing(asset: &LedgerEntry, orders: Option<&[ResourceOrder]>) -> OrderStanding {
    let Some(orders) = orders else { return OrderStanding::NotImported };
    if asset.order_no.as_str().is_empty() {
        return OrderStanding::NoNumber;
    }
    let mut units: Vec<&str> = orders
        .iter()
        .filter(|order| is_same(order.no.as_str(), asset.order_no.as_str()))
        .map(|order| order.owning_unit.as_str())
        .collect();
    if units.is_empty() {
        return OrderStanding::Unknown;
    }
    if units.iter().any(|unit| is_same(unit, &asset.owning_unit)) {
        return OrderStanding::Agrees;
    }
    units.sort_unstable();
    units.dedup();
    OrderStanding::OtherUnits(units.into_iter().map(str::to_owned).collect())
}

/// Everything in which a sighted asset differs from its ledger row, in the order of [`ComparedField`].
///
/// `rack` is where it was seen. Its units there are compared with the ledger's only when it is the ledger's rack: a unit of
/// another rack says nothing. What the sighting leaves open was not looked at and differs in nothing.
#[must_use]
pub fn differences(
    rack: &RackId,
    asset: &LedgerEntry,
    orders: Option<&[ResourceOrder]>,
    sighting: &Sighting,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |field, ledger: &str, seen: Option<String>, ordered: Option<String>| {
        if seen.is_some() || ordered.is_some() {
            found.push(Difference { field, ledger: ledger.to_owned(), seen, ordered });
        }
    };
    let is_home = asset.rack == *rack;
    add(ComparedField::Rack, asset.rack.as_str(), (!is_home).then(|| rack.to_string()), None);
    if is_home {
        let units = asset.span.map(|span| span.to_string()).unwrap_or_default();
        let other = sighting.span.filter(|span| asset.span != Some(*span));
        add(ComparedField::Units, &units, other.map(|span| span.to_string()), None);
        // A ledger that names no side does not contradict the side seen.
        if let Some(face) = asset.face {
            let other = sighting.face.filter(|seen| *seen != face);
            add(ComparedField::Face, word(face), other.map(|seen| word(seen).to_owned()), None);
        }
    }
    let other = |seen: &Option<String>, ledger: &str| seen.clone().filter(|seen| !is_same(seen, ledger));
    for (field, ledger, seen) in [
        (ComparedField::Brand, &asset.brand, &sighting.brand),
        (ComparedField::Model, &asset.model, &sighting.model),
        (ComparedField::Serial, &asset.serial, &sighting.serial),
    ] {
        add(field, ledger, other(seen, ledger), None);
    }
    let quantity = sighting.quantity.filter(|seen| *seen != asset.quantity);
    add(ComparedField::Quantity, &asset.quantity.to_string(), quantity.map(|seen| seen.to_string()), None);
    let (unit, number) = match order_standing(asset, orders) {
        OrderStanding::OtherUnits(units) => (Some(units.join("、")), None),
        OrderStanding::Unknown => (None, Some(String::new())),
        OrderStanding::NotImported | OrderStanding::NoNumber | OrderStanding::Agrees => (None, None),
    };
    add(ComparedField::OwningUnit, &asset.owning_unit, other(&sighting.owning_unit, &asset.owning_unit), unit);
    let order = asset.order_no.as_str();
    add(ComparedField::Order, order, other(&sighting.order_no, order), number);
    found
}

fn word(face: Face) -> &'static str {
    match face {
        Face::Front => "front",
        Face::Rear => "rear",
    }
}
