//! 评估阈值: the numbers that tables B.1 and C.1 are judged with, versioned, each version with its source (5.4.4.2).
//!
//! The baseline is version 1: the printed numbers. A site changes numbers and the choice of values, and nothing else: each row
//! stays, so that none is dropped unseen, and what differs from the print is listed ([`Thresholds::changes`]).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Annexes, CapacityBand, MonitoredKind, RowKey, Statistic};
use crate::{decimal::Decimal, text::Text};

/// The version that is the print.
pub const BASELINE_VERSION: u32 = 1;

/// One version of the thresholds. Stored as canonical JSON under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Counts up with each change. In a file that somebody changed: the version that was changed.
    pub version: u32,
    /// For people.
    pub title: Text,
    /// Where the numbers come from: the standard, or who decided them by which document.
    pub source: String,
    /// The day on which they were decided; of the print, the day from which the standard is in force.
    pub decided_on: Date,
    /// Table B.1, in printed order; rows 5 and 10 have a limit for each band of capacities.
    pub annex_b: Vec<UsageLimit>,
    /// Which value table C.1 is asked of.
    pub annex_c_statistic: Statistic,
    /// Table C.1, in printed order.
    pub annex_c: Vec<ReclaimRule>,
}

/// What table B.1 limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// 同步时间 of the name, in minutes.
    NameSync,
    /// 同步时间 of the address in the government extranet, in minutes.
    AddressSync,
    /// CPU 使用率, %.
    Cpu,
    /// 内存使用率, %.
    Memory,
    /// 存储使用率 of less than 1 TB, %.
    StorageUnderOneTb,
    /// 存储使用率 of 1 to 10 TB, %.
    StorageOneToTenTb,
    /// 存储使用率 of more than 10 TB, %.
    StorageOverTenTb,
}

impl Metric {
    /// The usage of a storage of this band.
    #[must_use]
    pub fn of_band(band: CapacityBand) -> Self {
        match band {
            CapacityBand::UnderOneTb => Self::StorageUnderOneTb,
            CapacityBand::OneToTenTb => Self::StorageOneToTenTb,
            CapacityBand::OverTenTb => Self::StorageOverTenTb,
        }
    }

    /// The unit of its numbers.
    #[must_use]
    pub fn unit(self) -> Text {
        match self {
            Self::NameSync | Self::AddressSync => Text::new("分钟", "min"),
            _ => Text::new("%", "%"),
        }
    }

    /// For people.
    #[must_use]
    pub fn title(self) -> Text {
        let storage = |band: CapacityBand| {
            Text::new(format!("存储使用率（{}）", band.zh()), format!("Storage usage ({})", band.en()))
        };
        match self {
            Self::NameSync => Text::new("名称同步时间", "Delay of the name"),
            Self::AddressSync => Text::new("政务外网 IP 地址同步时间", "Delay of the address"),
            Self::Cpu => Text::new("CPU 使用率", "CPU usage"),
            Self::Memory => Text::new("内存使用率", "Memory usage"),
            Self::StorageUnderOneTb => storage(CapacityBand::UnderOneTb),
            Self::StorageOneToTenTb => storage(CapacityBand::OneToTenTb),
            Self::StorageOverTenTb => storage(CapacityBand::OverTenTb),
        }
    }
}

/// One limit of table B.1; both ends are inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageLimit {
    /// The printed row.
    pub row: RowKey,
    /// What it is asked of.
    pub applies_to: MonitoredKind,
    /// What it limits.
    pub metric: Metric,
    /// 不低于.
    pub low: Option<Decimal>,
    /// 不高于 or 不大于.
    pub high: Option<Decimal>,
    /// Which values are held against it; none for delays, which have but one.
    pub statistics: Vec<Statistic>,
}

/// One rule of table C.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReclaimRule {
    /// The printed row.
    pub row: RowKey,
    /// What it is asked of; `None` for 其它, which is everything.
    pub applies_to: Option<MonitoredKind>,
    /// When it fires.
    pub condition: Condition,
}

/// When a rule of table C.1 fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Both are strictly below.
    LowCpuAndMemory {
        /// In percent.
        cpu_below: Decimal,
        /// In percent.
        memory_below: Decimal,
    },
    /// The array space is of this band, and its usage strictly below.
    LowArray {
        /// Which capacities.
        band: CapacityBand,
        /// In percent.
        below: Decimal,
    },
    /// 插件异常或待安装插件.
    PluginTrouble,
    /// Shut down for so many days in a row, and not vacated.
    OffDays {
        /// The day with this number counts.
        days: u32,
    },
}

