//! `relay`: bundles of terminals in, answers out, and the invitation of a terminal that has no line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use xunjian_domain::{ids::TerminalId, text::Language};
use xunjian_protocol::relay::{DEFAULT_MAX_BYTES, Direction, ENDING, export::Written};

use super::{Context, say};
use crate::{
    enrol,
    error::Error,
    log::COMMAND_LINE,
    relay::{self, take::Received},
    site::Site,
};

/// `xunjian relay`
#[derive(Subcommand)]
pub enum Relay {
    /// 导入终端的摆渡包；可给目录，其中终端送来的包全部导入，次序和次数不限 · Take bundles in: files, or all of a folder.
    Import(Import),
    /// 为终端导出应答包 · Write the answers for a terminal, or for all.
    Export(Export),
    /// 查看并核验文件，不打开内容 · Check files without opening them.
    Show(Show),
    /// 为没有网络的新终端签发登记码和邀请文件 · Issue a code and an invitation for a terminal without a line.
    Invite(Invite),
    /// 各终端的摆渡情况 · How far the terminals' bundles have come.
    Status,
}

impl Relay {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Import(command) => command.run(context),
            Self::Export(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::Invite(command) => command.run(context),
            Self::Status => status(context),
        }
    }
}

/// `xunjian relay import`
#[derive(Args)]
pub struct Import {
    /// 文件或目录 · Files or folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Files as given; of a folder the bundles that go to a service, in the order of their names.
fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(Error::io(path.display().to_string()))?;
        let mut found = Vec::new();
        for entry in entries {
            let file = entry.map_err(Error::io(path.display().to_string()))?.path();
            let is_bundle = file.extension().is_some_and(|ending| ending == ENDING);
            // The answers for terminals lie beside what they answer: a stick goes to and fro.
            let goes_down = || relay::show(&file).is_ok_and(|verified| verified.header.direction == Direction::Down);
            if is_bundle && !goes_down() {
                found.push(file);
            }
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

impl Import {
    /// Each file by itself: one that is refused holds up no other.
    fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let files = files_of(&self.paths)?;
        let (mut documents, mut text, mut is_whole) = (Vec::new(), String::new(), true);
        for file in &files {
            let name = file.display().to_string();
            match relay::take::receive(&site, file) {
                Ok(received) => {
                    is_whole &= received.refused.is_empty() && !received.is_log_contradicted;
                    text += &told(context.language, &name, &received);
                    documents.push(json!({ "file": name, "received": received }));
                }
                Err(error) => {
                    is_whole = false;
                    let message = error.message();
                    text += &format!("{name}\n⚠ {}\n", message.get(context.language));
                    documents.push(json!({ "file": name, "error": message.get(context.language) }));
                }
            }
        }
        if files.is_empty() {
            text = say(context.language, "没有摆渡包", "there are no bundles");
        }
        context.print(&json!({ "files": documents }), |_| text);
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn told(language: Language, name: &str, received: &Received) -> String {
    let Received { terminal, part, .. } = received;
    if let Some(person) = &received.enrolled {
        return say(
            language,
            format!(
                "{name}\n终端 {terminal} 请求为 {person} 登记：密钥经站点根确认（key approve）后生效，请再导出应答\n"
            ),
            format!(
                "{name}\nterminal {terminal} is enrolled for {person}: have the root approve its keys, then export the answer\n"
            ),
        );
    }
    let mut text = say(
        language,
        format!(
            "{name}\n终端 {terminal} 第 {part} 部分：新收记录 {} 份（已有 {} 份，等待前一份 {} 份），照片 {} 张（已有 {} 张，等待记录 {} 张）；仍缺照片 {} 张\n",
            received.stored,
            received.identical,
            received.waiting,
            received.photos_stored,
            received.photos_known,
            received.photos_staged,
            received.photos_wanted
        ),
        format!(
            "{name}\nterminal {terminal}, part {part}: {} records stored ({} were here, {} wait for another), {} photos stored ({} were here, {} wait for their records); {} photos still missing\n",
            received.stored,
            received.identical,
            received.waiting,
            received.photos_stored,
            received.photos_known,
            received.photos_staged,
            received.photos_wanted
        ),
    );
    for (record, problem) in &received.refused {
        text += &format!("⚠ {} {problem}\n", record.short());
    }
    if received.photos_wrong > 0 {
        text += &say(
            language,
            format!("⚠ {} 张照片与记录中的哈希或大小不符，未收\n", received.photos_wrong),
            format!("⚠ {} photos are not what their records say, and were not taken\n", received.photos_wrong),
        );
    }
    if received.is_log_contradicted {
        text += &say(
            language,
            "⚠ 这台终端见过与本服务日志矛盾的检查点，已留作证据（xunjian log），请立即调查\n",
            "⚠ This terminal was shown a log state that contradicts this log. It is kept as evidence (xunjian log): look into it at once\n",
        );
    }
    text
}

/// `xunjian relay export`
#[derive(Args)]
pub struct Export {
    /// 终端编号 · Id of the terminal.
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    terminal: Option<String>,
    /// 所有送来过摆渡包的终端 · Every terminal that ever sent a bundle.
    #[arg(long)]
    all: bool,
    /// 写到哪个目录 · Folder to write to.
    #[arg(long)]
    folder: PathBuf,
    /// 每个文件最多多少字节，默认适合 FAT32 · Most bytes of a file; fits FAT32 unless said otherwise.
    #[arg(long, default_value_t = DEFAULT_MAX_BYTES)]
    max_bytes: u64,
}

impl Export {
    fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let terminals = match self.terminal {
            Some(terminal) => vec![TerminalId::new(terminal)],
            None => relay::standings(&site)?
                .into_iter()
                .filter(|standing| standing.received_at.is_some())
                .map(|standing| standing.terminal)
                .collect(),
        };
        let (mut documents, mut text) = (Vec::new(), String::new());
        for terminal in &terminals {
            let written = relay::answer::write(&site, terminal, &self.folder, self.max_bytes)?;
            text += &format!("{terminal}\n{}", lines(&written));
            documents.push(json!({ "terminal": terminal, "files": written }));
        }
        if terminals.is_empty() {
            text = say(context.language, "还没有终端送来过摆渡包", "no terminal has sent a bundle yet");
        }
        context.print(&json!({ "answers": documents }), |_| text);
        Ok(ExitCode::SUCCESS)
    }
}

fn lines(written: &[Written]) -> String {
    written.iter().map(|one| format!("  {}\t{}\n", one.file.display(), one.bytes)).collect()
}

/// `xunjian relay show`
#[derive(Args)]
pub struct Show {
    /// 文件 · Files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Show {
    /// Needs no site: whoever only carries a file can look at it.
    fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let (mut documents, mut text, mut is_whole) = (Vec::new(), String::new(), true);
        for file in &self.files {
            let (document, lines) = shown(context.language, file);
            is_whole &= document.get("error").is_none();
            documents.push(document);
            text += &lines;
        }
        context.print(&json!({ "files": documents }), |_| text);
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn shown(language: Language, file: &Path) -> (Value, String) {
    let name = file.display().to_string();
    let verified = match relay::show(file) {
        Ok(verified) => verified,
        Err(error) => {
            let message = error.message();
            let message = message.get(language);
            return (json!({ "file": name, "error": message }), format!("{name}\n⚠ {message}\n"));
        }
    };
    let header = &verified.header;
    let direction = match header.direction {
        Direction::Up => say(language, "终端 → 服务", "terminal to service"),
        Direction::Enrol => say(language, "登记请求 → 服务", "request to be enrolled"),
        Direction::Down => say(language, "服务 → 终端", "service to terminal"),
    };
    let (site, terminal, part) = (&header.site, &header.terminal, header.part);
    let text = say(
        language,
        format!("{name}\n完整，签名有效；{direction}，站点 {site}，终端 {terminal}，第 {part} 部分\n"),
        format!("{name}\nwhole, signature good; {direction}, site {site}, terminal {terminal}, part {part}\n"),
    );
    let json = json!({ "file": name, "header": header, "content": verified.content, "bytes": verified.bytes });
    (json, text)
}

/// `xunjian relay invite`
#[derive(Args)]
pub struct Invite {
    /// 人员姓名或编号 · Name or id of the person.
    #[arg(long)]
    person: String,
    /// 登记码在多少小时内有效，按服务端导入时的时钟计 · Hours the code is good for, by the service's clock at import.
    #[arg(long, default_value_t = 72)]
    hours: u32,
    /// 邀请文件写到哪里 · Where to write the invitation.
    #[arg(long)]
    out: PathBuf,
    /// 将来联网时的服务地址 · Where the service answers once there is a line.
    #[arg(long, default_value = "")]
    service_url: String,
}

impl Invite {
    fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site: Site = context.site()?;
        let invited = relay::invite(&site, COMMAND_LINE, &self.person, self.hours, &self.service_url)?;
        let out = self.out.display().to_string();
        fs::write(&self.out, serde_json::to_vec_pretty(&invited.invite)?).map_err(Error::io(out.clone()))?;
        let fingerprint = invited.invite.site_root.fingerprint()?;
        let code = enrol::grouped(&invited.code);
        let json = json!({
            "person": invited.person.id, "code": code, "expires_at": invited.expires_at, "invite": self.out,
            "root_fingerprint": fingerprint,
        });
        context.print(&json, |language| {
            say(
                language,
                format!(
                    "登记码 {code}（{}，{} 小时内有效，只能用一次；请当面或电话告知，不要写进U盘）\n邀请文件 {out}\n站点根指纹 {fingerprint}",
                    invited.person.name, self.hours
                ),
                format!(
                    "code {code} ({}, good for {} hours, once; tell it in person or on the phone, not on the stick)\ninvitation {out}\nroot fingerprint {fingerprint}",
                    invited.person.name, self.hours
                ),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn status(context: &Context) -> Result<ExitCode, Error> {
    let standings = relay::standings(&context.site()?)?;
    context.print(&json!({ "terminals": standings }), |language| {
        let mut text = String::new();
        for standing in &standings {
            let last = standing.received_at.map_or_else(|| "—".to_owned(), |at| at.to_string());
            text += &say(
                language,
                format!(
                    "{}\t{}\t最近导入 {last}\t等待中的记录 {}\n",
                    standing.terminal, standing.name, standing.waiting
                ),
                format!(
                    "{}\t{}\tlast import {last}\t{} records wait\n",
                    standing.terminal, standing.name, standing.waiting
                ),
            );
        }
        text
    });
    Ok(ExitCode::SUCCESS)
}
