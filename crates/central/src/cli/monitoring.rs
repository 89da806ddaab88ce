//! `monitoring`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use xunjian_domain::{decimal::Decimal, monitoring::UsageTotal, text::Language};
use xunjian_ledger::{
    import::SourceFile,
    monitoring::{Options, Report, SeenTable, Spelling, read_moment},
};

use super::{Context, say};
use crate::{
    error::Error,
    log::COMMAND_LINE,
    monitoring::{
        self, ImportOutcome, StoredImport,
        judge::{self, JudgedResource, Judgement, Question},
        report,
        statistics::{self, GroupBy},
    },
};

/// `xunjian monitoring …`
#[derive(Subcommand)]
pub enum Monitoring {
    /// 导入监控平台导出的文件（XLSX、CSV、JSON） · Import what a monitoring platform exported.
    Import {
        /// 文件 · The file.
        file: PathBuf,
        /// 只读这一张工作表 · Only this sheet.
        #[arg(long)]
        sheet: Option<String>,
        /// 只试算，不作任何改动 · Change nothing.
        #[arg(long)]
        dry_run: bool,
        /// 没有采集时间的行按此时间，如 2026-11-15 或 "2026-11-15 10:00" · When rows were collected that do not say so.
        #[arg(long, value_name = "TIME")]
        collected_at: Option<String>,
        /// 没有百分号的使用率：percent（85 即 85%）或 fraction（0.85 即 85%） · How usages without a sign are spelled.
        #[arg(long, value_enum)]
        usage: Option<UsageSpelling>,
    },
    /// 列出导入 · List imports.
    List,
    /// 取出导入的原文件，可作佐证 · Write an imported file out again, byte for byte.
    Export {
        /// 第几次导入 · The number of the import.
        number: u32,
        /// 写入的文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// 按附录 B、附录 C 判断；只提建议，不作处置 · Judge by Annexes B and C: suggestions, never actions.
    Judge {
        /// 时段，如 2026-11-01..2026-11-22 或 2026-11；不给则为最近采样日及之前共 30 天 · The period.
        #[arg(long)]
        period: Option<String>,
        /// 阈值版本；不给则为现行版本 · The version of the thresholds.
        #[arg(long)]
        thresholds: Option<u32>,
        /// 写成资源运行状态报表（XLSX） · Write the state report as a workbook.
        #[arg(long, value_name = "FILE")]
        xlsx: Option<PathBuf>,
    },
    /// 总量、使用量、利用率统计 · What there is, what is used, and the share.
    Statistics {
        /// 按归属单位、资源类型或机房 · By unit, kind or room.
        #[arg(long, value_enum)]
        by: By,
        /// 时段 · The period.
        #[arg(long)]
        period: Option<String>,
    },
}

/// How usages without a sign are spelled.
#[derive(Clone, Copy, ValueEnum)]
pub enum UsageSpelling {
    /// 85 is 85 %.
    Percent,
    /// 0.85 is 85 %.
    Fraction,
}

/// What statistics are grouped by.
#[derive(Clone, Copy, ValueEnum)]
pub enum By {
    /// 归属单位.
    Unit,
    /// 资源类型.
    Kind,
    /// 机房.
    Room,
}

impl Monitoring {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Import { file, sheet, dry_run, collected_at, usage } => {
                let collected_at = collected_at.map(|text| moment(&text)).transpose()?;
                let spelling = usage.map(|usage| match usage {
                    UsageSpelling::Percent => Spelling::Percent,
                    UsageSpelling::Fraction => Spelling::Fraction,
                });
                import(context, &file, &Options { sheet, collected_at, spelling, latest: None }, dry_run)
            }
            Self::List => list(context),
            Self::Export { number, out } => export(context, number, &out),
            Self::Judge { period, thresholds, xlsx } => {
                let period = period.map(|text| judge::period(&text)).transpose()?;
                judged(context, &Question { period, thresholds }, xlsx.as_deref())
            }
            Self::Statistics { by, period } => {
                let period = period.map(|text| judge::period(&text)).transpose()?;
                let by = match by {
                    By::Unit => GroupBy::Unit,
                    By::Kind => GroupBy::Kind,
                    By::Room => GroupBy::Room,
                };
                statistics(context, by, &Question { period, thresholds: None })
            }
        }
    }
}

