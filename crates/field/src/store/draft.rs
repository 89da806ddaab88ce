//! Rows of drafts: everything answered, scanned, sighted and attached before sealing.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, PersonId, VisitId},
    outcome::Outcome,
    reconciliation::Sighting,
    template::Mode,
    time::ClockReading,
    visit::{CheckResult, Finding, NoPhoto},
};
use xunjian_proof::record::{ClockJump, Evidence, LabelScan};

use super::{Unsigned, documents, from_json, from_text, optional, run, sql, to_json};
use crate::error::FieldError;

/// An open draft.
#[derive(Debug, Clone)]
pub(crate) struct DraftRow {
    pub id: String,
    pub started: ClockReading,
    pub last_seen: ClockReading,
    pub is_closed: bool,
}

/// The answer to a line as a draft keeps it; its checks and photos are rows of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineAnswer {
    pub mode: Mode,
    pub outcome: Outcome,
    pub reason: String,
    pub note: String,
    pub no_photo: Option<NoPhoto>,
    pub answered: ClockReading,
    pub spent_ms: Option<u64>,
    pub bulk: bool,
    pub edits: u32,
}

pub(crate) fn insert(
    connection: &Connection,
    id: &str,
    visit: &VisitId,
    person: &PersonId,
    started: &ClockReading,
) -> Result<(), FieldError> {
    let values = params![id, visit.as_str(), person.as_str(), to_json(started)?];
    run(connection, sql!("draft/insert"), values).map(drop)
}

pub(crate) fn find(
    connection: &Connection,
    visit: &VisitId,
    person: &PersonId,
) -> Result<Option<DraftRow>, FieldError> {
    let row =
        connection.prepare_cached(sql!("draft/find"))?.query_row(params![visit.as_str(), person.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, bool>(3)?))
        });
    optional(row)?
        .map(|(id, started, last_seen, is_closed)| {
            Ok(DraftRow { id, started: from_json(&started)?, last_seen: from_json(&last_seen)?, is_closed })
        })
        .transpose()
}

/// How far an open draft has come.
pub(crate) struct Progress {
    pub started: ClockReading,
    pub lines: u32,
    pub findings: u32,
    pub photos: u32,
}

/// Every open draft of a person.
pub(crate) fn progress(connection: &Connection, person: &PersonId) -> Result<HashMap<VisitId, Progress>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft/progress"))?;
    let mut rows = statement.query([person.as_str()])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let started = from_json(&row.get::<_, String>(1)?)?;
        let progress = Progress { started, lines: row.get(2)?, findings: row.get(3)?, photos: row.get(4)? };
        found.insert(VisitId::new(row.get::<_, String>(0)?), progress);
    }
    Ok(found)
}

/// Names of the others with an open draft of a visit.
pub(crate) fn drafted_by_others(
    connection: &Connection,
    person: &PersonId,
) -> Result<HashMap<VisitId, String>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft/by_others"))?;
    let rows =
        statement.query_map([person.as_str()], |row| Ok((VisitId::new(row.get::<_, String>(0)?), row.get(1)?)))?;
    rows.map(|row| Ok(row?)).collect()
}

pub(crate) fn is_sealed(connection: &Connection, visit: &VisitId, person: &PersonId) -> Result<bool, FieldError> {
    let values = params![visit.as_str(), person.as_str()];
    Ok(connection.prepare_cached(sql!("draft/is_sealed"))?.query_row(values, |row| row.get(0))?)
}

pub(crate) fn count_open(connection: &Connection) -> Result<u64, FieldError> {
    Ok(connection.prepare_cached(sql!("draft/count_open"))?.query_row([], |row| row.get::<_, Unsigned>(0))?.0)
}

pub(crate) fn set_last_seen(connection: &Connection, draft: &str, seen: &ClockReading) -> Result<(), FieldError> {
    run(connection, sql!("draft/set_last_seen"), params![draft, to_json(seen)?]).map(drop)
}

pub(crate) fn set_closed(connection: &Connection, draft: &str, closed: bool) -> Result<(), FieldError> {
    run(connection, sql!("draft/set_closed"), params![draft, closed]).map(drop)
}

