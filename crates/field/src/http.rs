//! The service over HTTP/1.1: the same messages as every other transport, a session that renews itself, and a watch on
//! progress instead of a limit on total time (a large photo over a thin line is slow, not broken).
//!
//! Proxies from the environment are not used: terminals talk to their own service directly.

mod exchange;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
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
    session::{Challenge, ChallengeRequest, Session, SessionRequest, session_message},
};

use self::exchange::{Answer, Exchange};
use crate::{Field, error::FieldError};

/// What this terminal takes in a work package beyond the first version of the message.
const ACCEPTED: &str = "assignments, open-findings";

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long no byte may move in either direction.
const STALL: Duration = Duration::from_secs(30);

/// What opens a session.
struct Identity {
    terminal: TerminalId,
    site: SiteId,
    key: Ed25519Signer,
}

/// The service at one address.
pub struct HttpClient {
    client: reqwest::Client,
    base: String,
    language: Language,
    identity: Option<Identity>,
    token: Mutex<Option<String>>,
    /// Counts the bytes of photos handed to the network.
    meter: Arc<AtomicU64>,
}

impl HttpClient {
    /// For a terminal that is not enrolled yet: `hello` and `enrol` only.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] when no client can be made at all.
    pub fn anonymous(base: &str, language: Language) -> Result<Self, ApiError> {
        let client = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent(concat!("xunjian-field/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| exchange::unreachable(&error))?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { client, base, language, identity: None, token: Mutex::new(None), meter: Arc::default() })
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
    pub fn metered(self, meter: Arc<AtomicU64>) -> Self {
        Self { meter, ..self }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let language = match self.language {
            Language::Zh => "zh-CN",
            Language::En => "en",
        };
        self.client.request(method, format!("{}{path}", self.base)).header(header::ACCEPT_LANGUAGE, language)
    }

    fn known_token(&self) -> Option<String> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token, from an open session or a new one.
    async fn token(&self, renew: bool) -> Result<String, ApiError> {
        if let Some(token) = self.known_token().filter(|_| !renew) {
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
        let exchange = Exchange::json(self.request(Method::POST, path), body)?;
        exchange.run(STALL).await?.json()
    }

    /// An exchange inside the session; an expired session is renewed once.
    async fn authorized(&self, make: impl Fn() -> Result<Exchange, ApiError>) -> Result<Answer, ApiError> {
        let token = self.token(false).await?;
        match make()?.bearer(&token).run(STALL).await {
            Err(ApiError::Problem(problem)) if problem.code == ProblemCode::NoSession => {
                let token = self.token(true).await?;
                make()?.bearer(&token).run(STALL).await
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
        Exchange::empty(self.request(Method::GET, path::HELLO)).run(STALL).await?.json()
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, ApiError> {
        let asked = self.request(Method::POST, path::ENROL).header(path::ACCEPTS, path::ACCEPTS_RECOVERY_KEY);
        Exchange::json(asked, request)?.run(STALL).await?.json()
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

    async fn submit_records(&self, request: &SubmitRecords) -> Result<SubmitAnswer, ApiError> {
        self.call(path::RECORDS, request).await
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
            Ok(Exchange::bytes(request, rest.clone(), Arc::clone(&self.meter)))
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
}

/// Reads a numbered problem; anything else is not this protocol.
fn problem_from(status: StatusCode, body: &[u8]) -> ApiError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ApiError::Problem(Box::new(problem)),
        Err(_) => ApiError::NotUnderstood(format!("HTTP {status}")),
    }
}
