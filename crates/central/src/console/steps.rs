//! The check of one record, step by step, from stored bytes: the envelope, the statements and nodes of the log it hangs on,
//! and its photos on the disk. The read model is never asked.

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, text::Text};
use xunjian_proof::{
    keyring::Keyring,
    merkle,
    receipt::Receipt,
    statement::BlobRef,
    verification::{self, Failure, SealedBetween, Step, VerifiedRecord},
};

use crate::{
    db::{Sql, sql},
    error::Error,
    log::{self, StoredNodes, to_i64, to_u64},
    site::Site,
};

/// One step of checking a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// Whether it passed; `None` where there is nothing to check yet.
    pub passed: Option<bool>,
    /// What it says, for people.
    pub text: Text,
    /// Why it failed.
    pub reason: String,
}

const STEPS: [Step; 9] = [
    Step::Bytes,
    Step::Consistency,
    Step::InspectorKey,
    Step::InspectorSignature,
    Step::TerminalKey,
    Step::TerminalSignature,
    Step::Delivered,
    Step::Receipt,
    Step::Blobs,
];

fn text(step: Step) -> Text {
    match step {
        Step::Bytes => Text::new("记录字节为规范格式", "the record's bytes are canonical"),
        Step::Consistency => Text::new("记录内部前后一致", "the record is consistent in itself"),
        Step::InspectorKey => Text::new("巡检人员密钥经站点根确认", "the root vouches for the inspector's key"),
        Step::InspectorSignature => Text::new("巡检人员签名正确", "the inspector's signature is right"),
        Step::TerminalKey => Text::new("终端密钥经站点根确认", "the root vouches for the terminal's key"),
        Step::TerminalSignature => Text::new("终端签名正确", "the terminal's signature is right"),
        Step::Delivered => Text::new("服务端声明记录和照片已全部入库", "the service declared record and photos stored"),
        Step::Receipt => Text::new("记录与声明均在存证日志中", "the log holds the record and that declaration"),
        Step::Blobs => Text::new("存储的照片与哈希一致", "the stored photos hash to their names"),
    }
}

fn failed(step: Step, reason: impl ToString) -> Failure {
    Failure { step, reason: reason.to_string() }
}

fn at<E: Into<Error>>(step: Step) -> impl Fn(E) -> Failure {
    move |error| failed(step, error.into())
}

/// What the columns beside the envelope say.
pub(super) struct Stored<'a> {
    /// The id the record was asked for by.
    pub id: &'a str,
    /// The envelope's bytes.
    pub envelope: &'a [u8],
    /// The hash beside it.
    pub envelope_sha256: &'a str,
}

/// How far the chain of checks came.
pub(super) struct Checked {
    /// The record, where its bytes can be read.
    pub record: Option<VerifiedRecord>,
    /// Its place in the log.
    pub leaf: Option<u64>,
    /// Whether the service declared it delivered.
    pub is_delivered: bool,
    /// When it was sealed, as far as the checks that passed prove it.
    pub sealed: SealedBetween,
    failure: Option<Failure>,
}

/// Checks envelope, signatures, delivery and log.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, stored: &Stored<'_>) -> Checked {
    let mut checked =
        Checked { record: None, leaf: None, is_delivered: false, sealed: SealedBetween::default(), failure: None };
    let result = chain(sql, keyring, stored, &mut checked);
    checked.failure = result.err();
    checked
}

