//! One run of synchronisation: records first, so that a reviewer sees results at once; then photos; then receipts.
//!
//! Each pass first reads what the service still lacks (the plan), then sends it; every answer is stored before the next
//! request, and every request may be repeated, so that a run may break anywhere. Nothing is ever deleted. One record that
//! the service refuses for good is set aside with its problem; the others go on. A record is delivered by a verified
//! receipt only, whose log state must extend what this terminal saw before.

mod blobs;
mod chain;
mod decided;
mod progress;
mod receipts;
mod submit;

use std::time::Duration;

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    text::{Language, Text},
};
use xunjian_protocol::{ApiError, SyncApi, problem::ProblemCode};

use self::progress::Tracker;
pub use self::progress::{SyncProgress, SyncStage, SyncStop, SyncWatch};
use crate::{
    Field,
    error::{Code, FieldError},
    http::HttpClient,
    pull::PullReport,
    store::{package::PackageHead, record},
};

/// How often progress is told while nothing else happens.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// How stubborn one run is.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// Pauses between passes; one pass more than there are pauses.
    pub pauses: Vec<Duration>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        // The log needs a moment to take in what was just delivered; a flapping network a little longer.
        Self { pauses: [200, 500, 1000, 2000].map(Duration::from_millis).to_vec() }
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
    fn of(error: &FieldError) -> Self {
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

    fn about(self, record: Option<Sha256>, blob: Option<Sha256>) -> Self {
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
    /// Whether somebody stopped the run; the next one goes on from there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub cancelled: bool,
    /// The work package fetched afterwards, where the run was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub package: Option<PullReport>,
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

    /// Sends what waits, fetches the receipts, then new work, over HTTP, to the service this terminal was enrolled at.
    ///
    /// # Errors
    /// As [`Self::sync_now`].
    pub async fn synchronise(&self, watch: &SyncWatch, language: Language) -> Result<SyncReport, FieldError> {
        let client = HttpClient::of(self, &self.service_url()?, language)?.metered(watch.meter());
        self.synchronise_with(&client, &SyncOptions::default(), watch).await
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
            .read(|connection| Ok((record::count_waiting(connection)?, record::unsent_totals(connection)?)))?;
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
            Err(error) => report.errors.push(SyncFault::of(&error)),
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
        let mut pauses = options.pauses.iter();
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
            let outcome = self.sync_once(api, &mut pass).await;
            (forgotten, noticed, is_compared) = (pass.forgotten, pass.noticed, pass.is_compared);
            let is_broken_for_good = match outcome {
                Ok(()) => false,
                Err(error @ (FieldError::Database(_) | FieldError::Damaged(_))) => return Err(error),
                Err(error) => {
                    report.errors.push(SyncFault::of(&error));
                    !error.is_retryable()
                }
            };
            self.count_open(report)?;
            let is_worth_it = report.still_pending > 0 && !is_broken_for_good;
            match pauses.next().filter(|_| is_worth_it && !waits_for_people(report)) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => {
                    report.errors.append(&mut noticed);
                    return self.add_set_aside(report);
                }
            }
        }
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

    async fn sync_once(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        pass.tracker.stage(SyncStage::Records);
        if !pass.is_compared {
            self.compare_chain(api, pass).await?;
            pass.is_compared = true;
        }
        self.take_back_decided(api).await?;
        self.submit(api, pass).await?;
        pass.tracker.stage(SyncStage::Photos);
        self.send_blobs(api, pass).await?;
        pass.tracker.stage(SyncStage::Receipts);
        self.fetch_receipts(api, pass).await?;
        self.cosign_known(api).await
    }
}

/// Everything that is still pending waits for a person, so that trying again in a second is of no use.
fn waits_for_people(report: &SyncReport) -> bool {
    let waiting = report.errors.iter().filter(|fault| {
        fault.record.is_some()
            && (!fault.retryable
                || matches!(fault.problem, Some(ProblemCode::KeyNotApproved | ProblemCode::BrokenChain)))
    });
    report.still_pending > 0 && waiting.count() as u64 >= report.still_pending
}
