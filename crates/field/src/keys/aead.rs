//! XChaCha20-Poly1305 with a fresh random nonce before each text: 24 bytes of nonce never come twice by chance.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInOut, KeyInit, Payload},
};

use super::random;
use crate::error::FieldError;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Nonce and sealed text; opens only with the same key and the same `about`.
pub(crate) fn seal(key: &[u8; 32], about: &[u8], text: &[u8]) -> Result<Vec<u8>, FieldError> {
    seal_behind(&[], key, about, text)
}

/// The same behind a plain head, in one buffer: a photo has millions of bytes.
pub(crate) fn seal_behind(head: &[u8], key: &[u8; 32], about: &[u8], text: &[u8]) -> Result<Vec<u8>, FieldError> {
    let nonce = random::<NONCE_BYTES>()?;
    let mut sealed = Vec::with_capacity(head.len() + NONCE_BYTES + text.len() + TAG_BYTES);
    for part in [head, &nonce, text] {
        sealed.extend_from_slice(part);
    }
    let text = &mut sealed[head.len() + NONCE_BYTES..];
    let tag = XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&XNonce::from(nonce), about, text.into())
        .map_err(|_| FieldError::BadInput("too long to encrypt".to_owned()))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// What [`seal`] sealed; nothing when the key, `about` or a bit is another.
pub(crate) fn open(key: &[u8; 32], about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
}
