//! Photos up: blobs named by their hash, idempotent by name, resumable at any byte.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::hash::Sha256;

/// Which of these are there already? Answered only for blobs that the terminal's own records name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HaveBlobs {
    /// The blobs.
    #[schema(value_type = Vec<String>)]
    pub blobs: Vec<Sha256>,
}

/// What the service has of each, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HaveAnswer {
    /// One state a blob.
    pub states: Vec<BlobState>,
}

/// What the service has of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum BlobState {
    /// No record of this terminal names it.
    NotNamed,
    /// The first `offset` bytes; 0 when nothing.
    Partial {
        /// Bytes the service has.
        offset: u64,
    },
    /// All of it, re-hashed.
    Stored,
}
