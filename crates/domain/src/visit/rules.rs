//! The rules of sealing (DESIGN §7). Each problem names its line and its rule, so that a screen can jump there.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CheckResult, Finding, LineResult};
use crate::{
    outcome::Outcome,
    plan::{PlanLine, PlannedVisit},
    template::{Criterion, Template},
    text::Text,
    value::Mismatch,
};

/// A rule that a visit breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SealRule {
    /// A due line has no result.
    LineMissing,
    /// A result belongs to no line of the plan.
    LineNotPlanned,
    /// Two results for one line.
    LineTwice,
    /// 不适用 or 未检 without a reason, of a line or of a check.
    ReasonMissing,
    /// 异常 without words.
    NoteMissing,
    /// 异常, or a line that asks for one, without a photo and without a reasoned 无法拍照.
    PhotoMissing,
    /// A check has no result.
    CheckMissing,
    /// A result for a check that the line does not ask, or a second one for the same check.
    CheckUnknown,
    /// A check lacks its value or has one that does not fit.
    ValueWrong,
    /// The line is better than its checks: one is 异常 and the line is not, or the line is 正常 although a check is 未检 or
    /// none is 正常.
    TooGood,
    /// “其余全部正常” filled a line that it must not fill.
    BulkNotAllowed,
    /// A finding without words, responsible unit, or due date.
    FindingIncomplete,
    /// An open problem of an earlier round that nobody looked at.
    FollowUpMissing,
    /// The answer to an open problem lacks words, or 已整改 a photo.
    FollowUpIncomplete,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SealProblem {
    /// The line; `None` for a finding that belongs to no line.
    pub line: Option<u32>,
    /// The rule.
    pub rule: SealRule,
    /// What is wrong and what to do.
    pub message: Text,
}

/// The lines of the visit that have no result yet: “还差 5 项”.
pub fn missing_lines<'a>(visit: &'a PlannedVisit, results: &'a [LineResult]) -> impl Iterator<Item = &'a PlanLine> {
    visit.lines.iter().filter(|line| !results.iter().any(|result| result.no == line.no))
}

/// Everything that keeps the visit from being sealed, in line order; empty when it can be.
#[must_use]
pub fn seal_problems(
    template: &Template,
    visit: &PlannedVisit,
    results: &[LineResult],
    findings: &[Finding],
    visit_on: Date,
) -> Vec<SealProblem> {
    let mut problems: Vec<SealProblem> = missing_lines(visit, results)
        .map(|line| {
            problem(
                Some(line.no),
                SealRule::LineMissing,
                "没有结果，请作答或注明未检原因",
                "has no answer: answer it, or say why it was not checked",
            )
        })
        .collect();
    for (place, result) in results.iter().enumerate() {
        if results[..place].iter().any(|before| before.no == result.no) {
            problems.push(problem(
                Some(result.no),
                SealRule::LineTwice,
                "有两个结果，只能保留一个",
                "has two results: keep one",
            ));
        }
        let planned = visit
            .lines
            .iter()
            .any(|line| line.no == result.no && line.criterion == result.criterion && line.subject == result.subject);
        match template.criterion(&result.criterion).filter(|_| planned) {
            Some(criterion) => line_problems(criterion, result, visit_on, &mut problems),
            None => problems.push(problem(
                Some(result.no),
                SealRule::LineNotPlanned,
                "不在本次计划内",
                "is not part of this plan",
            )),
        }
    }
    problems.extend(findings.iter().flat_map(finding_problems));
    problems.sort_by_key(|problem| (problem.line.unwrap_or(u32::MAX), problem.rule));
    problems
}

pub(super) fn problem(line: Option<u32>, rule: SealRule, zh: &str, en: &str) -> SealProblem {
    let place = line
        .map_or_else(|| ("问题单".to_owned(), "finding".to_owned()), |no| (format!("第{no}项"), format!("line {no}")));
    SealProblem { line, rule, message: Text::new(format!("{}：{zh}", place.0), format!("{}: {en}", place.1)) }
}

