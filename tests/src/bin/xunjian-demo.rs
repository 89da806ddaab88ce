//! `make demo`: one real inspection without a screen, told step by step, with a table of what came of it.

use std::{fs, path::PathBuf};

use clap::Parser;
use xunjian_tests::{Story, StoryOptions, print_table, workspace};

/// Plays one real inspection: ledger → plan → labels → visits → seal → sync → receipts → openssl.
#[derive(Parser)]
struct Arguments {
    /// Folder for everything it makes; what an earlier demo left there is removed.
    #[arg(long)]
    folder: PathBuf,
    /// Ledger files instead of the demo's own.
    #[arg(long = "ledger")]
    ledgers: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = arguments.folder;
    // Only ever removes a folder that a demo made.
    if folder.join("central/central.db").is_file() || folder.join(".xunjian-demo").is_file() {
        fs::remove_dir_all(&folder)?;
    }
    let own = ["ledger.xlsx", "virtual_machines.csv", "orders.csv"].map(|name| workspace().join("demo").join(name));
    let ledgers = if arguments.ledgers.is_empty() { own.to_vec() } else { arguments.ledgers };
    fs::create_dir_all(&folder)?;
    let folder = fs::canonicalize(&folder)?;
    let mut story = Story::new(StoryOptions { folder: folder.clone(), ledgers, is_told: true })?;
    fs::write(folder.join(".xunjian-demo"), "")?;
    let done = story.play()?;
    print_table(&story, &done);
    Ok(())
}
