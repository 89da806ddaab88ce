//! The audit table against the log's administrative actions: each row has its leaf, each leaf its row.

use std::collections::BTreeMap;

use super::{Findings, log::Leaves};
use crate::{
    db::{Row, Sql, sql},
    leaf::Leaf,
};

/// What both sides say of one action: when, who, what, details.
type Action = (i64, String, String, BTreeMap<String, String>);

/// Names every row without a leaf, and every leaf without a row.
pub(super) fn check(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let mut open: BTreeMap<Action, i64> = BTreeMap::new();
    for (_, leaf) in leaves.others.values() {
        if let Leaf::AdminAction(said) = leaf {
            let action = (said.at.0, said.actor.clone(), said.action.clone(), said.details.clone());
            *open.entry(action).or_default() += 1;
        }
    }
    // A leaf that cannot be read any more was named already; the row it had is whole.
    let mut unreadable = leaves.unreadable.len();
    let mut after = String::new();
    loop {
        let rows = found.read("audit", "audit", sql.query(sql!("audit_from"), &[after.as_str().into()]));
        let Some(last) = rows.last().and_then(|row| row.text(0).ok()) else { break };
        after = last.to_owned();
        for row in &rows {
            let id = row.text(0).unwrap_or("?");
            let count = read(row).and_then(|action| open.get_mut(&action).filter(|count| **count > 0));
            match count {
                Some(count) => *count -= 1,
                None if unreadable > 0 => unreadable -= 1,
                None => found.damage("audit", id, "leaf", "an action that the log does not have"),
            }
        }
    }
    for ((at, actor, action, _), _) in open.iter().filter(|(_, count)| **count > 0) {
        let id = format!("{at} {actor} {action}");
        found.damage("audit", id, "row", "the log has the action, the table does not, or says something else");
    }
}

fn read(row: &Row) -> Option<Action> {
    let details = serde_json::from_str(row.text(4).ok()?).ok()?;
    Some((row.i64(1).ok()?, row.text(2).ok()?.to_owned(), row.text(3).ok()?.to_owned(), details))
}
