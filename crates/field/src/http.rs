//! The service over HTTP/1.1: the same messages as every other transport, a session that renews itself, and a watch on
//! progress instead of a limit on total time (a large photo over a thin line is slow, not broken).
//!
//! Proxies from the environment are not used: terminals talk to their own service directly.

mod carrier;
mod exchange;
mod throttle;

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use data_encoding::BASE64;
use reqwest::{Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use xunjian_domain::{
    hash::Sha256,
    ids::{SiteId, TerminalId},
    text::Language,
};
use xunjian_proof::suite::{Ed25519Signer, Signer};
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveAnswer, HaveBlobs},
    enrol::{EnrolAnswer, EnrolRequest},
    hello::Hello,
    log::{ConsistencyAnswer, ConsistencyRequest, CosignatureAnswer, CosignatureRequest},
    package::WorkPackage,
    path,
    problem::{Problem, ProblemCode},
    record::{ChainAnswer, ChainRequest, ReceiptsAnswer, ReceiptsRequest, SubmitAnswer, SubmitRecords},
    review::{CountersignaturesAnswer, ReviewsAnswer, ReviewsRequest, SubmitCountersignatures},
    session::{Challenge, ChallengeRequest, Session, SessionRequest, session_message},
};

pub use self::carrier::Carrier;
use self::{
    exchange::{Answer, Exchange},
    throttle::Throttle,
};
use crate::{Field, error::FieldError, sync::Meter};

/// What this terminal takes in a work package beyond the first version of the message.
pub(crate) const ACCEPTED: &str = "assignments, open-findings";

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long no byte may move in either direction, as far as this program sees.
const STALL: Duration = Duration::from_secs(30);
/// How long what was sent may stay unacknowledged, or a silent peer unanswering, until the connection counts as dead
/// (RFC 5482): a network that came back often knows nothing of the connections of before. Where that led to nothing it
/// doubles, because on a thin line that others crowd acknowledgements are rare, too.
const PATIENCE: Duration = Duration::from_secs(6);
/// At most so long.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);
/// Between signs of life on a connection that waits.
const KEEPALIVE: Duration = Duration::from_secs(2);

/// What opens a session.
struct Identity {
    terminal: TerminalId,
    site: SiteId,
    key: Ed25519Signer,
}

/// The connections in use, and which set of them it is.
struct Line {
    client: reqwest::Client,
    number: u64,
    patience: Duration,
    /// Whether anything came back over these connections.
    is_proved: bool,
}

/// The service at one address.
pub struct HttpClient {
    line: RwLock<Line>,
    base: String,
    language: Language,
    identity: Option<Identity>,
    token: Mutex<Option<String>>,
    /// One session is opened at a time, however many requests want one.
    opening: tokio::sync::Mutex<()>,
    /// What the service said about itself, once asked.
    hello: tokio::sync::OnceCell<Hello>,
    /// Counts the bytes of photos handed to the network.
    meter: Arc<Meter>,
    throttle: Arc<Throttle>,
    stall: Duration,
    /// Carries requests in the network's place.
    carrier: Option<Arc<dyn Carrier>>,
}

