//! `pack`: evidence to take along, in one file.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use serde_json::json;
use xunjian_domain::hash::Sha256;
use xunjian_proof::pack::Profile;

use super::{Context, say};
use crate::{
    error::Error,
    pack::{self, Masks, Request, Wanted},
};

/// `xunjian pack`
#[derive(Args)]
pub struct Pack {
    /// 记录编号（SHA-256） · The record.
    #[arg(long, required_unless_present = "round", conflicts_with = "round")]
    record: Option<Sha256>,
    /// 轮次：季度如 2026Q4，或轮次编号 · The round: a quarter such as 2026Q4, or its id.
    #[arg(long)]
    round: Option<String>,
    /// 写入文件；中断后再次运行即续写 · File to write; run again after an interruption, it goes on.
    #[arg(long)]
    out: PathBuf,
    /// 脱敏：不含原图，只含遮盖副本 · No photo as it was taken, masked copies only.
    #[arg(long)]
    redacted: bool,
    /// 遮盖文件：由人查看照片并标注的矩形（仅脱敏） · What a person marked to be covered.
    #[arg(long, requires = "redacted")]
    masks: Option<PathBuf>,
    /// 按日志的这个大小制作；缺省为最新 · The log's size to make it at; the newest by default.
    #[arg(long)]
    at: Option<u64>,
    /// 附上自此大小起的一致性证明，供持有旧检查点的人比对，可多次 · Prove that the log extends this size, too.
    #[arg(long)]
    since: Vec<u64>,
}

impl Pack {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let wanted = match (self.record, &self.round) {
            (Some(record), _) => Wanted::Record(record),
            (None, named) => {
                Wanted::Round(site.db.read(|sql| pack::find_round(sql, named.as_deref().unwrap_or_default()))?)
            }
        };
        let masks = self.masks.as_deref().map_or(Ok(Masks::default()), Masks::read)?;
        let profile = if self.redacted { Profile::Redacted } else { Profile::Full };
        let request = Request { wanted, profile, masks, at: self.at, since: self.since };
        let written = pack::write_file(&site, &request, &self.out)?;
        context.print(&json!(written), |language| {
            let (file, bytes, size) = (written.file.display(), written.bytes, written.log_size);
            let (records, files, left_out) = (written.records, written.files, written.left_out);
            let (undelivered, manifest) = (written.undelivered, written.manifest);
            say(
                language,
                format!(
                    "已写入 {file}：{records} 份记录，{files} 个文件，{bytes} 字节，日志 {size} 条；未随附照片 {left_out} 张，\
                     未送达记录 {undelivered} 份\n清单 {manifest}\n核验：xunjian-verify {file} --root 纸上的指纹"
                ),
                format!(
                    "written to {file}: {records} records, {files} files, {bytes} bytes, the log at {size} leaves; {left_out} photos \
                     left out, {undelivered} records not delivered\nmanifest {manifest}\ncheck it: xunjian-verify {file} --root FINGERPRINT"
                ),
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}
