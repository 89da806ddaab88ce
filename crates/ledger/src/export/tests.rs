//! What is written is read again: to the last character, by our import, by calamine and by openpyxl.

use std::{collections::BTreeSet, io::Cursor, path::Path, process::Command};

use calamine::{Data, Reader as _, Xlsx};
use jiff::civil::date;
use proptest::{collection::vec, option, prelude::*, sample::select};
use xunjian_domain::{
    ids::{AssetId, ClusterId, OrderNo, RackId, RoomId, VmId},
    ledger::{
        AssetKind, Cluster, Face, Ledger, LedgerEntry, MachineRoom, Rack, ResourceKind, ResourceOrder, UnitSpan,
        VirtualMachine, assign_identities,
    },
    text::Language,
};

use super::{netbox, xlsx};
use crate::import::{Mapping, SourceFile, read};

fn ids_from(start: u32) -> impl FnMut() -> String {
    let mut next = start;
    move || {
        next += 1;
        format!("id-{next:06}")
    }
}

fn fixture(path: &str) -> SourceFile {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ledgers").join(path);
    SourceFile { name: path.to_owned(), bytes: std::fs::read(&full).expect("the file is in the repository") }
}

fn workbook(bytes: Vec<u8>) -> Vec<SourceFile> {
    vec![SourceFile { name: "ledger.xlsx".to_owned(), bytes }]
}

/// The ledger of the files, with nothing skipped and the places of `previous` where they have the same names.
fn read_again(files: &[SourceFile], previous: &Ledger) -> Ledger {
    let imported = read(files, &Mapping::default(), &mut ids_from(500_000)).expect("what was written is readable");
    assert_eq!(imported.report.skipped, 0, "nothing is lost: {:?}", imported.report.problems);
    let mut next = imported.ledger;
    assign_identities(previous, &mut next);
    next
}

/// The ledger with ids that its order gives, so that two of other ids can be compared where nothing tells two assets apart.
fn renumbered(ledger: &Ledger) -> Ledger {
    let mut ledger = ledger.clone();
    for (at, asset) in ledger.assets.iter_mut().enumerate() {
        asset.id = AssetId::new(format!("asset-{at}"));
    }
    for (at, vm) in ledger.vms.iter_mut().enumerate() {
        vm.id = VmId::new(format!("vm-{at}"));
    }
    ledger
}

#[test]
fn the_shared_ledgers_come_back_whole() {
    for files in [
        vec![fixture("ledger.xlsx")],
        vec![fixture("ledger-gbk.csv")],
        vec![fixture("netbox/racks.csv"), fixture("netbox/devices.csv"), fixture("netbox/virtual_machines.csv")],
    ] {
        let ledger = read(&files, &Mapping::default(), &mut ids_from(0)).expect("readable").ledger;
        for language in [Language::Zh, Language::En] {
            let written = workbook(xlsx(&ledger, language).expect("it fits"));
            assert_eq!(read_again(&written, &ledger), ledger, "{} as a workbook in {language:?}", files[0].name);
        }
        let written = netbox(&ledger).expect("written");
        assert_eq!(read_again(&written, &ledger), ledger, "{} as NetBox CSV", files[0].name);
    }
}

#[test]
fn the_same_ledger_gives_the_same_bytes() {
    let ledger = read(&[fixture("ledger.xlsx")], &Mapping::default(), &mut ids_from(0)).expect("readable").ledger;
    let bytes = || xlsx(&ledger, Language::Zh).expect("it fits");
    assert_eq!(bytes(), bytes(), "no time of making is in it");
}

/// An asset whose texts a spreadsheet program would compute, and a note with everything that separates cells.
fn dangerous() -> Ledger {
    let mut ledger = one_rack();
    let asset = &mut ledger.assets[0];
    asset.name = "=HYPERLINK(\"http://x\")".to_owned();
    asset.serial = "+1234567890123456789".to_owned();
    asset.asset_tag = "@SUM(A1)".to_owned();
    asset.model = "-2+3".to_owned();
    asset.owning_unit = "＝单位".to_owned();
    asset.note = "'=1\n\"a\",b;c d 𠮷䶮".to_owned();
    ledger
}

