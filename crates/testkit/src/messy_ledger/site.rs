//! The invented site, sound and complete: rooms, racks, assets, units, clusters. Faults come later.

use super::{
    draw::Draw,
    rows::{AssetRow, Mounted},
};

/// The two rooms, with the letter of their racks.
const ROOMS: [(&str, char); 2] = [("云山市政务云机房（一区）", 'A'), ("云山市政务云机房（二区）", 'B')];
const RACKS_PER_ROOM: u32 = 5;
const ASSETS_PER_RACK: u32 = 6;

/// The units that own what stands here.
pub(super) const UNITS: [&str; 8] = [
    "云山市政务服务和数据管理局",
    "云山市财政局",
    "云山市公共资源交易中心",
    "云山市水务局",
    "云山市档案馆",
    "云山市交通运输局（综合执法支队）",
    "云山市卫生健康局",
    "云山市青溪区行政审批局",
];

/// Kind, brand, model, height. Kinds that are commoner stand more often.
const MODELS: [(&str, &str, &str, u32); 11] = [
    ("物理服务器", "岭云", "LY-R2280 V5", 2),
    ("物理服务器", "岭云", "LY-R4880 V5", 4),
    ("物理服务器", "木棉", "MM6120 G3", 2),
    ("物理服务器", "珠源", "ZY-S2200", 2),
    ("物理服务器", "木棉", "MM6120 G3", 2),
    ("托管设备", "越秀安全", "YX-FW3600", 1),
    ("托管设备", "珠源", "ZY-SW5548", 1),
    ("托管设备", "云栈", "YZ-ADC 800", 1),
    ("存储", "岭云", "LY-Stor 5000", 4),
    ("存储", "海石", "HS3000-G2", 3),
    ("备份设备", "常备", "CB-Vault 1800", 4),
];
const STATUSES: [&str; 5] = ["在用", "在用", "在用", "备用", "停用"];
const NOTES: [&str; 9] = [
    "",
    "",
    "",
    "电源模块A已换",
    "待腾退",
    "维保至2027-06-30\n联系人：镕堃",
    "㛃䶮科技代维",
    "与A03机柜互备",
    "经办：𠮷工",
];
const CLUSTERS: [&str; 2] = ["云山一区通用集群", "云山二区国产化集群"];
const VIRTUAL_MACHINES: usize = 40;

/// Every asset in its place, bottom up, rack by rack, each under an order of its unit.
pub(super) fn sound_assets(draw: &mut Draw) -> Vec<AssetRow> {
    let mut rows = Vec::new();
    for (room, letter) in ROOMS {
        for number in 1..=RACKS_PER_ROOM {
            let rack = format!("{letter}{number:02}");
            let mut unit = 1;
            for slot in 0..ASSETS_PER_RACK {
                // The first slot of each third rack holds the backup device, so that every seed has all four kinds.
                let wanted = if slot == 0 && number % 3 == 2 { Some("备份设备") } else { None };
                let model = loop {
                    let model = draw.pick(&MODELS);
                    if wanted.is_none_or(|kind| kind == model.0) {
                        break *model;
                    }
                };
                unit += draw.below(3);
                rows.push(asset(room, &rack, unit, model, draw));
                unit += model.3;
            }
            if number % 2 == 1 {
                rows.push(fitting(room, &rack, "配线架", "42", "ZY-PP24"));
            } else if number == 2 {
                rows.push(fitting(room, &rack, "PDU", "", "ZY-PDU32A"));
            }
        }
    }
    rows
}

fn asset(room: &str, rack: &str, low: u32, model: (&str, &str, &str, u32), draw: &mut Draw) -> AssetRow {
    let (kind, brand, name, height) = model;
    let high = low + height - 1;
    let at = draw.below(u32::try_from(UNITS.len()).unwrap_or(1)) as usize;
    let year = 2022 + draw.below(4);
    AssetRow {
        room: room.to_owned(),
        rack: rack.to_owned(),
        position: if low == high { low.to_string() } else { format!("{low}-{high}") },
        kind: kind.to_owned(),
        brand: brand.to_owned(),
        model: name.to_owned(),
        serial: draw.serial(),
        quantity: "1".to_owned(),
        owning_unit: UNITS[at].to_owned(),
        order_no: format!("DD{year}{:04}", 1100 + at * 37),
        mounted: Mounted::drawn(year, draw),
        status: (*draw.pick(&STATUSES)).to_owned(),
        note: (*draw.pick(&NOTES)).to_owned(),
    }
}

/// What belongs to the rack itself: nobody ordered it, it has no owner but the room's.
fn fitting(room: &str, rack: &str, kind: &str, position: &str, model: &str) -> AssetRow {
    AssetRow {
        room: room.to_owned(),
        rack: rack.to_owned(),
        position: position.to_owned(),
        kind: kind.to_owned(),
        brand: "珠源".to_owned(),
        model: model.to_owned(),
        serial: format!("ZY{kind_letter}{rack}0001", kind_letter = if kind == "PDU" { 'P' } else { 'L' }),
        quantity: "1".to_owned(),
        owning_unit: UNITS[0].to_owned(),
        order_no: String::new(),
        mounted: Mounted::Text("2022-03-01".to_owned()),
        status: "在用".to_owned(),
        note: String::new(),
    }
}

/// Name, cluster, owning unit, status.
pub(super) fn virtual_machines(draw: &mut Draw) -> Vec<[String; 4]> {
    const SHORT: [&str; 8] = ["zsj", "czj", "ggzy", "swj", "dag", "jtj", "wjj", "qxq"];
    (0..VIRTUAL_MACHINES)
        .map(|at| {
            let unit = draw.below(6) as usize;
            let name = format!("vm-{}-{:02}", SHORT[unit], at + 1);
            let status = if draw.below(8) == 0 { "已关机" } else { "运行中" };
            [name, (*draw.pick(&CLUSTERS)).to_owned(), UNITS[unit].to_owned(), status.to_owned()]
        })
        .collect()
}

/// One order for the virtual machines of a unit in a cluster.
pub(super) fn vm_order_no(unit: &str, cluster: &str) -> String {
    let unit = UNITS.iter().position(|known| *known == unit).unwrap_or_default();
    let cluster = CLUSTERS.iter().position(|known| *known == cluster).unwrap_or_default();
    format!("DD2025{}", 5000 + unit * 10 + cluster)
}
