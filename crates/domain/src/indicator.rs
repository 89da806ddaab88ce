//! 考核评价指标 (7.3.2): what the data supports, each with the formula that made it; the rest is printed 未采集, never guessed.
//!
//! The standard names the indicators and prints no formula: all of these are ours, and stand beside every number.

use serde::Serialize;

use crate::{
    calendar::WorkingCalendar,
    completion::CompletionRate,
    coverage::Totals,
    hash::Sha256,
    rectification::{Progress, RectificationState},
    text::Text,
    time::TimestampMs,
};

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Counted {
    /// What is as it should be.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// The rectifications that are not as they should be, where rectifications are counted.
    pub failing: Vec<Sha256>,
}

impl Counted {
    /// In percent with one decimal, rounded down so that 99.96 % never reads 100.0. `None` where there is nothing to count.
    #[must_use]
    pub fn percent(&self) -> Option<String> {
        let per_mille = (self.part * 1000).checked_div(self.whole)?;
        Some(format!("{}.{}", per_mille / 10, per_mille % 10))
    }
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Indicator {
    /// Its name in files.
    pub key: &'static str,
    /// Where the standard names it.
    pub clause: &'static str,
    /// Its name.
    pub name: Text,
    /// How it is made; for what is not collected, why not.
    pub formula: Text,
    /// What was counted; `None` for 未采集.
    pub counted: Option<Counted>,
}

impl Indicator {
    /// Its value as people read it: percent, 无可计数据, or 未采集.
    #[must_use]
    pub fn value(&self) -> Text {
        match self.counted.as_ref().map(Counted::percent) {
            None => Text::new("未采集", "not collected"),
            Some(None) => Text::new("无可计数据", "nothing to count"),
            Some(Some(percent)) => Text::new(format!("{percent}%"), format!("{percent} %")),
        }
    }
}

/// A rectification with the id it is known by.
pub type Known = (Sha256, Progress);

/// Every indicator of 7.3.2, in the order of the standard.
#[must_use]
pub fn indicators(totals: &Totals, known: &[Known], calendar: &WorkingCalendar, now: TimestampMs) -> Vec<Indicator> {
    let visits = Counted { part: totals.visits_delivered, whole: totals.visits_planned, failing: Vec::new() };
    let reviewed = Counted { part: totals.visits_accepted, whole: totals.visits_delivered, failing: Vec::new() };
    let lines = Counted { part: totals.whole.done(), whole: totals.whole.due, failing: Vec::new() };
    vec![
        Indicator {
            key: "response_in_time",
            clause: "7.3.2 a)",
            name: Text::new("响应时效", "Response in time"),
            formula: Text::new(
                "时限内响应的计时问题数 ÷ 响应时限已到或已响应的计时问题数；时限：业务中断或数据丢失 5 分钟（7×24），性能下降 10 分钟\
                 （5×8，按工作日历）；响应指现场致电服务台、分派或首次反馈，取最早者",
                "clocked problems responded to in time ÷ clocked problems whose response is due or given; 5 minutes around the clock for \
                 outages, 10 working minutes for degradations; the response is the earliest of the call from the spot, the assignment \
                 and the first feedback",
            ),
            counted: Some(ratio(known, |one| {
                let due = one.response_due(calendar)?;
                (one.responded_at.is_some() || due <= now).then(|| one.responded_at.is_some_and(|at| at <= due))
            })),
        },
        Indicator {
            key: "rectified_in_time",
            clause: "7.3.2 a)",
            name: Text::new("工单完成时效", "Completion in time"),
            formula: Text::new(
                "按期完成的整改数 ÷ 期限已到或已通过的整改数；完成以最后一次提交（无提交的以复核通过）为准，须经复核通过",
                "rectifications done in time ÷ rectifications whose due day is over or that are closed; done means submitted (or accepted \
                 where nobody submitted), and accepted by another person",
            ),
            counted: Some(ratio(known, |one| {
                let due = one.rectification_due()?;
                let finished = one.finished_at();
                (finished.is_some() || due <= now).then(|| finished.is_some_and(|at| at <= due))
            })),
        },
        Indicator {
            key: "completion_rate",
            clause: "7.3.2 a)",
            name: Text::new("巡检完成率", "Inspection completion rate"),
            formula: Text::new(
                CompletionRate::FORMULA_ZH,
                "(normal + abnormal + not applicable as accepted by a reviewer) ÷ lines due by the logged plan",
            ),
            counted: Some(lines),
        },
        Indicator {
            key: "visits_delivered",
            clause: "7.3.2 a)",
            name: Text::new("巡检送达率", "Visits delivered"),
            formula: Text::new(
                "有回执且计入的巡检次数 ÷ 计划巡检次数",
                "visits with a record that counts and its receipt ÷ visits planned",
            ),
            counted: Some(visits),
        },
        not_collected("orders_completed", "7.3.2 b)", "云资源订单完成率", "Cloud orders completed"),
        Indicator {
            key: "rectifications_completed",
            clause: "7.3.2 b)",
            name: Text::new("运维工单完成率", "Work orders completed"),
            formula: Text::new("复核通过的整改数 ÷ 已立项的整改数", "rectifications accepted ÷ rectifications opened"),
            counted: Some(ratio(known, |one| Some(one.state == RectificationState::Accepted))),
        },
        not_collected("resources_used", "7.3.2 b)", "资源利用效率", "Use of resources"),
        not_collected("risks_met", "7.3.2 b)", "风险及应对措施的有效性", "Risks and how they are met"),
        not_collected("satisfied_orders", "7.3.2 c)", "工单满意度", "Satisfaction with orders"),
        not_collected("satisfied_units", "7.3.2 c)", "使用单位满意度", "Satisfaction of owning units"),
        not_collected("satisfied_overall", "7.3.2 c)", "整体满意度", "Overall satisfaction"),
        not_collected("complaints", "7.3.2 c)", "投诉率", "Complaints"),
        not_collected("rules_complete", "7.3.2 d)", "运营制度完善情况", "Completeness of operating rules"),
        Indicator {
            key: "reviewed",
            clause: "7.3.2 d)",
            name: Text::new("制度执行情况：复核率", "Rules carried out: reviewed"),
            formula: Text::new(
                "经监理方或管理方另一人复核通过的巡检次数 ÷ 有回执且计入的巡检次数",
                "visits whose record another person of supervisor or manager accepted ÷ visits with a record that counts",
            ),
            counted: Some(reviewed),
        },
        Indicator {
            key: "process_kept",
            clause: "7.3.2 d)",
            name: Text::new("事件管理流程合规性", "Incident process kept"),
            formula: Text::new(
                "已通过的整改中，已反馈使用方并获确认、且计时问题反馈频率达标（中断每 30 分钟，下降每工作小时）的数量 ÷ 已通过的整改数",
                "closed rectifications that were fed back to the consumer and confirmed, with the feedback that a clock asks for (every 30 \
                 minutes, or every working hour) given each time ÷ closed rectifications",
            ),
            counted: Some(ratio(known, |one| {
                let is_told = !one.fed_back_at.is_empty() && one.acknowledged_at.is_some();
                (one.state == RectificationState::Accepted)
                    .then(|| is_told && one.feedback_kept(calendar, now) != Some(false))
            })),
        },
    ]
}

/// Counts rectifications: `None` leaves one out of both numbers.
fn ratio(known: &[Known], is_right: impl Fn(&Progress) -> Option<bool>) -> Counted {
    let mut counted = Counted { part: 0, whole: 0, failing: Vec::new() };
    for (id, progress) in known {
        match is_right(progress) {
            None => continue,
            Some(true) => counted.part += 1,
            Some(false) => counted.failing.push(*id),
        }
        counted.whole += 1;
    }
    counted
}

fn not_collected(key: &'static str, clause: &'static str, zh: &str, en: &str) -> Indicator {
    let formula = Text::new("本系统不采集所需数据", "the data this needs is not collected here");
    Indicator { key, clause, name: Text::new(zh, en), formula, counted: None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        ids::{FindingId, PersonId, RoundId},
        rectification::{Opening, Reinspection, Source, Step},
        subject::{Subject, SubjectKind},
        visit::Severity,
    };

    const MINUTE: i64 = 60_000;
    /// 2026-11-23 10:00 in China, a Monday.
    const MONDAY: TimestampMs = TimestampMs(1_795_399_200_000);

    fn opened(name: &str, severity: Severity) -> Known {
        let opening = Opening {
            source: Source::Finding { finding: FindingId::new(name) },
            record: Sha256::of(b"record"),
            round: RoundId::new("round"),
            criterion: None,
            subject: Subject { kind: SubjectKind::Rack, id: "rack".into() },
            subject_name: "A03".into(),
            place: String::new(),
            severity,
            description: "异常".into(),
            verdicts: Vec::new(),
            owning_unit: "市档案馆".into(),
            due_on: severity.respond_within_minutes().is_none().then(|| MONDAY.day_in_china()),
            found_at: MONDAY,
            found_by: PersonId::new("li"),
            called_at: None,
            before_photos: Vec::new(),
        };
        (opening.source.id(), Progress::open(&opening, MONDAY).unwrap())
    }

    fn fed_back() -> Step {
        Step::FedBack { to: "市档案馆".into(), channel: "电话".into(), text: "处理中".into() }
    }

    fn close(progress: &mut Progress, at: TimestampMs) {
        let reinspection = Reinspection::FollowUp { record: Sha256::of(b"later") };
        let step = Step::Accepted { reinspection, comment: String::new() };
        progress.apply(&step, Some(&PersonId::new("chen")), at).unwrap();
    }

    fn totals() -> Totals {
        let whole = CompletionRate { due: 3, normal: 2, ..CompletionRate::default() };
        let round = RoundId::new("round");
        let (rooms, criteria) = (Vec::new(), Vec::new());
        Totals {
            round,
            visits_planned: 2,
            visits_delivered: 1,
            visits_accepted: 1,
            excluded: 0,
            whole,
            rooms,
            criteria,
        }
    }

    fn value(all: &[Indicator], key: &str) -> String {
        all.iter().find(|one| one.key == key).unwrap().value().zh
    }

    #[test]
    fn each_indicator_has_its_clause_and_formula_and_what_is_not_collected_says_so() {
        let all = indicators(&totals(), &[], &WorkingCalendar::starting(), MONDAY);
        let keys: BTreeSet<&str> = all.iter().map(|one| one.key).collect();
        assert_eq!(keys.len(), all.len());
        assert!(all.iter().all(|one| one.clause.starts_with("7.3.2 ") && !one.formula.zh.is_empty()));
        assert_eq!(value(&all, "completion_rate"), "66.6%");
        assert_eq!(value(&all, "visits_delivered"), "50.0%");
        assert_eq!(value(&all, "response_in_time"), "无可计数据", "no problem is no perfect score");
        let missing: Vec<&str> = all.iter().filter(|one| one.counted.is_none()).map(|one| one.key).collect();
        assert_eq!(missing.len(), 8, "{missing:?}");
        assert!(all.iter().filter(|one| one.clause == "7.3.2 c)").all(|one| one.value().zh == "未采集"));
    }

    #[test]
    fn clocks_and_due_days_are_counted_as_the_formulas_say() {
        let calendar = WorkingCalendar::starting();
        let (mut fast, mut slow, waiting) =
            (opened("fast", Severity::Outage), opened("slow", Severity::Outage), opened("waiting", Severity::Degraded));
        fast.1.apply(&fed_back(), None, MONDAY.plus_ms(5 * MINUTE)).unwrap();
        slow.1.apply(&fed_back(), None, MONDAY.plus_ms(6 * MINUTE)).unwrap();
        let known = [fast.clone(), slow.clone(), waiting.clone()];
        let soon = indicators(&totals(), &known, &calendar, MONDAY.plus_ms(8 * MINUTE));
        assert_eq!(value(&soon, "response_in_time"), "50.0%", "the degraded one still has two minutes");
        let later = indicators(&totals(), &known, &calendar, MONDAY.plus_ms(10 * MINUTE));
        assert_eq!(value(&later, "response_in_time"), "33.3%");
        let failing = &later[0].counted.as_ref().unwrap().failing;
        assert_eq!(failing, &[slow.0, waiting.0], "the list behind the number");

        let (mut done, mut late) = (opened("done", Severity::Major), opened("late", Severity::Minor));
        let day = 24 * 60 * MINUTE;
        close(&mut done.1, MONDAY.plus_ms(60 * MINUTE));
        done.1.apply(&fed_back(), None, MONDAY.plus_ms(61 * MINUTE)).unwrap();
        let acknowledged =
            Step::Acknowledged { who: "赵科长".into(), channel: "电话".into(), text: String::new() };
        done.1.apply(&acknowledged, None, MONDAY.plus_ms(62 * MINUTE)).unwrap();
        close(&mut late.1, MONDAY.plus_ms(2 * day));
        let open = opened("open", Severity::Minor);
        let all = indicators(&totals(), &[done, late, open], &calendar, MONDAY.plus_ms(day / 2));
        assert_eq!(value(&all, "rectified_in_time"), "50.0%", "the open one is due at midnight only");
        assert_eq!(value(&all, "rectifications_completed"), "66.6%");
        assert_eq!(value(&all, "process_kept"), "50.0%", "the late one was closed and nobody told the 使用方");
    }
}
