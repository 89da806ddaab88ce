//! What people said of the columns of ledger files, kept for every file with the same headings.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{hash::Sha256, time::TimestampMs};
use xunjian_ledger::import::{Field, HeadingSet, Mapping, SeenTable};

use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// How a column that is not wanted is spelled.
const IGNORE: &str = "ignore";

/// A mapping that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RememberedMapping {
    /// What it is known by: the hash of its headings.
    pub id: Sha256,
    /// The headings of the files it is for, sorted, without spaces.
    pub headings: Vec<String>,
    /// What the columns mean: the name of a field, or `ignore`.
    pub columns: BTreeMap<String, String>,
    /// Who said so.
    pub said_by: String,
    /// When.
    pub said_at: TimestampMs,
}

fn of_row(row: &Row) -> Result<RememberedMapping, Error> {
    Ok(RememberedMapping {
        id: row.text(0)?.parse().map_err(|_| Error::Damaged("a mapping has no hash".to_owned()))?,
        headings: row.text(1)?.lines().map(str::to_owned).collect(),
        columns: serde_json::from_str(row.text(2)?)?,
        said_by: row.text(3)?.to_owned(),
        said_at: TimestampMs(row.i64(4)?),
    })
}

/// All that is remembered, the newest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn all(sql: &dyn Sql) -> Result<Vec<RememberedMapping>, Error> {
    sql.query(sql!("ledger_mapping_all"), &[])?.iter().map(of_row).collect()
}

/// Forgets a mapping, by the beginning of its id.
///
/// # Errors
/// [`Error::Told`] when none or several begin so.
pub fn forget(site: &Site, actor: &str, beginning: &str) -> Result<RememberedMapping, Error> {
    let forgotten = site.db.write(|sql| {
        let mut fitting = all(sql)?.into_iter().filter(|one| one.id.to_hex().starts_with(beginning));
        let (Some(one), None) = (fitting.next(), fitting.next()) else {
            return Err(Error::told(
                format!("没有（或不止一个）编号以“{beginning}”开头的列对应关系"),
                format!("none or several mappings have an id that begins with \"{beginning}\""),
            ));
        };
        sql.execute(sql!("ledger_mapping_delete"), &[one.id.to_hex().into()])?;
        log::audit(site, sql, actor, "ledger.mapping.forget", &[("mapping", one.id.to_hex().as_str())])?;
        Ok(one)
    })?;
    site.sequence()?;
    Ok(forgotten)
}

/// Adds what is remembered to what is said now, which comes first.
pub(crate) fn recall(sql: &dyn Sql, said: &Mapping) -> Result<Mapping, Error> {
    let mut mapping = said.clone();
    for one in all(sql)? {
        let columns = one.columns.iter().filter_map(|(heading, field)| match field.as_str() {
            IGNORE => Some((heading.as_str(), None)),
            // A field that a later version knew is no reason to refuse the file.
            field => Some((heading.as_str(), Some(field.parse::<Field>().ok()?))),
        });
        mapping.remember(one.headings.iter().map(String::as_str), columns);
    }
    Ok(mapping)
}

/// Remembers what was said of the tables that were read. Returns of how many it was.
pub(super) fn remember(
    site: &Site,
    sql: &dyn Sql,
    actor: &str,
    mapping: &Mapping,
    tables: &[SeenTable],
) -> Result<usize, Error> {
    let mut count = 0;
    for table in tables {
        let Some(columns) = mapping.to_remember(table) else { continue };
        let columns: BTreeMap<String, &str> =
            columns.into_iter().map(|(heading, field)| (heading, field.map_or(IGNORE, Field::as_str))).collect();
        let headings = HeadingSet::of(table.columns.iter().map(|(heading, _)| heading.as_str())).as_text();
        let id = Sha256::of(headings.as_bytes()).to_hex();
        let columns = serde_json::to_string(&columns)?;
        let details = [("columns", columns.as_str()), ("mapping", id.as_str())];
        log::audit(site, sql, actor, "ledger.mapping", &details)?;
        let values = [id.into(), headings.into(), columns.into(), actor.to_owned().into(), clock::now().0.into()];
        sql.execute(sql!("ledger_mapping_put"), &values)?;
        count += 1;
    }
    Ok(count)
}
