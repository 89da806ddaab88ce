//! Recomputing everything from stored bytes: `verify-all` for records, receipts and photos, `fsck` for the log, chunks,
//! chains and files. Both name each damage; neither trusts a column where the bytes can be asked.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    chain::{self, Link},
    keyring::Keyring,
    merkle,
    receipt::Receipt,
    statement::HolderKind,
    verification::{self, VerifiedRecord},
};

use crate::{
    db::{Row, Sql, sql},
    error::Error,
    log::{self, StoredNodes, to_i64, to_u64},
    site::Site,
};

/// One damage, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// `record`, `blob`, `log`, `chunk`, `chain`, `key`.
    pub part: &'static str,
    /// Which one.
    pub id: String,
    /// Which step of the check failed.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// What a check found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    /// Records checked.
    pub records: u64,
    /// Those of them with a receipt that holds.
    pub delivered: u64,
    /// Photos hashed.
    pub blobs: u64,
    /// Leaves of the log hashed.
    pub leaves: u64,
    /// Documents hashed.
    pub chunks: u64,
    /// Everything that is wrong; empty when all is well.
    pub damages: Vec<Damage>,
}

impl Findings {
    fn damage(&mut self, part: &'static str, id: impl ToString, step: impl ToString, reason: impl ToString) {
        let (id, step, reason) = (id.to_string(), step.to_string(), reason.to_string());
        self.damages.push(Damage { part, id, step, reason });
    }
}

/// Checks every record, its receipt and its photos from the stored bytes.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn verify_all(site: &Site) -> Result<Findings, Error> {
    let mut found = Findings::default();
    site.db.read(|sql| {
        let keyring = match site.keyring(sql) {
            Ok(keyring) => keyring,
            Err(error) => {
                found.damage("key", "key_statement", "keyring", error);
                return Ok(());
            }
        };
        for row in sql.query(sql!("record_all"), &[])? {
            found.records += 1;
            verify_row(sql, &keyring, &row, &mut found)?;
        }
        Ok::<_, Error>(())
    })?;
    verify_blobs(site, &mut found)?;
    Ok(found)
}

fn verify_row(sql: &dyn Sql, keyring: &Keyring, row: &Row, found: &mut Findings) -> Result<(), Error> {
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
    let wrong = |step: &str| {
        let step = step.to_owned();
        move |error: Error| (step.clone(), error.to_string())
    };
    let Some(row) = sql.first(sql!("delivered_of"), &[id.into()]).map_err(|error| wrong("Delivered")(error.into()))?
    else {
        return Ok(false);
    };
    if row.is_null(1) {
        return Ok(false);
    }
    let index = row.i64(1).map_err(|error| wrong("Receipt")(error.into()))?;
    let leaf = row.bytes(2).map_err(|error| wrong("Delivered")(error.into()))?;
    let (size, checkpoint) = log::tail(sql).map_err(wrong("Receipt"))?;
    let checkpoint = checkpoint.ok_or_else(|| ("Receipt".to_owned(), "the log has no checkpoint".to_owned()))?;
    let proof = merkle::inclusion_proof(&StoredNodes(sql), to_u64(index), size).map_err(wrong("Receipt"))?;
    let receipt = Receipt { index: to_u64(index), proof, checkpoint };
    verification::verify_receipt(verified, envelope, leaf, &receipt, keyring)
        .map(|_| true)
        .map_err(|failure| (format!("{:?}", failure.step), failure.reason))
}

fn verify_blobs(site: &Site, found: &mut Findings) -> Result<(), Error> {
    for row in site.db.read(|sql| sql.query(sql!("blob_all"), &[]))? {
        let id = row.text(0)?;
        let Ok(sha256) = id.parse::<Sha256>() else {
            found.damage("blob", id, "Blobs", "the name is not a hash");
            continue;
        };
        found.blobs += 1;
        match site.blobs.check(&sha256) {
            Ok(Some((bytes, true))) if bytes == to_u64(row.i64(1)?) => {}
            Ok(Some(_)) => found.damage("blob", id, "Blobs", "the bytes on the disk do not hash to the name"),
            Ok(None) => found.damage("blob", id, "Blobs", "the file is gone"),
            Err(error) => found.damage("blob", id, "Blobs", error),
        }
    }
    Ok(())
}

