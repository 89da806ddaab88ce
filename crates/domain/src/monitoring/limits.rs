//! Table B.1: what is out of range, by which limit of which row.

use serde::Serialize;

use super::{Metric, MonitoredKind, PLACES, RowKey, SpaceUsage, Statistic, Summary, Thresholds, Usage};
use crate::{decimal::Decimal, text::Text};

/// Seconds of a minute.
const MINUTE: i128 = 60;

/// Which end was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Below 不低于.
    Below,
    /// Above 不高于 or 不大于.
    Above,
}

/// One value outside of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The printed row.
    pub row: RowKey,
    /// What was measured.
    pub metric: Metric,
    /// Which of the four values; `None` for delays.
    pub statistic: Option<Statistic>,
    /// The value, in the metric's unit.
    pub value: Decimal,
    /// Which end it breaks.
    pub side: Side,
    /// That end.
    pub limit: Decimal,
}

impl Breach {
    /// The breach as a sentence.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let (title, unit) = (self.metric.title(), self.metric.unit());
        let statistic = self.statistic.map_or_else(
            || Text::new("", ""),
            |statistic| {
                let title = statistic.title();
                Text::new(title.zh, format!("{} ", title.en))
            },
        );
        let (zh, en) = match self.side {
            Side::Below => ("低于", "below"),
            Side::Above => ("高于", "above"),
        };
        let (value, limit, row) = (&self.value, &self.limit, &self.row);
        Text::new(
            format!("{}{} {value}{}，{zh} {limit}{}（{row}）", statistic.zh, title.zh, unit.zh, unit.zh),
            format!("{}{}: {value} {}, {en} {limit} {} ({row})", statistic.en, title.en, unit.en, unit.en),
        )
    }
}

/// What table B.1 says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RangeJudgement {
    /// Every value outside of its limit, in printed order.
    pub breaches: Vec<Breach>,
    /// Rows that ask for something that no sample has: 未采集.
    pub not_collected: Vec<RowKey>,
    /// Values that lie within their limits.
    pub within: u32,
}

/// Holds a resource against table B.1. A kind of resource that the table does not know is held against nothing.
#[must_use]
pub fn out_of_range(kind: MonitoredKind, summary: &Summary, thresholds: &Thresholds) -> RangeJudgement {
    let mut judgement = RangeJudgement::default();
    for (metric, seconds) in
        [(Metric::NameSync, summary.name_sync_seconds), (Metric::AddressSync, summary.address_sync_seconds)]
    {
        let minutes = seconds.and_then(|seconds| Decimal::ratio(i128::from(seconds), MINUTE, PLACES));
        judgement.hold(kind, metric, thresholds, minutes.as_ref().map(|minutes| vec![(None, minutes)]));
    }
    judgement.hold(kind, Metric::Cpu, thresholds, values(&summary.cpu));
    judgement.hold(kind, Metric::Memory, thresholds, values(&summary.memory));
    judgement.hold_space(kind, &summary.storage, thresholds);
    judgement
}

/// The values of a usage; `None` when there are none.
fn values(usage: &Usage) -> Option<Vec<(Option<Statistic>, &Decimal)>> {
    let all = [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough];
    let found: Vec<_> = all.into_iter().filter_map(|one| Some((Some(one), one.of(usage)?))).collect();
    (!found.is_empty()).then_some(found)
}

impl RangeJudgement {
    fn hold(
        &mut self,
        kind: MonitoredKind,
        metric: Metric,
        thresholds: &Thresholds,
        values: Option<Vec<(Option<Statistic>, &Decimal)>>,
    ) {
        let Some(limit) = thresholds.limit(kind, metric) else { return };
        let wanted = |statistic: Option<Statistic>| statistic.is_none_or(|one| limit.statistics.contains(&one));
        let values: Vec<_> = values.unwrap_or_default().into_iter().filter(|(which, _)| wanted(*which)).collect();
        if values.is_empty() {
            self.not_collected.push(limit.row.clone());
        }
        for (statistic, value) in values {
            let below = limit.low.as_ref().filter(|low| value < low).map(|low| (Side::Below, low));
            let above = limit.high.as_ref().filter(|high| value > high).map(|high| (Side::Above, high));
            match below.or(above) {
                Some((side, end)) => self.breaches.push(Breach {
                    row: limit.row.clone(),
                    metric,
                    statistic,
                    value: value.clone(),
                    side,
                    limit: end.clone(),
                }),
                None => self.within += 1,
            }
        }
    }

    /// Without a capacity nobody knows the band: what breaks the limits of all of them is out of range, and where nothing does,
    /// the row counts as not collected. No space is held against nothing.
    fn hold_space(&mut self, kind: MonitoredKind, space: &SpaceUsage, thresholds: &Thresholds) {
        match space.capacity {
            Some(capacity) if capacity.bytes() == 0 => {}
            Some(capacity) => self.hold(kind, Metric::of_band(capacity.band()), thresholds, values(&space.usage)),
            None => {
                let [mut loosest, others @ ..] =
                    [Metric::StorageUnderOneTb, Metric::StorageOneToTenTb, Metric::StorageOverTenTb].map(|metric| {
                        let mut judgement = Self::default();
                        judgement.hold(kind, metric, thresholds, values(&space.usage));
                        judgement
                    });
                loosest.breaches.retain(|breach| {
                    let is_same = |other: &&Breach| (other.statistic, other.side) == (breach.statistic, breach.side);
                    others.iter().all(|other| other.breaches.iter().any(|one| is_same(&one)))
                });
                if loosest.breaches.is_empty() {
                    self.hold(kind, Metric::StorageUnderOneTb, thresholds, None);
                } else {
                    self.breaches.append(&mut loosest.breaches);
                }
            }
        }
    }
}
