//! What the terminal knows of time. The one module that reads a clock.

use rustix::time::{ClockId, clock_gettime};
use xunjian_domain::time::{ClockReading, TimestampMs};

/// A source of time.
pub trait Clock: Send + Sync {
    /// Wall clock, monotonic clock and boot, read together.
    fn read(&self) -> ClockReading;
}

/// The clocks of the operating system.
#[derive(Debug, Clone)]
pub struct SystemClock {
    boot_id: String,
}

impl SystemClock {
    /// Reads the boot id once: it cannot change while a program runs.
    #[must_use]
    pub fn new() -> Self {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned());
        Self { boot_id }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the crate's clock")]
    fn read(&self) -> ClockReading {
        // In debug builds a test may stop the clock, so that two runs can be compared byte for byte.
        #[cfg(debug_assertions)]
        if let Some(fixed) = std::env::var("XUNJIAN_FIXED_CLOCK_MS").ok().and_then(|text| text.parse::<i64>().ok()) {
            let boot_id = self.boot_id.clone();
            return ClockReading { wall_ms: TimestampMs(fixed), monotonic_ms: fixed % 86_400_000, boot_id };
        }
        // Counts through sleep, unlike CLOCK_MONOTONIC: a tablet sleeps most of its life.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let since_boot = clock_gettime(ClockId::Boottime);
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let since_boot = clock_gettime(ClockId::Monotonic);
        ClockReading {
            wall_ms: TimestampMs(jiff::Timestamp::now().as_millisecond()),
            monotonic_ms: since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1_000_000,
            boot_id: self.boot_id.clone(),
        }
    }
}
