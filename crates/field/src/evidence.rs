//! 佐证: photos and imported evidence. The file is on the disk for good before its row says so.

use std::sync::PoisonError;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, template::Mode, text::Text, time::TimestampMs};
use xunjian_proof::record::{Capture, Evidence, Layer};

use crate::{
    Field,
    answer::{self, LineSelector},
    draft::{Desk, DraftRef},
    error::FieldError,
    photo::{PhotoError, PhotoSize},
    reuse::{self, Earlier},
    store::{draft, follow_up, photo_look, release},
};

/// A photo as given.
#[derive(Debug, Clone)]
pub struct NewPhoto<'a> {
    /// The original's bytes.
    pub bytes: &'a [u8],
    /// What the file was called; empty when it came from the camera.
    pub file_name: &'a str,
    /// How it came into being.
    pub capture: Capture,
    /// What it shows.
    pub caption: &'a str,
    /// Of which original it is an annotated or masked copy; the original stays untouched.
    pub layer: Option<Layer>,
    /// The photo of the problem that this one, taken after the fix, answers.
    pub after_of: Option<Sha256>,
}

/// What a page says of a photo, beside its bytes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PhotoNote {
    /// The line; `None` for a photo of a finding or of an unknown asset.
    pub line: Option<u32>,
    /// What the file was called; empty when it came from the camera.
    pub file_name: String,
    /// How it came into being.
    pub capture: Capture,
    /// What it shows.
    pub caption: String,
    /// Set for an annotated or masked copy.
    pub layer: Option<Layer>,
    /// The photo of the problem that this one, taken after the fix, answers.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub after_of: Option<Sha256>,
}

/// What attaching led to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Attached {
    /// The line; `None` for a photo of a finding.
    pub line: Option<u32>,
    /// The photo.
    pub evidence: Evidence,
    /// What the person should look at again.
    pub warnings: Vec<Text>,
    /// When it was stored.
    pub saved_at: TimestampMs,
}

