//! A proxy between a terminal and the service that does to their bytes what bad networks do: connections cut in the middle of
//! a request or of an answer, reset, or left silent for ever, at bytes that a seed chooses.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// What happens to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// Closed after so many bytes.
    Cut,
    /// Reset after so many bytes.
    Reset,
    /// Nothing more passes after so many bytes, and nobody says so.
    Stall,
}

/// How often each kind struck.
#[derive(Debug, Default)]
pub struct Tally {
    /// [`Blow::Cut`] and [`Blow::Reset`] while the terminal spoke.
    pub upward: AtomicU32,
    /// The same while the service answered.
    pub downward: AtomicU32,
    /// [`Blow::Reset`] of these.
    pub resets: AtomicU32,
    /// [`Blow::Stall`], both ways.
    pub stalls: AtomicU32,
    /// Bytes of the terminal that were passed on.
    pub bytes_up: AtomicU64,
}

impl Tally {
    /// Blows in all.
    #[must_use]
    pub fn struck(&self) -> u32 {
        [&self.upward, &self.downward, &self.stalls].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// How many blows there will be, and of which kinds.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// Of the places and kinds.
    pub seed: u64,
    /// Blows in all; then every connection is left alone.
    pub blows: u32,
    /// At most so many of them are silence, which takes its time to be noticed.
    pub stalls: u32,
}

/// The proxy; it ends when dropped.
pub struct ChaosProxy {
    /// Where terminals reach it.
    pub url: String,
    /// What it did.
    pub tally: Arc<Tally>,
    task: JoinHandle<()>,
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Copy)]
struct Plan {
    blow: Blow,
    is_upward: bool,
    after: u64,
}

impl ChaosProxy {
    /// Between this machine and the service at `url`.
    ///
    /// # Errors
    /// When it cannot listen, or `url` is no address.
    pub async fn before(url: &str, chaos: Chaos) -> anyhow::Result<Self> {
        let service: SocketAddr = url.trim_start_matches("http://").parse().context("the service's address")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let tally = Arc::<Tally>::default();
        let task = tokio::spawn(accept(listener, service, chaos, Arc::clone(&tally)));
        Ok(Self { url, tally, task })
    }
}

async fn accept(listener: TcpListener, service: SocketAddr, chaos: Chaos, tally: Arc<Tally>) {
    let mut random = fastrand::Rng::with_seed(chaos.seed);
    let mut stalls = chaos.stalls;
    while let Ok((terminal, _)) = listener.accept().await {
        let plan = (tally.struck() < chaos.blows).then(|| {
            let blow = match random.u32(..8) {
                0 if stalls > 0 => {
                    stalls -= 1;
                    Blow::Stall
                }
                1..=3 => Blow::Reset,
                _ => Blow::Cut,
            };
            let is_upward = random.u32(..3) > 0;
            // From within the first line on; what is longer than four kilobytes breaks several times.
            let magnitude = 1_u64 << (5 + random.u32(..if is_upward { 7 } else { 5 }));
            Plan { blow, is_upward, after: magnitude + random.u64(..magnitude) }
        });
        tokio::spawn(carry(terminal, service, plan, Arc::clone(&tally)));
    }
}

async fn carry(terminal: TcpStream, service: SocketAddr, plan: Option<Plan>, tally: Arc<Tally>) {
    let Ok(service) = TcpStream::connect(service).await else { return };
    let (from_terminal, to_terminal) = terminal.into_split();
    let (from_service, to_service) = service.into_split();
    let up = plan.filter(|plan| plan.is_upward);
    let down = plan.filter(|plan| !plan.is_upward);
    let upward = pass(from_terminal, to_service, up, &tally, true);
    let downward = pass(from_service, to_terminal, down, &tally, false);
    tokio::select! {
        () = upward => {}
        () = downward => {}
    }
}

/// Passes bytes on until the end, or the blow.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, plan: Option<Plan>, tally: &Tally, is_upward: bool) {
    let (mut buffer, mut passed) = (vec![0; 16 << 10], 0_u64);
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let left = plan.map_or(u64::MAX, |plan| plan.after.saturating_sub(passed));
        let passing = usize::try_from(left).unwrap_or(usize::MAX).min(read);
        if to.write_all(&buffer[..passing]).await.is_err() {
            return;
        }
        passed += passing as u64;
        if is_upward {
            tally.bytes_up.fetch_add(passing as u64, Ordering::Relaxed);
        }
        let Some(plan) = plan.filter(|_| passing < read || left == passing as u64) else { continue };
        match plan.blow {
            Blow::Stall => {
                tally.stalls.fetch_add(1, Ordering::Relaxed);
                // Longer than anybody waits; both ends stay open.
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            Blow::Cut | Blow::Reset => {
                let side = if is_upward { &tally.upward } else { &tally.downward };
                side.fetch_add(1, Ordering::Relaxed);
                if plan.blow == Blow::Reset {
                    tally.resets.fetch_add(1, Ordering::Relaxed);
                    // What is closed without lingering is reset (RFC 9293 §3.10.4).
                    let _ = rustix::net::sockopt::set_socket_linger(to.as_ref(), Some(Duration::ZERO));
                    let _ = rustix::net::sockopt::set_socket_linger(from.as_ref(), Some(Duration::ZERO));
                }
            }
        }
        return;
    }
}
