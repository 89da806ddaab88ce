//! `ledger-change`: a change set of the ledger shown row by row, and the signed decision as a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use xunjian_domain::ledger::{AssetChange, LedgerEntry};
use xunjian_field::FieldError;

use super::{
    Session,
    failure::Failure,
    output::{Output, say},
    passphrase,
};

#[derive(Debug, Args)]
pub(crate) struct LedgerChange {
    /// `xunjian ledger changes show --out` 写出的变更单 · the change set
    pub file: PathBuf,
    /// 同意；不给 --approve 和 --reject 则只显示 · approve; only shown without --approve and --reject
    #[arg(long, conflicts_with = "reject", requires = "out")]
    pub approve: bool,
    /// 不同意 · reject
    #[arg(long, requires_all = ["reason", "out"])]
    pub reject: bool,
    /// 理由 · why
    #[arg(long, default_value = "")]
    pub reason: String,
    /// 写入签过名的审批 · file for the signed decision
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

pub(super) fn run(session: &Session, command: LedgerChange) -> Result<Output, Failure> {
    let field = session.open()?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FieldError::File { path, source }
    };
    let file = std::fs::read(&command.file).map_err(failed(&command.file))?;
    let view = field.change_set(&file)?;
    let out = match command.out {
        Some(out) if command.approve || command.reject => out,
        _ => {
            let head = say(
                session.language,
                format!("轮次 {}，台账第 {} 版，{} 项变更", view.round, view.version, view.changes.len()),
                format!("round {}, ledger version {}, {} changes", view.round, view.version, view.changes.len()),
            );
            let lines = view.changes.iter().map(|change| line(session, change));
            let text = std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n");
            return Output::new(&view, text);
        }
    };
    let person = session.person(&field)?;
    let passphrase = passphrase::obtain(session)?;
    let signed = field.decide_change(&file, command.approve, &command.reason, &person.id, &passphrase)?;
    std::fs::write(&out, &signed).map_err(failed(&out))?;
    let verb = if command.approve { "approve" } else { "reject" };
    let text = say(
        session.language,
        format!("审批已签：{}，请交服务端 xunjian ledger changes {verb}", out.display()),
        format!("signed: {}; hand it to the service, `xunjian ledger changes {verb}`", out.display()),
    );
    Output::new(&json!({ "round": view.round, "approved": command.approve, "out": out }), text)
}

/// One row before and after.
fn line(session: &Session, change: &AssetChange) -> String {
    let row = |entry: &LedgerEntry| {
        let span = entry.span.map(|span| span.to_string()).unwrap_or_default();
        let parts = [
            entry.brand.as_str(),
            &entry.model,
            &entry.serial,
            entry.rack.as_str(),
            &span,
            &entry.owning_unit,
            entry.order_no.as_str(),
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{} ×{}", parts.join(" "), entry.quantity)
    };
    let (before, after) = (change.before.as_ref().map(row), change.after.as_ref().map(row));
    match (before, after) {
        (None, after) => say(
            session.language,
            format!("+ 新增 {}", after.clone().unwrap_or_default()),
            format!("+ added {}", after.unwrap_or_default()),
        ),
        (Some(before), None) => say(session.language, format!("- 移除 {before}"), format!("- removed {before}")),
        (Some(before), Some(after)) => format!("~ {before}\n  → {after}"),
    }
}
