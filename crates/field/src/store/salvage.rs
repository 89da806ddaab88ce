//! A damaged database: moved aside, never deleted, and everything that can still be read taken over into a new one.
//!
//! Rows are copied table by table, forwards to the first page that cannot be read and backwards to the last. Sealed records
//! do not depend on that: their envelopes are also files ([`crate::kept`]). The order of effects:
//!
//! | step | a crash here leaves |
//! |---|---|
//! | new database built as `field.db.part`, flushed | the damaged one in its place; the next start begins again |
//! | renamed to `field.db.new` | the same |
//! | damaged one renamed into `damaged-<time>/` | no database, but a complete new one: the next start puts it in place |
//! | `field.db.new` renamed to `field.db` | a sound database that says what happened |

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use rusqlite::{Connection, ToSql, params, params_from_iter, types::Value};
use serde::{Deserialize, Serialize};
use xunjian_domain::{text::Text, time::TimestampMs};
use xunjian_proof::{record::Record, suite::Ed25519Signer, verification::read_record};

use super::{Unsigned, connect, documents, migrate, run, soundness::has_refused, sql, terminal, to_json};
use crate::{
    error::FieldError,
    ids::IdSource,
    kept::Kept,
    keys::DatabaseKey,
    private,
    store::record::{self, NewRecord},
};

/// What was found in a damaged database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SalvageReport {
    /// When.
    pub salvaged_at: TimestampMs,
    /// The folder, inside the data folder, that the damaged file was moved into.
    pub moved_to: String,
    /// Sealed records there are now.
    pub records: u64,
    /// Those of them that only their files beside the database had.
    pub records_from_files: u64,
    /// Answers of drafts and records there are now.
    pub answers: u64,
    /// Tables of which not every row could be read.
    pub cut_tables: Vec<String>,
    /// Whether somebody had changed sealed records, rather than a page been damaged.
    #[serde(default)]
    pub is_tampered: bool,
}

/// Why a new database is made.
#[derive(Clone, Copy)]
pub(crate) enum Why<'a> {
    /// Pages cannot be read.
    Damage,
    /// Sealed records are not what was sealed; the rows of these ids give way to their copies.
    Tampering(&'a [String]),
}

impl Why<'_> {
    /// What the folder that the old database goes into is called.
    fn word(self) -> &'static str {
        match self {
            Self::Damage => "damaged",
            Self::Tampering(_) => "tampered",
        }
    }
}

impl SalvageReport {
    /// What the person should know.
    pub fn text(&self) -> Text {
        let Self { records, answers, moved_to, .. } = self;
        let is_whole = self.cut_tables.is_empty();
        let (zh, en) = if is_whole {
            ("全部数据都已找回", "Everything in it was found again")
        } else {
            (
                "个别未封存的作答可能缺失，请打开未完成的任务核对一遍，并同步一次以取回任务包",
                "Some answers of open visits may be missing: look through your open visits, and sync once to get the work package again",
            )
        };
        if self.is_tampered {
            return Text::new(
                format!("本机数据库中已封存的记录被人改动过，改动后的数据库已移到 {moved_to} 作为证据；请不要删除它。"),
                format!(
                    "Sealed records in the database had been tampered with; the database as it was found was moved to \
                     {moved_to} as evidence. Do not delete it."
                ),
            );
        }
        Text::new(
            format!(
                "本机数据库曾损坏，损坏的文件已移到 {moved_to} 保存；已封存的 {records} 份记录全部找回，作答找回 {answers} 项。{zh}。"
            ),
            format!(
                "The database was damaged; the damaged file was moved to {moved_to} and kept. All {records} sealed records \
                 were found again, and {answers} answers. {en}."
            ),
        )
    }
}

/// Puts a complete new database in place that a crash left beside it.
pub(crate) fn finish(path: &Path) -> Result<(), FieldError> {
    let new = new_of(path);
    if !new.exists() || path.exists() {
        return Ok(());
    }
    // What the damaged one wrote beside itself must not be taken for the new one's.
    for side in with_sides(path).iter().filter(|side| side.exists()) {
        rename(side, &side.with_added_extension("aside"))?;
    }
    rename(&new, path)
}

