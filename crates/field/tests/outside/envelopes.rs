//! Envelopes, receipts and checkpoints: whatever comes as signed text.

use serde_json::Value;
use xunjian_domain::{
    hash::Sha256,
    ids::PartyId,
    party::{PartyKind, Role},
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    jcs,
    keyring::Keyring,
    note::SignedCheckpoint,
    receipt::Receipt,
    record::{MAX_RECORD_BYTES, Record},
    statement::{
        AdminAction, Countersignature, Delivered, HolderKind, KeyStatement, LabelPrints, PartyRef, PlanStatement,
        Revocation, RootKey, SiteRoot, Statement,
    },
    suite::{Ed25519Signer, Signer as _},
    verification::{VerifiedRecord, read_record, sealed_between, verify_receipt, verify_record},
};

use crate::{Entrance, most_memory};

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../../proof/tests/vectors/v1/", $name)).as_slice()
    };
}

const ROOT: &[u8] = vector!("site-root.json");
const KEYS: [&[u8]; 5] = [
    vector!("key-statements/inspector.json"),
    vector!("key-statements/terminal.json"),
    vector!("key-statements/service.json"),
    vector!("key-statements/log.json"),
    vector!("key-statements/clock.json"),
];
const ENVELOPE: &[u8] = vector!("envelope.json");
const RECORD: &[u8] = vector!("record.json");
const DELIVERED: &[u8] = vector!("delivered.json");
const RECEIPT: &[u8] = vector!("receipt.tlog-proof");

/// A keyring whose keys nobody here holds, and one whose keys sign whatever comes.
pub struct Envelopes {
    frozen: Keyring,
    record: VerifiedRecord,
    receipt: Receipt,
    ours: Keyring,
    inspector: Ed25519Signer,
    terminal: Ed25519Signer,
}

/// What an envelope of these bytes carries.
fn payload(bytes: &[u8]) -> Vec<u8> {
    Envelope::from_bytes(bytes).unwrap().payload().unwrap()
}

/// Our keys for the people and things of the frozen record.
fn our_keyring(record: &Record, inspector: &Ed25519Signer, terminal: &Ed25519Signer) -> Keyring {
    let root_key = Ed25519Signer::from_seed(&[61; 32]);
    let party = PartyRef { id: PartyId::new("manager"), kind: PartyKind::Manager, name: "管理方".into() };
    let root = SiteRoot {
        site: record.site.clone(),
        name: "广州演示".into(),
        log_origin: "gz.example/log".into(),
        threshold: 1,
        keys: vec![RootKey { key: root_key.public_key(), party: party.clone() }],
    };
    let mut keyring = Keyring::new(root, None).unwrap();
    let provider = PartyRef { id: PartyId::new("provider"), kind: PartyKind::Provider, name: "服务方".into() };
    for (signer, holder_kind, holder, holder_name, roles) in [
        (inspector, HolderKind::Person, record.inspector.id.as_str(), &*record.inspector.name, vec![Role::Inspector]),
        (terminal, HolderKind::Terminal, record.terminal.id.as_str(), "平板", Vec::new()),
    ] {
        let statement = KeyStatement {
            site: record.site.clone(),
            key: signer.public_key(),
            holder_kind,
            holder: holder.into(),
            holder_name: holder_name.into(),
            party: provider.clone(),
            roles,
            valid_from: TimestampMs(0),
            valid_until: None,
        };
        keyring.admit(&statement.sign(&[&root_key]).unwrap()).unwrap();
    }
    keyring
}

/// Without what says nothing: a field that is left out means the same as an empty one.
fn saying(value: &Value) -> Value {
    let says = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
    match value {
        Value::Array(items) => items.iter().map(saying).collect(),
        Value::Object(fields) => {
            fields.iter().filter(|(_, value)| says(value)).map(|(name, value)| (name.clone(), saying(value))).collect()
        }
        other => other.clone(),
    }
}

/// A statement that is read says all that its bytes say, and nothing else.
fn says_the_same<S: Statement>(statement: &S, bytes: &[u8]) {
    let written = jcs::to_bytes(statement).unwrap();
    let [written, read] = [&written, bytes].map(|bytes| saying(&serde_json::from_slice(bytes).unwrap()));
    assert_eq!(written, read, "{}", S::PAYLOAD_TYPE);
}

fn is_written_as_read<S: Statement>(envelope: &Envelope) {
    if let Ok(statement) = S::read(envelope) {
        says_the_same(&statement, &envelope.payload().unwrap());
    }
}

