//! Ledger versions: an import makes a new one when, and only when, something changed; so does a change set that a person
//! approved. Nothing else ever does.

pub mod changes;
pub mod mappings;

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, VmId},
    ledger::{ChunkRef, ImportReport, Ledger, LedgerChunk, LedgerManifest, LedgerVersion, assign_identities},
};
use xunjian_proof::jcs;

use xunjian_ledger::import::{self, Mapping, PassedOver, ProblemPlace, SeenTable, SourceFile};

use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// What an import came to.
#[derive(Debug, Clone)]
pub struct ImportOutcome {
    /// Row by row.
    pub report: ImportReport,
    /// The version in force after the import; `None` for a dry run into an empty ledger.
    pub version: Option<LedgerVersion>,
    /// Whether a new version was made (or, as a dry run, would be).
    pub is_changed: bool,
    /// Assets, virtual machines and orders of the ledger after the import.
    pub counts: (usize, usize, usize),
    /// Assets and virtual machines of the version before that the files no longer list.
    pub removed: usize,
    /// Where each of the report's problems stands, in the same order.
    pub places: Vec<ProblemPlace>,
    /// What was taken for a table, and its columns for what.
    pub tables: Vec<SeenTable>,
    /// Sheets that hold something, but no table that is known.
    pub passed_over: Vec<PassedOver>,
    /// Whether so much would be removed that [`ImportMode::Careful`] refuses.
    pub loses_much: bool,
    /// The ledger before the import and after it.
    pub change: Box<(Ledger, Ledger)>,
}

/// How an import may change the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Say what would happen; change nothing.
    DryRun,
    /// Make a new version, but refuse one that loses more than a tenth of what the version before had: a file of one room,
    /// or one that could hardly be read, is not the whole ledger.
    Careful,
    /// Make a new version whatever it loses.
    AllowRemovals,
}

/// Imports files. A kind of thing that no file speaks of stays: a file of orders leaves the assets alone and the other way
/// round. Assets are replaced as a whole: what the files no longer list is removed, and counted.
///
/// # Errors
/// [`Error::Import`] when a file cannot be read at all, [`Error::Told`] when too much would be removed; then nothing was
/// changed.
pub fn import(site: &Site, actor: &str, files: &[SourceFile], mode: ImportMode) -> Result<ImportOutcome, Error> {
    import_mapped(site, actor, files, &Mapping::default(), mode)
}

/// As [`import`], with what a person says of columns that no heading tells. What was said of the same headings before counts,
/// too; what is said now is remembered with an import, and not with a dry run.
///
/// # Errors
/// As [`import`].
pub fn import_mapped(
    site: &Site,
    actor: &str,
    files: &[SourceFile],
    mapping: &Mapping,
    mode: ImportMode,
) -> Result<ImportOutcome, Error> {
    let mut new_ids = clock::new_id;
    let mapping = site.db.read(|sql| mappings::recall(sql, mapping))?;
    let imported = import::read(files, &mapping, &mut new_ids)?;
    let (report, places) = (imported.report, imported.places);
    let (tables, passed_over) = (imported.tables, imported.passed_over);
    let work = |sql: &dyn Sql| -> Result<ImportOutcome, Error> {
        let (before, previous) = match current(sql)? {
            Some((version, ledger)) => (Some(version), ledger),
            None => (None, Ledger::default()),
        };
        let mut next = imported.ledger;
        assign_identities(&previous, &mut next);
        keep_unmentioned(&previous, &mut next);
        next.derive_systems(&previous.systems, &mut new_ids);
        let counts = (next.assets.len(), next.vms.len(), next.orders.len());
        let is_changed = next != previous;
        let removed = count_removed(&previous, &next);
        let had = previous.assets.len() + previous.vms.len();
        let loses_much = removed * 10 > had;
        if mode == ImportMode::Careful && loses_much {
            return Err(Error::told(
                format!(
                    "这些文件会从台账中移除 {removed} 项（现有 {had} 项），未作改动；如确属实，请加 --allow-removals"
                ),
                format!(
                    "these files would remove {removed} of {had} entries; nothing was changed. If that is right, add --allow-removals"
                ),
            ));
        }
        if mode != ImportMode::DryRun {
            mappings::remember(site, sql, actor, &mapping, &tables)?;
        }
        let mut version = before.clone();
        if is_changed && mode != ImportMode::DryRun {
            let number = before.as_ref().map_or(1, |version| version.version + 1);
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            version = Some(store(site, sql, actor, number, &next, ("ledger.import", &names.join(", "), &report))?);
        }
        let change = Box::new((previous, next));
        let outcome = ImportOutcome {
            report,
            version,
            is_changed,
            counts,
            removed,
            places,
            tables,
            passed_over,
            loses_much,
            change,
        };
        Ok(outcome)
    };
    let outcome = if mode == ImportMode::DryRun { site.db.read(work)? } else { site.db.write(work)? };
    site.sequence()?;
    Ok(outcome)
}

fn count_removed(previous: &Ledger, next: &Ledger) -> usize {
    let assets: BTreeSet<&AssetId> = next.assets.iter().map(|asset| &asset.id).collect();
    let vms: BTreeSet<&VmId> = next.vms.iter().map(|vm| &vm.id).collect();
    previous.assets.iter().filter(|asset| !assets.contains(&asset.id)).count()
        + previous.vms.iter().filter(|vm| !vms.contains(&vm.id)).count()
}

