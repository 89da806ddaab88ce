//! Synchronisation by itself, against the real service: nobody answers, it waits; the service comes, everything is delivered
//! without a hand; the tablet is locked, it ends.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use xunjian_field::{
    Field, Language, MobileUse, SyncBell, SyncNews, SyncPolicy, SyncStage, SyncStop, SyncTurns, keys::Passphrase,
};
use xunjian_tests::{PASSPHRASE, Story, StoryOptions, workspace};

/// As the window's shell keeps it: one run at a time, and a handle on it.
#[derive(Default)]
struct Turns(Mutex<Option<SyncStop>>);

struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl SyncTurns for Turns {
    type Turn<'a> = Turn<'a>;

    fn begin(&self, stop: SyncStop) -> Option<Turn<'_>> {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if run.is_some() {
            return None;
        }
        *run = Some(stop);
        Some(Turn(self))
    }
}

type Heard = Arc<Mutex<Vec<SyncNews>>>;

/// Waits until something was heard, at most a minute.
async fn until(heard: &Heard, what: &str, is_it: impl Fn(&SyncNews) -> bool) -> Result<SyncNews> {
    for _ in 0..600 {
        let found = heard.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|news| is_it(news)).cloned();
        if let Some(news) = found {
            return Ok(news);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("never heard that {what}: {:?}", heard.lock().unwrap_or_else(PoisonError::into_inner))
}

#[tokio::test]
async fn what_waits_goes_up_by_itself_once_the_service_answers_and_no_more_after_locking() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.path().join("site"), ledgers, is_told: false })?;
    story.prepare()?;
    let drafts = story.prepare_drafts()?;

    let field = Field::open(&story.terminal_folder())?;
    let person = field.at_the_door(None)?;
    field.unlock(person.as_str(), &Passphrase::new(PASSPHRASE)?)?;
    let (bell, turns, heard) = (SyncBell::default(), Turns::default(), Heard::default());
    let tell = {
        let heard = Arc::clone(&heard);
        move |news| heard.lock().unwrap_or_else(PoisonError::into_inner).push(news)
    };
    let loop_of_the_shell = field.keep_synchronised(&bell, &turns, tell, Language::Zh);
    let hand = async {
        // Nobody is there: it says so, and goes on trying.
        until(
            &heard,
            "nobody answers",
            |news| matches!(news, SyncNews::Progress { progress } if progress.stage == SyncStage::Waiting),
        )
        .await?;
        ensure!(turns.0.lock().unwrap_or_else(PoisonError::into_inner).is_some(), "the run goes on");

        let service = story.serve_at(&field.service_url()?)?;
        if let Some(run) = &*turns.0.lock().unwrap_or_else(PoisonError::into_inner) {
            run.retry();
        }
        let ended = until(&heard, "a run ended", |news| matches!(news, SyncNews::Ended { .. })).await?;
        let SyncNews::Ended { report } = ended else { anyhow::bail!("{ended:?}") };
        ensure!((report.delivered, report.still_pending) == (1, 0), "{report:?}");
        let detail = field.verify_local(&drafts.sealed.1)?;
        ensure!(detail.receipt_at.is_some(), "the record that waited has its receipt");

        // Set to rest, it rests, however loudly the bell rings.
        field.set_sync_policy(&SyncPolicy { is_automatic: false, mobile: MobileUse::All, upload_limit: None })?;
        heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        bell.ring();
        tokio::time::sleep(Duration::from_secs(4)).await;
        ensure!(heard.lock().unwrap_or_else(PoisonError::into_inner).is_empty(), "switched off is off");

        field.lock();
        drop(service);
        anyhow::Ok(())
    };
    tokio::pin!(hand);
    tokio::select! {
        () = loop_of_the_shell => anyhow::bail!("the loop ended before the terminal was locked: {:?}", hand.await),
        done = &mut hand => done.context("by hand")?,
    }
    // Locked, a loop ends by itself.
    let (bell, turns) = (SyncBell::default(), Turns::default());
    let ended = field.keep_synchronised(&bell, &turns, |_| (), Language::Zh);
    tokio::time::timeout(Duration::from_secs(10), ended).await.context("a locked terminal ends the loop")?;
    Ok(())
}
