//! The product's programs, with clean environments.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// The passphrase of the bench's inspector: it protects nothing but invented data.
pub const PASSPHRASE: &str = "bench passphrase 巡检";

/// Where the built programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs in this folder.
    ///
    /// # Errors
    /// When one is missing.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        for name in ["xunjian", "xunjian-field"] {
            ensure!(
                folder.join(name).is_file(),
                "{name} is not in {}: run scripts/bench-sync.sh, or name the folder in XUNJIAN_BIN_DIR",
                folder.display()
            );
        }
        Ok(Self { folder: folder.canonicalize()? })
    }

    /// One of them, with nothing of this environment that could change what it does.
    pub fn command(&self, name: &str) -> Command {
        clean(mortal(self.folder.join(name)))
    }

    /// `xunjian` on a site.
    pub fn central(&self, site: &Path) -> Command {
        let mut command = self.command("xunjian");
        command.arg("--data").arg(site);
        command
    }

    /// `xunjian-field` on a terminal.
    pub fn field(&self, terminal: &Path) -> Command {
        let mut command = self.command("xunjian-field");
        command.arg("--data").arg(terminal);
        command
    }

    /// The first line of what it says of its version.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version(&self) -> anyhow::Result<String> {
        text(self.command("xunjian-field").arg("--version"))
    }
}

/// A program whose process ends with this one, also when this one is killed.
pub fn mortal(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Takes away what would change messages, keystore or data folder.
pub fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("XUNJIAN_")) {
        command.env_remove(name);
    }
    command.env("LANG", "en_US.UTF-8").env("XUNJIAN_KEYSTORE", "none").env("XUNJIAN_PASSPHRASE", PASSPHRASE);
    command.env_remove("LC_ALL");
    command
}

/// Runs a program to its end; it must succeed.
///
/// # Errors
/// What it said when it failed.
pub fn text(command: &mut Command) -> anyhow::Result<String> {
    let name = name_of(command);
    let output = command.output().with_context(|| format!("{name} cannot be started"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{name} failed ({}): {err}{out}", output.status);
    Ok(out.trim().to_owned())
}

/// As [`text`], with `--json`.
///
/// # Errors
/// As [`text`], or that it printed no JSON.
pub fn json(command: &mut Command) -> anyhow::Result<Value> {
    let text = text(command.arg("--json"))?;
    serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
}

/// The program that a command is about, [`mortal`] or not.
pub fn name_of(command: &Command) -> String {
    let wrapped = command.get_args().skip_while(|word| *word != "--").nth(1);
    let is_wrapped = command.get_program() == "setpriv";
    wrapped.filter(|_| is_wrapped).unwrap_or(command.get_program()).to_string_lossy().into_owned()
}
