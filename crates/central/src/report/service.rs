//! 阶段性服务报告 (a quarter, D.1 no. 22) and 服务总结报告 (a year, no. 23): the rounds of the time, what became of problems, the ledger's
//! versions, monitoring, and the indicators round by round. What this system has no data of is printed 未采集.

use std::collections::BTreeMap;

use jiff::civil::Date;
use xunjian_domain::{
    completion::CompletionRate,
    ids::RoundId,
    monitoring::Period,
    report::Cell,
    round::{Quarter, RoundKind},
    time::TimestampMs,
};

use super::{
    Composed,
    composer::{Composer, Heading, Title, short},
    monitoring::summary,
    record::{Named, parties, places, put_how_to_verify},
    round::{Material, RATE, gather, rate_cells},
    words::moment,
};
use crate::{
    clock,
    db::sql,
    drawing::Progress,
    error::Error,
    ledger::changes,
    log,
    monitoring::judge::{Judgement, Question, judge},
    rectification::severity_zh,
    site::Site,
};

/// What time a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServicePeriod {
    /// `2026Q4`: 阶段性服务报告.
    Quarter(Quarter),
    /// `2026`: 服务总结报告.
    Year(i16),
}

impl ServicePeriod {
    /// Reads `2026Q4` or `2026`.
    ///
    /// # Errors
    /// [`Error::Told`] when it is neither.
    pub fn read(text: &str) -> Result<Self, Error> {
        if let Ok(quarter) = text.parse() {
            return Ok(Self::Quarter(quarter));
        }
        let year = text.parse().ok().filter(|year| (2000..=9999).contains(year));
        year.map(Self::Year).ok_or_else(|| {
            Error::told(
                format!("“{text}”应为季度（如 2026Q4）或年份（如 2026）"),
                format!("“{text}” must be a quarter (2026Q4) or a year (2026)"),
            )
        })
    }

    fn holds(self, quarter: Quarter) -> bool {
        match self {
            Self::Quarter(one) => one == quarter,
            Self::Year(year) => year == quarter.year,
        }
    }

    fn days(self) -> (Date, Date) {
        match self {
            Self::Quarter(quarter) => quarter.days(),
            Self::Year(year) => (Date::constant(year, 1, 1), Date::constant(year, 12, 31)),
        }
    }

    fn titles(self) -> (&'static str, String, String) {
        match self {
            Self::Quarter(one) => (
                "阶段性服务报告",
                format!("{}年第{}季度", one.year, ["一", "二", "三", "四"][usize::from(one.q) - 1]),
                one.to_string(),
            ),
            Self::Year(year) => ("服务总结报告", format!("{year}年度"), year.to_string()),
        }
    }
}

/// Composes the report of a quarter or year.
///
/// # Errors
/// [`Error::Told`] when no round lies in it.
pub fn service(site: &Site, period: ServicePeriod, told: &mut dyn FnMut(&Progress)) -> Result<Composed, Error> {
    let at = clock::now();
    let (rounds, log_size, parties) = site.db.read(|sql| {
        let mut rounds = Vec::new();
        for row in sql.query(sql!("round_all"), &[])? {
            let quarter: Quarter =
                row.text(2)?.parse().map_err(|_| Error::Damaged("a round has no quarter".to_owned()))?;
            if period.holds(quarter) {
                rounds.push(RoundId::new(row.text(0)?));
            }
        }
        Ok::<_, Error>((rounds, log::tail(sql)?.0, parties(sql)?))
    })?;
    let (title, subtitle, code) = period.titles();
    if rounds.is_empty() {
        return Err(Error::told(
            format!("{subtitle}没有巡检轮次，无从出具{title}"),
            format!("there is no round in {code}"),
        ));
    }
    let mut materials = rounds.iter().map(|round| gather(site, round, told)).collect::<Result<Vec<_>, _>>()?;
    materials.sort_by_key(|one| one.counted.plan.plan.round.due_from);
    let heading = Title { title, subtitle, code: format!("FWBG-{code}"), has_cover: true, at };
    let mut out = Composer::new(site, &parties, heading);
    let number = out.number();
    let (from, to) = period.days();
    out.cover("报告编号", number);
    out.cover("服务期间", format!("{from} 至 {to}"));
    for party in &parties {
        out.cover(party.kind.zh(), party.name.clone());
    }
    out.cover("统计时点", moment(at));
    out.cover("日志", format!("统计至第 {log_size} 条"));
    put_overview(&mut out, &materials);
    put_rounds(&mut out, &materials);
    put_problems(&mut out, &materials);
    put_ledger(&mut out, site, (from, to))?;
    put_monitoring(&mut out, site, Period { from, to })?;
    put_indicators(&mut out, &materials);
    out.chapter("本系统没有数据的事项");
    out.paragraph(
        "培训与演练（5.5.3、5.3.2）、需求调研（5.4.1）、满意度与投诉（7.3.2 c）、资源开通订单的办理时长由其他系统或人工记录，本报告未采集，须另附材料。",
    );
    out.chapter("核验方法");
    let pack = |one: &Material| {
        let round = &one.counted.plan.plan.round;
        format!("xunjian pack --round {} --out {}.zip", round.id, round.quarter)
    };
    let mut commands: Vec<String> = materials.iter().map(pack).collect();
    commands.push("xunjian-verify 文件.zip --root 纸质确认件上的指纹".to_owned());
    put_how_to_verify(&mut out, site, commands)?;
    out.chapter_page("签署页");
    out.signatures(places(&parties, "确认本报告所列服务由我方提供，数字由系统依据存证记录得出。"));
    Ok(Composed {
        kind: "service",
        subject: code,
        log_size,
        created_at: at,
        document: out.finish(),
        photos: Vec::new(),
        workbook: None,
    })
}

