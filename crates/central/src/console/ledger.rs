//! The ledger in the console: its versions, its assets, and imports that are looked at before they count.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::AssetId,
    ledger::{Ledger, LedgerEntry},
    text::Text,
};

use super::{
    names::{asset_name, position_of},
    page::{Page, Params, bad, missing},
};
use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    ledger::{self, ImportMode, ImportOutcome},
    round::kind_text,
    site::Site,
};
use xunjian_ledger::import::{self, Field, ImportError, Mapping, SeenTable, SourceFile};

/// Most changes that an answer lists; the counts always count all of them.
const MAX_CHANGES: usize = 2_000;
/// Versions kept in memory: the current one and the one somebody compares it with.
const KEPT: usize = 2;

/// A version of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LedgerVersionItem {
    /// Its number.
    pub version: u32,
    /// Hash of its table of contents.
    pub sha256: String,
    /// The files it was imported from.
    pub source: String,
    /// When.
    pub imported_at: i64,
    /// 机房.
    pub rooms: u32,
    /// 机柜.
    pub racks: u32,
    /// 台账登记.
    pub assets: u32,
    /// Whether it is the newest one.
    pub is_current: bool,
    /// Rounds planned over it.
    pub rounds: u32,
}

/// 台账登记.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetItem {
    /// Stable over all versions.
    pub id: String,
    /// 资源类型.
    pub kind: String,
    /// Its name, or brand and model where it has none.
    pub name: String,
    /// 品牌.
    pub brand: String,
    /// 型号.
    pub model: String,
    /// 序列号.
    pub serial: String,
    /// 资产编号.
    pub asset_tag: String,
    /// 归属单位.
    pub owning_unit: String,
    /// 订单编号.
    pub order_no: String,
    /// The room.
    pub room: String,
    /// The room's name.
    pub room_name: String,
    /// The rack.
    pub rack: String,
    /// The rack's name.
    pub rack_name: String,
    /// U 位.
    pub position: String,
    /// 数量.
    pub quantity: u32,
}

/// What is wrong with a row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowProblem {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
    /// The row as the file numbers it.
    pub row: u32,
    /// The heading of the column; empty when the whole row is meant.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// Whether the row was taken all the same; otherwise it was left out.
    pub listed: bool,
    /// What is wrong, and what to do.
    pub problem: Text,
}

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FieldChange {
    /// Its name, as in [`AssetItem`] or the ledger.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it becomes.
    pub after: String,
}

/// How an asset changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum AssetChangeKind {
    /// It is new.
    Added,
    /// Something of it changes.
    Changed,
    /// The files no longer list it.
    Removed,
}

/// One asset that an import changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetChange {
    /// How.
    pub change: AssetChangeKind,
    /// The asset after the change, or as it was when it is removed.
    pub asset: AssetItem,
    /// What changes of it.
    pub fields: Vec<FieldChange>,
}

/// A table of a file, and what its columns were taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LedgerTable {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
    /// What its rows are; `None` where its headings tell nothing.
    pub kind: Option<String>,
    /// Rows below the headings that are neither blank nor totals.
    pub rows: u32,
    /// Its headings, from left to right.
    pub columns: Vec<LedgerColumn>,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LedgerColumn {
    /// Its heading.
    pub heading: String,
    /// The field it was taken for; `None` when it is not read.
    pub field: Option<String>,
}

/// A sheet that holds something, but no table that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PassedOverSheet {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
}

/// What an import does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ImportPreview {
    /// Rows below the headings that are neither blank nor totals.
    pub rows_read: u32,
    /// Those that became something.
    pub rows_taken: u32,
    /// Those that were left out.
    pub rows_refused: u32,
    /// What is wrong, row by row.
    pub problems: Vec<RowProblem>,
    /// What was taken for a table.
    pub tables: Vec<LedgerTable>,
    /// Sheets that were not read.
    pub passed_over: Vec<PassedOverSheet>,
    /// 机房 after the import.
    pub rooms: u32,
    /// 机柜 after the import.
    pub racks: u32,
    /// 台账登记 after the import.
    pub assets: u32,
    /// 集群 after the import.
    pub clusters: u32,
    /// 云资源订单 after the import.
    pub orders: u32,
    /// Assets that are new.
    pub added: u32,
    /// Assets of which something changes.
    pub changed: u32,
    /// Assets that the files no longer list.
    pub removed: u32,
    /// Assets that stay as they are.
    pub unchanged: u32,
    /// The changes, at most 2,000 of them.
    pub changes: Vec<AssetChange>,
    /// Whether anything at all changes.
    pub is_changed: bool,
    /// Whether so much is removed that it must be allowed.
    pub needs_allow_removals: bool,
    /// The version in force; after an import the new one.
    pub version: Option<u32>,
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Ledgers that were read lately. A version never changes, so what is kept is never stale.
#[derive(Default)]
pub struct Cache(Mutex<Vec<(u32, Arc<Ledger>)>>);

