//! The one trait of the protocol. Every method may be repeated: doing it twice is the same as once.

use std::future::Future;

use bytes::Bytes;
use xunjian_domain::hash::Sha256;

use crate::{
    blob::{BlobState, HaveAnswer, HaveBlobs},
    enrol::{EnrolAnswer, EnrolRequest},
    hello::Hello,
    log::{ConsistencyAnswer, ConsistencyRequest, CosignatureAnswer, CosignatureRequest},
    package::WorkPackage,
    problem::Problem,
    record::{ChainAnswer, ChainRequest, ReceiptsAnswer, ReceiptsRequest, SubmitAnswer, SubmitRecords},
    review::{CountersignaturesAnswer, ReviewsAnswer, ReviewsRequest, SubmitCountersignatures},
};

/// Why a call has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// The service answered with a problem.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// Nobody answered, or the connection broke.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody answered, but not in this protocol.
    #[error("the answer cannot be understood: {0}")]
    NotUnderstood(String),
}

impl ApiError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.code.is_retryable(),
            Self::Unreachable(_) | Self::NotUnderstood(_) => true,
        }
    }
}

/// What a terminal asks of a service. Implementations authenticate by themselves.
pub trait SyncApi: Send + Sync {
    /// Who are you?
    fn hello(&self) -> impl Future<Output = Result<Hello, ApiError>> + Send;

    /// Enrol these keys. The same code with the same keys gets the same answer again.
    fn enrol(&self, request: &EnrolRequest) -> impl Future<Output = Result<EnrolAnswer, ApiError>> + Send;

    /// The work package with its ETag; `None` when the one with `etag` is still current.
    fn work_package(
        &self,
        etag: Option<&str>,
    ) -> impl Future<Output = Result<Option<(String, WorkPackage)>, ApiError>> + Send;

    /// The bytes of a chunk; the caller checks that they hash to their name.
    fn chunk(&self, sha256: Sha256) -> impl Future<Output = Result<Bytes, ApiError>> + Send;

    /// The bytes of a photo of a problem that is looked at again; the caller checks that they hash to their name. `None` where
    /// the service does not have it, or gives none.
    fn before_photo(&self, _sha256: Sha256) -> impl Future<Output = Result<Option<Bytes>, ApiError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Submits records.
    fn submit_records(&self, request: &SubmitRecords) -> impl Future<Output = Result<SubmitAnswer, ApiError>> + Send;

    /// Asks which blobs are there.
    fn have_blobs(&self, request: &HaveBlobs) -> impl Future<Output = Result<HaveAnswer, ApiError>> + Send;

    /// Sends a blob from `offset` on. `rest` is everything from there to the end of the `total` bytes.
    fn send_blob(
        &self,
        sha256: Sha256,
        offset: u64,
        total: u64,
        rest: Bytes,
    ) -> impl Future<Output = Result<BlobState, ApiError>> + Send;

    /// Asks for receipts.
    fn receipts(&self, request: &ReceiptsRequest) -> impl Future<Output = Result<ReceiptsAnswer, ApiError>> + Send;

    /// Asks what the service has of this terminal's chain; `None` from a service that cannot say.
    fn chain(&self, request: &ChainRequest) -> impl Future<Output = Result<Option<ChainAnswer>, ApiError>> + Send;

    /// Asks for the newest checkpoint and the proof that it extends the one known.
    fn consistency(
        &self,
        request: &ConsistencyRequest,
    ) -> impl Future<Output = Result<ConsistencyAnswer, ApiError>> + Send;

    /// Hands over a cosignature; `None` from a service that does not take any.
    fn cosign(
        &self,
        _request: &CosignatureRequest,
    ) -> impl Future<Output = Result<Option<CosignatureAnswer>, ApiError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Asks what came to review and what was said of this terminal's records; `None` from a service of before reviews.
    fn reviews(
        &self,
        _request: &ReviewsRequest,
    ) -> impl Future<Output = Result<Option<ReviewsAnswer>, ApiError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Submits countersignatures; `None` from a service of before reviews.
    fn countersign(
        &self,
        _request: &SubmitCountersignatures,
    ) -> impl Future<Output = Result<Option<CountersignaturesAnswer>, ApiError>> + Send {
        std::future::ready(Ok(None))
    }

    /// The bytes of a photo under review; the caller checks that they hash to their name.
    fn review_photo(&self, _sha256: Sha256) -> impl Future<Output = Result<Bytes, ApiError>> + Send {
        std::future::ready(Err(ApiError::NotUnderstood("the service serves no reviewers".to_owned())))
    }
}
