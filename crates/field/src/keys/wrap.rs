//! A person's wrap: the database key and the signing key in one secret, sealed under what only this person types.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use xunjian_proof::suite::Ed25519Signer;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{DatabaseKey, Passphrase, aead, random};
use crate::error::FieldError;

/// How much work one try costs. Kept in each wrap, so that a later version may ask for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// Memory of Argon2id in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Effort {
    /// A try costs 0.3 s of one core (`cargo bench -p xunjian-field --bench ledger`): people do not mind, guessers do.
    pub const STANDARD: Self = Self { memory_kib: 96 * 1024, passes: 3 };
    /// For tests that make hundreds of wraps. Protects nothing.
    pub const FEEBLE: Self = Self { memory_kib: 64, passes: 1 };
}

/// The terminal's part of every KEK.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct TerminalSecret(pub [u8; 32]);

/// What wraps one person's keys, and how it came about. Wiped from memory when it is dropped.
pub(crate) struct Kek {
    key: Zeroizing<[u8; 32]>,
    salt: [u8; 16],
    effort: Effort,
}

impl Kek {
    /// For a new wrap.
    pub fn fresh(passphrase: &Passphrase, secret: &TerminalSecret, effort: Effort) -> Result<Self, FieldError> {
        Self::derive(passphrase, secret, random()?, effort)
    }

    fn derive(
        passphrase: &Passphrase,
        secret: &TerminalSecret,
        salt: [u8; 16],
        effort: Effort,
    ) -> Result<Self, FieldError> {
        let damaged = || FieldError::Damaged("key wrap".to_owned());
        let params = Params::new(effort.memory_kib, effort.passes, 1, Some(32)).map_err(|_| damaged())?;
        // Both halves: neither what was typed nor what the keystore holds opens anything alone.
        let mut material = Zeroizing::new([0; 64]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, &mut material[..32])
            .map_err(|_| damaged())?;
        material[32..].copy_from_slice(&secret.0);
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(&salt), &*material).expand(b"xunjian person v1", &mut *key).map_err(|_| damaged())?;
        Ok(Self { key, salt, effort })
    }
}

/// A person's two keys, opened.
pub(crate) struct PersonKeys {
    pub database: DatabaseKey,
    pub signer: Ed25519Signer,
}

/// A person's two keys with everything needed to open them but what the person types and the terminal's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrap {
    /// `argon2id-hkdf-xchacha20poly1305`.
    scheme: String,
    effort: Effort,
    salt: String,
    sealed: String,
}

const SCHEME: &str = "argon2id-hkdf-xchacha20poly1305";

impl Wrap {
    /// Seals; `about` says whose it is and is checked again at opening.
    pub fn seal(kek: &Kek, about: &str, keys: &PersonKeys) -> Result<Self, FieldError> {
        let mut secret = Zeroizing::new([0; 64]);
        secret[..32].copy_from_slice(keys.database.bytes());
        let seed = Zeroizing::new(keys.signer.seed());
        secret[32..].copy_from_slice(&*seed);
        let sealed = aead::seal(&kek.key, about.as_bytes(), &*secret)?;
        Ok(Self {
            scheme: SCHEME.to_owned(),
            effort: kek.effort,
            salt: BASE64.encode(&kek.salt),
            sealed: BASE64.encode(&sealed),
        })
    }

    /// Opens; slow on purpose.
    ///
    /// # Errors
    /// [`FieldError::PassphraseWrong`], or [`FieldError::Damaged`] when the wrap cannot be read at all.
    pub fn open(
        &self,
        passphrase: &Passphrase,
        secret: &TerminalSecret,
        about: &str,
    ) -> Result<(PersonKeys, Kek), FieldError> {
        let damaged = || FieldError::Damaged("key wrap".to_owned());
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| damaged());
        if self.scheme != SCHEME {
            return Err(damaged());
        }
        let salt = decode(&self.salt)?.try_into().map_err(|_| damaged())?;
        let kek = Kek::derive(passphrase, secret, salt, self.effort)?;
        let opened = aead::open(&kek.key, about.as_bytes(), &decode(&self.sealed)?).map(Zeroizing::new);
        let opened = opened.ok_or(FieldError::PassphraseWrong)?;
        let database = opened.first_chunk::<32>().ok_or_else(damaged)?;
        let seed = opened.get(32..).and_then(<[u8]>::first_chunk::<32>).ok_or_else(damaged)?;
        let keys = PersonKeys { database: DatabaseKey::from_bytes(*database), signer: Ed25519Signer::from_seed(seed) };
        Ok((keys, kek))
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn only_passphrase_and_terminal_secret_together_open_a_wrap_and_only_its_owners() {
        let keys =
            || PersonKeys { database: DatabaseKey::from_bytes([5; 32]), signer: Ed25519Signer::from_seed(&[7; 32]) };
        let right = Passphrase::new("春江潮水连海平海上明月共").unwrap();
        let secret = TerminalSecret([1; 32]);
        let kek = Kek::fresh(&right, &secret, Effort::FEEBLE).unwrap();
        let wrap = Wrap::seal(&kek, "li", &keys()).unwrap();
        assert!(!format!("{wrap:?}").contains(&HEXLOWER.encode(&[7; 32])), "the seed is not in the clear");
        let (opened, _) = wrap.open(&right, &secret, "li").unwrap();
        assert_eq!((opened.database.bytes(), opened.signer.seed()), (&[5; 32], [7; 32]));
        let wrong = Passphrase::new("correct horse battery").unwrap();
        for refused in [
            wrap.open(&wrong, &secret, "li"),
            wrap.open(&right, &TerminalSecret([2; 32]), "li"),
            wrap.open(&right, &secret, "wang"),
        ] {
            assert!(matches!(refused, Err(FieldError::PassphraseWrong)));
        }
    }
}
