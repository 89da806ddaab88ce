//! Ledger versions as rows, for look-up by id, rack, serial, tag and name.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, ClusterId, OrderNo, RackId, RoomId, SystemId},
    ledger::{LedgerChunk, LedgerEntry, LedgerVersion, Rack, ResourceOrder, System, SystemKind},
    subject::{Subject, SubjectKind},
};

use super::{documents, optional, run, sql, to_json};
use crate::error::FieldError;

/// A stored ledger version, by its number in this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LedgerNo(pub i64);

/// How many virtual machines an owning unit has.
pub(crate) struct UnitVms {
    pub owning_unit: String,
    pub everywhere: u32,
    pub on_cluster: u32,
}

pub(crate) fn find(connection: &Connection, version: Sha256) -> Result<Option<LedgerNo>, FieldError> {
    optional(
        connection.prepare_cached(sql!("ledger/find"))?.query_row([version.to_hex()], |row| row.get(0).map(LedgerNo)),
    )
}

pub(crate) fn insert(connection: &Connection, version: &LedgerVersion) -> Result<LedgerNo, FieldError> {
    run(connection, sql!("ledger/insert"), params![version.sha256.to_hex(), version.version])?;
    Ok(LedgerNo(connection.last_insert_rowid()))
}

/// Drops versions that no round refers to any more; records carry the rows they were held against.
pub(crate) fn prune(connection: &Connection) -> Result<(), FieldError> {
    run(connection, sql!("ledger/prune"), []).map(drop)
}

pub(crate) fn insert_chunk(connection: &Connection, no: LedgerNo, chunk: LedgerChunk) -> Result<(), FieldError> {
    let LedgerNo(no) = no;
    match chunk {
        LedgerChunk::Site { rooms, racks, systems, clusters } => {
            for room in rooms {
                run(connection, sql!("ledger/insert_room"), params![no, room.id.as_str(), room.name])?;
            }
            for rack in racks {
                let values = params![no, rack.id.as_str(), rack.room.as_str(), rack.name, rack.units];
                run(connection, sql!("ledger/insert_rack"), values)?;
            }
            for system in systems {
                let values = params![no, system.id.as_str(), system.name, to_json(&system)?];
                run(connection, sql!("ledger/insert_system"), values)?;
            }
            for cluster in clusters {
                run(connection, sql!("ledger/insert_cluster"), params![no, cluster.id.as_str(), cluster.name])?;
            }
        }
        LedgerChunk::Rack { assets, .. } => {
            for (position, asset) in (0_i64..).zip(&assets) {
                insert_asset(connection, no, position, asset)?;
            }
        }
        LedgerChunk::Cluster { vms, .. } => {
            for vm in vms {
                let values = params![no, vm.id.as_str(), vm.cluster.as_str(), vm.owning_unit];
                run(connection, sql!("ledger/insert_vm"), values)?;
            }
        }
        LedgerChunk::Orders { orders } => {
            for order in orders {
                let values = params![no, order.no.as_str(), order.owning_unit, to_json(&order)?];
                run(connection, sql!("ledger/insert_order"), values)?;
            }
        }
    }
    Ok(())
}

fn insert_asset(connection: &Connection, no: i64, position: i64, asset: &LedgerEntry) -> Result<(), FieldError> {
    let values = params![
        no,
        asset.id.as_str(),
        asset.rack.as_str(),
        asset.room.as_str(),
        position,
        asset.name,
        asset.serial,
        asset.asset_tag,
        to_json(asset)?
    ];
    run(connection, sql!("ledger/insert_asset"), values).map(drop)
}

pub(crate) fn room_name(connection: &Connection, no: LedgerNo, id: &RoomId) -> Result<Option<String>, FieldError> {
    optional(connection.prepare_cached(sql!("ledger/room"))?.query_row(params![no.0, id.as_str()], |row| row.get(0)))
}

pub(crate) fn rack(connection: &Connection, no: LedgerNo, id: &RackId) -> Result<Option<Rack>, FieldError> {
    let row = connection.prepare_cached(sql!("ledger/rack"))?.query_row(params![no.0, id.as_str()], |row| {
        Ok(Rack { id: id.clone(), room: RoomId::new(row.get::<_, String>(0)?), name: row.get(1)?, units: row.get(2)? })
    });
    optional(row)
}

