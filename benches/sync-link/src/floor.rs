//! The floor: the same bytes over bare TCP connections, nothing asked, nothing answered but “all is there”. What no client
//! can beat over this line with so many connections.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};

use crate::{
    measured::{Measured, World},
    side::SERVICE,
};

const PIECE: u64 = 64 << 10;

/// Sends `bytes` over `flows` connections at once; whichever has room takes the next piece.
///
/// # Errors
/// When a socket fails or bytes are missing at the other end.
pub fn run(world: &World, flows: u32, bytes: u64, loss_percent: f64) -> anyhow::Result<Measured> {
    let listener = world.service.run(|| TcpListener::bind(SocketAddr::new(SERVICE, 0)))??;
    let to = listener.local_addr()?;
    let timer = world.begin(world.conditions(&format!("floor {flows}"), loss_percent));
    let swallowing = std::thread::spawn(move || -> std::io::Result<u64> {
        let one = |stream: TcpStream| std::thread::spawn(move || swallow(stream));
        let open: Vec<_> = listener.incoming().take(flows as usize).map(|stream| stream.map(one)).collect();
        open.into_iter().map(|thread| thread?.join().unwrap_or(Ok(0))).sum()
    });
    let left = Arc::new(AtomicU64::new(bytes));
    let mut sending = Vec::new();
    for _ in 0..flows {
        // A socket belongs to the namespace it was made in; connecting waits, and the others need not wait for it.
        let (domain, kind) = (rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM);
        let socket = world.terminal.run(move || rustix::net::socket(domain, kind, None))??;
        let left = Arc::clone(&left);
        sending.push(std::thread::spawn(move || -> std::io::Result<()> {
            rustix::net::connect(&socket, &to)?;
            pour(TcpStream::from(socket), &left)
        }));
    }
    std::thread::sleep(Duration::from_millis(300));
    let seen = world.check_congestion_control()?;
    ensure!(!seen.is_empty(), "no connection was seen across the line");
    for thread in sending {
        thread.join().ok().context("a sender panicked")??;
    }
    let arrived = swallowing.join().ok().context("the receiver panicked")??;
    let measured = timer.read(world, true);
    ensure!(arrived == bytes, "{arrived} of {bytes} bytes arrived");
    Ok(measured)
}

/// Sends pieces as long as there are any, then waits until the other end has everything.
fn pour(mut stream: TcpStream, left: &AtomicU64) -> std::io::Result<()> {
    let piece = [0x5a; PIECE as usize];
    loop {
        let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(PIECE)));
        let length = before.unwrap_or(0).min(PIECE);
        if length == 0 {
            break;
        }
        stream.write_all(&piece[..usize::try_from(length).unwrap_or(0)])?;
    }
    stream.shutdown(Shutdown::Write)?;
    stream.read_exact(&mut [0; 1])
}

/// Reads to the end and says so.
fn swallow(mut stream: TcpStream) -> std::io::Result<u64> {
    let (mut buffer, mut sum) = (vec![0; PIECE as usize], 0);
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            some => sum += some as u64,
        }
    }
    stream.write_all(&[1])?;
    Ok(sum)
}
