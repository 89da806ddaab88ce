//! `xunjian-verify`: checks an evidence pack, or the folder of an exported record, offline — bytes, signatures, keys, delivery,
//! receipt, photos — against a site root. No network code stands in this crate, and it trusts only what was pinned.
//!
//! | code | result | meaning |
//! |---|---|---|
//! | 0 | `ok` | 通过: everything fits, and the root is the pinned one |
//! | 1 | `failed` | 失败: something does not fit; file, step and reason are named |
//! | 3 | `root_not_pinned` | 自洽，未核对信任根: everything fits together, but no root was pinned |
//! | 4 | `incomplete` | 照片不全: what is there fits, but photos that the record names are missing |
//! | 5 | `revoked` | 签名密钥已吊销: everything fits, but a signer's key was revoked; the log's order decides whether before |
//!
//! Where several apply, 5 is told before 4, and 4 before 3. An export without any photo is whole with `--without-photos`. A pack
//! carries the log's order, so a revoked key there is judged: 5 only for a pack that a terminal made. A redacted pack is whole
//! with the photos that it says it has. A policy or key that cannot be read is wrong usage, 2.
//!
//! `xunjian-verify checkpoints A B` holds two checkpoints against each other: 0 the same state or one that extends it, 3 the
//! same without keys from a pinned root, 6 分叉 (one size, two roots: both notes are printed, they are the proof), 7 nothing
//! shows that one extends the other, 1 a note that cannot be read or that the log did not sign.

mod checkpoints;
mod export;
mod pack;
mod policy;
mod review;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use xunjian_proof::Sha256;

use crate::{
    checkpoints::{Compared, Verdict},
    export::{Failed, Passed},
};

/// 离线核验离线验真包或导出的巡检记录 · Check an evidence pack or an exported record offline.
///
/// 退出码 exit codes: 0 通过 ok · 1 失败 failed · 2 用法 usage · 3 自洽，未核对信任根 root not pinned ·
/// 4 照片不全 incomplete · 5 签名密钥已吊销 a signer's key was revoked
#[derive(Parser)]
#[command(name = "xunjian-verify", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    export: ExportArguments,
}

#[derive(Subcommand)]
enum Command {
    /// 比较同一日志的两个检查点，揭示分叉 · Hold two checkpoints of one log against each other.
    ///
    /// 退出码 exit codes: 0 一致 consistent · 1 失败 failed · 3 一致，未核对信任根 root not pinned · 6 分叉 forked ·
    /// 7 无法证明相承 unproven
    Checkpoints(CheckpointArguments),
}

#[derive(Args)]
struct CheckpointArguments {
    /// 第一个检查点文件 · The first note.
    first: PathBuf,
    /// 第二个检查点文件 · The second note.
    second: PathBuf,
    /// 含 site-root.json 与 key-statements 的导出目录，用于核对签名 · Folder of an export, for the keys.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// 纸质确认单上的站点根指纹 · Fingerprint of the site root, from paper.
    #[arg(long, requires = "keys")]
    root_fingerprint: Option<Sha256>,
    /// 大小不同时：`xunjian log export --since 较小者` 写出的文件 · For different sizes: the export since the smaller one.
    #[arg(long)]
    proof: Option<PathBuf>,
    /// 以 JSON 输出 · Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ExportArguments {
    /// 离线验真包文件，或 `xunjian-field records export` 写出的目录 · A pack, or the folder of an exported record.
    #[arg(required = true, value_name = "PACK")]
    folder: Option<PathBuf>,
    /// 纸质确认单上的站点根指纹 · Fingerprint of the site root, from paper.
    #[arg(long, visible_alias = "root")]
    root_fingerprint: Option<Sha256>,
    #[command(flatten)]
    pins: pack::PinArguments,
    /// 导出时未带照片，只核验记录本身 · The photos were left out on purpose: check the rest.
    #[arg(long)]
    without_photos: bool,
    /// 以 JSON 输出 · Print JSON.
    #[arg(long)]
    json: bool,
}

