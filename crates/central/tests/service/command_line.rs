//! The program as an administrator runs it.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunjian"));
    command.arg("--data").arg(folder.path().join("data")).args(["--lang", "zh-CN"]).args(arguments);
    command
}

/// `xunjian` over the site in this folder, in Chinese.
pub fn xunjian(folder: &TempDir, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the command runs")
}

/// The same until it kills itself at `effect`, which it must reach.
pub fn killed_at(folder: &TempDir, arguments: &[&str], effect: &str) {
    let mark = folder.path().join("killed-at");
    let output = command(folder, arguments).env("XUNJIAN_KILL_AT", effect).env("XUNJIAN_KILL_MARK", &mark).output();
    assert_eq!(output.expect("the command runs").status.signal(), Some(9), "{effect}");
    assert_eq!(std::fs::read_to_string(mark).expect("it was reached"), effect);
}

/// What it answered, once it succeeded.
pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
