//! 覆盖 of a round in the console: the numbers as they are counted from the log, the lists behind them, and the indicators.

use serde::Serialize;
use xunjian_domain::{
    completion::CompletionRate,
    coverage::{CoveredLine, CoveredVisit, Totals},
    hash::Sha256,
    ids::RoundId,
    indicator::Indicator,
    text::Text,
};
use xunjian_proof::closing::Closing;

use super::page::{Page, Params, missing};
use crate::{
    coverage::{self, Beside},
    db::Sql,
    error::Error,
    round::{self, kind_text},
    site::Site,
};

/// A round as it was counted.
#[derive(Debug, Clone, Serialize)]
pub struct CountedView {
    /// How many leaves of the log were counted.
    pub log_size: u64,
    /// The log's root at that size.
    pub log_root: Sha256,
    /// The numbers.
    pub totals: Totals,
    /// 巡检完成率 in percent; `null` when nothing is due.
    pub percent: Option<String>,
    /// Its formula.
    pub formula: Text,
    /// Every visit.
    pub visits: Vec<CoveredVisit>,
    /// What stands beside the numbers.
    pub beside: Beside,
    /// How it was closed; `null` while it is open.
    pub closing: Option<Closing>,
}

/// An indicator with its value as people read it.
#[derive(Debug, Clone, Serialize)]
pub struct IndicatorView {
    /// The indicator.
    #[serde(flatten)]
    pub indicator: Indicator,
    /// Percent, 无可计数据, or 未采集.
    pub value: Text,
}

const STATES: [&str; 6] =
    ["normal", "abnormal", "not_applicable", "not_applicable_unaccepted", "not_checked", "missed"];

fn known(sql: &dyn Sql, id: &str) -> Result<RoundId, Error> {
    let round = RoundId::new(id);
    round::statement(sql, &round)?.map(|_| round).ok_or_else(|| missing(format!("round {id}")))
}

/// `GET rounds/ID/coverage`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn counted(site: &Site, id: &str) -> Result<CountedView, Error> {
    site.db.read_long(|sql| {
        let round = known(sql, id)?;
        let counted = coverage::of_round(sql, &round)?;
        let beside = coverage::beside(sql, &counted)?;
        Ok(CountedView {
            log_size: counted.log_size,
            log_root: counted.log_root,
            percent: counted.totals.whole.percent(),
            formula: Text::new(
                CompletionRate::FORMULA_ZH,
                "completion rate = (normal + abnormal + not applicable as accepted by a reviewer) ÷ due",
            ),
            totals: counted.totals,
            visits: counted.coverage.visits,
            beside,
            closing: coverage::closing(sql, &round)?.map(|(closing, ..)| closing),
        })
    })
}

/// `GET rounds/ID/lines?state=missed`: the list behind a number, in the order of the plan.
///
/// # Errors
/// [`Error::Problem`] 404.3 or 400.3.
pub fn lines(site: &Site, id: &str, params: &Params) -> Result<Page<CoveredLine>, Error> {
    let state = params.choice("state", &STATES)?;
    let counted = site.db.read_long(|sql| coverage::of_round(sql, &known(sql, id)?))?;
    let fits = |line: &CoveredLine| Ok(state.is_empty() || kind_text(line.state)? == state);
    params.page_in_order(counted.coverage.lines, fits, |line| format!("{}~{}", line.visit, line.line))
}

/// `GET rounds/ID/indicators`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn indicators(site: &Site, id: &str) -> Result<Vec<IndicatorView>, Error> {
    let round = site.db.read(|sql| known(sql, id))?;
    let all = coverage::indicators_of(site, &round)?.into_iter();
    Ok(all.map(|indicator| IndicatorView { value: indicator.value(), indicator }).collect())
}
