//! Logging in and out.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse},
};
use xunjian_protocol::problem::ProblemCode;

use super::{
    super::{
        App,
        answer::{Asked, Failed},
    },
    seat::{Answer, COOKIE, Seated, check_origin, form, told},
};
use crate::{
    console::session::{self, ConsoleSession, NewConsoleSession},
    error::Error,
};

/// How long a login waits for its turn before it is sent away.
const PATIENCE: Duration = Duration::from_secs(20);

fn cookie(value: &str, extra: &str) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let cookie = format!("{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{extra}");
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

/// Logs somebody in.
pub async fn open(
    State(app): State<App>,
    Asked(language): Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Failed> {
    log_in(&app, &headers, &body).await.map_err(|error| told(error, language))
}

async fn log_in(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<impl IntoResponse + use<>, Error> {
    check_origin(headers)?;
    let new: NewConsoleSession = form(body)?;
    let busy = || Error::Problem(ProblemCode::TooMany, String::new());
    let turn = tokio::time::timeout(PATIENCE, Arc::clone(&app.console.logins).acquire_owned()).await;
    let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
    let console = app.console.clone();
    let opened = app.run(move |site| {
        let _turn = turn;
        let (token, seat) = session::open(site, &console.tries, &new)?;
        Ok((token, seat.told(site)?))
    });
    let (token, told) = opened.await?;
    Ok((cookie(&token, ""), Json(told)))
}

/// Who is logged in.
pub async fn show(State(app): State<App>, who: Seated) -> Answer<ConsoleSession> {
    who.answer(&app, |site, seat| seat.told(site)).await
}

/// Logs out.
pub async fn close(State(app): State<App>, who: Seated) -> Result<impl IntoResponse, Failed> {
    who.run(&app, session::close).await?;
    Ok((cookie("", "; Max-Age=0"), Json(serde_json::Value::Null)))
}

/// No method has this address.
pub async fn nowhere(Asked(language): Asked) -> Failed {
    Failed::new(Error::Problem(ProblemCode::NotFound, String::new()), language)
}
