//! Blobs in, `Delivered` statements and receipts out.
//!
//! A record is declared delivered only when its bytes are what its id says, it is in the log, and every blob it names is
//! stored and was re-hashed from the disk just before. That is checked anew after every blob and every record, and at the
//! start of the service, so that a crash between any two steps is caught up by the same code. A record that is damaged is
//! told in the service's log and left alone: it holds up nothing but itself.

use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_proof::{
    dsse::Envelope,
    statement::{BlobRef, Delivered, Statement as _},
    verification::{self, VerifiedRecord},
};
use xunjian_protocol::{blob::BlobState, problem::ProblemCode, record::DeliveryState};

use crate::{
    clock, cosign,
    db::{DbError, Sql, sql},
    error::Error,
    log::{self, to_i64, to_u64},
    site::Site,
};

/// How many bytes a blob has, by the records of this terminal that name it; `None` when none does.
///
/// # Errors
/// [`Error`] of the database.
pub fn named_bytes(site: &Site, terminal: &TerminalId, blob: &Sha256) -> Result<Option<u64>, Error> {
    let values = [blob.to_hex().into(), terminal.as_str().into()];
    let row = site.db.read(|sql| sql.first(sql!("record_blob_named"), &values))?;
    Ok(row.map(|row| row.i64(0)).transpose()?.map(to_u64))
}

/// What the service has of a blob. Answered only for blobs that the terminal's own records name.
///
/// # Errors
/// [`Error`] of the database.
pub fn blob_state(site: &Site, terminal: &TerminalId, blob: &Sha256) -> Result<BlobState, Error> {
    let Some(bytes) = named_bytes(site, terminal, blob)? else {
        return Ok(BlobState::NotNamed);
    };
    if is_stored(site, blob)? {
        return Ok(BlobState::Stored);
    }
    // What is longer than the blob is discarded before the upload goes on, so that it starts anew.
    let offset = site.blobs.partial_bytes(terminal, blob);
    Ok(BlobState::Partial { offset: if offset > bytes { 0 } else { offset } })
}

pub(crate) fn is_stored(site: &Site, blob: &Sha256) -> Result<bool, Error> {
    Ok(site.db.read(|sql| sql.first(sql!("blob_select"), &[blob.to_hex().into()]))?.is_some())
}

/// Takes a completely uploaded blob into the store and declares delivered what now is.
///
/// # Errors
/// [`Error::Problem`] 400.2 when the bytes do not hash to the name.
pub fn finish_blob(site: &Site, terminal: &TerminalId, blob: &Sha256) -> Result<(), Error> {
    store_blob(site, terminal, blob)?;
    deliver_ready(site)
}

/// As [`finish_blob`], for the first of many: whoever calls declares them together.
pub(crate) fn store_blob(site: &Site, terminal: &TerminalId, blob: &Sha256) -> Result<(), Error> {
    let bytes =
        site.blobs.finish(terminal, blob)?.ok_or_else(|| Error::Problem(ProblemCode::HashMismatch, blob.to_hex()))?;
    adopt(site, blob, bytes)?;
    fail::fail_point!("blob.after_row");
    Ok(())
}

/// Writes the row of a blob that lies in the store.
fn adopt(site: &Site, blob: &Sha256, bytes: u64) -> Result<(), Error> {
    site.db.write(|sql| put_blob(sql, blob, bytes))
}

pub(crate) fn put_blob(sql: &dyn Sql, blob: &Sha256, bytes: u64) -> Result<(), Error> {
    let values = [blob.to_hex().into(), to_i64(bytes).into(), clock::now().0.into()];
    sql.execute(sql!("blob_insert"), &values)?;
    Ok(())
}

/// A blob may lie in the store without its row, after a crash between the two: then the row is written instead of asking
/// the terminal to send everything again.
///
/// # Errors
/// [`Error`] of the database or the disk.
pub fn adopt_if_complete(site: &Site, blob: &Sha256) -> Result<bool, Error> {
    match site.blobs.check(blob)? {
        Some((bytes, true)) => {
            adopt(site, blob, bytes)?;
            deliver_ready(site)?;
            Ok(true)
        }
        Some((_, false)) => {
            site.blobs.set_aside_damaged(blob)?;
            Ok(false)
        }
        None => Ok(false),
    }
}

