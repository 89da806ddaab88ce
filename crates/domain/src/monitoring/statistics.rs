//! Statistics over many resources: how much there is, how much is used, and the share (5.4.2.2).

use serde::{Deserialize, Serialize};

use super::{PLACES, SpaceUsage, Summary, Usage};
use crate::{decimal::Decimal, text::Text};

/// Which of the four values of table B.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// 当前使用率.
    Current,
    /// 平均使用率.
    Average,
    /// 峰值使用率.
    Peak,
    /// 波谷使用率.
    Trough,
}

impl Statistic {
    /// For people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Current => Text::new("当前", "current"),
            Self::Average => Text::new("平均", "average"),
            Self::Peak => Text::new("峰值", "peak"),
            Self::Trough => Text::new("波谷", "trough"),
        }
    }

    /// This value of a usage.
    #[must_use]
    pub fn of(self, usage: &Usage) -> Option<&Decimal> {
        match self {
            Self::Current => usage.current.as_ref(),
            Self::Average => usage.average.as_ref(),
            Self::Peak => usage.peak.as_ref(),
            Self::Trough => usage.trough.as_ref(),
        }
    }
}

/// 总量、使用量、利用率 of one thing, over the resources that have it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UsageTotal {
    /// The sum of what there is; cores, or terabytes. `None` where no resource says.
    pub total: Option<String>,
    /// The sum of the sizes of resources with both a size and a usage: what `used` is a share of.
    pub measured_size: Option<String>,
    /// The sum of what is used, over resources with both a size and a usage, at four places.
    pub used: Option<Decimal>,
    /// `used` by the sizes of the same resources, in percent.
    pub utilisation: Option<Decimal>,
    /// Resources with both a size and a usage.
    pub measured: u32,
    /// The plain mean of the usage of all resources that have one, in percent.
    pub mean_usage: Option<Decimal>,
    /// Resources that have a usage.
    pub with_usage: u32,
}

/// The statistics of a group of resources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Resources with samples in the period.
    pub monitored: u32,
    /// CPU, in cores.
    pub cpu: UsageTotal,
    /// 内存, in terabytes.
    pub memory: UsageTotal,
    /// 存储空间, in terabytes.
    pub storage: UsageTotal,
    /// 租赁盘阵空间, in terabytes.
    pub array: UsageTotal,
}

/// Sums up resources. Of the four values the average counts, and the current one where there is no average.
#[must_use]
pub fn totals<'a>(summaries: impl IntoIterator<Item = &'a Summary>) -> Totals {
    let summaries: Vec<&Summary> = summaries.into_iter().collect();
    let space = |of: fn(&Summary) -> &SpaceUsage| {
        let parts: Vec<_> = summaries
            .iter()
            .map(|summary| (of(summary).capacity.map(|capacity| i128::from(capacity.bytes())), &of(summary).usage))
            .collect();
        sum(&parts, BYTES_OF_TB)
    };
    let cpu: Vec<_> = summaries.iter().map(|summary| (summary.cpu_cores.map(i128::from), &summary.cpu)).collect();
    let memory: Vec<_> = summaries
        .iter()
        .map(|summary| (summary.memory_capacity.map(|capacity| i128::from(capacity.bytes())), &summary.memory))
        .collect();
    Totals {
        monitored: u32::try_from(summaries.len()).unwrap_or(u32::MAX),
        cpu: sum(&cpu, 1),
        memory: sum(&memory, BYTES_OF_TB),
        storage: space(|summary| &summary.storage),
        array: space(|summary| &summary.array),
    }
}

/// Bytes of a decimal terabyte.
const BYTES_OF_TB: i128 = 1_000_000_000_000;
/// Places behind the point up to which percents are multiplied; no file measures finer.
const PERCENT_PLACES: u32 = 6;

/// Sizes and usages, in what one of the unit is worth.
fn sum(parts: &[(Option<i128>, &Usage)], unit: i128) -> UsageTotal {
    let of = |usage: &Usage| usage.average.clone().or_else(|| usage.current.clone());
    let usages: Vec<Decimal> = parts.iter().filter_map(|(_, usage)| of(usage)).collect();
    let sizes: Vec<i128> = parts.iter().filter_map(|(size, _)| *size).collect();
    let both: Vec<(i128, i128)> =
        parts.iter().filter_map(|(size, usage)| Some(((*size)?, millionths(&of(usage)?)))).collect();
    let of_both: i128 = both.iter().map(|(size, _)| size).sum();
    // Percents of a size, in millionths: far below what 128 bits hold for any sum of 64-bit sizes.
    let used: i128 = both.iter().map(|(size, percent)| size * percent).sum();
    let percent = 10_i128.pow(PERCENT_PLACES);
    let is_any = !both.is_empty();
    let in_units = |size: i128| Decimal::ratio(size, unit, PLACES).map(|total| total.to_string());
    UsageTotal {
        total: (!sizes.is_empty()).then(|| in_units(sizes.iter().sum())).flatten(),
        measured_size: is_any.then(|| in_units(of_both)).flatten(),
        used: is_any.then(|| Decimal::ratio(used / 100, unit * percent, PLACES)).flatten(),
        utilisation: (of_both > 0).then(|| Decimal::ratio(used, of_both * percent, PLACES)).flatten(),
        measured: u32::try_from(both.len()).unwrap_or(u32::MAX),
        mean_usage: Decimal::mean(&usages, PLACES),
        with_usage: u32::try_from(usages.len()).unwrap_or(u32::MAX),
    }
}

/// A percent in millionths, cut off behind that.
fn millionths(percent: &Decimal) -> i128 {
    let (mantissa, scale) = percent.parts();
    let mantissa = i128::from(mantissa);
    match PERCENT_PLACES.checked_sub(scale) {
        Some(more) => mantissa * 10_i128.pow(more),
        None => mantissa / 10_i128.pow(scale - PERCENT_PLACES),
    }
}
