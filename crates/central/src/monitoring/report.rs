//! 政务云资源运行状态报表 (5.1.3.6): a judgement as a workbook, with what it rests on. The same judgement gives the same bytes.

use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Annexes, PowerState, Statistic, UsageTotal},
    text::{Language, Text},
};
use xunjian_ledger::{export::Book, listing::Cell};

use super::{
    judge::{JudgedResource, Judgement},
    statistics::{Group, GroupBy, by},
};
use crate::error::Error;

/// Writes the workbook: state, out of range, candidates, not collected, statistics, thresholds, sources.
///
/// # Errors
/// [`Error::Told`] when a sheet cannot hold it.
pub fn xlsx(judgement: &Judgement, language: Language) -> Result<Vec<u8>, Error> {
    let mut report = Report { book: Book::new(), language };
    report.state(judgement)?;
    report.out_of_range(judgement)?;
    report.candidates(judgement)?;
    report.not_collected(judgement)?;
    for group_by in GroupBy::ALL {
        report.statistics(group_by, &by(judgement, group_by, language))?;
    }
    report.thresholds(judgement)?;
    report.sources(judgement)?;
    report.book.into_bytes().map_err(|error| told(&error))
}

fn told(error: &xunjian_ledger::export::ExportError) -> Error {
    let text = error.text();
    Error::told(text.zh, text.en)
}

struct Report {
    book: Book,
    language: Language,
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn measure(value: Option<&Decimal>) -> Cell {
    value.map_or_else(|| text(""), |value| Cell::Measure(value.clone()))
}

/// What names a resource, in every sheet.
fn names(resource: &JudgedResource) -> Vec<Cell> {
    let in_ledger = if resource.id.is_empty() { Text::new("否", "no") } else { Text::new("是", "yes") };
    vec![
        Cell::Word(resource.kind.title()),
        text(&resource.name),
        text(&resource.cluster),
        text(&resource.owning_unit),
        text(&resource.room),
        text(&resource.rack),
        Cell::Word(in_ledger),
    ]
}

const NAMES: [(&str, &str); 7] = [
    ("资源类型", "Kind"),
    ("名称", "Name"),
    ("集群", "Cluster"),
    ("归属单位", "Owning unit"),
    ("机房", "Room"),
    ("机柜", "Rack"),
    ("台账中有", "In ledger"),
];

impl Report {
    fn sheet(
        &mut self,
        name: (&str, &str),
        headings: &[(&str, &str)],
        lines: impl IntoIterator<Item = Vec<Cell>>,
    ) -> Result<(), Error> {
        let say = |(zh, en): (&str, &str)| Text::new(zh, en).get(self.language).to_owned();
        let headings: Vec<String> = headings.iter().map(|heading| say(*heading)).collect();
        self.book.add_sheet(&say(name), &headings, lines, self.language).map_err(|error| told(&error))
    }

    fn state(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let mut headings = NAMES.to_vec();
        headings.extend([
            ("电源状态", "Power"),
            ("CPU 当前%", "CPU current %"),
            ("CPU 平均%", "CPU average %"),
            ("CPU 峰值%", "CPU peak %"),
            ("CPU 波谷%", "CPU trough %"),
            ("内存 当前%", "Memory current %"),
            ("内存 平均%", "Memory average %"),
            ("内存 峰值%", "Memory peak %"),
            ("内存 波谷%", "Memory trough %"),
            ("存储空间 TB", "Storage TB"),
            ("存储 当前%", "Storage current %"),
            ("存储 平均%", "Storage average %"),
            ("盘阵空间 TB", "Array TB"),
            ("盘阵 当前%", "Array current %"),
            ("盘阵 平均%", "Array average %"),
            ("采样数", "Samples"),
            ("最早采样", "First sample"),
            ("最近采样", "Last sample"),
            ("越限项", "Out of range"),
            ("附录C判断", "Annex C"),
        ]);
        let lines = judgement.resources.iter().map(|resource| {
            let mut line = names(resource);
            line.push(match resource.power {
                Some(PowerState::On) => Cell::Word(Text::new("运行", "on")),
                Some(PowerState::Off) => Cell::Word(Text::new("关机", "off")),
                None => text(""),
            });
            for usage in [&resource.cpu, &resource.memory] {
                let all = [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough];
                line.extend(all.map(|one| measure(one.of(usage))));
            }
            for (capacity, usage) in [(&resource.storage_tb, &resource.storage), (&resource.array_tb, &resource.array)]
            {
                line.push(text(capacity.clone().unwrap_or_default()));
                line.extend([Statistic::Current, Statistic::Average].map(|one| measure(one.of(usage))));
            }
            let rows: Vec<&str> = resource.annex_c.candidates.iter().map(|one| one.row.as_str()).collect();
            line.extend([
                Cell::Number(resource.samples),
                text(resource.first_at.replace('T', " ")),
                text(resource.last_at.replace('T', " ")),
                Cell::Number(super::count(resource.annex_b.breaches.len())),
                text(rows.join("、")),
            ]);
            line
        });
        self.sheet(("运行状态", "State"), &headings, lines)
    }

