//! 出发前的空间预算: whether the photos of the visits ahead will fit, told while there is still a network and a desk.

use serde::Serialize;
use xunjian_domain::ids::VisitId;

use crate::{
    Field,
    error::FieldError,
    store::{person::Person, photo_look},
    today::{TodayVisit, VisitState},
};

/// A photo's size until [`LEAST_MEASURED`] were taken here: what the cameras of such tablets make.
const USUAL_BYTES: u64 = 3_000_000;
/// Fewer photos than this say little of the next ones.
const LEAST_MEASURED: u64 = 20;
/// What the copies of a photo for the screen and for lists take beside it.
const COPIES_BYTES: u64 = 500_000;

/// What the visits ahead will take, and what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PhotoBudget {
    /// Visits ahead: those assigned to this person that are not sealed yet or, where none is, all of the due rounds.
    pub visits: u32,
    /// Photos that their templates ask for when all is normal and that this person's drafts do not have yet.
    pub photos: u64,
    /// Bytes of one photo: the mean of the last 200 here, or 3 MB while there are fewer than 20.
    pub photo_bytes: u64,
    /// Whether `photo_bytes` was measured on this terminal.
    pub is_measured: bool,
    /// Bytes that the photos and their smaller copies will take.
    pub needed_bytes: u64,
    /// Bytes that photos may take; the reserve for sealing and syncing is not among them.
    pub room_bytes: u64,
    /// More is needed than there is.
    pub is_short: bool,
}

impl Field {
    /// Whether the photos of the visits ahead will fit on this terminal. Reads each visit in a turn of its own: a round may
    /// have thousands of them, and answers go first.
    ///
    /// # Errors
    /// [`FieldError::NoPackage`], or when database or disk fail.
    pub fn photo_budget(&self, person: &Person) -> Result<PhotoBudget, FieldError> {
        let today = self.today(person)?;
        let rounds = today.rounds.into_iter();
        let mut planned: Vec<(bool, TodayVisit)> =
            rounds.flat_map(|round| round.visits.into_iter().map(move |visit| (round.is_due, visit))).collect();
        planned.retain(|(_, visit)| matches!(visit.state, VisitState::NotStarted | VisitState::Draft));
        let has_mine = planned.iter().any(|(_, visit)| visit.is_mine);
        planned.retain(|(is_due, visit)| if has_mine { visit.is_mine } else { *is_due });
        let mut photos = 0;
        for (_, visit) in &planned {
            let has = if visit.state == VisitState::Draft { u64::from(visit.photos) } else { 0 };
            photos += self.photos_wanted(&visit.id)?.saturating_sub(has);
        }
        let (measured, bytes) = self.store.read(photo_look::usual_bytes)?;
        let is_measured = measured >= LEAST_MEASURED;
        let photo_bytes = if is_measured { bytes / measured } else { USUAL_BYTES };
        let needed_bytes = photos.saturating_mul(photo_bytes.saturating_add(COPIES_BYTES));
        let room_bytes = self.photos.room_left()?;
        Ok(PhotoBudget {
            visits: u32::try_from(planned.len()).unwrap_or(u32::MAX),
            photos,
            photo_bytes,
            is_measured,
            needed_bytes,
            room_bytes,
            is_short: needed_bytes > room_bytes,
        })
    }

    /// Photos that a visit's lines ask for when all is normal.
    fn photos_wanted(&self, visit: &VisitId) -> Result<u64, FieldError> {
        self.store.read(|connection| {
            let layout = self.layouts.of(connection, visit)?;
            layout.visit.lines.iter().try_fold(0, |sum, line| {
                Ok(sum + u64::from(layout.criterion(&line.criterion)?.evidence.photos_when_normal))
            })
        })
    }
}
