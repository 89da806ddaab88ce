//! A ledger of 100,000 assets in 2,000 racks on one terminal: open, look a code up, find by a part of a Chinese text, show a
//! rack, each against the floor: the bare SQL that fetches the same rows from the same file, with nothing parsed.
//!
//! The measuring runs in a process of its own that does nothing else, so that its resident memory is the engine's. Engine
//! and floor take turns, so that a busy machine slows both.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "the engine's test service and terminal; a benchmark that cannot go on should stop"
)]

#[path = "../tests/engine/service.rs"]
mod service;
#[path = "../tests/engine/site.rs"]
mod site;
#[path = "../tests/engine/terminal.rs"]
mod terminal;

use std::{
    hint::black_box,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use xunjian_domain::{
    ids::{LabelPrintId, OrderNo, RackId, RoomId},
    label_code::LabelCode,
    ledger::{AssetKind, Ledger, MachineRoom, Rack, ResourceKind, ResourceOrder},
    subject::{Subject, SubjectKind},
    time::TimestampMs,
};
use xunjian_field::{AssetSelector, DraftRef, Field, NewSighting, VisitId, VisitSelector};
use xunjian_proof::{statement::LabelPrint, suite::Ed25519Signer};

use crate::{
    service::Service,
    terminal::{Terminal, sighting},
};

const RACKS: usize = 2_000;
const IN_A_RACK: usize = 50;
const ROOMS: usize = 20;
const ROUNDS: usize = 60;
const FOLDER: &str = "XUNJIAN_BENCH_FOLDER";
/// A word of the names that thousands share, one that hundreds share, an owning unit, and a part of one serial.
const WANTED: [&str; 5] = ["数据", "视频交换", "水务", "规划和自然", "sn-c1234-7"];

fn ledger() -> Ledger {
    let words = ["政务", "公安", "教育", "水务", "数据", "交换", "视频", "应用", "备份", "云平台", "管理"];
    let units = ["市公安局", "市教育局", "市水务局", "市卫生健康委员会", "市规划和自然资源局", "市民政局"];
    let mut ledger = site::ledger();
    let room = |no: usize| RoomId::new(format!("hall-{no:02}"));
    ledger.rooms.extend((0..ROOMS).map(|no| MachineRoom { id: room(no), name: format!("第{no}机房") }));
    for rack in 0..RACKS {
        let id = format!("c{rack:04}");
        let units_high = 42;
        ledger.racks.push(Rack {
            id: RackId::new(&*id),
            room: room(rack % ROOMS),
            name: id.to_uppercase(),
            units: units_high,
        });
        for place in 0..IN_A_RACK {
            let at = rack * IN_A_RACK + place;
            let mut asset = site::asset(&format!("{id}-{place}"), AssetKind::PhysicalServer, &id, 1);
            let word = |by: usize| words[at / by % words.len()];
            asset.name = format!("{}{}服务器{at:06}", word(1), word(7));
            asset.room = room(rack % ROOMS);
            asset.owning_unit = units[at / 3 % units.len()].into();
            asset.order_no = OrderNo::new(format!("DD-{}", at / 10));
            ledger.assets.push(asset);
        }
    }
    ledger.orders.extend((0..RACKS * IN_A_RACK / 10).map(|no| ResourceOrder {
        no: OrderNo::new(format!("DD-{no}")),
        owning_unit: units[no % units.len()].into(),
        kind: ResourceKind::PhysicalServer,
        quantity: 10,
        cluster: String::new(),
    }));
    ledger
}

/// The printed label of each asset.
fn prints(ledger: &Ledger) -> Vec<LabelPrint> {
    let mut prints = site::prints();
    prints.extend((1_000_000..).zip(&ledger.assets).map(|(no, asset)| LabelPrint {
        id: print_id(no),
        subject: Subject { kind: SubjectKind::PhysicalServer, id: asset.id.to_string() },
        side: String::new(),
        printed_at: TimestampMs(0),
        replaced_by: None,
    }));
    prints
}

fn print_id(no: u32) -> LabelPrintId {
    LabelPrintId::new(site::uuid(no))
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    times.push(begun.elapsed());
    done
}

fn say(what: &str, floor: &str, engine: Vec<Duration>, bare: Vec<Duration>) {
    let (engine, bare) = (median(engine), median(bare));
    println!("{what}: {:.2} × {floor} ({engine:.2} ms to {bare:.2} ms)", engine / bare);
}

/// Every value of every row, read and dropped.
fn fetch(database: &Connection, statement: &str, values: impl rusqlite::Params) -> usize {
    let mut statement = database.prepare_cached(statement).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query(values).unwrap();
    let mut bytes = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            bytes += match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Text(text) => black_box(text.to_vec()).len(),
                _ => 8,
            };
        }
    }
    bytes
}