/// Moves what waits into the log and declares delivered every record that is complete. A record that cannot be declared is
/// told in the service's log by its id and skipped.
///
/// # Errors
/// [`Error`] of the database.
pub fn deliver_ready(site: &Site) -> Result<(), Error> {
    site.sequence()?;
    let ready = site.db.read(|sql| sql.query(sql!("record_ready"), &[]))?;
    let mut complete = Vec::new();
    for row in &ready {
        let Ok(id) = row.text(0) else {
            tracing::error!("a record has no id; run `xunjian fsck`");
            continue;
        };
        match completed(site, id) {
            Ok(Some(ready)) => complete.push(ready),
            Ok(None) => tracing::error!(record = id, "a photo of the record is lost or damaged and is asked for again"),
            Err(error) => tracing::error!(record = id, %error, "the record cannot be declared delivered"),
        }
    }
    if complete.is_empty() {
        return Ok(());
    }
    let declared = declare_all(site, &complete).or_else(|error| {
        tracing::error!(%error, "some record cannot be declared delivered; each is tried by itself");
        let mut declared = 0;
        for ready in &complete {
            match declare_all(site, std::slice::from_ref(ready)) {
                Ok(count) => declared += count,
                Err(error) => tracing::error!(record = %ready.id, %error, "the record cannot be declared delivered"),
            }
        }
        Ok::<_, Error>(declared)
    })?;
    if declared > 0 {
        fail::fail_point!("delivered.after_commit");
        site.sequence()?;
    }
    Ok(())
}

fn declare_all(site: &Site, complete: &[Complete]) -> Result<usize, Error> {
    site.db.write(|sql| {
        let mut declared = 0;
        for ready in complete {
            declared += usize::from(declare(site, sql, ready)?);
        }
        if declared > 0 {
            fail::fail_point!("delivered.before_commit");
        }
        Ok(declared)
    })
}

/// A record of which everything was checked from the stored bytes.
struct Complete {
    id: Sha256,
    envelope: Sha256,
    blobs: Vec<BlobRef>,
    /// The statement that was signed before, when only its row was lost.
    declared: Option<(Sha256, Delivered)>,
}

/// Checks everything a [`Delivered`] statement says, outside the transaction that will write it: blobs are large. `None`
/// when a blob is not there as the record names it; then the service forgets it, so that the terminal is asked for it.
fn completed(site: &Site, id: &str) -> Result<Option<Complete>, Error> {
    let damaged = |what: &str| Error::Damaged(format!("the record {id}: {what}"));
    let (bytes, envelope, leaf, before) = site.db.read(|sql| {
        let row = sql.first(sql!("record_by_id"), &[id.into()])?.ok_or_else(|| damaged("it is gone"))?;
        let (bytes, hash) = (row.bytes(0)?.to_vec(), row.text(2)?.to_owned());
        let leaf = sql.first(sql!("log_entry_by_envelope"), &[hash.as_str().into()])?;
        let leaf = leaf.map(|row| row.bytes(1).map(<[u8]>::to_vec)).transpose()?;
        Ok::<_, Error>((bytes, hash, leaf, log::about(sql, "delivered", id)?))
    })?;
    let (_, record) = verification::read_record(&bytes).map_err(|failure| damaged(&failure.to_string()))?;
    if record.id.to_hex() != id || Sha256::of(&bytes).to_hex() != envelope {
        return Err(damaged("its bytes are another record's"));
    }
    if leaf.as_deref() != Some(&bytes[..]) {
        return Err(damaged("it is not in the log"));
    }
    let envelope = Sha256::of(&bytes);
    let declared = match before.first() {
        Some(statement) => Some(declared_before(site, &record, envelope, statement)?),
        None => None,
    };
    let blobs = record.record.blobs();
    let mut is_whole = true;
    for blob in &blobs {
        is_whole &= is_whole_on_disk(site, &record.id, blob)?;
    }
    Ok(is_whole.then_some(Complete { id: record.id, envelope, blobs, declared }))
}

/// Reads a statement that was signed for this record before, and insists that it is one.
fn declared_before(
    site: &Site,
    record: &VerifiedRecord,
    envelope: Sha256,
    statement: &[u8],
) -> Result<(Sha256, Delivered), Error> {
    let signed = Envelope::from_bytes(statement)?;
    signed.verify(&xunjian_proof::suite::Signer::public_key(&site.keys.service))?;
    let delivered = Delivered::read(&signed)?;
    if delivered.record != record.id || delivered.envelope != envelope || delivered.blobs != record.record.blobs() {
        return Err(Error::Damaged(format!("the log's delivery of the record {} is about something else", record.id)));
    }
    Ok((Sha256::of(statement), delivered))
}