/// A number or choice of a version that is not the printed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The printed row; empty for what is asked of all rows of table C.1.
    pub row: String,
    /// Which part of it.
    pub part: Text,
    /// As the standard prints it.
    pub printed: Text,
    /// As this version has it.
    pub here: Text,
}

/// Why thresholds cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// Not the JSON of thresholds.
    #[error("the thresholds cannot be read: {0}")]
    Unreadable(String),
    /// Nobody can tell where the numbers come from.
    #[error("the thresholds have no source")]
    NoSource,
    /// A row is missing, stands twice, or asks something else than the print.
    #[error("{0}: the row is missing, stands twice or is not that of the standard")]
    OtherRow(RowKey),
    /// A number outside what can be measured, or a low end above the high one.
    #[error("{0}: the numbers cannot be right")]
    BadNumber(RowKey),
    /// A limit on usage without any value to hold against it.
    #[error("{0}: no value is chosen")]
    NoStatistic(RowKey),
}

impl ThresholdError {
    /// The sentence for people, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unreadable(why) => Text::new(
                format!("阈值文件无法读取（{why}）。请以 xunjian thresholds show --json 的输出为底稿修改。"),
                format!(
                    "The thresholds cannot be read ({why}). Start from what `xunjian thresholds show --json` prints."
                ),
            ),
            Self::NoSource => Text::new(
                "阈值没有写来源（source）。请写明依据的文件或决定人，例如“2026 年第三季度运营例会纪要”。",
                "The thresholds name no source. Say by which document, or by whom, they were decided.",
            ),
            Self::OtherRow(row) => Text::new(
                format!("{row} 缺失、重复，或与标准的行不是同一判断。只能改数值和取值，不能增删行。"),
                format!("{row} is missing, stands twice, or asks something else. Change numbers and values, not rows."),
            ),
            Self::BadNumber(row) => Text::new(
                format!("{row} 的数值不合理：使用率应在 0 至 100 之间且下限不高于上限，时间和天数应大于 0。"),
                format!(
                    "{row}: usage must lie between 0 and 100, the low end not above the high one, and times above 0."
                ),
            ),
            Self::NoStatistic(row) => Text::new(
                format!("{row} 没有取值（statistics）。请至少取 current、average、peak、trough 之一。"),
                format!("{row} chooses no value. Name at least one of current, average, peak, trough."),
            ),
        }
    }
}

/// A printed number. The tests of this module read every one of them.
#[expect(clippy::expect_used, reason = "the literals stand below and the tests of this module parse them")]
fn printed(text: &str) -> Decimal {
    text.parse().expect("a printed number")
}

impl Thresholds {
    /// The printed numbers of tables B.1 and C.1: version 1.
    #[must_use]
    pub fn baseline() -> Self {
        Self {
            version: BASELINE_VERSION,
            title: Text::new("标准印刷值", "As the standard prints them"),
            source: Annexes::printed().source,
            decided_on: Date::constant(2025, 1, 4),
            annex_b: baseline_b(),
            annex_c_statistic: Statistic::Average,
            annex_c: baseline_c(),
        }
    }

    /// Reads thresholds and checks them.
    ///
    /// # Errors
    /// [`ThresholdError`] naming the first row that is wrong.
    pub fn parse(json: &str) -> Result<Self, ThresholdError> {
        let thresholds: Self =
            serde_json::from_str(json).map_err(|error| ThresholdError::Unreadable(error.to_string()))?;
        thresholds.check()?;
        Ok(thresholds)
    }

    /// Whether each printed row is asked once, of the same, with numbers that can be right.
    ///
    /// # Errors
    /// [`ThresholdError`] naming the first row that is wrong.
    pub fn check(&self) -> Result<(), ThresholdError> {
        let baseline = Self::baseline();
        if self.source.trim().is_empty() {
            return Err(ThresholdError::NoSource);
        }
        for at in 0..self.annex_b.len().max(baseline.annex_b.len()) {
            match (self.annex_b.get(at), baseline.annex_b.get(at)) {
                (Some(ours), Some(print)) if ours.is_of_same_row(print) => ours.check()?,
                (ours, print) => {
                    return Err(ThresholdError::OtherRow(
                        print.or(ours).map_or("B.1".into(), |limit| limit.row.clone()),
                    ));
                }
            }
        }
        for at in 0..self.annex_c.len().max(baseline.annex_c.len()) {
            match (self.annex_c.get(at), baseline.annex_c.get(at)) {
                (Some(ours), Some(print)) if ours.is_of_same_row(print) => ours.check()?,
                (ours, print) => {
                    return Err(ThresholdError::OtherRow(print.or(ours).map_or("C.1".into(), |rule| rule.row.clone())));
                }
            }
        }
        Ok(())
    }