impl HttpClient {
    /// For a terminal that is not enrolled yet: `hello` and `enrol` only.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] when no client can be made at all.
    pub fn anonymous(base: &str, language: Language) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self {
            line: RwLock::new(Line { client: connect(PATIENCE)?, number: 0, patience: PATIENCE, is_proved: false }),
            base,
            language,
            identity: None,
            token: Mutex::new(None),
            opening: tokio::sync::Mutex::new(()),
            hello: tokio::sync::OnceCell::new(),
            meter: Arc::default(),
            throttle: Arc::default(),
            stall: STALL,
            carrier: None,
        })
    }

    /// For an enrolled terminal.
    ///
    /// # Errors
    /// [`FieldError::NotEnrolled`], or when the terminal's key cannot be read.
    pub fn of(field: &Field, base: &str, language: Language) -> Result<Self, FieldError> {
        let terminal = field.terminal()?;
        let key = field.terminal_key()?;
        let identity = Identity { terminal: terminal.id, site: terminal.site_root.site, key };
        Ok(Self { identity: Some(identity), ..Self::anonymous(base, language)? })
    }

    /// Counts the bytes of photos with this meter.
    #[must_use]
    pub fn metered(self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// Gives an exchange up when nothing moved for so long, instead of 30 s.
    #[must_use]
    pub fn stalling_after(self, stall: Duration) -> Self {
        Self { stall, ..self }
    }

    /// Hands photos to the network no faster than this, in bytes a second.
    #[must_use]
    pub fn limited(self, bytes_a_second: Option<NonZeroU64>) -> Self {
        Self { throttle: Arc::new(Throttle::new(bytes_a_second)), ..self }
    }

    /// Hands every request to `carrier` instead of the network.
    #[must_use]
    pub fn carried_by(self, carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier: Some(carrier), ..self }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let language = match self.language {
            Language::Zh => "zh-CN",
            Language::En => "en",
        };
        let client = self.line.read().unwrap_or_else(PoisonError::into_inner).client.clone();
        client.request(method, format!("{}{path}", self.base)).header(header::ACCEPT_LANGUAGE, language)
    }

    /// Runs an exchange. Where a connection failed, what comes next goes over new ones: those that wait in the pool share
    /// its fate, and would be found dead one by one.
    async fn run(&self, exchange: Exchange) -> Result<Answer, ApiError> {
        let number = self.line.read().unwrap_or_else(PoisonError::into_inner).number;
        let answer = exchange.run(self.stall, self.carrier.as_deref()).await;
        // Another carrier's connections are its own business.
        let is_gone = self.carrier.is_none() && matches!(answer, Err(ApiError::Unreachable(_)));
        let mut line = self.line.write().unwrap_or_else(PoisonError::into_inner);
        if !is_gone {
            line.is_proved |= line.number == number;
        } else if line.number == number {
            // Connections that once carried something were no victims of impatience.
            let patience = if line.is_proved { PATIENCE } else { (line.patience * 2).min(LONGEST_PATIENCE) };
            *line = Line { client: connect(patience)?, number: number + 1, patience, is_proved: false };
        }
        drop(line);
        answer
    }

    /// What the service says about itself; asked once.
    async fn known(&self) -> Result<&Hello, ApiError> {
        self.hello.get_or_try_init(|| SyncApi::hello(self)).await
    }

    fn known_token(&self) -> Option<String> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token, from an open session or a new one; never `refused`, which the service knows no more.
    async fn token(&self, refused: Option<&str>) -> Result<String, ApiError> {
        let usable = || self.known_token().filter(|token| Some(token.as_str()) != refused);
        if let Some(token) = usable() {
            return Ok(token);
        }
        let _turn = self.opening.lock().await;
        if let Some(token) = usable() {
            return Ok(token);
        }
        let Some(identity) = &self.identity else {
            return Err(ApiError::NotUnderstood("the terminal is not enrolled".to_owned()));
        };
        let challenge: Challenge =
            self.post(path::CHALLENGE, &ChallengeRequest { terminal: identity.terminal.clone() }).await?;
        let message = session_message(&identity.site, &challenge.nonce);
        let signature = identity.key.sign(&message).map_err(|error| ApiError::NotUnderstood(error.to_string()))?;
        let request = SessionRequest {
            terminal: identity.terminal.clone(),
            nonce: challenge.nonce,
            signature: BASE64.encode(&signature),
        };
        let session: Session = self.post(path::SESSION, &request).await?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.token.clone());
        Ok(session.token)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        self.run(Exchange::json(self.request(Method::POST, path), body)?).await?.json()
    }

    /// An exchange inside the session; an expired session is renewed once.
    async fn authorized(&self, make: impl Fn() -> Result<Exchange, ApiError>) -> Result<Answer, ApiError> {
        let token = self.token(None).await?;
        match self.run(make()?.bearer(&token)).await {
            Err(ApiError::Problem(problem)) if problem.code == ProblemCode::NoSession => {
                let token = self.token(Some(&token)).await?;
                self.run(make()?.bearer(&token)).await
            }
            other => other,
        }
    }

    async fn call<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        self.authorized(|| Exchange::json(self.request(Method::POST, path), body)).await?.json()
    }
}

