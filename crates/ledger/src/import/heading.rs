//! Which column is which: headings are recognised by their words, in Chinese and English.

use super::{
    cell::key,
    cells::Cells,
    mapping::{Field, Mapping, RowMapping},
    table::{Sheet, SheetRow},
};

/// How far down the heading row is looked for; titles and remarks stand above it.
pub(crate) const DEEPEST_HEADER: u32 = 20;

/// The words of each column, in the spelling of [`heading_key`]. The first is the one that messages name.
#[rustfmt::skip]
const WORDS: [(Field, &[&str]); 21] = [
    (Field::Name, &["名称", "设备名称", "资产名称", "资源名称", "服务器名称", "主机名", "主机名称", "虚拟主机名称", "虚拟机名称", "虚拟主机", "虚拟机", "云主机名称", "云主机", "云服务器名称", "实例名称", "NAME", "HOSTNAME", "DEVICE", "DEVICENAME", "ASSETNAME", "VM", "VMNAME", "VIRTUALMACHINE"]),
    (Field::Room, &["机房", "机房名称", "所在机房", "所属机房", "机房位置", "机房地点", "数据中心", "所在数据中心", "SITE", "ROOM", "MACHINEROOM", "SERVERROOM", "DATACENTER", "DATACENTRE"]),
    (Field::Location, &["LOCATION"]),
    (Field::Rack, &["机柜编号", "机柜", "机柜号", "机柜名称", "机柜名", "机柜位置", "机柜编码", "机柜/机架", "所在机柜", "所在机柜号", "所在机柜编号", "所属机柜", "安装机柜", "柜号", "柜位", "机架", "机架号", "机架编号", "机架名称", "RACK", "RACKNAME", "RACKNO", "RACKID", "CABINET", "CABINETNO"]),
    (Field::RackUnits, &["机柜高度", "机柜U数", "机柜总U数", "总U数", "机柜容量", "机柜规格", "UHEIGHT", "RACKHEIGHT", "RACKUNITS"]),
    (Field::Position, &["U位", "U位置", "U位号", "U位范围", "起止U位", "U位起止", "U位信息", "起始U位", "开始U位", "起始U", "安装U位", "所在U位", "机柜U位", "机位", "位置", "安装位置", "设备位置", "所在位置", "物理位置", "摆放位置", "U", "POSITION", "UPOSITION", "RACKPOSITION", "RACKUNIT", "STARTU", "UNIT"]),
    (Field::PositionEnd, &["结束U位", "终止U位", "截止U位", "结束U", "终止U", "结束位置", "ENDU", "ENDUNIT", "ENDPOSITION"]),
    (Field::Height, &["占用U数", "设备高度", "设备U数", "占用高度", "高度", "U数", "U高", "HEIGHT", "DEVICEHEIGHT", "SIZEU"]),
    (Field::Face, &["安装面", "面", "前后", "FACE", "RACKFACE", "SIDE"]),
    (Field::Kind, &["资源类型", "资产类型", "设备类型", "资源类别", "设备类别", "资产类别", "设备分类", "资产分类", "资源分类", "设备种类", "资源种类", "类型", "类别", "ROLE", "DEVICEROLE", "KIND", "ASSETKIND", "ASSETTYPE", "RESOURCETYPE", "RESOURCEKIND", "CATEGORY"]),
    (Field::Brand, &["品牌", "设备品牌", "品牌/厂商", "厂商/品牌", "品牌厂商", "厂商", "厂家", "设备厂商", "设备厂家", "生产厂商", "生产厂家", "制造商", "MANUFACTURER", "BRAND", "VENDOR", "MAKER"]),
    (Field::Model, &["型号", "设备型号", "规格型号", "产品型号", "型号规格", "型号/规格", "规格/型号", "设备规格型号", "品牌型号", "品牌/型号", "品牌及型号", "品牌与型号", "品牌、型号", "品牌规格型号", "厂商型号", "厂家型号", "设备品牌型号", "DEVICETYPE", "MODEL", "MODELNO", "MODELNUMBER", "MAKEANDMODEL", "BRAND/MODEL"]),
    (Field::Serial, &["序列号", "设备序列号", "产品序列号", "产品序号", "出厂编号", "出厂序列号", "机身号", "SN", "SN号", "SN码", "S/N", "序列号/SN", "序列号SN", "设备SN", "设备SN号", "产品SN", "SN编号", "SERIAL", "SERIALNUMBER", "SERIALNO", "SERIALNUM"]),
    (Field::AssetTag, &["资产编号", "固定资产编号", "固定资产号", "资产编码", "资产标签", "资产号", "ASSETTAG", "ASSETNO", "ASSETID"]),
    (Field::Quantity, &["数量", "台数", "设备数量", "订购数量", "订单数量", "QUANTITY", "QTY", "COUNT"]),
    (Field::OwningUnit, &["归属单位", "使用单位", "所属单位", "归属单位名称", "使用单位名称", "业主单位", "用户单位", "租户单位", "单位名称", "使用部门", "所属部门", "委办局", "租户", "使用方", "TENANT", "OWNINGUNIT", "OWNER", "CUSTOMER", "DEPARTMENT"]),
    (Field::OrderNo, &["订单编号", "订单号", "云资源订单", "云资源订单号", "云资源订单编号", "资源订单号", "工单号", "ORDERNO", "ORDERNUMBER", "ORDERID", "ORDER"]),
    (Field::MountedOn, &["上架日期", "上架时间", "安装日期", "投运日期", "投产日期", "启用日期", "上线日期", "上线时间", "MOUNTEDON", "INSTALLDATE", "INSTALLEDON", "INSTALLATIONDATE"]),
    (Field::Status, &["状态", "使用状态", "运行状态", "设备状态", "资产状态", "STATUS", "STATE"]),
    (Field::Note, &["备注", "说明", "备注说明", "NOTE", "NOTES", "REMARK", "REMARKS", "COMMENTS", "DESCRIPTION"]),
    (Field::Cluster, &["集群", "集群名称", "所属集群", "所在集群", "资源池", "所属资源池", "云平台", "CLUSTER", "CLUSTERNAME", "POOL"]),
];

