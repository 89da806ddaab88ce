//! Every page of the app in its real window, with work on it: both languages, both themes, every size of glass and of text.
//!
//! It exists because only the real web view with the real data knows whether the policy lets a page load, whether a name fits on
//! a phone held upright, and what a kill in the middle of a word leaves. What the pages do is tested in `ui/tests` and, by hand,
//! in `app_window.rs`.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use fantoccini::Locator;
use serde_json::{Value, json};
use xunjian_tests::{
    Drafts, PASSPHRASE, Story, StoryOptions,
    window::{Desk, Window, hand::Hand},
    workspace,
};

const TABLET: (u32, u32) = (1280, 800);
const UPRIGHT: (u32, u32) = (800, 1280);
/// An old small tablet, a tablet upright, a phone.
const GLASSES: [(u32, u32); 4] = [TABLET, (1024, 600), UPRIGHT, (400, 800)];
/// Names of people that many fonts lack.
const RARE: &str = "镕堃㛃䶮𠮷";

/// A page: its route's name, its address, and something that is on it once it is there.
struct Page {
    route: &'static str,
    address: String,
    shows: &'static str,
}

fn page(route: &'static str, address: impl Into<String>, shows: &'static str) -> Page {
    Page { route, address: address.into(), shows }
}

/// Every page that an unlocked terminal has, open drafts and sealed visits alike.
fn pages(drafts: &Drafts) -> Vec<Page> {
    let Drafts { room, rack, line, photo, sealed: (sealed, waiting), delivered } = drafts;
    vec![
        page("today", "/today", "[data-testid^=visit-]"),
        page("scan", "/scan", "scan-result"),
        page("outbox", "/outbox", "outbox-waiting"),
        page("visit", format!("/visits/{rack}"), "rack-link"),
        page("visit", format!("/visits/{room}"), "category-0"),
        page("visit", format!("/visits/{sealed}"), "sealed"),
        page("checklist", format!("/visits/{rack}/lines/{line}"), "items"),
        page("checklist", format!("/visits/{room}/lines/7"), "line-7"),
        page("checklist", format!("/visits/{sealed}/lines"), "to-overview"),
        page("visit-scan", format!("/visits/{rack}/scan"), "scan-tally"),
        page("visit-scan", format!("/visits/{sealed}/scan"), "sealed"),
        page("rack", format!("/visits/{rack}/rack"), "rack-count"),
        page("rack", format!("/visits/{sealed}/rack"), "sealed"),
        page("camera", format!("/visits/{sealed}/photo"), "sealed"),
        page("finding", format!("/visits/{rack}/findings?line={line}"), "finding-form"),
        page("camera", format!("/visits/{rack}/photo?line={line}"), "photo-bound"),
        page("annotate", format!("/visits/{rack}/photo/{photo}?line={line}"), "draw-hint"),
        page("seal", format!("/seal/{rack}"), "missing-count"),
        page("records", "/records", "[data-testid^=record-]:not(input)"),
        page("record", format!("/records/{waiting}"), "record-number"),
        page("record", format!("/records/{delivered}"), "receipt"),
        page("settings", "/settings", "rare-names"),
    ]
}

/// A site with an enrolled terminal in the middle of its work.
fn prepare(folder: &Path) -> Result<(Story, Drafts)> {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false })?;
    story.prepare()?;
    let drafts = story.prepare_drafts()?;
    Ok((story, drafts))
}

async fn unlock(window: &Window) -> Result<()> {
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("!location.hash.includes('/unlock')").await
}

/// Opens the page and waits until what it shows is there and painted.
async fn open(window: &Window, page: &Page) -> Result<()> {
    // From page to page as a person goes; an address that is already open would not be loaded again.
    window
        .evaluate(&format!(
            "if (location.hash === {0}) location.hash = '#/settings'",
            json!(format!("#{}", page.address))
        ))
        .await?;
    window.go(&page.address).await?;
    let shows =
        if page.shows.starts_with('[') { page.shows.to_owned() } else { format!("[data-testid='{}']", page.shows) };
    let there = format!("document.querySelector({}) && !document.querySelector('[aria-busy=true]')", json!(shows));
    window.until(&there).await.with_context(|| format!("opening {}", page.address))?;
    window.settle().await
}

/// Everything that is wrong, each with the page and the look it was seen in.
#[derive(Default)]
struct Complaints {
    all: Vec<String>,
    routes: BTreeSet<String>,
}

impl Complaints {
    fn add(&mut self, page: &Page, look: &str, found: Vec<String>) {
        // One length for all ids, or the same complaint would look new on every run.
        let address: Vec<&str> = page.address.split('/').map(|part| part.get(..12).unwrap_or(part)).collect();
        self.all.extend(found.into_iter().map(|what| format!("{} {} {look}: {what}", page.route, address.join("/"))));
        self.routes.insert(page.route.to_owned());
    }

