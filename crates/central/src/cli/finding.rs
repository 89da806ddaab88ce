//! `finding`: what becomes of problems and discrepancies.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::json;
use xunjian_domain::{
    rectification::{Progress, RectificationState},
    text::Language,
    visit::Severity,
};
use xunjian_proof::{dsse::Envelope, rectification::History};

use super::{Context, admin, say};
use crate::{
    error::Error,
    log::COMMAND_LINE,
    pack,
    rectification::{self, Defaults, ExportFormat, Standing, Wanted},
    site::Site,
};

/// `xunjian finding …`
#[derive(Subcommand)]
pub enum Finding {
    /// 列出整改，最急的在前；--unopened 列出尚未立项的问题与差异 · List rectifications, the most urgent first.
    List {
        /// 轮次：季度或编号 · The round.
        #[arg(long)]
        round: Option<String>,
        /// 只列此状态 · Only those that stand so.
        #[arg(long, value_enum)]
        state: Option<State>,
        /// 只列已逾期 · Only those that are late.
        #[arg(long)]
        overdue: bool,
        /// 尚未立项的 · What nobody has opened.
        #[arg(long, conflicts_with_all = ["state", "overdue"])]
        unopened: bool,
    },
    /// 立项：记录已写全的问题自动立项，其余由此补全归属单位与期限 · Open what records show; say what they do not.
    Open(Open),
    /// 查看一项整改的全部步骤；--case 写成文件交人签名 · Show one; write its case for somebody to sign.
    Show {
        /// 编号（开头几位即可） · The beginning of its id.
        id: String,
        /// 写入文件，交整改人员、使用方联系人或复核人员签名 · File for whoever signs the next step.
        #[arg(long, value_name = "FILE")]
        case: Option<PathBuf>,
    },
    /// 分派给整改人员 · Assign to somebody who rectifies.
    Assign {
        /// 编号 · The beginning of its id.
        id: String,
        /// 人员姓名或编号 · The person.
        #[arg(long)]
        to: String,
        /// 说明 · What to do.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 记录已发给使用方的反馈 · Note what was sent to the 使用方.
    Feedback {
        /// 编号 · The beginning of its id.
        id: String,
        /// 单位或人员；缺省为归属单位 · To whom; the owning unit by default.
        #[arg(long, default_value = "")]
        to: String,
        /// 方式：电话、公函、邮件 · How.
        #[arg(long)]
        channel: String,
        /// 内容 · What was said.
        #[arg(long)]
        text: String,
    },
    /// 使用方确认：收入联系人签名的文件，或代无密钥的人记录 · Take a signed confirmation in, or note one.
    Acknowledge(Acknowledge),
    /// 收入整改人员签名的提交 · Take a signed submission in.
    Submit {
        /// `xunjian-field finding --submit` 写出的文件 · The file that `xunjian-field finding --submit` wrote.
        file: PathBuf,
    },
    /// 收入复核人员签名的通过或退回；通过即关闭 · Take a reviewer's signed verdict in; accepting closes.
    Close {
        /// `xunjian-field finding --accept` 或 `--reject` 写出的文件 · The file that `xunjian-field finding` wrote.
        file: PathBuf,
    },
    /// 立即催办：到期前24、4、1小时与逾期各一次（服务运行时每分钟自动进行） · Give the reminders that are due.
    Remind,
    /// 导出 · Write them out.
    Export {
        /// 轮次：季度或编号 · The round.
        #[arg(long)]
        round: Option<String>,
        /// 格式 · Format.
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// 写入的文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
}

/// `xunjian finding open`
#[derive(Args)]
pub struct Open {
    /// 待立项的编号（开头几位即可，可多个）；不给则全部 · Which ones; all without it.
    ids: Vec<String>,
    /// 轮次：季度或编号 · The round.
    #[arg(long)]
    round: Option<String>,
    /// 记录没有写明时的归属单位 · The unit where the record names none.
    #[arg(long, default_value = "")]
    unit: String,
    /// 记录没有写明时的期限 · The due day where the record names none.
    #[arg(long)]
    due: Option<Date>,
    /// 异常项与差异的严重程度 · How bad lines and discrepancies are.
    #[arg(long, value_enum)]
    severity: Option<Bad>,
}

/// `xunjian finding acknowledge`
#[derive(Args)]
pub struct Acknowledge {
    /// 编号；代为记录时需要 · The beginning of its id, where it is noted for somebody.
    #[arg(required_unless_present = "signed")]
    id: Option<String>,
    /// `xunjian-field finding --acknowledge` 写出的文件 · The file that `xunjian-field finding` wrote.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "who", "channel", "text"])]
    signed: Option<PathBuf>,
    /// 确认的人 · Who confirmed it.
    #[arg(long, default_value = "", required_unless_present = "signed")]
    who: String,
    /// 方式 · How.
    #[arg(long, default_value = "", required_unless_present = "signed")]
    channel: String,
    /// 内容 · What was said.
    #[arg(long, default_value = "")]
    text: String,
}

/// 状态.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// 待整改 · open.
    Open,
    /// 待复核 · submitted.
    Submitted,
    /// 已通过 · closed.
    Accepted,
    /// 退回 · rejected.
    Rejected,
}

/// 严重程度.
#[derive(Clone, Copy, ValueEnum)]
pub enum Bad {
    /// 业务中断或数据丢失（7×24 计时） · outage.
    Outage,
    /// 性能下降（5×8 计时） · degraded.
    Degraded,
    /// 重要 · major.
    Major,
    /// 一般 · minor.
    Minor,
}

/// 格式.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// CSV.
    Csv,
    /// JSON.
    Json,
}

