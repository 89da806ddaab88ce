//! A tablet that seals and sends without a pause: real keys, real records, the protocol by hand. It remembers every word that
//! the service ever gave it, so that a service that was killed can be held to all of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use data_encoding::BASE64;
use reqwest::{Client, Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use xunjian_domain::{
    ledger::{LedgerChunk, LedgerEntry, LedgerManifest},
    plan::{Plan, PlannedVisit, VisitKind},
    time::TimestampMs,
};
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    note::SignedCheckpoint,
    receipt::Receipt,
    record::Amends,
    statement::{PlanStatement, Statement as _},
    suite::{Ed25519Signer, Signer as _},
    verification,
};
use xunjian_protocol::{
    blob::{BlobState, HaveAnswer},
    enrol::{EnrolAnswer, possession_message},
    hello::Hello,
    log::ConsistencyAnswer,
    package::WorkPackage,
    path,
    record::{DeliveryState, ReceiptsAnswer, RecordAnswer, SubmitAnswer},
    session::{Challenge, Session, session_message},
};
use xunjian_testkit::sealed::Sealer;

/// Nobody answered, or not to the end: what a kill looks like from here.
#[derive(Debug)]
pub struct Broken(#[expect(dead_code, reason = "shown when a test fails")] String);

/// One sealed record and what the service said of it.
struct Made {
    envelope: String,
    photos: Vec<Vec<u8>>,
    is_acknowledged: bool,
    /// The statement and the receipts that came for it.
    delivered: Option<(String, Vec<String>)>,
}

/// What it walks, again and again: each record corrects the one before.
struct Work {
    plan: Plan,
    plan_sha256: Sha256,
    visit: PlannedVisit,
    assets: Vec<LedgerEntry>,
    keyring: Keyring,
}

pub struct Tablet {
    http: Client,
    url: String,
    token: String,
    number: usize,
    sealer: Sealer,
    random: fastrand::Rng,
    work: Option<Work>,
    made: BTreeMap<u64, (Sha256, Made)>,
    /// States of the log, as they were seen.
    seen: BTreeMap<u64, Sha256>,
    /// Requests of all tablets that wait for their answer.
    under_way: Arc<AtomicUsize>,
}

/// One request that waits for its answer.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn begins(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the service's own clock runs, too")]
fn now() -> TimestampMs {
    TimestampMs(jiff::Timestamp::now().as_millisecond())
}

impl Tablet {
    pub async fn enrols(url: &str, code: &str, seed: u64, number: usize, under_way: Arc<AtomicUsize>) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut key = || {
            let mut seed = [0; 32];
            random.fill(&mut seed);
            Ed25519Signer::from_seed(&seed)
        };
        let (terminal, person) = (key(), key());
        let http = Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
        let hello: Hello = http.get(format!("{url}{}", path::HELLO)).send().await.unwrap().json().await.unwrap();
        let site = xunjian_domain::ids::SiteId::new(hello.site);
        let message = possession_message(&site, code, &terminal.public_key().id(), &person.public_key().id());
        let prove = |key: &Ed25519Signer| BASE64.encode(&key.sign(&message).expect("keys in memory sign"));
        let request = json!({
            "code": code, "terminal_name": format!("平板{number}"),
            "terminal_key": terminal.public_key(), "person_key": person.public_key(),
            "terminal_proof": prove(&terminal), "person_proof": prove(&person),
        });
        let answer = http.post(format!("{url}{}", path::ENROL)).json(&request).send().await.expect("an answer");
        let enrolled: EnrolAnswer = answer.json().await.expect("enrolled");
        let sealer = Sealer {
            site,
            person: (enrolled.person, person),
            person_name: enrolled.person_name,
            terminal: (enrolled.terminal, terminal),
            sequence: 0,
            previous: None,
            now: now(),
        };
        let (made, seen) = (BTreeMap::new(), BTreeMap::new());
        let (url, token) = (url.to_owned(), String::new());
        Self { http, url, token, number, sealer, random, work: None, made, seen, under_way }
    }

    /// Pulls its work; the tablets share the racks between them.
    pub async fn pulls(&mut self) {
        self.opens_session().await.expect("a session");
        let package: WorkPackage = self.asks(Method::GET, path::WORK_PACKAGE, &()).await.expect("the package");
        let mut keyring = Keyring::new(package.site_root.clone(), None).expect("the root");
        for statement in &package.key_statements {
            keyring.admit(&Envelope::from_bytes(statement.as_bytes()).unwrap()).expect("a key statement");
        }
        let envelope = package.rounds[0].plan.as_bytes();
        let plan = PlanStatement::read(&Envelope::from_bytes(envelope).unwrap()).expect("a plan").plan;
        let mut racks = Vec::new();
        for visit in &plan.visits {
            let visit: PlannedVisit = self.chunk(&visit.sha256).await;
            if visit.kind == VisitKind::Rack {
                racks.push(visit);
            }
        }
        let visit = racks.swap_remove(self.number % racks.len());
        let ledger: LedgerManifest = self.chunk(&plan.ledger.sha256).await;
        let key = format!("rack/{}", visit.subject.id);
        let part = ledger.chunks.iter().find(|part| part.key == key).expect("the rack's part of the ledger");
        let LedgerChunk::Rack { assets, .. } = self.chunk(&part.sha256).await else { panic!("no rack: {key}") };
        self.work = Some(Work { plan, plan_sha256: Sha256::of(envelope), visit, assets, keyring });
    }

    async fn chunk<T: DeserializeOwned>(&self, sha256: &Sha256) -> T {
        self.asks(Method::GET, &format!("{}/{sha256}", path::CHUNKS), &()).await.expect("a chunk")
    }

    /// The service is elsewhere now. Every state of the log that was seen must be a part of what it shows.
    pub async fn meets(&mut self, url: &str) -> Result<(), Broken> {
        url.clone_into(&mut self.url);
        self.opens_session().await?;
        let newest = self.seen.last_key_value().map(|(size, _)| *size);
        if let Some(newest) = newest {
            self.log_only_grew(newest).await?;
        }
        Ok(())
    }

    /// Seals a record or two and brings them in; then asks again for something older.
    pub async fn works(&mut self) -> Result<(), Broken> {
        for _ in 0..self.random.u32(1..3) {
            self.seals();
        }
        self.brings().await
    }

    fn seals(&mut self) {
        let work = self.work.as_ref().expect("pulled");
        self.sealer.now = now();
        let size = self.random.usize(2_000..120_000);
        let photo: Vec<u8> = std::iter::repeat_with(|| self.random.u8(..)).take(size).collect();
        let (revision, before) = (self.sealer.sequence + 1, self.sealer.previous);
        let plan = (&work.plan, work.plan_sha256);
        let record = self.sealer.record(plan, &work.visit, &work.assets, &[&photo], |record| {
            record.visit.revision = u32::try_from(revision).expect("few records");
            record.amends = before.map(|record| Amends { record, returned_by: None, reason: "复查后更正".into() });
        });
        let envelope = self.sealer.seal(&record);
        let id = Sha256::of(&envelope.payload().expect("base 64"));
        let envelope = String::from_utf8(envelope.to_bytes()).expect("an envelope is text");
        let made = Made { envelope, photos: vec![photo], is_acknowledged: false, delivered: None };
        self.made.insert(revision, (id, made));
    }

    /// Everything that has no receipt: records, photos, receipts, and the newest state of the log.
    async fn brings(&mut self) -> Result<(), Broken> {
        let unanswered: Vec<u64> =
            self.made.iter().filter(|(_, (_, made))| !made.is_acknowledged).map(|(place, _)| *place).take(50).collect();
        let envelopes: Vec<&str> = unanswered.iter().map(|place| self.made[place].1.envelope.as_str()).collect();
        if !envelopes.is_empty() {
            let answer: SubmitAnswer = self.posts(path::RECORDS, &json!({ "envelopes": envelopes })).await?;
            for (place, answer) in unanswered.iter().zip(answer.answers) {
                let (id, made) = self.made.get_mut(place).expect("made here");
                match answer {
                    RecordAnswer::Stored { record } | RecordAnswer::Identical { record } => assert_eq!(record, *id),
                    RecordAnswer::Refused { problem } => panic!("record {place} is refused: {problem}"),
                }
                made.is_acknowledged = true;
            }
        }
        let open: Vec<u64> =
            self.made.iter().filter(|(_, (_, made))| made.delivered.is_none()).map(|(place, _)| *place).collect();
        for place in &open {
            let photos = self.made[place].1.photos.clone();
            for photo in photos {
                self.sends(&photo).await?;
            }
        }
        self.collects(&open).await?;
        let newest: ConsistencyAnswer = self.posts(path::CONSISTENCY, &json!({ "from": 0 })).await?;
        let state = SignedCheckpoint::parse(&newest.checkpoint).expect("a checkpoint").checkpoint;
        let known = self.seen.insert(state.size, state.root);
        assert!(known.is_none_or(|root| root == state.root), "two states of the log of {} leaves", state.size);
        Ok(())
    }

    async fn sends(&mut self, photo: &[u8]) -> Result<(), Broken> {
        let name = Sha256::of(photo);
        let have: HaveAnswer = self.posts(path::BLOBS_HAVE, &json!({ "blobs": [name] })).await?;
        let offset = match have.states[0] {
            BlobState::Stored => return Ok(()),
            BlobState::Partial { offset } => usize::try_from(offset).expect("small"),
            BlobState::NotNamed => panic!("the service has forgotten the record of {name}"),
        };
        let _one = UnderWay::begins(&self.under_way);
        let method = if offset == 0 { Method::PUT } else { Method::PATCH };
        let request = self
            .http
            .request(method, format!("{}{}/{name}", self.url, path::BLOBS))
            .bearer_auth(&self.token)
            .header(path::UPLOAD_OFFSET, offset)
            .body(photo[offset..].to_vec());
        let answer = request.send().await.map_err(|error| Broken(error.to_string()))?;
        // 409.2: the request of before the kill is not quite over; the next pass asks again.
        assert!(matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::CONFLICT), "{answer:?}");
        Ok(())
    }

    async fn collects(&mut self, places: &[u64]) -> Result<(), Broken> {
        for places in places.chunks(path::MAX_BATCH) {
            let records: Vec<Sha256> = places.iter().map(|place| self.made[place].0).collect();
            let answer: ReceiptsAnswer = self.posts(path::RECEIPTS, &json!({ "records": records })).await?;
            for (place, state) in places.iter().zip(answer.states) {
                let (id, made) = self.made.get_mut(place).expect("made here");
                let DeliveryState::Delivered { delivered, receipt } = state else { continue };
                let statement = xunjian_proof::statement::Delivered::read(
                    &Envelope::from_bytes(delivered.as_bytes()).expect("an envelope"),
                );
                assert_eq!(statement.expect("a statement").record, *id, "the statement of this record");
                let (known, receipts) = made.delivered.get_or_insert_with(|| (delivered.clone(), Vec::new()));
                assert_eq!(*known, delivered, "delivered once, and said once");
                receipts.push(receipt);
            }
        }
        Ok(())
    }

    /// Records that the service had acknowledged and does not have any more.
    pub async fn lost(&mut self) -> Vec<String> {
        let mut lost = Vec::new();
        for (id, made) in self.made.values().filter(|(_, made)| made.is_acknowledged) {
            let answer: ReceiptsAnswer =
                self.posts(path::RECEIPTS, &json!({ "records": [id] })).await.expect("an answer");
            let is_there = match (&answer.states[0], &made.delivered) {
                (DeliveryState::Unknown, _) | (DeliveryState::Pending { .. }, Some(_)) => false,
                (DeliveryState::Pending { .. }, None) | (DeliveryState::Delivered { .. }, _) => true,
            };
            if !is_there {
                lost.push(format!("{id}: {:?}", answer.states[0]));
            }
        }
        lost
    }

    pub async fn brings_everything(&mut self) {
        for _ in 0..100 {
            self.brings().await.expect("nobody kills the service any more");
            if self.made.values().all(|(_, made)| made.delivered.is_some()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("some record never gets its receipt");
    }

    /// Every receipt ever given verifies, every state ever seen is a prefix of the newest, and a statement is never made twice.
    pub async fn checks_every_promise(&mut self) {
        let places: Vec<u64> = self.made.keys().copied().collect();
        self.collects(&places).await.expect("an answer");
        let work = self.work.as_ref().expect("pulled");
        for (_, made) in self.made.values() {
            let bytes = made.envelope.as_bytes();
            let verified = verification::verify_record(bytes, &work.keyring).expect("the record verifies");
            let (delivered, receipts) = made.delivered.as_ref().expect("delivered");
            for receipt in receipts {
                let receipt = Receipt::parse(receipt).expect("a receipt");
                let hash = Sha256::of(bytes);
                verification::verify_receipt(&verified, hash, delivered.as_bytes(), &receipt, &work.keyring)
                    .expect("a receipt holds for ever");
            }
        }
        let sizes: Vec<u64> = self.seen.keys().copied().collect();
        for size in sizes {
            self.log_only_grew(size).await.expect("an answer");
        }
    }

    async fn log_only_grew(&self, size: u64) -> Result<(), Broken> {
        let root = self.seen[&size];
        let answer: ConsistencyAnswer = self.posts(path::CONSISTENCY, &json!({ "from": size })).await?;
        let state = SignedCheckpoint::parse(&answer.checkpoint).expect("a checkpoint").checkpoint;
        merkle::verify_consistency(size, &root, state.size, &state.root, &answer.proof)
            .unwrap_or_else(|error| panic!("the log of {} leaves forgot its state of {size}: {error}", state.size));
        Ok(())
    }

    pub fn made(&self) -> usize {
        self.made.len()
    }

    pub fn unanswered(&self) -> usize {
        self.made.values().filter(|(_, made)| !made.is_acknowledged).count()
    }

    pub fn photos(&self) -> usize {
        self.made.values().map(|(_, made)| made.photos.len()).sum()
    }

    async fn opens_session(&mut self) -> Result<(), Broken> {
        let terminal = self.sealer.terminal.0.clone();
        let challenge: Challenge = self.posts(path::CHALLENGE, &json!({ "terminal": terminal })).await?;
        let message = session_message(&self.sealer.site, &challenge.nonce);
        let signature = BASE64.encode(&self.sealer.terminal.1.sign(&message).expect("keys in memory sign"));
        let request = json!({ "terminal": terminal, "nonce": challenge.nonce, "signature": signature });
        let session: Session = self.posts(path::SESSION, &request).await?;
        self.token = session.token;
        Ok(())
    }

    async fn posts<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize) -> Result<T, Broken> {
        self.asks(Method::POST, method, body).await
    }

    async fn asks<T: DeserializeOwned>(&self, method: Method, path: &str, body: &impl Serialize) -> Result<T, Broken> {
        let _one = UnderWay::begins(&self.under_way);
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        let answer = request.send().await.map_err(|error| Broken(error.to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| Broken(error.to_string()))?;
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
        Ok(serde_json::from_slice(&bytes).expect("the answer of the method"))
    }
}
