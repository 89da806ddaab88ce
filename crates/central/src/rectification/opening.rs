//! 立项: what the delivered records that count show to be wrong, and opening it.
//!
//! What an inspector wrote down as a finding has its severity, unit and due day in the signed record and is opened as it stands,
//! by the running service or by hand. An abnormal line that no finding speaks of, and a discrepancy, lack some of that: whoever
//! opens them says it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, CriterionKey, FindingId},
    outcome::Outcome,
    reconciliation::{Reconciliation, Verdict},
    rectification::{Opening, Source, Step},
    subject::{Subject, SubjectKind},
    visit::{Finding, LineResult, Severity},
};
use xunjian_proof::{
    record::Record,
    rectification::{History, RectificationStep, Signatory},
    statement::Statement as _,
    verification,
};

use super::{find, store};
use crate::{
    clock,
    console::names::Names,
    db::{Sql, sql},
    error::Error,
    site::Site,
};

/// What is opened where the record does not say it.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The owning or responsible unit.
    pub unit: String,
    /// The last day for it.
    pub due_on: Option<Date>,
    /// How bad it is, for lines and discrepancies.
    pub severity: Option<Severity>,
}

/// Something that a delivered record shows, and that nobody has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "UnopenedItem"))]
pub struct Candidate {
    /// What it will be known by.
    pub id: Sha256,
    /// What would be opened. Unit and due day may be missing.
    pub opening: Opening,
    /// Whether unit and clock or due day are there.
    pub is_complete: bool,
}

impl Candidate {
    fn of(opening: Opening) -> Self {
        let has_time = opening.due_on.is_some() || opening.severity.respond_within_minutes().is_some();
        let is_complete = has_time && !opening.owning_unit.trim().is_empty();
        Self { id: opening.source.id(), opening, is_complete }
    }

    /// With what the record does not say.
    fn with(mut self, defaults: &Defaults) -> Self {
        let opening = &mut self.opening;
        if let (Some(severity), false) = (defaults.severity, matches!(opening.source, Source::Finding { .. })) {
            opening.severity = severity;
        }
        if opening.owning_unit.trim().is_empty() {
            opening.owning_unit.clone_from(&defaults.unit);
        }
        if opening.severity.respond_within_minutes().is_some() {
            opening.due_on = None;
        } else if opening.due_on.is_none() {
            opening.due_on = defaults.due_on;
        }
        Self::of(self.opening)
    }
}

/// What is common to everything a record shows.
struct Shown<'a> {
    id: Sha256,
    record: &'a Record,
    names: Names,
}

