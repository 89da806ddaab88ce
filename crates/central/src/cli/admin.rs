//! `init`, `user`, `terminal`, `key`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::json;
use xunjian_domain::{
    ids::{PartyId, SiteId},
    party::{PartyKind, Role},
    text::Language,
};
use xunjian_proof::{
    note::verifier_key,
    statement::{HolderKind, KeyStatement, PartyRef},
    suite::{Ed25519Signer, KeyId, Signer as _},
};

use super::{Context, say};
use crate::{
    enrol::{self, KeyRequests, RevocationFile},
    error::Error,
    keys,
    log::COMMAND_LINE,
    recovery,
    site::{NewSite, Site},
};

/// `xunjian init`
#[derive(Args)]
pub struct Init {
    /// 站点编号（小写字母、数字、短横） · Id of the site.
    #[arg(long)]
    id: String,
    /// 站点名称 · Name of the site.
    #[arg(long)]
    name: String,
    /// 标签网址中的主机名 · Host in label payloads.
    #[arg(long)]
    host: String,
    /// 服务台电话（5.2.1.2） · Number of the service desk.
    #[arg(long, default_value = "")]
    service_desk: String,
    /// 单位，形如 provider=名称；同类两家写 consumer:编号=名称（provider、manager、supervisor、consumer） · Organisations.
    #[arg(long = "party", required = true)]
    parties: Vec<String>,
    /// 根密钥存放目录，请交由管理方或监理方离线保管 · Folder for the root keys, to be kept offline.
    #[arg(long)]
    root: PathBuf,
    /// 根密钥数量 · Number of root keys.
    #[arg(long, default_value_t = 1)]
    root_keys: u32,
    /// 签发所需根签名数 · Root signatures needed.
    #[arg(long, default_value_t = 1)]
    threshold: u32,
}

impl Init {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(is_plain) {
            return Err(Error::told(
                "站点编号只能用小写字母、数字和短横",
                "a site id holds lower-case letters, digits and dashes only",
            ));
        }
        let parties = self.parties.iter().map(|text| parse_party(text)).collect::<Result<_, _>>()?;
        let new = NewSite {
            id: SiteId::new(self.id),
            name: self.name,
            label_host: self.host,
            service_desk: self.service_desk,
            parties,
            root_keys: self.root_keys,
            threshold: self.threshold,
        };
        let site = Site::init(&context.data, &self.root, &new)?;
        let root = &site.settings.root;
        let fingerprint = root.fingerprint()?;
        let log_key = verifier_key(&root.log_origin, &site.keys.log.public_key())?;
        let keys = [
            ("service", &site.keys.service),
            ("log", &site.keys.log),
            ("clock", &site.keys.clock),
            ("label", &site.keys.label),
        ];
        let named: Vec<(String, String)> =
            keys.iter().map(|(name, key)| ((*name).to_owned(), key.public_key().id().to_string())).collect();
        let roots: Vec<String> =
            root.keys.iter().map(|key| format!("{}（{}）", key.key.id(), key.party.name)).collect();
        let recovery_key = site.db.read(recovery::fingerprint)?;
        let json = json!({
            "site": root.site, "root_fingerprint": fingerprint, "log_key": log_key, "root_keys": roots,
            "recovery_key": recovery_key,
            "keys": named.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        });
        context.print(&json, |language| {
            let mut lines = vec![
                say(
                    language,
                    format!("站点“{}”已建立。请在纸质确认单上核对并签字：", root.name),
                    format!("The site “{}” is made. Confirm on paper:", root.name),
                ),
                say(language, format!("  站点根指纹  {fingerprint}"), format!("  root fingerprint  {fingerprint}")),
                say(language, format!("  日志公钥    {log_key}"), format!("  log key           {log_key}")),
            ];
            lines.extend(
                roots
                    .iter()
                    .map(|key| say(language, format!("  根密钥      {key}"), format!("  root key          {key}"))),
            );
            lines.extend(named.iter().map(|(name, id)| format!("  {name:<8}    {id}")));
            if let Some(key) = recovery_key {
                lines.push(say(
                    language,
                    format!("  恢复密钥    {key}（{}）", recovery::FILE),
                    format!("  recovery key      {key} ({})", recovery::FILE),
                ));
            }
            lines.push(say(
                language,
                format!("根密钥在 {}，请移交管理方或监理方离线保管，服务运行不需要它。", self.root.display()),
                format!(
                    "The root keys are in {}: hand them to 管理方 or 监理方; the service runs without them.",
                    self.root.display()
                ),
            ));
            lines.join("\n")
        });
        Ok(ExitCode::SUCCESS)
    }
}

