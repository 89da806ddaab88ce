//! 复核 by hand in two real windows: the reviewer's tablet opens the list offline, sees 校验通过, returns one record with a reason
//! and countersigns another; the inspector's tablet shows the return and amends it; the reviewer sees what changed and countersigns.
//!
//! It exists because only the window shows whether a reviewer gets the right pages, whether the sheets can be used with a finger on
//! a small screen, and whether what was pressed is in the log afterwards. The rules are tested without a window.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use xunjian_tests::{
    PASSPHRASE, Story, StoryOptions,
    window::{Desk, Window, hand::Hand},
    workspace,
};

const REASON: &str = "照片看不清指示灯，请重拍或写明";
const COMMENT: &str = "请补充说明后再报";
const NOTE: &str = "该机柜已腾空，门锁不在本次范围";

async fn unlock(window: &Window) -> Result<()> {
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("!location.hash.includes('/unlock')").await
}

/// Synchronises by hand until nothing waits.
async fn sync(window: &Window) -> Result<()> {
    window.go("/outbox").await?;
    window.click("sync").await?;
    window.find("sync-result").await?;
    window.until("document.querySelector('[data-testid=sync-badge]')?.dataset.state === 'clear'").await
}

/// Everything to press is large enough, and nothing of the page broke.
async fn is_fit(window: &Window, page: &str) -> Result<()> {
    window.settle().await?;
    let small = window.small_targets().await?;
    ensure!(small.is_empty(), "on {page} a glove misses {small:?}");
    let faults = window.faults().await?;
    ensure!(faults.is_empty(), "on {page} the page complained: {faults:?}");
    // A sheet covers the page below it on purpose.
    if !window.has("return-sheet").await? && !window.has("sign-sheet").await? {
        let layout = window.layout_faults().await?;
        ensure!(layout.is_empty(), "{page} is laid out badly: {layout:?}");
    }
    let access = window.accessibility().await?;
    ensure!(access.is_empty(), "{page}: {access:?}");
    Ok(())
}

async fn dark_and_english(window: &Window, name: &str, address: &str, ready: &str) -> Result<()> {
    for (language, theme) in [("en", "dark"), ("zh-CN", "light")] {
        window.prefer(language, theme, 100).await?;
        window.go(address).await?;
        window.find(ready).await?;
        if language == "en" {
            is_fit(window, &format!("{name} in the dark, in English")).await?;
            window.screenshot(&format!("{name}-dark-en")).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_reviewer_returns_one_and_countersigns_another_and_the_inspector_amends() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "virtual_machines.csv", "orders.csv"].map(|file| demo.join(file)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.path().join("site"), ledgers, is_told: false })?;
    story.prepare()?;
    // The second one has a problem, and with it a photo.
    let records = story.seal_without_sending(2)?;
    // Where both tablets know it to be.
    let url = story.field().arg_json("status")?["service_url"].as_str().context("an address")?.to_owned();
    let service = story.serve_at(&url)?;
    story.field().args(["--service", &url, "sync"]).json()?;
    let tablet = folder.path().join("tablet-c");
    ensure!(story.enrol_reviewer(&url, &tablet)? == 2, "every record comes down");
    drop(service);

    // Offline: the reviewer's window, on the smallest screen.
    let chen = Desk::set_up((1024, 600), &tablet)?;
    let window = chen.open_app().await?;
    unlock(&window).await?;
    window.until("location.hash.includes('/review')").await?;
    review_offline(&window, &records).await?;

    let service = story.serve_at(&url)?;
    sync(&window).await?;
    let states = standing(&story)?;
    ensure!(states == json!({ &records[0]: "returned", &records[1]: "accepted" }), "{states}");
    window.close().await?;
    chen.clear_up()?;

    let second = amend(&story, &records[0]).await?;

    let chen = Desk::set_up((1280, 800), &tablet)?;
    let window = chen.open_app().await?;
    unlock(&window).await?;
    sync(&window).await?;
    window.go(&format!("/review/{second}")).await?;
    window.until("document.querySelector('[data-testid=verification]')?.dataset.verdict === 'passed'").await?;
    let changed = window.text_of("since-returned").await?;
    ensure!(changed.contains(NOTE) && changed.contains("1 项不同"), "only what was amended: {changed}");
    window.evaluate("document.querySelector('[data-testid=since-returned]').scrollIntoView()").await?;
    is_fit(&window, "the amendment").await?;
    window.screenshot("review-amendment").await?;
    window.click("accept").await?;
    sign(&window).await?;
    sync(&window).await?;
    window.close().await?;
    chen.clear_up()?;

    let states = standing(&story)?;
    let expected = json!({ &records[0]: "amended", &records[1]: "accepted", &second: "accepted" });
    ensure!(states == expected, "{states}");
    drop(service);
    let whole = story.central().arg_json("verify-all")?;
    ensure!(whole["damages"] == json!([]), "{whole}");
    let whole = story.central().arg_json("fsck")?;
    ensure!(whole["damages"] == json!([]), "{whole}");
    Ok(())
}

