//! The main job by hand from end to end: in the console's browser somebody new, the ledger and this quarter's round; in the
//! app's window an inspector enrolled by typing, labels before the camera, a room and a rack walked with a problem and photos,
//! sealed offline, synced; in the console again what it says of the records, and which step a changed byte breaks.
//!
//! It exists because nothing smaller can tell whether the window opens at all, whether the pages load under the content
//! security policy, and whether a press really reaches the disk. Rules are tested without a window, on the engine.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use xunjian_tests::{
    PASSPHRASE, Service, Story, StoryOptions,
    browser::Browser,
    damage::flip_in_envelope,
    sweep::{Needles, files_under, sweep},
    window::{Desk, Window, hand::Hand},
    workspace,
};

/// What is written into the app by hand.
const NOTE: &str = "第二块硬盘红灯常亮，已请厂家带盘到场";
const FINDING: &str = "第二块硬盘故障，红灯常亮";
const UNIT: &str = "云山云服务有限公司";
const GUEST: &str = "王䶮";

fn story(folder: &std::path::Path) -> Result<Story> {
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    Story::new(StoryOptions { folder: folder.join("site"), ledgers, is_told: false })
}

#[tokio::test]
async fn from_a_ledger_in_the_console_to_a_record_that_the_console_calls_verified_until_a_byte_changes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut story = story(folder.path())?;
    story.make_site()?;
    story.open_console_account()?;
    let service = story.serve()?;
    let address = service.url.clone();
    let morning = office(&story, &service)?;
    story.print_labels()?;
    let desk = Desk::set_up((1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;

    let code = morning["code"].as_str().context("the page shows a code")?;
    let planned = enrol(&story, &address, code, &window).await?;
    ensure!(Some(planned) == morning["visits"].as_u64(), "the tablet has the visits that the console's page promised");
    window.screenshot("story-today").await?;
    drop(service);

    let room = scan_into(&story, &window, "room-1").await?;
    walk_room(&window, &room).await?;
    let rack = scan_into(&story, &window, "rack-1-front").await?;
    walk_rack(&story, &window, &rack).await?;
    seal(&window, &[&room, &rack]).await?;

    // Offline the badge never turns green; what was sealed tries by itself, says so, and can be told to try now.
    window.go("/outbox").await?;
    window.find("sync-retry").await?;
    ensure!(badge(&window).await? == "waiting", "two records wait for the service");
    window.screenshot("story-offline").await?;

    let service = story.serve_at(&address)?;
    window.click("sync-retry").await?;
    window.until("document.querySelector('[data-testid=sync-badge]')?.dataset.state === 'clear'").await?;
    window.screenshot("story-synced").await?;
    ensure!(window.faults().await? == Vec::<String>::new(), "the page complained: {:?}", window.faults().await?);
    window.break_the_policy().await?;
    let faults = window.faults().await?;
    ensure!(
        faults.iter().any(|fault| fault.starts_with("policy: style-src")),
        "the policy is in force and the page would have told us of a violation, but it listed {faults:?}"
    );
    leave_a_mark(&window, &desk).await?;
    window.close().await?;
    nothing_beside_the_data_folder(&desk)?;
    desk.clear_up()?;

    let verified = story.central().arg_json("verify-all")?;
    ensure!(verified["records"] == 2 && verified["delivered"] == 2, "the service holds both with receipts: {verified}");
    ensure!(verified["damages"] == json!([]), "undamaged: {verified}");
    what_the_console_says(&story, &service)
}

/// A text that the page keeps in the web view's own storage: what shows that the search below looks where that storage is.
const MARK: &str = "这一句由网页自己存下";

/// The web view writes its storage down by and by: until the search finds the mark, which it must.
async fn leave_a_mark(window: &Window, desk: &Desk) -> Result<()> {
    window.evaluate(&format!("localStorage.setItem('mark', '{MARK}')")).await?;
    let needles = Needles::of_texts([MARK]);
    for _ in 0..120 {
        // A file may go while it is looked for: the app runs.
        if sweep(desk.home(), &needles).is_ok_and(|found| !found.is_empty()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bail!("the search finds nothing of what the page itself stores, in {:?}", files_under(desk.home())?)
}

/// Storage, caches and temporary files of the web view tell nothing of the round; whatever is secret lies in the encrypted
/// data folder (`at_rest.rs`).
fn nothing_beside_the_data_folder(desk: &Desk) -> Result<()> {
    let written = [NOTE, FINDING, UNIT, GUEST, "云山", PASSPHRASE];
    let found = sweep(desk.home(), &Needles::of_texts(written).and_photos())?;
    ensure!(found.is_empty(), "beside the data folder stands {found:?}");
    Ok(())
}

/// The office's morning in the console, by hand.
fn office(story: &Story, service: &Service) -> Result<Value> {
    let ledgers: Vec<String> = story.options().ledgers.iter().map(|file| file.display().to_string()).collect();
    let arguments: Vec<&str> = ledgers.iter().flat_map(|file| ["--ledger", file]).collect();
    let done = Browser::before(service)?.run("office", &arguments)?;
    ensure!(done["faults"] == json!([]), "the pages work without an error and within their policy: {done}");
    ensure!(done["version"] == 1, "the first import makes the first version: {done}");
    ensure!(done["problems"].as_u64() > Some(0), "the demo's ledger has rows to complain about: {done}");
    let people = story.central().args(["user", "list"]).json()?;
    ensure!(people.to_string().contains("李工"), "who was added by hand is there for the commands too: {people}");
    let code = done["code"].as_str().context("a code")?;
    let is_whole = done["invite"].as_str().is_some_and(|invite| invite.contains(code));
    ensure!(is_whole, "what is copied holds the code: {done}");
    Ok(done)
}

/// Each record is 已验证 in the console; a changed byte of one turns its page red and names the step.
fn what_the_console_says(story: &Story, service: &Service) -> Result<()> {
    let shown = story.field().arg_json("records")?;
    let ids: Vec<&str> =
        shown["records"].as_array().into_iter().flatten().filter_map(|record| record["id"].as_str()).collect();
    ensure!(ids.len() == 2, "the terminal lists its two records: {shown}");
    let check = |record: &str| Browser::before(service)?.run("check", &["--record", record]);
    for record in &ids {
        let said = check(record)?;
        ensure!(said["verdict"] == "verified" && said["receipt"] == 2, "{record} is as it was signed: {said}");
    }
    let database = story.central_folder().join("central.db");
    flip_in_envelope(&database, ids[0])?;
    let said = check(ids[0])?;
    let step = said["step"].as_str().unwrap_or_default();
    let is_named =
        said["steps"].as_array().into_iter().flatten().any(|one| one["step"] == step && one["verdict"] == "failed");
    ensure!(said["verdict"] == "failed" && is_named, "the page is red and names the step: {said}");
    ensure!(check(ids[1])?["verdict"] == "verified", "the other record is as good as before");
    flip_in_envelope(&database, ids[0])
}

async fn badge(window: &Window) -> Result<String> {
    let state = window.evaluate("return document.querySelector('[data-testid=sync-badge]').dataset.state").await?;
    Ok(state.as_str().context("the badge has a state")?.to_owned())
}

/// Holds a label before the camera and starts the visit it offers; its id.
async fn scan_into(story: &Story, window: &Window, label: &str) -> Result<String> {
    window.go("/today").await?;
    window.hold_before_camera(&story.photo_of(label, 11)?).await?;
    window.click("scan").await?;
    window.find("scan-camera").await?;
    window.until("document.querySelector('[data-testid^=start-]')").await?;
    window.screenshot(&format!("story-scan-{label}")).await?;
    let visit =
        window.evaluate("return document.querySelector('[data-testid^=start-]').dataset.testid.slice(6)").await?;
    let visit = visit.as_str().context("the scan offers a visit")?.to_owned();
    window.click(&format!("start-{visit}")).await?;
    window.find("visit-title").await?;
    Ok(visit)
}

/// Types the code that the console's page showed, and waits for the office's answer; how many visits then wait.
async fn enrol(story: &Story, service: &str, code: &str, window: &Window) -> Result<u64> {
    window.click("way-type").await?;
    window.fill("service-url", service).await?;
    window.fill("code", code).await?;
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
    window.until("document.querySelectorAll('[data-testid^=visit-]').length > 10").await?;
    let visits = window.evaluate("return document.querySelectorAll('[data-testid^=visit-]').length").await?;
    visits.as_u64().context("a number of visits")
}

/// Every line of the room, group by group, and the photos that some of them want.
async fn walk_room(window: &Window, room: &str) -> Result<()> {
    let mut hand = Hand::on(window);
    window.go(&format!("/visits/{room}/lines")).await?;
    hand.answer_all_normal().await?;
    window.screenshot("story-room").await?;
    photos_that_lack(window, room).await
}

/// Takes a photo for every line of the visit that the seal page says wants one.
async fn photos_that_lack(window: &Window, visit: &str) -> Result<()> {
    let mut said = String::new();
    for _ in 0..6 {
        window.go(&format!("/seal/{visit}")).await?;
        window.find(&format!("seal-visit-{visit}")).await?;
        window.settle().await?;
        let lack = window
            .evaluate("return document.querySelector('[data-testid^=lack-]')?.dataset.testid.slice(5) ?? null")
            .await?;
        let Some(line) = lack.as_str() else { return Ok(()) };
        said = window.text_of(&format!("lack-{line}")).await?;
        photograph(window, visit, line).await.with_context(|| format!("a photo of item {line}"))?;
    }
    bail!("a photo was no help: {said}")
}

async fn photograph(window: &Window, visit: &str, line: &str) -> Result<()> {
    window.go(&format!("/visits/{visit}/photo?line={line}")).await?;
    window.click("shutter").await?;
    window.find("still").await?;
    window.click("use-photo").await?;
    window.find("photo-saved").await?;
    Ok(())
}

/// The rack as healthy as it is, except for one asset with a red lamp.
async fn walk_rack(story: &Story, window: &Window, rack: &str) -> Result<()> {
    let mut hand = Hand::on(window);
    // Every label of the rack with a scanner that types.
    window.go(&format!("/visits/{rack}/scan")).await?;
    let labels = story.payloads_of_rack(1)?;
    window.scan_all(&labels, labels.len() - 2).await?;
    window.screenshot("story-rack-scanned").await?;
    window.go(&format!("/visits/{rack}/rack")).await?;
    hand.press("finish-rack").await?;
    window.find("rack-closed").await?;
    window.screenshot("story-rack").await?;

    // The first line about lamps is abnormal: words, photo, finding.
    window.go(&format!("/visits/{rack}/lines")).await?;
    let line = hand.first_line_of("A.1-01").await?;
    hand.press_outcome(line, "abnormal").await?;
    // Which lamp it is: the first check is bad, the other one is well.
    hand.pick(line, 0, 1).await?;
    hand.pick(line, 1, 0).await?;
    window.fill("note", NOTE).await?;
    // A finger that goes elsewhere leaves the field; an address does not.
    window.evaluate("document.activeElement?.blur()").await?;
    window.settle().await?;
    photograph(window, rack, &line.to_string()).await?;
    window.go(&format!("/visits/{rack}/findings?line={line}")).await?;
    hand.press("severity-major").await?;
    window.fill("description", FINDING).await?;
    window.fill("responsible-unit", UNIT).await?;
    hand.press("due-7").await?;
    window.screenshot("story-finding").await?;
    hand.press("save-finding").await?;
    window.find("saved").await?;

    window.go(&format!("/visits/{rack}/lines")).await?;
    window.find("items").await?;
    hand.press("bulk").await?;
    window.find("bulk-panel").await?;
    window.screenshot("story-bulk").await?;
    hand.press("bulk-close").await?;
    hand.answer_all_normal().await?;
    window.screenshot("story-rack-done").await?;
    photos_that_lack(window, rack).await
}

/// Both visits with one passphrase.
async fn seal(window: &Window, visits: &[&str]) -> Result<()> {
    window.go(&format!("/seal?visits={}", visits.join(","))).await?;
    for visit in visits {
        window.find(&format!("[data-testid='seal-visit-{visit}'][data-ready='true']")).await?;
    }
    window.click("present-add").await?;
    window.fill("present-name-0", GUEST).await?;
    window.fill("present-organisation-0", "云山市政务服务和数据管理局").await?;
    window.fill("seal-passphrase", "this is not the passphrase").await?;
    window.click("seal").await?;
    window.until("document.body.innerText.includes('口令不正确')").await?;
    window.screenshot("story-seal").await?;
    window.fill("seal-passphrase", PASSPHRASE).await?;
    window.click("seal").await?;
    if let Err(error) = window.find("seal-done").await {
        window.screenshot("story-not-sealed").await?;
        return Err(error);
    }
    window.screenshot("story-sealed").await
}
