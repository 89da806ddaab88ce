//! Records that claim one place, side by side: those that were taken in, and those that are kept aside. Each is read from its own
//! stored bytes and its signatures are checked anew; the lists are not asked.
//!
//! Nothing is decided here. Which record counts is a signed decision of a person who walked none of them (docs/adr/0023); this
//! says whether there is one, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, subject::Subject, template::Template};
use xunjian_proof::{
    decision::Decision,
    dsse::Envelope,
    keyring::Keyring,
    record::Record,
    statement::Statement as _,
    verification::{self, VerifiedRecord},
};

use super::{
    page::missing,
    record::{SubjectName, subjects},
};
use crate::{
    aside,
    db::{Sql, sql},
    decide,
    error::Error,
    integrity::{self, Findings},
    ledger::read_chunk,
    log::{to_i64, to_u64},
    site::Site,
};

/// Why a record stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Claim {
    /// It claims the same revision of the same visit.
    Visit,
    /// It claims the same place of the same terminal's chain, with another visit.
    Chain,
}

/// One of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BesideRecord {
    /// Its id.
    pub id: String,
    /// SHA-256 of the envelope's bytes.
    pub envelope: String,
    /// Why it stands here.
    pub claim: Claim,
    /// Whether it was taken in; else it is kept aside.
    pub is_accepted: bool,
    /// Its place in the log; `null` for what is kept aside.
    pub leaf: Option<u64>,
    /// Number of the problem it is kept aside for; empty for what was taken in.
    pub problem: String,
    /// What exactly was wrong.
    pub detail: String,
    /// Whether a person can decide that it counts.
    pub is_decidable: bool,
    /// When it came first.
    pub received_at: i64,
    /// What people call the tablet.
    pub terminal_name: String,
    /// What its check fails at; empty when bytes and signatures hold.
    pub failure: String,
    /// What the last decision says of it; `null` while nobody decided.
    pub counts: Option<bool>,
    /// Photos that it names, and how many of them are here.
    pub photos: u32,
    /// Of these.
    pub photos_stored: u32,
    /// What it says.
    pub record: Record,
}

/// The last decision about the visit's revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BesideDecision {
    /// Its place in the log; `null` while it waits for one.
    pub leaf: Option<u64>,
    /// The record that counts; `null` when none does.
    pub counts: Option<String>,
    /// Why.
    pub reason: String,
    /// Who decided, by name.
    pub decided_by: String,
    /// When, by the deciding person's terminal.
    pub at: i64,
    /// Records that came after it and that it does not name: it has to be made anew.
    pub unnamed: u32,
}

/// Everything that claims one revision of one visit, or one place of a terminal's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BesideView {
    /// The visit.
    pub visit: String,
    /// Its title.
    pub title: String,
    /// The revision of it that is claimed.
    pub revision: u32,
    /// The round's title.
    pub round_title: String,
    /// Those taken in first, then those kept aside, each in the order they came.
    pub records: Vec<BesideRecord>,
    /// The envelope to name in `xunjian aside case`; `null` when there is nothing to decide.
    pub case: Option<String>,
    /// The last decision.
    pub decision: Option<BesideDecision>,
    /// The criteria they were walked by, where all were walked by the same.
    pub template: Option<Template>,
    /// What their subjects are called.
    pub subjects: Vec<SubjectName>,
}

/// One record as it is stored.
struct Kept {
    read: VerifiedRecord,
    bytes: Vec<u8>,
    problem: String,
    detail: String,
    received_at: i64,
}

