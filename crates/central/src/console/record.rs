//! One record, checked anew from stored bytes each time somebody looks at it. The lists may say what they like.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, subject::Subject, template::Template};
use xunjian_proof::{
    record::{Capture, Record},
    statement::BlobRef,
    verification::{self, SealedBetween},
};

use super::{
    beside,
    names::Names,
    page::missing,
    read_model::Counts,
    records::RecordItem,
    steps::{self, Checked, StepReport, Stored},
};
use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    integrity::{self, Findings},
    ledger::read_chunk,
    log::to_u64,
    review::{self, ReviewEntryView},
    round::kind_text,
    site::Site,
};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum RecordVerdict {
    /// Every step passed.
    Verified,
    /// Nothing failed, and something has not come yet.
    Waiting,
    /// A step failed.
    Failed,
}

/// A photo or other piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordBlob {
    /// Its name.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Its media type, as the record says.
    pub media_type: String,
    /// `camera`, `file` or `imported`.
    pub capture: String,
    /// Whether it is here.
    pub stored: bool,
    /// Whether its bytes still hash to its name.
    pub intact: bool,
    /// Pixels; 0 for what is not a picture.
    pub width: u32,
    /// Pixels; 0 for what is not a picture.
    pub height: u32,
    /// What it shows.
    pub caption: String,
}

/// What a subject of the record is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SubjectName {
    /// The subject.
    pub subject: Subject,
    /// Its name in the pinned ledger.
    pub name: String,
    /// Its place in the rack; empty for what has none.
    pub position: String,
}

/// A record with its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConsoleRecord {
    /// As in the list, but counted from the record itself.
    pub item: RecordItem,
    /// What the check came to.
    pub verdict: RecordVerdict,
    /// The check, in the order of its steps.
    pub steps: Vec<StepReport>,
    /// The first step that failed.
    pub failed_step: Option<String>,
    /// When it was checked.
    pub checked_at: i64,
    /// SHA-256 of the envelope's bytes.
    pub envelope_sha256: String,
    /// Its place in the log.
    pub leaf: Option<u64>,
    /// The terminal's record before it.
    pub previous: Option<String>,
    /// The terminal's record after it.
    pub following: Option<String>,
    /// When it was sealed, as far as that is proved.
    pub sealed_between: SealedBetween,
    /// `null` when the stored bytes cannot even be read.
    pub record: Option<Record>,
    /// The criteria it was walked by.
    pub template: Option<Template>,
    /// What its subjects are called.
    pub subjects: Vec<SubjectName>,
    /// Its photos.
    pub blobs: Vec<RecordBlob>,
    /// How many other records claim its place: its revision of the visit, or its place in the terminal's chain.
    pub beside: u32,
    /// What reviewers said, in the log's order, each checked anew.
    pub countersignatures: Vec<ReviewEntryView>,
}

/// `GET records/ID`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn view(site: &Site, id: &str) -> Result<ConsoleRecord, Error> {
    let (mut view, checked, blobs) = site.db.read(|sql| read(site, sql, id))?;
    // Photos are hashed without holding the database.
    let states = blobs.iter().map(|blob| (blob.sha256.to_hex(), steps::blob_state(site, blob))).collect::<Vec<_>>();
    for (blob, (_, state)) in view.blobs.iter_mut().zip(&states) {
        (blob.stored, blob.intact) = (state.is_stored, state.is_intact);
    }
    view.item.photos_stored = u32::try_from(view.blobs.iter().filter(|blob| blob.stored).count()).unwrap_or(u32::MAX);
    view.steps = steps::reports(&checked, &states);
    let failed = view.steps.iter().find(|step| step.passed == Some(false));
    view.failed_step = failed.map(|step| kind_text(step.step)).transpose()?;
    view.verdict = if view.failed_step.is_some() {
        RecordVerdict::Failed
    } else if view.steps.iter().all(|step| step.passed == Some(true)) {
        RecordVerdict::Verified
    } else {
        RecordVerdict::Waiting
    };
    Ok(view)
}

