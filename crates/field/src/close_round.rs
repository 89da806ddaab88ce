//! 关闭轮次: somebody of 服务方, 监理方 or 管理方 is shown the numbers of a round and signs them. The closing comes as a file, and so
//! does the signature go back.

use xunjian_domain::ids::PersonId;
use xunjian_proof::{
    closing::{Closing, ClosingError, verify_signatures},
    statement::Statement as _,
};

use crate::{Field, error::FieldError, keys::Passphrase, trust};

impl Field {
    /// Reads a closing that was drawn up.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] for what is none, [`FieldError::Unclosable`] for one that contradicts itself.
    pub fn round_closing(&self, file: &[u8]) -> Result<Closing, FieldError> {
        let closing: Closing = serde_json::from_slice(file).map_err(|error| FieldError::BadInput(error.to_string()))?;
        if closing.site != self.store.read(trust::keyring)?.root().site {
            return Err(ClosingError::Foreign.into());
        }
        closing.check()?;
        Ok(closing)
    }

    /// Signs a closing. Returns the envelope's canonical text.
    ///
    /// # Errors
    /// [`FieldError::Unclosable`] when the person may not sign, [`FieldError::PassphraseWrong`].
    pub fn sign_closing(&self, file: &[u8], person: &PersonId, passphrase: &Passphrase) -> Result<String, FieldError> {
        let closing = self.round_closing(file)?;
        let signer = self.door.try_keys(person, passphrase, &self.now())?.signer;
        let envelope = closing.sign(&[&signer]).map_err(ClosingError::from)?;
        verify_signatures(&envelope, &self.store.read(trust::keyring)?)?;
        String::from_utf8(envelope.to_bytes()).map_err(|error| FieldError::Damaged(error.to_string()))
    }
}
