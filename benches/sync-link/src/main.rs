//! `make bench-sync`: the product, Anki and rclone over the same bad line in the same run.
//!
//! The line is ours (`link`): 20 Mbit/s, 80 ms round trip, loss, cuts that kill old connections, between two network
//! namespaces. Every TCP connection across it is cubic. Prints tables in Markdown; asserts that whatever was sent is there,
//! and no figure.

mod accuracy;
mod anki;
mod floor;
mod link;
mod measured;
mod ours;
mod programs;
mod side;
mod site;
mod tables;
mod webdav;

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};

use crate::{
    link::{Line, Link},
    measured::{Measured, World},
    programs::Programs,
    side::{SERVICE, Side, TERMINAL},
    site::Load,
};

/// Connections of the floor, and of rclone at most of its settings.
const FLOWS: [u32; 2] = [1, 12];
/// Settings of rclone: its own, and larger ones.
const TRANSFERS: [u32; 3] = [4, 12, 24];
const CUTS: u32 = 3;
const CUT: Duration = Duration::from_secs(5);

/// Synchronisation over a bad line, beside its peers.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Records of the large run.
    #[arg(long, default_value_t = 500)]
    records: u32,
    /// Photos of the large run, about 300 KB each.
    #[arg(long, default_value_t = 1000)]
    photos: u32,
    /// Photos of the runs beside the peers; half as many records.
    #[arg(long, default_value_t = 60)]
    peer_photos: u32,
    /// Loss of packets, each way, in percent.
    #[arg(long, value_delimiter = ',', default_values_t = [0.0, 0.1, 1.0])]
    losses: Vec<f64>,
    /// Parts to run; all of them without it.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// First seed.
    #[arg(long, default_value_t = 20_261_123)]
    seed: u64,
    /// A run is given up after so many times its limit, and a minute.
    #[arg(long, default_value_t = 15)]
    patience: u32,
    /// The folder with `xunjian` and `xunjian-field`.
    #[arg(long, env = "XUNJIAN_BIN_DIR")]
    programs: PathBuf,
    /// For what is prepared and kept; the peers are in `peers/` below it.
    #[arg(long, default_value = "target/bench-sync")]
    folder: PathBuf,
    /// For what each run writes, on both sides; `run/` below the folder without it. In memory (`/dev/shm/…`) a busy disk has no
    /// part in the figures.
    #[arg(long)]
    run_folder: Option<PathBuf>,
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What the line itself does.
    Line,
    /// Bare TCP.
    Floor,
    /// The product with the large load.
    Ours,
    /// The product, Anki and rclone with the same small load.
    Peers,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.folder)?;
    let folder = arguments.folder.canonicalize()?;
    let programs = Programs::of(&arguments.programs)?;
    // The namespaces come first: everything else happens in one of them.
    let (terminal, terminal_device) = Side::open(TERMINAL)?;
    let (service, service_device) = Side::open(SERVICE)?;
    let line = Line { rate: 20_000_000, delay: Duration::from_millis(40), queue_bytes: 250_000 };
    let link = Link::start(line, terminal_device, service_device);
    let run_folder = arguments.run_folder.clone().unwrap_or_else(|| folder.join("run"));
    let world = World { terminal, service, link, folder, run_folder, seed: arguments.seed };
    let mut bench = Bench { world, programs, arguments, large: Vec::new() };
    bench.tell_machine()?;
    for part in [Part::Line, Part::Floor, Part::Ours, Part::Peers] {
        if bench.arguments.only.is_empty() || bench.arguments.only.contains(&part) {
            bench.run(part)?;
        }
    }
    Ok(())
}

/// One run of the bench.
pub struct Bench {
    world: World,
    programs: Programs,
    arguments: Arguments,
    /// Bits of payload a second of the product's large load without cuts, beside the loss.
    large: Vec<(f64, f64)>,
}

impl Bench {
    fn tell_machine(&self) -> anyhow::Result<()> {
        let line = self.world.link.line();
        println!(
            "line: {} Mbit/s of IP packets each way, {} ms round trip, a queue of {} KB each way, MTU 1500, TCP cubic; seed {}",
            line.rate / 1_000_000,
            line.delay.as_millis() * 2,
            line.queue_bytes / 1000,
            self.world.seed
        );
        let run_folder = self.world.empty_run_folder()?;
        let mut kind = Command::new("stat");
        println!(
            "runs write to {} ({})",
            run_folder.display(),
            programs::text(kind.args(["--file-system", "--format=%T"]).arg(run_folder))?
        );
        println!(
            "machine: {} cores, {}; {}",
            std::thread::available_parallelism()?,
            tables::load(),
            self.programs.version()?
        );
        Ok(())
    }

