//! Who else signs the log's states: terminals at each comparison, witnesses by file, and what contradicts the log.

use xunjian_central::{clock, cosign, enrol, integrity::fsck, keys, log::COMMAND_LINE};
use xunjian_domain::{ids::PartyId, plan::VisitKind};
use xunjian_field::{Enrolment, Field, SyncOptions, http::HttpClient, keys::Passphrase};
use xunjian_proof::{
    Sha256,
    cosigner::terminal_name,
    note::{Checkpoint, SignedCheckpoint},
    receipt::Receipt,
    statement::KeyStatement,
    suite::{Ed25519Signer, Signer as _},
    verification,
    witness::{WitnessApplication, WitnessState},
};
use xunjian_protocol::{
    hello::Hello,
    log::{ConsistencyAnswer, CosignatureAnswer, CosignatureOutcome},
    path,
    problem::ProblemCode,
    record::DeliveryState,
};

use super::party::{Central, Terminal, problem, rows};

fn seconds() -> u64 {
    u64::try_from(clock::now().0 / 1000).unwrap()
}

/// The newest checkpoint, as a terminal gets it.
async fn newest(terminal: &Terminal) -> SignedCheckpoint {
    let answer: ConsistencyAnswer = terminal.call(path::CONSISTENCY, &serde_json::json!({ "from": 0 })).await;
    SignedCheckpoint::parse(&answer.checkpoint).unwrap()
}

fn cosigned(terminal: &Terminal, mut note: SignedCheckpoint, seconds: u64) -> serde_json::Value {
    let name = terminal_name(&note.checkpoint.origin, &terminal.enrolment.terminal);
    note.cosign(&name, seconds, &terminal.sealer.terminal.1).unwrap();
    serde_json::json!({ "checkpoint": note.to_string() })
}

async fn hands_over(terminal: &Terminal, note: SignedCheckpoint, seconds: u64) -> CosignatureOutcome {
    let answer: CosignatureAnswer = terminal.call(path::COSIGNATURES, &cosigned(terminal, note, seconds)).await;
    answer.outcome
}

async fn served(central: &Central) -> SignedCheckpoint {
    let text = reqwest::get(format!("{}{}", central.url, path::CHECKPOINT)).await.unwrap().text().await.unwrap();
    SignedCheckpoint::parse(&text).unwrap()
}

/// A witness of 管理方, vouched for by the root.
pub fn witness(central: &Central, name: &str, seed: u8) -> (WitnessState, Ed25519Signer) {
    let key = Ed25519Signer::from_seed(&[seed; 32]);
    let root = central.site.settings.root.clone();
    let application = WitnessApplication::new(&root.site, name, &key).unwrap();
    cosign::apply(&central.site, COMMAND_LINE, &application, &PartyId::new("manager")).unwrap();
    (WitnessState::new(root, name, key.public_key()).unwrap(), key)
}

/// The witness cosigns the newest state; its answer as text.
pub fn cosigns(central: &Central, (state, key): &mut (WitnessState, Ed25519Signer)) -> String {
    let since = state.last().unwrap().map_or(0, |note| note.checkpoint.size);
    let request = cosign::request(&central.site, since).unwrap();
    let (next, mut note) = state.advance(&request, seconds()).unwrap();
    note.cosign(&state.name, next.last_seconds, key).unwrap();
    *state = next;
    note.to_string()
}

