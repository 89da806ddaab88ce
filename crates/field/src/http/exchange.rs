//! One request and its answer, given up only when no byte moves for a while.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use reqwest::{Body, RequestBuilder, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use xunjian_protocol::ApiError;

use super::{carrier::Carrier, throttle::Throttle};

/// Bytes handed to the socket at a time; each is a sign of life.
const PIECE: usize = 64 << 10;
/// Records shrink to a fifth at this level, faster than any line takes them.
const LEVEL: i32 = 3;
/// Most bytes of an answer.
const MAX_ANSWER: usize = 256 << 20;

/// A request ready to run.
pub(super) struct Exchange {
    request: RequestBuilder,
    moved: Arc<AtomicU64>,
}

/// A successful answer, or 304.
pub(super) struct Answer {
    pub status: StatusCode,
    headers: header::HeaderMap,
    pub body: Bytes,
}

impl Exchange {
    pub fn empty(request: RequestBuilder) -> Self {
        Self { request, moved: Arc::default() }
    }

    pub fn json(request: RequestBuilder, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::NotUnderstood(error.to_string()))?;
        Ok(Self::bytes(request.header(header::CONTENT_TYPE, "application/json"), Bytes::from(body)))
    }

    /// As [`Self::json`], compressed (RFC 8878), for a service that says that it takes it.
    pub fn compressed_json(request: RequestBuilder, body: &impl Serialize) -> Result<Self, ApiError> {
        let wrong = |error: &dyn std::fmt::Display| ApiError::NotUnderstood(error.to_string());
        let body = serde_json::to_vec(body).map_err(|error| wrong(&error))?;
        let body = zstd::encode_all(body.as_slice(), LEVEL).map_err(|error| wrong(&error))?;
        let request = request.header(header::CONTENT_TYPE, "application/json").header(header::CONTENT_ENCODING, "zstd");
        Ok(Self::bytes(request, Bytes::from(body)))
    }

    /// Bytes as fast as they go.
    pub fn bytes(request: RequestBuilder, body: Bytes) -> Self {
        Self::upload(request, body, Arc::default(), |_| ())
    }

    /// Bytes as `throttle` lets them; `meter` is told what is handed to the socket.
    pub fn upload(
        request: RequestBuilder,
        body: Bytes,
        throttle: Arc<Throttle>,
        meter: impl Fn(usize) + Clone + Send + Sync + 'static,
    ) -> Self {
        let moved = Arc::<AtomicU64>::default();
        let length = body.len();
        let counter = Arc::clone(&moved);
        let pieces = stream::unfold(body, move |mut rest| {
            let (counter, throttle, meter) = (Arc::clone(&counter), Arc::clone(&throttle), meter.clone());
            async move {
                if rest.is_empty() {
                    return None;
                }
                let piece = rest.split_to(throttle.piece(PIECE).min(rest.len()));
                throttle.turn(piece.len()).await;
                counter.fetch_add(piece.len() as u64, Ordering::Relaxed);
                meter(piece.len());
                Some((Ok::<_, std::convert::Infallible>(piece), rest))
            }
        });
        let request = request.header(header::CONTENT_LENGTH, length).body(Body::wrap_stream(pieces));
        Self { request, moved }
    }

    pub fn bearer(self, token: &str) -> Self {
        Self { request: self.request.bearer_auth(token), ..self }
    }

    /// Runs the request. Fails when nothing moves for `stall`, however long the whole takes.
    pub async fn run(self, stall: Duration, carrier: Option<&dyn Carrier>) -> Result<Answer, ApiError> {
        let moved = self.moved;
        let sent = async {
            let Some(carrier) = carrier else { return self.request.send().await.map_err(|error| unreachable(&error)) };
            let request = self.request.build().map_err(|error| unreachable(&error))?;
            carrier.carry(request).await.map_err(ApiError::Unreachable)
        };
        let response = watched(sent, &moved, stall).await??;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut response = response;
        let mut body = BytesMut::new();
        loop {
            let piece = tokio::time::timeout(stall, response.chunk()).await.map_err(|_| stalled(stall))?;
            match piece.map_err(|error| unreachable(&error))? {
                Some(piece) if body.len() + piece.len() > MAX_ANSWER => {
                    return Err(ApiError::NotUnderstood("the answer is far too long".to_owned()));
                }
                Some(piece) => body.extend_from_slice(&piece),
                None => break,
            }
        }
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(Answer { status, headers, body: body.freeze() });
        }
        Err(super::problem_from(status, &body))
    }
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| ApiError::NotUnderstood(error.to_string()))
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }
}

/// Waits for `work` as long as the counter moves at least once every `stall`.
async fn watched<T>(work: impl Future<Output = T>, moved: &AtomicU64, stall: Duration) -> Result<T, ApiError> {
    tokio::pin!(work);
    let mut seen = moved.load(Ordering::Relaxed);
    loop {
        if let Ok(done) = tokio::time::timeout(stall, &mut work).await {
            return Ok(done);
        }
        let now = moved.load(Ordering::Relaxed);
        if now == seen {
            return Err(stalled(stall));
        }
        seen = now;
    }
}

fn stalled(stall: Duration) -> ApiError {
    ApiError::Unreachable(format!("no byte moved for {} s", stall.as_secs()))
}

/// The innermost reason: “connection refused” says more than “error sending request”.
pub(super) fn unreachable(error: &reqwest::Error) -> ApiError {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    ApiError::Unreachable(reason.to_string())
}
