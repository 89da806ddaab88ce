//! kill -9 of the service at random moments while tablets send: 50 times during intake and 25 times while the sequencer works
//! (`make soak`), a few of each otherwise. Real processes; the named effects are the matter of `kill.rs`.
//!
//! What must hold afterwards: what was acknowledged is there, once; every state of the log that a tablet saw is a prefix of
//! every later one; the log is dense; receipts given before the kill verify; `fsck` finds no damage.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "kills/tablet.rs"]
mod tablet;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use xunjian_tests::{Service, Story, StoryOptions, workspace};

use self::tablet::Tablet;

/// Tablets that send at the same time.
const TABLETS: usize = 4;

/// What the service is killed in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Records and photos are on their way in.
    Intake,
    /// Something lies in the inbox of the log and is being given its place.
    Sequencing,
}

struct Site {
    story: Story,
    random: fastrand::Rng,
    under_way: Arc<AtomicUsize>,
}

impl Site {
    fn database(&self) -> Connection {
        let file = self.story.central_folder().join("central.db");
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the database");
        connection.busy_timeout(Duration::from_secs(5)).expect("a timeout");
        connection
    }

    fn number(connection: &Connection, question: &str) -> i64 {
        connection.query_row(question, [], |row| row.get(0)).expect("a number")
    }

    /// Waits for the moment; `false` when it did not come in two seconds.
    async fn waits_for(&mut self, moment: Moment, connection: &Connection) -> bool {
        tokio::time::sleep(Duration::from_millis(self.random.u64(20..300))).await;
        let until = Instant::now() + Duration::from_secs(2);
        while Instant::now() < until {
            match moment {
                Moment::Intake if self.under_way.load(Ordering::SeqCst) > 0 => {
                    tokio::time::sleep(Duration::from_micros(self.random.u64(0..20_000))).await;
                    if self.under_way.load(Ordering::SeqCst) > 0 {
                        return true;
                    }
                }
                Moment::Sequencing if Self::number(connection, "SELECT COUNT(*) FROM log_inbox") > 0 => return true,
                _ => tokio::time::sleep(Duration::from_micros(200)).await,
            }
        }
        false
    }

    /// Tablets send until the service dies in their hands; the tablets, and whether it was in the wanted moment.
    async fn kills(&mut self, tablets: Vec<Tablet>, moment: Moment) -> (Vec<Tablet>, bool) {
        let service = self.story.serve().expect("the service starts after whatever happened to it");
        let mut at_work = JoinSet::new();
        for mut tablet in tablets {
            tablet.meets(&service.url).await.expect("a session");
            at_work.spawn(async move {
                while tablet.works().await.is_ok() {}
                tablet
            });
        }
        let connection = self.database();
        let came = self.waits_for(moment, &connection).await;
        // SIGKILL, and the process is gone.
        drop(service);
        let was_in_it = came
            && match moment {
                Moment::Intake => true,
                Moment::Sequencing => Self::number(&connection, "SELECT COUNT(*) FROM log_inbox") > 0,
            };
        let tablets = at_work.join_all().await;
        drop(connection);
        (tablets, was_in_it)
    }

    /// No damage; right after a kill a photo may lie there without its row, which is adopted when it is sent again.
    fn is_sound(&self, when: &str, may_have_orphans: bool) {
        let output = self.story.central().args(["--json", "fsck"]).output().expect("fsck starts");
        let checked: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{when}: {output:?}"));
        let damages = checked["damages"].as_array().expect("damages");
        let is_orphan = |damage: &&Value| damage["part"] == "blob" && damage["step"] == "orphan";
        let real: Vec<&Value> = damages.iter().filter(|damage| !(may_have_orphans && is_orphan(damage))).collect();
        assert_eq!(real, Vec::<&Value>::new(), "{when}");
        let connection = self.database();
        let (leaves, last) = (
            Self::number(&connection, "SELECT COUNT(*) FROM log_entry"),
            Self::number(&connection, "SELECT MAX(idx) FROM log_entry"),
        );
        assert_eq!(leaves, last + 1, "{when}: the log is dense");
    }
}

