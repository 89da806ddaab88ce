//! 监控报告 (D.1 no. 12, 5.1.3.6): what a period's samples come to by Annexes B and C. Its workbook is the state report with every
//! resource.

use xunjian_domain::{
    monitoring::{Annexes, UsageTotal},
    report::Cell,
    text::Language,
};

use super::{
    Composed,
    composer::{Composer, Heading, Title, hash},
    record::{parties, places},
    words::moment,
};
use crate::{
    clock,
    error::Error,
    log,
    monitoring::{
        judge::{JudgedResource, Judgement, Question, judge},
        report::xlsx,
        statistics::{Group, GroupBy, by},
    },
    site::Site,
};

/// Composes the report of a period.
///
/// # Errors
/// [`Error::Told`] when there is no monitoring data in it.
pub fn monitoring(site: &Site, question: &Question) -> Result<Composed, Error> {
    let at = clock::now();
    let judgement = judge(site, question)?;
    let (log_size, parties) = site.db.read(|sql| Ok::<_, Error>((log::tail(sql)?.0, parties(sql)?)))?;
    let period = &judgement.period;
    let title = Title {
        title: "监控报告",
        subtitle: format!("政务云资源运行状态（{} 至 {}）", period.from, period.to),
        code: format!("JKBG-{}", period.to.strftime("%Y%m%d")),
        has_cover: true,
        at,
    };
    let mut out = Composer::new(site, &parties, title);
    let number = out.number();
    out.cover("报告编号", number);
    out.cover("时段", format!("{} 至 {}", period.from, period.to));
    out.cover("评估阈值", format!("第 {} 版（{}）", judgement.thresholds.version, judgement.thresholds.source));
    out.cover("出具时间", moment(at));
    put_summary(&mut out, &judgement);
    put_statistics(&mut out, &judgement);
    put_breaches(&mut out, &judgement);
    put_candidates(&mut out, &judgement);
    put_grounds(&mut out, &judgement);
    out.chapter_page("签署页");
    out.signatures(places(&parties, "确认本报告依据所列监控文件得出；建议事项须经人工核实后处理。"));
    Ok(Composed {
        kind: "monitoring",
        subject: format!("{}..{}", period.from, period.to),
        log_size,
        created_at: at,
        document: out.finish(),
        photos: Vec::new(),
        workbook: Some(xlsx(&judgement, Language::Zh)?),
    })
}

/// What the judgement comes to, as facts; the service report prints the same.
pub(super) fn summary(judgement: &Judgement) -> Vec<(&'static str, Cell)> {
    let count = |is_so: &dyn Fn(&JudgedResource) -> bool| {
        Cell::Number(judgement.resources.iter().filter(|resource| is_so(resource)).count() as u64)
    };
    let missing: u64 = judgement.not_monitored.values().map(|count| u64::from(*count)).sum();
    vec![
        ("有采样的资源（个）", count(&|_| true)),
        ("台账中没有的资源（个）", count(&|resource| resource.id.is_empty())),
        ("台账中有而时段内未监控（个）", missing.into()),
        ("超出附录 B 范围（个）", count(&|resource| !resource.annex_b.breaches.is_empty())),
        ("符合附录 C 缩容或撤销指标（个）", count(&|resource| !resource.annex_c.candidates.is_empty())),
        ("重复采样（条）", u64::from(judgement.doubled).into()),
    ]
}

fn put_summary(out: &mut Composer, judgement: &Judgement) {
    out.chapter("概述");
    out.paragraph(
        "本报告依据 DB4401/T 294.3—2024 第 5.1.3.6、5.4.2 与 5.4.4 条，对监控平台导出的数据按附录 B、附录 C 判断。判断只提出建议，是否扩容、\
         缩容或撤销须结合实际情况由人决定（5.4.4.1）。",
    );
    out.facts(summary(judgement));
    let rows =
        judgement.not_monitored.iter().map(|(kind, count)| vec![kind.title().zh.into(), u64::from(*count).into()]);
    let headings = [("资源类型", 8, false), ("未监控（个）", 4, true)];
    out.table("台账中有而时段内未监控的资源", &headings, rows.collect(), "全部有采样");
}

fn usage(total: &UsageTotal) -> [Cell; 3] {
    let measure = |value: Option<&xunjian_domain::decimal::Decimal>| {
        value.map_or_else(|| "—".into(), |one| Cell::Measure(one.clone()))
    };
    [
        total
            .total
            .as_ref()
            .map_or_else(|| "—".into(), |words| words.parse().map_or_else(|_| words.clone().into(), Cell::Measure)),
        measure(total.used.as_ref()),
        measure(total.utilisation.as_ref().or(total.mean_usage.as_ref())),
    ]
}

