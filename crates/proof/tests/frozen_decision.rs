//! Frozen bytes of what came after version 1 of the record: a decision, a witness's statement and a cosigned checkpoint, which
//! must verify for ever. They were signed with `openssl`, not with this crate.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use xunjian_proof::{
    Sha256,
    decision::{Decision, DecisionError, verify_decision},
    dsse::Envelope,
    keyring::Keyring,
    note::SignedCheckpoint,
    statement::{SiteRoot, Statement as _},
};

const ROOT: &str = include_str!("vectors/v1/site-root.json");
const KEYS: [&[u8]; 4] = [
    include_bytes!("vectors/v1/key-statements/log.json"),
    include_bytes!("vectors/v1/key-statements/terminal.json"),
    include_bytes!("vectors/decision-v1/reviewer.json"),
    include_bytes!("vectors/decision-v1/witness.json"),
];
const DECISION: &[u8] = include_bytes!("vectors/decision-v1/decision.json");
const NOTE: &str = include_str!("vectors/decision-v1/cosigned.note");

const DECISION_SHA256: &str = "40b0b501dc0b9c301929bc9bb49914703281722f7881bcaf60bb7807aefa77a4";

fn keyring() -> Keyring {
    let root: SiteRoot = serde_json::from_str(ROOT).unwrap();
    let mut keyring = Keyring::new(root, None).unwrap();
    for bytes in KEYS {
        keyring.admit(&Envelope::from_bytes(bytes).unwrap()).unwrap();
    }
    keyring
}

#[test]
fn the_decision_verifies_for_ever() {
    assert_eq!(Sha256::of(DECISION).to_hex(), DECISION_SHA256, "the bytes of its envelope");
    let envelope = Envelope::from_bytes(DECISION).unwrap();
    let keyring = keyring();
    let (decision, person) = verify_decision(&envelope, &keyring).unwrap();
    assert_eq!((decision.candidates.len(), person.holder_name.as_str()), (2, "陈监理"));
    assert_eq!(decision.counts, Some(decision.candidates[1].record));
    let payload = envelope.payload_of(Decision::PAYLOAD_TYPE).unwrap();
    assert_eq!(xunjian_proof::jcs::to_bytes(&decision).unwrap(), payload, "and today's types spell it the same");
}

#[test]
fn every_flipped_byte_of_the_decision_is_noticed() {
    let keyring = keyring();
    for at in 0..DECISION.len() {
        let mut changed = DECISION.to_vec();
        changed[at] ^= 1;
        let read = Envelope::from_bytes(&changed).map_err(DecisionError::from);
        assert!(read.and_then(|envelope| verify_decision(&envelope, &keyring)).is_err(), "byte {at}");
    }
}

#[test]
fn the_cosigned_checkpoint_verifies_for_ever() {
    let keyring = keyring();
    let note = SignedCheckpoint::parse(NOTE).unwrap();
    keyring.verify_checkpoint(&note).unwrap();
    let found = keyring.cosignatures(&note);
    let cosigned: Vec<(&str, u64)> =
        found.valid.iter().map(|one| (one.statement.holder_name.as_str(), one.seconds)).collect();
    assert_eq!(cosigned, [("平板A", 1_792_086_400), ("witness.example/gz-vector", 1_792_090_000)]);
    assert_eq!(found.first_outside().expect("监理方 stands behind it").seconds, 1_792_090_000);
    assert!(found.wrong.is_empty() && found.unknown.is_empty());
    assert_eq!(note.to_string(), NOTE);
}
