//! `xunjian`: the central service and its admin commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    xunjian_central::cli::run()
}
