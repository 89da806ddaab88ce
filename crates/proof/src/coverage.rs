//! Which record speaks for a visit, by the log alone: the rule that the service, a closing and every verifier count by.
//!
//! Of the records that were declared delivered below a size of the log, those that no decision ruled out stand for their visit.
//! One that a reviewer accepted stands before one that nobody did: nobody takes an accepted answer back by amending it. Among
//! equals the highest revision stands, then the one delivered first. What the log holds beyond that size does not exist.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    coverage::{Coverage, Spoken, cover},
    hash::Sha256,
    ids::VisitId,
    plan::PlannedVisit,
    visit::LineResult,
};

use crate::{
    decision::Decision,
    jcs::{self, JcsError},
    pack::coverage::ruled_out,
    record::Record,
    statement::{Countersignature, ReviewVerdict},
};

/// What coverage needs of a delivered record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredRecord {
    /// The record.
    pub record: Sha256,
    /// Its visit.
    pub visit: VisitId,
    /// Its revision.
    pub revision: u32,
    /// Place of its `Delivered` statement in the log.
    pub delivered: u64,
    /// Its lines.
    pub lines: Vec<LineResult>,
}

impl DeliveredRecord {
    /// Of a record.
    #[must_use]
    pub fn of(id: Sha256, record: &Record, delivered: u64) -> Self {
        let (visit, revision) = (record.visit.id.clone(), record.visit.revision);
        Self { record: id, visit, revision, delivered, lines: record.lines.clone() }
    }
}

/// A round as the log has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Delivered records.
    pub records: Vec<DeliveredRecord>,
    /// Decisions with their places.
    pub decisions: Vec<(u64, Decision)>,
    /// Countersignatures that count, with their places.
    pub countersignatures: Vec<(u64, Countersignature)>,
}

impl Evidence {
    /// Counts the visits of a plan, by what stands in the log below `size`.
    #[must_use]
    pub fn cover(&self, visits: &[PlannedVisit], size: u64) -> Coverage {
        let mut decisions: Vec<&(u64, Decision)> = self.decisions.iter().filter(|(at, _)| *at < size).collect();
        decisions.sort_by_key(|(at, _)| *at);
        let decisions: Vec<Decision> = decisions.into_iter().map(|(_, decision)| decision.clone()).collect();
        let out: BTreeSet<Sha256> = ruled_out(&decisions);
        let mut verdicts: BTreeMap<Sha256, (u64, ReviewVerdict)> = BTreeMap::new();
        for (at, said) in self.countersignatures.iter().filter(|(at, _)| *at < size) {
            let last = verdicts.entry(said.record).or_insert((*at, said.verdict));
            if *at >= last.0 {
                *last = (*at, said.verdict);
            }
        }
        let is_accepted =
            |record: &Sha256| verdicts.get(record).is_some_and(|(_, said)| *said == ReviewVerdict::Accepted);
        let rank = |one: &DeliveredRecord| {
            (is_accepted(&one.record), one.revision, std::cmp::Reverse((one.delivered, one.record)))
        };
        let mut speaking: BTreeMap<&VisitId, &DeliveredRecord> = BTreeMap::new();
        for one in self.records.iter().filter(|one| one.delivered < size && !out.contains(&one.record)) {
            let best = speaking.entry(&one.visit).or_insert(one);
            if rank(one) > rank(best) {
                *best = one;
            }
        }
        let spoken = speaking
            .into_iter()
            .map(|(visit, one)| {
                let is_accepted = is_accepted(&one.record);
                (visit.clone(), Spoken { record: one.record, is_accepted, lines: &one.lines })
            })
            .collect();
        cover(visits, &spoken)
    }
}

/// Commits to every line behind the numbers: the hash of the canonical list.
///
/// # Errors
/// [`JcsError`] never in practice: lines hold texts and small numbers.
pub fn lines_sha256(coverage: &Coverage) -> Result<Sha256, JcsError> {
    jcs::hash(&coverage.lines)
}