impl Cache {
    /// A version of the ledger; `None` when there is no such version.
    ///
    /// # Errors
    /// [`Error::Damaged`] when chunks are missing.
    pub fn read(&self, sql: &dyn Sql, version: u32) -> Result<Option<Arc<Ledger>>, Error> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ledger)) = kept().iter().find(|(number, _)| *number == version) {
            return Ok(Some(Arc::clone(ledger)));
        }
        let Some((_, ledger)) = ledger::version(sql, i64::from(version))? else { return Ok(None) };
        let ledger = Arc::new(ledger);
        let mut kept = kept();
        kept.insert(0, (version, Arc::clone(&ledger)));
        kept.truncate(KEPT);
        Ok(Some(ledger))
    }
}

/// `GET ledger/versions`: the newest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn versions(site: &Site, params: &Params) -> Result<Page<LedgerVersionItem>, Error> {
    let (limit, after) = (params.limit()?, params.text("after"));
    let after: u32 =
        if after.is_empty() { u32::MAX } else { after.parse().map_err(|_| bad("after", "is no version"))? };
    site.db.read(|sql| {
        let rows = sql.query(sql!("ledger_version_list"), &[])?;
        let number = |at: i64| u32::try_from(at).unwrap_or(0);
        let newest = rows.first().map_or(Ok(0), |row| row.i64(0))?;
        let mut items = Vec::new();
        for row in &rows {
            let version = number(row.i64(0)?);
            if version >= after || items.len() > limit {
                continue;
            }
            let (rooms, racks, assets) = counts(sql, version)?;
            items.push(LedgerVersionItem {
                version,
                sha256: row.text(1)?.to_owned(),
                source: row.text(2)?.to_owned(),
                imported_at: row.i64(3)?,
                rooms,
                racks,
                assets,
                is_current: row.i64(0)? == newest,
                rounds: number(row.i64(4)?),
            });
        }
        Ok(Page::cut(items, limit, rows.len() as u64, |item| item.version.to_string()))
    })
}

/// Counts of a version, read past the cache: a list of versions must not push the current one out of it.
fn counts(sql: &dyn Sql, version: u32) -> Result<(u32, u32, u32), Error> {
    match ledger::version(sql, i64::from(version)) {
        Ok(Some((_, ledger))) => Ok((small(ledger.rooms.len()), small(ledger.racks.len()), small(ledger.assets.len()))),
        Ok(None) | Err(Error::Damaged(_)) => Ok((0, 0, 0)),
        Err(error) => Err(error),
    }
}

/// `GET ledger/assets`: in ledger order. A page names its version, so that a walk stays on one ledger while another is
/// imported.
///
/// # Errors
/// [`Error::Problem`] 404.3 for a version that is not there.
pub fn assets(site: &Site, params: &Params) -> Result<Page<AssetItem>, Error> {
    let limit = params.limit()?;
    let wrong = |_| bad("after", "must be the `next` of the page before");
    let (of_page, from) = match params.text("after").split_once('~') {
        Some((version, from)) => (Some(version.parse::<u32>().map_err(wrong)?), from.parse::<usize>().map_err(wrong)?),
        None if params.text("after").is_empty() => (None, 0),
        None => return Err(bad("after", "must be the `next` of the page before")),
    };
    let asked = match params.text("version") {
        "" => None,
        text => Some(text.parse::<u32>().map_err(|_| bad("version", "is not a number"))?),
    };
    let kinds = ["physical_server", "hosted_device", "backup_device", "storage", "other"];
    let (kind, room, rack) = (params.choice("kind", &kinds)?, params.text("room"), params.text("rack"));
    let found = site.db.read(|sql| {
        let newest = sql.first(sql!("ledger_version_last"), &[])?.map(|row| row.i64(0)).transpose()?;
        let newest = newest.and_then(|version| u32::try_from(version).ok());
        let Some(version) = of_page.or(asked).or(newest) else { return Ok(None) };
        let ledger = site.ledgers.read(sql, version)?.ok_or_else(|| missing(format!("ledger version {version}")))?;
        Ok::<_, Error>(Some((version, ledger)))
    })?;
    let Some((version, ledger)) = found else { return Ok(Page { items: Vec::new(), next: None, total: 0 }) };
    let places = Places::of(&ledger);
    let (mut items, mut total) = (Vec::new(), 0);
    for (at, asset) in ledger.assets.iter().enumerate() {
        let fits = (room.is_empty() || asset.room.as_str() == room)
            && (rack.is_empty() || asset.rack.as_str() == rack)
            && (kind.is_empty() || kind_text(asset.kind)? == kind)
            && params.finds(&[
                &asset.name,
                &asset.brand,
                &asset.model,
                &asset.serial,
                &asset.asset_tag,
                &asset.owning_unit,
                asset.order_no.as_str(),
                places.rack(asset),
                places.room(asset),
            ]);
        if fits {
            total += 1;
            if at >= from && items.len() <= limit {
                items.push((at, places.item(asset)?));
            }
        }
    }
    let page = Page::cut(items, limit, total, |(at, _)| format!("{version}~{}", at + 1));
    let items = page.items.into_iter().map(|(_, item)| item).collect();
    Ok(Page { items, next: page.next, total })
}

