//! `ledger export`, `ledger diff`, `ledger mappings`.

use std::{fs, path::Path, process::ExitCode};

use serde_json::json;
use xunjian_domain::ledger::{Ledger, LedgerVersion};
use xunjian_ledger::{
    diff,
    export::{self, ExportError},
};

use super::{
    super::{Context, say},
    LedgerFormat, Mappings,
};
use crate::{
    error::Error,
    ledger::{self, mappings},
    log::COMMAND_LINE,
    site::Site,
};

fn told(error: &ExportError) -> Error {
    let text = error.text();
    Error::told(text.zh, text.en)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(Error::io(path.display().to_string()))
}

/// A version of the ledger, or the newest.
fn version(site: &Site, number: Option<u32>) -> Result<(LedgerVersion, Ledger), Error> {
    let found = site.db.read(|sql| match number {
        Some(number) => ledger::version(sql, i64::from(number)),
        None => ledger::current(sql),
    })?;
    found.ok_or_else(|| match number {
        Some(number) => {
            Error::told(format!("没有台账第 {number} 版"), format!("there is no version {number} of the ledger"))
        }
        None => Error::told(
            "还没有台账，请先运行 xunjian ledger import",
            "there is no ledger yet: run `xunjian ledger import` first",
        ),
    })
}

/// `ledger export`
pub(super) fn export(
    context: &Context,
    format: LedgerFormat,
    number: Option<u32>,
    out: &Path,
) -> Result<ExitCode, Error> {
    let (name, ledger) = version(&context.site()?, number)?;
    let mut written = Vec::new();
    match format {
        LedgerFormat::Xlsx => {
            write(out, &export::xlsx(&ledger, context.language).map_err(|error| told(&error))?)?;
            written.push(out.to_owned());
        }
        LedgerFormat::Netbox => {
            let files = export::netbox(&ledger).map_err(|error| told(&error))?;
            fs::create_dir_all(out).map_err(Error::io(out.display().to_string()))?;
            for file in files {
                let path = out.join(&file.name);
                write(&path, &file.bytes)?;
                written.push(path);
            }
        }
    }
    let (assets, vms, orders) = (ledger.assets.len(), ledger.vms.len(), ledger.orders.len());
    let json = json!({
        "version": name, "racks": ledger.racks.len(), "assets": assets, "vms": vms, "orders": orders, "files": written,
    });
    context.print(&json, |language| {
        let number = name.version;
        let mut lines = vec![say(
            language,
            format!("台账第 {number} 版：设备 {assets}，虚拟机 {vms}，订单 {orders}，已写入："),
            format!("Ledger version {number}: {assets} assets, {vms} virtual machines, {orders} orders, written to"),
        )];
        lines.extend(written.iter().map(|path| path.display().to_string()));
        lines.join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

/// `ledger diff`
pub(super) fn diff(context: &Context, from: u32, to: u32, xlsx: Option<&Path>) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let ((before, old), (after, new)) = (version(&site, Some(from))?, version(&site, Some(to))?);
    let changes = diff::diff(&old, &new);
    if let Some(path) = xlsx {
        write(path, &diff::sheets_by_owner(&changes, context.language).map_err(|error| told(&error))?)?;
    }
    let mut json = diff::to_json(&changes, context.language);
    json["from"] = json!(before);
    json["to"] = json!(after);
    context.print(&json, |language| {
        let mut lines: Vec<String> = changes.iter().map(|change| change.sentence(language)).collect();
        let counts = diff::counts(&changes);
        let counts: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{} {count}", kind.title().get(language))).collect();
        lines.push(format!("{from} → {to}: {}", counts.join(", ")));
        lines.extend(xlsx.map(|path| path.display().to_string()));
        lines.join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

/// `ledger mappings`
pub(super) fn mappings(context: &Context, command: Mappings) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let line = |one: &mappings::RememberedMapping| {
        let columns: Vec<String> = one.columns.iter().map(|(heading, field)| format!("{heading}={field}")).collect();
        format!("{}  {}  {}  {}", one.id.short(), one.said_at, one.said_by, columns.join(" "))
    };
    match command {
        Mappings::List => {
            let all = site.db.read(mappings::all)?;
            context.print(&json!(all), |language| {
                let head = say(
                    language,
                    format!("记住的列对应关系 {} 个", all.len()),
                    format!("{} mappings are remembered", all.len()),
                );
                std::iter::once(head).chain(all.iter().map(line)).collect::<Vec<_>>().join("\n")
            });
        }
        Mappings::Forget { id } => {
            let one = mappings::forget(&site, COMMAND_LINE, &id)?;
            context.print(&json!(one), |language| {
                say(language, format!("已忘记：{}", line(&one)), format!("forgotten: {}", line(&one)))
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}
