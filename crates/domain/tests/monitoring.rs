//! Tables B.1 and C.1 of DB4401/T 294.3—2024: the shipped rows against the print, and every boundary at, just below and just
//! above it. The printed rows stand in `fixtures/annex-b-c.tsv`, taken from the standard.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "monitoring/annex_b.rs"]
mod annex_b;
#[path = "monitoring/annex_c.rs"]
mod annex_c;
#[path = "monitoring/printed.rs"]
mod printed;
#[path = "monitoring/sums.rs"]
mod sums;
#[path = "monitoring/versions.rs"]
mod versions;

use jiff::civil::{DateTime, date};
use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Capacity, Identity, Sample, Summary, Usage},
};

/// Bytes of a decimal terabyte.
const TB: u64 = 1_000_000_000_000;

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Ten in the morning of a day of November 2026.
fn november(day: i8) -> DateTime {
    date(2026, 11, day).at(10, 0, 0, 0)
}

/// A row of a file about one resource.
fn sample(day: i8) -> Sample {
    Sample::new(2, Identity { name: "node-1".to_owned(), ..Identity::default() }, november(day))
}

fn current(value: &str) -> Usage {
    Usage { current: Some(decimal(value)), ..Usage::default() }
}

fn average(value: &str) -> Usage {
    Usage { average: Some(decimal(value)), ..Usage::default() }
}

fn tb(bytes: u64) -> Option<Capacity> {
    Some(Capacity::of_bytes(bytes))
}

fn summary(samples: &[Sample]) -> Summary {
    Summary::of(&samples.iter().collect::<Vec<_>>()).expect("there are samples")
}
