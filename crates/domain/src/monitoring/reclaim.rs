//! Table C.1: which resources are candidates for 缩容 or 撤销, and by which rule. Suggestions, never actions.

use serde::Serialize;

use super::{
    Condition, MonitoredKind, OffGround, PluginState, RowKey, SpaceUsage, Statistic, Summary, Thresholds, Usage,
};
use crate::{decimal::Decimal, text::Text};

/// What a person might do. Which of it follows from which row is ours: the table only says when to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Suggestion {
    /// 缩容 (rows 1 to 8).
    Shrink,
    /// 核实插件 (row 9): what is behind the plug-in is not measured.
    CheckPlugin,
    /// 撤销 (row 10).
    Withdraw,
}

impl Suggestion {
    /// For people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Shrink => Text::new("建议核实后缩容", "consider shrinking"),
            Self::CheckPlugin => Text::new("建议核实插件后判断", "check the plug-in, then judge"),
            Self::Withdraw => Text::new("建议核实后撤销", "consider withdrawing"),
        }
    }
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The printed row.
    pub row: RowKey,
    /// What a person might do.
    pub suggestion: Suggestion,
    /// The values, the limits, and which value of how many samples it was.
    pub ground: Text,
}

/// What table C.1 says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ReclaimJudgement {
    /// Every rule that fired, in printed order.
    pub candidates: Vec<Candidate>,
    /// Rules that ask for something that no sample has: 未采集.
    pub not_collected: Vec<RowKey>,
}

/// What one rule says.
enum Answer {
    Fires(Suggestion, Text),
    Silent,
    NotCollected,
}

/// Holds a resource against table C.1.
#[must_use]
pub fn candidates(kind: MonitoredKind, summary: &Summary, thresholds: &Thresholds) -> ReclaimJudgement {
    let mut judgement = ReclaimJudgement::default();
    for rule in thresholds.annex_c.iter().filter(|rule| rule.applies_to.is_none_or(|of| of == kind)) {
        let answer = match &rule.condition {
            Condition::LowCpuAndMemory { cpu_below, memory_below } => {
                low_cpu_and_memory(summary, thresholds.annex_c_statistic, (cpu_below, memory_below))
            }
            Condition::LowArray { band, below } => {
                let (space, is_array) = array_space(summary);
                match space.capacity {
                    None => Answer::NotCollected,
                    // Where nothing is leased, nothing can be given back.
                    Some(capacity) if capacity.bytes() == 0 || capacity.band() != *band => Answer::Silent,
                    Some(_) => low_array(summary, space, is_array, thresholds.annex_c_statistic, below),
                }
            }
            Condition::PluginTrouble => plugin_trouble(summary),
            Condition::OffDays { days } => off_days(summary, *days),
        };
        match answer {
            Answer::Fires(suggestion, ground) => {
                judgement.candidates.push(Candidate { row: rule.row.clone(), suggestion, ground });
            }
            Answer::Silent => {}
            Answer::NotCollected => judgement.not_collected.push(rule.row.clone()),
        }
    }
    judgement
}

/// The chosen value. Where the average is chosen and nobody could compute one, the single current value stands for it.
fn chosen(usage: &Usage, statistic: Statistic) -> Option<(Statistic, &Decimal)> {
    let own = statistic.of(usage).map(|value| (statistic, value));
    let current = || Statistic::Current.of(usage).map(|value| (Statistic::Current, value));
    own.or_else(|| if statistic == Statistic::Average { current() } else { None })
}

/// 时段与采样数, which the annex leaves open and the ground must say.
fn span(summary: &Summary) -> Text {
    let (from, to, count) = (summary.first_at.date(), summary.last_at.date(), summary.samples);
    let days = if from == to { from.to_string() } else { format!("{from} — {to}") };
    Text::new(format!("{days}，采样 {count} 个"), format!("{days}, samples: {count}"))
}

