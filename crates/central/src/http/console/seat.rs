//! Who sends a request of the console, and whether a page of this console made it.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, Query},
    http::{HeaderMap, Method, header, request::Parts},
};
use serde::de::DeserializeOwned;
use xunjian_domain::{hash::Sha256, text::Language};
use xunjian_protocol::problem::ProblemCode;

use super::super::{
    App,
    answer::{Failed, language},
};
use crate::{
    console::{
        page::{Params, bad},
        session::{self, Seat},
    },
    error::Error,
    site::Site,
};

/// The cookie. The prefix makes browsers insist on `Secure`, `Path=/` and no other host.
pub(super) const COOKIE: &str = "__Host-xunjian";
const CSRF: &str = "x-xunjian-csrf";

/// What a handler answers with.
pub(super) type Answer<T> = Result<Json<T>, Failed>;

/// An error on its way out: what a person can act on is told, in the language of the request.
pub(super) fn told(error: Error, language: Language) -> Failed {
    let refused = |detail: &str| Error::Problem(ProblemCode::Refused, detail.to_owned());
    let error = match error {
        Error::Told(text) => refused(text.get(language)),
        Error::Import(error) => refused(error.text().get(language)),
        Error::Keyring(error) => refused(&error.to_string()),
        Error::Statement(error) => refused(&error.to_string()),
        other => other,
    };
    Failed::new(error, language)
}

/// A request of somebody who is logged in. Whatever writes must come from a page of this console.
pub(super) struct Seated {
    pub seat: Seat,
    pub language: Language,
}

/// As [`Seated`], of an administrator.
pub(super) struct Writer(pub Seated);

impl Seated {
    /// Runs a use case and tells its answer.
    pub(super) async fn run<T: Send + 'static>(
        self,
        app: &App,
        work: impl FnOnce(&Site, &Seat) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failed> {
        let Self { seat, language } = self;
        app.run(move |site| work(site, &seat)).await.map_err(|error| told(error, language))
    }

    /// As [`Seated::run`], as JSON.
    pub(super) async fn answer<T: Send + 'static>(
        self,
        app: &App,
        work: impl FnOnce(&Site, &Seat) -> Result<T, Error> + Send + 'static,
    ) -> Answer<T> {
        self.run(app, work).await.map(Json)
    }
}

/// The value of the session cookie.
fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

/// Refuses requests that pages of other sites made. Browsers send `Origin` with everything that writes.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Error> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    if origin.is_some() && origin == host {
        return Ok(());
    }
    Err(Error::Problem(ProblemCode::ForeignPage, "Origin".to_owned()))
}

fn check_page(parts: &Parts, seat: &Seat) -> Result<(), Error> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok(());
    }
    check_origin(&parts.headers)?;
    let csrf = parts.headers.get(CSRF).map_or(&b""[..], |value| value.as_bytes());
    // Hashes are compared, so that the time it takes says nothing of the token.
    if Sha256::of(csrf) == Sha256::of(seat.csrf.as_bytes()) {
        return Ok(());
    }
    Err(Error::Problem(ProblemCode::ForeignPage, "X-Xunjian-Csrf".to_owned()))
}

impl FromRequestParts<App> for Seated {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let language = language(&parts.headers);
        let token = token(&parts.headers);
        let seat = app
            .run(move |site| {
                let token = token.ok_or_else(|| Error::Problem(ProblemCode::NotLoggedIn, String::new()))?;
                session::seat(site, &token)
            })
            .await;
        let seat = seat.and_then(|seat| check_page(parts, &seat).map(|()| seat));
        seat.map(|seat| Self { seat, language }).map_err(|error| told(error, language))
    }
}

impl FromRequestParts<App> for Writer {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let seated = Seated::from_request_parts(parts, app).await?;
        seated.seat.may_write().map_err(|error| told(error, seated.language))?;
        Ok(Self(seated))
    }
}

/// The parameters of an address, as they came.
pub(super) struct Asks(Vec<(String, String)>);

impl Asks {
    /// Those of a list: `limit`, `after`, `q` and these.
    pub(super) fn list(self, known: &[&str]) -> Result<Params, Error> {
        Params::new(self.0, &[&["limit", "after", "q"], known].concat())
    }

    /// These and no others.
    pub(super) fn only(self, known: &[&str]) -> Result<Params, Error> {
        Params::new(self.0, known)
    }
}

impl FromRequestParts<App> for Asks {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failed> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let refused = |error: &dyn std::fmt::Display| told(bad("?", error), language(&parts.headers));
        pairs.map(|Query(pairs)| Self(pairs)).map_err(|error| refused(&error))
    }
}

/// Reads a form; what is wrong with it is named by its field.
pub(super) fn form<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Problem(ProblemCode::BadParameter, error.to_string()))
}
