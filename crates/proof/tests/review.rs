//! Which countersignatures count: four eyes, replay, revocation and validity, each rule by the one change that breaks it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use xunjian_domain::{
    ids::{PartyId, PersonId, SiteId},
    party::{PartyKind, Role},
    time::TimestampMs,
};
use xunjian_proof::{
    Sha256,
    difference::{LineAspect, difference},
    dsse::{Envelope, EnvelopeError},
    keyring::Keyring,
    merkle,
    record::{Amends, Record},
    review::{LogOrder, ReviewError, Reviewed, verify_countersignature},
    risk::{RiskKind, risks},
    statement::{
        Countersignature, Delivered, HolderKind, KeyStatement, PartyRef, ReviewVerdict, Revocation, SiteRoot,
        Statement as _,
    },
    suite::{Ed25519Signer, Signer as _},
    verification::{VerifiedRecord, read_record},
};

const ENVELOPE: &[u8] = include_bytes!("vectors/v1/envelope.json");
const DELIVERED: &[u8] = include_bytes!("vectors/v1/delivered.json");
const ROOT: &[u8] = include_bytes!("vectors/v1/site-root.json");
const INSPECTOR: &[u8] = include_bytes!("vectors/v1/key-statements/inspector.json");

/// chen_reviewer of 监理方.
const CHEN: &str = "0192d000-0000-7000-8000-000000000050";

fn key(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32])
}

fn delivered() -> Delivered {
    Delivered::read(&Envelope::from_bytes(DELIVERED).unwrap()).unwrap()
}

/// The reviewer's key statement; cases change one thing of it.
fn chen() -> KeyStatement {
    KeyStatement {
        site: delivered().site,
        key: key(8).public_key(),
        holder_kind: HolderKind::Person,
        holder: CHEN.into(),
        holder_name: "陈监理".into(),
        party: PartyRef { id: PartyId::new("supervisor"), kind: PartyKind::Supervisor, name: "监理公司".into() },
        roles: vec![Role::Reviewer],
        valid_from: TimestampMs(0),
        valid_until: None,
    }
}

/// What chen_reviewer says; cases change one thing of it.
fn said() -> Countersignature {
    let delivered = delivered();
    Countersignature {
        site: delivered.site.clone(),
        record: delivered.record,
        revision: 1,
        delivered_leaf: merkle::leaf_hash(DELIVERED),
        reviewer: PersonId::new(CHEN),
        party: PartyId::new("supervisor"),
        verdict: ReviewVerdict::Returned,
        lines: BTreeMap::from([("1".into(), "照片看不清指示灯".into())]),
        comment: "请重拍".into(),
        at: delivered.stored_at.plus_ms(60_000),
    }
}

/// One attempt: who is known, what is said, who signs it, where it stands.
struct Attempt {
    statements: Vec<KeyStatement>,
    revoked: Vec<u8>,
    said: Countersignature,
    signers: Vec<u8>,
    order: LogOrder,
    record: VerifiedRecord,
    envelope: Envelope,
    delivered: Vec<u8>,
}

fn attempt(change: impl FnOnce(&mut Attempt)) -> Result<Countersignature, ReviewError> {
    let (envelope, record) = read_record(ENVELOPE).unwrap();
    let mut attempt = Attempt {
        statements: vec![chen()],
        revoked: Vec::new(),
        said: said(),
        signers: vec![8],
        order: LogOrder::Unproved,
        record,
        envelope,
        delivered: DELIVERED.to_vec(),
    };
    change(&mut attempt);
    let root: SiteRoot = serde_json::from_slice(ROOT).unwrap();
    let site = root.site.clone();
    let mut keyring = Keyring::new(root, None).unwrap();
    keyring.admit(&Envelope::from_bytes(INSPECTOR).unwrap()).unwrap();
    for statement in &attempt.statements {
        keyring.admit(&statement.sign(&[&key(1)]).unwrap()).unwrap();
    }
    for seed in &attempt.revoked {
        let (key_id, revoked_at) = (key(*seed).public_key().id(), said().at);
        let revocation = Revocation { site: site.clone(), key: key_id, revoked_at, reason: "离职".into() };
        keyring.revoke(&revocation.sign(&[&key(1)]).unwrap()).unwrap();
    }
    let keys: Vec<Ed25519Signer> = attempt.signers.iter().map(|seed| key(*seed)).collect();
    let keys: Vec<&dyn xunjian_proof::suite::Signer> = keys.iter().map(|key| key as _).collect();
    let envelope = attempt.said.sign(&keys).unwrap();
    let reviewed = Reviewed { record: &attempt.record, envelope: &attempt.envelope, delivered: &attempt.delivered };
    verify_countersignature(&envelope, reviewed, &keyring, attempt.order).map(|(said, _)| said)
}

