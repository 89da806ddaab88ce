//! How long the next try must wait, and what became of the wait when the device was started anew.

use serde::{Deserialize, Serialize};
use xunjian_domain::time::ClockReading;

/// Wrong tries after which a person's wraps are destroyed.
pub(crate) const MOST_TRIES: u32 = 10;

/// Seconds to wait after the nth wrong try; a slip of the finger costs nothing.
const WAITS_S: [i64; 9] = [0, 0, 5, 15, 30, 60, 300, 900, 1800];

/// A wait by the clock that counts from boot: setting the wall clock shortens nothing, and a restart begins it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    boot_id: String,
    begun_ms: i64,
    lasts_ms: i64,
}

impl Wait {
    /// What the nth wrong try costs, counted from 1.
    pub fn after(wrong_tries: u32, now: &ClockReading) -> Option<Self> {
        let place = usize::try_from(wrong_tries.checked_sub(1)?).unwrap_or(usize::MAX);
        let seconds = WAITS_S.get(place).or(WAITS_S.last()).copied().unwrap_or(0);
        (seconds > 0).then(|| Self {
            boot_id: now.boot_id.clone(),
            begun_ms: now.monotonic_ms,
            lasts_ms: seconds * 1000,
        })
    }

    /// What is left of it, in milliseconds.
    pub fn left_ms(&self, now: &ClockReading) -> i64 {
        // After a restart nobody knows how long the device was off, so the wait counts from the start.
        let begun_ms = if self.boot_id == now.boot_id { self.begun_ms } else { 0 };
        (begun_ms + self.lasts_ms - now.monotonic_ms).clamp(0, self.lasts_ms)
    }
}

#[cfg(test)]
mod tests {
    use xunjian_domain::time::TimestampMs;

    use super::*;

    fn at(boot: &str, monotonic_ms: i64) -> ClockReading {
        ClockReading { wall_ms: TimestampMs(0), monotonic_ms, boot_id: boot.to_owned() }
    }

    #[test]
    fn slips_cost_nothing_and_guessing_costs_more_and_more() {
        let now = at("one", 1_000_000);
        let waits: Vec<i64> = (0..=12).map(|n| Wait::after(n, &now).map_or(0, |wait| wait.left_ms(&now))).collect();
        let seconds = [0, 0, 0, 5, 15, 30, 60, 300, 900, 1800, 1800, 1800, 1800];
        assert_eq!(waits, seconds.map(|s| s * 1000));
    }

    #[test]
    fn only_time_since_boot_ends_a_wait() {
        let wait = Wait::after(7, &at("one", 1_000_000)).unwrap();
        assert_eq!(wait.left_ms(&at("one", 1_100_000)), 200_000, "time passes");
        assert_eq!(wait.left_ms(&at("one", 1_300_000)), 0);
        let set_ahead = ClockReading { wall_ms: TimestampMs(i64::MAX / 2), ..at("one", 1_000_000) };
        assert_eq!(wait.left_ms(&set_ahead), 300_000, "the wall clock is not asked");
        assert_eq!(wait.left_ms(&at("two", 20_000)), 280_000, "a restart begins the wait again");
        assert_eq!(wait.left_ms(&at("two", 300_000)), 0);
    }
}