fn put_statistics(out: &mut Composer, judgement: &Judgement) {
    out.chapter("资源统计");
    for group_by in GroupBy::ALL {
        let (title, groups) = (group_by.title().zh, by(judgement, group_by, Language::Zh));
        let name = |group: &Group| if group.name.is_empty() { "（未知）".to_owned() } else { group.name.clone() };
        out.section(&format!("按{title}"));
        let counts = groups.iter().map(|group| {
            let counts = [group.registered, group.totals.monitored, group.out_of_range, group.candidates];
            std::iter::once(name(group).into()).chain(counts.map(|count| Cell::Number(count.into()))).collect()
        });
        let headings: [Heading; 5] = [
            ("名称", 8, false),
            ("台账（个）", 3, true),
            ("监控（个）", 3, true),
            ("越限（个）", 3, true),
            ("候选（个）", 3, true),
        ];
        out.table(&format!("按{title}的资源数"), &headings, counts.collect(), "没有资源");
        let shares = groups.iter().map(|group| {
            let totals = &group.totals;
            let parts = [usage(&totals.cpu), usage(&totals.memory), usage(&totals.storage)];
            std::iter::once(name(group).into()).chain(parts.into_iter().flatten()).collect()
        });
        let headings: [Heading; 10] = [
            ("名称", 6, false),
            ("CPU\n总量（核）", 3, true),
            ("CPU\n使用量", 3, true),
            ("CPU\n利用率%", 3, true),
            ("内存\n总量（TB）", 3, true),
            ("内存\n使用量", 3, true),
            ("内存\n利用率%", 3, true),
            ("存储\n总量（TB）", 3, true),
            ("存储\n使用量", 3, true),
            ("存储\n利用率%", 3, true),
        ];
        out.table(&format!("按{title}的使用情况"), &headings, shares.collect(), "没有资源");
    }
    out.remark("使用量为同时有总量和使用率的资源之和；没有总量时利用率为使用率的算术平均。");
}

fn place(resource: &JudgedResource) -> String {
    let parts = [&resource.cluster, &resource.room, &resource.rack];
    parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn put_breaches(out: &mut Composer, judgement: &Judgement) {
    out.chapter("超出附录 B 范围");
    let rows = judgement.resources.iter().flat_map(|resource| {
        resource.annex_b.breaches.iter().map(move |breach| {
            vec![
                resource.kind.title().zh.into(),
                resource.name.clone().into(),
                place(resource).into(),
                resource.owning_unit.clone().into(),
                breach.row.to_string().into(),
                breach.sentence().zh.into(),
            ]
        })
    });
    let headings = [
        ("类型", 3, false),
        ("资源", 5, false),
        ("位置", 5, false),
        ("归属单位", 4, false),
        ("行", 2, false),
        ("说明", 9, false),
    ];
    out.table("超出附录 B 范围的取值", &headings, rows.collect(), "没有超出范围的取值");
}

fn put_candidates(out: &mut Composer, judgement: &Judgement) {
    out.chapter("附录 C 缩容与撤销候选");
    let annexes = Annexes::printed();
    let mut rows = Vec::new();
    for resource in &judgement.resources {
        for candidate in &resource.annex_c.candidates {
            rows.push(vec![
                resource.kind.title().zh.into(),
                resource.name.clone().into(),
                resource.owning_unit.clone().into(),
                candidate.row.to_string().into(),
                annexes.row(&candidate.row).map_or("", |row| row.text.as_str()).into(),
                candidate.suggestion.title().zh.into(),
                candidate.ground.zh.clone().into(),
            ]);
        }
    }
    let headings = [
        ("类型", 3, false),
        ("资源", 4, false),
        ("归属单位", 4, false),
        ("行", 3, false),
        ("判断指标（标准原文）", 6, false),
        ("建议", 3, false),
        ("依据", 7, false),
    ];
    out.table("缩容与撤销候选", &headings, rows, "没有候选");
    out.remark("候选只是建议：标准要求结合实际使用情况判断，本系统不作任何处置。");
}

fn put_grounds(out: &mut Composer, judgement: &Judgement) {
    out.chapter("依据");
    out.facts(vec![
        ("阈值版本", u64::from(judgement.thresholds.version).into()),
        ("阈值来源", judgement.thresholds.source.clone().into()),
        ("阈值哈希", hash(&judgement.thresholds.sha256)),
        ("台账版本", judgement.ledger.as_ref().map_or_else(|| "没有台账".into(), |one| u64::from(one.version).into())),
    ]);
    let changes = judgement.numbers.changes();
    let rows = changes.iter().map(|change| {
        vec![
            change.row.clone().into(),
            change.part.zh.clone().into(),
            change.printed.zh.clone().into(),
            change.here.zh.clone().into(),
        ]
    });
    let headings = [("行", 3, false), ("项目", 6, false), ("标准印刷值", 4, false), ("本次所用", 4, false)];
    out.table("与标准印刷值不同之处", &headings, rows.collect(), "全部采用标准印刷值");
    let files = judgement
        .imports
        .iter()
        .map(|one| vec![u64::from(one.number).into(), one.file.clone().into(), hash(&one.file_sha256)]);
    let headings = [("导入", 2, true), ("文件", 6, false), ("SHA-256", 12, false)];
    out.table("监控文件", &headings, files.collect(), "");
    for note in Annexes::printed().notes {
        out.remark(format!("适用解读：{}", note.text.zh));
    }
}
