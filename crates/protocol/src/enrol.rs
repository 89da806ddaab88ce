//! Enrolment: a one-time code binds new keys to a person. The keys count only once the site root has signed for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::{
    ids::{PersonId, SiteId, TerminalId},
    party::Role,
};
use xunjian_proof::{
    statement::{PartyRef, SiteRoot},
    suite::{KeyId, PublicKey},
};

/// A terminal asks to be enrolled for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The one-time code, as typed or scanned.
    pub code: String,
    /// What people call the tablet.
    pub terminal_name: String,
    /// The terminal's public key.
    #[schema(value_type = Object)]
    pub terminal_key: PublicKey,
    /// The person's public key.
    #[schema(value_type = Object)]
    pub person_key: PublicKey,
    /// Base 64: the terminal key's signature over [`possession_message`].
    pub terminal_proof: String,
    /// Base 64: the person key's signature over [`possession_message`].
    pub person_proof: String,
}

/// The message both keys sign to prove that the terminal holds them.
#[must_use]
pub fn possession_message(site: &SiteId, code: &str, terminal: &KeyId, person: &KeyId) -> Vec<u8> {
    format!("xunjian-enrol-v1\n{site}\n{code}\n{terminal}\n{person}\n").into_bytes()
}

/// The terminal is known; its keys count as soon as the root has signed for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolAnswer {
    /// The terminal's id.
    #[schema(value_type = String)]
    pub terminal: TerminalId,
    /// The person's id.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// The person's name.
    pub person_name: String,
    /// The organisation the person belongs to.
    #[schema(value_type = Object)]
    pub party: PartyRef,
    /// What the person may do.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
    /// The site root; its fingerprint must be the one on paper.
    #[schema(value_type = Object)]
    pub site_root: SiteRoot,
}
