//! A tablet that lay in a drawer: runs the frozen client of protocol version 1, `tests/frozen/client_v1.py`, which shares nothing
//! with this product. Its hash is asserted in `tests/tests/old_terminal.rs`; whoever changes it makes that test say so.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{Story, workspace};

/// Where the frozen client is.
#[must_use]
pub fn client() -> PathBuf {
    workspace().join("tests/frozen/client_v1.py")
}

/// The tablet, with its keys and its sealed records in a folder.
#[derive(Debug, Clone)]
pub struct OldTerminal {
    folder: PathBuf,
}

impl OldTerminal {
    /// Enrols it on a story's site for this person; the root has not signed for its keys yet.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn enrols(story: &Story, folder: &Path, url: &str, person: &str) -> anyhow::Result<Self> {
        let old = Self { folder: folder.to_owned() };
        let code = story.central().args(["terminal", "enrol-code", "--person", person]).json()?;
        old.does(&["enrol", url, code["code"].as_str().context("a code")?, story.fingerprint()])?;
        Ok(old)
    }

    /// Runs one command of the client; it must succeed.
    ///
    /// # Errors
    /// The sentence with which the client stopped.
    pub fn does(&self, words: &[&str]) -> anyhow::Result<Value> {
        let output = Command::new("python3")
            .arg("-I")
            .arg(client())
            .arg(&self.folder)
            .args(words)
            .output()
            .context("python3 cannot be started")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Seals the next visit of this kind with these photos, without any service; its record.
    ///
    /// # Errors
    /// The sentence with which the client stopped.
    pub fn seals(&self, kind: &str, photos: &[&Path]) -> anyhow::Result<String> {
        let photos: Vec<String> = photos.iter().map(|photo| photo.display().to_string()).collect();
        let words: Vec<&str> = ["seal", kind].into_iter().chain(photos.iter().map(String::as_str)).collect();
        Ok(self.does(&words)?["record"].as_str().context("a record")?.to_owned())
    }
}
