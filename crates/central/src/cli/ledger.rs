//! `ledger`, `round`, `labels`.

mod changes;
mod written;

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};
use xunjian_domain::{
    hash::Sha256,
    ids::RoundId,
    label_sheet::Sheet,
    round::{Quarter, RoundKind},
    subject::SubjectKind,
    text::Language,
};

use super::{Context, closing, say};
use crate::{
    drawing::Progress,
    error::Error,
    labels::{self, LabelFormat, LabelRequest, Output, SheetFormat},
    ledger::{self, ImportMode},
    log::COMMAND_LINE,
    round::{self, NewRound},
};
use xunjian_ledger::import::{Field, Mapping, NotAMapping, SeenTable, SourceFile};

/// `xunjian ledger …`
#[derive(Subcommand)]
pub enum Ledger {
    /// 导入台账、机柜表、虚拟机表或订单表（XLSX、CSV、NetBox） · Import ledger, rack, VM or order files.
    Import {
        /// 文件，可多个 · Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 只试算，不作任何改动 · Change nothing.
        #[arg(long)]
        dry_run: bool,
        /// 文件不再列出的设备超过一成时也照收 · Import even when more than a tenth of the entries would be removed.
        #[arg(long)]
        allow_removals: bool,
        /// 指明一列的含义，形如 柜子=rack；不用的列写 列名=ignore；可多次 · What a column holds, such as Cab=rack.
        #[arg(long = "map", value_name = "列名=字段")]
        maps: Vec<String>,
        /// 文件没有机房列时，各行所在的机房 · The room of rows in files without such a column.
        #[arg(long)]
        room: Option<String>,
    },
    /// 导出台账：XLSX，或 NetBox 可导入的 CSV · Write the ledger out: XLSX, or CSV that NetBox imports.
    Export {
        /// 格式 · Format.
        #[arg(long, value_enum, default_value = "xlsx")]
        format: LedgerFormat,
        /// 台账版本；不给则为当前版本 · The version; the newest without it.
        #[arg(long)]
        version: Option<u32>,
        /// 写入的文件；netbox 时为文件夹 · File to write; for netbox a folder.
        #[arg(long)]
        out: PathBuf,
    },
    /// 比较两个台账版本 · Tell two versions apart.
    Diff {
        /// 较早的版本 · The earlier version.
        from: u32,
        /// 较晚的版本 · The later version.
        to: u32,
        /// 按使用方写成差异清单（XLSX） · Write the difference as a workbook, a sheet for each owning unit.
        #[arg(long, value_name = "FILE")]
        xlsx: Option<PathBuf>,
    },
    /// 台账变更单：由记录提出，由台账审批人审批 · Change sets: records propose, a ledger approver decides.
    #[command(subcommand)]
    Changes(Changes),
    /// 记住的列对应关系 · What is remembered of columns.
    #[command(subcommand)]
    Mappings(Mappings),
}

