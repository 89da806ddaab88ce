//! Which column is which: headings are recognised by their words, in Chinese and English.

use super::{
    cell::key,
    table::{Sheet, SheetRow},
};

/// How far down the heading row is looked for; titles and remarks stand above it.
const DEEPEST_HEADER: u32 = 20;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Room,
    Location,
    Rack,
    RackUnits,
    Position,
    Height,
    Face,
    Kind,
    Brand,
    Model,
    Serial,
    AssetTag,
    Quantity,
    OwningUnit,
    OrderNo,
    MountedOn,
    Status,
    Note,
    Cluster,
}

/// The words of each column, in the spelling of [`heading_key`]. The first is the one that messages name.
#[rustfmt::skip]
const WORDS: [(Column, &[&str]); 20] = [
    (Column::Name, &["名称", "设备名称", "资产名称", "主机名", "主机名称", "虚拟主机名称", "虚拟机名称", "虚拟主机", "虚拟机", "云主机名称", "NAME", "HOSTNAME", "VM", "VMNAME"]),
    (Column::Room, &["机房", "机房名称", "所在机房", "所属机房", "机房位置", "数据中心", "SITE", "ROOM", "MACHINEROOM", "DATACENTER"]),
    (Column::Location, &["LOCATION"]),
    (Column::Rack, &["机柜编号", "机柜", "机柜号", "机柜名称", "所在机柜", "机架", "机架号", "机架编号", "RACK", "RACKNAME", "CABINET"]),
    (Column::RackUnits, &["机柜高度", "机柜U数", "机柜总U数", "总U数", "机柜容量", "UHEIGHT"]),
    (Column::Position, &["U位", "U位置", "U位号", "U位范围", "起始U位", "安装U位", "所在U位", "机位", "U", "POSITION", "UPOSITION", "RACKUNIT", "UNIT"]),
    (Column::Height, &["占用U数", "设备高度", "高度", "U数", "HEIGHT"]),
    (Column::Face, &["安装面", "面", "前后", "FACE", "RACKFACE", "SIDE"]),
    (Column::Kind, &["资源类型", "资产类型", "设备类型", "资源类别", "设备类别", "资产类别", "类型", "类别", "ROLE", "DEVICEROLE", "KIND", "ASSETKIND", "ASSETTYPE", "RESOURCETYPE", "RESOURCEKIND"]),
    (Column::Brand, &["品牌", "设备品牌", "厂商", "厂家", "生产厂商", "生产厂家", "制造商", "MANUFACTURER", "BRAND", "VENDOR"]),
    (Column::Model, &["型号", "设备型号", "规格型号", "产品型号", "型号规格", "DEVICETYPE", "MODEL"]),
    (Column::Serial, &["序列号", "设备序列号", "产品序列号", "出厂编号", "SN", "SN号", "S/N", "SERIAL", "SERIALNUMBER", "SERIALNO"]),
    (Column::AssetTag, &["资产编号", "固定资产编号", "资产编码", "资产标签", "ASSETTAG"]),
    (Column::Quantity, &["数量", "台数", "订购数量", "QUANTITY", "QTY", "COUNT"]),
    (Column::OwningUnit, &["归属单位", "使用单位", "所属单位", "业主单位", "委办局", "租户", "TENANT", "OWNINGUNIT", "OWNER"]),
    (Column::OrderNo, &["订单编号", "订单号", "云资源订单", "云资源订单编号", "ORDERNO", "ORDERNUMBER", "ORDER"]),
    (Column::MountedOn, &["上架日期", "上架时间", "安装日期", "投运日期", "启用日期", "MOUNTEDON", "INSTALLDATE", "INSTALLEDON"]),
    (Column::Status, &["状态", "使用状态", "运行状态", "设备状态", "STATUS", "STATE"]),
    (Column::Note, &["备注", "说明", "NOTE", "NOTES", "REMARKS", "COMMENTS", "DESCRIPTION"]),
    (Column::Cluster, &["集群", "集群名称", "所属集群", "所在集群", "资源池", "CLUSTER"]),
];

