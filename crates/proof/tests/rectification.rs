//! Frozen bytes of rectifications and closings, which must verify for ever, and the rules of who may sign them, each by the one
//! change that breaks it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use xunjian_domain::{
    ids::PersonId,
    outcome::Outcome,
    rectification::{Opening, RectificationState, Reinspection, Source, Step},
    time::TimestampMs,
    visit::{FollowUp, FollowUpState, NoPhoto},
};
use xunjian_proof::{
    Sha256,
    closing::{Closing, ClosingError, merge, verify_closing, verify_signatures},
    dsse::Envelope,
    jcs,
    keyring::Keyring,
    record::Record,
    rectification::{
        Document, History, RectificationError, RectificationStep, Signatory, examine,
        verify_closing as verify_accepted, verify_step,
    },
    statement::{SiteRoot, Statement as _},
    suite::Ed25519Signer,
    verification::read_record,
};

const ROOT: &str = include_str!("vectors/v1/site-root.json");
const RECORD: &[u8] = include_bytes!("vectors/v1/envelope.json");
const KEYS: [&[u8]; 5] = [
    include_bytes!("vectors/v1/key-statements/inspector.json"),
    include_bytes!("vectors/v1/key-statements/service.json"),
    include_bytes!("vectors/decision-v1/reviewer.json"),
    include_bytes!("vectors/rectification-v1/contact.json"),
    include_bytes!("vectors/rectification-v1/rectifier.json"),
];
const STEPS: [&[u8]; 6] = [
    include_bytes!("vectors/rectification-v1/opened.json"),
    include_bytes!("vectors/rectification-v1/assigned.json"),
    include_bytes!("vectors/rectification-v1/fed_back.json"),
    include_bytes!("vectors/rectification-v1/acknowledged.json"),
    include_bytes!("vectors/rectification-v1/submitted.json"),
    include_bytes!("vectors/rectification-v1/accepted.json"),
];
const CLOSING: &[u8] = include_bytes!("vectors/rectification-v1/closing.json");

const LAST_STEP_SHA256: &str = "ee910ef8248c371802fba5b9c9de5aad2b0ae55ede4822d84dd9d7e6746ca7d0";
const CLOSING_SHA256: &str = "0c63419510bc0d6fda5a08b1cc9c038640fde1ceb3c7edc9d382efeb6ceb5dbe";

/// The keys of the vectors, by seed: inspector, service, reviewer, rectifier, contact.
fn key(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32])
}
const INSPECTOR: u8 = 2;
const SERVICE: u8 = 4;
const REVIEWER: u8 = 8;
const RECTIFIER: u8 = 10;
const CONTACT: u8 = 11;

fn keyring() -> Keyring {
    let root: SiteRoot = serde_json::from_str(ROOT).unwrap();
    let mut keyring = Keyring::new(root, None).unwrap();
    for bytes in KEYS {
        keyring.admit(&Envelope::from_bytes(bytes).unwrap()).unwrap();
    }
    keyring
}

fn steps() -> Vec<(Envelope, RectificationStep)> {
    let read = |bytes: &[u8]| {
        let envelope = Envelope::from_bytes(bytes).unwrap();
        let said = RectificationStep::read(&envelope).unwrap();
        (envelope, said)
    };
    STEPS.into_iter().map(read).collect()
}

fn record() -> (Sha256, Record) {
    let (_, read) = read_record(RECORD).unwrap();
    (read.id, read.record)
}

