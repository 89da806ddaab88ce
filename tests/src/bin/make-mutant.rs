//! Makes a mutant of the product in a copy of the checkout, or takes it back; `scripts/mutants.sh` calls it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use xunjian_tests::mutants;

/// Without a name: lists the mutants.
#[derive(Parser)]
struct Arguments {
    /// Which one.
    name: Option<String>,
    /// The copy of the checkout.
    #[arg(long)]
    root: Option<PathBuf>,
    /// Take it back.
    #[arg(long)]
    undo: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let all = mutants::all()?;
    let Some(name) = arguments.name else {
        all.iter().for_each(|mutant| println!("{}\t{}", mutant.name, mutant.breaks));
        return Ok(());
    };
    let mutant = all.iter().find(|mutant| mutant.name == name).context("there is no such mutant")?;
    let root = arguments.root.context("--root names the copy of the checkout: mutants are made in no other place")?;
    if arguments.undo { mutant.unmake(&root) } else { mutant.make(&root) }
}
