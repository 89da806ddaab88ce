//! Visits: choosing one, starting it, and showing everything it asks with everything answered so far.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{CriterionKey, VisitId},
    label_code::LabelCode,
    plan::{PlanLine, VisitKind},
    preset::{FindingPreset, FindingPresets},
    reconciliation::{Reconciliation, Sighting},
    round::Round,
    subject::{Subject, SubjectKind},
    template::{EvidenceRule, Mode, Note},
    text::Text,
    time::{ClockReading, TimestampMs},
    value::Input,
    visit::{CheckResult, Finding, LineResult, SealProblem, seal_problems},
};
use xunjian_proof::{
    label::LabelPayload,
    record::{ClockJump, Evidence, LabelScan, ScanSource},
};

use crate::{
    Field, bulk,
    comparison::{self, Expected, SubjectView},
    draft::{Desk, DraftRef, Layout},
    error::FieldError,
    follow_up::MustCheckView,
    jumps, rack_view,
    review::{self, ReturnedVisit},
    store::{draft, follow_up, ledger, log, package, person::Person, record},
    today::VisitState,
};

/// How a visit is named by a person.
#[derive(Debug, Clone)]
pub enum VisitSelector {
    /// An id or its beginning, a title, a rack's name, a label's text, or the code printed beside it.
    Text(String),
    /// A rack by its name, in a room where several have one of that name.
    Rack {
        /// 机柜编号.
        rack: String,
        /// 机房; empty for any.
        room: String,
    },
}

/// One check of a line as shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CheckView {
    /// `A.1-01.lamps`.
    pub key: String,
    /// The question.
    pub label: Text,
    /// How it is answered.
    pub input: Input,
    /// What usually is wrong.
    pub presets: Vec<Text>,
    /// What ledger and orders say.
    pub expected: Option<Expected>,
    /// As answered so far.
    pub result: Option<CheckResult>,
}

/// One line as shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineView {
    /// From 1.
    pub no: u32,
    /// `A.1-01`.
    pub criterion: CriterionKey,
    /// 巡检类别, as printed.
    pub category: String,
    /// 巡检项, as printed.
    pub item: String,
    /// 巡检内容, as printed.
    pub text: String,
    /// Our English rendering.
    pub english: String,
    /// What it is asked of.
    pub subject: SubjectView,
    /// 现场 or 远程.
    pub mode: Mode,
    /// What must be attached.
    pub evidence: EvidenceRule,
    /// 适用解读.
    pub notes: Vec<Note>,
    /// What it asks, one by one.
    pub checks: Vec<CheckView>,
    /// The answer so far; `None` until there is one.
    pub answer: Option<LineResult>,
}

/// A visit as shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VisitView {
    /// The visit.
    pub id: VisitId,
    /// The round.
    pub round: Round,
    /// Room, rack, cluster or system.
    pub kind: VisitKind,
    /// As the plan titles it.
    pub title: String,
    /// What is visited.
    pub subject: SubjectView,
    /// The room it happens in; empty for clusters.
    pub room_name: String,
    /// Whose answers these are.
    pub person_name: String,
    /// How far it has come.
    pub state: VisitState,
    /// When this person started it.
    pub started: Option<ClockReading>,
    /// When this person changed something last, in an open draft.
    pub last_saved_at: Option<TimestampMs>,
    /// Lines answered.
    pub answered: usize,
    /// Those of them that “其余全部正常” filled.
    pub bulk: usize,
    /// Numbers of the lines without an answer.
    pub missing: Vec<u32>,
    /// Whether the label of the place was scanned in this visit.
    pub label_scanned: bool,
    /// Whether the rack was declared complete.
    pub rack_closed: bool,
    /// Every line.
    pub lines: Vec<LineView>,
    /// Every scan.
    pub scans: Vec<LabelScan>,
    /// What was seen of the rack's assets.
    pub sightings: Vec<Sighting>,
    /// What that comes to, as of now.
    pub reconciliation: Vec<Reconciliation>,
    /// 必查: problems that earlier rounds left open here, with what was found of them.
    pub must_checks: Vec<MustCheckView>,
    /// What is usually found at the criteria of this visit.
    pub finding_presets: Vec<FindingPreset>,
    /// 问题.
    pub findings: Vec<Finding>,
    /// Photos and other evidence.
    pub evidence: Vec<Evidence>,
    /// Jumps of the clock so far.
    pub jumps: Vec<ClockJump>,
    /// What keeps it from being sealed.
    pub problems: Vec<SealProblem>,
    /// What the person should know.
    pub warnings: Vec<Text>,
    /// 退回: who returned its newest record and why, until the amendment is sealed.
    pub returned: Option<ReturnedVisit>,
}

