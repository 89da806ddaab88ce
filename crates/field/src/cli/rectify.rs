//! `finding`: a rectification shown step by step, and the next step signed as a file. `close-round`: the numbers of a round shown,
//! and signed as a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use xunjian_field::{FieldError, NextStep};

use super::{
    Session,
    failure::Failure,
    output::{Output, say},
    passphrase,
};

#[derive(Debug, Args)]
#[group(id = "next", multiple = false, args = ["submit", "acknowledge", "accept", "reject"])]
pub(crate) struct Rectify {
    /// `xunjian finding show --case` 写出的文件；不给签名选项则只显示 · the case; only shown without a step to sign
    pub file: PathBuf,
    /// 整改人员：提交整改，写明做了什么 · submit: what was done
    #[arg(long, value_name = "TEXT", requires = "out")]
    pub submit: Option<String>,
    /// 使用方联系人：确认收到反馈 · confirm the feedback
    #[arg(long, value_name = "TEXT", requires = "out")]
    pub acknowledge: Option<String>,
    /// 复核人员：通过并关闭 · accept and close
    #[arg(long, requires = "out")]
    pub accept: bool,
    /// 复核人员：退回，写明原因 · reject: why
    #[arg(long, value_name = "TEXT", requires = "out")]
    pub reject: Option<String>,
    /// 通过所依据的记录（开头几位即可）；缺省为最新的一份 · the record it rests on; the newest without it
    #[arg(long, default_value = "", requires = "accept")]
    pub evidence: String,
    /// 通过时的说明 · what else there is to say
    #[arg(long, default_value = "", requires = "accept")]
    pub comment: String,
    /// 写入签过名的步骤 · file for the signed step
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CloseRound {
    /// `xunjian round close --draft` 写出的文件 · the closing
    pub file: PathBuf,
    /// 签名；不给则只显示 · sign it; only shown without
    #[arg(long, requires = "out")]
    pub sign: bool,
    /// 写入签名 · file for the signature
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> FieldError {
    let path = path.to_owned();
    move |source| FieldError::File { path: path.clone(), source }
}

pub(super) fn finding(session: &Session, command: Rectify) -> Result<Output, Failure> {
    let field = session.open()?;
    let file = std::fs::read(&command.file).map_err(failed(&command.file))?;
    let (next, verb) = match (command.submit, command.acknowledge, command.accept, command.reject) {
        (Some(done), ..) => (NextStep::Submit(done), "submit"),
        (_, Some(text), ..) => (NextStep::Acknowledge(text), "acknowledge --signed"),
        (_, _, true, _) => (NextStep::Accept { evidence: command.evidence, comment: command.comment }, "close"),
        (.., Some(reason)) => (NextStep::Reject(reason), "close"),
        _ => {
            let view = field.rectification_case(&file)?;
            let opening = &view.progress.opening;
            let mut lines = vec![
                format!("{}  {}", view.id, view.progress.state.zh()),
                format!(
                    "{} · {}  {}  {}",
                    opening.place, opening.subject_name, opening.description, opening.owning_unit
                ),
            ];
            let steps = view.steps.iter();
            lines.extend(steps.map(|step| format!("  {}  {}  {}", step.at, step.title.get(session.language), step.by)));
            let evidence = view.evidence.iter().map(|one| {
                let (document, photos, excuse) =
                    (one.reinspection.document(), one.shown.after_photos.len(), &one.shown.no_photo);
                say(
                    session.language,
                    format!("  依据 {document}：整改后照片 {photos} 张 {excuse}"),
                    format!("  evidence {document}: {photos} after photos {excuse}"),
                )
            });
            lines.extend(evidence);
            return Output::new(&view, lines.join("\n"));
        }
    };
    let out = command.out.unwrap_or_default();
    let person = session.person(&field)?;
    let signed = field.sign_rectification(&file, next, &person.id, &passphrase::obtain(session)?)?;
    std::fs::write(&out, &signed).map_err(failed(&out))?;
    let text = say(
        session.language,
        format!("已签名：{}，请交服务端 xunjian finding {verb}", out.display()),
        format!("signed: {}; hand it to the service, `xunjian finding {verb}`", out.display()),
    );
    Output::new(&json!({ "out": out }), text)
}

pub(super) fn close_round(session: &Session, command: CloseRound) -> Result<Output, Failure> {
    let field = session.open()?;
    let file = std::fs::read(&command.file).map_err(failed(&command.file))?;
    let closing = field.round_closing(&file)?;
    let (totals, whole) = (&closing.totals, &closing.totals.whole);
    let percent = whole.percent().unwrap_or_else(|| "-".to_owned());
    let (planned, delivered, missed) = (totals.visits_planned, totals.visits_delivered, whole.missed());
    let shown = say(
        session.language,
        format!(
            "关闭轮次 {}（{}）{}\n应检 {}，完成 {}，漏检 {missed}，完成率 {percent}%；巡检 {delivered}/{planned}\n数字的哈希 {}\n日志 {} 条，根 {}",
            closing.round,
            closing.timing.zh(),
            closing.reason,
            whole.due,
            whole.done(),
            closing.totals_sha256,
            closing.log_size,
            closing.log_root
        ),
        format!(
            "closing of round {} ({:?}) {}\n{} lines due, {} done, {missed} missed, {percent} %; visits {delivered}/{planned}\nhash of the \
             numbers {}\nlog {} leaves, root {}",
            closing.round,
            closing.timing,
            closing.reason,
            whole.due,
            whole.done(),
            closing.totals_sha256,
            closing.log_size,
            closing.log_root
        ),
    );
    let (true, Some(out)) = (command.sign, command.out) else { return Output::new(&closing, shown) };
    let person = session.person(&field)?;
    let signed = field.sign_closing(&file, &person.id, &passphrase::obtain(session)?)?;
    std::fs::write(&out, &signed).map_err(failed(&out))?;
    let next = say(
        session.language,
        format!("{shown}\n已签名：{}，双方签名齐后交服务端 xunjian round close --signed", out.display()),
        format!("{shown}\nsigned: {}; with both sides' files, `xunjian round close --signed`", out.display()),
    );
    Output::new(&json!({ "round": closing.round, "totals_sha256": closing.totals_sha256, "out": out }), next)
}
