//! Closed rounds: signed by both sides, with numbers that the leaves below the named size still make, and rounds that are closed
//! where, and only where, the log says so.

use std::collections::BTreeMap;

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    closing::{Closing, verify_closing},
    dsse::Envelope,
    keyring::Keyring,
};

use super::{Findings, log::Leaves};
use crate::{
    coverage,
    db::{Row, Sql, sql},
    error::Error,
    leaf::Leaf,
    log::to_i64,
};

const PART: &str = "closing";

/// Checks every closing, from the log to the tables and back.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let rows = found.read(PART, PART, sql.query(sql!("round_closing_all"), &[]));
    let mut kept: BTreeMap<String, &Row> =
        rows.iter().filter_map(|row| Some((row.text(1).ok()?.to_owned(), row))).collect();
    for (hash, (signed, leaf)) in &leaves.others {
        let Leaf::Closing(said) = leaf else { continue };
        if let Some(keyring) = keyring {
            judge(keyring, leaves, (hash, signed), found);
        }
        match kept.remove(&hash.to_hex()) {
            None => found.damage(PART, hash, "row", "the log has the closing, the table does not"),
            Some(row) if is_same(row, hash, said) => {}
            Some(_) => found.damage(PART, hash, "row", "the stored bytes or columns are not those of the leaf"),
        }
        match numbers(sql, said) {
            Ok(None) => {}
            Ok(Some(reason)) => found.damage(PART, hash, "numbers", reason),
            Err(error) => found.damage(PART, hash, "numbers", error),
        }
    }
    for hash in kept.keys().filter(|hash| !leaves.has(hash)) {
        found.damage(PART, hash, "leaf", "a closing that the log does not have");
    }
    let closed = found.read(PART, "round", sql.query(sql!("round_closed"), &[]));
    for row in &closed {
        if row.i64(1).is_ok_and(|closings| closings == 0) {
            found.damage("round", row.text(0).unwrap_or("?"), "closed_at", "it is closed, and no closing says so");
        }
    }
}

/// Signed by both sides, with keys that were not revoked before.
fn judge(keyring: &Keyring, leaves: &Leaves, (hash, signed): (&Sha256, &Envelope), found: &mut Findings) {
    let people = match verify_closing(signed, keyring) {
        Ok((_, people)) => people,
        Err(error) => return found.damage(PART, hash, "signature", error),
    };
    let place = leaves.places.get(hash).copied();
    for person in people {
        let revoked = leaves.revoked.get(&person.key.id()).copied().flatten();
        if revoked.is_some_and(|revoked| place.is_none_or(|place| revoked < place)) {
            found.damage(PART, hash, "revoked", "it was logged after a signer's key was revoked");
        }
    }
}

fn is_same(row: &Row, hash: &Sha256, said: &Closing) -> bool {
    row.text(0).is_ok_and(|round| round == said.round.as_str())
        && row.bytes(2).is_ok_and(|bytes| Sha256::of(bytes) == *hash)
        && row.i64(3).is_ok_and(|size| size == to_i64(said.log_size))
        && row.i64(4).is_ok_and(|at| at == said.drawn_up_at.0)
        && row.i64(5).is_ok_and(|closed| row.i64(6).is_ok_and(|of_round| of_round == closed))
}

/// What of the numbers does not follow from the leaves; `None` when all of them do.
fn numbers(sql: &dyn Sql, said: &Closing) -> Result<Option<String>, Error> {
    let counted = coverage::at_size(sql, &said.round, said.log_size)?;
    if counted.log_root != said.log_root {
        return Ok(Some("the log has another root at that size".to_owned()));
    }
    let plan = (&counted.plan.plan, counted.plan_sha256);
    Ok(said.check_against(plan, &counted.coverage).err().map(|error| error.to_string()))
}
