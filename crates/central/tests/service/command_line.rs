//! The program as an administrator runs it.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// `xunjian` over the site in this folder, in Chinese.
pub fn xunjian(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xunjian"))
        .arg("--data")
        .arg(folder.path().join("data"))
        .args(["--lang", "zh-CN"])
        .args(arguments)
        .output()
        .expect("the command runs")
}

/// What it answered, once it succeeded.
pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
