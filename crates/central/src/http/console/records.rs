//! The first page, records, findings, and the verification of everything.

use std::sync::Arc;

use axum::extract::{Path, State};
use xunjian_domain::party::Role;
use xunjian_protocol::problem::ProblemCode;

use super::{
    super::App,
    seat::{Answer, Asks, Seated},
};
use crate::{
    console::{
        beside::{self, BesideView},
        findings::{self, DiscrepancyItem, FindingItem},
        overview::{self, Overview},
        page::Page,
        record::{self, ConsoleRecord},
        records::{self, RecordItem},
        verification::{self, VerificationRun},
    },
    error::Error,
};

/// How a round stands.
pub async fn overview(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Overview> {
    who.answer(&app, |site, _| overview::overview(site, &asks.only(&["round"])?)).await
}

/// The last verification.
pub async fn verification(State(app): State<App>, who: Seated) -> Answer<Option<VerificationRun>> {
    who.answer(&app, |site, _| verification::last(site)).await
}

/// Verifies everything anew, unless somebody else's verification runs. Auditors may, too: it changes nothing but what is known of damage.
pub async fn verify(State(app): State<App>, who: Seated) -> Answer<VerificationRun> {
    let one = Arc::clone(&app.console.verification);
    who.answer(&app, |site, seat| {
        seat.has_one_of(&[Role::Administrator, Role::Auditor])?;
        let _running = one.try_acquire_owned().map_err(|_| Error::Problem(ProblemCode::TooMany, String::new()))?;
        verification::run(site, &seat.account)
    })
    .await
}

/// Records.
pub async fn list(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<RecordItem>> {
    let known = ["round", "kind", "inspector", "state"];
    who.answer(&app, move |site, _| records::list(site, &asks.list(&known)?)).await
}

/// One record, checked anew.
pub async fn view(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Answer<ConsoleRecord> {
    who.answer(&app, move |site, _| record::view(site, &id)).await
}

/// Everything that claims the place of this record, side by side.
pub async fn beside(State(app): State<App>, who: Seated, Path(envelope): Path<String>) -> Answer<BesideView> {
    who.answer(&app, move |site, _| beside::view(site, &envelope)).await
}

/// 问题.
pub async fn findings(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<FindingItem>> {
    who.answer(&app, |site, _| findings::findings(site, &asks.list(&["round", "severity", "state"])?)).await
}

/// 不一致信息.
pub async fn discrepancies(State(app): State<App>, who: Seated, asks: Asks) -> Answer<Page<DiscrepancyItem>> {
    who.answer(&app, |site, _| findings::discrepancies(site, &asks.list(&["round", "verdict"])?)).await
}
