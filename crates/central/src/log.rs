//! The transparency log: an inbox, and a sequencer that moves batches of it into the tree.
//!
//! Order of effects: intake commits a statement into the inbox; the sequencer locks the tail, gives out indexes, writes
//! entries, nodes and the signed checkpoint in one transaction, and keeps nothing in memory across transactions. A crash
//! before its commit leaves the inbox as it was; a crash after it leaves a longer log. Nobody ever sees a checkpoint that is
//! not committed.

use std::collections::BTreeMap;

use xunjian_domain::{hash::Sha256, time::TimestampMs};
use xunjian_proof::{
    dsse::Envelope,
    merkle::{self, Nodes},
    note::{Checkpoint, SignedCheckpoint},
    receipt::Receipt,
    statement::{AdminAction, Statement as _},
};

use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    leaf::Leaf,
    site::Site,
};

/// Who acts, as far as the service can tell, when a command runs on its own machine.
pub const COMMAND_LINE: &str = "xunjian";

/// Who acts when somebody tries to log in and is not let in: nobody knows.
pub const STRANGER: &str = "stranger";

/// The name the service's clock cosigns under.
#[must_use]
pub fn clock_name(origin: &str) -> String {
    format!("{origin}/clock")
}

/// Puts a statement into the inbox, inside the transaction that stores what it states.
///
/// # Errors
/// [`Error`] of the database.
pub fn enqueue(sql: &dyn Sql, kind: &str, envelope: &Envelope) -> Result<(), Error> {
    let leaf = Leaf::read(envelope)?;
    debug_assert_eq!(kind, leaf.kind(), "the kind of a leaf is that of its payload");
    let bytes = envelope.to_bytes();
    let hash = Sha256::of(&bytes).to_hex();
    let values = [clock::new_id().into(), leaf.kind().into(), leaf.subject().into(), hash.into(), bytes.into()];
    sql.execute(sql!("log_inbox_insert"), &values)?;
    Ok(())
}

/// Writes an administrative action to the audit table and, signed, to the log's inbox: beside the write it belongs to.
///
/// # Errors
/// [`Error`] of the database.
pub fn audit(site: &Site, sql: &dyn Sql, actor: &str, action: &str, details: &[(&str, &str)]) -> Result<(), Error> {
    let details: BTreeMap<String, String> =
        details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut statement = AdminAction {
        site: site.settings.root.site.clone(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        details,
        at: clock::now(),
    };
    let mut envelope = statement.sign(&[&site.keys.service])?;
    // The same action twice within a millisecond would be the same leaf, which the log has once and for all: the second one
    // counts as done a millisecond later.
    while is_known(sql, &envelope)? {
        statement.at = statement.at.plus_ms(1);
        envelope = statement.sign(&[&site.keys.service])?;
    }
    let text = serde_json::to_string(&statement.details)?;
    sql.execute(
        sql!("audit_insert"),
        &[clock::new_id().into(), statement.at.0.into(), actor.into(), action.into(), text.into()],
    )?;
    enqueue(sql, "admin_action", &envelope)
}

/// Whether these bytes are in the log, or wait for it.
fn is_known(sql: &dyn Sql, envelope: &Envelope) -> Result<bool, Error> {
    let hash = envelope.sha256().to_hex();
    let is_logged = sql.first(sql!("log_entry_by_envelope"), &[hash.as_str().into()])?.is_some();
    Ok(is_logged || sql.first(sql!("log_inbox_by_envelope"), &[hash.into()])?.is_some())
}

/// [`audit`] in a transaction of its own.
///
/// # Errors
/// [`Error`] of the database.
pub fn audit_and_log(site: &Site, actor: &str, action: &str, details: &[(&str, &str)]) -> Result<(), Error> {
    site.db.write(|sql| audit(site, sql, actor, action, details))
}

/// The nodes of the tree as the database has them.
pub struct StoredNodes<'a>(pub &'a dyn Sql);

impl Nodes for StoredNodes<'_> {
    type Error = Error;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Error> {
        let values = [i64::from(level).into(), to_i64(index).into()];
        let row = self
            .0
            .first(sql!("log_node_select"), &values)?
            .ok_or_else(|| Error::Damaged(format!("the log's node ({level}, {index}) is missing")))?;
        row.text(0)?.parse().map_err(|error: xunjian_domain::hash::NotASha256| Error::Damaged(error.to_string()))
    }
}

/// Runs batches until the inbox is empty.
pub(crate) fn sequence_all(site: &Site) -> Result<u64, Error> {
    loop {
        let (size, moved) = site.db.write(|sql| sequence_batch(site, sql))?;
        if moved > 0 {
            fail::fail_point!("log.after_commit");
        }
        if moved < BATCH {
            return Ok(size);
        }
    }
}

/// Most entries of one batch, as `sql/log_inbox_next.sql` limits it.
const BATCH: usize = 1000;

