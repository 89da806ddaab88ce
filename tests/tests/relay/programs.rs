//! The same by hand: the programs a person runs, with kills in the middle, sticks that lack files, and exit codes that scripts
//! act on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xunjian_tests::{Program, Story, StoryOptions, workspace};

use crate::party::bundles;

/// Runs a program that may fail; its exit code and what it printed as JSON.
fn ended(program: Program) -> (i32, Value) {
    let output = program.args(["--json"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = output.status.code().unwrap_or_else(|| panic!("{output:?}"));
    (code, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{output:?}")))
}

pub struct Scene {
    pub story: Story,
    folder: TempDir,
}

impl Scene {
    /// An office with a round; nobody ever serves.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let ledgers = vec![workspace().join("demo/ledger.xlsx")];
        let mut story =
            Story::new(StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false }).unwrap();
        story.open_office().unwrap();
        Self { story, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn central(&self, arguments: &[&str], more: &[&Path]) -> Program {
        self.story.central().args(["relay"]).args(arguments).args(more)
    }

    fn field(&self, arguments: &[&str], more: &[&Path]) -> Program {
        self.story.field().args(["relay"]).args(arguments).args(more)
    }

    /// From the invitation to the work package, all of it in files.
    pub fn enrols(&self) -> String {
        let (invite, stick) = (self.path("invite.json"), self.path("enrolment"));
        let invited =
            self.central(&["invite", "--person", "镕堃", "--hours", "48", "--out"], &[&invite]).json().unwrap();
        let code = invited["code"].as_str().unwrap().to_owned();
        let shown = fs::read_to_string(&invite).unwrap();
        assert!(!shown.replace('-', "").contains(&code.replace('-', "")), "the code is not in the file");
        let who = ["--code", &code, "--name", "平板A", "--root-fingerprint", self.story.fingerprint()];
        let request = [&["enrol-request"], &who[..], &["--invite"]].concat();
        let program = self.field(&request, &[&invite]).args(["--folder"]).args([&stick]);
        program.json().unwrap();
        let (code_of, received) = ended(self.central(&["import"], &[&stick]));
        assert_eq!(code_of, 0, "{received}");
        let terminal = received["files"][0]["received"]["terminal"].as_str().unwrap().to_owned();
        self.story.central().args(["key", "approve", "--root"]).args([self.story.root_folder()]).json().unwrap();
        let down = self.path("down-0");
        self.central(&["export", "--all", "--folder"], &[&down]).json().unwrap();
        let finish = [&["enrol"], &who[..]].concat();
        let enrolled = self.field(&finish, &[&bundles(&down)[0]]).json().unwrap();
        assert_eq!(enrolled["enrolled"]["terminal"], json!(terminal));
        assert_eq!(enrolled["enrolled"]["root_pinned"], true, "{enrolled}");
        assert_eq!(enrolled["files"][0]["imported"]["report"]["package"]["changed"], true, "{enrolled}");
        terminal
    }
}

#[test]
fn a_terminal_that_never_has_a_line_delivers_everything_through_kills_and_lost_files() {
    let scene = Scene::new();
    let terminal = scene.enrols();
    scene.story.seal_without_sending(2).unwrap();
    let stick = scene.path("stick");
    let export = || scene.field(&["export", "--max-bytes", "400000", "--folder"], &[&stick]);

    // The battery goes in the middle of an export: what has its name is whole, and the next one goes on from there.
    export().killed_at("relay.after_photo").unwrap();
    bundles(&stick).iter().for_each(|file| {
        scene.field(&["show"], &[file]).json().unwrap();
    });
    let exported = export().json().unwrap();
    let files = exported["files"].as_array().unwrap().len();
    assert!(files >= 2 && exported["records"] == 2, "{exported}");
    let photos = exported["photos"].as_u64().unwrap() + exported["photos_there"].as_u64().unwrap();
    let again = export().json().unwrap();
    assert_eq!((&again["photos"], &again["photos_there"]), (&json!(0), &json!(photos)), "{again}");

    // The service is killed at every effect of an import, each time in another one, and takes the same stick again.
    for effect in [
        "intake.before_commit",
        "log.before_commit",
        "blob.before_rename",
        "blob.after_rename",
        "blob.after_row",
        "delivered.before_commit",
        "delivered.after_commit",
    ] {
        scene.central(&["import"], &[&stick]).killed_at(effect).unwrap();
    }
    let (code, received) = ended(scene.central(&["import"], &[&stick]));
    assert_eq!(code, 0, "{received}");
    let last = received["files"].as_array().unwrap().last().unwrap();
    assert_eq!(last["received"]["photos_wanted"], 0, "{received}");
    let verified = scene.story.central().arg_json("verify-all").unwrap();
    assert!(verified["delivered"] == 2 && verified["damages"] == json!([]), "{verified}");

    // Down on the same stick; the terminal is killed while it stores a receipt.
    scene.central(&["export", "--terminal", &terminal, "--folder"], &[&stick]).json().unwrap();
    let down = bundles(&stick).into_iter().find(|file| file.to_string_lossy().contains("-down-")).unwrap();
    scene.field(&["import"], &[&down]).killed_at("sync.before_receipt_store").unwrap();
    scene.field(&["import"], &[&down]).killed_at("sync.after_receipt_store").unwrap();
    let (code, imported) = ended(scene.field(&["import"], &[&down]));
    assert_eq!(code, 0, "{imported}");
    let status = scene.story.field().arg_json("status").unwrap();
    assert!(status["records"]["delivered"] == 2 && status["blobs_left"] == 0, "{status}");
    let released = scene.story.field().arg_json("release").unwrap();
    assert_eq!(released["photos"], json!(photos), "{released}");

    // The stick goes to the office once more, with the answer on it: nothing happens, and nothing is wrong.
    let (code, received) = ended(scene.central(&["import"], &[&stick]));
    assert_eq!(code, 0, "{received}");
    let stored = |one: &Value| one["received"]["stored"] == 0 && one["received"]["photos_stored"] == 0;
    assert!(received["files"].as_array().unwrap().iter().all(stored), "{received}");
    let standing = scene.central(&["status"], &[]).json().unwrap();
    assert_eq!(standing["terminals"][0]["waiting"], 0, "{standing}");
}

#[test]
fn exit_codes_and_sentences_say_what_to_do() {
    let scene = Scene::new();
    let terminal = scene.enrols();
    let stick = scene.path("stick");
    scene.field(&["export", "--folder"], &[&stick]).json().unwrap();
    let up = bundles(&stick)[0].clone();
    let bent = scene.path("bent.xunjian-relay");
    let mut bytes = fs::read(&up).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&bent, &bytes).unwrap();

    // One bad file beside a good one: the good one is taken, the exit code says that something is to be done.
    let (code, received) = ended(scene.central(&["import"], &[&bent, &up]));
    assert_eq!(code, 1, "{received}");
    assert!(received["files"][0]["error"].as_str().unwrap().contains("被改动或已损坏"), "{received}");
    assert_eq!(received["files"][1]["received"]["terminal"], json!(terminal), "{received}");
    let (code, shown) = ended(scene.central(&["show"], &[&bent]));
    assert_eq!(code, 1, "{shown}");
    let shown = scene.central(&["show"], &[&up]).json().unwrap();
    assert_eq!(shown["files"][0]["header"]["direction"], "up", "{shown}");

    let (code, said) = ended(scene.field(&["import"], &[&bent]));
    assert_eq!((code, &said["files"][0]["error"]["code"]), (4, &json!("integrity")), "{said}");
    let (code, said) = ended(scene.field(&["import"], &[&up]));
    assert_eq!(code, 1, "{said}");
    assert!(said["files"][0]["error"]["message"]["en"].as_str().unwrap().contains("goes the other way"), "{said}");
    let (code, said) = ended(scene.field(&["show"], &[&scene.path("not-there")]));
    assert_eq!(code, 1, "{said}");

    // Nowhere to write, nobody to answer, no key to seal for.
    let (code, said) = ended(scene.field(&["export", "--folder"], &[&up]));
    assert_eq!(code, 1, "{said}");
    let (code, said) = ended(scene.central(&["export", "--terminal", "nobody", "--folder"], &[&stick]));
    assert_eq!(code, 1, "{said}");
    assert!(said["error"].as_str().unwrap().contains("还没有送来过摆渡包"), "{said}");
    let output = scene.central(&["export", "--folder"], &[&stick]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a terminal or all of them: {output:?}");
}
