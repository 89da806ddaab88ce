//! Labels, people, terminals, keys, monitoring and the log.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
};

use super::{
    super::App,
    seat::{Answer, Asks, Seated, Writer, form},
};
use crate::console::{
    keys::{self, KeyItem},
    labels::{self, LabelItem, PrintedLabels},
    log::{self, AsideItem, AuditItem, CheckpointView, LogItem, LogLeaf},
    monitoring::{self, MonitoringView},
    page::{Page, missing},
    people::{self, EnrolCode, PartyItem, PersonItem},
    terminals::{self, TerminalItem},
};

/// Labels.
pub async fn labels(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<LabelItem>> {
    who.answer(&app, |site, _| labels::list(site, &asks.list(&["kind", "state"])?)).await
}

/// Prints labels.
pub async fn print_labels(State(app): State<App>, Writer(who): Writer, body: Bytes) -> Answer<PrintedLabels> {
    who.answer(&app, move |site, seat| labels::print(site, &seat.account, &form(&body)?)).await
}

/// People.
pub async fn people(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<PersonItem>> {
    who.answer(&app, |site, _| people::list(site, &asks.list(&[])?)).await
}

/// Adds a person.
pub async fn add_person(State(app): State<App>, Writer(who): Writer, body: Bytes) -> Answer<PersonItem> {
    who.answer(&app, move |site, seat| people::add(site, &seat.account, &form(&body)?)).await
}

/// Issues a one-time code for a person's tablet.
pub async fn enrol_code(
    State(app): State<App>,
    Writer(who): Writer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<EnrolCode> {
    let url = app.console.public_url.clone().unwrap_or_else(|| service_url(&headers));
    who.answer(&app, move |site, seat| people::enrol_code(site, &seat.account, &id, &url)).await
}

/// Where the page was loaded from is where a tablet reaches the service, too. `Origin` was compared with `Host` before.
fn service_url(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = || format!("http://{}", text(header::HOST).unwrap_or_default());
    text(header::ORIGIN).map_or_else(host, str::to_owned)
}

/// Organisations.
pub async fn parties(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<PartyItem>> {
    who.answer(&app, |site, _| people::parties(site, &asks.list(&[])?)).await
}

/// Terminals.
pub async fn terminals(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<TerminalItem>> {
    who.answer(&app, |site, _| terminals::list(site, &asks.list(&[])?)).await
}

/// Keys.
pub async fn keys(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<KeyItem>> {
    who.answer(&app, |site, _| keys::list(site, &asks.list(&["state"])?)).await
}

/// What is out of range, and who is a candidate.
pub async fn monitoring(State(app): State<App>, who: Seated, asks: Asks) -> Answer<MonitoringView> {
    who.answer(&app, |site, _| monitoring::view(site, &asks.only(&["period"])?)).await
}

/// Leaves of the log.
pub async fn log(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<LogItem>> {
    who.answer(&app, |site, _| log::list(site, &asks.list(&["kind"])?)).await
}

/// One leaf.
pub async fn leaf(State(app): State<App>, who: Seated, Path(index): Path<String>) -> Answer<LogLeaf> {
    who.answer(&app, move |site, _| log::leaf(site, index.parse().map_err(|_| missing(index))?)).await
}

/// The newest checkpoint.
pub async fn checkpoint(State(app): State<App>, who: Seated) -> Answer<CheckpointView> {
    who.answer(&app, |site, _| log::checkpoint(site)).await
}

/// What was refused and is kept.
pub async fn aside(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<AsideItem>> {
    who.answer(&app, |site, _| log::aside(site, &asks.list(&[])?)).await
}

/// Who did what.
pub async fn audit(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<AuditItem>> {
    who.answer(&app, |site, _| log::audit(site, &asks.list(&[])?)).await
}