/// `GET beside/ENVELOPE`: of a record that was taken in or is kept aside, by the hash of its envelope.
///
/// # Errors
/// [`Error::Problem`] 404.3, also for what is kept aside and is no record at all.
pub fn view(site: &Site, envelope: &str) -> Result<BesideView, Error> {
    site.db.read(|sql| {
        let hash: Sha256 = envelope.parse().map_err(|_| missing(envelope))?;
        let wanted = read(&find(sql, &hash)?.ok_or_else(|| missing(envelope))?).ok_or_else(|| missing(envelope))?;
        let kept = claimants(sql, &wanted.record)?;
        let keyring = integrity::keyring(site, sql, &mut Findings::default());
        let decision = last_decision(sql, &wanted.record)?;
        let names = terminal_names(sql)?;
        let records = kept
            .iter()
            .map(|one| shown(sql, one, &wanted.record, keyring.as_ref(), decision.as_ref(), &names))
            .collect::<Result<Vec<_>, _>>()?;
        let case = records.iter().find(|one| one.is_decidable && one.claim == Claim::Visit);
        let of_visit = || kept.iter().map(|one| &one.read.record).filter(|one| one.visit.id == wanted.record.visit.id);
        let one_template = of_visit().all(|one| one.template == wanted.record.template);
        let mut named: BTreeMap<Subject, SubjectName> = BTreeMap::new();
        for record in of_visit() {
            named.extend(subjects(sql, record)?.into_iter().map(|one| (one.subject.clone(), one)));
        }
        Ok(BesideView {
            visit: wanted.record.visit.id.to_string(),
            title: wanted.record.visit.title.clone(),
            revision: wanted.record.visit.revision,
            round_title: wanted.record.round.title.clone(),
            case: case.map(|one| one.envelope.clone()),
            decision: decision
                .map(|(hash, decision)| told(sql, &hash, &decision, &kept, &wanted.record))
                .transpose()?,
            template: one_template.then(|| read_chunk(sql, &wanted.record.template.sha256).ok()).flatten(),
            subjects: named.into_values().collect(),
            records,
        })
    })
}

/// How many other records claim the place of this one.
///
/// # Errors
/// [`Error`] of the database.
pub(super) fn others(sql: &dyn Sql, record: &Record, envelope: &Sha256) -> Result<u32, Error> {
    let kept = claimants(sql, record)?;
    Ok(u32::try_from(kept.iter().filter(|one| Sha256::of(&one.bytes) != *envelope).count()).unwrap_or(u32::MAX))
}

fn read(bytes: &[u8]) -> Option<VerifiedRecord> {
    verification::read_record(bytes).ok().map(|(_, read)| read)
}

fn find(sql: &dyn Sql, envelope: &Sha256) -> Result<Option<Vec<u8>>, Error> {
    match sql.first(sql!("record_of_envelope"), &[envelope.to_hex().into()])? {
        Some(row) => Ok(Some(row.bytes(0)?.to_vec())),
        None => aside::bytes(sql, envelope),
    }
}

fn is_claimant(one: &Record, wanted: &Record) -> bool {
    let same_visit = one.visit.id == wanted.visit.id && one.visit.revision == wanted.visit.revision;
    let same_place = one.terminal.id == wanted.terminal.id && one.terminal.sequence == wanted.terminal.sequence;
    same_visit || same_place
}

/// Everything readable that claims the visit's revision or the place in the chain.
fn claimants(sql: &dyn Sql, wanted: &Record) -> Result<Vec<Kept>, Error> {
    let mut found: Vec<Kept> = Vec::new();
    let mut seen = BTreeSet::new();
    let visit = [wanted.visit.id.as_str().into(), i64::from(wanted.visit.revision).into()];
    for row in sql.query(sql!("record_of_visit"), &visit)? {
        if let Some(read) = read(row.bytes(1)?).filter(|read| seen.insert(read.id)) {
            let (bytes, received_at) = (row.bytes(1)?.to_vec(), row.i64(2)?);
            found.push(Kept { read, bytes, problem: String::new(), detail: String::new(), received_at });
        }
    }
    let place = [wanted.terminal.id.as_str().into(), to_i64(wanted.terminal.sequence).into()];
    for row in sql.query(sql!("record_in_chain"), &place)? {
        let Some(row) = sql.first(sql!("record_of_id"), &[row.text(0)?.into()])? else { continue };
        if let Some(read) = read(row.bytes(0)?).filter(|read| seen.insert(read.id)) {
            let (bytes, received_at) = (row.bytes(0)?.to_vec(), row.i64(8)?);
            found.push(Kept { read, bytes, problem: String::new(), detail: String::new(), received_at });
        }
    }
    for one in aside::aside(sql)? {
        let bytes = aside::bytes(sql, &one.envelope)?.unwrap_or_default();
        // A record that a decision let in is kept here, too, and stands among the accepted ones already.
        let Some(read) = read(&bytes).filter(|read| is_claimant(&read.record, wanted) && seen.insert(read.id)) else {
            continue;
        };
        let (problem, detail, received_at) = (one.problem, one.detail, one.received_at.0);
        found.push(Kept { read, bytes, problem, detail, received_at });
    }
    Ok(found)
}

