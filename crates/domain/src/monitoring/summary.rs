//! What the samples of one resource come to over a period.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::{Capacity, PLACES, PluginState, PowerState, Sample, Usage};
use crate::decimal::Decimal;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Calendar days in China, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// Whether a day lies inside.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A space and how full it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceUsage {
    /// Its size, by the newest sample that has one.
    pub capacity: Option<Capacity>,
    /// How full it is.
    pub usage: Usage,
}

/// How long a resource has been shut down without a break, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffDays {
    /// Whole days.
    pub days: u32,
    /// How that is known.
    pub ground: OffGround,
}

/// How the length of a shutdown is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OffGround {
    /// So many days in a row have samples that all say shut down.
    Samples,
    /// The file gives the number of days.
    Days,
    /// The file gives the moment.
    Since(DateTime),
}

/// The samples of one resource over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many samples there are; at least one.
    pub samples: u32,
    /// The oldest of them.
    pub first_at: DateTime,
    /// The newest of them.
    pub last_at: DateTime,
    /// CPU.
    pub cpu: Usage,
    /// 内存.
    pub memory: Usage,
    /// 存储空间.
    pub storage: SpaceUsage,
    /// 租赁盘阵空间.
    pub array: SpaceUsage,
    /// CPU cores, by the newest sample that has them.
    pub cpu_cores: Option<u32>,
    /// 内存容量, by the newest sample that has one.
    pub memory_capacity: Option<Capacity>,
    /// The longest delay of the name, in seconds.
    pub name_sync_seconds: Option<u32>,
    /// The longest delay of the address, in seconds.
    pub address_sync_seconds: Option<u32>,
    /// 电源状态 by the newest sample that has one.
    pub power: Option<PowerState>,
    /// How long it has been shut down; `None` when it is not.
    pub off: Option<OffDays>,
    /// 插件状态 by the newest sample that has one.
    pub plugin: Option<PluginState>,
    /// Whether it is vacated, by the newest sample that says so.
    pub is_vacated: Option<bool>,
}

impl Summary {
    /// Sums samples up, in any order; `None` when there are none.
    ///
    /// 当前 is the newest current value. 平均 is the mean of the averages, or of the current values where no sample has an
    /// average and there are several of them; 峰值 and 波谷 are the highest and lowest of their own values, or of several
    /// current ones. A mean of several values is rounded to [`PLACES`] places.
    #[must_use]
    pub fn of(samples: &[&Sample]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        // Of two samples of one moment the later row counts as the newer.
        sorted.sort_by_key(|sample| (sample.collected_at, sample.row));
        let (first, last) = (sorted.first()?, sorted.last()?);
        let power = newest(&sorted, |sample| sample.power);
        Some(Self {
            samples: u32::try_from(sorted.len()).unwrap_or(u32::MAX),
            first_at: first.collected_at,
            last_at: last.collected_at,
            cpu: usage(&sorted, |sample| &sample.cpu),
            memory: usage(&sorted, |sample| &sample.memory),
            storage: SpaceUsage {
                capacity: newest(&sorted, |sample| sample.storage_capacity),
                usage: usage(&sorted, |sample| &sample.storage),
            },
            array: SpaceUsage {
                capacity: newest(&sorted, |sample| sample.array_capacity),
                usage: usage(&sorted, |sample| &sample.array),
            },
            cpu_cores: newest(&sorted, |sample| sample.cpu_cores),
            memory_capacity: newest(&sorted, |sample| sample.memory_capacity),
            name_sync_seconds: sorted.iter().filter_map(|sample| sample.name_sync_seconds).max(),
            address_sync_seconds: sorted.iter().filter_map(|sample| sample.address_sync_seconds).max(),
            power,
            off: if power == Some(PowerState::On) { None } else { off_days(&sorted) },
            plugin: newest(&sorted, |sample| sample.plugin),
            is_vacated: newest(&sorted, |sample| sample.is_vacated),
        })
    }
}

fn newest<T>(sorted: &[&Sample], of: impl Fn(&Sample) -> Option<T>) -> Option<T> {
    sorted.iter().rev().find_map(|sample| of(sample))
}

fn usage(sorted: &[&Sample], of: impl Fn(&Sample) -> &Usage) -> Usage {
    let values = |which: fn(&Usage) -> &Option<Decimal>| -> Vec<&Decimal> {
        sorted.iter().filter_map(|sample| which(of(sample)).as_ref()).collect()
    };
    let currents = values(|usage| &usage.current);
    // One current value is no average, no peak and no trough; it stands for itself.
    let several = if currents.len() > 1 { currents.clone() } else { Vec::new() };
    let own_or_several = |own: Vec<&'_ Decimal>| -> Vec<Decimal> {
        if own.is_empty() { several.iter().copied().cloned().collect() } else { own.into_iter().cloned().collect() }
    };
    Usage {
        current: currents.last().copied().cloned(),
        average: Decimal::mean(&own_or_several(values(|usage| &usage.average)), PLACES),
        peak: own_or_several(values(|usage| &usage.peak)).into_iter().max(),
        trough: own_or_several(values(|usage| &usage.trough)).into_iter().min(),
    }
}

/// What the newest sample that tells says: its moment, or else its number of days. Where none tells, what the days in a row show.
fn off_days(all: &[&Sample]) -> Option<OffDays> {
    // What was said before the resource last ran is about another shutdown.
    let since_on = all.iter().rposition(|sample| sample.power == Some(PowerState::On)).map_or(0, |at| at + 1);
    let sorted = all.get(since_on..).unwrap_or_default();
    let told = sorted.iter().rev().find(|sample| sample.off_since.is_some() || sample.off_days.is_some());
    if let Some(sample) = told {
        let since = sample.off_since.and_then(|since| {
            Some(OffDays { days: whole_days(since, sample.collected_at)?, ground: OffGround::Since(since) })
        });
        return since.or_else(|| Some(OffDays { days: sample.off_days?, ground: OffGround::Days }));
    }
    let days = days_in_a_row(all);
    (days > 0).then_some(OffDays { days, ground: OffGround::Samples })
}

/// Whole days between two moments; `None` when the first is the later one.
fn whole_days(from: DateTime, to: DateTime) -> Option<u32> {
    let seconds = from.duration_until(to).as_secs();
    u32::try_from(seconds.div_euclid(DAY)).ok()
}

/// So many calendar days, counted back from that of the newest sample, have samples that all say shut down. A day without a
/// state breaks the row: nobody knows how it was.
fn days_in_a_row(sorted: &[&Sample]) -> u32 {
    let mut is_off: BTreeMap<Date, bool> = BTreeMap::new();
    for sample in sorted {
        if let Some(power) = sample.power {
            *is_off.entry(sample.collected_at.date()).or_insert(true) &= power == PowerState::Off;
        }
    }
    let mut count = 0;
    let mut expected = sorted.last().map(|newest| newest.collected_at.date());
    while let Some(day) = expected.filter(|day| is_off.get(day) == Some(&true)) {
        count += 1;
        expected = day.yesterday().ok();
    }
    count
}
