//! 复核签名 beside an exported record: which count, and what the program says of one that does not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use tempfile::TempDir;
use xunjian_domain::{
    ids::{PartyId, PersonId},
    party::{PartyKind, Role},
    time::TimestampMs,
};
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    merkle,
    note::Checkpoint,
    receipt::Receipt,
    statement::{Countersignature, HolderKind, KeyStatement, PartyRef, ReviewVerdict, Statement as _},
    suite::Signer as _,
};
use xunjian_testkit::export::{Export, key, seed};

const ROOT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";
const CHEN: &str = "0192d000-0000-7000-8000-000000000050";

/// One countersignature beside the frozen record: who is stated to hold the reviewer's key, what is said, who signs.
struct Attempt {
    export: Export,
    chen: KeyStatement,
    said: Countersignature,
    signer: u8,
    is_logged: bool,
}

fn run(change: impl FnOnce(&mut Attempt)) -> (i32, serde_json::Value) {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
    let export = Export::read(&vectors).unwrap();
    let delivered = fs::read(vectors.join("delivered.json")).unwrap();
    let record = fs::read(vectors.join("record.json")).unwrap();
    let mut attempt = Attempt {
        chen: KeyStatement {
            site: export.root.site.clone(),
            key: key(seed::REVIEWER).public_key(),
            holder_kind: HolderKind::Person,
            holder: CHEN.into(),
            holder_name: "陈监理".into(),
            party: PartyRef {
                id: PartyId::new("supervisor"), kind: PartyKind::Supervisor, name: "监理公司".into()
            },
            roles: vec![Role::Reviewer],
            valid_from: TimestampMs(0),
            valid_until: None,
        },
        said: Countersignature {
            site: export.root.site.clone(),
            record: Sha256::of(&record),
            revision: 1,
            delivered_leaf: merkle::leaf_hash(&delivered),
            reviewer: PersonId::new(CHEN),
            party: PartyId::new("supervisor"),
            verdict: ReviewVerdict::Accepted,
            lines: BTreeMap::new(),
            comment: "已核对".into(),
            at: export.stored_at.plus_ms(60_000),
        },
        signer: seed::REVIEWER,
        is_logged: true,
        export,
    };
    change(&mut attempt);
    let folder = TempDir::new().unwrap();
    attempt.export.statements.push(("reviewer-2".into(), attempt.chen));
    attempt.export.write(folder.path()).unwrap();
    let envelope = attempt.said.sign(&[&key(attempt.signer)]).unwrap().to_bytes();
    fs::create_dir(folder.path().join("countersignatures")).unwrap();
    fs::write(folder.path().join("countersignatures/one.json"), &envelope).unwrap();
    if attempt.is_logged {
        let receipt = receipt(folder.path(), &attempt.export.root.log_origin, &envelope);
        fs::write(folder.path().join("countersignatures/one.tlog-proof"), receipt).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_xunjian-verify"))
        .arg(folder.path())
        .args(["--json", "--root-fingerprint", ROOT])
        .output()
        .unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// The countersignature as the fourth leaf of the log that the export's receipt is of.
fn receipt(folder: &Path, origin: &str, countersignature: &[u8]) -> String {
    let read = |file: &str| fs::read(folder.join(file)).unwrap();
    let leaves = [b"plan".to_vec(), read("envelope.json"), read("delivered.json"), countersignature.to_vec()];
    let [plan, record, delivered, said] = leaves.map(|leaf| merkle::leaf_hash(&leaf));
    let left = merkle::node_hash(&plan, &record);
    let root = merkle::node_hash(&left, &merkle::node_hash(&delivered, &said));
    let checkpoint = Checkpoint { origin: origin.to_owned(), size: 4, root }.sign(&key(seed::LOG)).unwrap();
    Receipt { index: 3, proof: vec![delivered, left], checkpoint }.to_string()
}

#[test]
fn a_countersignature_that_counts_is_told_with_its_place() {
    let (code, json) = run(|_| ());
    assert_eq!((code, &json["result"], &json["reviewed"]), (0, &"ok".into(), &"accepted".into()), "{json}");
    assert!(json["steps"].to_string().contains("陈监理（监理方） 通过 accepted: leaf 3"), "{json}");
    let (code, json) = run(|one| {
        one.said.verdict = ReviewVerdict::Returned;
        one.said.lines = BTreeMap::from([("1".into(), "照片看不清".into())]);
    });
    assert_eq!((code, &json["reviewed"]), (0, &"returned".into()), "a record that was returned is whole all the same");
    let (code, json) = run(|one| one.is_logged = false);
    assert_eq!(
        (code, &json["reviewed"]),
        (0, &serde_json::Value::Null),
        "what is not proved to be logged decides nothing"
    );
}

#[test]
fn what_may_not_count_fails_and_names_its_file() {
    type Change = fn(&mut Attempt);
    let inspector = |export: &Export| export.record.inspector.id.to_string();
    let cases: [(&str, Change); 9] = [
        ("the inspector's second key, of 监理方 even", |one| {
            one.chen.holder = one.export.record.inspector.id.to_string();
            one.said.reviewer = one.export.record.inspector.id.clone();
        }),
        ("服务方", |one| {
            one.chen.party.kind = PartyKind::Provider;
            one.chen.roles = vec![Role::Inspector];
        }),
        ("an administrator", |one| {
            one.chen.party.kind = PartyKind::Manager;
            one.chen.roles.push(Role::Administrator);
        }),
        ("no reviewer", |one| one.chen.roles = vec![Role::Auditor]),
        ("another revision", |one| one.said.revision = 2),
        ("another record", |one| one.said.record = Sha256::of(b"another")),
        ("another delivery", |one| one.said.delivered_leaf = merkle::leaf_hash(b"another")),
        ("a key that is not valid yet", |one| one.chen.valid_from = one.said.at.plus_ms(1)),
        ("a key that nobody vouches for", |one| one.signer = 77),
    ];
    for (case, change) in cases {
        let (code, json) = run(change);
        assert_eq!((code, &json["step"]), (1, &"Countersignature".into()), "{case}: {json}");
        assert_eq!(json["file"], "countersignatures/one.json", "{case}");
    }
    let (code, json) = run(|one| {
        one.chen.holder = inspector(&one.export);
        one.said.reviewer = PersonId::new(CHEN);
    });
    assert_eq!((code, &json["result"]), (1, &"failed".into()), "a key of another person than it names: {json}");
}

#[test]
fn a_changed_byte_or_receipt_fails_and_a_revoked_reviewer_has_the_result_of_revoked_keys() {
    let (code, json) = run(|one| one.export.revoke(seed::REVIEWER));
    assert_eq!((code, &json["result"]), (5, &"revoked".into()), "{json}");
    // A comment changed after signing.
    let signed = |comment: &str| {
        let mut said = None;
        run(|one| {
            one.said.comment = comment.into();
            said = Some(one.said.sign(&[&key(seed::REVIEWER)]).unwrap());
        });
        serde_json::from_slice::<serde_json::Value>(&said.unwrap().to_bytes()).unwrap()
    };
    let (mut forged, other) = (signed("已核对"), signed("无需核对"));
    forged["payload"] = other["payload"].clone();
    let forged = xunjian_proof::jcs::to_bytes(&forged).unwrap();
    assert!(Envelope::from_bytes(&forged).is_ok(), "the envelope itself is well formed");
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
    let folder = TempDir::new().unwrap();
    let mut export = Export::read(&vectors).unwrap();
    let mut chen = export.statement("inspector").clone();
    chen.key = key(seed::REVIEWER).public_key();
    (chen.holder, chen.holder_name, chen.roles) = (CHEN.into(), "陈监理".into(), vec![Role::Reviewer]);
    chen.party = PartyRef { id: "supervisor".into(), kind: PartyKind::Supervisor, name: "监理公司".into() };
    export.statements.push(("reviewer-2".into(), chen));
    export.write(folder.path()).unwrap();
    fs::create_dir(folder.path().join("countersignatures")).unwrap();
    let verify = |files: &[(&str, &[u8])]| {
        for (name, bytes) in files {
            fs::write(folder.path().join("countersignatures").join(name), bytes).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_xunjian-verify"))
            .arg(folder.path())
            .args(["--json", "--root-fingerprint", ROOT])
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), json)
    };
    let (code, json) = verify(&[("one.json", &forged)]);
    assert_eq!((code, &json["step"]), (1, &"Countersignature".into()), "{json}");
    let good = xunjian_proof::jcs::to_bytes(&other).unwrap();
    let of_another = receipt(folder.path(), &export.root.log_origin, b"another leaf");
    let (code, json) = verify(&[("one.json", &good), ("one.tlog-proof", of_another.as_bytes())]);
    assert_eq!((code, &json["step"]), (1, &"Receipt".into()), "a receipt of another leaf: {json}");
}