    fn run(&mut self, part: Part) -> anyhow::Result<()> {
        match part {
            Part::Line => tables::print_accuracy(&accuracy::measure(&self.world)?),
            Part::Floor => self.run_floor()?,
            Part::Ours => self.run_ours()?,
            Part::Peers => self.run_peers()?,
        }
        println!("\n({})", tables::load());
        Ok(())
    }

    /// After how long a run of so many bytes is given up.
    fn patience(&self, bytes: u64) -> Duration {
        self.world.link.line().limit(bytes) * self.arguments.patience + Duration::from_secs(60)
    }

    fn run_floor(&self) -> anyhow::Result<()> {
        let bytes = u64::from(self.arguments.peer_photos) * 300_000;
        tables::print_head("Bare TCP, nothing asked, nothing answered", bytes);
        for loss in &self.arguments.losses {
            for flows in FLOWS {
                let measured = floor::run(&self.world, flows, bytes, *loss)?;
                tables::print_row(self.world.link.line(), &format!("TCP, {flows} at once"), *loss, bytes, &measured);
            }
        }
        Ok(())
    }

    fn run_ours(&mut self) -> anyhow::Result<()> {
        let load = Load { records: self.arguments.records, photos: self.arguments.photos };
        let prepared = site::prepare(&self.world, &self.programs, load, false)?;
        let line = self.world.link.line();
        let patience = self.patience(prepared.payload());
        tables::print_our_head(&prepared, line);
        let mut fullness = Vec::new();
        for cuts in [0, CUTS] {
            for loss in &self.arguments.losses {
                let limit = line.limit(prepared.payload());
                let conditions = self.world.conditions(&format!("ours {cuts}"), *loss).with_cuts(cuts, CUT, limit);
                let outage = conditions.outage();
                let run = ours::run(&self.world, &self.programs, &prepared, conditions, patience)
                    .with_context(|| format!("the product at {loss} % loss with {cuts} cuts"))?;
                tables::print_our_row(line, &prepared, *loss, outage, &run);
                fullness.push(format!("{loss} %, {cuts} cuts: {}", tables::fullness(line, &run.measured)));
                if cuts == 0 && run.measured.is_complete {
                    self.large.push((*loss, run.measured.speed(prepared.payload())));
                }
            }
        }
        println!("\nHow full the line was on the way up, tenths of its rate, second by second (#: all of it)\n");
        fullness.iter().for_each(|run| println!("    {run}"));
        Ok(())
    }

    fn run_peers(&self) -> anyhow::Result<()> {
        let peers = self.world.folder.join("peers");
        let (nginx, anki) = (webdav::Nginx::of(&peers)?, anki::Anki::of(&peers)?);
        let load = Load { records: self.arguments.peer_photos / 2, photos: self.arguments.peer_photos };
        let prepared = site::prepare(&self.world, &self.programs, load, true)?;
        let line = self.world.link.line();
        println!("\npeers: {}, {}, {}", anki.version()?, webdav::rclone_version()?, nginx.version()?);
        tables::print_head("The product and its peers, the same photos", prepared.photo_bytes);
        let mut speeds = Vec::new();
        for loss in &self.arguments.losses {
            let patience = self.patience(prepared.payload());
            let row = |name: &str, measured: &Measured| {
                tables::print_row(line, name, *loss, prepared.photo_bytes, measured);
                (name.to_owned(), measured.speed(prepared.photo_bytes))
            };
            let conditions = self.world.conditions("ours beside peers", *loss);
            let ours = ours::run(&self.world, &self.programs, &prepared, conditions, patience)?;
            let small = row(&format!("xunjian-field sync, {} records too", load.records), &ours.measured).1;
            let anki = anki.run(&self.world, &prepared, *loss, patience)?;
            let before = anki.collection.as_secs_f64();
            let mut theirs = vec![row(&format!("Anki, media only ({before:.1} s before it)"), &anki.measured)];
            for transfers in TRANSFERS {
                let copied = webdav::run(&self.world, &nginx, &prepared.photos(), transfers, *loss, patience)?;
                theirs.push(row(&format!("rclone --transfers {transfers}"), &copied));
            }
            let large = self.large.iter().find(|(of, _)| of == loss).map(|(_, speed)| *speed);
            speeds.push(tables::Speeds { loss: *loss, small, large, theirs });
        }
        tables::print_speeds(&speeds);
        Ok(())
    }
}
