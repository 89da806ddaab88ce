//! The admin command `xunjian`: parses, calls one use case, prints. `--json` prints the same for programs.
//!
//! Exit codes: 0 done; 1 refused or damaged, with a sentence that says what to do; 2 wrong usage.

mod account;
mod admin;
mod calendar;
mod closing;
mod finding;
mod ledger;
mod log;
mod monitoring;
mod pack;
mod recovery;
mod relay;
mod report;
mod review;
mod serve;
mod thresholds;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use xunjian_domain::text::Language;

use crate::{drawing::Progress, error::Error, site::Site};

/// 巡检中心服务与管理命令 · The central service and its admin commands.
#[derive(Parser)]
#[command(name = "xunjian", version)]
struct Arguments {
    /// 站点数据目录 · Folder of the site's data.
    #[arg(long, env = "XUNJIAN_DATA", default_value = "var/central", global = true)]
    data: PathBuf,
    /// 以 JSON 输出 · Print JSON.
    #[arg(long, global = true)]
    json: bool,
    /// 语言 zh-CN 或 en · Language of messages.
    #[arg(long, env = "XUNJIAN_LANG", global = true)]
    lang: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 建立站点：单位、信任根、密钥与日志 · Make a site.
    Init(admin::Init),
    /// 启动服务 · Serve terminals.
    Serve(serve::Serve),
    /// 台账 · The ledger.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// 巡检轮次 · Rounds.
    #[command(subcommand)]
    Round(ledger::Round),
    /// 打印标签 · Print labels.
    Labels(ledger::Labels),
    /// 人员 · People.
    #[command(subcommand)]
    User(admin::User),
    /// 控制台账号 · Accounts of the console.
    #[command(subcommand)]
    Account(account::Account),
    /// 终端 · Terminals.
    #[command(subcommand)]
    Terminal(admin::Terminal),
    /// 密钥：待确认、签发、吊销 · Keys: pending, signed, revoked.
    #[command(subcommand)]
    Key(admin::Key),
    /// 用恢复密钥应答一台无人能解锁的终端（离线） · Answer a terminal that nobody can unlock, with the recovery key (offline).
    Recover(recovery::Recover),
    /// 站点的恢复密钥：查看指纹，或为旧站点补建 · The site's recovery key: its fingerprint, or make one.
    RecoveryKey(recovery::RecoveryKey),
    /// 摆渡包：没有网络的终端用文件同步 · Synchronisation by files with terminals that have no line.
    #[command(subcommand)]
    Relay(relay::Relay),
    /// 另存待查的记录 · Records that were refused and kept aside.
    #[command(subcommand)]
    Aside(serve::Aside),
    /// 复核：记录的复核状态与复核签名 · How records stand with their reviewers.
    #[command(subcommand)]
    Review(review::Review),
    /// 整改：立项、分派、反馈、确认、提交、复核关闭 · What becomes of problems and discrepancies.
    #[command(subcommand)]
    Finding(finding::Finding),
    /// 工作日历：5×8 计时所用的工作日与时段 · When working hours run.
    #[command(subcommand)]
    Calendar(calendar::Calendar),
    /// 日志的见证：导出、收入见证签名、登记见证方 · Cosignatures of the log.
    #[command(subcommand)]
    Log(log::Log),
    /// 监控数据：导入、按附录 B 和附录 C 判断、统计 · Monitoring data: import, judge by Annexes B and C, statistics.
    #[command(subcommand)]
    Monitoring(monitoring::Monitoring),
    /// 评估阈值：查看、设定、列出 · Thresholds of Annexes B and C.
    #[command(subcommand)]
    Thresholds(thresholds::ThresholdsCommand),
    /// 报告：巡检报告、巡检记录、台账、监控报告、工单、服务报告（PDF/A 与 XLSX） · Reports.
    #[command(subcommand)]
    Report(report::Report),
    /// 制作离线验真包：一份记录或一个轮次，一个文件 · Make an evidence pack of a record or a round.
    Pack(pack::Pack),
    /// 从存储的字节重新核验全部记录、回执与照片 · Verify everything from stored bytes.
    VerifyAll,
    /// 重新推导日志、终端链与附件并指出每处损坏 · Derive log, chains and blobs again.
    Fsck,
    /// 输出 OpenAPI 文档 · Print the OpenAPI document.
    Openapi,
}

