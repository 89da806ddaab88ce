//! What the line is like, and what happens to it in a run.

use std::time::Duration;

/// The line as it was rented.
#[derive(Debug, Clone)]
pub struct Line {
    /// Bits a second, each way, counted on IP packets.
    pub rate: u64,
    /// From one end to the other; half the round trip.
    pub delay: Duration,
    /// Bytes that may wait at the entrance; what comes when it is full is dropped.
    pub queue_bytes: u64,
}

impl Line {
    /// How long so many bytes take at the full rate, headers and acknowledgements not counted: nothing can be quicker.
    pub fn limit(&self, bytes: u64) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 8.0 / self.rate as f64)
    }
}

/// One outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// From the begin of the run.
    pub from: Duration,
    /// Its end.
    pub to: Duration,
}

/// What happens in one run.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Share of packets lost, each way.
    pub loss: f64,
    /// Same seed, same numbers; which packet meets which number depends on timing.
    pub seed: u64,
    /// In order.
    pub cuts: Vec<Cut>,
}

impl Conditions {
    /// Nothing is lost, nothing is cut.
    pub fn good() -> Self {
        Self { loss: 0.0, seed: 0, cuts: Vec::new() }
    }

    /// `count` cuts of `length`, spread evenly over `limit` of time with a line.
    pub fn with_cuts(self, count: u32, length: Duration, limit: Duration) -> Self {
        let cut = |no: u32| {
            let from = limit * (no + 1) / (count + 1) + length * no;
            Cut { from, to: from + length }
        };
        Self { cuts: (0..count).map(cut).collect(), ..self }
    }

    /// Whether there is no line at this moment.
    pub fn is_cut(&self, now: Duration) -> bool {
        self.cuts.iter().any(|cut| (cut.from..cut.to).contains(&now))
    }

    /// How many cuts have begun by now.
    pub fn cuts_begun(&self, now: Duration) -> usize {
        self.cuts.iter().filter(|cut| cut.from <= now).count()
    }

    /// Time without a line, were the run to outlast all cuts.
    pub fn outage(&self) -> Duration {
        self.cuts.iter().map(|cut| cut.to - cut.from).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_cuts_leave_four_equal_stretches_of_line() {
        let conditions = Conditions::good().with_cuts(3, Duration::from_secs(5), Duration::from_secs(120));
        let moments: Vec<(u64, u64)> =
            conditions.cuts.iter().map(|cut| (cut.from.as_secs(), cut.to.as_secs())).collect();
        assert_eq!(moments, [(30, 35), (65, 70), (100, 105)], "30 s of line before, between and after the cuts");
        assert_eq!(conditions.outage(), Duration::from_secs(15));
        assert!(!conditions.is_cut(Duration::from_millis(29_999)) && conditions.is_cut(Duration::from_secs(30)));
        assert!(!conditions.is_cut(Duration::from_secs(35)), "the end of a cut is line again");
        assert_eq!([29, 30, 69, 200].map(|s| conditions.cuts_begun(Duration::from_secs(s))), [0, 1, 2, 3]);
    }

    #[test]
    fn the_limit_counts_payload_only() {
        let line = Line { rate: 20_000_000, delay: Duration::from_millis(40), queue_bytes: 0 };
        assert_eq!(line.limit(300_000_000), Duration::from_secs(120));
    }
}