pub(crate) fn seal(connection: &Connection, draft: &str) -> Result<(), FieldError> {
    run(connection, sql!("draft/seal"), [draft]).map(drop)
}

fn by_line<T>(
    connection: &Connection,
    statement: &str,
    draft: &str,
    read: impl Fn(&str) -> Result<T, FieldError>,
) -> Result<Vec<(u32, T)>, FieldError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map([draft], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (line, text) = row?;
        Ok((line, read(&text)?))
    })
    .collect()
}

fn grouped<T>(rows: Vec<(u32, T)>) -> BTreeMap<u32, Vec<T>> {
    let mut groups: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for (line, value) in rows {
        groups.entry(line).or_default().push(value);
    }
    groups
}

pub(crate) fn lines(connection: &Connection, draft: &str) -> Result<BTreeMap<u32, LineAnswer>, FieldError> {
    Ok(by_line(connection, sql!("draft_line/list"), draft, from_json)?.into_iter().collect())
}

pub(crate) fn line(connection: &Connection, draft: &str, line: u32) -> Result<Option<LineAnswer>, FieldError> {
    Ok(documents(connection, sql!("draft_line/get"), params![draft, line])?.into_iter().next())
}

pub(crate) fn count_lines(connection: &Connection, draft: &str) -> Result<usize, FieldError> {
    Ok(connection.prepare_cached(sql!("draft_line/count"))?.query_row([draft], |row| row.get::<_, u32>(0))? as usize)
}

pub(crate) fn put_line(connection: &Connection, draft: &str, line: u32, answer: &LineAnswer) -> Result<(), FieldError> {
    let outcome = to_json(&answer.outcome)?;
    let values = params![draft, line, outcome.trim_matches('"'), answer.bulk, to_json(answer)?];
    run(connection, sql!("draft_line/put"), values).map(drop)
}

pub(crate) fn checks(connection: &Connection, draft: &str) -> Result<BTreeMap<u32, Vec<CheckResult>>, FieldError> {
    Ok(grouped(by_line(connection, sql!("draft_check/list"), draft, from_json)?))
}

/// The checks given of one line, in the order of their keys.
pub(crate) fn checks_of_line(connection: &Connection, draft: &str, line: u32) -> Result<Vec<CheckResult>, FieldError> {
    documents(connection, sql!("draft_check/of_line"), params![draft, line])
}

pub(crate) fn put_check(
    connection: &Connection,
    draft: &str,
    line: u32,
    check: &CheckResult,
    bulk: bool,
) -> Result<(), FieldError> {
    let values = params![draft, line, check.check.as_str(), bulk, to_json(check)?];
    run(connection, sql!("draft_check/put"), values).map(drop)
}

/// What bulk filled stays: the line was answered by hand since.
pub(crate) fn keep_checks(connection: &Connection, draft: &str, line: u32) -> Result<(), FieldError> {
    run(connection, sql!("draft_check/keep"), params![draft, line]).map(drop)
}

/// Takes back what bulk filled; returns the number of lines.
pub(crate) fn undo_bulk(connection: &Connection, draft: &str) -> Result<usize, FieldError> {
    run(connection, sql!("draft_check/undo_bulk"), [draft])?;
    run(connection, sql!("draft_line/undo_bulk"), [draft])
}

pub(crate) fn scans(connection: &Connection, draft: &str) -> Result<Vec<LabelScan>, FieldError> {
    documents(connection, sql!("draft_scan/list"), [draft])
}

pub(crate) fn add_scan(connection: &Connection, draft: &str, scan: &LabelScan) -> Result<(), FieldError> {
    run(connection, sql!("draft_scan/insert"), params![draft, to_json(scan)?]).map(drop)
}

pub(crate) fn sightings(connection: &Connection, draft: &str) -> Result<Vec<Sighting>, FieldError> {
    Ok(numbered_sightings(connection, draft)?.into_iter().map(|(_, sighting)| sighting).collect())
}

