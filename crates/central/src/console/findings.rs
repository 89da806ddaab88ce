//! 问题 and 不一致信息 over all records, as lists show them. Only the newest revision of a visit's record counts.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    reconciliation::{Difference, Reconciliation, Whereabouts},
    visit::Finding,
};

use super::{
    moves::{self, OtherRecord},
    page::{Page, Params, one_more},
};
use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log::to_u64,
    site::Site,
};

/// 问题.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FindingItem {
    /// As it was signed.
    pub finding: Finding,
    /// The record it stands in.
    pub record: String,
    /// What was visited.
    pub record_title: String,
    /// The round.
    pub round: String,
    /// What it is about.
    pub subject_name: String,
    /// The room; empty for clusters.
    pub room_name: String,
    /// The rack; empty for what stands in none.
    pub rack_name: String,
    /// The criterion it was found at.
    pub criterion: Option<String>,
    /// Who found it.
    pub inspector_name: String,
    /// When it was found, by the terminal's clock.
    pub found_at: i64,
    /// Whether it is open and its due day is over.
    pub is_overdue: bool,
}

/// 不一致信息, or an asset that is 未核.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DiscrepancyItem {
    /// As it was signed.
    pub reconciliation: Reconciliation,
    /// The record it stands in.
    pub record: String,
    /// What was visited.
    pub record_title: String,
    /// The round.
    pub round: String,
    /// The asset as the ledger has it, or as it was read where the ledger has none.
    pub asset_name: String,
    /// The room.
    pub room_name: String,
    /// The rack.
    pub rack_name: String,
    /// Who looked.
    pub inspector_name: String,
    /// When the record was sealed.
    pub sealed_at: i64,
    /// Field by field what ledger, rack and orders say; racks by room and name.
    pub differences: Vec<Difference>,
    /// Where the asset is by every newest record of the round; `None` for one the ledger does not have.
    pub whereabouts: Option<Whereabouts>,
    /// What the other records of the round say of it, whoever signed them.
    pub others: Vec<OtherRecord>,
}

/// `GET findings`: the newest first. `state` is `open` (not fixed on the spot), `fixed` or `overdue`.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn findings(site: &Site, params: &Params) -> Result<Page<FindingItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let today = clock::now().day_in_china().to_string();
    let filter = [
        params.text("round").into(),
        params.choice("severity", &["outage", "degraded", "major", "minor"])?.into(),
        params.choice("state", &["open", "fixed", "overdue"])?.into(),
        today.as_str().into(),
        params.pattern().into(),
    ];
    let part = |at: usize| last.get(at).map_or("", String::as_str).into();
    let mut values = filter.to_vec();
    values.extend([at.into(), part(0), part(1), one_more(limit).into()]);
    let read = |row: &Row| -> Result<FindingItem, Error> {
        let due_on = row.text(11)?;
        Ok(FindingItem {
            finding: serde_json::from_str(row.text(12)?)?,
            record: row.text(0)?.to_owned(),
            record_title: row.text(2)?.to_owned(),
            round: row.text(3)?.to_owned(),
            subject_name: row.text(4)?.to_owned(),
            room_name: row.text(5)?.to_owned(),
            rack_name: row.text(6)?.to_owned(),
            criterion: Some(row.text(7)?.to_owned()).filter(|criterion| !criterion.is_empty()),
            inspector_name: row.text(8)?.to_owned(),
            found_at: row.i64(9)?,
            is_overdue: row.i64(10)? == 0 && !due_on.is_empty() && due_on < today.as_str(),
        })
    };
    site.db.read(|sql| {
        let total = sql.first(sql!("finding_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
        let items = sql.query(sql!("finding_list"), &values)?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let key = |item: &FindingItem| format!("{}~{}~{}", item.found_at, item.record, item.finding.id);
        Ok(Page::cut(items, limit, to_u64(total), key))
    })
}

/// The choice of the filter that is no verdict: both sides of a move are here.
const MOVED: &str = "moved";

const VERDICTS: [&str; 13] = [
    MOVED,
    "matches",
    "wrong_rack",
    "wrong_unit",
    "wrong_model",
    "wrong_brand",
    "wrong_serial",
    "wrong_owner",
    "wrong_order",
    "wrong_quantity",
    "missing",
    "not_in_ledger",
    "unverified",
];

/// `GET discrepancies`: the newest first; 未核 only where `verdict=unverified` asks for it. A move shows once, where the asset
/// was seen, with its missing side beside it; `verdict=moved` lists the moves of which both sides are here.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn discrepancies(site: &Site, params: &Params) -> Result<Page<DiscrepancyItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let wanted = params.choice("verdict", &VERDICTS)?;
    let verdict = match wanted {
        "" | MOVED => String::new(),
        // The words stand between blanks; an underscore that stands for any character fits no other of them.
        verdict => format!("% {verdict} %"),
    };
    let moved = if wanted == MOVED { MOVED } else { "" };
    let filter = [params.text("round").into(), verdict.into(), params.pattern().into()];
    let place = last.get(1).map_or(Ok(i64::MAX), |place| place.parse());
    let place = place.map_err(|_| super::page::bad("after", "must be the `next` of the page before"))?;
    let mut values = filter.to_vec();
    values.extend([at.into(), last.first().map_or("", String::as_str).into(), place.into(), one_more(limit).into()]);
    values.push(moved.into());
    let mut counted = filter.to_vec();
    counted.push(moved.into());
    let read = |sql: &dyn Sql, row: &Row| -> Result<(i64, DiscrepancyItem), Error> {
        let (whereabouts, others) = moves::together(sql, row.text(3)?, row.text(10)?, row.text(0)?)?;
        let item = DiscrepancyItem {
            reconciliation: serde_json::from_str(row.text(9)?)?,
            record: row.text(0)?.to_owned(),
            record_title: row.text(2)?.to_owned(),
            round: row.text(3)?.to_owned(),
            asset_name: row.text(4)?.to_owned(),
            room_name: row.text(5)?.to_owned(),
            rack_name: row.text(6)?.to_owned(),
            inspector_name: row.text(7)?.to_owned(),
            sealed_at: row.i64(8)?,
            differences: serde_json::from_str(row.text(11)?)?,
            whereabouts,
            others,
        };
        Ok((row.i64(1)?, item))
    };
    site.db.read(|sql| {
        let total = sql.first(sql!("discrepancy_list_count"), &counted)?.map_or(Ok(0), |row| row.i64(0))?;
        let rows = sql.query(sql!("discrepancy_list"), &values)?;
        let items = rows.iter().map(|row| read(sql, row)).collect::<Result<Vec<_>, _>>()?;
        let key = |(place, item): &(i64, DiscrepancyItem)| format!("{}~{}~{place}", item.sealed_at, item.record);
        let page = Page::cut(items, limit, to_u64(total), key);
        let items = page.items.into_iter().map(|(_, item)| item).collect();
        Ok(Page { items, next: page.next, total: page.total })
    })
}
