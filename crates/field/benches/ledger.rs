//! A ledger of 100,000 assets in 2,000 racks on one terminal: open, look a code up, find by a part of a Chinese text, show a
//! rack, each against the floor: the bare SQL that fetches the same rows from the same encrypted file, with nothing parsed.
//! Besides, what a PIN costs to try: Argon2id of the standard effort; and what sealed records cost at each unlocking, where all
//! of them are held against their own bytes: 200 and 2,000 of them, first unsent, when every signature is checked, then delivered.
//!
//! The measuring runs in a process of its own that does nothing else, so that its resident memory is the engine's. Engine
//! and floor take turns. The ratios are of processor time, because machines are busy; time on the wall stands beside it. The
//! floor opens the file with the database key, which this bench asks for as the keeper of the site's recovery key.

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
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use xunjian_domain::{
    ids::{LabelPrintId, OrderNo, RackId, RoomId},
    label_code::LabelCode,
    ledger::{AssetKind, Ledger, MachineRoom, Rack, ResourceKind, ResourceOrder},
    outcome::Outcome,
    subject::{Subject, SubjectKind},
    time::TimestampMs,
};
use xunjian_field::{
    AssetSelector, DraftRef, Field, NewAnswer, NewCheck, NewSighting, Surroundings, VisitId, VisitSelector,
    clock::SystemClock,
    ids::SystemIds,
    keys::{Effort, NoKeystore},
};
use xunjian_proof::{statement::LabelPrint, suite::Ed25519Signer};
use xunjian_protocol::recovery::Leg;

use crate::{
    service::Service,
    terminal::{Terminal, enrol, jpeg, normal, passphrase, sighting, value},
};

const RACKS: usize = 2_000;
const IN_A_RACK: usize = 50;
const ROOMS: usize = 20;
const ROUNDS: usize = 60;
/// Records when the terminal is opened, and about how many bytes each has.
const SEALED: [usize; 2] = [200, 2_000];
const SAID_BYTES: usize = 24_000;
/// In its environment the child that measures finds the folder, and the key in hexadecimal digits.
const FOLDER: &str = "XUNJIAN_BENCH_FOLDER";
const KEY: &str = "XUNJIAN_BENCH_KEY";
/// What is asked for: times of the floor, and megabytes resident.
const MOST_TIMES: f64 = 3.0;
const MOST_MEMORY: u64 = 300;
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

/// What each turn took.
#[derive(Default)]
struct Times {
    processor: Vec<Duration>,
    wall: Vec<Duration>,
}

impl Times {
    fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (processor, wall) = (processor_time(), Instant::now());
        let done = work();
        self.wall.push(wall.elapsed());
        self.processor.push(processor_time().saturating_sub(processor));
        done
    }
}

fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap())
}

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn say(what: &str, floor: &str, engine: &Times, bare: &Times) {
    let (taken, least) = (median(&engine.processor), median(&bare.processor));
    let ratio = taken / least;
    let verdict = if ratio <= MOST_TIMES { "" } else { "  ABOVE THE AIM" };
    println!(
        "{what}: {ratio:.2} × {floor} ({taken:.2} ms to {least:.2} ms of processor time; {:.2} ms on the wall){verdict}",
        median(&engine.wall)
    );
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
    let key = std::env::var(KEY).unwrap();
    database.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
    database.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;").unwrap();
    fetch(&database, "SELECT version FROM refinery_schema_history ORDER BY version", []);
    fetch(&database, "SELECT count(*) FROM ledger", []);
    database
}

/// The same, with every page read and its authentication code checked, as each unlocking does.
fn open_checked(folder: &Path) -> Connection {
    let database = open_bare(folder);
    fetch(&database, "PRAGMA quick_check(1)", []);
    database
}

fn open_field(folder: &Path, effort: Effort) -> Field {
    let (clock, ids) = (Arc::new(SystemClock::new()), Arc::new(SystemIds));
    Field::open_in(folder, Surroundings { clock, ids, keystore: Arc::new(NoKeystore), effort }).unwrap()
}

fn main() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return measure(Path::new(&folder));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // `-- records` or `-- ledger` asks for one part; cargo adds an argument of its own.
    let wanted =
        |part: &str| std::env::args().all(|argument| !["records", "ledger"].contains(&&*argument) || argument == part);
    if wanted("records") {
        runtime.block_on(seal_and_open());
    }
    if wanted("ledger") {
        prepare(&runtime);
    }
}

