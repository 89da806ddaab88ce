//! Whole-system stories: real processes, real HTTP on loopback, real files. The demo is one of them.

mod answers;
mod programs;
mod story;

use std::path::PathBuf;

pub use answers::honest_answer;
pub use programs::{Program, Programs, Service, copy_folder};
pub use story::{Inspection, LineTally, PASSPHRASE, Sealed, Story, StoryOptions, print_table};

/// The folder of the workspace, wherever it was checked out.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