async fn killed(moment: Moment, wanted: usize, seed: u64) {
    println!("{moment:?}: {wanted} kills, seed {seed} (XUNJIAN_SEED)");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ledgers = vec![workspace().join("demo/ledger.xlsx")];
    let options = StoryOptions { folder: folder.path().join("site"), ledgers, is_told: false };
    let mut story = Story::new(options).expect("a story");
    story.open_office().expect("a site with a round");
    let mut site = Site { story, random: fastrand::Rng::with_seed(seed), under_way: Arc::default() };
    let mut tablets = enrols(&mut site).await;

    let (mut counted, mut tries) = (0, 0);
    while counted < wanted {
        tries += 1;
        assert!(tries <= 12 * wanted, "only {counted} of {tries} kills met the moment");
        let (back, was_in_it) = site.kills(tablets, moment).await;
        tablets = back;
        counted += usize::from(was_in_it);
        // Every other time the dead service's files are looked at before it starts again; else it is the first to open them.
        if tries % 2 == 0 {
            site.is_sound(&format!("after kill {tries}"), true);
        }
    }
    let (records, waiting) = ends(&mut site, tablets).await;
    println!(
        "{moment:?}: {counted} kills in {tries} tries; {records} records, {waiting} of them unanswered at the last kill"
    );
}

async fn enrols(site: &mut Site) -> Vec<Tablet> {
    let service = site.story.serve().expect("the service");
    let mut tablets = Vec::new();
    for number in 0..TABLETS {
        let code = site.story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json().expect("a code");
        let code = code["code"].as_str().expect("a code").to_owned();
        let seed = site.random.u64(..);
        tablets.push(Tablet::enrols(&service.url, &code, seed, number, Arc::clone(&site.under_way)).await);
    }
    site.story.central().args(["key", "approve", "--root"]).args([site.story.root_folder()]).json().expect("approved");
    for tablet in &mut tablets {
        tablet.pulls().await;
    }
    tablets
}

/// Nobody kills any more: everything arrives, and all that was ever said is held against what is there.
async fn ends(site: &mut Site, mut tablets: Vec<Tablet>) -> (usize, usize) {
    let service = site.story.serve().expect("the service");
    let mut waiting = 0;
    for tablet in &mut tablets {
        tablet.meets(&service.url).await.expect("a session");
        waiting += tablet.unanswered();
        let lost = tablet.lost().await;
        assert_eq!(lost, Vec::<String>::new(), "acknowledged before a kill, and not there");
        tablet.brings_everything().await;
        tablet.checks_every_promise().await;
    }
    let made: usize = tablets.iter().map(Tablet::made).sum();
    assert!(made > TABLETS, "the tablets worked");
    site.is_sound("at the end", false);
    let connection = site.database();
    let count = |question: &str| usize::try_from(Site::number(&connection, question)).expect("a count");
    assert_eq!(count("SELECT COUNT(*) FROM record"), made, "each record once");
    assert_eq!(count("SELECT COUNT(DISTINCT id) FROM record"), made, "each record once");
    for kind in ["record", "delivered"] {
        let leaves = count(&format!("SELECT COUNT(*) FROM log_entry WHERE kind = '{kind}'"));
        assert_eq!(leaves, made, "one “{kind}” leaf a record");
    }
    assert_eq!(count("SELECT COUNT(*) FROM set_aside"), 0, "nothing was refused");
    assert_eq!(count("SELECT COUNT(*) FROM log_inbox"), 0, "nothing waits for its place");
    let photos: usize = tablets.iter().map(Tablet::photos).sum();
    assert_eq!(files_below(&site.story.central_folder().join("blobs/objects")), photos, "each photo once");
    let verified = site.story.central().arg_json("verify-all").expect("everything verifies");
    assert_eq!((&verified["delivered"], &verified["damages"]), (&json!(made), &json!([])), "{verified}");
    drop::<Service>(service);
    (made, waiting)
}

fn files_below(folder: &Path) -> usize {
    xunjian_tests::sweep::files_under(folder).expect("the folder").len()
}

/// How often, and from which seed.
fn plan(soak: usize, otherwise: usize) -> (usize, u64) {
    let is_soak = std::env::var_os("XUNJIAN_SOAK").is_some();
    let given = std::env::var("XUNJIAN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| if is_soak { fastrand::u64(..) } else { 20_261_123 });
    (if is_soak { soak } else { otherwise }, seed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_during_intake_at_random_moments_loses_and_doubles_nothing() {
    let (kills, seed) = plan(50, 4);
    killed(Moment::Intake, kills, seed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_killed_at_random_moments_leaves_a_dense_log_that_only_grew() {
    let (kills, seed) = plan(25, 3);
    killed(Moment::Sequencing, kills, seed).await;
}