impl Shown<'_> {
    fn opening(&self, source: Source, subject: &Subject, criterion: Option<&CriterionKey>) -> Opening {
        let record = self.record;
        let place = [self.names.room_of(subject), self.names.rack_of(subject)];
        let mut place: Vec<String> = place.into_iter().filter(|part| !part.is_empty()).collect();
        if place.is_empty() {
            place.push(record.visit.title.clone());
        }
        let owner = record.compared.iter().find(|asset| subject.kind.is_asset() && asset.id.as_str() == subject.id);
        Opening {
            source,
            record: self.id,
            round: record.round.id.clone(),
            criterion: criterion.cloned(),
            subject: subject.clone(),
            subject_name: self.names.subject(subject),
            place: place.join(" · "),
            severity: Severity::Major,
            description: String::new(),
            verdicts: Vec::new(),
            owning_unit: owner.map_or_else(String::new, |asset| asset.owning_unit.clone()),
            due_on: None,
            found_at: record.clock.sealed.wall_ms,
            found_by: record.inspector.id.clone(),
            called_at: None,
            before_photos: Vec::new(),
        }
    }

    fn finding(&self, finding: &Finding) -> Opening {
        let line = finding.line.and_then(|no| self.record.lines.iter().find(|line| line.no == no));
        let source = Source::Finding { finding: finding.id.clone() };
        let bare = self.opening(source, &finding.subject, line.map(|line| &line.criterion));
        let unit = finding.responsible_unit.trim();
        Opening {
            severity: finding.severity,
            description: finding.description.clone(),
            owning_unit: if unit.is_empty() { bare.owning_unit } else { unit.to_owned() },
            due_on: finding.due_on.filter(|_| finding.severity.respond_within_minutes().is_none()),
            found_at: finding.found.wall_ms,
            called_at: finding.desk_call.as_ref().map(|call| call.at.wall_ms),
            before_photos: finding.photos.clone(),
            ..bare
        }
    }

    fn line(&self, line: &LineResult) -> Opening {
        let source = Source::Line { visit: self.record.visit.id.clone(), line: line.no };
        Opening {
            description: line.note.clone(),
            found_at: line.answered.wall_ms,
            before_photos: line.photos.clone(),
            ..self.opening(source, &line.subject, Some(&line.criterion))
        }
    }

    fn discrepancy(&self, place: u32, one: &Reconciliation) -> Opening {
        let record = self.record;
        let visit = record.visit.id.clone();
        let source = match &one.asset {
            Some(asset) => Source::Discrepancy { visit, asset: Some(asset.clone()), place: 0 },
            None => Source::Discrepancy { visit, asset: None, place },
        };
        let subject = one.asset.as_ref().map_or_else(|| record.visit.subject.clone(), |asset| self.asset(asset));
        let bare = self.opening(source, &subject, None);
        let seen = one.sighting.as_ref();
        let words: BTreeSet<&str> = one.verdicts.iter().map(|verdict| verdict.zh()).collect();
        let words = words.into_iter().collect::<Vec<_>>().join("、");
        let note = seen.map_or("", |seen| seen.note.trim());
        let what = seen.filter(|_| one.asset.is_none()).map_or_else(String::new, |seen| {
            let parts = [seen.brand.as_deref(), seen.model.as_deref(), seen.serial.as_deref()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        let parts = [words.as_str(), what.as_str(), note].into_iter().filter(|part| !part.is_empty());
        let told = seen.and_then(|seen| seen.owning_unit.clone()).filter(|_| one.asset.is_none());
        Opening {
            severity: Severity::Minor,
            description: parts.collect::<Vec<_>>().join("；"),
            verdicts: one.verdicts.clone(),
            owning_unit: told.unwrap_or_else(|| bare.owning_unit.clone()),
            before_photos: seen.map_or_else(Vec::new, |seen| seen.photos.clone()),
            ..bare
        }
    }

    fn asset(&self, asset: &AssetId) -> Subject {
        let row = self.record.compared.iter().find(|row| row.id == *asset);
        let kind = row.map_or(SubjectKind::OtherAsset, |row| SubjectKind::of_asset(row.kind));
        Subject { kind, id: asset.to_string() }
    }

    fn all(&self) -> Vec<Opening> {
        let record = self.record;
        let mut all: Vec<Opening> = record.findings.iter().map(|finding| self.finding(finding)).collect();
        let spoken: BTreeSet<u32> = record.findings.iter().filter_map(|finding| finding.line).collect();
        let abnormal =
            record.lines.iter().filter(|line| line.outcome == Outcome::Abnormal && !spoken.contains(&line.no));
        all.extend(abnormal.map(|line| self.line(line)));
        let differs = |one: &Reconciliation| one.verdicts.iter().any(|verdict: &Verdict| verdict.is_discrepancy());
        let differing = (0_u32..).zip(&record.reconciliation).filter(|(_, one)| differs(one));
        all.extend(differing.map(|(place, one)| self.discrepancy(place, one)));
        all
    }
}

/// What the delivered records that count show, of a round or of all where it is empty, and nobody has opened.
///
/// # Errors
/// [`Error::Damaged`] for a record that cannot be read.
pub fn candidates(sql: &dyn Sql, round: &str) -> Result<Vec<Candidate>, Error> {
    let rows = sql.query(sql!("rectification_record"), &[round.into()])?;
    shown(sql, &rows.iter().map(|row| Ok(row.bytes(1)?)).collect::<Result<Vec<_>, Error>>()?)
}

/// What these records show, and nobody has opened.
fn shown(sql: &dyn Sql, envelopes: &[&[u8]]) -> Result<Vec<Candidate>, Error> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for envelope in envelopes {
        let (_, read) = verification::read_record(envelope).map_err(|why| Error::Damaged(why.to_string()))?;
        let names = Names::of_version(sql, &read.record.ledger)?.with_assets(&read.record.compared);
        let shown = Shown { id: read.id, record: &read.record, names };
        for opening in shown.all() {
            let id = opening.source.id();
            let is_open = sql.first(sql!("rectification_step_of"), &[id.to_hex().into()])?.is_some();
            if !is_open && seen.insert(id) {
                found.push(Candidate::of(opening));
            }
        }
    }
    Ok(found)
}

/// Opens what inspectors wrote down as findings with unit and clock or due day: nothing is left to say. The running service does
/// so by itself. Returns what was opened.
///
/// # Errors
/// [`Error`] of the database.
pub fn open_complete(site: &Site, actor: &str, round: &str) -> Result<Vec<History>, Error> {
    if site.db.read(|sql| complete(sql, round))?.is_empty() {
        return Ok(Vec::new());
    }
    let opened = site.db.write(|sql| {
        let ready = complete(sql, round)?;
        ready.iter().map(|one| put(site, sql, actor, &one.opening)).collect::<Result<Vec<_>, Error>>()
    })?;
    site.sequence()?;
    Ok(opened)
}

/// Findings with unit and clock or due day that nobody has opened. Only records that hold one not yet opened are read: this runs
/// every minute, over all rounds.
fn complete(sql: &dyn Sql, round: &str) -> Result<Vec<Candidate>, Error> {
    let known = sql.query(sql!("rectification_ids"), &[])?;
    let known: BTreeSet<&str> = known.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    let mut records = BTreeSet::new();
    for row in sql.query(sql!("rectification_finding"), &[round.into()])? {
        let source = Source::Finding { finding: FindingId::new(row.text(0)?) };
        if !known.contains(source.id().to_hex().as_str()) {
            records.insert(row.text(1)?.to_owned());
        }
    }
    let mut rows = Vec::new();
    for record in records {
        rows.extend(sql.first(sql!("record_by_id"), &[record.into()])?);
    }
    let all = shown(sql, &rows.iter().map(|row| Ok(row.bytes(0)?)).collect::<Result<Vec<_>, Error>>()?)?;
    let is_ready = |one: &Candidate| one.is_complete && matches!(one.opening.source, Source::Finding { .. });
    Ok(all.into_iter().filter(is_ready).collect())
}

/// Opens what begins with one of these ids, or everything of the round where none is given, with what the records do not say.
///
/// # Errors
/// [`Error::Told`] for an id that fits nothing, or when something that is to be opened lacks its unit or due day; then nothing
/// was opened.
pub fn open(
    site: &Site,
    actor: &str,
    round: &str,
    wanted: &[String],
    defaults: &Defaults,
) -> Result<Vec<History>, Error> {
    let opened = site.db.write(|sql| {
        let all = candidates(sql, round)?;
        let fits = |one: &Candidate, id: &String| one.id.to_hex().starts_with(id.as_str());
        for id in wanted {
            if all.iter().filter(|one| fits(one, id)).count() != 1 {
                let is_open = find(sql, id).is_ok();
                return Err(Error::told(
                    if is_open {
                        format!("{id} 已立项，未重复立项")
                    } else {
                        format!("没有（或不止一项）待立项的“{id}”，请用 xunjian finding list --unopened 查看")
                    },
                    if is_open {
                        format!("{id} was opened already")
                    } else {
                        format!("none or several of what is not open begin with “{id}”")
                    },
                ));
            }
        }
        let chosen = all.into_iter().filter(|one| wanted.is_empty() || wanted.iter().any(|id| fits(one, id)));
        let chosen: Vec<Candidate> = chosen.map(|one| one.with(defaults)).collect();
        if let Some(lacking) = chosen.iter().find(|one| !one.is_complete) {
            let (id, what) = (lacking.id.short(), &lacking.opening.description);
            let (zh, en) = if lacking.opening.owning_unit.trim().is_empty() {
                ("归属单位，请用 --unit 给出", "a unit: give it with --unit")
            } else {
                ("期限，请用 --due 给出", "a due day: give it with --due")
            };
            return Err(Error::told(
                format!("{id}（{what}）没有{zh}。均未立项"),
                format!("{id} ({what}) has not {en}. Nothing was opened"),
            ));
        }
        chosen.iter().map(|one| put(site, sql, actor, &one.opening)).collect::<Result<Vec<_>, Error>>()
    })?;
    site.sequence()?;
    Ok(opened)
}

fn put(site: &Site, sql: &dyn Sql, actor: &str, opening: &Opening) -> Result<History, Error> {
    let now = clock::now();
    let said = RectificationStep {
        site: site.settings.root.site.clone(),
        round: opening.round.clone(),
        rectification: opening.source.id(),
        previous: None,
        step: Step::Opened { opening: Box::new(opening.clone()) },
        by: Signatory::Service { actor: actor.to_owned() },
        at: now,
    };
    let envelope = said.sign(&[&site.keys.service])?;
    let history = History::begin(&said, envelope.sha256(), now)
        .map_err(|error| Error::told(format!("不能立项：{error}"), format!("cannot be opened: {error}")))?;
    store(site, sql, actor, (&said, &envelope), 0, now)?;
    Ok(history)
}