impl Field {
    /// The visit a person means.
    ///
    /// # Errors
    /// [`FieldError::UnknownVisit`] or [`FieldError::AmbiguousVisit`].
    pub fn find_visit(&self, selector: &VisitSelector) -> Result<VisitId, FieldError> {
        self.store.read(|connection| find(connection, selector))
    }

    /// Starts a visit, or goes on with this person's open draft of it. A visit chosen by its label has that scan recorded.
    ///
    /// # Errors
    /// [`FieldError::AlreadySealed`] when this person sealed it.
    pub fn start_visit(&self, selector: &VisitSelector, person: &Person) -> Result<VisitView, FieldError> {
        let id = self.find_visit(selector)?;
        let now = self.now();
        let whose = DraftRef { visit: &id, person: &person.id };
        self.store.write(|connection| {
            let layout = self.layouts.of(connection, &id)?;
            if draft::find(connection, &id, &person.id)?.is_some() {
                return Ok(());
            }
            if draft::is_sealed(connection, &id, &person.id)? {
                return Err(FieldError::AlreadySealed(layout.visit.title.clone()));
            }
            let draft = self.ids.new_id();
            draft::insert(connection, &draft, &id, &person.id, &now)?;
            match earlier_jump(connection, &now)? {
                Some(jump) => draft::add_jump(connection, &draft, &jump),
                None => Ok(()),
            }
        })?;
        if let VisitSelector::Text(text) = selector {
            let source = if LabelPayload::parse(text).is_ok() {
                Some(ScanSource::Camera)
            } else {
                text.parse::<LabelCode>().ok().map(|_| ScanSource::Typed)
            };
            if let Some(source) = source {
                self.scan_label(whose, text, source)?;
            }
        }
        self.show_visit(&id, person)
    }

    /// Everything a visit asks, and everything answered so far.
    ///
    /// # Errors
    /// [`FieldError::UnknownVisit`].
    pub fn show_visit(&self, id: &VisitId, person: &Person) -> Result<VisitView, FieldError> {
        let now = self.now();
        let mut view = self.store.read(|connection| {
            let whose = DraftRef { visit: id, person: &person.id };
            let mut view = match self.desk(connection, whose) {
                Ok(desk) => view_of_draft(connection, &desk, person, &now),
                Err(FieldError::NotStarted(_)) => {
                    view_of_plan(connection, &*self.layouts.of(connection, id)?, person, VisitState::NotStarted)
                }
                Err(FieldError::AlreadySealed(_)) => {
                    let rows = record::list(connection)?;
                    let state =
                        rows.iter().rev().find(|row| row.visit == *id).map_or(VisitState::Sealed, VisitState::of);
                    view_of_plan(connection, &*self.layouts.of(connection, id)?, person, state)
                }
                Err(error) => Err(error),
            }?;
            view.returned = review::returned(connection, id)?;
            if view.returned.is_some() && view.state == VisitState::Delivered {
                view.state = VisitState::Returned;
            }
            Ok(view)
        })?;
        view.must_checks.iter_mut().for_each(|one| one.add_copies(&self.photos));
        Ok(view)
    }
}

/// A jump before the visit began: since the last time token or the last sealed record, whichever came later. What the
/// clock did before that stands in the record before.
fn earlier_jump(connection: &Connection, now: &ClockReading) -> Result<Option<ClockJump>, FieldError> {
    let token = log::time_token(connection)?.map(|token| token.received);
    let last = record::chain_end(connection)?.map(|end| end.sealed);
    Ok(match (&token, &last) {
        (Some(token), Some(last)) => jumps::since(jumps::later(token, last, now), now),
        (Some(one), None) | (None, Some(one)) => jumps::since(one, now),
        (None, None) => None,
    })
}