/// `provider=NAME`, or `provider:ID=NAME` where a site has two organisations of one kind.
fn parse_party(text: &str) -> Result<PartyRef, Error> {
    let refuse =
        || Error::told(format!("“{text}”应形如 provider=名称"), format!("“{text}” must look like provider=NAME"));
    let (kind, name) = text.split_once('=').filter(|(_, name)| !name.is_empty()).ok_or_else(refuse)?;
    let (kind, id) = kind.split_once(':').unwrap_or((kind, kind));
    let parsed: PartyKind = serde_json::from_value(kind.into()).map_err(|_| refuse())?;
    Ok(PartyRef { id: PartyId::new(id), kind: parsed, name: name.to_owned() })
}

/// `xunjian user …`
#[derive(Subcommand)]
pub enum User {
    /// 新增人员 · Add a person.
    Add {
        /// 姓名 · Name.
        #[arg(long)]
        name: String,
        /// 单位编号 · Party id.
        #[arg(long)]
        party: String,
        /// 角色，可多次 · Role: inspector, reviewer, rectifier, ledger_approver, consumer_contact, administrator, auditor.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
    /// 列出人员 · List people.
    List,
}

impl User {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::Add { name, party, roles } => {
                let parse = |role: &String| {
                    serde_json::from_value::<Role>(role.as_str().into())
                        .map_err(|_| Error::told(format!("没有“{role}”这个角色"), format!("there is no role “{role}”")))
                };
                let roles = roles.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
                let person = enrol::add_person(&site, COMMAND_LINE, &name, &PartyId::new(party), &roles)?;
                site.sequence()?;
                context.print(&json!(person), |language| {
                    say(
                        language,
                        format!("已新增 {}（{}）", person.name, person.id),
                        format!("added {} ({})", person.name, person.id),
                    )
                });
            }
            Self::List => {
                let people = site.db.read(enrol::people)?;
                context.print(&json!(people), |_| {
                    people
                        .iter()
                        .map(|person| {
                            format!("{}  {}  {}  {:?}\n", person.id, person.name, person.party.name, person.roles)
                        })
                        .collect()
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `xunjian terminal …`
#[derive(Subcommand)]
pub enum Terminal {
    /// 签发一次性登记码（15分钟有效） · Issue a one-time enrolment code, good for 15 minutes.
    EnrolCode {
        /// 人员姓名或编号 · Name or id of the person.
        #[arg(long)]
        person: String,
    },
    /// 列出终端 · List terminals.
    List,
}

impl Terminal {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::EnrolCode { person } => {
                let (person, code, expires_at) = enrol::issue_code(&site, COMMAND_LINE, &person)?;
                site.sequence()?;
                let grouped = enrol::grouped(&code);
                context.print(&json!({ "code": grouped, "person": person.id, "expires_at": expires_at }), |language| {
                    say(
                        language,
                        format!("{} 的登记码：{grouped}（{expires_at} 前有效，一次性）", person.name),
                        format!("enrolment code for {}: {grouped} (once, until {expires_at})", person.name),
                    )
                });
            }
            Self::List => {
                let terminals = site.db.read(enrol::terminals)?;
                context.print(&json!(terminals), |_| {
                    terminals
                        .iter()
                        .map(|terminal| {
                            format!("{}  {}  {}  {}\n", terminal.id, terminal.name, terminal.key, terminal.enrolled_at)
                        })
                        .collect()
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `xunjian key …`
#[derive(Subcommand)]
pub enum Key {
    /// 列出待站点根确认的密钥，或写入文件带到离线机器 · List or write out what waits for the root.
    Pending {
        /// 写入文件 · File to write.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// 在离线机器上用根密钥签发；门限大于1时把结果交给下一位保管者接着签 · Sign requests with root keys, on a machine that is
    /// never connected; with a threshold above one the next keeper signs the result.
    Sign {
        /// `key pending --out` 或上一位保管者写出的文件 · The file of requests, or the one the keeper before wrote.
        requests: PathBuf,
        /// 根密钥目录 · Folder of root keys.
        #[arg(long)]
        root: PathBuf,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: PathBuf,
        /// 已逐个核对，不再询问 · Everything was compared; do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// 收入已签发的声明或吊销 · Take signed statements, or a signed revocation, in.
    Admit {
        /// `key sign` 写出的文件 · The file that `key sign` wrote.
        statements: PathBuf,
    },
    /// 根密钥就在手边时一步完成 · Sign and admit in one step.
    Approve {
        /// 根密钥目录 · Folder of root keys.
        #[arg(long)]
        root: PathBuf,
    },
    /// 吊销 · Revoke.
    Revoke {
        /// 密钥编号 · Key id.
        key: String,
        /// 原因 · Reason.
        #[arg(long)]
        reason: String,
        /// 根密钥目录，就在手边时 · Folder of root keys, where they are at hand.
        #[arg(long, required_unless_present = "out")]
        root: Option<PathBuf>,
        /// 写入文件，由保管者离线签名后用 key admit 收入 · File for the keepers of the root to sign, on a machine that is never
        /// connected; `key admit` takes it in.
        #[arg(long, conflicts_with = "root")]
        out: Option<PathBuf>,
    },
}

impl Key {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self {
            Self::Pending { out } => pending(context, out),
            Self::Sign { requests, root, out, yes } => sign(context, &requests, &root, &out, yes),
            Self::Admit { statements } => {
                let text = read_text(&statements)?;
                if let Ok(RevocationFile { signed: Some(signed), .. }) = serde_json::from_str(&text) {
                    let key = enrol::admit_revocation(&context.site()?, COMMAND_LINE, &signed)?;
                    print_revoked(context, &key);
                    return Ok(ExitCode::SUCCESS);
                }
                let signed: KeyRequests = serde_json::from_str(&text)?;
                let admitted = enrol::admit(&context.site()?, COMMAND_LINE, &signed.statements)?;
                print_statements(context, &admitted, "已确认并记入日志", "admitted and logged");
                Ok(ExitCode::SUCCESS)
            }
            Self::Approve { root } => {
                let site = context.site()?;
                let statements = enrol::sign_requests(&enrol::requests(&site)?, &root_signers(&root)?)?;
                let admitted = enrol::admit(&site, COMMAND_LINE, &statements)?;
                print_statements(context, &admitted, "已确认并记入日志", "admitted and logged");
                Ok(ExitCode::SUCCESS)
            }
            Self::Revoke { key, reason, root, out } => {
                let id = key
                    .parse()
                    .map_err(|_| Error::told(format!("“{key}”不是密钥编号"), format!("“{key}” is not a key id")))?;
                let site = context.site()?;
                if let Some(out) = out {
                    let file = enrol::ask_to_revoke(&site, &id, &reason)?;
                    write_json(&out, &file)?;
                    context.print(&json!({ "asked": key, "out": out }), |language| {
                        say(
                            language,
                            format!("尚未吊销：请保管者离线运行 xunjian key sign {}", out.display()),
                            format!("not revoked yet: its keepers run `xunjian key sign {}` offline", out.display()),
                        )
                    });
                } else if let Some(root) = root {
                    enrol::revoke(&site, COMMAND_LINE, &id, &reason, &root_signers(&root)?)?;
                    print_revoked(context, &id);
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn print_revoked(context: &Context, key: &KeyId) {
    context.print(&json!({ "revoked": key }), |language| {
        say(language, format!("已吊销 {key} 并记入日志"), format!("{key} is revoked, and the log says so"))
    });
}

pub(super) fn write_json(file: &Path, document: &impl serde::Serialize) -> Result<(), Error> {
    fs::write(file, serde_json::to_vec_pretty(document)?).map_err(Error::io(file.display().to_string()))
}

/// Asks before anything is signed, unless everything was compared already.
pub(super) fn confirm(context: &Context, shown: &str, yes: bool) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    eprintln!("{shown}");
    eprint!("{}", say(context.language, "逐个核对无误后输入 yes：", "Compare each one, then type yes: "));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(Error::io("standard input"))?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    Err(Error::told("没有确认，未签发；脚本中请用 --yes", "not confirmed, nothing was signed; scripts use --yes"))
}

/// Signs a revocation: shows whose key it is and why, asks, signs.
fn sign_revocation(
    context: &Context,
    mut file: RevocationFile,
    root: &Path,
    out: &Path,
    yes: bool,
) -> Result<ExitCode, Error> {
    let statements = [file.statement.clone()];
    let reason = &file.revocation.reason;
    let (zh, en) = (format!("将吊销（{reason}）"), format!("about to revoke ({reason})"));
    confirm(context, &describe(&statements, context.language, &zh, &en), yes)?;
    file.signed = Some(enrol::sign_revocation(&file, &root_signers(root)?)?);
    write_json(out, &file)?;
    print_statements(context, &statements, "已签吊销", "revocation signed");
    Ok(ExitCode::SUCCESS)
}

fn pending(context: &Context, out: Option<PathBuf>) -> Result<ExitCode, Error> {
    let requests = enrol::requests(&context.site()?)?;
    if let Some(out) = out {
        fs::write(&out, serde_json::to_vec_pretty(&requests)?).map_err(Error::io(out.display().to_string()))?;
    }
    print_statements(context, &requests.requests, "待站点根确认", "waiting for the site root");
    Ok(ExitCode::SUCCESS)
}

/// Shows what would be stated, asks, signs. A keeper compares each line with what the person or tablet says.
fn sign(context: &Context, file: &Path, root: &Path, out: &Path, yes: bool) -> Result<ExitCode, Error> {
    let text = read_text(file)?;
    if let Ok(revocation) = serde_json::from_str(&text) {
        return sign_revocation(context, revocation, root, out, yes);
    }
    let mut requests: KeyRequests = serde_json::from_str(&text)?;
    let is_machine = |one: &&KeyStatement| {
        !matches!(one.holder_kind, HolderKind::Person | HolderKind::Terminal | HolderKind::Witness)
    };
    if let Some(machine) = requests.requests.iter().find(is_machine) {
        let kind = machine.holder_kind;
        return Err(Error::told(
            format!("文件要求签发服务自身的密钥（{kind:?}），这只在建站时进行，已拒绝"),
            format!("the file asks for a key of the service itself ({kind:?}); that is only made by init. Refused"),
        ));
    }
    confirm(context, &describe(&requests.requests, context.language, "将签发", "about to sign"), yes)?;
    requests.statements = enrol::sign_requests(&requests, &root_signers(root)?)?;
    fs::write(out, serde_json::to_vec_pretty(&requests)?).map_err(Error::io(out.display().to_string()))?;
    print_statements(context, &requests.requests, "已签发", "signed");
    Ok(ExitCode::SUCCESS)
}

fn print_statements(context: &Context, statements: &[KeyStatement], zh: &str, en: &str) {
    let list: Vec<_> = statements
        .iter()
        .map(|statement| json!({ "key": statement.key.id(), "holder": statement.holder_name, "kind": statement.holder_kind }))
        .collect();
    context.print(&json!(list), |language| describe(statements, language, zh, en));
}

/// Who gets which key: name, what it is, roles, organisation, fingerprint.
fn describe(statements: &[KeyStatement], language: Language, zh: &str, en: &str) -> String {
    let head = say(language, format!("{zh}：{} 个密钥", statements.len()), format!("{en}: {} keys", statements.len()));
    let lines = statements.iter().map(|statement| {
        let roles: Vec<String> = statement.roles.iter().map(|role| format!("{role:?}")).collect();
        format!(
            "  {}  {:?} {}  {}（{}）  {}",
            statement.holder_name,
            statement.holder_kind,
            roles.join("、"),
            statement.party.name,
            statement.party.kind.zh(),
            statement.key.id().fingerprint()
        )
    });
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

pub(super) fn root_signers(folder: &Path) -> Result<Vec<Ed25519Signer>, Error> {
    keys::files_in(folder)?.iter().map(|file| keys::read(file)).collect()
}

pub(super) fn read_text(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(Error::io(file.display().to_string()))
}
