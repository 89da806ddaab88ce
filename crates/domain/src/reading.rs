//! Readings and the limits they are held against. A limit always carries its source; none is ever hard-coded.

use serde::{Deserialize, Serialize};

use crate::{decimal::Decimal, text::Text};

/// What a reading measures; fixes its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// 温度, ℃.
    Temperature,
    /// 相对湿度, %RH.
    RelativeHumidity,
    /// 露点, ℃; computed from temperature and humidity, never typed.
    DewPoint,
    /// UPS 负载率, %.
    LoadPercent,
    /// 电池电量, %.
    BatteryPercent,
    /// 存储使用率, %.
    UsedPercent,
    /// 存储容量, decimal TB (10^12 bytes).
    CapacityTb,
}

impl Quantity {
    /// The unit as printed.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Temperature | Self::DewPoint => "℃",
            Self::RelativeHumidity => "%RH",
            Self::LoadPercent | Self::BatteryPercent | Self::UsedPercent => "%",
            Self::CapacityTb => "TB",
        }
    }

    /// The range outside which a typed value is a slip of the finger, not a measurement.
    #[must_use]
    pub fn plausible(self) -> (i64, i64) {
        match self {
            Self::Temperature | Self::DewPoint => (-40, 80),
            Self::RelativeHumidity | Self::BatteryPercent | Self::UsedPercent => (0, 100),
            // An overloaded UPS shows more than its rating.
            Self::LoadPercent => (0, 200),
            Self::CapacityTb => (0, 1_000_000),
        }
    }
}

/// One limit of a [`LimitProfile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What is limited.
    pub quantity: Quantity,
    /// Lowest allowed value, inclusive.
    pub low: Option<Decimal>,
    /// Highest allowed value, inclusive.
    pub high: Option<Decimal>,
    /// Where the numbers come from, e.g. `GB 50174—2017 附录A`; printed beside every reading.
    pub source: String,
}

impl Limit {
    /// Whether `value` lies within the limit; both ends are inside.
    #[must_use]
    pub fn admits(&self, value: &Decimal) -> bool {
        self.low.as_ref().is_none_or(|low| value >= low) && self.high.as_ref().is_none_or(|high| value <= high)
    }
}

/// 限值方案: the limits a site works with, versioned, each with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LimitProfile {
    /// Name and version, e.g. `gb50174-a` version 1.
    pub id: String,
    /// Counts up with each change.
    pub version: u32,
    /// For people.
    pub title: Text,
    /// At most one limit a quantity.
    pub limits: Vec<Limit>,
}

impl LimitProfile {
    /// The profile a new site starts with: inlet temperature 18–27 ℃ and dew point 5.5–15 ℃ with at most 60 %RH, as
    /// GB 50174—2017 recommends for machine rooms of level A and B. Sites replace it by their own.
    ///
    /// # Panics
    /// Never: the literals are decimals, as the test of this module shows.
    #[must_use]
    pub fn starting() -> Self {
        let limit = |quantity, low: Option<&str>, high: Option<&str>, source: &str| Limit {
            quantity,
            low: low.and_then(|text| text.parse().ok()),
            high: high.and_then(|text| text.parse().ok()),
            source: source.to_owned(),
        };
        let source = "GB 50174—2017 附录A（冷通道或机柜进风区域推荐值）";
        Self {
            id: "gb50174-inlet".to_owned(),
            version: 1,
            title: Text::new("冷通道或机柜进风区域", "Cold aisle or rack inlet"),
            limits: vec![
                limit(Quantity::Temperature, Some("18"), Some("27"), source),
                limit(Quantity::DewPoint, Some("5.5"), Some("15"), source),
                limit(Quantity::RelativeHumidity, None, Some("60"), source),
                limit(Quantity::UsedPercent, None, Some("90"), "DB4401/T 294.3—2024 表B.1 序号5"),
            ],
        }
    }

    /// The limit for `quantity`, if the profile has one.
    #[must_use]
    pub fn limit(&self, quantity: Quantity) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.quantity == quantity)
    }
}

