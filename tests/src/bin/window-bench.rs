//! `make bench`, the window's part: start and memory of the app against an empty window of the same framework built in the
//! same run, and the time from a tap to the painted answer in a visit of 300 items with 100,000 assets on board.
//!
//! Ratios count; milliseconds depend on the machine. Needs release builds: `cargo build --release -p xunjian-app --bins
//! --examples`.

use std::{
    path::{Path, PathBuf},
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
const TAPS: usize = 40;

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
    let mut empty = Opened::of(release.join("examples/empty-window"), "document.readyState === 'complete'")?;
    let mut app = Opened::of(release.join("xunjian-app"), "document.querySelector('#page main, #page .q-page')")?;
    // In turns, so that whatever else the machine does falls on both; the first of each is not counted, it warms the disk's cache.
    for round in 0..=STARTS {
        empty.open(folder.path(), round > 0).await?;
        app.open(&story.terminal_folder(), round > 0).await?;
    }
    println!(
        "start: {:.2} × an empty window ({:?} to {:?}, median of {STARTS})",
        ratio(app.start(), empty.start()),
        app.start(),
        empty.start()
    );
    println!(
        "memory: {:.2} × an empty window ({:.0} MiB to {:.0} MiB, proportional set size of all its processes)",
        app.memory_kib() as f64 / empty.memory_kib() as f64,
        app.memory_kib() as f64 / 1024.0,
        empty.memory_kib() as f64 / 1024.0
    );

    // Asked before the app opens: one program at a time may hold the terminal's folder.
    let today = story.field().arg_json("today")?;
    let desk = Desk::set_up_for(release.join("xunjian-app"), (1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    let (median, p95, floor, lines) = measure_taps(&today, &window).await?;
    println!(
        "tap → painted answer: {median:.1} ms median, {p95:.1} ms p95 of {TAPS} taps in a visit of {lines} items, {} assets on board; an idle frame: {floor:.1} ms",
        racks * 74
    );
    window.close().await?;
    desk.clear_up()
}

/// What it takes to open one program.
struct Opened {
    binary: PathBuf,
    is_painted: &'static str,
    starts: Vec<Duration>,
    memory: Vec<u64>,
}

impl Opened {
    fn of(binary: PathBuf, is_painted: &'static str) -> anyhow::Result<Self> {
        ensure!(binary.is_file(), "{} is missing: make bench builds it", binary.display());
        Ok(Self { binary, is_painted, starts: Vec::new(), memory: Vec::new() })
    }

    /// Opens it once more, over this data.
    async fn open(&mut self, data: &Path, counts: bool) -> anyhow::Result<()> {
        let desk = Desk::set_up_for(self.binary.clone(), (1280, 800), data)?;
        let begun = Instant::now();
        let window = desk.open_app().await?;
        // Painted, not at rest: a label that still glides to its place keeps nobody waiting.
        window.evaluate_later(&painted(self.is_painted), vec![]).await?;
        let start = begun.elapsed();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        if counts {
            self.starts.push(start);
            self.memory.push(memory_of(&desk)?);
        }
        window.close().await?;
        desk.clear_up()
    }

    fn start(&self) -> Duration {
        median(&self.starts)
    }

    fn memory_kib(&self) -> u64 {
        median(&self.memory)
    }
}

/// A script that answers once the condition holds and the frame that shows it has been painted: a message posted in a frame's
/// callback arrives after that frame. It looks at every frame, because asking from outside every so often would add half of the
/// pause.
fn painted(condition: &str) -> String {
    format!(
        "const [done] = arguments
         const look = () => {{
             if (!({condition})) return requestAnimationFrame(look)
             const {{ port1, port2 }} = new MessageChannel()
             port1.onmessage = () => done(true)
             port2.postMessage(null)
         }}
         requestAnimationFrame(look)"
    )
}

fn median<T: Copy + Ord>(of: &[T]) -> T {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
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
    window.click(&format!("visit-{id}")).await?;
    window.find("visit-title").await?;
    window.go(&format!("/visits/{id}/lines")).await?;
    window.find("items").await?;
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
