//! `relay`: export, import, show, and an enrolment in two halves.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xunjian_domain::text::Language;
use xunjian_field::{Enrolment, Field, FieldError, RelayExport, RelayImported, show_bundle};
use xunjian_protocol::relay::{Direction, RelayInvite};

use super::{
    Session,
    arguments::{Enrol, Relay},
    failure::{Failure, exit_code},
    output::{Output, say},
    passphrase, setup,
    work::{report_exit, worst},
};

pub(super) async fn run(session: &Session, command: Relay) -> Result<Output, Failure> {
    match command {
        Relay::Export { folder, max_bytes, all } => {
            let options = RelayExport { max_bytes, all, language: session.language };
            export(session, &folder, &options)
        }
        Relay::Import { files } => {
            let field = session.open()?;
            let (json, text, exit) = import(session, &field, &files).await;
            Ok(Output::new(&json!({ "files": json }), text)?.with_exit(exit))
        }
        Relay::Show { files } => show(session, &files),
        Relay::Request { enrol, invite, folder } => request(session, &enrol, &invite, &folder).await,
        Relay::Finish { enrol, files } => finish(session, &enrol, &files).await,
    }
}

fn export(session: &Session, folder: &Path, options: &RelayExport) -> Result<Output, Failure> {
    let exported = session.open()?.relay_export(folder, options, |_| {})?;
    let mut text = say(
        session.language,
        format!(
            "已导出：记录 {} 份，照片 {} 张（此目录原有的包里已有 {} 张），共 {} 字节\n{}\n请交给服务端导入：xunjian relay import；拿到应答前，本机照常保存全部内容",
            exported.records,
            exported.photos,
            exported.photos_there,
            exported.bytes,
            exported.files.join("\n")
        ),
        format!(
            "Written: {} records, {} photos ({} are in bundles of this folder already), {} bytes\n{}\nTake them to the service: xunjian relay import. Everything stays here until the answer comes",
            exported.records,
            exported.photos,
            exported.photos_there,
            exported.bytes,
            exported.files.join("\n")
        ),
    );
    for fault in &exported.errors {
        text += &format!("\n⚠ {}", fault.message.get(session.language));
    }
    let exit = worst(exported.errors.iter().map(|fault| exit_code(fault.code, fault.retryable)));
    Ok(Output::new(&exported, text)?.with_exit(exit))
}

/// Each file by itself: one that is refused holds up no other.
async fn import(session: &Session, field: &Field, files: &[PathBuf]) -> (Vec<Value>, String, u8) {
    let (mut documents, mut text, mut exits) = (Vec::new(), String::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        match field.relay_import(file).await {
            Ok(imported) => {
                text += &told(session.language, &name, &imported);
                exits.push(report_exit(&imported.report));
                documents.push(json!({ "file": name, "imported": imported }));
            }
            Err(error) => {
                text += &format!("{name}\n⚠ {}\n", error.text().get(session.language));
                exits.push(exit_code(error.code(), error.is_retryable()));
                documents.push(json!({ "file": name, "error": Failure(error).json() }));
            }
        }
    }
    (documents, text, worst(exits))
}

fn told(language: Language, name: &str, imported: &RelayImported) -> String {
    let report = &imported.report;
    let mut text = say(
        language,
        format!(
            "{name}\n新送达 {} 份；服务已收下记录 {} 份；仍待送达 {} 份，待处理 {} 份\n",
            report.delivered, report.submitted, report.still_pending, report.quarantined
        ),
        format!(
            "{name}\n{} delivered; {} records taken in; {} still pending, {} set aside\n",
            report.delivered, report.submitted, report.still_pending, report.quarantined
        ),
    );
    if imported.is_older {
        text += &say(
            language,
            "这份应答比已导入的旧：只取其中对记录的确认\n",
            "This answer is older than one that was taken in: only its acknowledgements were used\n",
        );
    }
    if let Some(package) = report.package.as_ref().filter(|package| package.changed) {
        text += &say(
            language,
            format!("任务包已更新：{} 个轮次，{} 项任务\n", package.rounds, package.visits),
            format!("Work package updated: {} rounds, {} visits\n", package.rounds, package.visits),
        );
    }
    for fault in &report.errors {
        text += &format!("⚠ {}\n", fault.message.get(language));
    }
    text
}

