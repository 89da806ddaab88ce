//! Frozen bytes: a signed record, its delivery and its receipt, made once, that must verify for ever. If one of these tests
//! fails, the change breaks records that people have already signed: make a new payload type instead.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    receipt::Receipt,
    record::Record,
    statement::{HolderKind, SiteRoot, Statement as _},
    verification,
};

const ROOT: &str = include_str!("vectors/v1/site-root.json");
const KEYS: [&[u8]; 5] = [
    include_bytes!("vectors/v1/key-statements/inspector.json"),
    include_bytes!("vectors/v1/key-statements/terminal.json"),
    include_bytes!("vectors/v1/key-statements/service.json"),
    include_bytes!("vectors/v1/key-statements/log.json"),
    include_bytes!("vectors/v1/key-statements/clock.json"),
];
const ENVELOPE: &[u8] = include_bytes!("vectors/v1/envelope.json");
const RECORD: &[u8] = include_bytes!("vectors/v1/record.json");
const DELIVERED: &[u8] = include_bytes!("vectors/v1/delivered.json");
const RECEIPT: &str = include_str!("vectors/v1/receipt.tlog-proof");

/// The names of the frozen things.
const ROOT_FINGERPRINT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";
const RECORD_ID: &str = "9d71d177ce74007835bf7e42fba973d0a5291a0858adc384cdd02b3e7b4fdae1";
const ENVELOPE_SHA256: &str = "9b5ee9090201f08ccb5db8b656c8c1d5268e3445b896c521eabce1f60321b41c";
const DELIVERED_LEAF: &str = "9b4a91fb7d351a090cc33a61f958dc8fa3447327e17764ee1e83ddd0fe0e0a34";

fn keyring() -> Keyring {
    let root: SiteRoot = serde_json::from_str(ROOT).unwrap();
    let mut keyring = Keyring::new(root, Some(ROOT_FINGERPRINT.parse().unwrap())).unwrap();
    for bytes in KEYS {
        keyring.admit(&Envelope::from_bytes(bytes).unwrap()).unwrap();
    }
    keyring
}

#[test]
fn the_record_of_version_1_verifies_for_ever() {
    assert_eq!(Sha256::of(RECORD).to_hex(), RECORD_ID, "the bytes of the record");
    assert_eq!(Sha256::of(ENVELOPE).to_hex(), ENVELOPE_SHA256, "the bytes of its envelope");
    let verified = verification::verify_record(ENVELOPE, &keyring()).unwrap();
    assert_eq!(verified.id.to_hex(), RECORD_ID);
    assert_eq!(xunjian_proof::jcs::to_bytes(&verified.record).unwrap(), RECORD, "and today's types spell it the same");
    let receipt = Receipt::parse(RECEIPT).unwrap();
    verification::verify_receipt(&verified, Sha256::of(ENVELOPE), DELIVERED, &receipt, &keyring()).unwrap();
    assert_eq!(merkle::leaf_hash(DELIVERED).to_hex(), DELIVERED_LEAF);
}

#[test]
fn the_vector_fills_every_field_that_version_1_has() {
    let record: Record = Record::read(&Envelope::from_bytes(ENVELOPE).unwrap()).unwrap();
    let json = serde_json::to_value(&record).unwrap();
    let mut empty = Vec::new();
    find_empty(&json, "record", &mut empty);
    // An amendment names its record, so the first revision of a visit cannot fill these.
    empty.retain(|path| !["record.amends", "record.terminal.previous"].contains(&path.as_str()));
    assert_eq!(empty, Vec::<String>::new(), "a field nobody fills is a field nobody froze");
}

/// Fields that are null or an empty list everywhere in the document.
fn find_empty(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                find_empty(value, &format!("{path}.{name}"), found);
            }
        }
        Value::Array(items) if items.is_empty() => found.push(path.to_owned()),
        Value::Null => found.push(path.to_owned()),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            // A field of a list's items counts as filled when one item fills it.
            let mut missing: Option<Vec<String>> = None;
            for item in items {
                let mut here = Vec::new();
                find_empty(item, &format!("{path}[]"), &mut here);
                missing = Some(match missing {
                    None => here,
                    Some(before) => before.into_iter().filter(|name| here.contains(name)).collect(),
                });
            }
            found.extend(missing.unwrap_or_default());
        }
        _ => {}
    }
}

#[test]
fn every_flipped_byte_of_envelope_delivery_and_receipt_is_noticed() {
    let keyring = keyring();
    let check = |envelope: &[u8], delivered: &[u8], receipt: &str| -> Result<(), String> {
        let verified = verification::verify_record(envelope, &keyring).map_err(|failure| failure.to_string())?;
        let receipt = Receipt::parse(receipt).map_err(|error| error.to_string())?;
        verification::verify_receipt(&verified, Sha256::of(envelope), delivered, &receipt, &keyring)
            .map(|_| ())
            .map_err(|failure| failure.to_string())
    };
    assert_eq!(check(ENVELOPE, DELIVERED, RECEIPT), Ok(()));
    // Every seventh byte of the large envelope, every one in `make soak`; every byte of the small documents.
    let step = if std::env::var_os("XUNJIAN_SOAK").is_some() { 1 } else { 7 };
    for at in (0..ENVELOPE.len()).step_by(step) {
        let mut changed = ENVELOPE.to_vec();
        changed[at] ^= 1;
        assert!(check(&changed, DELIVERED, RECEIPT).is_err(), "byte {at} of the envelope");
    }
    for at in 0..DELIVERED.len() {
        let mut changed = DELIVERED.to_vec();
        changed[at] ^= 1;
        assert!(check(ENVELOPE, &changed, RECEIPT).is_err(), "byte {at} of the delivery");
    }
    for at in 0..RECEIPT.len() {
        let mut changed = RECEIPT.as_bytes().to_vec();
        changed[at] ^= 1;
        if let Ok(changed) = std::str::from_utf8(&changed) {
            assert!(check(ENVELOPE, DELIVERED, changed).is_err(), "byte {at} of the receipt");
        }
    }
}

#[test]
fn the_vector_has_every_kind_of_key_and_one_of_each_holder() {
    let keyring = keyring();
    for kind in [HolderKind::Person, HolderKind::Terminal, HolderKind::Service, HolderKind::Log, HolderKind::Clock] {
        assert!(keyring.statements().any(|statement| statement.holder_kind == kind), "{kind:?}");
    }
}
