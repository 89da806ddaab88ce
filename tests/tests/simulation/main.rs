//! Terminals and their service in one thread of simulated time: the real engine, the real service, a network, disks and
//! machines that fail as a seed says. `make test` plays a fixed set of histories, `make soak` a thousand.
//!
//! A seed decides everything: terminals, visits, photos, faults and their moments. `XUNJIAN_SEED=… cargo test --workspace
//! --test simulation -- --nocapture` plays one history again and tells it line by line. Only keys differ from process to
//! process; nothing that happens depends on them, and a test holds two processes against each other.
//!
//! What must hold, whatever happens:
//! - no record that was sealed, and nothing that the service acknowledged, is ever lost; nobody claims more than was said;
//! - each record is in the log once, with one delivery; the chains have no gap; `fsck` and `verify-all` find nothing;
//! - every receipt verifies by the pinned root alone, and no photo is let go before;
//! - what left a terminal is at most 1.1 times what had to ([`accounts`]);
//! - once the faults stop everything is delivered within bounded time, and no crash is taken for tampering.
//!
//! Not simulated: `SQLite`'s own flushing (its promise is taken), other threads, and the pages. The engine keeps its own copy
//! of time; the service runs its use cases where they are asked for.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

mod accounts;
mod call;
mod disk;
mod faults;
mod flushes;
mod proof;
mod service;
mod site;
mod tablet;
mod wire;
mod world;

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use faults::Tally;
use service::Service;
use site::Prepared;
use tablet::Tablet;
use tokio::runtime::Runtime;
use world::World;
use xunjian_proof::Sha256;

/// The first seed of the set that `make test` plays.
const FIRST_SEED: u64 = 20_261_123;
/// How many it plays.
const IN_TEST: u64 = 100;
/// How many `make soak` plays.
const IN_SOAK: u64 = 1000;
/// Simulated time that a history may take.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// One thread, simulated time.
fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// Lets every process die at every effect it may die at, whenever a world says so.
fn arm_effects() {
    for effect in faults::SERVICE_EFFECTS.iter().chain(faults::TERMINAL_EFFECTS) {
        fail::cfg_callback(*effect, move || world::reached(effect)).expect("a fault point");
    }
}

/// What became of one history.
struct History {
    hash: Sha256,
    tally: Tally,
    flushes: u64,
    simulated: Duration,
}

/// Plays the history of a seed; a broken invariant is an error that says how to play it again.
fn play(seed: u64, is_told: bool) -> Result<History> {
    let prepared = Prepared::get()?;
    let folder = site::scratch_folder()?;
    let runtime = runtime()?;
    let played = runtime.block_on(async {
        let world = World::begin(seed, is_told);
        let played = tokio::time::timeout(LONGEST, history(&world, prepared, folder.path())).await;
        let outcome = match played {
            Ok(outcome) => outcome,
            Err(_) => Err(anyhow::anyhow!("the history does not end")),
        };
        // What an invariant noticed first explains what came after.
        let outcome = match world.broken() {
            Some(broken) => Err(anyhow::anyhow!(broken)),
            None => outcome,
        };
        outcome.map_err(|error| {
            let end = if is_told { String::new() } else { format!("\n{}", world.end_of_history(40)) };
            error.context(format!(
                "seed {seed}: play it again with XUNJIAN_SEED={seed} cargo test --workspace --test simulation -- --nocapture{end}"
            ))
        })
    });
    World::end();
    played
}

async fn history(world: &Arc<World>, prepared: &'static Prepared, folder: &std::path::Path) -> Result<History> {
    let count = 1 + world.draw(|random| random.usize(..site::TERMINALS));
    world.tell(format!("seed {} with {count} terminals, at most {} faults", world.seed, world.mix.most));
    for (number, photo) in prepared.photos.iter().enumerate() {
        world.accounts(|accounts| accounts.names.insert(site::name_of(photo), format!("p{number}")));
    }
    let terminals = prepared.terminals.iter().map(|terminal| terminal.id.clone()).collect();
    let service = Service::start(world, &prepared.service(), folder, terminals)?;
    let tablets: Vec<Tablet> =
        (0..count).map(|number| Tablet::start(world, &service, prepared, number, folder)).collect::<Result<_>>()?;
    let fate = tokio::spawn(Arc::clone(&service).suffers());
    let mut tablets = together(world, tablets, async |tablet| tablet.lives().await).await?;
    world.calm();
    fate.await?;
    // What still flies lands, and whoever is down comes up.
    tokio::time::sleep(Duration::from_secs(120)).await;
    tablets = together(world, tablets, async |tablet| tablet.finishes().await).await?;
    let sealed: BTreeSet<Sha256> = tablets.iter().flat_map(|tablet| tablet.sealed.iter().copied()).collect();
    let (site, mut flushes) = service.last_look()?;
    service::audit(&site, &sealed)?;
    for tablet in &mut tablets {
        tablet.is_complete().await?;
        flushes += tablet.flushes;
    }
    Ok(History { hash: world.history(), tally: world.tally(), flushes, simulated: world.time.elapsed() })
}

