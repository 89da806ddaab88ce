//! Terminals: whose they are, whether their keys count, and which of their records are missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    keys::{self, KeyState},
    page::{Page, Params},
};
use crate::{db::sql, error::Error, log::to_u64, site::Site};

/// Sessions last an hour from when they were opened.
const SESSION_MS: i64 = 60 * 60 * 1000;

/// Places of a chain without a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChainGap {
    /// First missing place.
    pub from: u64,
    /// Last missing place.
    pub to: u64,
}

/// A terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TerminalItem {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its key.
    pub key: String,
    /// Whether the key counts.
    pub key_state: KeyState,
    /// When it enrolled.
    pub enrolled_at: i64,
    /// Who enrolled with it.
    pub people: Vec<String>,
    /// Its records here.
    pub records: u32,
    /// The last place of its chain that is here.
    pub last_sequence: u64,
    /// When it was heard of last; `null` before its first session.
    pub last_seen_at: Option<i64>,
    /// Places without a record: still on the tablet, or refused and kept aside.
    pub gaps: Vec<ChainGap>,
}

/// `GET terminals`: in the order they enrolled.
///
/// # Errors
/// [`Error`] of the database.
pub fn list(site: &Site, params: &Params) -> Result<Page<TerminalItem>, Error> {
    let items = site.db.read(|sql| {
        let states = keys::states(site, sql)?;
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in sql.query(sql!("terminal_people"), &[])? {
            people.entry(row.text(0)?.to_owned()).or_default().push(row.text(1)?.to_owned());
        }
        let mut gaps: BTreeMap<String, Vec<ChainGap>> = BTreeMap::new();
        for row in sql.query(sql!("terminal_gaps"), &[])? {
            let gap = ChainGap { from: to_u64(row.i64(1)?) + 1, to: to_u64(row.i64(2)?).saturating_sub(1) };
            gaps.entry(row.text(0)?.to_owned()).or_default().push(gap);
        }
        let mut items = Vec::new();
        for row in sql.query(sql!("terminal_list"), &[])? {
            let (id, key) = (row.text(0)?.to_owned(), row.text(2)?.to_owned());
            let seen = row.i64(6)?.max(row.i64(7)? - SESSION_MS);
            items.push(TerminalItem {
                name: row.text(1)?.to_owned(),
                key_state: states.get(&key).copied().unwrap_or(KeyState::Pending),
                enrolled_at: row.i64(3)?,
                people: people.remove(&key).unwrap_or_default(),
                records: u32::try_from(row.i64(4)?).unwrap_or(u32::MAX),
                last_sequence: to_u64(row.i64(5)?),
                last_seen_at: Some(seen).filter(|seen| *seen > 0),
                gaps: gaps.remove(&id).unwrap_or_default(),
                id,
                key,
            });
        }
        Ok::<_, Error>(items)
    })?;
    let fits = |item: &TerminalItem| params.finds(&[&item.name, &item.people.join(" ")]);
    params.page(items.into_iter().filter(fits).collect(), |item| item.id.clone())
}
