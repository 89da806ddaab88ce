//! A weekly report as somebody made it by hand, against the demo's ledger: `tests/fixtures/monitoring/weekly-gbk.csv`. What is
//! expected was worked out by reading the file and the two tables, not by this reader.

use std::collections::BTreeMap;

use xunjian_domain::{
    ledger::Ledger,
    monitoring::{MonitoredKind, Side, Summary, Thresholds, candidates, out_of_range},
};

use super::{import, listed, named};
use xunjian_ledger::{
    import::{Mapping, SourceFile, read as read_ledger},
    monitoring::{Code, Directory, Found, Imported},
};

fn file(path: &str) -> SourceFile {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    named(path, std::fs::read(full).expect("the file is in the repository"))
}

fn weekly() -> Imported {
    import(&file("tests/fixtures/monitoring/weekly-gbk.csv"))
}

fn ledger() -> Ledger {
    let files = [file("demo/ledger.xlsx"), file("demo/virtual_machines.csv")];
    let mut next = 0;
    let mut ids = || {
        next += 1;
        format!("id-{next}")
    };
    read_ledger(&files, &Mapping::default(), &mut ids).expect("the demo is readable").ledger
}

#[test]
fn every_row_of_the_weekly_report_is_imported_or_listed() {
    let imported = weekly();
    let report = &imported.report;
    assert_eq!((report.rows, report.imported, report.skipped), (16, 12, 4));
    let expected: BTreeMap<Code, Vec<u32>> = [
        (Code::NoIdentity, vec![20, 24]),
        (Code::Repeated, vec![21]),
        // It has an address and nothing else. Row 22 has one value that can be read among ten that cannot.
        (Code::NothingMeasured, vec![23]),
        (Code::BadUsage, vec![22, 22, 22, 22]),
        (Code::UnclearUsage, vec![22]),
        (Code::BadCapacity, vec![22]),
        (Code::NoUnit, vec![22]),
        (Code::BadNumber, vec![22]),
        (Code::BadDelay, vec![22]),
        (Code::UnknownState, vec![22, 22, 22]),
    ]
    .into();
    assert_eq!(listed(report), expected);
    let moments: std::collections::BTreeSet<String> =
        imported.samples.iter().map(|sample| sample.collected_at.to_string()).collect();
    assert_eq!(moments, ["2026-11-22T00:00:00".to_owned()].into(), "the last day of the week in the title");
}

#[test]
fn the_weekly_report_is_judged_as_the_tables_print_it() {
    let (ledger, imported, thresholds) = (ledger(), weekly(), Thresholds::baseline());
    let directory = Directory::of(&ledger);
    let mut judged: BTreeMap<u32, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut strangers = Vec::new();
    for sample in &imported.samples {
        let kind = match directory.find(sample.kind, &sample.identity) {
            Found::One(resource) => resource.kind,
            found => {
                assert_eq!(found, Found::None, "row {}", sample.row);
                strangers.push(sample.row);
                sample.kind.expect("the file says the kind of every row")
            }
        };
        let summary = Summary::of(&[sample]).expect("a sample");
        let breaches = out_of_range(kind, &summary, &thresholds).breaches;
        let breaches = breaches.iter().map(|one| {
            let side = if one.side == Side::Below { "<" } else { ">" };
            let which = one.statistic.map(|which| format!(" {}", which.title().zh)).unwrap_or_default();
            format!("{}{which} {}{side}{}", one.row, one.value, one.limit)
        });
        let fired = candidates(kind, &summary, &thresholds).candidates;
        judged.insert(sample.row, (breaches.collect(), fired.iter().map(|one| one.row.to_string()).collect()));
        assert!(kind != MonitoredKind::Other, "row {}", sample.row);
    }
    assert_eq!(strangers, [10, 22], "the ledger has no such machines");
    let off = || -> Vec<String> {
        [
            "B.1-03 当前 0<8",
            "B.1-03 平均 0<8",
            "B.1-03 峰值 0<8",
            "B.1-03 波谷 0<8",
            "B.1-04 平均 0<10",
            "B.1-04 峰值 0<10",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let expected: [(u32, Vec<String>, &[&str]); 11] = [
        (6, vec!["B.1-08 平均 7.99<8".into(), "B.1-09 平均 9.99<10".into()], &["C.1-01"]),
        (7, vec![], &[]),
        (
            8,
            vec![
                "B.1-06 15.0167>15".into(),
                "B.1-07 15.0167>15".into(),
                "B.1-08 峰值 90.1>90".into(),
                "B.1-10 当前 29.99<30".into(),
            ],
            &["C.1-03"],
        ),
        (9, vec![], &["C.1-09"]),
        (10, vec!["B.1-10 当前 39.9<40".into()], &["C.1-04"]),
        (14, vec!["B.1-03 平均 4.99<8".into(), "B.1-04 平均 9.9<10".into()], &["C.1-05", "C.1-07", "C.1-09"]),
        (15, vec!["B.1-03 平均 5<8".into(), "B.1-04 平均 9.9<10".into(), "B.1-05 当前 91>90".into()], &["C.1-06"]),
        (16, off(), &["C.1-05", "C.1-10"]),
        (17, off(), &["C.1-05"]),
        (18, off(), &["C.1-05"]),
        (
            19,
            [
                "B.1-03 当前 1<8",
                "B.1-03 平均 1<8",
                "B.1-03 峰值 1<8",
                "B.1-03 波谷 1<8",
                "B.1-04 平均 1<10",
                "B.1-04 峰值 1<10",
            ]
            .map(str::to_owned)
            .to_vec(),
            &[],
        ),
    ];
    let mut rest = judged;
    for (row, breaches, fired) in expected {
        let (is_breaches, is_fired) = rest.remove(&row).unwrap_or_else(|| panic!("row {row} is judged"));
        assert_eq!(is_breaches, breaches, "row {row} by table B.1");
        assert_eq!(is_fired, fired, "row {row} by table C.1");
    }
    assert_eq!(
        rest.keys().collect::<Vec<_>>(),
        [&22].as_slice().to_vec(),
        "what is left of row 22 is its storage usage"
    );
}
