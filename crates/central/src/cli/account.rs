//! `account`: who may log in to the console.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, say};
use crate::{console::account, error::Error, log::COMMAND_LINE};

/// `xunjian account …`
#[derive(Subcommand)]
pub enum Account {
    /// 为人员开通控制台账号；只有管理员能作改动，其他角色只读 · Give a person an account; only administrators may write.
    Add {
        /// 人员姓名或编号 · Name or id of the person.
        #[arg(long)]
        person: String,
        /// 登录名，默认为姓名 · Login name; the person's name where none is given.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        password: Password,
    },
    /// 列出账号 · List accounts.
    List,
    /// 重设密码，已登录的会话随之结束 · Set another password; sessions end.
    Password {
        /// 登录名 · Login name.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// 停用，已登录的会话随之结束 · Disable; sessions end.
    Disable {
        /// 登录名 · Login name.
        #[arg(long)]
        name: String,
    },
}

/// Where a password comes from; never the command line, which others can read.
#[derive(Args)]
pub struct Password {
    /// 密码文件（至少12个字符，末尾换行不计）；也可用环境变量 XUNJIAN_PASSWORD · File with the password, at least 12
    /// characters, without its last line break; or the environment variable `XUNJIAN_PASSWORD`.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

impl Password {
    fn read(self) -> Result<String, Error> {
        if let Some(file) = self.password_file {
            let text = fs::read_to_string(&file).map_err(Error::io(file.display().to_string()))?;
            return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        std::env::var("XUNJIAN_PASSWORD").map_err(|_| {
            Error::told(
                "请用 --password-file 或环境变量 XUNJIAN_PASSWORD 给出密码",
                "give the password with --password-file or in the environment variable XUNJIAN_PASSWORD",
            )
        })
    }
}

impl Account {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::Add { person, name, password } => {
                let made = account::add(&site, COMMAND_LINE, &person, name.as_deref(), &password.read()?)?;
                context.print(&json!(made), |language| {
                    say(
                        language,
                        format!("已为 {} 开通账号“{}”", made.person_name, made.name),
                        format!("{} has the account “{}” now", made.person_name, made.name),
                    )
                });
            }
            Self::List => {
                let accounts = site.db.read(account::all)?;
                context.print(&json!(accounts), |language| {
                    let line = |one: &account::Account| {
                        let state = match one.disabled_at {
                            Some(at) => say(language, format!("已停用 {at}"), format!("disabled {at}")),
                            None => say(language, "在用", "in use"),
                        };
                        format!("{}  {}  {}  {state}\n", one.name, one.person_name, one.created_at)
                    };
                    accounts.iter().map(line).collect()
                });
            }
            Self::Password { name, password } => {
                account::set_password(&site, COMMAND_LINE, &name, &password.read()?)?;
                context.print(&json!({ "account": name }), |language| {
                    say(language, format!("“{name}”的密码已重设"), format!("“{name}” has another password now"))
                });
            }
            Self::Disable { name } => {
                account::disable(&site, COMMAND_LINE, &name)?;
                context.print(&json!({ "account": name }), |language| {
                    say(language, format!("“{name}”已停用"), format!("“{name}” is disabled"))
                });
            }
        }
        site.sequence()?;
        Ok(ExitCode::SUCCESS)
    }
}
