//! `xunjian-witness` as a supervisor runs it: files in, files out, and a state that never goes back.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_proof::{note::SignedCheckpoint, statement::KeyStatement, witness::WitnessApplication};
use xunjian_testkit::{export::Export, log_states};

const ROOT: &str = "32e094d0b363cde076589ea0d71143ea1702102aaedb597b7f5b16139407aafa";
const NAME: &str = "witness.jianli.example/gz";

/// A supervisor's stick: the site root on it, and what comes and goes.
struct Stick {
    folder: TempDir,
    export: Export,
}

impl Stick {
    fn new() -> Self {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
        let folder = TempDir::new().unwrap();
        fs::copy(vectors.join("site-root.json"), folder.path().join("site-root.json")).unwrap();
        Self { folder, export: Export::read(&vectors).unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xunjian-witness"));
        let output = command.current_dir(self.folder.path()).arg("--json").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn init(&self) -> Value {
        let (code, made) = self.run(&[
            "init",
            "w",
            "--site-root",
            "site-root.json",
            "--root-fingerprint",
            ROOT,
            "--name",
            NAME,
            "--application",
            "application.json",
        ]);
        assert_eq!(code, 0, "{made}");
        made
    }

    /// The service exports, the witness cosigns; the exit code and what it says.
    fn cosigns(&mut self, history: &str, from: u64, size: u64) -> (i32, Value) {
        let log_key: KeyStatement = self.export.statement("log").clone();
        let request = log_states::request(&self.export.root, &log_key, history, from, size);
        fs::write(self.path("request.json"), serde_json::to_vec(&request).unwrap()).unwrap();
        self.run(&["cosign", "w", "request.json", "--out", "answer.note"])
    }

    fn state(&self) -> String {
        fs::read_to_string(self.path("w/state.json")).unwrap()
    }
}

#[test]
fn a_witness_follows_a_log_that_grows() {
    let mut stick = Stick::new();
    let made = stick.init();
    assert_eq!(fs::metadata(stick.path("w/witness.key")).unwrap().permissions().mode() & 0o777, 0o600);
    let application: WitnessApplication =
        serde_json::from_slice(&fs::read(stick.path("application.json")).unwrap()).unwrap();
    application.check(&stick.export.root).expect("it holds the key it applies with");
    assert!(made["verifier_key"].as_str().unwrap().starts_with(NAME));
    for (from, size) in [(0, 3), (3, 5), (5, 5), (5, 9)] {
        let (code, said) = stick.cosigns("a", from, size);
        assert_eq!((code, said["size"].as_u64()), (0, Some(size)), "{said}");
        let note = SignedCheckpoint::parse(&fs::read_to_string(stick.path("answer.note")).unwrap()).unwrap();
        let seconds = note.cosigned_at(NAME, &application.key).expect("a cosignature that verifies");
        assert_eq!(said["at"].as_u64(), Some(seconds));
    }
    let (code, status) = stick.run(&["status", "w"]);
    assert_eq!((code, status["size"].as_u64()), (0, Some(9)));
}

#[test]
fn a_log_that_shrank_or_forked_is_refused_by_name_and_both_notes_are_kept() {
    let mut stick = Stick::new();
    stick.init();
    assert_eq!(stick.cosigns("a", 0, 5).0, 0);
    let (before, answer) = (stick.state(), fs::read(stick.path("answer.note")).unwrap());
    let cases =
        [("a", 0, 4, 3, "shrunk"), ("x", 0, 5, 4, "forked"), ("x", 5, 8, 4, "forked"), ("a", 3, 8, 6, "other_start")];
    for (history, from, size, exit, result) in cases {
        let (code, said) = stick.cosigns(history, from, size);
        assert_eq!((code, said["result"].as_str()), (exit, Some(result)), "{said}");
        assert_eq!(stick.state(), before, "what was refused changes nothing");
        assert_eq!(fs::read(stick.path("answer.note")).unwrap(), answer, "and nothing is handed out");
    }
    let kept: Vec<String> = fs::read_dir(stick.path("w/evidence"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(kept.contains(&log_states::checkpoint(&stick.export.root, "a", 5).to_string()), "ours");
    assert!(kept.contains(&log_states::checkpoint(&stick.export.root, "x", 5).to_string()), "and theirs");
    assert_eq!(stick.cosigns("a", 5, 8).0, 0, "the log it knows goes on");
}

#[test]
fn another_site_another_root_and_an_unsigned_log_are_not_trusted() {
    let mut stick = Stick::new();
    let wrong = "00".repeat(32);
    let init = [
        "init",
        "w",
        "--site-root",
        "site-root.json",
        "--root-fingerprint",
        &wrong,
        "--name",
        NAME,
        "--application",
        "a",
    ];
    assert_eq!(stick.run(&init).0, 5, "the fingerprint on paper is another");
    assert!(!stick.path("w").exists(), "and nothing was made");
    stick.init();
    let again = [
        "init",
        "w",
        "--site-root",
        "site-root.json",
        "--root-fingerprint",
        ROOT,
        "--name",
        NAME,
        "--application",
        "a",
    ];
    assert_eq!(stick.run(&again).0, 1, "a witness is made once");
    stick.export.statement("log").key = xunjian_proof::suite::Signer::public_key(&xunjian_testkit::export::key(99));
    assert_eq!(stick.cosigns("a", 0, 5).0, 5, "the root vouches for another key than the one that signed");
    stick.export.root.name = "another".into();
    assert_eq!(stick.cosigns("a", 0, 5).0, 5, "another root");
}

#[test]
fn the_state_is_on_the_disk_before_a_signature_is_handed_out() {
    let mut stick = Stick::new();
    stick.init();
    assert_eq!(stick.cosigns("a", 0, 3).0, 0);
    // The answer cannot be written: the state has moved on, and the same request gets its signature again.
    fs::remove_file(stick.path("answer.note")).unwrap();
    fs::create_dir(stick.path("answer.note.part")).unwrap();
    assert_eq!(stick.cosigns("a", 3, 7).0, 1);
    assert_eq!(stick.run(&["status", "w"]).1["size"].as_u64(), Some(7));
    assert!(!stick.path("answer.note").exists());
    fs::remove_dir(stick.path("answer.note.part")).unwrap();
    assert_eq!(stick.cosigns("x", 3, 7).0, 4, "what it vouched for without anyone getting it binds it all the same");
    assert_eq!(stick.cosigns("a", 3, 7).0, 0);
    // The state cannot be written: nothing is handed out.
    let before = stick.state();
    fs::remove_file(stick.path("answer.note")).unwrap();
    fs::create_dir(stick.path("w/state.json.part")).unwrap();
    assert_eq!(stick.cosigns("a", 7, 9).0, 1);
    assert!(!stick.path("answer.note").exists(), "no signature without the memory of it");
    assert_eq!(stick.state(), before);
}