/// Builds a new database from what can be read, and moves the damaged one aside.
pub(crate) fn salvage(
    path: &Path,
    key: &DatabaseKey,
    kept: &Kept,
    ids: &dyn IdSource,
    at: TimestampMs,
    why: Why<'_>,
) -> Result<SalvageReport, FieldError> {
    let part = path.with_added_extension("part");
    remove_with_sides(&part)?;
    let report = build(&part, path, key, kept, ids, at, why)?;
    sync(&part)?;
    let new = new_of(path);
    rename(&part, &new)?;
    move_aside(path, why.word(), at)?;
    rename(&new, path)?;
    Ok(report)
}

/// Moves a database with what it wrote beside itself into a folder named after the moment.
pub(crate) fn move_aside(path: &Path, why: &str, at: TimestampMs) -> Result<(), FieldError> {
    let aside = path.with_file_name(format!("{why}-{}", stamp(at)));
    private::make_folder(&aside).map_err(|source| FieldError::File { path: aside.clone(), source })?;
    for file in with_sides(path) {
        if file.exists() {
            rename(&file, &aside.join(file.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// Every salvage so far, as sentences.
pub(crate) fn told(connection: &Connection) -> Result<Vec<Text>, FieldError> {
    let reports: Vec<SalvageReport> = documents(connection, sql!("salvage/list"), [])?;
    Ok(reports.iter().map(SalvageReport::text).collect())
}

fn build(
    part: &Path,
    damaged: &Path,
    key: &DatabaseKey,
    kept: &Kept,
    ids: &dyn IdSource,
    at: TimestampMs,
    why: Why<'_>,
) -> Result<SalvageReport, FieldError> {
    let mut new = connect(part, key)?;
    // Rows are taken over in any order, and some of what they refer to may be gone until the next work package.
    new.execute_batch("PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;")?;
    migrate(&mut new, part)?;
    let mut old = Source { path: damaged, key, connection: connect(damaged, key)? };
    let transaction = new.transaction()?;
    let mut cut_tables = Vec::new();
    for table in tables(&transaction)? {
        if !copy_table(&mut old, &transaction, &table)? {
            cut_tables.push(table);
        }
    }
    drop(old);
    if !cut_tables.is_empty() {
        // What is here of the work package goes on serving, and the next synchronisation brings all of it anew: label prints
        // and ledger rows are written once a version, so the versions here must count as others.
        run(&transaction, sql!("salvage/forget_package"), [])?;
        run(&transaction, sql!("salvage/forget_ledgers"), [])?;
        // A ledger whose own row was lost goes on serving too, if a round is over it. What is left of others would stand in the
        // way of the next one, which may get their number.
        transaction.execute_batch(sql!("salvage/stray_ledger"))?;
    }
    if let Why::Tampering(replaced) = why {
        remove_records(&transaction, replaced)?;
    }
    // Rows of the outbox whose records were lost or gave way: each record that comes back brings its own.
    run(&transaction, sql!("salvage/stray_outbox"), [])?;
    let kept_key = key.kept();
    if let Some(identity) = kept.identity(&kept_key) {
        identity.terminal.put(&transaction, at)?;
        for person in &identity.people {
            person.put(&transaction, at)?;
        }
        if let Ok(seed) = BASE64.decode(identity.seed.as_bytes())
            && let Ok(seed) = <[u8; 32]>::try_from(seed)
        {
            terminal::put_signing_key(&transaction, &Ed25519Signer::from_seed(&seed))?;
        }
        if !identity.recovery_key.is_empty() {
            terminal::put_recovery_key(&transaction, &identity.recovery_key)?;
        }
    }
    let mut records_from_files = 0;
    for envelope in kept.records(&kept_key) {
        records_from_files += u64::from(take_record(&transaction, &envelope, ids)?);
    }
    run(&transaction, sql!("salvage/stray_blobs"), [])?;
    run(&transaction, sql!("salvage/outbox"), [])?;
    take_back_deliveries(&transaction)?;
    let count = |statement| transaction.query_row(statement, [], |row| row.get::<_, Unsigned>(0)).map(|count| count.0);
    let report = SalvageReport {
        salvaged_at: at,
        moved_to: format!("{}-{}", why.word(), stamp(at)),
        records: count(sql!("salvage/count_records"))?,
        records_from_files,
        answers: count(sql!("salvage/count_answers"))?,
        cut_tables,
        is_tampered: matches!(why, Why::Tampering(_)),
    };
    run(&transaction, sql!("salvage/insert"), params![at.0, to_json(&report)?])?;
    transaction.commit()?;
    Ok(report)
}

/// The tables that are taken over. The index of the search is not: it is made again when somebody searches.
fn tables(connection: &Connection) -> Result<Vec<String>, FieldError> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_master
         WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'asset_words%'
           AND name NOT IN ('refinery_schema_history', 'asset_key', 'searchable')",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The columns of a table, and those of its primary key in their order.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let mut statement = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let rows = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
    let all: Vec<(String, u32)> = rows.collect::<Result<_, _>>()?;
    let mut primary: Vec<&(String, u32)> = all.iter().filter(|(_, place)| *place > 0).collect();
    primary.sort_by_key(|(_, place)| *place);
    let primary = primary.into_iter().map(|(name, _)| name.clone()).collect();
    Ok((all.into_iter().map(|(name, _)| name).collect(), primary))
}

/// The database that is taken over.
struct Source<'a> {
    path: &'a Path,
    key: &'a DatabaseKey,
    connection: Connection,
}

impl Source<'_> {
    /// A connection that refused no page yet: one that did reads nothing right any more, however sound the other pages are.
    fn fresh(&mut self) -> Result<&Connection, FieldError> {
        if has_refused(&self.connection)? {
            self.connection = connect(self.path, self.key)?;
        }
        Ok(&self.connection)
    }
}

/// Copies what can be read; answers whether that was every row.
fn copy_table(source: &mut Source<'_>, new: &Connection, table: &str) -> Result<bool, FieldError> {
    let (wanted, primary) = columns(new, table)?;
    let old = source.fresh()?;
    // A table that an older version did not have is not cut.
    let known = match columns(old, table) {
        _ if has_refused(old)? => return Ok(false),
        Ok((known, _)) if known.is_empty() => return Ok(true),
        Ok((known, _)) => known,
        Err(_) => return Ok(false),
    };
    let common: Vec<&str> = wanted.iter().filter(|name| known.contains(name)).map(String::as_str).collect();
    let names = common.join(", ");
    let marks = vec!["?"; common.len()].join(", ");
    let insert = format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})");
    let has_rowid = old.prepare(&format!("SELECT rowid FROM {table}")).is_ok();
    let backwards = if has_rowid { "rowid DESC".to_owned() } else { format!("{} DESC", primary.join(" DESC, ")) };
    let select = format!("SELECT {names} FROM {table}");
    if copy_rows(old, new, &select, &insert)? {
        return Ok(true);
    }
    copy_rows(source.fresh()?, new, &format!("{select} ORDER BY {backwards}"), &insert)?;
    Ok(false)
}