    fn out_of_range(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let mut headings = NAMES.to_vec();
        headings.extend([
            ("附录B行", "Annex B row"),
            ("监控项", "Metric"),
            ("取值", "Value of"),
            ("实测", "Measured"),
            ("界限", "Limit"),
            ("单位", "Unit"),
            ("说明", "In words"),
        ]);
        let lines = judgement.resources.iter().flat_map(|resource| {
            resource.annex_b.breaches.iter().map(|breach| {
                let mut line = names(resource);
                line.extend([
                    text(breach.row.as_str()),
                    Cell::Word(breach.metric.title()),
                    breach.statistic.map_or_else(|| text(""), |one| Cell::Word(one.title())),
                    Cell::Measure(breach.value.clone()),
                    Cell::Measure(breach.limit.clone()),
                    Cell::Word(breach.metric.unit()),
                    Cell::Word(breach.sentence()),
                ]);
                line
            })
        });
        let lines: Vec<_> = lines.collect();
        self.sheet(("越限（附录B）", "Out of range"), &headings, lines)
    }

    fn candidates(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let mut headings = NAMES.to_vec();
        headings.extend([
            ("附录C行", "Annex C row"),
            ("判断指标（标准原文）", "As the standard prints it"),
            ("建议（仅供核实，不作处置）", "Suggestion (never an action)"),
            ("依据", "Ground"),
        ]);
        let annexes = Annexes::printed();
        let lines: Vec<Vec<Cell>> = judgement
            .resources
            .iter()
            .flat_map(|resource| resource.annex_c.candidates.iter().map(move |candidate| (resource, candidate)))
            .map(|(resource, candidate)| {
                let printed = annexes.row(&candidate.row).map(|row| row.text.clone()).unwrap_or_default();
                let mut line = names(resource);
                line.extend([
                    text(candidate.row.as_str()),
                    text(printed),
                    Cell::Word(candidate.suggestion.title()),
                    Cell::Word(candidate.ground.clone()),
                ]);
                line
            })
            .collect();
        self.sheet(("缩容撤销候选（附录C）", "Candidates"), &headings, lines)
    }

    fn not_collected(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let mut headings = NAMES.to_vec();
        headings.push(("未采集的行", "Rows not collected"));
        let lines: Vec<Vec<Cell>> = judgement
            .resources
            .iter()
            .filter_map(|resource| {
                let rows = resource.annex_b.not_collected.iter().chain(&resource.annex_c.not_collected);
                let rows: Vec<&str> = rows.map(|row| row.as_str()).collect();
                let mut line = names(resource);
                line.push(text(rows.join("、")));
                (!rows.is_empty()).then_some(line)
            })
            .collect();
        self.sheet(("未采集", "Not collected"), &headings, lines)
    }

    fn statistics(&mut self, group_by: GroupBy, groups: &[Group]) -> Result<(), Error> {
        let title = group_by.title();
        let mut headings = vec![
            (title.zh.clone(), title.en.clone()),
            ("台账数".to_owned(), "Registered".to_owned()),
            ("监控数".to_owned(), "Monitored".to_owned()),
            ("越限数".to_owned(), "Out of range".to_owned()),
            ("候选数".to_owned(), "Candidates".to_owned()),
        ];
        for (zh, en) in [
            ("CPU（核）", "CPU (cores)"),
            ("内存（TB）", "Memory (TB)"),
            ("存储（TB）", "Storage (TB)"),
            ("盘阵（TB）", "Array (TB)"),
        ] {
            for (part_zh, part_en) in [
                ("总量", "total"),
                ("已采集部分总量", "size of what was measured"),
                ("使用量", "used"),
                ("利用率%", "utilisation %"),
                ("平均使用率%", "mean usage %"),
            ] {
                headings.push((format!("{zh}{part_zh}"), format!("{en} {part_en}")));
            }
        }
        let headings: Vec<(&str, &str)> = headings.iter().map(|(zh, en)| (zh.as_str(), en.as_str())).collect();
        let nobody = Text::new("（未知）", "(unknown)");
        let lines: Vec<Vec<Cell>> = groups
            .iter()
            .map(|group| {
                let name = if group.name.is_empty() { Cell::Word(nobody.clone()) } else { text(&group.name) };
                let counts = [group.registered, group.totals.monitored, group.out_of_range, group.candidates];
                let parts = [&group.totals.cpu, &group.totals.memory, &group.totals.storage, &group.totals.array];
                std::iter::once(name)
                    .chain(counts.map(Cell::Number))
                    .chain(parts.into_iter().flat_map(of_total))
                    .collect()
            })
            .collect();
        let name = (format!("统计 按{}", title.zh), format!("By {}", title.en.to_lowercase()));
        self.sheet((&name.0, &name.1), &headings, lines)
    }

