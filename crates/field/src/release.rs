//! 释放空间: originals that the service has for certain are removed from a full tablet, oldest first.
//!
//! Certain means: every record that names the photo has a receipt, and each of these receipts is verified once more, now,
//! against the record, the keys and the log. Smaller copies stay, so that records can still be looked at; the hash in the
//! record says what the original was. A photo that an open draft names stays, too.
//!
//! Order of effects: the row that says that it was released, then the file. A crash between the two leaves a file that is
//! released on paper; the next call removes it.

use std::collections::HashMap;

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{keyring::Keyring, statement::BlobRef};

use crate::{
    Field,
    error::FieldError,
    photo::PhotoSize,
    store::{record, release},
    sync, trust,
};

/// What could be released, or was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Released {
    /// Photos.
    pub photos: u64,
    /// Bytes of their originals.
    pub bytes: u64,
}

impl Released {
    fn add(&mut self, photo: &BlobRef) {
        self.photos += 1;
        self.bytes += photo.bytes;
    }
}

impl Field {
    /// What [`Self::release_photos`] would remove, going by what the records say; receipts are verified when it comes to it.
    ///
    /// # Errors
    /// [`FieldError::Locked`].
    pub fn releasable(&self) -> Result<Released, FieldError> {
        let mut all = Released::default();
        if self.log_contradiction()?.is_some() {
            return Ok(all);
        }
        self.store.read(release::candidates)?.iter().for_each(|photo| all.add(photo));
        Ok(all)
    }

    /// Removes originals of delivered photos, oldest first, until `bytes` were released; all of them where there is no limit.
    /// A photo of which a receipt does not verify, or no smaller copy can be kept, stays.
    ///
    /// # Errors
    /// [`FieldError::Locked`], a failing database or disk. What was released until then is. [`FieldError::LogInconsistent`]
    /// while the service's log contradicts what this terminal saw: its receipts say what the service had, not what it has.
    pub fn release_photos(&self, bytes: Option<u64>) -> Result<Released, FieldError> {
        if let Some(contradiction) = self.log_contradiction()? {
            return Err(contradiction);
        }
        let (keyring, candidates, unfinished) = self.store.read(|connection| {
            Ok((trust::keyring(connection)?, release::candidates(connection)?, release::removable(connection)?))
        })?;
        for photo in &unfinished {
            self.photos.remove_original(photo)?;
        }
        let mut proved = HashMap::new();
        let mut released = Released::default();
        for photo in candidates {
            if bytes.is_some_and(|bytes| released.bytes >= bytes) {
                break;
            }
            if !self.is_proved(photo.sha256, &keyring, &mut proved)? || !self.has_copies(photo.sha256) {
                continue;
            }
            let at = self.now().wall_ms;
            self.store.write(|connection| release::put(connection, &photo, at))?;
            fail::fail_point!("release.before_removal");
            self.photos.remove_original(&photo.sha256)?;
            released.add(&photo);
        }
        Ok(released)
    }

    /// Whether every record that names the photo has a receipt that verifies.
    fn is_proved(
        &self,
        photo: Sha256,
        keyring: &Keyring,
        proved: &mut HashMap<Sha256, bool>,
    ) -> Result<bool, FieldError> {
        for id in self.store.read(|connection| release::records(connection, photo))? {
            let is_proved = match proved.get(&id) {
                Some(is_proved) => *is_proved,
                None => {
                    let (envelope, receipt) = self
                        .store
                        .read(|connection| Ok((record::envelope(connection, id)?, record::receipt(connection, id)?)))?;
                    let is_proved = receipt.is_some_and(|row| sync::is_receipt(&envelope, &row, keyring));
                    proved.insert(id, is_proved);
                    is_proved
                }
            };
            if !is_proved {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the photo can still be looked at without its original. Tables have no smaller copy, and are small.
    fn has_copies(&self, photo: Sha256) -> bool {
        [PhotoSize::Thumbnail, PhotoSize::Screen].iter().all(|size| self.photos.rendition(&photo, *size).is_ok())
    }
}