fn prepare(runtime: &tokio::runtime::Runtime) {
    let ledger = ledger();
    let prints = prints(&ledger);
    let (assets, racks) = (ledger.assets.len(), ledger.racks.len());
    let service = Service::of(ledger);
    service.publish_prints(prints, &Ed25519Signer::from_seed(&[2; 32]));
    let Terminal { field, folder, .. } = runtime.block_on(Terminal::of_li(&service));
    let request = field.ask_recovery().unwrap();
    let key = service.recovery.open(Leg::ToKeeper, (&request.site, &request.terminal), &request.sealed).unwrap();
    drop(field);
    let bytes = std::fs::metadata(folder.path().join("field.db")).unwrap().len();
    println!(
        "a ledger of {assets} assets in {racks} racks, each asset with a printed label; a database of {} MB",
        bytes >> 20
    );
    runtime.block_on(try_a_pin(&service));
    let this = std::env::current_exe().unwrap();
    let key = data_encoding::HEXLOWER.encode(&*key);
    assert!(Command::new(this).env(FOLDER, folder.path()).env(KEY, key).status().unwrap().success());
}

/// Unlocking a terminal with next to nothing on it: Argon2id, and little else.
async fn try_a_pin(service: &Service) {
    let folder = tempfile::tempdir().unwrap();
    let field = open_field(folder.path(), Effort::STANDARD);
    service.enrol_code("CODE-BENCH", "李巡检");
    enrol(&field, service, "CODE-BENCH").await.unwrap();
    let mut times = Times::default();
    for _ in 0..10 {
        field.lock();
        times.of(|| field.unlock("李巡检", &passphrase()).unwrap());
    }
    println!(
        "unlock an empty terminal, Argon2id of {:?}: {:.0} ms of processor time, {:.0} ms on the wall",
        Effort::STANDARD,
        median(&times.processor),
        median(&times.wall)
    );
}

/// What stands between the passphrase and the list of today's visits.
fn to_the_first_screen(field: &Field) {
    let li = field.unlock("李巡检", &passphrase()).unwrap();
    black_box(field.session(Some(&li.id)).unwrap());
    black_box(field.today(&li).unwrap());
}

/// Racks walked one after the other; what they say is as long as a rack of fifty assets makes it.
async fn seal_and_open() {
    let mut ledger = site::ledger();
    ledger.racks.extend((0..SEALED[1]).map(|no| Rack {
        id: RackId::new(format!("e{no:04}")),
        room: RoomId::new("room-1"),
        name: format!("E{no:04}"),
        units: 42,
    }));
    let service = Service::of(ledger);
    let terminal = Terminal::of_li(&service).await;
    let today = terminal.field.today(&terminal.li).unwrap();
    let racks = today.rounds[0].visits.iter().filter(|visit| visit.title.contains("E0") || visit.title.contains("E1"));
    let mut sealed = 0;
    for visit in racks {
        walk(&terminal, &visit.id);
        sealed += 1;
        if SEALED.contains(&sealed) {
            opens(&terminal, sealed, "unsent");
            terminal.field.unlock("李巡检", &passphrase()).unwrap();
            while terminal.syncs(&service).await.still_pending > 0 {}
            opens(&terminal, sealed, "delivered");
            terminal.field.unlock("李巡检", &passphrase()).unwrap();
        }
    }
    assert_eq!(sealed, SEALED[1], "every rack was walked");
}

fn walk(terminal: &Terminal, visit: &VisitId) {
    let view = terminal.starts(visit);
    for line in &view.lines {
        let check = |check: &xunjian_field::CheckView| NewCheck {
            check: check.key.clone(),
            outcome: Outcome::Normal,
            reason: String::new(),
            value: value(&check.input),
        };
        let note = "机柜内设备逐台核对。".repeat(SAID_BYTES / 30 / view.lines.len());
        let answer = NewAnswer { checks: line.checks.iter().map(check).collect(), note, ..normal(line.no) };
        (0..line.evidence.photos_when_normal).for_each(|_| {
            terminal.attaches(visit, line.no, &jpeg(1));
        });
        terminal.answers(visit, &answer).unwrap();
    }
    terminal.seals(visit);
}

fn opens(terminal: &Terminal, sealed: usize, state: &str) {
    let record = terminal.field.records().unwrap()[0].id;
    let bytes = terminal.field.verify_local(&record.to_hex()).unwrap().record;
    let bytes = serde_json::to_vec(&bytes).unwrap().len();
    terminal.field.wait_for_check();
    terminal.field.lock();
    let mut times = Times::default();
    for _ in 0..ROUNDS / 6 {
        times.of(|| to_the_first_screen(&terminal.field));
        terminal.field.wait_for_check();
        terminal.field.lock();
    }
    println!(
        "open with {sealed} sealed records of {} KB, {state}: {:.0} ms of processor time, {:.0} ms on the wall",
        bytes >> 10,
        median(&times.processor),
        median(&times.wall)
    );
}

