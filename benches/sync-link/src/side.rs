//! The two ends of the line, each a network namespace of its own: the terminal's and the service's.
//!
//! A namespace belongs to a thread. Each side is one thread that does what it is asked to; what it starts (sockets, child
//! processes) belongs to its namespace. Nothing of the machine's own network is touched, and all of it goes with the process.

use std::{
    net::{IpAddr, Ipv4Addr},
    os::fd::OwnedFd,
    process::{Child, Command},
    sync::mpsc::{self, Sender},
};

use anyhow::{Context as _, bail, ensure};
use rustix::thread::UnshareFlags;

use crate::{link::Device, programs::name_of};

/// The terminal's address on the line.
pub const TERMINAL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
/// The service's address on the line.
pub const SERVICE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2));

const DEVICE: &str = "line";
const NETWORK: &str = "10.77.0.0/24";

type Job = Box<dyn FnOnce() + Send>;

/// One end of the line.
pub struct Side {
    jobs: Sender<Job>,
}

impl Side {
    /// Makes a namespace with a loopback and one device, whose other end is returned.
    ///
    /// # Errors
    /// When the kernel or a missing right refuses.
    pub fn open(address: IpAddr) -> anyhow::Result<(Self, OwnedFd)> {
        let (jobs, todo) = mpsc::channel::<Job>();
        std::thread::spawn(move || todo.into_iter().for_each(|job| job()));
        let side = Self { jobs };
        let device = side.run(move || set_up(address))??;
        Ok((side, device))
    }

    /// Runs a job in this namespace and waits for its end.
    ///
    /// # Errors
    /// When an earlier job panicked.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
        let (answer, answered) = mpsc::channel();
        let job = Box::new(move || {
            // Nobody waits for it any more: then nobody misses it.
            let _ = answer.send(job());
        });
        self.jobs.send(job).ok().context("the thread of the namespace has ended")?;
        answered.recv().context("the job in the namespace panicked")
    }

    /// Starts a program in this namespace.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, mut command: Command) -> anyhow::Result<Running> {
        let name = name_of(&command);
        let child = self.run(move || command.spawn())?.with_context(|| format!("{name} cannot be started"))?;
        Ok(Running { child, name })
    }

    /// The congestion controls of the TCP connections that are open here across the line.
    ///
    /// # Errors
    /// When `ss` fails.
    pub fn congestion_controls(&self) -> anyhow::Result<Vec<String>> {
        let mut ss = Command::new("ss");
        ss.args(["--tcp", "--info", "--numeric", "--no-header", "--oneline", "state", "established"]);
        ss.args(["src", NETWORK, "and", "dst", NETWORK]);
        let said = self.run(move || ss.output())?.context("ss cannot be started")?;
        ensure!(said.status.success(), "ss: {}", String::from_utf8_lossy(&said.stderr));
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let known = ["bbr", "cubic", "reno", "dctcp", "vegas"];
        let of_line = |line: &str| line.split_whitespace().find(|word| known.contains(word)).map(str::to_owned);
        Ok(text.lines().map(|line| of_line(line).unwrap_or_else(|| "unknown".to_owned())).collect())
    }
}

fn set_up(address: IpAddr) -> anyhow::Result<OwnedFd> {
    #[expect(unsafe_code, reason = "a namespace for one thread alone has no other call")]
    // SAFETY: NEWNET leaves the table of open files alone, which is all that could be unsafe about unsharing.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
        .context("no network namespace can be made: run this as root, or under `unshare --map-root-user`")?;
    let device = Device::open(DEVICE)?;
    ip(&["link", "set", "lo", "up"])?;
    ip(&["address", "add", &format!("{address}/24"), "dev", DEVICE])?;
    ip(&["link", "set", DEVICE, "up"])?;
    // Route by route: the machine's default may be another, and a namespace may not set its own default to it.
    let source = address.to_string();
    ip(&[
        "route", "replace", NETWORK, "dev", DEVICE, "proto", "kernel", "scope", "link", "src", &source, "congctl",
        "cubic",
    ])?;
    Ok(device)
}

fn ip(arguments: &[&str]) -> anyhow::Result<()> {
    let said = Command::new("ip").args(arguments).output().context("ip cannot be started: scripts/setup.sh peers")?;
    ensure!(said.status.success(), "ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&said.stderr));
    Ok(())
}

/// A program that runs; ended by its process id when dropped.
pub struct Running {
    /// The process.
    pub child: Child,
    name: String,
}

impl Running {
    /// Fails when it has ended.
    ///
    /// # Errors
    /// That it ended, and how.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended too early: {status}", self.name),
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
