//! 问题 (5.1.3.5): reported on the spot, part of the visit's record.

use jiff::civil::Date;
use serde::Deserialize;
use xunjian_domain::{
    hash::Sha256,
    ids::FindingId,
    subject::Subject,
    visit::{DeskCall, Finding, NoPhoto, Severity},
};

use crate::{Field, draft::DraftRef, error::FieldError, store::draft};

/// A finding as given. Photos are attached before, without a line or with one.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewFinding {
    /// The line it was found at.
    #[serde(default)]
    pub line: Option<u32>,
    /// What it is about; the line's subject, or what is visited, where this is left out.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// How bad it is.
    pub severity: Severity,
    /// What sort of problem: a preset's key or free words.
    #[serde(default)]
    pub category: String,
    /// What is wrong.
    pub description: String,
    /// Who must see to it.
    pub responsible_unit: String,
    /// The last day for rectification.
    #[serde(default)]
    pub due_on: Option<Date>,
    /// Photos of the problem.
    #[serde(default)]
    pub photos: Vec<Sha256>,
    /// Stands in for the photo.
    #[serde(default)]
    pub no_photo: Option<NoPhoto>,
    /// What was done on the spot.
    #[serde(default)]
    pub fixed_on_site: String,
    /// Photos after the fix.
    #[serde(default)]
    pub after_photos: Vec<Sha256>,
    /// Who was called at the service desk.
    #[serde(default)]
    pub desk_callee: Option<String>,
    /// The finding of an earlier round that this one carries on.
    #[serde(default)]
    pub follows: Option<FindingId>,
}

impl Field {
    /// Stores a finding. Without photos of its own it takes those of its line.
    ///
    /// # Errors
    /// [`FieldError::UnknownLine`] or [`FieldError::UnknownPhoto`].
    pub fn report_finding(&self, whose: DraftRef<'_>, new: NewFinding) -> Result<Finding, FieldError> {
        let now = self.now();
        let id = FindingId::new(self.ids.new_id());
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let line = new.line.map(|no| desk.layout.line(no)).transpose()?;
            let evidence = draft::evidence(connection, &desk.draft.id)?;
            let is_attached = |photo: &&Sha256| evidence.iter().any(|known| known.sha256 == **photo);
            if let Some(unknown) = new.photos.iter().chain(&new.after_photos).find(|photo| !is_attached(photo)) {
                return Err(FieldError::UnknownPhoto(*unknown));
            }
            let photos = match line {
                Some(line) if new.photos.is_empty() && new.no_photo.is_none() => {
                    draft::photos(connection, &desk.draft.id)?.remove(&line.no).unwrap_or_default()
                }
                _ => new.photos,
            };
            let of_line = line.map(|line| line.subject.clone());
            let finding = Finding {
                id,
                line: new.line,
                subject: new.subject.or(of_line).unwrap_or_else(|| desk.layout.visit.subject.clone()),
                severity: new.severity,
                category: new.category.trim().to_owned(),
                description: new.description.trim().to_owned(),
                responsible_unit: new.responsible_unit.trim().to_owned(),
                due_on: new.due_on,
                found: now.clone(),
                photos,
                no_photo: new.no_photo,
                fixed_on_site: new.fixed_on_site.trim().to_owned(),
                after_photos: new.after_photos,
                desk_call: new.desk_callee.map(|callee| DeskCall { callee, at: now.clone() }),
                follows: new.follows,
            };
            draft::put_finding(connection, &desk.draft.id, &finding)?;
            desk.touch(connection, &now)?;
            Ok(finding)
        })
    }

    /// Takes a finding back. Its photos stay with the visit: the finding may only be written anew.
    ///
    /// # Errors
    /// [`FieldError::UnknownFinding`].
    pub fn remove_finding(&self, whose: DraftRef<'_>, finding: &FindingId) -> Result<(), FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            if !draft::remove_finding(connection, &desk.draft.id, finding)? {
                return Err(FieldError::UnknownFinding(finding.to_string()));
            }
            desk.touch(connection, &now)
        })
    }
}
