//! `thresholds`.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use serde_json::json;
use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Annexes, Change, ReclaimRule, UsageLimit},
    text::Language,
};

use super::{Context, say};
use crate::{error::Error, log::COMMAND_LINE, monitoring::thresholds};

/// `xunjian thresholds …`
#[derive(Subcommand)]
pub enum ThresholdsCommand {
    /// 查看现行阈值，或某一版 · Show the thresholds in force, or a version.
    Show {
        /// 版本 · The version.
        #[arg(long)]
        version: Option<u32>,
    },
    /// 以文件设定新版本；底稿为 thresholds show --json 的输出 · Set a new version, starting from what `show --json` prints.
    Set {
        /// 文件 · The file.
        file: PathBuf,
    },
    /// 列出各版本及来源 · List versions and their sources.
    List,
}

impl ThresholdsCommand {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::Show { version } => {
                let (stored, numbers) = site.db.read(|sql| thresholds::read(sql, version))?;
                // What is shown is the file that `set` takes.
                context.print(&json!(numbers), |language| {
                    let head = std::iter::once(line(&stored, language));
                    let limits = numbers.annex_b.iter().map(|limit| said_of_limit(limit, language));
                    let rules = numbers.annex_c.iter().map(|rule| said_of_rule(rule, language));
                    let changes = numbers.changes();
                    let changes = changes.iter().map(|change| said_of_change(change, language));
                    head.chain(limits).chain(rules).chain(changes).collect::<Vec<_>>().join("\n")
                });
            }
            Self::Set { file } => {
                let outcome = thresholds::set(&site, COMMAND_LINE, &super::admin::read_text(&file)?)?;
                context.print(&json!(outcome), |language| {
                    let version = outcome.stored.version;
                    if outcome.identical {
                        return say(
                            language,
                            format!("与现行第 {version} 版相同，未作改动。"),
                            format!("Same as version {version}, which is in force: nothing was changed."),
                        );
                    }
                    let count = outcome.changes.len();
                    say(
                        language,
                        format!("阈值第 {version} 版已生效并记入日志，与标准印刷值不同 {count} 处。"),
                        format!("Version {version} of the thresholds is in force and logged; it differs from the print in {count} places."),
                    )
                });
            }
            Self::List => {
                let all = site.db.read(thresholds::all)?;
                context.print(&json!(all), |language| {
                    all.iter().map(|stored| line(stored, language)).collect::<Vec<_>>().join("\n")
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(stored: &thresholds::StoredThresholds, language: Language) -> String {
    let (version, source, day, hash) = (stored.version, &stored.source, &stored.decided_on, stored.sha256.short());
    say(
        language,
        format!("阈值第 {version} 版  {day}  来源：{source}  {hash}"),
        format!("thresholds version {version}  {day}  source: {source}  {hash}"),
    )
}

fn said_of_limit(limit: &UsageLimit, language: Language) -> String {
    let end = |value: Option<&Decimal>| value.map_or_else(|| "—".to_owned(), ToString::to_string);
    format!(
        "{}  {}  {}  {}..{} {}",
        limit.row,
        limit.applies_to.title().get(language),
        limit.metric.title().get(language),
        end(limit.low.as_ref()),
        end(limit.high.as_ref()),
        limit.metric.unit().get(language)
    )
}

fn said_of_rule(rule: &ReclaimRule, language: Language) -> String {
    let numbers = rule.condition.numbers();
    let numbers: Vec<String> =
        numbers.iter().map(|(part, number)| format!("{} {number}", part.get(language))).collect();
    let annexes = Annexes::printed();
    let text = annexes.row(&rule.row).map(|row| match language {
        Language::Zh => row.text.as_str(),
        Language::En => row.english.as_str(),
    });
    format!("{}  {}  {}", rule.row, text.unwrap_or_default(), numbers.join(", "))
}

fn said_of_change(change: &Change, language: Language) -> String {
    let (row, part) = (&change.row, change.part.get(language));
    let (printed, here) = (change.printed.get(language), change.here.get(language));
    say(
        language,
        format!("与标准不同：{row} {part} 印刷值 {printed}，本版 {here}"),
        format!("differs from the print: {row} {part}: printed {printed}, here {here}"),
    )
}
