//! `recover` and `recovery-key`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;
use serde_json::json;
use xunjian_protocol::recovery::RecoveryRequest;

use super::{Context, admin, say};
use crate::{error::Error, recovery};

/// `xunjian recover`: on the machine of whoever keeps the recovery key; needs no site.
#[derive(Args)]
pub struct Recover {
    /// 恢复密钥文件 · The recovery key.
    #[arg(long)]
    key: PathBuf,
    /// 终端写出的请求文件 · The file that the terminal wrote.
    request: PathBuf,
    /// 应答写到哪个文件 · Where to write the answer.
    #[arg(long)]
    out: PathBuf,
    /// 已在电话里核对终端名称和校验码 · Name and code were compared on the phone.
    #[arg(long)]
    yes: bool,
}

impl Recover {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let text = fs::read_to_string(&self.request).map_err(Error::io(self.request.display().to_string()))?;
        let request: RecoveryRequest = serde_json::from_str(&text)?;
        let (name, spoken) = (&request.terminal_name, request.spoken());
        let shown = say(
            context.language,
            format!("终端“{name}”（{}）请求打开它的数据，校验码 {spoken}", request.terminal),
            format!("the terminal “{name}” ({}) asks to open its data, code {spoken}", request.terminal),
        );
        admin::confirm(context, &shown, self.yes)?;
        let answer = recovery::answer(&self.key, &request)?;
        fs::write(&self.out, serde_json::to_vec_pretty(&answer)?).map_err(Error::io(self.out.display().to_string()))?;
        context.print(&json!({ "terminal": request.terminal, "spoken": spoken, "answer": self.out }), |language| {
            let out = self.out.display();
            say(
                language,
                format!("应答已写到 {out}：只有这台终端打得开。用毕请删除"),
                format!("the answer is in {out}: only this terminal can open it. Delete it after use"),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}

/// `xunjian recovery-key`
#[derive(Args)]
pub struct RecoveryKey {
    /// 根密钥目录：为建站较早的站点补建恢复密钥 · Folder of the root keys: makes the key of a site that has none.
    #[arg(long)]
    root: Option<PathBuf>,
}

impl RecoveryKey {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let fingerprint = match &self.root {
            Some(root) => Some(recovery::add(&site, root, &admin::root_signers(root)?)?),
            None => site.db.read(recovery::fingerprint)?,
        };
        context.print(&json!({ "fingerprint": fingerprint }), |language| match fingerprint {
            Some(fingerprint) => {
                say(language, format!("恢复密钥指纹 {fingerprint}"), format!("recovery key {fingerprint}"))
            }
            None => say(
                language,
                "站点还没有恢复密钥，可用 --root 补建",
                "the site has no recovery key: make one with --root",
            ),
        });
        Ok(ExitCode::SUCCESS)
    }
}