fn copy_rows(old: &Connection, new: &Connection, select: &str, insert: &str) -> Result<bool, FieldError> {
    let Ok(mut select) = old.prepare(select) else { return Ok(false) };
    let mut insert = new.prepare(insert)?;
    let width = select.column_count();
    let Ok(mut rows) = select.query([]) else { return Ok(false) };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(!has_refused(old)?),
            Err(_) => return Ok(false),
        };
        let values: rusqlite::Result<Vec<Value>> = (0..width).map(|column| row.get(column)).collect();
        if has_refused(old)? {
            return Ok(false);
        }
        // A row that breaks a rule of its table is a damaged row.
        if let Ok(values) = values {
            let _ = insert.execute(params_from_iter(values.iter().map(|value| value as &dyn ToSql)));
        }
    }
}

/// Takes a sealed record over from its file, with what rows of it there must be; answers whether the database lacked it.
pub(crate) fn take_record(connection: &Connection, envelope: &str, ids: &dyn IdSource) -> Result<bool, FieldError> {
    let Ok((_, read)) = read_record(envelope.as_bytes()) else { return Ok(false) };
    let (id, record) = (read.id, read.record);
    for blob in record.blobs() {
        let bytes = i64::try_from(blob.bytes).unwrap_or(i64::MAX);
        run(connection, sql!("salvage/blob"), params![id.to_hex(), blob.sha256.to_hex(), bytes])?;
    }
    let place = i64::try_from(record.terminal.sequence).unwrap_or(i64::MAX);
    let is_known: bool =
        connection.query_row(sql!("salvage/has_record"), params![id.to_hex(), place], |row| row.get(0))?;
    if is_known {
        return Ok(false);
    }
    let visit = &record.visit;
    let lines = i64::try_from(record.lines.len()).unwrap_or(i64::MAX);
    run(
        connection,
        sql!("salvage/visit"),
        params![
            visit.id.as_str(),
            record.round.id.as_str(),
            word(&visit.kind)?,
            visit.title,
            word(&visit.subject.kind)?,
            visit.subject.id,
            lines
        ],
    )?;
    let draft = sealed_draft(connection, &record, ids)?;
    let new = NewRecord {
        id,
        sequence: record.terminal.sequence,
        draft: &draft,
        visit: &visit.id,
        person: &record.inspector.id,
        envelope,
        sealed: &record.clock.sealed,
        blobs: &[],
    };
    record::insert(connection, &new)?;
    Ok(true)
}

