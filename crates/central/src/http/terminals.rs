//! Handshake, enrolment and sessions.

use axum::{Json, body::Bytes, extract::State};
use xunjian_protocol::{
    enrol::{EnrolAnswer, EnrolRequest},
    hello::{Hello, VERSION},
    path::{
        ACCEPTS_ASSIGNMENTS, ACCEPTS_OPEN_FINDINGS, ACCEPTS_RECOVERY_KEY, ACCEPTS_ZSTD, SERVES_REVIEWS,
        TAKES_COSIGNATURES,
    },
    problem::Problem,
    session::{Challenge, ChallengeRequest, Session, SessionRequest},
};

use super::{
    App,
    answer::{Asked, Failed, read},
};
use crate::{clock, enrol as enrolment, extras::Extras, session as sessions};

/// Who answers here, and what it can do.
#[utoipa::path(get, path = "/v1/hello", responses((status = 200, body = Hello)))]
pub async fn hello(State(app): State<App>, asked: Asked) -> Result<Json<Hello>, Failed> {
    let root = &app.site.settings.root;
    let fingerprint = root.fingerprint().map_err(|error| asked.fail()(error.into()))?;
    Ok(Json(Hello {
        site: root.site.to_string(),
        site_name: root.name.clone(),
        root_fingerprint: fingerprint.to_hex(),
        versions: vec![VERSION],
        capabilities: [
            ACCEPTS_ASSIGNMENTS,
            TAKES_COSIGNATURES,
            ACCEPTS_OPEN_FINDINGS,
            ACCEPTS_RECOVERY_KEY,
            ACCEPTS_ZSTD,
            SERVES_REVIEWS,
        ]
        .map(str::to_owned)
        .to_vec(),
        now_ms: clock::now().0,
    }))
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
