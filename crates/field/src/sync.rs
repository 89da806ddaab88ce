//! One run of synchronisation: records first, so that a reviewer sees results at once; then photos; then receipts.
//!
//! What goes next is decided without any input or output ([`submissions`], [`uploads`]) and done by [`carry`]; every answer
//! is stored before the step it allows, and every request may be repeated, so that a run may break anywhere. Nothing is ever
//! deleted. One record that the service refuses for good is set aside with its problem; the others go on. A record is
//! delivered by a verified receipt only, whose log state must extend what this terminal saw before.

mod background;
mod carry;
mod chain;
mod decided;
mod log;
mod policy;
mod progress;
mod receipts;
mod relayed;
mod reviews;
mod submissions;
mod uploads;

use std::time::Duration;

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    text::{Language, Text},
};
use xunjian_protocol::{ApiError, SyncApi, problem::ProblemCode};

use self::progress::Tracker;
pub(crate) use self::receipts::is_receipt;
pub use self::{
    background::{SyncBell, SyncNews, SyncTurns},
    policy::{MobileUse, SyncPolicy, SyncScope},
    progress::{Meter, SyncProgress, SyncStage, SyncStop, SyncWatch},
};
use crate::{
    Field,
    error::{Code, FieldError},
    http::HttpClient,
    pull::PullReport,
    store::{package::PackageHead, record},
};

/// How often progress is told while nothing else happens.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Photos side by side. Not one connection: on a line that loses packets each TCP flow carries little, twelve of them fill
/// it (docs/BENCHMARKS.md).
const CONNECTIONS: usize = 12;
/// Longest pause of a run that does not give up.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How a run goes about it.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// Pauses after passes that brought nothing forward; one that did begins anew with the first. One pass more than there
    /// are pauses, then the run ends.
    pub pauses: Vec<Duration>,
    /// Whether it goes on instead, with pauses that double up to a minute, as long as trying again may help.
    pub is_tireless: bool,
    /// Photos side by side, at most.
    pub connections: usize,
    /// Whether photos go up, too; otherwise records only, and what is missing stays visible.
    pub photos: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        // The log needs a moment to take in what was just delivered; a flapping network a little longer.
        let pauses = [200, 500, 1000, 2000].map(Duration::from_millis).to_vec();
        Self { pauses, is_tireless: false, connections: CONNECTIONS, photos: true }
    }
}

/// The pauses of a run.
struct Pauses<'a> {
    options: &'a SyncOptions,
    taken: usize,
}

impl Pauses<'_> {
    /// The next one; `None` when the run has tried often enough.
    fn next(&mut self) -> Option<Duration> {
        let pauses = &self.options.pauses;
        let pause = pauses.get(self.taken).copied().or_else(|| {
            let beyond = u32::try_from(self.taken + 1 - pauses.len()).unwrap_or(u32::MAX);
            let last = pauses.last().copied().unwrap_or(Duration::from_secs(1));
            let doubled = last.saturating_mul(2_u32.saturating_pow(beyond.min(10)));
            self.options.is_tireless.then_some(doubled.min(LONGEST_PAUSE))
        })?;
        self.taken += 1;
        Some(pause)
    }

    fn begin_anew(&mut self) {
        self.taken = 0;
    }
}

/// Something that went wrong during a run. Nothing is lost by any of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncFault {
    /// The record concerned.
    pub record: Option<Sha256>,
    /// The photo concerned.
    pub blob: Option<Sha256>,
    /// What to act on.
    pub code: Code,
    /// The problem's number, e.g. `409.1`.
    pub problem: Option<ProblemCode>,
    /// Whether a later run may succeed without anyone changing anything.
    pub retryable: bool,
    /// What happened and what to do.
    pub message: Text,
}

impl SyncFault {
    pub(crate) fn of(error: &FieldError) -> Self {
        let problem = match error {
            FieldError::Api(ApiError::Problem(problem)) => Some(problem.code),
            _ => None,
        };
        Self {
            record: None,
            blob: None,
            code: error.code(),
            problem,
            retryable: error.is_retryable(),
            message: error.text(),
        }
    }

