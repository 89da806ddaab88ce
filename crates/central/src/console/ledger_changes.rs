//! 台账变更单 in the console: what records propose, what a person decided, and what became of the ledger. The console only reads:
//! a ledger approver signs on a terminal of their own.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ledger::{Ground, Ledger, apply},
};
use xunjian_proof::{dsse::Envelope, ledger_change::ChangeDecision, statement::Statement as _};

use super::{
    ledger::{AssetChange, asset_change},
    page::{Page, Params, missing},
    rounds,
};
use crate::{
    db::{Sql, sql},
    enrol,
    error::Error,
    ledger::changes::{self, StoredChange},
    log::to_u64,
    site::Site,
};

/// How a change set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ChangeSetState {
    /// Nobody decided yet.
    Proposed,
    /// Approved; the same transaction made a version of the ledger of it.
    Approved,
    /// Refused.
    Rejected,
}

/// A change set, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChangeSetItem {
    /// The hash of its canonical bytes.
    pub id: String,
    /// The round whose records propose it.
    pub round: String,
    /// That round's title.
    pub round_title: String,
    /// The version that it is to change.
    pub base: u32,
    /// Assets that are new.
    pub added: u32,
    /// Assets of which something changes.
    pub changed: u32,
    /// Assets that the racks do not have.
    pub removed: u32,
    /// Records that show it.
    pub records: u32,
    /// Who had it put together.
    pub proposed_by: String,
    /// When.
    pub proposed_at: i64,
    /// How it stands.
    pub state: ChangeSetState,
    /// Who decided; empty while nobody did.
    pub decided_by: String,
    /// When, by that person's terminal.
    pub decided_at: Option<i64>,
    /// The version of the ledger that it made.
    pub version: Option<u32>,
}

/// A change set with its changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChangeSetDetail {
    /// As in the list.
    pub item: ChangeSetItem,
    /// Why it was decided so.
    pub reason: String,
    /// The decision's place in the log.
    pub leaf: Option<u64>,
    /// Whether the ledger has changed since, so that it cannot be approved any more.
    pub is_outdated: bool,
    /// The changes, in their order.
    pub changes: Vec<ProposedChange>,
}

/// A change with what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProposedChange {
    /// The asset and what changes of it.
    #[serde(flatten)]
    pub change: AssetChange,
    /// The records that show it.
    pub because: Vec<GroundItem>,
}

/// A record that shows a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GroundItem {
    /// The record.
    pub record: String,
    /// What was visited.
    pub title: String,
    /// Who walked it, and may not approve the change.
    pub inspector_name: String,
}

/// Names that the lists need.
struct Words {
    people: BTreeMap<String, String>,
    rounds: BTreeMap<String, String>,
}

impl Words {
    fn read(sql: &dyn Sql) -> Result<Self, Error> {
        let people = enrol::people(sql)?.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
        let rounds = rounds::all(sql)?.into_iter().map(|row| row.item.round);
        Ok(Self { people, rounds: rounds.map(|round| (round.id.to_string(), round.title)).collect() })
    }

