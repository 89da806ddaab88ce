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

    /// Picks one of the states of a check, both counted from 0.
    ///
    /// # Errors
    /// When the item has no such check or state.
    pub async fn pick(&mut self, line: u64, check: usize, state: usize) -> anyhow::Result<()> {
        let card = self.window.find(&format!("line-{line}")).await?;
        let fields = card.find_all(Locator::Css("fieldset.check")).await?;
        let field = fields.get(check).with_context(|| format!("item {line} has no check {check}"))?;
        let states = field.find_all(Locator::Css(".pick [role=radio]")).await?;
        let wanted = states.get(state).with_context(|| format!("check {check} has no state {state}"))?;
        self.taps += 1;
        scroll_to(self.window, wanted).await?;
        wanted.click().await?;
        self.window.settle().await
    }

    /// Presses an outcome where the item has none yet: some values say it all, and nothing more is to be pressed.
    ///
    /// # Errors
    /// As [`Self::press_outcome`].
    pub async fn press_outcome_unless_given(&mut self, line: u64, outcome: &str) -> anyhow::Result<()> {
        self.window.settle().await?;
        // What the value said is still on its way to the disk: a person reads “正在存” and waits.
        let stored = format!("document.querySelector(\"[data-testid='line-{line}']:not([aria-busy=true])\")");
        self.window.until(&stored).await.with_context(|| format!("item {line} is stored"))?;
        let card = self.window.find(&format!("line-{line}")).await?;
        match card.attr("data-outcome").await?.as_deref() {
            Some("none") | None => self.press_outcome(line, outcome).await,
            Some(_) => Ok(()),
        }
    }

    /// Fills what the item asks besides its outcome, as all is well, and presses 正常. Where ledger and orders disagree among
    /// themselves it is 异常, with words and why there is nothing to photograph: ticking it would be a lie.
    ///
    /// # Errors
    /// When the item does not take the answer.
    pub async fn answer_normal(&mut self, line: u64) -> anyhow::Result<()> {
        let card = self.window.find(&format!("line-{line}")).await?;
        let mut disagrees = false;
        for field in card.find_all(Locator::Css("fieldset.check")).await? {
            disagrees |= self.fill(&field).await?;
        }
        if !disagrees {
            return self.press_outcome_unless_given(line, "normal").await;
        }
        self.press_outcome(line, "abnormal").await?;
        self.type_in(&card, "[data-testid='note']", "台账与订单不一致，详见核对明细").await?;
        self.press_in(&card, "[data-testid='no-photo']").await?;
        self.type_in(&card, "[data-testid='no-photo-reason']", "单据核对，没有可拍的实物").await?;
        self.type_in(&card, "[data-testid='no-photo-witness']", "王䶮").await?;
        // The last field is stored when it is left.
        self.window.evaluate("document.activeElement?.blur()").await?;
        self.window.settle().await
    }

    /// Answers every blank line of the visit's checklist as normal, group by group.
    ///
    /// # Errors
    /// Naming the line that does not take its answer.
    pub async fn answer_all_normal(&mut self) -> anyhow::Result<()> {
        loop {
            self.window.find("items").await?;
            self.window.settle().await?;
            let blank = self.window.evaluate(
                "return [...document.querySelectorAll('[data-testid^=line-][data-outcome=none]')].map((line) => Number(line.dataset.testid.slice(5)))",
            );
            for line in serde_json::from_value::<Vec<u64>>(blank.await?)? {
                self.answer_normal(line).await.with_context(|| format!("item {line}"))?;
            }
            let next = "const next = document.querySelector('[data-testid=next-group]'); return Boolean(next && !next.disabled)";
            if self.window.evaluate(next).await? != json!(true) {
                return Ok(());
            }
            self.press("next-group").await?;
        }
    }

    /// Jumps to each line that “其余全部正常” left over, by the links of its panel, and answers it as all is well.
    ///
    /// # Errors
    /// Naming the line that does not take its answer.
    pub async fn answer_what_bulk_left(&mut self) -> anyhow::Result<()> {
        loop {
            self.window.settle().await?;
            let left = "const link = document.querySelector('[data-testid^=bulk-left-]'); return link ? Number(link.dataset.testid.slice(10)) : null";
            let Some(line) = self.window.evaluate(left).await?.as_u64() else { return Ok(()) };
            self.press(&format!("bulk-left-{line}")).await?;
            self.answer_normal(line).await.with_context(|| format!("item {line}"))?;
        }
    }

    /// Opens the first group that asks this criterion and says which line it is.
    ///
    /// # Errors
    /// When no group asks it.
    pub async fn first_line_of(&mut self, criterion: &str) -> anyhow::Result<u64> {
        self.window.find("items").await?;
        let groups = self
            .window
            .evaluate("return document.querySelectorAll('[data-testid^=group-]:not([data-testid=group-title])').length")
            .await?;
        for group in 0..groups.as_u64().unwrap_or(0) {
            self.press(&format!("group-{group}")).await?;
            self.window.settle().await?;
            let found = self.window.evaluate_with(
                "const card = [...document.querySelectorAll('[data-testid^=line-][data-outcome]')].find((card) => card.textContent.includes(arguments[0]))
                 return card ? Number(card.dataset.testid.slice(5)) : null",
                vec![json!(criterion)],
            );
            if let Some(line) = found.await?.as_u64() {
                return Ok(line);
            }
        }
        anyhow::bail!("no group asks {criterion}")
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

    /// Whether what it filled in says that the papers disagree.
    async fn fill(&mut self, field: &Element) -> anyhow::Result<bool> {
        // One press says it all: both doors locked, both labels right, order and owner agree, posted and current.
        if self.press_in(field, "[data-testid$='-both']").await? {
            return Ok(false);
        }
        if self.press_in(field, "[data-testid$='-own-yes']").await? {
            self.press_in(field, "[data-testid$='-incomplete-quick']").await?;
            return Ok(false);
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
            return Ok(false);
        }
        if self.press_in(field, "[data-testid$='expiries-add'], [data-testid$='-add']").await? {
            self.type_in(field, "[data-testid*='-place-']", "机房东门").await?;
            self.type_in(field, "[data-testid*='-day-']", "2028-05-31").await?;
            return Ok(false);
        }
        if field.find(Locator::Css("[data-testid$='-calendar']")).await.is_ok() {
            self.type_in(field, "input", "2026-05-01").await?;
            return Ok(false);
        }
        if self.press_in(field, "[data-testid$='-order-no']").await? {
            self.press_in(field, "[data-testid$='-owner-no']").await?;
            return Ok(true);
        }
        self.press_in(field, "[data-testid$='-quick']").await?;
        Ok(false)
    }
}

/// Brings it into sight and waits until it stands still: a page that has just jumped there may still be scrolling, and a press
/// would land beside it, where no person would press.
async fn scroll_to(window: &Window, element: &Element) -> anyhow::Result<()> {
    let arguments = vec![serde_json::to_value(element)?];
    let script = "const [element, done] = arguments
        element.scrollIntoView({ block: 'center', behavior: 'instant' })
        let [before, still] = ['', 0]
        const look = () => {
            const { top, left } = element.getBoundingClientRect()
            const now = `${top} ${left}`
            still = now === before ? still + 1 : 0
            before = now
            if (still < 3) requestAnimationFrame(look)
            else done(true)
        }
        look()";
    window.evaluate_later(script, arguments).await.map(drop)
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