/// How it came out when nothing failed: the name for scripts, the exit code, the sentence for people.
fn verdict(passed: &Passed, arguments: &ExportArguments) -> (&'static str, u8, String) {
    if let Some((key, at)) = passed.revoked.first() {
        let sentence = format!(
            "签名密钥 {key} 已于 {at} 吊销：本记录是否在吊销之前存证，须查日志先后，单份导出无法判定 · \
             the key {key} was revoked at {at}: only the log's order tells whether this record came before, \
             and one export does not carry the log"
        );
        return ("revoked", 5, sentence);
    }
    let is_left_out = arguments.without_photos && passed.photos == 0;
    if passed.photos < passed.photos_named && !is_left_out {
        let (there, named) = (passed.photos, passed.photos_named);
        let sentence = format!(
            "照片不全：记录列出 {named} 张，目录中只有 {there} 张，其余未核验 · \
             incomplete: the record names {named} photos, {there} are here, the others were not checked"
        );
        return ("incomplete", 4, sentence);
    }
    if arguments.root_fingerprint.is_none() {
        return ("root_not_pinned", 3, "自洽，未核对信任根 · self-consistent, but no root was pinned".to_owned());
    }
    ("ok", 0, "校验通过 · verified".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        None => verify(&arguments.export),
        Some(Command::Checkpoints(arguments)) => compare(arguments),
    }
}

fn verify(arguments: &ExportArguments) -> ExitCode {
    let folder = arguments.folder.as_deref().unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let (root, without_photos) = (arguments.root_fingerprint, arguments.without_photos);
        return pack::verify(folder, root, &arguments.pins, without_photos, arguments.json);
    }
    match export::verify(folder, arguments.root_fingerprint) {
        Ok(passed) => {
            let (result, code, sentence) = verdict(&passed, arguments);
            if arguments.json {
                let json = json!({
                    "result": result,
                    "message": sentence,
                    "record": passed.record,
                    "steps": passed.steps,
                    "photos": passed.photos,
                    "photos_named": passed.photos_named,
                    "root_pinned": arguments.root_fingerprint.is_some(),
                    "revoked_keys": passed.revoked.iter().map(|(key, _)| key).collect::<Vec<_>>(),
                    "reviewed": passed.reviewed,
                    "not_after": passed.witnessed.as_ref().map(|(at, _)| at.0),
                    "witnessed_by": passed.witnessed.as_ref().map(|(_, who)| who),
                });
                println!("{json}");
            } else {
                passed.steps.iter().for_each(|step| println!("✓ {step}"));
                println!("{sentence}");
            }
            ExitCode::from(code)
        }
        Err(failed) => tell(&failed, arguments.json),
    }
}

fn tell(failed: &Failed, json: bool) -> ExitCode {
    if json {
        println!(
            "{}",
            json!({ "result": "failed", "file": failed.file, "step": failed.step, "reason": failed.reason })
        );
    } else {
        println!("✗ {} [{}] {}\n校验失败 · failed", failed.file, failed.step, failed.reason);
    }
    ExitCode::FAILURE
}

fn compare(arguments: &CheckpointArguments) -> ExitCode {
    let files = [arguments.first.as_path(), arguments.second.as_path()];
    let pinned = arguments.root_fingerprint;
    let compared = match checkpoints::compare(files, arguments.keys.as_deref(), pinned, arguments.proof.as_deref()) {
        Ok(compared) => compared,
        Err(failed) => return tell(&failed, arguments.json),
    };
    let (result, code, sentence) = judged(&compared, pinned.is_some());
    if arguments.json {
        let json = json!({
            "result": result, "message": sentence, "steps": compared.steps, "notes": compared.notes,
            "signatures_checked": compared.is_signed, "root_pinned": pinned.is_some(),
        });
        println!("{json}");
    } else {
        compared.steps.iter().for_each(|step| println!("· {step}"));
        if compared.verdict == Verdict::Forked {
            compared.notes.iter().for_each(|note| println!("----\n{note}----"));
        }
        println!("{sentence}");
    }
    ExitCode::from(code)
}

/// How it came out: the name for scripts, the exit code, the sentence for people.
fn judged(compared: &Compared, is_pinned: bool) -> (&'static str, u8, &'static str) {
    match compared.verdict {
        Verdict::Forked if compared.is_signed => (
            "forked",
            6,
            "分叉：同一日志密钥为同一大小签了两个树根，两份检查点即为证据 · forked: the log's key signed two roots for one size; \
             the two notes are the proof",
        ),
        Verdict::Forked => (
            "forked",
            6,
            "分叉：同一大小两个树根；未给 --keys，日志签名尚未核对 · forked: two roots for one size; without --keys the log's \
             signatures were not checked",
        ),
        Verdict::Unproven => (
            "unproven",
            7,
            "大小不同，没有成立的一致性证明：请取 xunjian log export --since 较小者 · the sizes differ and no proof holds: get \
             the export since the smaller one",
        ),
        Verdict::Same | Verdict::Extends if !is_pinned => {
            ("root_not_pinned", 3, "相承，未核对信任根 · consistent, but no root was pinned")
        }
        Verdict::Same => ("same", 0, "两份检查点相同 · the same state"),
        Verdict::Extends => ("extends", 0, "较大者承接较小者 · the larger one extends the smaller one"),
    }
}