/// Names of rooms and racks.
struct Places<'a> {
    rooms: BTreeMap<&'a str, &'a str>,
    racks: BTreeMap<&'a str, &'a str>,
}

impl<'a> Places<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        Self {
            rooms: ledger.rooms.iter().map(|room| (room.id.as_str(), room.name.as_str())).collect(),
            racks: ledger.racks.iter().map(|rack| (rack.id.as_str(), rack.name.as_str())).collect(),
        }
    }

    fn room(&self, asset: &LedgerEntry) -> &'a str {
        self.rooms.get(asset.room.as_str()).copied().unwrap_or_default()
    }

    fn rack(&self, asset: &LedgerEntry) -> &'a str {
        self.racks.get(asset.rack.as_str()).copied().unwrap_or_default()
    }

    fn item(&self, asset: &LedgerEntry) -> Result<AssetItem, Error> {
        Ok(AssetItem {
            id: asset.id.to_string(),
            kind: kind_text(asset.kind)?,
            name: asset_name(asset),
            brand: asset.brand.clone(),
            model: asset.model.clone(),
            serial: asset.serial.clone(),
            asset_tag: asset.asset_tag.clone(),
            owning_unit: asset.owning_unit.clone(),
            order_no: asset.order_no.to_string(),
            room: asset.room.to_string(),
            room_name: self.room(asset).to_owned(),
            rack: asset.rack.to_string(),
            rack_name: self.rack(asset).to_owned(),
            position: position_of(asset),
            quantity: asset.quantity,
        })
    }
}

/// `POST ledger/preview` and `POST ledger/import`. A preview changes nothing.
///
/// # Errors
/// [`Error::Import`] for files that cannot be read, [`Error::Told`] when too much would be removed.
pub fn import(site: &Site, actor: &str, upload: &LedgerUpload) -> Result<ImportPreview, Error> {
    if upload.files.is_empty() {
        return Err(bad("file", "no file was sent"));
    }
    preview(ledger::import_mapped(site, actor, &upload.files, &upload.mapping, upload.mode)?)
}

/// Ledger files as somebody sends them, with what is said of their columns.
#[derive(Debug)]
pub struct LedgerUpload {
    /// The files.
    pub files: Vec<SourceFile>,
    /// What is said of their columns.
    pub mapping: Mapping,
    /// How the import may change the ledger.
    pub mode: ImportMode,
}

