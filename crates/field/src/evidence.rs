//! 佐证: photos and imported evidence. The file is on the disk for good before its row says so.

use serde::Serialize;
use xunjian_domain::{hash::Sha256, template::Mode, text::Text, time::TimestampMs};
use xunjian_proof::record::{Capture, Evidence, PhotoReuse};

use crate::{
    Field,
    answer::{self, LineSelector},
    draft::{Desk, DraftRef},
    error::FieldError,
    store::draft,
};

/// A photo as given.
#[derive(Debug, Clone, Copy)]
pub struct NewPhoto<'a> {
    /// The original's bytes.
    pub bytes: &'a [u8],
    /// What the file was called; empty when it came from the camera.
    pub file_name: &'a str,
    /// How it came into being.
    pub capture: Capture,
    /// What it shows.
    pub caption: &'a str,
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
    /// [`FieldError::Photo`] when it is no whole photo, [`FieldError::ImportedOnSite`] for an import on an on-site line.
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
            if is_imported && mode == Mode::OnSite {
                return Err(FieldError::ImportedOnSite);
            }
            Ok(line.map(|line| line.no))
        })?;
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
            layer: None,
            reuse: Vec::new(),
        };
        fail::fail_point!("photo.before_row");
        let warnings = self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let mut warnings = Vec::new();
            if draft::is_used_elsewhere(connection, &desk.draft.id, evidence.sha256)? {
                evidence.reuse = vec![PhotoReuse { of: evidence.sha256, distance: 0 }];
                warnings.push(Text::new(
                    "这张照片在别的巡检里用过，记录会如实标注；请确认是否应重新拍摄",
                    "This very photo was used in another visit; the record says so. Should it be taken anew?",
                ));
            }
            draft::put_evidence(connection, &desk.draft.id, &evidence)?;
            if let Some(no) = no {
                draft::add_photo(connection, &desk.draft.id, no, evidence.sha256)?;
            }
            desk.touch(connection, &now)?;
            Ok(warnings)
        })?;
        Ok(Attached { line: no, evidence, warnings, saved_at: now.wall_ms })
    }

    /// The bytes of a photo, hashed again.
    ///
    /// # Errors
    /// [`FieldError::Photo`] when it is not there or has changed.
    pub fn photo(&self, sha256: Sha256) -> Result<Vec<u8>, FieldError> {
        Ok(self.photos.read(&sha256)?)
    }
}