fn line_problems(criterion: &Criterion, result: &LineResult, visit_on: Date, problems: &mut Vec<SealProblem>) {
    let mut say = |rule, zh: &str, en: &str| problems.push(problem(Some(result.no), rule, zh, en));
    if result.outcome.needs_reason() {
        if result.reason.trim().is_empty() {
            say(SealRule::ReasonMissing, "不适用或未检必须写明原因", "say why it does not apply or was not checked");
        }
        if !result.checks.is_empty() {
            say(SealRule::CheckUnknown, "不适用或未检的项不能带检查点结果", "was not answered, yet its checks were");
        }
        if result.bulk {
            say(SealRule::BulkNotAllowed, "一键正常只能填正常", "bulk filling only ever says normal");
        }
        return;
    }
    if result.outcome == Outcome::Abnormal && result.note.trim().is_empty() {
        say(SealRule::NoteMissing, "异常必须写明情况", "describe what is abnormal");
    }
    let photos_due = match result.outcome {
        Outcome::Abnormal => 1,
        _ => criterion.evidence.photos_when_normal as usize,
    };
    let excused = result.no_photo.as_ref().is_some_and(|no_photo| !no_photo.reason.trim().is_empty());
    if result.photos.len() < photos_due && !excused {
        say(
            SealRule::PhotoMissing,
            "需要照片；无法拍照时请写明原因",
            "needs a photo, or the reason why none can be taken",
        );
    }
    let outcomes: Vec<Outcome> = result.checks.iter().map(|check| check.outcome).collect();
    if result.outcome == Outcome::Normal
        && let Some((zh, en)) = too_good(&outcomes)
    {
        say(SealRule::TooGood, zh, en);
    }
    if result.bulk
        && let Some((zh, en)) = bulk_problem(criterion, result)
    {
        say(SealRule::BulkNotAllowed, zh, en);
    }
    for (place, given) in result.checks.iter().enumerate() {
        if criterion.check(&given.check).is_none() {
            let (zh, en) = (format!("没有检查点“{}”", given.check), format!("asks no check “{}”", given.check));
            say(SealRule::CheckUnknown, &zh, &en);
        } else if result.checks[..place].iter().any(|before| before.check == given.check) {
            let zh = format!("检查点“{}”有两个结果", given.check);
            say(SealRule::CheckUnknown, &zh, &format!("check “{}” has two results", given.check));
        }
    }
    for check in &criterion.checks {
        let given = result.checks.iter().find(|given| given.check == check.key);
        let Some(given) = given else {
            say(
                SealRule::CheckMissing,
                &format!("检查点“{}”没有结果", check.label.zh),
                &format!("check “{}” has no result", check.label.en),
            );
            continue;
        };
        if given.outcome.needs_reason() && given.reason.trim().is_empty() {
            let zh = format!("“{}”不适用或未检，必须写明原因", check.label.zh);
            say(SealRule::ReasonMissing, &zh, &format!("“{}” needs a reason why it was not judged", check.label.en));
        }
        if let Some((zh, en)) = value_problem(check, given, visit_on) {
            say(SealRule::ValueWrong, &format!("“{}”{zh}", check.label.zh), &format!("“{}” {en}", check.label.en));
        }
    }
}

/// Why these checks do not make a line 正常: each must be 正常 or 不适用, and one at least 正常.
fn too_good(checks: &[Outcome]) -> Option<(&'static str, &'static str)> {
    if checks.contains(&Outcome::Abnormal) {
        return Some(("有检查点异常，本项必须为异常", "a check is abnormal, so the line must be"));
    }
    if checks.contains(&Outcome::NotChecked) {
        return Some(("有检查点未检，本项不能为正常", "a check was not made, so the line cannot be normal"));
    }
    let none_applies = !checks.is_empty() && !checks.contains(&Outcome::Normal);
    none_applies
        .then_some(("检查点全部不适用，本项不能为正常", "none of its checks applies, so the line cannot be normal"))
}

/// Why “其余全部正常” must not have filled this line.
fn bulk_problem(criterion: &Criterion, result: &LineResult) -> Option<(&'static str, &'static str)> {
    if result.outcome != Outcome::Normal {
        return Some(("一键正常只能填正常", "bulk filling only ever says normal"));
    }
    if criterion.evidence.photos_when_normal > 0 {
        return Some(("需要照片的项不能一键正常", "lines that need a photo cannot be filled in bulk"));
    }
    if result.must_check.is_some() {
        return Some((
            "上次的问题必须逐项复查，不能一键正常",
            "an earlier problem must be looked at, not filled in bulk",
        ));
    }
    let asks_more = criterion.checks.iter().any(|check| !check.input.may_be_bulk());
    asks_more.then_some((
        "读数、日期、登记和不以零为正常的计数不能一键填写",
        "readings, dates, registers and counts that may be other than zero cannot be filled in bulk",
    ))
}

fn value_problem(check: &crate::template::Check, given: &CheckResult, visit_on: Date) -> Option<(String, String)> {
    if !check.input.takes_value() || given.outcome.needs_reason() {
        return None;
    }
    let Some(value) = &given.value else {
        return Some(("没有填写内容".to_owned(), "has no value".to_owned()));
    };
    let mismatch = check.input.suggest(value, visit_on).err()?;
    let zh = match &mismatch {
        Mismatch::WrongType => "的内容与该检查点不符".to_owned(),
        Mismatch::UnknownChoice(key) => format!("没有“{key}”这个选项"),
        Mismatch::TooFewReadings { points } => format!("读数不全：至少{points}个测点，每个测点各量都要有"),
        Mismatch::Implausible { value, unit } => format!("读数 {value} {unit} 不可能，请检查小数点"),
        Mismatch::Empty => "没有任何登记".to_owned(),
    };
    Some((zh, mismatch.to_string()))
}

fn finding_problems(finding: &Finding) -> Vec<SealProblem> {
    let mut problems = Vec::new();
    let mut say = |zh: &str, en: &str| problems.push(problem(finding.line, SealRule::FindingIncomplete, zh, en));
    if finding.description.trim().is_empty() {
        say("问题单没有写明情况", "the finding has no description");
    }
    if finding.responsible_unit.trim().is_empty() {
        say("问题单没有责任单位", "the finding names no responsible unit");
    }
    if finding.severity.respond_within_minutes().is_none() && finding.due_on.is_none() {
        say("问题单没有整改期限", "the finding has no due date");
    }
    if finding.photos.is_empty() && finding.no_photo.is_none() {
        say("问题单需要照片；无法拍照时请写明原因", "the finding needs a photo, or the reason why none can be taken");
    }
    problems
}
