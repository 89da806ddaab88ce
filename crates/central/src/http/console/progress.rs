//! How far a round has come: coverage, indicators, and what becomes of problems.

use axum::extract::{Path, State};
use xunjian_domain::coverage::CoveredLine;

use super::{
    super::App,
    seat::{Answer, Asks, Seated},
};
use crate::{
    console::{
        counted::{self, CountedView, IndicatorView},
        page::Page,
        rectifications::{self, RectificationDetail},
    },
    rectification::Standing,
};

/// 覆盖 of a round.
pub async fn coverage(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<CountedView> {
    who.answer(&app, move |site, _| counted::counted(site, &id)).await
}

/// The lines behind a number.
pub async fn lines(
    State(app): State<App>,
    who: Seated,
    Path(id): Path<String>,
    asks: Asks,
) -> Answer<Page<CoveredLine>> {
    who.answer(&app, move |site, _| counted::lines(site, &id, &asks.list(&["state"])?)).await
}

/// 考核评价指标.
pub async fn indicators(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<Vec<IndicatorView>> {
    who.answer(&app, move |site, _| counted::indicators(site, &id)).await
}

/// 整改.
pub async fn rectifications(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<Standing>> {
    who.answer(&app, |site, _| rectifications::list(site, &asks.list(&["round", "state"])?)).await
}

/// One of them.
pub async fn rectification(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<RectificationDetail> {
    who.answer(&app, move |site, _| rectifications::one(site, &id)).await
}
