//! Checking one record, step by step. A failure names the step, so that a page can show exactly what is wrong.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    party::Role,
    time::{TimeInterval, TimestampMs},
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    keyring::{Keyring, KeyringError},
    note::SignedCheckpoint,
    receipt::Receipt,
    record::{MAX_RECORD_BYTES, Record},
    statement::{Delivered, HolderKind, Statement},
    suite::KeyId,
};

/// A step of checking a record, in the order they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The envelope is canonical and carries a record whose bytes are canonical.
    Bytes,
    /// Within the record everything fits together.
    Consistency,
    /// The inspector's key belongs to an inspector of the site and was valid.
    InspectorKey,
    /// The inspector signed.
    InspectorSignature,
    /// The terminal's key belongs to that terminal and was valid.
    TerminalKey,
    /// The terminal signed.
    TerminalSignature,
    /// The service says that record and blobs are stored.
    Delivered,
    /// The log holds that statement.
    Receipt,
    /// The blobs hash to their names.
    Blobs,
}

/// The step that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[error("{step:?}: {reason}")]
pub struct Failure {
    /// Which step.
    pub step: Step,
    /// Why, in words.
    pub reason: String,
}

fn at(step: Step) -> impl Fn(&dyn std::fmt::Display) -> Failure {
    move |reason| Failure { step, reason: reason.to_string() }
}

/// A record whose signatures were checked.
#[derive(Debug, Clone)]
pub struct VerifiedRecord {
    /// SHA-256 of the record's bytes.
    pub id: Sha256,
    /// The record.
    pub record: Record,
}

/// Reads the record out of envelope bytes: step [`Step::Bytes`] and [`Step::Consistency`]. Checks no signature.
///
/// # Errors
/// [`Failure`].
pub fn read_record(bytes: &[u8]) -> Result<(Envelope, VerifiedRecord), Failure> {
    let wrong = at(Step::Bytes);
    let envelope = Envelope::from_bytes(bytes).map_err(|error| wrong(&error))?;
    let payload = envelope.payload().map_err(|error| wrong(&error))?;
    if payload.len() > MAX_RECORD_BYTES {
        return Err(wrong(&format!("the record has {} bytes, more than {MAX_RECORD_BYTES}", payload.len())));
    }
    let record = Record::read(&envelope).map_err(|error| wrong(&error))?;
    record.check_consistency().map_err(|error| at(Step::Consistency)(&error))?;
    Ok((envelope, VerifiedRecord { id: Sha256::of(&payload), record }))
}

/// When a record was sealed, as far as others than the terminal sign for it (docs/adr/0019). The terminal's wall clock is
/// in none of the bounds: it can be set to anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SealedBetween {
    /// Not before this: when the record's time token was made. `None` without a token of this site's clock.
    pub earliest: Option<TimestampMs>,
    /// Not after this: when the service declared the record stored. `None`, open, until there is that declaration.
    pub latest: Option<TimestampMs>,
    /// Where between, by the terminal's monotonic clock since it received the token: no setting of the wall clock moves
    /// it. `None` when the terminal was restarted in between.
    pub placed: Option<TimestampMs>,
}

/// When a record was sealed, from its token and, where there is one, the verified statement that it was delivered.
#[must_use]
pub fn sealed_between(record: &Record, delivered: Option<&Delivered>, keyring: &Keyring) -> SealedBetween {
    let clock = &record.clock;
    let note = clock.token.as_ref().and_then(|token| SignedCheckpoint::parse(token).ok());
    let seconds = note.and_then(|note| keyring.time_of(&note).ok());
    let earliest = seconds.map(|seconds| TimestampMs(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)));
    let since_token = clock.token_received.as_ref().and_then(|received| {
        let elapsed = clock.sealed.monotonic_ms.saturating_sub(received.monotonic_ms);
        (received.boot_id == clock.sealed.boot_id && elapsed >= 0).then_some(elapsed)
    });
    SealedBetween {
        earliest,
        latest: delivered.map(|statement| statement.stored_at),
        placed: earliest.zip(since_token).map(|(token, elapsed)| token.plus_ms(elapsed)),
    }
}

