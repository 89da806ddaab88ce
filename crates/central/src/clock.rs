//! The service's clock and sources of randomness: the only place where the crate reaches for them.

#[cfg(debug_assertions)]
pub mod simulated;

use uuid::Uuid;
use xunjian_domain::time::TimestampMs;

/// Now, by the service's wall clock. In debug builds `XUNJIAN_FIXED_CLOCK_MS` stops it, so that two runs of a test can be
/// compared byte for byte.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the module the clock enters through")]
pub fn now() -> TimestampMs {
    #[cfg(debug_assertions)]
    if let Some(simulated) = simulated::with(simulated::Source::now) {
        return simulated;
    }
    #[cfg(debug_assertions)]
    if let Some(fixed) = std::env::var("XUNJIAN_FIXED_CLOCK_MS").ok().and_then(|text| text.parse().ok()) {
        return TimestampMs(fixed);
    }
    TimestampMs(jiff::Timestamp::now().as_millisecond())
}

/// A fresh UUIDv7 text.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the module ids enter through")]
pub fn new_id() -> String {
    #[cfg(debug_assertions)]
    if let Some(simulated) = simulated::with(simulated::Source::new_id) {
        return simulated;
    }
    Uuid::now_v7().to_string()
}

/// `N` random bytes from the operating system.
///
/// # Errors
/// When the operating system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    #[cfg(debug_assertions)]
    if simulated::with(|source| source.fill(&mut bytes)).is_some() {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
