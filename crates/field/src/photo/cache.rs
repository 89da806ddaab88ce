//! Renditions kept beside the originals, so that a list of photos scrolls: made while the original is decoded to check it, or
//! at first use where they are gone.
//!
//! ```text
//! renditions/<first two digits>/<sha256>.thumbnail, .screen
//! ```
//!
//! Encrypted as the originals are. As long as the originals are there the folder may be deleted at any time. A rendition is
//! written to a temp file and renamed, but not flushed: what a power cut leaves of it does not decrypt, and is made anew.
//! Before an original is let go its renditions are flushed ([`PhotoFolder::secure_renditions`]): nobody could make them again.
//! Those of other terminals' photos ([`PhotoFolder::keep_copies`]) are fetched anew instead.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use xunjian_domain::hash::Sha256;

use super::{PhotoError, PhotoFolder, Renditions, renditions};
use crate::private;

/// How large a photo is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PhotoSize {
    /// For lists: at most 320 pixels on the longer side.
    Thumbnail,
    /// For the screen: at most 1,600 pixels.
    Screen,
    /// As it was taken.
    Original,
}

impl PhotoSize {
    fn name(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Screen => "screen",
            Self::Original => "original",
        }
    }
}

impl PhotoFolder {
    /// The photo's bytes in this size; JPEG, but for originals.
    ///
    /// # Errors
    /// As [`Self::read`]; [`PhotoError::NotAPhoto`] where evidence that is no picture should be shrunk.
    pub fn rendition(&self, sha256: &Sha256, size: PhotoSize) -> Result<Vec<u8>, PhotoError> {
        if size == PhotoSize::Original {
            return self.read(sha256);
        }
        if let Ok(kept) = fs::read(self.rendition_path(sha256, size))
            && let Some((name, copy)) = self.cipher.open(size.name(), &kept)?
            && name == *sha256
        {
            return Ok(copy);
        }
        let made = renditions(&self.read(sha256)?)?;
        self.keep_renditions(sha256, &made);
        Ok(if size == PhotoSize::Thumbnail { made.thumbnail } else { made.screen })
    }

    /// Returns when both smaller copies are on the disk for good: from now on they may be all that is left of the photo.
    ///
    /// # Errors
    /// As [`Self::rendition`], and where the disk fails.
    pub fn secure_renditions(&self, sha256: &Sha256) -> Result<(), PhotoError> {
        let sizes = [PhotoSize::Thumbnail, PhotoSize::Screen];
        // Where one has to be made, the other is made with it: both before either is flushed.
        sizes.iter().try_for_each(|size| self.rendition(sha256, *size).map(drop))?;
        for path in sizes.map(|size| self.rendition_path(sha256, size)) {
            // File, shelf, and the shelf's own name.
            let flushed = fs::File::open(&path).and_then(|file| {
                file.sync_all()?;
                path.ancestors().take(3).try_for_each(private::flush_folder_of)
            });
            flushed.map_err(|source| PhotoError::Disk { doing: "flush", path, source })?;
        }
        Ok(())
    }

    /// Whether the copy for the screen is on the disk.
    #[must_use]
    pub fn has_screen_copy(&self, sha256: &Sha256) -> bool {
        self.rendition_path(sha256, PhotoSize::Screen).exists()
    }

    /// Keeps the copies of a photo whose original is elsewhere.
    ///
    /// # Errors
    /// [`PhotoError::DiskFull`] rather than touching the reserve, [`PhotoError::Locked`], or the disk's.
    pub fn keep_copies(&self, sha256: &Sha256, made: &Renditions) -> Result<(), PhotoError> {
        self.check_space((made.thumbnail.len() + made.screen.len()) as u64)?;
        for (size, bytes) in [(PhotoSize::Thumbnail, &made.thumbnail), (PhotoSize::Screen, &made.screen)] {
            let path = self.rendition_path(sha256, size);
            self.keep_rendition(sha256, size, bytes).map_err(|source| PhotoError::Disk {
                doing: "write",
                path,
                source,
            })?;
        }
        Ok(())
    }

    /// Photos of which there is a copy here and no original.
    ///
    /// # Errors
    /// Where the folders cannot be listed.
    pub fn copies_alone(&self) -> Result<Vec<Sha256>, PhotoError> {
        let list = |folder: &Path| match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            entries => entries.and_then(Iterator::collect::<Result<Vec<_>, _>>),
        };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| PhotoError::Disk { doing: "list", path, source }
        };
        let mut alone = Vec::new();
        for shelf in list(&self.renditions).map_err(failed(&self.renditions))? {
            let shelf = shelf.path();
            for file in list(&shelf).map_err(failed(&shelf))? {
                let path = file.path();
                let is_screen = path.extension().is_some_and(|size| size == PhotoSize::Screen.name());
                let sha256 = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
                if let Some(sha256) = sha256.filter(|sha256| is_screen && !self.path_of(sha256).exists()) {
                    alone.push(sha256);
                }
            }
        }
        Ok(alone)
    }

    /// A copy that cannot be kept is made again when it is wanted; the person sees the photo all the same.
    pub(super) fn keep_renditions(&self, sha256: &Sha256, made: &Renditions) {
        let _ = self.keep_rendition(sha256, PhotoSize::Thumbnail, &made.thumbnail);
        let _ = self.keep_rendition(sha256, PhotoSize::Screen, &made.screen);
    }

    pub(super) fn remove_renditions(&self, sha256: &Sha256) {
        for size in [PhotoSize::Thumbnail, PhotoSize::Screen] {
            // Without its original nobody asks for it any more; what stays is a small file.
            let _ = fs::remove_file(self.rendition_path(sha256, size));
        }
    }

    /// Smaller copies that an earlier version kept as they were.
    pub(super) fn remove_plain_renditions(&self, sha256: &Sha256) {
        for size in [PhotoSize::Thumbnail, PhotoSize::Screen] {
            let _ = fs::remove_file(self.rendition_path(sha256, size).with_added_extension("jpg"));
        }
    }

    fn keep_rendition(&self, sha256: &Sha256, size: PhotoSize, bytes: &[u8]) -> io::Result<()> {
        let path = self.rendition_path(sha256, size);
        private::make_folder(&self.renditions)?;
        private::make_folder(path.parent().unwrap_or(&self.renditions))?;
        // Two pages may ask at once: each writes a file of its own, and the last name wins.
        let temp = path.with_extension(format!("{}.part", self.next_number()));
        let sealed = self.cipher.seal(sha256, size.name(), bytes).map_err(io::Error::other)?;
        let written = write(&temp, &sealed).and_then(|()| fs::rename(&temp, &path));
        if written.is_err() {
            let _ = fs::remove_file(&temp);
        }
        written
    }

    fn rendition_path(&self, sha256: &Sha256, size: PhotoSize) -> PathBuf {
        let hex = sha256.to_hex();
        self.renditions.join(&hex[..2]).join(format!("{hex}.{}", size.name()))
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A part file of an earlier process with our number is worth nothing.
    let _ = fs::remove_file(path);
    io::Write::write_all(&mut private::new_file(path)?, bytes)
}