fn chain(sql: &dyn Sql, keyring: Option<&Keyring>, stored: &Stored<'_>, checked: &mut Checked) -> Result<(), Failure> {
    let (_, read) = verification::read_record(stored.envelope)?;
    let id = read.id;
    checked.record = Some(read);
    let envelope = Sha256::of(stored.envelope);
    if id.to_hex() != stored.id || envelope.to_hex() != stored.envelope_sha256 {
        return Err(failed(Step::Bytes, "the stored bytes are another record than the one of this id"));
    }
    let keyring = keyring.ok_or_else(|| failed(Step::InspectorKey, "the site root cannot be read"))?;
    let verified = verification::verify_record(stored.envelope, keyring)?;
    checked.sealed = verification::sealed_between(&verified.record, None, keyring);
    let row = sql.first(sql!("delivered_of"), &[stored.id.into()]).map_err(at(Step::Delivered))?;
    checked.is_delivered = row.is_some();
    let Some(row) = row else {
        let declared = log::about(sql, "delivered", stored.id).map_err(at(Step::Delivered))?;
        if !declared.is_empty() {
            return Err(failed(Step::Delivered, "the log declares it delivered, and the row of the delivery is gone"));
        }
        return record_leaf(sql, keyring, stored, checked);
    };
    if row.is_null(1) {
        let hash = row.text(0).map_err(at(Step::Delivered))?;
        let waits = sql.first(sql!("log_inbox_by_envelope"), &[hash.into()]).map_err(at(Step::Receipt))?;
        checked.is_delivered = false;
        return match waits {
            Some(_) => record_leaf(sql, keyring, stored, checked),
            None => Err(failed(Step::Receipt, "the log does not have the declaration")),
        };
    }
    let leaf = row.bytes(2).map_err(at(Step::Delivered))?;
    if Sha256::of(leaf).to_hex() != row.text(0).map_err(at(Step::Delivered))? {
        return Err(failed(Step::Delivered, "the declaration's bytes are not those of the hash beside them"));
    }
    let receipt = receipt(sql, to_u64(row.i64(1).map_err(at(Step::Receipt))?), leaf)?;
    let statement = verification::verify_receipt(&verified, envelope, leaf, &receipt, keyring)?;
    checked.sealed = verification::sealed_between(&verified.record, Some(&statement), keyring);
    if row.i64(3).ok() != Some(statement.stored_at.0) {
        return Err(failed(Step::Delivered, "the moment beside the declaration is not the one it states"));
    }
    record_leaf(sql, keyring, stored, checked)?;
    plan_leaf(sql, keyring, &verified.record.plan)
}

/// The record itself is a leaf: the bytes there are the same, and the log's root follows from them.
fn record_leaf(sql: &dyn Sql, keyring: &Keyring, stored: &Stored<'_>, checked: &mut Checked) -> Result<(), Failure> {
    let values = [stored.envelope_sha256.into()];
    let row = sql.first(sql!("log_entry_by_envelope"), &values).map_err(at(Step::Receipt))?;
    let Some(row) = row else {
        let waits = sql.first(sql!("log_inbox_by_envelope"), &values).map_err(at(Step::Receipt))?;
        return match waits {
            Some(_) if !checked.is_delivered => Ok(()),
            _ => Err(failed(Step::Receipt, "the log does not have the record")),
        };
    };
    let index = to_u64(row.i64(0).map_err(at(Step::Receipt))?);
    checked.leaf = Some(index);
    if row.bytes(1).map_err(at(Step::Receipt))? != stored.envelope {
        return Err(failed(Step::Receipt, "the log's leaf of the record has other bytes"));
    }
    let receipt = receipt(sql, index, stored.envelope)?;
    keyring.verify_receipt(stored.envelope, &receipt).map_err(|error| failed(Step::Receipt, error))
}

/// The plan was logged before anyone walked.
fn plan_leaf(sql: &dyn Sql, keyring: &Keyring, plan: &Sha256) -> Result<(), Failure> {
    let row = sql.first(sql!("log_entry_by_envelope"), &[plan.to_hex().into()]).map_err(at(Step::Receipt))?;
    let row = row.ok_or_else(|| failed(Step::Receipt, "the log does not have the plan"))?;
    let bytes = row.bytes(1).map_err(at(Step::Receipt))?;
    if Sha256::of(bytes) != *plan {
        return Err(failed(Step::Receipt, "the log's leaf of the plan has other bytes"));
    }
    let receipt = receipt(sql, to_u64(row.i64(0).map_err(at(Step::Receipt))?), bytes)?;
    keyring.verify_receipt(bytes, &receipt).map_err(|error| failed(Step::Receipt, error))
}

/// The proof that a leaf is in the newest tree. The nodes above the leaf are compared, too: the proof itself does not need
/// them, but whoever comes later does.
fn receipt(sql: &dyn Sql, index: u64, leaf: &[u8]) -> Result<Receipt, Failure> {
    let (size, checkpoint) = log::tail(sql).map_err(at(Step::Receipt))?;
    let checkpoint = checkpoint.ok_or_else(|| failed(Step::Receipt, "the log has no checkpoint"))?;
    if index >= size {
        return Err(failed(Step::Receipt, "the log ends before this leaf"));
    }
    let nodes = StoredNodes(sql);
    let proof = merkle::inclusion_proof(&nodes, index, size).map_err(at(Step::Receipt))?;
    if size <= SMALL_LOG {
        all_nodes(sql, size)?;
    }
    let (mut hash, mut place, mut level) = (merkle::leaf_hash(leaf), index, 0_u32);
    while (place + 1) << level <= size {
        let stored = merkle::Nodes::node(&nodes, level, place).map_err(at(Step::Receipt))?;
        if stored != hash {
            return Err(failed(Step::Receipt, format!("the log's node ({level}, {place}) is not that of its leaves")));
        }
        let sibling = place ^ 1;
        if (sibling + 1) << level > size {
            break;
        }
        let sibling = merkle::Nodes::node(&nodes, level, sibling).map_err(at(Step::Receipt))?;
        hash = if place % 2 == 0 { merkle::node_hash(&hash, &sibling) } else { merkle::node_hash(&sibling, &hash) };
        (place, level) = (place / 2, level + 1);
    }
    Ok(Receipt { index, proof, checkpoint })
}

