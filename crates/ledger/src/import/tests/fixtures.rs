//! The ledgers in `tests/fixtures/ledgers`: a Chinese one in two forms, and an export from NetBox.

use xunjian_domain::ledger::{AssetKind, Face, RowCode, UnitSpan};

use super::{again, counts, file, import, listed};

const XLSX: &str = "tests/fixtures/ledgers/ledger.xlsx";
const GBK: &str = "tests/fixtures/ledgers/ledger-gbk.csv";
const RACKS: &str = "tests/fixtures/ledgers/netbox/racks.csv";
const DEVICES: &str = "tests/fixtures/ledgers/netbox/devices.csv";
const VMS: &str = "tests/fixtures/ledgers/netbox/virtual_machines.csv";

#[test]
fn the_chinese_workbook_is_read_row_by_row() {
    let imported = import(&[file(XLSX)]);
    assert_eq!(counts(&imported.report), (157, 154, 3, 19), "rows, imported, skipped, racks");
    let expected = [
        (RowCode::PositionOutsideRack, vec![135, 143, 157]),
        (RowCode::NoSerial, vec![42, 45, 54, 116, 132, 133, 138, 139, 156]),
        (RowCode::DuplicateSerial, vec![17, 29, 105, 148]),
    ];
    assert_eq!(listed(&imported.report), expected.into(), "each problem, and no other");
    let count = |kind| imported.ledger.assets.iter().filter(|asset| asset.kind == kind).count();
    let kinds = [AssetKind::PhysicalServer, AssetKind::HostedDevice, AssetKind::BackupDevice, AssetKind::Storage];
    assert_eq!(kinds.map(count), [67, 39, 14, 34], "kinds");
    assert!(imported.ledger.assets.iter().all(|asset| asset.mounted_on.is_some()), "all four date spellings are read");
}

#[test]
fn the_gbk_export_holds_the_same_ledger_as_the_workbook() {
    let (workbook, export) = (import(&[file(XLSX)]), import(&[file(GBK)]));
    assert_eq!(counts(&export.report), (157, 154, 3, 19), "rows, imported, skipped, racks");
    assert_eq!(export.ledger, workbook.ledger, "to the last rare character");
    let rows = |report| listed(report).into_values().flatten().collect::<Vec<u32>>();
    let moved: Vec<u32> = rows(&workbook.report).iter().map(|row| row - 1).collect();
    assert_eq!(rows(&export.report), moved, "the export has no title row, so each row stands one higher");
}

#[test]
fn spellings_of_the_chinese_ledger_are_seen_through() {
    let ledger = import(&[file(XLSX)]).ledger;
    assert_eq!(ledger.rooms.len(), 2, "two rooms");
    assert!(ledger.racks.iter().all(|rack| rack.name.is_ascii() && rack.units == 42), "Ａ１０ is A10");
    assert!(ledger.assets.iter().all(|asset| !asset.owning_unit.contains([' ', '\u{3000}'])), "no stray spaces");
    let units: std::collections::BTreeSet<_> = ledger.assets.iter().map(|asset| &asset.owning_unit).collect();
    assert_eq!(units.len(), 8, "eight owning units, not twelve");
    assert!(
        ledger.assets.iter().any(|asset| asset.note == "维保至2027-06-30\n联系人：镕堃"),
        "notes keep their breaks"
    );
    assert!(ledger.assets.iter().any(|asset| asset.note == "㛃䶮科技代维"), "rare characters survive");
}

#[test]
fn a_duplicate_serial_names_the_first_row_that_holds_it() {
    let report = import(&[file(XLSX)]).report;
    let duplicate = report.problems.iter().find(|problem| problem.code == RowCode::DuplicateSerial).expect("one");
    assert_eq!((duplicate.row, duplicate.column.as_str()), (17, "序列号"), "where it stands");
    assert_eq!(
        duplicate.message.zh, "序列号“9NTP96WEFBFUT0UMZQUT3”与第 10 行重复。请核对两行，改正其中抄错的一个。",
        "what it says"
    );
}

#[test]
fn the_netbox_export_is_one_ledger_of_three_files() {
    let imported = import(&[file(DEVICES), file(VMS), file(RACKS)]);
    assert_eq!(counts(&imported.report), (294, 294, 0, 42), "42 racks, 72 devices and 180 virtual machines");
    let no_serials: Vec<u32> = (2..=73).collect();
    assert_eq!(listed(&imported.report), [(RowCode::NoSerial, no_serials)].into(), "no device has a serial");
    let ledger = imported.ledger;
    assert_eq!((ledger.rooms.len(), ledger.racks.len()), (17, 42), "a site is a room");
    assert_eq!((ledger.clusters.len(), ledger.vms.len()), (9, 180), "clusters and virtual machines");
    let heights = [12, 42, 48].map(|units| ledger.racks.iter().filter(|rack| rack.units == units).count());
    assert_eq!(heights, [13, 5, 24], "heights come from the rack list");
    let count = |kind| ledger.assets.iter().filter(|asset| asset.kind == kind).count();
    let kinds = [AssetKind::PhysicalServer, AssetKind::HostedDevice, AssetKind::Other];
    assert_eq!(kinds.map(count), [1, 39, 32], "servers, network devices, patch panels and power strips");
    let router = &ledger.assets[0];
    assert_eq!((router.name.as_str(), router.brand.as_str()), ("dmi01-akron-rtr01", "Cisco"), "the first device");
    assert_eq!((router.span, router.face), (UnitSpan::new(4, 4), Some(Face::Front)), "position and side");
    assert_eq!(router.owning_unit, "Dunder-Mifflin, Inc.", "a quoted comma separates nothing");
    let prefixed = imported.report.problems.iter().all(|problem| problem.message.en.starts_with("devices.csv: "));
    assert!(prefixed, "with several files a message says which one it means");
}

#[test]
fn devices_alone_bring_their_racks_with_them() {
    let imported = import(&[file(DEVICES)]);
    assert_eq!(counts(&imported.report), (72, 72, 0, 24), "only racks that something stands in");
    assert!(imported.ledger.racks.iter().all(|rack| rack.units == 42), "and of the usual height");
    assert!(imported.ledger.racks.iter().any(|rack| rack.name == "Comms closet"), "names keep their words");
}

#[test]
fn importing_the_same_files_again_changes_nothing() {
    for files in [vec![file(XLSX)], vec![file(GBK)], vec![file(RACKS), file(DEVICES), file(VMS)]] {
        let first = import(&files).ledger;
        assert_eq!(again(&files, &first), first, "{}", files[0].name);
    }
}
