//! The console in a real browser: runs the scripts of `ui/e2e` and reads what they say.
//!
//! It exists because only a browser can tell whether the served pages load under their policy, can be pressed, and say the
//! truth about what is stored. It knows nothing of what the scripts look at.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{CONSOLE_PASSWORD, programs::Service, workspace};

/// A browser before the console of a service, logged in as the account that `Story::open_console_account` makes.
#[derive(Debug, Clone)]
pub struct Browser {
    url: String,
    pages: PathBuf,
}

impl Browser {
    /// Before the console of this service.
    ///
    /// # Errors
    /// When the pages are not built: says which command builds them.
    pub fn before(service: &Service) -> anyhow::Result<Self> {
        let pages = workspace().join("ui");
        ensure!(
            pages.join("dist/console.html").is_file(),
            "the console's pages are not built: run `scripts/with-node.sh npm --prefix ui run build`"
        );
        Ok(Self { url: service.url.clone(), pages })
    }

    /// Runs one script of `ui/e2e` and returns what its last line says.
    ///
    /// # Errors
    /// What the script said when it failed, or that its last line is no JSON.
    pub fn run(&self, script: &str, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = Command::new(workspace().join("scripts/with-node.sh"))
            .arg("node")
            .arg(self.pages.join("e2e").join(format!("{script}.mjs")))
            .args(["--url", &self.url, "--name", "console", "--password", CONSOLE_PASSWORD])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .context("scripts/with-node.sh cannot be started")?;
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{script}.mjs failed ({}): {complained}{said}", output.status);
        let last = said.lines().last().with_context(|| format!("{script}.mjs said nothing"))?;
        serde_json::from_str(last).with_context(|| format!("{script}.mjs ended with no JSON: {last}"))
    }
}
