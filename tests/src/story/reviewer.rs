//! A reviewer with a tablet of her own.

use std::path::Path;

use anyhow::{Context as _, ensure};

use super::Story;

impl Story {
    /// Enrols 王䶮 of the 管理方 on a tablet of hers in `data`, which then pulls every record there is to review, with all photos.
    /// Answers how many records those are.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn enrol_reviewer(&self, url: &str, data: &Path) -> anyhow::Result<u64> {
        let code = self.central().args(["terminal", "enrol-code", "--person", "王䶮"]).json()?;
        let code = code["code"].as_str().context("a code")?.to_owned();
        let at = |arguments: &[&str]| self.field_at(data).args(["--service", url]).args(arguments).json();
        at(&["enrol", "--code", &code, "--name", "平板C"])?;
        self.central().args(["key", "approve", "--root"]).args([self.root_folder()]).json()?;
        at(&["pull"])?;
        let synced = at(&["sync"])?;
        at(&["review", "photos", "--all"])?;
        let fetched = synced["reviews_fetched"].as_u64().context("a count")?;
        ensure!(fetched > 0, "nothing to review came down: {synced}");
        Ok(fetched)
    }
}
