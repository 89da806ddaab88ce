//! Photos in, resumable at any byte. What arrived before a connection broke stays and is not sent again.

use std::{fs::File, ops::Range, time::Duration};

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
    turn::Turn,
};
use crate::{blobs::append, delivery, error::Error, site::Site};

/// Most hashes in one question: each may cost a look at the disk.
const MAX_HASHES: usize = 1_000;

/// How long an upload may stand still before the service stops waiting for it.
const STALL: Duration = Duration::from_secs(30);

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
            let count = request.blobs.len();
            if count > MAX_HASHES {
                let detail = format!("{count} photos, at most {MAX_HASHES} a call");
                return Err(Error::Problem(ProblemCode::TooLarge, detail));
            }
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
    // The turn comes before the first look at the file: what is seen then nobody else changes.
    let turn = Turn::take(&app.uploads, &terminal, sha256).await?;
    let owner = terminal.clone();
    let (state, total, turn) = app
        .run(move |site| {
            let total = delivery::named_bytes(site, &owner, &sha256)?.unwrap_or(0);
            let state = settled_state(site, &owner, &sha256)?;
            if matches!(state, BlobState::Partial { .. }) && total <= MAX_BLOB_BYTES {
                let offset = site.blobs.settle_partial(&owner, &sha256, total)?;
                return Ok((BlobState::Partial { offset }, total, turn));
            }
            Ok((state, total, turn))
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
    let file = app.site.blobs.open_partial(&terminal, &sha256, offset == 0)?;
    let (received, turn) = write_body(turn, file, offset..total, (body, STALL)).await?;
    if received < total {
        return Err(Error::Problem(ProblemCode::Incomplete, format!("{received} of {total} bytes")));
    }
    // The turn goes along: were this request dropped now, hashing would go on, and nobody may write meanwhile.
    app.run(move |site| {
        let _turn = turn;
        delivery::finish_blob(site, &terminal, &sha256)
    })
    .await?;
    Ok(offset_answer(total, total))
}

/// Writes what comes until the stream ends, breaks, or stands still; says how many bytes there are now.
async fn write_body(
    mut turn: Turn,
    mut file: File,
    Range { start, end }: Range<u64>,
    (body, stall): (Body, Duration),
) -> Result<(u64, Turn), Error> {
    let mut stream = body.into_data_stream();
    let mut received = start;
    loop {
        let part = tokio::select! {
            // Whoever lost the turn writes no more, not even what has come already.
            biased;
            error = turn.superseded() => return Err(error),
            part = tokio::time::timeout(stall, stream.next()) => part,
        };
        // No byte for so long: what came is kept, and the terminal goes on from there when it can.
        let Ok(Some(Ok(part))) = part else { return Ok((received, turn)) };
        received += part.len() as u64;
        if received > end {
            return Err(Error::Problem(ProblemCode::TooLarge, format!("more than the {end} bytes of the record")));
        }
        // A part is at most a few hundred kilobytes and goes to the page cache: not worth another thread.
        append(&mut file, &part)?;
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::stream;

    use super::*;
    use crate::http::turn::Uploads;

    #[tokio::test]
    async fn an_upload_that_stands_still_is_given_up_and_what_came_is_kept() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("partial");
        let (uploads, terminal) = (Arc::new(Uploads::default()), TerminalId::new("terminal_a"));
        let turn = Turn::take(&uploads, &terminal, Sha256::of(b"photo")).await.unwrap();
        let came = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"12345"))]).chain(stream::pending());
        let body = (Body::from_stream(came), Duration::from_millis(20));
        let (received, _turn) = write_body(turn, File::create(&path).unwrap(), 0..10, body).await.unwrap();
        assert_eq!(received, 5, "the terminal goes on from here");
        assert_eq!(std::fs::read(&path).unwrap(), b"12345");
    }
}