/// `xunjian ledger changes …`
#[derive(Subcommand)]
pub enum Changes {
    /// 由一轮巡检的记录提出 · Put together what the records of a round propose.
    Propose {
        /// 轮次编号 · The round.
        #[arg(long)]
        round: String,
    },
    /// 列出 · List them.
    List,
    /// 查看一份，或写成文件交台账审批人 · Show one, or write it out for the approver.
    Show {
        /// 编号（开头几位即可） · The beginning of its id.
        id: String,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// 收入签过名的同意，生成台账新版本 · Take a signed approval in; the ledger gets a new version.
    Approve {
        /// `xunjian-field ledger-change --out` 写出的文件 · The file that `xunjian-field ledger-change` wrote.
        file: PathBuf,
    },
    /// 收入签过名的不同意 · Take a signed rejection in.
    Reject {
        /// `xunjian-field ledger-change --out` 写出的文件 · The file that `xunjian-field ledger-change` wrote.
        file: PathBuf,
    },
}

/// `xunjian ledger mappings …`
#[derive(Subcommand)]
pub enum Mappings {
    /// 列出 · List them.
    List,
    /// 忘记一个 · Forget one.
    Forget {
        /// 编号（开头几位即可） · The beginning of its id.
        id: String,
    },
}

/// What a ledger is written as.
#[derive(Clone, Copy, ValueEnum)]
pub enum LedgerFormat {
    /// One workbook.
    Xlsx,
    /// CSV files for NetBox.
    Netbox,
}

impl Ledger {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Import { .. } => self.import(context),
            Self::Export { format, version, out } => written::export(context, format, version, &out),
            Self::Diff { from, to, xlsx } => written::diff(context, from, to, xlsx.as_deref()),
            Self::Changes(command) => changes::run(context, command),
            Self::Mappings(command) => written::mappings(context, command),
        }
    }

    fn import(self, context: &Context) -> Result<ExitCode, Error> {
        let Self::Import { files, dry_run, allow_removals, maps, room } = self else { return Ok(ExitCode::SUCCESS) };
        let mut mapping = Mapping::default();
        mapping.room = room;
        for map in &maps {
            mapping.set_from(map).map_err(|NotAMapping(text)| Error::told(text.zh, text.en))?;
        }
        let sources = files
            .iter()
            .map(|file| {
                let bytes = fs::read(file).map_err(Error::io(file.display().to_string()))?;
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                Ok(SourceFile { name, bytes })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let mode = match (dry_run, allow_removals) {
            (true, _) => ImportMode::DryRun,
            (false, true) => ImportMode::AllowRemovals,
            (false, false) => ImportMode::Careful,
        };
        let outcome = ledger::import_mapped(&context.site()?, COMMAND_LINE, &sources, &mapping, mode)?;
        let report = &outcome.report;
        let mut json = report.to_json(context.language);
        json["dry_run"] = dry_run.into();
        json["changed"] = outcome.is_changed.into();
        json["version"] = json!(outcome.version);
        json["removed"] = outcome.removed.into();
        json["tables"] = outcome.tables.iter().map(seen).collect();
        json["passed_over"] =
            outcome.passed_over.iter().map(|one| json!({ "file": one.file, "sheet": one.sheet })).collect();
        context.print(&json, |language| {
            let (assets, vms, orders) = outcome.counts;
            let mut lines: Vec<String> = report
                .problems
                .iter()
                .map(|problem| {
                    say(
                        language,
                        format!("第 {} 行 {}：{}", problem.row, problem.column, problem.message.zh),
                        format!("row {} {}: {}", problem.row, problem.column, problem.message.en),
                    )
                })
                .collect();
            lines.extend(outcome.tables.iter().filter_map(|table| unknown_columns(table, language)));
            lines.push(say(
                language,
                format!(
                    "共 {} 行：导入 {}，跳过 {}，机柜 {}，问题 {} 条",
                    report.rows,
                    report.imported,
                    report.skipped,
                    report.racks,
                    report.problems.len()
                ),
                format!(
                    "{} rows: {} imported, {} skipped, {} racks, {} problems",
                    report.rows,
                    report.imported,
                    report.skipped,
                    report.racks,
                    report.problems.len()
                ),
            ));
            let version =
                outcome.version.as_ref().map_or_else(|| "-".to_owned(), |version| version.version.to_string());
            lines.push(match (dry_run, outcome.is_changed) {
                (true, _) => say(language, "试算完成，未作改动。", "Dry run: nothing was changed."),
                (false, false) => say(
                    language,
                    format!("与台账第 {version} 版相同，未作改动。"),
                    format!("Same as ledger version {version}: nothing was changed."),
                ),
                (false, true) => say(
                    language,
                    format!("台账第 {version} 版：设备 {assets}，虚拟机 {vms}，订单 {orders}。"),
                    format!("Ledger version {version}: {assets} assets, {vms} virtual machines, {orders} orders."),
                ),
            });
            lines.join("\n")
        });
        Ok(ExitCode::SUCCESS)
    }
}

/// A table that was read, as the answer names it.
fn seen(table: &SeenTable) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|(heading, field)| json!({ "heading": heading, "field": field.map(Field::as_str) }))
        .collect();
    json!({
        "file": table.file, "sheet": table.sheet, "kind": table.kind.as_str(), "header_row": table.header_row,
        "rows": table.rows, "columns": columns,
    })
}

