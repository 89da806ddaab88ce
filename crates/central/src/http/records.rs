//! Records in, receipts out.

use axum::{Json, body::Bytes, extract::State};
use xunjian_protocol::{
    path::MAX_BATCH,
    problem::{Problem, ProblemCode},
    record::{ChainAnswer, ChainRequest, ReceiptsAnswer, ReceiptsRequest, SubmitAnswer, SubmitRecords},
};

use super::{
    App,
    answer::{Asked, Caller, Failed, read},
};
use crate::{delivery, error::Error, intake};

/// Takes sealed records in: an answer each, so that one bad record does not hold up the others.
#[utoipa::path(post, path = "/v1/records", request_body = SubmitRecords,
    responses((status = 200, body = SubmitAnswer), (status = "4XX", body = Problem)))]
pub async fn submit(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<SubmitAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: SubmitRecords = read(&body)?;
            check_batch(request.envelopes.len())?;
            let answers = request
                .envelopes
                .iter()
                .map(|envelope| intake::submit(site, &terminal, envelope.as_bytes(), asked.0))
                .collect::<Result<_, _>>()?;
            delivery::deliver_ready(site)?;
            Ok(SubmitAnswer { answers })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// How far records have come, with the receipts of those that are delivered.
#[utoipa::path(post, path = "/v1/receipts", request_body = ReceiptsRequest,
    responses((status = 200, body = ReceiptsAnswer), (status = "4XX", body = Problem)))]
pub async fn receipts(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<ReceiptsAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: ReceiptsRequest = read(&body)?;
            check_batch(request.records.len())?;
            let states = request
                .records
                .iter()
                .map(|record| delivery::state(site, &terminal, record))
                .collect::<Result<_, _>>()?;
            Ok(ReceiptsAnswer { states })
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

/// What is here of a terminal's chain behind a place, so that one that was set back notices.
#[utoipa::path(post, path = "/v1/chain", request_body = ChainRequest,
    responses((status = 200, body = ChainAnswer), (status = "4XX", body = Problem)))]
pub async fn chain(
    State(app): State<App>,
    asked: Asked,
    Caller(terminal): Caller,
    body: Bytes,
) -> Result<Json<ChainAnswer>, Failed> {
    let answer = app
        .run(move |site| {
            let request: ChainRequest = read(&body)?;
            intake::chain(site, &terminal, request.after)
        })
        .await;
    answer.map(Json).map_err(asked.fail())
}

fn check_batch(count: usize) -> Result<(), Error> {
    if count > MAX_BATCH {
        return Err(Error::Problem(ProblemCode::TooLarge, format!("{count} records, at most {MAX_BATCH} a call")));
    }
    Ok(())
}
