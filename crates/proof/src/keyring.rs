//! What a verifier knows of keys: the site root it trusts, the statements that root signed, and what was revoked.

use std::collections::BTreeMap;

use xunjian_domain::{hash::Sha256, time::TimeInterval};

use crate::{
    dsse::{Envelope, EnvelopeError},
    jcs::JcsError,
    note::{NoteError, SignedCheckpoint},
    receipt::{Receipt, ReceiptError},
    statement::{HolderKind, KeyStatement, Revocation, SiteRoot, Statement, StatementError},
    suite::KeyId,
};

/// Keys by id, each vouched for by the site root.
#[derive(Debug, Clone)]
pub struct Keyring {
    root: SiteRoot,
    fingerprint: Sha256,
    statements: BTreeMap<KeyId, KeyStatement>,
    revocations: BTreeMap<KeyId, Revocation>,
}

/// Why a statement does not enter the keyring, or a key does not count.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The statement cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Too few root keys signed.
    #[error("{found} of the {wanted} root signatures needed are valid")]
    BelowThreshold {
        /// Valid signatures by different root keys.
        found: u32,
        /// The site's threshold.
        wanted: u32,
    },
    /// A statement of another site.
    #[error("the statement belongs to another site")]
    ForeignSite,
    /// A role that the holder's party may not have, or a machine with roles.
    #[error("{0} cannot hold this role")]
    RoleNotOpen(String),
    /// The root is not the one that was pinned.
    #[error("the site root has the fingerprint {found}, not the pinned {pinned}")]
    WrongRoot {
        /// What was given.
        found: Sha256,
        /// What was pinned.
        pinned: Sha256,
    },
    /// The root asks for no signature or for more than it has keys.
    #[error("the site root has a threshold of {0}, which its keys cannot meet")]
    BadThreshold(u32),
    /// The root lists one key twice, which would count its signature twice.
    #[error("the site root lists the key {0} twice")]
    RootKeyTwice(KeyId),
    /// Two different statements for one key.
    #[error("the root vouches for the key {0} in two different statements")]
    Contradiction(KeyId),
    /// No statement for the key.
    #[error("nobody the site root vouches for holds the key {0}")]
    Unknown(KeyId),
    /// The key belongs to another kind of holder.
    #[error("the key {key} belongs to a {found:?}, not a {wanted:?}")]
    WrongHolder {
        /// The key.
        key: KeyId,
        /// What it is.
        found: HolderKind,
        /// What is needed.
        wanted: HolderKind,
    },
    /// Used before or after its time.
    #[error("the key {0} was not valid at that time")]
    NotValidThen(KeyId),
    /// The signature is wrong, or there is not exactly one.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The document cannot be spelled.
    #[error(transparent)]
    Document(#[from] JcsError),
}

impl Keyring {
    /// A keyring that trusts `root`; `pinned` is the fingerprint from paper, if there is one.
    ///
    /// # Errors
    /// [`KeyringError::WrongRoot`], [`KeyringError::BadThreshold`] or [`KeyringError::RootKeyTwice`].
    pub fn new(root: SiteRoot, pinned: Option<Sha256>) -> Result<Self, KeyringError> {
        let fingerprint = root.fingerprint()?;
        if let Some(pinned) = pinned.filter(|pinned| *pinned != fingerprint) {
            return Err(KeyringError::WrongRoot { found: fingerprint, pinned });
        }
        if root.threshold == 0 || root.threshold as usize > root.keys.len() {
            return Err(KeyringError::BadThreshold(root.threshold));
        }
        for (place, one) in root.keys.iter().enumerate() {
            if root.keys[..place].iter().any(|before| before.key == one.key) {
                return Err(KeyringError::RootKeyTwice(one.key.id()));
            }
        }
        Ok(Self { root, fingerprint, statements: BTreeMap::new(), revocations: BTreeMap::new() })
    }

    /// The trusted root.
    #[must_use]
    pub fn root(&self) -> &SiteRoot {
        &self.root
    }

