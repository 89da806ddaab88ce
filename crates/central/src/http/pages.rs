//! The console's pages, built into the program (in debug builds read from `ui/dist`). They bring nothing from elsewhere and
//! run nothing inline: the policy below lets a browser refuse both.

use axum::{
    extract::Path,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Pages;

const PAGE: &str = "console.html";
const NOT_BUILT: &str = "控制台页面尚未构建：请在 ui/ 目录运行 npm ci 与 npm run build，再重新构建并启动服务。\n\
    The console's pages are not built: run `npm ci` and `npm run build` in ui/, then build and start the service again.\n";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// `/console`: addresses in the page are relative, so it must end with a slash.
pub async fn redirect() -> Redirect {
    Redirect::permanent("/console/")
}

/// The page.
pub async fn page() -> Response {
    match Pages::get(PAGE) {
        Some(file) => answer(PAGE, file.data.into_owned()),
        None => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::SERVICE_UNAVAILABLE, HEADERS, kind, NOT_BUILT).into_response()
        }
    }
}

/// Scripts, styles, fonts and pictures of the page.
pub async fn file(Path(path): Path<String>) -> Response {
    // The page of the app lies beside them and is of no use here.
    let found = if path.ends_with(".html") { None } else { Pages::get(&path) };
    match found {
        Some(file) => answer(&path, file.data.into_owned()),
        None => (StatusCode::NOT_FOUND, HEADERS, "not found\n").into_response(),
    }
}

fn answer(path: &str, bytes: Vec<u8>) -> Response {
    // Names below assets/ carry a hash of what is in them; the page itself names them and is asked for anew.
    let is_hashed = path.starts_with("assets/");
    let age = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = [(header::CONTENT_TYPE, media_type(path)), (header::CACHE_CONTROL, age)];
    (HEADERS, kind, bytes).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
