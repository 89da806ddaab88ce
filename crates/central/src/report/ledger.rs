//! 云资源台账 (D.1 no. 16): the ledger in force, or an earlier version, as a document; its workbook is the export that an import reads
//! back without loss.

use std::collections::BTreeMap;

use xunjian_domain::{
    ledger::{Ledger, LedgerEntry, LedgerVersion},
    report::Cell,
    text::Language,
};
use xunjian_ledger::{
    export,
    listing::{self, Field, Listing, TableKind, kind_word, listings},
};

use super::{
    Composed,
    composer::{Composer, Title, hash},
    record::{parties, places},
    words::moment,
};
use crate::{clock, db::sql, error::Error, ledger as store, log, site::Site};

/// Composes the report of a version of the ledger; the one in force where none is named.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, or no such version.
pub fn ledger(site: &Site, wanted: Option<u32>) -> Result<Composed, Error> {
    let at = clock::now();
    let (found, imported_at, source, log_size, parties) = site.db.read(|sql| {
        let found = match wanted {
            Some(number) => store::version(sql, i64::from(number))?,
            None => store::current(sql)?,
        };
        let (mut imported_at, mut source) = (String::new(), String::new());
        for row in sql.query(sql!("ledger_version_list"), &[])? {
            if found.as_ref().is_some_and(|(version, _)| i64::from(version.version) == row.i64(0).unwrap_or_default()) {
                source = row.text(2)?.to_owned();
                imported_at = moment(xunjian_domain::time::TimestampMs(row.i64(3)?));
            }
        }
        Ok::<_, Error>((found, imported_at, source, log::tail(sql)?.0, parties(sql)?))
    })?;
    let (version, ledger) = found.ok_or_else(|| {
        let named = wanted.map(|number| format!("第 {number} 版")).unwrap_or_default();
        Error::told(
            format!("没有{named}台账；请用 xunjian ledger list 查看版本，或先导入"),
            "there is no such ledger: see `xunjian ledger list`, or import one first",
        )
    })?;
    let title = Title {
        title: "云资源台账",
        subtitle: format!("台账第 {} 版", version.version),
        code: format!("TZ-{}", version.version),
        has_cover: true,
        at,
    };
    let mut out = Composer::new(site, &parties, title);
    put_cover(&mut out, &version, &imported_at, &source, at);
    put_counts(&mut out, &ledger);
    put_assets(&mut out, &ledger);
    for listing in listings(&ledger).iter().filter(|listing| listing.kind != TableKind::Assets) {
        put_listing(&mut out, listing);
    }
    out.chapter_page("签署页");
    out.signatures(places(&parties, "确认本台账为所示版本的全部内容。"));
    let workbook = export::xlsx(&ledger, Language::Zh).map_err(|error| {
        let text = error.text();
        Error::told(text.zh, text.en)
    })?;
    Ok(Composed {
        kind: "ledger",
        subject: version.version.to_string(),
        log_size,
        created_at: at,
        document: out.finish(),
        photos: Vec::new(),
        workbook: Some(workbook),
    })
}

fn put_cover(
    out: &mut Composer,
    version: &LedgerVersion,
    imported_at: &str,
    source: &str,
    at: xunjian_domain::time::TimestampMs,
) {
    let number = out.number();
    out.cover("报告编号", number);
    out.cover("台账版本", u64::from(version.version));
    out.cover("入账时间", imported_at);
    out.cover("来源", source);
    out.cover("台账哈希", hash(&version.sha256));
    out.cover("出具时间", moment(at));
}

fn count(number: usize) -> Cell {
    Cell::Number(number as u64)
}

