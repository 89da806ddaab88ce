//! DSSE envelopes (in-toto Dead Simple Signing Envelope v1): the exact payload bytes and the signatures over them.
//!
//! A verifier needs no canonicaliser: what is signed is the PAE of the payload type and the payload bytes as they are.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use xunjian_domain::hash::Sha256;

use crate::{
    jcs::{self, JcsError},
    suite::{KeyId, PublicKey, Signer, SuiteError},
};

/// A payload with its signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Base 64 (RFC 4648 §4) of the payload bytes.
    payload: String,
    /// Media type of the payload.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// At least one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// Which key signed; names the suite.
    pub keyid: KeyId,
    /// Base 64 of the signature.
    sig: String,
}

/// Why an envelope is refused.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope, or not in canonical spelling.
    #[error("not a DSSE envelope in canonical spelling: {0}")]
    Unreadable(#[from] JcsError),
    /// Payload or signature is not base 64.
    #[error("the {0} is not base 64")]
    NotBase64(&'static str),
    /// The envelope carries something else.
    #[error("the envelope carries {found}, not {wanted}")]
    WrongType {
        /// The type found.
        found: String,
        /// The type wanted.
        wanted: &'static str,
    },
    /// Nobody signed, or more than one did, or one twice.
    #[error("the envelope has {0} signatures, where exactly one key signs")]
    NotOneSignature(usize),
    /// No signature by this key.
    #[error("the envelope has no signature by {0}")]
    NotSignedBy(KeyId),
    /// The signature by this key is wrong.
    #[error("the signature by {key} is wrong: {source}")]
    BadSignature {
        /// The key.
        key: KeyId,
        /// Why.
        source: SuiteError,
    },
}

/// The pre-authentication encoding: the exact message that is signed.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

impl Envelope {
    /// Signs `payload` with every signer, in the order given.
    ///
    /// # Errors
    /// [`SuiteError::CannotSign`] when a key is out of reach.
    pub fn sign(payload_type: &str, payload: &[u8], signers: &[&dyn Signer]) -> Result<Self, SuiteError> {
        let message = pae(payload_type, payload);
        let signatures = signers
            .iter()
            .map(|signer| {
                let sig = BASE64.encode(&signer.sign(&message)?);
                Ok(EnvelopeSignature { keyid: signer.public_key().id(), sig })
            })
            .collect::<Result<_, SuiteError>>()?;
        Ok(Self { payload: BASE64.encode(payload), payload_type: payload_type.to_owned(), signatures })
    }

    /// The same envelope with more signatures, in the order given; a key that signed already does not sign twice. This is how
    /// m-of-n root keys that never meet sign one statement, one after the other.
    ///
    /// # Errors
    /// [`EnvelopeError::NotBase64`] for a broken payload, [`EnvelopeError::BadSignature`] when a key cannot sign.
    pub fn add_signatures(&self, signers: &[&dyn Signer]) -> Result<Self, EnvelopeError> {
        let message = pae(&self.payload_type, &self.payload()?);
        let mut more = self.clone();
        for signer in signers {
            let keyid = signer.public_key().id();
            if more.signatures.iter().any(|signature| signature.keyid == keyid) {
                continue;
            }
            let sig =
                signer.sign(&message).map_err(|source| EnvelopeError::BadSignature { key: keyid.clone(), source })?;
            more.signatures.push(EnvelopeSignature { keyid, sig: BASE64.encode(&sig) });
        }
        Ok(more)
    }

    /// Reads an envelope and insists on its canonical spelling: one envelope, one sequence of bytes. Not by way of a tree of
    /// values: text made for it would take a hundred times its size before anybody asked who signed.
    ///
    /// # Errors
    /// [`EnvelopeError::Unreadable`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(JcsError::Unreadable)?;
        if envelope.to_bytes() != bytes {
            return Err(JcsError::NotCanonical.into());
        }
        Ok(envelope)
    }

    /// The canonical bytes: what is stored, sent, and hashed as a leaf of the log.
    ///
    /// # Panics
    /// Never: an envelope holds only texts.
    #[must_use]
    #[expect(clippy::expect_used, reason = "an envelope holds only texts, which always serialise")]
    pub fn to_bytes(&self) -> Vec<u8> {
        jcs::to_bytes(self).expect("texts serialise")
    }

    /// Hash of the canonical bytes.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.to_bytes())
    }

    /// The payload bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::NotBase64`].
    pub fn payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        BASE64.decode(self.payload.as_bytes()).map_err(|_| EnvelopeError::NotBase64("payload"))
    }

    /// The payload bytes, if the envelope carries `wanted`.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongType`] or [`EnvelopeError::NotBase64`].
    pub fn payload_of(&self, wanted: &'static str) -> Result<Vec<u8>, EnvelopeError> {
        if self.payload_type != wanted {
            return Err(EnvelopeError::WrongType { found: self.payload_type.clone(), wanted });
        }
        self.payload()
    }

    /// The ids of the keys that claim to have signed.
    pub fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.signatures.iter().map(|signature| &signature.keyid)
    }

    /// The id of the key that claims to have signed, for a statement that one holder makes alone.
    ///
    /// # Errors
    /// [`EnvelopeError::NotOneSignature`].
    pub fn only_key(&self) -> Result<&KeyId, EnvelopeError> {
        match self.signatures.as_slice() {
            [signature] => Ok(&signature.keyid),
            signatures => Err(EnvelopeError::NotOneSignature(signatures.len())),
        }
    }

    /// Checks that `key` signed this envelope.
    ///
    /// # Errors
    /// [`EnvelopeError::NotSignedBy`] or [`EnvelopeError::BadSignature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), EnvelopeError> {
        let id = key.id();
        let signature = self
            .signatures
            .iter()
            .find(|signature| signature.keyid == id)
            .ok_or_else(|| EnvelopeError::NotSignedBy(id.clone()))?;
        let sig = BASE64.decode(signature.sig.as_bytes()).map_err(|_| EnvelopeError::NotBase64("signature"))?;
        key.verify(&pae(&self.payload_type, &self.payload()?), &sig)
            .map_err(|source| EnvelopeError::BadSignature { key: id, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Ed25519Signer;

    #[test]
    fn pae_is_that_of_the_specification() {
        // The example of the DSSE v1 protocol document.
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn another_spelling_of_an_envelope_is_refused() {
        let envelope = Envelope::sign("text/plain", b"{}", &[&Ed25519Signer::from_seed(&[1; 32])]).unwrap();
        let text = String::from_utf8(envelope.to_bytes()).unwrap();
        assert_eq!(Envelope::from_bytes(text.as_bytes()).unwrap(), envelope);
        let (head, tail) = text.split_at(1);
        for other in [
            format!("{text}\n"),
            text.replacen(':', ": ", 1),
            text.replace("text/plain", "text\\/plain"),
            format!(r#"{head}"a":1,{tail}"#),
            format!(r#"{head}"payload":"e30=",{tail}"#),
            format!(r#"{{"payloadType":"text/plain",{}"#, tail.replacen(r#""payloadType":"text/plain","#, "", 1)),
        ] {
            assert!(Envelope::from_bytes(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let signer = Ed25519Signer::from_seed(&[1; 32]);
        let envelope = Envelope::sign("text/plain", b"{}", &[&signer]).unwrap();
        let bytes = envelope.to_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let refused = Envelope::from_bytes(&changed).and_then(|envelope| {
                envelope.payload_of("text/plain").and_then(|_| envelope.verify(&signer.public_key()))
            });
            assert!(refused.is_err(), "byte {at} was changed and nobody noticed");
        }
    }
}
