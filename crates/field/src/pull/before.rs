//! Photos of problems that are looked at again, where another terminal took them: with the work package come their smaller
//! copies, for the ghost over which the after photo is taken. The originals stay with the service, which has them for certain.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use xunjian_domain::hash::Sha256;
use xunjian_protocol::SyncApi;

use super::refused;
use crate::{
    Field,
    error::FieldError,
    photo::{self, PhotoSize},
    store::{draft, follow_up},
};

/// Photos fetched at the same time. Each is held in memory while its copies are made.
const PARALLEL: usize = 2;

/// What became of the photos that are not from here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BeforePhotos {
    /// Fetched now.
    pub fetched: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Not here and not to be had; the visit can be walked without them.
    pub missing: u64,
}

impl Field {
    /// Fetches the photos of open problems that are not here yet, and forgets the copies of those that are looked at no more.
    /// Of pictures alone: a table shows no ghost.
    pub(super) async fn fetch_before_photos(&self, api: &impl SyncApi) -> Result<BeforePhotos, FieldError> {
        let (elsewhere, wanted) = self.store.read(|connection| {
            let mut elsewhere = BTreeSet::new();
            for one in follow_up::all_must_checks(connection)? {
                for photo in one.open.finding.photos {
                    if !draft::is_named(connection, photo)? {
                        elsewhere.insert(photo);
                    }
                }
            }
            // What a power cut left of a copy does not decrypt, and is fetched anew.
            let is_here = |photo: &Sha256| self.photos.rendition(photo, PhotoSize::Screen).is_ok();
            let wanted: Vec<Sha256> = elsewhere.iter().filter(|photo| !is_here(photo)).copied().collect();
            Ok::<_, FieldError>((elsewhere, wanted))
        })?;
        self.forget_copies(&elsewhere)?;
        let mut outcome = BeforePhotos::default();
        let answers = stream::iter(wanted).map(|photo| async move { (photo, api.before_photo(photo).await) });
        let mut answers = std::pin::pin!(answers.buffer_unordered(PARALLEL));
        while let Some((photo, answer)) = answers.next().await {
            let Some(bytes) = answer? else {
                outcome.missing += 1;
                continue;
            };
            if Sha256::of(&bytes) != photo {
                return Err(refused("before photo", format!("{photo} does not hash to its name")));
            }
            match photo::renditions(&bytes) {
                Ok(copies) => {
                    self.photos.keep_copies(&photo, &copies)?;
                    outcome.fetched += 1;
                    outcome.bytes += bytes.len() as u64;
                }
                Err(_) => outcome.missing += 1,
            }
        }
        Ok(outcome)
    }

    /// Copies without an original that no row names: of problems that were closed meanwhile.
    fn forget_copies(&self, wanted: &BTreeSet<Sha256>) -> Result<(), FieldError> {
        for photo in self.photos.copies_alone()? {
            let is_named =
                wanted.contains(&photo) || self.store.read(|connection| draft::is_named(connection, photo))?;
            if !is_named {
                self.photos.remove_unnamed(&photo)?;
            }
        }
        Ok(())
    }
}