/// Whether a blob lies in the store as the record names it, re-read from the disk. One that does not is forgotten: its row
/// goes, and a damaged file is moved aside.
fn is_whole_on_disk(site: &Site, record: &Sha256, blob: &BlobRef) -> Result<bool, Error> {
    let found = site.blobs.check(&blob.sha256)?;
    if found == Some((blob.bytes, true)) {
        return Ok(true);
    }
    if matches!(found, Some((_, false))) {
        site.blobs.set_aside_damaged(&blob.sha256)?;
    }
    site.db.write(|sql| {
        sql.execute(sql!("blob_delete"), &[blob.sha256.to_hex().into()])?;
        let values = [record.to_hex().into(), blob.sha256.to_hex().into(), to_i64(blob.bytes).into()];
        sql.execute(sql!("record_blob_restore"), &values)?;
        Ok(false)
    })
}

/// Writes the declaration, unless somebody else just did. Says whether anything was written.
fn declare(site: &Site, sql: &dyn Sql, ready: &Complete) -> Result<bool, Error> {
    let id = ready.id.to_hex();
    if sql.first(sql!("delivered_of"), &[id.as_str().into()])?.is_some() {
        return Ok(false);
    }
    for blob in &ready.blobs {
        put_blob(sql, &blob.sha256, blob.bytes)?;
    }
    let insert = |envelope: &Sha256, stored_at: i64| {
        sql.execute(sql!("delivered_insert"), &[id.as_str().into(), envelope.to_hex().into(), stored_at.into()])
    };
    if let Some((envelope, delivered)) = &ready.declared {
        tracing::warn!(record = id, "the row of a delivery was lost and is restored from the log");
        insert(envelope, delivered.stored_at.0)?;
        return Ok(true);
    }
    let now = clock::now();
    let statement = Delivered {
        site: site.settings.root.site.clone(),
        record: ready.id,
        envelope: ready.envelope,
        blobs: ready.blobs.clone(),
        stored_at: now,
    };
    let envelope = statement.sign(&[&site.keys.service])?;
    insert(&envelope.sha256(), now.0)?;
    log::enqueue(sql, "delivered", &envelope)?;
    Ok(true)
}

/// How far a record of this terminal has come.
///
/// # Errors
/// [`Error`] of the database.
pub fn state(site: &Site, terminal: &TerminalId, record: &Sha256) -> Result<DeliveryState, Error> {
    match state_of(site, terminal, record) {
        // One damaged record must not hide the receipts of the others.
        Err(error @ (Error::Damaged(_) | Error::Note(_) | Error::Db(DbError::Column(_)))) => {
            tracing::error!(%record, %error, "the record's delivery cannot be told");
            Ok(DeliveryState::Pending { missing: Vec::new() })
        }
        state => state,
    }
}

fn state_of(site: &Site, terminal: &TerminalId, record: &Sha256) -> Result<DeliveryState, Error> {
    site.db.read(|sql| {
        let id = record.to_hex();
        let row = sql.first(sql!("record_by_id"), &[id.as_str().into()])?;
        let is_own = row.map(|row| row.text(1).map(|owner| owner == terminal.as_str())).transpose()?;
        if is_own != Some(true) {
            return Ok(DeliveryState::Unknown);
        }
        if let Some(row) = sql.first(sql!("delivered_of"), &[id.as_str().into()])? {
            let hash: Sha256 =
                row.text(0)?.parse().map_err(|_| Error::Damaged("a delivery names no statement".to_owned()))?;
            if let Some((leaf, receipt)) = cosign::receipt(sql, &hash)? {
                let delivered =
                    String::from_utf8(leaf).map_err(|_| Error::Damaged("an envelope is not text".to_owned()))?;
                return Ok(DeliveryState::Delivered { delivered, receipt: receipt.to_string() });
            }
        }
        let rows = sql.query(sql!("record_blob_missing"), &[id.as_str().into()])?;
        let missing = rows.iter().filter_map(|row| row.text(0).ok()?.parse().ok()).collect();
        Ok(DeliveryState::Pending { missing })
    })
}
