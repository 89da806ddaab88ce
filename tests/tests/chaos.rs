//! Synchronisation through a proxy that cuts, resets and silences connections at random bytes: everything arrives, once, and
//! not much more goes over the line than has to.

use std::{collections::BTreeSet, sync::atomic::Ordering, thread, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use xunjian_field::{Field, Language, RecordState, SyncOptions, http::HttpClient, keys::Passphrase};
use xunjian_tests::{
    PASSPHRASE, Story, StoryOptions,
    chaos::{Chaos, ChaosProxy},
    workspace,
};

/// Tablets at once in the long run: most of the time a terminal waits before it tries again.
const AT_ONCE: u64 = 4;

#[test]
fn everything_arrives_once_through_a_network_that_breaks_at_every_byte() -> Result<()> {
    let is_long = std::env::var_os("XUNJIAN_SOAK").is_some();
    let given = std::env::var("XUNJIAN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| if is_long { fastrand::u64(..) } else { 20_261_123 });
    // 200 blows in the long run (`make soak`), a few beside the other tests.
    let (least, at_once, blows, stalls) = if is_long { (200, AT_ONCE, 60, 6) } else { (12, 1, 16, 2) };
    let (mut struck, mut turn) = (0, 0_u64);
    while struck < least {
        let seeds = (0..at_once).map(|one| seed.wrapping_add(turn + one));
        // A thread and a runtime for each: while one makes its site, the lines of the others stay alive.
        let all: Result<Vec<u32>> = thread::scope(|scope| {
            let tablets: Vec<_> = seeds
                .map(|seed| {
                    scope.spawn(move || -> Result<u32> {
                        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                        runtime
                            .block_on(one_tablet(Chaos { seed, blows, stalls }))
                            .with_context(|| format!("seed {seed}"))
                    })
                })
                .collect();
            tablets.into_iter().map(|tablet| tablet.join().map_err(|_| anyhow!("a tablet panicked"))?).collect()
        });
        struck += all?.iter().sum::<u32>();
        turn += at_once;
    }
    println!("{struck} blows in all");
    Ok(())
}

/// A tablet full of sealed visits, brought in through a broken network; how many blows there were.
async fn one_tablet(chaos: Chaos) -> Result<u32> {
    let folder = tempfile::tempdir()?;
    let demo = workspace().join("demo");
    let ledgers = ["ledger.xlsx", "orders.csv", "virtual_machines.csv"].map(|name| demo.join(name)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.path().join("site"), ledgers, is_told: false })?;
    story.prepare()?;
    let sealed: BTreeSet<String> = story.seal_without_sending(6)?.into_iter().collect();

    let service = story.serve()?;
    let proxy = ChaosProxy::before(&service.url, chaos).await?;
    let field = Field::open(&story.terminal_folder())?;
    let person = field.at_the_door(None)?;
    field.unlock(person.as_str(), &Passphrase::new(PASSPHRASE)?)?;
    let payload: u64 = field.outbox()?.iter().map(|item| item.blobs.iter().map(|blob| blob.bytes).sum::<u64>()).sum();
    let client = HttpClient::of(&field, &proxy.url, Language::En)?.stalling_after(Duration::from_secs(2));
    let options = SyncOptions { pauses: vec![Duration::from_millis(20)], is_tireless: true, ..SyncOptions::default() };
    // A run ends where nothing is left to do; new work is another exchange that may break.
    let mut passes = 0;
    let mut run = field.sync_now(&client, &options).await?;
    while run.still_pending > 0 {
        passes += run.passes;
        ensure!(passes < 2_000, "it never ends: {:?}", run.errors);
        run = field.sync_now(&client, &options).await?;
    }
    passes += run.passes;

    let tally = &proxy.tally;
    let count = |number: &std::sync::atomic::AtomicU32| number.load(Ordering::Relaxed);
    let bytes_up = tally.bytes_up.load(Ordering::Relaxed);
    println!(
        "seed {} (XUNJIAN_SEED plays the same blows again): {} cut or reset upward, {} downward ({} resets), {} silent; {passes} passes; \
         {bytes_up} bytes up for {payload} of photos",
        chaos.seed,
        count(&tally.upward),
        count(&tally.downward),
        count(&tally.resets),
        count(&tally.stalls)
    );
    ensure!(count(&tally.upward) > 0 && count(&tally.downward) > 0, "requests and answers broke: {tally:?}");
    let records = field.records()?;
    ensure!(
        records.iter().all(|record| record.state == RecordState::Delivered && record.quarantined.is_none()),
        "delivered, all of them: {records:?}"
    );
    let on_the_terminal: BTreeSet<String> = records.iter().map(|record| record.id.to_hex()).collect();
    ensure!(sealed.is_subset(&on_the_terminal), "nothing is gone here");
    field.lock();
    drop(field);
    drop(service);

    let verified = story.central().arg_json("verify-all")?;
    ensure!(verified["records"] == records.len(), "each once: {verified}");
    ensure!(verified["delivered"] == records.len() && verified["damages"] == serde_json::json!([]), "{verified}");
    // What a broken upload had brought is not sent again: a photo costs at most what was on its way when it broke.
    ensure!(bytes_up < 2 * payload, "{bytes_up} bytes for {payload}");
    Ok(tally.struck())
}