fn moment(text: &str) -> Result<jiff::civil::DateTime, Error> {
    read_moment(text).ok_or_else(|| {
        Error::told(
            format!("采集时间“{text}”应形如 2026-11-15 或 \"2026-11-15 10:00\""),
            format!("the time \"{text}\" must look like 2026-11-15 or \"2026-11-15 10:00\""),
        )
    })
}

fn import(context: &Context, file: &Path, options: &Options, is_dry_run: bool) -> Result<ExitCode, Error> {
    let bytes = fs::read(file).map_err(Error::io(file.display().to_string()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let outcome = monitoring::import(&context.site()?, COMMAND_LINE, &SourceFile { name, bytes }, options, is_dry_run)?;
    let mut json = outcome.report.to_json(context.language);
    json["dry_run"] = is_dry_run.into();
    json["unmatched"] = outcome.unmatched.into();
    json["file_sha256"] = json!(outcome.file_sha256);
    json["tables"] = outcome.tables.iter().map(seen).collect();
    json["passed_over"] = outcome.passed_over.iter().map(|one| json!(one.sheet)).collect();
    json["identical"] = outcome.is_identical.into();
    json["import"] = json!(outcome.stored);
    context.print(&json, |language| said_of_import(&outcome, is_dry_run, language));
    // A file of which nothing could be taken is no success, whatever the reasons.
    Ok(if outcome.report.imported == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn seen(table: &SeenTable) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|column| {
            json!({
                "heading": column.heading, "field": column.column.map(|column| column.to_string()),
                "usage": column.spelling.map(Spelling::as_str),
            })
        })
        .collect();
    json!({ "sheet": table.sheet, "header_row": table.header_row, "rows": table.rows, "columns": columns })
}

fn lines_of_problems(report: &Report, language: Language) -> Vec<String> {
    let line = |problem: &monitoring::Problem| {
        let sheet = &problem.sheet;
        let column = if problem.column.is_empty() { String::new() } else { format!(" {}", problem.column) };
        let (zh, en) = if sheet.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("［{sheet}］"), format!("[{sheet}] "))
        };
        say(
            language,
            format!("{zh}第 {} 行{column}：{}", problem.row, problem.message.zh),
            format!("{en}row {}{column}: {}", problem.row, problem.message.en),
        )
    };
    report.problems.iter().map(line).collect()
}

fn said_of_import(outcome: &ImportOutcome, is_dry_run: bool, language: Language) -> String {
    let report = &outcome.report;
    let mut lines = lines_of_problems(report, language);
    for table in &outcome.tables {
        let unread: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| column.column.is_none())
            .map(|column| column.heading.as_str())
            .collect();
        if !unread.is_empty() {
            let listed = unread.join("、");
            lines.push(say(language, format!("未读取的列：{listed}"), format!("Columns that were not read: {listed}")));
        }
    }
    let (rows, imported, skipped, unmatched) = (report.rows, report.imported, report.skipped, outcome.unmatched);
    lines.push(say(
        language,
        format!("共 {rows} 行：导入 {imported}，跳过 {skipped}；其中 {unmatched} 行未对应到台账"),
        format!("{rows} rows: {imported} imported, {skipped} skipped; {unmatched} stand for no resource of the ledger"),
    ));
    lines.push(match (&outcome.stored, is_dry_run) {
        (_, true) => say(language, "试算完成，未作改动。", "Dry run: nothing was changed."),
        (None, false) => say(
            language,
            "没有可导入的行，未作改动。请按上面的提示改正文件。",
            "No row could be imported; nothing was changed. Correct the file as told above.",
        ),
        (Some(one), false) if outcome.is_identical => say(
            language,
            format!("与第 {} 次导入相同，未作改动。", one.number),
            format!("Same as import {}: nothing was changed.", one.number),
        ),
        (Some(one), false) => say(
            language,
            format!(
                "第 {} 次监控导入（{} 至 {}），原文件已留存：{}",
                one.number, one.first_on, one.last_on, one.file_sha256
            ),
            format!(
                "Monitoring import {} ({} to {}); the file is kept: {}",
                one.number, one.first_on, one.last_on, one.file_sha256
            ),
        ),
    });
    lines.join("\n")
}

