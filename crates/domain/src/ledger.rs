//! 台账: what should stand where, whose it is and under which order (5.1.2.3, Annex D row 16).
//!
//! A ledger version is immutable. It travels as content-addressed chunks (one a rack, so that a change is a small
//! delta) under one [`LedgerManifest`], whose hash names the version. The tablet never changes it.

mod change;
mod identity;
mod problem;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::{
    change::{AssetChange, Ground, NotApplied, apply},
    identity::{NewIds, assign_identities},
    problem::{ImportReport, RowCode, RowProblem},
};
use crate::{
    hash::Sha256,
    ids::{AssetId, ClusterId, OrderNo, RackId, RoomId, SystemId, VmId},
};

/// What kind of asset stands in a rack; decides which rows of table A.1 are asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// 物理服务器.
    PhysicalServer,
    /// 托管设备.
    HostedDevice,
    /// 备份设备.
    BackupDevice,
    /// 存储.
    Storage,
    /// Patch panels, power strips and the like: reconciled only.
    Other,
}

impl AssetKind {
    /// The term of table A.1.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::PhysicalServer => "物理服务器",
            Self::HostedDevice => "托管设备",
            Self::BackupDevice => "备份设备",
            Self::Storage => "存储",
            Self::Other => "其他",
        }
    }
}

/// Which side of the rack an asset is mounted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// Cold-aisle side.
    Front,
    /// Hot-aisle side.
    Rear,
}

/// The rack units an asset fills, counted from 1 at the bottom; both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct UnitSpan {
    /// Lowest unit.
    pub low: u16,
    /// Highest unit.
    pub high: u16,
}

impl UnitSpan {
    /// A span of whole units, or `None` when it starts below 1 or ends below its start.
    #[must_use]
    pub fn new(low: u16, high: u16) -> Option<Self> {
        (low >= 1 && high >= low).then_some(Self { low, high })
    }

    /// Whether two spans share a unit.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

impl std::fmt::Display for UnitSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.low == self.high { write!(f, "{}", self.low) } else { write!(f, "{}-{}", self.low, self.high) }
    }
}

/// 机房.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MachineRoom {
    /// Stable over all ledger versions.
    pub id: RoomId,
    /// As the ledger spells it.
    pub name: String,
}

/// 机柜.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Rack {
    /// Stable over all ledger versions.
    pub id: RackId,
    /// The room it stands in.
    pub room: RoomId,
    /// 机柜编号, normalised (full-width digits narrowed, spaces removed).
    pub name: String,
    /// Height in rack units.
    pub units: u16,
}

/// 台账登记: one asset as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    /// Stable over all ledger versions.
    pub id: AssetId,
    /// 资源类型.
    pub kind: AssetKind,
    /// Host or asset name; empty when the ledger has none.
    pub name: String,
    /// 品牌.
    pub brand: String,
    /// 型号.
    pub model: String,
    /// 序列号; empty when the ledger has none.
    pub serial: String,
    /// 资产编号; empty when the ledger has none.
    pub asset_tag: String,
    /// 数量.
    pub quantity: u32,
    /// The room it stands in.
    pub room: RoomId,
    /// The rack it stands in.
    pub rack: RackId,
    /// U 位; `None` for assets without a position (vertical power strips).
    pub span: Option<UnitSpan>,
    /// Mounting side, where the ledger says.
    pub face: Option<Face>,
    /// 归属单位.
    pub owning_unit: String,
    /// 订单编号; empty when the ledger has none.
    pub order_no: OrderNo,
    /// 上架日期.
    pub mounted_on: Option<Date>,
    /// 状态, as the ledger spells it (在用, 停用, 备用, active).
    pub status: String,
    /// 备注.
    pub note: String,
}

/// Which kind of system a console stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SystemKind {
    /// 备份系统.
    Backup,
    /// 存储系统.
    Storage,
}

