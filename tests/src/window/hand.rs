//! What a careful hand does on the checklist: fills whatever an item asks by pressing and typing, then presses its outcome.
//! Counts the presses, because too many of them make people tick blindly.

use anyhow::{Context as _, ensure};
use fantoccini::{Locator, elements::Element};
use serde_json::json;

use super::Window;

/// A hand on the window.
pub struct Hand<'a> {
    window: &'a Window,
    /// Presses so far. Typing a number counts as one press, a scan as none.
    pub taps: u32,
}

impl<'a> Hand<'a> {
    /// A hand that has pressed nothing yet.
    #[must_use]
    pub fn on(window: &'a Window) -> Self {
        Self { window, taps: 0 }
    }

    /// Presses the element of this name.
    ///
    /// # Errors
    /// As [`Window::click`].
    pub async fn press(&mut self, testid: &str) -> anyhow::Result<()> {
        self.taps += 1;
        self.window.click(testid).await
    }

    async fn press_in(&mut self, card: &Element, css: &str) -> anyhow::Result<bool> {
        let Ok(element) = card.find(Locator::Css(css)).await else { return Ok(false) };
        if !element.is_displayed().await? || element.attr("disabled").await?.is_some() {
            return Ok(false);
        }
        self.taps += 1;
        scroll_to(self.window, &element).await?;
        element.click().await.with_context(|| format!("pressing {css}"))?;
        Ok(true)
    }

    async fn type_in(&mut self, card: &Element, css: &str, text: &str) -> anyhow::Result<bool> {
        let Ok(element) = card.find(Locator::Css(css)).await else { return Ok(false) };
        self.taps += 1;
        scroll_to(self.window, &element).await?;
        element.clear().await?;
        element.send_keys(text).await.with_context(|| format!("typing into {css}"))?;
        Ok(true)
    }

    /// Fills what the item asks besides its outcome, as all is well, and presses 正常.
    ///
    /// # Errors
    /// When the item does not take the answer.
    pub async fn answer_normal(&mut self, line: u64) -> anyhow::Result<()> {
        let card = self.window.find(&format!("line-{line}")).await?;
        for field in card.find_all(Locator::Css("fieldset.check")).await? {
            self.fill(&field).await?;
        }
        self.press_outcome(line, "normal").await
    }

    /// Presses an outcome and waits until it is on the disk.
    ///
    /// # Errors
    /// When it is not stored.
    pub async fn press_outcome(&mut self, line: u64, outcome: &str) -> anyhow::Result<()> {
        let card = self.window.find(&format!("line-{line}")).await?;
        ensure!(
            self.press_in(&card, &format!("[data-testid='answer-{outcome}']")).await?,
            "item {line} offers no {outcome}"
        );
        let chosen = format!(
            "document.querySelector({})?.dataset.outcome === {}",
            json!(format!("[data-testid='line-{line}']")),
            json!(outcome)
        );
        self.window.until(&chosen).await.with_context(|| format!("item {line} as {outcome}"))
    }

    async fn fill(&mut self, field: &Element) -> anyhow::Result<()> {
        // One press says it all: both doors locked, both labels right, order and owner agree, posted and current.
        if self.press_in(field, "[data-testid$='-both']").await? {
            return Ok(());
        }
        if self.press_in(field, "[data-testid$='-own-yes']").await? {
            self.press_in(field, "[data-testid$='-incomplete-quick']").await?;
            return Ok(());
        }
        let cells = field.find_all(Locator::Css("input[data-cell]")).await?;
        if !cells.is_empty() {
            for cell in cells {
                let quantity = cell.attr("data-cell").await?.unwrap_or_default();
                self.taps += 1;
                scroll_to(self.window, &cell).await?;
                cell.click().await?;
                cell.send_keys(usual(quantity.split_once('-').map_or("", |(_, name)| name))).await?;
            }
            // The keypad's last key stores the point.
            if !self.press_in(field, "[data-testid='pad-done']").await? {
                self.press_in(field, "[data-testid*='-save-']").await?;
            }
            self.window.until("document.querySelector('[data-testid=limit]')").await?;
            return Ok(());
        }
        if self.press_in(field, "[data-testid$='expiries-add'], [data-testid$='-add']").await? {
            self.type_in(field, "[data-testid*='-place-']", "机房东门").await?;
            self.type_in(field, "[data-testid*='-day-']", "2028-05-31").await?;
            return Ok(());
        }
        if field.find(Locator::Css("[data-testid$='-calendar']")).await.is_ok() {
            self.type_in(field, "input", "2026-05-01").await?;
            return Ok(());
        }
        self.press_in(field, "[data-testid$='-quick']").await?;
        Ok(())
    }
}

async fn scroll_to(window: &Window, element: &Element) -> anyhow::Result<()> {
    let arguments = vec![serde_json::to_value(element)?];
    window.client.execute("arguments[0].scrollIntoView({ block: 'center' })", arguments).await?;
    Ok(())
}

/// A usual value of each quantity, within the limits a new site starts with.
fn usual(quantity: &str) -> &'static str {
    match quantity {
        "temperature" => "23.5",
        "relative_humidity" => "45",
        "load_percent" => "42",
        "battery_percent" => "100",
        "used_percent" => "61.5",
        _ => "80",
    }
}