fn read(site: &Site, sql: &dyn Sql, id: &str) -> Result<(ConsoleRecord, Checked, Vec<BlobRef>), Error> {
    let row = sql.first(sql!("record_of_id"), &[id.into()])?.ok_or_else(|| missing(id))?;
    let envelope = row.bytes(0)?;
    let keyring = integrity::keyring(site, sql, &mut Findings::default());
    let stored = Stored { id, envelope, envelope_sha256: row.text(1)? };
    let checked = steps::check(sql, keyring.as_ref(), &stored);
    let record = checked.record.as_ref().map(|read| &read.record);
    let blobs = match record {
        Some(record) => record.blobs(),
        None => named_beside(sql, id)?,
    };
    let item = item(sql, id, &row, record, &blobs)?;
    let (terminal, sequence) = (item.terminal.clone(), item.sequence);
    let previous = match record {
        Some(record) => record.terminal.previous.map(|previous| previous.to_hex()),
        None => steps::in_chain(sql, &terminal, sequence.saturating_sub(1))?,
    };
    let template = record.map(|record| read_chunk(sql, &record.template.sha256)).and_then(Result::ok);
    let subjects = record.map(|record| subjects(sql, record)).transpose()?.unwrap_or_default();
    let view = ConsoleRecord {
        item,
        verdict: RecordVerdict::Waiting,
        steps: Vec::new(),
        failed_step: None,
        checked_at: clock::now().0,
        envelope_sha256: Sha256::of(envelope).to_hex(),
        leaf: checked.leaf,
        previous,
        following: steps::in_chain(sql, &terminal, sequence.saturating_add(1))?,
        sealed_between: checked.sealed,
        record: record.cloned(),
        template,
        subjects,
        blobs: blobs.iter().map(|blob| described(blob, record)).collect::<Result<_, _>>()?,
        beside: record.map_or(Ok(0), |record| beside::others(sql, record, &Sha256::of(envelope)))?,
        countersignatures: review::of_record(site, sql, id)?,
    };
    Ok((view, checked, blobs))
}

/// The photos of a record that have these hashes, each hashed anew; not while the database is held, because photos are large.
///
/// # Errors
/// [`Error`] when a word of the record cannot be spelled.
pub(super) fn photos(site: &Site, record: &Record, wanted: &[Sha256]) -> Result<Vec<RecordBlob>, Error> {
    let blobs = record.blobs().into_iter().filter(|blob| wanted.contains(&blob.sha256));
    blobs
        .map(|blob| {
            let state = steps::blob_state(site, &blob);
            Ok(RecordBlob { stored: state.is_stored, intact: state.is_intact, ..described(&blob, Some(record))? })
        })
        .collect()
}

/// When the record itself cannot be read, the rows beside it still say which photos came with it.
fn named_beside(sql: &dyn Sql, id: &str) -> Result<Vec<BlobRef>, Error> {
    let rows = sql.query(sql!("record_blob_of"), &[id.into()])?;
    let read = |row: &Row| Some(BlobRef { sha256: row.text(0).ok()?.parse().ok()?, bytes: to_u64(row.i64(1).ok()?) });
    Ok(rows.iter().filter_map(read).collect())
}

