//! How much later than due packets arrived, in steps of a tenth of a millisecond. Takes no memory while it counts: asking for
//! some could make the next packet late.

use std::time::Duration;

const STEP: Duration = Duration::from_micros(100);
/// Half a second; what is later counts as that, apart from the worst.
const STEPS: usize = 5000;

/// Every arrival of a run.
pub struct Lateness {
    counts: Box<[u32]>,
    all: u32,
    /// The worst.
    pub worst: Duration,
}

impl Default for Lateness {
    fn default() -> Self {
        Self { counts: vec![0; STEPS].into(), all: 0, worst: Duration::ZERO }
    }
}

impl Lateness {
    /// One more arrival.
    pub fn note(&mut self, late: Duration) {
        let step = usize::try_from(late.as_nanos() / STEP.as_nanos()).unwrap_or(STEPS).min(STEPS - 1);
        self.counts[step] += 1;
        self.all += 1;
        self.worst = self.worst.max(late);
    }

    /// So many percent of them were no later than this.
    pub fn percentile(&self, percent: u32) -> Duration {
        let wanted = u64::from(self.all) * u64::from(percent) / 100;
        let mut seen = 0;
        for (count, step) in self.counts.iter().zip(1..) {
            seen += u64::from(*count);
            if seen > wanted {
                return STEP * step;
            }
        }
        self.worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_the_end_of_its_step_and_the_worst_is_exact() {
        let mut late = Lateness::default();
        assert_eq!(late.percentile(99), Duration::ZERO, "nothing arrived, nothing was late");
        (0..98).for_each(|_| late.note(Duration::from_micros(250)));
        late.note(Duration::from_millis(7));
        late.note(Duration::from_secs(3));
        assert_eq!(late.percentile(50), Duration::from_micros(300));
        assert_eq!(late.percentile(98), Duration::from_micros(7100));
        assert_eq!(late.worst, Duration::from_secs(3));
    }
}
