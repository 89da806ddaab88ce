//! 见证方: somebody who remembers the last state of the log that they cosigned and cosigns the next one only with a proof
//! that it extends it. The rules alone; files and keys belong to `xunjian-witness`.
//!
//! The order is the design: the caller must have the new state safely on its disk *before* it hands out the signature
//! (C2SP `tlog-witness`). A witness that forgot what it signed could be shown another history.

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::SiteId};

use crate::{
    cosigner::check_witness_name,
    dsse::Envelope,
    jcs::JcsError,
    keyring::{Keyring, KeyringError},
    merkle,
    note::{NoteError, SignedCheckpoint},
    statement::SiteRoot,
    suite::{PublicKey, Signer, SuiteError},
};

/// What travels to a witness: the newest checkpoint and the proof from the one it knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessRequest {
    /// The site's root; the witness believes it only by the fingerprint on paper.
    pub site_root: SiteRoot,
    /// The statements of the log's keys, signed by that root.
    pub log_keys: Vec<Envelope>,
    /// The size the proof begins at; 0 without one.
    pub from: u64,
    /// The consistency proof (RFC 6962 §2.1.2).
    pub proof: Vec<Sha256>,
    /// The checkpoint as the log signed it.
    pub checkpoint: String,
}

/// What a witness brings to the site to be vouched for: its name and key, and a signature that shows that it holds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessApplication {
    /// The site.
    pub site: SiteId,
    /// The name it cosigns under.
    pub name: String,
    /// Its key.
    pub key: PublicKey,
    /// Base 64 of its signature over [`possession_message`].
    pub possession: String,
}

/// What a witness signs to show that it holds its key.
#[must_use]
pub fn possession_message(site: &SiteId, name: &str, key: &PublicKey) -> Vec<u8> {
    format!("xunjian-witness-v1\n{site}\n{name}\n{}\n", key.id()).into_bytes()
}

impl WitnessApplication {
    /// Applies with a key.
    ///
    /// # Errors
    /// [`SuiteError::CannotSign`].
    pub fn new(site: &SiteId, name: &str, key: &dyn Signer) -> Result<Self, SuiteError> {
        let signature = key.sign(&possession_message(site, name, &key.public_key()))?;
        Ok(Self {
            site: site.clone(),
            name: name.to_owned(),
            key: key.public_key(),
            possession: data_encoding::BASE64.encode(&signature),
        })
    }

    /// Checks name and possession.
    ///
    /// # Errors
    /// [`NoteError`] for the name, or for a signature that is not the key's.
    pub fn check(&self, root: &SiteRoot) -> Result<(), NoteError> {
        check_witness_name(&root.log_origin, &self.name)?;
        let signature = data_encoding::BASE64.decode(self.possession.as_bytes()).unwrap_or_default();
        self.key.verify(&possession_message(&self.site, &self.name, &self.key), &signature)?;
        Ok(())
    }
}

/// What a witness remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessState {
    /// The name it cosigns under.
    pub name: String,
    /// Its public key.
    pub key: PublicKey,
    /// The site root whose fingerprint was compared with the one on paper.
    pub site_root: SiteRoot,
    /// The statements of the log's keys that it has seen.
    pub log_keys: Vec<Envelope>,
    /// The last checkpoint it cosigned, as the log signed it; empty before the first one.
    pub last: String,
    /// The second it put on it; 0 before the first one.
    pub last_seconds: u64,
}