/// Sightings with their numbers, in the order in which they were first noted.
pub(crate) fn numbered_sightings(connection: &Connection, draft: &str) -> Result<Vec<(u32, Sighting)>, FieldError> {
    by_line(connection, sql!("draft_sighting/list"), draft, from_json)
}

/// Which sighting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SightingKey<'a> {
    /// The asset's; one of an asset outside the ledger (an empty id) is always new.
    Asset(&'a str),
    /// The one with this number.
    Number(u32),
}

/// Reads the sighting, lets `change` make the new one, and stores it; `None` where a number names none.
pub(crate) fn change_sighting(
    connection: &Connection,
    draft: &str,
    key: SightingKey<'_>,
    change: impl FnOnce(Option<Sighting>) -> Sighting,
) -> Result<Option<Sighting>, FieldError> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?));
    let (row, asset) = match key {
        SightingKey::Asset(asset) => {
            (connection.prepare_cached(sql!("draft_sighting/find"))?.query_row(params![draft, asset], read), asset)
        }
        SightingKey::Number(no) => {
            (connection.prepare_cached(sql!("draft_sighting/get"))?.query_row(params![draft, no], read), "")
        }
    };
    let found = optional(row)?;
    if matches!(key, SightingKey::Number(_)) && found.is_none() {
        return Ok(None);
    }
    if let Some((place, before)) = found {
        let sighting = change(Some(from_json(&before)?));
        run(connection, sql!("draft_sighting/update"), params![draft, place, to_json(&sighting)?])?;
        return Ok(Some(sighting));
    }
    let sighting = change(None);
    run(connection, sql!("draft_sighting/insert"), params![draft, asset, to_json(&sighting)?])?;
    Ok(Some(sighting))
}

/// Takes a sighting away; returns what it said.
pub(crate) fn remove_sighting(connection: &Connection, draft: &str, no: u32) -> Result<Option<Sighting>, FieldError> {
    let before = documents(connection, sql!("draft_sighting/document"), params![draft, no])?.into_iter().next();
    run(connection, sql!("draft_sighting/remove"), params![draft, no])?;
    Ok(before)
}

/// Unlinks a photo from every sighting of the draft; whether any named it.
pub(crate) fn remove_photo_of_sightings(
    connection: &Connection,
    draft: &str,
    photo: Sha256,
) -> Result<bool, FieldError> {
    let mut was_named = false;
    for (no, mut sighting) in numbered_sightings(connection, draft)? {
        if sighting.photos.contains(&photo) {
            sighting.photos.retain(|named| *named != photo);
            run(connection, sql!("draft_sighting/update"), params![draft, no, to_json(&sighting)?])?;
            was_named = true;
        }
    }
    Ok(was_named)
}

pub(crate) fn findings(connection: &Connection, draft: &str) -> Result<Vec<Finding>, FieldError> {
    documents(connection, sql!("draft_finding/list"), [draft])
}

pub(crate) fn put_finding(connection: &Connection, draft: &str, finding: &Finding) -> Result<(), FieldError> {
    run(connection, sql!("draft_finding/put"), params![draft, finding.id.as_str(), to_json(finding)?]).map(drop)
}

/// Whether it was there.
pub(crate) fn remove_finding(connection: &Connection, draft: &str, id: &FindingId) -> Result<bool, FieldError> {
    Ok(run(connection, sql!("draft_finding/remove"), params![draft, id.as_str()])? > 0)
}

/// Evidence of the draft, sorted by hash.
pub(crate) fn evidence(connection: &Connection, draft: &str) -> Result<Vec<Evidence>, FieldError> {
    documents(connection, sql!("draft_evidence/list"), [draft])
}

pub(crate) fn put_evidence(connection: &Connection, draft: &str, evidence: &Evidence) -> Result<(), FieldError> {
    // Who takes up a photo again that was released has just brought its original back.
    super::release::remove(connection, evidence.sha256)?;
    run(connection, sql!("draft_evidence/put"), params![draft, evidence.sha256.to_hex(), to_json(evidence)?]).map(drop)
}

