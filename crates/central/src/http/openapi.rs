//! The OpenAPI document, made from the handlers; `docs/openapi.json` is its snapshot.

use axum::Json;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Xunjian central service",
        description = "Terminals and service: docs/PROTOCOL.md tells it for people."
    ),
    paths(
        super::terminals::hello,
        super::terminals::enrol,
        super::terminals::challenge,
        super::terminals::session,
        super::documents::work_package,
        super::documents::chunk,
        super::documents::before_photo,
        super::documents::checkpoint,
        super::documents::consistency,
        super::documents::cosignature,
        super::records::submit,
        super::records::receipts,
        super::records::chain,
        super::reviews::since,
        super::reviews::countersign,
        super::reviews::photo,
        super::blobs::have,
        super::blobs::state,
        super::blobs::put,
        super::blobs::patch,
    )
)]
struct Document;

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Serves the document.
pub async fn serve() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
