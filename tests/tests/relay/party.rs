//! The people and machines of the stories: an office that serves, tablets that go without a line, and the sticks between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;
use xunjian_central::{
    enrol, http, integrity, keys, ledger,
    log::COMMAND_LINE,
    relay,
    round::{self, NewRound},
    site::{NewSite, Site},
};
use xunjian_domain::{
    ids::{PartyId, SiteId, TerminalId},
    party::{PartyKind, Role},
    round::RoundKind,
    text::Language,
};
use xunjian_field::{
    AssetSelector, DraftRef, Enrolled, Enrolment, Field, NewAnswer, NewPhoto, NewSeal, NewSighting, Person,
    RecordState, RelayExport, RelayExported, RelayImported, Surroundings, SyncOptions, SyncReport, VisitSelector,
    VisitState,
    clock::SystemClock,
    http::HttpClient,
    ids::SystemIds,
    keys::{Effort, NoKeystore, Passphrase},
};
use xunjian_ledger::import::SourceFile;
use xunjian_proof::{Sha256, record::Capture, statement::PartyRef};
use xunjian_protocol::relay::{DEFAULT_MAX_BYTES, RelayInvite};
use xunjian_tests::{copy_folder, honest_answer, workspace};

pub fn passphrase() -> Passphrase {
    Passphrase::new("王䶮的口令要足够长才行了").unwrap()
}

/// A site with a round, in a folder of its own.
pub struct Office {
    pub site: Arc<Site>,
    pub folder: TempDir,
}

fn new_site(id: &str) -> NewSite {
    let party = |kind: PartyKind, id: &str| PartyRef { id: PartyId::new(id), kind, name: format!("某{}", kind.zh()) };
    NewSite {
        id: SiteId::new(id),
        name: "测试站点".into(),
        label_host: "xunjian.example".into(),
        service_desk: "020-12345".into(),
        parties: vec![party(PartyKind::Provider, "provider"), party(PartyKind::Manager, "manager")],
        root_keys: 1,
        threshold: 1,
    }
}

impl Office {
    pub fn opens() -> Self {
        Self::of_site("gz-test")
    }

    pub fn of_site(id: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let site = Site::init(&folder.path().join("data"), &folder.path().join("root"), &new_site(id)).unwrap();
        for name in ["li_inspector", "zhao_inspector"] {
            enrol::add_person(&site, COMMAND_LINE, name, &PartyId::new("provider"), &[Role::Inspector]).unwrap();
        }
        let bytes = fs::read(workspace().join("tests/fixtures/ledgers/ledger.xlsx")).unwrap();
        let source = SourceFile { name: "ledger.xlsx".into(), bytes };
        ledger::import(&site, COMMAND_LINE, &[source], ledger::ImportMode::Careful).unwrap();
        let office = Self { site: Arc::new(site), folder };
        office.opens_round(RoundKind::Quarterly);
        office
    }

    pub fn opens_round(&self, kind: RoundKind) {
        let new = NewRound {
            kind,
            quarter: "2026Q4".parse().unwrap(),
            title: String::new(),
            due: round::Due::default(),
            exclusions: Vec::new(),
            left_out: Vec::new(),
            copy_from: None,
        };
        round::open(&self.site, COMMAND_LINE, &new).unwrap();
    }

    /// The root holder signs for everyone who waits.
    pub fn approves(&self) {
        let root: Vec<_> = keys::files_in(&self.folder.path().join("root"))
            .unwrap()
            .iter()
            .map(|file| keys::read(file).unwrap())
            .collect();
        let statements = enrol::sign_requests(&enrol::requests(&self.site).unwrap(), &root).unwrap();
        enrol::admit(&self.site, COMMAND_LINE, &statements).unwrap();
    }

    pub fn revokes(&self, tablet: &Tablet) {
        let root = keys::read(&keys::files_in(&self.folder.path().join("root")).unwrap()[0]).unwrap();
        let key = tablet.field.terminal_public_key().unwrap().id();
        enrol::revoke(&self.site, COMMAND_LINE, &key, "平板遗失", &[root]).unwrap();
    }

    /// The same office once more, as if nothing had happened since: what one learns the other does not.
    pub fn twin(&self) -> Self {
        let folder = TempDir::new().unwrap();
        copy_folder(self.folder.path(), folder.path()).unwrap();
        let site = Arc::new(Site::open(&folder.path().join("data")).unwrap());
        Self { site, folder }
    }

    /// Serves on loopback until the runtime ends.
    pub async fn serves(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(http::serve(Arc::clone(&self.site), listener, std::future::pending()));
        url
    }