fn find(connection: &Connection, selector: &VisitSelector) -> Result<VisitId, FieldError> {
    let (wanted, found) = match selector {
        VisitSelector::Rack { rack, room } => {
            let wanted = if room.is_empty() { rack.clone() } else { format!("{room} · {rack}") };
            (wanted, package::visits_by_rack_name(connection, rack, room)?)
        }
        VisitSelector::Text(text) => (text.clone(), by_text(connection, text.trim())?),
    };
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(FieldError::UnknownVisit(wanted)),
        (Some((id, _)), None) => Ok(id),
        (Some((_, first)), Some((_, second))) => {
            let titles = [first, second].into_iter().chain(found.map(|(_, title)| title)).collect();
            Err(FieldError::AmbiguousVisit { wanted, found: titles })
        }
    }
}

fn by_text(connection: &Connection, text: &str) -> Result<package::Titles, FieldError> {
    let print = match (LabelPayload::parse(text), text.parse::<LabelCode>()) {
        (Ok(label), _) => package::print(connection, &label.print_id())?,
        (Err(_), Ok(code)) => package::print_by_code(connection, &code)?,
        (Err(_), Err(_)) => None,
    };
    if let Some(print) = print {
        return package::visits_by_subject(connection, &print.subject);
    }
    let by_title = package::visits_by_title(connection, text)?;
    if !by_title.is_empty() {
        return Ok(by_title);
    }
    let by_rack = package::visits_by_rack_name(connection, text, "")?;
    if !by_rack.is_empty() || text.len() < 8 {
        return Ok(by_rack);
    }
    package::visits_by_prefix(connection, text)
}

fn lines(connection: &Connection, layout: &Layout) -> Result<Vec<LineView>, FieldError> {
    // Lines of one subject follow each other, so the last view is nearly always the one wanted.
    let mut last: Option<SubjectView> = None;
    let mut views = Vec::with_capacity(layout.visit.lines.len());
    for line in &layout.visit.lines {
        let subject = match last.take().filter(|view| is_of(view, &line.subject)) {
            Some(view) => view,
            None => comparison::subject_view(connection, layout.round.ledger, &line.subject)?,
        };
        last = Some(subject.clone());
        views.push(line_view(connection, layout, line, subject)?);
    }
    Ok(views)
}

fn is_of(view: &SubjectView, subject: &Subject) -> bool {
    view.kind == subject.kind && view.id == subject.id
}

fn line_view(
    connection: &Connection,
    layout: &Layout,
    line: &PlanLine,
    subject: SubjectView,
) -> Result<LineView, FieldError> {
    let criterion = layout.criterion(&line.criterion)?;
    let checks = criterion
        .checks
        .iter()
        .map(|check| {
            Ok(CheckView {
                key: check.key.to_string(),
                label: check.label.clone(),
                input: check.input.clone(),
                presets: check.presets.clone(),
                expected: comparison::expected(connection, layout.round.ledger, &line.subject, &check.input)?,
                result: None,
            })
        })
        .collect::<Result<_, FieldError>>()?;
    let is_note = |note: &&Note| criterion.notes.contains(&note.key);
    Ok(LineView {
        no: line.no,
        criterion: line.criterion.clone(),
        category: criterion.category.clone(),
        item: criterion.item.clone(),
        text: criterion.text.clone(),
        english: criterion.english.clone(),
        subject,
        mode: layout.mode(criterion, &line.subject),
        evidence: criterion.evidence,
        notes: layout.template.notes.iter().filter(is_note).cloned().collect(),
        checks,
        answer: None,
    })
}

/// One line of an open draft as it stands.
pub(crate) fn view_of_line(connection: &Connection, desk: &Desk, line: &PlanLine) -> Result<LineView, FieldError> {
    let subject = comparison::subject_view(connection, desk.layout.round.ledger, &line.subject)?;
    let mut view = line_view(connection, &desk.layout, line, subject)?;
    let (answer, given) = desk.result_of(connection, line)?;
    put_results(&mut view, &given, answer);
    Ok(view)
}