/// A heading of NetBox's table export that names the device's model where another column names its role, and its kind in
/// a ledger of somebody else's.
const TYPE: &str = "TYPE";
/// In NetBox the height of a rack in a rack list, and the height of a device in a device list.
const U_HEIGHT: &str = "UHEIGHT";

/// What a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Racks with their heights.
    Racks,
    /// Assets with their places.
    Assets,
    /// Virtual machines with their clusters.
    VirtualMachines,
    /// 云资源订单.
    Orders,
}

impl TableKind {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Assets, Self::Racks, Self::VirtualMachines, Self::Orders];

    /// Tells the kind of table from its columns, or `None` when they are not enough for any. `knows_room` is whether
    /// rows without a room of their own have one.
    fn of(has: impl Fn(Field) -> bool, knows_room: bool) -> Option<Self> {
        use Field::{
            Brand, Cluster, Height, Kind, Model, Name, OrderNo, OwningUnit, Position, Quantity, Rack, RackUnits, Room,
        };
        let room = has(Room) || knows_room;
        // A position may name its rack (`A03-12U`).
        if room && (has(Rack) || has(Position)) && has(Kind) && (has(Brand) || has(Model)) {
            Some(Self::Assets)
        } else if room && (((has(Rack) || has(Name)) && has(RackUnits)) || (has(Name) && has(Height) && !has(Rack))) {
            Some(Self::Racks)
        } else if has(OrderNo) && has(OwningUnit) && has(Kind) && has(Quantity) && !has(Rack) {
            Some(Self::Orders)
        } else if has(Cluster) && has(Name) && !has(Rack) {
            Some(Self::VirtualMachines)
        } else {
            None
        }
    }

    /// How answers name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Racks => "racks",
            Self::Assets => "assets",
            Self::VirtualMachines => "virtual_machines",
            Self::Orders => "orders",
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
    columns: Vec<(Field, usize, String)>,
    /// Custom fields that say more than the column for the same field, where they say anything: NetBox knows but a handful
    /// of states, and wants a side for each position.
    custom: Vec<(Field, usize)>,
    /// Its own row number.
    pub(super) row: u32,
}

impl Header {
    /// The heading row of a sheet: among the first rows, the one with most columns that make a table of a wanted kind.
    pub(super) fn find(sheet: &Sheet, wanted: &[TableKind], mapping: &Mapping) -> Option<Self> {
        let mut best: Option<Self> = None;
        for row in sheet.rows.iter().take_while(|row| row.number <= DEEPEST_HEADER) {
            if let Some(header) = Self::of_row(row, mapping, mapping.room_of(sheet).is_some())
                .filter(|header| wanted.contains(&header.kind))
                && best.as_ref().is_none_or(|best| best.width() < header.width())
            {
                best = Some(header);
            }
        }
        best
    }