fn measure(folder: &Path) {
    let field = open_field(folder, Effort::FEEBLE);
    let (mut engine, mut unclean, mut checked, mut bare) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    for _ in 0..ROUNDS / 4 {
        // The first of the two finds what the second left: a clean end after a whole check.
        for (times, is_clean) in [(&mut unclean, false), (&mut engine, true)] {
            if !is_clean {
                let _ = std::fs::remove_file(folder.join("field.db.sound"));
            }
            times.of(|| to_the_first_screen(&field));
            field.wait_for_check();
            field.lock();
        }
        drop(checked.of(|| open_checked(folder)));
        drop(bare.of(|| open_bare(folder)));
    }
    let floor = "opening the file, checking every page and reading its version";
    say("open, to today's work, without Argon2id, after an end that was not clean", floor, &unclean, &checked);
    println!(
        "the same after a clean end: {:.1} ms of processor time, {:.1} ms on the wall; the check goes on beside the work",
        median(&engine.processor),
        median(&engine.wall)
    );
    println!("  (opening the file without checking its pages: {:.2} ms)", median(&bare.processor));
    field.unlock("李巡检", &passphrase()).unwrap();
    let database = open_bare(folder);
    look_up(&field, &database);
    // A scan throws every page of an index out of its connection's cache; the floor keeps its own, as the engine does.
    search(&field, &database, &open_bare(folder));
    rack(&field, &database);
    let most = memory("VmHWM");
    println!("resident memory of the engine: {} MB now, {most} MB at most (aim {MOST_MEMORY})", memory("VmRSS"));
    assert!(most < MOST_MEMORY, "the engine keeps the ledger in memory");
}

fn look_up(field: &Field, database: &Connection) {
    let li = field.person(None).unwrap();
    let (mut engine, mut bare) = (Times::default(), Times::default());
    for round in 0..ROUNDS {
        let no = u32::try_from(1_000_000 + round * 1_543).unwrap();
        let code = LabelCode::of_print(print_id(no).as_str()).to_string();
        let found = engine.of(|| field.look_up(&code, &li).unwrap());
        let subject = found.subject.unwrap();
        bare.of(|| {
            fetch(database, "SELECT id, subject, side, replaced_by FROM label_print WHERE code = ?1", [&code]);
            fetch(database, include_str!("../sql/ledger/asset.sql"), params![1, subject.id]);
            fetch(database, include_str!("../sql/ledger/systems_with.sql"), params![1, subject.id]);
            let rack = subject.ledger.as_ref().unwrap().rack.as_str();
            fetch(database, include_str!("../sql/visit/find_by_subject.sql"), params!["rack", rack])
        });
    }
    say("look a code up", "the same rows", &engine, &bare);
}

fn search(field: &Field, database: &Connection, scanned: &Connection) {
    let li = field.person(None).unwrap();
    for wanted in WANTED {
        let (mut engine, mut bare, mut scan) = (Times::default(), Times::default(), Times::default());
        let mut hits = 0;
        let phrase = |columns: &str| {
            let characters: Vec<char> = wanted.chars().collect();
            let pair = |pair: &[char]| format!("{:x}z{:x}", u32::from(pair[0]), u32::from(pair[1]));
            format!("{columns}\"{}\"", characters.windows(2).map(pair).collect::<Vec<_>>().join(" "))
        };
        let (part, owner) = (phrase("{name serial asset_tag} : "), phrase("owning_unit : "));
        for _ in 0..ROUNDS / 2 {
            let page = engine.of(|| field.search_assets(&li, None, wanted, None).unwrap());
            hits = page.hits.len();
            let place = |hit: &xunjian_field::AssetHit| (hit.asset.rack.to_string(), hit.asset.room.to_string());
            let racks: std::collections::BTreeSet<_> = page.hits.iter().map(place).collect();
            bare.of(|| {
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
            scan.of(|| {
                let like = format!("%{wanted}%");
                fetch(
                    scanned,
                    "SELECT entry FROM asset WHERE name LIKE ?1 OR serial LIKE ?1 OR asset_tag LIKE ?1
                     OR entry LIKE ?1 LIMIT 51",
                    [like],
                )
            });
        }
        say(&format!("find “{wanted}”, {hits} shown"), "the same rows", &engine, &bare);
        println!("  (a scan of the table until 51 fit: {:.2} ms)", median(&scan.processor));
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
    let (mut engine, mut bare) = (Times::default(), Times::default());
    for _ in 0..ROUNDS {
        engine.of(|| field.rack(draft).unwrap());
        bare.of(|| {
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
    say("show a rack of 50 assets, all seen", "the same rows", &engine, &bare);
}

/// Megabytes, from what Linux says of this process.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
