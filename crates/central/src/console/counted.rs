//! 覆盖 of a round in the console: the numbers as they are counted from the log, the lists behind them, the indicators, and the
//! closing: how it was signed, or who may sign it.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{
    completion::CompletionRate,
    coverage::{CoveredLine, CoveredVisit, LineState, Totals},
    hash::Sha256,
    ids::{RoomId, RoundId},
    indicator::Indicator,
    template::Template,
    text::Text,
    time::TimestampMs,
};
use xunjian_proof::{
    closing::{Closing, Timing, is_signatory, verify_signatures},
    keyring::Keyring,
    statement::{HolderKind, KeyStatement, PlanStatement},
};

use super::{
    names::Names,
    page::{Page, Params, missing},
};
use crate::{
    clock,
    coverage::{self, Beside},
    db::{Sql, sql},
    error::Error,
    ledger::read_chunk,
    round::{self, kind_text},
    site::Site,
};

/// A round as it was counted.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
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
    /// What the rooms of the numbers are called.
    pub rooms: Vec<RoomName>,
    /// The criteria it is walked by.
    pub template: Option<Template>,
    /// What stands beside the numbers.
    pub beside: Beside,
    /// How it was closed; `null` while it is open.
    pub closing: Option<ClosingView>,
    /// What closing it now would be.
    pub timing: Timing,
    /// Who may sign its closing, by the keys that count now.
    pub signatories: Vec<SignatoryItem>,
}

/// What a room is called.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RoomName {
    /// The room.
    pub id: String,
    /// Its name in the ledger that the round is planned over.
    pub name: String,
}

/// How a round was closed.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClosingView {
    /// What was signed.
    pub said: Closing,
    /// SHA-256 of the envelope.
    pub envelope: Sha256,
    /// Its place in the log; `null` while it waits for the sequencer.
    pub leaf: Option<u64>,
    /// When the service took it in.
    pub closed_at: TimestampMs,
    /// Who signed, each signature checked anew.
    pub signed_by: Vec<SignatoryItem>,
    /// Why the signatures do not hold; empty when they do.
    pub failure: String,
}

/// Somebody who signed a closing, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignatoryItem {
    /// The person's id.
    pub person: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub party: String,
    /// `provider`, `supervisor` or `manager`.
    pub party_kind: String,
}

/// A line with the words that people know it by.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineItem {
    /// The line.
    #[serde(flatten)]
    pub line: CoveredLine,
    /// The visit, as the plan titles it.
    pub visit_title: String,
    /// What it asks about.
    pub subject_name: String,
    /// Where in its rack that stands; empty for what has no such place.
    pub position: String,
}

/// An indicator with its value as people read it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IndicatorView {
    /// The indicator.
    #[serde(flatten)]
    pub indicator: Indicator,
    /// Percent, 无可计数据, or 未采集.
    pub value: Text,
}

/// What a list of lines is asked for; `done` is what counts as done.
const STATES: [&str; 7] =
    ["done", "normal", "abnormal", "not_applicable", "not_applicable_unaccepted", "not_checked", "missed"];

fn known(sql: &dyn Sql, id: &str) -> Result<RoundId, Error> {
    let round = RoundId::new(id);
    round::statement(sql, &round)?.map(|_| round).ok_or_else(|| missing(format!("round {id}")))
}

/// Names of the ledger that a plan pins. What cannot be read has no name, which keeps nobody from counting.
fn names(site: &Site, sql: &dyn Sql, plan: &PlanStatement) -> Result<Names, Error> {
    match site.ledgers.read(sql, plan.plan.ledger.version) {
        Ok(Some(ledger)) => Ok(Names::of_ledger(&ledger)),
        Ok(None) => Ok(Names::default()),
        Err(error @ Error::Db(_)) => Err(error),
        Err(_) => Ok(Names::default()),
    }
}

fn signatory(person: &KeyStatement) -> Result<SignatoryItem, Error> {
    Ok(SignatoryItem {
        person: person.holder.clone(),
        name: person.holder_name.clone(),
        party: person.party.name.clone(),
        party_kind: kind_text(person.party.kind)?,
    })
}

