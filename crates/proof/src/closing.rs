//! 关闭轮次: 服务方 and 监理方 or 管理方 sign one and the same statement over the numbers of a round and the log they were counted
//! from. From then on nothing counts into the round.
//!
//! The statement names the log by size and root, so that the numbers can be derived again from exactly those leaves; it holds
//! the totals themselves, and a commitment to the list of lines behind them.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    coverage::{Coverage, Totals},
    hash::Sha256,
    ids::{RoundId, SiteId},
    party::{PartyKind, Role},
    plan::Plan,
    round::Round,
    time::TimestampMs,
};

use crate::{
    coverage::lines_sha256,
    dsse::{Envelope, EnvelopeError},
    jcs::{self, JcsError},
    keyring::{Keyring, KeyringError},
    statement::{HolderKind, KeyStatement, Statement, StatementError},
};

/// When a round is closed, held against the last due day of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// 提前: visits could still be walked. Needs a reason.
    Early,
    /// On the last due day.
    OnTime,
    /// 逾期: after it. Needs a reason.
    Late,
}

impl Timing {
    /// Of a moment against the last due day of a round, in China.
    #[must_use]
    pub fn of(at: TimestampMs, round: &Round) -> Self {
        match at.day_in_china().cmp(&round.due_by) {
            std::cmp::Ordering::Less => Self::Early,
            std::cmp::Ordering::Equal => Self::OnTime,
            std::cmp::Ordering::Greater => Self::Late,
        }
    }

    /// The Chinese words.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Early => "提前",
            Self::OnTime => "当日",
            Self::Late => "逾期",
        }
    }
}

/// 关闭声明.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The site.
    pub site: SiteId,
    /// The round.
    pub round: RoundId,
    /// SHA-256 of the plan statement's envelope.
    pub plan: Sha256,
    /// How many leaves of the log were counted.
    pub log_size: u64,
    /// The root of the log at that size.
    pub log_root: Sha256,
    /// The numbers.
    pub totals: Totals,
    /// Hash of the canonical bytes of the numbers: what is read out and compared.
    pub totals_sha256: Sha256,
    /// Hash of the canonical list of all lines behind the numbers.
    pub lines_sha256: Sha256,
    /// Early, on time or late.
    pub timing: Timing,
    /// Why, where it is early or late.
    pub reason: String,
    /// When it was drawn up, by the service's clock.
    pub drawn_up_at: TimestampMs,
    /// Who had it drawn up.
    pub drawn_up_by: String,
}

impl Statement for Closing {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.closing.v1+json";
}

