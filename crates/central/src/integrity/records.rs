//! Each record with its signatures, its delivery and the receipt for it.

use std::collections::BTreeSet;

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    receipt::Receipt,
    statement::{Delivered, Statement as _},
    verification::{self, VerifiedRecord},
};

use super::Findings;
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    log::{StoredNodes, tail, to_i64, to_u64},
};

/// Verifies every record.
pub(super) fn verify(sql: &dyn Sql, keyring: &Keyring, found: &mut Findings) {
    let declared = found.read("log", "delivered", declared(sql));
    for row in &found.read("record", "record", sql.query(sql!("record_all"), &[])) {
        found.records += 1;
        if let Err(error) = verify_row(sql, keyring, &declared, row, found) {
            found.damage("record", row.text(0).unwrap_or("?"), "Bytes", error);
        }
    }
}

/// The records that some leaf declares delivered, by payload type.
fn declared(sql: &dyn Sql) -> Result<BTreeSet<Sha256>, Error> {
    let mut declared = BTreeSet::new();
    let mut next = 0;
    loop {
        let rows = sql.query(sql!("log_entry_from"), &[to_i64(next).into()])?;
        let Some(last) = rows.last() else { return Ok(declared) };
        next = to_u64(last.i64(0)?) + 1;
        for row in &rows {
            let Ok(envelope) = Envelope::from_bytes(row.bytes(4)?) else { continue };
            declared.extend(Delivered::read(&envelope).ok().map(|delivered| delivered.record));
        }
    }
}

fn verify_row(
    sql: &dyn Sql,
    keyring: &Keyring,
    declared: &BTreeSet<Sha256>,
    row: &Row,
    found: &mut Findings,
) -> Result<(), Error> {
    let (id, hash, bytes) = (row.text(0)?, row.text(1)?, row.bytes(2)?);
    let verified = match verification::verify_record(bytes, keyring) {
        Ok(verified) => verified,
        Err(failure) => {
            found.damage("record", id, format!("{:?}", failure.step), failure.reason);
            return Ok(());
        }
    };
    if verified.id.to_hex() != id || Sha256::of(bytes).to_hex() != hash {
        found.damage("record", id, "Bytes", "the stored bytes are another record");
        return Ok(());
    }
    match receipt_of(sql, keyring, id, &verified, Sha256::of(bytes)) {
        Ok(true) => found.delivered += 1,
        Ok(false) if declared.contains(&verified.id) => {
            found.damage(
                "record",
                id,
                "Delivered",
                "the log declares it delivered, and the row of the delivery is gone",
            );
        }
        Ok(false) => {}
        Err((step, reason)) => found.damage("record", id, step, reason),
    }
    Ok(())
}

/// Whether the record is delivered and its receipt holds; the failed step and the reason when it does not.
fn receipt_of(
    sql: &dyn Sql,
    keyring: &Keyring,
    id: &str,
    verified: &VerifiedRecord,
    envelope: Sha256,
) -> Result<bool, (String, String)> {
    fn wrong<E: Into<Error>>(step: &'static str) -> impl Fn(E) -> (String, String) {
        move |error| (step.to_owned(), error.into().to_string())
    }
    let Some(row) = sql.first(sql!("delivered_of"), &[id.into()]).map_err(wrong("Delivered"))? else {
        return Ok(false);
    };
    if row.is_null(1) {
        let hash = row.text(0).map_err(wrong("Delivered"))?;
        let waits = sql.first(sql!("log_inbox_by_envelope"), &[hash.into()]).map_err(wrong("Receipt"))?;
        return match waits {
            Some(_) => Ok(false),
            None => Err(("Receipt".to_owned(), "the log does not have the delivery".to_owned())),
        };
    }
    let index = row.i64(1).map_err(wrong("Receipt"))?;
    let leaf = row.bytes(2).map_err(wrong("Delivered"))?;
    let (size, checkpoint) = tail(sql).map_err(wrong("Receipt"))?;
    if to_u64(index) >= size {
        return Err(("Receipt".to_owned(), "the log ends before the delivery".to_owned()));
    }
    let checkpoint = checkpoint.ok_or_else(|| ("Receipt".to_owned(), "the log has no checkpoint".to_owned()))?;
    let proof = merkle::inclusion_proof(&StoredNodes(sql), to_u64(index), size).map_err(wrong("Receipt"))?;
    let receipt = Receipt { index: to_u64(index), proof, checkpoint };
    verification::verify_receipt(verified, envelope, leaf, &receipt, keyring)
        .map(|_| true)
        .map_err(|failure| (format!("{:?}", failure.step), failure.reason))
}
