//! The handshake: who answers, which versions it speaks, what it can do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The version of this crate's messages. Old versions keep working; unsent work is always accepted.
pub const VERSION: u32 = 1;

/// What a service says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// The site it serves.
    pub site: String,
    /// Name of the site, for people.
    pub site_name: String,
    /// Fingerprint of the site root (SHA-256, hexadecimal), to be compared with the one on paper.
    pub root_fingerprint: String,
    /// Message versions it understands.
    pub versions: Vec<u32>,
    /// What it can do beyond version 1.
    pub capabilities: Vec<String>,
    /// The service's clock, milliseconds since the epoch; a hint, not evidence.
    pub now_ms: i64,
    /// Envelope: [`crate::relay::RelayKeyStatement`], the key that relay bundles for this service are sealed for, signed by its
    /// service key; empty from a service of before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub relay_key: String,
}