fn sum(materials: &[Material]) -> CompletionRate {
    let mut sum = CompletionRate::default();
    for rate in materials.iter().map(|one| &one.counted.totals.whole) {
        sum.due += rate.due;
        sum.normal += rate.normal;
        sum.abnormal += rate.abnormal;
        sum.not_applicable += rate.not_applicable;
        sum.not_applicable_accepted += rate.not_applicable_accepted;
        sum.not_checked += rate.not_checked;
    }
    sum
}

fn put_overview(out: &mut Composer, materials: &[Material]) {
    out.chapter("概述");
    let quarterly = materials.iter().filter(|one| one.counted.plan.plan.round.kind == RoundKind::Quarterly).count();
    let closed = materials.iter().filter(|one| one.closing.is_some()).count();
    out.paragraph(format!(
        "本期开展巡检 {} 轮，其中季度全面巡检 {quarterly} 轮、专项或保障巡检 {} 轮；已由双方签名关闭 {closed} 轮。",
        materials.len(),
        materials.len() - quarterly
    ));
    if closed < materials.len() {
        out.warning("尚有轮次未关闭：其数字为统计时点的情况。");
    }
    let total = |of: &dyn Fn(&Material) -> u64| Cell::Number(materials.iter().map(of).sum());
    let findings = |one: &Material| {
        one.views.iter().filter_map(|view| view.record.as_ref()).map(|record| record.findings.len() as u64).sum()
    };
    let rate = sum(materials);
    out.facts(vec![
        ("计划巡检（次）", total(&|one| one.counted.totals.visits_planned)),
        ("有回执且计入（次）", total(&|one| one.counted.totals.visits_delivered)),
        ("复核通过（次）", total(&|one| one.counted.totals.visits_accepted)),
        ("应检（项）", rate.due.into()),
        ("巡检完成率（%）", super::round::share(&rate)),
        ("发现问题（项）", total(&findings)),
        ("整改立项（项）", total(&|one| one.standings.len() as u64)),
        (
            "整改关闭（项）",
            total(&|one| one.standings.iter().filter(|one| one.progress.accepted.is_some()).count() as u64),
        ),
    ]);
    out.remark(CompletionRate::FORMULA_ZH);
}

fn put_rounds(out: &mut Composer, materials: &[Material]) {
    out.chapter("巡检");
    let mut headings: Vec<Heading> = vec![("轮次", 6, false), ("计划\n（次）", 3, true), ("计入\n（次）", 3, true)];
    headings.extend(RATE);
    let row = |name: String, planned: u64, delivered: u64, rate: &CompletionRate| {
        let mut cells = vec![Cell::Text(name), planned.into(), delivered.into()];
        cells.extend(rate_cells(rate));
        cells
    };
    let rows = materials.iter().map(|one| {
        let totals = &one.counted.totals;
        row(one.counted.plan.plan.round.title.clone(), totals.visits_planned, totals.visits_delivered, &totals.whole)
    });
    let planned = materials.iter().map(|one| one.counted.totals.visits_planned).sum();
    let delivered = materials.iter().map(|one| one.counted.totals.visits_delivered).sum();
    out.sum_table("各轮巡检", &headings, rows.collect(), row("合计".to_owned(), planned, delivered, &sum(materials)));
    let states = materials.iter().map(|one| {
        let round = &one.counted.plan.plan.round;
        let (state, signed) = match &one.closing {
            None => ("未关闭", String::new()),
            Some((_, _, signed)) => ("已关闭", signed.join("、")),
        };
        vec![
            round.title.clone().into(),
            format!("{} 至 {}", round.due_from, round.due_by).into(),
            state.into(),
            signed.into(),
        ]
    });
    let headings = [("轮次", 6, false), ("周期", 5, false), ("状态", 2, false), ("签名", 6, false)];
    out.table("各轮状态", &headings, states.collect(), "");
}

