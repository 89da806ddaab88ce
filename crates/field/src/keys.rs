//! Keys: what a person types, the one key of the database, and what is derived from it.
//!
//! ```text
//! PIN or passphrase ── Argon2id ──┐
//! terminal secret (OS keystore) ──┴─ HKDF ─▶ KEK ─▶ wraps {database key, signing key} of one person   (door)
//! database key ─▶ SQLCipher (raw) · HKDF ─▶ key of the photos, key of the records kept beside the database
//! ```
//!
//! Deliberately not here: who may try how often ([`crate::door`]), and what is stored where.

pub(crate) mod aead;
pub mod keystore;
pub(crate) mod wrap;

use hkdf::Hkdf;
use sha2::Sha256;
use xunjian_proof::suite::Ed25519Signer;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use self::{
    keystore::{Custody, Keystore, KeystoreError, NoKeystore, SystemKeystore},
    wrap::Effort,
};
use crate::error::FieldError;

/// Fewest characters of a passphrase where there is no system keystore.
pub const MIN_PASSPHRASE: usize = 12;
/// Fewest characters of a PIN, which only a system keystore makes good enough.
pub const MIN_PIN: usize = 6;

/// A PIN or passphrase as typed, wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Passphrase(String);

impl Passphrase {
    /// Takes what was typed; spaces around it do not count. Whether it is good enough for a new wrap depends on the terminal
    /// and is judged when one is made.
    ///
    /// # Errors
    /// [`FieldError::PassphraseMissing`] when nothing was typed.
    pub fn new(typed: &str) -> Result<Self, FieldError> {
        let typed = typed.trim();
        if typed.is_empty() { Err(FieldError::PassphraseMissing) } else { Ok(Self(typed.to_owned())) }
    }

    /// Refuses what is too short where only a passphrase protects the keys: it cannot be right, so it is no try.
    pub(crate) fn check_length(&self, custody: Custody) -> Result<(), FieldError> {
        let length = self.0.chars().count();
        match custody {
            Custody::File if length < MIN_PASSPHRASE => Err(FieldError::PassphraseTooShort { length }),
            Custody::Keystore if length < MIN_PIN => Err(FieldError::PinTooShort { length }),
            _ => Ok(()),
        }
    }

    /// Refuses what is too short or among the first things anyone would try.
    pub(crate) fn check_new(&self, custody: Custody) -> Result<(), FieldError> {
        self.check_length(custody)?;
        let is_digits_only = self.0.chars().all(|c| c.is_ascii_digit());
        if is_trivial(&self.0) || (custody == Custody::File && is_digits_only) {
            return Err(FieldError::PassphraseTooSimple);
        }
        Ok(())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// One step from each character to the next (000000, 123456, 987654, 2468…), or a short piece again and again (121212).
fn is_trivial(typed: &str) -> bool {
    let characters: Vec<u32> = typed.chars().map(u32::from).collect();
    // Digits go round: after 9 comes 0.
    let round = if typed.chars().all(|c| c.is_ascii_digit()) { 10 } else { u32::MAX };
    let step = |two: &[u32]| two[1].wrapping_sub(two[0]).wrapping_add(round) % round;
    let has_one_step = characters.windows(2).map(step).collect::<std::collections::BTreeSet<_>>().len() <= 1;
    let repeats = |piece: usize| characters.iter().zip(&characters[piece..]).all(|(one, next)| one == next);
    has_one_step || (1..=characters.len() / 2).take(4).any(repeats)
}

/// Takes part in every key of this data folder. Wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct DatabaseKey([u8; 32]);

impl DatabaseKey {
    /// A fresh one.
    pub fn generate() -> Result<Self, FieldError> {
        Ok(Self(random()?))
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of the photos.
    pub fn photos(&self) -> FileKey {
        self.derive(b"xunjian photos v1")
    }

    /// The key of what is kept beside the database.
    pub fn kept(&self) -> FileKey {
        self.derive(b"xunjian kept v1")
    }

    fn derive(&self, purpose: &[u8]) -> FileKey {
        let mut key = [0; 32];
        // HKDF gives up to 255 blocks; one is asked for.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(purpose, &mut key);
        FileKey(key)
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

/// Encrypts files of one kind. Wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FileKey([u8; 32]);

impl FileKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

/// A fresh signing key.
///
/// # Errors
/// [`FieldError::NoRandomness`] when the operating system gives none.
pub fn generate() -> Result<Ed25519Signer, FieldError> {
    let seed = Zeroizing::new(random::<32>()?);
    Ok(Ed25519Signer::from_seed(&seed))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], FieldError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| FieldError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_keystore_only_a_long_passphrase_is_good_enough() {
        let judge = |typed: &str| Passphrase::new(typed).unwrap().check_new(Custody::File);
        assert!(matches!(judge(" 135790 "), Err(FieldError::PassphraseTooShort { length: 6 })));
        assert!(judge("十二个字的口令才能用一下").is_ok(), "characters count, not bytes");
        assert!(matches!(judge("135790246802"), Err(FieldError::PassphraseTooSimple)), "digits alone are too few");
        assert!(matches!(judge("abcabcabcabc"), Err(FieldError::PassphraseTooSimple)));
        assert!(matches!(Passphrase::new("  "), Err(FieldError::PassphraseMissing)));
    }

    #[test]
    fn with_a_keystore_a_pin_will_do_unless_everyone_would_try_it() {
        let judge = |typed: &str| Passphrase::new(typed).unwrap().check_new(Custody::Keystore);
        assert!(judge("730194").is_ok());
        assert!(matches!(judge("73019"), Err(FieldError::PinTooShort { length: 5 })));
        for trivial in ["000000", "123456", "987654", "246802", "890123", "121212", "123123", "aaaaaa", "abcdef"] {
            assert!(matches!(judge(trivial), Err(FieldError::PassphraseTooSimple)), "{trivial}");
        }
    }

    #[test]
    fn keys_for_different_ends_differ_and_none_shows_in_debug_texts() {
        let key = DatabaseKey::from_bytes([7; 32]);
        assert_ne!(key.photos().bytes(), key.kept().bytes());
        assert_ne!(key.photos().bytes(), key.bytes());
        let shown = format!("{key:?} {:?} {:?}", key.photos(), Passphrase::new("hidden words").unwrap());
        assert_eq!(shown, "DatabaseKey(…) FileKey(…) Passphrase(…)");
    }
}
