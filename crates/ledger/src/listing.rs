//! A ledger as tables of cells: the one reading that files, differences and pages share.
//!
//! Places are named, not numbered: two versions whose rooms got other ids but kept their names read the same.

use std::collections::HashMap;

use jiff::civil::Date;
use xunjian_domain::{
    decimal::Decimal,
    ledger::{AssetKind, Face, Ledger, LedgerEntry, ResourceKind},
    text::{Language, Text},
};

pub use crate::import::{Field, TableKind};

/// One table of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What its lines are.
    pub kind: TableKind,
    /// What their cells hold, from left to right.
    pub columns: &'static [Field],
    /// In ledger order.
    pub lines: Vec<Line>,
}

/// One asset, rack, virtual machine or part of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is known by over versions of the ledger; of an order its number, unit, kind and cluster.
    pub id: String,
    /// 归属单位; empty where nobody owns it.
    pub owning_unit: String,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text; empty when there is nothing to say.
    Text(String),
    /// A count or a number of units.
    Number(u32),
    /// A measured value.
    Measure(Decimal),
    /// A calendar day.
    Day(Date),
    /// A word of the trade, in both languages.
    Word(Text),
}

impl Cell {
    /// How people read it.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Measure(value) => value.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Word(word) => word.get(language).to_owned(),
        }
    }

    fn none() -> Self {
        Self::Text(String::new())
    }
}

const ASSETS: [Field; 16] = [
    Field::Kind,
    Field::Name,
    Field::Brand,
    Field::Model,
    Field::Serial,
    Field::AssetTag,
    Field::Quantity,
    Field::Room,
    Field::Rack,
    Field::Position,
    Field::Face,
    Field::OwningUnit,
    Field::OrderNo,
    Field::MountedOn,
    Field::Status,
    Field::Note,
];
const RACKS: [Field; 3] = [Field::Room, Field::Rack, Field::RackUnits];
const MACHINES: [Field; 4] = [Field::Name, Field::Cluster, Field::OwningUnit, Field::Status];
const ORDERS: [Field; 5] = [Field::OrderNo, Field::OwningUnit, Field::Kind, Field::Quantity, Field::Cluster];

/// The ledger as its four tables: assets, racks, virtual machines, orders.
#[must_use]
pub fn listings(ledger: &Ledger) -> [Listing; 4] {
    let names = Names::of(ledger);
    let assets = ledger.assets.iter().map(|asset| Line {
        id: asset.id.to_string(),
        owning_unit: asset.owning_unit.clone(),
        cells: names.asset(asset).into(),
    });
    let racks = ledger.racks.iter().map(|rack| Line {
        id: rack.id.to_string(),
        owning_unit: String::new(),
        cells: vec![text(names.room(rack.room.as_str())), text(&rack.name), Cell::Number(rack.units.into())],
    });
    let machines = ledger.vms.iter().map(|vm| Line {
        id: vm.id.to_string(),
        owning_unit: vm.owning_unit.clone(),
        cells: vec![text(&vm.name), text(names.cluster(vm.cluster.as_str())), text(&vm.owning_unit), text(&vm.status)],
    });
    let orders = ledger.orders.iter().map(|order| Line {
        id: format!("{}\n{}\n{}\n{}", order.no, order.owning_unit, resource_word(order.kind).zh, order.cluster),
        owning_unit: order.owning_unit.clone(),
        cells: vec![
            text(order.no.as_str()),
            text(&order.owning_unit),
            Cell::Word(resource_word(order.kind)),
            Cell::Number(order.quantity),
            text(&order.cluster),
        ],
    });
    [
        Listing { kind: TableKind::Assets, columns: &ASSETS, lines: assets.collect() },
        Listing { kind: TableKind::Racks, columns: &RACKS, lines: racks.collect() },
        Listing { kind: TableKind::VirtualMachines, columns: &MACHINES, lines: machines.collect() },
        Listing { kind: TableKind::Orders, columns: &ORDERS, lines: orders.collect() },
    ]
}

/// Names of places by their ids.
struct Names<'l> {
    rooms: HashMap<&'l str, &'l str>,
    racks: HashMap<&'l str, &'l str>,
    clusters: HashMap<&'l str, &'l str>,
}

