//! 后台同步: while somebody is unlocked, what waits goes up by itself, over the networks that may be used.
//!
//! One loop: look at the network; where it may be used and something is due, run, without giving up, until everything is
//! delivered or waits for a person; then rest until something is sealed, the network is another one, or a quarter of an hour
//! has passed (there may be new work). A run is told of a network that changed, so that it does not sit out its pause, and
//! is stopped where the new one may not be used for what it does. A person's own “stop” holds until something new happens.

use std::{sync::Mutex, time::Duration};

use serde::Serialize;
use tokio::{sync::Notify, time::Instant};
use xunjian_domain::text::Language;

use super::{SyncOptions, SyncProgress, SyncReport, SyncScope, SyncStop, SyncWatch};
use crate::{
    Field,
    error::FieldError,
    http::HttpClient,
    network::{self, Network, Route},
    store::record,
};

/// How often the network is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often new work is asked for while nothing waits.
const PULL_EVERY: Duration = Duration::from_secs(15 * 60);
/// How long what waits for a person rests before it is tried again.
const ASK_PEOPLE_EVERY: Duration = Duration::from_secs(5 * 60);

/// What the loop tells.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum SyncNews {
    /// A run has begun.
    Begun,
    /// How far it is.
    Progress {
        /// How far.
        progress: SyncProgress,
    },
    /// It is over.
    Ended {
        /// What it did.
        report: SyncReport,
    },
    /// It could not even be tried: the terminal is locked, or its data fail.
    Failed,
    /// What waits is held back: by the kind of network, or because there is none.
    HeldBack {
        /// The network; `None` when the service cannot be reached over any.
        network: Option<Network>,
    },
}

/// Wakes the loop.
#[derive(Debug, Default)]
pub struct SyncBell {
    bell: Notify,
}

impl SyncBell {
    /// Something was sealed, a setting changed, or a person wants it now.
    pub fn ring(&self) {
        self.bell.notify_one();
    }
}

/// Where the runs of the loop stand beside those that a person starts: at most one at a time.
pub trait SyncTurns: Send + Sync {
    /// Held while a run is under way.
    type Turn<'a>: Send
    where
        Self: 'a;

    /// A run begins; `None` while another one is under way. Through `stop` it is ended.
    fn begin(&self, stop: SyncStop) -> Option<Self::Turn<'_>>;
}

impl Field {
    /// Synchronises by itself until the terminal is locked. The caller tells one loop from the next, and rings the bell.
    pub async fn keep_synchronised(
        &self,
        bell: &SyncBell,
        turns: &impl SyncTurns,
        tell: impl Fn(SyncNews) + Clone + Send + Sync + 'static,
        language: Language,
    ) {
        let mut seen: Option<Route> = None;
        let mut held: Option<Option<Network>> = None;
        let mut due_at = Instant::now();
        loop {
            let (Ok(policy), Ok(url)) = (self.sync_policy(), self.service_url()) else { return };
            let route = look(&url).await;
            if route != seen {
                seen.clone_from(&route);
                due_at = Instant::now();
            }
            let scope = route.as_ref().map_or(SyncScope::Nothing, |route| policy.scope(route.network));
            let Ok(waiting) = self.store.read(record::count_waiting) else { return };
            if policy.is_automatic && scope != SyncScope::Nothing && Instant::now() >= due_at {
                held = None;
                match self.run_once(&url, scope, seen.clone(), turns, tell.clone(), language).await {
                    Ok(Some(report)) => {
                        let is_at_rest = report.still_pending == 0 || report.cancelled || report.photos_held_back > 0;
                        due_at = Instant::now() + if is_at_rest { PULL_EVERY } else { ASK_PEOPLE_EVERY };
                        tell(SyncNews::Ended { report });
                    }
                    // A person's own run is under way.
                    Ok(None) => due_at = Instant::now() + LOOK_EVERY,
                    Err(FieldError::Locked) => return,
                    Err(error) => {
                        tracing::warn!(%error, "synchronising in the background failed");
                        tell(SyncNews::Failed);
                        due_at = Instant::now() + ASK_PEOPLE_EVERY;
                    }
                }
                continue;
            }
            let network = route.map(|route| route.network);
            if policy.is_automatic && scope == SyncScope::Nothing && waiting > 0 && held != Some(network) {
                held = Some(network);
                tell(SyncNews::HeldBack { network });
            }
            tokio::select! {
                () = bell.bell.notified() => due_at = Instant::now(),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// One run over this network; `None` while a person's own is under way.
    async fn run_once(
        &self,
        url: &str,
        scope: SyncScope,
        begun_on: Option<Route>,
        turns: &impl SyncTurns,
        tell: impl Fn(SyncNews) + Clone + Send + Sync + 'static,
        language: Language,
    ) -> Result<Option<SyncReport>, FieldError> {
        let policy = self.sync_policy()?;
        let (watch, stop) = SyncWatch::new({
            let tell = tell.clone();
            move |progress| tell(SyncNews::Progress { progress })
        });
        let (stop, mine) = stop.shared();
        let Some(_turn) = turns.begin(stop) else { return Ok(None) };
        let client = HttpClient::of(self, url, language)?.metered(watch.meter()).limited(policy.upload_limit);
        let options = SyncOptions { is_tireless: true, photos: scope == SyncScope::All, ..SyncOptions::default() };
        // Nothing to send: one quiet look for new work.
        let is_quiet = self.store.read(record::count_waiting)? == 0;
        let options =
            if is_quiet { SyncOptions { is_tireless: false, pauses: Vec::new(), ..options } } else { options };
        if !is_quiet {
            tell(SyncNews::Begun);
        }
        let run = self.synchronise_with(&client, &options, &watch);
        tokio::pin!(run);
        let on = Mutex::new(begun_on);
        let mut changed = std::pin::pin!(async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let route = look(url).await;
                let mut on = on.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if route == *on {
                    continue;
                }
                on.clone_from(&route);
                match route.map(|route| policy.scope(route.network)) {
                    // Nobody can be reached just now; the run finds out by itself, and waits.
                    None => {}
                    Some(now) if now == scope => mine.retry(),
                    Some(_) => mine.stop(),
                }
            }
        });
        tokio::select! {
            report = &mut run => report.map(Some),
            () = &mut changed => Ok(None),
        }
    }
}

/// The way to the service now. A name that takes long to resolve holds nobody up.
async fn look(url: &str) -> Option<Route> {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || network::route_to(&url)).await.ok().flatten()
}
