//! A terminal's session: it signs a nonce and gets an opaque token for an hour. Work never depends on it; only upload does.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::ids::{SiteId, TerminalId};

/// A terminal wants a nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// The terminal.
    #[schema(value_type = String)]
    pub terminal: TerminalId,
}

/// A nonce, good once and for a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Random text.
    pub nonce: String,
}

/// The signed nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The terminal.
    #[schema(value_type = String)]
    pub terminal: TerminalId,
    /// The nonce.
    pub nonce: String,
    /// Base 64: the terminal key's signature over [`session_message`].
    pub signature: String,
}

/// The message a terminal signs to open a session.
#[must_use]
pub fn session_message(site: &SiteId, nonce: &str) -> Vec<u8> {
    format!("xunjian-session-v1\n{site}\n{nonce}\n").into_bytes()
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Sent as `Authorization: Bearer …`.
    pub token: String,
    /// Seconds until it ends.
    pub expires_in: u32,
}
