//! What every use case on an open draft needs: the draft with its visit, round and template, and its results so far.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use xunjian_domain::{
    hash::Sha256,
    ids::{CriterionKey, PersonId, RoundId, VisitId},
    plan::{PlanLine, PlannedVisit},
    subject::Subject,
    template::{Criterion, Mode, Template},
    time::ClockReading,
    visit::{CheckResult, LineResult, MustCheck},
};
use xunjian_proof::record::ClockJump;

use crate::{
    Field,
    error::FieldError,
    jumps,
    store::{
        draft::{self, DraftRow, LineAnswer},
        follow_up,
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
    pub round: Arc<RoundRow>,
    pub template: Arc<Template>,
    /// What earlier rounds left open here.
    pub must: Vec<MustCheck>,
}

impl Layout {
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

/// Visits laid out more than once a walk; more than this many are read anew.
const MOST_VISITS: usize = 64;

/// What plans and templates say, kept once read: parsing both takes longer than storing an answer.
///
/// None of it changes but by a pull, which calls [`Self::forget`] inside its transaction. Everything here is read and put
/// while the store's lock is held, so that nothing older than the last pull can come back.
#[derive(Default)]
pub(crate) struct Layouts(Mutex<Known>);

#[derive(Default)]
struct Known {
    visits: HashMap<VisitId, Arc<Layout>>,
    rounds: HashMap<RoundId, Arc<RoundRow>>,
    templates: HashMap<Sha256, Arc<Template>>,
}

impl Layouts {
    /// The visit laid out.
    pub fn of(&self, connection: &Connection, visit: &VisitId) -> Result<Arc<Layout>, FieldError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layout) = known.visits.get(visit) {
            return Ok(Arc::clone(layout));
        }
        let (round, planned) =
            package::visit(connection, visit)?.ok_or_else(|| FieldError::UnknownVisit(visit.to_string()))?;
        let round = known.round(connection, &round)?;
        let template = known.template(connection, &round)?;
        let layout =
            Arc::new(Layout { visit: planned, round, template, must: follow_up::must_checks(connection, visit)? });
        if known.visits.len() >= MOST_VISITS {
            known.visits.clear();
        }
        known.visits.insert(visit.clone(), Arc::clone(&layout));
        Ok(layout)
    }

    /// The round with its plan.
    pub fn round(&self, connection: &Connection, id: &RoundId) -> Result<Arc<RoundRow>, FieldError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).round(connection, id)
    }

    /// Plans are about to change.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

impl Known {
    fn round(&mut self, connection: &Connection, id: &RoundId) -> Result<Arc<RoundRow>, FieldError> {
        if let Some(round) = self.rounds.get(id) {
            return Ok(Arc::clone(round));
        }
        let round = Arc::new(RoundRow::get(connection, id)?);
        self.rounds.insert(id.clone(), Arc::clone(&round));
        Ok(round)
    }

    fn template(&mut self, connection: &Connection, round: &RoundRow) -> Result<Arc<Template>, FieldError> {
        if let Some(template) = self.templates.get(&round.template) {
            return Ok(Arc::clone(template));
        }
        let template = Arc::new(round.template(connection)?);
        self.templates.insert(round.template, Arc::clone(&template));
        Ok(template)
    }
}

/// An open draft with its layout.
pub(crate) struct Desk {
    pub draft: DraftRow,
    pub layout: Arc<Layout>,
}

impl Field {
    /// This person's open draft of a visit.
    pub(crate) fn desk(&self, connection: &Connection, whose: DraftRef<'_>) -> Result<Desk, FieldError> {
        let layout = self.layouts.of(connection, whose.visit)?;
        let Some(draft) = draft::find(connection, whose.visit, whose.person)? else {
            let title = layout.visit.title.clone();
            let is_sealed = draft::is_sealed(connection, whose.visit, whose.person)?;
            return Err(if is_sealed { FieldError::AlreadySealed(title) } else { FieldError::NotStarted(title) });
        };
        Ok(Desk { draft, layout })
    }
}

impl Desk {
    /// Notes that the inspector worked on the draft now, and whether the clock jumped since the last time.
    pub fn touch(&self, connection: &Connection, now: &ClockReading) -> Result<(), FieldError> {
        for jump in self.new_jumps(&draft::jumps(connection, &self.draft.id)?, now) {
            draft::add_jump(connection, &self.draft.id, &jump)?;
        }
        draft::set_last_seen(connection, &self.draft.id, now)
    }

    /// What happened to the clock since the last touch, beside what is noted.
    pub fn new_jumps(&self, known: &[ClockJump], now: &ClockReading) -> Vec<ClockJump> {
        jumps::new_ones(&self.draft.started, &self.draft.last_seen, known, now)
    }

    /// The results so far, in line order.
    pub fn results(&self, connection: &Connection) -> Result<Vec<LineResult>, FieldError> {
        let answers = draft::lines(connection, &self.draft.id)?;
        let mut checks = draft::checks(connection, &self.draft.id)?;
        let mut photos = draft::photos(connection, &self.draft.id)?;
        let mut results = Vec::with_capacity(answers.len());
        for (no, answer) in answers {
            let line = self.layout.line(no)?;
            let given = checks.remove(&no).unwrap_or_default();
            results.push(self.result(line, answer, given, photos.remove(&no).unwrap_or_default())?);
        }
        Ok(results)
    }

    /// One line's result so far, and the results of its checks, which may be there before it.
    pub fn result_of(
        &self,
        connection: &Connection,
        line: &PlanLine,
    ) -> Result<(Option<LineResult>, Vec<CheckResult>), FieldError> {
        let given = draft::checks_of_line(connection, &self.draft.id, line.no)?;
        let Some(answer) = draft::line(connection, &self.draft.id, line.no)? else { return Ok((None, given)) };
        let photos = draft::photos_of_line(connection, &self.draft.id, line.no)?;
        Ok((Some(self.result(line, answer, given.clone(), photos)?), given))
    }

    fn result(
        &self,
        line: &PlanLine,
        answer: LineAnswer,
        given: Vec<CheckResult>,
        photos: Vec<Sha256>,
    ) -> Result<LineResult, FieldError> {
        let criterion = self.layout.criterion(&line.criterion)?;
        Ok(LineResult {
            no: line.no,
            criterion: line.criterion.clone(),
            subject: line.subject.clone(),
            mode: answer.mode,
            outcome: answer.outcome,
            reason: answer.reason,
            note: answer.note,
            checks: if answer.outcome.needs_reason() { Vec::new() } else { in_order(criterion, given) },
            photos,
            no_photo: answer.no_photo,
            answered: answer.answered,
            spent_ms: answer.spent_ms,
            bulk: answer.bulk,
            edits: answer.edits,
            must_check: self.layout.must_check(line.no).map(|must| must.open.finding.id.clone()),
        })
    }
}

/// Results in the order in which the criterion asks.
fn in_order(criterion: &Criterion, mut given: Vec<CheckResult>) -> Vec<CheckResult> {
    given.sort_by_key(|result| criterion.checks.iter().position(|check| check.key == result.check));
    given
}
