//! `docs/EVIDENCE.md` says how to check a record with public tools. These tests run exactly its commands.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xunjian_testkit::export::{Export, change};
use xunjian_tests::{evidence_script, workspace};

const ROOT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";

/// A copy of the frozen export of version 1, to be spoiled.
fn export() -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let status =
        Command::new("cp").arg("-r").arg(format!("{}/.", vectors().display())).arg(folder.path()).status().expect("cp");
    assert!(status.success());
    folder
}

fn vectors() -> PathBuf {
    workspace().join("crates/proof/tests/vectors/v1")
}

/// The frozen export, changed before all of it was signed again by the keys that signed it first.
fn signed_anew(change: impl FnOnce(&mut Export)) -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let mut export = Export::read(&vectors()).expect("the vectors");
    change(&mut export);
    export.write(folder.path()).expect("an export");
    folder
}

fn run(folder: &Path, fingerprint: &str) -> (bool, String) {
    let output = Command::new("bash")
        .arg("-c")
        .arg(evidence_script().expect("docs/EVIDENCE.md"))
        .current_dir(folder)
        .env("PAPER_FINGERPRINT", fingerprint)
        .output()
        .expect("bash, openssl, jq and base64 are installed by scripts/setup.sh");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_commands_of_the_document_accept_the_frozen_record() {
    let folder = export();
    let (passed, text) = run(folder.path(), ROOT);
    assert!(passed, "{text}");
    assert!(text.contains("record id: "), "{text}");
    assert!(text.contains("receipt: leaf 2 of 3"), "{text}");
    assert!(text.contains("photos: 2 of 2"), "{text}");
}

#[test]
fn the_commands_of_the_document_refuse_whatever_was_changed() {
    let spoil = |file: &str, from: &str, to: &str| {
        let folder = export();
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("a file of the export");
        assert!(text.contains(from), "{file} has no “{from}” to change");
        fs::write(&path, text.replacen(from, to, 1)).expect("the file");
        (folder, format!("{file}: {from} → {to}"))
    };
    let cases = [
        spoil("record.json", "NF5280M6", "NF5280M5"),
        spoil("envelope.json", "\"payload\":\"ey", "\"payload\":\"eX"),
        spoil("delivered.json", "\"sig\":\"", "\"sig\":\"A"),
        spoil("receipt.tlog-proof", "\n3\n", "\n4\n"),
        spoil("receipt.tlog-proof", "index 2", "index 1"),
        spoil("site-root.json", "云山一号", "云山二号"),
        spoil("key-statements/inspector.json", "\"sig\":\"", "\"sig\":\"A"),
    ];
    for (folder, case) in cases {
        let (passed, text) = run(folder.path(), ROOT);
        assert!(!passed, "{case} was accepted:\n{text}");
    }
}

#[test]
fn the_commands_of_the_document_refuse_keys_that_are_not_for_this_however_well_all_is_signed() {
    let (passed, text) = run(signed_anew(|_| ()).path(), ROOT);
    assert!(passed, "signing anew changes nothing: {text}");
    for (case, change) in change::REFUSED {
        let (passed, text) = run(signed_anew(change).path(), ROOT);
        assert!(!passed, "{case} was accepted:\n{text}");
    }
}

#[test]
fn the_commands_of_the_document_look_at_the_photos_that_are_there() {
    let folder = export();
    let photos: Vec<PathBuf> = fs::read_dir(folder.path().join("photos"))
        .expect("photos")
        .map(|entry| entry.expect("a photo").path())
        .collect();
    fs::remove_file(&photos[0]).expect("a photo less");
    let (passed, text) = run(folder.path(), ROOT);
    assert!(passed && text.contains("photos: 1 of 2"), "{text}");
    fs::write(&photos[1], b"another picture").expect("a photo");
    let (passed, text) = run(folder.path(), ROOT);
    assert!(!passed, "{text}");
}
