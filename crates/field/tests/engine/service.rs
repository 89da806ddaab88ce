//! The service in memory: it verifies, logs and proves as the real one does, and misbehaves on request.

#[path = "service_api.rs"]
mod api;
#[path = "merkle_log.rs"]
mod merkle_log;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use jiff::civil::date;
use xunjian_domain::{
    hash::Sha256,
    ids::{PartyId, PersonId, RoundId, SiteId, TerminalId, VisitId},
    ledger::Ledger,
    party::{PartyKind, Role},
    plan::{Plan, TemplateVersion, VisitRef, derive_visits},
    reading::LimitProfile,
    round::{Round, RoundKind},
    template::Template,
    text::Language,
    time::TimestampMs,
    visit::{OpenFinding, OpenFindings},
};
use xunjian_proof::{
    dsse::Envelope,
    jcs,
    label::{self, LabelKind},
    merkle,
    note::{Checkpoint, SignedCheckpoint},
    receipt::Receipt,
    statement::{
        Delivered, HolderKind, KeyStatement, LabelPrint, LabelPrints, PartyRef, PlanStatement, Revocation, RootKey,
        SiteRoot, Statement,
    },
    suite::{Ed25519Signer, KeyId, PublicKey, Signer},
    verification::read_record,
};
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveAnswer, HaveBlobs},
    enrol::{EnrolAnswer, EnrolRequest, possession_message},
    hello::Hello,
    log::{ConsistencyAnswer, ConsistencyRequest},
    package::{Assignment, PackageRound, WorkPackage},
    problem::{Problem, ProblemCode},
    record::{
        ChainAnswer, ChainRequest, DeliveryState, ReceiptsAnswer, ReceiptsRequest, RecordAnswer, SubmitAnswer,
        SubmitRecords,
    },
    recovery::{OneTimeKey, RecoveryKeyStatement},
};

use self::merkle_log::Log;
use crate::site;

/// 2026-11-22 08:00 in Guangzhou.
pub const MORNING: i64 = 1_795_305_600_000;

/// The name under which the site's clock cosigns.
const CLOCK: &str = "gz.example/log/clock";

/// What to do wrong, once for each mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The code is bound, the answer never arrives.
    EnrolAnswerLost,
    /// Records are stored, the answer never arrives.
    SubmitAnswerLost,
    /// A photo is stored, the answer never arrives.
    BlobAnswerLost,
    /// Half of a photo arrives, then the line breaks.
    BlobCut,
    /// Half of a photo arrives, then nothing moves any more.
    BlobStalls,
    /// One bit of a receipt's proof is flipped.
    ReceiptFlipped,
    /// A chunk arrives with one byte changed.
    ChunkFlipped,
    /// Nobody answers.
    Unreachable,
}

/// Changes a `Delivered` statement and its receipt.
pub type Spoil = Arc<dyn Fn(&mut String, &mut String) + Send + Sync>;

#[derive(Default)]
struct State {
    log: Log,
    chunks: BTreeMap<Sha256, Vec<u8>>,
    rounds: Vec<PackageRound>,
    statements: Vec<String>,
    revocations: Vec<String>,
    codes: BTreeMap<String, (String, Option<EnrolRequest>)>,
    envelopes: BTreeMap<Sha256, String>,
    /// Terminals that ever enrolled.
    terminals: BTreeSet<KeyId>,
    /// Records by their places.
    chain: BTreeMap<(TerminalId, u64), Sha256>,
    named: BTreeMap<Sha256, u64>,
    partial: BTreeMap<Sha256, Vec<u8>>,
    blobs: BTreeSet<Sha256>,
    receipts: BTreeMap<Sha256, (String, u64)>,
    faults: Vec<Fault>,
    refusals: BTreeMap<u64, ProblemCode>,
    submissions: u32,
    consistency_requests: u32,
    /// Whether photos take a moment, so that several are under way.
    is_slow: bool,
    under_way: usize,
    most_at_once: usize,
    /// A photo that breaks each time.
    stuck: Option<Sha256>,
    blob_bytes: u64,
    seconds: u64,
    label_prints: Option<Sha256>,
    assignments: Vec<Assignment>,
    etag: u32,
    /// Given out instead of what it would be.
    package: Option<WorkPackage>,
    /// Message versions it says it speaks; 1 where nothing is set.
    versions: Option<Vec<u32>>,
    /// What becomes of each statement and receipt on its way to the terminal.
    spoil: Option<Spoil>,
}

