//! What a pack must say: pins and policies, four eyes, revocations and decisions, chains, coverage, states known from elsewhere.

use std::{fs, process::Command};

use tempfile::TempDir;
use xunjian_proof::{
    note::verifier_key,
    pack::{PackKind, Profile},
    statement::{ReviewVerdict, Statement as _},
    suite::Signer as _,
};
use xunjian_testkit::{
    export::{key, seed},
    packs::{WITNESS, World},
};

use super::parts::{Parts, check, file_of, fingerprint, pinned, python, round, rust, witness_key};

fn world() -> World {
    World::small(|_| ())
}

#[test]
fn pinned_keys_of_log_and_witness_must_have_signed() {
    let world = world();
    let (root, file) = (fingerprint(&world), file_of(&round(&world)));
    let origin = &world.root.log_origin;
    let log = verifier_key(origin, &key(seed::LOG).public_key()).unwrap();
    let other_log = verifier_key(origin, &key(60).public_key()).unwrap();
    let other_witness = xunjian_proof::note::cosigner_verifier_key(WITNESS, &key(61).public_key()).unwrap();
    let witness = witness_key();
    let cases: [(&[&str], i32); 6] = [
        (&["--log", &log, "--witness", &witness], 0),
        (&["--log", &other_log], 1),
        (&["--log", &other_log, "--log", &log], 0),
        (&["--witness", &other_witness], 1),
        (&["--witness", &witness, "--witness", &other_witness], 1),
        (&["--witness", &witness, "--witness", &other_witness, "--witness-quorum", "1"], 0),
    ];
    for (more, code) in cases {
        for verify in [rust, python] {
            let said = verify(file.path(), &[&["--root", root.as_str()], more].concat());
            assert_eq!(said.code, code, "{more:?}: {}", said.text);
        }
    }
    assert_eq!(rust(file.path(), &["--witness", &log]).code, 2, "a log's key is no witness's");
    assert_eq!(rust(file.path(), &["--log", "nonsense"]).code, 2);
}

#[test]
fn the_log_rebuilt_with_one_record_changed_is_refused_by_every_holder_of_an_outside_witness_key() {
    let mut rebuilt = World::small(|record| record.lines[0].note = "另一种说法".into());
    let root = fingerprint(&rebuilt);
    // Everything that the operator signs is right: without a witness's key the pack is as good as any.
    rebuilt.cosigned.clear();
    let file = file_of(&round(&rebuilt));
    assert_eq!(rust(file.path(), &["--root", &root]).code, 0, "the operator's own signatures hold");
    for verify in [rust, python] {
        let said = verify(file.path(), &["--root", &root, "--witness", &witness_key()]);
        assert_eq!((said.code, said.json["step"].as_str()), (1, Some("witness")), "{}", said.text);
    }
    // Neither do the cosignatures of the first history help: they are of other states.
    let honest = Parts::of(&round(&world()));
    let mut parts = Parts::of(&round(&rebuilt));
    let name = honest.name("log/checkpoint", "");
    parts.files.insert(name.clone(), honest.files[&name].clone());
    let said = rust(file_of(&parts.insider()).path(), &["--root", &root, "--witness", &witness_key()]);
    assert_eq!(said.code, 1, "{}", said.text);
    // And whoever holds a state of the first history sees the fork, witness or not.
    let folder = TempDir::new().unwrap();
    let known = folder.path().join("known");
    fs::write(&known, world().checkpoint(world().leaves.len() as u64).to_string()).unwrap();
    let said = rust(file.path(), &["--root", &root, "--known", known.to_str().unwrap()]);
    assert_eq!((said.code, said.json["step"].as_str()), (1, Some("known_state")), "{}", said.text);
    assert!(said.failure().contains("分叉"), "{}", said.text);
}

#[test]
fn a_known_state_is_of_the_same_history_or_the_pack_is_refused() {
    let world = world();
    let (root, file) = (fingerprint(&world), file_of(&round(&world)));
    let folder = TempDir::new().unwrap();
    let known = folder.path().join("known");
    let path = known.to_str().unwrap();
    let size = world.leaves.len() as u64;
    let older = world.cosigned[0].0;
    for (size, code) in [(size, 0), (older, 0), (older - 1, 1)] {
        fs::write(&known, world.checkpoint(size).to_string()).unwrap();
        let said = rust(file.path(), &["--root", &root, "--known", path]);
        assert_eq!(said.code, code, "{size}: {}", said.text);
    }
    fs::write(&known, "nonsense").unwrap();
    assert_eq!(rust(file.path(), &["--known", path]).code, 2);
}

