//! `serve`, and the checks that read everything.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, say};
use crate::{aside, error::Error, http, integrity::Findings, site::Site};

/// `xunjian serve`
#[derive(Args)]
pub struct Serve {
    /// 监听地址 · Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8731")]
    listen: SocketAddr,
    /// 启动后将实际地址写入此文件 · File to write the actual address to, once it listens.
    #[arg(long)]
    address_file: Option<PathBuf>,
    /// 人员与终端访问本服务所用的网址（默认取浏览器所用地址） · Where people and tablets reach the service, if not at the
    /// address they ask for: goes into enrolment codes.
    #[arg(long, env = "XUNJIAN_PUBLIC_URL")]
    public_url: Option<String>,
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        let site = Arc::new(context.site()?);
        let runtime = tokio::runtime::Runtime::new().map_err(Error::io("the runtime"))?;
        runtime.block_on(async {
            let listener =
                tokio::net::TcpListener::bind(self.listen).await.map_err(Error::io(self.listen.to_string()))?;
            let address = listener.local_addr().map_err(Error::io("the listening socket"))?;
            let url = format!("http://{address}");
            if let Some(file) = &self.address_file {
                // Written beside and renamed, so that nobody reads half an address.
                let half = file.with_extension("half");
                std::fs::write(&half, &url)
                    .and_then(|()| std::fs::rename(&half, file))
                    .map_err(Error::io(file.display().to_string()))?;
            }
            let name = site.settings.root.name.clone();
            context.print(&json!({ "listening": url, "site": name }), |language| {
                say(language, format!("{name}：服务已启动 {url}"), format!("{name}: serving at {url}"))
            });
            http::serve_at(site, self.public_url, listener, stopped()).await
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Resolves when the process is asked to stop.
async fn stopped() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}

/// `xunjian verify-all` and `xunjian fsck`
pub(super) fn verify(context: &Context, check: fn(&Site) -> Result<Findings, Error>) -> Result<ExitCode, Error> {
    let found = check(&context.site()?)?;
    context.print(&json!(found), |language| {
        let summary = say(
            language,
            format!(
                "记录 {} 份（有回执 {}），照片 {} 张，日志叶 {}，文档 {}；损坏 {} 处",
                found.records,
                found.delivered,
                found.blobs,
                found.leaves,
                found.chunks,
                found.damages.len()
            ),
            format!(
                "{} records ({} with receipts), {} photos, {} leaves, {} documents; {} damages",
                found.records,
                found.delivered,
                found.blobs,
                found.leaves,
                found.chunks,
                found.damages.len()
            ),
        );
        let lines = found
            .damages
            .iter()
            .map(|damage| format!("✗ {} {} [{}] {}", damage.part, damage.id, damage.step, damage.reason));
        let gaps = found.gaps.iter().map(|gap| {
            say(
                language,
                format!(
                    "· 终端 {} 的第 {}–{} 份记录未到（可能还在平板上，或已另存待查）",
                    gap.terminal, gap.from, gap.to
                ),
                format!(
                    "· records {}–{} of terminal {} are not here (still on the tablet, or kept aside)",
                    gap.from, gap.to, gap.terminal
                ),
            )
        });
        std::iter::once(summary).chain(lines).chain(gaps).collect::<Vec<_>>().join("\n")
    });
    Ok(if found.damages.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `xunjian aside …`
#[derive(Subcommand)]
pub enum Aside {
    /// 列出另存待查的记录及原因 · List what is kept aside, and why.
    List,
    /// 取出其原始字节 · Write out its exact bytes.
    Export {
        /// `aside list` 给出的信封哈希 · Hash of the envelope.
        envelope: String,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
}

impl Aside {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::List => {
                let kept = site.db.read(aside::aside)?;
                context.print(&json!(kept), |language| {
                    let head =
                        say(language, format!("另存待查 {} 份", kept.len()), format!("{} kept aside", kept.len()));
                    let lines = kept.iter().map(|one| {
                        format!(
                            "{}  {}  {}  {}  {}",
                            one.envelope.short(),
                            one.received_at,
                            one.terminal,
                            one.problem,
                            one.detail
                        )
                    });
                    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
                });
            }
            Self::Export { envelope, out } => {
                // The beginning of a hash will do, as the list prints it.
                let kept = site.db.read(aside::aside)?;
                let mut fitting = kept.iter().filter(|one| one.envelope.to_hex().starts_with(&envelope));
                let (Some(one), None) = (fitting.next(), fitting.next()) else {
                    return Err(Error::told(
                        format!("没有（或不止一份）哈希以“{envelope}”开头的另存记录"),
                        format!("none or several are kept aside whose hash begins with “{envelope}”"),
                    ));
                };
                let bytes = site.db.read(|sql| aside::bytes(sql, &one.envelope))?.unwrap_or_default();
                std::fs::write(&out, bytes).map_err(Error::io(out.display().to_string()))?;
                context.print(&json!({ "envelope": one.envelope, "out": out }), |language| {
                    say(language, format!("已写入 {}", out.display()), format!("written to {}", out.display()))
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `xunjian openapi`
pub(super) fn openapi() -> Result<ExitCode, Error> {
    println!("{}", serde_json::to_string_pretty(&http::openapi_document())?);
    Ok(ExitCode::SUCCESS)
}
