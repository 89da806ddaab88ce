//! What a run of ours begins with: a site, and an enrolled terminal full of sealed records with their photos. Made once by
//! the product's own programs and the engine's own API, kept, and copied for each run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use xunjian_testkit::full_racks::Hall;

use crate::{
    measured::World,
    programs::{Programs, clean, json, mortal, text},
    side::Running,
};

/// How much a terminal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Sealed records.
    pub records: u32,
    /// Photos, spread evenly over them.
    pub photos: u32,
}

/// A site and a terminal, ready to be copied.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// How much it holds.
    pub load: Load,
    /// Bytes of the records themselves, without envelopes.
    pub record_bytes: u64,
    /// Bytes of the photos as taken.
    pub photo_bytes: u64,
    folder: PathBuf,
}

impl Prepared {
    /// What has to get across: records and photos.
    pub fn payload(&self) -> u64 {
        self.record_bytes + self.photo_bytes
    }

    /// The photos as files, for the peers; empty unless they were asked for.
    pub fn photos(&self) -> PathBuf {
        self.folder.join("photos")
    }

    /// A copy of site and terminal in `to`, which is emptied first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn copy_to(&self, to: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
        let [site, terminal] = ["site", "terminal"].map(|name| to.join(name));
        for (from, to) in [("site", &site), ("terminal", &terminal)] {
            text(Command::new("cp").args(["--archive", "--reflink=auto"]).arg(self.folder.join(from)).arg(to))?;
        }
        Ok((site, terminal))
    }
}

/// Makes it, unless an earlier run did.
///
/// # Errors
/// What the step that failed said.
pub fn prepare(world: &World, programs: &Programs, load: Load, keep_photos: bool) -> anyhow::Result<Prepared> {
    let folder = world.folder.join("prepared").join(format!("{}x{}", load.records, load.photos));
    let done = folder.join("prepared.json");
    if !done.is_file() || (keep_photos && !folder.join("photos").is_dir()) {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let begun = Instant::now();
        let totals = make(world, programs, load, keep_photos, &folder)
            .with_context(|| format!("preparing {} records with {} photos", load.records, load.photos))?;
        fs::write(&done, serde_json::to_vec_pretty(&totals)?)?;
        println!("prepared {} records, {} photos in {:.0} s", load.records, load.photos, begun.elapsed().as_secs_f64());
    }
    let totals: Value = serde_json::from_slice(&fs::read(&done)?)?;
    let bytes = |name: &str| totals[name].as_u64().with_context(|| format!("{name} in {}", done.display()));
    Ok(Prepared { load, record_bytes: bytes("record_bytes")?, photo_bytes: bytes("photo_bytes")?, folder })
}

fn make(world: &World, programs: &Programs, load: Load, keep_photos: bool, folder: &Path) -> anyhow::Result<Value> {
    let [site, root, terminal] = ["site", "root", "terminal"].map(|name| folder.join(name));
    let files = Hall { racks: load.records, assets_per_rack: 1, racks_with_storage: 0 }.files();
    let (ledger, orders) = (folder.join("ledger.csv"), folder.join("orders.csv"));
    fs::write(&ledger, files.ledger)?;
    fs::write(&orders, files.orders)?;

    let central = || programs.central(&site);
    let parties = ["provider=云山云服务有限公司", "manager=云山市政务服务和数据管理局"];
    let made = json(
        central()
            .args(["init", "--id", "ys-bench", "--name", "云山一号政务云机房", "--host", "xunjian.example"])
            .args(["--service-desk", "020-12345", "--party", parties[0], "--party", parties[1], "--root"])
            .arg(&root),
    )?;
    json(central().args(["user", "add", "--name", "李巡检", "--party", "provider", "--role", "inspector"]))?;
    json(central().args(["ledger", "import"]).arg(&ledger).arg(&orders))?;
    let today = json(central().args(["round", "open", "--quarter", &this_quarter()]))?;
    ensure!(today["lines_due"].as_u64() > Some(0), "the round asks nothing: {today}");

    let service = Service::start(world, programs, &site, "127.0.0.1:0")?;
    let code = json(central().args(["terminal", "enrol-code", "--person", "李巡检"]))?;
    let enrol = ["enrol", "--code", code["code"].as_str().context("a code")?, "--name", "平板"];
    let fingerprint = made["root_fingerprint"].as_str().context("a fingerprint")?.to_owned();
    let mut enrolling = programs.field(&terminal);
    enrolling.args(["--service", &service.url]).args(enrol).args(["--root-fingerprint", &fingerprint]);
    on_service_side(world, enrolling)?;
    json(central().args(["key", "approve", "--root"]).arg(&root))?;
    let mut pulling = programs.field(&terminal);
    pulling.arg("pull");
    on_service_side(world, pulling)?;
    drop(service);

    let mut filling = clean(mortal(beside("fill-terminal")?));
    filling.arg("--data").arg(&terminal);
    filling.args(["--records", &load.records.to_string(), "--photos", &load.photos.to_string()]);
    if keep_photos {
        filling.arg("--keep-photos").arg(folder.join("photos"));
    }
    Ok(serde_json::from_str(&text(&mut filling)?)?)
}

/// Runs a command where the service is on its loopback.
fn on_service_side(world: &World, mut command: Command) -> anyhow::Result<Value> {
    world.service.run(move || json(&mut command))?
}

/// Another program built together with this one.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "{} is not built", path.display());
    Ok(path)
}

/// `2026Q4`, as `date` has it in China.
fn this_quarter() -> String {
    let day = text(Command::new("date").env("TZ", "Asia/Shanghai").arg("+%Y %m")).unwrap_or_default();
    let (year, month) = day.split_once(' ').unwrap_or(("2026", "1"));
    format!("{year}Q{}", month.trim_start_matches('0').parse::<u32>().map_or(1, |month| (month - 1) / 3 + 1))
}

/// A running `xunjian serve`.
pub struct Service {
    _running: Running,
    /// Where it listens.
    pub url: String,
}

impl Service {
    /// Starts it on the service's side and waits until it listens.
    ///
    /// # Errors
    /// When it ends or does not listen within thirty seconds.
    pub fn start(world: &World, programs: &Programs, site: &Path, listen: &str) -> anyhow::Result<Self> {
        let address = site.join("address.txt");
        if address.exists() {
            fs::remove_file(&address)?;
        }
        let log = fs::File::options().create(true).append(true).open(site.join("service.log"))?;
        let mut command = programs.central(site);
        command.args(["serve", "--listen", listen, "--address-file"]).arg(&address);
        command.stdout(std::process::Stdio::null()).stderr(log);
        let mut running = world.service.spawn(command)?;
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Ok(url) = fs::read_to_string(&address) {
                return Ok(Self { _running: running, url });
            }
            running.check()?;
            ensure!(Instant::now() < deadline, "xunjian serve does not listen; see {}", site.display());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