/// Up to so many leaves every node is compared with its children, not only those that this leaf hangs on: a few
/// milliseconds. In a larger log that is left to the verification of everything.
const SMALL_LOG: u64 = 4096;

fn all_nodes(sql: &dyn Sql, size: u64) -> Result<(), Failure> {
    let rows = sql.query(sql!("log_node_all"), &[]).map_err(at(Step::Receipt))?;
    let mut known = std::collections::BTreeMap::new();
    for row in &rows {
        let hash = row.text(2).ok().and_then(|text| text.parse::<Sha256>().ok());
        let place = row.i64(0).and_then(|level| Ok((level, row.i64(1)?))).map_err(at(Step::Receipt))?;
        let hash = hash.ok_or_else(|| failed(Step::Receipt, format!("the log's node {place:?} is not a hash")))?;
        known.insert(place, hash);
    }
    for (&(level, place), hash) in known.iter().filter(|((level, _), _)| *level > 0) {
        let children = known.get(&(level - 1, place * 2)).zip(known.get(&(level - 1, place * 2 + 1)));
        if children.map(|(left, right)| merkle::node_hash(left, right)) != Some(*hash) {
            return Err(failed(
                Step::Receipt,
                format!("the log's node ({level}, {place}) is not that of its children"),
            ));
        }
    }
    let leaves = known.keys().filter(|(level, _)| *level == 0).count() as u64;
    if leaves != size {
        return Err(failed(Step::Receipt, format!("the log has {leaves} leaves, its tail says {size}")));
    }
    Ok(())
}

/// A photo as it lies on the disk.
pub(super) struct BlobState {
    pub is_stored: bool,
    pub is_intact: bool,
}

/// Hashes a photo anew.
pub(super) fn blob_state(site: &Site, blob: &BlobRef) -> BlobState {
    match site.blobs.check(&blob.sha256) {
        Ok(Some((bytes, is_whole))) => BlobState { is_stored: true, is_intact: is_whole && bytes == blob.bytes },
        Ok(None) => BlobState { is_stored: false, is_intact: false },
        Err(_) => BlobState { is_stored: true, is_intact: false },
    }
}

/// The steps in order. `blobs` are the names of the photos with how they lie there.
pub(super) fn reports(checked: &Checked, blobs: &[(String, BlobState)]) -> Vec<StepReport> {
    STEPS.into_iter().map(|step| report(step, checked, blobs)).collect()
}

fn report(step: Step, checked: &Checked, blobs: &[(String, BlobState)]) -> StepReport {
    let failure = checked.failure.as_ref();
    let (passed, reason) = match (step, failure) {
        (Step::Blobs, _) => of_blobs(checked, blobs),
        (_, Some(failure)) if failure.step == step => (Some(false), failure.reason.clone()),
        // What comes after a step that failed cannot be told any more.
        (_, Some(failure)) if failure.step < step => (None, String::new()),
        (Step::Delivered | Step::Receipt, _) if !checked.is_delivered => (None, String::new()),
        _ => (Some(true), String::new()),
    };
    StepReport { step, passed, text: text(step), reason }
}

fn of_blobs(checked: &Checked, blobs: &[(String, BlobState)]) -> (Option<bool>, String) {
    let lost = |state: &BlobState| {
        if state.is_stored { !state.is_intact } else { checked.is_delivered }
    };
    if let Some((name, state)) = blobs.iter().find(|(_, state)| lost(state)) {
        let what = if state.is_stored { "does not hash to its name" } else { "is gone" };
        return (Some(false), format!("{name} {what}"));
    }
    match blobs.iter().find(|(_, state)| !state.is_stored) {
        Some((name, _)) => (None, format!("{name} has not come yet")),
        None if checked.record.is_none() => (None, String::new()),
        None => (Some(true), String::new()),
    }
}

/// Where a leaf stands, by the hash of its envelope.
pub(super) fn in_chain(sql: &dyn Sql, terminal: &str, sequence: u64) -> Result<Option<String>, Error> {
    let row = sql.first(sql!("record_in_chain"), &[terminal.into(), to_i64(sequence).into()])?;
    Ok(row.map(|row| row.text(0).map(str::to_owned)).transpose()?)
}
