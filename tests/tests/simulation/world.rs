//! One history: its seed, its time, its chances, what happened, and what went wrong.

use std::{
    any::Any,
    cell::RefCell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};
use xunjian_domain::time::{ClockReading, TimestampMs};
use xunjian_field::{clock::Clock, ids::IdSource};
use xunjian_proof::Sha256;

use crate::{
    accounts::Accounts,
    faults::{Fault, Mix, RUN_EFFECTS, SERVICE_EFFECTS, TERMINAL_EFFECTS, Tally},
};

/// 2026-11-22 08:00 in Guangzhou.
pub const MORNING: i64 = 1_795_305_600_000;

/// Simulated time, the same for everyone.
#[derive(Clone, Copy)]
pub struct Time {
    begun: Instant,
    wall_ms: i64,
}

impl Time {
    /// Begins now, as `wall_ms`.
    pub fn begin(wall_ms: i64) -> Self {
        Self { begun: Instant::now(), wall_ms }
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn now_ms(&self) -> i64 {
        self.wall_ms + i64::try_from(self.elapsed().as_millis()).unwrap_or(0)
    }
}

/// A terminal's clock.
pub struct TabletClock {
    pub time: Time,
    /// How often the tablet was started.
    pub boots: u32,
}

impl Clock for TabletClock {
    fn read(&self) -> ClockReading {
        let now = self.time.now_ms();
        ClockReading {
            wall_ms: TimestampMs(now),
            monotonic_ms: now - MORNING + 5_000_000,
            boot_id: format!("boot-{}", self.boots),
        }
    }
}

/// A terminal's ids, none of them twice.
pub struct TabletIds(pub Mutex<u64>);

impl IdSource for TabletIds {
    fn new_id(&self) -> String {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        format!("0190a7c2-0000-7000-8000-{:012x}", *next)
    }
}

/// What the service takes from the operating system otherwise.
pub struct ServiceSource {
    pub time: Time,
    pub ids: u64,
    pub random: fastrand::Rng,
}

impl xunjian_central::clock::simulated::Source for ServiceSource {
    fn now(&mut self) -> TimestampMs {
        TimestampMs(self.time.now_ms())
    }

    fn new_id(&mut self) -> String {
        self.ids += 1;
        format!("0190a7c3-0000-7000-8000-{:012x}", self.ids)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }
}

/// Unwinds a process that dies at an effect.
struct Died;

/// The history under way.
pub struct World {
    pub seed: u64,
    pub mix: Mix,
    pub time: Time,
    /// Rung when an invariant broke.
    pub alarm: Notify,
    /// Rung when a terminal got an answer about records or a photo.
    pub news: Notify,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    lines: Vec<String>,
    is_told: bool,
    tally: Tally,
    faults_left: u32,
    is_calm: bool,
    /// Effects at which somebody will die, each with how often it is passed before.
    armed: Vec<(&'static str, u32)>,
    broken: Option<String>,
    /// Requests on their way.
    under_way: u32,
    accounts: Accounts,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
}

impl World {
    /// The world of a seed; from now on this thread's.
    pub fn begin(seed: u64, is_told: bool) -> Arc<Self> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mix = Mix::of(&mut random);
        let armed = arm(&mix, &mut random);
        let state = State {
            random,
            lines: Vec::new(),
            is_told,
            tally: Tally::default(),
            faults_left: mix.most,
            is_calm: false,
            armed,
            broken: None,
            under_way: 0,
            accounts: Accounts::default(),
        };
        // Two hours after everything was prepared.
        let time = Time::begin(MORNING + 7_200_000);
        let world =
            Arc::new(Self { seed, mix, time, alarm: Notify::new(), news: Notify::new(), state: Mutex::new(state) });
        let source = ServiceSource { time, ids: 1 << 40, random: fastrand::Rng::with_seed(!seed) };
        xunjian_central::clock::simulated::set(Some(Box::new(source)));
        CURRENT.with(|current| *current.borrow_mut() = Some(Arc::clone(&world)));
        world
    }

    /// No world any more on this thread.
    pub fn end() {
        xunjian_central::clock::simulated::set(None);
        CURRENT.with(|current| *current.borrow_mut() = None);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws from the seed's chances.
    pub fn draw<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.lock().random)
    }

