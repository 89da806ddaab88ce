//! The same in the app's window: an inspector with a stick and no network, in gloves.

use anyhow::{Result, ensure};
use serde_json::json;
use xunjian_tests::{
    PASSPHRASE,
    window::{Desk, Window},
};

use crate::programs::Scene;

/// Everything to press is large enough, nothing of the page broke, and it can be read aloud.
async fn is_fit(window: &Window, when: &str) -> Result<()> {
    window.settle().await?;
    for found in [window.small_targets().await?, window.layout_faults().await?, window.accessibility().await?] {
        ensure!(found.is_empty(), "{when}: {found:?}");
    }
    Ok(())
}

#[tokio::test]
async fn records_go_out_and_receipts_come_back_on_a_stick_by_the_buttons_of_the_outbox() -> Result<()> {
    let scene = Scene::new();
    let terminal = scene.enrols();
    let records = scene.story.seal_without_sending(2)?;
    let stick = scene.path("巡检U盘");
    std::fs::create_dir(&stick)?;

    let desk = Desk::set_up((1280, 800), &scene.story.terminal_folder())?;
    let window = desk.open_app().await?;
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("!location.hash.includes('/unlock')").await?;
    window.go("/outbox").await?;
    window.click("relay-open").await?;
    window.find("carrier-again").await?;
    window.fill("carrier-folder", &stick.display().to_string()).await?;

    // Nothing came yet, and the sentence says what to do.
    window.click("relay-import").await?;
    window.until("document.body.innerText.includes('没有找到服务端的应答')").await?;
    window.click("relay-export").await?;
    window.find("relay-exported").await?;
    let said = window.text_of("relay-exported").await?;
    ensure!(said.contains("记录 2 份") && said.contains("也不算送达"), "{said}");
    let badge = "return document.querySelector('[data-testid=sync-badge]').dataset.state";
    ensure!(window.evaluate(badge).await? != "clear", "a file is not an answer");
    window.evaluate("document.querySelector('[data-testid=relay]').scrollIntoView()").await?;
    is_fit(&window, "after the export").await?;
    window.screenshot("relay-exported").await?;

    let received = scene.central(&["import"], &[&stick]).json()?;
    ensure!(received["files"][0]["received"]["photos_wanted"] == 0, "{received}");
    scene.central(&["export", "--terminal", &terminal, "--folder"], &[&stick]).json()?;
    window.click("relay-import").await?;
    window.until("document.querySelector('[data-testid=relay-taken]')?.dataset.clean === 'true'").await?;
    let said = window.text_of("relay-taken").await?;
    ensure!(said.contains("2 条记录取得回执"), "{said}");
    window.until("document.querySelector('[data-testid=sync-badge]')?.dataset.state === 'clear'").await?;
    window.evaluate("document.querySelector('[data-testid=relay]').scrollIntoView()").await?;
    is_fit(&window, "after the import").await?;
    window.screenshot("relay-taken").await?;

    // What the stick proves to a supervisor who has nothing but the verifier.
    window.go(&format!("/records/{}", records[1])).await?;
    window.click("pack-open").await?;
    window.fill("carrier-folder", &stick.display().to_string()).await?;
    window.click("pack-write").await?;
    window.find("pack-written").await?;
    is_fit(&window, "after the pack").await?;
    window.screenshot("pack-written").await?;
    window.close().await?;
    desk.clear_up()?;
    let pack = stick.join(format!("xunjian-pack-{}.zip", &records[1][..12]));
    let verify = scene.story.programs().program("xunjian-verify").args([&pack]);
    let checked = verify.args(["--root", scene.story.fingerprint()]).json()?;
    ensure!(checked["result"] == "ok", "{checked}");

    let verified = scene.story.central().arg_json("verify-all")?;
    ensure!(verified["delivered"] == 2 && verified["damages"] == json!([]), "{verified}");
    Ok(())
}
