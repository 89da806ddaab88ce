//! One real inspection from a ledger to verified receipts, on real processes: what the demo plays and the tests assert.

mod desk;
mod drafts;
mod reviewer;
mod walk;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

pub use self::drafts::Drafts;
use crate::{
    programs::{Program, Programs, Service},
    workspace,
};

/// The passphrase of the demo's people. Printed by the demo: it protects nothing but demo data.
pub const PASSPHRASE: &str = "demo passphrase 巡检";

/// The password of the demo's console account. Printed by the demo: it protects nothing but demo data.
pub const CONSOLE_PASSWORD: &str = "demo console 巡检控制台";

/// What a story is played on.
#[derive(Debug, Clone)]
pub struct StoryOptions {
    /// Folder for everything it makes; must be empty or new.
    pub folder: PathBuf,
    /// Ledger, rack, virtual machine and order files.
    pub ledgers: Vec<PathBuf>,
    /// Whether each step is told on standard output.
    pub is_told: bool,
}

/// How the lines of one criterion came out.
#[derive(Debug, Clone, Default)]
pub struct LineTally {
    /// Printed text.
    pub text: String,
    /// Types of its inputs.
    pub inputs: Vec<String>,
    /// Outcomes, each with how often.
    pub outcomes: BTreeMap<String, usize>,
}

/// One sealed record.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Its id.
    pub id: String,
    /// Kind of the visit.
    pub kind: String,
    /// As the plan titles it.
    pub title: String,
    /// Where it was exported to.
    pub export: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// What the ledger import printed.
    pub import: Value,
    /// What opening the round printed.
    pub round: Value,
    /// Labels printed, and how many of their pictures were read back right.
    pub labels: (usize, usize),
    /// By criterion.
    pub lines: BTreeMap<String, LineTally>,
    /// In the order sealed.
    pub records: Vec<Sealed>,
    /// What the sync printed that delivered them.
    pub sync: Value,
    /// What the public tools said of the first record.
    pub public_tools: String,
    /// What `xunjian verify-all` printed.
    pub verified: Value,
}

/// A story under way.
pub struct Story {
    pub(crate) programs: Programs,
    pub(crate) options: StoryOptions,
    pub(crate) fingerprint: String,
    started: Instant,
}

impl Story {
    /// Prepares a story; nothing has happened yet.
    ///
    /// # Errors
    /// When the programs are not built or the folder holds something.
    pub fn new(options: StoryOptions) -> anyhow::Result<Self> {
        fs::create_dir_all(&options.folder)?;
        let is_empty = fs::read_dir(&options.folder)?.next().is_none();
        ensure!(is_empty, "{} is not empty", options.folder.display());
        Ok(Self { programs: Programs::find()?, options, fingerprint: String::new(), started: Instant::now() })
    }

