//! The line: two TUN devices, one in each namespace, and a thread that carries packets between them as a thin, lossy, cut
//! line would.
//!
//! What it models: a rate (counted on IP bytes), a queue before it that is full at some point and then drops what comes, a
//! delay, loss at random from a seed, cuts. During a cut nothing enters and nothing arrives. A cut also *kills old flows*:
//! packets of connections opened before it are dropped for good, silently, as by an address translator that forgot its
//! table; who wants to go on has to notice and connect again.
//!
//! Deliberately not here: jitter, reordering, bursts of loss, and any rate below IP.

mod conditions;
mod flows;
mod lane;
mod lateness;
mod packet;
mod tun;

use std::{
    os::fd::{AsFd, OwnedFd},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

pub use self::{
    conditions::{Conditions, Line},
    lane::Tally,
    tun::Device,
};
use self::{flows::Flows, lane::Lane, lateness::Lateness};

/// How long the thread sleeps at most, so that it notices the end.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);
/// Longest packet of a device; its MTU is 1,500 bytes.
const LONGEST_PACKET: usize = 2048;

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the terminal to the service.
    Up,
    /// From the service to the terminal.
    Down,
}

/// What went over the line in one run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// From the terminal to the service.
    pub up: Tally,
    /// From the service to the terminal.
    pub down: Tally,
    /// TCP connections opened.
    pub connections: u64,
    /// Those of them opened after a cut.
    pub reconnections: u64,
    /// Bytes of all TCP streams from terminal to service, and back; sent again is not counted again.
    pub streams: (u64, u64),
    /// Bytes of IP packets that arrived at the service in each second.
    pub per_second: Vec<u64>,
    /// How late a packet arrived at most, and at the 99th percentile, beyond what rate and delay ask for.
    pub lateness: (Duration, Duration),
}

impl Report {
    /// Bytes on the wire, both ways, IP headers and everything sent again included.
    pub fn wire_bytes(&self) -> u64 {
        self.up.entered_bytes + self.down.entered_bytes
    }
}

/// One run of the line.
struct Run {
    begun: Instant,
    conditions: Conditions,
    up: Lane,
    down: Lane,
    flows: Flows,
    per_second: Vec<u64>,
    late: Lateness,
}

impl Run {
    fn new(line: &Line, conditions: Conditions) -> Self {
        let lane = |no: u64| Lane::new(line, conditions.loss, conditions.seed.wrapping_mul(2) + no);
        let (up, down) = (lane(0), lane(1));
        Self {
            begun: Instant::now(),
            conditions,
            up,
            down,
            flows: Flows::default(),
            per_second: Vec::with_capacity(4096),
            late: Lateness::default(),
        }
    }

    fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// A packet at the entrance of the line.
    fn enter(&mut self, way: Way, packet: &[u8]) {
        let now = self.begun.elapsed();
        if packet.first().is_none_or(|first| first >> 4 != 4) {
            // What the kernel itself says over IPv6 is nobody's traffic.
            return;
        }
        let cuts_begun = self.conditions.cuts_begun(now);
        let is_alive = packet::segment(packet)
            .is_none_or(|segment| self.flows.see(way, &segment, cuts_begun, self.conditions.is_cut(now)));
        let is_out = self.conditions.is_cut(now);
        let lane = self.lane(way);
        match (is_out, is_alive) {
            (true, _) => lane.refuse(packet.len(), lane::Lost::Cut),
            (false, false) => lane.refuse(packet.len(), lane::Lost::OldFlow),
            (false, true) => lane.enter(now, packet),
        }
    }

    /// The next packet that is due at the other end.
    fn leave(&mut self, way: Way) -> Option<Vec<u8>> {
        let now = self.begun.elapsed();
        loop {
            let (due, packet) = self.lane(way).leave(now)?;
            if self.conditions.is_cut(due) {
                self.lane(way).lose_underway(packet.len());
                continue;
            }
            self.late.note(now - due);
            if way == Way::Up {
                let second = usize::try_from(due.as_secs()).unwrap_or(usize::MAX - 1);
                self.per_second.resize(self.per_second.len().max(second + 1), 0);
                self.per_second[second] += packet.len() as u64;
            }
            return Some(packet);
        }
    }

