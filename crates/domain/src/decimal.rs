//! Measured values as decimal strings: signed bytes hold no floats (JCS rounds them silently).

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A decimal number in its shortest plain spelling (`-3`, `23.5`, `0.08`), at most 15 digits. Trailing zeros are dropped
/// when it is read, so that equal numbers have equal fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct Decimal {
    mantissa: i64,
    scale: u32,
}

/// Text that is not a plain decimal number of at most 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a number: write digits with at most one point, such as 23.5")]
pub struct NotADecimal(pub String);

impl Decimal {
    fn aligned(&self, other: &Self) -> (i128, i128) {
        let scale = self.scale.max(other.scale);
        (self.at_scale(scale), other.at_scale(scale))
    }

    /// A quotient rounded to so many places, halves away from zero; `None` for a divisor of zero, and for what 15 digits do
    /// not hold.
    #[must_use]
    pub fn ratio(dividend: i128, divisor: i128, places: u32) -> Option<Self> {
        let scaled = dividend.checked_mul(10_i128.checked_pow(places)?)?;
        let (whole, rest) = (scaled.checked_div(divisor)?, scaled.checked_rem(divisor)?);
        let is_up = rest.unsigned_abs().checked_mul(2)? >= divisor.unsigned_abs();
        let away = if (scaled < 0) == (divisor < 0) { 1 } else { -1 };
        let rounded = if is_up { whole + away } else { whole };
        let digits = format!("{:0>width$}", rounded.unsigned_abs(), width = places as usize + 1);
        let (before, after) = digits.split_at(digits.len() - places as usize);
        let sign = if rounded < 0 { "-" } else { "" };
        let point = if after.is_empty() { "" } else { "." };
        format!("{sign}{before}{point}{after}").parse().ok()
    }

    /// The arithmetic mean. A single value stays as it is; of several it is rounded to so many places, so that what people
    /// read is what was compared. `None` when there are none.
    #[must_use]
    pub fn mean<'a>(values: impl IntoIterator<Item = &'a Self>, places: u32) -> Option<Self> {
        let values: Vec<&Self> = values.into_iter().collect();
        if let [only] = values[..] {
            return Some(only.clone());
        }
        let scale = values.iter().map(|value| value.scale).max()?;
        let sum: i128 = values.iter().map(|value| value.at_scale(scale)).sum();
        let count = i128::try_from(values.len()).ok()?;
        Self::ratio(sum, count * 10_i128.pow(scale), places)
    }

    /// The whole number that this is at the scale of so many places, which must be at least its own.
    fn at_scale(&self, scale: u32) -> i128 {
        i128::from(self.mantissa) * 10_i128.pow(scale - self.scale)
    }

    /// Its digits as a whole number, and how many of them stand behind the point.
    #[must_use]
    pub fn parts(&self) -> (i64, u32) {
        (self.mantissa, self.scale)
    }

    /// The nearest `f64`, for charts and formulas; never for signed bytes.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "charts and the dew point need no more than 15 digits")]
    pub fn to_f64(&self) -> f64 {
        self.mantissa as f64 / 10_f64.powi(self.scale.cast_signed())
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let refuse = || NotADecimal(text.to_owned());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_empty_side = whole.is_empty() || (digits.contains('.') && fraction.is_empty());
        if has_empty_side || !plain(whole) || !plain(fraction) || whole.len() + fraction.len() > 15 {
            return Err(refuse());
        }
        let fraction = fraction.trim_end_matches('0');
        let magnitude: i64 = format!("{whole}{fraction}").parse().map_err(|_| refuse())?;
        let scale = u32::try_from(fraction.len()).map_err(|_| refuse())?;
        Ok(Self { mantissa: if negative { -magnitude } else { magnitude }, scale })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = self.aligned(other);
        left.cmp(&right)
    }
}

impl Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spelling_is_canonical() {
        for (typed, stored) in [("23.50", "23.5"), ("007", "7"), ("-0.080", "-0.08"), ("18", "18"), ("0.0", "0")] {
            assert_eq!(typed.parse::<Decimal>().unwrap().to_string(), stored);
        }
    }

    #[test]
    fn anything_but_plain_digits_is_refused() {
        for typed in ["", ".", "1.", ".5", "1e3", "２３", "1,5", "--1", "1234567890123456", "23.5℃", "+1"] {
            assert!(typed.parse::<Decimal>().is_err(), "{typed} must be refused");
        }
    }

    #[test]
    fn quotients_and_means_are_rounded_once_and_away_from_zero() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let cases = [(1, 3, "0.3333"), (2, 3, "0.6667"), (-2, 3, "-0.6667"), (1, 8, "0.125"), (1, 20_000, "0.0001")];
        for (dividend, divisor, quotient) in cases {
            assert_eq!(Decimal::ratio(dividend, divisor, 4), Some(decimal(quotient)), "{dividend}/{divisor}");
        }
        assert_eq!(Decimal::ratio(1, 0, 4), None, "nothing is divided by nothing");
        assert_eq!(Decimal::ratio(i128::MAX, 1, 4), None, "and what does not fit is no number");
        let mean = |texts: &[&str]| {
            Decimal::mean(&texts.iter().map(|text| decimal(text)).collect::<Vec<_>>(), 4).map(|mean| mean.to_string())
        };
        assert_eq!(mean(&["7.999999"]).as_deref(), Some("7.999999"), "a single value stays exact");
        assert_eq!(mean(&["8", "7.9", "8.2"]).as_deref(), Some("8.0333"));
        assert_eq!(mean(&["0", "0.0001"]).as_deref(), Some("0.0001"), "half a place goes up");
        assert_eq!(mean(&[]), None);
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
            let spell = |n: i64| format!("{}{}.{:03}", if n < 0 { "-" } else { "" }, n.abs() / 1000, n.abs() % 1000);
            let (x, y): (Decimal, Decimal) = (spell(a).parse().unwrap(), spell(b).parse().unwrap());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
