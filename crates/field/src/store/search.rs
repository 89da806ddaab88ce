//! The index behind the search: which texts an asset has, and the pages of what fits.
//!
//! Hits come in three classes, each in ledger order, so that a page never sorts more than it shows: whole serials, tags and
//! names; parts of them; owning units. A place is a class and a number, and the next page begins behind it.

use std::fmt;

use rusqlite::{Connection, params};
use xunjian_domain::ledger::LedgerEntry;

use super::{from_json, ledger::LedgerNo, run, sql};
use crate::{
    error::FieldError,
    search::{Query, pairs},
};

/// How well an asset fits; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// Its serial, asset tag or name is the text.
    Whole,
    /// Its name, serial or asset tag has the text in it.
    Part,
    /// Only with its owning unit does it fit.
    Owner,
}

/// An asset that fits.
pub(crate) struct Found {
    class: Match,
    no: i64,
    pub asset: LedgerEntry,
}

impl Found {
    pub fn place(&self) -> Place {
        Place { class: self.class, no: self.no }
    }
}

/// Where a page ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    class: Match,
    no: i64,
}

impl Place {
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let bad = || FieldError::BadInput(format!("“{text}” is the end of no page"));
        let (class, no) = text.split_once('~').ok_or_else(bad)?;
        let class = match class {
            "whole" => Match::Whole,
            "part" => Match::Part,
            "owner" => Match::Owner,
            _ => return Err(bad()),
        };
        Ok(Self { class, no: no.parse().map_err(|_| bad())? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            Match::Whole => "whole",
            Match::Part => "part",
            Match::Owner => "owner",
        };
        write!(f, "{class}~{}", self.no)
    }
}

/// Whether every asset of the version can be found.
pub(crate) fn is_ready(connection: &Connection, no: LedgerNo) -> Result<bool, FieldError> {
    Ok(connection.prepare_cached(sql!("search/is_ready"))?.query_row([no.0], |row| row.get(0))?)
}

/// Makes every asset of the version findable, once.
pub(crate) fn make_ready(connection: &Connection, no: LedgerNo) -> Result<(), FieldError> {
    if is_ready(connection, no)? {
        return Ok(());
    }
    let mut assets = connection.prepare_cached(sql!("search/assets"))?;
    let mut keys = connection.prepare_cached(sql!("search/insert_key"))?;
    let mut words = connection.prepare_cached(sql!("search/insert_words"))?;
    let mut rows = assets.query([no.0])?;
    while let Some(row) = rows.next()? {
        let text = |at| Ok::<_, FieldError>(pairs(row.get_ref(at)?.as_str().unwrap_or_default()));
        keys.execute(params![no.0, row.get::<_, String>(0)?])?;
        words.execute(params![connection.last_insert_rowid(), text(1)?, text(2)?, text(3)?, text(4)?])?;
    }
    run(connection, sql!("search/set_ready"), [no.0]).map(drop)
}

/// At most `most` assets that fit, from behind `after`.
pub(crate) fn find(
    connection: &Connection,
    no: LedgerNo,
    query: &Query,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<Found>, FieldError> {
    let mut found = Vec::new();
    for class in [Match::Whole, Match::Part, Match::Owner] {
        let behind = match after {
            Some(after) if class < after.class => continue,
            Some(after) if class == after.class => after.no,
            _ => 0,
        };
        let left = i64::try_from(most - found.len()).unwrap_or(i64::MAX);
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let rows = if class == Match::Whole {
            let mut statement = connection.prepare_cached(sql!("search/whole"))?;
            let rows = statement.query_map(params![no.0, query.whole, behind, left], read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()?
        } else {
            let mut statement = connection.prepare_cached(sql!("search/part"))?;
            let values = params![no.0, query.expression(class), behind, left, query.whole];
            let rows = statement.query_map(values, read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()?
        };
        for (no, entry) in rows {
            found.push(Found { class, no, asset: from_json(&entry)? });
        }
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}