pub(crate) fn asset(connection: &Connection, no: LedgerNo, id: &AssetId) -> Result<Option<LedgerEntry>, FieldError> {
    Ok(documents(connection, sql!("ledger/asset"), params![no.0, id.as_str()])?.into_iter().next())
}

/// The assets of a rack, in ledger order.
pub(crate) fn assets_of_rack(
    connection: &Connection,
    no: LedgerNo,
    rack: &RackId,
) -> Result<Vec<LedgerEntry>, FieldError> {
    documents(connection, sql!("ledger/assets_of_rack"), params![no.0, rack.as_str()])
}

/// The assets whose serial, asset tag or name is exactly `text`.
pub(crate) fn assets_by_text(
    connection: &Connection,
    no: LedgerNo,
    text: &str,
) -> Result<Vec<LedgerEntry>, FieldError> {
    documents(connection, sql!("ledger/assets_by_text"), params![no.0, text])
}

pub(crate) fn system(connection: &Connection, no: LedgerNo, id: &SystemId) -> Result<Option<System>, FieldError> {
    Ok(documents(connection, sql!("ledger/system"), params![no.0, id.as_str()])?.into_iter().next())
}

/// The systems that the asset is part of.
pub(crate) fn systems_with(connection: &Connection, no: LedgerNo, asset: &AssetId) -> Result<Vec<Subject>, FieldError> {
    let systems: Vec<System> = documents(connection, sql!("ledger/systems_with"), params![no.0, asset.as_str()])?;
    let kind = |system: &System| match system.kind {
        SystemKind::Backup => SubjectKind::BackupSystem,
        SystemKind::Storage => SubjectKind::StorageSystem,
    };
    Ok(systems.iter().map(|system| Subject { kind: kind(system), id: system.id.to_string() }).collect())
}

pub(crate) fn cluster_name(
    connection: &Connection,
    no: LedgerNo,
    id: &ClusterId,
) -> Result<Option<String>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("ledger/cluster"))?;
    optional(statement.query_row(params![no.0, id.as_str()], |row| row.get(0)))
}

/// Virtual machines per owning unit, everywhere and on one cluster.
pub(crate) fn vms_per_unit(
    connection: &Connection,
    no: LedgerNo,
    cluster: &ClusterId,
) -> Result<Vec<UnitVms>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("ledger/vms_per_unit"))?;
    let rows = statement.query_map(params![no.0, cluster.as_str()], |row| {
        Ok(UnitVms { owning_unit: row.get(0)?, everywhere: row.get(1)?, on_cluster: row.get(2)? })
    })?;
    rows.map(|row| Ok(row?)).collect()
}

/// Every order of a version.
pub(crate) fn orders(connection: &Connection, no: LedgerNo) -> Result<Vec<ResourceOrder>, FieldError> {
    documents(connection, sql!("ledger/orders"), params![no.0])
}

/// The orders with this number.
pub(crate) fn orders_by_no(
    connection: &Connection,
    no: LedgerNo,
    order: &OrderNo,
) -> Result<Vec<ResourceOrder>, FieldError> {
    documents(connection, sql!("ledger/orders_by_no"), params![no.0, order.as_str()])
}

/// The orders that these assets name; `None` when the version holds no orders at all, so that nothing can be said.
pub(crate) fn orders_of_assets<'a>(
    connection: &Connection,
    no: LedgerNo,
    assets: impl Iterator<Item = &'a LedgerEntry>,
) -> Result<Option<Vec<ResourceOrder>>, FieldError> {
    let has_orders: bool = connection.prepare_cached(sql!("ledger/has_orders"))?.query_row([no.0], |row| row.get(0))?;
    if !has_orders {
        return Ok(None);
    }
    let named: BTreeSet<&OrderNo> =
        assets.map(|asset| &asset.order_no).filter(|named| !named.as_str().is_empty()).collect();
    let mut found = Vec::new();
    for number in named {
        found.extend(orders_by_no(connection, no, number)?);
    }
    Ok(Some(found))
}

/// The assets whose serial is exactly `serial`; two at most, because the caller asks whether there is one only.
pub(crate) fn assets_by_serial(
    connection: &Connection,
    no: LedgerNo,
    serial: &str,
) -> Result<Vec<LedgerEntry>, FieldError> {
    documents(connection, sql!("ledger/assets_by_serial"), params![no.0, serial])
}