fn one_rack() -> Ledger {
    Ledger {
        rooms: vec![MachineRoom { id: RoomId::new("room"), name: "一区".to_owned() }],
        racks: vec![Rack { id: RackId::new("rack"), room: RoomId::new("room"), name: "A01".to_owned(), units: 42 }],
        assets: vec![LedgerEntry {
            id: AssetId::new("asset"),
            kind: AssetKind::Storage,
            name: String::new(),
            brand: "岭云".to_owned(),
            model: "S1".to_owned(),
            serial: "00123".to_owned(),
            asset_tag: String::new(),
            quantity: 1,
            room: RoomId::new("room"),
            rack: RackId::new("rack"),
            span: UnitSpan::new(1, 4),
            face: None,
            owning_unit: "云山市财政局".to_owned(),
            order_no: OrderNo::new(""),
            mounted_on: Some(date(2024, 1, 12)),
            status: "在用".to_owned(),
            note: String::new(),
        }],
        ..Ledger::default()
    }
}

#[test]
fn no_cell_is_computed_and_none_is_changed() {
    let ledger = dangerous();
    let bytes = xlsx(&ledger, Language::Zh).expect("it fits");
    assert_eq!(read_again(&workbook(bytes.clone()), &ledger), ledger, "a text in a workbook stays as it is");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.as_slice())).expect("a workbook");
    for sheet in book.sheet_names() {
        let formulas = book.worksheet_formula(&sheet).expect("a sheet");
        assert!(formulas.cells().all(|(.., formula)| formula.is_empty()), "{sheet} holds no formula");
    }
    let files = netbox(&ledger).expect("written");
    assert_eq!(read_again(&files, &ledger), ledger, "the mark is taken off again");
    for file in files {
        let mut reader = csv::Reader::from_reader(file.bytes.as_slice());
        for record in reader.records() {
            let record = record.expect("CSV");
            let computed = record.iter().find(|cell| cell.starts_with(['=', '+', '-', '@', '＝']) && *cell != "-");
            assert_eq!(computed, None, "{}", file.name);
        }
    }
}

#[test]
fn a_spreadsheet_reads_texts_numbers_and_days() {
    let bytes = xlsx(&one_rack(), Language::Zh).expect("it fits");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.as_slice())).expect("a workbook");
    assert_eq!(book.sheet_names(), ["设备台账", "机柜清单", "虚拟机清单", "订单清单"]);
    let range = book.worksheet_range("设备台账").expect("the sheet");
    let row: Vec<Data> = range.rows().nth(1).expect("one asset").to_vec();
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(row[0], Data::Float(1.0), "numbered");
    assert_eq!((&row[5], &row[10]), (&text("00123"), &text("1-4")), "zeros stay, and the position is no date");
    assert_eq!(row[7], Data::Float(1.0), "the quantity is a number");
    assert!(matches!(&row[14], Data::DateTime(day) if day.as_f64() == 45_303.0), "{:?}", row[14]);
}

#[test]
fn a_cell_that_no_worksheet_holds_is_refused_and_not_cut() {
    let mut ledger = one_rack();
    ledger.assets[0].note = "备".repeat(32_768);
    let error = xlsx(&ledger, Language::Zh).expect_err("too long");
    assert!(error.text().zh.contains("32767"), "{error}");
    let files = netbox(&ledger).expect("CSV has no such limit");
    assert_eq!(read_again(&files, &ledger), ledger, "and loses nothing");
}

