//! `make pictures`: every screen of the app in its real window, and of the console in a real browser, in both themes and both
//! languages, into `docs/images/`. The site is the demo's, walked for real; nothing on a picture is drawn for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use xunjian_tests::{
    CONSOLE_PASSWORD, PASSPHRASE, Story, StoryOptions,
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
    story.play()?;
    story.open_console_account()?;

    let fresh = folder.path().join("fresh");
    let desk = Desk::set_up((1280, 800), &fresh)?;
    let window = desk.open_app().await?;
    window.find("way-type").await?;
    photograph(&window, &images, &[("enrol", "/enrol")]).await?;
    window.close().await?;
    desk.clear_up()?;

    let visits = prepare_drafts(&story)?;
    let service = story.serve()?;
    story.field().args(["--service", &service.url]).arg_json("pull")?;
    let desk = Desk::set_up((1280, 800), &story.terminal_folder())?;
    let window = desk.open_app().await?;
    photograph(&window, &images, &[("unlock", "/unlock")]).await?;
    window.fill("passphrase", PASSPHRASE).await?;
    window.click("unlock").await?;
    window.until("location.hash.includes('/today')").await?;
    let label = story.photo_of("rack-7-front", 77)?;
    let (room, rack, record) = (&visits.room, &visits.rack, &visits.record);
    let screens = [
        ("today", "/today".to_owned()),
        ("scan", "/scan".to_owned()),
        ("visit", format!("/visits/{rack}")),
        ("checklist-room", format!("/visits/{room}/lines/7")),
        ("checklist-rack", format!("/visits/{rack}/lines/9")),
        ("visit-scan", format!("/visits/{rack}/scan")),
        ("rack", format!("/visits/{rack}/rack")),
        ("camera", format!("/visits/{rack}/photo?line=9")),
        ("annotate", format!("/visits/{rack}/photo/{}?line=9", visits.photo)),
        ("finding", format!("/visits/{rack}/findings?line=9")),
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

/// Drafts that show something: a room half answered, a rack with scans, a photo and a problem.
struct Drafts {
    room: String,
    rack: String,
    photo: String,
    record: String,
}

fn prepare_drafts(story: &Story) -> anyhow::Result<Drafts> {
    let today = story.field().arg_json("today")?;
    let visits = today["rounds"][0]["visits"].as_array().context("no visits")?;
    let open = |kind: &str| {
        let found = visits.iter().find(|visit| visit["kind"] == kind && visit["state"] == "not_started");
        found.and_then(|visit| visit["id"].as_str()).map(str::to_owned).with_context(|| format!("no open {kind}"))
    };
    let (room, rack) = (open("room")?, open("rack")?);
    for visit in [&room, &rack] {
        story.field().args(["visit", "start", visit]).json()?;
        let shown = story.field().args(["visit", "show", visit]).json()?;
        let title = shown["title"].as_str().unwrap_or_default();
        for code in codes_of(story, title)? {
            story.field().args(["visit", "scan", visit, &code, "--source", "typed"]).json()?;
        }
        let lines = shown["lines"].as_array().context("lines")?;
        let answers: Vec<Value> = lines.iter().take(lines.len() / 2).map(xunjian_tests::honest_answer).collect();
        let file = story.options().folder.join("half.json");
        fs::write(&file, serde_json::to_vec(&answers)?)?;
        story.field().args(["visit", "answer", visit, "--file"]).args([&file]).json()?;
    }
    let picture = story.photo_of("rack-7-front", 4242)?;
    let attached =
        story.field().args(["visit", "photo", &rack, "--line", "9", "--capture", "camera"]).args([&picture]).json()?;
    let photo = find_hash(&attached).context("attaching a photo names its hash")?;
    let unit = "云山云服务有限公司";
    story
        .field()
        .args(["visit", "finding", &rack, "--line", "9", "--severity", "major", "--due", "2030-01-31"])
        .args(["--description", "硬盘指示灯红色常亮", "--unit", unit])
        .json()?;
    let records = story.field().arg_json("records")?;
    let record = records["records"][0]["id"].as_str().context("a record was sealed")?.to_owned();
    Ok(Drafts { room, rack, photo, record })
}

/// The codes printed beside the labels of what the visit visits, and of the first assets in it.
fn codes_of(story: &Story, title: &str) -> anyhow::Result<Vec<String>> {
    let list: Value = serde_json::from_slice(&fs::read(story.labels_folder().join("labels.json"))?)?;
    let labels = list.as_array().into_iter().flatten();
    Ok(labels
        .filter(|label| {
            let (place, name) =
                (label["place"].as_str().unwrap_or_default(), label["title"].as_str().unwrap_or_default());
            name == title
                || name.strip_suffix(" 前门").is_some_and(|rack| title == format!("{place} · {rack}"))
                || place == title
        })
        .filter_map(|label| label["code"].as_str().map(str::to_owned))
        .take(6)
        .collect())
}

fn find_hash(json: &Value) -> Option<String> {
    match json {
        Value::Object(fields) => match fields.get("sha256").and_then(Value::as_str) {
            Some(hash) => Some(hash.to_owned()),
            None => fields.values().find_map(find_hash),
        },
        Value::Array(items) => items.iter().find_map(find_hash),
        _ => None,
    }
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
