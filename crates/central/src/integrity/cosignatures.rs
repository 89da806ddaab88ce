//! What others signed of the log's states: each cosignature, the state it is of, and checkpoints that contradict the log.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_proof::{
    cosigner::{cosigner_name, is_outside},
    keyring::Keyring,
    merkle,
    note::SignedCheckpoint,
};

use super::{Findings, log::Leaves};
use crate::{
    db::{Row, Sql, sql},
    leaf::Leaf,
    log::{to_i64, to_u64},
};

/// Checks every cosignature, and names every checkpoint of another history.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let mut notes = BTreeMap::new();
    for row in &found.read("cosignature", "cosigned_checkpoint", sql.query(sql!("cosigned_checkpoint_all"), &[])) {
        let size = row.i64(0).map_or(0, to_u64);
        match row.text(1).ok().and_then(|text| SignedCheckpoint::parse(text).ok()) {
            None => found.damage("cosignature", size, "checkpoint", "the checkpoint cannot be read"),
            Some(note) => {
                check_state(size, &note, keyring, leaves, found);
                notes.insert(size, note);
            }
        }
    }
    let mut kept = BTreeSet::new();
    for row in &found.read("cosignature", "cosignature", sql.query(sql!("cosignature_all"), &[])) {
        let size = row.i64(0).map_or(0, to_u64);
        kept.insert((size.to_string(), row.text(2).unwrap_or_default().to_owned()));
        let id = format!("{size} {}", row.text(2).unwrap_or("?"));
        match (notes.get(&size), keyring) {
            (None, _) => found.damage("cosignature", id, "checkpoint", "the checkpoint it is of is gone"),
            (Some(note), Some(keyring)) => {
                if let Err((step, reason)) = check_cosignature(row, note, keyring) {
                    found.damage("cosignature", id, step, reason);
                }
            }
            (Some(_), None) => {}
        }
    }
    check_told(sql, leaves, &kept, found);
}

fn check_state(size: u64, note: &SignedCheckpoint, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    if keyring.is_some_and(|keyring| keyring.verify_checkpoint(note).is_err()) {
        found.damage("cosignature", size, "signature", "the log did not sign the checkpoint");
    }
    let root = leaves.tree.as_ref().and_then(|tree| merkle::root(tree, size).ok());
    // Where so many leaves are gone that no root can be derived, that was named already.
    if note.checkpoint.size != size || root.is_some_and(|root| root != note.checkpoint.root) {
        let reason = "the state that was cosigned is none of this log: leaves were changed since";
        found.damage("cosignature", size, "root", reason);
    } else if root.is_none() && size > leaves.count {
        let reason = format!("{size} leaves were cosigned, the log has {}: it was cut off or set back", leaves.count);
        found.damage("cosignature", size, "size", reason);
    }
}

fn check_cosignature(row: &Row, note: &SignedCheckpoint, keyring: &Keyring) -> Result<(), (&'static str, String)> {
    let column = |error: crate::db::DbError| ("columns", error.to_string());
    let (key, name) = (row.text(1).map_err(column)?, row.text(2).map_err(column)?);
    let statement = keyring.statements().find(|statement| statement.key.id().as_str() == key);
    let statement = statement.ok_or_else(|| ("key", "the site root vouches for nobody with this key".to_owned()))?;
    if cosigner_name(&keyring.root().log_origin, statement).as_deref() != Some(name) {
        return Err(("columns", "the name is not the one of the key's holder".to_owned()));
    }
    let cosigned = note.with_line(row.text(5).map_err(column)?).map_err(|error| ("line", error.to_string()))?;
    let seconds = cosigned.cosigned_at(name, &statement.key).map_err(|error| ("signature", error.to_string()))?;
    let is_beside = row.i64(3).is_ok_and(|at| at == to_i64(seconds).saturating_mul(1000))
        && row.i64(4).is_ok_and(|outside| outside == i64::from(is_outside(statement)));
    if is_beside { Ok(()) } else { Err(("columns", "the columns are not what was signed".to_owned())) }
}

/// What the log says was brought here must still be here; and a checkpoint of another history is a damage for ever.
fn check_told(sql: &dyn Sql, leaves: &Leaves, kept: &BTreeSet<(String, String)>, found: &mut Findings) {
    let rows = found.read("log", "log_contradiction", sql.query(sql!("log_contradiction_all"), &[]));
    let mut there = BTreeSet::new();
    for row in &rows {
        let hash = row.text(0).unwrap_or("?");
        there.insert(hash.to_owned());
        let size = row.text(1).ok().and_then(|text| SignedCheckpoint::parse(text).ok());
        let size = size.map_or_else(|| "?".to_owned(), |note| note.checkpoint.size.to_string());
        let by = row.text(2).unwrap_or("?");
        let reason = format!("the log's key signed another history of {size} leaves, brought by {by}: {hash}");
        found.damage("log", size, "contradiction", reason);
    }
    for (_, leaf) in leaves.others.values() {
        let Leaf::AdminAction(action) = leaf else { continue };
        let detail = |name: &str| action.details.get(name).cloned().unwrap_or_default();
        if action.action == "log.contradiction" && !there.contains(&detail("note")) {
            let reason = "the log says that a contradicting checkpoint was kept, and it is not there";
            found.damage("log", detail("note"), "contradiction", reason);
        }
        if action.action == "log.cosignature" && !kept.contains(&(detail("size"), detail("witness"))) {
            let id = format!("{} {}", detail("size"), detail("witness"));
            found.damage("cosignature", id, "row", "the log says that it was brought, and it is not there");
        }
    }
}