async fn review_offline(window: &Window, records: &[String]) -> Result<()> {
    window.find(&format!("review-{}", records[0])).await?;
    ensure!(!window.has("nav-today").await? && window.has("nav-review").await?, "who reviews walks no visits");
    is_fit(window, "the list").await?;
    window.screenshot("review-list").await?;
    dark_and_english(window, "review-list", "/review", &format!("review-{}", records[0])).await?;

    // Photos that came down while there was a line, full screen.
    window.go(&format!("/review/{}", records[1])).await?;
    window.until("document.querySelector('[data-testid=verification]')?.dataset.verdict === 'passed'").await?;
    let photos = window.evaluate("return document.querySelector('[data-testid=step-photos]').dataset.verdict").await?;
    ensure!(photos == "passed", "the photos were fetched and hash to their names: {photos}");
    window.evaluate("document.querySelector('.photo-button')?.scrollIntoView({ block: 'center' })").await?;
    window.until("document.querySelector('.photo-button img')?.naturalWidth > 0").await?;
    window.evaluate("document.querySelector('.photo-button').click()").await?;
    window.until("document.querySelector('.photo-large')?.naturalWidth > 0").await?;
    window.screenshot("review-photo").await?;
    window.evaluate("document.querySelector('.photo-close').click()").await?;
    window.until("!document.querySelector('.photo-large')").await?;
    window.go("/review").await?;

    // One record: 校验通过 from this tablet's own check, then back with a reason.
    window.click(&format!("open-{}", records[0])).await?;
    window.until("document.querySelector('[data-testid=verification]')?.dataset.verdict === 'passed'").await?;
    ensure!(window.text_of("verdict").await?.contains("校验通过"), "the verdict is in words");
    is_fit(window, "the record").await?;
    window.screenshot("review-record").await?;
    dark_and_english(window, "review-record", &format!("/review/{}", records[0]), "verdict").await?;

    window.click("return").await?;
    window.find("return-sheet").await?;
    // The last item can be reached with a finger, and so can the first again.
    let lines = "return [...document.querySelectorAll('[data-testid^=reason-]')].at(-1).dataset.testid";
    let last = window.evaluate(lines).await?;
    window.click(last.as_str().context("a line")?).await?;
    window.fill("reason-1", REASON).await?;
    window.fill("return-comment", COMMENT).await?;
    window.fill("return-passphrase", "this is not the passphrase").await?;
    is_fit(window, "returning").await?;
    window.screenshot("review-return").await?;
    window.click("return-submit").await?;
    window.until("document.body.innerText.includes('口令不正确')").await?;
    window.fill("return-passphrase", PASSPHRASE).await?;
    window.click("return-submit").await?;
    window.until("document.querySelector('[data-testid=review-state]')?.dataset.state === 'returned'").await?;
    ensure!(window.text_of("said").await?.contains(REASON), "what was said stands with the record");

    // Another from the list, with the passphrase.
    window.go("/review").await?;
    window.click(&format!("choose-{}", records[1])).await?;
    window.click("sign-chosen").await?;
    window.find("sign-sheet").await?;
    is_fit(window, "signing").await?;
    window.screenshot("review-sign").await?;
    sign(window).await?;
    window.find("queued").await?;
    let badge = window.evaluate("return document.querySelector('[data-testid=sync-badge]').dataset.state").await?;
    ensure!(badge != "clear", "nothing is green without a receipt: {badge}");
    Ok(())
}

