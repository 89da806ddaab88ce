//! 巡检报告 (D.1 no. 11, 5.1.3.2): one round, counted as `round coverage`, `round indicators` and `finding list` count it, from the
//! records that speak for its visits, each checked anew.

mod annexes;
mod results;

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    completion::CompletionRate,
    hash::Sha256,
    ids::RoundId,
    indicator::{Indicator, indicators},
    rectification::Source,
    report::Cell,
    template::Template,
    time::TimestampMs,
};
use xunjian_proof::{
    closing::{Closing, Timing, verify_closing},
    statement::PartyRef,
};

use self::{
    annexes::{put_annexes, put_findings},
    results::{put_coverage, put_results},
};
use super::{
    Composed,
    composer::{Composer, Heading, Title, hash, short},
    record::{
        DISCREPANCIES, Gallery, Named, check_zh, discrepancy_rows, parties, places, put_how_to_verify, reviewed_zh,
        sealed_zh,
    },
    words::{follow_up_zh, moment, moment_or_none},
};
use crate::{
    calendar, clock,
    console::{
        names::Names,
        record::{ConsoleRecord, RecordVerdict, view},
    },
    coverage::{self, Beside, Counted},
    drawing::Progress,
    error::Error,
    ledger::{read_chunk, version},
    log, pack,
    rectification::{self, Standing},
    site::Site,
};

/// Everything a report of a round rests on, read at one moment of the log.
pub(super) struct Material {
    /// When.
    pub at: TimestampMs,
    /// The log then.
    pub log_size: u64,
    /// The organisations.
    pub parties: Vec<PartyRef>,
    /// The numbers.
    pub counted: Counted,
    /// What stands beside them.
    pub beside: Beside,
    /// The closing with its place in the log and who signed it.
    pub closing: Option<(Closing, Option<u64>, Vec<String>)>,
    /// The criteria.
    pub template: Template,
    /// Names of the pinned ledger.
    pub names: Names,
    /// What became of the problems.
    pub standings: Vec<Standing>,
    /// 7.3.2.
    pub indicators: Vec<Indicator>,
    /// The records that speak, in the order of the plan.
    pub views: Vec<ConsoleRecord>,
}

/// How often counting begins anew when the log grows meanwhile.
const TRIES: u32 = 5;

/// Reads and checks everything of a round.
pub(super) fn gather(site: &Site, round: &RoundId, told: &mut dyn FnMut(&Progress)) -> Result<Material, Error> {
    let mut tries = 0;
    loop {
        let material = gather_once(site, round, told)?;
        tries += 1;
        // What was written meanwhile would stand in one table and not in another.
        if site.db.read(log::tail)?.0 == material.log_size || tries == TRIES {
            return Ok(material);
        }
    }
}

fn gather_once(site: &Site, round: &RoundId, told: &mut dyn FnMut(&Progress)) -> Result<Material, Error> {
    let at = clock::now();
    let mut material = site.db.read_long(|sql| {
        let counted = coverage::of_round(sql, round)?;
        let plan = &counted.plan.plan;
        let template = read_chunk(sql, &plan.template.sha256)?;
        let names = match version(sql, i64::from(plan.ledger.version))? {
            Some((_, ledger)) => Names::of_ledger(&ledger),
            None => Names::of_version(sql, &plan.ledger)?,
        };
        let standings = rectification::standings(sql, round.as_str())?;
        let known: Vec<_> = standings.iter().map(|one| (one.id, one.progress.clone())).collect();
        let indicators = indicators(&counted.totals, &known, &calendar::current(sql)?.calendar, at);
        let beside = coverage::beside(sql, &counted)?;
        let closing = match coverage::closing(sql, round)? {
            None => None,
            Some((closing, envelope, place)) => {
                let keyring = site.keyring(sql)?;
                let signed = match verify_closing(&envelope, &keyring) {
                    Ok((_, people)) => {
                        people.iter().map(|one| format!("{}（{}）", one.holder_name, one.party.kind.zh())).collect()
                    }
                    Err(error) => vec![format!("签名核验不通过：{error}")],
                };
                Some((closing, place, signed))
            }
        };
        let (log_size, parties) = (log::tail(sql)?.0, parties(sql)?);
        let views = Vec::new();
        Ok::<_, Error>(Material {
            at,
            log_size,
            parties,
            counted,
            beside,
            closing,
            template,
            names,
            standings,
            indicators,
            views,
        })
    })?;
    let spoken: Vec<Sha256> = material.counted.coverage.visits.iter().filter_map(|visit| visit.record).collect();
    for (done, id) in (0_u64..).zip(&spoken) {
        told(&Progress { step: "checks".to_owned(), done, of: spoken.len() as u64 });
        material.views.push(view(site, &id.to_hex())?);
    }
    Ok(material)
}

