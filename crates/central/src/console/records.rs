//! Records as lists show them.

use serde::{Deserialize, Serialize};
use xunjian_proof::review::ReviewState;

use super::page::{Page, Params, one_more};
use crate::{
    db::{Row, sql},
    error::Error,
    log::to_u64,
    review,
    site::Site,
};

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordItem {
    /// Its id: SHA-256 of its bytes.
    pub id: String,
    /// What was visited.
    pub title: String,
    /// Room, rack, cluster or system.
    pub kind: String,
    /// The visit.
    pub visit: String,
    /// The round.
    pub round: String,
    /// The round's title.
    pub round_title: String,
    /// Who signed.
    pub inspector: String,
    /// That person's name.
    pub inspector_name: String,
    /// On which terminal.
    pub terminal: String,
    /// What people call it.
    pub terminal_name: String,
    /// Place in the terminal's chain.
    pub sequence: u64,
    /// When it was sealed, by the terminal's clock.
    pub sealed_at: i64,
    /// When it came.
    pub received_at: i64,
    /// When record and photos were declared stored.
    pub delivered_at: Option<i64>,
    /// Lines answered.
    pub lines: u32,
    /// 异常 lines.
    pub abnormal: u32,
    /// Lines that “其余全部正常” filled.
    pub bulk: u32,
    /// 问题.
    pub findings: u32,
    /// Assets of which something differs.
    pub discrepancies: u32,
    /// Assets nobody looked at.
    pub unverified: u32,
    /// Photos it names.
    pub photos: u32,
    /// Those that are stored.
    pub photos_stored: u32,
    /// Clock jumps noticed while it was made.
    pub jumps: u32,
    /// How it stands with its reviewers.
    pub review: ReviewState,
}

/// What the list can be narrowed to.
const STATES: &[&str] =
    &["verified", "waiting", "received", "abnormal", "failed", "unreviewed", "accepted", "returned"];

pub(super) fn read(row: &Row) -> Result<RecordItem, Error> {
    let text = |at| Ok::<_, Error>(row.text(at)?.to_owned());
    let number = |at| Ok::<_, Error>(u32::try_from(row.i64(at)?).unwrap_or(u32::MAX));
    Ok(RecordItem {
        id: text(0)?,
        title: text(1)?,
        kind: text(2)?,
        visit: text(3)?,
        round: text(4)?,
        round_title: text(5)?,
        inspector: text(6)?,
        inspector_name: text(7)?,
        terminal: text(8)?,
        terminal_name: text(9)?,
        sequence: to_u64(row.i64(10)?),
        sealed_at: row.i64(11)?,
        received_at: row.i64(12)?,
        delivered_at: Some(row.i64(13)?).filter(|at| *at != 0),
        lines: number(14)?,
        abnormal: number(15)?,
        bulk: number(16)?,
        findings: number(17)?,
        discrepancies: number(18)?,
        unverified: number(19)?,
        jumps: number(20)?,
        photos: number(21)?,
        photos_stored: number(22)?,
        review: review::state_of(row.text(23)?, row.i64(24)? > 0)?,
    })
}

/// `GET records`: the newest first. `state` is `verified` (delivered), `waiting` (not yet), `abnormal`, `failed` (damaged
/// at the last verification), `unreviewed` (delivered, and nobody countersigned it), `accepted` or `returned`.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<RecordItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let state = match params.choice("state", STATES)? {
        "received" => "waiting",
        state => state,
    };
    let filter = [
        params.text("round").into(),
        params.choice("kind", &["room", "rack", "cluster", "system"])?.into(),
        params.text("inspector").into(),
        state.into(),
        params.pattern().into(),
    ];
    let mut values = filter.to_vec();
    values.extend([at.into(), last.first().map_or("", String::as_str).into(), one_more(limit).into()]);
    site.db.read(|sql| {
        let total = sql.first(sql!("record_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
        let rows = sql.query(sql!("record_list"), &values)?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, to_u64(total), |item| format!("{}~{}", item.received_at, item.id)))
    })
}