async fn sign(window: &Window) -> Result<()> {
    window.fill("sign-passphrase", PASSPHRASE).await?;
    window.click("sign-submit").await?;
    window.find("signed").await?;
    window.click("sign-close").await
}

/// The inspector's window: the return with its reasons, the visit open again, one answer changed, sealed and sent.
async fn amend(story: &Story, returned: &str) -> Result<String> {
    let shown = story.field().args(["review", "returned"]).json()?;
    ensure!(shown == json!([]), "nothing is told before it was synchronised: {shown}");
    let desk = Desk::set_up((1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    unlock(&window).await?;
    window.go("/outbox").await?;
    window.click("sync").await?;
    window.find("sync-result").await?;
    if window.has("sync-faults").await? {
        bail!("the run had faults: {}", window.text_of("sync-faults").await?);
    }
    window.go("/today").await?;
    window.until("document.querySelector('[data-testid=returned-by]') !== null").await?;
    window.evaluate("document.querySelector('[data-testid=returned-by]').scrollIntoView({ block: 'center' })").await?;
    is_fit(&window, "today").await?;
    window.screenshot("review-returned-today").await?;
    let visit = window
        .evaluate("return document.querySelector('[data-testid=returned-by]').closest('[data-state]').dataset.testid.slice(6)")
        .await?;
    let visit = visit.as_str().context("a visit")?.to_owned();
    window.go(&format!("/visits/{visit}")).await?;
    window.find("returned-line-1").await?;
    is_fit(&window, "the returned visit").await?;
    window.screenshot("review-returned-visit").await?;
    window.click("amend").await?;
    window.find("continue").await?;
    window.go(&format!("/visits/{visit}/lines/1")).await?;
    ensure!(window.text_of("returned-for").await?.contains(REASON), "the reason stands above the answer it is about");
    window.screenshot("review-amending").await?;
    answer_anew(&window).await?;
    window.go(&format!("/seal/{visit}")).await?;
    window.find(&format!("[data-testid='seal-visit-{visit}'][data-ready='true']")).await?;
    window.fill("seal-passphrase", PASSPHRASE).await?;
    window.click("seal").await?;
    window.find("seal-done").await?;
    sync(&window).await?;
    window.close().await?;
    desk.clear_up()?;
    let records = story.field().arg_json("records")?;
    let of_visit = |one: &&Value| one["visit"] == json!(visit) && one["id"] != json!(returned);
    let newest = records["records"].as_array().into_iter().flatten().find(of_visit).context("the amendment")?;
    Ok(newest["id"].as_str().context("its id")?.to_owned())
}

/// Answers the first item anew: it does not apply, and why.
async fn answer_anew(window: &Window) -> Result<()> {
    let mut hand = Hand::on(window);
    hand.press_outcome(1, "not_applicable").await?;
    window.fill("reason", NOTE).await?;
    window.evaluate("document.activeElement?.blur()").await?;
    window.settle().await
}

/// How each record stands, by its id.
fn standing(story: &Story) -> Result<Value> {
    let rows = story.central().args(["review", "list"]).json()?;
    let rows = rows.as_array().context("a list")?.iter();
    Ok(rows.filter_map(|row| Some((row["record"].as_str()?.to_owned(), row["state"].clone()))).collect())
}