/// Everyone who could sign a closing now, once each.
fn signatories(keyring: &Keyring) -> Result<Vec<SignatoryItem>, Error> {
    let now = clock::now();
    let counts = |one: &&KeyStatement| {
        let key = one.key.id();
        keyring.revocation(&key).is_none() && keyring.holder(&key, HolderKind::Person, now).is_ok() && is_signatory(one)
    };
    let mut all: Vec<SignatoryItem> = Vec::new();
    for person in keyring.of_kind(HolderKind::Person).filter(counts) {
        let item = signatory(person)?;
        if !all.iter().any(|one| one.person == item.person) {
            all.push(item);
        }
    }
    all.sort_by(|a, b| (&a.party_kind, &a.name).cmp(&(&b.party_kind, &b.name)));
    Ok(all)
}

fn closing(sql: &dyn Sql, round: &RoundId, keyring: &Keyring) -> Result<Option<ClosingView>, Error> {
    let Some((said, envelope, leaf)) = coverage::closing(sql, round)? else { return Ok(None) };
    let row = sql.first(sql!("round_closing_select"), &[round.as_str().into()])?;
    let closed_at = row.map(|row| row.i64(4)).transpose()?.map_or(said.drawn_up_at, TimestampMs);
    let (signed_by, failure) = match verify_signatures(&envelope, keyring) {
        Ok((_, people)) => (people.into_iter().map(signatory).collect::<Result<_, _>>()?, String::new()),
        Err(error) => (Vec::new(), error.to_string()),
    };
    Ok(Some(ClosingView { said, envelope: envelope.sha256(), leaf, closed_at, signed_by, failure }))
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
        let (keyring, plan) = (site.keyring(sql)?, &counted.plan.plan);
        let names = names(site, sql, &counted.plan)?;
        let rooms = counted.totals.rooms.iter().filter_map(|total| total.room.as_ref());
        let rooms = rooms.map(|room| RoomName { id: room.to_string(), name: names.room(Some(room)) });
        Ok(CountedView {
            log_size: counted.log_size,
            log_root: counted.log_root,
            percent: counted.totals.whole.percent(),
            formula: Text::new(
                CompletionRate::FORMULA_ZH,
                "completion rate = (normal + abnormal + not applicable as accepted by a reviewer) ÷ due",
            ),
            rooms: rooms.collect(),
            template: read_chunk(sql, &plan.template.sha256).ok(),
            totals: counted.totals,
            visits: counted.coverage.visits,
            beside,
            closing: closing(sql, &round, &keyring)?,
            timing: Timing::of(clock::now(), &plan.round),
            signatories: signatories(&keyring)?,
        })
    })
}

fn counts_as_done(state: LineState) -> bool {
    matches!(state, LineState::Normal | LineState::Abnormal | LineState::NotApplicable)
}

/// `GET rounds/ID/lines?state=missed`: the list behind a number, in the order of the plan; of a room (`none` for what stands in
/// none) and of a criterion where they are named.
///
/// # Errors
/// [`Error::Problem`] 404.3 or 400.3.
pub fn lines(site: &Site, id: &str, params: &Params) -> Result<Page<LineItem>, Error> {
    let state = params.choice("state", &STATES)?;
    let (room, criterion) = (params.text("room"), params.text("criterion"));
    let (counted, names) = site.db.read_long(|sql| {
        let counted = coverage::of_round(sql, &known(sql, id)?)?;
        let names = names(site, sql, &counted.plan)?;
        Ok::<_, Error>((counted, names))
    })?;
    let titles: BTreeMap<&str, &str> =
        counted.coverage.visits.iter().map(|visit| (visit.visit.as_str(), visit.title.as_str())).collect();
    let title = |line: &CoveredLine| titles.get(line.visit.as_str()).copied().unwrap_or_default();
    let fits = |line: &CoveredLine| {
        let is_so = match state {
            "" => true,
            "done" => counts_as_done(line.state),
            state => kind_text(line.state)? == state,
        };
        let is_here = room.is_empty() || line.room.as_ref().map_or("none", RoomId::as_str) == room;
        let is_asked = criterion.is_empty() || line.criterion.as_str() == criterion;
        Ok(is_so
            && is_here
            && is_asked
            && params.finds(&[title(line), &names.subject(&line.subject), line.criterion.as_str(), &line.reason]))
    };
    let page = params.page_in_order(counted.coverage.lines, fits, |line| format!("{}~{}", line.visit, line.line))?;
    let item = |line: CoveredLine| LineItem {
        visit_title: title(&line).to_owned(),
        subject_name: names.subject(&line.subject),
        position: names.position(&line.subject),
        line,
    };
    Ok(Page { items: page.items.into_iter().map(item).collect(), next: page.next, total: page.total })
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