/// Composes the report of a round, named by its quarter or id.
///
/// # Errors
/// [`Error::Told`] when there is no such round; [`Error::Damaged`] for what cannot be read.
pub fn round(site: &Site, named: &str, told: &mut dyn FnMut(&Progress)) -> Result<Composed, Error> {
    let id = site.db.read(|sql| pack::find_round(sql, named))?;
    let material = gather(site, &id, told)?;
    let round = &material.counted.plan.plan.round;
    let code = format!("XJBG-{}", round.quarter);
    let title = Title { title: "巡检报告", subtitle: round.title.clone(), code, has_cover: true, at: material.at };
    let mut out = Composer::new(site, &material.parties, title);
    put_cover(&mut out, &material);
    put_summary(&mut out, &material);
    put_coverage(&mut out, &material);
    put_results(&mut out, &material);
    let photographed = put_findings(&mut out, &material);
    put_discrepancies(&mut out, &material);
    put_rectifications(&mut out, &material);
    put_indicators(&mut out, &material);
    put_signatures(&mut out, site, &material)?;
    out.chapter_page("签署页");
    out.paragraph(format!(
        "以下各方对《{}》（{}）的内容予以确认。电子签名见上一章；本页供纸质归档使用。",
        round.title,
        out.number()
    ));
    out.signatures(places(&material.parties, "确认本报告所列巡检由我方按计划实施，数字由系统依据存证记录得出。"));
    let mut gallery = Gallery::default();
    put_annexes(&mut out, &mut gallery, site, &material, &photographed);
    let document = out.finish();
    let (log_size, created_at) = (material.log_size, material.at);
    Ok(Composed {
        kind: "round",
        subject: id.to_string(),
        log_size,
        created_at,
        document,
        photos: gallery.files(),
        workbook: None,
    })
}

fn put_cover(out: &mut Composer, material: &Material) {
    let round = &material.counted.plan.plan.round;
    let number = out.number();
    out.cover("报告编号", number);
    out.cover("巡检周期", format!("{} 至 {}", round.due_from, round.due_by));
    for party in &material.parties {
        out.cover(party.kind.zh(), party.name.clone());
    }
    out.cover("统计时点", moment(material.at));
    out.cover("轮次状态", state_zh(material));
    out.cover("日志", format!("统计至第 {} 条", material.counted.log_size));
    out.cover("日志根", hash(&material.counted.log_root));
}

fn state_zh(material: &Material) -> String {
    match &material.closing {
        None => "进行中（尚未关闭）".to_owned(),
        Some((closing, _, signed)) => format!("已关闭（{}），签名：{}", timing_zh(closing.timing), signed.join("、")),
    }
}

fn timing_zh(timing: Timing) -> &'static str {
    match timing {
        Timing::Early => "提前",
        Timing::OnTime => "按期",
        Timing::Late => "逾期",
    }
}

/// A rate in percent, or a dash where nothing is due.
pub(super) fn share(rate: &CompletionRate) -> Cell {
    rate.percent().map_or_else(|| "—".into(), Cell::Percent)
}

/// Columns of every table that counts lines.
pub(super) const RATE: [Heading; 8] = [
    ("应检", 3, true),
    ("正常", 3, true),
    ("异常", 3, true),
    ("不适用\n已认可", 3, true),
    ("不适用\n未认可", 3, true),
    ("未检", 3, true),
    ("漏检", 3, true),
    ("完成率\n（%）", 4, true),
];

/// The cells of [`RATE`].
pub(super) fn rate_cells(rate: &CompletionRate) -> [Cell; 8] {
    [
        rate.due.into(),
        rate.normal.into(),
        rate.abnormal.into(),
        rate.not_applicable_accepted.into(),
        (rate.not_applicable - rate.not_applicable_accepted).into(),
        rate.not_checked.into(),
        rate.missed().into(),
        share(rate),
    ]
}