/// A sentence about columns that were taken for nothing, if there are any.
fn unknown_columns(table: &SeenTable, language: Language) -> Option<String> {
    let unknown: Vec<&str> =
        table.columns.iter().filter(|(_, field)| field.is_none()).map(|(heading, _)| heading.as_str()).collect();
    let place =
        if table.sheet.is_empty() { table.file.clone() } else { format!("{}［{}］", table.file, table.sheet) };
    let listed = unknown.join("、");
    (!unknown.is_empty()).then(|| {
        say(
            language,
            format!("{place}：未读取的列：{listed}（需要时用 --map 列名=字段 指明）"),
            format!("{place}: columns that were not read: {listed} (say what they hold with --map HEADING=FIELD)"),
        )
    })
}

/// `xunjian round …`
#[derive(Subcommand)]
pub enum Round {
    /// 按当前台账开启一轮巡检，计划即时记入日志 · Open a round over the newest ledger; its plan is logged at once.
    Open(RoundOpen),
    /// 覆盖：应检、正常、异常、不适用、未检、漏检，及各数字背后的清单 · What was due and what became of it.
    Coverage(closing::Coverage),
    /// 考核评价指标（7.3.2）及其公式 · Indicators with their formulas.
    Indicators {
        /// 轮次：季度或编号 · The round.
        round: String,
    },
    /// 关闭：起草，双方签名，收入 · Close a round: draw up, both sides sign, take in.
    Close(closing::Close),
    /// 归档已关闭的轮次为一个文件 · Write the archive of a closed round.
    Archive {
        /// 轮次：季度或编号 · The round.
        round: String,
        /// 写入的文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// 核对归档：不用站点数据，重新得出数字 · Check an archive without the site; its numbers are derived again.
    Check {
        /// 归档文件 · The archive.
        file: PathBuf,
        /// 纸上的站点根指纹 · The site root's fingerprint, from paper.
        #[arg(long)]
        root: Option<Sha256>,
    },
}

/// `xunjian round open`
#[derive(Args)]
pub struct RoundOpen {
    /// 季度，如 2026Q4 · Quarter.
    #[arg(long)]
    quarter: String,
    /// 名称 · Title.
    #[arg(long, default_value = "")]
    title: String,
    /// 专项/保障巡检 · A special round.
    #[arg(long)]
    special: bool,
    /// 起始日期 · First due day.
    #[arg(long, requires = "due_by")]
    due_from: Option<Date>,
    /// 截止日期 · Last due day.
    #[arg(long, requires = "due_from")]
    due_by: Option<Date>,
    /// 排除，形如 rack:A03=停电检修（room、rack、cluster） · Leave out, with a reason.
    #[arg(long = "exclude")]
    exclusions: Vec<String>,
    /// 沿用此轮次的排除、分派与工期长度 · Take exclusions, assignments and the length of the due window from this round.
    #[arg(long)]
    copy_from: Option<String>,
}

impl Round {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Open(open) => open.run(context),
            Self::Coverage(coverage) => coverage.run(context),
            Self::Indicators { round } => closing::indicators(context, &round),
            Self::Close(close) => close.run(context),
            Self::Archive { round, out } => closing::archive(context, &round, &out),
            Self::Check { file, root } => closing::check(context, &file, root),
        }
    }
}

