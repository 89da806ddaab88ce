//! Signature suites, public keys and signers.
//!
//! Every signature names its suite through its key id. `ed25519-sha256` works; `sm2-sm3` and `p256-sha256` have their
//! names reserved, so that a site can switch by policy without a new format.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use xunjian_domain::hash::Sha256;

/// DER of an Ed25519 SubjectPublicKeyInfo up to the 32 key bytes (RFC 8410).
const ED25519_SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Which algorithms a signature uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Suite {
    /// Ed25519 (RFC 8032), verified strictly; SHA-256 for everything hashed around it.
    #[serde(rename = "ed25519-sha256")]
    Ed25519Sha256,
    /// SM2 with SM3 (GB/T 32918, GB/T 32905). Reserved.
    #[serde(rename = "sm2-sm3")]
    Sm2Sm3,
    /// ECDSA on P-256, all that StrongBox and the Secure Enclave hold. Reserved.
    #[serde(rename = "p256-sha256")]
    P256Sha256,
}

impl Suite {
    /// The name in key ids and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519Sha256 => "ed25519-sha256",
            Self::Sm2Sm3 => "sm2-sm3",
            Self::P256Sha256 => "p256-sha256",
        }
    }
}

/// `suite:hex`, the hex being the first 16 bytes of the SHA-256 of the SubjectPublicKeyInfo.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first four groups of the hash, as people read fingerprints aloud: `3f2a 91c0 …`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hex = self.0.rsplit(':').next().unwrap_or_default();
        hex.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a signature or key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// A suite this build cannot check.
    #[error("signatures of suite {0} cannot be checked by this version")]
    Unsupported(&'static str),
    /// Not a public key of the suite.
    #[error("the public key is malformed")]
    BadKey,
    /// The signature does not fit key and message.
    #[error("the signature is not valid")]
    BadSignature,
    /// The signer could not sign.
    #[error("the key could not sign: {0}")]
    CannotSign(String),
}

/// A public key: its suite and its SubjectPublicKeyInfo in DER.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey {
    /// The suite.
    pub suite: Suite,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
}

impl PublicKey {
    /// An Ed25519 key from its 32 bytes.
    #[must_use]
    pub fn ed25519(raw: &[u8; 32]) -> Self {
        Self { suite: Suite::Ed25519Sha256, spki: [ED25519_SPKI_PREFIX.as_slice(), raw].concat() }
    }

    /// The 32 bytes of an Ed25519 key.
    ///
    /// # Errors
    /// [`SuiteError`] when the key is of another suite or malformed.
    pub fn ed25519_bytes(&self) -> Result<[u8; 32], SuiteError> {
        if self.suite != Suite::Ed25519Sha256 {
            return Err(SuiteError::Unsupported(self.suite.name()));
        }
        let raw = self.spki.strip_prefix(&ED25519_SPKI_PREFIX).ok_or(SuiteError::BadKey)?;
        raw.try_into().map_err(|_| SuiteError::BadKey)
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::of(&self.spki);
        KeyId(format!("{}:{}", self.suite.name(), HEXLOWER.encode(&digest.0[..16])))
    }

    /// Checks a signature over `message`.
    ///
    /// # Errors
    /// [`SuiteError`] saying what is wrong with key or signature.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SuiteError> {
        let key = VerifyingKey::from_bytes(&self.ed25519_bytes()?).map_err(|_| SuiteError::BadKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| SuiteError::BadSignature)?;
        // Strict: refuses small-order keys and malleable encodings, so that a signature has one spelling.
        key.verify_strict(message, &signature).map_err(|_| SuiteError::BadSignature)
    }

    /// The key as PEM, for `openssl`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let body = BASE64.encode(&self.spki);
        let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}

/// How a public key stands in a document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    suite: Suite,
    spki: String,
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { suite: self.suite, spki: BASE64.encode(&self.spki) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let spki = BASE64.decode(wire.spki.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(Self { suite: wire.suite, spki })
    }
}

/// Something that signs: a key in memory, an OS keystore, a certified module.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs `message`.
    ///
    /// # Errors
    /// [`SuiteError::CannotSign`] when the key is out of reach.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SuiteError>;
}

/// An Ed25519 key held in memory; wiped when dropped.
pub struct Ed25519Signer(SigningKey);

impl Ed25519Signer {
    /// From the 32-byte seed (RFC 8032 private key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored under the caller's protection.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Signer({})", self.public_key().id())
    }
}

impl Signer for Ed25519Signer {
    fn public_key(&self) -> PublicKey {
        PublicKey::ed25519(self.0.verifying_key().as_bytes())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SuiteError> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

impl FromStr for KeyId {
    type Err = SuiteError;

    fn from_str(text: &str) -> Result<Self, SuiteError> {
        let (suite, hex) = text.split_once(':').ok_or(SuiteError::BadKey)?;
        let known = [Suite::Ed25519Sha256, Suite::Sm2Sm3, Suite::P256Sha256].iter().any(|known| known.name() == suite);
        let is_hex = hex.len() == 32 && HEXLOWER.decode(hex.as_bytes()).is_ok();
        if known && is_hex { Ok(Self(text.to_owned())) } else { Err(SuiteError::BadKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNATURE: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let seed: [u8; 32] = HEXLOWER.decode(SEED.as_bytes()).unwrap().try_into().unwrap();
        let signer = Ed25519Signer::from_seed(&seed);
        assert_eq!(HEXLOWER.encode(&signer.public_key().ed25519_bytes().unwrap()), PUBLIC);
        let signature = signer.sign(b"").unwrap();
        assert_eq!(HEXLOWER.encode(&signature), SIGNATURE);
        assert_eq!(signer.public_key().verify(b"", &signature), Ok(()));
        assert_eq!(signer.public_key().verify(b"x", &signature), Err(SuiteError::BadSignature));
    }

    #[test]
    fn key_ids_name_their_suite() {
        let id = Ed25519Signer::from_seed(&[7; 32]).public_key().id();
        assert!(id.as_str().starts_with("ed25519-sha256:"));
        assert_eq!(id.as_str().parse::<KeyId>(), Ok(id.clone()));
        assert!("rsa:00".parse::<KeyId>().is_err());
        assert_eq!(id.fingerprint().len(), 39, "eight groups of four digits");
    }
}