/// Why a witness does not cosign.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another site, or a root that is not the one on paper.
    #[error("the file is of another site: its root has the fingerprint {found}, this witness was made for {pinned}")]
    OtherSite {
        /// What came.
        found: Sha256,
        /// What was pinned.
        pinned: Sha256,
    },
    /// The log lost what it had shown.
    #[error("the log shrank: it had {had} leaves when it was cosigned last and now shows {has}")]
    Shrunk {
        /// The size cosigned last.
        had: u64,
        /// The size shown.
        has: u64,
    },
    /// The log shows another history.
    #[error(
        "the log was rewritten: what it shows at {size} leaves does not extend what was cosigned at {had}: {reason}"
    )]
    Forked {
        /// The size cosigned last.
        had: u64,
        /// The size shown.
        size: u64,
        /// What exactly.
        reason: String,
    },
    /// The proof begins elsewhere.
    #[error("the proof begins at {from} leaves; this witness knows {known}: export again with `--since {known}`")]
    OtherStart {
        /// Where it begins.
        from: u64,
        /// Where it would have to.
        known: u64,
    },
    /// The clock of the witness ran backwards.
    #[error("this machine's clock shows {now} s, earlier than {last} s, when it cosigned last: set it right first")]
    ClockBehind {
        /// Now, seconds since the epoch.
        now: u64,
        /// When it cosigned last.
        last: u64,
    },
    /// The checkpoint is not one that the log signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log's keys are not vouched for.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The root cannot be spelled.
    #[error(transparent)]
    Document(#[from] JcsError),
}

impl WitnessState {
    /// A witness that has cosigned nothing yet.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] for a name that no cosigner can have.
    pub fn new(site_root: SiteRoot, name: &str, key: PublicKey) -> Result<Self, NoteError> {
        check_witness_name(&site_root.log_origin, name)?;
        Ok(Self { name: name.to_owned(), key, site_root, log_keys: Vec::new(), last: String::new(), last_seconds: 0 })
    }

    /// The last checkpoint it cosigned.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the state was damaged.
    pub fn last(&self) -> Result<Option<SignedCheckpoint>, NoteError> {
        if self.last.is_empty() { Ok(None) } else { SignedCheckpoint::parse(&self.last).map(Some) }
    }