/// What a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    Racks,
    Assets,
    VirtualMachines,
    Orders,
}

impl TableKind {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Assets, Self::Racks, Self::VirtualMachines, Self::Orders];

    /// Tells the kind of table from its columns, or `None` when they are not enough for any.
    fn of(has: impl Fn(Column) -> bool) -> Option<Self> {
        use Column::{Brand, Cluster, Kind, Model, Name, OrderNo, OwningUnit, Quantity, Rack, RackUnits, Room};
        if has(Room) && has(Rack) && has(Kind) && (has(Brand) || has(Model)) {
            Some(Self::Assets)
        } else if has(Room) && (has(Rack) || has(Name)) && has(RackUnits) {
            Some(Self::Racks)
        } else if has(OrderNo) && has(OwningUnit) && has(Kind) && has(Quantity) && !has(Rack) {
            Some(Self::Orders)
        } else if has(Cluster) && has(Name) && !has(Rack) {
            Some(Self::VirtualMachines)
        } else {
            None
        }
    }

    /// The headings without which a table is not recognised, for the message that says so.
    pub(super) fn needed(self) -> (&'static str, &'static str) {
        match self {
            Self::Assets => ("设备台账：机房、机柜编号、资源类型、品牌或型号", "assets: site, rack, role, device_type"),
            Self::Racks => ("机柜清单：机房、机柜编号、机柜高度", "racks: site, name, u_height"),
            Self::VirtualMachines => ("虚拟机清单：虚拟主机名称、集群", "virtual machines: name, cluster"),
            Self::Orders => (
                "订单清单：订单编号、归属单位、资源类型、数量",
                "orders: order_no, owning_unit, resource_kind, quantity",
            ),
        }
    }
}

/// A recognised heading row.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// What the table below it lists.
    pub(super) kind: TableKind,
    /// Where each column stands, and how its heading is spelled.
    columns: Vec<(Column, usize, String)>,
    /// Its own row number.
    pub(super) row: u32,
}

impl Header {
    /// The heading row of a sheet: among the first rows, the one with most columns that make a table of a wanted kind.
    pub(super) fn find(sheet: &Sheet, wanted: &[TableKind]) -> Option<Self> {
        let mut best: Option<Self> = None;
        for row in sheet.rows.iter().take_while(|row| row.number <= DEEPEST_HEADER) {
            if let Some(header) = Self::of_row(row).filter(|header| wanted.contains(&header.kind))
                && best.as_ref().is_none_or(|best| best.width() < header.width())
            {
                best = Some(header);
            }
        }
        best
    }

    fn of_row(row: &SheetRow) -> Option<Self> {
        let mut columns: Vec<(Column, usize, String)> = Vec::new();
        for (at, cell) in row.cells.iter().enumerate() {
            let heading = heading_key(cell);
            let known = WORDS.iter().find(|(_, words)| words.contains(&heading.as_str())).map(|(column, _)| *column);
            if let Some(column) = known.filter(|column| columns.iter().all(|(taken, ..)| taken != column)) {
                columns.push((column, at, cell.trim().to_owned()));
            }
        }
        let kind = TableKind::of(|column| columns.iter().any(|(known, ..)| *known == column))?;
        Some(Self { kind, columns, row: row.number })
    }

    /// How many columns were recognised.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|(known, ..)| *known == column).map(|(_, at, _)| *at)
    }

    /// How the file spells a column's heading; empty when it has no such column.
    pub(super) fn spelling(&self, column: Column) -> &str {
        self.columns.iter().find(|(known, ..)| *known == column).map_or("", |(_, _, spelling)| spelling)
    }
}

/// A heading without what people decorate it with: spaces, stars, underscores, a remark in brackets at its end.
fn heading_key(cell: &str) -> String {
    let compact: String = key(cell).chars().filter(|c| !matches!(c, '*' | '_')).collect();
    match compact.split_once(['(', '[', '【']) {
        Some((word, _)) if !word.is_empty() => word.to_owned(),
        _ => compact,
    }
}