#[tokio::test]
async fn a_terminal_cosigns_what_it_verified_and_the_checkpoint_carries_it() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let hello: Hello = reqwest::get(format!("{}{}", central.url, path::HELLO)).await.unwrap().json().await.unwrap();
    assert!(hello.capabilities.iter().any(|word| word == path::TAKES_COSIGNATURES));
    let note = newest(&terminal).await;
    assert_eq!(hands_over(&terminal, note.clone(), seconds()).await, CosignatureOutcome::Stored);
    assert_eq!(hands_over(&terminal, note.clone(), seconds()).await, CosignatureOutcome::Known, "once each");
    assert_eq!(rows(&central, "cosignature"), 1);
    let served = served(&central).await;
    assert_eq!(served.checkpoint, note.checkpoint, "a cosignature is no leaf: the log stays as it is");
    let keyring = central.site.db.read(|sql| central.site.keyring(sql)).unwrap();
    let found = keyring.cosignatures(&served);
    let names: Vec<&str> = found.valid.iter().map(|one| one.statement.holder_name.as_str()).collect();
    assert!(names.contains(&"平板A") && found.wrong.is_empty() && found.unknown.is_empty(), "{names:?}");
    assert!(found.first_outside().is_none(), "a tablet of 服务方 is under its control");
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn a_cosignature_that_does_not_count_is_refused() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let other = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let note = newest(&terminal).await;
    let waits = terminal.post(path::COSIGNATURES, &cosigned(&terminal, note.clone(), seconds())).await;
    assert_eq!(problem(waits).await.code, ProblemCode::KeyNotApproved);
    central.approve();
    let foreign = terminal.post(path::COSIGNATURES, &cosigned(&other, note.clone(), seconds())).await;
    assert_eq!(problem(foreign).await.code, ProblemCode::Malformed, "nobody hands over for another");
    let unsigned = Checkpoint { size: 1, ..note.checkpoint.clone() }.sign(&Ed25519Signer::from_seed(&[9; 32])).unwrap();
    let unsigned = terminal.post(path::COSIGNATURES, &cosigned(&terminal, unsigned, seconds())).await;
    assert_eq!(problem(unsigned).await.code, ProblemCode::Malformed, "the log did not sign it");
    let nobody = reqwest::Client::new().post(format!("{}{}", central.url, path::COSIGNATURES));
    let nobody = nobody.json(&cosigned(&terminal, note, seconds())).send().await.unwrap();
    assert_eq!(problem(nobody).await.code, ProblemCode::NoSession);
    let root: Vec<_> = keys::files_in(&central.folder.path().join("root")).unwrap();
    let root: Vec<_> = root.iter().map(|file| keys::read(file).unwrap()).collect();
    let key = terminal.sealer.terminal.1.public_key().id();
    enrol::revoke(&central.site, COMMAND_LINE, &key, "平板遗失", &root).unwrap();
    let revoked = terminal.post(path::COSIGNATURES, &cosigned(&terminal, newest(&terminal).await, seconds())).await;
    assert_eq!(problem(revoked).await.code, ProblemCode::TerminalRevoked);
    assert_eq!(rows(&central, "cosignature"), 0);
}

#[tokio::test]
async fn a_clock_that_ran_backwards_or_far_ahead_is_not_believed() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let now = seconds();
    let first = newest(&terminal).await;
    assert_eq!(hands_over(&terminal, first.clone(), now + 2 * 86_400).await, CosignatureOutcome::TimeRefused);
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let second = newest(&terminal).await;
    assert_eq!(hands_over(&terminal, second.clone(), now).await, CosignatureOutcome::Stored);
    assert_eq!(
        hands_over(&terminal, first.clone(), now + 60).await,
        CosignatureOutcome::TimeRefused,
        "later than a larger state"
    );
    assert_eq!(hands_over(&terminal, first, now - 60).await, CosignatureOutcome::Stored);
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let third = newest(&terminal).await;
    assert_eq!(
        hands_over(&terminal, third, now - 1).await,
        CosignatureOutcome::TimeRefused,
        "earlier than a smaller state"
    );
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn another_history_signed_by_the_logs_own_key_is_kept_as_evidence_and_named() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let note = newest(&terminal).await;
    let other = Checkpoint { root: Sha256::of(b"another history"), ..note.checkpoint.clone() };
    let other = other.sign(&central.site.keys.log).unwrap();
    for _ in 0..2 {
        assert_eq!(hands_over(&terminal, other.clone(), seconds()).await, CosignatureOutcome::Contradicts);
    }
    assert_eq!(rows(&central, "log_contradiction"), 1);
    let damages = fsck(&central.site).unwrap().damages;
    assert_eq!(damages.len(), 1, "{damages:?}");
    assert_eq!((damages[0].part, damages[0].step.as_str()), ("log", "contradiction"));
}