fn open_bare(folder: &Path) -> Connection {
    let database = Connection::open(folder.join("field.db")).unwrap();
    database.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;").unwrap();
    fetch(&database, "SELECT version FROM refinery_schema_history ORDER BY version", []);
    fetch(&database, "SELECT count(*) FROM ledger", []);
    database
}

fn main() {
    match std::env::var_os(FOLDER) {
        Some(folder) => measure(Path::new(&folder)),
        None => prepare(),
    }
}

fn prepare() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ledger = ledger();
    let prints = prints(&ledger);
    let (assets, racks) = (ledger.assets.len(), ledger.racks.len());
    let service = Service::of(ledger);
    service.publish_prints(prints, &Ed25519Signer::from_seed(&[2; 32]));
    let Terminal { field, folder, .. } = runtime.block_on(Terminal::of_li(&service));
    drop((field, service));
    println!("a ledger of {assets} assets in {racks} racks, each asset with a printed label");
    let this = std::env::current_exe().unwrap();
    assert!(Command::new(this).env(FOLDER, folder.path()).status().unwrap().success());
}

fn measure(folder: &Path) {
    let (mut engine, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS / 2 {
        drop(timed(&mut engine, || Field::open(folder).unwrap()));
        drop(timed(&mut bare, || open_bare(folder)));
    }
    say("open", "opening the file and reading its version", engine, bare);
    let field = Field::open(folder).unwrap();
    let database = open_bare(folder);
    look_up(&field, &database);
    search(&field, &database);
    rack(&field, &database);
    println!("resident memory of the engine: {} MB now, {} MB at most", memory("VmRSS"), memory("VmHWM"));
}

fn look_up(field: &Field, database: &Connection) {
    let li = field.person(None).unwrap();
    let (mut engine, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let no = u32::try_from(1_000_000 + round * 1_543).unwrap();
        let code = LabelCode::of_print(print_id(no).as_str()).to_string();
        let found = timed(&mut engine, || field.look_up(&code, &li).unwrap());
        let subject = found.subject.unwrap();
        timed(&mut bare, || {
            fetch(database, "SELECT id, subject, side, replaced_by FROM label_print WHERE code = ?1", [&code]);
            fetch(database, include_str!("../sql/ledger/asset.sql"), params![1, subject.id]);
            fetch(database, include_str!("../sql/ledger/systems_with.sql"), params![1, subject.id]);
            let rack = subject.ledger.as_ref().unwrap().rack.as_str();
            fetch(database, include_str!("../sql/visit/find_by_subject.sql"), params!["rack", rack])
        });
    }
    say("look a code up", "the same rows", engine, bare);
}

fn search(field: &Field, database: &Connection) {
    let li = field.person(None).unwrap();
    for wanted in WANTED {
        let (mut engine, mut bare, mut scan) = (Vec::new(), Vec::new(), Vec::new());
        let mut hits = 0;
        let phrase = |columns: &str| {
            let characters: Vec<char> = wanted.chars().collect();
            let pair = |pair: &[char]| format!("{:x}z{:x}", u32::from(pair[0]), u32::from(pair[1]));
            format!("{columns}\"{}\"", characters.windows(2).map(pair).collect::<Vec<_>>().join(" "))
        };
        let (part, owner) = (phrase("{name serial asset_tag} : "), phrase("owning_unit : "));
        for _ in 0..ROUNDS / 2 {
            let page = timed(&mut engine, || field.search_assets(&li, None, wanted, None).unwrap());
            hits = page.hits.len();
            let place = |hit: &xunjian_field::AssetHit| (hit.asset.rack.to_string(), hit.asset.room.to_string());
            let racks: std::collections::BTreeSet<_> = page.hits.iter().map(place).collect();
            timed(&mut bare, || {
                let page = "SELECT asset_key.no, asset.entry
                     FROM asset_words CROSS JOIN asset_key ON asset_key.no = asset_words.rowid
                     CROSS JOIN asset ON asset.ledger = asset_key.ledger AND asset.id = asset_key.asset
                     WHERE asset_words MATCH ?1 ORDER BY asset_words.rowid LIMIT 51";
                if fetch(database, page, [&part]) == 0 {
                    fetch(database, page, [&owner]);
                }
                for (rack, room) in &racks {
                    fetch(database, include_str!("../sql/ledger/rack.sql"), params![1, rack]);
                    fetch(database, include_str!("../sql/ledger/room.sql"), params![1, room]);
                    fetch(database, include_str!("../sql/visit/find_by_subject.sql"), params!["rack", rack]);
                }
            });
            timed(&mut scan, || {
                let like = format!("%{wanted}%");
                fetch(
                    database,
                    "SELECT entry FROM asset WHERE name LIKE ?1 OR serial LIKE ?1 OR asset_tag LIKE ?1
                     OR entry LIKE ?1 LIMIT 51",
                    [like],
                )
            });
        }
        say(&format!("find “{wanted}”, {hits} shown"), "the same rows", engine, bare);
        println!("  (a scan of the table until 51 fit: {:.2} ms)", median(scan));
    }
}

fn rack(field: &Field, database: &Connection) {
    let li = field.person(None).unwrap();
    let today = field.today(&li).unwrap();
    let visit: VisitId = today.rounds[0].visits.iter().find(|visit| visit.title.ends_with("C0777")).unwrap().id.clone();
    field.start_visit(&VisitSelector::Text(visit.to_string()), &li).unwrap();
    let draft = DraftRef { visit: &visit, person: &li.id };
    for place in 0..IN_A_RACK {
        let asset = AssetSelector::Ledger(format!("c0777-{place}"));
        let seen = NewSighting { asset, as_in_ledger: true, ..sighting() };
        field.sight(draft, &seen).unwrap();
    }
    let id: String = database.query_row("SELECT id FROM draft", [], |row| row.get(0)).unwrap();
    let round = today.rounds[0].round.id.as_str();
    let (mut engine, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        timed(&mut engine, || field.rack(draft).unwrap());
        timed(&mut bare, || {
            fetch(database, include_str!("../sql/ledger/rack.sql"), params![1, "c0777"]);
            fetch(database, include_str!("../sql/draft_sighting/list.sql"), params![id]);
            fetch(database, include_str!("../sql/ledger/assets_of_rack.sql"), params![1, "c0777"]);
            for no in 777 * IN_A_RACK / 10..778 * IN_A_RACK / 10 {
                fetch(database, include_str!("../sql/ledger/orders_by_no.sql"), params![1, format!("DD-{no}")]);
            }
            let others = include_str!("../sql/draft_sighting/of_rack_assets.sql");
            fetch(database, others, params![1, "c0777", round, id])
        });
    }
    say("show a rack of 50 assets, all seen", "the same rows", engine, bare);
}

/// Megabytes, from what Linux says of this process.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