impl SyncApi for HttpClient {
    async fn hello(&self) -> Result<Hello, ApiError> {
        self.run(Exchange::empty(self.request(Method::GET, path::HELLO))).await?.json()
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, ApiError> {
        let asked = self.request(Method::POST, path::ENROL).header(path::ACCEPTS, path::ACCEPTS_RECOVERY_KEY);
        self.run(Exchange::json(asked, request)?).await?.json()
    }

    async fn work_package(&self, etag: Option<&str>) -> Result<Option<(String, WorkPackage)>, ApiError> {
        let make = || {
            let request = self.request(Method::GET, path::WORK_PACKAGE);
            let request = request.header(path::ACCEPTS, ACCEPTED);
            Ok(Exchange::empty(match etag {
                Some(etag) => request.header(header::IF_NONE_MATCH, etag),
                None => request,
            }))
        };
        let answer = self.authorized(make).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let etag = answer.header(header::ETAG.as_str()).unwrap_or_default();
        Ok(Some((etag, answer.json()?)))
    }

    async fn chunk(&self, sha256: Sha256) -> Result<Bytes, ApiError> {
        let path = format!("{}/{sha256}", path::CHUNKS);
        Ok(self.authorized(|| Ok(Exchange::empty(self.request(Method::GET, &path)))).await?.body)
    }

    async fn before_photo(&self, sha256: Sha256) -> Result<Option<Bytes>, ApiError> {
        let path = format!("{}/{sha256}", path::BEFORE_PHOTOS);
        match self.authorized(|| Ok(Exchange::empty(self.request(Method::GET, &path)))).await {
            Ok(answer) => Ok(Some(answer.body)),
            // A service of before this has no such path; one that has it knows no such photo, or no more.
            Err(ApiError::NotUnderstood(_)) => Ok(None),
            Err(ApiError::Problem(problem)) if problem.code == ProblemCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn submit_records(&self, request: &SubmitRecords) -> Result<SubmitAnswer, ApiError> {
        let is_compressed = self.known().await?.capabilities.iter().any(|word| word == path::ACCEPTS_ZSTD);
        let make = || {
            let asked = self.request(Method::POST, path::RECORDS);
            if is_compressed { Exchange::compressed_json(asked, request) } else { Exchange::json(asked, request) }
        };
        self.authorized(make).await?.json()
    }

    async fn have_blobs(&self, request: &HaveBlobs) -> Result<HaveAnswer, ApiError> {
        self.call(path::BLOBS_HAVE, request).await
    }

    async fn send_blob(&self, sha256: Sha256, offset: u64, total: u64, rest: Bytes) -> Result<BlobState, ApiError> {
        let path = format!("{}/{sha256}", path::BLOBS);
        let make = || {
            let (method, media_type) = if offset == 0 {
                (Method::PUT, "application/octet-stream")
            } else {
                (Method::PATCH, path::PARTIAL_UPLOAD)
            };
            let request = self
                .request(method, &path)
                .header(header::CONTENT_TYPE, media_type)
                .header(path::UPLOAD_OFFSET, offset)
                .header(path::UPLOAD_LENGTH, total);
            let meter = Arc::clone(&self.meter);
            let count = move |bytes: usize| meter.moved(sha256, bytes as u64);
            Ok(Exchange::upload(request, rest.clone(), Arc::clone(&self.throttle), count))
        };
        let answer = self.authorized(make).await?;
        let there = answer.header(path::UPLOAD_OFFSET).and_then(|offset| offset.parse().ok());
        match there {
            Some(offset) if offset == total => Ok(BlobState::Stored),
            Some(offset) => Ok(BlobState::Partial { offset }),
            None => Err(ApiError::NotUnderstood(format!("the header {} is missing", path::UPLOAD_OFFSET))),
        }
    }

    async fn receipts(&self, request: &ReceiptsRequest) -> Result<ReceiptsAnswer, ApiError> {
        self.call(path::RECEIPTS, request).await
    }

    async fn chain(&self, request: &ChainRequest) -> Result<Option<ChainAnswer>, ApiError> {
        match self.call(path::CHAIN, request).await {
            Ok(answer) => Ok(Some(answer)),
            // A service of before this question has no such path.
            Err(ApiError::NotUnderstood(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn consistency(&self, request: &ConsistencyRequest) -> Result<ConsistencyAnswer, ApiError> {
        self.call(path::CONSISTENCY, request).await
    }

    async fn cosign(&self, request: &CosignatureRequest) -> Result<Option<CosignatureAnswer>, ApiError> {
        match self.call(path::COSIGNATURES, request).await {
            Ok(answer) => Ok(Some(answer)),
            // A service of before cosignatures has no such path.
            Err(ApiError::NotUnderstood(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn reviews(&self, request: &ReviewsRequest) -> Result<Option<ReviewsAnswer>, ApiError> {
        if !self.known().await?.capabilities.iter().any(|word| word == path::SERVES_REVIEWS) {
            return Ok(None);
        }
        self.call(path::REVIEWS, request).await.map(Some)
    }

    async fn countersign(
        &self,
        request: &SubmitCountersignatures,
    ) -> Result<Option<CountersignaturesAnswer>, ApiError> {
        if !self.known().await?.capabilities.iter().any(|word| word == path::SERVES_REVIEWS) {
            return Ok(None);
        }
        self.call(path::COUNTERSIGNATURES, request).await.map(Some)
    }

    async fn review_photo(&self, sha256: Sha256) -> Result<Bytes, ApiError> {
        let path = format!("{}/{sha256}", path::REVIEW_PHOTOS);
        Ok(self.authorized(|| Ok(Exchange::empty(self.request(Method::GET, &path)))).await?.body)
    }
}

/// A pool of connections; those that nobody answers for `patience` are closed.
fn connect(patience: Duration) -> Result<reqwest::Client, ApiError> {
    let builder = reqwest::Client::builder()
        .http1_only()
        .no_proxy()
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(u32::try_from(patience.as_secs() / KEEPALIVE.as_secs()).unwrap_or(u32::MAX))
        .user_agent(concat!("xunjian-field/", env!("CARGO_PKG_VERSION")));
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(patience);
    builder.build().map_err(|error| exchange::unreachable(&error))
}

/// Reads a numbered problem; anything else is not this protocol.
fn problem_from(status: StatusCode, body: &[u8]) -> ApiError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ApiError::Problem(Box::new(problem)),
        Err(_) => ApiError::NotUnderstood(format!("HTTP {status}")),
    }
}
