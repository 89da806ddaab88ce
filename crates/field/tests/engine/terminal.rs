//! A terminal with people who use it: verbs for the stories, answers for every kind of question.

use std::{
    collections::BTreeMap,
    io::Cursor,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use image::{ImageFormat, Rgb, RgbImage};
use jiff::civil::date;
use tempfile::TempDir;
use xunjian_domain::{
    hash::Sha256,
    ids::VisitId,
    outcome::Outcome,
    party::Role,
    plan::VisitKind,
    reading::Quantity,
    time::{ClockReading, TimestampMs},
    value::{DoorState, Expiry, Input, LabelState, Value},
};
use xunjian_field::{
    AnswerReport, AssetSelector, DraftRef, Enrolled, Enrolment, Field, FieldError, LineSelector, NewAnswer, NewCheck,
    NewPhoto, NewReading, NewSeal, NewSighting, NewValue, Person, Sealed, Surroundings, SyncOptions, SyncReport,
    VisitSelector, VisitView,
    clock::Clock,
    ids::IdSource,
    keys::{Effort, Keystore, NoKeystore, Passphrase},
};
use xunjian_proof::{record::Capture, statement::HolderKind};

use crate::service::{MORNING, Service};

/// A clock that goes as it is told; every reading is a second after the last. It alone knows what time it really is.
pub struct TestClock(Mutex<Time>);

struct Time {
    now: ClockReading,
    truth: i64,
    /// When each boot began, in truth.
    boots: BTreeMap<String, i64>,
}

impl Time {
    fn pass(&mut self, ms: i64) {
        self.now.wall_ms = self.now.wall_ms.plus_ms(ms);
        self.now.monotonic_ms += ms;
        self.truth += ms;
    }

    fn boots(&mut self, id: String, monotonic_ms: i64) {
        self.boots.insert(id.clone(), self.truth - monotonic_ms);
        (self.now.boot_id, self.now.monotonic_ms) = (id, monotonic_ms);
    }
}

impl Clock for TestClock {
    fn read(&self) -> ClockReading {
        let mut time = self.0.lock().unwrap();
        time.pass(1000);
        time.now.clone()
    }
}

impl TestClock {
    /// Right, and running for a while.
    fn new() -> Self {
        let now = ClockReading { wall_ms: TimestampMs(MORNING), monotonic_ms: 0, boot_id: String::new() };
        let mut time = Time { now, truth: MORNING, boots: BTreeMap::new() };
        time.boots("boot-1".into(), 5_000_000);
        Self(Mutex::new(time))
    }

    /// Someone sets the wall clock.
    pub fn set_by(&self, ms: i64) {
        let mut time = self.0.lock().unwrap();
        time.now.wall_ms = time.now.wall_ms.plus_ms(ms);
    }

    /// The wall clock begins anew.
    pub fn set_to(&self, wall_ms: i64) {
        self.0.lock().unwrap().now.wall_ms = TimestampMs(wall_ms);
    }

    /// Time passes.
    pub fn pass(&self, ms: i64) {
        self.0.lock().unwrap().pass(ms);
    }

    pub fn reboot(&self) {
        let mut time = self.0.lock().unwrap();
        let id = format!("{}+", time.now.boot_id);
        time.boots(id, 1000);
    }

    /// What time it really is.
    pub fn truth(&self) -> i64 {
        self.0.lock().unwrap().truth
    }

    /// What time it really was at a reading.
    pub fn truth_of(&self, reading: &ClockReading) -> i64 {
        self.0.lock().unwrap().boots[&reading.boot_id] + reading.monotonic_ms
    }
}

struct Counter(AtomicU32);

impl IdSource for Counter {
    fn new_id(&self) -> String {
        crate::site::uuid(900_000 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

pub struct Terminal {
    pub field: Field,
    pub clock: Arc<TestClock>,
    pub li: Person,
    pub folder: TempDir,
}

pub fn passphrase() -> Passphrase {
    Passphrase::new("李巡检的口令要足够长才行").unwrap()
}

pub fn options() -> SyncOptions {
    SyncOptions { pauses: vec![Duration::ZERO; 3], ..SyncOptions::default() }
}

/// A JPEG unlike any other with another `seed`.
pub fn jpeg(seed: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 3) as u8 ^ seed, (y * 5) as u8, seed]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn new_clock() -> Arc<TestClock> {
    Arc::new(TestClock::new())
}

/// Opens a folder as every test does: without a keystore, and with wraps that cost nothing.
pub fn open(folder: &std::path::Path, clock: &Arc<TestClock>) -> Field {
    open_with(folder, clock, Arc::new(NoKeystore)).unwrap()
}

pub fn open_with(
    folder: &std::path::Path,
    clock: &Arc<TestClock>,
    keystore: Arc<dyn Keystore>,
) -> Result<Field, FieldError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // A folder that is opened again gets ids that it did not have before.
    let ids = Arc::new(Counter(AtomicU32::new(NEXT.fetch_add(1, Ordering::Relaxed) % 90 * 1000)));
    let surroundings = Surroundings { clock: clock.clone(), ids, keystore, effort: Effort::FEEBLE };
    Field::open_in(folder, surroundings)
}

impl Terminal {
    /// A folder nobody enrolled yet.
    pub fn blank() -> (Field, Arc<TestClock>, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let clock = new_clock();
        (open(folder.path(), &clock), clock, folder)
    }

    /// What a restart of the program leaves: the folder, opened again and unlocked by 李巡检.
    pub fn restarts(self) -> Self {
        let Self { field, clock, li, folder } = self;
        drop(field);
        let field = open(folder.path(), &clock);
        field.unlock(li.id.as_str(), &passphrase()).unwrap();
        Self { field, clock, li, folder }
    }

    /// 李巡检's terminal: enrolled, approved by the root, with a work package.
    pub async fn of_li(service: &Service) -> Self {
        let (field, clock, folder) = Self::blank();
        service.enrol_code("CODE-LI", "李巡检");
        let enrolled = enrol(&field, service, "CODE-LI").await.unwrap();
        approve(service, &field, &enrolled);
        field.pull(service).await.unwrap();
        let li = field.person(None).unwrap();
        Self { field, clock, li, folder }
    }

    /// The first visit of a kind.
    pub fn visit(&self, kind: VisitKind) -> VisitId {
        let kind = serde_json::to_value(kind).unwrap();
        let today = self.field.today(&self.li).unwrap();
        let visits = &today.rounds[0].visits;
        visits.iter().find(|visit| visit.kind == kind.as_str().unwrap()).unwrap().id.clone()
    }

    pub fn draft<'a>(&'a self, visit: &'a VisitId) -> DraftRef<'a> {
        DraftRef { visit, person: &self.li.id }
    }

    pub fn starts(&self, visit: &VisitId) -> VisitView {
        self.field.start_visit(&VisitSelector::Text(visit.to_string()), &self.li).unwrap()
    }

    pub fn shows(&self, visit: &VisitId) -> VisitView {
        self.field.show_visit(visit, &self.li).unwrap()
    }

    pub fn attaches(&self, visit: &VisitId, line: u32, bytes: &[u8]) -> Sha256 {
        let photo =
            NewPhoto { bytes, file_name: "", capture: Capture::Camera, caption: "", layer: None, after_of: None };
        let line = LineSelector::No { line };
        self.field.attach_photo(self.draft(visit), Some(&line), photo).unwrap().evidence.sha256
    }

    pub fn answers(&self, visit: &VisitId, answer: &NewAnswer) -> Result<AnswerReport, FieldError> {
        self.field.record_result(self.draft(visit), answer)
    }

    /// Answers every line 正常 with a value of the right kind, and attaches the photos that are due.
    pub fn answers_all(&self, visit: &VisitId, seed: u8) {
        let view = self.starts(visit);
        for line in &view.lines {
            if line.subject.kind.is_asset() && line.criterion.as_str() == "A.1-03a" {
                let seen = NewSighting {
                    asset: AssetSelector::Ledger(line.subject.id.clone()),
                    as_in_ledger: true,
                    ..sighting()
                };
                self.field.sight(self.draft(visit), &seen).unwrap();
            }
            let checks = line
                .checks
                .iter()
                .map(|check| NewCheck {
                    check: check.key.clone(),
                    outcome: Outcome::Normal,
                    reason: String::new(),
                    value: value(&check.input),
                })
                .collect();
            for _ in 0..line.evidence.photos_when_normal {
                self.attaches(visit, line.no, &jpeg(seed));
            }
            let report = self.answers(visit, &NewAnswer { checks, ..normal(line.no) }).unwrap();
            assert_eq!(report.problems, [], "{} is complete", line.criterion);
            assert_eq!(report.warnings, [], "{} has nothing to warn of", line.criterion);
        }
    }

    pub fn seals(&self, visit: &VisitId) -> Sealed {
        self.field.seal(self.draft(visit), &passphrase(), &NewSeal::default()).unwrap()
    }

    /// A visit from start to seal.
    pub fn walks(&self, kind: VisitKind, seed: u8) -> Sealed {
        let visit = self.visit(kind);
        self.answers_all(&visit, seed);
        self.seals(&visit)
    }

    pub async fn syncs(&self, service: &Service) -> SyncReport {
        self.field.sync_now(service, &options()).await.unwrap()
    }
}

pub async fn enrol(field: &Field, service: &Service, code: &str) -> Result<Enrolled, FieldError> {
    enrol_as(field, service, code, &passphrase()).await
}

pub async fn enrol_as(
    field: &Field,
    service: &Service,
    code: &str,
    passphrase: &Passphrase,
) -> Result<Enrolled, FieldError> {
    let enrolment = Enrolment {
        code,
        terminal_name: "平板A",
        service_url: "http://127.0.0.1:1",
        root_fingerprint: None,
        passphrase,
    };
    field.enrol(service, &enrolment).await
}

/// The site root signs for the keys of an enrolment.
pub fn approve(service: &Service, field: &Field, enrolled: &Enrolled) {
    let person = field.person(Some(enrolled.person.as_str())).unwrap();
    service.vouch(person.public_key, HolderKind::Person, enrolled.person.as_str(), &[Role::Inspector]);
    let public = field.terminal_public_key().unwrap();
    service.vouch(public, HolderKind::Terminal, enrolled.terminal.as_str(), &[]);
}

pub fn normal(line: u32) -> NewAnswer {
    NewAnswer {
        line: LineSelector::No { line },
        outcome: Outcome::Normal,
        checks: Vec::new(),
        reason: String::new(),
        note: String::new(),
        no_photo: None,
        mode: None,
        spent_ms: None,
    }
}

pub fn sighting() -> NewSighting {
    NewSighting {
        asset: AssetSelector::NotInLedger,
        as_in_ledger: false,
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

/// A normal value for any input.
pub fn value(input: &Input) -> Option<NewValue> {
    let plain = |value| Some(NewValue::Plain(value));
    match input {
        Input::Judgement => None,
        Input::Choice { options } => {
            let option = options.iter().find(|option| !option.abnormal).unwrap();
            plain(Value::Choice { key: option.key.clone() })
        }
        Input::Count { .. } => plain(Value::Count { count: 0 }),
        Input::Readings { quantities, .. } => Some(NewValue::Readings(
            quantities
                .iter()
                .map(|quantity| NewReading {
                    quantity: *quantity,
                    point: "测点1".into(),
                    value: match quantity {
                        Quantity::Temperature => "23.5",
                        Quantity::RelativeHumidity => "45",
                        _ => "50",
                    }
                    .parse()
                    .unwrap(),
                })
                .collect(),
        )),
        Input::EarliestFootage { .. } => plain(Value::EarliestFootage { on: date(2026, 7, 1) }),
        Input::Doors => plain(Value::Doors { front: DoorState::Locked, rear: DoorState::Locked }),
        Input::RackLabels => plain(Value::RackLabels { front: LabelState::Right, rear: LabelState::Right }),
        Input::Reconciliation => plain(Value::Reconciliation { quantity: 1 }),
        Input::OrderMatch => plain(Value::OrderMatch { order_matches: true, owner_matches: true }),
        Input::UnitCounts => Some(NewValue::Online(vec![("市公安局".into(), 2), ("市教育局".into(), 1)])),
        Input::Expiries => {
            plain(Value::Expiries { items: vec![Expiry { place: "东门".into(), expires_on: date(2027, 5, 31) }] })
        }
        Input::Register => plain(Value::Register { own_entry_found: true, incomplete_entries: 0 }),
        Input::Contacts => plain(Value::Contacts { posted: true, current: true }),
    }
}