impl Field {
    /// Keeps a photo and attaches it to a line, or to no line when a finding will name it.
    ///
    /// # Errors
    /// [`FieldError::Photo`] when it is no whole photo, [`FieldError::ImportedOnSite`] for an import on an on-site line,
    /// [`FieldError::UnknownPhoto`] when the original of a copy is not in this draft, or the photo that this one answers is
    /// neither in it nor of a problem it must look at.
    pub fn attach_photo(
        &self,
        whose: DraftRef<'_>,
        line: Option<&LineSelector>,
        photo: NewPhoto<'_>,
    ) -> Result<Attached, FieldError> {
        let now = self.now();
        let is_imported = photo.capture == Capture::Imported;
        // Ask first: a refused photo must not become an orphan.
        let no = self.store.read(|connection| {
            let desk = self.desk(connection, whose)?;
            let line = line.map(|line| answer::select(&desk, line)).transpose()?;
            let mode = match line {
                None => Mode::OnSite,
                Some(line) => match draft::line(connection, &desk.draft.id, line.no)? {
                    Some(answer) => answer.mode,
                    None => desk.layout.mode(desk.layout.criterion(&line.criterion)?, &line.subject),
                },
            };
            // A copy of what was taken on the spot is no import.
            if is_imported && mode == Mode::OnSite && photo.layer.is_none() {
                return Err(FieldError::ImportedOnSite);
            }
            require_original(connection, &desk, photo.layer.as_ref())?;
            require_before(connection, &desk, photo.after_of)?;
            Ok(line.map(|line| line.no))
        })?;
        // From the file to its row no detaching may come between and take the file away.
        let _turn = self.photo_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = self.photos.store_evidence(photo.bytes, photo.file_name, is_imported)?;
        let mut evidence = Evidence {
            sha256: stored.sha256,
            bytes: stored.bytes,
            media_type: stored.info.media_type.to_string(),
            width: stored.info.width,
            height: stored.info.height,
            capture: photo.capture,
            taken: now.clone(),
            exif_time: stored.info.exif_time,
            caption: photo.caption.trim().to_owned(),
            layer: photo.layer,
            reuse: Vec::new(),
            after_of: photo.after_of,
        };
        fail::fail_point!("photo.before_row");
        let warnings = self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            require_original(connection, &desk, evidence.layer.as_ref())?;
            require_before(connection, &desk, evidence.after_of)?;
            if evidence.layer.as_ref().is_some_and(|layer| layer.of == evidence.sha256) {
                return Err(FieldError::BadInput("the copy is the original, byte for byte".to_owned()));
            }
            if evidence.after_of == Some(evidence.sha256) {
                return Err(FieldError::BadInput("the photo after the fix is the one before it".to_owned()));
            }
            let earlier = reuse::earlier(connection, &desk.draft.id, no, &evidence, stored.info.look)?;
            evidence.reuse = earlier.iter().filter_map(Earlier::to_record).collect();
            if let Some(look) = stored.info.look {
                photo_look::put(connection, evidence.sha256, look, evidence.bytes)?;
            }
            draft::put_evidence(connection, &desk.draft.id, &evidence)?;
            if let Some(no) = no {
                draft::add_photo(connection, &desk.draft.id, no, evidence.sha256)?;
            }
            desk.touch(connection, &now)?;
            fail::fail_point!("photo.before_commit");
            Ok(earlier.iter().map(Earlier::warning).collect())
        })?;
        fail::fail_point!("photo.after_row");
        Ok(Attached { line: no, evidence, warnings, saved_at: now.wall_ms })
    }

    /// As [`Self::attach_photo`], as a page gives it.
    ///
    /// # Errors
    /// As [`Self::attach_photo`].
    pub fn attach_noted(&self, whose: DraftRef<'_>, note: &PhotoNote, bytes: &[u8]) -> Result<Attached, FieldError> {
        let line = note.line.map(|line| LineSelector::No { line });
        let PhotoNote { file_name, capture, caption, layer, after_of, .. } = note;
        let (capture, layer, after_of) = (*capture, layer.clone(), *after_of);
        let photo = NewPhoto { bytes, file_name, capture, caption, layer, after_of };
        self.attach_photo(whose, line.as_ref(), photo)
    }

    /// Takes a photo from a line, or from the visit and its sightings where `line` is `None`. Nothing of a sealed record
    /// changes.
    ///
    /// Order of effects: 1. one transaction takes the link away and, when no line, finding or copy of this draft names the
    /// photo any more, its evidence row; a crash before the commit changes nothing. 2. When no row of any draft or record
    /// names it, the file and its renditions are removed; a crash before that leaves an orphan, which the next start finds
    /// and `status` lists. Attaching takes turns with both steps, so a file about to get a row is never removed.
    ///
    /// # Errors
    /// [`FieldError::UnknownPhoto`]; [`FieldError::PhotoInUse`] for a photo to be taken from the visit that is still named.
    pub fn detach_photo(&self, whose: DraftRef<'_>, line: Option<u32>, sha256: Sha256) -> Result<(), FieldError> {
        let now = self.now();
        self.taking_photos_away(|connection| {
            let desk = self.desk(connection, whose)?;
            let id = &desk.draft.id;
            let is_known = match line {
                Some(line) => draft::remove_photo(connection, id, line, sha256)?,
                // Sightings are of the visit, not of a line.
                None => {
                    draft::remove_photo_of_sightings(connection, id, sha256)?
                        || draft::evidence(connection, id)?.iter().any(|known| known.sha256 == sha256)
                }
            };
            if !is_known {
                return Err(FieldError::UnknownPhoto(sha256));
            }
            desk.touch(connection, &now)?;
            if line.is_none() && is_named_in(connection, id, sha256)? {
                return Err(FieldError::PhotoInUse(sha256));
            }
            Ok(((), remove_unnamed(connection, id, &[sha256])?))
        })
    }

    /// Runs a change that takes photos away, then removes the files that no row names any more.
    pub(crate) fn taking_photos_away<T>(
        &self,
        change: impl FnOnce(&Connection) -> Result<(T, Vec<Sha256>), FieldError>,
    ) -> Result<T, FieldError> {
        let _turn = self.photo_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, orphans) = self.store.write(|connection| change(connection))?;
        fail::fail_point!("photo.before_removal");
        for orphan in &orphans {
            self.photos.remove_unnamed(orphan)?;
        }
        Ok(result)
    }

    /// A photo as large as it is needed. Smaller copies are made once and kept; only the original is hashed again.
    ///
    /// # Errors
    /// [`FieldError::Photo`] when it is not there, has changed, or is no picture.
    pub fn photo_rendition(&self, sha256: Sha256, size: PhotoSize) -> Result<Vec<u8>, FieldError> {
        self.photos.rendition(&sha256, size).map_err(|error| self.or_released(error))
    }

    /// The bytes of a photo, hashed again.
    ///
    /// # Errors
    /// [`FieldError::Photo`] when it is not there or has changed.
    pub fn photo(&self, sha256: Sha256) -> Result<Vec<u8>, FieldError> {
        self.photos.read(&sha256).map_err(|error| self.or_released(error))
    }

    /// A photo that is not here was released, or is missing.
    fn or_released(&self, error: PhotoError) -> FieldError {
        match error {
            PhotoError::Missing { sha256 } => {
                let is_released = self.store.read(|connection| release::is_released(connection, sha256));
                match is_released {
                    Ok(true) => PhotoError::Released { sha256 }.into(),
                    Ok(false) => PhotoError::Missing { sha256 }.into(),
                    Err(error) => error,
                }
            }
            error => error.into(),
        }
    }
}

