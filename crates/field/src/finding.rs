//! 问题 (5.1.3.5): reported on the spot, part of the visit's record.

use jiff::civil::Date;
use rusqlite::Connection;
use serde::Deserialize;
use xunjian_domain::{
    hash::Sha256,
    ids::FindingId,
    subject::Subject,
    time::ClockReading,
    visit::{DeskCall, Finding, NoPhoto, Severity},
};

use crate::{
    Field,
    draft::{Desk, DraftRef},
    error::FieldError,
    store::draft,
};

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
    /// The finding of this draft that these are the new words of: it keeps its id, its moment and its calls.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub replaces: Option<FindingId>,
    /// How long ago it was found, in milliseconds, where somebody wrote for a while: its clock runs from then.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub found_ago_ms: Option<u64>,
    /// How long ago the service desk answered, in milliseconds.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub called_ago_ms: Option<u64>,
}

/// A call to the service desk about a stored finding.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewDeskCall {
    /// Who answered.
    pub callee: String,
    /// How long ago, in milliseconds; now where it is left out.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub ago_ms: Option<u64>,
}

impl Field {
    /// Stores a finding, new or in new words. Without photos of its own it takes those of its line.
    ///
    /// # Errors
    /// [`FieldError::UnknownLine`], [`FieldError::UnknownPhoto`], [`FieldError::UnknownFinding`] for one to be replaced.
    pub fn report_finding(&self, whose: DraftRef<'_>, new: NewFinding) -> Result<Finding, FieldError> {
        let now = self.now();
        let new_id = FindingId::new(self.ids.new_id());
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let before = new.replaces.as_ref().map(|id| required(connection, &desk, id)).transpose()?;
            let earliest = &desk.draft.started;
            let desk_call = new.desk_callee.map(|callee| callee.trim().to_owned()).filter(|callee| !callee.is_empty());
            let desk_call =
                desk_call.map(|callee| match before.as_ref().and_then(|before| before.desk_call.as_ref()) {
                    // The same call in new words of the finding stays as it was noted.
                    Some(known) if known.callee == callee && new.called_ago_ms.is_none() => known.clone(),
                    _ => DeskCall { callee, at: ago(&now, new.called_ago_ms, earliest) },
                });
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
                id: before.as_ref().map_or(new_id, |before| before.id.clone()),
                line: new.line,
                subject: new.subject.or(of_line).unwrap_or_else(|| desk.layout.visit.subject.clone()),
                severity: new.severity,
                category: new.category.trim().to_owned(),
                description: new.description.trim().to_owned(),
                responsible_unit: new.responsible_unit.trim().to_owned(),
                due_on: new.due_on,
                found: match &before {
                    Some(before) => before.found.clone(),
                    None => ago(&now, new.found_ago_ms, earliest),
                },
                photos,
                no_photo: new.no_photo,
                fixed_on_site: new.fixed_on_site.trim().to_owned(),
                after_photos: new.after_photos,
                desk_call,
                follows: new.follows,
                later_calls: before.map(|before| before.later_calls).unwrap_or_default(),
            };
            draft::put_finding(connection, &desk.draft.id, &finding)?;
            desk.touch(connection, &now)?;
            Ok(finding)
        })
    }

    /// Notes a call to the service desk: the first is the finding's call, every further one feedback on it (5.3.2.7 c),
    /// 5.3.2.8 c)).
    ///
    /// # Errors
    /// [`FieldError::UnknownFinding`]; [`FieldError::BadInput`] when nobody is named.
    pub fn note_desk_call(
        &self,
        whose: DraftRef<'_>,
        finding: &FindingId,
        new: &NewDeskCall,
    ) -> Result<Finding, FieldError> {
        let now = self.now();
        let callee = new.callee.trim().to_owned();
        if callee.is_empty() {
            return Err(FieldError::BadInput("a call needs the name of who answered".to_owned()));
        }
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let mut finding = required(connection, &desk, finding)?;
            let call = DeskCall { callee, at: ago(&now, new.ago_ms, &finding.found) };
            match finding.desk_call {
                None => finding.desk_call = Some(call),
                Some(_) => finding.later_calls.push(call),
            }
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

/// A finding of the draft.
fn required(connection: &Connection, desk: &Desk, id: &FindingId) -> Result<Finding, FieldError> {
    let found = draft::findings(connection, &desk.draft.id)?.into_iter().find(|known| known.id == *id);
    found.ok_or_else(|| FieldError::UnknownFinding(id.to_string()))
}

/// The moment so long ago, by the clock of now; never before `earliest` in the same boot, and never before the boot.
fn ago(now: &ClockReading, ago_ms: Option<u64>, earliest: &ClockReading) -> ClockReading {
    let longest =
        if earliest.boot_id == now.boot_id { now.monotonic_ms - earliest.monotonic_ms } else { now.monotonic_ms };
    let ago = i64::try_from(ago_ms.unwrap_or(0)).unwrap_or(i64::MAX).min(longest.max(0));
    ClockReading {
        wall_ms: now.wall_ms.plus_ms(-ago),
        monotonic_ms: now.monotonic_ms - ago,
        boot_id: now.boot_id.clone(),
    }
}