fn list(context: &Context) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let imports: Vec<(StoredImport, Vec<String>)> = site.db.read(|sql| {
        let with_records = |one: StoredImport| {
            let records = monitoring::named_by(sql, &one.file_sha256)?;
            Ok::<_, Error>((one, records))
        };
        monitoring::all(sql)?.into_iter().map(with_records).collect::<Result<_, _>>()
    })?;
    let listed: Vec<Value> = imports
        .iter()
        .map(|(one, records)| {
            let mut listed = json!(one);
            listed["records"] = json!(records);
            listed
        })
        .collect();
    context.print(&json!(listed), |language| {
        let head = say(language, format!("监控导入 {} 次", imports.len()), format!("{} imports", imports.len()));
        let lines = imports.iter().map(|(one, records)| {
            let (number, file, from, to) = (one.number, &one.file, &one.first_on, &one.last_on);
            let (imported, skipped, unmatched) = (one.imported, one.skipped, one.unmatched);
            let (hash, count) = (one.file_sha256.short(), records.len());
            say(
                language,
                format!("{number}  {file}  {from} 至 {to}  导入 {imported}，跳过 {skipped}，未对应 {unmatched}  {hash}  {count} 份记录以其为佐证"),
                format!("{number}  {file}  {from} to {to}  {imported} imported, {skipped} skipped, {unmatched} unmatched  {hash}  evidence of {count} records"),
            )
        });
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

fn export(context: &Context, number: u32, out: &Path) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let one = site.db.read(|sql| monitoring::find(sql, number))?;
    let bytes = monitoring::file_bytes(&site, &one)?;
    fs::write(out, bytes).map_err(Error::io(out.display().to_string()))?;
    context.print(&json!({ "number": number, "file_sha256": one.file_sha256, "out": out }), |language| {
        let file = out.display();
        say(
            language,
            format!("已写入 {file}（{}）", one.file_sha256),
            format!("written to {file} ({})", one.file_sha256),
        )
    });
    Ok(ExitCode::SUCCESS)
}

fn judged(context: &Context, question: &Question, xlsx: Option<&Path>) -> Result<ExitCode, Error> {
    let judgement = judge::judge(&context.site()?, question)?;
    if let Some(path) = xlsx {
        let bytes = report::xlsx(&judgement, context.language)?;
        fs::write(path, bytes).map_err(Error::io(path.display().to_string()))?;
    }
    context.print(&json!(judgement), |language| {
        let mut lines = said_of_judgement(&judgement, language);
        lines.extend(xlsx.map(|path| {
            let file = path.display();
            say(language, format!("报表已写入 {file}"), format!("The report is in {file}"))
        }));
        lines.join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

fn named(resource: &JudgedResource, language: Language) -> String {
    let place = [&resource.owning_unit, &resource.cluster, &resource.room, &resource.rack];
    let place: Vec<&str> = place.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let who = format!("{} {}", resource.kind.title().get(language), resource.name);
    match (place.is_empty(), language) {
        (true, _) => who,
        (_, Language::Zh) => format!("{who}（{}）", place.join("，")),
        (_, Language::En) => format!("{who} ({})", place.join(", ")),
    }
}

fn said_of_judgement(judgement: &Judgement, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    let thresholds = &judgement.thresholds;
    lines.push(say(
        language,
        format!(
            "{} 至 {}，阈值第 {} 版（{}）",
            judgement.period.from, judgement.period.to, thresholds.version, thresholds.source
        ),
        format!(
            "{} to {}, thresholds version {} ({})",
            judgement.period.from, judgement.period.to, thresholds.version, thresholds.source
        ),
    ));
    for resource in &judgement.resources {
        if resource.annex_b.breaches.is_empty() && resource.annex_c.candidates.is_empty() {
            continue;
        }
        lines.push(named(resource, language));
        for breach in &resource.annex_b.breaches {
            lines.push(format!("  {}", breach.sentence().get(language)));
        }
        for candidate in &resource.annex_c.candidates {
            let (title, ground) = (candidate.suggestion.title(), candidate.ground.get(language));
            lines.push(format!("  {} {}: {ground}", candidate.row, title.get(language)));
        }
    }
    if judgement.doubled > 0 {
        let doubled = judgement.doubled;
        lines.push(say(
            language,
            format!("{doubled} 处同一资源、同一时间在两次导入中数值不同，以后一次导入为准。"),
            format!("In {doubled} places two imports differ about one resource and moment; the later import counts."),
        ));
    }
    let all = judgement.resources.len();
    let (breaches, candidates) = judgement.counts();
    lines.push(say(
        language,
        format!("共 {all} 个资源：越限 {breaches} 个，缩容或撤销候选 {candidates} 个。只是建议，请核实后由人处理。"),
        format!("{all} resources: {breaches} out of range, {candidates} candidates. These are suggestions: people check and decide."),
    ));
    lines
}

fn statistics(context: &Context, by: GroupBy, question: &Question) -> Result<ExitCode, Error> {
    let judgement = judge::judge(&context.site()?, question)?;
    let groups = statistics::by(&judgement, by, context.language);
    let json = json!({ "period": judgement.period, "imports": judgement.imports, "groups": groups });
    context.print(&json, |language| {
        let part = |name: &str, unit: &str, total: &UsageTotal| {
            let number = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
            let percent = |value: &Option<Decimal>| number(value.as_ref().map(ToString::to_string));
            format!(
                "{name} {}{unit} {}/{}{unit} {}%",
                number(total.total.clone()),
                percent(&total.used),
                number(total.measured_size.clone()),
                percent(&total.utilisation),
            )
        };
        let head = say(
            language,
            format!(
                "{} 至 {}，按{}：总量 已用/已采集部分 利用率",
                judgement.period.from,
                judgement.period.to,
                by.title().zh
            ),
            format!(
                "{} to {}, by {}: total, used/size of what was measured, share",
                judgement.period.from,
                judgement.period.to,
                by.title().en
            ),
        );
        let lines = groups.iter().map(|group| {
            let name =
                if group.name.is_empty() { say(language, "（未知）", "(unknown)") } else { group.name.clone() };
            let totals = &group.totals;
            let (registered, monitored) = (group.registered, totals.monitored);
            let counts = say(
                language,
                format!("台账 {registered}，监控 {monitored}，越限 {}，候选 {}", group.out_of_range, group.candidates),
                format!(
                    "{registered} registered, {monitored} monitored, {} out of range, {} candidates",
                    group.out_of_range, group.candidates
                ),
            );
            let cores = say(language, "核", " cores");
            let parts = [
                part("CPU", &cores, &totals.cpu),
                part(&say(language, "内存", "memory"), "TB", &totals.memory),
                part(&say(language, "存储", "storage"), "TB", &totals.storage),
                part(&say(language, "盘阵", "array"), "TB", &totals.array),
            ];
            format!("{name}  {counts}  {}", parts.join("  "))
        });
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(ExitCode::SUCCESS)
}
