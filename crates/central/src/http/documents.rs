//! Work packages, chunks and the log's newest state.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use xunjian_protocol::{
    log::{ConsistencyAnswer, ConsistencyRequest, CosignatureAnswer, CosignatureRequest},
    package::WorkPackage,
    problem::{Problem, ProblemCode},
};

use super::{
    App,
    answer::{Asked, Caller, Failed, by_hash, read},
};
use crate::{clock, cosign, error::Error, extras::Extras, ledger, log, package, session};

/// Everything open for the terminal, or 304 while nothing has changed.
#[utoipa::path(get, path = "/v1/work-package",
    responses((status = 200, body = WorkPackage), (status = 304), (status = 401, body = Problem)))]
pub async fn work_package(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    extras: Extras,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let (etag, package) = app
        .run(move |site| {
            session::refuse_revoked(site, &terminal)?;
            package::build(site, extras)
        })
        .await
        .map_err(asked.fail())?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(etag.as_str()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    Ok(([(header::ETAG, etag)], Json(package)).into_response())
}

/// The bytes of one content-addressed document.
#[utoipa::path(get, path = "/v1/chunks/sha256/{sha256}", params(("sha256" = String, Path,)),
    responses((status = 200, content_type = "application/json"), (status = 404, body = Problem)))]
pub async fn chunk(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
) -> Result<Response, Failed> {
    by_hash(app, asked, sha256, "application/json", move |site, sha256| {
        session::refuse_revoked(site, &terminal)?;
        let bytes = site.db.read(|sql| ledger::chunk(sql, sha256))?;
        bytes.ok_or_else(|| Error::Problem(ProblemCode::UnknownChunk, sha256.to_hex()))
    })
    .await
}

/// The bytes of a photo of a problem that an open round looks at again: the ghost over which the after photo is taken.
#[utoipa::path(get, path = "/v1/before-photos/sha256/{sha256}", params(("sha256" = String, Path,)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub async fn before_photo(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
) -> Result<Response, Failed> {
    by_hash(app, asked, sha256, "application/octet-stream", move |site, sha256| {
        session::refuse_revoked(site, &terminal)?;
        package::before_photo(site, sha256)?.ok_or_else(|| Error::Problem(ProblemCode::NotFound, sha256.to_hex()))
    })
    .await
}

/// The newest checkpoint, cosigned by the service's clock and by whoever cosigned it since. Open to everyone: it is what
/// witnesses compare.
#[utoipa::path(get, path = "/v1/log/checkpoint", responses((status = 200, content_type = "text/plain")))]
pub async fn checkpoint(State(app): State<App>, asked: Asked) -> Result<String, Failed> {
    let note = app
        .run(|site| {
            site.db.read(|sql| cosign::with_cosignatures(sql, log::time_token(site, sql, clock::now())?, false))
        })
        .await;
    note.map(|note| note.to_string()).map_err(asked.fail())
}

/// The newest checkpoint and the proof that it extends the one known.
#[utoipa::path(post, path = "/v1/log/consistency", request_body = ConsistencyRequest,
    responses((status = 200, body = ConsistencyAnswer), (status = 400, body = Problem)))]
pub async fn consistency(State(app): State<App>, asked: Asked, body: Bytes) -> Result<Json<ConsistencyAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let from = read::<ConsistencyRequest>(&body)?.from;
            site.db.read(|sql| {
                let checkpoint = log::time_token(site, sql, clock::now())?.to_string();
                Ok(ConsistencyAnswer { checkpoint, proof: log::consistency(sql, from)? })
            })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// A terminal hands over its cosignature of a checkpoint that it verified.
#[utoipa::path(post, path = "/v1/log/cosignatures", request_body = CosignatureRequest,
    responses((status = 200, body = CosignatureAnswer), (status = "4XX", body = Problem)))]
pub async fn cosignature(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<CosignatureAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let note = read::<CosignatureRequest>(&body)?.checkpoint;
            Ok(CosignatureAnswer { outcome: cosign::take_from_terminal(site, &terminal, &note)? })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}
