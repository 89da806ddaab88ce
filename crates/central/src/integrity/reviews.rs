//! Countersignatures: each by the rules of review with its place in the log, and the tables as the last one in the log says.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    keyring::Keyring,
    review::{LogOrder, Reviewed, verify_countersignature},
    verification,
};

use super::{
    Findings,
    log::{CountersignatureLeaf, Leaves},
};
use crate::{
    db::{Sql, sql},
    error::Error,
    round::kind_text,
};

const PART: &str = "countersignature";

/// Checks every countersignature and what follows from it.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let mut last = BTreeMap::new();
    for leaf in &leaves.countersignatures {
        if let Some(keyring) = keyring {
            match judge(sql, keyring, leaves, leaf) {
                Ok(None) => {}
                Ok(Some(reason)) => found.damage(PART, leaf.envelope, "rules", reason),
                Err(error) => found.damage(PART, leaf.envelope, "rules", error),
            }
        }
        let verdict = kind_text(leaf.said.verdict).unwrap_or_default();
        last.insert(leaf.said.record.to_hex(), (leaf.envelope.to_hex(), verdict));
    }
    rows(sql, leaves, found);
    let rows = found.read(PART, "record_review", sql.query(sql!("record_review_all"), &[]));
    let mut there = BTreeMap::new();
    for row in &rows {
        let (Ok(record), Ok(said), Ok(verdict)) = (row.text(0), row.text(1), row.text(2)) else { continue };
        there.insert(record.to_owned(), (said.to_owned(), verdict.to_owned()));
    }
    let records: BTreeSet<&String> = there.keys().chain(last.keys()).collect();
    for record in records {
        if there.get(record) != last.get(record) {
            let reason = "how it stands is not what the last countersignature in the log says";
            found.damage(PART, record, "verdict", reason);
        }
    }
}

/// Why a countersignature does not count; `None` when it does.
fn judge(
    sql: &dyn Sql,
    keyring: &Keyring,
    leaves: &Leaves,
    leaf: &CountersignatureLeaf,
) -> Result<Option<String>, Error> {
    let id = leaf.said.record.to_hex();
    let Some(row) = sql.first(sql!("record_by_id"), &[id.as_str().into()])? else {
        return Ok(Some("the record that it names is not here".to_owned()));
    };
    let (envelope, record) =
        verification::read_record(row.bytes(0)?).map_err(|failure| Error::Damaged(failure.to_string()))?;
    let delivered = sql.first(sql!("delivered_of"), &[id.into()])?.filter(|row| !row.is_null(1));
    let Some(delivered) = delivered else {
        return Ok(Some("the delivery that it names is not in the log".to_owned()));
    };
    if leaf.index.is_some_and(|index| delivered.i64(1).is_ok_and(|at| crate::log::to_u64(at) > index)) {
        return Ok(Some("it stands in the log before the delivery that it names".to_owned()));
    }
    let reviewed = Reviewed { record: &record, envelope: &envelope, delivered: delivered.bytes(2)? };
    let revoked = leaf.signed.key_ids().next().and_then(|key| leaves.revoked.get(key).copied().flatten());
    let order = leaf.index.map_or(LogOrder::Unproved, |index| LogOrder::Leaf { index, revoked });
    Ok(verify_countersignature(&leaf.signed, reviewed, keyring, order).err().map(|error| error.to_string()))
}

/// Every leaf has its row, column by column, and every row its leaf.
fn rows(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let rows = found.read(PART, PART, sql.query(sql!("countersignature_all"), &[]));
    let mut kept = BTreeMap::new();
    for row in &rows {
        let (Ok(hash), Ok(bytes)) = (row.text(0), row.bytes(1)) else { continue };
        kept.insert(hash.to_owned(), (Sha256::of(bytes), row));
    }
    for leaf in &leaves.countersignatures {
        let Some((bytes, row)) = kept.remove(&leaf.envelope.to_hex()) else {
            found.damage(PART, leaf.envelope, "row", "the log has the countersignature, the table does not");
            continue;
        };
        let said = &leaf.said;
        let is_same = bytes == leaf.envelope
            && row.text(2).is_ok_and(|record| record == said.record.to_hex())
            && row.text(3).is_ok_and(|reviewer| reviewer == said.reviewer.as_str())
            && row.text(4).is_ok_and(|verdict| kind_text(said.verdict).is_ok_and(|said| said == verdict))
            && row.i64(5).is_ok_and(|at| at == said.at.0);
        if !is_same {
            found.damage(PART, leaf.envelope, "row", "the stored bytes or columns are not those of the leaf");
        }
    }
    for hash in kept.keys().filter(|hash| !leaves.has(hash)) {
        found.damage(PART, hash, "leaf", "a countersignature that the log does not have");
    }
}