/// A copy needs its original in the same draft, so that both go into the same record.
fn require_original(connection: &Connection, desk: &Desk, layer: Option<&Layer>) -> Result<(), FieldError> {
    let Some(layer) = layer else { return Ok(()) };
    let evidence = draft::evidence(connection, &desk.draft.id)?;
    match evidence.iter().any(|known| known.sha256 == layer.of) {
        true => Ok(()),
        false => Err(FieldError::UnknownPhoto(layer.of)),
    }
}

/// What a photo after the fix answers is a photo of this draft, or of a problem that an earlier round left open here.
fn require_before(connection: &Connection, desk: &Desk, before: Option<Sha256>) -> Result<(), FieldError> {
    let Some(before) = before else { return Ok(()) };
    let is_of_problem = desk.layout.must.iter().any(|must| must.open.finding.photos.contains(&before));
    let is_known =
        is_of_problem || draft::evidence(connection, &desk.draft.id)?.iter().any(|known| known.sha256 == before);
    if is_known { Ok(()) } else { Err(FieldError::UnknownPhoto(before)) }
}

/// Removes the rows of photos that nothing in the draft names any more; returns those that no row of the terminal names.
pub(crate) fn remove_unnamed(
    connection: &Connection,
    draft: &str,
    photos: &[Sha256],
) -> Result<Vec<Sha256>, FieldError> {
    let mut orphans = Vec::new();
    for photo in photos {
        if !is_named_in(connection, draft, *photo)? {
            draft::remove_evidence(connection, draft, *photo)?;
            if !draft::is_named(connection, *photo)? {
                orphans.push(*photo);
            }
        }
    }
    Ok(orphans)
}

/// Whether a line, a finding, the answer to an open problem, a sighting, a copy or an after photo of this draft names the
/// photo.
fn is_named_in(connection: &Connection, draft: &str, photo: Sha256) -> Result<bool, FieldError> {
    let is_of_line = draft::photos(connection, draft)?.values().any(|photos| photos.contains(&photo));
    let is_of_finding = draft::findings(connection, draft)?
        .iter()
        .any(|finding| finding.photos.iter().chain(&finding.after_photos).any(|named| *named == photo));
    let is_copied = draft::evidence(connection, draft)?.iter().any(|evidence| {
        evidence.layer.as_ref().is_some_and(|layer| layer.of == photo) || evidence.after_of == Some(photo)
    });
    let is_of_follow_up =
        follow_up::follow_ups(connection, draft)?.iter().any(|answer| answer.after_photos.contains(&photo));
    let is_of_sighting = draft::sightings(connection, draft)?.iter().any(|seen| seen.photos.contains(&photo));
    Ok(is_of_line || is_of_finding || is_of_follow_up || is_of_sighting || is_copied)
}