/// What a command shares.
struct Context {
    data: PathBuf,
    json: bool,
    language: Language,
}

impl Context {
    fn site(&self) -> Result<Site, Error> {
        Site::open(&self.data)
    }

    /// Prints the JSON for programs or the text for people.
    fn print(&self, json: &serde_json::Value, people: impl FnOnce(Language) -> String) {
        if self.json {
            println!("{json}");
        } else {
            println!("{}", people(self.language).trim_end());
        }
    }

    /// Shows how far something is to a person who sits before it.
    fn progress(&self, progress: &Progress) {
        if std::io::stderr().is_terminal() {
            let end = if progress.done == progress.of { "\n" } else { "" };
            eprint!("\r{}    {end}", progress.text().get(self.language));
        }
    }
}

/// Chinese or English, as asked.
fn say(language: Language, zh: impl Into<String>, en: impl Into<String>) -> String {
    match language {
        Language::Zh => zh.into(),
        Language::En => en.into(),
    }
}

/// Runs the command line.
#[must_use]
pub fn run() -> ExitCode {
    #[cfg(debug_assertions)]
    kill_points();
    let arguments = Arguments::parse();
    let language = arguments
        .lang
        .or_else(|| std::env::var("LC_ALL").ok().filter(|tag| !tag.is_empty()))
        .or_else(|| std::env::var("LANG").ok())
        .map_or(Language::Zh, |tag| Language::from_tag(&tag));
    let context = Context { data: arguments.data, json: arguments.json, language };
    let result = match arguments.command {
        Command::Init(command) => command.run(&context),
        Command::Serve(command) => command.run(&context),
        Command::Ledger(command) => command.run(&context),
        Command::Round(command) => command.run(&context),
        Command::Labels(command) => command.run(&context),
        Command::User(command) => command.run(&context),
        Command::Account(command) => command.run(&context),
        Command::Terminal(command) => command.run(&context),
        Command::Key(command) => command.run(&context),
        Command::Recover(command) => command.run(&context),
        Command::RecoveryKey(command) => command.run(&context),
        Command::Relay(command) => command.run(&context),
        Command::Aside(command) => command.run(&context),
        Command::Review(command) => command.run(&context),
        Command::Finding(command) => command.run(&context),
        Command::Calendar(command) => command.run(&context),
        Command::Log(command) => command.run(&context),
        Command::Monitoring(command) => command.run(&context),
        Command::Thresholds(command) => command.run(&context),
        Command::Report(command) => command.run(&context),
        Command::Pack(command) => command.run(&context),
        Command::VerifyAll => serve::verify(&context, crate::integrity::verify_all),
        Command::Fsck => serve::verify(&context, crate::integrity::fsck),
        Command::Openapi => serve::openapi(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            let message = error.message();
            if context.json {
                println!("{}", serde_json::json!({ "error": message.get(language) }));
            }
            eprintln!("{}", message.get(language));
            ExitCode::FAILURE
        }
    }
}

/// In debug builds only: dies by SIGKILL at the effect that `XUNJIAN_KILL_AT` names, after writing its name to the file
/// `XUNJIAN_KILL_MARK`, so that a test can assert that the effect was reached.
#[cfg(debug_assertions)]
fn kill_points() {
    let Ok(effect) = std::env::var("XUNJIAN_KILL_AT") else { return };
    let name = effect.clone();
    let armed = fail::cfg_callback(effect, move || {
        if let Ok(mark) = std::env::var("XUNJIAN_KILL_MARK") {
            let _ = std::fs::write(mark, &name);
        }
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
    if let Err(error) = armed {
        eprintln!("XUNJIAN_KILL_AT: {error}");
    }
}