    /// Its fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        self.fingerprint
    }

    /// Takes in a key statement after checking the root's signatures on it. The same statement may come again.
    ///
    /// # Errors
    /// [`KeyringError`] when too few root keys signed it, it says what it must not, or it differs from the one known for the key.
    pub fn admit(&mut self, envelope: &Envelope) -> Result<&KeyStatement, KeyringError> {
        let statement = KeyStatement::read(envelope)?;
        self.check_root(envelope)?;
        if statement.site != self.root.site {
            return Err(KeyringError::ForeignSite);
        }
        let is_machine_with_roles = statement.holder_kind != HolderKind::Person && !statement.roles.is_empty();
        if is_machine_with_roles || statement.roles.iter().any(|role| !role.is_open_to(statement.party.kind)) {
            return Err(KeyringError::RoleNotOpen(statement.holder_name));
        }
        let id = statement.key.id();
        let known = self.statements.entry(id.clone()).or_insert_with(|| statement.clone());
        if *known == statement { Ok(known) } else { Err(KeyringError::Contradiction(id)) }
    }

    /// Takes in a revocation after checking the root's signatures on it. The first one of a key counts.
    ///
    /// # Errors
    /// [`KeyringError`] when too few root keys signed it.
    pub fn revoke(&mut self, envelope: &Envelope) -> Result<(), KeyringError> {
        let revocation = Revocation::read(envelope)?;
        self.check_root(envelope)?;
        if revocation.site != self.root.site {
            return Err(KeyringError::ForeignSite);
        }
        self.revocations.entry(revocation.key.clone()).or_insert(revocation);
        Ok(())
    }

    /// Reads another statement of the root's own, after checking the root's signatures on it.
    ///
    /// # Errors
    /// [`KeyringError`] when it is something else, or too few root keys signed it.
    pub fn read_of_root<S: Statement>(&self, envelope: &Envelope) -> Result<S, KeyringError> {
        let statement = S::read(envelope)?;
        self.check_root(envelope)?;
        Ok(statement)
    }

    /// The statement for a key, whoever holds it.
    #[must_use]
    pub fn statement(&self, key: &KeyId) -> Option<&KeyStatement> {
        self.statements.get(key)
    }

    /// Every statement.
    pub fn statements(&self) -> impl Iterator<Item = &KeyStatement> {
        self.statements.values()
    }

    /// The revocation of a key, if it was revoked.
    #[must_use]
    pub fn revocation(&self, key: &KeyId) -> Option<&Revocation> {
        self.revocations.get(key)
    }

    /// The holder of `key`, if it is of the wanted kind and could have been valid `then`. Revocation is judged apart, by the
    /// log's order, because a clock cannot tell what came first.
    ///
    /// # Errors
    /// [`KeyringError`] saying why the key does not count.
    pub fn holder(
        &self,
        key: &KeyId,
        wanted: HolderKind,
        then: impl Into<TimeInterval>,
    ) -> Result<&KeyStatement, KeyringError> {
        let statement = self.statements.get(key).ok_or_else(|| KeyringError::Unknown(key.clone()))?;
        if statement.holder_kind != wanted {
            return Err(KeyringError::WrongHolder { key: key.clone(), found: statement.holder_kind, wanted });
        }
        let then = then.into();
        let too_late = statement.valid_until.is_some_and(|until| then.earliest >= until);
        if then.latest < statement.valid_from || too_late {
            return Err(KeyringError::NotValidThen(key.clone()));
        }
        Ok(statement)
    }

    /// Who made a statement that one holder makes alone: exactly one key signed it, of this kind, that could have been valid
    /// `then`, and its signature holds.
    ///
    /// # Errors
    /// [`KeyringError`] or [`EnvelopeError`] saying why it does not count.
    pub fn signer<E>(
        &self,
        envelope: &Envelope,
        wanted: HolderKind,
        then: impl Into<TimeInterval>,
    ) -> Result<&KeyStatement, E>
    where
        E: From<KeyringError> + From<EnvelopeError>,
    {
        let holder = self.holder(envelope.only_key()?, wanted, then)?;
        envelope.verify(&holder.key)?;
        Ok(holder)
    }

    /// The statements of one kind of holder, revoked ones too.
    pub fn of_kind(&self, kind: HolderKind) -> impl Iterator<Item = &KeyStatement> {
        self.statements.values().filter(move |statement| statement.holder_kind == kind)
    }

    /// Checks that a log key of this site signed a checkpoint of this site's log. The note names the key; one that was
    /// replaced or revoked since still verifies what it signed before.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn verify_checkpoint(&self, note: &SignedCheckpoint) -> Result<(), NoteError> {
        let origin = &self.root.log_origin;
        self.by_any(HolderKind::Log, origin, |log| note.verify_log(origin, &log.key))
    }

    /// The time that a clock of this site put on a checkpoint, in seconds since the epoch. As with logs, a clock key that was
    /// replaced or revoked since still counts.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn time_of(&self, note: &SignedCheckpoint) -> Result<u64, NoteError> {
        self.by_any(HolderKind::Clock, "clock", |clock| note.cosigned_at(&clock.holder, &clock.key))
    }

    /// Checks that this site's log holds exactly these leaf bytes.
    ///
    /// # Errors
    /// [`ReceiptError`] naming what does not fit.
    pub fn verify_receipt(&self, leaf: &[u8], receipt: &Receipt) -> Result<(), ReceiptError> {
        self.verify_checkpoint(&receipt.checkpoint)?;
        receipt.verify_inclusion(leaf)
    }

    /// The first success with a key of this kind; else the failure that says most: a wrong signature over a missing one.
    fn by_any<T>(
        &self,
        kind: HolderKind,
        name: &str,
        check: impl Fn(&KeyStatement) -> Result<T, NoteError>,
    ) -> Result<T, NoteError> {
        let mut failure = NoteError::NotSignedBy(name.to_owned());
        for statement in self.of_kind(kind) {
            match check(statement) {
                Ok(found) => return Ok(found),
                Err(NoteError::NotSignedBy(_)) => {}
                Err(other) => failure = other,
            }
        }
        Err(failure)
    }

    /// The statement of this kind that is the newest and not revoked: which of the service's own keys to sign with. Never for
    /// checking what was signed before.
    #[must_use]
    pub fn current(&self, kind: HolderKind) -> Option<&KeyStatement> {
        self.statements
            .values()
            .filter(|statement| statement.holder_kind == kind && !self.revocations.contains_key(&statement.key.id()))
            .max_by_key(|statement| statement.valid_from)
    }

    fn check_root(&self, envelope: &Envelope) -> Result<(), KeyringError> {
        // Each root key counts once, however often it signed.
        let verifies = |key: &crate::suite::PublicKey| match envelope.verify(key) {
            Ok(()) => Ok(1),
            Err(EnvelopeError::NotSignedBy(_) | EnvelopeError::BadSignature { .. }) => Ok(0),
            Err(other) => Err(StatementError::from(other)),
        };
        let mut found = 0;
        for root in &self.root.keys {
            found += verifies(&root.key)?;
        }
        if found < self.root.threshold {
            return Err(KeyringError::BelowThreshold { found, wanted: self.root.threshold });
        }
        Ok(())
    }
}
