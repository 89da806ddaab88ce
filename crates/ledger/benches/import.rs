//! Importing a ledger against the floor: reading the same file with the spreadsheet or CSV reader alone, in the same run.
//!
//! The small ledger is the one of the fixtures; the large one has 100,000 assets, as a workbook and as CSV. For the large
//! one the most memory is told, too, beside what the reader alone needs.

use std::{
    hint::black_box,
    io::Cursor,
    time::{Duration, Instant},
};

use calamine::{Reader as _, Xlsx};
use xunjian_domain::{
    ids::{AssetId, OrderNo, RackId, RoomId},
    ledger::{AssetKind, Ledger, LedgerEntry, MachineRoom, Rack, UnitSpan},
    text::Language,
};
use xunjian_ledger::{
    export::{netbox, xlsx},
    import::{Mapping, SourceFile, read},
};

#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

type Failed = Box<dyn std::error::Error>;

/// Ids that count up: what an id is made of is not measured here.
fn new_id() -> impl FnMut() -> String {
    let mut next = 0_u32;
    move || {
        next += 1;
        format!("id-{next:06}")
    }
}

fn floor_of_workbook(bytes: &[u8]) -> Result<(), Failed> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    for sheet in book.sheet_names() {
        black_box(book.worksheet_range(&sheet)?);
    }
    Ok(())
}

fn floor_of_csv(bytes: &[u8]) -> Result<(), Failed> {
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(bytes).records().collect::<Result<_, _>>()?;
    black_box(rows);
    Ok(())
}

fn import(files: &[SourceFile]) -> Result<usize, Failed> {
    let imported = read(files, &Mapping::default(), &mut new_id())?;
    Ok(black_box(imported).ledger.assets.len())
}

/// Median time of so many rounds, and the most memory of one, above what was there before.
fn measured(rounds: usize, mut work: impl FnMut() -> Result<(), Failed>) -> Result<(Duration, usize), Failed> {
    let (mut times, mut most) = (Vec::new(), 0);
    for _ in 0..rounds {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
        most = most.max(MEMORY.peak_usage().saturating_sub(before));
    }
    times.sort();
    Ok((times[times.len() / 2], most))
}

/// A ledger of so many assets, ten a rack, twenty racks a room.
fn large(assets: usize) -> Ledger {
    let mut ledger = Ledger::default();
    for at in 0..assets {
        let (rack, room) = (at / 10, at / 200);
        let (rack_id, room_id) = (RackId::new(format!("rack-{rack}")), RoomId::new(format!("room-{room}")));
        if at % 200 == 0 {
            ledger.rooms.push(MachineRoom { id: room_id.clone(), name: format!("{room}号机房") });
        }
        if at % 10 == 0 {
            let name = format!("A{:02}", rack % 20);
            ledger.racks.push(Rack { id: rack_id.clone(), room: room_id.clone(), name, units: 42 });
        }
        let low = u16::try_from(at % 10).unwrap_or(0) * 4 + 1;
        ledger.assets.push(LedgerEntry {
            id: AssetId::new(format!("asset-{at}")),
            kind: AssetKind::PhysicalServer,
            name: format!("host-{at:06}"),
            brand: "岭云".to_owned(),
            model: "UniServer R4900 G5".to_owned(),
            serial: format!("SN{at:012}"),
            asset_tag: format!("ZC-{at:08}"),
            quantity: 1,
            room: room_id,
            rack: rack_id,
            span: UnitSpan::new(low, low + 1),
            face: None,
            owning_unit: format!("云山市第{}局", at % 40),
            order_no: OrderNo::new(format!("DD-2024-{:05}", at % 3_000)),
            mounted_on: Some(jiff::civil::date(2024, 1, 12)),
            status: "在用".to_owned(),
            note: String::new(),
        });
    }
    ledger
}

fn say(what: &str, rounds: usize, files: &[SourceFile], floor: impl Fn() -> Result<(), Failed>) -> Result<(), Failed> {
    let (whole, most) = measured(rounds, || import(files).map(|_| ()))?;
    let (alone, most_alone) = measured(rounds, floor)?;
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "import {what}: {:.2} × the reader alone ({whole:?} to {alone:?}), {:.1} MiB at most beside {:.1} MiB",
        whole.as_secs_f64() / alone.as_secs_f64(),
        mib(most),
        mib(most_alone)
    );
    Ok(())
}

fn main() -> Result<(), Failed> {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/ledgers/ledger.xlsx"))?;
    let file = SourceFile { name: "ledger.xlsx".to_owned(), bytes };
    say("a ledger of 157 rows", 30, std::slice::from_ref(&file), || floor_of_workbook(&file.bytes))?;
    for count in [10_000, 100_000] {
        let ledger = large(count);
        let workbook = SourceFile { name: "l.xlsx".to_owned(), bytes: xlsx(&ledger, Language::Zh)? };
        let csv: Vec<SourceFile> = netbox(&ledger)?.into_iter().filter(|file| file.name == "devices.csv").collect();
        assert_eq!(import(std::slice::from_ref(&workbook))?, count, "every row is imported");
        assert_eq!(import(&csv)?, count, "every row is imported");
        drop(ledger);
        let what = format!("{count} assets from XLSX ({} KiB)", workbook.bytes.len() >> 10);
        say(&what, 5, std::slice::from_ref(&workbook), || floor_of_workbook(&workbook.bytes))?;
        let what = format!("{count} assets from CSV ({} KiB)", csv[0].bytes.len() >> 10);
        say(&what, 5, &csv, || floor_of_csv(&csv[0].bytes))?;
    }
    Ok(())
}
