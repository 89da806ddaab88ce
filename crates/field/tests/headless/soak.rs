//! kill -9 at random moments of a scripted visit. `XUNJIAN_SOAK=1` kills 100 times, otherwise 6; the seed is printed, and
//! `XUNJIAN_SEED` plays the same script with the same moments again.

use std::{
    os::unix::process::ExitStatusExt as _,
    time::{Duration, Instant},
};

use crate::{
    process::{Headless, Step},
    service::Service,
    terminal::options,
};

/// Steps of a visit before it is sealed.
const STEPS: u32 = 24;

/// SplitMix64: a script is a number.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

fn seed() -> u64 {
    let given = std::env::var("XUNJIAN_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64)
}

#[derive(Default)]
struct Tally {
    kills: u32,
    /// Killed after the step was stored, or even confirmed.
    stored: u32,
    steps: u32,
    visits: u32,
}

/// How long a step takes here, learnt as the script goes on.
struct Pace(Duration);

impl Pace {
    fn learns(&mut self, took: Duration) {
        self.0 = (self.0 * 3 + took) / 4;
    }
}

fn plays_step(terminal: &mut Headless, step: &Step, dice: &mut Dice, pace: &mut Pace, tally: &mut Tally, most: u32) {
    tally.steps += 1;
    if tally.kills < most {
        let begun = Instant::now();
        let mut child = terminal.spawns(step);
        let wait = pace.0.mul_f64(dice.throw(1200) as f64 / 1000.0);
        while begun.elapsed() < wait && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        // By its id, and only this one; a process that has ended cannot be killed any more.
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        let is_confirmed = terminal.hears(step, &output);
        if output.status.signal() == Some(9) {
            tally.kills += 1;
            let after = format!("kill {} at {wait:?} of {step:?}", tally.kills);
            let is_stored = terminal.check_killed(Some(step), &after).has(step);
            assert!(is_stored || !is_confirmed, "{after}: it was confirmed");
            tally.stored += u32::from(is_stored);
        } else {
            pace.learns(begun.elapsed());
            assert!(is_confirmed, "{step:?}: {output:?}");
            return;
        }
    }
    let begun = Instant::now();
    terminal.does(step);
    pace.learns(begun.elapsed());
}

#[tokio::test]
async fn kill_9_at_random_moments_of_a_scripted_visit_loses_nothing_that_was_confirmed() {
    let most = if std::env::var_os("XUNJIAN_SOAK").is_some() { 100 } else { 6 };
    let seed = seed();
    println!("XUNJIAN_SEED={seed}");
    let (mut dice, mut tally, mut pace) = (Dice(seed), Tally::default(), Pace(Duration::from_millis(60)));
    while tally.kills < most {
        let service = Service::start();
        let mut terminal = Headless::with_room(&service).await;
        for no in 0..STEPS {
            let step = match dice.throw(3) {
                0 => terminal.shoots(no, 20_000 + dice.throw(400_000) as usize),
                _ => Step::Answer { line: 1 + dice.throw(10) as u32, note: format!("第{no}步") },
            };
            plays_step(&mut terminal, &step, &mut dice, &mut pace, &mut tally, most);
        }
        plays_step(&mut terminal, &Step::Seal, &mut dice, &mut pace, &mut tally, most);
        let field = terminal.check("the end of the visit").field;
        let report = field.sync_now(&service, &options()).await.unwrap();
        assert_eq!((report.delivered, report.still_pending), (1, 0), "{:?}", report.errors);
        tally.visits += 1;
    }
    let Tally { kills, stored, steps, visits } = tally;
    println!(
        "{kills} kills in {steps} steps of {visits} visits ({stored} after the step was stored): nothing confirmed was lost"
    );
}
