//! `docs/EVIDENCE.md` says how to check a record with public tools. These tests run exactly its commands.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{fs, path::Path, process::Command};

use xunjian_tests::workspace;

/// Every `sh` block of the document, in order: one script.
fn commands_of_the_document() -> String {
    let text = fs::read_to_string(workspace().join("docs/EVIDENCE.md")).expect("docs/EVIDENCE.md");
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    format!("set -euo pipefail\n{}", blocks.collect::<String>())
}

/// A copy of the frozen export of version 1, to be spoiled.
fn export() -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let status = Command::new("cp")
        .arg("-r")
        .arg(format!("{}/.", workspace().join("crates/proof/tests/vectors/v1").display()))
        .arg(folder.path())
        .status()
        .expect("cp");
    assert!(status.success());
    folder
}

fn run(folder: &Path, fingerprint: &str) -> (bool, String) {
    let output = Command::new("bash")
        .arg("-c")
        .arg(commands_of_the_document())
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
    let (passed, text) = run(folder.path(), "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa");
    assert!(passed, "{text}");
    assert!(text.contains("record id: "), "{text}");
    assert!(text.contains("receipt: leaf 2 of 3"), "{text}");
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
        let (passed, text) = run(folder.path(), "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa");
        assert!(!passed, "{case} was accepted:\n{text}");
    }
}
