//! 复核: which countersignatures count. One pure function, called by the terminal before it hands one out, by the service
//! before it takes one in, and by every verifier afterwards.
//!
//! Four eyes are two *people*: the reviewer is another person than whoever signed the record, however many keys either of them
//! holds; of 监理方 or 管理方, by what the site root states; and no administrator. What the reviewer stands by is named twice,
//! as the hash of the record's bytes and as the leaf of its [`Delivered`] statement, so that nothing signed for one revision
//! can be held under another. What was logged before a revocation stands; nothing else of a revoked key does.

use xunjian_domain::{
    hash::Sha256,
    ids::PersonId,
    party::{PartyKind, Role},
    time::{TimeInterval, TimestampMs},
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    keyring::{Keyring, KeyringError},
    merkle,
    statement::{Countersignature, Delivered, HolderKind, KeyStatement, ReviewVerdict, Statement as _, StatementError},
    suite::KeyId,
    verification::VerifiedRecord,
};

/// What is reviewed: a record whose signatures and delivery were checked.
#[derive(Debug, Clone, Copy)]
pub struct Reviewed<'a> {
    /// The record.
    pub record: &'a VerifiedRecord,
    /// Its envelope: whoever signed it cannot review it.
    pub envelope: &'a Envelope,
    /// Its `Delivered` statement, the exact bytes of that leaf.
    pub delivered: &'a [u8],
}

/// Where the countersignature stands in the log, as far as the caller can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOrder {
    /// It is being taken in, behind everything that is known.
    Last {
        /// Now, by the clock of whoever takes it in.
        now: TimestampMs,
    },
    /// It is a leaf of the log.
    Leaf {
        /// Its place.
        index: u64,
        /// The place of the revocation of its key; `None` where there is none or nobody proved it.
        revoked: Option<u64>,
    },
    /// Nobody proved where: then a key that was revoked at any time does not count.
    Unproved,
}

/// Why a countersignature does not count.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signature is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Nobody the root vouches for holds the key, or it is no person's.
    #[error(transparent)]
    Key(KeyringError),
    /// The key was not valid yet, or no longer.
    #[error("the key {0} was not valid when the record was reviewed")]
    KeyNotValidThen(KeyId),
    /// The key was revoked, and nothing proves that this was logged before.
    #[error("the key {0} was revoked before this was logged")]
    Revoked(KeyId),
    /// Of another site.
    #[error("it belongs to another site")]
    Foreign,
    /// It speaks of another record, perhaps another revision of the same visit.
    #[error("it is about the record {named}, not {given}")]
    OtherRecord {
        /// What it names.
        named: Sha256,
        /// What it was held against.
        given: Sha256,
    },
    /// It names another revision than the record's bytes.
    #[error("it says revision {named}, the record is revision {given}")]
    OtherRevision {
        /// What it names.
        named: u32,
        /// What the record says.
        given: u32,
    },
    /// The delivery it names is not this record's.
    #[error("it names another delivery than the one that declares this record stored")]
    OtherDelivery,
    /// The signer is not the person or the organisation it names.
    #[error("it names {named}, and {signer} signed")]
    OtherSigner {
        /// Whom it names.
        named: String,
        /// Who signed.
        signer: String,
    },
    /// The signer's organisation may not review.
    #[error("only 监理方 or 管理方 reviews; the key belongs to {0}")]
    WrongParty(String),
    /// The signer has not the role.
    #[error("{0} is no reviewer")]
    NotAReviewer(String),
    /// The signer administers the service.
    #[error("{0} is an administrator, who cannot review")]
    Administrator(String),
    /// The signer signed the record as well, with this or another key.
    #[error("{0} signed the record and cannot review it, with whatever key")]
    SamePerson(PersonId),
    /// A line it names is none of the record's.
    #[error("the record has no line “{0}”")]
    UnknownLine(String),
    /// Returned without a reason, or with an empty one.
    #[error("{0}")]
    Malformed(&'static str),
}

impl From<KeyringError> for ReviewError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::NotValidThen(key) => Self::KeyNotValidThen(key),
            other => Self::Key(other),
        }
    }
}