fn show(session: &Session, files: &[PathBuf]) -> Result<Output, Failure> {
    let (mut documents, mut text, mut exits) = (Vec::new(), String::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        match show_bundle(file) {
            Ok(verified) => {
                let header = &verified.header;
                let direction = match header.direction {
                    Direction::Up => say(session.language, "终端 → 服务", "terminal to service"),
                    Direction::Enrol => say(session.language, "登记请求 → 服务", "request to be enrolled"),
                    Direction::Down => say(session.language, "服务 → 终端", "service to terminal"),
                };
                text += &say(
                    session.language,
                    format!(
                        "{name}\n完整，签名有效；{direction}，站点 {}，终端 {}，第 {} 部分\n",
                        header.site, header.terminal, header.part
                    ),
                    format!(
                        "{name}\nwhole, signature good; {direction}, site {}, terminal {}, part {}\n",
                        header.site, header.terminal, header.part
                    ),
                );
                documents.push(json!({
                    "file": name, "header": header, "content": verified.content, "bytes": verified.bytes,
                }));
            }
            Err(error) => {
                text += &format!("{name}\n⚠ {}\n", error.text().get(session.language));
                exits.push(exit_code(error.code(), error.is_retryable()));
                documents.push(json!({ "file": name, "error": Failure(error).json() }));
            }
        }
    }
    Ok(Output::new(&json!({ "files": documents }), text)?.with_exit(worst(exits)))
}

async fn request(session: &Session, enrol: &Enrol, invite: &Path, folder: &Path) -> Result<Output, Failure> {
    let bytes = std::fs::read(invite).map_err(|source| FieldError::File { path: invite.to_owned(), source })?;
    let invite: RelayInvite = serde_json::from_slice(&bytes).map_err(Failure::input)?;
    let field = session.locked()?;
    setup::open_for_newcomer(session, &field, enrol)?;
    let passphrase = passphrase::obtain(session)?;
    let written = field.relay_enrol_request(&invite, &enrolment(session, enrol, &passphrase), folder).await?;
    let fingerprint = invite.site_root.fingerprint().map_err(Failure::input)?;
    let text = say(
        session.language,
        format!(
            "登记请求已写到 {}，请交给服务端导入\n站点根指纹 {fingerprint}（请与纸面逐位核对）\n拿到应答后：xunjian-field relay enrol --code 登记码 --name {} 应答文件",
            written.file.display(),
            enrol.name
        ),
        format!(
            "The request is in {}: take it to the service\nSite root {fingerprint} (compare it with the one on paper, digit by digit)\nWith the answer: xunjian-field relay enrol --code CODE --name {} ANSWER",
            written.file.display(),
            enrol.name
        ),
    );
    Output::new(&json!({ "file": written.file, "bytes": written.bytes, "root_fingerprint": fingerprint }), text)
}

async fn finish(session: &Session, enrol: &Enrol, files: &[PathBuf]) -> Result<Output, Failure> {
    let field = session.locked()?;
    setup::open_for_newcomer(session, &field, enrol)?;
    let passphrase = passphrase::obtain(session)?;
    let Some(first) = files.first() else { return Err(Failure::input("FILE")) };
    let enrolled = field.relay_enrol(&enrolment(session, enrol, &passphrase), first).await?;
    let (imported, text, exit) = import(session, &field, files).await;
    let text = format!("{}\n{text}", setup::told(session.language, &enrolled));
    Ok(Output::new(&json!({ "enrolled": enrolled, "files": imported }), text)?.with_exit(exit))
}

fn enrolment<'a>(
    session: &'a Session,
    enrol: &'a Enrol,
    passphrase: &'a xunjian_field::keys::Passphrase,
) -> Enrolment<'a> {
    Enrolment {
        code: &enrol.code,
        terminal_name: &enrol.name,
        service_url: session.service.as_deref().unwrap_or_default(),
        root_fingerprint: enrol.root_fingerprint.as_deref(),
        passphrase,
    }
}