/// The draft the record was sealed from, closed again if its last page was lost, or an empty one in its place.
fn sealed_draft(connection: &Connection, record: &Record, ids: &dyn IdSource) -> Result<String, FieldError> {
    let (visit, person) = (record.visit.id.as_str(), record.inspector.id.as_str());
    run(connection, sql!("salvage/seal_open"), [visit, person])?;
    let known = connection.prepare_cached(sql!("salvage/draft_of"))?.query_row([visit, person], |row| row.get(0));
    if let Some(known) = super::optional::<String>(known)? {
        return Ok(known);
    }
    let draft = ids.new_id();
    let (started, sealed) = (to_json(&record.clock.started)?, to_json(&record.clock.sealed)?);
    run(connection, sql!("salvage/draft"), params![draft, visit, person, started, sealed, record.rack_closed])?;
    Ok(draft)
}

/// A record whose receipt was lost waits for it again. States go one way, so the rule rests for this one statement.
fn take_back_deliveries(connection: &Connection) -> Result<(), FieldError> {
    without_rule(connection, "record_state_goes_one_way", || run(connection, sql!("salvage/undelivered"), []).map(drop))
}

/// Records behind a place, and their photos, wait to be sent again: the service does not have them.
pub(crate) fn take_back_behind(connection: &Connection, place: u64) -> Result<(), FieldError> {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    run(connection, sql!("salvage/unsent_behind"), [place])?;
    without_rule(connection, "record_state_goes_one_way", || {
        run(connection, sql!("salvage/queued_behind"), [place]).map(drop)
    })
}

/// Rows that are not what was sealed give way. The database they were found in is kept beside this one.
fn remove_records(connection: &Connection, ids: &[String]) -> Result<(), FieldError> {
    without_rule(connection, "record_stays", || {
        ids.iter().try_for_each(|id| run(connection, sql!("salvage/remove_record"), [id]).map(drop))
    })
}

/// A rule of the tables rests while `change` runs; the caller's transaction makes the two one.
fn without_rule(
    connection: &Connection,
    rule: &str,
    change: impl FnOnce() -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    let spelled: String =
        connection.query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [rule], |row| row.get(0))?;
    connection.execute_batch(&format!("DROP TRIGGER {rule}"))?;
    change()?;
    Ok(connection.execute_batch(&spelled)?)
}

/// The word of an enum as its column spells it.
fn word(value: &impl Serialize) -> Result<String, FieldError> {
    let value = serde_json::to_value(value).map_err(|error| FieldError::Damaged(error.to_string()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn stamp(at: TimestampMs) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.strftime("%Y%m%d-%H%M%S").to_string()
}

fn new_of(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

pub(crate) fn with_sides(path: &Path) -> [PathBuf; 4] {
    let side = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    [path.to_owned(), side("-wal"), side("-shm"), side("-journal")]
}

pub(crate) fn remove_with_sides(path: &Path) -> Result<(), FieldError> {
    for file in with_sides(path) {
        match fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(FieldError::File { path: file, source });
            }
            _ => {}
        }
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), FieldError> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| FieldError::File { path: path.to_owned(), source })
}

fn rename(from: &Path, to: &Path) -> Result<(), FieldError> {
    fs::rename(from, to)
        .and_then(|()| private::flush_folder_of(to))
        .and_then(|()| private::flush_folder_of(from))
        .map_err(|source| FieldError::File { path: from.to_owned(), source })
}