/// What shares one console: the backup or storage assets of one brand in one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Stable over all ledger versions.
    pub id: SystemId,
    /// Backup or storage.
    pub kind: SystemKind,
    /// For people: `华为 存储`.
    pub name: String,
    /// The room its assets stand in.
    pub room: RoomId,
    /// Its assets, in ledger order.
    pub members: Vec<AssetId>,
}

/// 集群: what virtual machines run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Stable over all ledger versions.
    pub id: ClusterId,
    /// As the ledger spells it.
    pub name: String,
}

/// 虚拟机 as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VirtualMachine {
    /// Stable over all ledger versions.
    pub id: VmId,
    /// 虚拟主机名称.
    pub name: String,
    /// The cluster it runs on.
    pub cluster: ClusterId,
    /// 归属单位; empty when the ledger has none.
    pub owning_unit: String,
    /// As the ledger spells it.
    pub status: String,
}

/// What a resource order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// 虚拟机.
    VirtualMachine,
    /// 物理服务器.
    PhysicalServer,
    /// 托管设备.
    HostedDevice,
    /// 备份.
    Backup,
    /// 存储.
    Storage,
}

/// 云资源订单 (A.1-03b, A.1-08): a unit ordered a quantity of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ResourceOrder {
    /// 订单编号.
    pub no: OrderNo,
    /// 归属单位.
    pub owning_unit: String,
    /// What was ordered.
    pub kind: ResourceKind,
    /// How many.
    pub quantity: u32,
    /// For virtual machines: the cluster they run on, when the order names one.
    pub cluster: String,
}

/// A whole ledger: what one version holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// 机房.
    pub rooms: Vec<MachineRoom>,
    /// 机柜.
    pub racks: Vec<Rack>,
    /// 台账登记.
    pub assets: Vec<LedgerEntry>,
    /// Derived by [`Ledger::derive_systems`].
    pub systems: Vec<System>,
    /// 集群.
    pub clusters: Vec<Cluster>,
    /// 虚拟机.
    pub vms: Vec<VirtualMachine>,
    /// 云资源订单.
    pub orders: Vec<ResourceOrder>,
}

/// One content-addressed part of a ledger version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LedgerChunk {
    /// Rooms, racks, systems and clusters: what a terminal lists before it opens anything.
    Site {
        /// 机房.
        rooms: Vec<MachineRoom>,
        /// 机柜.
        racks: Vec<Rack>,
        /// Backup and storage systems.
        systems: Vec<System>,
        /// 集群.
        clusters: Vec<Cluster>,
    },
    /// The assets of one rack.
    Rack {
        /// Which rack.
        rack: RackId,
        /// Its assets.
        assets: Vec<LedgerEntry>,
    },
    /// The virtual machines of one cluster.
    Cluster {
        /// Which cluster.
        cluster: ClusterId,
        /// Its virtual machines.
        vms: Vec<VirtualMachine>,
    },
    /// 云资源订单.
    Orders {
        /// All of them.
        orders: Vec<ResourceOrder>,
    },
}

/// Names one chunk of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ChunkRef {
    /// `site`, `rack/<id>`, `cluster/<id>` or `orders`.
    pub key: String,
    /// Hash of the chunk's canonical bytes.
    pub sha256: Sha256,
    /// Size of those bytes.
    pub bytes: u64,
}

/// The table of contents of a ledger version; its canonical bytes hash to the version's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LedgerManifest {
    /// Counts up with each imported or approved change.
    pub version: u32,
    /// Sorted by key.
    pub chunks: Vec<ChunkRef>,
}

/// Names a ledger version inside plans and records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LedgerVersion {
    /// The version number.
    pub version: u32,
    /// Hash of the manifest's canonical bytes.
    pub sha256: Sha256,
}

impl Ledger {
    /// The assets of one rack, in ledger order.
    pub fn assets_in<'a>(&'a self, rack: &'a RackId) -> impl Iterator<Item = &'a LedgerEntry> {
        self.assets.iter().filter(move |asset| &asset.rack == rack)
    }