fn low_cpu_and_memory(
    summary: &Summary,
    statistic: Statistic,
    (cpu_below, memory_below): (&Decimal, &Decimal),
) -> Answer {
    let (Some((cpu_value, cpu)), Some((memory_value, memory))) =
        (chosen(&summary.cpu, statistic), chosen(&summary.memory, statistic))
    else {
        return Answer::NotCollected;
    };
    if cpu >= cpu_below || memory >= memory_below {
        return Answer::Silent;
    }
    let (cpu_value, memory_value, span) = (cpu_value.title(), memory_value.title(), span(summary));
    let ground = Text::new(
        format!(
            "CPU {}使用率 {cpu}% 低于 {cpu_below}%，且内存{}使用率 {memory}% 低于 {memory_below}%（{}）",
            cpu_value.zh, memory_value.zh, span.zh
        ),
        format!(
            "{} CPU usage {cpu} % is below {cpu_below} %, and {} memory usage {memory} % below {memory_below} % ({})",
            cpu_value.en, memory_value.en, span.en
        ),
    );
    Answer::Fires(Suggestion::Shrink, ground)
}

/// The leased array space, or else the storage space; and whether it is the former.
fn array_space(summary: &Summary) -> (&SpaceUsage, bool) {
    let is_array = summary.array.capacity.is_some() || !summary.array.usage.is_empty();
    (if is_array { &summary.array } else { &summary.storage }, is_array)
}

fn low_array(summary: &Summary, space: &SpaceUsage, is_array: bool, statistic: Statistic, below: &Decimal) -> Answer {
    let (Some(capacity), Some((which, usage))) = (space.capacity, chosen(&space.usage, statistic)) else {
        return Answer::NotCollected;
    };
    if usage >= below {
        return Answer::Silent;
    }
    let (which, span) = (which.title(), span(summary));
    let (zh, en) = if is_array {
        ("盘阵空间", "array space")
    } else {
        ("存储空间（未采集盘阵空间，按存储空间判断）", "storage space (no array space was collected)")
    };
    let ground = Text::new(
        format!("{zh} {capacity}TB，{}使用率 {usage}% 低于 {below}%（{}）", which.zh, span.zh),
        format!("{en} of {capacity} TB, {} usage {usage} % is below {below} % ({})", which.en, span.en),
    );
    Answer::Fires(Suggestion::Shrink, ground)
}

fn plugin_trouble(summary: &Summary) -> Answer {
    let span = span(summary);
    match summary.plugin {
        None => Answer::NotCollected,
        Some(PluginState::Normal) => Answer::Silent,
        Some(PluginState::Abnormal) => Answer::Fires(
            Suggestion::CheckPlugin,
            Text::new(format!("插件异常（{}）", span.zh), format!("the plug-in is out of order ({})", span.en)),
        ),
        Some(PluginState::ToInstall) => Answer::Fires(
            Suggestion::CheckPlugin,
            Text::new(format!("插件待安装（{}）", span.zh), format!("the plug-in waits to be installed ({})", span.en)),
        ),
    }
}

fn off_days(summary: &Summary, days: u32) -> Answer {
    let Some(off) = summary.off else {
        return if summary.power.is_none() { Answer::NotCollected } else { Answer::Silent };
    };
    if off.days < days || summary.is_vacated == Some(true) {
        return Answer::Silent;
    }
    let known = match off.ground {
        OffGround::Samples => Text::new("每天均有采样且全部关机", "each day has samples, and all say shut down"),
        OffGround::Days => Text::new("按文件所写天数", "as the file counts"),
        OffGround::Since(since) => {
            let since = since.strftime("%Y-%m-%d %H:%M");
            Text::new(format!("自 {since} 关机"), format!("shut down since {since}"))
        }
    };
    let vacated = if summary.is_vacated == Some(false) {
        Text::new("文件写明未腾退", "the file says that it is not vacated")
    } else {
        Text::new("文件未写腾退状态，因仍在监控视为未腾退", "still monitored, so taken as not vacated")
    };
    let so_many = off.days;
    Answer::Fires(
        Suggestion::Withdraw,
        Text::new(
            format!("已连续关机 {so_many} 天，达到 {days} 天（{}；{}）", known.zh, vacated.zh),
            format!("shut down for {so_many} days in a row, {days} or more ({}; {})", known.en, vacated.en),
        ),
    )
}