/// `POST ledger/columns`: the headings of each file, also of one that no heading tells anything of, for whoever says by hand
/// what they mean. Changes nothing.
///
/// # Errors
/// [`Error::Import`] for files that cannot be read.
pub fn columns(site: &Site, upload: &LedgerUpload) -> Result<Vec<LedgerTable>, Error> {
    let mapping = site.db.read(|sql| ledger::mappings::recall(sql, &upload.mapping))?;
    let mut tables = Vec::new();
    for file in &upload.files {
        match import::read(std::slice::from_ref(file), &mapping, &mut clock::new_id) {
            Ok(imported) => tables.extend(imported.tables.into_iter().map(table)),
            Err(ImportError::NoHeader { file, headings, .. }) => {
                let columns = headings.into_iter().map(|heading| LedgerColumn { heading, field: None }).collect();
                tables.push(LedgerTable { file, sheet: String::new(), kind: None, rows: 0, columns });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tables)
}

fn table(seen: SeenTable) -> LedgerTable {
    let column = |(heading, field): (String, Option<Field>)| LedgerColumn {
        heading,
        field: field.map(|field| field.as_str().to_owned()),
    };
    LedgerTable {
        file: seen.file,
        sheet: seen.sheet,
        kind: Some(seen.kind.as_str().to_owned()),
        rows: seen.rows,
        columns: seen.columns.into_iter().map(column).collect(),
    }
}

fn preview(outcome: ImportOutcome) -> Result<ImportPreview, Error> {
    let (before, after) = *outcome.change;
    let report = outcome.report;
    let problems = report.problems.into_iter().zip(outcome.places);
    let problems = problems.map(|(problem, place)| RowProblem {
        file: place.file,
        sheet: place.sheet,
        row: problem.row,
        listed: !problem.code.skips(),
        value: place.value,
        column: problem.column,
        problem: problem.message,
    });
    let mut preview = ImportPreview {
        rows_read: report.rows,
        rows_taken: report.imported,
        rows_refused: report.skipped,
        problems: problems.collect(),
        tables: outcome.tables.into_iter().map(table).collect(),
        passed_over: outcome
            .passed_over
            .into_iter()
            .map(|one| PassedOverSheet { file: one.file, sheet: one.sheet })
            .collect(),
        rooms: small(after.rooms.len()),
        racks: small(after.racks.len()),
        assets: small(after.assets.len()),
        clusters: small(after.clusters.len()),
        orders: small(after.orders.len()),
        added: 0,
        changed: 0,
        removed: 0,
        unchanged: 0,
        changes: Vec::new(),
        is_changed: outcome.is_changed,
        needs_allow_removals: outcome.loses_much,
        version: outcome.version.map(|version| version.version),
    };
    compare(&before, &after, &mut preview)?;
    Ok(preview)
}

fn compare(before: &Ledger, after: &Ledger, preview: &mut ImportPreview) -> Result<(), Error> {
    let (old_places, new_places) = (Places::of(before), Places::of(after));
    let mut old: BTreeMap<&AssetId, &LedgerEntry> = before.assets.iter().map(|asset| (&asset.id, asset)).collect();
    let mut list = |change, asset: AssetItem, fields| {
        if preview.changes.len() < MAX_CHANGES {
            preview.changes.push(AssetChange { change, asset, fields });
        }
    };
    for asset in &after.assets {
        match old.remove(&asset.id) {
            None => {
                preview.added += 1;
                list(AssetChangeKind::Added, new_places.item(asset)?, Vec::new());
            }
            Some(was) if was == asset => preview.unchanged += 1,
            Some(was) => {
                preview.changed += 1;
                let fields = fields(&described(was, &old_places)?, &described(asset, &new_places)?);
                list(AssetChangeKind::Changed, new_places.item(asset)?, fields);
            }
        }
    }
    // What is left was there and is no more; in ledger order.
    for asset in before.assets.iter().filter(|asset| old.contains_key(&asset.id)) {
        preview.removed += 1;
        list(AssetChangeKind::Removed, old_places.item(asset)?, Vec::new());
    }
    Ok(())
}

/// How one asset changes, with the places that a ledger names; `None` when there is nothing on either side.
pub(super) fn asset_change(
    ledger: &Ledger,
    before: Option<&LedgerEntry>,
    after: Option<&LedgerEntry>,
) -> Result<Option<AssetChange>, Error> {
    let places = Places::of(ledger);
    let plain = |change, asset| Ok::<_, Error>(AssetChange { change, asset: places.item(asset)?, fields: Vec::new() });
    Ok(match (before, after) {
        (None, None) => None,
        (None, Some(asset)) => Some(plain(AssetChangeKind::Added, asset)?),
        (Some(asset), None) => Some(plain(AssetChangeKind::Removed, asset)?),
        (Some(before), Some(after)) => {
            let fields = fields(&described(before, &places)?, &described(after, &places)?);
            Some(AssetChange { fields, ..plain(AssetChangeKind::Changed, after)? })
        }
    })
}

/// Every field of an asset as people read it.
fn described(asset: &LedgerEntry, places: &Places<'_>) -> Result<Vec<(&'static str, String)>, Error> {
    let optional = |text: Option<String>| text.unwrap_or_default();
    Ok(vec![
        ("kind", kind_text(asset.kind)?),
        ("name", asset.name.clone()),
        ("brand", asset.brand.clone()),
        ("model", asset.model.clone()),
        ("serial", asset.serial.clone()),
        ("asset_tag", asset.asset_tag.clone()),
        ("quantity", asset.quantity.to_string()),
        ("room", places.room(asset).to_owned()),
        ("rack", places.rack(asset).to_owned()),
        ("position", position_of(asset)),
        ("face", optional(asset.face.map(kind_text).transpose()?)),
        ("owning_unit", asset.owning_unit.clone()),
        ("order_no", asset.order_no.to_string()),
        ("mounted_on", optional(asset.mounted_on.map(|day| day.to_string()))),
        ("status", asset.status.clone()),
        ("note", asset.note.clone()),
    ])
}

fn fields(before: &[(&'static str, String)], after: &[(&'static str, String)]) -> Vec<FieldChange> {
    let differing = before.iter().zip(after).filter(|((_, before), (_, after))| before != after);
    differing
        .map(|((field, before), (_, after))| FieldChange {
            field: (*field).to_owned(),
            before: before.clone(),
            after: after.clone(),
        })
        .collect()
}
