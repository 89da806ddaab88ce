//! The product's programs as processes: found beside the tests, run with clean environments, stopped by process id.

use std::{
    ffi::OsStr,
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// Where the built programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs built beside this one.
    ///
    /// # Errors
    /// When one is missing: says which command builds it.
    pub fn find() -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let folder = own
            .ancestors()
            .find(|folder| folder.join("xunjian").is_file())
            .context("the programs are not built: run `cargo build -p xunjian-central -p xunjian-field -p xunjian-report -p xunjian-verify`")?
            .to_owned();
        for name in ["xunjian-field", "xunjian-report", "xunjian-verify"] {
            ensure!(
                folder.join(name).is_file(),
                "{name} is not built: run `cargo build -p xunjian-field -p xunjian-report -p xunjian-verify`"
            );
        }
        Ok(Self { folder })
    }

    /// Where a program is, for those that are fed on standard input.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// One program with Chinese messages and nothing else of this environment that could change what it does.
    #[must_use]
    pub fn program(&self, name: &str) -> Program {
        let mut command = Command::new(self.folder.join(name));
        let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("XUNJIAN_"));
        for (name, _) in ours {
            command.env_remove(name);
        }
        // Nobody's own keyring gets entries of tests.
        command.env("LANG", "zh_CN.UTF-8").env("XUNJIAN_KEYSTORE", "none").env_remove("LC_ALL").stdin(Stdio::null());
        Program { command, name: name.to_owned() }
    }
}

/// One run of a program.
pub struct Program {
    command: Command,
    name: String,
}

impl Program {
    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end, whatever that is.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn output(mut self) -> anyhow::Result<Output> {
        self.command.output().with_context(|| format!("{} cannot be started", self.name))
    }

    /// Runs it until it kills itself at `effect`, which it must reach.
    ///
    /// # Errors
    /// When it ended otherwise.
    pub fn killed_at(self, effect: &str) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mark = folder.path().join("killed-at");
        let output = self.env("XUNJIAN_KILL_AT", effect).env("XUNJIAN_KILL_MARK", &mark).output()?;
        let reached = fs::read_to_string(&mark).unwrap_or_default();
        ensure!(output.status.signal() == Some(9) && reached == effect, "{effect} was not reached: {output:?}");
        Ok(())
    }

    /// Runs it and returns what it printed; it must succeed.
    ///
    /// # Errors
    /// What it said when it failed.
    pub fn text(self) -> anyhow::Result<String> {
        let name = self.name.clone();
        let output = self.output()?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            // A whole record on the screen helps nobody.
            let said: String = format!("{err}{out}").chars().take(2000).collect();
            bail!("{name} failed ({}): {said}", output.status);
        }
        Ok(out.into_owned())
    }

    /// Runs it with `--json` and returns the document it printed; it must succeed.
    ///
    /// # Errors
    /// What it said when it failed, or that it printed no JSON.
    pub fn json(self) -> anyhow::Result<Value> {
        let name = self.name.clone();
        let text = self.args(["--json"]).text()?;
        serde_json::from_str(&text).with_context(|| format!("{name} printed no JSON: {text}"))
    }
}

impl Program {
    /// [`Program::json`] of one more word.
    ///
    /// # Errors
    /// As [`Program::json`].
    pub fn arg_json(self, word: &str) -> anyhow::Result<Value> {
        self.args([word]).json()
    }
}

/// A running `xunjian serve`; stopped by its process id when dropped.
pub struct Service {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Service {
    /// Starts the service of `data` on a free port of loopback and waits until it listens.
    ///
    /// # Errors
    /// When it ends or does not listen within twenty seconds.
    pub fn start(programs: &Programs, data: &Path, environment: &[(&str, String)]) -> anyhow::Result<Self> {
        Self::start_at(programs, data, "127.0.0.1:0", environment)
    }

    /// As [`Service::start`], at an address of the caller's choice.
    ///
    /// # Errors
    /// When it ends, because the address is taken for example, or does not listen within twenty seconds.
    pub fn start_at(
        programs: &Programs,
        data: &Path,
        listen: &str,
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let address = data.join("address.txt");
        let _ = fs::remove_file(&address);
        let log = fs::OpenOptions::new().create(true).append(true).open(data.join("service.log"))?;
        let mut program = programs.program("xunjian");
        program.command.arg("serve").arg("--data").arg(data).args(["--listen", listen, "--address-file"]);
        program.command.arg(&address).stdout(Stdio::null()).stderr(log);
        for (name, value) in environment {
            program.command.env(name, value);
        }
        let mut child = program.command.spawn().context("xunjian serve cannot be started")?;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Ok(url) = fs::read_to_string(&address) {
                return Ok(Self { child, url });
            }
            if let Some(status) = child.try_wait()? {
                bail!("xunjian serve ended ({status}); see {}", data.join("service.log").display());
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                bail!("xunjian serve did not listen within 20 seconds");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Leaves it running after this program ends.
    pub fn leave_running(self) -> u32 {
        let id = self.child.id();
        std::mem::forget(self);
        id
    }

    /// Waits until it has ended by itself; says whether a signal killed it.
    ///
    /// # Errors
    /// When it still runs after ten seconds.
    pub fn wait_killed(mut self) -> anyhow::Result<bool> {
        use std::os::unix::process::ExitStatusExt as _;
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.signal() == Some(9));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("the service still runs")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies a folder with everything in it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
