//! `xunjian-report`: draws from a JSON read model on standard input. A child process nobody links, so that fonts and
//! renderers stay out of the service.

mod labels;

use std::{io::Read as _, path::PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use xunjian_domain::label_sheet::LabelJob;

/// Draws labels from a JSON read model on standard input.
#[derive(Parser)]
#[command(name = "xunjian-report", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One SVG and one PNG a label.
    Labels {
        /// Folder for the pictures; made when it is not there.
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let Command::Labels { out } = Arguments::parse().command;
    let mut json = String::new();
    std::io::stdin().read_to_string(&mut json).context("reading the job from standard input")?;
    let job: LabelJob = serde_json::from_str(&json).context("the job is not that of a label print")?;
    labels::draw(&job, &out)
}