    fn thresholds(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let annexes = Annexes::printed();
        let changes = judgement.numbers.changes();
        let headings = [
            ("行", "Row"),
            ("印刷序号", "Printed no."),
            ("类别", "Category"),
            ("项", "Item"),
            ("标准原文", "As the standard prints it"),
            ("本次所用与印刷值不同之处", "Differs from the print"),
            ("适用解读", "How it is read"),
        ];
        let language = self.language;
        let lines: Vec<Vec<Cell>> = annexes
            .rows
            .iter()
            .map(|row| {
                let here: Vec<String> = changes
                    .iter()
                    .filter(|change| change.row == row.key.as_str() || (change.row.is_empty() && row.table == "C.1"))
                    .map(|change| {
                        format!(
                            "{} {} → {}",
                            change.part.get(language),
                            change.printed.get(language),
                            change.here.get(language)
                        )
                    })
                    .collect();
                let notes: Vec<&str> = annexes
                    .notes
                    .iter()
                    .filter(|note| row.notes.contains(&note.key))
                    .map(|note| note.text.get(language))
                    .collect();
                vec![
                    text(row.key.as_str()),
                    text(&row.printed_no),
                    text(&row.category),
                    text(&row.item),
                    text(&row.text),
                    text(here.join("；")),
                    text(notes.join(" ")),
                ]
            })
            .collect();
        self.sheet(("阈值", "Thresholds"), &headings, lines)
    }

    fn sources(&mut self, judgement: &Judgement) -> Result<(), Error> {
        let language = self.language;
        let mut lines = vec![
            (Text::new("时段", "Period"), format!("{} — {}", judgement.period.from, judgement.period.to)),
            (
                Text::new("阈值", "Thresholds"),
                format!(
                    "{}: {} ({}) {}",
                    judgement.thresholds.version,
                    judgement.thresholds.source,
                    judgement.thresholds.decided_on,
                    judgement.thresholds.sha256
                ),
            ),
        ];
        lines.extend(
            judgement.ledger.iter().map(|ledger| {
                (Text::new("台账版本", "Ledger version"), format!("{} {}", ledger.version, ledger.sha256))
            }),
        );
        lines.extend(judgement.imports.iter().map(|one| {
            (Text::new("监控文件", "Monitoring file"), format!("{}: {} {}", one.number, one.file, one.file_sha256))
        }));
        if judgement.doubled > 0 {
            lines.push((
                Text::new(
                    "两次导入数值不同的时刻，以后一次为准",
                    "Moments of which two imports differ; the later counts",
                ),
                judgement.doubled.to_string(),
            ));
        }
        lines.extend(judgement.not_monitored.iter().map(|(kind, count)| {
            (
                Text::new("台账中有、时段内未监控", "In the ledger, not monitored"),
                format!("{} {count}", kind.title().get(language)),
            )
        }));
        let shrink = Annexes::printed().notes.into_iter().find(|note| note.key == "shrink-not-expand");
        lines.extend(shrink.map(|note| (Text::new("适用解读", "How it is read"), note.text.get(language).to_owned())));
        let lines: Vec<Vec<Cell>> = lines.into_iter().map(|(what, said)| vec![Cell::Word(what), text(said)]).collect();
        self.sheet(("依据", "Sources"), &[("项目", "What"), ("内容", "Content")], lines)
    }
}

fn of_total(total: &UsageTotal) -> [Cell; 5] {
    [
        text(total.total.clone().unwrap_or_default()),
        text(total.measured_size.clone().unwrap_or_default()),
        measure(total.used.as_ref()),
        measure(total.utilisation.as_ref()),
        measure(total.mean_usage.as_ref()),
    ]
}
