//! Decisions: signed by somebody who may decide, kept in the tables as the last one in the log says, and behind every record
//! that counts although its key was revoked or its place was taken.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    chain::{self, ChainFault, Link},
    decision::verify_decision,
    keyring::Keyring,
};

use super::{Findings, Gap, log::Leaves};
use crate::db::{Sql, sql};

/// What the decisions in the log come to.
#[derive(Default)]
pub(super) struct Decided {
    /// By record: the last decision, and whether the record counts.
    last: BTreeMap<String, (String, bool)>,
    /// Records that some decision let count.
    counted: BTreeSet<Sha256>,
}

/// Checks every decision and what follows from it.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) -> Decided {
    let mut decided = Decided::default();
    for (hash, signed, decision) in &leaves.decisions {
        if let Some(Err(error)) = keyring.map(|keyring| verify_decision(signed, keyring)) {
            found.damage("decision", hash, "signature", error);
        }
        decided.counted.extend(decision.counts);
        for one in &decision.candidates {
            let counts = decision.counts == Some(one.record);
            decided.last.insert(one.record.to_hex(), (hash.to_hex(), counts));
        }
    }
    let rows = found.read("decision", "decision", sql.query(sql!("decision_all"), &[]));
    let kept: BTreeMap<&str, Sha256> =
        rows.iter().filter_map(|row| Some((row.text(0).ok()?, Sha256::of(row.bytes(1).ok()?)))).collect();
    for (hash, ..) in &leaves.decisions {
        match kept.get(hash.to_hex().as_str()) {
            Some(bytes) if bytes == hash => {}
            Some(_) => found.damage("decision", hash, "row", "the stored bytes are not those of the leaf"),
            None => found.damage("decision", hash, "row", "the log has the decision, the table does not"),
        }
    }
    for hash in kept.keys().filter(|hash| !leaves.has(hash)) {
        found.damage("decision", hash, "leaf", "a decision that the log does not have");
    }
    let rows = found.read("decision", "decided_record", sql.query(sql!("decided_record_all"), &[]));
    let mut there = BTreeMap::new();
    for row in &rows {
        let (Ok(record), Ok(decision), Ok(counts)) = (row.text(0), row.text(1), row.i64(2)) else { continue };
        there.insert(record.to_owned(), (decision.to_owned(), counts == 1));
    }
    let names: BTreeSet<&String> = there.keys().chain(decided.last.keys()).collect();
    for record in names {
        if there.get(record) != decided.last.get(record) {
            let reason = "what counts is not what the last decision in the log says";
            found.damage("decision", record, "counts", reason);
        }
    }
    for record in leaves.late.iter().filter(|record| !decided.counted.contains(record)) {
        let reason = "it was logged after its signer's key was revoked, and no decision lets it count";
        found.damage("record", record, "revoked", reason);
    }
    for row in &found.read("record", "record", sql.query(sql!("record_admitted"), &[])) {
        let id = row.text(0).unwrap_or("?");
        if !decided.counted.iter().any(|record| record.to_hex() == id) {
            found.damage("record", id, "beside", "it stands beside another record, and no decision let it in");
        }
    }
    decided
}

/// Names the faults of each terminal's chain; holes, and forks that were decided about, are no damage.
pub(super) fn check_chains(leaves: &Leaves, decided: &Decided, found: &mut Findings) {
    for (terminal, links) in leaves.chains() {
        let is_decided = |link: &Link| decided.counted.contains(&link.record);
        for fault in chain::faults(links.clone()) {
            let of_place = |place: u64| links.iter().filter(move |link| link.sequence == place);
            let is_explained = match &fault {
                ChainFault::Hole { from, to } => {
                    found.gaps.push(Gap { terminal: terminal.clone(), from: *from, to: *to });
                    true
                }
                ChainFault::Fork(place) => of_place(*place).filter(|link| !is_decided(link)).count() <= 1,
                // Each goes on from a record that stands at the place before, or was itself let in.
                ChainFault::BrokenLink(place) => of_place(*place).all(|link| {
                    is_decided(link) || of_place(place - 1).any(|before| Some(before.record) == link.previous)
                }),
            };
            if !is_explained {
                found.damage("chain", &terminal, "chain", fault);
            }
        }
    }
}
