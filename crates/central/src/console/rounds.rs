//! Rounds as lists show them: what was planned, what came, whether it is late.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    completion::CompletionRate,
    plan::Exclusion,
    round::{Quarter, Round, RoundKind},
    text::Text,
};

use super::{
    page::{Page, Params, missing},
    visits::{self, VisitRow},
};
use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log::to_u64,
    round::kind_text,
    site::Site,
};

/// A round with what came of it so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RoundItem {
    /// The round.
    pub round: Round,
    /// Visits planned.
    pub visits: u32,
    /// 应检.
    pub lines: u32,
    /// Visits with a record.
    pub received: u32,
    /// Visits whose record is delivered.
    pub with_receipt: u32,
    /// The ledger it was planned over.
    pub ledger_version: u32,
    /// Whether today lies in its due window.
    pub is_due: bool,
    /// Whether its due window is over and visits are missing.
    pub is_overdue: bool,
    /// When it was opened.
    pub opened_at: i64,
    /// SHA-256 of the plan's envelope.
    pub plan_sha256: String,
    /// The plan's place in the log.
    pub leaf: Option<u64>,
}

/// 完成情况.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Coverage {
    /// 应检.
    pub due: u64,
    /// 正常.
    pub normal: u64,
    /// 异常.
    pub abnormal: u64,
    /// 不适用.
    pub not_applicable: u64,
    /// 未检.
    pub not_checked: u64,
    /// 漏检.
    pub missed: u64,
    /// 巡检完成率 in percent; `null` when nothing is due.
    pub percent: Option<String>,
    /// The formula.
    pub formula: Text,
}

/// Visits of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KindReceived {
    /// The kind.
    pub kind: String,
    /// Visits planned.
    pub visits: u32,
    /// Visits with a record.
    pub received: u32,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RoundDetail {
    /// As in the list.
    pub item: RoundItem,
    /// 完成情况.
    pub coverage: Coverage,
    /// What is left out.
    pub exclusions: Vec<Exclusion>,
    /// Visits by kind.
    pub by_kind: Vec<KindReceived>,
}

/// A round as the read model has it.
pub(super) struct RoundRow {
    pub item: RoundItem,
    pub exclusions: Vec<Exclusion>,
}

/// Every round, the newest first.
pub(super) fn all(sql: &dyn Sql) -> Result<Vec<RoundRow>, Error> {
    let today = clock::now().day_in_china();
    sql.query(sql!("round_list"), &[])?.iter().map(|row| read(row, today)).collect()
}

fn read(row: &Row, today: Date) -> Result<RoundRow, Error> {
    let number = |at| Ok::<_, Error>(u32::try_from(row.i64(at)?).unwrap_or(u32::MAX));
    let round: Round = serde_json::from_str(row.text(0)?)?;
    let (visits, received) = (number(2)?, number(9)?);
    let item = RoundItem {
        visits,
        lines: number(3)?,
        received,
        with_receipt: number(10)?,
        ledger_version: number(4)?,
        is_due: (round.due_from..=round.due_by).contains(&today),
        is_overdue: round.due_by < today && received < visits,
        opened_at: row.i64(5)?,
        plan_sha256: row.text(6)?.to_owned(),
        leaf: if row.is_null(7) { None } else { Some(to_u64(row.i64(7)?)) },
        round,
    };
    Ok(RoundRow { item, exclusions: serde_json::from_str(row.text(8)?)? })
}

/// One round.
pub(super) fn one(sql: &dyn Sql, id: &str) -> Result<RoundRow, Error> {
    all(sql)?.into_iter().find(|row| row.item.round.id.as_str() == id).ok_or_else(|| missing(id))
}

/// The round that is meant when nobody says: that of the running quarter, else the newest.
pub(super) fn running(rounds: &[RoundRow]) -> Option<&RoundRow> {
    let quarter = Quarter::of(clock::now().day_in_china());
    let is_running = |row: &&RoundRow| row.item.round.kind == RoundKind::Quarterly && row.item.round.quarter == quarter;
    rounds.iter().find(is_running).or_else(|| rounds.first())
}

/// 完成情况 of these visits, by the one formula.
pub(super) fn coverage(visits: &[VisitRow]) -> Coverage {
    let mut rate = CompletionRate::default();
    for visit in visits {
        rate.due += u64::from(visit.item.lines);
        let [normal, abnormal, not_applicable, not_checked] = visit.outcomes;
        rate.normal += normal;
        rate.abnormal += abnormal;
        rate.not_applicable += not_applicable;
        rate.not_applicable_accepted += if visit.is_accepted { not_applicable } else { 0 };
        rate.not_checked += not_checked;
    }
    Coverage {
        due: rate.due,
        normal: rate.normal,
        abnormal: rate.abnormal,
        not_applicable: rate.not_applicable,
        not_checked: rate.not_checked,
        missed: rate.missed(),
        percent: rate.percent(),
        formula: Text::new(
            CompletionRate::FORMULA_ZH,
            "completion rate = (normal + abnormal + not applicable as accepted by a reviewer) ÷ due",
        ),
    }
}

/// `GET rounds`: the newest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn list(site: &Site, params: &Params) -> Result<Page<RoundItem>, Error> {
    let rounds = site.db.read(all)?.into_iter().map(|row| row.item).collect();
    params.page_in_order(rounds, |_| Ok(true), |item: &RoundItem| item.round.id.to_string())
}

/// `GET rounds/ID`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn detail(site: &Site, id: &str) -> Result<RoundDetail, Error> {
    site.db.read(|sql| {
        let row = one(sql, id)?;
        let visits = visits::of_round(sql, &row.item)?;
        let mut by_kind: Vec<KindReceived> = Vec::new();
        for visit in &visits {
            let kind = kind_text(visit.kind)?;
            let at = by_kind.iter().position(|one| one.kind == kind).unwrap_or_else(|| {
                by_kind.push(KindReceived { kind, visits: 0, received: 0 });
                by_kind.len() - 1
            });
            by_kind[at].visits += 1;
            by_kind[at].received += u32::from(visit.item.record.is_some());
        }
        Ok(RoundDetail { coverage: coverage(&visits), item: row.item, exclusions: row.exclusions, by_kind })
    })
}
