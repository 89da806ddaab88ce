//! Change sets of the ledger: each decision in the log is signed by somebody who may decide, and stands in the tables as signed.

use std::collections::BTreeMap;

use xunjian_domain::hash::Sha256;
use xunjian_proof::{keyring::Keyring, ledger_change::verify_change};

use super::{Findings, log::Leaves};
use crate::{
    db::{Sql, sql},
    leaf::Leaf,
};

/// Checks every decision about the ledger, from the log to the tables and back.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let rows = found.read("ledger_change", "ledger_change", sql.query(sql!("ledger_change_all"), &[]));
    let mut kept: BTreeMap<String, Sha256> = BTreeMap::new();
    for row in &rows {
        let (Ok(id), Ok(set), Ok(decision)) = (row.text(0), row.bytes(1), row.bytes(5)) else { continue };
        if Sha256::of(set).to_hex() != id {
            found.damage("ledger_change", id, "bytes", "the stored change set is not the one of its hash");
        }
        if !decision.is_empty() {
            kept.insert(id.to_owned(), Sha256::of(decision));
        }
    }
    for (hash, (signed, leaf)) in &leaves.others {
        let Leaf::LedgerChange(decision) = leaf else { continue };
        if let Some(Err(error)) = keyring.map(|keyring| verify_change(signed, keyring)) {
            found.damage("ledger_change", hash, "signature", error);
        }
        let id = decision.change_set.id().map(|id| id.to_hex()).unwrap_or_default();
        if kept.remove(&id).as_ref() != Some(hash) {
            found.damage("ledger_change", hash, "row", "the log has the decision, the table does not");
        }
    }
    for (id, hash) in kept {
        if !leaves.has(&hash.to_hex()) {
            found.damage("ledger_change", id, "leaf", "a decision that the log does not have");
        }
    }
}
