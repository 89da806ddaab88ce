//! Who cosigned a receipt and who stands behind them; two checkpoints side by side, and a fork with its proof.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_domain::party::PartyKind;
use xunjian_testkit::{
    export::{Export, key, seed},
    log_states,
};

const ROOT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";
const NAME: &str = "witness.jianli.example/gz";
const AT: u64 = 1_792_010_000;

fn export(change: impl FnOnce(&mut Export)) -> TempDir {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
    let folder = TempDir::new().unwrap();
    let mut export = Export::read(&vectors).unwrap();
    change(&mut export);
    export.write(folder.path()).unwrap();
    folder
}

fn run(arguments: &[&str]) -> (i32, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xunjian-verify")).args(arguments).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), serde_json::from_str(&text).unwrap_or(Value::Null), text)
}

fn verify(folder: &TempDir) -> (i32, Value, String) {
    run(&[folder.path().to_str().unwrap(), "--root-fingerprint", ROOT])
}

fn vouched(export: &mut Export, kind: PartyKind) {
    let statement = log_states::witness_statement(&export.root, NAME, seed::WITNESS, kind);
    export.statements.push(("witness".into(), statement));
    export.cosigned.push((NAME.into(), seed::WITNESS, AT));
}

#[test]
fn a_witness_of_another_organisation_bounds_the_time_and_others_do_not() {
    let (code, said, text) = verify(&export(|export| vouched(export, PartyKind::Supervisor)));
    assert_eq!((code, said["not_after"].as_i64()), (0, Some(1_792_010_000_999)), "{text}");
    assert_eq!(said["witnessed_by"], NAME);
    assert!(text.contains("某监理方") && text.contains("不受服务方控制"), "{text}");

    let (code, said, text) = verify(&export(|export| vouched(export, PartyKind::Provider)));
    assert_eq!((code, &said["not_after"]), (0, &Value::Null), "the operator's own witness bounds nothing: {text}");
    assert!(text.contains("时间上界仅由服务方证明") && text.contains("属服务方"), "{text}");

    let (code, said, text) = verify(&export(|export| export.cosigned.push((NAME.into(), seed::WITNESS, AT))));
    assert_eq!((code, &said["not_after"]), (0, &Value::Null), "a key that is merely sent counts for nothing: {text}");
    assert!(text.contains("不计"), "{text}");

    let (code, said, text) = verify(&export(|export| {
        vouched(export, PartyKind::Supervisor);
        export.revoke(seed::WITNESS);
    }));
    assert_eq!((code, &said["not_after"]), (0, &Value::Null), "nor does one that was revoked: {text}");
}

#[test]
fn a_terminal_is_shown_under_its_own_name() {
    let (code, _, text) = verify(&export(|export| {
        let name = format!("{}/terminal/{}", export.root.log_origin, export.record.terminal.id);
        export.cosigned.push((name, seed::TERMINAL, AT));
    }));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("共同签名 cosigner 平板A"), "{text}");
}

#[test]
fn a_changed_cosignature_of_a_known_witness_fails() {
    let folder = export(|export| vouched(export, PartyKind::Supervisor));
    let file = folder.path().join("receipt.tlog-proof");
    let text = fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.contains(NAME)).unwrap();
    // One character in the middle of the signature, which is still base 64.
    let at = line.len() - 20;
    let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    let changed = format!("{}{other}{}", &line[..at], &line[at + 1..]);
    fs::write(&file, text.replace(line, &changed)).unwrap();
    let (code, said, text) = verify(&folder);
    assert_eq!((code, said["step"].as_str()), (1, Some("Cosignature")), "{text}");
}

/// Two notes as files, with what the export's keys make of them.
fn compare(first: (&str, u64), second: (&str, u64), more: &[&str]) -> (i32, Value, String) {
    let folder = export(|export| vouched(export, PartyKind::Supervisor));
    let root = Export::read(folder.path()).unwrap().root;
    let mut files = Vec::new();
    for (no, (history, size)) in [first, second].into_iter().enumerate() {
        let mut note = log_states::checkpoint(&root, history, size);
        note.cosign(NAME, AT, &key(seed::WITNESS)).unwrap();
        let file = folder.path().join(format!("{no}.note"));
        fs::write(&file, note.to_string()).unwrap();
        files.push(file.to_str().unwrap().to_owned());
    }
    let log_key = Export::read(folder.path()).unwrap().statement("log").clone();
    let proof = log_states::request(&root, &log_key, "a", 5, 8);
    let proof_file = folder.path().join("proof.json");
    fs::write(&proof_file, serde_json::to_vec(&proof).unwrap()).unwrap();
    let keys = folder.path().to_str().unwrap().to_owned();
    let mut arguments = vec!["checkpoints", files[0].as_str(), files[1].as_str()];
    for word in more {
        arguments.push(match *word {
            "KEYS" => &keys,
            "PROOF" => proof_file.to_str().unwrap(),
            word => word,
        });
    }
    run(&arguments)
}

const PINNED: [&str; 4] = ["--keys", "KEYS", "--root-fingerprint", ROOT];

#[test]
fn a_fork_is_named_and_both_notes_are_its_proof() {
    let (code, said, text) = compare(("a", 5), ("x", 5), &PINNED);
    assert_eq!((code, said["result"].as_str()), (6, Some("forked")), "{text}");
    assert_eq!(said["signatures_checked"], true);
    let notes: Vec<&str> = said["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert!(notes.len() == 2 && notes[0] != notes[1] && notes.iter().all(|note| note.contains(NAME)), "{text}");
    let (code, said, _) = compare(("a", 5), ("x", 5), &[]);
    assert_eq!((code, &said["signatures_checked"]), (6, &Value::Bool(false)), "without keys it says so");
}

#[test]
fn states_of_one_history_are_told_from_those_that_nothing_connects() {
    let (code, said, text) = compare(("a", 5), ("a", 5), &PINNED);
    assert_eq!((code, said["result"].as_str()), (0, Some("same")), "{text}");
    let (code, said, text) = compare(("a", 5), ("a", 5), &[]);
    assert_eq!((code, said["result"].as_str()), (3, Some("root_not_pinned")), "{text}");
    let with_proof = [&PINNED[..], &["--proof", "PROOF"]].concat();
    for (first, second) in [(("a", 5), ("a", 8)), (("a", 8), ("a", 5))] {
        let (code, said, text) = compare(first, second, &with_proof);
        assert_eq!((code, said["result"].as_str()), (0, Some("extends")), "{text}");
    }
    let (code, said, text) = compare(("a", 5), ("a", 8), &PINNED);
    assert_eq!((code, said["result"].as_str()), (7, Some("unproven")), "{text}");
    let (code, said, text) = compare(("x", 5), ("a", 8), &with_proof);
    assert_eq!((code, said["result"].as_str()), (7, Some("unproven")), "the proof is of another history: {text}");
}
