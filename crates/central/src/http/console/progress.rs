//! How far a round has come: coverage, indicators, and what becomes of problems.

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    super::{App, answer::Failed},
    files::attached,
    seat::{Answer, Asks, Seated},
};
use crate::{
    console::{
        counted::{self, CountedView, IndicatorView, LineItem},
        page::Page,
        rectifications::{self, RectificationDetail},
    },
    rectification::{self, Candidate, ExportFormat, Standing},
};

/// 覆盖 of a round.
pub async fn coverage(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<CountedView> {
    who.answer(&app, move |site, _| counted::counted(site, &id)).await
}

/// The lines behind a number.
pub async fn lines(State(app): State<App>, who: Seated, Path(id): Path<String>, asks: Asks) -> Answer<Page<LineItem>> {
    who.answer(&app, move |site, _| counted::lines(site, &id, &asks.list(&["criterion", "room", "state"])?)).await
}

/// 考核评价指标.
pub async fn indicators(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<Vec<IndicatorView>> {
    who.answer(&app, move |site, _| counted::indicators(site, &id)).await
}

/// 整改.
pub async fn rectifications(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<Standing>> {
    who.answer(&app, |site, _| rectifications::list(site, &asks.list(&["failing", "round", "state"])?)).await
}

/// One of them.
pub async fn rectification(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<RectificationDetail> {
    who.answer(&app, move |site, _| rectifications::one(site, &id)).await
}

/// What nobody has opened yet.
pub async fn unopened(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<Candidate>> {
    who.answer(&app, |site, _| rectifications::unopened(site, &asks.list(&["round"])?)).await
}

/// All of a round, or of all rounds, as a file.
pub async fn export(State(app): State<App>, who: Seated, asks: Asks) -> Result<Response, Failed> {
    let language = who.language;
    let written = who.run(&app, move |site, _| {
        let params = asks.only(&["format", "round"])?;
        let (format, name, media_type) = match params.choice("format", &["csv", "json"])? {
            "json" => (ExportFormat::Json, "rectifications.json", "application/json"),
            _ => (ExportFormat::Csv, "rectifications.csv", "text/csv; charset=utf-8"),
        };
        Ok((name, media_type, rectification::export(site, params.text("round"), format, language)?))
    });
    let (name, media_type, bytes) = written.await?;
    Ok(attached(name, media_type, bytes))
}