/// A part of the ledger that no file of this import speaks of stays as it was.
fn keep_unmentioned(previous: &Ledger, next: &mut Ledger) {
    if next.assets.is_empty() && next.racks.is_empty() {
        next.rooms.clone_from(&previous.rooms);
        next.racks.clone_from(&previous.racks);
        next.assets.clone_from(&previous.assets);
    }
    if next.vms.is_empty() {
        next.clusters.clone_from(&previous.clusters);
        next.vms.clone_from(&previous.vms);
    }
    if next.orders.is_empty() {
        next.orders.clone_from(&previous.orders);
    }
}

fn store(
    site: &Site,
    sql: &dyn Sql,
    actor: &str,
    number: u32,
    ledger: &Ledger,
    (action, source, report): (&str, &str, &ImportReport),
) -> Result<LedgerVersion, Error> {
    let mut chunks = Vec::new();
    for (key, chunk) in ledger.to_chunks() {
        let (sha256, bytes) = store_chunk(sql, &chunk)?;
        chunks.push(ChunkRef { key, sha256, bytes });
    }
    let (sha256, _) = store_chunk(sql, &LedgerManifest { version: number, chunks })?;
    let report = report.to_json(xunjian_domain::text::Language::Zh).to_string();
    let values =
        [i64::from(number).into(), sha256.to_hex().into(), source.into(), report.into(), clock::now().0.into()];
    sql.execute(sql!("ledger_version_insert"), &values)?;
    let details = [("version", number.to_string()), ("sha256", sha256.to_hex()), ("source", source.to_owned())];
    let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
    log::audit(site, sql, actor, action, &details)?;
    Ok(LedgerVersion { version: number, sha256 })
}

/// Stores a document as a chunk under the hash of its canonical bytes.
///
/// # Errors
/// [`Error`] of the database.
pub fn store_chunk(sql: &dyn Sql, document: &impl serde::Serialize) -> Result<(Sha256, u64), Error> {
    let bytes = jcs::to_bytes(document)?;
    let (sha256, size) = (Sha256::of(&bytes), bytes.len() as u64);
    sql.execute(sql!("chunk_insert"), &[sha256.to_hex().into(), bytes.into()])?;
    Ok((sha256, size))
}

/// The bytes of a chunk.
///
/// # Errors
/// [`Error`] of the database.
pub fn chunk(sql: &dyn Sql, sha256: &Sha256) -> Result<Option<Vec<u8>>, Error> {
    let row = sql.first(sql!("chunk_select"), &[sha256.to_hex().into()])?;
    Ok(row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()?)
}

/// Reads a chunk that must be there.
///
/// # Errors
/// [`Error::Damaged`] when it is not, or is another document.
pub fn read_chunk<T: serde::de::DeserializeOwned>(sql: &dyn Sql, sha256: &Sha256) -> Result<T, Error> {
    let bytes = chunk(sql, sha256)?.ok_or_else(|| Error::Damaged(format!("the chunk {sha256} is missing")))?;
    if Sha256::of(&bytes) != *sha256 {
        return Err(Error::Damaged(format!("the chunk {sha256} has other bytes")));
    }
    Ok(jcs::from_bytes(&bytes)?)
}

/// The newest version and what it holds; `None` before the first import.
///
/// # Errors
/// [`Error::Damaged`] when chunks are missing.
pub fn current(sql: &dyn Sql) -> Result<Option<(LedgerVersion, Ledger)>, Error> {
    let Some(row) = sql.first(sql!("ledger_version_last"), &[])? else { return Ok(None) };
    read_version(sql, &row).map(Some)
}

/// One version and what it holds; `None` when there is no such version.
///
/// # Errors
/// [`Error::Damaged`] when chunks are missing.
pub fn version(sql: &dyn Sql, number: i64) -> Result<Option<(LedgerVersion, Ledger)>, Error> {
    let row = sql.first(sql!("ledger_version_by"), &[number.into()])?;
    row.map(|row| read_version(sql, &row)).transpose()
}

/// The name of a version; `None` when there is no such version.
///
/// # Errors
/// [`Error`] of the database.
pub fn version_name(sql: &dyn Sql, number: u32) -> Result<Option<LedgerVersion>, Error> {
    let row = sql.first(sql!("ledger_version_by"), &[i64::from(number).into()])?;
    row.map(|row| name_of(&row)).transpose()
}

fn name_of(row: &Row) -> Result<LedgerVersion, Error> {
    let sha256 = row.text(1)?.parse().map_err(|_| Error::Damaged("a ledger version has no hash".to_owned()))?;
    Ok(LedgerVersion { version: u32::try_from(row.i64(0)?).unwrap_or(0), sha256 })
}

fn read_version(sql: &dyn Sql, row: &Row) -> Result<(LedgerVersion, Ledger), Error> {
    let version = name_of(row)?;
    let manifest: LedgerManifest = read_chunk(sql, &version.sha256)?;
    let chunks = manifest
        .chunks
        .iter()
        .map(|part| read_chunk::<LedgerChunk>(sql, &part.sha256))
        .collect::<Result<Vec<_>, _>>()?;
    let mut ledger = Ledger::from_chunks(chunks);
    restore_order(&mut ledger);
    Ok((version, ledger))
}

/// Chunks come in the order of their keys; assets go back to the order of their racks, so that the same file twice gives
/// the same ledger.
fn restore_order(ledger: &mut Ledger) {
    let places: BTreeMap<_, _> = ledger.racks.iter().enumerate().map(|(at, rack)| (rack.id.clone(), at)).collect();
    ledger.assets.sort_by_key(|asset| places.get(&asset.rack).copied().unwrap_or(usize::MAX));
    let places: BTreeMap<_, _> =
        ledger.clusters.iter().enumerate().map(|(at, cluster)| (cluster.id.clone(), at)).collect();
    ledger.vms.sort_by_key(|vm| places.get(&vm.cluster).copied().unwrap_or(usize::MAX));
}
