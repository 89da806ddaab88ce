//! 覆盖情况 by room, and the results of tables A.1 and A.2 criterion by criterion.

use xunjian_domain::{completion::CompletionRate, report::Cell};

use super::{Material, RATE, rate_cells};
use crate::report::{
    composer::{Composer, Heading, short},
    words::{moment, subject_zh},
};

pub(super) fn put_coverage(out: &mut Composer, material: &Material) {
    let (counted, beside) = (&material.counted, &material.beside);
    out.chapter("覆盖情况");
    let mut headings: Vec<Heading> = vec![("机房", 7, false), ("计划\n（次）", 3, true), ("计入\n（次）", 3, true)];
    headings.extend(RATE);
    let row = |name: String, planned: u64, delivered: u64, rate: &CompletionRate| {
        let mut cells = vec![Cell::Text(name), planned.into(), delivered.into()];
        cells.extend(rate_cells(rate));
        cells
    };
    let totals = &counted.totals;
    let rooms = totals.rooms.iter().map(|room| {
        let name = material.names.room(room.room.as_ref());
        let name = if name.is_empty() { "不在机房（控制台巡检）".to_owned() } else { name };
        row(name, room.visits_planned, room.visits_delivered, &room.rate)
    });
    let sum = row("合计".to_owned(), totals.visits_planned, totals.visits_delivered, &totals.whole);
    out.sum_table("各机房覆盖情况", &headings, rooms.collect(), sum);
    let excluded = counted.plan.plan.exclusions.iter().map(|one| {
        vec![
            subject_zh(one.subject.kind).into(),
            material.names.subject(&one.subject).into(),
            one.reason.clone().into(),
        ]
    });
    let headings = [("类别", 3, false), ("对象", 5, false), ("原因", 10, false)];
    out.table("计划排除", &headings, excluded.collect(), "计划没有排除任何对象");
    let not_counted = beside.not_counted.iter().map(|one| vec![one.title.clone().into(), short(&one.record)]);
    let headings = [("巡检", 10, false), ("记录", 5, false)];
    out.table("没有计入的记录（未送达或迟到）", &headings, not_counted.collect(), "没有");
    let gaps = beside.gaps.iter().map(|gap| {
        let kind = match gap.kind {
            "hole" => "缺号",
            "fork" => "分叉",
            _ => "前后不衔接",
        };
        vec![Cell::Code(gap.terminal.clone()), kind.into(), gap.from.into(), gap.to.into()]
    });
    let headings = [("终端", 8, false), ("情形", 4, false), ("起", 2, true), ("止", 2, true)];
    out.table("终端记录链的缺口", &headings, gaps.collect(), "没有缺口或分叉");
    let idle = beside
        .idle
        .iter()
        .map(|one| vec![one.title.clone().into(), one.person.clone().into(), moment(one.assigned_at).into()]);
    let headings = [("巡检", 8, false), ("人员", 4, false), ("分派时间", 4, false)];
    out.table("到期未使用的分派", &headings, idle.collect(), "没有");
}

pub(super) fn put_results(out: &mut Composer, material: &Material) {
    out.chapter("巡检结果");
    let tables = [("A.1", "政务云资源巡检项（表 A.1）"), ("A.2", "政务云机房巡检项（表 A.2）")];
    for (table, heading) in tables {
        put_table(out, material, heading, |one| one == table);
    }
    let is_own = |table: &str| !tables.iter().any(|(printed, _)| *printed == table);
    if material.template.criteria.iter().any(|one| is_own(&one.table)) {
        put_table(out, material, "站点自定巡检项", is_own);
    }
    out.remark("巡检内容按标准原文照录；应检为 0 的行表示本轮台账中没有适用的对象。");
}

fn put_table(out: &mut Composer, material: &Material, heading: &str, is_of: impl Fn(&str) -> bool) {
    out.section(heading);
    let mut headings: Vec<Heading> = vec![("编号", 4, false), ("巡检项与内容", 13, false)];
    headings.extend(RATE);
    let (mut rows, mut sum) = (Vec::new(), CompletionRate::default());
    for criterion in material.template.criteria.iter().filter(|one| is_of(&one.table)) {
        let total = material.counted.totals.criteria.iter().find(|total| total.criterion == criterion.key);
        let rate = total.map(|total| total.rate).unwrap_or_default();
        add(&mut sum, &rate);
        let text = format!("{}·{}：{}", criterion.category, criterion.item, criterion.text);
        let mut cells = vec![Cell::Text(criterion.key.to_string()), text.into()];
        cells.extend(rate_cells(&rate));
        rows.push(cells);
    }
    let mut cells = vec![Cell::Text("合计".to_owned()), "".into()];
    cells.extend(rate_cells(&sum));
    out.sum_table(heading, &headings, rows, cells);
}

fn add(sum: &mut CompletionRate, one: &CompletionRate) {
    sum.due += one.due;
    sum.normal += one.normal;
    sum.abnormal += one.abnormal;
    sum.not_applicable += one.not_applicable;
    sum.not_applicable_accepted += one.not_applicable_accepted;
    sum.not_checked += one.not_checked;
}
