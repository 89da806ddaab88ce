//! Capacities in whole bytes, and the three bands that tables B.1 and C.1 tell apart.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Bytes of a decimal terabyte.
const TB: u64 = 1_000_000_000_000;
/// Places behind the point of a number of terabytes: a byte.
const TB_PLACES: usize = 12;

/// A capacity. Spelled as decimal terabytes, to the byte: `1.099511627776`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capacity(u64);

/// Text that is no number of terabytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no number of terabytes with at most 12 places")]
pub struct NotACapacity(pub String);

impl Capacity {
    /// So many bytes.
    #[must_use]
    pub fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Which band it belongs to.
    #[must_use]
    pub fn band(self) -> CapacityBand {
        match self.0 {
            bytes if bytes < TB => CapacityBand::UnderOneTb,
            bytes if bytes <= 10 * TB => CapacityBand::OneToTenTb,
            _ => CapacityBand::OverTenTb,
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:012}", self.0 % TB);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / TB),
            fraction => write!(f, "{}.{fraction}", self.0 / TB),
        }
    }
}

impl FromStr for Capacity {
    type Err = NotACapacity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if !is_plain(whole) || !is_plain(fraction) || fraction.len() > TB_PLACES {
                return None;
            }
            let below: u64 = format!("{fraction:0<TB_PLACES$}").parse().ok()?;
            whole.parse::<u64>().ok()?.checked_mul(TB)?.checked_add(below)
        };
        read().map(Self).ok_or_else(|| NotACapacity(text.to_owned()))
    }
}

impl Serialize for Capacity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A band of capacities. Exactly 1 TB and exactly 10 TB belong to the middle one (docs/adr/0036).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapacityBand {
    /// 少于 1TB.
    UnderOneTb,
    /// 1TB~10TB, both ends inside.
    OneToTenTb,
    /// 10TB 以上.
    OverTenTb,
}

impl CapacityBand {
    /// As the tables word it.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::UnderOneTb => "少于 1TB",
            Self::OneToTenTb => "1TB~10TB",
            Self::OverTenTb => "10TB 以上",
        }
    }

    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::UnderOneTb => "below 1 TB",
            Self::OneToTenTb => "1 TB to 10 TB",
            Self::OverTenTb => "above 10 TB",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bands_are_told_apart_to_the_byte() {
        let cases = [
            (0, CapacityBand::UnderOneTb),
            (TB - 1, CapacityBand::UnderOneTb),
            (TB, CapacityBand::OneToTenTb),
            (TB + 1, CapacityBand::OneToTenTb),
            (10 * TB - 1, CapacityBand::OneToTenTb),
            (10 * TB, CapacityBand::OneToTenTb),
            (10 * TB + 1, CapacityBand::OverTenTb),
        ];
        for (bytes, band) in cases {
            assert_eq!(Capacity::of_bytes(bytes).band(), band, "{bytes} bytes");
        }
    }

    #[test]
    fn anything_but_terabytes_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "1 TB", "1e3", "0.0000000000001", "99999999999"] {
            assert!(text.parse::<Capacity>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn spelling_loses_no_byte(bytes in any::<u64>()) {
            let capacity = Capacity::of_bytes(bytes);
            prop_assert_eq!(capacity.to_string().parse(), Ok(capacity));
        }
    }
}
