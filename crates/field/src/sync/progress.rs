//! How far a run of synchronisation has come, and how it is stopped.
//!
//! Progress is told at each step and a few times a second between them; it is for eyes only, and no decision hangs on it. A
//! run stops by being dropped where it waits: each answer of the service is stored before the next request, so nothing is
//! lost, and the next run goes on from what the service has.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::{Notify, watch};
use xunjian_domain::hash::Sha256;
use xunjian_proof::statement::BlobRef;

/// Throughput is that of the last seconds: a tablet walks in and out of the network.
const WINDOW: Duration = Duration::from_secs(10);
/// Before this long nothing is said about the time left.
const FIRST_GUESS: Duration = Duration::from_secs(1);

/// What is being done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SyncStage {
    /// Records go up.
    #[default]
    Records,
    /// Photos go up.
    Photos,
    /// Receipts come down.
    Receipts,
    /// The work package comes down.
    Package,
    /// Nobody answers; the run tries again by itself.
    Waiting,
}

/// How far a run has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncProgress {
    /// What is being done.
    pub stage: SyncStage,
    /// Records the service has taken in this run.
    pub records_done: u64,
    /// Those and the ones to come.
    pub records_total: u64,
    /// Photos the service has taken in this run.
    pub blobs_done: u64,
    /// Those and the ones to come.
    pub blobs_total: u64,
    /// Bytes of photos that went up, as handed to the network.
    pub bytes_done: u64,
    /// Those and the ones to come.
    pub bytes_total: u64,
    /// By the throughput of the last ten seconds; `None` while there is none.
    pub seconds_left: Option<u64>,
}

/// Bytes of photos as they are handed to the network: all of them, and of each upload under way.
#[derive(Debug, Default)]
pub struct Meter {
    total: AtomicU64,
    by_photo: Mutex<HashMap<Sha256, u64>>,
}

impl Meter {
    /// So many more of this photo were handed over.
    pub(crate) fn moved(&self, photo: Sha256, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        *self.photos().entry(photo).or_default() += bytes;
    }

    fn photos(&self) -> MutexGuard<'_, HashMap<Sha256, u64>> {
        self.by_photo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, photo: Sha256) {
        self.photos().insert(photo, 0);
    }

    fn end(&self, photo: Sha256) {
        self.photos().remove(&photo);
    }

    fn of(&self, photo: Sha256) -> u64 {
        self.photos().get(&photo).copied().unwrap_or(0)
    }
}

/// Who watches a run and may stop it.
pub struct SyncWatch {
    tell: Box<dyn Fn(SyncProgress) + Send + Sync>,
    cancelled: watch::Receiver<bool>,
    retry: Arc<Notify>,
    meter: Arc<Meter>,
}

/// Stops a run, from any thread, or lets it try again at once. Dropping it does neither.
pub struct SyncStop {
    stop: Arc<watch::Sender<bool>>,
    retry: Arc<Notify>,
}

impl SyncStop {
    /// Two that do the same.
    pub(super) fn shared(self) -> (Self, Self) {
        let other = Self { stop: Arc::clone(&self.stop), retry: Arc::clone(&self.retry) };
        (self, other)
    }

    /// The run stops where it waits.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The network is another one: a run that pauses goes on now, and begins again with short pauses.
    pub fn retry(&self) {
        self.retry.notify_one();
    }
}

impl SyncWatch {
    /// Progress goes to `tell`, until the other half of the pair says stop.
    pub fn new(tell: impl Fn(SyncProgress) + Send + Sync + 'static) -> (Self, SyncStop) {
        let (stop, cancelled) = watch::channel(false);
        let retry = Arc::<Notify>::default();
        let watch = Self { tell: Box::new(tell), cancelled, retry: Arc::clone(&retry), meter: Arc::default() };
        (watch, SyncStop { stop: Arc::new(stop), retry })
    }

    /// Counts the bytes of photos as the transport hands them to the network; for the client of this run.
    #[must_use]
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Returns when somebody wants the run to stop, otherwise never.
    pub(super) async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        if cancelled.wait_for(|is_cancelled| *is_cancelled).await.is_err() {
            // Whoever could have stopped it is gone.
            std::future::pending::<()>().await;
        }
    }
}

/// The account of one run, in progress only.
pub(crate) struct Tracker<'a> {
    watch: Option<&'a SyncWatch>,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    progress: SyncProgress,
    /// Bytes of photos that are done, or were there before.
    settled: u64,
    /// Photos under way: what was there before, and how much of each is to go.
    under_way: HashMap<Sha256, (u64, u64)>,
    /// Bytes that went up in this run at some moments of the last seconds.
    sent: VecDeque<(Instant, u64)>,
}

impl<'a> Tracker<'a> {
    pub fn new(watch: Option<&'a SyncWatch>) -> Self {
        Self { watch, account: Mutex::default() }
    }