/// As [`put_evidence`], of a photo that another record names already: its original may have been released.
pub(crate) fn copy_evidence(connection: &Connection, draft: &str, evidence: &Evidence) -> Result<(), FieldError> {
    run(connection, sql!("draft_evidence/copy"), params![draft, evidence.sha256.to_hex(), to_json(evidence)?]).map(drop)
}

/// Where a photo was used before.
pub(crate) struct UsedBefore {
    /// Title of the visit.
    pub title: String,
    /// Number of the line; 0 for a photo of a finding or of a sighting.
    pub line: u32,
    /// When it was taken, in UTC milliseconds.
    pub taken_at: i64,
    /// In the draft that asks, at another line.
    pub is_of_this_draft: bool,
    /// The original, where it is an annotated or masked copy.
    pub layer_of: Option<Sha256>,
}

/// Where a photo was first used in another visit or, if in none, at another line of this draft.
pub(crate) fn used_before(
    connection: &Connection,
    draft: &str,
    line: Option<u32>,
    photo: Sha256,
) -> Result<Option<UsedBefore>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_evidence/used_before"))?;
    let row = statement.query_row(params![photo.to_hex(), draft, line.unwrap_or(0)], |row| {
        // Empty where there is no layer.
        let layer_of = row.get::<_, String>(4)?.parse().ok();
        Ok(UsedBefore {
            title: row.get(0)?,
            line: row.get(1)?,
            taken_at: row.get(2)?,
            is_of_this_draft: row.get(3)?,
            layer_of,
        })
    });
    optional(row)
}

/// Every photo that a draft or record names, with its size.
pub(crate) fn photo_sizes(connection: &Connection) -> Result<BTreeMap<Sha256, u64>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_evidence/sizes"))?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Unsigned>(1)?.0)))?;
    rows.map(|row| {
        let (hash, bytes) = row?;
        Ok((from_text(&hash)?, bytes))
    })
    .collect()
}

pub(crate) fn photos(connection: &Connection, draft: &str) -> Result<BTreeMap<u32, Vec<Sha256>>, FieldError> {
    Ok(grouped(by_line(connection, sql!("draft_photo/list"), draft, from_text)?))
}

/// Unlinks a photo from a line; whether it was linked.
pub(crate) fn remove_photo(connection: &Connection, draft: &str, line: u32, photo: Sha256) -> Result<bool, FieldError> {
    Ok(run(connection, sql!("draft_photo/remove"), params![draft, line, photo.to_hex()])? > 0)
}

/// Removes the row of a piece of evidence; the caller has seen that nothing names it.
pub(crate) fn remove_evidence(connection: &Connection, draft: &str, photo: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("draft_evidence/remove"), params![draft, photo.to_hex()]).map(drop)
}

/// Whether a row of any draft or record names the photo.
pub(crate) fn is_named(connection: &Connection, photo: Sha256) -> Result<bool, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_evidence/is_named"))?;
    Ok(statement.query_row([photo.to_hex()], |row| row.get(0))?)
}

/// The photos of one line, in the order they were attached.
pub(crate) fn photos_of_line(connection: &Connection, draft: &str, line: u32) -> Result<Vec<Sha256>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("draft_photo/of_line"))?;
    let rows = statement.query_map(params![draft, line], |row| row.get::<_, String>(0))?;
    rows.map(|hash| from_text(&hash?)).collect()
}

pub(crate) fn add_photo(connection: &Connection, draft: &str, line: u32, photo: Sha256) -> Result<(), FieldError> {
    run(connection, sql!("draft_photo/insert"), params![draft, line, photo.to_hex()]).map(drop)
}

pub(crate) fn jumps(connection: &Connection, draft: &str) -> Result<Vec<ClockJump>, FieldError> {
    documents(connection, sql!("draft_jump/list"), [draft])
}

pub(crate) fn add_jump(connection: &Connection, draft: &str, jump: &ClockJump) -> Result<(), FieldError> {
    run(connection, sql!("draft_jump/insert"), params![draft, to_json(jump)?]).map(drop)
}
