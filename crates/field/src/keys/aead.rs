//! XChaCha20-Poly1305 with a fresh random nonce before each text: 24 bytes of nonce never come twice by chance.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};

use super::random;
use crate::error::FieldError;

const NONCE_BYTES: usize = 24;

/// Nonce and sealed text; opens only with the same key and the same `about`.
pub(crate) fn seal(key: &[u8; 32], about: &[u8], text: &[u8]) -> Result<Vec<u8>, FieldError> {
    let nonce = random::<NONCE_BYTES>()?;
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: text, aad: about })
        .map_err(|_| FieldError::BadInput("too long to encrypt".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] sealed; nothing when the key, `about` or a bit is another.
pub(crate) fn open(key: &[u8; 32], about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
}
