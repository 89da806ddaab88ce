//! The problems as a list in the body and one by one with photos in an annex, and the lines behind 异常, 不适用, 未检 and 漏检.

use std::collections::BTreeMap;

use xunjian_domain::{
    coverage::{CoveredLine, LineState},
    ids::FindingId,
    rectification::Source,
    report::Cell,
    template::Criterion,
    visit::Finding,
};

use super::{Gallery, Material, Named, state_of, titles};
use crate::{
    rectification::severity_zh,
    report::{
        composer::{Composer, short},
        record::{head_of, put_finding},
        words::{moment, subject_zh},
    },
    site::Site,
};

/// The number of a problem in the list and its annex.
pub(super) type Numbers = BTreeMap<FindingId, u64>;

fn findings(material: &Material) -> impl Iterator<Item = (Named<'_>, &Finding)> {
    material
        .views
        .iter()
        .filter_map(|view| Some((view, view.record.as_ref()?)))
        .flat_map(|(view, record)| record.findings.iter().map(move |finding| (Named { view, record }, finding)))
}

/// The list of problems. Returns their numbers.
pub(super) fn put_findings(out: &mut Composer, material: &Material) -> Numbers {
    out.chapter("发现的问题");
    let mut numbers = Numbers::new();
    let mut rows = Vec::new();
    for ((named, finding), number) in findings(material).zip(1_u64..) {
        numbers.insert(finding.id.clone(), number);
        let (criterion, _) = named.criterion(finding);
        let source = Source::Finding { finding: finding.id.clone() };
        rows.push(vec![
            Cell::Text(format!("附录 A.{number}")),
            format!("{} {}", named.record.visit.title, named.name(&finding.subject)).into(),
            criterion.into(),
            severity_zh(finding.severity).into(),
            finding.description.clone().into(),
            finding.responsible_unit.clone().into(),
            moment(finding.found.wall_ms).into(),
            state_of(material, &source).into(),
        ]);
    }
    let headings = [
        ("详见", 3, false),
        ("位置与对象", 5, false),
        ("编号", 3, false),
        ("严重程度", 3, false),
        ("问题", 7, false),
        ("责任单位", 4, false),
        ("发现时间", 4, false),
        ("整改", 3, false),
    ];
    out.table("问题清单", &headings, rows, "本轮没有发现问题");
    let abnormal = rows_of(material, LineState::Abnormal);
    out.table("异常项", &LINES, abnormal, "没有异常项");
    numbers
}

/// The annexes.
pub(super) fn put_annexes(
    out: &mut Composer,
    gallery: &mut Gallery,
    site: &Site,
    material: &Material,
    numbers: &Numbers,
) {
    out.annex("问题详情与照片");
    if numbers.is_empty() {
        out.paragraph("本轮没有发现问题。");
    }
    for (named, finding) in findings(material) {
        let source = Source::Finding { finding: finding.id.clone() };
        out.section(&head_of(&finding.description));
        put_finding(out, gallery, (site, &named), finding, &state_of(material, &source));
    }
    out.annex("不适用、未检与漏检清单");
    for (state, when_empty) in [
        (LineState::NotApplicable, "没有"),
        (LineState::NotApplicableUnaccepted, "没有"),
        (LineState::NotChecked, "没有未检项"),
    ] {
        out.table(state.zh(), &LINES, rows_of(material, state), when_empty);
    }
    // A visit nobody walked is one row, not a row for each of its lines.
    let mut missed: BTreeMap<&str, u64> = BTreeMap::new();
    for line in material.counted.coverage.lines_of(LineState::Missed) {
        *missed.entry(line.visit.as_str()).or_default() += 1;
    }
    let visits = material.counted.coverage.visits.iter().filter_map(|visit| {
        let count = missed.get(visit.visit.as_str())?;
        let state = if visit.record.is_some() { "记录没有回答" } else { "没有计入的记录" };
        Some(vec![visit.title.clone().into(), visit.kind.zh().into(), (*count).into(), state.into()])
    });
    let headings = [("巡检", 8, false), ("类别", 3, false), ("漏检（项）", 3, true), ("情形", 5, false)];
    out.table("漏检", &headings, visits.collect(), "没有漏检");
}

const LINES: [crate::report::composer::Heading; 6] = [
    ("巡检", 5, false),
    ("编号", 3, false),
    ("对象", 5, false),
    ("巡检内容", 7, false),
    ("原因与说明", 6, false),
    ("记录", 4, false),
];

fn rows_of(material: &Material, state: LineState) -> Vec<Vec<Cell>> {
    let titles = titles(material);
    let criteria: BTreeMap<_, &Criterion> = material.template.criteria.iter().map(|one| (&one.key, one)).collect();
    let row = |line: &CoveredLine| {
        let note = line.record.and_then(|record| {
            let view = material.views.iter().find(|view| view.item.id == record.to_hex())?;
            let lines = &view.record.as_ref()?.lines;
            Some(lines.iter().find(|one| one.no == line.line)?.note.clone())
        });
        let said: Vec<String> =
            [line.reason.clone(), note.unwrap_or_default()].into_iter().filter(|words| !words.is_empty()).collect();
        vec![
            titles.get(line.visit.as_str()).copied().unwrap_or_default().into(),
            line.criterion.to_string().into(),
            format!("{} {}", subject_zh(line.subject.kind), material.names.subject(&line.subject)).into(),
            criteria.get(&line.criterion).map_or("", |one| one.text.as_str()).into(),
            said.join("；").into(),
            line.record.map_or_else(|| "".into(), |record| short(&record.to_hex())),
        ]
    };
    material.counted.coverage.lines_of(state).map(row).collect()
}