pub struct Service {
    pub root: SiteRoot,
    root_key: Ed25519Signer,
    service: Ed25519Signer,
    log_key: Ed25519Signer,
    clock: Ed25519Signer,
    pub press: Ed25519Signer,
    ledger: Ledger,
    state: Mutex<State>,
    /// Tells that [`Fault::BlobStalls`] struck.
    pub stalled: tokio::sync::Notify,
    /// The site's recovery key; its public half comes with each enrolment.
    pub recovery: OneTimeKey,
}

fn party(kind: PartyKind, id: &str, name: &str) -> PartyRef {
    PartyRef { id: PartyId::new(id), kind, name: name.into() }
}

impl Service {
    fn recovery_statement(&self) -> String {
        let statement = RecoveryKeyStatement { site: self.root.site.clone(), key: self.recovery.public() };
        let envelope = statement.sign(&[&self.root_key]).unwrap();
        String::from_utf8(envelope.to_bytes()).unwrap()
    }

    /// A site with keys, a ledger, labels and one open round.
    pub fn start() -> Self {
        Self::of(site::ledger())
    }

    /// A site with another ledger.
    pub fn of(ledger: Ledger) -> Self {
        let key = |byte: u8| Ed25519Signer::from_seed(&[byte; 32]);
        let root_key = key(1);
        let root = SiteRoot {
            site: SiteId::new("gz-demo"),
            name: "广州演示".into(),
            log_origin: "gz.example/log".into(),
            threshold: 1,
            keys: vec![RootKey {
                key: root_key.public_key(), party: party(PartyKind::Manager, "manager", "管理方")
            }],
        };
        let service = Self {
            root,
            root_key,
            service: key(2),
            log_key: key(3),
            clock: key(4),
            press: key(5),
            ledger,
            state: Mutex::new(State { seconds: (MORNING / 1000) as u64, ..State::default() }),
            stalled: tokio::sync::Notify::new(),
            recovery: OneTimeKey::generate(),
        };
        for (kind, holder, signer) in [
            (HolderKind::Service, "service", &service.service),
            (HolderKind::Log, "log", &service.log_key),
            (HolderKind::Clock, CLOCK, &service.clock),
            (HolderKind::Label, "press", &service.press),
        ] {
            service.vouch(signer.public_key(), kind, holder, &[]);
        }
        service.print_labels();
        service.open_round("round-1");
        service
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The root signs for a key.
    pub fn vouch(&self, key: PublicKey, kind: HolderKind, holder: &str, roles: &[Role]) {
        let statement = KeyStatement {
            site: self.root.site.clone(),
            key,
            holder_kind: kind,
            holder: holder.into(),
            holder_name: holder.trim_start_matches("person-").into(),
            party: party(PartyKind::Provider, "provider", "服务方"),
            roles: roles.to_vec(),
            valid_from: TimestampMs(0),
            valid_until: None,
        };
        let envelope = statement.sign(&[&self.root_key]).unwrap().to_bytes();
        let mut state = self.lock();
        state.log.append(envelope.clone());
        state.statements.push(String::from_utf8(envelope).unwrap());
        state.etag += 1;
    }

    /// New keys of log and clock take over; the old ones stay known.
    pub fn change_log_and_clock(&mut self) {
        (self.log_key, self.clock) = (Ed25519Signer::from_seed(&[33; 32]), Ed25519Signer::from_seed(&[34; 32]));
        self.vouch(self.log_key.public_key(), HolderKind::Log, "log", &[]);
        self.vouch(self.clock.public_key(), HolderKind::Clock, CLOCK, &[]);
    }

    pub fn revoke(&self, key: KeyId) {
        let revocation =
            Revocation { site: self.root.site.clone(), key, revoked_at: TimestampMs(MORNING), reason: "遗失".into() };
        let envelope = revocation.sign(&[&self.root_key]).unwrap().to_bytes();
        let mut state = self.lock();
        state.log.append(envelope.clone());
        state.revocations.push(String::from_utf8(envelope).unwrap());
        state.etag += 1;
    }

    fn put_chunk(state: &mut State, bytes: Vec<u8>) -> Sha256 {
        let name = Sha256::of(&bytes);
        state.chunks.insert(name, bytes);
        name
    }

    fn print_labels(&self) {
        let mut prints = site::prints();
        prints.sort_by(|a, b| a.id.cmp(&b.id));
        self.publish_prints(prints, &self.service);
    }

    /// A list of label prints, signed by `signer`.
    pub fn publish_prints(&self, prints: Vec<LabelPrint>, signer: &Ed25519Signer) {
        let list = LabelPrints { site: self.root.site.clone(), prints, made_at: TimestampMs(MORNING) };
        self.publish_prints_bytes(&jcs::to_bytes(&list).unwrap(), signer);
    }

    /// The same in bytes of any kind.
    pub fn publish_prints_bytes(&self, list: &[u8], signer: &Ed25519Signer) {
        let envelope = Envelope::sign(LabelPrints::PAYLOAD_TYPE, list, &[signer]).unwrap();
        let mut state = self.lock();
        let name = Self::put_chunk(&mut state, envelope.to_bytes());
        state.label_prints = Some(name);
        state.etag += 1;
    }

    /// The text of a label's QR code, of the kind that the list of prints says.
    pub fn label(&self, number: u32) -> String {
        let id = xunjian_domain::ids::LabelPrintId::new(site::uuid(number));
        let listed = site::prints().into_iter().find(|print| print.id == id);
        let kind = listed.and_then(|print| LabelKind::of(print.subject.kind)).unwrap_or(LabelKind::Rack);
        self.label_of(kind, number)
    }

    /// The text of a QR code of any kind.
    pub fn label_of(&self, kind: LabelKind, number: u32) -> String {
        let id = xunjian_domain::ids::LabelPrintId::new(site::uuid(number));
        label::print(site::HOST, &self.root.site, kind, &id, &self.press).unwrap()
    }

    pub fn open_round(&self, id: &str) {
        self.open_altered_round(id, &|_, bytes| bytes);
    }

    /// Opens a round whose parts (`template`, `chunk`, `manifest`, `visit`, `plan`) are what `alter` leaves of them. The
    /// service signs for them all the same.
    pub fn open_altered_round(&self, id: &str, alter: &dyn Fn(&str, Vec<u8>) -> Vec<u8>) {
        let template = Template::annex_a();
        let ledger = &self.ledger;
        let mut state = self.lock();
        let template_hash = Self::put_chunk(&mut state, alter("template", jcs::to_bytes(&template).unwrap()));
        let template_version =
            TemplateVersion { id: template.id.clone(), version: template.version, sha256: template_hash };
        let (ledger_version, chunks) = site::chunks(ledger, 1, alter);
        state.chunks.extend(chunks);
        let mut number = 1000 + 100 * state.rounds.len() as u32;
        let visits = derive_visits(&template, ledger, &[], &mut || {
            number += 1;
            site::uuid(number)
        });
        let visits = visits
            .iter()
            .map(|visit| VisitRef {
                id: visit.id.clone(),
                sha256: Self::put_chunk(&mut state, alter("visit", jcs::to_bytes(visit).unwrap())),
                lines: visit.lines.len() as u32,
            })
            .collect();
        let plan = Plan {
            round: Round {
                id: RoundId::new(id),
                kind: RoundKind::Quarterly,
                quarter: "2026Q4".parse().unwrap(),
                title: "2026年第四季度全面巡检".into(),
                due_from: date(2026, 10, 1),
                due_by: date(2026, 12, 31),
            },
            ledger: ledger_version.clone(),
            template: template_version.clone(),
            visits,
            exclusions: Vec::new(),
        };
        let statement = PlanStatement {
            site: self.root.site.clone(),
            plan,
            opened_at: TimestampMs(MORNING),
            opened_by: "管理员".into(),
        };
        let payload = alter("plan", jcs::to_bytes(&statement).unwrap());
        let envelope = Envelope::sign(PlanStatement::PAYLOAD_TYPE, &payload, &[&self.service]).unwrap().to_bytes();
        let index = state.log.append(envelope.clone());
        let receipt = self.receipt(&state, index);
        state.rounds.push(PackageRound {
            plan: String::from_utf8(envelope).unwrap(),
            receipt,
            template: template_version,
            ledger: ledger_version,
            open_findings: None,
        });
        state.etag += 1;
    }

    /// Of the newest round: what earlier rounds left open.
    pub fn leaves_open(&self, findings: Vec<OpenFinding>) {
        self.leaves_open_bytes(jcs::to_bytes(&OpenFindings { findings }).unwrap());
    }

    /// The same in bytes of any kind.
    pub fn leaves_open_bytes(&self, bytes: Vec<u8>) {
        let mut state = self.lock();
        let named = Self::put_chunk(&mut state, bytes);
        state.rounds.last_mut().unwrap().open_findings = Some(named);
        state.etag += 1;
    }

    fn checkpoint(&self, state: &State) -> SignedCheckpoint {
        let size = state.log.size();
        let Ok(root) = merkle::root(&state.log, size);
        let mut signed = Checkpoint { origin: self.root.log_origin.clone(), size, root }.sign(&self.log_key).unwrap();
        signed.cosign(CLOCK, state.seconds, &self.clock).unwrap();
        signed
    }

    fn receipt(&self, state: &State, index: u64) -> String {
        let Ok(proof) = merkle::inclusion_proof(&state.log, index, state.log.size());
        Receipt { index, proof, checkpoint: self.checkpoint(state) }.to_string()
    }

    /// A person is to walk a visit.
    pub fn assign(&self, visit: &VisitId, person: &str) {
        let mut state = self.lock();
        state.assignments.push(Assignment { visit: visit.clone(), person: PersonId::new(person) });
        state.etag += 1;
    }

    pub fn enrol_code(&self, code: &str, person: &str) {
        self.lock().codes.insert(code.into(), (person.into(), None));
    }

    pub fn will(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// The record at this place of a terminal's chain is refused with `code`.
    pub fn refuse(&self, sequence: u64, code: ProblemCode) {
        self.lock().refusals.insert(sequence, code);
    }

    pub fn refuse_nothing(&self) {
        self.lock().refusals.clear();
    }

    /// A decision lets a record in that was refused.
    pub fn lets_in(&self, envelope: &str) {
        self.lock().refusals.clear();
        let answer = self.take_record(envelope);
        assert!(matches!(answer, RecordAnswer::Stored { .. }), "{answer:?}");
    }

    pub fn set_seconds(&self, seconds: u64) {
        self.lock().seconds = seconds;
    }

    /// Leaves appear that no terminal sent: other people's work.
    pub fn grow_log(&self) {
        self.lock().log.append(b"somebody else's statement".to_vec());
    }

    /// The log is set back: only its first leaves are left.
    pub fn cut_log(&self, leaves: usize) {
        let mut state = self.lock();
        for leaf in std::mem::take(&mut state.log).leaves.into_iter().take(leaves) {
            state.log.append(leaf);
        }
        state.etag += 1;
    }

    /// It says that it speaks these versions only.
    pub fn speaks(&self, versions: &[u32]) {
        self.lock().versions = Some(versions.to_vec());
    }

    /// Receipts are handed out as `spoil` leaves them; honestly again without it.
    pub fn hands_out(&self, spoil: Option<Spoil>) {
        self.lock().spoil = spoil;
    }

    /// What it would hand out for a record: the statement and the receipt.
    pub fn receipt_of(&self, record: Sha256) -> (String, String) {
        match self.delivery(record) {
            DeliveryState::Delivered { delivered, receipt } => (delivered, receipt),
            other => panic!("{record} is not delivered: {other:?}"),
        }
    }

    /// From now on somebody answers whose log has only its first leaves; what it would be otherwise.
    pub fn swaps_log(&self, leaves: usize) -> Vec<Vec<u8>> {
        let whole = self.lock().log.leaves.clone();
        self.cut_log(leaves);
        whole
    }

    /// The log as it was.
    pub fn puts_log_back(&self, leaves: Vec<Vec<u8>>) {
        let mut state = self.lock();
        state.log = Log::default();
        for leaf in leaves {
            state.log.append(leaf);
        }
    }

    /// It is restored from a copy that is older by `leaves` leaves, had this many records, and had no photo yet.
    pub fn is_restored(&self, leaves: usize, records: usize) {
        let left = self.lock().log.leaves.len() - leaves;
        self.cut_log(left);
        let mut state = self.lock();
        state.blobs.clear();
        state.receipts.clear();
        // What is declared delivered from now on is declared at another time.
        state.seconds += 86_400;
        let gone: Vec<_> = state.chain.iter().skip(records).map(|(place, id)| (place.clone(), *id)).collect();
        for (place, id) in gone {
            state.chain.remove(&place);
            state.envelopes.remove(&id);
        }
    }

    /// History is rewritten: every leaf from `at` on is another.
    pub fn rewrite_log(&self, at: usize) {
        let mut state = self.lock();
        let mut leaves = std::mem::take(&mut state.log).leaves;
        leaves[at] = b"rewritten".to_vec();
        for leaf in leaves {
            state.log.append(leaf);
        }
    }

    /// The newest plan as it was logged.
    pub fn plan(&self) -> Envelope {
        Envelope::from_bytes(self.lock().rounds.last().unwrap().plan.as_bytes()).unwrap()
    }

    /// The package as it would be given out now.
    pub fn package(&self) -> WorkPackage {
        self.package_of(&self.lock())
    }

    fn package_of(&self, state: &State) -> WorkPackage {
        WorkPackage {
            site_root: self.root.clone(),
            key_statements: state.statements.clone(),
            revocations: state.revocations.clone(),
            label_host: site::HOST.into(),
            label_prints: state.label_prints.unwrap(),
            rounds: state.rounds.clone(),
            limits: LimitProfile::starting(),
            service_desk: "020-12345".into(),
            time_token: self.checkpoint(state).to_string(),
            assignments: state.assignments.clone(),
        }
    }

    /// From now on another package is given out, or again what it would be.
    pub fn gives_out(&self, package: Option<WorkPackage>) {
        let mut state = self.lock();
        state.package = package;
        state.etag += 1;
    }

    /// Every round is closed.
    pub fn close_rounds(&self) {
        let mut state = self.lock();
        state.rounds.clear();
        state.etag += 1;
    }

    pub fn records_stored(&self) -> usize {
        self.lock().envelopes.len()
    }

    /// From now on photos take a moment.
    pub fn takes_its_time(&self) {
        self.lock().is_slow = true;
    }

    /// Most photos that were under way at a time.
    pub fn most_at_once(&self) -> usize {
        self.lock().most_at_once
    }

    /// The connection breaks whenever this photo is sent.
    pub fn never_lets_through(&self, photo: Sha256) {
        self.lock().stuck = Some(photo);
    }

    pub fn lets_all_through(&self) {
        self.lock().stuck = None;
    }

    pub fn consistency_requests(&self) -> u32 {
        self.lock().consistency_requests
    }

    pub fn submissions(&self) -> u32 {
        self.lock().submissions
    }

    pub fn blob_bytes_received(&self) -> u64 {
        self.lock().blob_bytes
    }

    fn strikes(&self, fault: Fault) -> bool {
        let mut state = self.lock();
        let found = state.faults.iter().position(|known| *known == fault);
        found.map(|at| state.faults.remove(at)).is_some()
    }

    fn lost() -> ApiError {
        ApiError::Unreachable("connection reset".into())
    }

    fn reachable(&self) -> Result<(), ApiError> {
        if self.strikes(Fault::Unreachable) { Err(Self::lost()) } else { Ok(()) }
    }

    fn problem(code: ProblemCode) -> ApiError {
        ApiError::Problem(Box::new(Problem::new(code, "", Language::Zh)))
    }

    fn take_record(&self, envelope: &str) -> RecordAnswer {
        let (_, read) = read_record(envelope.as_bytes()).unwrap();
        let mut state = self.lock();
        if let Some(code) = state.refusals.get(&read.record.terminal.sequence) {
            return RecordAnswer::Refused { problem: Problem::new(*code, "", Language::Zh) };
        }
        if state.envelopes.contains_key(&read.id) {
            return RecordAnswer::Identical { record: read.id };
        }
        let place = (read.record.terminal.id.clone(), read.record.terminal.sequence);
        if state.chain.get(&place).is_some_and(|there| *there != read.id) {
            return RecordAnswer::Refused { problem: Problem::new(ProblemCode::OtherRecordInPlace, "", Language::Zh) };
        }
        state.chain.insert(place, read.id);
        state.envelopes.insert(read.id, envelope.to_owned());
        state.log.append(envelope.as_bytes().to_vec());
        state.named.extend(read.record.blobs().into_iter().map(|blob| (blob.sha256, blob.bytes)));
        RecordAnswer::Stored { record: read.id }
    }

    fn delivery(&self, id: Sha256) -> DeliveryState {
        let mut state = self.lock();
        let Some(envelope) = state.envelopes.get(&id).cloned() else { return DeliveryState::Unknown };
        let (_, read) = read_record(envelope.as_bytes()).unwrap();
        let blobs = read.record.blobs();
        let missing: Vec<_> = blobs.iter().map(|blob| blob.sha256).filter(|hash| !state.blobs.contains(hash)).collect();
        if !missing.is_empty() {
            return DeliveryState::Pending { missing };
        }
        if !state.receipts.contains_key(&id) {
            let delivered = Delivered {
                site: self.root.site.clone(),
                record: id,
                envelope: Sha256::of(envelope.as_bytes()),
                blobs,
                stored_at: TimestampMs(state.seconds as i64 * 1000),
            };
            let leaf = delivered.sign(&[&self.service]).unwrap().to_bytes();
            let index = state.log.append(leaf.clone());
            state.receipts.insert(id, (String::from_utf8(leaf).unwrap(), index));
        }
        let (delivered, index) = state.receipts[&id].clone();
        let receipt = self.receipt(&state, index);
        DeliveryState::Delivered { delivered, receipt }
    }
}
