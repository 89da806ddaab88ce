//! Synchronisation by itself when the network changes under it: over a modem (`wwan0`) what the people allow, over a cable the rest.
//! Two network namespaces of their own, joined by a pair of cards; the service is in the other one. Nothing of the machine's own
//! network is touched, and all of it goes with the process.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use xunjian_field::{
    Field, Language, MobileUse, SyncBell, SyncNews, SyncPolicy, SyncReport, SyncStop, SyncTurns,
    keys::Passphrase,
    network::{Network, route_to},
};
use xunjian_tests::{PASSPHRASE, Service, Story, StoryOptions, workspace};

/// Where the terminal and the service are on the line.
const TERMINAL: &str = "10.78.0.1/24";
const OFFICE: &str = "10.78.0.2/24";
const URL: &str = "http://10.78.0.2:8731";

/// Which part a process plays: the office, or the tablet of the site in this folder.
const PART: &str = "XUNJIAN_MOBILE_PART";
const OFFICE_PROCESS: &str = "XUNJIAN_MOBILE_OFFICE";
const FINGERPRINT: &str = "XUNJIAN_MOBILE_FINGERPRINT";
const NAME: &str = "photos_wait_for_another_network_than_the_modem_and_then_go_up_by_themselves";

/// As the window's shell keeps it: one run at a time.
#[derive(Default)]
struct Turns(Mutex<bool>);

struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl SyncTurns for Turns {
    type Turn<'a> = Turn<'a>;

    fn begin(&self, _: SyncStop) -> Option<Turn<'_>> {
        let mut is_running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!std::mem::replace(&mut *is_running, true)).then_some(Turn(self))
    }
}

type Heard = Arc<Mutex<Vec<SyncNews>>>;

/// Waits until something was heard, at most a minute; what was heard before is forgotten then.
async fn until<T>(heard: &Heard, what: &str, is_it: impl Fn(&SyncNews) -> Option<T>) -> Result<T> {
    for _ in 0..600 {
        if let Some(found) = take(heard, &is_it) {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("never heard that {what}: {:?}", heard.lock().unwrap_or_else(PoisonError::into_inner))
}

fn take<T>(heard: &Heard, is_it: impl Fn(&SyncNews) -> Option<T>) -> Option<T> {
    let mut news = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let found = news.iter().find_map(is_it)?;
    news.clear();
    Some(found)
}

fn ended(news: &SyncNews) -> Option<SyncReport> {
    match news {
        SyncNews::Ended { report } => Some(report.clone()),
        _ => None,
    }
}

fn held_back(news: &SyncNews) -> Option<Option<Network>> {
    match news {
        SyncNews::HeldBack { network } => Some(*network),
        _ => None,
    }
}

fn run(command: &mut Command) -> Result<()> {
    let said = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
    Ok(())
}

fn ip(arguments: &[&str]) -> Result<()> {
    run(Command::new("ip").args(arguments))
}

/// The network of the office: that of the process which started this one.
struct Office {
    process: String,
}

impl Office {
    fn ip(&self, arguments: &[&str]) -> Result<()> {
        run(Command::new("nsenter").args(["--net", "--target", &self.process, "ip"]).args(arguments))
    }

    /// Plugs a card of the terminal's into the office: the only way between the two.
    fn joins(&self, card: &str) -> Result<()> {
        ip(&["link", "add", card, "type", "veth", "peer", "name", "office0"])?;
        ip(&["link", "set", "office0", "netns", &self.process])?;
        ip(&["address", "add", TERMINAL, "dev", card])?;
        self.ip(&["address", "add", OFFICE, "dev", "office0"])?;
        self.ip(&["link", "set", "office0", "up"])?;
        ip(&["link", "set", card, "up"])
    }
}

/// The card is pulled out; its other end goes with it.
fn unplug(card: &str) -> Result<()> {
    ip(&["link", "delete", card])
}

/// This test again, in a network of its own. Cards are looked up in a /sys that shows that network.
fn again(more: &[&str], part: &str) -> Command {
    let script = "mount -t sysfs sysfs /sys && ip link set lo up && exec \"$@\"";
    let own = std::env::current_exe().unwrap_or_default();
    let mut command = Command::new("unshare");
    command.args(more).args(["--net", "--mount", "sh", "-c", script, "sh"]).arg(own);
    command.args(["--exact", NAME, "--nocapture"]).env(PART, part);
    command
}

#[test]
fn photos_wait_for_another_network_than_the_modem_and_then_go_up_by_themselves() -> Result<()> {
    match std::env::var(PART).as_deref() {
        Ok("office") => return at_the_office(),
        Ok(folder) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            return runtime.block_on(on_the_tablet(Path::new(folder)));
        }
        Err(_) => {}
    }
    let probe = "mount -t sysfs sysfs /sys && ip link add wwan0 type veth peer name office0 && nsenter --version";
    let mut permitted = Command::new("unshare");
    permitted.args(["--map-root-user", "--net", "--mount", "sh", "-c", probe]);
    if run(&mut permitted).is_err() {
        ensure!(std::env::var_os("XUNJIAN_SOAK").is_none(), "network namespaces and veth cards are not permitted here");
        eprintln!("NOT RUN: network namespaces with cards of their own are not permitted here");
        return Ok(());
    }
    told(again(&["--map-root-user"], "office"))
}

/// Runs a part to its end and passes on what it said.
fn told(mut part: Command) -> Result<()> {
    let output = part.output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{out}{err}");
    print!("{out}");
    Ok(())
}

/// The service, on every card of its network; then the tablet, in another one.
fn at_the_office() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let ledgers = vec![workspace().join("demo/ledger.xlsx")];
    let mut story = Story::new(StoryOptions { folder: folder.path().join("site"), ledgers, is_told: false })?;
    story.open_office()?;
    let service = Service::start_at(story.programs(), &story.central_folder(), "0.0.0.0:8731", &[])?;
    let mut tablet = again(&[], &story.options().folder.display().to_string());
    tablet.env(OFFICE_PROCESS, std::process::id().to_string()).env(FINGERPRINT, story.fingerprint());
    told(tablet)?;
    drop(service);
    let verified = story.central().arg_json("verify-all")?;
    ensure!(verified["delivered"] == 2 && verified["damages"] == serde_json::json!([]), "{verified}");
    Ok(())
}

