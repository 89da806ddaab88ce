//! Whose keys count for what: names, roles, contradictions, and logs and clocks that changed their keys.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use xunjian_domain::{
    ids::PartyId,
    party::{PartyKind, Role},
    time::TimestampMs,
};
use xunjian_proof::{
    Sha256,
    dsse::{Envelope, EnvelopeError},
    keyring::{Keyring, KeyringError},
    merkle,
    note::{Checkpoint, NoteError, SignedCheckpoint},
    receipt::Receipt,
    record::Record,
    statement::{HolderKind, KeyStatement, PartyRef, Revocation, RootKey, SiteRoot, Statement as _},
    suite::{Ed25519Signer, Signer as _},
    verification::{self, Step},
};

const ENVELOPE: &[u8] = include_bytes!("vectors/v1/envelope.json");
const ORIGIN: &str = "xunjian.example/log/gz-vector";
const CLOCK: &str = "xunjian.example/log/gz-vector/clock";

fn key(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32])
}

fn party() -> PartyRef {
    PartyRef { id: PartyId::new("provider"), kind: PartyKind::Provider, name: "服务方".into() }
}

fn root(keys: &[u8]) -> SiteRoot {
    SiteRoot {
        site: record().site,
        name: "机房".into(),
        log_origin: ORIGIN.into(),
        threshold: 1,
        keys: keys.iter().map(|seed| RootKey { key: key(*seed).public_key(), party: party() }).collect(),
    }
}

/// The record of the frozen vector, to be changed and signed anew; its keys are those of the seeds 2 and 3.
fn record() -> Record {
    Record::read(&Envelope::from_bytes(ENVELOPE).unwrap()).unwrap()
}

fn sealed(record: &Record) -> Vec<u8> {
    record.sign(&[&key(2), &key(3)]).unwrap().to_bytes()
}

fn statement(seed: u8, kind: HolderKind, holder: &str, roles: &[Role], from: i64) -> KeyStatement {
    KeyStatement {
        site: record().site,
        key: key(seed).public_key(),
        holder_kind: kind,
        holder: holder.into(),
        holder_name: if kind == HolderKind::Person { record().inspector.name } else { holder.into() },
        party: party(),
        roles: roles.to_vec(),
        valid_from: TimestampMs(from),
        valid_until: None,
    }
}

fn keyring(statements: &[KeyStatement]) -> Keyring {
    let mut keyring = Keyring::new(root(&[1]), None).unwrap();
    for statement in statements {
        keyring.admit(&statement.sign(&[&key(1)]).unwrap()).unwrap();
    }
    keyring
}

fn people(roles: &[Role]) -> [KeyStatement; 2] {
    [
        statement(2, HolderKind::Person, record().inspector.id.as_str(), roles, 0),
        statement(3, HolderKind::Terminal, record().terminal.id.as_str(), &[], 0),
    ]
}

fn revoke(keyring: &mut Keyring, seed: u8) {
    let revocation = Revocation {
        site: record().site,
        key: key(seed).public_key().id(),
        revoked_at: TimestampMs(1),
        reason: "更换".into(),
    };
    keyring.revoke(&revocation.sign(&[&key(1)]).unwrap()).unwrap();
}

#[test]
fn the_record_names_its_inspector_as_the_root_does() {
    let keyring = keyring(&people(&[Role::Inspector]));
    assert!(verification::verify_record(&sealed(&record()), &keyring).is_ok());
    let mut other = record();
    other.inspector.name = "张三".into();
    let failure = verification::verify_record(&sealed(&other), &keyring).unwrap_err();
    assert_eq!(failure.step, Step::InspectorKey, "{failure}");
}

#[test]
fn only_an_inspector_who_is_no_administrator_signs_records() {
    for roles in [&[Role::Inspector, Role::Administrator][..], &[Role::Administrator], &[]] {
        let failure = verification::verify_record(&sealed(&record()), &keyring(&people(roles))).unwrap_err();
        assert_eq!(failure.step, Step::InspectorKey, "{roles:?}: {failure}");
    }
}

#[test]
fn a_root_lists_each_key_once() {
    let mut twice = root(&[1, 1]);
    twice.threshold = 2;
    assert!(matches!(Keyring::new(twice, None), Err(KeyringError::RootKeyTwice(_))));
    assert!(Keyring::new(root(&[1, 9]), None).is_ok());
}

#[test]
fn a_key_has_one_statement() {
    let mut keyring = keyring(&people(&[Role::Inspector]));
    let [same, _] = people(&[Role::Inspector]);
    assert!(keyring.admit(&same.sign(&[&key(1)]).unwrap()).is_ok(), "the same statement may come again");
    let other = KeyStatement { holder_name: "张三".into(), ..same };
    let refused = keyring.admit(&other.sign(&[&key(1)]).unwrap());
    assert!(matches!(refused, Err(KeyringError::Contradiction(_))), "{refused:?}");
}

fn checkpoint(log: u8) -> SignedCheckpoint {
    let root = merkle::leaf_hash(b"leaf");
    Checkpoint { origin: ORIGIN.into(), size: 1, root }.sign(&key(log)).unwrap()
}

