//! `xunjian-verify PACK`: one file in, a verdict out.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use serde_json::json;
use xunjian_proof::{
    Sha256,
    pack::check::{self, Pins, Report},
};

use crate::policy;

/// What is trusted and asked for, beside the pack.
#[derive(Args)]
pub struct PinArguments {
    /// 策略文件（JSON）：信任根、日志与见证方公钥、要求 · Policy file: root, keys of log and witnesses, requirements.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// 日志公钥（xunjian log export 打印），可多次 · Verifier key of the log.
    #[arg(long)]
    log: Vec<String>,
    /// 见证方公钥（xunjian-witness init 打印），可多次；须有其签名 · Verifier key of a witness, who must have cosigned.
    #[arg(long)]
    witness: Vec<String>,
    /// 至少几个见证方签过；缺省为全部 · How many of the witnesses must have cosigned; all by default.
    #[arg(long)]
    witness_quorum: Option<usize>,
    /// 已知的日志状态：检查点、见证方 state.json 或 xunjian log export 的文件，可多次 · A state of the log that is known.
    #[arg(long)]
    known: Vec<PathBuf>,
    /// 每份记录须有复核通过的签名 · Every record must be countersigned.
    #[arg(long)]
    require_countersignature: bool,
    /// 计划的每次巡检都须有记录 · Every planned visit must have a record.
    #[arg(long)]
    require_full_coverage: bool,
}

impl PinArguments {
    /// The pins of the policy file and the flags together; flags add to the file, and a fingerprint of the flags replaces its.
    fn pins(&self, root: Option<Sha256>) -> Result<Pins, String> {
        let mut pins = self.policy.as_deref().map_or(Ok(Pins::default()), policy::read)?;
        pins.root = root.or(pins.root);
        for (texts, is_cosigner) in [(&self.log, false), (&self.witness, true)] {
            for text in texts {
                let key = policy::verifier_key(text, is_cosigner)?;
                if is_cosigner { pins.witnesses.push(key) } else { pins.logs.push(key) }
            }
        }
        pins.quorum = self.witness_quorum.or(pins.quorum);
        for file in &self.known {
            pins.known.push(policy::known(file)?);
        }
        pins.needs_countersignature |= self.require_countersignature;
        pins.needs_full_coverage |= self.require_full_coverage;
        Ok(pins)
    }
}

/// Checks a pack and prints what it came to.
pub fn verify(
    file: &Path,
    root: Option<Sha256>,
    arguments: &PinArguments,
    without_photos: bool,
    json: bool,
) -> ExitCode {
    let pins = match arguments.pins(root) {
        Ok(pins) => pins,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(2);
        }
    };
    let input = match File::open(file) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::from(2);
        }
    };
    let report = check::check(input, &pins);
    let (result, code, sentence) = verdict(&report, pins.root.is_some(), without_photos);
    if json {
        let first = report.failures.first();
        let answer = json!({
            "result": result,
            "message": sentence,
            "file": first.map(|failed| &failed.file),
            "record": first.map(|failed| failed.record),
            "step": first.map(|failed| &failed.step),
            "reason": first.map(|failed| &failed.reason),
            "root_pinned": pins.root.is_some(),
            "report": report,
        });
        println!("{answer}");
    } else {
        report.steps.iter().for_each(|step| println!("✓ {step}"));
        report.notices.iter().for_each(|notice| println!("! {notice}"));
        report.not_understood.iter().for_each(|one| println!("? {one}"));
        for failed in &report.failures {
            let record = failed.record.map_or_else(String::new, |record| format!("（记录 record {record}）"));
            println!("✗ {}{record} [{}] {}", failed.file, failed.step, failed.reason);
        }
        println!("{sentence}");
    }
    ExitCode::from(code)
}

/// How it came out: the name for scripts, the exit code, the sentence for people.
fn verdict(report: &Report, is_pinned: bool, without_photos: bool) -> (&'static str, u8, String) {
    if !report.failures.is_empty() {
        return ("failed", 1, "校验失败 · failed".to_owned());
    }
    if let Some(key) = report.revoked.first() {
        let sentence = format!(
            "签名密钥 {key} 已吊销，本包不含其先后，无法判定 · the key {key} was revoked, and the pack does not show whether before"
        );
        return ("revoked", 5, sentence);
    }
    let (named, here) = report.photos;
    if !report.is_redacted && here < named && !(without_photos && here == 0) {
        let sentence = format!(
            "照片不全：列出 {named} 张，包内 {here} 张 · incomplete: {named} photos are named, {here} are here"
        );
        return ("incomplete", 4, sentence);
    }
    if !is_pinned {
        return ("root_not_pinned", 3, "自洽，未核对信任根 · self-consistent, but no root was pinned".to_owned());
    }
    if report.is_redacted {
        let masked = report.masked;
        let sentence = format!(
            "校验通过（脱敏包：{here} 张随附，{masked} 张为遮盖副本，其余仅有哈希） · verified (redacted: {here} of {named} photos \
             are here, {masked} as masked copies, of the others only the hash stands)"
        );
        return ("ok", 0, sentence);
    }
    ("ok", 0, "校验通过 · verified".to_owned())
}
