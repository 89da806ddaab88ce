//! `decide`: a case shown side by side, and the signed decision as a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use xunjian_domain::hash::Sha256;
use xunjian_field::{CaseRecordView, FieldError};

use super::{
    Session,
    failure::Failure,
    output::{Output, say},
    passphrase,
};

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// `xunjian aside case --out` 写出的案卷 · the case
    pub file: PathBuf,
    /// 计入的记录编号（开头几位即可），或 none；不给则只显示案卷 · the record that counts, or none; only shown without it
    #[arg(long, requires_all = ["reason", "out"])]
    pub counts: Option<String>,
    /// 裁定理由 · why
    #[arg(long)]
    pub reason: Option<String>,
    /// 写入签过名的裁定 · file for the signed decision
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

pub(super) fn run(session: &Session, decide: Decide) -> Result<Output, Failure> {
    let field = session.open()?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FieldError::File { path, source }
    };
    let case = std::fs::read(&decide.file).map_err(failed(&decide.file))?;
    let view = field.decision_case(&case)?;
    let (Some(wanted), Some(out)) = (decide.counts, decide.out) else {
        let line = |one: &CaseRecordView| {
            let stands = if one.problem.is_empty() {
                say(session.language, "已入库", "taken in")
            } else {
                say(session.language, format!("另存：{}", one.problem), format!("kept aside: {}", one.problem))
            };
            let failure = if one.failure.is_empty() { "✓".to_owned() } else { format!("✗ {}", one.failure) };
            say(
                session.language,
                format!(
                    "{}\n  {}  终端 {} 第 {} 份  签于 {}  收到 {}\n  {} 项，异常 {}，问题 {}，佐证 {}\n  {stands}\n  {failure}\n",
                    one.record,
                    one.inspector,
                    one.terminal,
                    one.sequence,
                    one.sealed_at,
                    one.received_at,
                    one.lines,
                    one.abnormal,
                    one.findings,
                    one.evidence
                ),
                format!(
                    "{}\n  {}  terminal {} no. {}  sealed {}  received {}\n  {} lines, {} abnormal, {} findings, {} photos\n  \
                     {stands}\n  {failure}\n",
                    one.record,
                    one.inspector,
                    one.terminal,
                    one.sequence,
                    one.sealed_at,
                    one.received_at,
                    one.lines,
                    one.abnormal,
                    one.findings,
                    one.evidence
                ),
            )
        };
        let text = format!("{}\n{}", view.title, view.records.iter().map(line).collect::<String>());
        return Output::new(&view, text);
    };
    let counts = match wanted.as_str() {
        "none" => None,
        beginning => Some(find(&view.records, beginning)?),
    };
    let person = session.person(&field)?;
    let reason = decide.reason.unwrap_or_default();
    let signed = field.decide(&case, counts, &reason, &person.id, &passphrase::obtain(session)?)?;
    std::fs::write(&out, &signed).map_err(failed(&out))?;
    let text = say(
        session.language,
        format!("裁定已签：{}，请交服务端 xunjian aside decide", out.display()),
        format!("signed: {}; hand it to the service, `xunjian aside decide`", out.display()),
    );
    Output::new(&json!({ "visit": view.visit, "counts": counts, "out": out }), text)
}

fn find(records: &[CaseRecordView], beginning: &str) -> Result<Sha256, Failure> {
    let mut fitting = records.iter().filter(|one| one.record.to_hex().starts_with(beginning));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.record),
        _ => Err(Failure(FieldError::UnknownRecord(beginning.to_owned()))),
    }
}
