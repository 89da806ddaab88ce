//! `make bench`, the report's part: a report with 300 photos of 12 megapixels, set by `xunjian-report` and printed by Chromium from a
//! page of the same words, numbers and photos, in the same run; then a round with many more photos in volumes, and the most memory
//! of each.
//!
//! Ratios count; seconds depend on the machine. Needs a release build: `cargo build --release -p xunjian-report`.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use image::{RgbImage, codecs::jpeg::JpegEncoder, imageops};
use serde_json::{Value, json};
use xunjian_field::Sha256;
use xunjian_tests::{window::target_folder, workspace};

/// A report beside Chromium, and one in volumes.
#[derive(Parser)]
struct Arguments {
    /// Photos of the report that Chromium prints, too.
    #[arg(long, default_value_t = 300)]
    photos: usize,
    /// Photos of the round in volumes, each of 2 megapixels; 0 leaves it out. A whole round has 16,000.
    #[arg(long, default_value_t = 1_000)]
    round: usize,
    /// Runs of each, in turns; the median counts.
    #[arg(long, default_value_t = 3)]
    turns: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let report = target_folder()?.join("release/xunjian-report");
    let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].into_iter().find(|path| Path::new(path).exists());
    let chromium = chromium.context("Chromium is not installed: run `scripts/setup.sh bench`")?;
    let folder = tempfile::tempdir()?;

    let photos = Photos::taken(&folder.path().join("photos"), arguments.photos, (4_000, 3_000))?;
    let (job, page) = (photos.job(), folder.path().join("report.html"));
    fs::write(&page, photos.page())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.turns {
        ours.push(set(&report, &job, &folder.path().join("report.pdf"))?);
        let mut command = Command::new(chromium);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]);
        command.arg(format!("--print-to-pdf={}", folder.path().join("printed.pdf").display()));
        command.arg(format!("file://{}", page.display())).stderr(Stdio::null()).stdout(Stdio::null());
        theirs.push(watched(command.spawn()?)?);
        let printed = fs::metadata(folder.path().join("printed.pdf")).context("Chromium printed nothing")?;
        ensure!(printed.len() > 1_000_000, "Chromium printed {} bytes: not every photo is in them", printed.len());
    }
    let (ours, theirs) = (Run::median(ours), Run::median(theirs));
    println!(
        "report of {} photos of 12 megapixels: {:.2} × Chromium printing the same page ({:.1} to {:.1} s), {} MiB resident at most \
         (Chromium's first process alone: {} MiB)",
        arguments.photos,
        ours.time.as_secs_f64() / theirs.time.as_secs_f64(),
        ours.time.as_secs_f64(),
        theirs.time.as_secs_f64(),
        ours.most_kib / 1024,
        theirs.most_kib / 1024
    );

    if arguments.round > 0 {
        let mut lines = Vec::new();
        for count in [arguments.round.div_ceil(10), arguments.round] {
            let photos = Photos::taken(&folder.path().join(format!("round-{count}")), count, (1_632, 1_224))?;
            let run = set(&report, &photos.job(), &folder.path().join("round.pdf"))?;
            lines.push(format!("{count} photos in {:.1} s, {} MiB", run.time.as_secs_f64(), run.most_kib / 1024));
        }
        println!("a round in volumes of 100 photos of 2 megapixels: {}", lines.join("; "));
    }
    Ok(())
}

/// What a run took.
#[derive(Clone, Copy)]
struct Run {
    time: Duration,
    /// Most memory that was resident, KiB.
    most_kib: u64,
}

impl Run {
    fn median(mut runs: Vec<Self>) -> Self {
        runs.sort_by_key(|run| run.time);
        runs[runs.len() / 2]
    }
}

/// Waits for a program and looks every few milliseconds at the most memory it ever had.
fn watched(mut child: Child) -> anyhow::Result<Run> {
    let (began, status_file) = (Instant::now(), PathBuf::from(format!("/proc/{}/status", child.id())));
    let mut most_kib = 0;
    loop {
        let said = fs::read_to_string(&status_file).unwrap_or_default();
        let most =
            said.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|line| line.split_whitespace().next());
        most_kib = most.and_then(|kib| kib.parse().ok()).unwrap_or(0).max(most_kib);
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "it failed: {status}");
            return Ok(Run { time: began.elapsed(), most_kib });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn set(report: &Path, job: &Value, out: &Path) -> anyhow::Result<Run> {
    let mut child = Command::new(report)
        .args(["report", "--out"])
        .arg(out)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{}: run `cargo build --release -p xunjian-report`", report.display()))?;
    child.stdin.take().context("it reads its job")?.write_all(job.to_string().as_bytes())?;
    watched(child)
}

/// Photos on disk, each once.
struct Photos(Vec<(Sha256, PathBuf)>);