#[test]
fn a_policy_file_pins_and_requires() {
    let world = world();
    let file = file_of(&round(&world));
    let folder = TempDir::new().unwrap();
    let policy = folder.path().join("policy.json");
    let path = policy.to_str().unwrap();
    let known = world.checkpoint(world.cosigned[0].0).to_string();
    fs::write(folder.path().join("known.note"), known).unwrap();
    let write = |require: &str| {
        let (root, witness) = (fingerprint(&world), witness_key());
        let text =
            format!(r#"{{"root":"{root}","witnesses":["{witness}"],"known":["known.note"],"require":{{{require}}}}}"#);
        fs::write(&policy, text).unwrap();
    };
    write(r#""countersignature":true,"originals":true"#);
    let said = rust(file.path(), &["--policy", path]);
    assert_eq!((said.code, said.result.as_str()), (0, "ok"), "{}", said.text);
    write(r#""full_coverage":true"#);
    let said = rust(file.path(), &["--policy", path]);
    assert_eq!(
        (said.code, said.json["step"].as_str()),
        (1, Some("policy")),
        "one rack was never walked: {}",
        said.text
    );
    write(r#""originals":true"#);
    let redacted = file_of(&world.pack(PackKind::Round, Profile::Redacted));
    assert_eq!(rust(redacted.path(), &["--policy", path]).code, 1);
    fs::write(&policy, r#"{"rooot":"x"}"#).unwrap();
    assert_eq!(rust(file.path(), &["--policy", path]).code, 2, "a slip in a policy is not passed over");
}

#[test]
fn coverage_is_counted_anew_and_told() {
    let world = world();
    let report = check(&round(&world), &pinned(&world));
    assert_eq!(report.failures, []);
    assert!(report.steps.iter().any(|step| step.contains("覆盖 coverage: 巡检 visits 2/3")), "{:?}", report.steps);
    let mut parts = Parts::of(&round(&world));
    parts.manifest.coverage.as_mut().unwrap().visits_delivered = 3;
    let failed = &check(&parts.insider(), &pinned(&world)).failures[0];
    assert_eq!((failed.file.as_str(), failed.step.as_str()), ("manifest.json", "coverage"));
}

#[test]
fn pages_say_what_the_records_say() {
    let world = world();
    for (begin, end) in [("index.html", ""), ("records/", "/index.html")] {
        let mut parts = Parts::of(&round(&world));
        let name = parts.name(begin, end);
        parts.edit(begin, end, |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replacen("正常", "异常", 1).into_bytes();
        });
        let failed = &check(&parts.insider(), &pinned(&world)).failures[0];
        assert_eq!((failed.file.as_str(), failed.step.as_str()), (name.as_str(), "page"));
    }
    for file in ["verify.py", "readme.zh.md"] {
        let mut parts = Parts::of(&round(&world));
        parts.edit(file, "", |bytes| bytes.push(b'\n'));
        let failed = &check(&parts.insider(), &pinned(&world)).failures[0];
        assert_eq!(
            (failed.file.as_str(), failed.step.as_str()),
            (file, "texts"),
            "not even the operator's own copy is believed"
        );
    }
}

#[test]
fn a_page_escapes_what_people_wrote() {
    let world = World::small(|record| record.lines[0].note = "<script>alert(1)</script>\u{202e}&\"'".into());
    let parts = Parts::of(&round(&world));
    let id = world.records[0].id;
    let page = String::from_utf8(parts.files[&format!("records/{id}/index.html")].clone()).unwrap();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("script-src 'none'"));
}

#[test]
fn whoever_reviews_is_another_person_whatever_key_they_use() {
    let mut world = world();
    // A reviewer's key, but it names the inspector; and the inspector's own key.
    for seed in [seed::REVIEWER, seed::INSPECTOR] {
        let inspector = world.inspector();
        let before = world.leaves.len();
        world.review_as(0, ReviewVerdict::Accepted, inspector, seed);
        assert_eq!(world.leaves.len(), before + 1);
        let report = check(&round(&world), &pinned(&world));
        let step = report.failures[0].step.as_str();
        assert!(matches!(step, "four_eyes" | "countersignature"), "{:?}", report.failures);
        assert_eq!(python(file_of(&round(&world)).path(), &[]).code, 1);
        world = self::world();
    }
}

#[test]
fn a_returned_record_is_no_accepted_one() {
    let mut world = world();
    world.review(0, ReviewVerdict::Returned);
    let mut pins = pinned(&world);
    let report = check(&round(&world), &pins);
    assert_eq!((report.failures.len(), report.reviewed), (0, (1, 1, 0)), "the last word counts");
    pins.needs_countersignature = true;
    assert_eq!(check(&round(&world), &pins).failures[0].step, "policy");
}

#[test]
fn what_came_after_a_revocation_counts_only_by_a_decision_before_it() {
    let mut world = World::planned(2);
    world.revoke(seed::TERMINAL);
    world.walk(0, &[(1, 100)], |_| ());
    let report = check(&round(&world), &pinned(&world));
    assert_eq!(
        (report.failures[0].step.as_str(), report.failures[0].record),
        ("revocation", Some(world.records[0].id))
    );
    // A decision that comes after the record does not heal it: the service must have one before it lets the record in.
    world.decide(0);
    assert_eq!(check(&round(&world), &pinned(&world)).failures[0].step, "revocation");
    let mut decided = World::planned(2);
    decided.revoke(seed::TERMINAL);
    decided.walk(0, &[(1, 100)], |_| ());
    decided.decide(0);
    let decision = decided.leaves.pop().unwrap();
    let record = decided.leaves.len() - 2;
    decided.leaves.insert(record, decision);
    let report = check(&round(&decided), &pinned(&decided));
    assert_eq!(report.failures, []);
    assert!(report.notices.iter().any(|notice| notice.contains("经裁定计入")), "{:?}", report.notices);
    assert_eq!(python(file_of(&round(&decided)).path(), &["--root", &fingerprint(&decided)]).code, 0);
}

#[test]
fn unknown_statements_are_told_and_not_taken_for_understood() {
    let world = world();
    let report = check(&round(&world), &pinned(&world));
    assert_eq!(report.not_understood.len(), 1);
    assert!(report.not_understood[0].contains("weather"), "{:?}", report.not_understood);
    let said = python(file_of(&round(&world)).path(), &[]);
    assert!(said.text.contains("NOT UNDERSTOOD") && said.text.contains("weather"), "{}", said.text);
}

#[test]
fn the_witness_bounds_the_time_and_neighbours_show_the_chain() {
    let world = world();
    let report = check(&world.pack(PackKind::Record, Profile::Full), &pinned(&world));
    assert_eq!(report.failures, []);
    let (at, who) = report.witnessed.unwrap();
    assert_eq!(at.0, 1_792_100_000_999, "the first state that the witness cosigned with the record in it");
    assert!(who.contains("监理方"), "{who}");
    assert!(report.steps.iter().any(|step| step.contains("相邻记录 neighbours 1")), "{:?}", report.steps);
}

#[test]
fn a_broken_chain_inside_a_pack_is_refused() {
    let mut world = World::planned(3);
    world.walk(0, &[], |_| ());
    world.walk(1, &[], |record| record.terminal.previous = Some(xunjian_proof::Sha256::of(b"another")));
    let failed = &check(&round(&world), &pinned(&world)).failures[0];
    assert_eq!(failed.step, "chain");
    assert!(failed.file.contains(&world.records[1].id.to_hex()), "{failed:?}");
}

#[test]
fn a_redacted_pack_shows_no_original_and_says_so() {
    let world = world();
    let parts = Parts::of(&world.pack(PackKind::Round, Profile::Redacted));
    let report = check(&parts.insider(), &pinned(&world));
    assert_eq!((report.failures.len(), report.photos, report.masked), (0, (3, 1), 1), "{:?}", report.failures);
    let said = rust(file_of(&parts.insider()).path(), &["--root", &fingerprint(&world)]);
    assert!(said.code == 0 && said.text.contains("脱敏"), "{}", said.text);
    // An original that slipped in is named.
    let mut parts = parts;
    let full = Parts::of(&round(&world));
    for (name, bytes) in full.files.iter().filter(|(name, _)| name.starts_with("photos/")) {
        parts.files.insert(name.clone(), bytes.clone());
    }
    parts.manifest.left_out.clear();
    for verify in [rust, python] {
        let said = verify(file_of(&parts.insider()).path(), &["--root", &fingerprint(&world)]);
        assert_eq!((said.code, said.json["step"].as_str()), (1, Some("profile")), "{}", said.text);
    }
}

#[test]
fn the_published_hash_of_verify_py_is_the_one_that_ships() {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/EVIDENCE.md")).unwrap();
    let hash = xunjian_proof::Sha256::of(xunjian_proof::pack::texts::VERIFY_PY.as_bytes()).to_hex();
    assert!(document.contains(&hash), "docs/EVIDENCE.md must publish {hash}");
}

#[test]
fn verify_py_runs_on_the_oldest_python_it_names() {
    // No Python 3.9 may be here; its grammar is: nothing newer is in the script.
    let script = "import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 9))";
    let mut child = Command::new("python3").args(["-c", script]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), xunjian_proof::pack::texts::VERIFY_PY.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    let manifest = Parts::of(&round(&world())).manifest;
    assert_eq!(xunjian_proof::pack::Manifest::PAYLOAD_TYPE, "application/vnd.xunjian.pack.v1+json");
    assert_eq!(manifest.format, 1);
}