fn item(sql: &dyn Sql, id: &str, row: &Row, record: Option<&Record>, blobs: &[BlobRef]) -> Result<RecordItem, Error> {
    let delivered = sql.first(sql!("delivered_of"), &[id.into()])?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut item = RecordItem {
        id: id.to_owned(),
        title: row.text(10)?.to_owned(),
        kind: row.text(11)?.to_owned(),
        visit: row.text(4)?.to_owned(),
        round: row.text(12)?.to_owned(),
        round_title: String::new(),
        inspector: row.text(6)?.to_owned(),
        inspector_name: String::new(),
        terminal: row.text(2)?.to_owned(),
        terminal_name: row.text(9)?.to_owned(),
        sequence: to_u64(row.i64(3)?),
        sealed_at: row.i64(7)?,
        received_at: row.i64(8)?,
        delivered_at: delivered.map(|row| row.i64(3)).transpose()?,
        lines: 0,
        abnormal: 0,
        bulk: 0,
        findings: 0,
        discrepancies: 0,
        unverified: 0,
        photos: count(blobs.len()),
        photos_stored: 0,
        jumps: 0,
        review: review::state(sql, id)?,
    };
    let Some(record) = record else { return Ok(item) };
    let counts = Counts::of(record);
    item.title.clone_from(&record.visit.title);
    item.kind = kind_text(record.visit.kind)?;
    item.visit = record.visit.id.to_string();
    item.round = record.round.id.to_string();
    item.round_title.clone_from(&record.round.title);
    item.inspector = record.inspector.id.to_string();
    item.inspector_name.clone_from(&record.inspector.name);
    item.terminal = record.terminal.id.to_string();
    item.sequence = record.terminal.sequence;
    item.sealed_at = record.clock.sealed.wall_ms.0;
    item.lines = count(record.lines.len());
    item.abnormal = counts.outcomes[1];
    item.bulk = counts.bulk;
    item.findings = count(record.findings.len());
    item.discrepancies = counts.discrepancies;
    item.unverified = counts.unverified;
    item.jumps = count(record.clock.jumps.len());
    Ok(item)
}

fn described(blob: &BlobRef, record: Option<&Record>) -> Result<RecordBlob, Error> {
    let evidence = record.and_then(|record| record.evidence.iter().find(|one| one.sha256 == blob.sha256));
    Ok(RecordBlob {
        sha256: blob.sha256.to_hex(),
        bytes: blob.bytes,
        media_type: evidence.map_or_else(String::new, |one| one.media_type.clone()),
        capture: kind_text(evidence.map_or(Capture::File, |one| one.capture))?,
        stored: false,
        intact: false,
        width: evidence.map_or(0, |one| one.width),
        height: evidence.map_or(0, |one| one.height),
        caption: evidence.map_or_else(String::new, |one| one.caption.clone()),
    })
}

/// Names as the ledger had them that the record was held against.
pub(super) fn subjects(sql: &dyn Sql, record: &Record) -> Result<Vec<SubjectName>, Error> {
    let names = Names::of_version(sql, &record.ledger)?.with_assets(&record.compared);
    let of_lines = record.lines.iter().map(|line| &line.subject);
    let of_findings = record.findings.iter().map(|finding| &finding.subject);
    let mut all: BTreeSet<Subject> = of_lines.chain(of_findings).chain([&record.visit.subject]).cloned().collect();
    all.extend(record.compared.iter().map(|asset| Subject {
        kind: xunjian_domain::subject::SubjectKind::of_asset(asset.kind),
        id: asset.id.to_string(),
    }));
    let named =
        |subject: Subject| SubjectName { name: names.subject(&subject), position: names.position(&subject), subject };
    Ok(all.into_iter().map(named).collect())
}

/// `GET records/ID/envelope`: the exact bytes.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn envelope(site: &Site, id: &str) -> Result<Vec<u8>, Error> {
    let row = site.db.read(|sql| sql.first(sql!("record_by_id"), &[id.into()]))?.ok_or_else(|| missing(id))?;
    Ok(row.bytes(0)?.to_vec())
}

/// The evidence of a record that has this hash, with its media type.
///
/// # Errors
/// [`Error::Problem`] 404.3 when the record, as its stored bytes say, names no such photo.
pub(super) fn evidence(site: &Site, id: &str, sha256: &Sha256) -> Result<(BlobRef, String), Error> {
    let bytes = envelope(site, id)?;
    let (_, read) = verification::read_record(&bytes).map_err(|failure| missing(failure.to_string()))?;
    let found = read.record.evidence.iter().find(|one| one.sha256 == *sha256);
    let found = found.ok_or_else(|| missing(format!("the record names no photo {sha256}")))?;
    Ok((BlobRef { sha256: found.sha256, bytes: found.bytes }, found.media_type.clone()))
}
