//! Handshake, enrolment and sessions.

use axum::{Json, body::Bytes, extract::State};
use xunjian_protocol::{
    enrol::{EnrolAnswer, EnrolRequest},
    hello::Hello,
    problem::Problem,
    session::{Challenge, ChallengeRequest, Session, SessionRequest},
};

use super::{
    App,
    answer::{Asked, Failed, read},
};
use crate::{enrol as enrolment, extras::Extras, greeting, session as sessions};

/// Who answers here, and what it can do.
#[utoipa::path(get, path = "/v1/hello", responses((status = 200, body = Hello)))]
pub async fn hello(State(app): State<App>, asked: Asked) -> Result<Json<Hello>, Failed> {
    app.run(greeting::hello).await.map(Json).map_err(asked.fail())
}

/// A terminal enrols for the person of its one-time code.
#[utoipa::path(post, path = "/v1/enrol", request_body = EnrolRequest,
    responses((status = 200, body = EnrolAnswer), (status = "4XX", body = Problem)))]
pub async fn enrol(
    State(app): State<App>,
    asked: Asked,
    extras: Extras,
    body: Bytes,
) -> Result<Json<EnrolAnswer>, Failed> {
    let answer = app.run(move |site| enrolment::enrol(site, &read::<EnrolRequest>(&body)?, extras)).await;
    answer.map(Json).map_err(asked.fail())
}

/// A terminal wants a nonce to sign.
#[utoipa::path(post, path = "/v1/session/challenge", request_body = ChallengeRequest,
    responses((status = 200, body = Challenge)))]
pub async fn challenge(State(app): State<App>, asked: Asked, body: Bytes) -> Result<Json<Challenge>, Failed> {
    let answer = app.run(move |site| sessions::challenge(site, &read::<ChallengeRequest>(&body)?.terminal)).await;
    answer.map(Json).map_err(asked.fail())
}

/// A terminal opens a session with its signed nonce.
#[utoipa::path(post, path = "/v1/session", request_body = SessionRequest,
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub async fn session(State(app): State<App>, asked: Asked, body: Bytes) -> Result<Json<Session>, Failed> {
    let answer = app.run(move |site| sessions::open(site, &read::<SessionRequest>(&body)?)).await;
    answer.map(Json).map_err(asked.fail())
}