fn opening() -> Opening {
    match &steps()[0].1.step {
        Step::Opened { opening } => (**opening).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_steps_verify_for_ever_and_close_the_finding_of_the_first_record() {
    let keyring = keyring();
    assert_eq!(Sha256::of(STEPS[5]).to_hex(), LAST_STEP_SHA256, "it names the one before, and so all of them");
    let mut history: Option<History> = None;
    for (envelope, said) in &steps() {
        let (_, holder) = verify_step(envelope, &keyring).unwrap();
        assert!(!holder.holder_name.is_empty());
        let payload = envelope.payload_of(RectificationStep::PAYLOAD_TYPE).unwrap();
        assert_eq!(jcs::to_bytes(said).unwrap(), payload, "today's types spell it the same");
        match &mut history {
            Some(history) => history.take(said, envelope.sha256(), said.at).unwrap(),
            None => history = Some(History::begin(said, envelope.sha256(), said.at).unwrap()),
        }
    }
    let history = history.unwrap();
    assert_eq!((history.steps, history.progress.state), (6, RectificationState::Accepted));
    let (id, record) = record();
    let shown = verify_accepted(&opening(), &steps()[5].1, Document::Record(id, &record)).unwrap();
    assert_eq!(shown.after_photos.len(), 1, "the after photo of the record");
    assert_eq!(shown.by, record.inspector.id);
}

#[test]
fn every_flipped_byte_of_a_step_or_closing_is_noticed() {
    let keyring = keyring();
    for bytes in [STEPS[3], STEPS[5]] {
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            let read = Envelope::from_bytes(&changed).map_err(RectificationError::from);
            assert!(read.and_then(|envelope| verify_step(&envelope, &keyring).map(drop)).is_err(), "byte {at}");
        }
    }
    for at in 0..CLOSING.len() {
        let mut changed = CLOSING.to_vec();
        changed[at] ^= 1;
        let read = Envelope::from_bytes(&changed).map_err(ClosingError::from);
        assert!(read.and_then(|envelope| verify_closing(&envelope, &keyring).map(drop)).is_err(), "byte {at}");
    }
}

#[test]
fn each_step_is_signed_by_whom_it_is_for_and_by_nobody_else() {
    let keyring = keyring();
    let may = |place: usize| match place {
        0..=2 => vec![SERVICE],
        3 => vec![SERVICE, CONTACT],
        4 => vec![RECTIFIER],
        _ => vec![REVIEWER],
    };
    let holders = [
        (INSPECTOR, "0192d000-0000-7000-8000-000000000001"),
        (SERVICE, ""),
        (REVIEWER, "0192d000-0000-7000-8000-000000000050"),
        (RECTIFIER, "0192d000-0000-7000-8000-000000000060"),
        (CONTACT, "0192d000-0000-7000-8000-000000000061"),
    ];
    for (place, (_, said)) in steps().into_iter().enumerate() {
        for (seed, person) in holders {
            let by = if person.is_empty() {
                Signatory::Service { actor: "xunjian".into() }
            } else {
                Signatory::Person { person: PersonId::new(person) }
            };
            let signed = RectificationStep { by, ..said.clone() }.sign(&[&key(seed)]).unwrap();
            let is_fine = verify_step(&signed, &keyring).is_ok();
            assert_eq!(is_fine, may(place).contains(&seed), "{} by {seed}", said.step.kind());
        }
        let twice = said.sign(&[&key(SERVICE), &key(REVIEWER)]).unwrap();
        assert!(verify_step(&twice, &keyring).is_err(), "one signature, not two");
    }
    let mut borrowed = steps()[5].1.clone();
    borrowed.by = Signatory::Person { person: PersonId::new("0192d000-0000-7000-8000-000000000060") };
    let error = verify_step(&borrowed.sign(&[&key(REVIEWER)]).unwrap(), &keyring).unwrap_err();
    assert!(matches!(error, RectificationError::OtherSigner { .. }), "{error}");
    let mut foreign = steps()[5].1.clone();
    foreign.site = "another-site".into();
    let error = verify_step(&foreign.sign(&[&key(REVIEWER)]).unwrap(), &keyring).unwrap_err();
    assert!(matches!(error, RectificationError::Foreign), "{error}");
    let mut early = steps()[5].1.clone();
    early.at = TimestampMs(1_700_000_000_000);
    assert!(verify_step(&early.sign(&[&key(REVIEWER)]).unwrap(), &keyring).is_err(), "before the key was valid");
}

#[test]
fn steps_of_another_chain_do_not_fit() {
    let steps = steps();
    let begin = || History::begin(&steps[0].1, steps[0].0.sha256(), steps[0].1.at).unwrap();
    let error = begin().take(&steps[2].1, steps[2].0.sha256(), steps[2].1.at).unwrap_err();
    assert!(matches!(error, RectificationError::OutOfOrder { .. }), "a step was left out: {error}");
    let mut other = steps[1].1.clone();
    other.rectification = Sha256::of(b"another");
    let error = begin().take(&other, Sha256::of(b"x"), other.at).unwrap_err();
    assert!(matches!(error, RectificationError::Foreign), "{error}");
    let mut renamed = steps[0].1.clone();
    renamed.rectification = Sha256::of(b"another");
    assert!(History::begin(&renamed, Sha256::of(b"x"), renamed.at).is_err(), "an id is what its source hashes to");
    assert!(History::begin(&steps[1].1, Sha256::of(b"x"), steps[1].1.at).is_err(), "it begins with its opening");
}

#[test]
fn evidence_shows_what_it_says_or_is_refused() {
    let (id, record) = record();
    let finding = opening();
    let other = Sha256::of(b"another record");
    type Case<'a> = (&'a str, Opening, Reinspection, Record);
    let with = |change: &dyn Fn(&mut Record)| {
        let mut changed = record.clone();
        change(&mut changed);
        changed
    };
    let follow_up = |state, photos: bool, excuse: &str| FollowUp {
        finding: record.findings[0].id.clone(),
        record: other,
        line: None,
        state,
        note: "已看".into(),
        after_photos: if photos { vec![Sha256::of(b"after")] } else { Vec::new() },
        no_photo: Some(NoPhoto { reason: excuse.into(), confirmed_by: String::new() }),
        answered: record.clock.sealed.clone(),
    };
    let followed = |answer: FollowUp| with(&move |record: &mut Record| record.follow_ups = vec![answer.clone()]);
    let line = record.lines[0].clone();
    let of_line = Opening {
        source: Source::Line { visit: "visit".into(), line: 1 },
        record: other,
        criterion: Some(line.criterion.clone()),
        subject: line.subject.clone(),
        ..finding.clone()
    };
    let asset = record.reconciliation[0].asset.clone();
    let of_asset = Opening {
        source: Source::Discrepancy { visit: "visit".into(), asset, place: 0 },
        record: other,
        ..finding.clone()
    };
    let follow = Reinspection::FollowUp { record: id };
    let again = Reinspection::Line { record: id, line: 1 };
    let seen = Reinspection::Reconciled { record: id };
    let excused = with(&|record| {
        record.lines[0].no_photo = Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: String::new() });
    });
    let right: [Case<'_>; 5] = [
        ("put right on the spot", finding.clone(), Reinspection::OnSite { record: id }, record.clone()),
        (
            "rectified, with a photo",
            finding.clone(),
            follow.clone(),
            followed(follow_up(FollowUpState::Rectified, true, "")),
        ),
        (
            "rectified, no photo allowed",
            finding.clone(),
            follow.clone(),
            followed(follow_up(FollowUpState::Rectified, false, "涉密")),
        ),
        ("the same line, excused", of_line.clone(), again.clone(), excused.clone()),
        ("scanned and 一致", of_asset.clone(), seen.clone(), record.clone()),
    ];
    for (what, opening, reinspection, record) in right {
        let shown = examine(&opening, &reinspection, Document::Record(id, &record));
        assert!(shown.is_ok_and(|shown| !shown.after_photos.is_empty() || !shown.no_photo.is_empty()), "{what}");
    }
    let wrong: [Case<'_>; 13] = [
        ("still there", finding.clone(), follow.clone(), followed(follow_up(FollowUpState::Remains, true, ""))),
        ("cannot tell", finding.clone(), follow.clone(), followed(follow_up(FollowUpState::CannotTell, true, ""))),
        (
            "no photo, no reason",
            finding.clone(),
            follow.clone(),
            followed(follow_up(FollowUpState::Rectified, false, " ")),
        ),
        ("nobody looked", finding.clone(), follow.clone(), record.clone()),
        (
            "not fixed",
            finding.clone(),
            Reinspection::OnSite { record: id },
            with(&|record| record.findings[0].fixed_on_site.clear()),
        ),
        ("another document", finding.clone(), Reinspection::OnSite { record: other }, record.clone()),
        ("a line for a finding", finding.clone(), again.clone(), excused.clone()),
        ("no photo of the line", of_line.clone(), again.clone(), record.clone()),
        ("the line is 异常", of_line.clone(), Reinspection::Line { record: id, line: 2 }, record.clone()),
        ("the same record", Opening { record: id, ..of_line.clone() }, again.clone(), excused.clone()),
        ("another criterion", Opening { criterion: Some("A.1-09".into()), ..of_line.clone() }, again, excused),
        ("the same record, again", Opening { record: id, ..of_asset.clone() }, seen.clone(), record.clone()),
        ("not seen", of_asset.clone(), seen.clone(), with(&|record| record.reconciliation.clear())),
    ];
    for (what, opening, reinspection, record) in wrong {
        let error = examine(&opening, &reinspection, Document::Record(id, &record)).unwrap_err();
        assert!(matches!(error, RectificationError::NotShown(_)), "{what}: {error}");
    }
    assert_eq!(record.lines[0].outcome, Outcome::Normal);
    let ledger = Reinspection::LedgerChanged { decision: id };
    assert!(examine(&of_asset, &ledger, Document::Record(id, &record)).is_err(), "a record is no change of the ledger");
    let mut own = steps()[5].1.clone();
    own.by = Signatory::Person { person: record.inspector.id.clone() };
    let error = verify_accepted(&finding, &own, Document::Record(id, &record)).unwrap_err();
    assert!(matches!(error, RectificationError::OwnReinspection(_)), "{error}");
}

