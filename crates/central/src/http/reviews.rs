//! Records down to reviewers, countersignatures up.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::Response,
};
use xunjian_protocol::{
    path::MAX_BATCH,
    problem::{Problem, ProblemCode},
    review::{CountersignaturesAnswer, ReviewsAnswer, ReviewsRequest, SubmitCountersignatures},
};

use super::{
    App,
    answer::{Asked, Caller, Failed, by_hash, read},
};
use crate::{error::Error, review};

/// What came to review, and what was said of this terminal's records, since the last answer.
#[utoipa::path(post, path = "/v1/reviews", request_body = ReviewsRequest,
    responses((status = 200, body = ReviewsAnswer), (status = "4XX", body = Problem)))]
pub async fn since(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<ReviewsAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: ReviewsRequest = read(&body)?;
            review::since(site, &terminal, request.after)
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// Takes countersignatures in: an answer each. Whose they are says the signature, not the session.
#[utoipa::path(post, path = "/v1/reviews/countersignatures", request_body = SubmitCountersignatures,
    responses((status = 200, body = CountersignaturesAnswer), (status = "4XX", body = Problem)))]
pub async fn countersign(
    State(app): State<App>,
    asked: Asked,
    _terminal: Caller,
    body: Bytes,
) -> Result<Json<CountersignaturesAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: SubmitCountersignatures = read(&body)?;
            let count = request.envelopes.len();
            if count > MAX_BATCH {
                let detail = format!("{count} countersignatures, at most {MAX_BATCH} a call");
                return Err(Error::Problem(ProblemCode::TooLarge, detail));
            }
            let answers = request
                .envelopes
                .iter()
                .map(|envelope| review::submit(site, envelope.as_bytes(), asked.0))
                .collect::<Result<_, _>>()?;
            site.sequence()?;
            Ok(CountersignaturesAnswer { answers })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// The bytes of a photo of a delivered record, for a reviewer's terminal.
#[utoipa::path(get, path = "/v1/reviews/photos/sha256/{sha256}", params(("sha256" = String, Path,)),
    responses((status = 200, content_type = "application/octet-stream"), (status = "4XX", body = Problem)))]
pub async fn photo(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    Path(sha256): Path<String>,
) -> Result<Response, Failed> {
    by_hash(app, asked, sha256, "application/octet-stream", move |site, sha256| review::photo(site, &terminal, sha256))
        .await
}