impl Envelopes {
    /// As a text that claims to be signed by the keys of the frozen site.
    fn take_text(&self, bytes: &[u8]) {
        let (read, memory) = most_memory(|| Envelope::from_bytes(bytes));
        assert!(memory <= 16 * bytes.len() + 16_384, "{memory} bytes for an envelope of {}", bytes.len());
        let Ok(envelope) = read else {
            assert!(verify_record(bytes, &self.frozen).is_err());
            return;
        };
        assert_eq!(envelope.to_bytes(), bytes, "one envelope, one sequence of bytes");
        is_written_as_read::<Record>(&envelope);
        is_written_as_read::<KeyStatement>(&envelope);
        is_written_as_read::<Revocation>(&envelope);
        is_written_as_read::<PlanStatement>(&envelope);
        is_written_as_read::<Delivered>(&envelope);
        is_written_as_read::<AdminAction>(&envelope);
        is_written_as_read::<Countersignature>(&envelope);
        is_written_as_read::<LabelPrints>(&envelope);
        if let Ok((_, read)) = read_record(bytes) {
            assert_eq!(read.id, Sha256::of(&envelope.payload().unwrap()), "a record is named by its bytes");
        }
        // Nobody here holds these keys, so nothing but what they signed may pass.
        if let Ok(verified) = verify_record(bytes, &self.frozen) {
            assert_eq!(envelope.payload().unwrap(), RECORD);
            assert_eq!(verified.id, self.record.id);
        }
        let named = Sha256::of(ENVELOPE);
        if verify_receipt(&self.record, named, bytes, &self.receipt, &self.frozen).is_ok() {
            assert_eq!(bytes, DELIVERED, "the log holds one statement at that place");
        }
        if self.frozen.clone().admit(&envelope).is_ok() {
            let payload = envelope.payload().unwrap();
            assert!(KEYS.iter().any(|known| crate::envelopes::payload(known) == payload), "the root never signed it");
        }
    }

    /// As the content of a record that the right keys sign: they cannot make it more than it is.
    fn take_content(&self, bytes: &[u8]) {
        let signed = Envelope::sign(Record::PAYLOAD_TYPE, bytes, &[&self.inspector, &self.terminal]).unwrap();
        let text = signed.to_bytes();
        let Ok(verified) = verify_record(&text, &self.ours) else { return };
        assert!(bytes.len() <= MAX_RECORD_BYTES);
        says_the_same(&verified.record, bytes);
        assert_eq!(verified.id, Sha256::of(bytes));
        let ours = [self.inspector.public_key().id(), self.terminal.public_key().id()];
        assert_eq!([&verified.record.inspector.key, &verified.record.terminal.key], [&ours[0], &ours[1]]);
        let between = sealed_between(&verified.record, None, &self.ours);
        assert!(between.latest.is_none(), "nobody said that it was delivered");
        assert!(verify_record(&text, &self.frozen).is_err(), "another site's keys");
    }

    /// As a receipt or a checkpoint.
    fn take_note(&self, text: &str) {
        if let Ok(checkpoint) = SignedCheckpoint::parse(text) {
            assert_eq!(checkpoint.to_string(), text, "a checkpoint has one spelling");
            if self.frozen.time_of(&checkpoint).is_ok() {
                assert_eq!(checkpoint.checkpoint, self.receipt.checkpoint.checkpoint, "the clock never signed it");
            }
        }
        let Ok(receipt) = Receipt::parse(text) else { return };
        assert_eq!(receipt.to_string(), text, "a receipt has one spelling");
        if self.frozen.verify_receipt(DELIVERED, &receipt).is_ok() {
            assert_eq!((receipt.index, &receipt.proof), (self.receipt.index, &self.receipt.proof));
            assert_eq!(receipt.checkpoint.checkpoint, self.receipt.checkpoint.checkpoint, "the log never signed it");
        }
    }
}

impl Entrance for Envelopes {
    fn open() -> Self {
        let root: SiteRoot = serde_json::from_slice(ROOT).unwrap();
        let mut frozen = Keyring::new(root, None).unwrap();
        for statement in KEYS {
            frozen.admit(&Envelope::from_bytes(statement).unwrap()).unwrap();
        }
        let record = verify_record(ENVELOPE, &frozen).unwrap();
        let receipt = Receipt::parse(std::str::from_utf8(RECEIPT).unwrap()).unwrap();
        let (inspector, terminal) = (Ed25519Signer::from_seed(&[62; 32]), Ed25519Signer::from_seed(&[63; 32]));
        let ours = our_keyring(&record.record, &inspector, &terminal);
        Self { frozen, record, receipt, ours, inspector, terminal }
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut record = self.record.record.clone();
        record.inspector.key = self.inspector.public_key().id();
        record.terminal.key = self.terminal.public_key().id();
        // What no clock of this keyring signed.
        record.clock.token = None;
        let signed_by_us = jcs::to_bytes(&record).unwrap();
        self.take_content(&signed_by_us);
        let ours = record.sign(&[&self.inspector, &self.terminal]).unwrap();
        assert!(verify_record(&ours.to_bytes(), &self.ours).is_ok(), "the seed reaches the last step");
        let mut seeds = vec![ENVELOPE.to_vec(), RECORD.to_vec(), DELIVERED.to_vec(), RECEIPT.to_vec(), signed_by_us];
        seeds.extend(KEYS.map(<[u8]>::to_vec));
        seeds.push(self.receipt.checkpoint.to_string().into_bytes());
        // What costs a reader the most memory a byte: small objects, many of them.
        seeds.push(format!("[{}0]", r#"{"":0},"#.repeat(2_000)).into_bytes());
        seeds
    }

    fn take(&self, bytes: &[u8]) {
        self.take_text(bytes);
        self.take_content(bytes);
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.take_note(text);
        }
    }
}
