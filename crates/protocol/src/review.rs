//! 复核: records down to reviewers, countersignatures up, returns down to inspectors.
//!
//! What comes down is a delta of the log: every entry is a leaf with its receipt, so that a terminal need not believe the
//! service. Reviewers are given the delivered records of open rounds; every terminal the countersignatures of its own records.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{dsse::EnvelopeError, keyring::KeyringError, review::ReviewError};

use crate::problem::{Problem, ProblemCode};

/// Most entries in one answer.
pub const MAX_ENTRIES: usize = 50;

/// A terminal asks what came since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewsRequest {
    /// `next` of the last answer; 0 for everything.
    pub after: u64,
}

/// What came, in the log's order: at most [`MAX_ENTRIES`], and as a rule not more than 8 MiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewsAnswer {
    /// The entries.
    pub entries: Vec<ReviewEntry>,
    /// Where to go on.
    pub next: u64,
    /// Whether there is more now.
    pub more: bool,
    /// Every revocation, with its place in the log: what was logged before it stands.
    pub revocations: Vec<LoggedLeaf>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "entry", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewEntry {
    /// A record that was delivered.
    Record {
        /// The record.
        record: Box<DeliveredRecord>,
        /// The record of the same place that counted in the round before, where there is one.
        earlier: Option<Box<DeliveredRecord>>,
    },
    /// A countersignature.
    Countersignature {
        /// The leaf.
        leaf: LoggedLeaf,
    },
}

/// A record with the proof that it and its photos were stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveredRecord {
    /// The record's envelope and its own place in the log.
    pub record: LoggedLeaf,
    /// The `Delivered` statement.
    pub delivered: LoggedLeaf,
}

/// A leaf of the log with its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoggedLeaf {
    /// The envelope in canonical text.
    pub envelope: String,
    /// Its receipt (`tlog-proof`).
    pub receipt: String,
}

/// Countersignatures on their way up: at most 100 a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitCountersignatures {
    /// Envelopes in canonical text, oldest first.
    pub envelopes: Vec<String>,
}

/// What happened to each, in the order sent. Receipts come with the next [`ReviewsAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountersignaturesAnswer {
    /// One answer an envelope.
    pub answers: Vec<CountersignatureAnswer>,
}

/// What happened to one countersignature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum CountersignatureAnswer {
    /// Stored, and in the log.
    Stored {
        /// SHA-256 of the envelope.
        #[schema(value_type = String)]
        countersignature: Sha256,
    },
    /// Was already here, byte for byte.
    Identical {
        /// SHA-256 of the envelope.
        #[schema(value_type = String)]
        countersignature: Sha256,
    },
    /// Does not count.
    Refused {
        /// Why.
        problem: Problem,
    },
}

/// The number of a broken rule of review.
#[must_use]
pub fn problem_of(error: &ReviewError) -> ProblemCode {
    match error {
        ReviewError::SamePerson(_) => ProblemCode::SamePerson,
        ReviewError::WrongParty(_) | ReviewError::NotAReviewer(_) => ProblemCode::NotAReviewer,
        ReviewError::Administrator(_) => ProblemCode::AdministratorReviews,
        ReviewError::OtherRecord { .. } | ReviewError::OtherRevision { .. } | ReviewError::OtherDelivery => {
            ProblemCode::OtherRecordReviewed
        }
        ReviewError::Revoked(_) => ProblemCode::ReviewerKeyRevoked,
        ReviewError::KeyNotValidThen(_) | ReviewError::Key(KeyringError::NotValidThen(_)) => {
            ProblemCode::ReviewerKeyNotValid
        }
        ReviewError::Envelope(EnvelopeError::NotOneSignature(_)) => ProblemCode::ReviewMalformed,
        ReviewError::Key(_) | ReviewError::Envelope(_) | ReviewError::OtherSigner { .. } | ReviewError::Foreign => {
            ProblemCode::ReviewNotTrusted
        }
        ReviewError::Statement(_) | ReviewError::UnknownLine(_) | ReviewError::Malformed(_) => {
            ProblemCode::ReviewMalformed
        }
    }
}