fn inspector() -> KeyStatement {
    KeyStatement::read(&Envelope::from_bytes(INSPECTOR).unwrap()).unwrap()
}

#[test]
fn another_person_of_supervisor_or_manager_accepts_or_returns() {
    attempt(|_| ()).expect("监理方 returns with a reason");
    attempt(|one| {
        one.said = Countersignature {
            verdict: ReviewVerdict::Accepted,
            lines: BTreeMap::new(),
            comment: String::new(),
            ..said()
        };
    })
    .expect("accepting needs no words");
    attempt(|one| {
        one.statements[0].party = PartyRef { id: "manager".into(), kind: PartyKind::Manager, name: "管理方".into() };
        one.said.party = "manager".into();
    })
    .expect("管理方 reviews as well");
}

#[test]
fn four_eyes_are_two_people_whatever_keys_they_hold() {
    // The inspector got a second key, of 监理方 even, and reviews the own record with it.
    let second_key = |one: &mut Attempt| {
        one.statements[0].holder = inspector().holder;
        one.said.reviewer = PersonId::new(inspector().holder);
    };
    assert!(matches!(attempt(second_key), Err(ReviewError::SamePerson(_))), "same person, two keys");
    // A colleague who signed the record as well is no second pair of eyes, either.
    let cosigned = |one: &mut Attempt| {
        let record = &one.record.record;
        one.envelope = record.sign(&[&key(2), &key(3), &key(8)]).unwrap();
    };
    assert!(matches!(attempt(cosigned), Err(ReviewError::SamePerson(_))), "同行 who signed");
    let same_with_other_key = |one: &mut Attempt| {
        let second = KeyStatement { key: key(18).public_key(), ..chen() };
        one.statements.push(second);
        one.envelope = one.record.record.sign(&[&key(2), &key(3), &key(18)]).unwrap();
    };
    assert!(
        matches!(attempt(same_with_other_key), Err(ReviewError::SamePerson(_))),
        "同行 who signed with another key"
    );
}

#[test]
fn who_may_not_review_is_told_why() {
    type Change = fn(&mut Attempt);
    let provider: Change = |one| {
        one.statements[0].party =
            PartyRef { id: "provider".into(), kind: PartyKind::Provider, name: "服务方".into() };
        one.statements[0].roles = vec![Role::Inspector];
        one.said.party = "provider".into();
    };
    assert!(matches!(attempt(provider), Err(ReviewError::WrongParty(_))), "服务方 does not review its own work");
    let consumer: Change = |one| {
        one.statements[0].party =
            PartyRef { id: "consumer".into(), kind: PartyKind::Consumer, name: "使用方".into() };
        one.statements[0].roles = vec![Role::ConsumerContact];
        one.said.party = "consumer".into();
    };
    assert!(matches!(attempt(consumer), Err(ReviewError::WrongParty(_))));
    let pretended: Change = |one| one.said.party = "manager".into();
    assert!(matches!(attempt(pretended), Err(ReviewError::OtherSigner { .. })), "nobody signs for another party");
    let other: Change = |one| one.said.reviewer = "somebody".into();
    assert!(matches!(attempt(other), Err(ReviewError::OtherSigner { .. })));
    let role: Change = |one| one.statements[0].roles = vec![Role::Auditor];
    assert!(matches!(attempt(role), Err(ReviewError::NotAReviewer(_))));
    let administrator: Change = |one| {
        one.statements[0].party = PartyRef { id: "manager".into(), kind: PartyKind::Manager, name: "管理方".into() };
        one.statements[0].roles = vec![Role::Reviewer, Role::Administrator];
        one.said.party = "manager".into();
    };
    assert!(matches!(attempt(administrator), Err(ReviewError::Administrator(_))), "not even one who reviews as well");
    let stranger: Change = |one| one.signers = vec![77];
    assert!(matches!(attempt(stranger), Err(ReviewError::Key(_))));
    let terminal: Change = |one| {
        let machine = KeyStatement { holder_kind: HolderKind::Terminal, roles: Vec::new(), ..chen() };
        one.statements = vec![machine];
    };
    assert!(matches!(attempt(terminal), Err(ReviewError::Key(_))), "a tablet is nobody");
    let two: Change = |one| {
        one.statements.push(KeyStatement { key: key(18).public_key(), ..chen() });
        one.signers = vec![8, 18];
    };
    let refused = attempt(two);
    assert!(
        matches!(refused, Err(ReviewError::Envelope(EnvelopeError::NotOneSignature(2)))),
        "one statement, one signature: {refused:?}"
    );
}

