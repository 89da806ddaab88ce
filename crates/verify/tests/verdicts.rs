//! The program on exports that are whole, spoiled, incomplete or signed with keys that were revoked: results and exit codes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;
use xunjian_testkit::export::{Export, change, seed};

const ROOT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";

/// The frozen export, changed before it was signed.
fn export(change: impl FnOnce(&mut Export)) -> TempDir {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
    let folder = TempDir::new().unwrap();
    let mut export = Export::read(&vectors).unwrap();
    change(&mut export);
    export.write(folder.path()).unwrap();
    folder
}

/// The exit code and the result, and all of the output for when they are others.
fn verify(folder: &TempDir, more: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xunjian-verify"))
        .arg(folder.path())
        .arg("--json")
        .args(more)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    (output.status.code().unwrap(), json["result"].as_str().unwrap().to_owned(), text)
}

fn expect(folder: &TempDir, more: &[&str], code: i32, result: &str) -> String {
    let (found, name, text) = verify(folder, more);
    assert_eq!((found, name.as_str()), (code, result), "{text}");
    text
}

const PINNED: [&str; 2] = ["--root-fingerprint", ROOT];

#[test]
fn a_whole_export_passes_and_says_so_when_no_root_is_pinned() {
    let folder = export(|_| ());
    expect(&folder, &PINNED, 0, "ok");
    expect(&folder, &[], 3, "root_not_pinned");
}

#[test]
fn missing_photos_are_told_and_unreadable_ones_fail() {
    let folder = export(|export| drop(export.photos.pop()));
    expect(&folder, &PINNED, 4, "incomplete");
    expect(&folder, &["--root-fingerprint", ROOT, "--without-photos"], 4, "incomplete");
    let none = export(|export| export.photos.clear());
    expect(&none, &PINNED, 4, "incomplete");
    expect(&none, &["--root-fingerprint", ROOT, "--without-photos"], 0, "ok");
    // A folder in the place of a photo is there, and cannot be read.
    let photo = fs::read_dir(folder.path().join("photos")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&photo).unwrap();
    fs::create_dir(&photo).unwrap();
    expect(&folder, &PINNED, 1, "failed");
}

#[test]
fn a_photo_has_the_size_that_was_signed() {
    let folder = export(|export| {
        export.record.evidence[0].bytes += 1;
        export.delivered_blobs = export.record.blobs();
    });
    let text = expect(&folder, &PINNED, 1, "failed");
    assert!(text.contains("Blobs"), "{text}");
}

#[test]
fn revoked_signers_have_a_result_of_their_own() {
    for seed in [seed::INSPECTOR, seed::TERMINAL] {
        expect(&export(|export| export.revoke(seed)), &PINNED, 5, "revoked");
    }
    for seed in [seed::LOG, seed::CLOCK] {
        expect(&export(|export| export.revoke(seed)), &PINNED, 0, "ok");
    }
}

#[test]
fn wrong_holders_roles_and_names_fail_however_well_they_are_signed() {
    for (case, change) in change::REFUSED {
        let text = expect(&export(change), &PINNED, 1, "failed");
        assert!(text.contains("InspectorKey") || text.contains("TerminalKey"), "{case}: {text}");
    }
}
