//! Whatever people type: the sums hold, every skipped row is listed, and nothing panics.

use proptest::{collection::vec, prelude::*, sample::select};
use xunjian_domain::monitoring::{Sample, Summary};

use super::{assert_sums, named};
use xunjian_ledger::monitoring::{Options, Spelling, read};

const HEAD: [&str; 14] = [
    "虚拟机名称",
    "序列号",
    "采集时间",
    "CPU使用率",
    "CPU平均使用率(%)",
    "内存使用率",
    "存储容量",
    "存储已用(GB)",
    "租赁盘阵空间(TB)",
    "盘阵使用率",
    "同步时间",
    "电源状态",
    "关机天数",
    "插件状态",
];

/// A cell: what exports hold, or anything at all.
fn cell() -> impl Strategy<Value = String> {
    const USUAL: [&str; 30] = [
        "",
        "",
        " ",
        "vm-1",
        "ＶＭ－１",
        "0.85",
        "85%",
        "85",
        "101",
        "-1",
        "0",
        "1",
        "1.0",
        "500GB",
        "1TB",
        "512GiB",
        "１Ｔ",
        "2026-11-15",
        "2026-11-15 10:00",
        "2026年11月31日",
        "12分钟",
        "900",
        "关机",
        "运行中",
        "异常",
        "未安装",
        "#DIV/0!",
        "合计",
        "无",
        "𠮷䶮",
    ];
    prop_oneof![9 => select(&USUAL[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn lines(rows: &[Vec<String>]) -> Vec<u8> {
    let head: Vec<String> = HEAD.iter().map(|heading| (*heading).to_owned()).collect();
    let quoted = |cells: &Vec<String>| {
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
    };
    std::iter::once(&head).chain(rows).map(|cells| quoted(cells) + "\r\n").collect::<String>().into_bytes()
}

proptest! {
    #[test]
    fn any_rows_add_up(rows in vec(vec(cell(), 0..16), 0..25), spelling in select(&[None, Some(Spelling::Percent), Some(Spelling::Fraction)][..])) {
        let options = Options { spelling, ..Options::default() };
        let imported = read(&named("any.csv", lines(&rows)), &options).expect("the heading is there");
        assert_sums(&imported);
        for problem in &imported.report.problems {
            prop_assert!(problem.row > 1, "problems are those of rows below the heading");
        }
        for sample in &imported.samples {
            prop_assert!(!sample.is_empty(), "a sample measures something");
            let json = serde_json::to_string(sample).expect("JSON");
            let again: Option<Sample> = serde_json::from_str(&json).ok();
            prop_assert_eq!(again.as_ref(), Some(sample), "and is stored without loss");
            for usage in [&sample.cpu, &sample.memory, &sample.storage, &sample.array] {
                for value in [&usage.current, &usage.average, &usage.peak, &usage.trough].into_iter().flatten() {
                    prop_assert!((0.0..=100.0).contains(&value.to_f64()), "a usage is a share: {}", value);
                }
            }
            prop_assert!(Summary::of(&[sample]).is_some());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        let _ = read(&named("any", bytes.clone()), &Options::default());
        let _ = read(&named("any", [&b"PK\x03\x04"[..], &bytes].concat()), &Options::default());
    }
}
