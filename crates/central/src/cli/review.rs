//! `review`: how records stand with their reviewers.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use xunjian_domain::{text::Language, time::TimestampMs};
use xunjian_proof::{review::ReviewState, statement::ReviewVerdict};

use super::{Context, say};
use crate::{db::sql, error::Error, review};

/// `xunjian review …`
#[derive(Subcommand)]
pub enum Review {
    /// 列出记录及其复核状态，最新的在前 · Records with how they stand, the newest first.
    List {
        /// 只列这一轮 · Only this round.
        #[arg(long, default_value = "")]
        round: String,
    },
    /// 逐份列出一份记录的复核签名并重新核验 · The countersignatures of a record, each checked anew.
    Show {
        /// 记录编号（开头几位即可） · The record, or the beginning of its id.
        record: String,
    },
}

fn word(state: ReviewState, language: Language) -> String {
    match state {
        ReviewState::Waiting => say(language, "待复核", "waiting"),
        ReviewState::Accepted => say(language, "已通过", "accepted"),
        ReviewState::Returned => say(language, "已退回", "returned"),
        ReviewState::Amended => say(language, "已更正", "amended"),
    }
}

impl Review {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::List { round } => {
                let rows = review::list(&context.site()?, &round)?;
                context.print(&json!(rows), |language| {
                    let line = |row: &review::ReviewRow| {
                        let who = if row.reviewer.is_empty() {
                            String::new()
                        } else {
                            format!("  {} {}", row.reviewer, TimestampMs(row.reviewed_at))
                        };
                        let state = word(row.state, language);
                        format!(
                            "{}  {state}  {}（{}）r{}{who}",
                            &row.record[..12],
                            row.title,
                            row.inspector,
                            row.revision
                        )
                    };
                    rows.iter().map(line).collect::<Vec<_>>().join("\n")
                });
                Ok(ExitCode::SUCCESS)
            }
            Self::Show { record } => show(context, &record),
        }
    }
}

fn show(context: &Context, wanted: &str) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let rows = review::list(&site, "")?;
    let mut fitting = rows.iter().filter(|row| row.record.starts_with(wanted));
    let (Some(row), None) = (fitting.next(), fitting.next()) else {
        return Err(Error::told(
            format!("没有唯一一份以“{wanted}”开头的记录"),
            format!("there is no one record whose id begins with “{wanted}”"),
        ));
    };
    let said = site.db.read(|sql| review::of_record(&site, sql, &row.record))?;
    let amended = site.db.read(|sql| sql.first(sql!("record_amended"), &[row.record.as_str().into()]))?;
    let amended = amended.map(|row| row.text(0).map(str::to_owned)).transpose()?;
    context.print(&json!({ "record": row, "countersignatures": said, "amended_by": amended }), |language| {
        let mut text = format!("{}  {}  {}\n", row.record, word(row.state, language), row.title);
        for one in &said {
            let verdict = match one.verdict {
                ReviewVerdict::Accepted => say(language, "通过", "accepted"),
                ReviewVerdict::Returned => say(language, "退回", "returned"),
            };
            let check = if one.failure.is_empty() {
                say(language, "校验通过", "verified")
            } else {
                say(language, format!("校验失败：{}", one.failure), format!("does not count: {}", one.failure))
            };
            text += &format!(
                "  {verdict}  {}（{}）  {}  {check}\n  {}\n",
                one.reviewer,
                one.party,
                TimestampMs(one.at),
                one.comment
            );
            for (line, reason) in &one.lines {
                text += &say(language, format!("    第 {line} 项：{reason}\n"), format!("    line {line}: {reason}\n"));
            }
        }
        text
    });
    Ok(if said.iter().all(|one| one.failure.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
