//! A ledger as people really keep it: invented, repeatable from a seed, and wrong in all the usual ways.
//!
//! The same rows come as an XLSX workbook and as a GB18030 CSV, with the same row numbers, so that both must import to
//! the same report. Lists of virtual machines and of resource orders go with it; they agree with the ledger except for
//! the discrepancies planted here. All units, brands, serials and people are invented.

mod draw;
mod rows;
mod site;
mod workbook;

use std::collections::BTreeMap;

use rust_xlsxwriter::XlsxError;

use self::{draw::Draw, rows::AssetRow};

/// The title above the heading row.
const TITLE: &str = "云山市政务云资源台账（2026年第三季度）";

/// The headings, in column order.
const HEADINGS: [&str; 14] = [
    "序号",
    "机房",
    "机柜编号",
    "U位",
    "资源类型",
    "品牌",
    "型号",
    "序列号",
    "数量",
    "归属单位",
    "订单编号",
    "上架日期",
    "状态",
    "备注",
];

/// Blank but formatted rows below the totals, as spreadsheets collect them.
const EMPTY_TAIL: usize = 30;

/// One invented site: its ledger, its virtual machines and its orders.
#[derive(Debug, Clone)]
pub struct MessyLedger {
    rows: Vec<AssetRow>,
    virtual_machines: Vec<[String; 4]>,
    orders: Vec<[String; 5]>,
}

impl MessyLedger {
    /// The same seed always gives the same site.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let mut rows = site::sound_assets(&mut draw);
        let virtual_machines = site::virtual_machines(&mut draw);
        let orders = orders_for(&rows, &virtual_machines);
        rows::plant_faults(&mut rows, &mut draw);
        Self { rows, virtual_machines, orders }
    }

    /// The ledger as a workbook: merged title, heading in row 2, totals row, empty tail.
    ///
    /// # Errors
    ///
    /// When the workbook cannot be written to memory.
    pub fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        workbook::write(&self.rows)
    }

    /// The same sheet as a spreadsheet exports it in China: CSV in GB18030.
    #[must_use]
    pub fn gbk_csv(&self) -> Vec<u8> {
        let width = HEADINGS.len();
        let mut lines = vec![padded(&[TITLE], width), padded(&HEADINGS, width)];
        lines.extend(self.rows.iter().enumerate().map(|(at, row)| row.cells(at + 1)));
        lines.push(padded(&["", "合计", "", "", &self.rows.len().to_string()], width));
        lines.extend(std::iter::repeat_n(padded(&[], width), EMPTY_TAIL));
        encoding_rs::GB18030.encode(&csv_text(&lines)).0.into_owned()
    }

    /// The virtual machines, UTF-8.
    #[must_use]
    pub fn virtual_machines_csv(&self) -> String {
        let mut lines = vec![padded(&["虚拟主机名称", "集群", "归属单位", "状态"], 4)];
        lines.extend(self.virtual_machines.iter().map(|cells| cells.to_vec()));
        csv_text(&lines)
    }

    /// The resource orders, UTF-8.
    #[must_use]
    pub fn orders_csv(&self) -> String {
        let mut lines = vec![padded(&["订单编号", "归属单位", "资源类型", "数量", "集群"], 5)];
        lines.extend(self.orders.iter().map(|cells| cells.to_vec()));
        csv_text(&lines)
    }
}

/// The orders that the sound rows follow from, with four discrepancies planted: one virtual machine too many, one
/// quantity too small, one order in another unit's name, and one order that the list lacks.
fn orders_for(assets: &[AssetRow], vms: &[[String; 4]]) -> Vec<[String; 5]> {
    let mut counts: BTreeMap<[String; 4], u32> = BTreeMap::new();
    for row in assets.iter().filter(|row| !row.order_no.is_empty()) {
        let kind = row.kind.trim_end_matches("设备").replace("托管", "托管设备");
        *counts.entry([row.order_no.clone(), row.owning_unit.clone(), kind, String::new()]).or_default() += 1;
    }
    for [_, cluster, unit, _] in vms {
        let no = site::vm_order_no(unit, cluster);
        *counts.entry([no, unit.clone(), "虚拟机".to_owned(), cluster.clone()]).or_default() += 1;
    }
    let mut lines: Vec<([String; 4], u32)> = counts.into_iter().collect();
    if let Some((_, count)) = lines.iter_mut().rev().find(|(key, _)| key[2] == "虚拟机") {
        *count += 1;
    }
    if let Some((_, count)) = lines.iter_mut().find(|(key, count)| key[2] != "虚拟机" && *count > 1) {
        *count -= 1;
    }
    if let Some((key, _)) = lines.iter_mut().filter(|(key, _)| key[2] == "存储").nth(1) {
        let other = site::UNITS.iter().find(|unit| **unit != key[1]);
        key[1] = other.map_or_else(String::new, |unit| (*unit).to_owned());
    }
    if let Some(at) = lines.iter().position(|(key, _)| key[2] == "托管设备") {
        lines.remove(at);
    }
    lines.into_iter().map(|([no, unit, kind, cluster], count)| [no, unit, kind, count.to_string(), cluster]).collect()
}

fn padded(cells: &[&str], width: usize) -> Vec<String> {
    let given = cells.iter().map(|cell| (*cell).to_owned());
    given.chain(std::iter::repeat(String::new())).take(width).collect()
}

/// RFC 4180 with quotes where they are needed.
fn csv_text(lines: &[Vec<String>]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    lines.iter().map(|cells| cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (one, two) = (MessyLedger::from_seed(7), MessyLedger::from_seed(7));
        assert_eq!(one.xlsx().expect("a workbook"), two.xlsx().expect("a workbook"), "no clock and no chance inside");
        assert_eq!(one.gbk_csv(), two.gbk_csv(), "nor in the CSV");
        assert_ne!(one.gbk_csv(), MessyLedger::from_seed(8).gbk_csv(), "another seed is another site");
    }

    #[test]
    fn rare_characters_survive_the_export() {
        let text = encoding_rs::GB18030.decode(&MessyLedger::from_seed(7).gbk_csv()).0.into_owned();
        for rare in ['镕', '堃', '㛃', '䶮', '𠮷'] {
            assert!(text.contains(rare), "{rare} is in the ledger and in GB18030");
        }
    }
}