/// What a Python program reads in the workbook: the second reader, which shares no code with the first.
#[test]
fn openpyxl_reads_the_same_cells() {
    const SCRIPT: &str = "import json, sys, openpyxl\n\
        book = openpyxl.load_workbook(sys.argv[1])\n\
        print(json.dumps({s.title: [[None if c.value is None else str(c.value) for c in r] for r in s.rows] for s in book}))";
    let python = std::env::var_os("XUNJIAN_PYTHON").unwrap_or_else(|| "python3".into());
    let is_there = Command::new(&python).args(["-c", "import openpyxl"]).output().is_ok_and(|run| run.status.success());
    if !is_there {
        eprintln!("openpyxl is not installed: scripts/setup.sh test installs it");
        assert!(std::env::var_os("XUNJIAN_PYTHON").is_none(), "the Python that was named has no openpyxl");
        return;
    }
    let path = std::env::temp_dir().join(format!("xunjian-export-{}.xlsx", std::process::id()));
    std::fs::write(&path, xlsx(&dangerous(), Language::Zh).expect("it fits")).expect("a temporary file");
    let run = Command::new(&python).args(["-c", SCRIPT]).arg(&path).output().expect("Python runs");
    std::fs::remove_file(&path).expect("the temporary file");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let sheets: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let row = &sheets["设备台账"][1];
    let expected = serde_json::json!([
        "1",
        "存储",
        "=HYPERLINK(\"http://x\")",
        "岭云",
        "-2+3",
        "+1234567890123456789",
        "@SUM(A1)",
        "1",
        "一区",
        "A01",
        "1-4",
        null,
        "＝单位",
        null,
        "2024-01-12 00:00:00",
        "在用",
        "'=1\n\"a\",b;c d 𠮷䶮"
    ]);
    assert_eq!(*row, expected, "every cell as the ledger has it");
}

/// A text as an import leaves it: what tidying would change is no text of a ledger.
fn tidied(most: usize) -> impl Strategy<Value = String> {
    const NASTY: [&str; 22] = [
        "=1+1",
        "+8613800138000",
        "-5",
        "@x",
        "'x",
        "'=x",
        "''",
        "＝1",
        "a,b",
        "a;b",
        "\"q\"",
        "2024-01-12",
        "1-4",
        "00123",
        "1e5",
        "TRUE",
        "合计",
        "_x0041_",
        "𠮷䶮",
        "A B",
        "12345678901234567890",
        "R740 (rev 2)",
    ];
    let free = proptest::string::string_regex(&format!("[a-zA-Z0-9=+@'\",;/.一二三机房𠮷&<> -]{{1,{most}}}"))
        .expect("a pattern");
    prop_oneof![select(&NASTY[..]).prop_map(str::to_owned), free]
}

/// As an import would store it in this column.
fn stored(text: &str, heading: &str) -> String {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let csv = format!("名称,集群,{heading}\nv,c,{}\n", quoted(text));
    let file = SourceFile { name: "v.csv".to_owned(), bytes: csv.into_bytes() };
    let ledger = read(&[file], &Mapping::default(), &mut ids_from(0)).expect("headings").ledger;
    ledger.vms.first().map(|vm| vm.status.clone()).unwrap_or_default()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![1 => Just(String::new()), 3 => tidied(12).prop_map(|text| stored(&text, "状态"))]
}

/// Serials, tags and numbers: half width.
fn code() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace('＝', "="))
}

/// What an import takes for the same name.
fn key(text: &str) -> String {
    text.replace('＝', "=").replace(' ', "").to_uppercase()
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_map(|text| if text.is_empty() { "x".to_owned() } else { text })
}

prop_compose! {
    fn asset()(
        kind in select(vec![AssetKind::PhysicalServer, AssetKind::HostedDevice, AssetKind::BackupDevice, AssetKind::Storage, AssetKind::Other]),
        (name, brand, model, serial, tag) in (text(), filled(), text(), code(), code()),
        (owner, order, status, note) in (text(), code(), text(), text()),
        quantity in 1..5_u32,
        rack in 0..6_usize,
        (low, high, is_placed) in (1..20_u16, 0..4_u16, any::<bool>()),
        face in option::of(select(vec![Face::Front, Face::Rear])),
        day in option::of((1000..9999_i16, 1..13_i8, 1..29_i8)),
        has_break in any::<bool>(),
    ) -> (usize, LedgerEntry) {
        let note = if has_break && !note.is_empty() { format!("{note}\n第二行") } else { note };
        (rack, LedgerEntry {
            id: AssetId::new(""), kind, name, brand, model, serial, asset_tag: tag, quantity,
            room: RoomId::new(""), rack: RackId::new(""),
            span: is_placed.then(|| UnitSpan::new(low, low + high)).flatten(),
            face, owning_unit: owner, order_no: OrderNo::new(order),
            mounted_on: day.map(|(year, month, day)| date(year, month, day)), status, note,
        })
    }
}

