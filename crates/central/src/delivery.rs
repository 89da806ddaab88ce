//! Blobs in, `Delivered` statements and receipts out.
//!
//! A record is declared delivered only when it is in the log and every blob it names is stored and was re-hashed from the
//! disk. That is checked anew after every blob and every record, and at the start of the service, so that a crash between
//! any two steps is caught up by the same code.

use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_proof::{
    statement::{Delivered, Statement as _},
    verification,
};
use xunjian_protocol::{blob::BlobState, problem::ProblemCode, record::DeliveryState};

use crate::{
    clock,
    db::{Sql, sql},
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
    if named_bytes(site, terminal, blob)?.is_none() {
        return Ok(BlobState::NotNamed);
    }
    if is_stored(site, blob)? {
        return Ok(BlobState::Stored);
    }
    Ok(BlobState::Partial { offset: site.blobs.partial_bytes(terminal, blob) })
}

fn is_stored(site: &Site, blob: &Sha256) -> Result<bool, Error> {
    Ok(site.db.read(|sql| sql.first(sql!("blob_select"), &[blob.to_hex().into()]))?.is_some())
}

/// Takes a completely uploaded blob into the store and declares delivered what now is.
///
/// # Errors
/// [`Error::Problem`] 400.2 when the bytes do not hash to the name.
pub fn finish_blob(site: &Site, terminal: &TerminalId, blob: &Sha256, bytes: u64) -> Result<(), Error> {
    if !site.blobs.finish(terminal, blob)? {
        return Err(Error::Problem(ProblemCode::HashMismatch, blob.to_hex()));
    }
    adopt(site, blob, bytes)?;
    fail::fail_point!("blob.after_row");
    deliver_ready(site)
}

/// Writes the row of a blob that lies in the store.
fn adopt(site: &Site, blob: &Sha256, bytes: u64) -> Result<(), Error> {
    let values = [blob.to_hex().into(), to_i64(bytes).into(), clock::now().0.into()];
    site.db.write(|sql| sql.execute(sql!("blob_insert"), &values))?;
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
        _ => Ok(false),
    }
}

/// Moves what waits into the log and declares delivered every record that is complete.
///
/// # Errors
/// [`Error`] of the database.
pub fn deliver_ready(site: &Site) -> Result<(), Error> {
    site.sequence()?;
    let declared = site.db.write(|sql| {
        let ready = sql.query(sql!("record_ready"), &[])?;
        for row in &ready {
            declare(site, sql, row.text(0)?)?;
        }
        if !ready.is_empty() {
            fail::fail_point!("delivered.before_commit");
        }
        Ok::<_, Error>(ready.len())
    })?;
    if declared > 0 {
        fail::fail_point!("delivered.after_commit");
        site.sequence()?;
    }
    Ok(())
}

fn declare(site: &Site, sql: &dyn Sql, id: &str) -> Result<(), Error> {
    let row = sql
        .first(sql!("record_by_id"), &[id.into()])?
        .ok_or_else(|| Error::Damaged(format!("the record {id} is missing")))?;
    let bytes = row.bytes(0)?;
    let (_, verified) = verification::read_record(bytes).map_err(|failure| Error::Damaged(failure.to_string()))?;
    let now = clock::now();
    let statement = Delivered {
        site: site.settings.root.site.clone(),
        record: verified.id,
        envelope: Sha256::of(bytes),
        blobs: verified.record.blobs(),
        stored_at: now,
    };
    let envelope = statement.sign(&[&site.keys.service])?;
    sql.execute(sql!("delivered_insert"), &[id.into(), envelope.sha256().to_hex().into(), now.0.into()])?;
    log::enqueue(sql, "delivered", &envelope)
}

/// How far a record of this terminal has come.
///
/// # Errors
/// [`Error`] of the database.
pub fn state(site: &Site, terminal: &TerminalId, record: &Sha256) -> Result<DeliveryState, Error> {
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
            if let Some((leaf, receipt)) = log::receipt(sql, &hash)? {
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
