//! The people and machines of the stories: a site that serves, and a terminal that li_inspector enrolled.

use std::{path::PathBuf, sync::Arc};

use data_encoding::BASE64;
use reqwest::{Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tempfile::TempDir;
use xunjian_central::{
    clock, enrol, http,
    integrity::{fsck, verify_all},
    keys, ledger,
    log::COMMAND_LINE,
    round::{self, NewRound, OpenedRound},
    site::{NewSite, Site},
};
use xunjian_domain::{
    ids::{PartyId, SiteId},
    party::{PartyKind, Role},
    plan::{PlannedVisit, VisitKind},
    round::RoundKind,
};
use xunjian_ledger::import::SourceFile;
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    record::Record,
    statement::PartyRef,
    suite::{Ed25519Signer, Signer as _},
};
use xunjian_protocol::{
    enrol::{EnrolAnswer, EnrolRequest, possession_message},
    package::WorkPackage,
    path,
    problem::Problem,
    record::{DeliveryState, ReceiptsAnswer, RecordAnswer, SubmitAnswer},
    session::{Challenge, Session, session_message},
};
use xunjian_testkit::sealed::Sealer;

/// A site in a folder of its own, without a ledger.
pub fn empty_site() -> (TempDir, Site) {
    let folder = TempDir::new().expect("a temporary folder");
    let site = Site::init(&folder.path().join("data"), &folder.path().join("root"), &new_site()).expect("a site");
    (folder, site)
}

/// Nothing in the log, the tables or the files is other than what was signed.
pub fn whole(central: &Central) {
    assert_eq!(fsck(&central.site).expect("it can be read").damages, []);
    assert_eq!(verify_all(&central.site).expect("it can be read").damages, []);
}

/// A serving site in a folder of its own.
pub struct Central {
    pub site: Arc<Site>,
    pub url: String,
    pub folder: TempDir,
    pub round: OpenedRound,
}

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ledgers").join(name)
}

pub fn source(name: &str) -> SourceFile {
    let bytes = std::fs::read(fixture(name)).expect("the fixture is in the repository");
    SourceFile { name: name.to_owned(), bytes }
}

pub fn new_site() -> NewSite {
    let party = |kind: PartyKind, id: &str| PartyRef { id: PartyId::new(id), kind, name: format!("某{}", kind.zh()) };
    NewSite {
        id: SiteId::new("gz-test"),
        name: "测试站点".into(),
        label_host: "xunjian.example".into(),
        service_desk: "020-12345".into(),
        parties: vec![party(PartyKind::Provider, "provider"), party(PartyKind::Manager, "manager")],
        root_keys: 2,
        threshold: 2,
    }
}

impl Central {
    /// A site with the Chinese ledger and an open round, serving on a free port of loopback.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (data, root) = (folder.path().join("data"), folder.path().join("root"));
        let site = Site::init(&data, &root, &new_site()).expect("a new site");
        for (name, role) in [("li_inspector", Role::Inspector), ("zhao_inspector", Role::Inspector)] {
            enrol::add_person(&site, COMMAND_LINE, name, &PartyId::new("provider"), &[role]).expect("a new person");
        }
        ledger::import(
            &site,
            COMMAND_LINE,
            &[source("ledger.xlsx"), source("netbox/virtual_machines.csv")],
            ledger::ImportMode::Careful,
        )
        .expect("an import");
        let new_round = NewRound {
            kind: RoundKind::Quarterly,
            quarter: "2026Q4".parse().expect("a quarter"),
            title: String::new(),
            due: round::Due::default(),
            exclusions: Vec::new(),
            left_out: Vec::new(),
            copy_from: None,
        };
        let round = round::open(&site, COMMAND_LINE, &new_round).expect("an open round");
        let site = Arc::new(site);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(http::serve(Arc::clone(&site), listener, std::future::pending()));
        Self { site, url, folder, round }
    }

    /// The root holder signs for everyone who waits, with both root keys.
    pub fn approve(&self) {
        let root: Vec<Ed25519Signer> = keys::files_in(&self.folder.path().join("root"))
            .expect("the root folder")
            .iter()
            .map(|file| keys::read(file).expect("a root key"))
            .collect();
        let requests = enrol::requests(&self.site).expect("requests");
        let statements = enrol::sign_requests(&requests, &root).expect("signatures");
        enrol::admit(&self.site, COMMAND_LINE, &statements).expect("both root keys signed");
    }

    pub fn visit(&self, kind: VisitKind) -> &PlannedVisit {
        self.round.visits.iter().find(|visit| visit.kind == kind).expect("the plan has every kind of visit")
    }

    pub fn plan_hash(&self) -> Sha256 {
        let (_, package) =
            xunjian_central::package::build(&self.site, xunjian_central::extras::Extras::default()).expect("a package");
        Sha256::of(package.rounds[0].plan.as_bytes())
    }
}

/// A terminal that speaks the protocol by hand.
pub struct Terminal {
    pub http: reqwest::Client,
    pub url: String,
    pub token: String,
    pub sealer: Sealer,
    pub enrolment: EnrolAnswer,
}

pub fn enrol_request(site: &SiteId, code: &str, terminal: &Ed25519Signer, person: &Ed25519Signer) -> EnrolRequest {
    let message = possession_message(site, code, &terminal.public_key().id(), &person.public_key().id());
    let prove = |key: &Ed25519Signer| BASE64.encode(&key.sign(&message).expect("keys in memory sign"));
    EnrolRequest {
        code: code.to_owned(),
        terminal_name: "平板A".into(),
        terminal_key: terminal.public_key(),
        person_key: person.public_key(),
        terminal_proof: prove(terminal),
        person_proof: prove(person),
    }
}

