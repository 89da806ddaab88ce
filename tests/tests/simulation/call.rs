//! A request as the wire sees it, and answers that nobody of ours gave.

use anyhow::{Context as _, Result};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header, response::Parts},
};
use bytes::Bytes;
use xunjian_domain::text::Language;
use xunjian_proof::Sha256;
use xunjian_protocol::{
    path,
    problem::{Problem, ProblemCode},
    record::{DeliveryState, ReceiptsAnswer, SubmitRecords},
};

/// What a request is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Records, with the size of each envelope.
    Records(Vec<(Sha256, u64)>),
    /// A photo from a byte on.
    Photo(Sha256),
    /// Which photos are there?
    Have(Vec<Sha256>),
    /// Receipts of these.
    Receipts(Vec<Sha256>),
    /// Anything else.
    Other(String),
}

/// A request, whole.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    uri: Uri,
    headers: HeaderMap,
    pub body: Bytes,
    pub purpose: Purpose,
}

/// An answer, whole.
pub struct Answer {
    pub parts: Parts,
    pub body: Bytes,
}

impl Call {
    /// Takes what the terminal hands to the network; all of it leaves.
    pub async fn read(request: reqwest::Request) -> Result<Self> {
        let request: Request<reqwest::Body> = request.try_into()?;
        let (parts, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await?;
        let purpose = Self::purpose(parts.uri.path(), &parts.headers, &body)?;
        Ok(Self { method: parts.method, uri: parts.uri, headers: parts.headers, body, purpose })
    }

    fn purpose(called: &str, headers: &HeaderMap, body: &Bytes) -> Result<Purpose> {
        if let Some(photo) = called.strip_prefix(path::BLOBS).and_then(|rest| rest.strip_prefix('/')) {
            return Ok(Purpose::Photo(photo.parse()?));
        }
        Ok(match called {
            path::RECORDS => {
                let is_compressed = headers.contains_key(header::CONTENT_ENCODING);
                let plain = if is_compressed { zstd::decode_all(&body[..])? } else { body.to_vec() };
                let request: SubmitRecords = serde_json::from_slice(&plain)?;
                let of = |envelope: &String| {
                    let (_, read) = xunjian_proof::verification::read_record(envelope.as_bytes())
                        .map_err(|failure| anyhow::anyhow!("{failure}"))?;
                    anyhow::Ok((read.id, envelope.len() as u64))
                };
                Purpose::Records(request.envelopes.iter().map(of).collect::<Result<_>>()?)
            }
            path::BLOBS_HAVE => {
                let request: xunjian_protocol::blob::HaveBlobs = serde_json::from_slice(body)?;
                Purpose::Have(request.blobs)
            }
            path::RECEIPTS => {
                let request: xunjian_protocol::record::ReceiptsRequest = serde_json::from_slice(body)?;
                Purpose::Receipts(request.records)
            }
            other => Purpose::Other(other.trim_start_matches("/v1/").split('/').next().unwrap_or(other).to_owned()),
        })
    }

    /// Whether what it brings is stored.
    pub fn brings_something(&self) -> bool {
        matches!(self.purpose, Purpose::Records(_) | Purpose::Photo(_))
    }

    /// For the service, with another body.
    pub fn request(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.path_and_query().map_or_else(|| self.uri.clone(), |path| path.clone().into());
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// The same with one byte changed.
    pub fn flipped(&self, at: usize) -> Self {
        let mut bytes = self.body.to_vec();
        bytes[at] ^= 0x20;
        Self { body: bytes.into(), ..self.clone() }
    }
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Result<Self> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.context("the service's answer")?;
        Ok(Self { parts, body })
    }

    /// Of somebody between, in the words of web servers.
    pub fn page(status: StatusCode, text: &'static str) -> Self {
        let (mut parts, ()) = Response::new(()).into_parts();
        parts.status = status;
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        Self { parts, body: Bytes::from_static(text.as_bytes()) }
    }

    /// A numbered problem, as the service's own gateway gives it.
    pub fn problem(code: ProblemCode) -> Self {
        let problem = Problem::new(code, "", Language::Zh);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut answer = Self::page(status, "");
        answer.parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(path::PROBLEM_JSON));
        answer.body = body.into();
        answer
    }

    /// Whether the service says that a photo is there whole.
    pub fn says_stored(&self) -> bool {
        let header = |name: &str| self.parts.headers.get(name).and_then(|value| value.to_str().ok());
        self.parts.status.is_success()
            && header(path::UPLOAD_OFFSET).is_some()
            && header(path::UPLOAD_OFFSET) == header(path::UPLOAD_LENGTH)
    }

    /// The receipts in it, spoiled: a letter changed, or that of another record in the place. `None` where there is none.
    pub fn with_spoiled_receipt(&self, random: &mut fastrand::Rng) -> Option<Self> {
        let mut answer: ReceiptsAnswer = serde_json::from_slice(&self.body).ok()?;
        let delivered = |state: &DeliveryState| matches!(state, DeliveryState::Delivered { .. });
        let places: Vec<usize> = (0..answer.states.len()).filter(|at| delivered(&answer.states[*at])).collect();
        let at = *places.get(random.usize(..places.len().max(1)))?;
        let other = places.iter().find(|other| **other != at).map(|other| answer.states[*other].clone());
        match (&mut answer.states[at], other.filter(|_| random.bool())) {
            (state, Some(other)) => *state = other,
            (DeliveryState::Delivered { delivered, receipt }, None) => {
                let text = if random.bool() { delivered } else { receipt };
                let letters: Vec<usize> =
                    text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
                let place = *letters.get(random.usize(..letters.len()))?;
                let changed = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
                text.replace_range(place..=place, changed);
            }
            _ => return None,
        }
        let body = serde_json::to_vec(&answer).ok()?;
        Some(Self { parts: self.parts.clone(), body: body.into() })
    }

    /// As the terminal gets it; only its first bytes, then a broken connection, where it is cut.
    pub fn response(self, cut: Option<usize>) -> reqwest::Response {
        let Self { mut parts, body } = self;
        parts.headers.remove(header::CONTENT_LENGTH);
        let body = match cut {
            None => reqwest::Body::from(body),
            Some(cut) => {
                let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                let pieces = [Ok(body.slice(..cut.min(body.len()))), Err(broken)];
                reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
            }
        };
        Response::from_parts(parts, body).into()
    }
}
