//! Who else signed a checkpoint: terminals and witnesses that saw the log grow, and the clock that says when.
//!
//! A cosignature (C2SP `tlog-cosignature`, v1) says: this state extends the last one I cosigned, and my clock showed this
//! second. It counts for a name only where the site root vouched for the cosigner's key; a line that anybody may append to
//! a note proves nothing.

use xunjian_domain::{ids::TerminalId, party::PartyKind, time::TimestampMs};

use crate::{
    keyring::Keyring,
    note::{NoteError, SignedCheckpoint, cosignature_key_id},
    statement::{HolderKind, KeyStatement},
};

/// The name a terminal cosigns under.
#[must_use]
pub fn terminal_name(origin: &str, terminal: &TerminalId) -> String {
    format!("{origin}/terminal/{terminal}")
}

/// The name a holder cosigns under; `None` for kinds that cosign nothing.
#[must_use]
pub fn cosigner_name(origin: &str, statement: &KeyStatement) -> Option<String> {
    match statement.holder_kind {
        HolderKind::Terminal => Some(terminal_name(origin, &TerminalId::new(&statement.holder))),
        HolderKind::Witness | HolderKind::Clock => Some(statement.holder.clone()),
        HolderKind::Person | HolderKind::Service | HolderKind::Log | HolderKind::Label => None,
    }
}

/// One cosignature that was verified.
#[derive(Debug, Clone, Copy)]
pub struct Cosigner<'a> {
    /// Who, as the site root states it.
    pub statement: &'a KeyStatement,
    /// The cosigner's own clock, seconds since the epoch: its claim, not ours.
    pub seconds: u64,
    /// Whether the key was revoked. Only the log's order tells whether that came before.
    pub is_revoked: bool,
}

impl Cosigner<'_> {
    /// Whether the cosigner stands outside the control of whoever runs the service: the key is stated for another
    /// organisation than the 服务方, and was not revoked.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        is_outside(self.statement) && !self.is_revoked
    }

    /// The last millisecond of the second that the cosigner put on the checkpoint.
    #[must_use]
    pub fn not_after(&self) -> TimestampMs {
        TimestampMs(i64::try_from(self.seconds).unwrap_or(i64::MAX).saturating_mul(1000).saturating_add(999))
    }
}

/// Whether a key is stated for a cosigner that the operator of the service does not control.
#[must_use]
pub fn is_outside(statement: &KeyStatement) -> bool {
    let cosigns = matches!(statement.holder_kind, HolderKind::Terminal | HolderKind::Witness);
    cosigns && statement.party.kind != PartyKind::Provider
}

/// The signature lines of a note beside the log's own.
#[derive(Debug, Clone, Default)]
pub struct Cosignatures<'a> {
    /// Those that hold, in the order of the note.
    pub valid: Vec<Cosigner<'a>>,
    /// Names whose line does not verify with the key that the root stated for them.
    pub wrong: Vec<String>,
    /// Names that the root vouches for with no such key. They prove nothing.
    pub unknown: Vec<String>,
}

impl Cosignatures<'_> {
    /// The first moment that somebody outside the operator's control vouches for: by then the log held what is in the
    /// checkpoint.
    #[must_use]
    pub fn first_outside(&self) -> Option<&Cosigner<'_>> {
        self.valid.iter().filter(|cosigner| cosigner.is_outside()).min_by_key(|cosigner| cosigner.seconds)
    }
}

impl Keyring {
    /// Checks every cosignature on a checkpoint. Does not check the log's own signature.
    #[must_use]
    pub fn cosignatures(&self, note: &SignedCheckpoint) -> Cosignatures<'_> {
        let origin = &self.root().log_origin;
        let mut found = Cosignatures::default();
        for (name, id) in note.signers().filter(|(name, _)| name != origin) {
            let is_holder = |statement: &&KeyStatement| {
                cosigner_name(origin, statement).as_deref() == Some(name)
                    && cosignature_key_id(name, &statement.key).is_ok_and(|known| known == id)
            };
            let Some(statement) = self.statements().find(is_holder) else {
                found.unknown.push(name.to_owned());
                continue;
            };
            match note.cosigned_at(name, &statement.key) {
                Ok(seconds) => found.valid.push(Cosigner {
                    statement,
                    seconds,
                    is_revoked: self.revocation(&statement.key.id()).is_some(),
                }),
                Err(_) => found.wrong.push(name.to_owned()),
            }
        }
        found
    }
}

/// Why a name cannot be a cosigner's (C2SP `signed-note`: not empty, no space, no plus), or would be taken for the log's own.
///
/// # Errors
/// [`NoteError::Malformed`].
pub fn check_witness_name(origin: &str, name: &str) -> Result<(), NoteError> {
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(NoteError::Malformed("a witness's name is not empty and has no blanks and no plus sign"));
    }
    if name.starts_with(origin) {
        return Err(NoteError::Malformed("a witness's name cannot begin with the log's own"));
    }
    Ok(())
}
