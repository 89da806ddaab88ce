//! Whole-system stories: real processes, real HTTP on loopback, real files. The demo is one of them.

mod answers;
pub mod browser;
pub mod chaos;
pub mod damage;
pub mod mutants;
pub mod old_terminal;
pub mod page_types;
pub mod papers;
mod programs;
mod story;
pub mod sweep;
pub mod window;

use std::path::PathBuf;

pub use answers::honest_answer;
pub use programs::{Program, Programs, Service, copy_folder};
pub use story::{
    CONSOLE_PASSWORD, Drafts, Inspection, LineTally, PASSPHRASE, Sealed, Story, StoryOptions, print_table,
};

/// The folder of the workspace, wherever it was checked out.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands of `docs/EVIDENCE.md`, every `sh` block in order: one script that stops at the first thing that does not fit.
///
/// # Errors
/// When the document cannot be read.
pub fn evidence_script() -> std::io::Result<String> {
    let document = std::fs::read_to_string(workspace().join("docs/EVIDENCE.md"))?;
    let blocks = document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    Ok(format!("set -euo pipefail\n{}", blocks.collect::<String>()))
}