#[tokio::test]
async fn a_witness_that_the_root_vouches_for_bounds_the_time_of_a_receipt() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    let bytes = envelope.to_bytes();
    terminal.submits(&bytes).await;
    let mut witness = witness(&central, "witness.example/gz", 70);
    let merely_sent = cosigns(&central, &mut witness);
    let refused = cosign::import(&central.site, COMMAND_LINE, &merely_sent).unwrap_err();
    assert!(refused.message().en.contains("vouches for"), "a key that is merely sent counts for nothing: {refused}");
    central.approve();
    let first = cosigns(&central, &mut witness);
    let imported = cosign::import(&central.site, COMMAND_LINE, &first).unwrap();
    assert_eq!(imported[0].outcome, CosignatureOutcome::Stored);
    let again = cosign::import(&central.site, COMMAND_LINE, &first).unwrap();
    assert_eq!(again[0].outcome, CosignatureOutcome::Known);
    // The log goes on, and is witnessed again: the receipt stays under the first state that somebody outside saw.
    let (_, next) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    terminal.submits(&next.to_bytes()).await;
    let second = cosigns(&central, &mut witness);
    cosign::import(&central.site, COMMAND_LINE, &second).unwrap();

    let DeliveryState::Delivered { delivered, receipt } = terminal.delivery(id).await else {
        panic!("it is delivered")
    };
    let receipt = Receipt::parse(&receipt).unwrap();
    assert_eq!(receipt.checkpoint.checkpoint, SignedCheckpoint::parse(&first).unwrap().checkpoint);
    let keyring = central.site.db.read(|sql| central.site.keyring(sql)).unwrap();
    let record = verification::verify_record(&bytes, &keyring).unwrap();
    verification::verify_receipt(&record, Sha256::of(&bytes), delivered.as_bytes(), &receipt, &keyring).unwrap();
    let found = keyring.cosignatures(&receipt.checkpoint);
    let outside = found.first_outside().expect("管理方 stands behind it");
    assert_eq!(outside.statement.holder, "witness.example/gz");
    let standings = cosign::cosigners(&central.site).unwrap();
    assert!(standings.iter().any(|one| one.is_outside && one.states == 2 && one.party.contains("管理方")));
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}

#[tokio::test]
async fn a_witness_proves_possession_and_takes_no_name_that_is_taken() {
    let central = Central::start().await;
    let root = &central.site.settings.root;
    let key = Ed25519Signer::from_seed(&[70; 32]);
    let application = WitnessApplication::new(&root.site, "witness.example/gz", &key).unwrap();
    let manager = PartyId::new("manager");
    let stolen = WitnessApplication { key: Ed25519Signer::from_seed(&[71; 32]).public_key(), ..application.clone() };
    assert!(cosign::apply(&central.site, COMMAND_LINE, &stolen, &manager).is_err());
    let own = WitnessApplication::new(&root.site, &format!("{}/clock", root.log_origin), &key).unwrap();
    assert!(cosign::apply(&central.site, COMMAND_LINE, &own, &manager).is_err(), "the log's own names are taken");
    let statement: KeyStatement = cosign::apply(&central.site, COMMAND_LINE, &application, &manager).unwrap();
    assert_eq!(statement.party.id, manager);
    central.approve();
    assert!(cosign::apply(&central.site, COMMAND_LINE, &application, &manager).is_err(), "one name, one key");
}

#[tokio::test]
async fn the_real_terminal_cosigns_at_each_comparison() {
    let central = Central::start().await;
    let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, "li_inspector").unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let field = Field::open(folder.path()).unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let enrolment = Enrolment {
        code: &code,
        terminal_name: "平板A",
        service_url: &central.url,
        root_fingerprint: None,
        passphrase: &passphrase,
    };
    let language = xunjian_domain::text::Language::En;
    let anonymous = HttpClient::anonymous(&central.url, language).unwrap();
    field.enrol(&anonymous, &enrolment).await.unwrap();
    let client = HttpClient::of(&field, &central.url, language).unwrap();
    field.pull(&client).await.expect("a terminal whose key waits for the root pulls all the same");
    assert_eq!(rows(&central, "cosignature"), 0, "what it signs counts once the root has said so");
    central.approve();
    field.pull(&client).await.unwrap();
    assert_eq!(rows(&central, "cosignature"), 1);
    field.pull(&client).await.unwrap();
    field.sync_now(&client, &SyncOptions::default()).await.unwrap();
    assert_eq!(rows(&central, "cosignature"), 1, "the same state is signed once");
    enrol::issue_code(&central.site, COMMAND_LINE, "zhao_inspector").unwrap();
    central.site.sequence().unwrap();
    field.pull(&client).await.unwrap();
    assert_eq!(rows(&central, "cosignature"), 2, "the log grew, and the next state is signed");
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}