#[test]
fn nothing_is_replayed_on_another_revision_or_record() {
    // The same countersignature, held under the amendment: revision 2 of the visit with the same answers.
    let amendment = |one: &mut Attempt| {
        let mut record = one.record.record.clone();
        record.visit.revision = 2;
        record.amends = Some(Amends { record: one.record.id, returned_by: None, reason: "更正".into() });
        one.envelope = record.sign(&[&key(2), &key(3)]).unwrap();
        let id = Sha256::of(&one.envelope.payload().unwrap());
        let delivered = Delivered { record: id, envelope: one.envelope.sha256(), ..delivered() };
        one.delivered = delivered.sign(&[&key(4)]).unwrap().to_bytes();
        one.record = VerifiedRecord { id, record };
    };
    assert!(matches!(attempt(amendment), Err(ReviewError::OtherRecord { .. })));
    let renamed = |one: &mut Attempt| {
        amendment(one);
        one.said.record = one.record.id;
        one.said.delivered_leaf = merkle::leaf_hash(&one.delivered);
    };
    assert!(matches!(attempt(renamed), Err(ReviewError::OtherRevision { named: 1, given: 2 })));
    let of_another_delivery = |one: &mut Attempt| one.said.delivered_leaf = merkle::leaf_hash(b"another");
    assert!(matches!(attempt(of_another_delivery), Err(ReviewError::OtherDelivery)));
    let delivery_of_another = |one: &mut Attempt| {
        let other = Delivered { record: Sha256::of(b"another"), ..delivered() };
        one.delivered = other.sign(&[&key(4)]).unwrap().to_bytes();
        one.said.delivered_leaf = merkle::leaf_hash(&one.delivered);
    };
    assert!(matches!(attempt(delivery_of_another), Err(ReviewError::OtherDelivery)));
    let elsewhere = |one: &mut Attempt| one.said.site = SiteId::new("elsewhere");
    assert!(matches!(attempt(elsewhere), Err(ReviewError::Foreign)));
}

#[test]
fn a_revoked_key_counts_only_for_what_was_logged_before() {
    let at = |index, revoked| LogOrder::Leaf { index, revoked };
    let now = LogOrder::Last { now: said().at };
    let cases = [
        (at(7, Some(9)), true, "logged before the revocation"),
        (at(9, Some(7)), false, "logged after it"),
        (at(7, None), false, "nobody proved where the revocation stands"),
        (LogOrder::Unproved, false, "nothing proves the order"),
        (now, false, "it comes in now, behind the revocation"),
    ];
    for (order, counts, why) in cases {
        let result = attempt(|one| {
            one.revoked = vec![8];
            one.order = order;
        });
        match (result, counts) {
            (Ok(_), true) | (Err(ReviewError::Revoked(_)), false) => {}
            (other, _) => panic!("{why}: {other:?}"),
        }
    }
    attempt(|one| {
        one.revoked = vec![2];
        one.order = now;
    })
    .expect("that the inspector's key was revoked since is nothing against the reviewer");
}

#[test]
fn a_key_counts_only_while_it_is_valid() {
    let (stored, at) = (delivered().stored_at, said().at);
    let last = |now: i64| LogOrder::Last { now: TimestampMs(now) };
    let cases = [
        (stored.0 - 1, None, LogOrder::Unproved, true, "valid all the time"),
        (at.0 + 1, None, LogOrder::Unproved, false, "not yet valid"),
        (0, Some(stored.0), LogOrder::Unproved, false, "expired before the record was delivered"),
        (0, Some(at.0 + 1), last(at.0), true, "still valid when it comes in"),
        (0, Some(at.0 + 1), last(at.0 + 5), false, "expired when it comes in"),
        (at.0, None, last(at.0 - 5), false, "a clock that runs ahead makes no key valid"),
    ];
    for (from, until, order, counts, why) in cases {
        let result = attempt(|one| {
            one.statements[0].valid_from = TimestampMs(from);
            one.statements[0].valid_until = until.map(TimestampMs);
            one.order = order;
        });
        match (result, counts) {
            (Ok(_), true) | (Err(ReviewError::KeyNotValidThen(_)), false) => {}
            (other, _) => panic!("{why}: {other:?}"),
        }
    }
}

#[test]
fn a_clock_set_back_moves_no_review_before_the_delivery_it_names() {
    let back = |one: &mut Attempt| {
        one.said.at = TimestampMs(1);
        one.statements[0].valid_from = TimestampMs(0);
        one.statements[0].valid_until = Some(delivered().stored_at);
    };
    assert!(matches!(attempt(back), Err(ReviewError::KeyNotValidThen(_))));
}

