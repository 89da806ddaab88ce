//! From the rows back to the leaves: a row that no leaf and no entry of the inbox vouches for was added, or its leaf is gone.

use std::collections::BTreeSet;

use xunjian_domain::hash::Sha256;

use super::{Findings, log::Leaves};
use crate::{
    db::{Row, Sql, sql},
    leaf::Leaf,
};

/// Whether a leaf is of the kind that a row follows from.
type IsKind = fn(&Leaf) -> bool;

/// Names every row that has no leaf.
pub(super) fn check(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let records = found.read("record", "record", sql.query(sql!("record_names"), &[]));
    let mut known = BTreeSet::new();
    for row in &records {
        found.records += 1;
        let id = row.text(0).unwrap_or("?");
        known.insert(id);
        let envelope = row.text(1).unwrap_or_default();
        let leaf = super::hash(envelope).ok().and_then(|hash| leaves.records.get(&hash));
        let is_right = leaf.map_or_else(|| leaves.has(envelope), |leaf| leaf.id.to_hex() == id);
        if !is_right {
            found.damage("record", id, "leaf", "a record that the log does not have");
        }
    }
    let owners = found.read("record", "record_blob", sql.query(sql!("record_blob_owners"), &[]));
    for owner in owners.iter().filter_map(|row| row.text(0).ok()).filter(|owner| !known.contains(owner)) {
        found.damage("record", owner, "record_blob", "photos of a record that is not there");
    }
    let of_kind = |row: &Row, at: usize, is_kind: IsKind| {
        let envelope = row.text(at).unwrap_or_default();
        is_of_kind(leaves, envelope, is_kind)
    };
    for row in &found.read("delivered", "delivered", sql.query(sql!("delivered_all"), &[])) {
        if !of_kind(row, 1, |leaf| matches!(leaf, Leaf::Delivered(_))) {
            let reason = "a delivery that the log does not have";
            found.damage("delivered", row.text(0).unwrap_or("?"), "leaf", reason);
        } else if !is_about(leaves, row) {
            found.damage("delivered", row.text(0).unwrap_or("?"), "leaf", "its statement is about another record");
        }
    }
    let keys: [(&'static str, &str, IsKind); 2] = [
        ("key_statement", sql!("key_statement_all"), |leaf| matches!(leaf, Leaf::KeyStatement(_))),
        ("revocation", sql!("revocation_all"), |leaf| matches!(leaf, Leaf::Revocation(_))),
    ];
    for (table, statement, is_kind) in keys {
        for row in &found.read("key", table, sql.query(statement, &[])) {
            let envelope = row.bytes(1).map(|bytes| Sha256::of(bytes).to_hex()).unwrap_or_default();
            if !is_of_kind(leaves, &envelope, is_kind) {
                found.damage("key", row.text(0).unwrap_or("?"), table, "a statement that the log does not have");
            }
        }
    }
    let rounds = found.read("round", "round", sql.query(sql!("round_all"), &[]));
    for row in &rounds {
        if !of_kind(row, 5, |leaf| matches!(leaf, Leaf::Plan(_))) {
            found.damage("round", row.text(0).unwrap_or("?"), "leaf", "a round whose plan the log does not have");
        }
    }
    let rounds: BTreeSet<&str> = rounds.iter().filter_map(|row| row.text(0).ok()).collect();
    for row in &found.read("visit", "planned_visit", sql.query(sql!("planned_visit_all"), &[])) {
        if !row.text(1).is_ok_and(|round| rounds.contains(round)) {
            found.damage("visit", row.text(0).unwrap_or("?"), "row", "a visit of a round that is not there");
        }
    }
}

/// Whether the log, or its inbox, has a leaf of this kind with this envelope. One that cannot be read was named already.
fn is_of_kind(leaves: &Leaves, envelope: &str, is_kind: IsKind) -> bool {
    let leaf = super::hash(envelope).ok().and_then(|hash| leaves.others.get(&hash));
    leaf.map_or_else(|| leaves.unreadable.iter().any(|one| one == envelope), |(_, leaf)| is_kind(leaf))
}

fn is_about(leaves: &Leaves, row: &Row) -> bool {
    let leaf = row.text(1).ok().and_then(|hash| super::hash(hash).ok()).and_then(|hash| leaves.others.get(&hash));
    leaf.is_none_or(|(_, leaf)| row.text(0).is_ok_and(|id| id == leaf.subject()))
}
