//! What browsers and monitors ask: the front page, health, and the page behind a label.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::App;
use crate::log;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:1.1rem/1.7 sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}}\
         code{{word-break:break-all}}</style><h1>{title}</h1>{body}</html>"
    );
    ([(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)], Html(html)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The front page: which site this is, and the fingerprint to compare with the paper.
pub async fn front(State(app): State<App>) -> Response {
    let root = &app.site.settings.root;
    let fingerprint = root.fingerprint().map(|hash| hash.to_hex()).unwrap_or_default();
    page(
        "巡检 Xunjian",
        &format!(
            "<p>{}</p><p>站点根指纹 Site root fingerprint<br><code>{fingerprint}</code></p>\
             <p>请与纸质确认单核对。Compare it with the one on paper.</p>\
             <p><a href=\"/console/\">巡检控制台 Console</a></p>\
             <p><a href=\"/openapi.json\">openapi.json</a> · <a href=\"/v1/log/checkpoint\">checkpoint</a></p>",
            escape(&root.name)
        ),
    )
}

/// What a phone's camera app opens: says only what it is.
pub async fn label() -> Response {
    page(
        "Xunjian label",
        "<p>这是机房巡检标签，请用巡检终端扫描。</p><p>This is an inspection label. Scan it with the inspection terminal.</p>",
    )
}

/// The process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and the log can be read.
pub async fn readyz(State(app): State<App>) -> Response {
    match app.run(|site| site.db.read(log::tail)).await {
        Ok((size, _)) => format!("ok, {size} leaves\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
