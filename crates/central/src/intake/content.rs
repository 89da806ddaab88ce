//! What a record says of its photos, lines and ledger rows, held against the plan, the template and the pinned ledger. An
//! honest terminal seals nothing that is refused here; the rules stand for those that are not.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, RackId},
    ledger::{LedgerChunk, LedgerEntry, LedgerManifest, LedgerVersion},
    plan::{PlannedVisit, VisitKind},
    reading::AppliedLimit,
    template::{Mode, Template},
    value::Value,
    visit::LineResult,
};
use xunjian_proof::{
    record::{Capture, Evidence, Record},
    verification,
};
use xunjian_protocol::path::MAX_BLOB_BYTES;

use crate::{
    db::{Sql, sql},
    error::Error,
    ledger::read_chunk,
    log::to_i64,
};

/// Most photos and other evidence of one record.
const MAX_EVIDENCE: usize = 2_000;

/// What is wrong with a record by itself and against its planned visit; `None` when nothing is.
pub(super) fn problem(record: &Record, visit: &PlannedVisit, template: &Template) -> Option<String> {
    if record.visit.title != visit.title {
        return Some("the title is not the planned one".to_owned());
    }
    of_evidence(record)
        .or_else(|| of_findings(record, visit))
        .or_else(|| of_follow_ups(record, visit))
        .or_else(|| record.lines.iter().find_map(|line| of_line(record, line, template)))
}

fn of_evidence(record: &Record) -> Option<String> {
    let count = record.evidence.len();
    if count > MAX_EVIDENCE {
        return Some(format!("{count} pieces of evidence, at most {MAX_EVIDENCE}"));
    }
    let odd = record.evidence.iter().find(|photo| photo.bytes == 0 || photo.bytes > MAX_BLOB_BYTES)?;
    Some(format!("the photo {} has {} bytes, not 1 to {MAX_BLOB_BYTES}", odd.sha256, odd.bytes))
}

fn of_findings(record: &Record, visit: &PlannedVisit) -> Option<String> {
    let mut ids = BTreeSet::new();
    for finding in &record.findings {
        if !ids.insert(finding.id.as_str()) {
            return Some(format!("the finding {} stands twice", finding.id));
        }
        if let Some(no) = finding.line.filter(|no| visit.lines.iter().all(|line| line.no != *no)) {
            return Some(format!("the finding {} is of line {no}, which is not planned", finding.id));
        }
    }
    None
}

/// Answers to open problems: of planned lines, with photos taken on the spot; and a must-check line has its answer.
fn of_follow_ups(record: &Record, visit: &PlannedVisit) -> Option<String> {
    for answer in &record.follow_ups {
        if let Some(no) = answer.line.filter(|no| visit.lines.iter().all(|line| line.no != *no)) {
            return Some(format!("the problem {} is looked at on line {no}, which is not planned", answer.finding));
        }
        let mut attached = record.evidence.iter().filter(|photo| answer.after_photos.contains(&photo.sha256));
        if let Some(photo) = attached.find(|photo| photo.capture == Capture::Imported || photo.media_type == "text/csv")
        {
            return Some(format!("{} was imported and is no photo of a rectified problem", photo.sha256));
        }
    }
    let is_answered = |line: &&LineResult| {
        line.must_check.as_ref().is_none_or(|id| record.follow_ups.iter().any(|answer| answer.finding == *id))
    };
    let forgotten = record.lines.iter().find(|line| !is_answered(line))?;
    Some(format!("line {}: the open problem of an earlier round has no answer", forgotten.no))
}

/// An answer to an open problem names the record that it was signed in.
pub(super) fn of_earlier_findings(sql: &dyn Sql, record: &Record) -> Result<Option<String>, Error> {
    for answer in &record.follow_ups {
        let row = sql.first(sql!("record_by_id"), &[answer.record.to_hex().into()])?;
        let signed = row.map(|row| row.bytes(0).map(verification::read_record)).transpose()?;
        let is_there = |earlier: &Record| earlier.findings.iter().any(|finding| finding.id == answer.finding);
        if !signed.is_some_and(|read| read.is_ok_and(|(_, earlier)| is_there(&earlier.record))) {
            return Ok(Some(format!("the record {} has no problem {}", answer.record, answer.finding)));
        }
    }
    Ok(None)
}