    /// The headings in a row, if they make a table. `knows_room` is whether rows without a room have one all the same.
    pub(super) fn of_row(row: &SheetRow, mapping: &Mapping, knows_room: bool) -> Option<Self> {
        let (mapping, knows_kind) = (mapping.of_row(&row.cells), mapping.kind.is_some());
        let mut columns: Vec<(Field, usize, String)> = Vec::new();
        let mut take = |field: Field, at: usize, cell: &str| {
            if columns.iter().all(|(taken, place, _)| *taken != field && *place != at) {
                columns.push((field, at, cell.trim().to_owned()));
            }
        };
        // What a person decided comes before what a word suggests.
        for (at, cell) in row.cells.iter().enumerate() {
            if let Some(Some(field)) = mapping.of(cell) {
                take(field, at, cell);
            }
        }
        for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| mapping.of(cell).is_none()) {
            if let Some(field) = field_of(cell) {
                take(field, at, cell);
            }
        }
        settle_words_of_two_meanings(&mut columns, &row.cells, mapping);
        let mut custom = Vec::new();
        for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| mapping.of(cell).is_none()) {
            match custom_field_of(cell) {
                Some(field) if columns.iter().any(|(known, ..)| *known == field) => custom.push((field, at)),
                Some(field) => columns.push((field, at, cell.trim().to_owned())),
                None => {}
            }
        }
        let has = |field| columns.iter().any(|(known, ..)| *known == field);
        let kind = TableKind::of(|field| has(field) || (field == Field::Kind && knows_kind), knows_room)?;
        if kind == TableKind::Racks && !has(Field::RackUnits) {
            rename(&mut columns, Field::Height, Field::RackUnits);
        }
        Some(Self { kind, columns, custom, row: row.number })
    }

    /// Whether a row only repeats the headings, as lists do that were printed page by page.
    pub(super) fn is_repeated_by(&self, cells: &Cells) -> bool {
        let same = |(_, at, spelled): &(Field, usize, String)| {
            cells.get(*at).is_some_and(|cell| heading_key(cell) == heading_key(spelled))
        };
        self.columns.len() > 1 && self.columns.iter().all(same)
    }

    /// What a column of the heading row was taken for.
    pub(super) fn field_at(&self, at: usize) -> Option<Field> {
        let known = self.columns.iter().find(|(_, place, _)| *place == at).map(|(field, ..)| *field);
        known.or_else(|| self.custom.iter().find(|(_, place)| *place == at).map(|(field, _)| *field))
    }

    /// Where a custom field stands that is read before the column for the same field.
    pub(super) fn custom_place(&self, column: Field) -> Option<usize> {
        self.custom.iter().find(|(known, _)| *known == column).map(|(_, at)| *at)
    }

    /// How many columns were recognised.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: Field) -> Option<usize> {
        self.columns.iter().find(|(known, ..)| *known == column).map(|(_, at, _)| *at)
    }

    /// How the file spells a column's heading; empty when it has no such column.
    pub(super) fn spelling(&self, column: Field) -> &str {
        self.columns.iter().find(|(known, ..)| *known == column).map_or("", |(_, _, spelling)| spelling)
    }
}

/// What a heading means by its words alone.
pub(crate) fn field_of(cell: &str) -> Option<Field> {
    let heading = heading_key(cell);
    WORDS.iter().find(|(_, words)| words.contains(&heading.as_str())).map(|(field, _)| *field)
}

/// What a custom field of NetBox means (`cf_height`, `cf_上架日期`).
fn custom_field_of(cell: &str) -> Option<Field> {
    let name = key(cell);
    let name = name.strip_prefix("CF_")?;
    Field::ALL.into_iter().find(|field| field.as_str().eq_ignore_ascii_case(name)).or_else(|| field_of(name))
}

fn settle_words_of_two_meanings(columns: &mut Vec<(Field, usize, String)>, cells: &Cells, mapping: RowMapping<'_>) {
    let has = |columns: &[(Field, usize, String)], field| columns.iter().any(|(known, ..)| *known == field);
    let types = cells.iter().enumerate().find(|(_, cell)| heading_key(cell) == TYPE && mapping.of(cell).is_none());
    if let Some((at, cell)) = types {
        let meant = if has(columns, Field::Kind) { Field::Model } else { Field::Kind };
        if !has(columns, meant) {
            columns.push((meant, at, cell.trim().to_owned()));
        }
    }
    let is_of_devices = has(columns, Field::Rack) && has(columns, Field::Kind) && !has(columns, Field::Height);
    let says_u_height =
        columns.iter().any(|(field, _, spelled)| *field == Field::RackUnits && heading_key(spelled) == U_HEIGHT);
    if is_of_devices && says_u_height {
        rename(columns, Field::RackUnits, Field::Height);
    }
}

fn rename(columns: &mut [(Field, usize, String)], from: Field, to: Field) {
    for (field, ..) in columns.iter_mut().filter(|(field, ..)| *field == from) {
        *field = to;
    }
}

/// A heading without what people decorate it with: spaces, stars, underscores, a remark in brackets at its end.
pub(crate) fn heading_key(cell: &str) -> String {
    let compact: String = key(cell).chars().filter(|c| !matches!(c, '*' | '_' | '.' | ':')).collect();
    match compact.split_once(['(', '[', '【']) {
        Some((word, _)) if !word.is_empty() => word.to_owned(),
        _ => compact,
    }
}
