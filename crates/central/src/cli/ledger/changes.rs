//! `ledger changes`.

use std::process::ExitCode;

use serde_json::json;
use xunjian_domain::{ids::RoundId, text::Language};
use xunjian_ledger::diff::{self, Change};
use xunjian_proof::{dsse::Envelope, ledger_change::ChangeSet};

use super::{
    super::{Context, admin, say},
    Changes,
};
use crate::{
    error::Error,
    ledger::{
        self,
        changes::{self, StoredChange},
    },
    log::COMMAND_LINE,
    site::Site,
};

/// What the change set makes of the version it was made for.
fn changes_of(site: &Site, set: &ChangeSet) -> Result<Vec<Change>, Error> {
    let base = site.db.read(|sql| ledger::version(sql, i64::from(set.base.version)))?;
    let Some((_, base)) = base else { return Ok(Vec::new()) };
    let next = xunjian_domain::ledger::apply(&base, &set.changes);
    Ok(next.map(|next| diff::diff(&base, &next)).unwrap_or_default())
}

fn line(one: &StoredChange, language: Language) -> String {
    let stands = match &one.decision {
        None => say(language, "待审批", "not decided yet"),
        Some(said) if said.approved => {
            say(language, format!("已同意，台账第 {} 版", said.version), format!("approved, version {}", said.version))
        }
        Some(_) => say(language, "不同意", "rejected"),
    };
    let count = one.change_set.changes.len();
    format!("{}  {}  {}  {count}  {stands}", one.id.short(), one.proposed_at, one.change_set.round)
}

pub(super) fn run(context: &Context, command: Changes) -> Result<ExitCode, Error> {
    let site = context.site()?;
    match command {
        Changes::Propose { round } => {
            let proposed = changes::propose(&site, COMMAND_LINE, &RoundId::new(round))?;
            site.sequence()?;
            show(context, &site, &proposed.change)?;
        }
        Changes::List => {
            let all = site.db.read(changes::all)?;
            context.print(&json!(all), |language| {
                let head = say(
                    language,
                    format!("台账变更单 {} 份", all.len()),
                    format!("{} change sets of the ledger", all.len()),
                );
                let lines = all.iter().map(|one| line(one, language));
                std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
            });
        }
        Changes::Show { id, out } => {
            let one = site.db.read(|sql| changes::find(sql, &id))?;
            if let Some(out) = &out {
                admin::write_json(out, &one.change_set)?;
            }
            show(context, &site, &one)?;
        }
        Changes::Approve { file } => decide(context, &site, &file, true)?,
        Changes::Reject { file } => decide(context, &site, &file, false)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, site: &Site, one: &StoredChange) -> Result<(), Error> {
    let listed = changes_of(site, &one.change_set)?;
    let mut json = json!(one);
    json["difference"] = diff::to_json(&listed, context.language);
    context.print(&json, |language| {
        let lines = listed.iter().map(|change| change.sentence(language));
        std::iter::once(line(one, language)).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

fn decide(context: &Context, site: &Site, file: &std::path::Path, approved: bool) -> Result<(), Error> {
    let text = admin::read_text(file)?;
    let envelope = Envelope::from_bytes(text.trim().as_bytes())?;
    let changed = changes::decide(site, COMMAND_LINE, &envelope, approved)?;
    context.print(&json!(changed), |language| {
        let again = if changed.identical {
            say(language, "（此前已收入）", " (taken in before)")
        } else {
            String::new()
        };
        format!("{}{again}", line(&changed.change, language))
    });
    Ok(())
}