fn put_results(view: &mut LineView, given: &[CheckResult], answer: Option<LineResult>) {
    for check in &mut view.checks {
        check.result = given.iter().find(|result| result.check.as_str() == check.key).cloned();
    }
    view.answer = answer;
}

fn view_of_plan(
    connection: &Connection,
    layout: &Layout,
    person: &Person,
    state: VisitState,
) -> Result<VisitView, FieldError> {
    let visit = &layout.visit;
    let room = visit.room.as_ref().map(|room| ledger::room_name(connection, layout.round.ledger, room)).transpose()?;
    Ok(VisitView {
        id: visit.id.clone(),
        round: layout.round.plan.plan.round.clone(),
        kind: visit.kind,
        title: visit.title.clone(),
        subject: comparison::subject_view(connection, layout.round.ledger, &visit.subject)?,
        room_name: room.flatten().unwrap_or_default(),
        person_name: person.name.clone(),
        state,
        started: None,
        last_saved_at: None,
        answered: 0,
        bulk: 0,
        missing: visit.lines.iter().map(|line| line.no).collect(),
        label_scanned: false,
        rack_closed: false,
        lines: lines(connection, layout)?,
        scans: Vec::new(),
        sightings: Vec::new(),
        reconciliation: Vec::new(),
        must_checks: layout.must_check_views(connection)?,
        finding_presets: presets(layout),
        findings: Vec::new(),
        evidence: Vec::new(),
        jumps: Vec::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
        returned: None,
    })
}

fn view_of_draft(
    connection: &Connection,
    desk: &Desk,
    person: &Person,
    now: &ClockReading,
) -> Result<VisitView, FieldError> {
    let id = &desk.draft.id;
    let mut view = view_of_plan(connection, &desk.layout, person, VisitState::Draft)?;
    let results = desk.results(connection)?;
    let mut checks = draft::checks(connection, id)?;
    let mut answers: BTreeMap<u32, &LineResult> = results.iter().map(|result| (result.no, result)).collect();
    view.missing.retain(|no| !answers.contains_key(no));
    for line in &mut view.lines {
        let given = checks.remove(&line.no).unwrap_or_default();
        put_results(line, &given, answers.remove(&line.no).cloned());
    }
    view.started = Some(desk.draft.started.clone());
    view.last_saved_at = Some(desk.draft.last_seen.wall_ms);
    view.answered = results.len();
    view.bulk = results.iter().filter(|result| result.bulk).count();
    view.rack_closed = desk.draft.is_closed;
    view.scans = draft::scans(connection, id)?;
    view.label_scanned = bulk::is_label_scanned(desk, &view.scans);
    view.sightings = draft::sightings(connection, id)?;
    if view.subject.kind == SubjectKind::Rack {
        view.reconciliation = rack_view::reconcile(connection, desk)?.list;
    }
    let given = follow_up::follow_ups(connection, id)?;
    for must in &mut view.must_checks {
        must.follow_up = given.iter().find(|one| one.finding == must.open.finding.id).cloned();
    }
    view.findings = draft::findings(connection, id)?;
    view.evidence = draft::evidence(connection, id)?;
    view.jumps = draft::jumps(connection, id)?;
    // One that the next answer will note is shown at once.
    view.jumps.extend(desk.new_jumps(&view.jumps, now));
    view.warnings = view.jumps.iter().map(jumps::warning).collect();
    view.problems =
        seal_problems(&desk.layout.template, &desk.layout.visit, &results, &view.findings, now.wall_ms.day_in_china());
    view.problems.extend(desk.follow_up_problems(connection)?);
    view.problems.sort_by_key(|problem| (problem.line.unwrap_or(u32::MAX), problem.rule));
    Ok(view)
}

/// The presets of the criteria that the visit asks.
fn presets(layout: &Layout) -> Vec<FindingPreset> {
    let asked: BTreeSet<&CriterionKey> = layout.visit.lines.iter().map(|line| &line.criterion).collect();
    asked.into_iter().flat_map(|criterion| FindingPresets::annex_a().of(criterion)).cloned().collect()
}