fn of_line(record: &Record, line: &LineResult, template: &Template) -> Option<String> {
    let criterion = template.criterion(&line.criterion)?;
    let planned = criterion.scopes.iter().find(|scope| scope.subject == line.subject.kind).map(|scope| scope.mode);
    // Going there for what could be asked from afar is always allowed; the other way round never.
    if line.mode == Mode::Remote && planned != Some(Mode::Remote) {
        return Some(format!("line {}: is inspected on site, not remotely", line.no));
    }
    let is_remote_only = |photo: &&Evidence| photo.capture == Capture::Imported || photo.media_type == "text/csv";
    let mut attached = record.evidence.iter().filter(|photo| line.photos.contains(&photo.sha256));
    if line.mode == Mode::OnSite
        && let Some(photo) = attached.find(is_remote_only)
    {
        return Some(format!("line {}: {} was imported and is no evidence of an on-site line", line.no, photo.sha256));
    }
    let readings = line.checks.iter().filter_map(|check| match &check.value {
        Some(Value::Readings { readings }) => Some(readings),
        _ => None,
    });
    let lies = |limit: &AppliedLimit, value| {
        let above = limit.low.as_ref().is_none_or(|low| value >= low);
        let below = limit.high.as_ref().is_none_or(|high| value <= high);
        limit.within != (above && below)
    };
    let wrong =
        readings.flatten().find(|reading| reading.limit.as_ref().is_some_and(|limit| lies(limit, &reading.value)));
    wrong.map(|reading| format!("line {}: the reading at {} is judged against its own limit", line.no, reading.point))
}

/// What is wrong with the ledger rows that the record was held against: they are those of the pinned ledger, whole for the
/// rack of the visit, and each is reconciled once.
pub(super) fn of_ledger(
    sql: &dyn Sql,
    record: &Record,
    visit: &PlannedVisit,
    version: &LedgerVersion,
) -> Result<Option<String>, Error> {
    let mut ledger = PinnedLedger { sql, manifest: read_chunk(sql, &version.sha256)?, racks: BTreeMap::new() };
    let is_of_ledger = |sha256: &Sha256| ledger.manifest.chunks.iter().any(|part| part.sha256 == *sha256);
    if let Some(other) = record.compared_chunks.iter().find(|sha256| !is_of_ledger(sha256)) {
        return Ok(Some(format!("the chunk {other} is not of the pinned ledger")));
    }
    let mut compared = BTreeSet::new();
    for entry in &record.compared {
        if !compared.insert(&entry.id) {
            return Ok(Some(format!("the asset {} was compared twice", entry.id)));
        }
        if !ledger.rack(&entry.rack)?.contains(entry) {
            return Ok(Some(format!("the row of the asset {} is not the ledger's", entry.id)));
        }
    }
    let reconciled: Vec<&AssetId> = record.reconciliation.iter().filter_map(|one| one.asset.as_ref()).collect();
    if visit.kind != VisitKind::Rack {
        let is_empty = record.reconciliation.is_empty();
        return Ok((!is_empty).then(|| "only racks are reconciled".to_owned()));
    }
    let rack = RackId::new(&*visit.subject.id);
    if let Some(asset) = ledger.rack(&rack)?.iter().find(|asset| !compared.contains(&asset.id)) {
        return Ok(Some(format!("the asset {} of the rack was not compared", asset.id)));
    }
    let sighted = record.reconciliation.iter().filter_map(|one| one.sighting.as_ref()).flat_map(|seen| &seen.photos);
    let named: BTreeSet<&Sha256> = sighted.collect();
    let mut photos = record.evidence.iter().filter(|photo| named.contains(&photo.sha256));
    if let Some(photo) = photos.find(|photo| photo.capture == Capture::Imported || photo.media_type == "text/csv") {
        return Ok(Some(format!("{} was imported and is no photo of an asset", photo.sha256)));
    }
    let unique: BTreeSet<&AssetId> = reconciled.iter().copied().collect();
    if unique.len() != reconciled.len() {
        return Ok(Some("an asset is reconciled twice".to_owned()));
    }
    let other = unique.symmetric_difference(&compared).next();
    Ok(other.map(|asset| format!("the asset {asset} is compared but not reconciled, or the other way round")))
}

/// The ledger of the plan, of which only the racks that matter are read.
struct PinnedLedger<'a> {
    sql: &'a dyn Sql,
    manifest: LedgerManifest,
    racks: BTreeMap<RackId, Vec<LedgerEntry>>,
}

impl PinnedLedger<'_> {
    /// The assets of a rack; none for a rack that the ledger does not have.
    fn rack(&mut self, rack: &RackId) -> Result<&[LedgerEntry], Error> {
        if !self.racks.contains_key(rack) {
            let key = format!("rack/{rack}");
            let part = self.manifest.chunks.iter().find(|part| part.key == key);
            let assets = match part.map(|part| read_chunk(self.sql, &part.sha256)).transpose()? {
                Some(LedgerChunk::Rack { assets, .. }) => assets,
                _ => Vec::new(),
            };
            self.racks.insert(rack.clone(), assets);
        }
        Ok(self.racks.get(rack).map_or(&[], Vec::as_slice))
    }
}

/// A photo that is stored, or that this terminal named before, has one size. What other terminals claim does not count: a
/// wrong claim must not keep honest records out.
pub(super) fn of_blobs(sql: &dyn Sql, record: &Record) -> Result<Option<String>, Error> {
    for blob in record.blobs() {
        let values = [blob.sha256.to_hex().into(), record.terminal.id.as_str().into()];
        for row in sql.query(sql!("blob_claimed"), &values)? {
            if row.i64(0)? != to_i64(blob.bytes) {
                return Ok(Some(format!("the photo {} has another size than it had before", blob.sha256)));
            }
        }
    }
    Ok(None)
}
