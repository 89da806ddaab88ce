//! Whole-system stories: real processes, real HTTP on loopback, real files. The demo is one of them.

use std::path::PathBuf;

/// The folder of the workspace, wherever it was checked out.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