    /// Where this version differs from the print, in printed order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let baseline = Self::baseline();
        let mut found = Vec::new();
        let mut compare = |row: &str, part: Text, printed: Text, here: Text| {
            if printed != here {
                found.push(Change { row: row.to_owned(), part, printed, here });
            }
        };
        let number = |spelled: String| Text::new(spelled.clone(), spelled);
        for (ours, print) in self.annex_b.iter().zip(&baseline.annex_b) {
            let part = |zh: &str, en: &str| {
                let title = ours.metric.title();
                Text::new(format!("{}{zh}", title.zh), format!("{}, {en}", title.en))
            };
            let row = print.row.as_str();
            compare(
                row,
                part("下限", "low end"),
                number(spelled(print.low.as_ref())),
                number(spelled(ours.low.as_ref())),
            );
            compare(
                row,
                part("上限", "high end"),
                number(spelled(print.high.as_ref())),
                number(spelled(ours.high.as_ref())),
            );
            compare(row, part("取值", "values"), names(&print.statistics), names(&ours.statistics));
        }
        let statistic = |of: &Self| of.annex_c_statistic.title();
        compare("", Text::new("附录 C 取值", "value of Annex C"), statistic(&baseline), statistic(self));
        for (ours, print) in self.annex_c.iter().zip(&baseline.annex_c) {
            for ((part, here), (_, printed)) in ours.condition.numbers().into_iter().zip(print.condition.numbers()) {
                compare(print.row.as_str(), part, number(printed), number(here));
            }
        }
        found
    }

    /// The limit of a metric, if the print has one for this kind.
    #[must_use]
    pub fn limit(&self, kind: MonitoredKind, metric: Metric) -> Option<&UsageLimit> {
        // Hosted devices are 物理机 of table B.1. A storage has no row of its own: A.1 row 11 asks for its usage, and B.1 row 5
        // is the limit that the standard has for it.
        let of = match (kind, metric) {
            (MonitoredKind::PhysicalMachine | MonitoredKind::HostedDevice, _) => MonitoredKind::PhysicalMachine,
            (
                MonitoredKind::Storage,
                Metric::StorageUnderOneTb | Metric::StorageOneToTenTb | Metric::StorageOverTenTb,
            ) => MonitoredKind::PhysicalMachine,
            (MonitoredKind::VirtualMachine, _) => MonitoredKind::VirtualMachine,
            (MonitoredKind::Storage | MonitoredKind::Other, _) => return None,
        };
        self.annex_b.iter().find(|limit| limit.applies_to == of && limit.metric == metric)
    }
}

fn spelled(number: Option<&Decimal>) -> String {
    number.map_or_else(|| "—".to_owned(), Decimal::to_string)
}

fn names(statistics: &[Statistic]) -> Text {
    let titles: Vec<Text> = statistics.iter().map(|statistic| statistic.title()).collect();
    let joined = |of: fn(&Text) -> &str, between: &str| titles.iter().map(of).collect::<Vec<_>>().join(between);
    Text::new(joined(|title| &title.zh, "、"), joined(|title| &title.en, ", "))
}

fn is_percent(number: &Decimal) -> bool {
    (printed("0")..=printed("100")).contains(number)
}

impl UsageLimit {
    fn is_of_same_row(&self, other: &Self) -> bool {
        (&self.row, self.applies_to, self.metric) == (&other.row, other.applies_to, other.metric)
    }

    fn check(&self) -> Result<(), ThresholdError> {
        let ends = || self.low.iter().chain(&self.high);
        let is_delay = matches!(self.metric, Metric::NameSync | Metric::AddressSync);
        let is_sound = if is_delay {
            self.low.is_none() && self.high.as_ref().is_none_or(|high| *high > printed("0"))
        } else {
            ends().all(is_percent) && !matches!((&self.low, &self.high), (Some(low), Some(high)) if low > high)
        };
        if !is_sound {
            return Err(ThresholdError::BadNumber(self.row.clone()));
        }
        if !is_delay && self.statistics.is_empty() {
            return Err(ThresholdError::NoStatistic(self.row.clone()));
        }
        Ok(())
    }
}