/// One batch: the whole of it, with its checkpoint, or nothing. Returns the size of the log and how many entries moved.
fn sequence_batch(site: &Site, sql: &dyn Sql) -> Result<(u64, usize), Error> {
    sql.execute(sql!("log_tail_lock"), &[])?;
    let (old, _) = tail(sql)?;
    let waiting = sql.query(sql!("log_inbox_next"), &[])?;
    let now = clock::now();
    let mut size = old;
    for row in &waiting {
        let (id, kind, subject) = (row.text(0)?, row.text(1)?, row.text(2)?);
        let (hash, bytes) = (row.text(3)?, row.bytes(4)?);
        for (level, index, hash) in merkle::append(&StoredNodes(sql), size, merkle::leaf_hash(bytes))? {
            let values = [i64::from(level).into(), to_i64(index).into(), hash.to_hex().into()];
            sql.execute(sql!("log_node_insert"), &values)?;
        }
        let values =
            [to_i64(size).into(), kind.into(), subject.into(), hash.into(), bytes.to_vec().into(), now.0.into()];
        sql.execute(sql!("log_entry_insert"), &values)?;
        sql.execute(sql!("log_inbox_delete"), &[id.into()])?;
        size += 1;
    }
    if size != old {
        let checkpoint = Checkpoint {
            origin: site.settings.root.log_origin.clone(),
            size,
            root: merkle::root(&StoredNodes(sql), size)?,
        };
        let note = checkpoint.sign(&site.keys.log)?.to_string();
        sql.execute(sql!("log_tail_update"), &[to_i64(size).into(), note.into()])?;
        fail::fail_point!("log.before_commit");
    }
    Ok((size, waiting.len()))
}

/// Size of the log and its newest checkpoint; `None` while the log is empty.
///
/// # Errors
/// [`Error::Damaged`] when the tail is not what the sequencer wrote.
pub fn tail(sql: &dyn Sql) -> Result<(u64, Option<SignedCheckpoint>), Error> {
    let row = sql
        .first(sql!("log_tail_select"), &[])?
        .ok_or_else(|| Error::Damaged("the table `log_tail` is empty".to_owned()))?;
    let note = row.text(1)?;
    let checkpoint = if note.is_empty() { None } else { Some(SignedCheckpoint::parse(note)?) };
    Ok((to_u64(row.i64(0)?), checkpoint))
}

/// The newest checkpoint, cosigned by the service's clock: a time token.
///
/// # Errors
/// [`Error::Damaged`] while the log is empty.
pub fn time_token(site: &Site, sql: &dyn Sql, now: TimestampMs) -> Result<SignedCheckpoint, Error> {
    let mut note = tail(sql)?.1.ok_or_else(|| Error::Damaged("the log is empty".to_owned()))?;
    let seconds = to_u64(now.0 / 1000);
    note.cosign(&clock_name(&site.settings.root.log_origin), seconds, &site.keys.clock)?;
    Ok(note)
}

/// The receipt of the leaf with these envelope bytes, or `None` while the sequencer has not come to it.
///
/// # Errors
/// [`Error`] of the database.
pub fn receipt(sql: &dyn Sql, envelope: &Sha256) -> Result<Option<(Vec<u8>, Receipt)>, Error> {
    let Some(row) = sql.first(sql!("log_entry_by_envelope"), &[envelope.to_hex().into()])? else {
        return Ok(None);
    };
    let index = to_u64(row.i64(0)?);
    let (size, checkpoint) = tail(sql)?;
    let checkpoint = checkpoint.ok_or_else(|| Error::Damaged("the log has entries but no checkpoint".to_owned()))?;
    let proof = merkle::inclusion_proof(&StoredNodes(sql), index, size)?;
    Ok(Some((row.bytes(1)?.to_vec(), Receipt { index, proof, checkpoint })))
}

/// The leaves of a kind that speak of `subject`, logged or waiting, oldest first.
///
/// # Errors
/// [`Error`] of the database.
pub(crate) fn about(sql: &dyn Sql, kind: &str, subject: &str) -> Result<Vec<Vec<u8>>, Error> {
    let values = [kind.into(), subject.into()];
    let logged = sql.query(sql!("log_entry_by_subject"), &values)?;
    let waiting = sql.query(sql!("log_inbox_by_subject"), &values)?;
    Ok(logged.iter().chain(&waiting).map(|row| row.bytes(0).map(<[u8]>::to_vec)).collect::<Result<_, _>>()?)
}

/// The proof that the tree of `from` leaves is a prefix of the newest one.
///
/// # Errors
/// [`Error::Problem`] when `from` is larger than the log: this is not the log the caller knows.
pub fn consistency(sql: &dyn Sql, from: u64) -> Result<Vec<Sha256>, Error> {
    let (size, _) = tail(sql)?;
    if from > size {
        let detail = format!("the log has {size} leaves, you know {from}");
        return Err(Error::Problem(xunjian_protocol::problem::ProblemCode::Malformed, detail));
    }
    merkle::consistency_proof(&StoredNodes(sql), from, size)
}

/// Sizes and indexes stay far below 2^63.
pub(crate) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The database never holds negative sizes.
pub(crate) fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
