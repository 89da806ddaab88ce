//! 整改: each step in the log is signed by somebody who may, follows the one before, rests on evidence that shows it, and stands in
//! the table as signed; and the table holds nothing else.

use std::collections::BTreeMap;

use xunjian_domain::{hash::Sha256, rectification::Step};
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    rectification::{History, RectificationStep, Signatory, verify_step},
};

use super::{Findings, log::Leaves};
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    leaf::Leaf,
    rectification::evidence::Evidence,
};

const PART: &str = "rectification";

/// Checks every step, from the log to the table and back.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let rows = found.read(PART, PART, sql.query(sql!("rectification_step_all"), &["".into()]));
    let mut kept: BTreeMap<String, &Row> =
        rows.iter().filter_map(|row| Some((row.text(0).ok()?.to_owned(), row))).collect();
    for (hash, (signed, leaf)) in &leaves.others {
        let Leaf::Rectification(said) = leaf else { continue };
        if let Some(keyring) = keyring {
            judge(keyring, leaves, (hash, signed), found);
        }
        match kept.remove(&hash.to_hex()) {
            None => found.damage(PART, hash, "row", "the log has the step, the table does not"),
            Some(row) if is_same(row, hash, said) => {}
            Some(_) => found.damage(PART, hash, "row", "the stored bytes or columns are not those of the leaf"),
        }
    }
    for hash in kept.keys().filter(|hash| !leaves.has(hash)) {
        found.damage(PART, hash, "leaf", "a step that the log does not have");
    }
    chains(sql, leaves, &rows, found);
}

/// Signed by somebody who may, with a key that was not revoked before.
fn judge(keyring: &Keyring, leaves: &Leaves, (hash, signed): (&Sha256, &Envelope), found: &mut Findings) {
    let person = match verify_step(signed, keyring) {
        Ok((_, person)) => person,
        Err(error) => return found.damage(PART, hash, "signature", error),
    };
    let revoked = leaves.revoked.get(&person.key.id()).copied().flatten();
    let place = leaves.places.get(hash).copied();
    if revoked.is_some_and(|revoked| place.is_none_or(|place| revoked < place)) {
        found.damage(PART, hash, "revoked", "it was logged after its signer's key was revoked");
    }
}

fn is_same(row: &Row, hash: &Sha256, said: &RectificationStep) -> bool {
    let person = match &said.by {
        Signatory::Person { person } => person.as_str(),
        Signatory::Service { .. } => "",
    };
    // The service's own steps were signed when they were stored; a person's came later than they were signed, or were signed by
    // a clock that is a little ahead.
    let is_then = row.i64(7).is_ok_and(|at| !person.is_empty() || at == said.at.0);
    row.bytes(1).is_ok_and(|bytes| Sha256::of(bytes) == *hash)
        && row.text(2).is_ok_and(|id| id == said.rectification.to_hex())
        && row.text(4).is_ok_and(|round| round == said.round.as_str())
        && row.text(5).is_ok_and(|kind| kind == said.step.kind())
        && row.text(6).is_ok_and(|by| by == person)
        && is_then
}

/// The steps of each rectification, in the order of the table, are one chain without a hole, and each verdict rests on what it
/// names.
fn chains(sql: &dyn Sql, leaves: &Leaves, rows: &[Row], found: &mut Findings) {
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    for row in rows {
        let (Ok(hash), Ok(id), Ok(at)) = (row.text(0), row.text(2), row.i64(7)) else { continue };
        let Ok(envelope) = hash.parse::<Sha256>() else { continue };
        let Some((_, Leaf::Rectification(said))) = leaves.others.get(&envelope) else { continue };
        let at = xunjian_domain::time::TimestampMs(at);
        let place = histories.get(id).map_or(0, |history| i64::from(history.steps));
        if row.i64(3).ok() != Some(place) {
            found.damage(PART, hash, "place", "the steps are not numbered one after the other");
        }
        let result = match histories.get_mut(id) {
            Some(history) => {
                if let Err(error) = rests(sql, history, said) {
                    found.damage(PART, hash, "evidence", error);
                }
                history.take(said, envelope, at)
            }
            None => History::begin(said, envelope, at).map(|history| drop(histories.insert(id.to_owned(), history))),
        };
        if let Err(error) = result {
            found.damage(PART, hash, "chain", error);
        }
    }
}

/// That what closes it shows what it is said to show.
fn rests(sql: &dyn Sql, history: &History, said: &RectificationStep) -> Result<(), Error> {
    let Step::Accepted { reinspection, .. } = &said.step else { return Ok(()) };
    let damaged = |what: &dyn std::fmt::Display| Error::Damaged(what.to_string());
    let evidence = Evidence::find(sql, reinspection)?;
    let evidence = evidence.ok_or_else(|| damaged(&"the document it rests on is not here, or was not delivered"))?;
    evidence.check(&history.progress.opening, said).map_err(|error| damaged(&error))
}
