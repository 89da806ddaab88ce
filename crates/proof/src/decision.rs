//! 裁定: which of several records counts, said and signed by a person, and logged.
//!
//! Records are never removed. Where two claim one revision of a visit, or where one came after its key was revoked, a person of
//! 监理方 or 管理方 who walked none of them says which one counts, or that none does. The last decision in the log's order is
//! the one that holds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, SiteId, VisitId},
    party::{PartyKind, Role},
    time::TimestampMs,
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    keyring::{Keyring, KeyringError},
    statement::{HolderKind, KeyStatement, Statement, StatementError},
    verification::{Failure, read_record},
};

/// 裁定: of the records that claim one revision of a visit, this one counts, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The site.
    pub site: SiteId,
    /// The visit that the records claim.
    pub visit: VisitId,
    /// Its revision.
    pub revision: u32,
    /// Every record that was before the person who decided, sorted by record.
    pub candidates: Vec<Candidate>,
    /// The record that counts, one of the candidates; `None` when none does.
    pub counts: Option<Sha256>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: PersonId,
    /// When, by the deciding person's terminal.
    pub at: TimestampMs,
}

impl Statement for Decision {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.decision.v1+json";
}

/// One record as a decision names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The record.
    pub record: Sha256,
    /// SHA-256 of its envelope's bytes.
    pub envelope: Sha256,
    /// Who walked it: may not decide about it.
    pub inspector: PersonId,
}

/// What travels to the person who decides: the records side by side, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionCase {
    /// The site.
    pub site: SiteId,
    /// The visit.
    pub visit: VisitId,
    /// Its revision.
    pub revision: u32,
    /// The records.
    pub records: Vec<CaseRecord>,
}

/// One record of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// The envelope, canonical text.
    pub envelope: String,
    /// Why it was refused (`409.1 …`); empty for the one that was taken in.
    pub problem: String,
    /// When the service received it.
    pub received_at: TimestampMs,
}

/// Why a decision does not count.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// It cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The envelope is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The key does not count.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A record of the case cannot be read.
    #[error(transparent)]
    Record(#[from] Failure),
    /// Of another site, visit or revision.
    #[error("it is about another site or visit")]
    Foreign,
    /// The signer's organisation or roles do not allow it.
    #[error("only a reviewer of 监理方 or 管理方 decides; the key belongs to {0}")]
    NotADecider(String),
    /// The signer is not the person it names.
    #[error("it names {named} as the one who decided, and {signer} signed")]
    OtherSigner {
        /// Whom it names.
        named: PersonId,
        /// Who signed.
        signer: String,
    },
    /// The person walked one of the records.
    #[error("{0} walked one of the records and cannot decide about it")]
    OwnRecord(PersonId),
    /// The list of candidates or the choice makes no sense.
    #[error("{0}")]
    Malformed(&'static str),
}

impl DecisionCase {
    /// The records as a decision names them, read from their envelopes. Checks no signature.
    ///
    /// # Errors
    /// [`DecisionError::Record`], or [`DecisionError::Foreign`] for a record of another visit.
    pub fn candidates(&self) -> Result<Vec<Candidate>, DecisionError> {
        let mut candidates = Vec::new();
        for one in &self.records {
            let (_, read) = read_record(one.envelope.as_bytes())?;
            let visit = &read.record.visit;
            if read.record.site != self.site || visit.id != self.visit || visit.revision != self.revision {
                return Err(DecisionError::Foreign);
            }
            let envelope = Sha256::of(one.envelope.as_bytes());
            candidates.push(Candidate { record: read.id, envelope, inspector: read.record.inspector.id });
        }
        candidates.sort();
        Ok(candidates)
    }
}

/// Checks a decision: signed by a person of 监理方 or 管理方 who reviews, whom it names, and who walked none of the records it
/// names. Whether the key was revoked before is judged by whoever knows the log's order.
///
/// # Errors
/// [`DecisionError`].
pub fn verify_decision<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
) -> Result<(Decision, &'a KeyStatement), DecisionError> {
    let decision = Decision::read(envelope)?;
    if decision.site != keyring.root().site {
        return Err(DecisionError::Foreign);
    }
    let records: BTreeSet<Sha256> = decision.candidates.iter().map(|one| one.record).collect();
    if records.is_empty() || records.len() != decision.candidates.len() || !decision.candidates.is_sorted() {
        return Err(DecisionError::Malformed("its records are not named once each, in order"));
    }
    if decision.counts.is_some_and(|counts| !records.contains(&counts)) {
        return Err(DecisionError::Malformed("the record that counts is none of those it names"));
    }
    if decision.reason.trim().is_empty() {
        return Err(DecisionError::Malformed("it gives no reason"));
    }
    let person = keyring.signer::<DecisionError>(envelope, HolderKind::Person, decision.at)?;
    if person.holder != decision.decided_by.as_str() {
        return Err(DecisionError::OtherSigner { named: decision.decided_by, signer: person.holder_name.clone() });
    }
    let is_independent = matches!(person.party.kind, PartyKind::Supervisor | PartyKind::Manager);
    if !is_independent || !person.roles.contains(&Role::Reviewer) {
        return Err(DecisionError::NotADecider(format!("{}（{}）", person.holder_name, person.party.kind.zh())));
    }
    // By person, not by key: a second key does not make a second person.
    if decision.candidates.iter().any(|one| one.inspector == decision.decided_by) {
        return Err(DecisionError::OwnRecord(decision.decided_by));
    }
    Ok((decision, person))
}
