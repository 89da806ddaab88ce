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

/// A terminal cosigned a checkpoint, having verified that it extends what it knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CosignatureRequest {
    /// The checkpoint as the log signed it, with the terminal's cosignature (C2SP `tlog-cosignature`) under the name
    /// `{origin}/terminal/{id}`. Other lines are passed over.
    pub checkpoint: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CosignatureAnswer {
    /// What became of it.
    pub outcome: CosignatureOutcome,
}

/// What became of a cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CosignatureOutcome {
    /// Stored, and served with the checkpoint from now on.
    Stored,
    /// This key cosigned this state before; the first cosignature stays.
    Known,
    /// Not stored: the cosigner's clock is more than a day ahead, or ran backwards between two states of the log.
    TimeRefused,
    /// The log's own key signed this checkpoint, and the log here has another history: both are kept as evidence.
    Contradicts,
}
