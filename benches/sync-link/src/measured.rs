//! One run over the line: begun under its conditions, timed, watched, given up after a while.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{
    link::{Conditions, Link, Report},
    side::Side,
};

/// How often the connections are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Measured {
    /// From the begin to the end of what was to be done.
    pub took: Duration,
    /// What went over the line.
    pub report: Report,
    /// Whether everything arrived.
    pub is_complete: bool,
    /// Share of the time in which something on this machine waited for a processor, and for the disk: near 1, the figure says
    /// more about the machine than about the line.
    pub starved: [f64; 2],
}

/// A run under way.
pub struct Timer {
    begun: Instant,
    stalled_us: [u64; 2],
}

impl Timer {
    /// When it began.
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// The run as it stands.
    pub fn read(&self, world: &World, is_complete: bool) -> Measured {
        let took = self.begun.elapsed();
        let (now, then) = (stalled_us(), self.stalled_us);
        let starved = [0, 1].map(|of| now[of].saturating_sub(then[of]) as f64 / took.as_micros() as f64);
        Measured { took, report: world.link.report(), is_complete, starved }
    }
}

/// Microseconds since the machine started in which some process waited for a processor, and for the disk; zero where the
/// kernel does not count them.
fn stalled_us() -> [u64; 2] {
    ["cpu", "io"].map(|of| {
        let pressure = std::fs::read_to_string(format!("/proc/pressure/{of}")).unwrap_or_default();
        let some = pressure.lines().next().unwrap_or_default();
        some.rsplit_once("total=").and_then(|(_, total)| total.parse().ok()).unwrap_or(0)
    })
}

impl Measured {
    /// Bits a second of what had to get across; nothing for what did not.
    pub fn speed(&self, payload: u64) -> f64 {
        if self.is_complete { payload as f64 * 8.0 / self.took.as_secs_f64() } else { 0.0 }
    }
}

/// The bench's world: both sides and the line between them.
pub struct World {
    /// Where terminals are.
    pub terminal: Side,
    /// Where services are.
    pub service: Side,
    /// Between them.
    pub link: Link,
    /// For what is kept: what was prepared, the peers.
    pub folder: PathBuf,
    /// For what a run writes, on both sides.
    pub run_folder: PathBuf,
    /// First seed; every run has one of its own.
    pub seed: u64,
}

/// How a client ended.
pub struct Ended {
    /// Its exit code; `None` when it was given up.
    pub code: Option<i32>,
    /// What it printed.
    pub output: String,
}

impl World {
    /// The folder of a run, made empty.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn empty_run_folder(&self) -> anyhow::Result<&Path> {
        if self.run_folder.exists() {
            std::fs::remove_dir_all(&self.run_folder)?;
        }
        std::fs::create_dir_all(&self.run_folder)?;
        Ok(&self.run_folder)
    }

    /// Conditions of a run, with the seed that this name and loss give.
    pub fn conditions(&self, name: &str, loss_percent: f64) -> Conditions {
        // FNV-1a: stable over versions of the compiler, unlike the library's hasher.
        let hash = name
            .bytes()
            .chain(loss_percent.to_bits().to_be_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Conditions { loss: loss_percent / 100.0, seed: self.seed ^ hash, cuts: Vec::new() }
    }

    /// The line as asked for, and a timer that begins now.
    pub fn begin(&self, conditions: Conditions) -> Timer {
        self.link.begin(conditions);
        Timer { begun: Instant::now(), stalled_us: stalled_us() }
    }

    /// Runs a client on the terminal's side to its end. Gives up at `deadline`. What it prints goes through a file beside
    /// `log`, its complaints into `log`.
    ///
    /// # Errors
    /// When it cannot be started, or when a connection does not have the congestion control that this bench is about.
    pub fn run_client(&self, mut command: Command, log: &Path, deadline: Instant) -> anyhow::Result<Ended> {
        let printed = log.with_extension("out");
        command.stdin(Stdio::null()).stdout(File::create(&printed)?);
        command.stderr(File::options().create(true).append(true).open(log)?);
        let mut running = self.terminal.spawn(command)?;
        let mut looked = Instant::now();
        let code = loop {
            if let Some(status) = running.child.try_wait()? {
                break status.code();
            }
            if Instant::now() > deadline {
                break None;
            }
            if looked.elapsed() > LOOK_EVERY {
                looked = Instant::now();
                self.check_congestion_control()?;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        drop(running);
        let output = std::fs::read_to_string(&printed).with_context(|| format!("{}", printed.display()))?;
        Ok(Ended { code, output })
    }

    /// Every connection across the line must be cubic; says how many of which there are.
    ///
    /// # Errors
    /// When one is not.
    pub fn check_congestion_control(&self) -> anyhow::Result<BTreeMap<String, usize>> {
        let mut seen = BTreeMap::new();
        for side in [&self.terminal, &self.service] {
            for name in side.congestion_controls()? {
                *seen.entry(name).or_default() += 1;
            }
        }
        ensure!(seen.keys().all(|name| name == "cubic"), "connections that are not cubic: {seen:?}");
        Ok(seen)
    }
}