fn put_summary(out: &mut Composer, material: &Material) {
    let (counted, totals) = (&material.counted, &material.counted.totals);
    let plan = &counted.plan.plan;
    out.chapter("概述");
    out.paragraph(format!(
        "本报告依据 DB4401/T 294.3—2024《数字政府统一基础运维规范 第3部分：政务云服务要求》第 5.1.3.2 条编制，巡检项按 {}（第 {} 版）执行，\
         应检范围由台账第 {} 版推导并于开轮时记入日志。",
        material.template.title.zh, plan.template.version, plan.ledger.version
    ));
    if material.closing.is_none() {
        out.warning("本轮尚未由双方签名关闭：下列数字为统计时点的情况，以关闭后的报告为准。");
    }
    let failed = material.views.iter().filter(|view| view.verdict == RecordVerdict::Failed).count();
    if failed > 0 {
        out.warning(format!("有 {failed} 份计入的记录核验不通过，见“签名与核验”一章；请先运行 xunjian fsck 查明。"));
    }
    let findings: usize =
        material.views.iter().filter_map(|view| view.record.as_ref()).map(|one| one.findings.len()).sum();
    let open = material.standings.iter().filter(|one| one.progress.accepted.is_none()).count();
    let overdue = material.standings.iter().filter(|one| one.is_overdue).count();
    let rate = &totals.whole;
    out.facts(vec![
        ("计划巡检（次）", totals.visits_planned.into()),
        ("有回执且计入（次）", totals.visits_delivered.into()),
        ("复核通过（次）", totals.visits_accepted.into()),
        ("应检（项）", rate.due.into()),
        ("正常（项）", rate.normal.into()),
        ("异常（项）", rate.abnormal.into()),
        ("不适用，经复核认可（项）", rate.not_applicable_accepted.into()),
        ("不适用，未经认可（项）", (rate.not_applicable - rate.not_applicable_accepted).into()),
        ("未检（项）", rate.not_checked.into()),
        ("漏检（项）", rate.missed().into()),
        ("巡检完成率（%）", share(rate)),
        ("发现问题（项）", (findings as u64).into()),
        ("台账不一致（项）", (discrepancies(material).len() as u64).into()),
        ("整改立项（项）", (material.standings.len() as u64).into()),
        ("尚未关闭的整改（项）", (open as u64).into()),
        ("逾期的整改（项）", (overdue as u64).into()),
        ("计划排除（项）", totals.excluded.into()),
    ]);
    out.remark(CompletionRate::FORMULA_ZH);
    out.remark("标准未给出完成率公式，上式为本系统所定；漏检是计划应检而没有任何计入的结果，未检是写明原因而没有检查，二者都不计为完成。");
}

fn discrepancies(material: &Material) -> Vec<Vec<Cell>> {
    material.views.iter().filter_map(Named::of).flat_map(|named| discrepancy_rows(&material.names, &named)).collect()
}

fn put_discrepancies(out: &mut Composer, material: &Material) {
    out.chapter("台账校核");
    out.paragraph("第 5.1.2 条要求校核云资源信息并将不一致信息反馈使用方。下表为现场所见与台账、订单不一致之处；台账只经变更单由归属单位审批后更正。");
    out.table("与台账不一致", &DISCREPANCIES, discrepancies(material), "没有不一致信息");
    let unverified = |view: &ConsoleRecord| u64::from(view.item.unverified);
    let rows: Vec<Vec<Cell>> = material
        .views
        .iter()
        .filter(|view| view.item.unverified > 0)
        .map(|view| vec![view.item.title.clone().into(), unverified(view).into(), short(&view.item.id)])
        .collect();
    let headings = [("机柜", 8, false), ("未核资产（项）", 3, true), ("记录", 4, false)];
    out.table("未核的资产", &headings, rows, "每项资产都有人看过");
}

/// How the rectification of a source stands; empty where none was opened.
pub(super) fn state_of(material: &Material, source: &Source) -> String {
    let id = source.id();
    let found = material.standings.iter().find(|one| one.id == id);
    found.map_or_else(|| "未立项".to_owned(), |one| one.progress.state.zh().to_owned())
}

fn put_rectifications(out: &mut Composer, material: &Material) {
    out.chapter("整改与跟进");
    let rows = material.standings.iter().map(|one| {
        let (progress, opening) = (&one.progress, &one.progress.opening);
        let due = opening.due_on.map_or_else(
            || one.deadlines.first().map(|deadline| moment(deadline.at)).unwrap_or_default(),
            |day| day.to_string(),
        );
        let overdue = if one.is_overdue { "（逾期）" } else { "" };
        vec![
            short(&one.id.to_hex()),
            format!("{} {}", opening.place, opening.subject_name).into(),
            opening.description.clone().into(),
            opening.owning_unit.clone().into(),
            due.into(),
            format!("{}{overdue}", progress.state.zh()).into(),
            moment_or_none(progress.accepted.as_ref().map(|(_, at, _)| *at)).into(),
        ]
    });
    let headings = [
        ("编号", 4, false),
        ("位置与对象", 5, false),
        ("问题", 7, false),
        ("归属单位", 4, false),
        ("期限", 3, false),
        ("状态", 3, false),
        ("关闭时间", 3, false),
    ];
    out.table("整改清单", &headings, rows.collect(), "本轮没有立项的整改");
    let follow_ups = material.views.iter().filter_map(Named::of).flat_map(|named| {
        let title = named.record.visit.title.clone();
        let row = move |one: &xunjian_domain::visit::FollowUp| {
            vec![
                Cell::Code(one.finding.to_string()),
                title.clone().into(),
                follow_up_zh(one.state).into(),
                one.note.clone().into(),
            ]
        };
        named.record.follow_ups.iter().map(row).collect::<Vec<_>>()
    });
    let headings = [("问题编号", 6, false), ("巡检", 5, false), ("复查结果", 3, false), ("说明", 7, false)];
    out.table("以往轮次遗留问题的复查", &headings, follow_ups.collect(), "本轮没有复查以往的遗留问题");
}

