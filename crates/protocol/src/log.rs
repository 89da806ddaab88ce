//! The log as terminals watch it: the newest checkpoint and the proof that it only ever grew.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::hash::Sha256;

/// Prove that the tree I know is a prefix of the newest one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyRequest {
    /// Size of the tree I know; 0 when I know none.
    pub from: u64,
}

/// The newest checkpoint and the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyAnswer {
    /// The newest checkpoint, cosigned with the time: also a time token.
    pub checkpoint: String,
    /// The proof (RFC 6962 §2.1.2); empty when `from` is 0 or the newest size.
    #[schema(value_type = Vec<String>)]
    pub proof: Vec<Sha256>,
}
