//! Connections that cross the line: when each was opened, so that a cut can kill it, and how much of its streams was sent.

use std::{collections::HashMap, net::SocketAddrV4};

use super::{Way, packet::Segment};

/// Both ends of a connection: the terminal's, then the service's.
type Ends = (SocketAddrV4, SocketAddrV4);

/// Every connection of a run.
#[derive(Debug, Default)]
pub struct Flows {
    known: HashMap<Ends, Flow>,
    /// Streams of connections whose ends were used again.
    forgotten: [u64; 2],
    /// Connections opened.
    pub opened: u64,
    /// Those of them opened after a cut.
    pub opened_after_cut: u64,
}

#[derive(Debug, Default)]
struct Flow {
    /// Cuts that had begun when it was opened.
    cuts_before: usize,
    /// Up and down.
    streams: [Stream; 2],
}

#[derive(Debug, Default)]
struct Stream {
    begin: Option<u32>,
    reach: u64,
}

impl Stream {
    fn see(&mut self, segment: &Segment) {
        if segment.is_first {
            // The flag itself takes a number.
            self.begin = Some(segment.sequence.wrapping_add(1));
        }
        let Some(begin) = self.begin else { return };
        // Numbers wrap after 4 GB; no stream here is half as long.
        let at = segment.sequence.wrapping_sub(begin).cast_signed();
        let end = i64::from(at) + i64::from(segment.bytes);
        self.reach = self.reach.max(u64::try_from(end).unwrap_or(0));
    }
}

impl Flows {
    /// Takes note of a segment; says whether its connection is one that the line still knows. Openings during a cut are not
    /// seen by anyone.
    pub fn see(&mut self, way: Way, segment: &Segment, cuts_begun: usize, is_cut: bool) -> bool {
        let (ends, at) = match way {
            Way::Up => ((segment.from, segment.to), 0),
            Way::Down => ((segment.to, segment.from), 1),
        };
        if segment.is_opening && !is_cut {
            self.open(ends, segment, cuts_begun);
        }
        let Some(flow) = self.known.get_mut(&ends) else { return false };
        flow.streams[at].see(segment);
        flow.cuts_before == cuts_begun
    }

    fn open(&mut self, ends: Ends, segment: &Segment, cuts_begun: usize) {
        let begin = Some(segment.sequence.wrapping_add(1));
        let is_repeated =
            self.known.get(&ends).is_some_and(|flow| flow.cuts_before == cuts_begun && flow.streams[0].begin == begin);
        if is_repeated {
            return;
        }
        let flow = Flow { cuts_before: cuts_begun, ..Flow::default() };
        if let Some(before) = self.known.insert(ends, flow) {
            for (sum, stream) in self.forgotten.iter_mut().zip(before.streams) {
                *sum += stream.reach;
            }
        }
        self.opened += 1;
        self.opened_after_cut += u64::from(cuts_begun > 0);
    }

    /// Bytes of all streams, up and down.
    pub fn stream_bytes(&self) -> (u64, u64) {
        let sum = |at: usize| self.forgotten[at] + self.known.values().map(|flow| flow.streams[at].reach).sum::<u64>();
        (sum(0), sum(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(sequence: u32, bytes: u32, is_opening: bool) -> Segment {
        let (from, to) = ("10.77.0.1:40000".parse().unwrap(), "10.77.0.2:80".parse().unwrap());
        Segment { from, to, is_first: is_opening, is_opening, sequence, bytes }
    }

    fn answer(sequence: u32, bytes: u32, is_first: bool) -> Segment {
        let up = segment(sequence, bytes, false);
        Segment { from: up.to, to: up.from, is_first, ..up }
    }

    #[test]
    fn a_cut_kills_the_connections_opened_before_it_both_ways_for_good() {
        let mut flows = Flows::default();
        assert!(flows.see(Way::Up, &segment(99, 0, true), 0, false));
        assert!(flows.see(Way::Down, &answer(499, 0, true), 0, false));
        assert!(flows.see(Way::Up, &segment(100, 1000, false), 0, false));
        assert!(!flows.see(Way::Up, &segment(1100, 1000, false), 1, false), "old packets are dropped after the cut");
        assert!(!flows.see(Way::Down, &answer(500, 10, false), 1, false), "the other way, too");
        assert!(flows.see(Way::Up, &segment(7000, 0, true), 1, false), "a new connection between the same ends is one");
        assert!(flows.see(Way::Up, &segment(7001, 500, false), 1, false));
        assert_eq!((flows.opened, flows.opened_after_cut), (2, 1));
        assert_eq!(flows.stream_bytes(), (2000 + 500, 10));
    }

    #[test]
    fn an_opening_that_falls_into_a_cut_was_seen_by_nobody_until_it_is_repeated() {
        let mut flows = Flows::default();
        assert!(!flows.see(Way::Up, &segment(99, 0, true), 1, true));
        assert!(!flows.see(Way::Up, &segment(100, 9, false), 1, false), "an unknown connection is none");
        assert!(flows.see(Way::Up, &segment(99, 0, true), 1, false), "the kernel repeats it and is heard");
        assert!(flows.see(Way::Up, &segment(99, 0, true), 1, false), "once more, because the answer was lost");
        assert_eq!(flows.opened, 1);
    }

    #[test]
    fn bytes_sent_again_count_once() {
        let mut flows = Flows::default();
        flows.see(Way::Up, &segment(u32::MAX - 10, 0, true), 0, false);
        for _ in 0..3 {
            flows.see(Way::Up, &segment(u32::MAX - 9, 1000, false), 0, false);
        }
        flows.see(Way::Up, &segment(u32::MAX - 10, 1, false), 0, false);
        assert_eq!(flows.stream_bytes(), (1000, 0), "also across the wrap of the numbers, and for a keep-alive");
    }
}