fn put_indicators(out: &mut Composer, material: &Material) {
    out.chapter("考核评价指标");
    out.paragraph("下表对应第 7.3.2 条。标准列出指标而未给出公式，公式均为本系统所定，与数值一并列出；本系统没有数据的，如实写“未采集”。");
    let row = |one: &Indicator| {
        let counts = one.counted.as_ref();
        let number = |of: fn(&xunjian_domain::indicator::Counted) -> u64| {
            counts.map_or_else(|| "—".into(), |one| of(one).into())
        };
        vec![
            one.clause.into(),
            one.name.zh.clone().into(),
            one.value().zh.into(),
            number(|one| one.part),
            number(|one| one.whole),
            one.formula.zh.clone().into(),
        ]
    };
    let headings = [
        ("条款", 3, false),
        ("指标", 4, false),
        ("数值", 3, true),
        ("分子", 2, true),
        ("分母", 2, true),
        ("公式", 10, false),
    ];
    out.table("考核评价指标", &headings, material.indicators.iter().map(row).collect(), "");
}

fn put_signatures(out: &mut Composer, site: &Site, material: &Material) -> Result<(), Error> {
    let counted = &material.counted;
    let round = &counted.plan.plan.round;
    out.chapter("签名与核验");
    out.section("关闭声明");
    match &material.closing {
        None => out.paragraph("本轮尚未关闭，没有关闭声明。"),
        Some((closing, place, signed)) => out.facts(vec![
            ("签名", signed.join("、").into()),
            ("关闭", timing_zh(closing.timing).into()),
            ("原因", closing.reason.clone().into()),
            ("起草", moment(closing.drawn_up_at).into()),
            ("数字的哈希", hash(&closing.totals_sha256)),
            ("清单的哈希", hash(&closing.lines_sha256)),
            ("日志位置", place.map_or_else(|| Cell::Text("等待记入".to_owned()), Cell::Number)),
        ]),
    }
    out.section("各次巡检的签名与核验");
    let row = |view: &ConsoleRecord| {
        let named = Named::of(view);
        vec![
            view.item.title.clone().into(),
            named.map_or_else(String::new, |one| one.record.inspector.name.clone()).into(),
            sealed_zh(view).into(),
            reviewed_zh(view).into(),
            check_zh(view).into(),
            short(&view.item.id),
        ]
    };
    let headings = [
        ("巡检", 5, false),
        ("签名", 3, false),
        ("封存时间", 6, false),
        ("复核签名", 5, false),
        ("核验", 3, false),
        ("记录", 4, false),
    ];
    out.table("计入的巡检记录", &headings, material.views.iter().map(row).collect(), "没有计入的记录");
    out.section("怎样自行核验");
    let terminals: BTreeSet<&str> = material.beside.gaps.iter().map(|gap| gap.terminal.as_str()).collect();
    if !terminals.is_empty() {
        out.warning(format!("有 {} 台终端的记录链存在缺口或分叉，见“覆盖情况”。", terminals.len()));
    }
    let commands = if material.closing.is_some() {
        vec![
            format!("xunjian round archive {} --out 归档.zip", round.id),
            "xunjian-verify 归档.zip --root 纸质确认件上的指纹".to_owned(),
        ]
    } else {
        vec![
            format!("xunjian pack --round {} --out 验真包.zip", round.id),
            "xunjian-verify 验真包.zip --root 纸质确认件上的指纹".to_owned(),
        ]
    };
    put_how_to_verify(out, site, commands)
}

/// The titles of visits by id.
pub(super) fn titles(material: &Material) -> BTreeMap<&str, &str> {
    let visits = &material.counted.coverage.visits;
    visits.iter().map(|visit| (visit.visit.as_str(), visit.title.as_str())).collect()
}