#[test]
fn words_that_say_nothing_are_refused() {
    let lines = |line: &str, reason: &str| BTreeMap::from([(line.to_owned(), reason.to_owned())]);
    let cases = [
        (lines("1", " "), "x", "a line without a reason"),
        (BTreeMap::new(), "  ", "returned without any reason"),
        (lines("99", "x"), "", "no such line"),
        (lines("01", "x"), "", "not the one spelling of the number"),
        (lines("+1", "x"), "", "not the one spelling of the number"),
    ];
    for (lines, comment, why) in cases {
        let result = attempt(|one| {
            one.said.lines = lines;
            one.said.comment = comment.into();
        });
        assert!(matches!(result, Err(ReviewError::Malformed(_) | ReviewError::UnknownLine(_))), "{why}: {result:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever byte of the signed envelope changes, comment and verdict included, it no longer counts.
    #[test]
    fn any_changed_byte_is_refused(at in 0.0_f64..1.0, bit in 0_u8..8) {
        let root: SiteRoot = serde_json::from_slice(ROOT).unwrap();
        let mut keyring = Keyring::new(root, None).unwrap();
        keyring.admit(&chen().sign(&[&key(1)]).unwrap()).unwrap();
        let mut bytes = said().sign(&[&key(8)]).unwrap().to_bytes();
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss,
            reason = "a place in a short text")]
        let place = ((bytes.len() as f64) * at) as usize;
        bytes[place] ^= 1 << bit;
        let (envelope, record) = read_record(ENVELOPE).unwrap();
        let reviewed = Reviewed { record: &record, envelope: &envelope, delivered: DELIVERED };
        let counts = Envelope::from_bytes(&bytes)
            .is_ok_and(|one| verify_countersignature(&one, reviewed, &keyring, LogOrder::Unproved).is_ok());
        prop_assert!(!counts, "byte {place}");
    }
}

fn record() -> Record {
    read_record(ENVELOPE).unwrap().1.record
}

#[test]
fn the_difference_names_each_aspect_and_nothing_else() {
    let before = record();
    assert!(difference(&before, &before).is_empty(), "a record does not differ from itself");
    let mut after = before.clone();
    let line = after.lines.iter_mut().find(|line| !line.photos.is_empty()).expect("the vector has photos");
    line.note = "重拍后可见".into();
    line.photos.clear();
    line.edits += 3;
    line.no += 100;
    let found = difference(&before, &after);
    assert_eq!(found.lines.len(), 1);
    assert_eq!(found.lines[0].aspects, [LineAspect::Note, LineAspect::Photos], "numbers and edits are no answers");
    assert_eq!(found.same_lines as usize, before.lines.len() - 1);
    let dropped = after.lines.pop().unwrap();
    let found = difference(&before, &after);
    let last = found.lines.last().unwrap();
    assert_eq!((last.before.as_ref().map(|line| line.no), last.after.is_none()), (Some(dropped.no), true));
    let mut reconciled = before.clone();
    let asset = reconciled.reconciliation.iter_mut().find(|one| one.asset.is_some()).expect("the vector is a rack");
    asset.verdicts = vec![xunjian_domain::reconciliation::Verdict::Missing];
    asset.sighting = None;
    assert_eq!(difference(&before, &reconciled).assets.len(), 1);
}

#[test]
fn risks_are_named_with_their_numbers_heaviest_first() {
    let mut record = record();
    record.lines.iter_mut().for_each(|line| line.bulk = true);
    record.clock.sealed.boot_id = record.clock.started.boot_id.clone();
    record.clock.sealed.monotonic_ms = record.clock.started.monotonic_ms + 1_000;
    record.clock.token = None;
    record.scans.clear();
    let found = risks(&record);
    let amount = |kind| found.iter().find(|risk| risk.kind == kind).map(|risk| risk.amount);
    assert_eq!(amount(RiskKind::Bulk), Some(100));
    assert_eq!(amount(RiskKind::NoTimeToken), Some(1));
    assert_eq!(amount(RiskKind::NotScanned), Some(1));
    assert!(amount(RiskKind::TooFast).is_some_and(|ms| ms < 1_000));
    assert!(found.windows(2).all(|pair| pair[0].weight >= pair[1].weight), "{found:?}");
    record.clock.sealed.boot_id.push('x');
    let restarted = risks(&record);
    assert!(restarted.iter().all(|risk| risk.kind != RiskKind::TooFast), "nobody can tell after a restart");
}
