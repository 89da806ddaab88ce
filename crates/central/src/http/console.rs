//! The console's API below `/console/api`: thin handlers over `crate::console`, one file a group.

mod archive;
mod files;
mod lists;
mod plans;
mod progress;
mod records;
mod seat;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    response::Response,
    routing::{any, get, post},
};
use tokio::sync::Semaphore;

use super::App;
use crate::console::account::Tries;

/// Most bytes of an upload, all files together.
pub(super) const MAX_UPLOAD_BYTES: usize = 32 << 20;
/// Most other bodies: forms, and files of keys.
const MAX_BODY_BYTES: usize = 2 << 20;
/// Name and password, which anybody may send.
const MAX_LOGIN_BYTES: usize = 16 << 10;

/// What the console's handlers share.
pub struct Console {
    /// Wrong passwords by name.
    pub tries: Tries,
    /// Passwords are hashed two at a time: each takes 19 MiB. The work holds its permit, not the request: who hangs up while
    /// a password is hashed makes no room for another one beside it.
    pub logins: Arc<Semaphore>,
    /// Pictures are decoded two at a time: a large one takes 200 MiB. Permits are held as those of `logins`.
    pub pictures: Arc<Semaphore>,
    /// Everything is verified once at a time. Its permit is held as those of `logins`.
    pub verification: Arc<Semaphore>,
    /// Archives are made two at a time: each reads every photo of its round. Permits are held until the last byte went out.
    pub archives: Arc<Semaphore>,
    /// Where people and tablets reach the service, where its host name is not what they should use.
    pub public_url: Option<String>,
}

impl Console {
    pub(super) fn new(public_url: Option<String>) -> Arc<Self> {
        let two = || Arc::new(Semaphore::new(2));
        Arc::new(Self {
            tries: Tries::default(),
            logins: two(),
            pictures: two(),
            verification: Arc::new(Semaphore::new(1)),
            archives: two(),
            public_url,
        })
    }
}

/// The routes below `/console/api`.
pub fn routes() -> Router<App> {
    let upload = || DefaultBodyLimit::max(MAX_UPLOAD_BYTES + (64 << 10));
    Router::new()
        .route(
            "/session",
            get(session::show).post(session::open).delete(session::close).layer(DefaultBodyLimit::max(MAX_LOGIN_BYTES)),
        )
        .route("/overview", get(records::overview))
        .route("/verification", get(records::verification).post(records::verify))
        .route("/records", get(records::list))
        .route("/records/{id}", get(records::view))
        .route("/records/{id}/envelope", get(files::envelope))
        .route("/records/{id}/photos/{sha256}", get(files::photo))
        .route("/findings", get(records::findings))
        .route("/discrepancies", get(records::discrepancies))
        .route("/rounds", get(plans::rounds).post(plans::open))
        .route("/rounds/preview", post(plans::preview))
        .route("/rounds/{id}", get(plans::round))
        .route("/rounds/{id}/visits", get(plans::visits))
        .route("/rounds/{id}/assignments", post(plans::assign))
        .route("/rounds/{id}/archive", get(archive::archive))
        .route("/rounds/{id}/coverage", get(progress::coverage))
        .route("/rounds/{id}/indicators", get(progress::indicators))
        .route("/rounds/{id}/lines", get(progress::lines))
        .route("/rectifications", get(progress::rectifications))
        .route("/rectifications/export", get(progress::export))
        .route("/rectifications/unopened", get(progress::unopened))
        .route("/rectifications/{id}", get(progress::rectification))
        .route("/ledger/versions", get(plans::versions))
        .route("/ledger/assets", get(plans::assets))
        .route("/ledger/changes", get(plans::changes))
        .route("/ledger/changes/{id}", get(plans::change))
        .route("/ledger/preview", post(files::preview_ledger).layer(upload()))
        .route("/ledger/columns", post(files::ledger_columns).layer(upload()))
        .route("/ledger/import", post(files::import_ledger).layer(upload()))
        .route("/monitoring", get(lists::monitoring))
        .route("/labels", get(lists::labels).post(lists::print_labels))
        .route("/labels/{picture}", get(files::label))
        .route("/people", get(lists::people).post(lists::add_person))
        .route("/people/{id}/enrol-code", post(lists::enrol_code))
        .route("/parties", get(lists::parties))
        .route("/terminals", get(lists::terminals))
        .route("/keys", get(lists::keys))
        .route("/keys/requests", get(files::key_requests))
        .route("/keys/admit", post(files::admit_keys))
        .route("/keys/{id}/revocation", get(files::revocation))
        .route("/keys/revocations", post(files::revoke_key))
        .route("/log", get(lists::log))
        .route("/log/checkpoint", get(lists::checkpoint))
        .route("/log/{index}", get(lists::leaf))
        .route("/aside", get(lists::aside))
        .route("/beside/{envelope}", get(records::beside))
        .route("/audit", get(lists::audit))
        .route("/{*rest}", any(session::nowhere))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::middleware::map_response(guarded))
}

/// Answers are for this page alone and are kept by nobody, unless a handler says otherwise.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"));
    response
}