fn put_problems(out: &mut Composer, materials: &[Material]) {
    out.chapter("问题与整改");
    let mut by_severity: BTreeMap<_, [u64; 2]> = BTreeMap::new();
    for named in materials.iter().flat_map(|one| &one.views).filter_map(Named::of) {
        for finding in &named.record.findings {
            let counts = by_severity.entry(finding.severity).or_default();
            counts[0] += 1;
            counts[1] += u64::from(!finding.fixed_on_site.is_empty());
        }
    }
    let rows = by_severity
        .iter()
        .map(|(severity, [all, fixed])| vec![severity_zh(*severity).into(), (*all).into(), (*fixed).into()]);
    let headings = [("严重程度", 8, false), ("发现（项）", 3, true), ("现场已处理（项）", 4, true)];
    out.table("按严重程度统计的问题", &headings, rows.collect(), "本期没有发现问题");
    let mut by_unit: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for one in materials.iter().flat_map(|one| &one.standings) {
        let counts = by_unit.entry(one.progress.opening.owning_unit.clone()).or_default();
        counts[0] += 1;
        counts[1] += u64::from(one.progress.accepted.is_some());
        counts[2] += u64::from(one.is_overdue);
    }
    let rows = by_unit.iter().map(|(unit, counts)| {
        std::iter::once(unit.clone().into()).chain(counts.iter().map(|count| Cell::Number(*count))).collect()
    });
    let headings =
        [("归属或责任单位", 8, false), ("立项（项）", 3, true), ("关闭（项）", 3, true), ("逾期（项）", 3, true)];
    out.table("按单位统计的整改", &headings, rows.collect(), "本期没有立项的整改");
}

fn put_ledger(out: &mut Composer, site: &Site, (from, to): (Date, Date)) -> Result<(), Error> {
    out.chapter("台账");
    let is_in = |at: i64| {
        let day = TimestampMs(at).day_in_china();
        (from..=to).contains(&day)
    };
    let (versions, decided) = site.db.read(|sql| {
        let mut versions = Vec::new();
        for row in sql.query(sql!("ledger_version_list"), &[])? {
            if is_in(row.i64(3)?) {
                versions.push(vec![
                    Cell::Number(log::to_u64(row.i64(0)?)),
                    moment(TimestampMs(row.i64(3)?)).into(),
                    row.text(2)?.into(),
                    short(row.text(1)?),
                ]);
            }
        }
        versions.reverse();
        Ok::<_, Error>((versions, changes::all(sql)?))
    })?;
    let headings = [("版本", 2, true), ("入账时间", 4, false), ("来源", 8, false), ("哈希", 4, false)];
    out.table("本期的台账版本", &headings, versions, "本期台账没有变更");
    let decided: Vec<bool> = decided
        .iter()
        .filter_map(|one| one.decision.as_ref())
        .filter(|decision| is_in(decision.decided_at.0))
        .map(|decision| decision.approved)
        .collect();
    let approved = decided.iter().filter(|approved| **approved).count() as u64;
    out.facts(vec![
        ("本期批准的变更单（份）", approved.into()),
        ("本期驳回的变更单（份）", (decided.len() as u64 - approved).into()),
    ]);
    Ok(())
}

fn put_monitoring(out: &mut Composer, site: &Site, period: Period) -> Result<(), Error> {
    out.chapter("监控");
    let judged: Option<Judgement> = match judge(site, &Question { period: Some(period), thresholds: None }) {
        Ok(judgement) => Some(judgement),
        // No file was imported for the time; everything else is told.
        Err(Error::Told(_)) => None,
        Err(error) => return Err(error),
    };
    match judged {
        None => out.paragraph("未采集：本期没有导入监控数据。"),
        Some(judgement) => {
            out.facts(summary(&judgement));
            out.remark("明细见同期监控报告。判断只是建议，须经人工核实。");
        }
    }
    Ok(())
}

fn put_indicators(out: &mut Composer, materials: &[Material]) {
    out.chapter("考核评价指标");
    out.paragraph("各轮指标（7.3.2）及所用公式；标准没有给出公式，均为本系统所定。");
    for one in materials {
        out.section(&one.counted.plan.plan.round.title);
        let rows = one.indicators.iter().map(|indicator| {
            vec![
                indicator.clause.into(),
                indicator.name.zh.clone().into(),
                indicator.value().zh.into(),
                indicator.formula.zh.clone().into(),
            ]
        });
        let headings = [("条款", 3, false), ("指标", 5, false), ("数值", 3, true), ("公式", 12, false)];
        out.table(&format!("{} 指标", one.counted.plan.plan.round.title), &headings, rows.collect(), "");
    }
}