    /// Fails with all of them, not with the first.
    fn settle(self) -> Result<BTreeSet<String>> {
        ensure!(self.all.is_empty(), "{} complaints:\n{}", self.all.len(), self.all.join("\n"));
        Ok(self.routes)
    }
}

/// What is wrong with these pages as they look at 1280 × 800 in both languages and themes.
async fn look_at(window: &Window, pages: &[Page], camera: Option<&Path>, complaints: &mut Complaints) -> Result<()> {
    window.resize(TABLET).await?;
    for (language, theme) in [("zh-CN", "light"), ("en", "dark"), ("zh-CN", "dark"), ("en", "light")] {
        prefer(window, language, theme, 100).await?;
        if let (Some(picture), "dark") = (camera, theme) {
            window.hold_before_camera(picture).await?;
        }
        for page in pages {
            open(window, page).await?;
            let look = format!("{language} {theme}");
            complaints.add(page, &look, window.accessibility().await?);
            complaints.add(page, &look, window.small_targets().await?);
            complaints.add(page, &look, window.odd_texts().await?);
            complaints.add(page, &look, faults(window).await?);
        }
    }
    Ok(())
}

/// What does not fit on these pages, on every glass, with text as it comes and twice as large.
async fn fit(window: &Window, pages: &[Page], complaints: &mut Complaints) -> Result<()> {
    for (language, percent) in [("en", 200), ("zh-CN", 200), ("en", 100)] {
        prefer(window, language, "light", percent).await?;
        for glass in GLASSES {
            window.resize(glass).await?;
            for page in pages {
                open(window, page).await?;
                let look = format!("{language} {percent} % {} × {}", glass.0, glass.1);
                let found = window.layout_faults().await?;
                if !found.is_empty() {
                    window.screenshot(&format!("unfit-{}-{language}-{percent}-{}", page.route, glass.0)).await?;
                }
                complaints.add(page, &look, found);
                complaints.add(page, &look, faults(window).await?);
            }
        }
    }
    Ok(())
}

/// Loads the app anew in this look. What was asked of the engine before then finds nobody to answer: that complaint is the test's.
async fn prefer(window: &Window, language: &str, theme: &str, percent: u32) -> Result<()> {
    window.evaluate("window.isOldPage = true").await?;
    window.prefer(language, theme, percent).await?;
    window.until("!window.isOldPage && document.querySelector('#page *')").await?;
    window.settle().await?;
    faults(window).await.map(drop)
}

/// What the pages complained about since the last look.
async fn faults(window: &Window) -> Result<Vec<String>> {
    let mut found = window.faults().await?;
    window.evaluate("window.xunjianPageFaults.length = 0").await?;
    // The engine's note that a measured size changed once more in the same frame; the next frame has it right.
    found.retain(|fault| !fault.contains("ResizeObserver loop"));
    Ok(found)
}