impl From<State> for RectificationState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Submitted => Self::Submitted,
            State::Accepted => Self::Accepted,
            State::Rejected => Self::Rejected,
        }
    }
}

impl From<Bad> for Severity {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Outage => Self::Outage,
            Bad::Degraded => Self::Degraded,
            Bad::Major => Self::Major,
            Bad::Minor => Self::Minor,
        }
    }
}

/// The round that is named, or the empty text for all.
fn round_of(site: &Site, named: Option<&str>) -> Result<String, Error> {
    let found = named.map(|named| site.db.read(|sql| pack::find_round(sql, named))).transpose()?;
    Ok(found.map_or_else(String::new, |round| round.to_string()))
}

fn state_word(progress: &Progress, language: Language) -> String {
    let english = json!(progress.state);
    say(language, progress.state.zh(), english.as_str().unwrap_or_default())
}

fn line(one: &Standing, language: Language) -> String {
    let opening = &one.progress.opening;
    let late = if one.is_overdue { say(language, "（逾期）", " (late)") } else { String::new() };
    let due = one.deadlines.first().map_or_else(String::new, |deadline| {
        let word = serde_json::to_value(deadline.due).ok();
        let word = word.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
        let at = deadline.at;
        say(language, format!("  {}期限 {at}", deadline.due.zh()), format!("  {word} due {at}"))
    });
    let to = one.progress.assigned_to.as_ref().map_or("", |(_, name)| name.as_str());
    format!(
        "{}  {}{late}{due}  {} · {}  {}  {}  {to}",
        one.id.short(),
        state_word(&one.progress, language),
        opening.place,
        opening.subject_name,
        opening.description,
        opening.owning_unit,
    )
}

fn read_envelope(file: &Path) -> Result<Envelope, Error> {
    Ok(Envelope::from_bytes(admin::read_text(file)?.trim().as_bytes())?)
}

fn told(context: &Context, history: &History) {
    context.print(&json!({ "rectification": history.id, "progress": history.progress }), |language| {
        format!("{}  {}", history.id.short(), state_word(&history.progress, language))
    });
}

