//! Photos at rest: each file encrypted whole with XChaCha20-Poly1305, its name as associated data.
//!
//! ```text
//! "XJ-PHOTO-1\n"   11 bytes
//! SHA-256          32 bytes of the photo's plain bytes: its name, so that a part file knows what it will be called
//! nonce, sealed    24 bytes, then the photo and 16 bytes of authentication code
//! ```
//!
//! The key is there while somebody is unlocked. Deliberately not encrypted: the hash (it names the file anyway) and the size.

use std::sync::{PoisonError, RwLock};

use xunjian_domain::hash::Sha256;

use super::PhotoError;
use crate::keys::{FileKey, aead};

const MARK: &[u8] = b"XJ-PHOTO-1\n";
/// Bytes a file has more than its photo.
pub(in crate::photo) const OVERHEAD: u64 = 11 + 32 + 24 + 16;

/// Bytes before the nonce: the mark and the name.
pub(in crate::photo) const HEAD_BYTES: usize = 11 + 32;

/// Encrypts and decrypts while it has a key.
#[derive(Debug, Default)]
pub(in crate::photo) struct PhotoCipher(RwLock<Option<FileKey>>);

impl PhotoCipher {
    pub fn set_key(&self, key: Option<FileKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Whether a file that begins so was made here.
    pub fn is_sealed(head: &[u8]) -> bool {
        head.starts_with(MARK)
    }

    /// The photo that a file begins as.
    pub fn name_in(head: &[u8]) -> Option<Sha256> {
        head.strip_prefix(MARK)?.first_chunk::<32>().map(|name| Sha256(*name))
    }

    /// The file of a photo; `what` tells an original from a smaller copy of it.
    pub fn seal(&self, sha256: &Sha256, what: &str, bytes: &[u8]) -> Result<Vec<u8>, PhotoError> {
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = key.as_ref().ok_or(PhotoError::Locked)?;
        let head = [MARK, &sha256.0].concat();
        aead::seal_behind(&head, key.bytes(), &about(sha256, what), bytes).map_err(|_| PhotoError::Locked)
    }

    /// The photo of a file, and the name it was sealed under; nothing when any bit is another.
    pub fn open(&self, what: &str, file: &[u8]) -> Result<Option<(Sha256, Vec<u8>)>, PhotoError> {
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = key.as_ref().ok_or(PhotoError::Locked)?;
        let Some((sha256, sealed)) = file.strip_prefix(MARK).and_then(|rest| rest.split_first_chunk::<32>()) else {
            return Ok(None);
        };
        let sha256 = Sha256(*sha256);
        Ok(aead::open(key.bytes(), &about(&sha256, what), sealed).map(|bytes| (sha256, bytes)))
    }
}

fn about(sha256: &Sha256, what: &str) -> Vec<u8> {
    format!("{sha256} {what}").into_bytes()
}