fn shown(
    sql: &dyn Sql,
    one: &Kept,
    wanted: &Record,
    keyring: Option<&Keyring>,
    decision: Option<&(Sha256, Decision)>,
    names: &BTreeMap<String, String>,
) -> Result<BesideRecord, Error> {
    let record = &one.read.record;
    let envelope = Sha256::of(&one.bytes);
    let failure = match keyring.map(|keyring| verification::verify_record(&one.bytes, keyring)) {
        Some(Ok(_)) => String::new(),
        Some(Err(failure)) => failure.to_string(),
        None => "the site root cannot be read".to_owned(),
    };
    let of_decision = decision.and_then(|(_, decision)| {
        let is_named = decision.candidates.iter().any(|candidate| candidate.record == one.read.id);
        is_named.then(|| decision.counts == Some(one.read.id))
    });
    let mut stored = 0;
    for blob in record.blobs() {
        stored += u32::from(sql.first(sql!("blob_select"), &[blob.sha256.to_hex().into()])?.is_some());
    }
    let is_accepted = one.problem.is_empty();
    let leaf = sql.first(sql!("log_entry_by_envelope"), &[envelope.to_hex().into()])?;
    let same_visit = record.visit.id == wanted.visit.id && record.visit.revision == wanted.visit.revision;
    Ok(BesideRecord {
        id: one.read.id.to_hex(),
        envelope: envelope.to_hex(),
        claim: if same_visit { Claim::Visit } else { Claim::Chain },
        is_accepted,
        leaf: leaf.map(|row| row.i64(0)).transpose()?.map(to_u64),
        problem: one.problem.clone(),
        detail: one.detail.clone(),
        is_decidable: !is_accepted && decide::decidable(&one.problem) && failure.is_empty(),
        received_at: one.received_at,
        terminal_name: names.get(record.terminal.id.as_str()).cloned().unwrap_or_default(),
        failure,
        counts: of_decision,
        photos: u32::try_from(record.blobs().len()).unwrap_or(u32::MAX),
        photos_stored: stored,
        record: record.clone(),
    })
}

fn terminal_names(sql: &dyn Sql) -> Result<BTreeMap<String, String>, Error> {
    let rows = sql.query(sql!("terminal_list"), &[])?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
}

/// The decision that holds: the last one about this revision of the visit.
fn last_decision(sql: &dyn Sql, wanted: &Record) -> Result<Option<(Sha256, Decision)>, Error> {
    let mut last = None;
    for row in sql.query(sql!("decision_all"), &[])? {
        if row.text(2)? != wanted.visit.id.as_str() || row.i64(3)? != i64::from(wanted.visit.revision) {
            continue;
        }
        let bytes = row.bytes(1)?;
        if let Ok(decision) = Envelope::from_bytes(bytes)
            .map_err(Error::from)
            .and_then(|envelope| Decision::read(&envelope).map_err(|error| Error::Damaged(error.to_string())))
        {
            last = Some((Sha256::of(bytes), decision));
        }
    }
    Ok(last)
}

fn told(
    sql: &dyn Sql,
    hash: &Sha256,
    decision: &Decision,
    kept: &[Kept],
    wanted: &Record,
) -> Result<BesideDecision, Error> {
    let people = sql.query(sql!("person_select"), &[])?;
    let by = people.iter().find(|row| row.text(0).is_ok_and(|id| id == decision.decided_by.as_str()));
    let leaf = sql.first(sql!("log_entry_by_envelope"), &[hash.to_hex().into()])?;
    let is_unnamed = |one: &&Kept| {
        one.read.record.visit.id == wanted.visit.id
            && one.read.record.visit.revision == wanted.visit.revision
            && !decision.candidates.iter().any(|candidate| candidate.record == one.read.id)
    };
    Ok(BesideDecision {
        leaf: leaf.map(|row| row.i64(0)).transpose()?.map(to_u64),
        counts: decision.counts.map(|record| record.to_hex()),
        reason: decision.reason.clone(),
        decided_by: by.map_or_else(|| Ok(decision.decided_by.to_string()), |row| row.text(1).map(str::to_owned))?,
        at: decision.at.0,
        unnamed: u32::try_from(kept.iter().filter(is_unnamed).count()).unwrap_or(u32::MAX),
    })
}
