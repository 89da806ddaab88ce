//! 台账变更单: what changes of the ledger, approved or rejected by a person, and logged.
//!
//! Records propose, a person decides: the ledger approver signs with a key of their own, and nobody approves what a record of
//! their own proposes. The signed statement holds every row before and after, so that the leaf alone says what became of the
//! ledger.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RoundId, SiteId},
    ledger::{AssetChange, LedgerVersion},
    party::Role,
    time::TimestampMs,
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    jcs::{self, JcsError},
    keyring::{Keyring, KeyringError},
    statement::{HolderKind, KeyStatement, Statement, StatementError},
};

/// What records of a round propose. Travels as a file to the person who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    /// The site.
    pub site: SiteId,
    /// The round whose records propose it.
    pub round: RoundId,
    /// The version that the rows before are of.
    pub base: LedgerVersion,
    /// The changes, at least one.
    pub changes: Vec<AssetChange>,
}

impl ChangeSet {
    /// What names it: the hash of its canonical bytes.
    ///
    /// # Errors
    /// [`JcsError`].
    pub fn id(&self) -> Result<Sha256, JcsError> {
        Ok(Sha256::of(&jcs::to_bytes(self)?))
    }
}

/// 审批: a person approves a change set, or rejects it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeDecision {
    /// The change set, whole.
    pub change_set: ChangeSet,
    /// Whether it is to be applied.
    pub approved: bool,
    /// Why; a rejection needs it.
    pub reason: String,
    /// Who decided.
    pub decided_by: PersonId,
    /// When, by the deciding person's terminal.
    pub at: TimestampMs,
}

impl Statement for ChangeDecision {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.ledger-change.v1+json";
}

/// Why a decision about a change set does not count.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The envelope is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The key does not count.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Of another site.
    #[error("it is about another site")]
    Foreign,
    /// The signer's roles do not allow it.
    #[error("only a ledger approver decides about the ledger; the key belongs to {0}")]
    NotAnApprover(String),
    /// The signer is not the person it names.
    #[error("it names {named} as the one who decided, and {signer} signed")]
    OtherSigner {
        /// Whom it names.
        named: PersonId,
        /// Who signed.
        signer: String,
    },
    /// The person sealed one of the records that propose it.
    #[error("{0} sealed a record that proposes it and cannot decide about it")]
    OwnRecord(PersonId),
    /// It makes no sense.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Checks a decision: signed by a person who approves changes of the ledger, whom it names, and who sealed none of the records
/// that propose it. Whether the key was revoked before is judged by whoever knows the log's order; whether it fits the ledger
/// by whoever has it.
///
/// # Errors
/// [`ChangeError`].
pub fn verify_change<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
) -> Result<(ChangeDecision, &'a KeyStatement), ChangeError> {
    let decision = ChangeDecision::read(envelope)?;
    let set = &decision.change_set;
    if set.site != keyring.root().site {
        return Err(ChangeError::Foreign);
    }
    if set.changes.is_empty() || set.changes.iter().any(|change| change.because.is_empty()) {
        return Err(ChangeError::Malformed("it changes nothing, or names no record that shows a change"));
    }
    if !decision.approved && decision.reason.trim().is_empty() {
        return Err(ChangeError::Malformed("it gives no reason"));
    }
    let person = keyring.signer::<ChangeError>(envelope, HolderKind::Person, decision.at)?;
    if person.holder != decision.decided_by.as_str() {
        return Err(ChangeError::OtherSigner { named: decision.decided_by, signer: person.holder_name.clone() });
    }
    if !person.roles.contains(&Role::LedgerApprover) {
        return Err(ChangeError::NotAnApprover(format!("{}（{}）", person.holder_name, person.party.kind.zh())));
    }
    // By person, not by key: a second key does not make a second person.
    let grounds = || set.changes.iter().flat_map(|change| &change.because);
    if grounds().any(|ground| ground.inspector == decision.decided_by) {
        return Err(ChangeError::OwnRecord(decision.decided_by));
    }
    Ok((decision, person))
}
