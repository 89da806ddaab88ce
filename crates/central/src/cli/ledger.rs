//! `ledger`, `round`, `labels`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;
use xunjian_domain::{
    ids::RoundId,
    round::{Quarter, RoundKind},
    subject::SubjectKind,
};

use super::{Context, say};
use crate::{
    error::Error,
    labels::{self, LabelFormat, LabelRequest, Output},
    ledger::{self, ImportMode},
    log::COMMAND_LINE,
    round::{self, NewRound},
};
use xunjian_ledger::import::{Mapping, NotAMapping, SourceFile};

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
}

impl Ledger {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let Self::Import { files, dry_run, allow_removals, maps, room } = self;
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

/// `xunjian round …`
#[derive(Subcommand)]
pub enum Round {
    /// 按当前台账开启一轮巡检，计划即时记入日志 · Open a round over the newest ledger; its plan is logged at once.
    Open(RoundOpen),
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
        let Self::Open(open) = self;
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
    /// 输出目录 · Folder for the pictures.
    #[arg(long)]
    out: PathBuf,
}

impl Labels {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let side = |text: &str| text.parse::<u32>().ok().filter(|mm| (20..=300).contains(mm)).map(|mm| mm * 10);
        let size = self.size.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let (width_tenth_mm, height_tenth_mm) = size.ok_or_else(|| {
            Error::told(
                format!("尺寸“{}”应形如 50x30（毫米，20 至 300）", self.size),
                format!("the size “{}” must look like 50x30 (mm, 20 to 300)", self.size),
            )
        })?;
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
        let format = LabelFormat { width_tenth_mm, height_tenth_mm, dpi: self.dpi };
        let output = Output { folder: &self.out, job: "" };
        let job = labels::print(&context.site()?, COMMAND_LINE, &request, format, output)?.job;
        context.print(&json!({ "labels": job.labels, "out": self.out }), |language| {
            let (count, out) = (job.labels.len(), self.out.display());
            say(
                language,
                format!("已打印 {count} 张标签到 {out}（SVG、PNG 与 labels.json）"),
                format!("printed {count} labels to {out} (SVG, PNG and labels.json)"),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}
