//! 工作日历 of the site: the newest one that somebody set, or the one every site starts with. Every one that was set is kept, and
//! its hash stands in the log beside who set it.

use serde::Serialize;
use xunjian_domain::{calendar::WorkingCalendar, hash::Sha256, time::TimestampMs};

use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// A calendar, and who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredCalendar {
    /// The calendar.
    pub calendar: WorkingCalendar,
    /// Who set it; empty for the one a site starts with.
    pub set_by: String,
    /// When; 0 for the one a site starts with.
    pub set_at: TimestampMs,
}

/// The calendar that holds.
///
/// # Errors
/// [`Error`] of the database, or for a stored calendar that is none.
pub fn current(sql: &dyn Sql) -> Result<StoredCalendar, Error> {
    let Some(row) = sql.first(sql!("working_calendar_newest"), &[])? else {
        let calendar = WorkingCalendar::starting();
        return Ok(StoredCalendar { calendar, set_by: String::new(), set_at: TimestampMs(0) });
    };
    let calendar = serde_json::from_str(row.text(0)?)?;
    Ok(StoredCalendar { calendar, set_by: row.text(1)?.to_owned(), set_at: TimestampMs(row.i64(2)?) })
}

/// Reads a calendar as people write it.
///
/// # Errors
/// [`Error::Told`] saying what is wrong with the text.
pub fn parse(text: &str) -> Result<WorkingCalendar, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::told(
            format!("日历文件无法读取：{error}。可先用 xunjian calendar show --json 取得现行日历，修改后再设置"),
            format!("the calendar cannot be read: {error}. Start from the output of `xunjian calendar show --json`"),
        )
    })
}

/// Sets the calendar; the same one again changes nothing.
///
/// # Errors
/// [`Error::Told`] naming the first thing that is wrong with it.
pub fn set(site: &Site, actor: &str, calendar: &WorkingCalendar) -> Result<StoredCalendar, Error> {
    if let Some(problem) = calendar.problems().into_iter().next() {
        return Err(Error::Told(problem));
    }
    let stored = site.db.write(|sql| {
        let before = current(sql)?;
        if before.calendar == *calendar {
            return Ok(before);
        }
        let (text, now) = (serde_json::to_string(calendar)?, clock::now());
        let values = [clock::new_id().into(), text.as_str().into(), actor.into(), now.0.into()];
        sql.execute(sql!("working_calendar_insert"), &values)?;
        let hash = Sha256::of(text.as_bytes()).to_hex();
        log::audit(site, sql, actor, "calendar.set", &[("calendar", &hash), ("source", &calendar.source)])?;
        Ok::<_, Error>(StoredCalendar { calendar: calendar.clone(), set_by: actor.to_owned(), set_at: now })
    })?;
    site.sequence()?;
    Ok(stored)
}