/// Why a closing does not count.
#[derive(Debug, thiserror::Error)]
pub enum ClosingError {
    /// It cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A signature is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A key does not count.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A document cannot be spelled.
    #[error(transparent)]
    Document(#[from] JcsError),
    /// Of another site or plan.
    #[error("it belongs to another site, round or plan")]
    Foreign,
    /// Somebody signed who may not.
    #[error("{0} may not sign a closing")]
    NotASignatory(String),
    /// One of the two sides has not signed.
    #[error("{0} has not signed")]
    Missing(&'static str),
    /// One person signed for both sides, or twice.
    #[error("{0} signed twice: each side signs by another person")]
    SamePerson(String),
    /// The numbers are not those of the log.
    #[error("the {0} are not those that plan and log make")]
    OtherNumbers(&'static str),
    /// It makes no sense.
    #[error("{0}")]
    Malformed(&'static str),
}

impl Closing {
    /// Rules that hold of the statement alone.
    ///
    /// # Errors
    /// [`ClosingError`].
    pub fn check(&self) -> Result<(), ClosingError> {
        if self.totals.round != self.round {
            return Err(ClosingError::Foreign);
        }
        if jcs::hash(&self.totals)? != self.totals_sha256 {
            return Err(ClosingError::Malformed("the hash is not that of the numbers beside it"));
        }
        if self.timing != Timing::OnTime && self.reason.trim().is_empty() {
            return Err(ClosingError::Malformed("a round that is closed early or late needs a reason"));
        }
        Ok(())
    }

    /// Holds the statement against the plan it names and against what was counted anew.
    ///
    /// # Errors
    /// [`ClosingError::Foreign`] or [`ClosingError::OtherNumbers`].
    pub fn check_against(&self, plan: (&Plan, Sha256), counted: &Coverage) -> Result<(), ClosingError> {
        let (plan, envelope) = plan;
        if plan.round.id != self.round || envelope != self.plan {
            return Err(ClosingError::Foreign);
        }
        if self.timing != Timing::of(self.drawn_up_at, &plan.round) {
            return Err(ClosingError::Malformed("early or late is not what plan and day make"));
        }
        if counted.totals(&self.round, plan.exclusions.len() as u64) != self.totals {
            return Err(ClosingError::OtherNumbers("totals"));
        }
        if lines_sha256(counted)? != self.lines_sha256 {
            return Err(ClosingError::OtherNumbers("lines behind the totals"));
        }
        Ok(())
    }
}

/// Who may sign for which side: a person of 服务方 who does not administer the service, or a reviewer of 监理方 or 管理方.
#[must_use]
pub fn is_signatory(person: &KeyStatement) -> bool {
    let is_administrator = person.roles.contains(&Role::Administrator);
    match person.party.kind {
        PartyKind::Provider => !is_administrator,
        PartyKind::Supervisor | PartyKind::Manager => !is_administrator && person.roles.contains(&Role::Reviewer),
        PartyKind::Consumer => false,
    }
}

/// Checks one person's signature of a closing: what a person hands in before the other side has signed.
///
/// # Errors
/// [`ClosingError`].
pub fn verify_signatures<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
) -> Result<(Closing, Vec<&'a KeyStatement>), ClosingError> {
    let closing = Closing::read(envelope)?;
    if closing.site != keyring.root().site {
        return Err(ClosingError::Foreign);
    }
    closing.check()?;
    let mut people: Vec<&KeyStatement> = Vec::new();
    for key in envelope.key_ids() {
        let person = keyring.holder(key, HolderKind::Person, closing.drawn_up_at)?;
        envelope.verify(&person.key)?;
        let who = || format!("{}（{}）", person.holder_name, person.party.kind.zh());
        if !is_signatory(person) {
            return Err(ClosingError::NotASignatory(who()));
        }
        // By person, not by key: a second key does not make a second person.
        if people.iter().any(|one| one.holder == person.holder) {
            return Err(ClosingError::SamePerson(who()));
        }
        people.push(person);
    }
    if people.is_empty() {
        return Err(ClosingError::Malformed("nobody signed it"));
    }
    Ok((closing, people))
}

/// Checks a closing: signed by 服务方 and by 监理方 or 管理方, by two people. Whether the keys were revoked before is judged by
/// whoever knows the log's order; whether the numbers are right by [`Closing::check_against`].
///
/// # Errors
/// [`ClosingError`].
pub fn verify_closing<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
) -> Result<(Closing, Vec<&'a KeyStatement>), ClosingError> {
    let (closing, people) = verify_signatures(envelope, keyring)?;
    let is_here = |kinds: &[PartyKind]| people.iter().any(|person| kinds.contains(&person.party.kind));
    if !is_here(&[PartyKind::Provider]) {
        return Err(ClosingError::Missing("服务方"));
    }
    if !is_here(&[PartyKind::Supervisor, PartyKind::Manager]) {
        return Err(ClosingError::Missing("监理方或管理方"));
    }
    Ok((closing, people))
}

/// Puts the signatures of several people over one and the same statement into one envelope, sorted by key.
///
/// # Errors
/// [`ClosingError::Malformed`] when they signed different statements, or there is none.
pub fn merge(envelopes: &[Envelope]) -> Result<Envelope, ClosingError> {
    let Some((first, others)) = envelopes.split_first() else {
        return Err(ClosingError::Malformed("nobody signed it"));
    };
    let payload = first.payload_of(Closing::PAYLOAD_TYPE)?;
    let mut merged = first.clone();
    for other in others {
        if other.payload_of(Closing::PAYLOAD_TYPE)? != payload {
            return Err(ClosingError::Malformed(
                "they signed different statements: draw one up and have both sign that one",
            ));
        }
        for signature in &other.signatures {
            if !merged.key_ids().any(|key| *key == signature.keyid) {
                merged.signatures.push(signature.clone());
            }
        }
    }
    merged.signatures.sort_by(|a, b| a.keyid.cmp(&b.keyid));
    Ok(merged)
}
