//! What the ledger and the orders say of a line's subject: shown beside the question, and compared with the answer.

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{AssetId, ClusterId, RackId, RoomId, SystemId},
    ledger::{LedgerEntry, ResourceKind, ResourceOrder},
    reconciliation::{OrderStanding, order_standing},
    subject::{Subject, SubjectKind},
    value::{Input, UnitCount},
};

use crate::{
    error::FieldError,
    store::ledger::{self, LedgerNo},
};

/// How a subject is shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SubjectView {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: String,
    /// For people: name, or brand, model and serial.
    pub name: String,
    /// U position of an asset, `12-13`; empty for others.
    pub position: String,
    /// The ledger row of an asset.
    pub ledger: Option<LedgerEntry>,
}

/// What the ledger and the orders expect of a check's value.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Expected {
    /// For a reconciliation: how many units the ledger has.
    Quantity {
        /// 数量.
        quantity: u32,
    },
    /// For an order match: what the ledger and the orders say.
    Order {
        /// Whether such an order exists.
        order_matches: bool,
        /// Whether it names the ledger's owning unit.
        owner_matches: bool,
        /// By the ledger.
        owning_unit: String,
        /// By the ledger.
        order_no: String,
        /// The orders with that number.
        orders: Vec<ResourceOrder>,
    },
    /// For counts per owning unit: ordered and in the ledger; `online` is what the inspector counts.
    Units {
        /// One row an owning unit.
        units: Vec<ExpectedUnit>,
    },
}

/// One owning unit of a cluster.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ExpectedUnit {
    /// 归属单位.
    pub owning_unit: String,
    /// By the orders; `None` when there are none.
    pub ordered: Option<u32>,
    /// By the ledger.
    pub in_ledger: u32,
}

/// How `subject` is shown.
pub(crate) fn subject_view(
    connection: &Connection,
    no: LedgerNo,
    subject: &Subject,
) -> Result<SubjectView, FieldError> {
    let mut view = SubjectView {
        kind: subject.kind,
        id: subject.id.clone(),
        name: subject.id.clone(),
        position: String::new(),
        ledger: None,
    };
    match subject.kind {
        SubjectKind::Room => {
            if let Some(name) = ledger::room_name(connection, no, &RoomId::new(&*subject.id))? {
                view.name = name;
            }
        }
        SubjectKind::Rack => {
            if let Some(rack) = ledger::rack(connection, no, &RackId::new(&*subject.id))? {
                view.name = rack.name;
            }
        }
        SubjectKind::Cluster => {
            if let Some(name) = ledger::cluster_name(connection, no, &ClusterId::new(&*subject.id))? {
                view.name = name;
            }
        }
        SubjectKind::BackupSystem | SubjectKind::StorageSystem => {
            if let Some(system) = ledger::system(connection, no, &SystemId::new(&*subject.id))? {
                view.name = system.name;
            }
        }
        kind if kind.is_asset() => {
            if let Some(asset) = ledger::asset(connection, no, &AssetId::new(&*subject.id))? {
                view.name = asset_name(&asset);
                view.position = asset.span.map(|span| span.to_string()).unwrap_or_default();
                view.ledger = Some(asset);
            }
        }
        _ => {}
    }
    Ok(view)
}

