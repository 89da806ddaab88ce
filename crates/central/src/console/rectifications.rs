//! 整改 in the console: the list, and one with its steps. Steps are made at the command line and signed on terminals; the console
//! only reads.

use serde::Serialize;
use xunjian_domain::{hash::Sha256, text::Text, time::TimestampMs};
use xunjian_proof::rectification::RectificationStep;

use super::page::{Page, Params, missing};
use crate::{
    calendar, clock,
    error::Error,
    rectification::{self, Standing},
    round::kind_text,
    site::Site,
};

/// A rectification with its steps.
#[derive(Debug, Clone, Serialize)]
pub struct RectificationDetail {
    /// How it stands.
    pub standing: Standing,
    /// Its steps, in order.
    pub steps: Vec<StepItem>,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct StepItem {
    /// SHA-256 of its envelope, a leaf of the log.
    pub envelope: Sha256,
    /// Its name.
    pub title: Text,
    /// What it says.
    pub said: RectificationStep,
    /// When the service had it.
    pub received_at: TimestampMs,
}

/// `GET rectifications`: the most urgent first, closed ones last. `state` is how they stand, or `overdue`.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<Standing>, Error> {
    let state = params.choice("state", &["open", "submitted", "accepted", "rejected", "overdue"])?;
    let fits = |one: &Standing| {
        let is_so = match state {
            "" => true,
            "overdue" => one.is_overdue,
            state => kind_text(one.progress.state)? == state,
        };
        let opening = &one.progress.opening;
        let texts = [&opening.place, &opening.subject_name, &opening.description, &opening.owning_unit];
        Ok(is_so && params.finds(&texts.map(String::as_str)))
    };
    let all = site.db.read(|sql| rectification::standings(sql, params.text("round")))?;
    params.page_in_order(all, fits, |one| one.id.to_hex())
}

/// `GET rectifications/ID`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn one(site: &Site, id: &str) -> Result<RectificationDetail, Error> {
    let absent = || missing(format!("rectification {id}"));
    let wanted: Sha256 = id.parse().map_err(|_| absent())?;
    site.db.read(|sql| {
        let steps = rectification::steps_of(sql, &wanted)?;
        let history = rectification::fold(&steps)?.ok_or_else(absent)?;
        let standing = rectification::standing(history, &calendar::current(sql)?.calendar, clock::now());
        let item = |step: rectification::StoredStep| StepItem {
            envelope: step.envelope,
            title: step.said.step.title(),
            said: step.said,
            received_at: step.received_at,
        };
        Ok(RectificationDetail { standing, steps: steps.into_iter().map(item).collect() })
    })
}
