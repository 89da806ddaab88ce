//! `xunjian-report`: draws from a JSON read model on standard input. A child process nobody links, so that fonts and
//! renderers stay out of the service.

mod code;
mod document;
mod fonts;
mod labels;
mod memory;
mod photos;
mod sheets;
mod told;
mod typeset;
mod volumes;

use std::{io::Read as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use serde::de::DeserializeOwned;

/// Draws labels, label sheets and reports from a JSON read model on standard input.
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
    /// One PDF/A-2a of label sheets.
    Sheets(Typeset),
    /// One PDF/A-2a of a report, and one more for every further volume. Prints the files it wrote.
    Report(Typeset),
}

#[derive(Args)]
struct Typeset {
    /// File to write; further volumes stand beside it with `-2`, `-3`, … behind the name.
    #[arg(long)]
    out: PathBuf,
    /// Most memory for data, MiB.
    #[arg(long, default_value_t = memory::DEFAULT_MIB)]
    memory_mib: u64,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            told::failed(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Labels { out } => labels::draw(&job()?, &out),
        Command::Sheets(Typeset { out, memory_mib }) => {
            memory::limit(memory_mib)?;
            sheets::write(&job()?, &out)
        }
        Command::Report(Typeset { out, memory_mib }) => {
            memory::limit(memory_mib)?;
            for file in document::write(&job()?, &out)? {
                println!("{}", file.display());
            }
            Ok(())
        }
    }
}

/// The job on standard input.
fn job<J: DeserializeOwned>() -> anyhow::Result<J> {
    let mut json = String::new();
    std::io::stdin().read_to_string(&mut json).context("reading the job from standard input")?;
    serde_json::from_str(&json).context("the job on standard input is not one of this command")
}
