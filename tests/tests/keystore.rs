//! A PIN with a real keystore: GNOME's Secret Service on a D-Bus session of the test's own. Without the keystore the same
//! folder opens for nobody, and the same PIN is refused.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use xunjian_tests::{Programs, Story, StoryOptions, workspace};

const PIN: &str = "730194";

/// Runs a shell line as somebody who logged in: with a session bus and an unlocked keyring that lives in `home`.
fn logged_in(home: &Path, line: &str) -> Output {
    let unlock = "printf 'login password' | gnome-keyring-daemon --unlock --components=secrets > /dev/null";
    Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &format!("{unlock} && {line}")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a path"))
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("LANG", "zh_CN.UTF-8")
        .env("XUNJIAN_PASSPHRASE", PIN)
        .output()
        .expect("dbus and gnome-keyring are installed: scripts/setup.sh")
}

fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this test has a path");
    own.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file()).expect("the programs are built")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_pin_opens_with_the_keystore_and_a_copy_of_the_folder_opens_nowhere() {
    let folder = TempDir::new().expect("a temporary folder");
    let home = TempDir::new().expect("a home");
    let ledgers = ["demo/ledger.xlsx"].iter().map(|file| workspace().join(file)).collect();
    let options = StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false };
    let mut story = Story::new(options).expect("a story");
    story.open_office().expect("an office");
    let service = story.serve().expect("a service");
    let code = story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json().expect("a code");
    let code = code["code"].as_str().expect("a code").to_owned();
    let data = folder.path().join("tablet");
    let field = format!("{} --data {}", program("xunjian-field").display(), data.display());

    let enrolled =
        logged_in(home.path(), &format!("{field} --service {} enrol --name 平板A --code {code}", service.url));
    assert!(enrolled.status.success(), "a PIN of six digits is enough: {}", text(&enrolled));
    assert!(!data.join("terminal.secret").exists(), "the secret is in the keystore and not beside the data");
    let status = logged_in(home.path(), &format!("{field} status"));
    assert!(status.status.success(), "also after logging out and in again: {}", text(&status));
    assert!(text(&status).contains("平板A"), "{}", text(&status));

    let elsewhere = TempDir::new().expect("another home");
    for refused in [
        logged_in(elsewhere.path(), &format!("{field} status")),
        Programs::find()
            .expect("programs")
            .program("xunjian-field")
            .args(["--data".as_ref(), data.as_os_str()])
            .args(["status"])
            .env("XUNJIAN_PASSPHRASE", PIN)
            .output()
            .expect("a run"),
    ] {
        assert!(!refused.status.success() && text(&refused).contains("密钥库"), "{}", text(&refused));
    }
    let again = logged_in(home.path(), &format!("{field} status"));
    assert!(again.status.success(), "no wrong try was counted meanwhile: {}", text(&again));
}