/// Checks one countersignature against the record it is held under, whose own signatures, delivery and receipt the caller has
/// checked.
///
/// The key must have been valid between the moment the service declared the record stored and the later of that and the
/// reviewer's clock; where it is just being taken in, at that moment too.
///
/// # Errors
/// [`ReviewError`], the first rule that is broken.
pub fn verify_countersignature<'a>(
    envelope: &Envelope,
    reviewed: Reviewed<'_>,
    keyring: &'a Keyring,
    order: LogOrder,
) -> Result<(Countersignature, &'a KeyStatement), ReviewError> {
    let said = Countersignature::read(envelope)?;
    if said.site != keyring.root().site {
        return Err(ReviewError::Foreign);
    }
    let stored_at = names(&said, reviewed)?;
    check_words(&said, reviewed)?;
    let during = TimeInterval { earliest: stored_at, latest: said.at.max(stored_at) };
    let person = keyring.signer::<ReviewError>(envelope, HolderKind::Person, during)?;
    check_person(&said, reviewed, keyring, person)?;
    let is_before_revocation = match order {
        LogOrder::Leaf { index, revoked: Some(revoked) } => index < revoked,
        LogOrder::Leaf { revoked: None, .. } | LogOrder::Last { .. } | LogOrder::Unproved => false,
    };
    let key = person.key.id();
    if keyring.revocation(&key).is_some() && !is_before_revocation {
        return Err(ReviewError::Revoked(key));
    }
    if let LogOrder::Last { now } = order {
        keyring.holder(&key, HolderKind::Person, now)?;
    }
    Ok((said, person))
}

/// That it is about this record; when the record was declared stored.
fn names(said: &Countersignature, reviewed: Reviewed<'_>) -> Result<TimestampMs, ReviewError> {
    let record = reviewed.record;
    if said.record != record.id {
        return Err(ReviewError::OtherRecord { named: said.record, given: record.id });
    }
    let revision = record.record.visit.revision;
    if said.revision != revision {
        return Err(ReviewError::OtherRevision { named: said.revision, given: revision });
    }
    let delivered = Envelope::from_bytes(reviewed.delivered)?;
    let delivered = Delivered::read(&delivered)?;
    if said.delivered_leaf != merkle::leaf_hash(reviewed.delivered) || delivered.record != record.id {
        return Err(ReviewError::OtherDelivery);
    }
    Ok(delivered.stored_at)
}

fn check_words(said: &Countersignature, reviewed: Reviewed<'_>) -> Result<(), ReviewError> {
    for (line, reason) in &said.lines {
        let is_of_record = |no: u32| reviewed.record.record.lines.iter().any(|line| line.no == no);
        let number = line.parse().ok().filter(|no: &u32| no.to_string() == *line && is_of_record(*no));
        if number.is_none() {
            return Err(ReviewError::UnknownLine(line.clone()));
        }
        if reason.trim().is_empty() {
            return Err(ReviewError::Malformed("it names a line and says nothing of it"));
        }
    }
    if said.verdict == ReviewVerdict::Returned && said.lines.is_empty() && said.comment.trim().is_empty() {
        return Err(ReviewError::Malformed("it returns the record and gives no reason"));
    }
    Ok(())
}

fn check_person(
    said: &Countersignature,
    reviewed: Reviewed<'_>,
    keyring: &Keyring,
    person: &KeyStatement,
) -> Result<(), ReviewError> {
    let who = || format!("{}（{}）", person.holder_name, person.party.kind.zh());
    if person.holder != said.reviewer.as_str() {
        return Err(ReviewError::OtherSigner { named: said.reviewer.to_string(), signer: person.holder_name.clone() });
    }
    if person.party.id != said.party {
        return Err(ReviewError::OtherSigner { named: said.party.to_string(), signer: person.party.id.to_string() });
    }
    if !matches!(person.party.kind, PartyKind::Supervisor | PartyKind::Manager) {
        return Err(ReviewError::WrongParty(who()));
    }
    if person.roles.contains(&Role::Administrator) {
        return Err(ReviewError::Administrator(who()));
    }
    if !person.roles.contains(&Role::Reviewer) {
        return Err(ReviewError::NotAReviewer(who()));
    }
    // By person, not by key: a second key does not make a second person. Whoever else signed the record counts, too.
    let signed = |key: &KeyId| {
        let statement = keyring.statement(key).filter(|one| one.holder_kind == HolderKind::Person);
        statement.is_some_and(|one| one.holder == person.holder)
    };
    if reviewed.record.record.inspector.id == said.reviewer || reviewed.envelope.key_ids().any(signed) {
        return Err(ReviewError::SamePerson(said.reviewer.clone()));
    }
    Ok(())
}

/// How a record stands with its reviewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// 待复核.
    Waiting,
    /// 已通过.
    Accepted,
    /// 已退回, and not amended yet.
    Returned,
    /// 已更正: a later revision of the visit stands in its place.
    Amended,
}

/// How a record stands: the last verdict in the log's order holds, unless a later revision is there.
#[must_use]
pub fn review_state(last: Option<ReviewVerdict>, is_amended: bool) -> ReviewState {
    match (is_amended, last) {
        (true, _) => ReviewState::Amended,
        (false, None) => ReviewState::Waiting,
        (false, Some(ReviewVerdict::Accepted)) => ReviewState::Accepted,
        (false, Some(ReviewVerdict::Returned)) => ReviewState::Returned,
    }
}