/// An asset as people recognise it.
pub(crate) fn asset_name(asset: &LedgerEntry) -> String {
    let parts = [asset.name.as_str(), asset.brand.as_str(), asset.model.as_str(), asset.serial.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is expected of the value of a check; `None` where the ledger has nothing to say.
pub(crate) fn expected(
    connection: &Connection,
    no: LedgerNo,
    subject: &Subject,
    input: &Input,
) -> Result<Option<Expected>, FieldError> {
    let asset = || ledger::asset(connection, no, &AssetId::new(&*subject.id));
    match input {
        Input::Reconciliation => Ok(asset()?.map(|asset| Expected::Quantity { quantity: asset.quantity })),
        Input::OrderMatch => asset()?.map(|asset| order_match(connection, no, &asset)).transpose(),
        Input::UnitCounts if subject.kind == SubjectKind::Cluster => {
            Ok(Some(Expected::Units { units: units(connection, no, &ClusterId::new(&*subject.id))? }))
        }
        _ => Ok(None),
    }
}

fn order_match(connection: &Connection, no: LedgerNo, asset: &LedgerEntry) -> Result<Expected, FieldError> {
    let orders = ledger::orders_of_assets(connection, no, std::iter::once(asset))?;
    let standing = order_standing(asset, orders.as_deref());
    let orders = orders.unwrap_or_default();
    Ok(Expected::Order {
        order_matches: matches!(standing, OrderStanding::Agrees | OrderStanding::OtherUnits(_)),
        owner_matches: standing == OrderStanding::Agrees,
        owning_unit: asset.owning_unit.clone(),
        order_no: asset.order_no.to_string(),
        orders,
    })
}

/// The orders of virtual machines that count for a cluster: those that name it, and those that name none.
pub(crate) fn orders_of_cluster(
    connection: &Connection,
    no: LedgerNo,
    cluster: &ClusterId,
) -> Result<Vec<ResourceOrder>, FieldError> {
    let name = ledger::cluster_name(connection, no, cluster)?.unwrap_or_default();
    let mut orders = ledger::orders(connection, no)?;
    orders.retain(|order| {
        order.kind == ResourceKind::VirtualMachine && (order.cluster == name || order.cluster.is_empty())
    });
    Ok(orders)
}

fn units(connection: &Connection, no: LedgerNo, cluster: &ClusterId) -> Result<Vec<ExpectedUnit>, FieldError> {
    let orders = orders_of_cluster(connection, no, cluster)?;
    let vms = ledger::vms_per_unit(connection, no, cluster)?;
    let mut units: Vec<ExpectedUnit> = Vec::new();
    for unit in &vms {
        // An order without a cluster can be held against this one only when all of the unit's machines run here.
        let is_only_here = unit.everywhere == unit.on_cluster;
        let of_unit: Vec<u32> = orders
            .iter()
            .filter(|order| order.owning_unit == unit.owning_unit && (is_only_here || !order.cluster.is_empty()))
            .map(|order| order.quantity)
            .collect();
        if unit.on_cluster > 0 || orders.iter().any(|o| o.owning_unit == unit.owning_unit && !o.cluster.is_empty()) {
            units.push(ExpectedUnit {
                owning_unit: unit.owning_unit.clone(),
                ordered: (!of_unit.is_empty()).then(|| of_unit.iter().sum()),
                in_ledger: unit.on_cluster,
            });
        }
    }
    // Ordered for this cluster by a unit that has no machine at all.
    for order in orders.iter().filter(|order| !order.cluster.is_empty()) {
        if vms.iter().all(|unit| unit.owning_unit != order.owning_unit) {
            match units.iter_mut().find(|unit| unit.owning_unit == order.owning_unit) {
                Some(unit) => unit.ordered = Some(unit.ordered.unwrap_or(0) + order.quantity),
                None => units.push(ExpectedUnit {
                    owning_unit: order.owning_unit.clone(),
                    ordered: Some(order.quantity),
                    in_ledger: 0,
                }),
            }
        }
    }
    units.sort_by(|a, b| a.owning_unit.cmp(&b.owning_unit));
    Ok(units)
}

/// The rows of a cluster with what was counted online; `None` for units that were not counted.
pub(crate) fn with_online(expected: Vec<ExpectedUnit>, online: &[(String, u32)]) -> Result<Vec<UnitCount>, FieldError> {
    let counted = |unit: &str| online.iter().find(|(name, _)| name == unit).map(|(_, count)| *count);
    let missing: Vec<String> = expected
        .iter()
        .filter(|unit| counted(&unit.owning_unit).is_none())
        .map(|unit| unit.owning_unit.clone())
        .collect();
    if !missing.is_empty() {
        return Err(FieldError::UnitsMissing(missing));
    }
    let is_new = |name: &str| expected.iter().all(|unit| unit.owning_unit != name);
    let mut rows: Vec<UnitCount> = expected
        .iter()
        .map(|unit| UnitCount {
            owning_unit: unit.owning_unit.clone(),
            ordered: unit.ordered,
            in_ledger: unit.in_ledger,
            online: counted(&unit.owning_unit).unwrap_or(0),
        })
        .collect();
    // Machines of a unit that neither order nor ledger knows are worth reporting, not refusing.
    rows.extend(online.iter().filter(|(name, _)| is_new(name)).map(|(name, count)| UnitCount {
        owning_unit: name.clone(),
        ordered: None,
        in_ledger: 0,
        online: *count,
    }));
    Ok(rows)
}