impl RoundOpen {
    fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let open = self;
        let quarter: Quarter = open.quarter.parse().map_err(|error: xunjian_domain::round::NotAQuarter| {
            Error::told(format!("“{}”不是季度，应形如 2026Q4", error.0), error.to_string())
        })?;
        let new = NewRound {
            kind: if open.special { RoundKind::Special } else { RoundKind::Quarterly },
            quarter,
            title: open.title,
            due: round::Due { from: open.due_from, by: open.due_by },
            exclusions: open.exclusions.iter().map(|text| parse_exclusion(text)).collect::<Result<_, _>>()?,
            left_out: Vec::new(),
            copy_from: open.copy_from.map(RoundId::new),
        };
        let opened = round::open(&context.site()?, COMMAND_LINE, &new)?;
        let plan = &opened.plan;
        let visits: Vec<_> = opened
            .visits
            .iter()
            .map(
                |visit| json!({ "id": visit.id, "kind": visit.kind, "title": visit.title, "lines": visit.lines.len() }),
            )
            .collect();
        let json = json!({
            "round": plan.round, "ledger": plan.ledger, "leaf": opened.leaf, "lines_due": plan.lines_due(),
            "exclusions": plan.exclusions, "visits": visits,
        });
        context.print(&json, |language| {
            say(
                language,
                format!(
                    "{}（{} 至 {}）：{} 次巡检、应检 {} 项，计划已记入日志第 {} 叶。",
                    plan.round.title,
                    plan.round.due_from,
                    plan.round.due_by,
                    opened.visits.len(),
                    plan.lines_due(),
                    opened.leaf
                ),
                format!(
                    "{} ({} to {}): {} visits, {} lines due; the plan is leaf {} of the log.",
                    plan.round.title,
                    plan.round.due_from,
                    plan.round.due_by,
                    opened.visits.len(),
                    plan.lines_due(),
                    opened.leaf
                ),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_exclusion(text: &str) -> Result<(SubjectKind, String, String), Error> {
    let refuse =
        || Error::told(format!("“{text}”应形如 rack:A03=原因"), format!("“{text}” must look like rack:A03=REASON"));
    let (what, reason) = text.split_once('=').filter(|(_, reason)| !reason.is_empty()).ok_or_else(refuse)?;
    let (kind, name) = what.split_once(':').ok_or_else(refuse)?;
    let kind = match kind {
        "room" => SubjectKind::Room,
        "rack" => SubjectKind::Rack,
        "cluster" => SubjectKind::Cluster,
        _ => return Err(refuse()),
    };
    Ok((kind, name.to_owned(), reason.to_owned()))
}

/// `xunjian labels`
#[derive(Args)]
pub struct Labels {
    /// 机房标签 · Room labels.
    #[arg(long)]
    rooms: bool,
    /// 机柜标签（前后门各一） · Rack labels, front and rear.
    #[arg(long)]
    racks: bool,
    /// 资产标签 · Asset labels.
    #[arg(long)]
    assets: bool,
    /// 机房、机柜、资产全部打印；已贴的标签随之作废 · All of them; labels already on the racks are replaced.
    #[arg(long, conflicts_with_all = ["rooms", "racks", "assets"])]
    all: bool,
    /// 只打印此机柜 · Only this rack.
    #[arg(long)]
    rack: Option<String>,
    /// 尺寸（毫米），如 50x30 · Size in millimetres.
    #[arg(long, default_value = "70x50")]
    size: String,
    /// 分辨率 · Dots an inch.
    #[arg(long, default_value_t = 300)]
    dpi: u32,
    /// 输出图片的目录 · Folder for the pictures.
    #[arg(long, required_unless_present = "pdf", conflicts_with = "pdf")]
    out: Option<PathBuf>,
    /// 输出一份可直接打印的 PDF · One PDF of label sheets.
    #[arg(long, requires = "sheet")]
    pdf: Option<PathBuf>,
    /// 纸张版式：a4-3x8、a4-2x7、roll-50x30，或自定尺寸如 60x40（毫米，每页一张） · Label paper.
    #[arg(long, requires = "pdf")]
    sheet: Option<String>,
    /// 从首页第几张标签开始（用剩的标签纸） · First label of the first page that is still there.
    #[arg(long, default_value_t = 1, requires = "pdf")]
    start: u32,
    /// 每张标签打印份数 · How often each label is printed.
    #[arg(long, default_value_t = 1, requires = "pdf", value_parser = clap::value_parser!(u32).range(1..=100))]
    copies: u32,
    /// 首页为标尺页，用来检查打印机是否缩放 · Begin with a ruler page.
    #[arg(long, requires = "pdf")]
    ruler: bool,
}

impl Labels {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let (width_tenth_mm, height_tenth_mm) = size_of(&self.size)?;
        if !(150..=1200).contains(&self.dpi) {
            return Err(Error::told("分辨率应在 150 至 1200 之间", "the resolution must be between 150 and 1200 dpi"));
        }
        if !(self.rooms || self.racks || self.assets || self.all) {
            return Err(Error::told(
                "请指明打印哪些：--rooms、--racks、--assets 或 --all（重印即作废旧标签）",
                "say which to print: --rooms, --racks, --assets or --all (a reprint replaces the old label)",
            ));
        }
        let request = LabelRequest {
            rooms: self.rooms || self.all,
            racks: self.racks || self.all,
            assets: self.assets || self.all,
            only_rack: self.rack,
        };
        let site = context.site()?;
        if let (Some(file), Some(sheet)) = (&self.pdf, &self.sheet) {
            let format =
                SheetFormat { sheet: sheet_of(sheet)?, start: self.start, copies: self.copies, ruler: self.ruler };
            let told = |progress: &Progress| context.progress(progress);
            let labels = labels::print_sheets(&site, COMMAND_LINE, &request, format, (file, told))?;
            context.print(&json!({ "labels": labels, "pdf": file }), |language| {
                let (count, copies, file) = (labels.len(), self.copies, file.display());
                say(
                    language,
                    format!("已排版 {count} 张标签（每张 {copies} 份）到 {file}；打印时请选“实际大小”"),
                    format!("{count} labels, {copies} of each, in {file}; print at actual size"),
                )
            });
            return Ok(ExitCode::SUCCESS);
        }
        let format = LabelFormat { width_tenth_mm, height_tenth_mm, dpi: self.dpi };
        let folder = self.out.unwrap_or_default();
        let output = Output { folder: &folder, job: "" };
        let job = labels::print(&site, COMMAND_LINE, &request, format, output)?.job;
        context.print(&json!({ "labels": job.labels, "out": folder }), |language| {
            let (count, out) = (job.labels.len(), folder.display());
            say(
                language,
                format!("已打印 {count} 张标签到 {out}（SVG、PNG 与 labels.json）"),
                format!("printed {count} labels to {out} (SVG, PNG and labels.json)"),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}

/// `50x30` in tenths of a millimetre.
fn size_of(text: &str) -> Result<(u32, u32), Error> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|mm| (20..=300).contains(mm)).map(|mm| mm * 10);
    let size = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    size.ok_or_else(|| {
        Error::told(
            format!("尺寸“{text}”应形如 50x30（毫米，20 至 300）"),
            format!("the size “{text}” must look like 50x30 (mm, 20 to 300)"),
        )
    })
}

fn sheet_of(text: &str) -> Result<Sheet, Error> {
    match text {
        "a4-3x8" => Ok(Sheet::A4_3X8),
        "a4-2x7" => Ok(Sheet::A4_2X7),
        text => {
            let (width, height) = size_of(text.strip_prefix("roll-").unwrap_or(text))?;
            Ok(Sheet::roll(width * 10, height * 10))
        }
    }
}
