//! Rounds, their visits, and the ledger they are planned over.

use axum::{
    body::Bytes,
    extract::{Path, State},
};

use super::{
    super::App,
    seat::{Answer, Asks, Seated, Writer, form},
};
use crate::console::{
    ledger::{self, AssetItem, LedgerVersionItem},
    ledger_changes::{self, ChangeSetDetail, ChangeSetItem},
    page::Page,
    round_form::{self, RoundPreview},
    rounds::{self, RoundDetail, RoundItem},
    visits::{self, VisitItem},
};

/// Rounds.
pub async fn rounds(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<RoundItem>> {
    who.answer(&app, |site, _| rounds::list(site, &asks.list(&[])?)).await
}

/// One round.
pub async fn round(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<RoundDetail> {
    who.answer(&app, move |site, _| rounds::detail(site, &id)).await
}

/// What a round would be.
pub async fn preview(State(app): State<App>, Writer(who): Writer, body: Bytes) -> Answer<RoundPreview> {
    who.answer(&app, move |site, _| round_form::preview(site, &form(&body)?)).await
}

/// Opens a round.
pub async fn open(State(app): State<App>, Writer(who): Writer, body: Bytes) -> Answer<RoundItem> {
    who.answer(&app, move |site, seat| round_form::open(site, &seat.account, &form(&body)?)).await
}

/// Visits of a round.
pub async fn visits(
    State(app): State<App>,
    who: Seated,
    Path(id): Path<String>,
    asks: Asks,
) -> Answer<Page<VisitItem>> {
    who.answer(&app, move |site, _| visits::list(site, &id, &asks.list(&["state", "kind", "assignee"])?)).await
}

/// Says who is to walk visits.
pub async fn assign(
    State(app): State<App>,
    Writer(who): Writer,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<Vec<VisitItem>> {
    who.answer(&app, move |site, seat| visits::assign(site, &seat.account, &id, &form(&body)?)).await
}

/// Versions of the ledger.
pub async fn versions(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<LedgerVersionItem>> {
    who.answer(&app, |site, _| ledger::versions(site, &asks.list(&[])?)).await
}

/// Assets of a version.
pub async fn assets(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<AssetItem>> {
    who.answer(&app, |site, _| ledger::assets(site, &asks.list(&["version", "room", "rack", "kind"])?)).await
}

/// Change sets of the ledger.
pub async fn changes(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<ChangeSetItem>> {
    who.answer(&app, |site, _| ledger_changes::list(site, &asks.list(&["round", "state"])?)).await
}

/// One of them.
pub async fn change(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<ChangeSetDetail> {
    who.answer(&app, move |site, _| ledger_changes::one(site, &id)).await
}
