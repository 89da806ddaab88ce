//! Keys at rest: the terminal's key in a file, each person's key wrapped under a passphrase.
//!
//! The wrap is KEK = Argon2id(passphrase, salt; 19 MiB, t 2, p 1) and XChaCha20-Poly1305 with the person's public key as
//! associated data. There is no operating-system keystore in this version, so whoever copies the folder can try
//! passphrases offline; a PIN of six digits would fall within hours. That is why [`Passphrase`] insists on 12 characters.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use xunjian_proof::suite::{Ed25519Signer, PublicKey, Signer};

use crate::error::FieldError;

/// Fewest characters of a passphrase.
pub const MIN_PASSPHRASE: usize = 12;
/// Memory of Argon2id in KiB (OWASP's first choice for 2 passes).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// A passphrase of at least [`MIN_PASSPHRASE`] characters.
#[derive(Clone)]
pub struct Passphrase(String);

impl Passphrase {
    /// Takes a passphrase as typed; spaces around it do not count.
    ///
    /// # Errors
    /// [`FieldError::PassphraseTooShort`].
    pub fn new(typed: &str) -> Result<Self, FieldError> {
        let typed = typed.trim();
        let length = typed.chars().count();
        if length < MIN_PASSPHRASE {
            return Err(FieldError::PassphraseTooShort { length });
        }
        Ok(Self(typed.to_owned()))
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A wrapped seed with everything needed to unwrap it but the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// `argon2id-xchacha20poly1305`.
    pub scheme: String,
    /// KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

const SCHEME: &str = "argon2id-xchacha20poly1305";

/// A fresh signing key.
///
/// # Errors
/// [`FieldError::NoRandomness`] when the operating system gives none.
pub fn generate() -> Result<Ed25519Signer, FieldError> {
    Ok(Ed25519Signer::from_seed(&random::<32>()?))
}

fn random<const N: usize>() -> Result<[u8; N], FieldError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| FieldError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

fn cipher(passphrase: &Passphrase, salt: &[u8], memory: u32, passes: u32) -> Result<XChaCha20Poly1305, FieldError> {
    let damaged = |what: &str| FieldError::Damaged(what.to_owned());
    let params = Params::new(memory, passes, 1, Some(32)).map_err(|_| damaged("key wrap"))?;
    let mut kek = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut kek)
        .map_err(|_| damaged("key wrap"))?;
    XChaCha20Poly1305::new_from_slice(&kek).map_err(|_| damaged("key wrap"))
}

/// Wraps a person's signing key.
///
/// # Errors
/// [`FieldError::NoRandomness`].
pub fn wrap(signer: &Ed25519Signer, passphrase: &Passphrase) -> Result<WrappedKey, FieldError> {
    let (salt, nonce) = (random::<16>()?, random::<24>()?);
    let public = signer.public_key();
    let sealed = cipher(passphrase, &salt, MEMORY_KIB, PASSES)?
        .encrypt(&XNonce::from(nonce), Payload { msg: &signer.seed(), aad: &public.spki })
        .map_err(|_| FieldError::Damaged("key wrap".to_owned()))?;
    Ok(WrappedKey {
        scheme: SCHEME.to_owned(),
        memory: MEMORY_KIB,
        passes: PASSES,
        salt: BASE64.encode(&salt),
        nonce: BASE64.encode(&nonce),
        sealed: BASE64.encode(&sealed),
    })
}

/// Unwraps a person's signing key.
///
/// # Errors
/// [`FieldError::PassphraseWrong`], or [`FieldError::Damaged`] when the stored wrap cannot be read at all.
pub fn unwrap(wrapped: &WrappedKey, public: &PublicKey, passphrase: &Passphrase) -> Result<Ed25519Signer, FieldError> {
    let damaged = || FieldError::Damaged("key wrap".to_owned());
    let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| damaged());
    if wrapped.scheme != SCHEME {
        return Err(damaged());
    }
    let nonce: [u8; 24] = decode(&wrapped.nonce)?.try_into().map_err(|_| damaged())?;
    let seed = cipher(passphrase, &decode(&wrapped.salt)?, wrapped.memory, wrapped.passes)?
        .decrypt(&XNonce::from(nonce), Payload { msg: &decode(&wrapped.sealed)?, aad: &public.spki })
        .map_err(|_| FieldError::PassphraseWrong)?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| damaged())?;
    let signer = Ed25519Signer::from_seed(&seed);
    if signer.public_key() == *public { Ok(signer) } else { Err(damaged()) }
}

/// The terminal's key: read from its file, or made and written when there is none. Only the owner may read the file.
///
/// # Errors
/// [`FieldError::File`] when the file cannot be read or written, [`FieldError::Damaged`] when it holds something else.
pub fn terminal_key(path: &Path) -> Result<Ed25519Signer, FieldError> {
    match read_terminal_key(path) {
        Err(FieldError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
        other => return other,
    }
    let signer = generate()?;
    let file_error = |source| FieldError::File { path: path.to_owned(), source };
    // Temp file, fsync, rename: a crash leaves either no key or a whole one.
    let temporary = path.with_extension("tmp");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(file_error)?;
    file.write_all(HEXLOWER.encode(&signer.seed()).as_bytes()).and_then(|()| file.sync_all()).map_err(file_error)?;
    fs::rename(&temporary, path).map_err(file_error)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error)?;
    }
    Ok(signer)
}

/// The terminal's key from its file.
///
/// # Errors
/// As [`terminal_key`]; a missing file is an error.
pub fn read_terminal_key(path: &Path) -> Result<Ed25519Signer, FieldError> {
    let file_error = |source| FieldError::File { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(file_error)?;
    let mode = fs::metadata(path).map_err(file_error)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(file_error)?;
    }
    let damaged = || FieldError::Damaged(path.display().to_string());
    let seed = HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| damaged())?;
    Ok(Ed25519Signer::from_seed(&seed.try_into().map_err(|_| damaged())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_a_wrap() {
        let signer = Ed25519Signer::from_seed(&[7; 32]);
        let right = Passphrase::new("春江潮水连海平海上明月共").unwrap();
        let wrapped = wrap(&signer, &right).unwrap();
        assert!(!format!("{wrapped:?}").contains(&HEXLOWER.encode(&signer.seed())), "the seed is not in the clear");
        let public = signer.public_key();
        assert_eq!(unwrap(&wrapped, &public, &right).unwrap().seed(), signer.seed());
        let wrong = Passphrase::new("correct horse battery").unwrap();
        assert!(matches!(unwrap(&wrapped, &public, &wrong), Err(FieldError::PassphraseWrong)));
        let other = Ed25519Signer::from_seed(&[8; 32]).public_key();
        assert!(unwrap(&wrapped, &other, &right).is_err(), "a wrap belongs to its key");
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        assert!(matches!(Passphrase::new(" 123456 "), Err(FieldError::PassphraseTooShort { length: 6 })));
        assert!(Passphrase::new("十二个字的口令才能用一下").is_ok(), "characters count, not bytes");
    }

    #[test]
    fn the_terminal_key_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terminal.key");
        let made = terminal_key(&path).unwrap();
        assert_eq!(terminal_key(&path).unwrap().seed(), made.seed());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