    /// Plays it from the first step to the last.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn play(&mut self) -> anyhow::Result<Inspection> {
        let mut done = Inspection::default();
        self.set_up(&mut done)?;
        let service = self.serve()?;
        self.enrol(&service)?;
        drop(service);
        self.tell("停服务：以下全部离线进行", "the service is stopped: everything from here on is offline");
        self.walk_all(&mut done)?;
        self.sync_in_vain()?;
        let service = self.serve()?;
        self.deliver(&service, &mut done)?;
        self.check(&mut done)?;
        drop(service);
        Ok(done)
    }

    /// A story that was told before in this folder.
    ///
    /// # Errors
    /// When the programs are not built or there is no site.
    pub fn resume(options: StoryOptions) -> anyhow::Result<Self> {
        let this = Self { programs: Programs::find()?, options, fingerprint: String::new(), started: Instant::now() };
        let root = this.central_folder().join("site-root.json");
        ensure!(root.is_file(), "there is no site in {}", this.central_folder().display());
        Ok(this)
    }

    /// The programs it runs.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Site, people, ledger, labels and round, and nothing more: what a person goes on with by hand.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn open_office(&mut self) -> anyhow::Result<()> {
        self.set_up(&mut Inspection::default())
    }

    /// Site, people, ledger with its orders, and round, without labels: for halls too large to print.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn open_hall(&mut self, orders: &Path) -> anyhow::Result<()> {
        self.make_site()?;
        self.import(&[orders.to_owned()])?;
        self.open_round().map(drop)
    }

    /// Everything up to the moment the inspector sets out: site, ledger, labels, round, an enrolled terminal with its work.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn prepare(&mut self) -> anyhow::Result<()> {
        self.set_up(&mut Inspection::default())?;
        let service = self.serve()?;
        self.enrol(&service)
    }

    /// A photo of one of the printed labels.
    ///
    /// # Errors
    /// When the label was not printed.
    pub fn photo_of(&self, label: &str, seed: u64) -> anyhow::Result<PathBuf> {
        self.photo(&self.labels_folder().join(format!("{label}.png")), seed)
    }

    /// `xunjian` on this story's site.
    #[must_use]
    pub fn central(&self) -> Program {
        self.programs.program("xunjian").args(["--data".as_ref(), self.central_folder().as_os_str()])
    }

    /// `xunjian-field` on this story's terminal.
    #[must_use]
    pub fn field(&self) -> Program {
        self.field_at(&self.terminal_folder())
    }

    /// `xunjian-field` on a terminal that lives elsewhere.
    #[must_use]
    pub fn field_at(&self, data: &Path) -> Program {
        // A folder for temporary files of its own, so that a test can look into it.
        let temporary = self.options.folder.join("tmp");
        let _ = fs::create_dir_all(&temporary);
        self.programs
            .program("xunjian-field")
            .env("TMPDIR", temporary)
            .args(["--data".as_ref(), data.as_os_str()])
            .env("XUNJIAN_PASSPHRASE", PASSPHRASE)
    }

    /// Starts the service.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn serve(&self) -> anyhow::Result<Service> {
        let service = Service::start(&self.programs, &self.central_folder(), &[])?;
        self.tell(&format!("服务已启动 {}", service.url), "the service is up");
        Ok(service)
    }

    /// Starts the service again where it was: terminals know it by its address.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn serve_at(&self, url: &str) -> anyhow::Result<Service> {
        let listen = url.trim_start_matches("http://");
        Service::start_at(&self.programs, &self.central_folder(), listen, &[])
    }

    /// What stands in the codes of the labels in and on a printed rack, counted from 1: its own front and rear, its assets.
    ///
    /// # Errors
    /// When no labels were printed.
    pub fn payloads_of_rack(&self, rack: u32) -> anyhow::Result<Vec<String>> {
        let list: Value = serde_json::from_slice(&fs::read(self.labels_folder().join("labels.json"))?)?;
        let (own, assets) = (format!("rack-{rack}-"), format!("asset-{rack}-"));
        let is_of = |file: &str| file.starts_with(&own) || file.starts_with(&assets);
        let labels = list.as_array().into_iter().flatten();
        let found: Vec<String> = labels
            .filter(|label| label["file"].as_str().is_some_and(is_of))
            .filter_map(|label| label["payload"].as_str().map(str::to_owned))
            .collect();
        ensure!(!found.is_empty(), "no labels were printed for rack {rack}");
        Ok(found)
    }

    /// What it is played on.
    #[must_use]
    pub fn options(&self) -> &StoryOptions {
        &self.options
    }

    /// Gives the administrator an account of the console: name `console`, password [`CONSOLE_PASSWORD`].
    ///
    /// # Errors
    /// What `xunjian account add` said.
    pub fn open_console_account(&self) -> anyhow::Result<()> {
        let add = self.central().args(["account", "add", "--person", "陈㛃", "--name", "console"]);
        add.env("XUNJIAN_PASSWORD", CONSOLE_PASSWORD).json().map(drop)
    }

    /// Where the site lives.
    #[must_use]
    pub fn central_folder(&self) -> PathBuf {
        self.options.folder.join("central")
    }

    /// Where the terminal lives.
    #[must_use]
    pub fn terminal_folder(&self) -> PathBuf {
        self.options.folder.join("terminal")
    }

    /// Where the root's keys lie: with 管理方, not with the service.
    #[must_use]
    pub fn root_folder(&self) -> PathBuf {
        self.options.folder.join("root-of-管理方")
    }

    /// The fingerprint that stands on paper.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Tells a step.
    pub fn tell(&self, zh: &str, en: &str) {
        if self.options.is_told {
            println!("{:6.1} s  {zh} · {en}", self.started.elapsed().as_secs_f64());
        }
    }

    /// A real photo, to stand behind labels and problems.
    pub(crate) fn background(&self) -> PathBuf {
        workspace().join("crates/field/tests/fixtures/photos/Landscape_1.jpg")
    }

    /// Writes a photo: a real picture with this label in it; every seed gives another one.
    pub(crate) fn photo(&self, label: &Path, seed: u64) -> anyhow::Result<PathBuf> {
        #[expect(clippy::cast_precision_loss, reason = "a small angle")]
        let shot = xunjian_testkit::photograph::Shot {
            seed: seed * 2 + 1,
            width: 1600,
            label_percent: 46,
            turned_degrees: (seed % 31) as f32 - 15.0,
            tilted_percent: 12,
        };
        let bytes = xunjian_testkit::photograph::take(label, &self.background(), shot).context("taking the photo")?;
        let folder = self.options.folder.join("camera");
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("IMG_{seed:04}.jpg"));
        fs::write(&file, bytes)?;
        Ok(file)
    }
}

/// Prints what came of it as a table: every printed line with its inputs, counts, and where everything lies.
pub fn print_table(story: &Story, done: &Inspection) {
    println!("\n{:<8} {:<46} 结果 outcomes", "行 line", "输入 inputs");
    for (key, tally) in &done.lines {
        let outcomes: Vec<String> =
            tally.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
        println!("{key:<8} {:<46} {}   {}", tally.inputs.join(" + "), outcomes.join(", "), tally.text);
    }
    let answered: usize = done.lines.values().flat_map(|tally| tally.outcomes.values()).sum();
    println!("\n巡检内容 printed lines answered: {}/30，作答 answers: {answered}", done.lines.len());
    println!("记录 records: {}，回执 receipts: {}", done.records.len(), done.sync["delivered"]);
    for record in &done.records {
        println!("  {:<8} {}  {}", record.kind, &record.id[..12], record.title);
        println!("           {}", record.export.display());
    }
    println!("  record.json 记录 · envelope.json 信封 · delivered.json 送达声明 · receipt.tlog-proof 回执");
    println!("\n公共工具核验 openssl, sha256sum, jq, base64 (docs/EVIDENCE.md):");
    done.public_tools.lines().for_each(|line| println!("  ✓ {line}"));
    println!("\n站点根指纹 site root: {}", story.fingerprint());
}
