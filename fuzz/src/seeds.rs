//! Writes the seeds of every entrance into a folder, one folder an entrance, named by their places.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
// Everything here is compiled to count coverage, and libFuzzer holds the counters.
use libfuzzer_sys as _;
use outside::{Entrance, envelopes::Envelopes, frames::Frames, labels::Labels, packages::Packages, pictures::Pictures};

fn write<E: Entrance>(folder: &Path, name: &str) -> Result<()> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    for (at, seed) in E::open().seeds().iter().enumerate() {
        fs::write(folder.join(format!("seed-{at:02}")), seed)?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("which folder?")?;
    let folder = Path::new(&folder);
    write::<Labels>(folder, "labels")?;
    write::<Envelopes>(folder, "envelopes")?;
    write::<Packages>(folder, "packages")?;
    write::<Pictures>(folder, "pictures")?;
    write::<Frames>(folder, "frames")
}
