//! The HTTP API: thin handlers over the use cases, one file a group. A handler parses, calls one use case, converts.

mod answer;
mod blobs;
mod console;
mod documents;
mod openapi;
mod pages;
mod records;
mod reviews;
mod site_pages;
mod terminals;
mod turn;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};
use xunjian_protocol::path;

pub use self::openapi::document as openapi_document;
use crate::{delivery, error::Error, site::Site};

/// What every handler shares.
#[derive(Clone)]
pub struct App {
    site: Arc<Site>,
    /// Uploads under way: two at once into the same partial file would spoil it.
    uploads: Arc<turn::Uploads>,
    /// What the console's handlers share.
    console: Arc<console::Console>,
    place: Place,
}

/// Where use cases run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Off the threads that serve connections.
    OtherThreads,
    /// Where they are asked for, so that events have one order.
    Here,
}

impl App {
    /// Runs a use case, which reads files and the database, off the threads that serve connections.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Site) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if self.place == Place::Here {
            return work(&self.site);
        }
        let site = Arc::clone(&self.site);
        tokio::task::spawn_blocking(move || work(&site))
            .await
            .map_err(|error| Error::Damaged(format!("a task of the service died: {error}")))?
    }
}

/// The routes of the service. `public_url` is where people and tablets reach it; the host they asked for when `None`.
pub fn router(site: Arc<Site>, public_url: Option<String>) -> Router {
    routes(App {
        site,
        uploads: Arc::default(),
        console: console::Console::new(public_url),
        place: Place::OtherThreads,
    })
}

/// As [`router`], with every use case done where it is asked for: on one thread the same requests then have the same history,
/// which is what a simulation needs and nobody else.
pub fn router_on_one_thread(site: Arc<Site>) -> Router {
    routes(App { site, uploads: Arc::default(), console: console::Console::new(None), place: Place::Here })
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/", get(site_pages::front))
        .route("/healthz", get(site_pages::healthz))
        .route("/readyz", get(site_pages::readyz))
        .route("/openapi.json", get(openapi::serve))
        .route(&format!("{}/{{payload}}", path::LABEL), get(site_pages::label))
        .merge(terminal_routes())
        .nest("/console/api", console::routes())
        .route("/console", get(pages::redirect))
        .route("/console/", get(pages::page))
        .route("/console/{*path}", get(pages::file))
        .layer(DefaultBodyLimit::max(path::MAX_BATCH_BYTES + (1 << 20)))
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .with_state(app)
}

/// What terminals ask. Bodies may be compressed both ways (zstd, RFC 8878); the limits are those of what comes out. The
/// console's answers are not: they carry secrets beside what others may have chosen.
fn terminal_routes() -> Router<App> {
    let blob = get(blobs::state).head(blobs::state).put(blobs::put).patch(blobs::patch);
    Router::new()
        .route(path::HELLO, get(terminals::hello))
        .route(path::ENROL, post(terminals::enrol))
        .route(path::CHALLENGE, post(terminals::challenge))
        .route(path::SESSION, post(terminals::session))
        .route(path::WORK_PACKAGE, get(documents::work_package))
        .route(&format!("{}/{{sha256}}", path::CHUNKS), get(documents::chunk))
        .route(&format!("{}/{{sha256}}", path::BEFORE_PHOTOS), get(documents::before_photo))
        .route(path::CHECKPOINT, get(documents::checkpoint))
        .route(path::CONSISTENCY, post(documents::consistency))
        .route(path::COSIGNATURES, post(documents::cosignature))
        .route(path::RECORDS, post(records::submit))
        .route(path::RECEIPTS, post(records::receipts))
        .route(path::CHAIN, post(records::chain))
        .route(path::REVIEWS, post(reviews::since))
        .route(path::COUNTERSIGNATURES, post(reviews::countersign))
        .route(&format!("{}/{{sha256}}", path::REVIEW_PHOTOS), get(reviews::photo))
        .route(path::BLOBS_HAVE, post(blobs::have))
        .route(&format!("{}/{{sha256}}", path::BLOBS), blob)
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
}

/// Serves until `stop` resolves. Catches up first with what an earlier run left half done.
///
/// # Errors
/// [`Error`] when the database cannot be brought up to date or the listener fails.
pub async fn serve(
    site: Arc<Site>,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    serve_at(site, None, listener, stop).await
}

/// As [`serve`], for a service that people and tablets reach at another address than the one they ask for.
///
/// # Errors
/// As [`serve`].
pub async fn serve_at(
    site: Arc<Site>,
    public_url: Option<String>,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let caught_up = Arc::clone(&site);
    tokio::task::spawn_blocking(move || delivery::deliver_ready(&caught_up))
        .await
        .map_err(|error| Error::Damaged(format!("catching up died: {error}")))??;
    let router = router(site, public_url);
    axum::serve(listener, router).with_graceful_shutdown(stop).await.map_err(Error::io("the listening socket"))
}