    fn next_due(&self) -> Option<Duration> {
        let due = self.up.next_due().into_iter().chain(self.down.next_due()).min()?;
        Some(due.saturating_sub(self.begun.elapsed()))
    }

    fn report(&self) -> Report {
        Report {
            up: self.up.tally.clone(),
            down: self.down.tally.clone(),
            connections: self.flows.opened,
            reconnections: self.flows.opened_after_cut,
            streams: self.flows.stream_bytes(),
            per_second: self.per_second.clone(),
            lateness: (self.late.worst, self.late.percentile(99)),
        }
    }
}

/// The line while it exists. Between runs it carries packets under the conditions of the last one.
pub struct Link {
    line: Line,
    run: Arc<Mutex<Run>>,
    is_ending: Arc<AtomicBool>,
    carrier: Option<JoinHandle<()>>,
}

impl Link {
    /// Begins to carry packets between the terminal's device and the service's.
    pub fn start(line: Line, terminal: OwnedFd, service: OwnedFd) -> Self {
        let run = Arc::new(Mutex::new(Run::new(&line, Conditions::good())));
        let is_ending = Arc::new(AtomicBool::new(false));
        let carrier = std::thread::spawn({
            let (run, is_ending) = (Arc::clone(&run), Arc::clone(&is_ending));
            move || carry(&run, &is_ending, &terminal, &service)
        });
        Self { line, run, is_ending, carrier: Some(carrier) }
    }

    /// What the line is like when it is good.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Empties the line, forgets every connection, and counts anew from now on.
    pub fn begin(&self, conditions: Conditions) {
        *lock(&self.run) = Run::new(&self.line, conditions);
    }

    /// What went over it since.
    pub fn report(&self) -> Report {
        lock(&self.run).report()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        if let Some(carrier) = self.carrier.take() {
            // It ends within its longest sleep; that it panicked was printed when it did.
            let _ = carrier.join();
        }
    }
}

fn lock(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets this thread run as soon as it wakes, whatever else the machine does: it takes little and must be in time. Only root of
/// the machine may; without it packets arrive somewhat later, and the report says how much.
fn run_ahead_of_others() {
    let thread = rustix::thread::gettid();
    let mut chrt = Command::new("chrt");
    chrt.args(["--fifo", "--pid", "10", &thread.as_raw_nonzero().to_string()]).stderr(Stdio::null());
    if !chrt.status().is_ok_and(|status| status.success()) {
        let _ = rustix::process::setpriority_process(Some(thread), -15);
    }
}

/// Sleeps until a packet comes or is due, and moves what there is.
fn carry(run: &Mutex<Run>, is_ending: &AtomicBool, terminal: &OwnedFd, service: &OwnedFd) {
    run_ahead_of_others();
    let mut packet = vec![0; LONGEST_PACKET];
    while !is_ending.load(Ordering::Relaxed) {
        let sleep = lock(run).next_due().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(sleep.subsec_nanos()) };
        let mut fds = [terminal, service].map(|device| PollFd::new(device, PollFlags::IN));
        // An interrupted sleep is a short one.
        let _ = poll(&mut fds, Some(&timeout));
        for (device, way) in [(terminal, Way::Up), (service, Way::Down)] {
            while let Ok(length @ 1..) = rustix::io::read(device.as_fd(), &mut packet[..]) {
                lock(run).enter(way, &packet[..length]);
            }
        }
        for (device, way) in [(service, Way::Up), (terminal, Way::Down)] {
            loop {
                // Not in the loop's condition: the lock would be held while writing.
                let next = lock(run).leave(way);
                let Some(packet) = next else { break };
                // A device that takes no more drops, as a network card does.
                while rustix::io::write(device.as_fd(), &packet) == Err(Errno::INTR) {}
            }
        }
    }
}