impl Finding {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::List { round, unopened: true, .. } => unopened(context, &site, &round_of(&site, round.as_deref())?)?,
            Self::List { round, state, overdue, .. } => {
                let round = round_of(&site, round.as_deref())?;
                let mut all = site.db.read(|sql| rectification::standings(sql, &round))?;
                all.retain(|one| {
                    state.is_none_or(|state| one.progress.state == state.into()) && (one.is_overdue || !overdue)
                });
                context.print(&json!(all), |language| {
                    let head = say(language, format!("整改 {} 项", all.len()), format!("{} rectifications", all.len()));
                    std::iter::once(head)
                        .chain(all.iter().map(|one| line(one, language)))
                        .collect::<Vec<_>>()
                        .join("\n")
                });
            }
            Self::Open(open) => open.run(context, &site)?,
            Self::Show { id, case } => show(context, &site, &id, case.as_deref())?,
            Self::Assign { id, to, note } => {
                told(context, &rectification::assign(&site, COMMAND_LINE, &id, &to, &note)?)
            }
            Self::Feedback { id, to, channel, text } => {
                told(context, &rectification::feed_back(&site, COMMAND_LINE, &id, &to, &channel, &text)?);
            }
            Self::Acknowledge(Acknowledge { signed: Some(file), .. }) => {
                take(context, &site, &file, Wanted::Acknowledgement)?;
            }
            Self::Acknowledge(Acknowledge { id, who, channel, text, .. }) => {
                let id = id.unwrap_or_default();
                told(context, &rectification::acknowledge(&site, COMMAND_LINE, &id, &who, &channel, &text)?);
            }
            Self::Submit { file } => take(context, &site, &file, Wanted::Submission)?,
            Self::Close { file } => take(context, &site, &file, Wanted::Verdict)?,
            Self::Remind => {
                let given = rectification::remind(&site, COMMAND_LINE)?;
                let json: Vec<_> = given
                    .iter()
                    .map(|(one, reminder)| json!({ "rectification": one.id, "reminder": reminder }))
                    .collect();
                context.print(&json!(json), |language| {
                    let head = say(language, format!("催办 {} 条", given.len()), format!("{} reminders", given.len()));
                    let lines = given.iter().map(|(one, reminder)| {
                        let (id, due, at) = (one.id.short(), reminder.deadline.due.zh(), reminder.deadline.at);
                        format!("{id}  {due}{}  {at}  {}", reminder.urgency.zh(), one.progress.opening.description)
                    });
                    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
                });
            }
            Self::Export { round, format, out } => {
                let format = match format {
                    Format::Csv => ExportFormat::Csv,
                    Format::Json => ExportFormat::Json,
                };
                let bytes =
                    rectification::export(&site, &round_of(&site, round.as_deref())?, format, context.language)?;
                fs::write(&out, &bytes).map_err(Error::io(out.display().to_string()))?;
                context.print(&json!({ "out": out, "bytes": bytes.len() }), |language| {
                    say(language, format!("已写入 {}", out.display()), format!("written to {}", out.display()))
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn unopened(context: &Context, site: &Site, round: &str) -> Result<(), Error> {
    let all = site.db.read(|sql| rectification::candidates(sql, round))?;
    context.print(&json!(all), |language| {
        let head = say(language, format!("待立项 {} 项", all.len()), format!("{} are not open yet", all.len()));
        let lines = all.iter().map(|one| {
            let opening = &one.opening;
            let unit = if opening.owning_unit.is_empty() {
                say(language, "（缺归属单位）", "(no unit)")
            } else {
                opening.owning_unit.clone()
            };
            let is_clocked = opening.severity.respond_within_minutes().is_some();
            let due = match opening.due_on {
                Some(day) => day.to_string(),
                None if is_clocked => say(language, "计时", "clock"),
                None => say(language, "（缺期限）", "(no due day)"),
            };
            format!(
                "{}  {} · {}  {}  {unit}  {due}",
                one.id.short(),
                opening.place,
                opening.subject_name,
                opening.description
            )
        });
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

impl Open {
    fn run(self, context: &Context, site: &Site) -> Result<(), Error> {
        let round = round_of(site, self.round.as_deref())?;
        let defaults = Defaults { unit: self.unit, due_on: self.due, severity: self.severity.map(Into::into) };
        let opened = rectification::open(site, COMMAND_LINE, &round, &self.ids, &defaults)?;
        let ids: Vec<_> = opened.iter().map(|one| one.id).collect();
        context.print(&json!({ "opened": ids }), |language| {
            let head = say(language, format!("已立项 {} 项", ids.len()), format!("{} opened", ids.len()));
            let lines = opened.iter().map(|one| format!("{}  {}", one.id.short(), one.progress.opening.description));
            std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
        });
        Ok(())
    }
}

fn take(context: &Context, site: &Site, file: &Path, wanted: Wanted) -> Result<(), Error> {
    let taken = rectification::take(site, COMMAND_LINE, &read_envelope(file)?, wanted)?;
    context.print(&json!(taken), |language| {
        let again =
            if taken.identical { say(language, "（此前已收入）", " (taken in before)") } else { String::new() };
        let english = json!(taken.state);
        let state = say(language, taken.state.zh(), english.as_str().unwrap_or_default());
        format!("{}  {state}{again}", taken.rectification.short())
    });
    Ok(())
}

fn show(context: &Context, site: &Site, id: &str, out: Option<&Path>) -> Result<(), Error> {
    let (history, steps) = site.db.read(|sql| {
        let history = rectification::find(sql, id)?;
        let steps = rectification::steps_of(sql, &history.id)?;
        Ok::<_, Error>((history, steps))
    })?;
    if let Some(out) = out {
        let case = rectification::case(site, &history.id.to_hex())?;
        admin::write_json(out, &case)?;
    }
    let said: Vec<_> = steps
        .iter()
        .map(|step| json!({ "envelope": step.envelope, "said": step.said, "received_at": step.received_at }))
        .collect();
    let json = json!({ "rectification": history.id, "progress": history.progress, "steps": said, "case": out });
    context.print(&json, |language| {
        let opening = &history.progress.opening;
        let head = format!(
            "{}  {}\n{} · {}  {}  {}",
            history.id,
            state_word(&history.progress, language),
            opening.place,
            opening.subject_name,
            opening.description,
            opening.owning_unit
        );
        let lines = steps.iter().map(|step| {
            let title = step.said.step.title();
            let by = match &step.said.by {
                xunjian_proof::rectification::Signatory::Service { actor } => actor.clone(),
                xunjian_proof::rectification::Signatory::Person { person } => person.to_string(),
            };
            format!("  {}  {}  {by}  {}", step.received_at, title.get(language), step.envelope.short())
        });
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}
