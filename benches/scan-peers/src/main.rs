//! The product's decoder beside zxing-cpp, zbar and rqrr, on the same pictures in the same run: right reads, wrong reads,
//! panics, processor time.
//!
//! `scan-peers [photos|frames|stills]…`, everything without an argument. Photos with their texts come from the folder that
//! `XUNJIAN_QR_PHOTOS` names (`name.png` beside `name.txt`, a folder `falsepositives` without texts); they are skipped
//! without it. Frames and stills are made from a seed: `XUNJIAN_SCAN_SEED` replaces the one that nothing was tuned on.
//! It asserts nothing but ends with 1 when we read a text that is not there.

mod frames;
mod peers;
mod photos;
mod stills;
mod tally;

use std::{env, process::ExitCode};

/// Frames and stills of the figures in docs/BENCHMARKS.md. Nothing was tuned on it.
const UNSEEN_SEED: u64 = 20_260_931;

fn main() -> anyhow::Result<ExitCode> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let seed = env::var("XUNJIAN_SCAN_SEED").map_or(Ok(UNSEEN_SEED), |text| text.parse())?;
    // rqrr panics on some pictures; each is caught and counted, and its message would drown the figures.
    std::panic::set_hook(Box::new(|_| ()));
    peers::print_versions();
    let mut wrong = 0;
    if is_wanted("photos") {
        match env::var_os("XUNJIAN_QR_PHOTOS") {
            Some(folder) => wrong += photos::run(folder.as_ref())?,
            None => println!("\nphotos: skipped, XUNJIAN_QR_PHOTOS names no folder"),
        }
    }
    if is_wanted("frames") {
        wrong += frames::run(seed);
    }
    if is_wanted("stills") {
        wrong += stills::run(seed)?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
