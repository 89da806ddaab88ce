//! `xunjian-witness`: the 见证方's own tool. It remembers the last state of a site's log that it cosigned and cosigns the next
//! one only with a proof that it extends it. Files in, files out: no network code stands in this crate.
//!
//! | code | result | meaning |
//! |---|---|---|
//! | 0 | `ok` | done |
//! | 1 | `failed` | a file cannot be read or written, or the clock ran backwards; the sentence says what to do |
//! | 3 | `shrunk` | 日志变短: the log lost what it had shown; not cosigned |
//! | 4 | `forked` | 日志分叉: the log shows another history; not cosigned, both notes are kept as evidence |
//! | 5 | `not_trusted` | 不是本站点的日志: another site, or not signed by a key the root vouches for |
//! | 6 | `other_start` | the proof begins at another size than this witness knows; export again |
//!
//! The state is on the disk, flushed, before a signature is handed out, and never goes back: a crash in between loses a
//! signature, which the same request gets again, and never the memory of what was signed.

mod folder;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use serde_json::json;
use xunjian_proof::{
    Sha256,
    note::cosigner_verifier_key,
    statement::SiteRoot,
    suite::{Ed25519Signer, Signer as _},
    witness::{Refusal, WitnessApplication, WitnessRequest, WitnessState},
};

use crate::folder::Folder;

/// 日志见证：以文件往来见证一个站点的日志，不连网 · Cosign a site's log by file exchange, offline.
///
/// 退出码 exit codes: 0 完成 ok · 1 失败 failed · 2 用法 usage · 3 日志变短 shrunk · 4 日志分叉 forked ·
/// 5 不是本站点的日志 not trusted · 6 证明起点不符 other start
#[derive(Parser)]
#[command(name = "xunjian-witness", version)]
struct Arguments {
    /// 以 JSON 输出 · Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 建立见证方：生成密钥（仅本机可读）与申请文件 · Make a witness: its key and its application.
    Init {
        /// 存放密钥与状态的新目录 · New folder for key and state.
        folder: PathBuf,
        /// 服务端数据目录中的 site-root.json · The site's root.
        #[arg(long)]
        site_root: PathBuf,
        /// 纸质确认单上的站点根指纹 · Fingerprint of the site root, from paper.
        #[arg(long)]
        root_fingerprint: Sha256,
        /// 见证方名称，如 witness.jianli.example/gz-a（不含空格和加号） · Name it cosigns under.
        #[arg(long)]
        name: String,
        /// 申请文件，交服务端 xunjian log add-witness · File for `xunjian log add-witness`.
        #[arg(long)]
        application: PathBuf,
    },
    /// 核对并见证一个检查点 · Check a checkpoint and cosign it.
    Cosign {
        /// 见证方目录 · Folder of the witness.
        folder: PathBuf,
        /// `xunjian log export` 写出的文件 · The file that `xunjian log export` wrote.
        request: PathBuf,
        /// 写入签过名的检查点，交服务端 xunjian log import-cosignature · File for `xunjian log import-cosignature`.
        #[arg(long)]
        out: PathBuf,
    },
    /// 显示已见证到哪里 · Show what was cosigned last.
    Status {
        /// 见证方目录 · Folder of the witness.
        folder: PathBuf,
    },
}

/// Why a command ends.
struct Failed {
    result: &'static str,
    code: u8,
    sentence: String,
}