impl ReclaimRule {
    fn is_of_same_row(&self, other: &Self) -> bool {
        let is_same_question = match (&self.condition, &other.condition) {
            (Condition::LowArray { band, .. }, Condition::LowArray { band: other, .. }) => band == other,
            (ours, other) => std::mem::discriminant(ours) == std::mem::discriminant(other),
        };
        is_same_question && (&self.row, self.applies_to) == (&other.row, other.applies_to)
    }

    fn check(&self) -> Result<(), ThresholdError> {
        let is_sound = match &self.condition {
            Condition::LowCpuAndMemory { cpu_below, memory_below } => is_percent(cpu_below) && is_percent(memory_below),
            Condition::LowArray { below, .. } => is_percent(below),
            Condition::PluginTrouble => true,
            Condition::OffDays { days } => *days > 0,
        };
        if is_sound { Ok(()) } else { Err(ThresholdError::BadNumber(self.row.clone())) }
    }
}

impl Condition {
    /// Its numbers, each with what it is.
    #[must_use]
    pub fn numbers(&self) -> Vec<(Text, String)> {
        match self {
            Self::LowCpuAndMemory { cpu_below, memory_below } => vec![
                (Text::new("CPU 低于", "CPU below"), cpu_below.to_string()),
                (Text::new("内存低于", "memory below"), memory_below.to_string()),
            ],
            Self::LowArray { below, .. } => vec![(Text::new("盘阵低于", "array below"), below.to_string())],
            Self::PluginTrouble => Vec::new(),
            Self::OffDays { days } => vec![(Text::new("连续关机天数", "days shut down"), days.to_string())],
        }
    }
}

fn baseline_b() -> Vec<UsageLimit> {
    let all = [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough];
    let mut limits = Vec::new();
    for (applies_to, first) in [(MonitoredKind::PhysicalMachine, 1), (MonitoredKind::VirtualMachine, 6)] {
        let rows: [(u32, Metric, Option<&str>, &str); 7] = [
            (0, Metric::NameSync, None, "15"),
            (1, Metric::AddressSync, None, "15"),
            (2, Metric::Cpu, Some("8"), "90"),
            (3, Metric::Memory, Some("10"), "90"),
            (4, Metric::StorageUnderOneTb, Some("20"), "90"),
            (4, Metric::StorageOneToTenTb, Some("30"), "90"),
            (4, Metric::StorageOverTenTb, Some("40"), "90"),
        ];
        limits.extend(rows.map(|(row, metric, low, high)| UsageLimit {
            row: RowKey::from(format!("B.1-{:02}", first + row).as_str()),
            applies_to,
            metric,
            low: low.map(printed),
            high: Some(printed(high)),
            statistics: if low.is_some() { all.to_vec() } else { Vec::new() },
        }));
    }
    limits
}

fn baseline_c() -> Vec<ReclaimRule> {
    let low = |cpu: &str| Condition::LowCpuAndMemory { cpu_below: printed(cpu), memory_below: printed("10") };
    let array = |band, below| Condition::LowArray { band, below: printed(below) };
    let (virtual_machine, physical_machine) =
        (Some(MonitoredKind::VirtualMachine), Some(MonitoredKind::PhysicalMachine));
    let rules = [
        (virtual_machine, low("8")),
        (virtual_machine, array(CapacityBand::UnderOneTb, "20")),
        (virtual_machine, array(CapacityBand::OneToTenTb, "30")),
        (virtual_machine, array(CapacityBand::OverTenTb, "40")),
        (physical_machine, low("5")),
        (physical_machine, array(CapacityBand::UnderOneTb, "20")),
        (physical_machine, array(CapacityBand::OneToTenTb, "30")),
        (physical_machine, array(CapacityBand::OverTenTb, "40")),
        (None, Condition::PluginTrouble),
        (None, Condition::OffDays { days: 15 }),
    ];
    let rule = |(at, (applies_to, condition)): (usize, _)| ReclaimRule {
        row: RowKey::from(format!("C.1-{:02}", at + 1).as_str()),
        applies_to,
        condition,
    };
    rules.into_iter().enumerate().map(rule).collect()
}
