//! Photos in, resumable at any byte. What arrived before a connection broke stays and is not sent again.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;
use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_protocol::{
    blob::{BlobState, HaveAnswer, HaveBlobs},
    path::{MAX_BLOB_BYTES, UPLOAD_LENGTH, UPLOAD_OFFSET},
    problem::{Problem, ProblemCode},
};

use super::{
    App,
    answer::{Asked, Caller, Failed, hash, read},
};
use crate::{blobs::append, delivery, error::Error, site::Site};

/// Which of these blobs are there already?
#[utoipa::path(post, path = "/v1/blobs/have", request_body = HaveBlobs,
    responses((status = 200, body = HaveAnswer), (status = "4XX", body = Problem)))]
pub async fn have(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<HaveAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: HaveBlobs = read(&body)?;
            let states =
                request.blobs.iter().map(|blob| settled_state(site, &terminal, blob)).collect::<Result<_, _>>()?;
            Ok(HaveAnswer { states })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// How many bytes of a blob are there (`Upload-Offset`); 204 when all of it is.
#[utoipa::path(head, path = "/v1/blobs/sha256/{sha256}", params(("sha256" = String, Path,)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn state(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
) -> Result<Response, Failed> {
    let state = app
        .run(move |site| {
            let sha256 = hash(&sha256)?;
            let total = delivery::named_bytes(site, &terminal, &sha256)?.unwrap_or(0);
            Ok((settled_state(site, &terminal, &sha256)?, total))
        })
        .await
        .map_err(asked.fail())?;
    match state {
        (BlobState::NotNamed, _) => Err(asked.fail()(Error::Problem(ProblemCode::BlobNotNamed, String::new()))),
        (BlobState::Partial { offset }, total) => Ok(offset_answer(offset, total)),
        (BlobState::Stored, total) => Ok(offset_answer(total, total)),
    }
}

/// Sends a whole blob.
#[utoipa::path(put, path = "/v1/blobs/sha256/{sha256}", params(("sha256" = String, Path,)),
    request_body(content_type = "application/octet-stream"),
    responses((status = 204), (status = "4XX", body = Problem)))]
pub async fn put(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    receive(app, terminal, sha256, 0, body).await.map_err(asked.fail())
}

/// Sends the rest of a blob from `Upload-Offset` on.
#[utoipa::path(patch, path = "/v1/blobs/sha256/{sha256}", params(("sha256" = String, Path,)),
    request_body(content_type = "application/partial-upload"),
    responses((status = 204), (status = "4XX", body = Problem)))]
pub async fn patch(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failed> {
    let offset = headers.get(UPLOAD_OFFSET).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let offset = offset.ok_or_else(|| {
        asked.fail()(Error::Problem(ProblemCode::Malformed, format!("the header {UPLOAD_OFFSET} is missing")))
    })?;
    receive(app, terminal, sha256, offset, body).await.map_err(asked.fail())
}

async fn receive(app: App, terminal: TerminalId, sha256: String, offset: u64, body: Body) -> Result<Response, Error> {
    let sha256 = hash(&sha256)?;
    let owner = terminal.clone();
    let (state, total) = app
        .run(move |site| {
            let total = delivery::named_bytes(site, &owner, &sha256)?;
            Ok((settled_state(site, &owner, &sha256)?, total.unwrap_or(0)))
        })
        .await?;
    let have = match state {
        BlobState::NotNamed => return Err(Error::Problem(ProblemCode::BlobNotNamed, sha256.to_hex())),
        BlobState::Stored => return Ok(offset_answer(total, total)),
        BlobState::Partial { offset } => offset,
    };
    if total > MAX_BLOB_BYTES {
        return Err(Error::Problem(ProblemCode::TooLarge, format!("{total} bytes")));
    }
    if offset != 0 && offset != have {
        return Err(Error::Problem(ProblemCode::WrongOffset, format!("{have}")));
    }
    let _turn = Turn::take(&app, &terminal, sha256)?;
    let received = write_body(&app.site, &terminal, sha256, offset, total, body).await?;
    if received < total {
        return Err(Error::Problem(ProblemCode::Incomplete, format!("{received} of {total} bytes")));
    }
    app.run(move |site| delivery::finish_blob(site, &terminal, &sha256, total)).await?;
    Ok(offset_answer(total, total))
}

/// Writes what comes until the stream ends or breaks; says how many bytes there are now.
async fn write_body(
    site: &Site,
    terminal: &TerminalId,
    sha256: Sha256,
    offset: u64,
    total: u64,
    body: Body,
) -> Result<u64, Error> {
    let mut file = site.blobs.open_partial(terminal, &sha256, offset == 0)?;
    let mut stream = body.into_data_stream();
    let mut received = offset;
    while let Some(Ok(part)) = stream.next().await {
        received += part.len() as u64;
        if received > total {
            return Err(Error::Problem(ProblemCode::TooLarge, format!("more than the {total} bytes of the record")));
        }
        // A part is at most a few hundred kilobytes and goes to the page cache: not worth another thread.
        append(&mut file, &part)?;
    }
    Ok(received)
}

/// As [`delivery::blob_state`], but a blob that a crash left complete without its row is taken in now.
fn settled_state(site: &Site, terminal: &TerminalId, sha256: &Sha256) -> Result<BlobState, Error> {
    let state = delivery::blob_state(site, terminal, sha256)?;
    let may_lie_there = matches!(state, BlobState::Partial { offset: 0 });
    if may_lie_there && delivery::adopt_if_complete(site, sha256)? {
        return Ok(BlobState::Stored);
    }
    Ok(state)
}

fn offset_answer(offset: u64, total: u64) -> Response {
    let headers = [(UPLOAD_OFFSET, offset.to_string()), (UPLOAD_LENGTH, total.to_string())];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The right to write one partial file; given back when dropped.
struct Turn {
    app: App,
    upload: (TerminalId, Sha256),
}

impl Turn {
    fn take(app: &App, terminal: &TerminalId, sha256: Sha256) -> Result<Self, Error> {
        let upload = (terminal.clone(), sha256);
        let is_free = app.uploads.lock().is_ok_and(|mut uploads| uploads.insert(upload.clone()));
        if !is_free {
            return Err(Error::Problem(ProblemCode::WrongOffset, "another upload of this photo is under way".into()));
        }
        Ok(Self { app: app.clone(), upload })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Ok(mut uploads) = self.app.uploads.lock() {
            uploads.remove(&self.upload);
        }
    }
}