/// The time that keys are judged by: not before the record's time token was made, and not after the later of token and
/// wall clock. A wall clock that was set back (or never set) cannot move a record before its token; it is no upper bound
/// of the true time, which only [`sealed_between`] gives.
///
/// # Errors
/// [`Failure`] when the token was made by no clock of the site. Where no clock key is known at all the wall clock is left.
pub fn sealed_during(record: &Record, keyring: &Keyring) -> Result<TimeInterval, Failure> {
    let wall = record.clock.sealed.wall_ms;
    let Some(token) = record.clock.token.as_ref().filter(|_| keyring.of_kind(HolderKind::Clock).next().is_some())
    else {
        return Ok(wall.into());
    };
    let wrong = at(Step::Consistency);
    let note = SignedCheckpoint::parse(token).map_err(|error| wrong(&error))?;
    let seconds = keyring.time_of(&note).map_err(|error| wrong(&error))?;
    let earliest = TimestampMs(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000));
    // A token names the second it was made in, not the millisecond.
    Ok(TimeInterval { earliest, latest: earliest.plus_ms(999).max(wall) })
}

/// Checks a record's bytes and both signatures. A key must have been valid at some moment of [`sealed_during`]; revocation is
/// judged by whoever knows the log's order.
///
/// # Errors
/// [`Failure`] naming the first step that fails.
pub fn verify_record(bytes: &[u8], keyring: &Keyring) -> Result<VerifiedRecord, Failure> {
    let (envelope, verified) = read_record(bytes)?;
    let record = &verified.record;
    if record.site != keyring.root().site {
        return Err(at(Step::Consistency)(&"the record belongs to another site"));
    }
    let sealed = sealed_during(record, keyring)?;
    let inspector = signed_by(
        &envelope,
        keyring,
        (&record.inspector.key, HolderKind::Person, sealed),
        (Step::InspectorKey, Step::InspectorSignature),
    )?;
    if inspector.holder != record.inspector.id.as_str() || !inspector.roles.contains(&Role::Inspector) {
        return Err(at(Step::InspectorKey)(&"the key does not belong to this inspector"));
    }
    if inspector.holder_name != record.inspector.name {
        let (ours, theirs) = (&inspector.holder_name, &record.inspector.name);
        return Err(at(Step::InspectorKey)(&format!("the key belongs to “{ours}”, the record names “{theirs}”")));
    }
    if inspector.roles.contains(&Role::Administrator) {
        return Err(at(Step::InspectorKey)(&"an administrator cannot sign records"));
    }
    let terminal = signed_by(
        &envelope,
        keyring,
        (&record.terminal.key, HolderKind::Terminal, sealed),
        (Step::TerminalKey, Step::TerminalSignature),
    )?;
    if terminal.holder != record.terminal.id.as_str() {
        return Err(at(Step::TerminalKey)(&"the key does not belong to this terminal"));
    }
    Ok(verified)
}

fn signed_by<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
    (key, kind, then): (&KeyId, HolderKind, TimeInterval),
    (key_step, signature_step): (Step, Step),
) -> Result<&'a crate::statement::KeyStatement, Failure> {
    let holder = keyring.holder(key, kind, then).map_err(|error: KeyringError| at(key_step)(&error))?;
    envelope.verify(&holder.key).map_err(|error: EnvelopeError| at(signature_step)(&error))?;
    Ok(holder)
}

/// Checks that the service declared the record delivered, with exactly its blobs. Whether the log holds the statement is
/// asked apart.
///
/// # Errors
/// [`Failure`] at [`Step::Delivered`].
pub fn verify_delivered(
    record: &VerifiedRecord,
    envelope: Sha256,
    delivered: &[u8],
    keyring: &Keyring,
) -> Result<Delivered, Failure> {
    let wrong = at(Step::Delivered);
    let signed = Envelope::from_bytes(delivered).map_err(|error| wrong(&error))?;
    let statement = Delivered::read(&signed).map_err(|error| wrong(&error))?;
    keyring.signer::<KeyringError>(&signed, HolderKind::Service, statement.stored_at).map_err(|error| wrong(&error))?;
    if statement.site != keyring.root().site
        || statement.record != record.id
        || statement.envelope != envelope
        || statement.blobs != record.record.blobs()
    {
        return Err(wrong(&"the statement is about something else than this record and its photos"));
    }
    Ok(statement)
}

/// Checks that the service declared the record delivered, with exactly its blobs, and that the log holds that statement.
///
/// # Errors
/// [`Failure`] at [`Step::Delivered`] or [`Step::Receipt`].
pub fn verify_receipt(
    record: &VerifiedRecord,
    envelope: Sha256,
    delivered: &[u8],
    receipt: &Receipt,
    keyring: &Keyring,
) -> Result<Delivered, Failure> {
    let statement = verify_delivered(record, envelope, delivered, keyring)?;
    keyring.verify_receipt(delivered, receipt).map_err(|error| at(Step::Receipt)(&error))?;
    Ok(statement)
}