    fn person(&self, id: &str) -> String {
        self.people.get(id).map_or(id, String::as_str).to_owned()
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn item(words: &Words, one: &StoredChange) -> ChangeSetItem {
    let (set, decision) = (&one.change_set, one.decision.as_ref());
    let count = |is_so: fn(bool, bool) -> bool| {
        small(set.changes.iter().filter(|change| is_so(change.before.is_some(), change.after.is_some())).count())
    };
    let mut records: Vec<Sha256> =
        set.changes.iter().flat_map(|change| change.because.iter().map(|ground| ground.record)).collect();
    records.sort_unstable();
    records.dedup();
    ChangeSetItem {
        id: one.id.to_hex(),
        round: set.round.to_string(),
        round_title: words.rounds.get(set.round.as_str()).map_or(set.round.as_str(), String::as_str).to_owned(),
        base: set.base.version,
        added: count(|before, after| !before && after),
        changed: count(|before, after| before && after),
        removed: count(|before, after| before && !after),
        records: small(records.len()),
        proposed_by: one.proposed_by.clone(),
        proposed_at: one.proposed_at.0,
        state: match decision {
            None => ChangeSetState::Proposed,
            Some(said) if said.approved => ChangeSetState::Approved,
            Some(_) => ChangeSetState::Rejected,
        },
        decided_by: decision.map_or_else(String::new, |said| words.person(said.decided_by.as_str())),
        decided_at: decision.map(|said| said.decided_at.0),
        version: decision.map(|said| said.version).filter(|version| *version > 0),
    }
}

/// `GET ledger/changes`: the newest first; `state` is how they stand.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<ChangeSetItem>, Error> {
    let state = params.choice("state", &["proposed", "approved", "rejected"])?;
    let round = params.text("round");
    let items: Vec<ChangeSetItem> = site.db.read(|sql| {
        let words = Words::read(sql)?;
        Ok::<_, Error>(changes::all(sql)?.iter().map(|one| item(&words, one)).collect())
    })?;
    let fits = |one: &ChangeSetItem| {
        Ok((state.is_empty() || crate::round::kind_text(one.state)? == state)
            && (round.is_empty() || one.round == round)
            && params.finds(&[&one.id, &one.round_title, &one.proposed_by, &one.decided_by]))
    };
    params.page_in_order(items, fits, |one| one.id.clone())
}

/// `GET ledger/changes/ID`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn one(site: &Site, id: &str) -> Result<ChangeSetDetail, Error> {
    site.db.read(|sql| {
        let all = changes::all(sql)?;
        let found = all.into_iter().find(|one| one.id.to_hex() == id);
        let one = found.ok_or_else(|| missing(format!("change set {id}")))?;
        let words = Words::read(sql)?;
        let base = site.ledgers.read(sql, one.change_set.base.version)?;
        let base = base.ok_or_else(|| missing(format!("ledger version {}", one.change_set.base.version)))?;
        let (reason, leaf) = decided(sql, &one)?;
        let mut changes = Vec::new();
        for change in &one.change_set.changes {
            let because = change.because.iter().map(|ground| named(sql, &words, ground));
            let because = because.collect::<Result<_, _>>()?;
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            if let Some(change) = asset_change(&base, before, after)? {
                changes.push(ProposedChange { change, because });
            }
        }
        let is_outdated = one.decision.is_none() && is_outdated(sql, &one)?;
        Ok(ChangeSetDetail { item: item(&words, &one), reason, leaf, is_outdated, changes })
    })
}

/// Why it was decided so, and the decision's place in the log.
fn decided(sql: &dyn Sql, one: &StoredChange) -> Result<(String, Option<u64>), Error> {
    let Some(decision) = &one.decision else { return Ok((String::new(), None)) };
    let Some(row) = sql.first(sql!("log_entry_by_envelope"), &[decision.envelope.to_hex().into()])? else {
        return Ok((String::new(), None));
    };
    let said = ChangeDecision::read(&Envelope::from_bytes(row.bytes(1)?)?)?;
    Ok((said.reason, Some(to_u64(row.i64(0)?))))
}

fn named(sql: &dyn Sql, words: &Words, ground: &Ground) -> Result<GroundItem, Error> {
    let record = ground.record.to_hex();
    let row = sql.first(sql!("record_of_id"), &[record.as_str().into()])?;
    let title = row.map(|row| row.text(10).map(str::to_owned)).transpose()?.unwrap_or_default();
    Ok(GroundItem { record, title, inspector_name: words.person(ground.inspector.as_str()) })
}

fn is_outdated(sql: &dyn Sql, one: &StoredChange) -> Result<bool, Error> {
    let now: Option<Ledger> = crate::ledger::current(sql)?.map(|(_, ledger)| ledger);
    Ok(now.is_none_or(|now| apply(&now, &one.change_set.changes).is_err()))
}
