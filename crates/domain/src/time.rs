//! Instants and calendar rules as values. Nothing here reads a clock.

use std::fmt;

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z; below 2^53 for the next 285,000 years, so exact in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct TimestampMs(pub i64);

impl TimestampMs {
    /// This instant moved by `ms` milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The calendar day in China (UTC+8 all year), where the standard applies; due windows and expiry dates mean this day
    /// whatever time zone a tablet is set to.
    #[must_use]
    pub fn day_in_china(self) -> Date {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        jiff::tz::offset(8).to_datetime(at).date()
    }
}

impl fmt::Display for TimestampMs {
    /// RFC 3339 in UTC with milliseconds: `2026-10-12T08:30:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// When something happened, as far as can be known: not before the one, not after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeInterval {
    /// Not before this.
    pub earliest: TimestampMs,
    /// Not after this.
    pub latest: TimestampMs,
}

impl From<TimestampMs> for TimeInterval {
    fn from(moment: TimestampMs) -> Self {
        Self { earliest: moment, latest: moment }
    }
}

/// What a terminal knew of time at one moment (DESIGN: a wall clock alone proves nothing).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ClockReading {
    /// The wall clock, milliseconds since the epoch; a claim of the terminal.
    pub wall_ms: TimestampMs,
    /// Milliseconds since boot, counted through sleep (`CLOCK_BOOTTIME`); never goes back within one boot.
    pub monotonic_ms: i64,
    /// Identifies the boot that `monotonic_ms` counts from.
    pub boot_id: String,
}

/// Whether footage that starts on `earliest_footage` was, on the day of the visit, older than `months` calendar months.
///
/// Table A.2 row 11 asks for “录像是否保存时间大于3个月”: strictly more than, in calendar months, and a missing day
/// of the month counts as its last day (31 May minus 3 months is 28 or 29 February).
#[must_use]
pub fn kept_longer_than_months(earliest_footage: Date, visit_on: Date, months: i32) -> bool {
    // A span of a few months never leaves jiff's calendar (years -9999 to 9999) for dates that parse.
    visit_on.checked_sub(Span::new().months(months)).is_ok_and(|limit| earliest_footage < limit)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn more_than_three_months_is_strict_and_follows_the_calendar() {
        let cases = [
            (date(2026, 8, 22), date(2026, 11, 22), false, "exactly three months is not more than three"),
            (date(2026, 8, 21), date(2026, 11, 22), true, "one day more is"),
            (date(2026, 2, 28), date(2026, 5, 31), false, "31 May minus three months is 28 February"),
            (date(2026, 2, 27), date(2026, 5, 31), true, "and the day before it is older"),
            (date(2028, 2, 29), date(2028, 5, 31), false, "29 February in a leap year"),
            (date(2026, 11, 23), date(2026, 11, 22), false, "footage from tomorrow is no footage"),
        ];
        for (earliest, visit, kept, why) in cases {
            assert_eq!(kept_longer_than_months(earliest, visit, 3), kept, "{why}");
        }
    }

    #[test]
    fn the_day_is_that_of_china() {
        let midnight_in_guangzhou = TimestampMs(1_795_276_800_000);
        assert_eq!(midnight_in_guangzhou.to_string(), "2026-11-21T16:00:00.000Z");
        assert_eq!(midnight_in_guangzhou.day_in_china(), date(2026, 11, 22));
        assert_eq!(midnight_in_guangzhou.plus_ms(-1).day_in_china(), date(2026, 11, 21));
    }

    #[test]
    fn timestamps_print_as_rfc_3339() {
        assert_eq!(TimestampMs(1_792_000_000_123).to_string(), "2026-10-14T17:46:40.123Z");
    }
}