pub async fn post<T: Serialize>(http: &reqwest::Client, url: &str, token: &str, body: &T) -> Response {
    http.post(url).bearer_auth(token).json(body).send().await.expect("the service answers")
}

pub async fn problem(response: Response) -> Problem {
    assert!(!response.status().is_success(), "a problem was expected");
    assert_eq!(response.headers()["content-type"], path::PROBLEM_JSON);
    response.json().await.expect("a problem")
}

impl Terminal {
    /// Enrols for a person and opens a session; keys are made from `seed`.
    pub async fn enrol(central: &Central, person: &str, seed: u8) -> Self {
        let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, person).expect("a code");
        let (terminal_key, person_key) =
            (Ed25519Signer::from_seed(&[seed; 32]), Ed25519Signer::from_seed(&[seed + 1; 32]));
        let http = reqwest::Client::new();
        let site = central.site.settings.root.site.clone();
        let request = enrol_request(&site, &code, &terminal_key, &person_key);
        let answer = post(&http, &format!("{}{}", central.url, path::ENROL), "", &request).await;
        let enrolment: EnrolAnswer = answer.json().await.expect("an enrolment");
        let sealer = Sealer {
            site,
            person: (enrolment.person.clone(), person_key),
            person_name: enrolment.person_name.clone(),
            terminal: (enrolment.terminal.clone(), terminal_key),
            sequence: 0,
            previous: None,
            now: clock::now(),
        };
        let mut terminal = Self { http, url: central.url.clone(), token: String::new(), sealer, enrolment };
        terminal.open_session().await;
        // Keys are valid from the enrolment on; what is sealed afterwards is sealed later.
        terminal.sealer.now = clock::now();
        terminal
    }

    pub async fn open_session(&mut self) {
        let id = serde_json::json!({ "terminal": self.enrolment.terminal });
        let challenge: Challenge = self.call(path::CHALLENGE, &id).await;
        let signature =
            self.sealer.terminal.1.sign(&session_message(&self.sealer.site, &challenge.nonce)).expect("signs");
        let request = serde_json::json!({
            "terminal": self.enrolment.terminal, "nonce": challenge.nonce, "signature": BASE64.encode(&signature),
        });
        let session: Session = self.call(path::SESSION, &request).await;
        self.token = session.token;
    }

    pub async fn post(&self, method: &str, body: &impl Serialize) -> Response {
        post(&self.http, &format!("{}{method}", self.url), &self.token, body).await
    }

    pub async fn call<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize) -> T {
        let response = self.post(method, body).await;
        assert_eq!(response.status(), StatusCode::OK, "{method}");
        response.json().await.expect("the answer of the method")
    }

    pub async fn package(&self) -> WorkPackage {
        let url = format!("{}{}", self.url, path::WORK_PACKAGE);
        let response = self.http.get(url).bearer_auth(&self.token).send().await.expect("the service answers");
        response.json().await.expect("a package")
    }

    /// Seals the record of a visit, spoiled by `change` before it is signed.
    pub fn seals(
        &mut self,
        central: &Central,
        visit: &PlannedVisit,
        photos: &[&[u8]],
        change: impl FnOnce(&mut Record),
    ) -> (Sha256, Envelope) {
        let (_, ledger) = central.site.db.read(ledger::current).expect("a ledger").expect("an imported one");
        let plan = (&central.round.plan, central.plan_hash());
        let record = self.sealer.record(plan, visit, &ledger.assets, photos, change);
        let envelope = self.sealer.seal(&record);
        (Sha256::of(&envelope.payload().expect("base 64")), envelope)
    }

    pub async fn submits(&self, envelope: &[u8]) -> RecordAnswer {
        let text = String::from_utf8(envelope.to_vec()).expect("an envelope is text");
        let answer: SubmitAnswer = self.call(path::RECORDS, &serde_json::json!({ "envelopes": [text] })).await;
        answer.answers.into_iter().next().expect("an answer a record")
    }

    pub async fn delivery(&self, record: Sha256) -> DeliveryState {
        let answer: ReceiptsAnswer = self.call(path::RECEIPTS, &serde_json::json!({ "records": [record] })).await;
        answer.states.into_iter().next().expect("a state a record")
    }

    pub fn blob_url(&self, blob: &Sha256) -> String {
        format!("{}{}/{blob}", self.url, path::BLOBS)
    }

    pub async fn puts(&self, blob: &Sha256, bytes: &[u8]) -> Response {
        let request = self.http.put(self.blob_url(blob)).bearer_auth(&self.token).body(bytes.to_vec());
        request.send().await.expect("the service answers")
    }
}

pub fn refused(answer: RecordAnswer) -> Problem {
    match answer {
        RecordAnswer::Refused { problem } => problem,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

/// How many rows a table has, asked past the service.
pub fn rows(central: &Central, table: &str) -> i64 {
    let file = central.site.folder().join("central.db");
    let connection = rusqlite::Connection::open(file).expect("the database");
    connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).expect("a count")
}

pub fn set(central: &Central, statement: &str, value: &dyn rusqlite::ToSql) {
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).expect("the database");
    let changed = connection.execute(statement, [value]).expect("the statement");
    assert!(changed > 0, "the test changed nothing: {statement}");
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}
