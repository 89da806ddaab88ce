//! `xunjian-verify`: checks an exported record offline — bytes, signatures, keys, delivery, receipt, photos — against a
//! site root. No network code stands in this crate, and it trusts only the root that was pinned.
//!
//! Exit codes: 0 通过; 3 自洽，未核对信任根 (everything fits, but no root was pinned); 1 failed, naming file and step.

mod export;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use serde_json::json;
use xunjian_proof::Sha256;

/// 离线核验一份导出的巡检记录 · Check an exported record offline.
#[derive(Parser)]
#[command(name = "xunjian-verify", version)]
struct Arguments {
    /// `xunjian-field records export` 写出的目录 · Folder of an exported record.
    folder: PathBuf,
    /// 纸质确认单上的站点根指纹 · Fingerprint of the site root, from paper.
    #[arg(long)]
    root_fingerprint: Option<Sha256>,
    /// 以 JSON 输出 · Print JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let pinned = arguments.root_fingerprint;
    match export::verify(&arguments.folder, pinned) {
        Ok(passed) => {
            if arguments.json {
                println!(
                    "{}",
                    json!({ "result": if pinned.is_some() { "ok" } else { "root_not_pinned" }, "record": passed.record, "steps": passed.steps, "photos": passed.photos })
                );
            } else {
                passed.steps.iter().for_each(|step| println!("✓ {step}"));
                println!(
                    "{}",
                    if pinned.is_some() {
                        "校验通过 · verified"
                    } else {
                        "自洽，未核对信任根 · self-consistent, but no root was pinned"
                    }
                );
            }
            ExitCode::from(if pinned.is_some() { 0 } else { 3 })
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
