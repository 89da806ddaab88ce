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
    /// For everything that is written.
    pub folder: PathBuf,
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
    /// A folder of the bench, made empty.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
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
