//! 监控数据: files that monitoring platforms export, kept as their exact bytes and as the samples that were read from them.
//!
//! Order of effects: the file is read; its bytes become a blob, under the name that a record of A.1 rows 6 to 8 or 11 names
//! evidence by; then row, samples and the logged action are one transaction. A crash between leaves a blob without a row, which
//! the same import again adopts. Nothing here acts on what a judgement says ([`judge`]).

pub mod judge;
pub mod report;
pub mod statistics;
pub mod thresholds;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan as _, civil::DateTime};
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, monitoring::Sample, time::TimestampMs};
use xunjian_ledger::{
    import::{PassedOver, SourceFile},
    monitoring::{self, Directory, Options, Report, SeenTable},
};

use crate::{
    clock,
    db::{Row, Sql, sql},
    delivery,
    error::Error,
    ledger,
    log::{self, to_u64},
    site::Site,
};

pub use xunjian_ledger::monitoring::Problem;

/// The logged action of an import.
pub(crate) const IMPORT: &str = "monitoring.import";

/// The samples of one import, as they are stored: the canonical bytes of this are a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleSet {
    /// In the order of the file.
    pub samples: Vec<Sample>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredImport {
    /// Counts up.
    pub number: u32,
    /// The file's name.
    pub file: String,
    /// Hash of its exact bytes: what a record names when the file is its evidence.
    pub file_sha256: Sha256,
    /// The sheet that was read; empty for all of them.
    pub sheet: String,
    /// Hash of the samples.
    pub samples_sha256: Sha256,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that became samples.
    pub imported: u32,
    /// Rows that were left out.
    pub skipped: u32,
    /// Samples for which the ledger had no resource, or no single one.
    pub unmatched: u32,
    /// The version of the ledger that says so; 0 for none.
    pub ledger_version: u32,
    /// The first day of its samples.
    pub first_on: String,
    /// The last day of its samples.
    pub last_on: String,
    /// Who imported it.
    pub imported_by: String,
    /// When.
    pub imported_at: TimestampMs,
}

/// What an import came to.
#[derive(Debug, Clone)]
pub struct ImportOutcome {
    /// Row by row, with what the ledger does not have.
    pub report: Report,
    /// Samples that stand for no resource of the ledger.
    pub unmatched: u32,
    /// What was taken for a table.
    pub tables: Vec<SeenTable>,
    /// Sheets that hold something else.
    pub passed_over: Vec<PassedOver>,
    /// Hash of the file.
    pub file_sha256: Sha256,
    /// The import; `None` for a dry run, and where no row could be taken.
    pub stored: Option<StoredImport>,
    /// Whether the same file was read to the same samples before; nothing changed then.
    pub is_identical: bool,
}

impl StoredImport {
    /// What its leaf says of it.
    pub(crate) fn details(&self) -> Vec<(&'static str, String)> {
        vec![
            ("file", self.file.clone()),
            ("file_sha256", self.file_sha256.to_hex()),
            ("imported", self.imported.to_string()),
            ("number", self.number.to_string()),
            ("rows", self.rows.to_string()),
            ("samples_sha256", self.samples_sha256.to_hex()),
            ("sheet", self.sheet.clone()),
            ("skipped", self.skipped.to_string()),
        ]
    }
}

fn small(number: i64) -> u32 {
    u32::try_from(to_u64(number)).unwrap_or(u32::MAX)
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn of_row(row: &Row) -> Result<StoredImport, Error> {
    let hash = |at: usize| -> Result<Sha256, Error> {
        row.text(at)?.parse().map_err(|_| Error::Damaged("a monitoring import has no hash".to_owned()))
    };
    Ok(StoredImport {
        number: small(row.i64(0)?),
        file: row.text(1)?.to_owned(),
        file_sha256: hash(2)?,
        sheet: row.text(3)?.to_owned(),
        samples_sha256: hash(4)?,
        rows: small(row.i64(5)?),
        imported: small(row.i64(6)?),
        skipped: small(row.i64(7)?),
        unmatched: small(row.i64(8)?),
        ledger_version: small(row.i64(9)?),
        first_on: row.text(10)?.to_owned(),
        last_on: row.text(11)?.to_owned(),
        imported_by: row.text(12)?.to_owned(),
        imported_at: TimestampMs(row.i64(13)?),
    })
}

/// All imports, the newest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn all(sql: &dyn Sql) -> Result<Vec<StoredImport>, Error> {
    sql.query(sql!("monitoring_import_all"), &[])?.iter().map(of_row).collect()
}

/// One import.
///
/// # Errors
/// [`Error::Told`] when there is none of this number.
pub fn find(sql: &dyn Sql, number: u32) -> Result<StoredImport, Error> {
    all(sql)?.into_iter().find(|one| one.number == number).ok_or_else(|| {
        Error::told(
            format!("没有第 {number} 次监控导入，可用 xunjian monitoring list 查看"),
            format!("there is no monitoring import {number}; see `xunjian monitoring list`"),
        )
    })
}

