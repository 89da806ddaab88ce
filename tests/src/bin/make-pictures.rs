//! `make pictures`: every screen of the app in its real window, and of the console in a real browser, in both themes and both
//! languages, into `docs/images/`. The site is the demo's, walked for real; nothing on a picture is drawn for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;
use xunjian_tests::{
    CONSOLE_PASSWORD, Drafts, PASSPHRASE, Story, StoryOptions,
    window::{Desk, Window},
    workspace,
};

const LOOKS: [(&str, &str); 4] = [("zh-CN", "light"), ("zh-CN", "dark"), ("en", "light"), ("en", "dark")];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let images = workspace().join("docs/images");
    fs::create_dir_all(&images)?;
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.path().join("site"), ledgers, is_told: true })?;
    let done = story.play()?;
    story.open_console_account()?;

    let fresh = folder.path().join("fresh");
    let desk = Desk::set_up((1280, 800), &fresh)?;
    let window = desk.open_app().await?;
    window.find("way-type").await?;
    photograph(&window, &images, &[("enrol", "/enrol")]).await?;
    window.close().await?;
    desk.clear_up()?;

    let drafts = story.prepare_drafts()?;
    let service = story.serve()?;
    story.field().args(["--service", &service.url]).arg_json("pull")?;
    let desk = Desk::set_up((1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    photograph(&window, &images, &[("unlock", "/unlock")]).await?;
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("location.hash.includes('/today')").await?;
    let label = story.photo_of("rack-7-front", 77)?;
    let Drafts { room, rack, line, photo, sealed: _, delivered: _ } = &drafts;
    // One with photos.
    let record = &done.records[0].id;
    let screens = [
        ("today", "/today".to_owned()),
        ("scan", "/scan".to_owned()),
        ("visit", format!("/visits/{rack}")),
        ("checklist-room", format!("/visits/{room}/lines/7")),
        ("checklist-rack", format!("/visits/{rack}/lines/{line}")),
        ("visit-scan", format!("/visits/{rack}/scan")),
        ("rack", format!("/visits/{rack}/rack")),
        ("camera", format!("/visits/{rack}/photo?line={line}")),
        ("annotate", format!("/visits/{rack}/photo/{photo}?line={line}")),
        ("finding", format!("/visits/{rack}/findings?line={line}")),
        ("seal", format!("/seal/{rack}")),
        ("outbox", "/outbox".to_owned()),
        ("records", "/records".to_owned()),
        ("record", format!("/records/{record}")),
        ("settings", "/settings".to_owned()),
    ];
    let screens: Vec<(&str, &str)> = screens.iter().map(|(name, address)| (*name, address.as_str())).collect();
    for (language, theme) in LOOKS {
        window.prefer(language, theme, 100).await?;
        window.hold_before_camera(&label).await?;
        for (name, address) in &screens {
            take(&window, &images, name, address, language, theme).await?;
        }
    }
    window.close().await?;
    desk.clear_up()?;

    let browser = Command::new(workspace().join("scripts/with-node.sh"))
        .args([
            "node",
            "ui/e2e/pictures.mjs",
            "--url",
            &service.url,
            "--name",
            "console",
            "--password",
            CONSOLE_PASSWORD,
        ])
        .args(["--record", record, "--out"])
        .arg(&images)
        .current_dir(workspace())
        .status()?;
    ensure!(browser.success(), "the console's pictures could not be taken");
    shrink(&images)
}

async fn photograph(window: &Window, images: &Path, screens: &[(&str, &str)]) -> anyhow::Result<()> {
    for (language, theme) in LOOKS {
        window.prefer(language, theme, 100).await?;
        for (name, address) in screens {
            take(window, images, name, address, language, theme).await?;
        }
    }
    Ok(())
}

async fn take(
    window: &Window,
    images: &Path,
    name: &str,
    address: &str,
    language: &str,
    theme: &str,
) -> anyhow::Result<()> {
    window.go(address).await?;
    window.until("document.querySelector('.q-page') && !document.querySelector('[aria-busy=true]')").await?;
    // Photos and camera frames come a moment after the page.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let file: PathBuf = images.join(format!("app-{name}-{}-{theme}.png", &language[..2]));
    fs::write(&file, window.picture().await?)?;
    println!("{}", file.file_name().unwrap_or_default().to_string_lossy());
    Ok(())
}

/// Rewrites the PNGs as lossless WebP: a third of the bytes, every pixel kept.
fn shrink(images: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(images)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "png") {
            image::open(&path)?.to_rgb8().save(path.with_extension("webp"))?;
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