/// Derives the log, chunks, chains and blob list again and names each difference.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn fsck(site: &Site) -> Result<Findings, Error> {
    let mut found = Findings::default();
    site.db.read(|sql| {
        check_log(site, sql, &mut found)?;
        check_chunks(sql, &mut found)?;
        check_chains(sql, &mut found)
    })?;
    verify_blobs(site, &mut found)?;
    let known: Vec<String> = site
        .db
        .read(|sql| sql.query(sql!("blob_all"), &[]))?
        .iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect::<Result<_, _>>()?;
    for object in site.blobs.objects()? {
        if !known.contains(&object.to_hex()) {
            found.damage(
                "blob",
                object,
                "orphan",
                "a file without a row; it is adopted when the terminal sends it again",
            );
        }
    }
    Ok(found)
}

fn check_log(site: &Site, sql: &dyn Sql, found: &mut Findings) -> Result<(), Error> {
    let (size, checkpoint) = match log::tail(sql) {
        Ok(tail) => tail,
        Err(error) => {
            found.damage("log", "tail", "checkpoint", error);
            return Ok(());
        }
    };
    let mut rebuilt = Rebuilt::default();
    let mut next = 0_u64;
    loop {
        let rows = sql.query(sql!("log_entry_from"), &[to_i64(next).into()])?;
        for row in &rows {
            let index = to_u64(row.i64(0)?);
            if index != next {
                found.damage("log", next, "entry", "the leaf is missing");
                return Ok(());
            }
            let bytes = row.bytes(3)?;
            found.leaves += 1;
            if Sha256::of(bytes).to_hex() != row.text(2)? {
                found.damage("log", index, "entry", "the leaf's bytes have changed");
            }
            for (level, at, hash) in merkle::append(&rebuilt, index, merkle::leaf_hash(bytes))? {
                let stored = sql.first(sql!("log_node_select"), &[i64::from(level).into(), to_i64(at).into()])?;
                if stored.map(|row| row.text(0).map(str::to_owned)).transpose()? != Some(hash.to_hex()) {
                    found.damage("log", format!("{level}/{at}"), "node", "the stored hash is not that of the leaves");
                }
                rebuilt.0.insert((level, at), hash);
            }
            next += 1;
        }
        if rows.is_empty() {
            break;
        }
    }
    if next != size {
        found.damage("log", "tail", "size", format!("the log has {next} leaves, its tail says {size}"));
    }
    if let Some(note) = checkpoint {
        let keyring = site.keyring(sql)?;
        let origin = &site.settings.root.log_origin;
        let signed = keyring.current(HolderKind::Log).map(|log| note.verify_log(origin, &log.key));
        if !matches!(signed, Some(Ok(()))) || note.checkpoint.root != merkle::root(&rebuilt, next)? {
            found.damage("log", "checkpoint", "root", "the signed root is not that of the leaves");
        }
    }
    Ok(())
}

/// The tree as derived from the leaves, in memory.
#[derive(Default)]
struct Rebuilt(BTreeMap<(u32, u64), Sha256>);

impl merkle::Nodes for Rebuilt {
    type Error = Error;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Error> {
        let missing = || Error::Damaged(format!("the log's node ({level}, {index}) cannot be derived"));
        self.0.get(&(level, index)).copied().ok_or_else(missing)
    }
}

fn check_chunks(sql: &dyn Sql, found: &mut Findings) -> Result<(), Error> {
    for row in sql.query(sql!("chunk_names"), &[])? {
        let name = row.text(0)?;
        found.chunks += 1;
        let bytes = sql.first(sql!("chunk_select"), &[name.into()])?;
        if bytes.map(|row| row.bytes(0).map(|bytes| Sha256::of(bytes).to_hex())).transpose()?.as_deref() != Some(name) {
            found.damage("chunk", name, "bytes", "the bytes do not hash to the name");
        }
    }
    Ok(())
}

fn check_chains(sql: &dyn Sql, found: &mut Findings) -> Result<(), Error> {
    let mut chains: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    for row in sql.query(sql!("record_all"), &[])? {
        found.records += 1;
        match verification::read_record(row.bytes(2)?) {
            Ok((_, verified)) => {
                let terminal = &verified.record.terminal;
                chains.entry(terminal.id.to_string()).or_default().push(Link::of(verified.id, terminal));
            }
            Err(failure) => found.damage("record", row.text(0)?, format!("{:?}", failure.step), failure.reason),
        }
    }
    for (terminal, links) in chains {
        for fault in chain::faults(links) {
            found.damage("chain", &terminal, "chain", fault);
        }
    }
    Ok(())
}
