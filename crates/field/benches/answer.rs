//! Storing one answer in a visit of some 300 lines, beside a ledger of 100,000 assets, against the floor: SQLite alone
//! writing the same bytes in one flushed transaction, on the same disk, in the same run.
//!
//! Both take turns, so that a busy disk slows both. Also printed: what the first screen and the opened visit take.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]
#![allow(dead_code, reason = "the engine's test service and terminal can do more than is measured here")]

#[path = "../tests/engine/service.rs"]
mod service;
#[path = "../tests/engine/site.rs"]
mod site;
#[path = "../tests/engine/terminal.rs"]
mod terminal;

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use xunjian_domain::{
    ids::{RackId, RoomId},
    ledger::{AssetKind, Ledger, Rack},
};
use xunjian_field::{
    Field, LineView, NewAnswer, NewCheck, Surroundings, VisitId,
    clock::SystemClock,
    ids::SystemIds,
    keys::{Effort, NoKeystore},
};

use crate::{
    service::Service,
    terminal::{Terminal, normal, passphrase, value},
};

const ASSETS: usize = 100_000;
const IN_A_RACK: usize = 20;
/// Enough for a visit of some 300 lines.
const IN_THE_RACK: usize = 74;
const ROUNDS: usize = 300;

/// The small site with very many more racks, and one very full one.
fn ledger() -> Ledger {
    let mut ledger = site::ledger();
    for no in 0..IN_THE_RACK {
        ledger.assets.push(site::asset(&format!("blade-{no}"), AssetKind::PhysicalServer, "a02", 1));
    }
    for no in 0..(ASSETS - ledger.assets.len()) / IN_A_RACK {
        let id = format!("c{no}");
        let room = RoomId::new("room-1");
        ledger.racks.push(Rack { id: RackId::new(&*id), room, name: format!("C{no:04}"), units: 42 });
        for place in 0..IN_A_RACK {
            let low = u16::try_from(2 * place + 1).unwrap();
            ledger.assets.push(site::asset(&format!("{id}-{place}"), AssetKind::PhysicalServer, &id, low));
        }
    }
    ledger
}

fn answer(line: &LineView) -> NewAnswer {
    let check = |check: &xunjian_field::CheckView| NewCheck {
        check: check.key.clone(),
        outcome: xunjian_domain::outcome::Outcome::Normal,
        reason: String::new(),
        value: value(&check.input),
    };
    NewAnswer { checks: line.checks.iter().map(check).collect(), ..normal(line.no) }
}

/// The rows that one answer wrote: its line, its checks, and when the draft was touched.
struct Written {
    line: String,
    checks: Vec<(String, String)>,
    touched: String,
}

fn written(line: &LineView) -> Written {
    let check =
        |check: &xunjian_field::CheckView| (check.key.to_string(), serde_json::to_string(&check.result).unwrap());
    Written {
        line: serde_json::to_string(&line.answer).unwrap(),
        checks: line.checks.iter().map(check).collect(),
        touched: r#"{"wall_ms":1774000000000,"monotonic_ms":5000000,"boot_id":"0190a7c2-0000-7000-8000-000000000000"}"#
            .into(),
    }
}

/// A database of the same shape with nothing else in it.
fn bare(folder: &std::path::Path) -> Connection {
    let database = Connection::open(folder.join("bare.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE line (no INTEGER PRIMARY KEY, answer TEXT NOT NULL) STRICT;
             CREATE TABLE checks (line INTEGER, name TEXT, result TEXT NOT NULL, PRIMARY KEY (line, name)) STRICT, WITHOUT ROWID;
             CREATE TABLE draft (touched TEXT NOT NULL) STRICT;
             INSERT INTO draft VALUES ('');",
        )
        .unwrap();
    database
}

fn write_bare(database: &mut Connection, line: u32, rows: &Written) {
    let transaction = database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    run("INSERT OR REPLACE INTO line VALUES (?1, ?2)", params![line, rows.line]);
    for (name, result) in &rows.checks {
        run("INSERT OR REPLACE INTO checks VALUES (?1, ?2, ?3)", params![line, name, result]);
    }
    run("UPDATE draft SET touched = ?1", params![rows.touched]);
    transaction.commit().unwrap();
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

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = Service::of(ledger());
    let terminal = runtime.block_on(Terminal::of_li(&service));
    let today = terminal.field.today(&terminal.li).unwrap();
    let fullest = today.rounds[0].visits.iter().max_by_key(|visit| visit.lines).unwrap();
    let visit: VisitId = fullest.id.clone();
    let view = terminal.starts(&visit);
    for line in &view.lines {
        terminal.answers(&visit, &answer(line)).unwrap();
    }

    let mut bare = bare(terminal.folder.path());
    let (mut answers, mut floor, mut shown, mut first) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let line = &view.lines[round * 7 % view.lines.len()];
        let answer = answer(line);
        timed(&mut answers, || terminal.answers(&visit, &answer).unwrap());
        let shown_line = &terminal.shows(&visit).lines[line.no as usize - 1];
        let rows = written(shown_line);
        timed(&mut floor, || write_bare(&mut bare, line.no, &rows));
        if round % 10 == 0 {
            timed(&mut shown, || terminal.shows(&visit));
            timed(&mut first, || terminal.field.today(&terminal.li).unwrap());
        }
    }
    let (slowest, answers, floor) =
        (answers.iter().max().unwrap().as_secs_f64() * 1000.0, median(answers), median(floor));
    println!(
        "an answer in a visit of {} lines, {ASSETS} assets in the ledger: {:.2} × SQLite writing the same bytes \
         ({answers:.2} ms to {floor:.2} ms; slowest {slowest:.1} ms)",
        view.lines.len(),
        answers / floor,
    );
    let mut unlocked = Vec::new();
    let person = terminal.li.id.to_string();
    for _ in 0..10 {
        terminal.field.lock();
        timed(&mut unlocked, || terminal.field.unlock(&person, &passphrase()).unwrap());
    }
    println!("open the locked data with that ledger, without Argon2id: {:.0} ms", median(unlocked));
    let folder = tempfile::tempdir().unwrap();
    let (clock, ids) = (std::sync::Arc::new(SystemClock::new()), std::sync::Arc::new(SystemIds));
    let keystore = std::sync::Arc::new(NoKeystore);
    let surroundings = Surroundings { clock, ids, keystore, effort: Effort::STANDARD };
    let field = Field::open_in(folder.path(), surroundings).unwrap();
    service.enrol_code("CODE-BENCH", "李巡检");
    runtime.block_on(terminal::enrol(&field, &service, "CODE-BENCH")).unwrap();
    let mut unlocked = Vec::new();
    for _ in 0..10 {
        field.lock();
        timed(&mut unlocked, || field.unlock("李巡检", &passphrase()).unwrap());
    }
    println!("unlock an empty terminal, Argon2id of {:?}: {:.0} ms", Effort::STANDARD, median(unlocked));
    println!(
        "show that visit: {:.1} ms · 今日 with {} visits: {:.1} ms",
        median(shown),
        today.rounds[0].visits.len(),
        median(first)
    );
}
