//! What the line really does, measured from outside with UDP: the round trip of single packets, the rate when far too much
//! is sent, the share that is lost.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    measured::World,
    side::{SERVICE, TERMINAL},
};

const PINGS: u32 = 100;
const BETWEEN_PINGS: Duration = Duration::from_millis(20);
/// With 28 bytes of headers, a packet of 1,500 bytes.
const BODY: usize = 1472;
const FLOOD: Duration = Duration::from_secs(4);

/// What was found.
pub struct Accuracy {
    /// Median and worst round trip of a small packet on an idle line.
    pub round_trip: (Duration, Duration),
    /// Bits a second of IP packets that arrived while twice the rate was sent.
    pub rate: f64,
    /// Of the packets that had room in the queue, the share that was lost when 1 % was asked for.
    pub loss: f64,
}

/// Measures the line.
///
/// # Errors
/// When a socket fails.
pub fn measure(world: &World) -> anyhow::Result<Accuracy> {
    let bound = |address| UdpSocket::bind(SocketAddr::new(address, 0));
    let here = world.terminal.run(move || bound(TERMINAL))??;
    let there = world.service.run(move || bound(SERVICE))??;
    here.connect(there.local_addr()?)?;
    there.connect(here.local_addr()?)?;
    here.set_read_timeout(Some(Duration::from_secs(1)))?;
    there.set_read_timeout(Some(Duration::from_millis(500)))?;

    world.link.begin(world.conditions("ping", 0.0));
    let echo = there.try_clone()?;
    let answering = std::thread::spawn(move || {
        let mut packet = [0; 64];
        while let Ok(length) = echo.recv(&mut packet) {
            if echo.send(&packet[..length]).is_err() {
                break;
            }
        }
    });
    let mut trips = Vec::new();
    for no in 0..PINGS {
        let sent = Instant::now();
        here.send(&no.to_be_bytes())?;
        here.recv(&mut [0; 64]).context("a ping was lost on a good line")?;
        trips.push(sent.elapsed());
        std::thread::sleep(BETWEEN_PINGS);
    }
    // Its socket hears nothing for half a second and it ends.
    let _ = answering.join();
    trips.sort_unstable();

    world.link.begin(world.conditions("flood", 1.0));
    let begun = Instant::now();
    let gap = Duration::from_secs_f64((BODY + 28) as f64 * 8.0 / (2.0 * world.link.line().rate as f64));
    let mut sent = 0;
    while begun.elapsed() < FLOOD {
        // Several at once after each sleep: sleeping is coarser than the gap.
        while sent < (begun.elapsed().as_nanos() / gap.as_nanos()) as u32 {
            here.send(&[0; BODY])?;
            sent += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let up = world.link.report().up;
    // What was sent in the last moments is still underway.
    let carrying = begun.elapsed().saturating_sub(world.link.line().delay);
    let had_room = up.entered_packets - up.lost_to_queue;
    let carried = up.arrived_bytes as f64 + up.lost_at_random as f64 * (BODY + 28) as f64;
    Ok(Accuracy {
        round_trip: (trips[trips.len() / 2], trips[trips.len() - 1]),
        rate: carried * 8.0 / carrying.as_secs_f64(),
        loss: up.lost_at_random as f64 / had_room as f64,
    })
}
