//! 复查 of problems that earlier rounds left open: they come with the work package, stand at the line that asks the same
//! again, and each wants an answer of its own. “其余全部正常” never gives one.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::FindingId,
    visit::{FollowUp, FollowUpState, MustCheck, NoPhoto, OpenFinding, SealProblem, follow_up_problems},
};

use crate::{
    Field,
    draft::{Desk, DraftRef, Layout},
    error::FieldError,
    photo::PhotoFolder,
    store::{draft, follow_up},
};

/// An open problem of an earlier round as shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MustCheckView {
    /// The line that looks at it; `None` where it belongs to the visit as a whole.
    pub line: Option<u32>,
    /// What was found, when and where.
    pub open: OpenFinding,
    /// Those of its photos that this terminal has, or has a copy of: those of other terminals come with the work package.
    pub photos_here: Vec<Sha256>,
    /// What was found of it in this visit so far.
    pub follow_up: Option<FollowUp>,
}

/// What was found of an open problem, as given. Photos are attached before, without a line.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewFollowUp {
    /// The problem.
    pub finding: FindingId,
    /// 已整改, 仍存在 or 无法判断.
    pub state: FollowUpState,
    /// In words.
    #[serde(default)]
    pub note: String,
    /// Photos of how it is now.
    #[serde(default)]
    pub after_photos: Vec<Sha256>,
    /// Stands in for the photo that 已整改 asks for.
    #[serde(default)]
    pub no_photo: Option<NoPhoto>,
}

impl Field {
    /// Stores what was found of an open problem; a second answer replaces the first.
    ///
    /// # Errors
    /// [`FieldError::UnknownFinding`] for a problem that this visit need not look at, [`FieldError::UnknownPhoto`].
    pub fn answer_follow_up(&self, whose: DraftRef<'_>, new: NewFollowUp) -> Result<(), FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let asked = desk.layout.must.iter().find(|one| one.open.finding.id == new.finding);
            let asked = asked.ok_or_else(|| FieldError::UnknownFinding(new.finding.to_string()))?;
            let evidence = draft::evidence(connection, &desk.draft.id)?;
            let is_attached = |photo: &&Sha256| evidence.iter().any(|known| known.sha256 == **photo);
            if let Some(unknown) = new.after_photos.iter().find(|photo| !is_attached(photo)) {
                return Err(FieldError::UnknownPhoto(*unknown));
            }
            let answer = FollowUp {
                finding: new.finding,
                record: asked.open.record,
                line: asked.line,
                state: new.state,
                note: new.note.trim().to_owned(),
                after_photos: new.after_photos,
                no_photo: new.no_photo,
                answered: now.clone(),
            };
            follow_up::put_follow_up(connection, &desk.draft.id, &answer)?;
            desk.touch(connection, &now)
        })
    }
}

impl MustCheckView {
    /// Adds the photos of which only a copy is here.
    pub(crate) fn add_copies(&mut self, photos: &PhotoFolder) {
        let is_here = |photo: &&Sha256| self.photos_here.contains(photo) || photos.has_screen_copy(photo);
        self.photos_here = self.open.finding.photos.iter().filter(is_here).copied().collect();
    }
}

impl Layout {
    /// Whether an open problem stands at the line.
    pub fn must_check(&self, line: u32) -> Option<&MustCheck> {
        self.must.iter().find(|one| one.line == Some(line))
    }

    /// The open problems of the visit as shown, before anybody answered.
    pub fn must_check_views(&self, connection: &Connection) -> Result<Vec<MustCheckView>, FieldError> {
        let view = |one: &MustCheck| {
            let mut photos_here = Vec::new();
            for photo in &one.open.finding.photos {
                // Nothing deletes a photo that a row names.
                if draft::is_named(connection, *photo)? {
                    photos_here.push(*photo);
                }
            }
            Ok(MustCheckView { line: one.line, open: one.open.clone(), photos_here, follow_up: None })
        };
        self.must.iter().map(view).collect()
    }
}

impl Desk {
    /// What is missing of the answers to open problems.
    pub fn follow_up_problems(&self, connection: &Connection) -> Result<Vec<SealProblem>, FieldError> {
        let given = follow_up::follow_ups(connection, &self.draft.id)?;
        Ok(follow_up_problems(&self.layout.must, &given))
    }
}
