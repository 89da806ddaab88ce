//! 台账变更单: a ledger approver looks at what records propose, and signs that it is to be, or not. The change set comes as a
//! file, and so does the signed decision go back.

use serde::Serialize;
use xunjian_domain::{
    ids::{PersonId, RoundId},
    ledger::AssetChange,
};
use xunjian_proof::{
    ledger_change::{ChangeDecision, ChangeError, ChangeSet, verify_change},
    statement::Statement as _,
};

use crate::{Field, error::FieldError, keys::Passphrase, trust};

/// A change set, as the person who decides sees it.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeSetView {
    /// The round whose records propose it.
    pub round: RoundId,
    /// The version of the ledger that the rows before are of.
    pub version: u32,
    /// The changes.
    pub changes: Vec<AssetChange>,
}

fn parse(file: &[u8]) -> Result<ChangeSet, FieldError> {
    serde_json::from_slice(file).map_err(|error| FieldError::BadInput(error.to_string()))
}

impl Field {
    /// Shows a change set.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] for what is none.
    pub fn change_set(&self, file: &[u8]) -> Result<ChangeSetView, FieldError> {
        let set = parse(file)?;
        Ok(ChangeSetView { round: set.round, version: set.base.version, changes: set.changes })
    }

    /// Signs that a change set is to be applied, or not. Returns the envelope's canonical text.
    ///
    /// # Errors
    /// [`FieldError::Unapprovable`] when the person may not decide, [`FieldError::PassphraseWrong`].
    pub fn decide_change(
        &self,
        file: &[u8],
        approved: bool,
        reason: &str,
        person: &PersonId,
        passphrase: &Passphrase,
    ) -> Result<String, FieldError> {
        let change_set = parse(file)?;
        let signer = self.door.try_keys(person, passphrase, &self.now())?.signer;
        let decision = ChangeDecision {
            change_set,
            approved,
            reason: reason.trim().to_owned(),
            decided_by: person.clone(),
            at: self.now().wall_ms,
        };
        let envelope = decision.sign(&[&signer]).map_err(ChangeError::from)?;
        let keyring = self.store.read(trust::keyring)?;
        verify_change(&envelope, &keyring)?;
        String::from_utf8(envelope.to_bytes()).map_err(|error| FieldError::Damaged(error.to_string()))
    }
}