fn closing() -> Closing {
    Closing::read(&Envelope::from_bytes(CLOSING).unwrap()).unwrap()
}

#[test]
fn the_closing_verifies_for_ever() {
    assert_eq!(Sha256::of(CLOSING).to_hex(), CLOSING_SHA256);
    let envelope = Envelope::from_bytes(CLOSING).unwrap();
    let keyring = keyring();
    let (closing, people) = verify_closing(&envelope, &keyring).unwrap();
    let names: Vec<&str> = people.iter().map(|one| one.holder_name.as_str()).collect();
    assert_eq!(names, ["镕堃", "陈监理"]);
    assert_eq!(jcs::to_bytes(&closing).unwrap(), envelope.payload_of(Closing::PAYLOAD_TYPE).unwrap());
    assert_eq!(closing.totals.whole.percent().as_deref(), Some("83.3"));
    assert_eq!(jcs::hash(&closing.totals).unwrap(), closing.totals_sha256);
}

#[test]
fn a_closing_needs_one_of_each_side_and_a_reason() {
    let keyring = keyring();
    let by = |seeds: &[u8]| {
        let keys: Vec<Ed25519Signer> = seeds.iter().map(|seed| key(*seed)).collect();
        let keys: Vec<&dyn xunjian_proof::suite::Signer> =
            keys.iter().map(|key| key as &dyn xunjian_proof::suite::Signer).collect();
        closing().sign(&keys).unwrap()
    };
    let cases: [(&[u8], bool, &str); 7] = [
        (&[INSPECTOR, REVIEWER], true, "both sides"),
        (&[REVIEWER, RECTIFIER], true, "in another order, and another person of 服务方"),
        (&[INSPECTOR], false, "监理方 is missing"),
        (&[REVIEWER], false, "服务方 is missing"),
        (&[INSPECTOR, RECTIFIER], false, "both are of 服务方"),
        (&[REVIEWER, CONTACT], false, "使用方 does not close rounds"),
        (&[REVIEWER, SERVICE], false, "the service is no person"),
    ];
    for (seeds, is_fine, why) in cases {
        assert_eq!(verify_closing(&by(seeds), &keyring).is_ok(), is_fine, "{why}");
    }
    let mut twice = by(&[INSPECTOR]);
    twice.signatures.extend(by(&[INSPECTOR]).signatures);
    let error = verify_signatures(&twice, &keyring).unwrap_err();
    assert!(matches!(error, ClosingError::SamePerson(_)), "{error}");
    let merged = merge(&[by(&[REVIEWER]), by(&[INSPECTOR]), by(&[INSPECTOR])]).unwrap();
    assert_eq!(merged.signatures.len(), 2);
    assert_eq!(merge(&[by(&[INSPECTOR]), by(&[REVIEWER])]).unwrap(), merged, "whoever hands theirs in first");
    verify_closing(&merged, &keyring).unwrap();
    let unreasoned = Closing { reason: " ".into(), ..closing() };
    let error = unreasoned.check().unwrap_err();
    assert!(matches!(error, ClosingError::Malformed(_)), "{error}");
    let other = unreasoned.sign(&[&key(REVIEWER)]).unwrap();
    assert!(merge(&[by(&[INSPECTOR]), other]).is_err(), "they signed different statements");
    let mut round = closing();
    round.totals.round = "another round".into();
    assert!(matches!(round.check().unwrap_err(), ClosingError::Foreign));
}