fn put_counts(out: &mut Composer, ledger: &Ledger) {
    out.chapter("概况");
    out.paragraph(
        "本台账为所示版本的全部登记内容。台账每次变更都成为新版本并记入日志；终端上的台账只读，巡检所见的不一致经变更单由归属单位审批后才更正。",
    );
    out.facts(vec![
        ("机房（间）", count(ledger.rooms.len())),
        ("机柜（个）", count(ledger.racks.len())),
        ("资产（项）", count(ledger.assets.len())),
        ("集群（个）", count(ledger.clusters.len())),
        ("虚拟机（台）", count(ledger.vms.len())),
        ("订单（条）", count(ledger.orders.len())),
    ]);
    let quantity = |assets: &[&LedgerEntry]| assets.iter().map(|asset| u64::from(asset.quantity)).sum::<u64>();
    let table = |out: &mut Composer, title: &str, heading: &'static str, of: &dyn Fn(&LedgerEntry) -> String| {
        let mut groups: BTreeMap<String, Vec<&LedgerEntry>> = BTreeMap::new();
        for asset in &ledger.assets {
            groups.entry(of(asset)).or_default().push(asset);
        }
        let rows = groups.iter().map(|(name, assets)| {
            let name = if name.is_empty() { "（未登记）".to_owned() } else { name.clone() };
            vec![name.into(), count(assets.len()), quantity(assets).into()]
        });
        let headings = [(heading, 10, false), ("登记（项）", 4, true), ("数量（台）", 4, true)];
        let all: Vec<&LedgerEntry> = ledger.assets.iter().collect();
        let sum = vec!["合计".into(), count(all.len()), quantity(&all).into()];
        out.sum_table(title, &headings, rows.collect(), sum);
    };
    table(out, "按资源类型统计", "资源类型", &|asset| kind_word(asset.kind).zh);
    table(out, "按归属单位统计", "归属单位", &|asset| asset.owning_unit.clone());
    let room_of = |asset: &LedgerEntry| {
        ledger.rooms.iter().find(|room| room.id == asset.room).map_or_else(String::new, |room| room.name.clone())
    };
    table(out, "按机房统计", "机房", &room_of);
}

fn put_assets(out: &mut Composer, ledger: &Ledger) {
    out.chapter_page("设备台账");
    let headings = [
        ("机柜", 3, false),
        ("U 位", 2, false),
        ("名称", 5, false),
        ("类型", 3, false),
        ("品牌型号", 5, false),
        ("序列号", 5, false),
        ("数量", 2, true),
        ("归属单位", 5, false),
        ("订单编号", 4, false),
        ("状态", 2, false),
    ];
    for room in &ledger.rooms {
        out.section(&room.name);
        let mut rows = Vec::new();
        for rack in ledger.racks.iter().filter(|rack| rack.room == room.id) {
            let mut assets: Vec<&LedgerEntry> = ledger.assets_in(&rack.id).collect();
            assets.sort_by_key(|asset| std::cmp::Reverse(asset.span));
            rows.extend(assets.into_iter().map(|asset| row(&rack.name, asset)));
        }
        // What stands in the room and in no rack of it.
        let is_loose =
            |asset: &&LedgerEntry| asset.room == room.id && !ledger.racks.iter().any(|rack| rack.id == asset.rack);
        rows.extend(ledger.assets.iter().filter(is_loose).map(|asset| row("", asset)));
        out.table(&format!("{} 设备", room.name), &headings, rows, "没有登记的设备");
    }
}

fn row(rack: &str, asset: &LedgerEntry) -> Vec<Cell> {
    vec![
        rack.into(),
        asset.span.map(|span| span.to_string()).unwrap_or_default().into(),
        asset.name.clone().into(),
        kind_word(asset.kind).zh.into(),
        format!("{} {}", asset.brand, asset.model).trim().into(),
        asset.serial.clone().into(),
        u64::from(asset.quantity).into(),
        asset.owning_unit.clone().into(),
        asset.order_no.to_string().into(),
        asset.status.clone().into(),
    ]
}

/// A table of the ledger with its own columns.
fn put_listing(out: &mut Composer, listing: &Listing) {
    let title = listing.kind.title().zh;
    out.chapter(&title);
    let is_number = |field: &Field| matches!(field, Field::Quantity | Field::RackUnits);
    let headings: Vec<(String, bool)> =
        listing.columns.iter().map(|field| (field.heading().zh, is_number(field))).collect();
    let rows = listing.lines.iter().map(|line| line.cells.iter().map(cell).collect()).collect();
    out.wide_table(&title, &headings, rows, "没有登记");
}

fn cell(cell: &listing::Cell) -> Cell {
    match cell {
        listing::Cell::Number(number) => Cell::Number(u64::from(*number)),
        listing::Cell::Measure(value) => Cell::Measure(value.clone()),
        other => Cell::Text(other.say(Language::Zh)),
    }
}
