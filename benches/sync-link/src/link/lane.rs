//! One way of the line: a queue, a rate, a delay, loss. Pure in time: it is told what time it is.

use std::{collections::VecDeque, time::Duration};

use super::conditions::Line;

/// Why a packet did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// There was no line.
    Cut,
    /// Its connection was opened before a cut.
    OldFlow,
}

/// What one way carried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets that came to its entrance, whatever became of them.
    pub entered_packets: u64,
    /// Their bytes, IP headers included.
    pub entered_bytes: u64,
    /// Packets that arrived.
    pub arrived_packets: u64,
    /// Their bytes.
    pub arrived_bytes: u64,
    /// Packets for which the queue had no room.
    pub lost_to_queue: u64,
    /// Packets lost at random.
    pub lost_at_random: u64,
    /// Packets that came, or were underway, during a cut.
    pub lost_to_cuts: u64,
    /// Packets of connections that a cut had killed.
    pub lost_as_old: u64,
}

/// One way.
#[derive(Debug)]
pub struct Lane {
    rate: u64,
    delay: Duration,
    queue_bytes: u64,
    loss: f64,
    random: u64,
    /// When the last packet will have left the entrance.
    free_at: Duration,
    underway: VecDeque<(Duration, Vec<u8>)>,
    /// What it carried.
    pub tally: Tally,
}

impl Lane {
    /// An empty one.
    pub fn new(line: &Line, loss: f64, seed: u64) -> Self {
        Self {
            rate: line.rate,
            delay: line.delay,
            queue_bytes: line.queue_bytes,
            loss,
            // Neighbouring seeds must not begin alike.
            random: (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1,
            free_at: Duration::ZERO,
            underway: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// A packet at the entrance.
    pub fn enter(&mut self, now: Duration, packet: &[u8]) {
        self.count(packet.len());
        let waiting = self.free_at.saturating_sub(now).as_secs_f64() * self.rate as f64 / 8.0;
        if waiting + packet.len() as f64 > self.queue_bytes as f64 {
            self.tally.lost_to_queue += 1;
            return;
        }
        let takes = Duration::from_nanos(packet.len() as u64 * 8 * 1_000_000_000 / self.rate);
        self.free_at = self.free_at.max(now) + takes;
        // Lost on its way, not before: it took its turn on the line.
        if self.draw() < self.loss {
            self.tally.lost_at_random += 1;
            return;
        }
        self.underway.push_back((self.free_at + self.delay, packet.to_vec()));
    }

    /// A packet that does not get onto the line at all.
    pub fn refuse(&mut self, length: usize, why: Lost) {
        self.count(length);
        match why {
            Lost::Cut => self.tally.lost_to_cuts += 1,
            Lost::OldFlow => self.tally.lost_as_old += 1,
        }
    }

    /// The next packet that should have arrived by now, with the moment it is due.
    pub fn leave(&mut self, now: Duration) -> Option<(Duration, Vec<u8>)> {
        if self.next_due()? > now {
            return None;
        }
        let (due, packet) = self.underway.pop_front()?;
        self.tally.arrived_packets += 1;
        self.tally.arrived_bytes += packet.len() as u64;
        Some((due, packet))
    }

    /// One that [`Self::leave`] gave, but whose arrival falls into a cut.
    pub fn lose_underway(&mut self, length: usize) {
        self.tally.arrived_packets -= 1;
        self.tally.arrived_bytes -= length as u64;
        self.tally.lost_to_cuts += 1;
    }

    /// When the next packet is due.
    pub fn next_due(&self) -> Option<Duration> {
        self.underway.front().map(|(due, _)| *due)
    }

    fn count(&mut self, length: usize) {
        self.tally.entered_packets += 1;
        self.tally.entered_bytes += length as u64;
    }

    /// A number from 0 to 1 (xorshift, Marsaglia 2003).
    fn draw(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: [u8; 1500] = [0; 1500];
    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn lane(loss: f64, queue_bytes: u64) -> Lane {
        Lane::new(&Line { rate: 12_000_000, delay: MS(40), queue_bytes }, loss, 7)
    }

    #[test]
    fn packets_leave_at_the_rate_and_arrive_after_the_delay() {
        let mut lane = lane(0.0, 1_000_000);
        for _ in 0..3 {
            lane.enter(MS(10), &PACKET);
        }
        let mut due = Vec::new();
        while let Some((at, _)) = lane.leave(MS(1000)) {
            due.push(at);
        }
        assert_eq!(due, [MS(51), MS(52), MS(53)], "1,500 bytes take a millisecond at 12 Mbit/s");
        lane.enter(MS(500), &PACKET);
        assert_eq!(lane.next_due(), Some(MS(541)), "an idle line saves up nothing");
        assert_eq!(lane.leave(MS(540)), None, "and nothing arrives early");
    }

    #[test]
    fn a_full_queue_drops_what_comes() {
        let mut lane = lane(0.0, 15_000);
        for _ in 0..20 {
            lane.enter(Duration::ZERO, &PACKET);
        }
        assert_eq!(lane.tally.lost_to_queue, 10, "ten packets of 1,500 bytes have room");
        lane.enter(MS(5), &PACKET);
        assert_eq!(lane.tally.lost_to_queue, 10, "five have left by then");
    }

    #[test]
    fn loss_is_as_asked_for_and_the_same_from_the_same_seed() {
        let run = || {
            let mut lane = lane(0.01, u64::MAX);
            (0..100_000).for_each(|_| lane.enter(Duration::ZERO, &PACKET[..40]));
            lane.tally.lost_at_random
        };
        assert!((900..1100).contains(&run()), "{} of 100,000 at 1 %", run());
        assert_eq!(run(), run());
    }
}
