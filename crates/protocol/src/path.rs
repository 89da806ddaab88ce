//! Where each method lives under the service's base URL.

/// `GET`: [`crate::hello::Hello`].
pub const HELLO: &str = "/v1/hello";
/// `POST`: [`crate::enrol::EnrolRequest`] → [`crate::enrol::EnrolAnswer`].
pub const ENROL: &str = "/v1/enrol";
/// `POST`: [`crate::session::ChallengeRequest`] → [`crate::session::Challenge`].
pub const CHALLENGE: &str = "/v1/session/challenge";
/// `POST`: [`crate::session::SessionRequest`] → [`crate::session::Session`].
pub const SESSION: &str = "/v1/session";
/// `GET` with `If-None-Match`: [`crate::package::WorkPackage`] or 304.
pub const WORK_PACKAGE: &str = "/v1/work-package";
/// `GET {CHUNKS}/{sha256}`: the bytes of one content-addressed document.
pub const CHUNKS: &str = "/v1/chunks/sha256";
/// `GET {BEFORE_PHOTOS}/{sha256}`: the bytes of a photo of a problem that an open round looks at again. Services of before it
/// answer 404.
pub const BEFORE_PHOTOS: &str = "/v1/before-photos/sha256";
/// `POST`: [`crate::record::SubmitRecords`] → [`crate::record::SubmitAnswer`].
pub const RECORDS: &str = "/v1/records";
/// `POST`: [`crate::blob::HaveBlobs`] → [`crate::blob::HaveAnswer`].
pub const BLOBS_HAVE: &str = "/v1/blobs/have";
/// `PUT`, `HEAD`, `PATCH {BLOBS}/{sha256}`: the bytes of one photo.
pub const BLOBS: &str = "/v1/blobs/sha256";
/// `POST`: [`crate::record::ReceiptsRequest`] → [`crate::record::ReceiptsAnswer`].
pub const RECEIPTS: &str = "/v1/receipts";
/// `POST`: [`crate::record::ChainRequest`] → [`crate::record::ChainAnswer`]. Services of before it answer 404.
pub const CHAIN: &str = "/v1/chain";
/// `POST`: [`crate::review::ReviewsRequest`] → [`crate::review::ReviewsAnswer`]. Services of before it answer 404.
pub const REVIEWS: &str = "/v1/reviews";
/// `POST`: [`crate::review::SubmitCountersignatures`] → [`crate::review::CountersignaturesAnswer`].
pub const COUNTERSIGNATURES: &str = "/v1/reviews/countersignatures";
/// `GET {REVIEW_PHOTOS}/{sha256}`: the bytes of a photo that a delivered record names; for reviewers.
pub const REVIEW_PHOTOS: &str = "/v1/reviews/photos/sha256";
/// `GET`: the newest checkpoint as text.
pub const CHECKPOINT: &str = "/v1/log/checkpoint";
/// `POST`: [`crate::log::ConsistencyRequest`] → [`crate::log::ConsistencyAnswer`].
pub const CONSISTENCY: &str = "/v1/log/consistency";
/// `POST`: [`crate::log::CosignatureRequest`] → [`crate::log::CosignatureAnswer`]. Services of before it answer 404.
pub const COSIGNATURES: &str = "/v1/log/cosignatures";
/// `GET {LABEL}/{payload}`: what a phone camera opens; says only what it is.
pub const LABEL: &str = "/L";

/// Header of a partial upload (IETF draft *Resumable Uploads for HTTP*): how many bytes the service has.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Header of a partial upload: the size of the whole blob.
pub const UPLOAD_LENGTH: &str = "upload-length";
/// Header of [`ENROL`] and [`WORK_PACKAGE`] requests: what a terminal takes beyond the first version of the message, separated by commas.
/// Version 1 refuses fields it does not know, so nothing is sent that was not asked for.
pub const ACCEPTS: &str = "xunjian-accepts";
/// Of [`ACCEPTS`] and of the service's capabilities: who is to walk which visit.
pub const ACCEPTS_ASSIGNMENTS: &str = "assignments";
/// Of [`ACCEPTS`] and of the service's capabilities: the site's recovery key in the answer to an enrolment.
pub const ACCEPTS_RECOVERY_KEY: &str = "recovery-key";
/// Of [`ACCEPTS`] and of the service's capabilities: the problems that earlier rounds left open, in the work package.
pub const ACCEPTS_OPEN_FINDINGS: &str = "open-findings";
/// Of the service's capabilities: bodies of [`RECORDS`] may be compressed (`content-encoding: zstd`, RFC 8878). Answers are
/// compressed for who says `accept-encoding: zstd`.
pub const ACCEPTS_ZSTD: &str = "zstd";
/// Of the service's capabilities: it takes cosignatures of terminals ([`COSIGNATURES`]).
pub const TAKES_COSIGNATURES: &str = "cosignatures";
/// Of the service's capabilities: it serves reviewers ([`REVIEWS`]).
pub const SERVES_REVIEWS: &str = "reviews";
/// Media type of a partial upload's body.
pub const PARTIAL_UPLOAD: &str = "application/partial-upload";
/// Media type of a problem (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Most bytes a record's envelope may have; base 64 makes a 1 MiB record a third larger.
pub const MAX_ENVELOPE_BYTES: usize = 1_500_000;
/// Most envelopes in one call.
pub const MAX_BATCH: usize = 100;
/// Most bytes in one call of [`RECORDS`].
pub const MAX_BATCH_BYTES: usize = 8 << 20;
/// Most bytes a blob may have.
pub const MAX_BLOB_BYTES: u64 = 64 << 20;
