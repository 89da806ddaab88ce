//! 复核: what a reviewer sees and signs, and what an inspector is told of it. Works on what was pulled; nothing here needs the
//! network but fetching photos.
//!
//! Every verdict shown is made anew from stored bytes. A countersignature leaves this module only after the same rules that
//! service and verifiers go by have accepted it ([`xunjian_proof::review`]), and waits in the outbox until its receipt is here.

mod amend;
mod checks;
mod sign;
mod view;

pub(crate) use self::{
    amend::{returned, returned_of},
    checks::proved,
};

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RoundId, VisitId},
    outcome::Outcome,
    party::{PartyKind, Role},
    plan::VisitKind,
    reconciliation::Verdict,
    text::Text,
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    record::Record,
    review::{LogOrder, ReviewError, ReviewState, Reviewed, review_state, verify_countersignature},
    risk::{Risk, risks, weight},
    statement::{Countersignature, ReviewVerdict, Statement as _},
    verification::VerifiedRecord,
};
use xunjian_protocol::{problem::Problem, review::problem_of};

pub use self::{
    amend::{AmendmentView, ReturnedVisit},
    checks::{CosignerView, ReviewStep, ReviewStepReport},
    sign::{NewReturn, Reviewed as ReviewedOne},
    view::{RecordSide, ReviewRecord},
};
pub use crate::store::review::CountersignatureState;
use crate::{
    Field,
    error::FieldError,
    store::{
        person::Person,
        review::{self, SaidRow},
    },
    trust,
};

/// What the list of a record to review shows, derived from its bytes when they came.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewSummary {
    /// The record.
    pub record: Sha256,
    /// The visit.
    pub visit: VisitId,
    /// Its revision.
    pub revision: u32,
    /// As the plan titles it.
    pub title: String,
    /// Room, rack, cluster or system.
    pub kind: VisitKind,
    /// The round.
    pub round: RoundId,
    /// The round's title.
    pub round_title: String,
    /// Who walked it.
    pub inspector: PersonId,
    /// That person's name.
    pub inspector_name: String,
    /// When it was sealed, by that terminal's clock.
    pub sealed_at: TimestampMs,
    /// When the service declared record and photos stored.
    pub delivered_at: TimestampMs,
    /// Lines.
    pub lines: u32,
    /// Lines answered 异常.
    pub abnormal: u32,
    /// Lines answered 不适用 or 未检.
    pub unanswered: u32,
    /// 问题.
    pub findings: u32,
    /// Assets of which something differs.
    pub discrepancies: u32,
    /// Assets nobody looked at.
    pub unverified: u32,
    /// Lines that 其余全部正常 filled.
    pub bulk: u32,
    /// Photos and other evidence.
    pub photos: Vec<Sha256>,
    /// What makes it worth a second look, the heaviest first.
    pub risks: Vec<Risk>,
    /// What that weighs together.
    pub weight: u32,
    /// Which step of the check failed when it came; empty when none did. Looking at the record checks it anew.
    pub failure: String,
}

impl ReviewSummary {
    pub(crate) fn of(id: Sha256, record: &Record, delivered_at: TimestampMs, failure: String) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let with = |outcome: Outcome| record.lines.iter().filter(|line| line.outcome == outcome).count();
        let differs = |verdict: &Verdict| verdict.is_discrepancy();
        let assets = || record.reconciliation.iter();
        let risks = risks(record);
        Self {
            record: id,
            visit: record.visit.id.clone(),
            revision: record.visit.revision,
            title: record.visit.title.clone(),
            kind: record.visit.kind,
            round: record.round.id.clone(),
            round_title: record.round.title.clone(),
            inspector: record.inspector.id.clone(),
            inspector_name: record.inspector.name.clone(),
            sealed_at: record.clock.sealed.wall_ms,
            delivered_at,
            lines: count(record.lines.len()),
            abnormal: count(with(Outcome::Abnormal)),
            unanswered: count(with(Outcome::NotApplicable) + with(Outcome::NotChecked)),
            findings: count(record.findings.len()),
            discrepancies: count(assets().filter(|one| one.verdicts.iter().any(differs)).count()),
            unverified: count(assets().filter(|one| one.verdicts.contains(&Verdict::Unverified)).count()),
            bulk: count(record.lines.iter().filter(|line| line.bulk).count()),
            photos: record.evidence.iter().map(|photo| photo.sha256).collect(),
            weight: weight(&risks),
            risks,
            failure,
        }
    }
}

