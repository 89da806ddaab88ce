//! `report round`, `record`, `ledger`, `monitoring`, `work-order`, `service`, `check`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, say};
use crate::{
    drawing::Progress,
    error::Error,
    log::COMMAND_LINE,
    monitoring::judge::{self, Question},
    report::{self, Composed, ServicePeriod, Wanted},
    site::Site,
};

/// `xunjian report …`
#[derive(Subcommand)]
pub enum Report {
    /// 巡检报告：一个轮次 · The report of a round.
    Round {
        /// 轮次：季度如 2026Q4，或轮次编号 · The round.
        round: String,
        #[command(flatten)]
        files: Files,
    },
    /// 巡检记录：一次巡检 · The paper of one record.
    Record {
        /// 记录编号的开头 · The beginning of the record's id.
        record: String,
        #[command(flatten)]
        files: Files,
    },
    /// 云资源台账 · The ledger.
    Ledger {
        /// 台账版本；不给则为现行版本 · The version.
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        files: Files,
    },
    /// 监控报告：一个时段 · The report of a period of monitoring.
    Monitoring {
        /// 时段，如 2026-11-01..2026-11-22 或 2026-11 · The period.
        #[arg(long)]
        period: Option<String>,
        /// 阈值版本；不给则为现行版本 · The version of the thresholds.
        #[arg(long)]
        thresholds: Option<u32>,
        #[command(flatten)]
        files: Files,
    },
    /// 工单或事件单：一项整改 · The work order or incident ticket of a rectification.
    WorkOrder {
        /// 整改编号的开头 · The beginning of its id.
        rectification: String,
        #[command(flatten)]
        files: Files,
    },
    /// 阶段性服务报告（季度）或服务总结报告（年度） · The service report of a quarter or a year.
    Service {
        /// 季度如 2026Q4，或年份如 2026 · The quarter or year.
        period: String,
        #[command(flatten)]
        files: Files,
    },
    /// 核对一份文件是否逐字节为本站点所出：退出码 0 是，1 不是 · Whether a file is a report of this site, byte for byte.
    Check {
        /// 文件 · The file.
        file: PathBuf,
    },
}

/// Which files to write.
#[derive(Args)]
pub struct Files {
    /// 写成 PDF/A-2a；照片多时分册，后续各册在旁 · Write a PDF/A-2a; further volumes stand beside it.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["xlsx", "model"])]
    pdf: Option<PathBuf>,
    /// 同样的数字写成 XLSX · Write the same numbers as a workbook.
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// 写出报告的数据；xunjian-report report 由此重新排版出相同的字节 · Write what the PDF is drawn from.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let told = &mut |progress: &Progress| context.progress(progress);
        let (composed, files) = match self {
            Self::Round { round, files } => (report::round(&site, &round, told)?, files),
            Self::Record { record, files } => (report::record(&site, &record)?, files),
            Self::Ledger { version, files } => (report::ledger(&site, version)?, files),
            Self::Monitoring { period, thresholds, files } => {
                let period = period.map(|text| judge::period(&text)).transpose()?;
                (report::monitoring(&site, &Question { period, thresholds })?, files)
            }
            Self::WorkOrder { rectification, files } => (report::work_order(&site, &rectification)?, files),
            Self::Service { period, files } => (report::service(&site, ServicePeriod::read(&period)?, told)?, files),
            Self::Check { file } => return check(context, &site, &file),
        };
        write(context, &site, &composed, &files)
    }
}

fn write(context: &Context, site: &Site, composed: &Composed, files: &Files) -> Result<ExitCode, Error> {
    let wanted = Wanted { pdf: files.pdf.as_deref(), xlsx: files.xlsx.as_deref(), model: files.model.as_deref() };
    let written = report::write(site, COMMAND_LINE, composed, wanted, |progress| context.progress(progress))?;
    context.print(&json!(written), |language| {
        let (title, number) = (&composed.document.title, &written.number);
        let head = say(
            language,
            format!("{title} {number}，统计至日志第 {} 条；下列哈希已记入日志", written.log_size),
            format!("{title} {number}, counted up to {} leaves; these hashes are logged", written.log_size),
        );
        let lines = written.files.iter().map(|one| format!("{}  {}  {}", one.sha256, one.bytes, one.file.display()));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

fn check(context: &Context, site: &Site, file: &Path) -> Result<ExitCode, Error> {
    let known = report::known(site, file)?;
    context.print(&json!(known), |language| match known.logged_at {
        Some(at) => {
            let (number, sha256) = (known.details["number"].as_str().unwrap_or_default(), known.sha256);
            say(
                language,
                format!("是本站点所出的 {number}，{at} 记入日志：{sha256}"),
                format!("this is {number} of this site, logged at {at}: {sha256}"),
            )
        }
        None => say(
            language,
            format!("日志中没有这份文件的哈希 {}：不是本站点所出，或已被改动", known.sha256),
            format!("the log does not have the hash {}: not of this site, or changed since", known.sha256),
        ),
    });
    Ok(if known.logged_at.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
