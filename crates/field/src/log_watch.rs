//! Watching the log: every state it shows must extend the one this terminal saw before.
//!
//! A service that rewrites history must show an old terminal a state that contradicts what it holds; that is what this
//! module refuses, with an error of its own. The known state moves only forward, and only after a proof.

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    keyring::Keyring,
    merkle,
    note::{Checkpoint, SignedCheckpoint},
};
use xunjian_protocol::{ApiError, SyncApi, log::ConsistencyRequest, problem::Problem};

use crate::error::FieldError;

/// How often two answers may straddle a growing log before the comparison is given up for now.
const ROUNDS: u32 = 8;

/// The state of the log this terminal vouches for, moved forward by proofs.
pub(crate) struct LogWatch {
    keyring: Keyring,
    known: Option<SignedCheckpoint>,
    newest: Option<SignedCheckpoint>,
    /// States found to be of the known log. It only moves forward, so they stay that: a hundred receipts under one
    /// checkpoint need one proof.
    compared: Vec<Checkpoint>,
}

fn contradicts(reason: impl ToString) -> FieldError {
    FieldError::LogInconsistent(reason.to_string())
}

impl LogWatch {
    pub fn new(keyring: &Keyring, known: Option<SignedCheckpoint>) -> Self {
        Self { keyring: keyring.clone(), known, newest: None, compared: Vec::new() }
    }

    /// The state to remember; `None` until something was compared.
    pub fn known(&self) -> Option<&SignedCheckpoint> {
        self.known.as_ref()
    }

    /// The newest state fetched, if any: it is a time token, too.
    pub fn newest(&self) -> Option<&SignedCheckpoint> {
        self.newest.as_ref()
    }

    /// The time the service's clock put on a checkpoint, in seconds since the epoch.
    pub fn time_of(&self, checkpoint: &SignedCheckpoint) -> Result<u64, FieldError> {
        let refused = |reason: String| FieldError::PackageRefused { part: "time token".to_owned(), reason };
        self.keyring.time_of(checkpoint).map_err(|error| refused(error.to_string()))
    }

    /// Fetches the newest state and checks that it extends the known one.
    pub async fn advance(&mut self, api: &impl SyncApi) -> Result<(), FieldError> {
        let from = self.known.as_ref().map_or(0, |known| known.checkpoint.size);
        let (newest, proof) = self.fetch(api, from).await?;
        if let Some(known) = &self.known {
            extends(&known.checkpoint, &newest.checkpoint, &proof)?;
        }
        self.known = Some(newest.clone());
        self.newest = Some(newest);
        Ok(())
    }

    /// Checks that `other` is a state of the same log: a prefix of the known state, or an extension of it.
    pub async fn compare(&mut self, api: &impl SyncApi, other: &SignedCheckpoint) -> Result<(), FieldError> {
        self.keyring.verify_checkpoint(other).map_err(contradicts)?;
        if self.compared.contains(&other.checkpoint) {
            return Ok(());
        }
        self.prove(api, other).await?;
        self.compared.push(other.checkpoint.clone());
        Ok(())
    }

    async fn prove(&mut self, api: &impl SyncApi, other: &SignedCheckpoint) -> Result<(), FieldError> {
        for _ in 0..ROUNDS {
            let Some(known) = self.known.clone() else {
                self.advance(api).await?;
                continue;
            };
            let (older, newer) = (&other.checkpoint, &known.checkpoint);
            if older.size > newer.size {
                self.advance(api).await?;
                let now = self.known.as_ref().map_or(0, |known| known.checkpoint.size);
                if now < older.size {
                    return Err(contradicts(format!("it signed a state of {} leaves and now has {now}", older.size)));
                }
                continue;
            }
            if older.size == newer.size || older.size == 0 {
                return extends(older, newer, &[]);
            }
            let (latest, proof) = self.fetch(api, older.size).await?;
            extends(older, &latest.checkpoint, &proof)?;
            if latest.checkpoint.size == newer.size {
                return extends(newer, &latest.checkpoint, &[]);
            }
            // The log grew between the two answers: bring the known state up and compare again.
            self.advance(api).await?;
            if self.known.as_ref().is_some_and(|known| known.checkpoint == latest.checkpoint) {
                return Ok(());
            }
        }
        Err(FieldError::LogUnsettled)
    }

    async fn fetch(&self, api: &impl SyncApi, from: u64) -> Result<(SignedCheckpoint, Vec<Sha256>), FieldError> {
        let answer = match api.consistency(&ConsistencyRequest { from }).await {
            Ok(answer) => answer,
            Err(ApiError::Problem(problem)) if from > 0 => return Err(self.why_refused(api, from, problem).await),
            Err(error) => return Err(error.into()),
        };
        let newest = SignedCheckpoint::parse(&answer.checkpoint).map_err(contradicts)?;
        self.keyring.verify_checkpoint(&newest).map_err(contradicts)?;
        Ok((newest, answer.proof))
    }

    /// A log has no proof from a state it never reached, and says so with a problem. When its newest state is smaller than the
    /// one asked from, that is no mistake of ours: the log lost what it had shown.
    async fn why_refused(&self, api: &impl SyncApi, from: u64, problem: Box<Problem>) -> FieldError {
        let newest = match api.consistency(&ConsistencyRequest { from: 0 }).await {
            Ok(answer) => SignedCheckpoint::parse(&answer.checkpoint),
            Err(_) => return ApiError::Problem(problem).into(),
        };
        match newest {
            Ok(newest) if newest.checkpoint.size < from => {
                contradicts(format!("it had {from} leaves and now has {}", newest.checkpoint.size))
            }
            _ => ApiError::Problem(problem).into(),
        }
    }
}

fn extends(old: &Checkpoint, new: &Checkpoint, proof: &[Sha256]) -> Result<(), FieldError> {
    if new.size < old.size {
        return Err(contradicts(format!("it had {} leaves and now has {}", old.size, new.size)));
    }
    merkle::verify_consistency(old.size, &old.root, new.size, &new.root, proof).map_err(contradicts)
}