    pub fn receives(&self, file: &Path) -> relay::take::Received {
        relay::take::receive(&self.site, file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// The answer for a tablet, in files on a stick.
    pub fn answers(&self, terminal: &TerminalId, stick: &Path) -> Vec<PathBuf> {
        self.answers_in_parts(terminal, stick, DEFAULT_MAX_BYTES)
    }

    pub fn answers_in_parts(&self, terminal: &TerminalId, stick: &Path, max_bytes: u64) -> Vec<PathBuf> {
        let written = relay::answer::write(&self.site, terminal, stick, max_bytes).unwrap();
        written.into_iter().map(|one| one.file).collect()
    }

    /// A code for a person that is good for three days, and the file that goes with it.
    pub fn invites(&self, who: &str) -> (String, RelayInvite) {
        let invited = relay::invite(&self.site, COMMAND_LINE, who, 72, "").unwrap();
        (invited.code, invited.invite)
    }

    /// What the service holds, but for what differs between two times of the same: when, and the order of the log.
    pub fn holds(&self) -> Holdings {
        assert_eq!(format!("{:?}", integrity::verify_all(&self.site).unwrap().damages), "[]");
        let data = self.folder.path().join("data");
        let database = rusqlite::Connection::open(data.join("central.db")).unwrap();
        let rows = |statement: &str| -> BTreeSet<(String, String)> {
            let mut statement = database.prepare(statement).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let photos = rows("SELECT sha256, CAST(bytes AS TEXT) FROM blob");
        for (photo, bytes) in &photos {
            let (there, is_right) = self.site.blobs.check(&photo.parse().unwrap()).unwrap().expect("a stored photo");
            assert!(is_right && there.to_string() == *bytes, "{photo}");
        }
        Holdings {
            records: rows("SELECT id, hex(envelope) FROM record"),
            photos,
            delivered: rows("SELECT record_id, '' FROM delivered"),
            aside: rows("SELECT envelope_sha256, problem FROM set_aside"),
            // What the service itself states bears the time it was stated at; of everything else each byte counts.
            leaves: rows(
                "SELECT kind || ' ' || subject, CAST(COUNT(*) AS TEXT) FROM log_entry
                 WHERE kind IN ('delivered', 'admin_action') GROUP BY kind, subject
                 UNION SELECT kind || ' ' || subject, envelope_sha256 FROM log_entry
                 WHERE kind NOT IN ('delivered', 'admin_action')",
            ),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Holdings {
    pub records: BTreeSet<(String, String)>,
    pub photos: BTreeSet<(String, String)>,
    pub delivered: BTreeSet<(String, String)>,
    pub aside: BTreeSet<(String, String)>,
    pub leaves: BTreeSet<(String, String)>,
}

impl Holdings {
    /// Says what is here and not there, and the other way round.
    #[track_caller]
    pub fn equal(&self, other: &Self) {
        let parts = |holdings: &Self| {
            let Holdings { records, photos, delivered, aside, leaves } = holdings;
            let named =
                [("record", records), ("photo", photos), ("delivered", delivered), ("aside", aside), ("leaf", leaves)];
            let lines = named.into_iter().flat_map(|(part, rows)| {
                rows.iter().map(move |(name, what)| {
                    let what: String = what.chars().take(16).collect();
                    format!("{part} {name} {what}")
                })
            });
            lines.collect::<BTreeSet<String>>()
        };
        let (one, two) = (parts(self), parts(other));
        let differences: Vec<_> = one.symmetric_difference(&two).collect();
        assert!(self == other, "{differences:#?}");
    }
}

/// A terminal and who uses it.
pub struct Tablet {
    pub field: Field,
    pub who: Person,
    /// Goes with it.
    #[expect(dead_code, reason = "held so that the folder stays as long as the engine")]
    pub folder: TempDir,
}

pub fn opens_folder(folder: &Path) -> Field {
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
        keystore: Arc::new(NoKeystore),
        effort: Effort::FEEBLE,
    };
    Field::open_in(folder, surroundings).unwrap()
}

pub fn enrolment<'a>(code: &'a str, url: &'a str, passphrase: &'a Passphrase) -> Enrolment<'a> {
    Enrolment { code, terminal_name: "平板A", service_url: url, root_fingerprint: None, passphrase }
}

impl Tablet {
    /// Enrolled over a line, approved, with its work; then it leaves.
    pub async fn enrols(office: &Office, url: &str, who: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let field = opens_folder(folder.path());
        let (_, code, _) = enrol::issue_code(&office.site, COMMAND_LINE, who).unwrap();
        let anonymous = HttpClient::anonymous(url, Language::Zh).unwrap();
        let passphrase = passphrase();
        let enrolled: Enrolled = field.enrol(&anonymous, &enrolment(&code, url, &passphrase)).await.unwrap();
        office.approves();
        let who = field.person(Some(enrolled.person.as_str())).unwrap();
        let tablet = Self { field, who, folder };
        tablet.field.pull(&tablet.client(url)).await.unwrap();
        tablet
    }

    fn client(&self, url: &str) -> HttpClient {
        HttpClient::of(&self.field, url, Language::Zh).unwrap()
    }

    pub fn id(&self) -> TerminalId {
        self.field.status().unwrap().terminal
    }

    /// Its folder once more, as if nothing had happened since. Used beside the first one, never with the same service.
    pub fn twin(&self) -> Self {
        let folder = TempDir::new().unwrap();
        self.field.lock();
        copy_folder(self.field.folder(), folder.path()).unwrap();
        self.field.unlock(self.who.id.as_str(), &passphrase()).unwrap();
        let field = opens_folder(folder.path());
        let who = field.unlock(self.who.id.as_str(), &passphrase()).unwrap();
        Self { field, who, folder }
    }

    /// Seals the next `count` racks nobody walked, each with so many photos of its own.
    pub fn walks(&self, count: usize, photos: u32) -> Vec<Sha256> {
        (0..count).map(|_| self.walks_one(photos)).collect()
    }

    fn walks_one(&self, photos: u32) -> Sha256 {
        let today = self.field.today(&self.who).unwrap();
        let visits = today.rounds.iter().flat_map(|round| &round.visits);
        let mut racks = visits.filter(|visit| visit.kind == "rack" && visit.state == VisitState::NotStarted);
        // The second one begins at the other end: two records of one rack are for a person to decide.
        let rack = if self.who.name.starts_with("zhao") { racks.next_back() } else { racks.next() };
        let visit = rack.unwrap().id.clone();
        let view = self.field.start_visit(&VisitSelector::Text(visit.to_string()), &self.who).unwrap();
        let draft = || DraftRef { visit: &visit, person: &self.who.id };
        let mut seed = 0;
        let mut photograph = |line: u32| {
            seed += 1;
            let bytes = jpeg(&format!("{visit} {seed}"));
            let photo = NewPhoto {
                bytes: &bytes,
                file_name: "",
                capture: Capture::Camera,
                caption: "",
                layer: None,
                after_of: None,
            };
            let line = xunjian_field::LineSelector::No { line };
            self.field.attach_photo(draft(), Some(&line), photo).unwrap();
        };
        for line in &view.lines {
            if line.subject.kind.is_asset() && line.criterion.as_str() == "A.1-03a" {
                self.field.sight(draft(), &as_in_ledger(&line.subject.id)).unwrap();
            }
            let answer = honest_answer(&serde_json::to_value(line).unwrap());
            let answer: NewAnswer = serde_json::from_value(answer).unwrap();
            self.field.record_result(draft(), &answer).unwrap();
            (0..line.evidence.photos_when_normal).for_each(|_| photograph(line.no));
        }
        let first = view.lines[0].no;
        (0..photos).for_each(|_| photograph(first));
        self.field.seal(draft(), &passphrase(), &NewSeal::default()).unwrap().record
    }

    pub async fn syncs(&self, url: &str) -> SyncReport {
        let options = SyncOptions { pauses: vec![Duration::from_millis(20); 5], ..SyncOptions::default() };
        self.field.sync_now(&self.client(url), &options).await.unwrap()
    }

    pub fn exports(&self, stick: &Path) -> RelayExported {
        self.exports_with(stick, &RelayExport::default())
    }

    pub fn exports_with(&self, stick: &Path, options: &RelayExport) -> RelayExported {
        self.field.relay_export(stick, options, |_| {}).unwrap()
    }

    pub async fn imports(&self, file: &Path) -> RelayImported {
        self.field.relay_import(file).await.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// How many records stand in which state.
    pub fn states(&self) -> BTreeMap<String, usize> {
        let mut states = BTreeMap::new();
        for record in self.field.records().unwrap() {
            *states.entry(format!("{:?}", record.state)).or_default() += 1;
        }
        states
    }

    /// Every record is delivered, and its receipt proves it from the bytes that are kept here.
    pub fn has_every_receipt(&self) {
        for record in self.field.records().unwrap() {
            assert_eq!(record.state, RecordState::Delivered, "{record:?}");
            let detail = self.field.verify_local(&record.id.to_hex()).unwrap();
            let failed: Vec<_> = detail.steps.iter().filter(|step| step.passed != Some(true)).collect();
            assert!(failed.is_empty(), "{failed:?}");
        }
        let status = self.field.status().unwrap();
        assert_eq!((status.blobs_left, status.tampering.len()), (0, 0), "{status:?}");
    }

    /// What a synchronisation over a line leaves of the terminal, without times.
    pub fn holds(&self) -> (BTreeMap<String, usize>, u64, xunjian_field::Released) {
        let status = self.field.status().unwrap();
        (self.states(), status.blobs_left, self.field.releasable().unwrap())
    }
}

fn as_in_ledger(asset: &str) -> NewSighting {
    NewSighting {
        asset: AssetSelector::Ledger(asset.to_owned()),
        as_in_ledger: true,
        span: None,
        face: None,
        brand: None,
        model: None,
        serial: None,
        quantity: None,
        owning_unit: None,
        order_no: None,
        note: String::new(),
        photos: None,
    }
}

/// A JPEG unlike any other with another name.
fn jpeg(name: &str) -> Vec<u8> {
    let seed = u64::from_be_bytes(*Sha256::of(name.as_bytes()).0.first_chunk().unwrap());
    let mut noise = fastrand::Rng::with_seed(seed);
    let picture = RgbImage::from_fn(96, 72, |_, _| Rgb([noise.u8(..), noise.u8(..), noise.u8(..)]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// A folder that is carried.
pub fn stick() -> TempDir {
    TempDir::new().unwrap()
}

/// The bundles on a stick, in the order of their names.
pub fn bundles(stick: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(stick)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ending| ending == xunjian_protocol::relay::ENDING))
        .collect();
    files.sort();
    files
}