fn enrols(story: &Story) -> Result<()> {
    let code = story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json()?;
    let code = code["code"].as_str().context("a code")?.to_owned();
    let fingerprint = std::env::var(FINGERPRINT)?;
    let enrol = ["--service", URL, "enrol", "--code", &code, "--name", "平板A", "--root-fingerprint", &fingerprint];
    story.field().args(enrol).json()?;
    story.central().args(["key", "approve", "--root"]).args([story.root_folder()]).json()?;
    story.field().arg_json("pull").map(drop)
}

async fn on_the_tablet(site: &Path) -> Result<()> {
    let story = Story::resume(StoryOptions { folder: site.to_owned(), ledgers: Vec::new(), is_told: false })?;
    let office = Office { process: std::env::var(OFFICE_PROCESS)? };
    office.joins("eth0")?;
    ensure!(route_to(URL).map(|route| route.network) == Some(Network::Wired), "{:?}", route_to(URL));
    enrols(&story)?;
    story.seal_without_sending(2)?;
    unplug("eth0")?;

    let field = Field::open(&story.terminal_folder())?;
    let person = field.at_the_door(None)?;
    field.unlock(person.as_str(), &Passphrase::new(PASSPHRASE)?)?;
    let policy = |mobile| SyncPolicy { is_automatic: true, mobile, upload_limit: None };
    field.set_sync_policy(&policy(MobileUse::Nothing))?;
    let (bell, turns, heard) = (SyncBell::default(), Turns::default(), Heard::default());
    let tell = {
        let heard = Arc::clone(&heard);
        move |news| heard.lock().unwrap_or_else(PoisonError::into_inner).push(news)
    };
    let of_the_shell = field.keep_synchronised(&bell, &turns, tell, Language::Zh);
    let hand = async {
        let network = until(&heard, "there is no network", held_back).await?;
        ensure!(network.is_none(), "{network:?}");

        // A modem, and people who want nothing sent over it.
        office.joins("wwan0")?;
        ensure!(route_to(URL).map(|route| route.network) == Some(Network::Mobile), "{:?}", route_to(URL));
        let network = until(&heard, "the modem is held back", held_back).await?;
        ensure!(network == Some(Network::Mobile), "{network:?}");
        let status = field.status()?;
        ensure!(status.records.delivered == 0 && status.records.sealed == 2, "nothing went over the modem: {status:?}");
        let photos = status.blobs_left;
        ensure!(photos > 0, "there are photos to hold back");

        // They allow records: those go at once, the photos stay.
        field.set_sync_policy(&policy(MobileUse::RecordsOnly))?;
        bell.ring();
        let report = until(&heard, "the records went", ended).await?;
        ensure!((report.submitted, report.blobs_sent) == (2, 0) && report.still_pending > 0, "{report:?}");
        ensure!(report.photos_held_back == photos, "{report:?}");
        ensure!(field.status()?.blobs_left == photos, "no photo went over the modem");

        // Back at the office somebody plugs in a cable: the photos go without a hand.
        unplug("wwan0")?;
        office.joins("eth0")?;
        let all = |news: &SyncNews| ended(news).filter(|report| report.still_pending == 0);
        let report = until(&heard, "everything is delivered", all).await?;
        ensure!(report.photos_held_back == 0 && report.blobs_sent == photos, "{report:?}");
        ensure!(field.status()?.blobs_left == 0);
        println!("{photos} photos held back over the modem, sent over the cable");
        field.lock();
        anyhow::Ok(())
    };
    tokio::pin!(hand);
    tokio::select! {
        () = of_the_shell => anyhow::bail!("the loop ended before the terminal was locked: {:?}", hand.await),
        done = &mut hand => done,
    }
}