/// All tablets at once, until each is done or an invariant broke.
async fn together(
    world: &Arc<World>,
    tablets: Vec<Tablet>,
    work: impl AsyncFn(&mut Tablet) -> Result<()> + Copy,
) -> Result<Vec<Tablet>> {
    let mut all = futures_util::stream::FuturesUnordered::new();
    for mut tablet in tablets {
        all.push(async move {
            let done = work(&mut tablet).await;
            done.with_context(|| format!("t{}", tablet.number)).map(|()| tablet)
        });
    }
    let mut done = Vec::new();
    loop {
        tokio::select! {
            biased;
            () = world.alarm.notified() => bail!("an invariant broke"),
            tablet = futures_util::StreamExt::next(&mut all) => match tablet {
                Some(tablet) => done.push(tablet?),
                None => break,
            }
        }
    }
    done.sort_by_key(|tablet| tablet.number);
    Ok(done)
}

/// Plays seeds on every core; stops at the first that breaks.
fn sweep(first: u64, count: u64) -> Result<Tally> {
    arm_effects();
    let begun = Instant::now();
    Prepared::get()?;
    println!("prepared in {} ms", begun.elapsed().as_millis());
    let (next, is_broken) = (AtomicU64::new(0), AtomicBool::new(false));
    let total = Mutex::new((Tally::default(), 0, Duration::ZERO));
    let failure = Mutex::new(None);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !is_broken.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        return;
                    }
                    match play(first.wrapping_add(at), false) {
                        Ok(history) => {
                            let mut total = total.lock().expect("the tally");
                            total.0.add(&history.tally);
                            total.1 += history.flushes;
                            total.2 += history.simulated;
                        }
                        Err(error) => {
                            is_broken.store(true, Ordering::Relaxed);
                            failure.lock().expect("the failure").get_or_insert((at, error));
                        }
                    }
                }
            });
        }
    });
    if let Some((at, error)) = failure.into_inner().expect("the failure") {
        println!("caught at history {} of {count}, after {:.1} s", at + 1, begun.elapsed().as_secs_f64());
        return Err(error);
    }
    let (tally, flushes, simulated) = total.into_inner().expect("the tally");
    println!(
        "{count} histories from seed {first}: {} faults, {flushes} flushes seen, {:.1} simulated hours, {:.1} s on {cores} cores",
        tally.injected(),
        simulated.as_secs_f64() / 3600.0,
        begun.elapsed().as_secs_f64()
    );
    println!("{}", tally.table());
    ensure!(flushes > count, "the disks saw no flushes: the C library's are not ours");
    Ok(tally)
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| tablet::seed_of(&text).expect("a number"))
}

#[test]
fn whatever_fails_nothing_is_lost_doubled_or_believed_too_early() -> Result<()> {
    if let Some(seed) = number_from("XUNJIAN_SEED") {
        arm_effects();
        let history = play(seed, true)?;
        println!("seed {seed} holds; history {}", history.hash);
        return Ok(());
    }
    let is_long = std::env::var_os("XUNJIAN_SOAK").is_some();
    let count = number_from("XUNJIAN_SEEDS").unwrap_or(if is_long { IN_SOAK } else { IN_TEST });
    let first = if is_long { fastrand::u64(..1 << 40) } else { FIRST_SEED };
    println!("{count} histories, the first of seed {first}");
    let tally = sweep(first, count)?;
    if count >= IN_TEST {
        let missing = tally.missing();
        ensure!(missing.is_empty(), "never hit where it matters: {missing:?}");
    }
    Ok(())
}

/// In this process and in another one, whose keys are others.
#[test]
fn the_same_seed_is_the_same_history() -> Result<()> {
    if number_from("XUNJIAN_SEED").is_some() {
        return Ok(());
    }
    arm_effects();
    let mut first = None;
    let count = if std::env::var_os("XUNJIAN_SOAK").is_some() { 50 } else { 4 };
    for seed in FIRST_SEED..FIRST_SEED + count {
        let (once, again) = (play(seed, false)?, play(seed, false)?);
        ensure!(once.hash == again.hash, "seed {seed} had two histories");
        ensure!(once.tally == again.tally, "seed {seed} was tallied twice");
        first.get_or_insert(once.hash);
    }
    let elsewhere = Command::new(std::env::current_exe()?)
        .args(["whatever_fails", "--nocapture"])
        .env("XUNJIAN_SEED", FIRST_SEED.to_string())
        .output()?;
    let told = String::from_utf8_lossy(&elsewhere.stdout);
    let hash = first.context("a history")?.to_hex();
    ensure!(told.contains(&format!("history {hash}")), "another process had another history:\n{told}");
    Ok(())
}