    /// Lets a moment pass: mostly a few milliseconds, seldom many.
    pub async fn moment(&self, most_ms: u64) {
        let ms =
            self.draw(|random| if random.u32(..8) == 0 { random.u64(..=most_ms * 8) } else { random.u64(..=most_ms) });
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Notes what happened; nothing in it may depend on keys, which are others in each process.
    pub fn tell(&self, what: impl AsRef<str>) {
        let elapsed = self.time.elapsed().as_millis();
        let line = format!("{:>9} {}", elapsed, what.as_ref());
        let mut state = self.lock();
        if state.is_told {
            println!("{line}");
        }
        state.lines.push(line);
    }

    /// Everything that happened, as one hash.
    pub fn history(&self) -> Sha256 {
        Sha256::of(self.lock().lines.join("\n").as_bytes())
    }

    /// The last things that happened.
    pub fn end_of_history(&self, count: usize) -> String {
        let state = self.lock();
        state.lines[state.lines.len().saturating_sub(count)..].join("\n")
    }

    /// Whether a fault of this kind strikes now.
    pub fn strikes(&self, fault: Fault) -> bool {
        self.strikes_at(fault, 1.0)
    }

    /// As [`Self::strikes`], so much likelier where it matters.
    pub fn strikes_at(&self, fault: Fault, likelier: f64) -> bool {
        let rate = self.mix.rate(fault) * likelier;
        let mut state = self.lock();
        if state.is_calm || state.faults_left == 0 || rate == 0.0 || state.random.f64() >= rate {
            return false;
        }
        state.faults_left -= 1;
        state.tally.inject(fault);
        true
    }

    /// Another fault brought this one with it.
    pub fn brings(&self, fault: Fault) {
        self.lock().tally.inject(fault);
    }

    /// It struck where it mattered.
    pub fn mattered(&self, fault: Fault) {
        self.lock().tally.matter(fault);
    }

    pub fn is_calm(&self) -> bool {
        self.lock().is_calm
    }

    /// No faults from now on.
    pub fn calm(&self) {
        self.lock().is_calm = true;
        self.tell("the faults stop");
    }

    pub fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    /// An invariant is broken. The first one is told.
    pub fn broke(&self, what: impl Into<String>) {
        let what = what.into();
        self.tell(format!("BROKEN: {what}"));
        self.lock().broken.get_or_insert(what);
        self.alarm.notify_one();
    }

    pub fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }

    pub fn accounts<T>(&self, change: impl FnOnce(&mut Accounts) -> T) -> T {
        change(&mut self.lock().accounts)
    }

    /// Counts a request for as long as it lives.
    pub fn request(self: &Arc<Self>) -> Request {
        self.lock().under_way += 1;
        Request(Arc::clone(self))
    }

    pub fn requests(&self) -> u32 {
        self.lock().under_way
    }
}

/// A request on its way.
pub struct Request(Arc<World>);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
    }
}

/// A process came to a named effect; it may die there.
pub fn reached(effect: &'static str) {
    let dies = CURRENT.with(|current| {
        let current = current.borrow();
        let Some(world) = current.as_ref() else { return false };
        let mut state = world.lock();
        if state.is_calm || state.faults_left == 0 {
            return false;
        }
        let Some(at) = state.armed.iter().position(|(armed, _)| *armed == effect) else { return false };
        if state.armed[at].1 > 0 {
            state.armed[at].1 -= 1;
            return false;
        }
        state.armed.remove(at);
        state.faults_left -= 1;
        let of_service = SERVICE_EFFECTS.contains(&effect);
        let fault = if of_service { Fault::ServiceDiesAtEffect } else { Fault::TerminalDiesAtEffect };
        state.tally.inject(fault);
        state.tally.matter(fault);
        *state.tally.effects.entry(effect).or_default() += 1;
        drop(state);
        world.tell(format!("somebody dies at {effect}"));
        true
    });
    if dies {
        // As quiet as a death is: no hook is told.
        resume_unwind(Box::new(Died));
    }
}

/// Where somebody will die in this history, each with how often the effect is passed before.
fn arm(mix: &Mix, random: &mut fastrand::Rng) -> Vec<(&'static str, u32)> {
    let mut armed = Vec::new();
    let mut one = |effects: &[&'static str], random: &mut fastrand::Rng| {
        let effect = effects[random.usize(..effects.len())];
        // A photo arrives or is let go once or twice in a history; everything else happens often.
        let is_seldom = ["release.", "blob.", "sync.after_blob"].iter().any(|seldom| effect.starts_with(seldom));
        armed.push((effect, if is_seldom { 0 } else { random.u32(..3) }));
    };
    if mix.rate(Fault::ServiceDiesAtEffect) > 0.0 {
        (0..=random.u32(..3)).for_each(|_| one(SERVICE_EFFECTS, random));
    }
    if mix.rate(Fault::TerminalDiesAtEffect) > 0.0 {
        // A run passes few of them, a photo many.
        let (of_runs, of_photos) = TERMINAL_EFFECTS.split_at(RUN_EFFECTS);
        (0..=random.u32(..3)).for_each(|_| one(of_runs, random));
        (0..=random.u32(..2)).for_each(|_| one(of_photos, random));
    }
    armed
}

/// What a process came to.
pub enum End<T> {
    Done(T),
    Died,
}

/// Only a death is one; a panic goes on.
fn end_of<T>(panic: Box<dyn Any + Send>) -> End<T> {
    if panic.is::<Died>() { End::Died } else { resume_unwind(panic) }
}

/// Does `work`, which may die at an effect.
pub fn mortal<T>(work: impl FnOnce() -> T) -> End<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => End::Done(done),
        Err(panic) => end_of(panic),
    }
}

/// As [`mortal`], for what waits now and then.
pub async fn mortal_async<T>(work: impl Future<Output = T>) -> End<T> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(End::Done),
        Err(panic) => std::task::Poll::Ready(end_of(panic)),
    })
    .await
}
