//! `log`: what travels to witnesses and back, and who they are.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use serde_json::json;
use xunjian_domain::{hash::Sha256, ids::PartyId};
use xunjian_proof::witness::WitnessApplication;
use xunjian_protocol::log::CosignatureOutcome;

use super::{
    Context,
    admin::{read_text, write_json},
    say,
};
use crate::{cosign, db::sql, error::Error, log::COMMAND_LINE};

/// `xunjian log …`
#[derive(Subcommand)]
pub enum Log {
    /// 导出最新检查点与一致性证明，交给见证方 · Write out the newest checkpoint with its proof, for a witness.
    Export {
        /// 见证方上次见证的大小（xunjian-witness status 给出）；首次为 0 · The size the witness cosigned last; 0 the first time.
        #[arg(long, conflicts_with = "witness")]
        since: Option<u64>,
        /// 按本机收到的该见证方最近一次见证导出 · From the last state this witness's signature came back for.
        #[arg(long)]
        witness: Option<String>,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// 收入见证方签过名的检查点 · Take a cosigned checkpoint in.
    ImportCosignature {
        /// `xunjian-witness cosign --out` 写出的文件 · The file that the witness wrote.
        file: PathBuf,
    },
    /// 列出谁见证到了哪里 · Who cosigned, and up to where.
    Cosigners,
    /// 为见证方的密钥向站点根申请声明（之后照常 key pending、key sign、key admit） · Ask the site root to vouch for a witness.
    AddWitness {
        /// `xunjian-witness init` 写出的申请文件 · The application that the witness wrote.
        file: PathBuf,
        /// 见证方所属单位编号，如 supervisor · Id of the organisation that stands behind it.
        #[arg(long)]
        party: String,
    },
    /// 取出一份记录的存证回执，附最早的外部见证 · Write out a record's receipt with the first outside cosignature.
    Receipt {
        /// 记录编号（SHA-256） · The record.
        record: Sha256,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
}

impl Log {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Export { since, witness, out } => export(context, since, witness, &out)?,
            Self::ImportCosignature { file } => {
                let imported = cosign::import(&context.site()?, COMMAND_LINE, &read_text(&file)?)?;
                context.print(&json!(imported), |language| {
                    let line = |one: &cosign::Imported| match one.outcome {
                        CosignatureOutcome::Stored => {
                            say(language, format!("{}：见证签名已收入", one.name), format!("{}: taken in", one.name))
                        }
                        CosignatureOutcome::Known => {
                            say(language, format!("{}：此前已收入", one.name), format!("{}: known already", one.name))
                        }
                        CosignatureOutcome::TimeRefused | CosignatureOutcome::Contradicts => say(
                            language,
                            format!("{}：见证时间早于其上次见证或超前一天以上，未收入；请校准见证方的时钟", one.name),
                            format!("{}: not taken, its clock ran backwards or is a day ahead: set it right", one.name),
                        ),
                    };
                    imported.iter().map(line).collect::<Vec<_>>().join("\n")
                });
                let is_taken = |one: &cosign::Imported| {
                    matches!(one.outcome, CosignatureOutcome::Stored | CosignatureOutcome::Known)
                };
                if !imported.iter().all(is_taken) {
                    return Ok(ExitCode::FAILURE);
                }
            }
            Self::Cosigners => cosigners(context)?,
            Self::AddWitness { file, party } => {
                let application: WitnessApplication = serde_json::from_str(&read_text(&file)?)?;
                let site = context.site()?;
                let statement = cosign::apply(&site, COMMAND_LINE, &application, &PartyId::new(party))?;
                let (name, key) = (&statement.holder, statement.key.id());
                context.print(&json!({ "witness": name, "key": key, "party": statement.party }), |language| {
                    say(
                        language,
                        format!(
                            "已为“{name}”申请，密钥指纹 {}；由站点根签发后生效（xunjian key pending）",
                            key.fingerprint()
                        ),
                        format!(
                            "asked for “{name}”, key {}; it counts once the root has signed (`xunjian key pending`)",
                            key.fingerprint()
                        ),
                    )
                });
            }
            Self::Receipt { record, out } => receipt(context, &record, &out)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn export(context: &Context, since: Option<u64>, witness: Option<String>, out: &std::path::Path) -> Result<(), Error> {
    let site = context.site()?;
    let since = match witness {
        None => since.unwrap_or(0),
        Some(name) => {
            cosign::cosigners(&site)?.iter().filter(|one| one.name == name).map(|one| one.size).max().unwrap_or(0)
        }
    };
    let request = cosign::request(&site, since)?;
    write_json(out, &request)?;
    let log_key = cosign::log_key(&site)?;
    context.print(&json!({ "out": out, "since": since, "log_key": log_key }), |language| {
        say(
            language,
            format!("已写入 {}（自第 {since} 条起），请交给见证方；日志公钥 {log_key}", out.display()),
            format!("written to {} (from leaf {since} on), for the witness; the log's key is {log_key}", out.display()),
        )
    });
    Ok(())
}

fn cosigners(context: &Context) -> Result<(), Error> {
    let standings = cosign::cosigners(&context.site()?)?;
    context.print(&json!(standings), |language| {
        let line = |one: &cosign::Standing| {
            let control = match (one.is_revoked, one.is_outside) {
                (true, _) => say(language, "密钥已吊销", "key revoked"),
                (false, true) => say(language, "不受服务方控制", "outside the operator's control"),
                (false, false) => say(language, "属服务方", "the operator's own"),
            };
            format!("{}  {}  {}  {}  {}  {control}", one.size, one.at, one.name, one.holder, one.party)
        };
        let head =
            say(language, format!("共同签名方 {} 个", standings.len()), format!("{} cosigners", standings.len()));
        std::iter::once(head).chain(standings.iter().map(line)).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

fn receipt(context: &Context, record: &Sha256, out: &std::path::Path) -> Result<(), Error> {
    let found = context.site()?.db.read(|sql| {
        let row = sql.first(sql!("delivered_of"), &[record.to_hex().into()])?;
        let hash = row.as_ref().map(|row| row.text(0)).transpose()?.and_then(|hash| hash.parse::<Sha256>().ok());
        hash.map_or(Ok(None), |hash| cosign::receipt(sql, &hash))
    })?;
    let Some((_, receipt)) = found else {
        return Err(Error::told(
            format!("记录 {record} 不在库中或尚未送达"),
            format!("there is no delivered record {record}"),
        ));
    };
    std::fs::write(out, receipt.to_string()).map_err(Error::io(out.display().to_string()))?;
    context.print(&json!({ "record": record, "out": out, "size": receipt.checkpoint.checkpoint.size }), |language| {
        say(language, format!("已写入 {}", out.display()), format!("written to {}", out.display()))
    });
    Ok(())
}