/// The limit a reading was held against, as it stood then; frozen into the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AppliedLimit {
    /// Profile id.
    pub profile: String,
    /// Profile version.
    pub version: u32,
    /// Lowest allowed value, inclusive.
    pub low: Option<Decimal>,
    /// Highest allowed value, inclusive.
    pub high: Option<Decimal>,
    /// Where the numbers come from.
    pub source: String,
    /// Whether the value lay within.
    pub within: bool,
}

/// 读数: one measured value at one point. Frozen: part of the signed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was measured.
    pub quantity: Quantity,
    /// Where: `冷通道1`, `A03 机柜进风`.
    pub point: String,
    /// The value in the unit of the quantity.
    pub value: Decimal,
    /// The limit it was held against; `None` when the profile has none.
    pub limit: Option<AppliedLimit>,
}

impl Reading {
    /// Holds `value` against the limit of `profile`.
    #[must_use]
    pub fn against(profile: &LimitProfile, quantity: Quantity, point: &str, value: Decimal) -> Self {
        let limit = profile.limit(quantity).map(|limit| AppliedLimit {
            profile: profile.id.clone(),
            version: profile.version,
            low: limit.low.clone(),
            high: limit.high.clone(),
            source: limit.source.clone(),
            within: limit.admits(&value),
        });
        Self { quantity, point: point.to_owned(), value, limit }
    }

    /// Whether a limit exists and the value broke it.
    #[must_use]
    pub fn is_out_of_limit(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| !limit.within)
    }

    /// Whether the value is a slip of the finger (950 ℃) rather than a measurement.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let (low, high) = self.quantity.plausible();
        #[expect(clippy::cast_precision_loss, reason = "the bounds are small whole numbers")]
        let range = low as f64..=high as f64;
        range.contains(&self.value.to_f64())
    }
}

/// Dew point in ℃ from dry-bulb temperature (℃) and relative humidity (%), by the Magnus formula with the
/// coefficients of WMO-No. 8 (17.62, 243.12 ℃), rounded to one decimal. `None` at 0 %RH, where there is none.
#[must_use]
pub fn dew_point(temperature: &Decimal, humidity: &Decimal) -> Option<Decimal> {
    let (t, rh) = (temperature.to_f64(), humidity.to_f64());
    if rh <= 0.0 {
        return None;
    }
    let gamma = (rh / 100.0).ln() + 17.62 * t / (243.12 + t);
    format!("{:.1}", 243.12 * gamma / (17.62 - gamma)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn limits_include_both_ends_and_carry_their_source() {
        let profile = LimitProfile::starting();
        assert_eq!(profile.limits[0].low, Some(decimal("18")), "the literals of the starting profile parse");
        for (value, out) in [("17.9", true), ("18", false), ("27.0", false), ("27.1", true)] {
            let reading = Reading::against(&profile, Quantity::Temperature, "冷通道1", decimal(value));
            assert_eq!(reading.is_out_of_limit(), out, "{value} ℃");
            assert!(reading.limit.unwrap().source.contains("GB 50174"));
        }
    }

    #[test]
    fn dew_point_agrees_with_published_tables() {
        // 25 ℃ at 50 %RH: 13.9 ℃; 20 ℃ at 100 %RH: 20 ℃; 22 ℃ at 45 %RH: 9.5 ℃ (WMO-No. 8 Annex 4.B formula).
        for (t, rh, dew) in [("25", "50", "13.9"), ("20", "100", "20"), ("22", "45", "9.5")] {
            assert_eq!(dew_point(&decimal(t), &decimal(rh)), Some(decimal(dew)));
        }
        assert_eq!(dew_point(&decimal("25"), &decimal("0")), None);
    }

    #[test]
    fn nine_hundred_degrees_is_a_slip() {
        let reading = Reading::against(&LimitProfile::starting(), Quantity::Temperature, "冷通道1", decimal("950"));
        assert!(!reading.is_plausible());
    }
}