/// A line of the list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewItem {
    /// What the record says.
    pub summary: ReviewSummary,
    /// How it stands; what was signed here and has not gone up counts already.
    pub state: ReviewState,
    /// Whether a countersignature made here waits for its receipt.
    pub waits: bool,
    /// Why the service refused the last countersignature made here.
    pub problem: Option<Problem>,
    /// Photos that are not here: they are fetched when somebody looks, or all at once.
    pub photos_missing: u32,
    /// Why this person cannot review it; `None` when they can.
    pub barred: Option<Text>,
}

/// The list, ordered: what waits first, by what the reasons weigh.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewQueue {
    /// The records.
    pub items: Vec<ReviewItem>,
    /// Those that wait for somebody.
    pub waiting: u32,
    /// Countersignatures that have not gone up.
    pub queued: u64,
}

/// A countersignature as shown.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CountersignatureView {
    /// SHA-256 of its envelope.
    pub sha256: Sha256,
    /// Who.
    pub reviewer_name: String,
    /// For whom.
    pub party_name: String,
    /// 监理方 or 管理方; `None` for a key nobody vouches for.
    pub party_kind: Option<PartyKind>,
    /// What it says.
    pub verdict: ReviewVerdict,
    /// What is wrong in which line, by the line's number.
    pub lines: BTreeMap<String, String>,
    /// What else was said.
    pub comment: String,
    /// When, by the reviewer's terminal.
    pub at: TimestampMs,
    /// How far it has come.
    pub state: CountersignatureState,
    /// Why it does not count; `None` when it does.
    pub failure: Option<Text>,
}

/// Whether a person may review at all, by the roles the service enrolled them with. What counts is the root's statement.
#[must_use]
pub fn is_reviewer(person: &Person) -> bool {
    person.roles.contains(&Role::Reviewer) && matches!(person.party.kind, PartyKind::Supervisor | PartyKind::Manager)
}

/// A broken rule as a sentence with its number, the same that the service would answer.
pub(crate) fn sentence(error: &ReviewError) -> Text {
    let (code, detail) = (problem_of(error), error.to_string());
    let (title, number) = (code.title(), code.number());
    Text::new(format!("{}（{number}）{detail}", title.zh), format!("{} ({number}) {detail}", title.en))
}

impl Field {
    /// Every record pulled for review, what waits first and the heaviest of it at the top.
    ///
    /// # Errors
    /// When the database fails.
    pub fn review_queue(&self, person: &Person) -> Result<ReviewQueue, FieldError> {
        let (rows, queued) = self.store.read(|connection| {
            let mut rows = review::list(connection)?;
            for row in rows.iter_mut().filter(|row| !row.summary.failure.is_empty()) {
                prove_again(connection, &mut row.summary)?;
            }
            Ok((rows, review::count_queued(connection)?))
        })?;
        let mut items: Vec<ReviewItem> = rows
            .into_iter()
            .map(|row| ReviewItem {
                state: review_state(row.verdict, row.is_amended),
                waits: row.is_waiting,
                problem: row.problem,
                photos_missing: row.photos_missing,
                barred: barred(person, &row.summary.inspector),
                summary: row.summary,
            })
            .collect();
        items.sort_by_key(|item| {
            let waits = item.state != ReviewState::Waiting;
            (waits, item.summary.failure.is_empty(), std::cmp::Reverse(item.summary.weight), item.summary.delivered_at)
        });
        let waiting = items.iter().filter(|item| item.state == ReviewState::Waiting).count();
        Ok(ReviewQueue { waiting: u32::try_from(waiting).unwrap_or(u32::MAX), items, queued })
    }

