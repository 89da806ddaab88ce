//! Versions of the thresholds: the print is version 1, and a site's own versions follow it, each logged with its source (5.4.4.2).

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    monitoring::{BASELINE_VERSION, Change, Thresholds},
    time::TimestampMs,
};
use xunjian_proof::jcs;

use super::small;
use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    ledger, log,
    site::Site,
};

/// The logged action of a new version.
pub(crate) const SET: &str = "thresholds.set";

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredThresholds {
    /// Its number.
    pub version: u32,
    /// Hash of its canonical bytes.
    pub sha256: Sha256,
    /// Where its numbers come from.
    pub source: String,
    /// The day on which they were decided.
    pub decided_on: String,
    /// Who set it; empty for the print.
    pub set_by: String,
    /// When; 0 for the print.
    pub set_at: TimestampMs,
}

impl StoredThresholds {
    /// What its leaf says of it.
    pub(crate) fn details(&self) -> Vec<(&'static str, String)> {
        vec![
            ("decided_on", self.decided_on.clone()),
            ("sha256", self.sha256.to_hex()),
            ("source", self.source.clone()),
            ("version", self.version.to_string()),
        ]
    }
}

fn of_row(row: &Row) -> Result<StoredThresholds, Error> {
    Ok(StoredThresholds {
        version: small(row.i64(0)?),
        sha256: row
            .text(1)?
            .parse()
            .map_err(|_| Error::Damaged("a version of the thresholds has no hash".to_owned()))?,
        source: row.text(2)?.to_owned(),
        decided_on: row.text(3)?.to_owned(),
        set_by: row.text(4)?.to_owned(),
        set_at: TimestampMs(row.i64(5)?),
    })
}

/// The versions that the site decided, oldest first.
pub(crate) fn own(sql: &dyn Sql) -> Result<Vec<StoredThresholds>, Error> {
    sql.query(sql!("threshold_version_all"), &[])?.iter().map(of_row).collect()
}

/// The print.
fn baseline() -> Result<StoredThresholds, Error> {
    let print = Thresholds::baseline();
    Ok(StoredThresholds {
        version: BASELINE_VERSION,
        sha256: Sha256::of(&jcs::to_bytes(&print)?),
        source: print.source,
        decided_on: print.decided_on.to_string(),
        set_by: String::new(),
        set_at: TimestampMs(0),
    })
}

/// All versions, the print first.
///
/// # Errors
/// [`Error`] of the database.
pub fn all(sql: &dyn Sql) -> Result<Vec<StoredThresholds>, Error> {
    let mut found = vec![baseline()?];
    found.extend(own(sql)?);
    Ok(found)
}

/// One version and its numbers; without a number the newest.
///
/// # Errors
/// [`Error::Told`] when there is no such version, [`Error::Damaged`] when its bytes are gone.
pub fn read(sql: &dyn Sql, version: Option<u32>) -> Result<(StoredThresholds, Thresholds), Error> {
    let mut versions = all(sql)?;
    let wanted = match version {
        None => versions.pop(),
        Some(version) => versions.into_iter().find(|one| one.version == version),
    };
    let stored = wanted.ok_or_else(|| {
        let version = version.unwrap_or_default();
        Error::told(format!("没有阈值第 {version} 版"), format!("there is no version {version} of the thresholds"))
    })?;
    if stored.version == BASELINE_VERSION {
        return Ok((stored, Thresholds::baseline()));
    }
    let thresholds = ledger::read_chunk(sql, &stored.sha256)?;
    Ok((stored, thresholds))
}

/// That other numbers do not go by the name of the print, nor by that of the decision before.
fn check_source(new: &Thresholds, in_force: &Thresholds) -> Result<(), Error> {
    let print = Thresholds::baseline();
    let is_named_so = |text: &str, other: &str| text.trim() == other.trim();
    let is_print = new.changes().is_empty();
    if !is_print && is_named_so(&new.source, &print.source) {
        return Err(Error::told(
            "数值改了，来源（source）仍写标准，未作改动；请写明本次调整依据的文件或决定",
            "the numbers were changed, but `source` still names the standard; nothing was changed. Say by which document or decision",
        ));
    }
    if !is_print && (is_named_so(&new.title.zh, &print.title.zh) || is_named_so(&new.title.en, &print.title.en)) {
        return Err(Error::told(
            "数值改了，名称（title）仍写标准印刷值，未作改动；请给本版起一个名称",
            "the numbers were changed, but `title` still says that they are the printed ones; nothing was changed. Give this version a title",
        ));
    }
    let are_other_numbers = new.changes() != in_force.changes();
    if are_other_numbers && is_named_so(&new.source, &in_force.source) && new.decided_on == in_force.decided_on {
        return Err(Error::told(
            "数值改了，来源（source）和日期（decided_on）仍是上一版的，未作改动；请写明本次调整依据的文件或决定及其日期",
            "the numbers were changed, but `source` and `decided_on` are those of the version before; nothing was changed. Say by which document or decision, and of which day",
        ));
    }
    Ok(())
}

/// What setting a version came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetOutcome {
    /// The version in force.
    pub stored: StoredThresholds,
    /// Where it differs from the print.
    pub changes: Vec<Change>,
    /// Whether it is the version that was in force already; nothing changed then.
    pub identical: bool,
}

/// Makes a new version of the file's numbers. `version` in the file is the one that was changed: where another version came
/// meanwhile, nothing is overwritten.
///
/// # Errors
/// [`Error::Told`] when the file cannot be used, or was made from an older version.
pub fn set(site: &Site, actor: &str, json: &str) -> Result<SetOutcome, Error> {
    let mut thresholds = Thresholds::parse(json).map_err(|error| {
        let text = error.text();
        Error::told(text.zh, text.en)
    })?;
    let outcome = site.db.write(|sql| {
        let (newest, in_force) = read(sql, None)?;
        let changes = thresholds.changes();
        if thresholds == in_force {
            return Ok(SetOutcome { stored: newest, changes, identical: true });
        }
        if thresholds.version != newest.version {
            let (of, now) = (thresholds.version, newest.version);
            return Err(Error::told(
                format!("文件是在第 {of} 版上改的，现行阈值是第 {now} 版，未作改动；请以 xunjian thresholds show --json 的输出重新修改"),
                format!(
                    "the file changes version {of}, but version {now} is in force; nothing was changed. Start again from `xunjian thresholds show --json`"
                ),
            ));
        }
        check_source(&thresholds, &in_force)?;
        thresholds.version = newest.version + 1;
        let (sha256, _) = ledger::store_chunk(sql, &thresholds)?;
        let stored = StoredThresholds {
            version: thresholds.version,
            sha256,
            source: thresholds.source.clone(),
            decided_on: thresholds.decided_on.to_string(),
            set_by: actor.to_owned(),
            set_at: clock::now(),
        };
        let values = [
            i64::from(stored.version).into(),
            sha256.to_hex().into(),
            stored.source.as_str().into(),
            stored.decided_on.as_str().into(),
            actor.into(),
            stored.set_at.0.into(),
        ];
        sql.execute(sql!("threshold_version_insert"), &values)?;
        let details = stored.details();
        let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        log::audit(site, sql, actor, SET, &details)?;
        Ok(SetOutcome { stored, changes, identical: false })
    })?;
    site.sequence()?;
    Ok(outcome)
}
