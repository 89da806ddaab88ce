//! Monitoring imports and versions of the thresholds: each row has its leaf, each leaf its row, and what they name is there.

use std::collections::BTreeMap;

use xunjian_domain::{
    monitoring::{BASELINE_VERSION, Thresholds},
    time::TimestampMs,
};

use super::{Findings, log::Leaves};
use crate::{
    db::{Sql, sql},
    leaf::Leaf,
    ledger,
    monitoring::{self, SampleSet, thresholds},
};

/// Who did what, by the log, and when; each time stands for one row.
type Told = BTreeMap<(String, BTreeMap<String, String>), Vec<TimestampMs>>;

/// A row is stored so many milliseconds before its leaf at most: both are one transaction.
const BETWEEN_MS: i64 = 60_000;

/// Checks both, from the tables to the log and back.
pub(super) fn check(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    check_imports(sql, leaves, found);
    check_thresholds(sql, leaves, found);
}

fn told(leaves: &Leaves, wanted: &str) -> Told {
    let mut told = Told::new();
    for (_, leaf) in leaves.others.values() {
        if let Leaf::AdminAction(action) = leaf
            && action.action == wanted
        {
            told.entry((action.actor.clone(), action.details.clone())).or_default().push(action.at);
        }
    }
    told
}

/// A row, as its leaf is to say it.
struct Said {
    part: &'static str,
    id: u32,
    actor: String,
    at: TimestampMs,
    details: Vec<(&'static str, String)>,
}

/// Takes the leaf of a row; names a row that has none.
fn take(told: &mut Told, row: Said, leaves: &Leaves, found: &mut Findings) {
    let details = row.details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let times = told.entry((row.actor, details)).or_default();
    let is_then = |at: &TimestampMs| (0..=BETWEEN_MS).contains(&(at.0 - row.at.0));
    match times.iter().position(is_then) {
        Some(place) => drop(times.remove(place)),
        // A leaf that cannot be read any more was named already.
        None if leaves.unreadable.is_empty() => {
            found.damage(row.part, row.id, "leaf", "the log does not have it, or says something else");
        }
        None => {}
    }
}

fn check_imports(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let mut told = told(leaves, monitoring::IMPORT);
    for one in found.read("monitoring", "monitoring_import", monitoring::all(sql)) {
        let (part, id, details) = ("monitoring", one.number, one.details());
        take(&mut told, Said { part, id, actor: one.imported_by.clone(), at: one.imported_at, details }, leaves, found);
        let blob =
            found.read("monitoring", one.number, sql.first(sql!("blob_select"), &[one.file_sha256.to_hex().into()]));
        if blob.is_none() {
            found.damage("monitoring", one.number, "file", "the file that was imported is not among the blobs");
        }
        match ledger::read_chunk::<SampleSet>(sql, &one.samples_sha256) {
            Ok(set) => {
                let days: Vec<String> =
                    set.samples.iter().map(|sample| sample.collected_at.date().to_string()).collect();
                let is_of_row = u32::try_from(set.samples.len()) == Ok(one.imported)
                    && days.iter().min() == Some(&one.first_on)
                    && days.iter().max() == Some(&one.last_on);
                if !is_of_row {
                    found.damage("monitoring", one.number, "samples", "the row does not say what the samples are");
                }
            }
            Err(error) => found.damage("monitoring", one.number, "samples", error),
        }
    }
    name_lost(&told, "monitoring", "number", found);
}

fn check_thresholds(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let mut told = told(leaves, thresholds::SET);
    let versions = found.read("thresholds", "threshold_version", thresholds::own(sql));
    for (expected, one) in (BASELINE_VERSION + 1..).zip(&versions) {
        let (part, id, details) = ("thresholds", one.version, one.details());
        take(&mut told, Said { part, id, actor: one.set_by.clone(), at: one.set_at, details }, leaves, found);
        if one.version != expected {
            found.damage("thresholds", one.version, "version", format!("version {expected} is missing before it"));
        }
        match ledger::read_chunk::<Thresholds>(sql, &one.sha256) {
            Ok(numbers) => {
                let is_of_row = (numbers.version, &numbers.source, numbers.decided_on.to_string())
                    == (one.version, &one.source, one.decided_on.clone());
                if !is_of_row {
                    found.damage("thresholds", one.version, "row", "the row does not say what the thresholds say");
                }
                if let Err(error) = numbers.check() {
                    found.damage("thresholds", one.version, "numbers", error);
                }
            }
            Err(error) => found.damage("thresholds", one.version, "numbers", error),
        }
    }
    name_lost(&told, "thresholds", "version", found);
}

/// Names what the log says was done and no table has.
fn name_lost(told: &Told, part: &'static str, named: &str, found: &mut Findings) {
    for ((_, details), _) in told.iter().filter(|(_, times)| !times.is_empty()) {
        let id = details.get(named).map_or("?", String::as_str);
        found.damage(part, id, "row", "the log has it, the table does not, or says something else");
    }
}
