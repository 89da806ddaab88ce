//! `serve`, and the checks that read everything.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, say};
use crate::{aside, decide, error::Error, http, integrity::Findings, rectification, site::Site};

/// Who acts when the running service opens and reminds by itself.
const WATCH: &str = "service";

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
            let watched = tokio::spawn(watch(Arc::clone(&site)));
            let served = http::serve_at(site, self.public_url, listener, stopped()).await;
            watched.abort();
            served
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Once a minute: opens what inspectors wrote down as findings, and gives the reminders that are due. What fails is told in the
/// service's log and tried again.
async fn watch(site: Arc<Site>) {
    let mut minutes = tokio::time::interval(std::time::Duration::from_secs(60));
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once: a service that was just started has other things to do.
    minutes.tick().await;
    loop {
        minutes.tick().await;
        let site = Arc::clone(&site);
        let work = tokio::task::spawn_blocking(move || {
            // The reminders of what is open are due though nothing new can be opened.
            let opened = rectification::open_complete(&site, WATCH, "").map(drop);
            [opened, rectification::remind(&site, WATCH).map(drop)]
        });
        match work.await {
            Ok(done) => {
                for error in done.into_iter().filter_map(Result::err) {
                    tracing::error!(%error, "problems cannot be followed up");
                }
            }
            Err(error) => tracing::error!(%error, "following up problems died"),
        }
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
    /// 为一份待裁定的记录导出案卷，交监理方或管理方的复核人员裁定 · Write out the case of a record, for a person to decide.
    Case {
        /// `aside list` 给出的信封哈希 · Hash of the envelope.
        envelope: String,
        /// 写入文件 · File to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// 收入签过名的裁定 · Take a signed decision in.
    Decide {
        /// `xunjian-field decide --out` 写出的文件 · The file that `xunjian-field decide` wrote.
        file: PathBuf,
    },
}

/// The one that is kept aside under the beginning of a hash, as the list prints it.
fn find_aside(site: &Site, envelope: &str) -> Result<aside::Aside, Error> {
    let kept = site.db.read(aside::aside)?;
    let mut fitting = kept.into_iter().filter(|one| one.envelope.to_hex().starts_with(envelope));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Error::told(
            format!("没有（或不止一份）哈希以“{envelope}”开头的另存记录"),
            format!("none or several are kept aside whose hash begins with “{envelope}”"),
        )),
    }
}

impl Aside {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        match self {
            Self::List => {
                let kept = site.db.read(aside::aside)?;
                let decided = site.db.read(decide::of_aside)?;
                let listed: Vec<_> = kept
                    .iter()
                    .map(|one| {
                        let mut listed = json!(one);
                        listed["counts"] = json!(decided.get(&one.envelope));
                        listed
                    })
                    .collect();
                context.print(&json!(listed), |language| {
                    let head =
                        say(language, format!("另存待查 {} 份", kept.len()), format!("{} kept aside", kept.len()));
                    let lines = kept.iter().map(|one| {
                        let decided = match decided.get(&one.envelope) {
                            None => String::new(),
                            Some(true) => say(language, "  已裁定：计入", "  decided: counts"),
                            Some(false) => say(language, "  已裁定：不计入", "  decided: does not count"),
                        };
                        format!(
                            "{}  {}  {}  {}  {}{decided}",
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
                let one = find_aside(&site, &envelope)?;
                let bytes = site.db.read(|sql| aside::bytes(sql, &one.envelope))?.unwrap_or_default();
                std::fs::write(&out, bytes).map_err(Error::io(out.display().to_string()))?;
                context.print(&json!({ "envelope": one.envelope, "out": out }), |language| {
                    say(language, format!("已写入 {}", out.display()), format!("written to {}", out.display()))
                });
            }
            Self::Case { envelope, out } => {
                let case = decide::case(&site, &find_aside(&site, &envelope)?.envelope)?;
                super::admin::write_json(&out, &case)?;
                let (visit, count) = (&case.visit, case.records.len());
                context.print(&json!({ "visit": visit, "records": count, "out": out }), |language| {
                    let file = out.display();
                    say(
                        language,
                        format!("{count} 份记录的案卷已写入 {file}，请监理方或管理方的复核人员用 xunjian-field decide 裁定"),
                        format!("the case of {count} records is in {file}: a reviewer of 监理方 or 管理方 decides it with `xunjian-field decide`"),
                    )
                });
            }
            Self::Decide { file } => {
                let text = super::admin::read_text(&file)?;
                let envelope = xunjian_proof::dsse::Envelope::from_bytes(text.trim().as_bytes())?;
                let decided = decide::decide(&site, crate::log::COMMAND_LINE, &envelope)?;
                context.print(&json!(decided), |language| match (&decided.counts, decided.identical) {
                    (_, true) => say(language, "该裁定此前已收入", "the decision was here already"),
                    (Some(record), _) => say(
                        language,
                        format!("裁定已收入并记入日志：记录 {record} 计入"),
                        format!("taken in and logged: the record {record} counts"),
                    ),
                    (None, _) => say(language, "裁定已收入并记入日志：均不计入", "taken in and logged: none counts"),
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