/// The records that name the file as evidence.
///
/// # Errors
/// [`Error`] of the database.
pub fn named_by(sql: &dyn Sql, file: &Sha256) -> Result<Vec<String>, Error> {
    let rows = sql.query(sql!("monitoring_import_named"), &[file.to_hex().into()])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// The exact bytes of an imported file.
///
/// # Errors
/// [`Error::Damaged`] when they are gone or are no longer those that were imported.
pub fn file_bytes(site: &Site, one: &StoredImport) -> Result<Vec<u8>, Error> {
    let path = site.blobs.object(&one.file_sha256);
    let bytes = std::fs::read(&path).map_err(Error::io(path.display().to_string()))?;
    if Sha256::of(&bytes) != one.file_sha256 {
        return Err(Error::Damaged(format!("the file of the monitoring import {} has other bytes", one.number)));
    }
    Ok(bytes)
}

/// The imports that count: of one file (and sheet) read several times the newest, oldest first.
///
/// # Errors
/// [`Error`] of the database.
pub(crate) fn counting(sql: &dyn Sql) -> Result<Vec<StoredImport>, Error> {
    let mut seen = BTreeSet::new();
    let mut found = all(sql)?;
    found.retain(|one| seen.insert((one.file_sha256, one.sheet.clone())));
    found.reverse();
    Ok(found)
}

/// Imports a file, or says as a dry run what would become of it. The same file read to the same samples again changes
/// nothing; read otherwise, it takes the place of the import before.
///
/// # Errors
/// [`Error::Import`] when the file cannot be read at all, [`Error::Told`] when no row of it could be taken; then nothing was
/// changed.
pub fn import(
    site: &Site,
    actor: &str,
    file: &SourceFile,
    options: &Options,
    is_dry_run: bool,
) -> Result<ImportOutcome, Error> {
    let options = Options { latest: options.latest.or(Some(latest())), ..options.clone() };
    let read = monitoring::read(file, &options)?;
    let mut report = read.report;
    let current = site.db.read(ledger::current)?;
    let (version, ledger) = current.map_or_else(Default::default, |(version, ledger)| (version.version, ledger));
    let unmatched = list_unmatched(&Directory::of(&ledger), &read.samples, &read.tables, &mut report);
    let mut outcome = ImportOutcome {
        report,
        unmatched,
        tables: read.tables,
        passed_over: read.passed_over,
        file_sha256: Sha256::of(&file.bytes),
        stored: None,
        is_identical: false,
    };
    let days: BTreeSet<String> = read.samples.iter().map(|sample| sample.collected_at.date().to_string()).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(outcome) };
    if is_dry_run {
        return Ok(outcome);
    }
    let file_sha256 = site.blobs.put(&file.bytes)?;
    fail::fail_point!("monitoring.after_blob");
    let set = SampleSet { samples: read.samples };
    let stored = site.db.write(|sql| {
        let (samples_sha256, _) = ledger::store_chunk(sql, &set)?;
        let sheet = options.sheet.clone().unwrap_or_default();
        let before = counting(sql)?.into_iter().find(|one| one.file_sha256 == file_sha256 && one.sheet == sheet);
        if let Some(before) = before.filter(|before| before.samples_sha256 == samples_sha256) {
            return Ok::<_, Error>((before, true));
        }
        delivery::put_blob(sql, &file_sha256, file.bytes.len() as u64)?;
        let one = StoredImport {
            number: all(sql)?.first().map_or(1, |newest| newest.number + 1),
            file: file.name.clone(),
            file_sha256,
            sheet,
            samples_sha256,
            rows: outcome.report.rows,
            imported: outcome.report.imported,
            skipped: outcome.report.skipped,
            unmatched,
            ledger_version: version,
            first_on: first.clone(),
            last_on: last.clone(),
            imported_by: actor.to_owned(),
            imported_at: clock::now(),
        };
        insert(sql, &one)?;
        let details = one.details();
        let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        log::audit(site, sql, actor, IMPORT, &details)?;
        Ok((one, false))
    })?;
    site.sequence()?;
    (outcome.stored, outcome.is_identical) = (Some(stored.0), stored.1);
    Ok(outcome)
}

fn insert(sql: &dyn Sql, one: &StoredImport) -> Result<(), Error> {
    let values = [
        i64::from(one.number).into(),
        one.file.as_str().into(),
        one.file_sha256.to_hex().into(),
        one.sheet.as_str().into(),
        one.samples_sha256.to_hex().into(),
        i64::from(one.rows).into(),
        i64::from(one.imported).into(),
        i64::from(one.skipped).into(),
        i64::from(one.unmatched).into(),
        i64::from(one.ledger_version).into(),
        one.first_on.as_str().into(),
        one.last_on.as_str().into(),
        one.imported_by.as_str().into(),
        one.imported_at.0.into(),
    ];
    sql.execute(sql!("monitoring_import_insert"), &values)?;
    Ok(())
}

/// The latest moment that a platform may say, whose clock is a little ahead: a day from now, in China.
pub(crate) fn latest() -> DateTime {
    let now = jiff::Timestamp::from_millisecond(clock::now().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let here = jiff::tz::offset(8).to_datetime(now);
    here.checked_add(1.day()).unwrap_or(here)
}

/// Lists the samples for which the ledger has no resource, or no single one, and says how many there are.
fn list_unmatched(directory: &Directory, samples: &[Sample], tables: &[SeenTable], report: &mut Report) -> u32 {
    let before = report.problems.len();
    for sample in samples {
        let found = directory.find(sample.kind, &sample.identity);
        if let Some((code, message)) = found.problem(&sample.identity, sample.kind) {
            let (sheet, row) = (sample.sheet.clone(), sample.row);
            report.problems.push(Problem { sheet, row, column: String::new(), value: String::new(), code, message });
        }
    }
    let unmatched = count(report.problems.len() - before);
    let places: BTreeMap<&str, usize> =
        tables.iter().enumerate().map(|(at, table)| (table.sheet.as_str(), at)).collect();
    report.problems.sort_by_key(|problem| (places.get(problem.sheet.as_str()).copied(), problem.row));
    unmatched
}
