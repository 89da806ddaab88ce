//! Whatever people type: the sums hold, every skipped row is listed, and nothing panics.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{assert_sums, file, ids_from};
use crate::import::{Mapping, SourceFile, budget::Budget, csv_text, read, read_orders};

const HEAD: [&str; 10] =
    ["机房", "机柜编号", "U位", "资源类型", "品牌", "型号", "序列号", "数量", "归属单位", "上架日期"];
const ORDER_HEAD: [&str; 5] = ["订单编号", "归属单位", "资源类型", "数量", "集群"];
const VM_HEAD: [&str; 4] = ["虚拟主机名称", "集群", "归属单位", "状态"];

/// A cell: what ledgers hold, or anything at all.
fn cell() -> impl Strategy<Value = String> {
    const USUAL: [&str; 24] = [
        "",
        "",
        " ",
        "\u{3000}",
        "一区",
        "二区（Ｂ）",
        "A01",
        "Ａ０１",
        "1",
        "1-4",
        "43-46",
        "4-1",
        "Ｕ９",
        "存储",
        "物理服务器",
        "PDU",
        "SN1",
        "SN2",
        "无",
        "合计",
        "2024-01-12",
        "2024年2月30日",
        "维保\n\"2027\"",
        "𠮷䶮",
    ];
    prop_oneof![9 => select(&USUAL[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn lines(head: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let head: Vec<String> = head.iter().map(|heading| (*heading).to_owned()).collect();
    let quoted = |cells: &Vec<String>| {
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
    };
    std::iter::once(&head).chain(rows).map(|cells| quoted(cells) + "\r\n").collect::<String>().into_bytes()
}

fn named(bytes: Vec<u8>) -> SourceFile {
    SourceFile { name: "any".to_owned(), bytes }
}

proptest! {
    #[test]
    fn any_rows_add_up(
        assets in vec(vec(cell(), 0..12), 0..20),
        vms in vec(vec(cell(), 0..5), 0..8),
        orders in vec(vec(cell(), 0..6), 0..8),
    ) {
        let (vms, orders) = (named(lines(&VM_HEAD, &vms)), named(lines(&ORDER_HEAD, &orders)));
        let files = [named(lines(&HEAD, &assets)), vms, orders.clone()];
        let imported = read(&files, &Mapping::default(), &mut ids_from(0)).expect("the heading is there");
        assert_sums(&imported.report);
        let ledger = &imported.ledger;
        let taken = ledger.assets.len() + ledger.vms.len() + ledger.orders.len();
        prop_assert_eq!(taken, imported.report.imported as usize, "each imported row is one entry");
        for problem in &imported.report.problems {
            prop_assert!(problem.row > 1, "problems are those of rows below the heading");
        }
        for asset in &ledger.assets {
            let rack = ledger.racks.iter().find(|rack| rack.id == asset.rack).expect("its rack is in the ledger");
            prop_assert_eq!(&rack.room, &asset.room, "and stands in the same room");
            prop_assert!(asset.span.is_none_or(|span| span.high <= rack.units), "and is high enough");
        }
        assert_sums(&read_orders(&orders).expect("the heading is there").1);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        let _ = read(&[named(bytes.clone())], &Mapping::default(), &mut ids_from(0));
        let _ = read_orders(&named([&b"PK\x03\x04"[..], &bytes].concat()));
    }

    #[test]
    fn rows_keep_the_numbers_of_the_spreadsheet(rows in vec(vec("[a-z\n\"]{0,4}", 1..4), 1..12)) {
        // One column is always filled, because a spreadsheet row may be blank but its number still counts.
        let text = csv_text::decode(&lines(&["x"], &rows)).expect("UTF-8");
        let sheet = csv_text::split(&text, b',', &mut Budget::of_an_import()).expect("small").expect("CSV");
        let numbers: Vec<u32> = sheet.rows.iter().map(|row| row.number).collect();
        let expected: Vec<u32> = (1..=rows.len() as u32 + 1).collect();
        prop_assert_eq!(numbers, expected, "a break inside quotes is no new row");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_workbook_is_read_or_refused(
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = file("demo/ledger.xlsx").bytes;
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(imported) = read(&[named(bytes)], &Mapping::default(), &mut ids_from(0)) {
            assert_sums(&imported.report);
        }
    }
}