    /// The pulled record whose id begins with `wanted`, or the newest one of the visit `wanted`.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], also when several fit.
    pub fn find_review(&self, wanted: &str) -> Result<Sha256, FieldError> {
        let found = self.store.read(|connection| review::find(connection, wanted.trim()))?;
        match &found[..] {
            [only] => Ok(*only),
            [newest, _] if wanted.len() == 36 => Ok(*newest),
            _ => Err(FieldError::UnknownRecord(wanted.to_owned())),
        }
    }
}

/// A record that could not be verified when it came, with the keys that are known by now: those of a terminal that enrolled
/// later come with the next work package.
fn prove_again(connection: &Connection, summary: &mut ReviewSummary) -> Result<(), FieldError> {
    let Some(pulled) = review::get(connection, summary.record)? else { return Ok(()) };
    match proved(&pulled, &trust::keyring(connection)?) {
        Ok((_, delivered, _)) => (summary.delivered_at, summary.failure) = (delivered.stored_at, String::new()),
        Err(failure) => summary.failure = failure.to_string(),
    }
    Ok(())
}

/// Why a person cannot review a record of this inspector; what the rules say is asked again when something is signed.
fn barred(person: &Person, inspector: &PersonId) -> Option<Text> {
    if person.id == *inspector {
        return Some(sentence(&ReviewError::SamePerson(person.id.clone())));
    }
    (!is_reviewer(person)).then(|| sentence(&ReviewError::NotAReviewer(person.name.clone())))
}

/// Checks a countersignature that is here against the record it speaks of; the signed statement, and why it does not count.
fn check_said(
    connection: &Connection,
    row: &SaidRow,
    reviewed: Reviewed<'_>,
    keyring: &Keyring,
) -> Result<Option<(Countersignature, Option<ReviewError>)>, FieldError> {
    let Ok(signed) = Envelope::from_bytes(row.envelope.as_bytes()) else { return Ok(None) };
    let Ok(said) = Countersignature::read(&signed) else { return Ok(None) };
    let key = signed.key_ids().next();
    let order = match Receipt::parse(&row.receipt) {
        Ok(receipt) if keyring.verify_receipt(row.envelope.as_bytes(), &receipt).is_ok() => {
            let revoked = review::revocations(connection)?;
            LogOrder::Leaf { index: receipt.index, revoked: key.and_then(|key| revoked.get(key).copied()) }
        }
        _ => LogOrder::Unproved,
    };
    let failure = verify_countersignature(&signed, reviewed, keyring, order).err();
    Ok(Some((said, failure)))
}

fn said_views(
    connection: &Connection,
    record: &VerifiedRecord,
    envelope: &Envelope,
    delivered: &[u8],
    keyring: &Keyring,
) -> Result<Vec<CountersignatureView>, FieldError> {
    let reviewed = Reviewed { record, envelope, delivered };
    let mut views = Vec::new();
    for row in review::said_of(connection, record.id)? {
        let Some((said, failure)) = check_said(connection, &row, reviewed, keyring)? else { continue };
        let failure = match (&row.problem, failure) {
            (Some(problem), _) => Some(Text::new(problem.to_string(), problem.to_string())),
            (None, failure) => failure.as_ref().map(sentence),
        };
        let mut holders = keyring.statements().filter(|one| one.holder == said.reviewer.as_str());
        let holder = holders.next();
        views.push(CountersignatureView {
            sha256: row.sha256,
            reviewer_name: holder.map_or_else(|| said.reviewer.to_string(), |one| one.holder_name.clone()),
            party_name: holder.map_or_else(|| said.party.to_string(), |one| one.party.name.clone()),
            party_kind: holder.map(|one| one.party.kind),
            verdict: said.verdict,
            lines: said.lines,
            comment: said.comment,
            at: said.at,
            state: row.state,
            failure,
        });
    }
    Ok(views)
}