    /// Sets `systems`: one for each room, kind and brand of backup and storage assets, because such assets share a
    /// console. An id that `previous` gave to the same room, kind and brand is kept.
    pub fn derive_systems(&mut self, previous: &[System], ids: &mut impl NewIds) {
        let mut systems: Vec<System> = Vec::new();
        for asset in &self.assets {
            let kind = match asset.kind {
                AssetKind::BackupDevice => SystemKind::Backup,
                AssetKind::Storage => SystemKind::Storage,
                AssetKind::PhysicalServer | AssetKind::HostedDevice | AssetKind::Other => continue,
            };
            let suffix = if kind == SystemKind::Backup { "备份系统" } else { "存储系统" };
            let name = format!("{} {suffix}", asset.brand).trim().to_owned();
            let is_same = |system: &System| system.room == asset.room && system.kind == kind && system.name == name;
            if let Some(system) = systems.iter_mut().find(|system| is_same(system)) {
                system.members.push(asset.id.clone());
                continue;
            }
            let id = previous
                .iter()
                .find(|system| is_same(system))
                .map_or_else(|| SystemId::new(ids.new_id()), |system| system.id.clone());
            systems.push(System { id, kind, name, room: asset.room.clone(), members: vec![asset.id.clone()] });
        }
        self.systems = systems;
    }

    /// Splits the ledger into its chunks, each with its key, sorted by key.
    #[must_use]
    pub fn to_chunks(&self) -> Vec<(String, LedgerChunk)> {
        let mut by_rack: std::collections::BTreeMap<&RackId, Vec<LedgerEntry>> =
            self.racks.iter().map(|rack| (&rack.id, Vec::new())).collect();
        for asset in &self.assets {
            by_rack.entry(&asset.rack).or_default().push(asset.clone());
        }
        let mut by_cluster: std::collections::BTreeMap<&ClusterId, Vec<VirtualMachine>> =
            self.clusters.iter().map(|cluster| (&cluster.id, Vec::new())).collect();
        for vm in &self.vms {
            by_cluster.entry(&vm.cluster).or_default().push(vm.clone());
        }
        let mut chunks = vec![
            ("orders".to_owned(), LedgerChunk::Orders { orders: self.orders.clone() }),
            (
                "site".to_owned(),
                LedgerChunk::Site {
                    rooms: self.rooms.clone(),
                    racks: self.racks.clone(),
                    systems: self.systems.clone(),
                    clusters: self.clusters.clone(),
                },
            ),
        ];
        chunks.extend(
            by_rack
                .into_iter()
                .map(|(rack, assets)| (format!("rack/{rack}"), LedgerChunk::Rack { rack: rack.clone(), assets })),
        );
        chunks.extend(by_cluster.into_iter().map(|(cluster, vms)| {
            (format!("cluster/{cluster}"), LedgerChunk::Cluster { cluster: cluster.clone(), vms })
        }));
        chunks.sort_by(|a, b| a.0.cmp(&b.0));
        chunks
    }

    /// Puts a ledger together from its chunks, in any order.
    #[must_use]
    pub fn from_chunks(chunks: impl IntoIterator<Item = LedgerChunk>) -> Self {
        let mut ledger = Self::default();
        for chunk in chunks {
            match chunk {
                LedgerChunk::Site { rooms, racks, systems, clusters } => {
                    ledger.rooms = rooms;
                    ledger.racks = racks;
                    ledger.systems = systems;
                    ledger.clusters = clusters;
                }
                LedgerChunk::Rack { assets, .. } => ledger.assets.extend(assets),
                LedgerChunk::Cluster { vms, .. } => ledger.vms.extend(vms),
                LedgerChunk::Orders { orders } => ledger.orders = orders,
            }
        }
        ledger
    }
}
