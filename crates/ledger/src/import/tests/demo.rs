//! The demo site in `demo/`, which the testkit writes.

use std::collections::BTreeSet;

use xunjian_domain::ledger::{AssetKind, ResourceKind, ResourceOrder, RowCode};
use xunjian_testkit::messy_ledger::MessyLedger;

use super::{again, assert_sums, counts, file, import, listed};
use crate::import::{Mapping, SourceFile, read, read_orders};

const XLSX: &str = "demo/ledger.xlsx";
const GBK: &str = "demo/ledger-gbk.csv";
const VMS: &str = "demo/virtual_machines.csv";
const ORDERS: &str = "demo/orders.csv";

#[test]
fn the_demo_ledger_shows_every_fault_once() {
    let imported = import(&[file(XLSX)]);
    assert_eq!(counts(&imported.report), (77, 69, 8, 10), "rows, imported, skipped, racks");
    let expected = [
        (RowCode::PositionOutsideRack, vec![17, 64]),
        (RowCode::NoRack, vec![25]),
        (RowCode::UnknownKind, vec![32]),
        (RowCode::BadPosition, vec![40, 48]),
        (RowCode::NoModel, vec![56]),
        (RowCode::BadQuantity, vec![71]),
        (RowCode::NoSerial, vec![14, 31, 52, 68]),
        (RowCode::DuplicateSerial, vec![43, 61]),
        (RowCode::PositionTaken, vec![79]),
        (RowCode::BadDate, vec![22]),
    ];
    assert_eq!(listed(&imported.report), expected.into(), "each problem, and no other");
    let count = |kind| imported.ledger.assets.iter().filter(|asset| asset.kind == kind).count();
    let kinds = [
        AssetKind::PhysicalServer,
        AssetKind::HostedDevice,
        AssetKind::BackupDevice,
        AssetKind::Storage,
        AssetKind::Other,
    ];
    assert_eq!(kinds.map(count), [31, 14, 9, 7, 8], "all kinds");
}

#[test]
fn both_forms_of_the_demo_ledger_give_the_same_report() {
    let (workbook, export) = (import(&[file(XLSX)]), import(&[file(GBK)]));
    assert_eq!(workbook.report, export.report, "same rows, same numbers, same sentences");
    assert!(workbook.ledger == export.ledger, "and the same ledger");
}

#[test]
fn the_demo_site_imports_whole_and_again_without_change() {
    let files = [file(XLSX), file(VMS), file(ORDERS)];
    let imported = import(&files);
    let orders = imported.ledger.orders.len() as u32;
    assert_eq!(counts(&imported.report), (77 + 40 + orders, 69 + 40 + orders, 8, 10), "all three files are counted");
    assert_eq!((imported.ledger.clusters.len(), imported.ledger.vms.len()), (2, 40), "virtual machines");
    assert_eq!(again(&files, &imported.ledger), imported.ledger, "the same files are the same ledger");
}

#[test]
fn the_demo_orders_differ_from_the_ledger_in_four_places_only() {
    let (orders, report) = read_orders(&file(ORDERS)).expect("readable");
    assert_sums(&report);
    assert_eq!((report.skipped, report.racks), (0, 0), "orders stand in no rack");
    let ledger = import(&[file(XLSX), file(VMS)]).ledger;
    let held = |order: &&ResourceOrder| -> usize {
        if order.kind == ResourceKind::VirtualMachine {
            let cluster =
                ledger.clusters.iter().find(|cluster| cluster.name == order.cluster).expect("a known cluster");
            let vms = ledger.vms.iter().filter(|vm| vm.cluster == cluster.id);
            return vms.filter(|vm| vm.owning_unit == order.owning_unit).count();
        }
        let ordered = ledger.assets.iter().filter(|asset| asset.order_no == order.no);
        let owned = ordered.filter(|asset| asset.owning_unit == order.owning_unit);
        owned.filter(|asset| asset.kind == asset_kind(order.kind)).count()
    };
    let wrong = orders.iter().filter(|order| order.quantity as usize != held(order));
    assert_eq!(wrong.count(), 3, "one virtual machine too many, one quantity too small, one order in another's name");
    let unordered: BTreeSet<_> = ledger
        .assets
        .iter()
        .filter(|asset| asset.order_no.as_str().starts_with("DD"))
        .filter(|asset| !orders.iter().any(|order| order.no == asset.order_no && asset_kind(order.kind) == asset.kind))
        .map(|asset| (asset.order_no.as_str(), asset.kind))
        .collect();
    assert_eq!(unordered.len(), 1, "one order of hosted devices is missing from the list: {unordered:?}");
}

#[test]
fn any_seed_gives_a_site_that_imports_to_one_report_from_both_forms() {
    for seed in 0..12 {
        let site = MessyLedger::from_seed(seed);
        let named = |bytes| [SourceFile { name: "ledger".to_owned(), bytes }];
        let workbook = read(&named(site.xlsx().expect("a workbook")), &Mapping::default(), &mut super::ids_from(0))
            .expect("readable");
        let export = read(&named(site.gbk_csv()), &Mapping::default(), &mut super::ids_from(0)).expect("readable");
        assert_sums(&workbook.report);
        assert_eq!(workbook.report, export.report, "seed {seed}");
        assert!(workbook.ledger == export.ledger, "seed {seed}: another ledger");
        assert_eq!(workbook.report.skipped, 8, "seed {seed}: the planted rows and no other");
    }
}

/// The kind of asset that an order of racked resources pays for.
fn asset_kind(kind: ResourceKind) -> AssetKind {
    match kind {
        ResourceKind::PhysicalServer => AssetKind::PhysicalServer,
        ResourceKind::HostedDevice => AssetKind::HostedDevice,
        ResourceKind::Backup => AssetKind::BackupDevice,
        ResourceKind::Storage => AssetKind::Storage,
        ResourceKind::VirtualMachine => unreachable!("virtual machines are counted by cluster"),
    }
}
