//! What every use case on an open draft needs: the draft with its visit, round and template, and its results so far.

use rusqlite::Connection;
use xunjian_domain::{
    ids::{CriterionKey, PersonId, VisitId},
    plan::{PlanLine, PlannedVisit},
    subject::Subject,
    template::{Criterion, Mode, Template},
    time::ClockReading,
    visit::{CheckResult, LineResult},
};

use crate::{
    error::FieldError,
    jumps,
    store::{
        draft::{self, DraftRow},
        package::{self, RoundRow},
    },
};

/// Whose draft of which visit.
#[derive(Debug, Clone, Copy)]
pub struct DraftRef<'a> {
    /// The visit.
    pub visit: &'a VisitId,
    /// The person who acts.
    pub person: &'a PersonId,
}

/// A visit laid out: its plan, round and template.
pub(crate) struct Layout {
    pub visit: PlannedVisit,
    pub round: RoundRow,
    pub template: Template,
}

impl Layout {
    pub fn load(connection: &Connection, visit: &VisitId) -> Result<Self, FieldError> {
        let (round, visit) =
            package::visit(connection, visit)?.ok_or_else(|| FieldError::UnknownVisit(visit.to_string()))?;
        let round = RoundRow::get(connection, &round)?;
        let template = round.template(connection)?;
        Ok(Self { visit, round, template })
    }

    pub fn line(&self, no: u32) -> Result<&PlanLine, FieldError> {
        let found = self.visit.lines.iter().find(|line| line.no == no);
        found.ok_or_else(|| FieldError::UnknownLine(no.to_string()))
    }

    pub fn criterion(&self, key: &CriterionKey) -> Result<&Criterion, FieldError> {
        // The plan was checked against its template when it was pulled; a missing key is a damaged file.
        self.template.criterion(key).ok_or_else(|| FieldError::Damaged(format!("criterion {key}")))
    }

    /// 现场 or 远程, as the template asks it of this subject.
    pub fn mode(&self, criterion: &Criterion, subject: &Subject) -> Mode {
        criterion.scopes.iter().find(|scope| scope.subject == subject.kind).map_or(Mode::OnSite, |scope| scope.mode)
    }
}

/// An open draft with its layout.
pub(crate) struct Desk {
    pub draft: DraftRow,
    pub layout: Layout,
}

impl Desk {
    pub fn open(connection: &Connection, whose: DraftRef<'_>) -> Result<Self, FieldError> {
        let layout = Layout::load(connection, whose.visit)?;
        let Some(draft) = draft::find(connection, whose.visit, whose.person)? else {
            let title = layout.visit.title;
            let is_sealed = draft::is_sealed(connection, whose.visit, whose.person)?;
            return Err(if is_sealed { FieldError::AlreadySealed(title) } else { FieldError::NotStarted(title) });
        };
        Ok(Self { draft, layout })
    }

    /// Notes that the inspector worked on the draft now, and whether the clock jumped since the last time.
    pub fn touch(&self, connection: &Connection, now: &ClockReading) -> Result<(), FieldError> {
        if let Some(jump) = jumps::between(&self.draft.last_seen, now) {
            draft::add_jump(connection, &self.draft.id, &jump)?;
        }
        draft::set_last_seen(connection, &self.draft.id, now)
    }

    /// The results so far, in line order.
    pub fn results(&self, connection: &Connection) -> Result<Vec<LineResult>, FieldError> {
        let answers = draft::lines(connection, &self.draft.id)?;
        let mut checks = draft::checks(connection, &self.draft.id)?;
        let mut photos = draft::photos(connection, &self.draft.id)?;
        let mut results = Vec::with_capacity(answers.len());
        for (no, answer) in answers {
            let line = self.layout.line(no)?;
            let criterion = self.layout.criterion(&line.criterion)?;
            let given = checks.remove(&no).unwrap_or_default();
            results.push(LineResult {
                no,
                criterion: line.criterion.clone(),
                subject: line.subject.clone(),
                mode: answer.mode,
                outcome: answer.outcome,
                reason: answer.reason,
                note: answer.note,
                checks: if answer.outcome.needs_reason() { Vec::new() } else { in_order(criterion, given) },
                photos: photos.remove(&no).unwrap_or_default(),
                no_photo: answer.no_photo,
                answered: answer.answered,
                spent_ms: answer.spent_ms,
                bulk: answer.bulk,
                edits: answer.edits,
                must_check: None,
            });
        }
        Ok(results)
    }
}

/// Results in the order in which the criterion asks.
fn in_order(criterion: &Criterion, mut given: Vec<CheckResult>) -> Vec<CheckResult> {
    given.sort_by_key(|result| criterion.checks.iter().position(|check| check.key == result.check));
    given
}