impl Photos {
    /// Pictures of a size: a camera's photo of the fixtures with another strip of noise on each, so that no two are alike.
    fn taken(folder: &Path, count: usize, (width, height): (u32, u32)) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let scene = image::open(workspace().join("crates/field/tests/fixtures/photos/Landscape_1.jpg"))?.to_rgb8();
        let scene = imageops::resize(&scene, width, height, imageops::FilterType::CatmullRom);
        // To encode takes longer than to print: a few are taken, and told apart by a comment behind their first two bytes.
        let scenes = (0..count.min(8) as u64).map(|seed| taken(&scene, seed)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut photos = Vec::new();
        for at in 0..count {
            let comment = format!("photo {at:06}");
            let length = u16::try_from(comment.len() + 2)?.to_be_bytes();
            let scene = &scenes[at % scenes.len()];
            let bytes = [&scene[..2], &[0xff, 0xfe], &length, comment.as_bytes(), &scene[2..]].concat();
            let path = folder.join(format!("{at:06}.jpg"));
            fs::write(&path, &bytes)?;
            photos.push((Sha256::of(&bytes), path));
        }
        Ok(Self(photos))
    }

    /// One finding a photo, as 巡检报告 has them.
    fn facts(at: usize) -> [(&'static str, String); 5] {
        [
            ("巡检", format!("云山市政务云机房（一区） · A{:02}", at % 40 + 1)),
            ("对象", format!("物理服务器 木棉 MM6120 G3 · {}U", at % 42 + 1)),
            ("巡检内容", "A.1-02 检查服务器是否有告警".to_owned()),
            ("问题", format!("风扇故障告警{}条，需更换风扇模块", at % 3 + 1)),
            ("责任单位", "云山云服务有限公司".to_owned()),
        ]
    }

    fn caption(at: usize) -> String {
        format!("照片 {}　2026-11-24 09:45:22", at + 1)
    }

    /// The read model.
    fn job(&self) -> Value {
        let sections = self.0.iter().enumerate().map(|(at, (sha256, _))| {
            let facts: Vec<Value> =
                Self::facts(at).iter().map(|(name, value)| json!({ "name": name, "value": { "text": value } })).collect();
            json!({
                "number": format!("A.{}", at + 1), "level": 2, "heading": Self::facts(at)[3].1, "starts_page": false,
                "blocks": [
                    { "type": "facts", "facts": facts },
                    { "type": "photos", "photos": [{ "sha256": sha256, "caption": Self::caption(at), "withheld": "" }] },
                ],
            })
        });
        let chapter = json!({
            "number": "附录 A", "level": 1, "heading": "问题详情与照片", "starts_page": true, "blocks": [],
        });
        let sections: Vec<Value> = std::iter::once(chapter).chain(sections).collect();
        let photos: Vec<Value> =
            self.0.iter().map(|(sha256, path)| json!({ "sha256": sha256, "path": path })).collect();
        json!({
            "ident": "bench", "created_at": 1_795_484_577_000_u64, "photos": photos,
            "document": {
                "title": "巡检报告", "subtitle": "2026年第四季度全面巡检", "site": "云山一号政务云机房", "issuer": "云山云服务有限公司",
                "day": "2026年11月24日", "number": "BENCH-1", "has_cover": true, "facts": [], "sections": sections,
            },
        })
    }

    /// The same as a page for a browser.
    fn page(&self) -> String {
        let mut page = String::from(
            "<!doctype html><html lang=zh><meta charset=utf-8><title>巡检报告</title><style>body{font-family:'Noto Serif CJK SC',serif;\
             font-size:10.5pt}table{border-collapse:collapse;width:100%}td{border:1px solid #789;padding:2pt 4pt}td:first-child{width:25%;\
             background:#eef}img{width:48%;display:block;margin:6pt 0}section{break-inside:avoid}</style><h1>巡检报告</h1>\
             <h2>2026年第四季度全面巡检</h2>",
        );
        for (at, (sha256, path)) in self.0.iter().enumerate() {
            let _ = write!(page, "<section><h3>A.{} {}</h3><table>", at + 1, Self::facts(at)[3].1);
            for (name, value) in Self::facts(at) {
                let _ = write!(page, "<tr><td>{name}<td>{value}");
            }
            let _ = write!(
                page,
                "</table><img src='file://{}'><p>{}<br>{sha256}</section>",
                path.display(),
                Self::caption(at)
            );
        }
        page
    }
}

fn taken(scene: &RgbImage, seed: u64) -> anyhow::Result<Vec<u8>> {
    let (mut picture, mut random) = (scene.clone(), fastrand::Rng::with_seed(seed));
    for pixel in picture.pixels_mut() {
        // What a sensor adds in dim light; without it a JPEG of this size would be far smaller than a camera's.
        let noise = random.i16(-6..=6);
        pixel.0 = pixel.0.map(|level| u8::try_from((i16::from(level) + noise).clamp(0, 255)).unwrap_or(255));
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(&picture)?;
    Ok(bytes)
}