prop_compose! {
    /// Any ledger as an import leaves it: racks in two rooms, assets in the order of their racks.
    fn ledger()(
        names in vec(filled(), 2..3),
        racks in vec((0..2_usize, filled(), 23..60_u16), 1..6),
        assets in vec(asset(), 0..12),
        vms in vec((filled(), filled(), text(), text()), 0..8),
        orders in vec((code().prop_map(|no| if no.is_empty() { "D1".to_owned() } else { no }), filled(), any::<bool>(), 1..9_u32, text()), 0..5),
    ) -> Ledger {
        let mut ledger = Ledger::default();
        let mut rooms = BTreeSet::new();
        for (room, name, units) in racks {
            let (room, name) = (format!("房{room}{}", names[room]), format!("柜 {name}"));
            let id = RoomId::new(format!("room-{}", key(&room)));
            if ledger.racks.iter().any(|rack: &Rack| rack.room == id && key(&rack.name) == key(&name)) {
                continue;
            }
            if rooms.insert(key(&room)) {
                ledger.rooms.push(MachineRoom { id: id.clone(), name: stored(&room, "状态") });
            }
            let rack = RackId::new(format!("rack-{}", ledger.racks.len()));
            ledger.racks.push(Rack { id: rack, room: id, name: stored(&name, "状态"), units });
        }
        let mut assets = assets;
        let racks = ledger.racks.len();
        assets.sort_by_key(|(rack, _)| rack % racks);
        for (at, (rack, mut asset)) in assets.into_iter().enumerate() {
            let rack = &ledger.racks[rack % racks];
            asset.id = AssetId::new(format!("asset-{at}"));
            (asset.room, asset.rack) = (rack.room.clone(), rack.id.clone());
            ledger.assets.push(asset);
        }
        let mut seen = BTreeSet::new();
        for (name, cluster, owning_unit, status) in vms {
            let key = key(&cluster);
            if !seen.insert((key.clone(), name.clone())) {
                continue;
            }
            let id = ClusterId::new(format!("cluster-{key}"));
            if ledger.clusters.iter().all(|known: &Cluster| known.id != id) {
                ledger.clusters.push(Cluster { id: id.clone(), name: cluster });
            }
            let vm = VmId::new(format!("vm-{}", ledger.vms.len()));
            ledger.vms.push(VirtualMachine { id: vm, name, cluster: id, owning_unit, status });
        }
        let kinds = [ResourceKind::VirtualMachine, ResourceKind::Backup];
        ledger.orders = orders.into_iter().map(|(no, owning_unit, is_backup, quantity, cluster)| ResourceOrder {
            no: OrderNo::new(no), owning_unit, kind: kinds[usize::from(is_backup)], quantity, cluster,
        }).collect();
        ledger
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_ledger_comes_back_whole(ledger in ledger()) {
        let written = workbook(xlsx(&ledger, Language::Zh).expect("it fits"));
        prop_assert_eq!(renumbered(&read_again(&written, &ledger)), renumbered(&ledger), "as a workbook");
        let written = workbook(xlsx(&ledger, Language::En).expect("it fits"));
        prop_assert_eq!(renumbered(&read_again(&written, &ledger)), renumbered(&ledger), "as an English workbook");
        let written = netbox(&ledger).expect("written");
        prop_assert_eq!(renumbered(&read_again(&written, &ledger)), renumbered(&ledger), "as NetBox CSV");
    }
}