#[test]
fn a_receipt_verifies_with_the_log_key_that_signed_it_whichever_is_newest() {
    let logs = [statement(5, HolderKind::Log, ORIGIN, &[], 0), statement(15, HolderKind::Log, ORIGIN, &[], 10)];
    let mut keyring = keyring(&logs);
    let receipt = |log| Receipt { index: 0, proof: Vec::new(), checkpoint: checkpoint(log) };
    let check = |keyring: &Keyring, log| keyring.verify_receipt(b"leaf", &receipt(log)).is_ok();
    assert!(check(&keyring, 5) && check(&keyring, 15));
    assert!(!check(&keyring, 25), "a log that nobody vouches for");
    assert!(keyring.verify_receipt(b"other", &receipt(5)).is_err());
    revoke(&mut keyring, 5);
    revoke(&mut keyring, 15);
    assert!(keyring.current(HolderKind::Log).is_none(), "nothing is signed with them any more");
    assert!(check(&keyring, 5) && check(&keyring, 15), "what they signed before stays");
}

#[test]
fn a_time_token_counts_by_the_clock_key_that_made_it() {
    let with_token = |clock: u8, seconds: u64| {
        let mut note = checkpoint(5);
        note.cosign(CLOCK, seconds, &key(clock)).unwrap();
        let mut record = record();
        record.clock.token = Some(note.to_string());
        record.clock.sealed.wall_ms = TimestampMs(2_000_000);
        record
    };
    let clocks = [statement(6, HolderKind::Clock, CLOCK, &[], 0), statement(16, HolderKind::Clock, CLOCK, &[], 10)];
    let mut keyring = keyring(&clocks);
    for clock in [6, 16] {
        let sealed = verification::sealed_during(&with_token(clock, 1_500), &keyring).unwrap();
        assert_eq!((sealed.earliest, sealed.latest), (TimestampMs(1_500_000), TimestampMs(2_000_000)));
    }
    let mut in_1970 = with_token(6, 1_500);
    in_1970.clock.sealed.wall_ms = TimestampMs(0);
    let between = verification::sealed_between(&in_1970, None, &keyring);
    assert_eq!(
        (between.earliest, between.latest),
        (Some(TimestampMs(1_500_000)), None),
        "open above, whatever the wall says"
    );
    let unproved = verification::sealed_between(&with_token(26, 1_500), None, &keyring);
    assert_eq!((unproved.earliest, unproved.placed), (None, None), "a token of no known clock bounds nothing");
    let stranger = verification::sealed_during(&with_token(26, 1_500), &keyring);
    assert_eq!(stranger.unwrap_err().step, Step::Consistency, "a token of no known clock is no token");
    revoke(&mut keyring, 6);
    revoke(&mut keyring, 16);
    assert!(verification::sealed_during(&with_token(6, 1_500), &keyring).is_ok());
    assert!(
        verification::sealed_during(&with_token(26, 1_500), &keyring).is_err(),
        "revoking does not turn the check off"
    );
    let unknown = self::keyring(&[]);
    assert!(
        verification::sealed_during(&with_token(26, 1_500), &unknown).is_ok(),
        "without any clock key: the wall clock"
    );
}

#[test]
fn a_note_of_another_log_is_refused_before_its_keys_are_tried() {
    let keyring = keyring(&[statement(5, HolderKind::Log, ORIGIN, &[], 0)]);
    let other =
        Checkpoint { origin: "other.example/log".into(), size: 1, root: Sha256::of(b"") }.sign(&key(5)).unwrap();
    assert!(matches!(keyring.verify_checkpoint(&other), Err(NoteError::WrongOrigin(_))));
}

#[test]
fn a_statement_of_one_holder_has_one_signature_that_holds() {
    let keyring = keyring(&people(&[Role::Inspector]));
    let signer = |envelope: &Envelope, kind| {
        keyring.signer::<KeyringError>(envelope, kind, TimestampMs(5)).map(|found| found.holder.clone())
    };
    let alone = record().sign(&[&key(2)]).unwrap();
    assert_eq!(signer(&alone, HolderKind::Person).unwrap(), record().inspector.id.to_string());
    assert!(matches!(signer(&alone, HolderKind::Service), Err(KeyringError::WrongHolder { .. })));
    let refused = |change: &dyn Fn(&mut Envelope)| {
        let mut changed = alone.clone();
        change(&mut changed);
        match signer(&changed, HolderKind::Person) {
            Err(KeyringError::Envelope(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let other = record().sign(&[&key(3)]).unwrap();
    for (signatures, change) in [
        (0, &(|one: &mut Envelope| one.signatures.clear()) as &dyn Fn(&mut Envelope)),
        (2, &|one| one.signatures.extend(other.signatures.clone())),
        (2, &|one| one.signatures.extend(alone.signatures.clone())),
    ] {
        assert!(matches!(refused(change), EnvelopeError::NotOneSignature(found) if found == signatures));
    }
    let forged = refused(&|one| {
        one.signatures.clone_from(&other.signatures);
        one.signatures[0].keyid = key(2).public_key().id();
    });
    assert!(matches!(forged, EnvelopeError::BadSignature { .. }), "{forged}");
}
