//! `xunjian-field`: the headless terminal, on the same engine as the app.

#[path = "../cli/mod.rs"]
mod cli;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run().await
}