    fn change(&self, change: impl FnOnce(&mut MutexGuard<'_, Account>)) {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut account);
        drop(account);
        self.tell();
    }

    pub fn stage(&self, stage: SyncStage) {
        self.change(|account| account.progress.stage = stage);
    }

    pub fn records_to_come(&self, records: u64) {
        self.change(|account| account.progress.records_total = account.progress.records_done + records);
    }

    pub fn record_taken(&self) {
        self.change(|account| {
            account.progress.records_done += 1;
            account.progress.records_total = account.progress.records_total.max(account.progress.records_done);
        });
    }

    pub fn blobs_to_come(&self, blobs: u64, bytes: u64) {
        self.change(|account| {
            account.progress.blobs_total = account.progress.blobs_done + blobs;
            account.progress.bytes_total = account.settled + bytes;
            account.under_way.clear();
        });
    }

    /// The rest of a photo is about to go up, from `offset` on.
    pub fn blob_begins(&self, blob: &BlobRef, offset: u64) {
        if let Some(watch) = self.watch {
            watch.meter.begin(blob.sha256);
        }
        self.change(|account| {
            account.under_way.insert(blob.sha256, (offset, blob.bytes - offset));
        });
    }

    /// An upload broke.
    pub fn blob_left(&self, photo: Sha256) {
        if let Some(watch) = self.watch {
            watch.meter.end(photo);
        }
        self.change(|account| {
            account.under_way.remove(&photo);
        });
    }

    /// The service has a photo.
    pub fn blob_taken(&self, blob: &BlobRef) {
        if let Some(watch) = self.watch {
            watch.meter.end(blob.sha256);
        }
        self.change(|account| {
            account.under_way.remove(&blob.sha256);
            account.settled += blob.bytes;
            account.progress.blobs_done += 1;
            account.progress.blobs_total = account.progress.blobs_total.max(account.progress.blobs_done);
            account.progress.bytes_total = account.progress.bytes_total.max(account.settled);
        });
    }

    /// Waits, but not when the network has changed meanwhile; true then.
    pub async fn pause(&self, pause: Duration) -> bool {
        let Some(watch) = self.watch else {
            tokio::time::sleep(pause).await;
            return false;
        };
        tokio::select! {
            () = watch.retry.notified() => true,
            () = tokio::time::sleep(pause) => false,
        }
    }

    /// Tells how far the run is now.
    pub fn tell(&self) {
        let Some(watch) = self.watch else { return };
        let metered = watch.meter.total.load(Ordering::Relaxed);
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = account.now(metered, |photo| watch.meter.of(photo), Instant::now());
        drop(account);
        (watch.tell)(progress);
    }
}

impl Account {
    fn now(&mut self, metered: u64, moved: impl Fn(Sha256) -> u64, at: Instant) -> SyncProgress {
        // A request that had to be made twice is no more than the photo.
        let moved: u64 = self.under_way.iter().map(|(photo, (before, rest))| before + moved(*photo).min(*rest)).sum();
        // Never backwards: what broke is sent again, and the figure waits for it.
        self.progress.bytes_done = self.progress.bytes_done.max((self.settled + moved).min(self.progress.bytes_total));
        self.sent.push_back((at, metered));
        while self.sent.len() > 2 && self.sent.front().is_some_and(|(then, _)| at.duration_since(*then) > WINDOW) {
            self.sent.pop_front();
        }
        self.progress.seconds_left = self.seconds_left();
        self.progress.clone()
    }

    fn seconds_left(&self) -> Option<u64> {
        let ((first, from), (last, to)) = (self.sent.front()?, self.sent.back()?);
        let took = last.duration_since(*first);
        let sent = u128::from(to.saturating_sub(*from));
        if self.progress.stage != SyncStage::Photos || took < FIRST_GUESS || sent == 0 {
            return None;
        }
        let left = u128::from(self.progress.bytes_total.saturating_sub(self.progress.bytes_done));
        u64::try_from((left * took.as_millis() / sent).div_ceil(1000)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under_way(rest: u64) -> HashMap<Sha256, (u64, u64)> {
        HashMap::from([(Sha256::of(b"photo"), (0, rest))])
    }

    #[test]
    fn the_time_left_follows_the_last_ten_seconds() {
        let start = Instant::now();
        let mut account = Account { under_way: under_way(10_000), ..Account::default() };
        account.progress.stage = SyncStage::Photos;
        account.progress.bytes_total = 10_000;
        let mut now =
            |metered: u64, seconds: u64| account.now(metered, |_| metered, start + Duration::from_secs(seconds));
        assert_eq!(now(0, 0).seconds_left, None, "nothing has moved");
        assert_eq!(now(1_000, 1).seconds_left, Some(9));
        for second in 2..=20 {
            now(1_000 + 10 * second, second);
        }
        let slow = now(1_210, 21).seconds_left.unwrap();
        assert!((800..=900).contains(&slow), "the quick start is forgotten: {slow}");
    }

    #[test]
    fn a_request_made_twice_counts_once_and_a_broken_one_takes_nothing_back() {
        let mut account = Account { settled: 500, under_way: under_way(50), ..Account::default() };
        account.progress.bytes_total = 1_000;
        assert_eq!(account.now(400, |_| 300, Instant::now()).bytes_done, 550);
        account.under_way.clear();
        assert_eq!(account.now(400, |_| 0, Instant::now()).bytes_done, 550);
    }
}
