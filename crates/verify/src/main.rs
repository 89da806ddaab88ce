//! `xunjian-verify`: checks an exported record offline — bytes, signatures, keys, delivery, receipt, photos — against a
//! site root. No network code stands in this crate, and it trusts only the root that was pinned.
//!
//! | code | result | meaning |
//! |---|---|---|
//! | 0 | `ok` | 通过: everything fits, and the root is the pinned one |
//! | 1 | `failed` | 失败: something does not fit; file, step and reason are named |
//! | 3 | `root_not_pinned` | 自洽，未核对信任根: everything fits together, but no root was pinned |
//! | 4 | `incomplete` | 照片不全: what is there fits, but photos that the record names are missing |
//! | 5 | `revoked` | 签名密钥已吊销: everything fits, but a signer's key was revoked; the log's order decides whether before |
//!
//! Where several apply, 5 is told before 4, and 4 before 3. An export without any photo is whole with `--without-photos`.

mod export;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use serde_json::json;
use xunjian_proof::Sha256;

use crate::export::Passed;

/// 离线核验一份导出的巡检记录 · Check an exported record offline.
///
/// 退出码 exit codes: 0 通过 ok · 1 失败 failed · 2 用法 usage · 3 自洽，未核对信任根 root not pinned ·
/// 4 照片不全 incomplete · 5 签名密钥已吊销 a signer's key was revoked
#[derive(Parser)]
#[command(name = "xunjian-verify", version)]
struct Arguments {
    /// `xunjian-field records export` 写出的目录 · Folder of an exported record.
    folder: PathBuf,
    /// 纸质确认单上的站点根指纹 · Fingerprint of the site root, from paper.
    #[arg(long)]
    root_fingerprint: Option<Sha256>,
    /// 导出时未带照片，只核验记录本身 · The photos were left out on purpose: check the rest.
    #[arg(long)]
    without_photos: bool,
    /// 以 JSON 输出 · Print JSON.
    #[arg(long)]
    json: bool,
}

/// How it came out when nothing failed: the name for scripts, the exit code, the sentence for people.
fn verdict(passed: &Passed, arguments: &Arguments) -> (&'static str, u8, String) {
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
    match export::verify(&arguments.folder, arguments.root_fingerprint) {
        Ok(passed) => {
            let (result, code, sentence) = verdict(&passed, &arguments);
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
                });
                println!("{json}");
            } else {
                passed.steps.iter().for_each(|step| println!("✓ {step}"));
                println!("{sentence}");
            }
            ExitCode::from(code)
        }
        Err(failed) => {
            if arguments.json {
                println!(
                    "{}",
                    json!({ "result": "failed", "file": failed.file, "step": failed.step, "reason": failed.reason })
                );
            } else {
                println!("✗ {} [{}] {}\n校验失败 · failed", failed.file, failed.step, failed.reason);
            }
            ExitCode::FAILURE
        }
    }
}
