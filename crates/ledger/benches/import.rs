//! Importing a ledger against the floor: reading the same file with the spreadsheet reader alone, in the same run.

use std::{
    hint::black_box,
    io::Cursor,
    time::{Duration, Instant},
};

use calamine::{Reader as _, Xlsx};
use xunjian_ledger::import::{Mapping, SourceFile, read};

const ROUNDS: usize = 30;

/// Ids that count up: what an id is made of is not measured here.
fn new_id() -> impl FnMut() -> String {
    let mut next = 0_u32;
    move || {
        next += 1;
        format!("id-{next:06}")
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/ledgers/ledger.xlsx"))?;
    let file = SourceFile { name: "ledger.xlsx".to_owned(), bytes: bytes.clone() };
    let (mut whole, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(read(std::slice::from_ref(&file), &Mapping::default(), &mut new_id())?);
        whole.push(start.elapsed());
        let start = Instant::now();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.as_slice()))?;
        for sheet in book.sheet_names() {
            black_box(book.worksheet_range(&sheet)?);
        }
        floor.push(start.elapsed());
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (whole, floor) = (median(whole), median(floor));
    println!(
        "import a ledger of 157 rows: {:.2} × reading its cells with calamine ({whole:?} to {floor:?})",
        whole.as_secs_f64() / floor.as_secs_f64()
    );
    Ok(())
}
