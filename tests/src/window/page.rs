//! What every page has to be, whatever it shows: translated, within the glass, everything on it within reach.

use anyhow::Context as _;
use serde_json::json;

use super::Window;
use crate::workspace;

impl Window {
    /// Texts that nobody should read: locale keys, and in English Chinese that is not data.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn odd_texts(&self) -> anyhow::Result<Vec<String>> {
        let mut features = Vec::new();
        for file in std::fs::read_dir(workspace().join("ui/src/locales/en")).context("the app's texts")? {
            features.extend(file?.path().file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
        let found = self.evaluate_with(include_str!("texts.js"), vec![json!(features)]).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// What is wider than the glass, and what cannot be pressed however one scrolls.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn layout_faults(&self) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.evaluate(include_str!("layout.js")).await?)?)
    }

    /// Those of these characters that the page's font does not draw.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn undrawn(&self, characters: &str) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.evaluate_later(include_str!("glyphs.js"), vec![json!(characters)]).await?)?)
    }

    /// Gives the page exactly this size, as turning the tablet does.
    ///
    /// # Errors
    /// When the window does not take it.
    pub async fn resize(&self, (width, height): (u32, u32)) -> anyhow::Result<()> {
        // Nothing manages the display's windows, so none has a frame.
        self.client.set_window_size(width, height).await?;
        self.until(&format!("innerWidth === {width} && innerHeight === {height}")).await
    }
}