impl Failed {
    fn other(what: impl std::fmt::Display) -> Self {
        Self { result: "failed", code: 1, sentence: what.to_string() }
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        let (result, code, zh) = match &refusal {
            Refusal::Shrunk { had, has } => (
                "shrunk",
                3,
                format!("未见证：日志变短。上次见证时有 {had} 条，现在只有 {has} 条。请保留文件并报告管理方"),
            ),
            Refusal::Forked { had, size, .. } => (
                "forked",
                4,
                format!(
                    "未见证：日志分叉。所示 {size} 条的历史与上次见证的 {had} 条不相承。两份检查点已留作证据，请报告管理方"
                ),
            ),
            Refusal::OtherStart { known, .. } => (
                "other_start",
                6,
                format!(
                    "未见证：证明的起点不是上次见证的 {known} 条。请服务方用 xunjian log export --since {known} 重新导出"
                ),
            ),
            Refusal::ClockBehind { .. } => ("failed", 1, "未见证：本机时钟早于上次见证的时间，请先校准".to_owned()),
            Refusal::OtherSite { .. } | Refusal::Note(_) | Refusal::Keyring(_) | Refusal::Document(_) => {
                ("not_trusted", 5, "未见证：文件不是本站点的日志，或签名的密钥未经站点根声明".to_owned())
            }
        };
        Self { result, code, sentence: format!("{zh} · not cosigned: {refusal}") }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the witness's own clock is what it puts on a checkpoint; read here only"
)]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, Failed> {
    let wrong = |error: &dyn std::fmt::Display| Failed::other(format!("{}: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(&error))
}

fn init(
    folder: &Path,
    (site_root, pinned): (&Path, Sha256),
    name: &str,
    application: &Path,
) -> Result<(serde_json::Value, String), Failed> {
    let root: SiteRoot = parse(site_root)?;
    let found = root.fingerprint().map_err(Failed::other)?;
    if found != pinned {
        return Err(Failed {
            result: "not_trusted",
            code: 5,
            sentence: format!(
                "站点根指纹是 {found}，与纸质确认单不符 · the site root has the fingerprint {found}, not the one on paper"
            ),
        });
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failed::other)?;
    let signer = Ed25519Signer::from_seed(&seed);
    let state = WitnessState::new(root, name, signer.public_key()).map_err(Failed::other)?;
    let applied = WitnessApplication::new(&state.site_root.site, name, &signer).map_err(Failed::other)?;
    let verifier_key = cosigner_verifier_key(name, &state.key).map_err(Failed::other)?;
    Folder::create(folder, &signer, &state)?;
    folder::put(application, &serde_json::to_vec_pretty(&applied).map_err(Failed::other)?)?;
    let (key, origin) = (state.key.id(), &state.site_root.log_origin);
    let sentence = format!(
        "见证方“{name}”已建立，见证日志 {origin}。请在纸质确认单上记下 · the witness is made; write down on paper:\n  \
         密钥指纹 fingerprint  {}\n  密钥编号 key id       {key}\n  验证公钥 verifier key {verifier_key}\n\
         申请文件 application: {}",
        key.fingerprint(),
        application.display()
    );
    let json = json!({
        "result": "ok", "name": name, "origin": origin, "key": key, "fingerprint": key.fingerprint(),
        "verifier_key": verifier_key, "application": application,
    });
    Ok((json, sentence))
}

fn cosign(folder: &Path, request: &Path, out: &Path) -> Result<(serde_json::Value, String), Failed> {
    let folder = Folder::open(folder)?;
    let state = folder.state()?;
    let request: WitnessRequest = parse(request)?;
    let seconds = now();
    let (next, mut note) = match state.advance(&request, seconds) {
        Ok(judged) => judged,
        Err(refusal) => {
            if matches!(refusal, Refusal::Forked { .. } | Refusal::Shrunk { .. }) {
                folder.keep_evidence(&state.last, &request.checkpoint)?;
            }
            return Err(refusal.into());
        }
    };
    let signer = folder.key()?;
    if signer.public_key() != state.key {
        return Err(Failed::other("密钥文件不是本见证方的 · the key file is not this witness's"));
    }
    // From here on this state is what the witness vouches for, whether or not the signature arrives.
    folder.put_state(&next)?;
    note.cosign(&state.name, seconds, &signer).map_err(Failed::other)?;
    folder::put(out, note.to_string().as_bytes())?;
    let (size, root) = (note.checkpoint.size, note.checkpoint.root);
    let json = json!({ "result": "ok", "size": size, "root": root, "at": seconds, "out": out });
    let sentence = format!(
        "已见证 {size} 条 cosigned {size} leaves, root {root}\n签名文件 {}，请交服务端 xunjian log import-cosignature · \
         hand it to the service",
        out.display()
    );
    Ok((json, sentence))
}

fn status(folder: &Path) -> Result<(serde_json::Value, String), Failed> {
    let state = Folder::open(folder)?.state()?;
    let last = state.last().map_err(Failed::other)?;
    let (size, root) = last.map_or((0, String::new()), |note| (note.checkpoint.size, note.checkpoint.root.to_hex()));
    let key = state.key.id();
    let verifier_key = cosigner_verifier_key(&state.name, &state.key).map_err(Failed::other)?;
    let json = json!({
        "result": "ok", "name": state.name, "origin": state.site_root.log_origin, "site": state.site_root.site,
        "key": key, "verifier_key": verifier_key, "size": size, "root": root, "at": state.last_seconds,
    });
    let sentence = format!(
        "{}  {}\n见证到 cosigned up to {size} {root}\n下次请服务方导出 next time: xunjian log export --since {size}\n{verifier_key}",
        state.name,
        key.fingerprint()
    );
    Ok((json, sentence))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Command::Init { folder, site_root, root_fingerprint, name, application } => {
            init(folder, (site_root, *root_fingerprint), name, application)
        }
        Command::Cosign { folder, request, out } => cosign(folder, request, out),
        Command::Status { folder } => status(folder),
    };
    match result {
        Ok((json, sentence)) => {
            if arguments.json {
                println!("{json}");
            } else {
                println!("{sentence}");
            }
            ExitCode::SUCCESS
        }
        Err(failed) => {
            if arguments.json {
                println!("{}", json!({ "result": failed.result, "message": failed.sentence }));
            }
            eprintln!("{}", failed.sentence);
            ExitCode::from(failed.code)
        }
    }
}
