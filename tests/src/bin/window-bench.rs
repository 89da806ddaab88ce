//! `make bench`, the window's part: start and memory of the app against an empty window of the same framework built in the
//! same run, and the time from a tap to the painted answer in a visit of 300 items with 100,000 assets on board.
//!
//! Ratios count; milliseconds depend on the machine. Needs release builds: `cargo build --release -p xunjian-app --bins
//! --examples`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use xunjian_testkit::full_racks::Hall;
use xunjian_tests::{
    PASSPHRASE, Story, StoryOptions,
    window::{Desk, Window, target_folder},
};

const STARTS: usize = 7;
const TAPS: usize = 60;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let racks = 1_352;
    // 74 assets of four lines each and the rack's own three come to 299 items; 1,352 racks hold 100,048 assets.
    let hall = Hall { racks, assets_per_rack: 74, racks_with_storage: 0 };
    let files = hall.files();
    let (ledger, orders) = (folder.path().join("ledger.csv"), folder.path().join("orders.csv"));
    std::fs::write(&ledger, files.ledger)?;
    std::fs::write(&orders, files.orders)?;
    let options = StoryOptions { folder: folder.path().join("site"), ledgers: vec![ledger], is_told: true };
    let mut story = Story::new(options)?;
    story.open_hall(&orders)?;
    let service = story.serve()?;
    story.enrol(&service)?;

    let release = target_folder()?.join("release");
    let empty =
        measure_starts(&release.join("examples/empty-window"), folder.path(), "document.readyState === 'complete'")
            .await?;
    let app = measure_starts(
        &release.join("xunjian-app"),
        &story.terminal_folder(),
        "document.querySelector('#page main, #page .q-page')",
    )
    .await?;
    println!(
        "start: {:.2} × an empty window ({:?} to {:?}, median of {STARTS})",
        ratio(app.start, empty.start),
        app.start,
        empty.start
    );
    println!(
        "memory: {:.2} × an empty window ({:.0} MiB to {:.0} MiB, proportional set size of all its processes)",
        app.memory_kib as f64 / empty.memory_kib as f64,
        app.memory_kib as f64 / 1024.0,
        empty.memory_kib as f64 / 1024.0
    );

    // Asked before the app opens: one program at a time may hold the terminal's folder.
    let today = story.field().arg_json("today")?;
    let desk = Desk::set_up_for(release.join("xunjian-app"), (1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    let (median, p95, floor, lines) = measure_taps(&today, &window).await?;
    println!(
        "tap → painted answer: {median:.1} ms median, {p95:.1} ms p95 of {TAPS} taps in a visit of {lines} items, {} assets on board; two frames alone: {floor:.1} ms",
        racks * 74
    );
    window.close().await?;
    desk.clear_up()
}

struct Opened {
    start: Duration,
    memory_kib: u64,
}

/// Opens the program several times, first once unmeasured so that the disk's cache is warm for both.
async fn measure_starts(binary: &Path, data: &Path, is_painted: &str) -> anyhow::Result<Opened> {
    ensure!(binary.is_file(), "{} is missing: make bench builds it", binary.display());
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for round in 0..=STARTS {
        let desk = Desk::set_up_for(binary.to_owned(), (1280, 800), data)?;
        let begun = Instant::now();
        let window = desk.open_app().await?;
        window.until(is_painted).await?;
        window.settle().await?;
        if round > 0 {
            starts.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(1500)).await;
            memory.push(memory_of(&desk)?);
        }
        window.close().await?;
        desk.clear_up()?;
    }
    starts.sort();
    memory.sort_unstable();
    Ok(Opened { start: starts[starts.len() / 2], memory_kib: memory[memory.len() / 2] })
}

/// KiB of the program and everything it started, shared pages split among their users.
fn memory_of(desk: &Desk) -> anyhow::Result<u64> {
    let mut total = 0;
    for process in desk.app_family()? {
        let Ok(rollup) = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")) else { continue };
        let pss = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        total += pss.unwrap_or(0);
    }
    ensure!(total > 0, "the program's memory cannot be read");
    Ok(total)
}

/// Unlocks, opens a rack, presses 正常 on lines and times each from the press to the frame that shows it.
async fn measure_taps(today: &Value, window: &Window) -> anyhow::Result<(f64, f64, f64, usize)> {
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("location.hash.includes('/today')").await?;
    let visit = today["rounds"][0]["visits"]
        .as_array()
        .and_then(|visits| visits.iter().find(|visit| visit["kind"] == "rack"))
        .context("the round has racks")?
        .clone();
    let lines = usize::try_from(visit["lines"].as_u64().unwrap_or(0))?;
    let id = visit["id"].as_str().context("a visit has an id")?.to_owned();
    window.go(&format!("/visits/{id}/lines")).await?;
    window.find("checklist").await?;
    let found = window.evaluate_later(include_str!("../window/taps.js"), vec![json!(TAPS)]).await?;
    let times: Vec<f64> =
        serde_json::from_value::<Vec<Value>>(found["taps"].clone())?.iter().filter_map(Value::as_f64).collect();
    ensure!(times.len() >= TAPS / 2, "only {} taps were painted: {found}", times.len());
    let mut sorted = times;
    sorted.sort_by(f64::total_cmp);
    Ok((sorted[sorted.len() / 2], sorted[sorted.len() * 95 / 100], found["frames"].as_f64().unwrap_or(0.0), lines))
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
