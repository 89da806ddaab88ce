//! Errors as problems (RFC 9457), bodies as messages, and the session behind a request.

use axum::{
    body::Bytes,
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use xunjian_domain::{
    hash::{NotASha256, Sha256},
    ids::TerminalId,
    text::Language,
};
use xunjian_protocol::{
    path::{ACCEPTS, PROBLEM_JSON},
    problem::{Problem, ProblemCode},
};

use super::App;
use crate::{error::Error, extras::Extras, session, site::Site};

/// An error on its way out, in the language of the request.
pub struct Failed {
    error: Error,
    language: Language,
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut wait = None;
        let problem = match self.error {
            Error::TooManyTries(seconds) => {
                wait = Some(seconds);
                Problem::new(ProblemCode::TooManyTries, format!("{seconds} s"), self.language)
            }
            Error::Problem(code, detail) => Problem::new(code, detail, self.language),
            other => {
                // What exactly failed is for the log, not for whoever asked.
                tracing::error!(error = %other, "a request failed");
                Problem::new(ProblemCode::Internal, "", self.language)
            }
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Failed {
    /// An error in the language of its request.
    pub(super) fn new(error: Error, language: Language) -> Self {
        Self { error, language }
    }
}

/// The language of a request, extracted from `Accept-Language`.
#[derive(Clone, Copy)]
pub struct Asked(pub Language);

impl Asked {
    /// Turns an error into a problem in this language.
    pub fn fail(self) -> impl FnOnce(Error) -> Failed {
        move |error| Failed { error, language: self.0 }
    }
}

pub(super) fn language(headers: &HeaderMap) -> Language {
    let tag = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    tag.map_or(Language::Zh, Language::from_tag)
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(language(&parts.headers)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Extras {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of_header(parts.headers.get(ACCEPTS).and_then(|value| value.to_str().ok())))
    }
}

/// The terminal whose session a request carries.
pub struct Caller(pub TerminalId);

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default()
            .to_owned();
        let app = App::from_ref(state);
        let terminal = app.run(move |site| session::terminal_of(site, &token)).await;
        terminal.map(Self).map_err(Asked(language(&parts.headers)).fail())
    }
}

/// Reads a message.
pub fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Problem(ProblemCode::Malformed, error.to_string()))
}

/// A path part that must be a hash.
pub fn hash(text: &str) -> Result<Sha256, Error> {
    text.parse().map_err(|error: NotASha256| Error::Problem(ProblemCode::Malformed, error.to_string()))
}

/// The bytes that are called by the hash in the path.
pub async fn by_hash(
    app: App,
    asked: Asked,
    sha256: String,
    media_type: &'static str,
    find: impl FnOnce(&Site, &Sha256) -> Result<Vec<u8>, Error> + Send + 'static,
) -> Result<Response, Failed> {
    let bytes = app.run(move |site| find(site, &hash(&sha256)?)).await.map_err(asked.fail())?;
    Ok(([(header::CONTENT_TYPE, media_type)], bytes).into_response())
}
