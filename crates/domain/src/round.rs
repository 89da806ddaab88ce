//! 巡检轮次: a quarter's full inspection (5.1.3.2) or a special one (5.2.3 重要保障).

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::RoundId;

/// A calendar quarter, written `2026Q4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct Quarter {
    /// Calendar year.
    pub year: i16,
    /// 1 to 4.
    pub q: u8,
}

/// Text that is not a quarter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a quarter: write it like 2026Q4")]
pub struct NotAQuarter(pub String);

impl Quarter {
    /// The quarter `day` falls into.
    #[must_use]
    pub fn of(day: Date) -> Self {
        // Months are 1 to 12, so the quotient is 1 to 4.
        Self { year: day.year(), q: (day.month().cast_unsigned() - 1) / 3 + 1 }
    }

    /// Its first and last day.
    #[must_use]
    pub fn days(self) -> (Date, Date) {
        let first = Date::constant(self.year, self.q.cast_signed() * 3 - 2, 1);
        let last_month = Date::constant(self.year, self.q.cast_signed() * 3, 1);
        (first, last_month.last_of_month())
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Q{}", self.year, self.q)
    }
}

impl FromStr for Quarter {
    type Err = NotAQuarter;

    fn from_str(text: &str) -> Result<Self, NotAQuarter> {
        let refuse = || NotAQuarter(text.to_owned());
        let (year, q) = text.split_once('Q').ok_or_else(refuse)?;
        let year: i16 = year.parse().map_err(|_| refuse())?;
        let q: u8 = q.parse().map_err(|_| refuse())?;
        if !(2000..=9999).contains(&year) || !(1..=4).contains(&q) {
            return Err(refuse());
        }
        Ok(Self { year, q })
    }
}

impl Serialize for Quarter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quarter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a round is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RoundKind {
    /// 季度全面巡检 (5.1.3.2): every applicable row for every subject in scope.
    Quarterly,
    /// 专项/保障巡检 (5.2.3).
    Special,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Its id.
    pub id: RoundId,
    /// Quarterly or special.
    pub kind: RoundKind,
    /// The quarter it counts for.
    pub quarter: Quarter,
    /// For people: `2026年第四季度全面巡检`.
    pub title: String,
    /// First day a visit is due.
    pub due_from: Date,
    /// Last day a visit is due.
    pub due_by: Date,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn quarters_know_their_days() {
        let quarter: Quarter = "2026Q4".parse().unwrap();
        assert_eq!(Quarter::of(date(2026, 11, 22)), quarter);
        assert_eq!(quarter.days(), (date(2026, 10, 1), date(2026, 12, 31)));
        assert_eq!(Quarter::of(date(2028, 2, 29)).to_string(), "2028Q1");
        for wrong in ["2026", "2026Q0", "2026Q5", "26Q1", "Q42026", ""] {
            assert!(wrong.parse::<Quarter>().is_err(), "{wrong} is no quarter");
        }
    }
}