impl<'l> Names<'l> {
    fn of(ledger: &'l Ledger) -> Self {
        Self {
            rooms: ledger.rooms.iter().map(|room| (room.id.as_str(), room.name.as_str())).collect(),
            racks: ledger.racks.iter().map(|rack| (rack.id.as_str(), rack.name.as_str())).collect(),
            clusters: ledger.clusters.iter().map(|cluster| (cluster.id.as_str(), cluster.name.as_str())).collect(),
        }
    }

    fn room(&self, id: &str) -> &str {
        self.rooms.get(id).copied().unwrap_or_default()
    }

    fn cluster(&self, id: &str) -> &str {
        self.clusters.get(id).copied().unwrap_or_default()
    }

    /// One cell for each of [`ASSETS`].
    fn asset(&self, asset: &LedgerEntry) -> [Cell; 16] {
        [
            Cell::Word(kind_word(asset.kind)),
            text(&asset.name),
            text(&asset.brand),
            text(&asset.model),
            text(&asset.serial),
            text(&asset.asset_tag),
            Cell::Number(asset.quantity),
            text(self.room(asset.room.as_str())),
            text(self.racks.get(asset.rack.as_str()).copied().unwrap_or_default()),
            asset.span.map_or_else(Cell::none, |span| Cell::Text(span.to_string())),
            asset.face.map_or_else(Cell::none, |face| Cell::Word(face_word(face))),
            text(&asset.owning_unit),
            text(asset.order_no.as_str()),
            asset.mounted_on.map_or_else(Cell::none, Cell::Day),
            text(&asset.status),
            text(&asset.note),
        ]
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The kind of an asset, in words that an import reads as the same kind.
#[must_use]
pub fn kind_word(kind: AssetKind) -> Text {
    let en = match kind {
        AssetKind::PhysicalServer => "Physical server",
        AssetKind::HostedDevice => "Hosted device",
        AssetKind::BackupDevice => "Backup device",
        AssetKind::Storage => "Storage",
        AssetKind::Other => "Other",
    };
    Text::new(kind.zh(), en)
}

fn resource_word(kind: ResourceKind) -> Text {
    match kind {
        ResourceKind::VirtualMachine => Text::new("虚拟机", "Virtual machine"),
        ResourceKind::PhysicalServer => Text::new("物理服务器", "Physical server"),
        ResourceKind::HostedDevice => Text::new("托管设备", "Hosted device"),
        ResourceKind::Backup => Text::new("备份", "Backup"),
        ResourceKind::Storage => Text::new("存储", "Storage"),
    }
}

fn face_word(face: Face) -> Text {
    match face {
        Face::Front => Text::new("前", "Front"),
        Face::Rear => Text::new("后", "Rear"),
    }
}

impl Field {
    /// Its heading in files that are written: a word that an import knows again.
    #[must_use]
    pub fn heading(self) -> Text {
        let (zh, en) = match self {
            Self::Name => ("名称", "Name"),
            Self::Room => ("机房", "Room"),
            Self::Location => ("位置分区", "Location"),
            Self::Rack => ("机柜编号", "Rack"),
            Self::RackUnits => ("机柜高度", "Rack height"),
            Self::Position => ("U位", "Position"),
            Self::PositionEnd => ("结束U位", "End unit"),
            Self::Height => ("占用U数", "Height"),
            Self::Face => ("安装面", "Face"),
            Self::Kind => ("资源类型", "Kind"),
            Self::Brand => ("品牌", "Brand"),
            Self::Model => ("型号", "Model"),
            Self::Serial => ("序列号", "Serial number"),
            Self::AssetTag => ("资产编号", "Asset tag"),
            Self::Quantity => ("数量", "Quantity"),
            Self::OwningUnit => ("归属单位", "Owning unit"),
            Self::OrderNo => ("订单编号", "Order no"),
            Self::MountedOn => ("上架日期", "Mounted on"),
            Self::Status => ("状态", "Status"),
            Self::Note => ("备注", "Note"),
            Self::Cluster => ("集群", "Cluster"),
        };
        Text::new(zh, en)
    }
}

impl TableKind {
    /// What people call the table; the name of its sheet.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Assets => Text::new("设备台账", "Assets"),
            Self::Racks => Text::new("机柜清单", "Racks"),
            Self::VirtualMachines => Text::new("虚拟机清单", "Virtual machines"),
            Self::Orders => Text::new("订单清单", "Orders"),
        }
    }
}