/// The names of all routes, from the file that makes them.
fn routes() -> Result<BTreeSet<String>> {
    let source = std::fs::read_to_string(workspace().join("ui/src/routes.ts"))?;
    let names = source.split(", name: '").skip(1).filter_map(|rest| rest.split('\'').next());
    Ok(names.map(str::to_owned).collect())
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages_and_themes_and_fits_every_glass() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut complaints = Complaints::default();

    let fresh = Desk::set_up((1280, 1280), &folder.path().join("fresh"))?;
    let window = fresh.open_app().await?;
    let first = [page("enrol", "/enrol", "way-type")];
    look_at(&window, &first, None, &mut complaints).await?;
    fit(&window, &first, &mut complaints).await?;
    window.close().await?;
    fresh.clear_up()?;

    let (story, drafts) = prepare(folder.path())?;
    let desk = Desk::set_up((1280, 1280), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    let locked = [page("unlock", "/unlock", "unlock")];
    look_at(&window, &locked, None, &mut complaints).await?;
    fit(&window, &locked, &mut complaints).await?;
    unlock(&window).await?;

    let pages = pages(&drafts);
    let label = story.photo_of("rack-7-front", 77)?;
    look_at(&window, &pages, Some(&label), &mut complaints).await?;
    fit(&window, &pages, &mut complaints).await?;

    window.resize(TABLET).await?;
    window.prefer("zh-CN", "light", 100).await?;
    names_are_drawn(&window).await?;
    a_turn_keeps_the_item(&window, &drafts).await?;
    window.close().await?;
    desk.clear_up()?;

    let tablet = folder.path().join("reviewer");
    let service = story.serve()?;
    story.enrol_reviewer(&service.url, &tablet)?;
    drop(service);
    let desk = Desk::set_up((1280, 1280), &tablet)?;
    let window = desk.open_app().await?;
    unlock(&window).await?;
    let pages = [
        page("review", "/review", "[data-testid^=review-]"),
        page("review-record", format!("/review/{}", drafts.delivered), "verdict"),
    ];
    look_at(&window, &pages, None, &mut complaints).await?;
    fit(&window, &pages, &mut complaints).await?;
    window.close().await?;
    desk.clear_up()?;
    ensure!(complaints.settle()? == routes()?, "a page of ui/src/routes.ts was not looked at");
    Ok(())
}

/// The page's own fonts have every name that people here may have.
async fn names_are_drawn(window: &Window) -> Result<()> {
    open(window, &page("settings", "/settings", "rare-names")).await?;
    let said = window.text_of("rare-names").await?;
    ensure!(RARE.chars().all(|name| said.contains(name)), "the settings show a sample of rare names: {said}");
    let undrawn = window.undrawn(RARE).await?;
    ensure!(undrawn.is_empty(), "not drawn: {undrawn:?}");
    // The check itself: what no font has must be found undrawn.
    ensure!(window.undrawn("\u{10FFFC}").await?.len() == 1, "a character that no font has passes as drawn");
    Ok(())
}

/// The first item in sight and how far its top is from the pane's.
async fn spot(window: &Window) -> Result<(u64, f64, f64)> {
    window.settle().await?;
    let seen = window
        .evaluate(
            "const pane = document.querySelector('[data-testid=items]').getBoundingClientRect()
             const first = [...document.querySelectorAll('[data-line]')].find((one) => one.getBoundingClientRect().bottom > pane.top + 1)
             const box = first.getBoundingClientRect()
             return [Number(first.dataset.line), box.top - pane.top, parseFloat(getComputedStyle(first).lineHeight)]",
        )
        .await?;
    Ok(serde_json::from_value(seen)?)
}

/// Turning the tablet keeps the item and, within a line of text, how far it is scrolled.
async fn a_turn_keeps_the_item(window: &Window, drafts: &Drafts) -> Result<()> {
    window.go(&format!("/visits/{}/lines/4", drafts.room)).await?;
    window.find("line-4").await?;
    window.settle().await?;
    window.evaluate("document.querySelector('[data-testid=items]').scrollTop += 60").await?;
    let before = spot(window).await?;
    for glass in [UPRIGHT, TABLET] {
        window.resize(glass).await?;
        // The spot is looked for over a few frames, until heights are final.
        for _ in 0..6 {
            window.settle().await?;
        }
        let after = spot(window).await?;
        ensure!(
            after.0 == before.0 && (after.1 - before.1).abs() <= before.2,
            "at {glass:?} item {} at {}, before {} at {}",
            after.0,
            after.1,
            before.0,
            before.1
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_word_costs_at_most_its_last_character() -> Result<()> {
    const WORDS: &str = "风扇异响，䶮工㛃工已到场 fan 2 of 4";
    let folder = tempfile::tempdir()?;
    let (story, drafts) = prepare(folder.path())?;
    let desk = Desk::set_up(TABLET, &story.terminal_folder())?;
    let window = desk.open_app().await?;
    unlock(&window).await?;
    let line = 4;
    window.go(&format!("/visits/{}/lines/{line}", drafts.room)).await?;
    window.find(&format!("line-{line}")).await?;
    window.settle().await?;
    // 异常 is one press; what is wrong follows in words.
    Hand::on(&window).press_outcome(line, "abnormal").await?;
    let note = format!("#line-{line} textarea[data-testid=note]");
    window.until(&format!("document.querySelector('{note}')")).await?;
    let field = window.client.find(Locator::Css(&note)).await?;
    for character in WORDS.chars() {
        field.send_keys(&character.to_string()).await.with_context(|| format!("typing {character}"))?;
        // Twice as fast as anybody types on glass.
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let typed = window.evaluate(&format!("return document.querySelector('{note}').value")).await?;
    ensure!(typed == json!(WORDS), "the keyboard's words arrive whole: {typed}");
    desk.kill_app()?;
    drop(window.close().await);

    let window = desk.open_app().await.context("opening the app again")?;
    unlock(&window).await?;
    let there =
        format!("location.hash.includes('/visits/{}/lines') && document.querySelector('#line-{line}')", drafts.room);
    window.until(&there).await.context("the app opens where it was killed")?;
    window.until(&format!("document.querySelector('{note}')?.value")).await?;
    let kept = window.evaluate(&format!("return document.querySelector('{note}').value")).await?;
    let kept = kept.as_str().context("a note")?;
    ensure!(
        WORDS.starts_with(kept) && WORDS.chars().count() - kept.chars().count() <= 1,
        "of “{WORDS}” there is left “{kept}”"
    );
    let seen = window
        .evaluate(&format!("const {{ top, bottom }} = document.querySelector('{note}').getBoundingClientRect(); return top < innerHeight && bottom > 0"))
        .await?;
    ensure!(seen == Value::Bool(true), "the item that was open is in sight again");
    window.close().await?;
    desk.clear_up()
}