    /// Judges a request. Returns the state to be kept before anything is signed, and the checkpoint to cosign.
    ///
    /// # Errors
    /// [`Refusal`]; the state stays as it is.
    pub fn advance(&self, request: &WitnessRequest, now: u64) -> Result<(Self, SignedCheckpoint), Refusal> {
        let (pinned, found) = (self.site_root.fingerprint()?, request.site_root.fingerprint()?);
        if pinned != found {
            return Err(Refusal::OtherSite { found, pinned });
        }
        let mut keyring = Keyring::new(self.site_root.clone(), Some(pinned))?;
        let mut log_keys = self.log_keys.clone();
        log_keys.extend(request.log_keys.iter().filter(|one| !self.log_keys.contains(one)).cloned());
        for envelope in &log_keys {
            keyring.admit(envelope)?;
        }
        let note = SignedCheckpoint::parse(&request.checkpoint)?;
        keyring.verify_checkpoint(&note)?;
        if let Some(last) = self.last()? {
            let (old, new) = (&last.checkpoint, &note.checkpoint);
            if new.size < old.size {
                return Err(Refusal::Shrunk { had: old.size, has: new.size });
            }
            let forked = |reason: String| Refusal::Forked { had: old.size, size: new.size, reason };
            if new.size == old.size && new.root != old.root {
                return Err(forked(format!("the root hash is {}, it was {}", new.root, old.root)));
            }
            if new.size > old.size {
                if request.from != old.size {
                    return Err(Refusal::OtherStart { from: request.from, known: old.size });
                }
                merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &request.proof)
                    .map_err(|error| forked(error.to_string()))?;
            }
        }
        if now < self.last_seconds {
            return Err(Refusal::ClockBehind { now, last: self.last_seconds });
        }
        let last = request.checkpoint.clone();
        Ok((Self { log_keys, last, last_seconds: now, ..self.clone() }, note))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        note::Checkpoint,
        statement::{HolderKind, KeyStatement, PartyRef, RootKey, Statement as _},
        suite::Ed25519Signer,
    };
    use xunjian_domain::{party::PartyKind, time::TimestampMs};

    fn signer(seed: u8) -> Ed25519Signer {
        Ed25519Signer::from_seed(&[seed; 32])
    }

    fn party(kind: PartyKind) -> PartyRef {
        PartyRef { id: kind.zh().into(), kind, name: kind.zh().to_owned() }
    }

    fn root() -> SiteRoot {
        let key = RootKey { key: signer(1).public_key(), party: party(PartyKind::Manager) };
        SiteRoot { site: "s".into(), name: "s".into(), log_origin: "log/s".into(), threshold: 1, keys: vec![key] }
    }

    fn log_key(root_key: &Ed25519Signer) -> Envelope {
        let statement = KeyStatement {
            site: "s".into(),
            key: signer(2).public_key(),
            holder_kind: HolderKind::Log,
            holder: "log/s".into(),
            holder_name: "log/s".into(),
            party: party(PartyKind::Provider),
            roles: Vec::new(),
            valid_from: TimestampMs(0),
            valid_until: None,
        };
        statement.sign(&[root_key]).unwrap()
    }

    /// Trees of one, two and three leaves with the given first leaf.
    fn request(first: &str, size: u64) -> WitnessRequest {
        let leaves: Vec<Sha256> = [first, "b", "c"].iter().map(|leaf| merkle::leaf_hash(leaf.as_bytes())).collect();
        let two = merkle::node_hash(&leaves[0], &leaves[1]);
        let (root, from, proof) = match size {
            1 => (leaves[0], 0, Vec::new()),
            2 => (two, 1, vec![leaves[1]]),
            _ => (merkle::node_hash(&two, &leaves[2]), 2, vec![leaves[2]]),
        };
        let note = Checkpoint { origin: "log/s".into(), size, root }.sign(&signer(2)).unwrap();
        WitnessRequest {
            site_root: self::root(),
            log_keys: vec![log_key(&signer(1))],
            from,
            proof,
            checkpoint: note.to_string(),
        }
    }

    fn witness() -> WitnessState {
        WitnessState::new(root(), "witness.example/w", signer(3).public_key()).unwrap()
    }

    #[test]
    fn a_log_that_grows_is_followed() {
        let mut state = witness();
        for size in 1..=3 {
            let (next, note) = state.advance(&request("a", size), 10 + size).unwrap();
            assert_eq!((note.checkpoint.size, next.last_seconds), (size, 10 + size));
            state = next;
        }
        assert!(state.advance(&request("a", 3), 13).is_ok(), "the same state may be cosigned again");
        assert!(matches!(state.advance(&request("a", 3), 12), Err(Refusal::ClockBehind { now: 12, last: 13 })));
    }

    #[test]
    fn a_log_that_shrank_forked_or_is_another_is_refused_by_name() {
        let (state, _) = witness().advance(&request("a", 2), 10).unwrap();
        assert!(matches!(state.advance(&request("a", 1), 11), Err(Refusal::Shrunk { had: 2, has: 1 })));
        assert!(matches!(state.advance(&request("x", 2), 11), Err(Refusal::Forked { had: 2, size: 2, .. })));
        assert!(matches!(state.advance(&request("x", 3), 11), Err(Refusal::Forked { had: 2, size: 3, .. })));
        let (one, _) = witness().advance(&request("a", 1), 10).unwrap();
        assert!(matches!(one.advance(&request("a", 3), 11), Err(Refusal::OtherStart { from: 2, known: 1 })));
        let other = WitnessRequest { site_root: SiteRoot { name: "t".into(), ..root() }, ..request("a", 3) };
        assert!(matches!(state.advance(&other, 11), Err(Refusal::OtherSite { .. })));
        let unvouched = WitnessRequest { log_keys: vec![log_key(&signer(9))], ..request("a", 3) };
        assert!(matches!(
            witness().advance(&unvouched, 11),
            Err(Refusal::Keyring(KeyringError::BelowThreshold { .. }))
        ));
        let unsigned = WitnessRequest { log_keys: Vec::new(), ..request("a", 3) };
        assert!(matches!(witness().advance(&unsigned, 11), Err(Refusal::Note(NoteError::NotSignedBy(_)))));
    }

    #[test]
    fn names_that_would_be_taken_for_the_logs_own_are_refused() {
        for name in ["", "two words", "a+b", "log/s", "log/s/terminal/1"] {
            assert!(WitnessState::new(root(), name, signer(3).public_key()).is_err(), "{name}");
        }
        let application = WitnessApplication::new(&"s".into(), "w", &signer(3)).unwrap();
        application.check(&root()).unwrap();
        let stolen = WitnessApplication { key: signer(4).public_key(), ..application };
        assert!(stolen.check(&root()).is_err(), "who does not hold the key cannot apply with it");
    }
}