    pub(crate) fn about(self, record: Option<Sha256>, blob: Option<Sha256>) -> Self {
        Self { record, blob, ..self }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncReport {
    /// Passes it took; more than one when something broke, or the log needed a moment.
    pub passes: u32,
    /// Records stored by the service now.
    pub submitted: u64,
    /// Records it had already, byte for byte.
    pub identical: u64,
    /// Records it refused in the last pass.
    pub refused: u64,
    /// Photos that went up.
    pub blobs_sent: u64,
    /// Bytes of photos that went up.
    pub blob_bytes_sent: u64,
    /// Records whose receipt was verified now.
    pub delivered: u64,
    /// Records not delivered yet, without those set aside.
    pub still_pending: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// What went wrong and still stands.
    pub errors: Vec<SyncFault>,
    /// Countersignatures that the service took.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u64>"))]
    pub countersigned: u64,
    /// Records that came to be reviewed.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u64>"))]
    pub reviews_fetched: u64,
    /// Photos that were held back: the run was to send records only.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u64>"))]
    pub photos_held_back: u64,
    /// Whether somebody stopped the run; the next one goes on from there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub cancelled: bool,
    /// The work package fetched afterwards, where the run was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub package: Option<PullReport>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a pass leaves for the next one.
pub(crate) struct Pass<'a> {
    pub report: &'a mut SyncReport,
    /// Records the service does not know although it had acknowledged them.
    pub forgotten: Vec<Sha256>,
    /// What comparing the chain with the service's led to; nothing before it was compared.
    pub noticed: Vec<SyncFault>,
    /// Whether it was compared in this run.
    pub is_compared: bool,
    pub tracker: &'a Tracker<'a>,
}

impl Field {
    /// Sends what waits and fetches the receipts.
    ///
    /// # Errors
    /// [`FieldError::NotEnrolled`] or a failing database. What the network or the service did wrong stands in the report.
    pub async fn sync_now(&self, api: &impl SyncApi, options: &SyncOptions) -> Result<SyncReport, FieldError> {
        let mut report = SyncReport::default();
        let done = self.run_passes(api, options, &mut report, &Tracker::new(None)).await;
        self.tell_at_the_door();
        done.map(|()| report)
    }

    /// The lock screen says what still waits, also when the app is killed before it locks.
    fn tell_at_the_door(&self) {
        if let Err(error) = self.renew_sign() {
            tracing::warn!(%error, "the lock screen goes on showing the numbers of before this synchronisation");
        }
    }

    /// Sends what waits, fetches the receipts, then new work, over HTTP, to the service this terminal was enrolled at. A
    /// person wants it: over any network; without `photos` records only.
    ///
    /// # Errors
    /// As [`Self::sync_now`].
    pub async fn synchronise(
        &self,
        watch: &SyncWatch,
        photos: bool,
        language: Language,
    ) -> Result<SyncReport, FieldError> {
        let limit = self.sync_policy()?.upload_limit;
        let client = HttpClient::of(self, &self.service_url()?, language)?.metered(watch.meter()).limited(limit);
        self.synchronise_with(&client, &SyncOptions { photos, ..SyncOptions::default() }, watch).await
    }

    /// As [`Self::synchronise`], with any transport. Once `watch` says so the run stops where it waits, and its report says
    /// how far it came.
    ///
    /// # Errors
    /// As [`Self::sync_now`].
    pub async fn synchronise_with(
        &self,
        api: &impl SyncApi,
        options: &SyncOptions,
        watch: &SyncWatch,
    ) -> Result<SyncReport, FieldError> {
        let tracker = Tracker::new(Some(watch));
        let mut report = SyncReport::default();
        let (records, (blobs, bytes)) = self
            .store
            .read(|connection| Ok((record::count_waiting(connection)?, record::totals_to_send(connection)?)))?;
        tracker.records_to_come(records);
        tracker.blobs_to_come(blobs, bytes);
        let outcome = {
            let work = self.send_and_fetch(api, options, &mut report, &tracker);
            tokio::pin!(work);
            let mut tick = tokio::time::interval(TELL_EVERY);
            loop {
                tokio::select! {
                    biased;
                    () = watch.cancelled() => break None,
                    outcome = &mut work => break Some(outcome),
                    _ = tick.tick() => tracker.tell(),
                }
            }
        };
        self.tell_at_the_door();
        match outcome {
            Some(outcome) => outcome?,
            None => {
                report.cancelled = true;
                self.count_open(&mut report)?;
            }
        }
        Ok(report)
    }

    async fn send_and_fetch(
        &self,
        api: &impl SyncApi,
        options: &SyncOptions,
        report: &mut SyncReport,
        tracker: &Tracker<'_>,
    ) -> Result<(), FieldError> {
        self.run_passes(api, options, report, tracker).await?;
        tracker.stage(SyncStage::Package);
        match self.pull(api).await {
            Ok(package) => report.package = Some(package),
            Err(error @ (FieldError::Database(_) | FieldError::Damaged(_))) => return Err(error),
            // Said once: whoever cannot be reached for records cannot be reached for work either.
            Err(error) if report.errors.iter().any(|fault| fault.code == error.code()) => {}
            Err(error) => {
                self.note_contradiction(&error)?;
                report.errors.push(SyncFault::of(&error));
            }
        }
        Ok(())
    }

    /// A salvaged database may lack the statements that receipts are verified with: the work package then comes first.
    async fn pull_what_was_lost(&self, api: &impl SyncApi) -> Result<(), FieldError> {
        if self.store.read(PackageHead::get)?.is_some_and(|head| !head.etag.is_empty()) {
            return Ok(());
        }
        match self.pull(api).await {
            Err(error @ (FieldError::Database(_) | FieldError::Damaged(_))) => Err(error),
            // Who cannot be reached for work cannot be reached for records, and that is said by those.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn run_passes(
        &self,
        api: &impl SyncApi,
        options: &SyncOptions,
        report: &mut SyncReport,
        tracker: &Tracker<'_>,
    ) -> Result<(), FieldError> {
        self.terminal()?;
        self.pull_what_was_lost(api).await?;
        let (mut forgotten, mut noticed, mut is_compared) = (Vec::new(), Vec::new(), false);
        let mut pauses = Pauses { options, taken: 0 };
        let mut least_left = self.left_to_do()?;
        loop {
            report.passes += 1;
            report.errors.clear();
            report.refused = 0;
            let mut pass = Pass {
                report,
                forgotten: std::mem::take(&mut forgotten),
                noticed: std::mem::take(&mut noticed),
                is_compared,
                tracker,
            };
            let outcome = self.sync_once(api, options, &mut pass).await;
            (forgotten, noticed, is_compared) = (pass.forgotten, pass.noticed, pass.is_compared);
            // Less than ever is left. Merely having sent something is no progress: a service may forget it each time.
            let left = self.left_to_do()?;
            if left < least_left {
                least_left = left;
                pauses.begin_anew();
            }
            let is_broken_for_good = match outcome {
                Ok(()) => false,
                Err(error @ (FieldError::Database(_) | FieldError::Damaged(_))) => return Err(error),
                Err(error) => {
                    self.note_contradiction(&error)?;
                    report.errors.push(SyncFault::of(&error));
                    !error.is_retryable()
                }
            };
            self.count_open(report)?;
            let waits = waits_for_people(report) || (report.photos_held_back > 0 && report.errors.is_empty());
            let is_worth_it = report.still_pending > 0 && !is_broken_for_good && !waits;
            match is_worth_it.then(|| pauses.next()).flatten() {
                Some(pause) => {
                    if !report.errors.is_empty() {
                        tracker.stage(SyncStage::Waiting);
                    }
                    if tracker.pause(pause).await {
                        pauses.begin_anew();
                    }
                }
                None => {
                    report.errors.append(&mut noticed);
                    return self.add_set_aside(report);
                }
            }
        }
    }

    /// Steps until everything is delivered: records to send, photos to send, receipts to come.
    fn left_to_do(&self) -> Result<u64, FieldError> {
        self.store.read(|connection| {
            let records = record::count_by_state(connection)?;
            let steps = |(state, count): &(record::RecordState, u64)| match state {
                record::RecordState::Sealed | record::RecordState::Queued => 2 * count,
                record::RecordState::PartlySent => *count,
                record::RecordState::Delivered => 0,
            };
            Ok(records.iter().map(steps).sum::<u64>() + record::totals_to_send(connection)?.0)
        })
    }

    fn count_open(&self, report: &mut SyncReport) -> Result<(), FieldError> {
        (report.still_pending, report.quarantined) = self.store.read(|connection| {
            let rows = record::list(connection)?;
            let open = rows.iter().filter(|row| row.state != record::RecordState::Delivered);
            let (aside, pending): (Vec<_>, Vec<_>) = open.partition(|row| row.quarantined.is_some());
            Ok((pending.len() as u64, aside.len() as u64))
        })?;
        Ok(())
    }

    /// What an earlier run set aside still stands: nobody put it right.
    fn add_set_aside(&self, report: &mut SyncReport) -> Result<(), FieldError> {
        for row in self.store.read(record::list)? {
            let is_told = report.errors.iter().any(|fault| fault.record == Some(row.id));
            if let Some(problem) = row.quarantined.filter(|_| !is_told && row.state != record::RecordState::Delivered) {
                let fault = SyncFault::of(&FieldError::Api(ApiError::Problem(Box::new(problem))));
                report.errors.push(SyncFault { retryable: false, ..fault }.about(Some(row.id), None));
            }
        }
        Ok(())
    }

    async fn sync_once(
        &self,
        api: &impl SyncApi,
        options: &SyncOptions,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        pass.tracker.stage(SyncStage::Records);
        let mut contradiction = None;
        if !pass.is_compared {
            self.compare_chain(api, pass).await?;
            contradiction = self.compare_log(api).await?;
            pass.is_compared = true;
        }
        self.take_back_decided(api).await?;
        self.carry(api, options, pass).await?;
        if !options.photos {
            pass.report.photos_held_back = self.store.read(record::totals_to_send)?.0;
        }
        pass.tracker.stage(SyncStage::Receipts);
        self.fetch_receipts(api, pass).await?;
        self.prove_remembered(api).await?;
        if contradiction.is_none() {
            self.exchange_reviews(api, pass).await?;
        }
        self.cosign_known(api).await?;
        contradiction.map_or(Ok(()), Err)
    }
}

/// Everything that is still pending waits for a person, so that trying again in a second is of no use.
fn waits_for_people(report: &SyncReport) -> bool {
    let waiting = report.errors.iter().filter(|fault| {
        fault.record.is_some()
            && (!fault.retryable
                || matches!(
                    fault.problem,
                    Some(ProblemCode::KeyNotApproved | ProblemCode::BrokenChain | ProblemCode::VersionTooOld)
                ))
    });
    report.still_pending > 0 && waiting.count() as u64 >= report.still_pending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tireless_run_pauses_a_minute_at_most_and_begins_anew_after_progress() {
        let options = SyncOptions { is_tireless: true, ..SyncOptions::default() };
        let mut pauses = Pauses { options: &options, taken: 0 };
        let taken: Vec<u128> = (0..12).filter_map(|_| pauses.next()).map(|pause| pause.as_millis()).collect();
        assert_eq!(taken, [200, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
        pauses.begin_anew();
        assert_eq!(pauses.next(), Some(Duration::from_millis(200)));
    }

    #[test]
    fn others_give_up_after_their_pauses() {
        let options = SyncOptions::default();
        let mut pauses = Pauses { options: &options, taken: 0 };
        assert_eq!(std::iter::from_fn(|| pauses.next()).count(), 4);
    }
}
