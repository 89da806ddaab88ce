//! Time: jumps are flagged in the record and never in the way.

use xunjian_domain::plan::VisitKind;

use crate::{
    service::Service,
    terminal::{Terminal, TestClock, normal},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_clock_set_back_during_a_visit_is_flagged_in_the_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    terminal.clock.set_by(-3 * HOUR);
    let today = terminal.field.today(&terminal.li).unwrap();
    assert!(today.warnings[0].zh.contains("调回"), "{:?}", today.warnings);
    let sealed = terminal.seals(&visit);
    assert_eq!(sealed.warnings.len(), 1, "sealing warns and does not block");
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let jumped: Vec<_> = record.clock.jumps.iter().map(|jump| jump.jumped_ms).collect();
    assert_eq!(jumped, [Some(-3 * HOUR)]);
    assert!(record.clock.sealed.wall_ms < record.clock.started.wall_ms, "the wall clock is told as it was");
    assert!(record.clock.sealed.monotonic_ms > record.clock.started.monotonic_ms);
}

#[tokio::test]
async fn a_clock_set_back_between_visits_is_flagged_in_the_next_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    terminal.clock.pass(30 * 24 * HOUR);
    terminal.clock.reboot();
    terminal.clock.set_by(-31 * 24 * HOUR);
    let sealed = terminal.walks(VisitKind::System, 2);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let jumped: Vec<_> = record.clock.jumps.iter().map(|jump| jump.jumped_ms).collect();
    assert_eq!(jumped, [None], "told once, from the last record on; over a reboot nobody knows by how much");
}

#[tokio::test]
async fn ordinary_use_raises_no_flag() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.clock.pass(20 * 24 * HOUR);
    terminal.clock.reboot();
    terminal.clock.set_by(60_000);
    let visit = terminal.visit(VisitKind::System);
    terminal.starts(&visit);
    terminal.clock.pass(9 * HOUR);
    terminal.clock.set_by(-90_000);
    terminal.answers_all(&visit, 1);
    let sealed = terminal.seals(&visit);
    assert_eq!(sealed.warnings, [], "weeks offline, a reboot before the visit and small corrections are ordinary");
}

#[tokio::test]
async fn a_reboot_in_the_middle_of_a_visit_is_told() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.starts(&visit);
    terminal.clock.reboot();
    terminal.answers(&visit, &normal(1)).unwrap();
    let view = terminal.shows(&visit);
    assert_eq!(view.jumps.len(), 1);
    assert!(view.warnings[0].zh.contains("重启"));
}

#[tokio::test]
async fn a_jump_is_on_the_screen_before_the_next_answer_and_only_once() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.starts(&visit);
    terminal.clock.set_by(-DAY);
    for _ in 0..2 {
        let view = terminal.shows(&visit);
        assert_eq!(view.jumps.len(), 1, "shown, whether noted yet or not");
        assert!(view.warnings[0].zh.contains("时钟向后拨了 1 天"), "{}", view.warnings[0].zh);
        assert!(view.warnings[0].en.contains("set back by 1 day"), "{}", view.warnings[0].en);
        terminal.answers(&visit, &normal(1)).unwrap();
    }
    terminal.answers_all(&visit, 1);
    terminal.seals(&visit);
    let next = terminal.walks(VisitKind::System, 2);
    assert_eq!(next.warnings, [], "what the record before told is not told again");
    assert_eq!(terminal.field.today(&terminal.li).unwrap().warnings.len(), 1, "but the clock is still wrong");
}

/// What happens to a tablet.
#[derive(Clone, Copy)]
enum Event {
    Passes(i64),
    SetBy(i64),
    Reboots,
    /// The battery was empty, and the clock begins anew.
    BootsAt(i64),
}
use Event::{BootsAt, Passes, Reboots, SetBy};

struct Story {
    what: &'static str,
    /// Between the pull and the start of the visit.
    before: &'static [Event],
    /// Between two answers each, and the last before sealing.
    during: &'static [Event],
    /// What the record tells, within a minute, and after which events (those before the start first, from 0).
    jumps: &'static [(Option<i64>, usize)],
    /// Whether the monotonic clock reaches from the token to the seal.
    is_placed: bool,
}

const STORIES: [Story; 14] = [
    Story {
        what: "a working day",
        before: &[],
        during: &[Passes(4 * HOUR), Passes(4 * HOUR)],
        jumps: &[],
        is_placed: true,
    },
    Story {
        what: "a night asleep and network time by two seconds",
        before: &[SetBy(2000)],
        during: &[SetBy(-2000), Passes(14 * HOUR), SetBy(2000), Passes(HOUR)],
        jumps: &[],
        is_placed: true,
    },
    Story {
        what: "set back a day",
        before: &[],
        during: &[Passes(HOUR), SetBy(-DAY), Passes(HOUR)],
        jumps: &[(Some(-DAY), 1)],
        is_placed: true,
    },
    Story {
        what: "90 days ahead",
        before: &[],
        during: &[SetBy(90 * DAY), Passes(HOUR)],
        jumps: &[(Some(90 * DAY), 0)],
        is_placed: true,
    },
    Story {
        what: "ahead and back again",
        before: &[],
        during: &[SetBy(90 * DAY), SetBy(-90 * DAY)],
        jumps: &[(Some(90 * DAY), 0), (Some(-90 * DAY), 1)],
        is_placed: true,
    },
    Story {
        what: "set back just before sealing",
        before: &[],
        during: &[SetBy(-DAY)],
        jumps: &[(Some(-DAY), 0)],
        is_placed: true,
    },
    Story {
        what: "set back before the visit",
        before: &[Passes(HOUR), SetBy(-DAY)],
        during: &[Passes(HOUR)],
        jumps: &[(Some(-DAY), 1)],
        is_placed: true,
    },
    Story {
        what: "set back bit by bit",
        before: &[],
        during: &[SetBy(-90_000), SetBy(-90_000), Passes(HOUR)],
        jumps: &[(Some(-180_000), 1)],
        is_placed: true,
    },
    Story {
        what: "a reboot before the visit",
        before: &[Reboots, Passes(HOUR)],
        during: &[Passes(HOUR)],
        jumps: &[],
        is_placed: false,
    },
    Story {
        what: "a reboot during the visit",
        before: &[],
        during: &[Passes(HOUR), Reboots],
        jumps: &[(None, 1)],
        is_placed: false,
    },
    Story {
        what: "the battery died: 1970",
        before: &[],
        during: &[Passes(HOUR), BootsAt(60_000)],
        jumps: &[(None, 1)],
        is_placed: false,
    },
    Story {
        what: "the battery died before the visit: 2020",
        before: &[BootsAt(1_577_836_800_000)],
        during: &[Passes(HOUR)],
        jumps: &[(None, 0)],
        is_placed: false,
    },
    Story {
        what: "30 days offline",
        before: &[Passes(30 * DAY)],
        during: &[Passes(HOUR)],
        jumps: &[],
        is_placed: true,
    },
    Story {
        what: "30 days offline, then the quartz set right by 4 minutes",
        before: &[Passes(30 * DAY), SetBy(4 * 60_000)],
        during: &[Passes(HOUR)],
        jumps: &[],
        is_placed: true,
    },
];

fn happens(clock: &TestClock, event: Event) {
    match event {
        Passes(ms) => clock.pass(ms),
        SetBy(ms) => clock.set_by(ms),
        Reboots => clock.reboot(),
        BootsAt(wall) => {
            clock.reboot();
            clock.set_to(wall);
        }
    }
}

#[tokio::test]
async fn whatever_happens_to_the_clock_the_true_time_lies_between_and_each_jump_is_told_where_it_was() {
    for story in &STORIES {
        let what = story.what;
        let service = Service::start();
        let terminal = Terminal::of_li(&service).await;
        let mut moments = Vec::new();
        let mut tell = |event: &Event| {
            happens(&terminal.clock, *event);
            moments.push(terminal.clock.truth());
        };
        story.before.iter().for_each(&mut tell);
        let visit = terminal.visit(VisitKind::System);
        terminal.answers_all(&visit, 1);
        for (at, event) in story.during.iter().enumerate() {
            tell(event);
            if at + 1 < story.during.len() {
                terminal.answers(&visit, &normal(1)).unwrap();
            }
        }
        let shown = terminal.shows(&visit).jumps.len();
        let sealed = terminal.seals(&visit);
        let detail = terminal.field.verify_local(&sealed.record.to_hex()).unwrap();
        let clock = &detail.record.clock;

        assert_eq!(clock.jumps.len(), story.jumps.len(), "{what}: {:?}", clock.jumps);
        assert_eq!((shown, sealed.warnings.len()), (story.jumps.len(), story.jumps.len()), "{what}: on both screens");
        for (jump, (by, at)) in clock.jumps.iter().zip(story.jumps) {
            let is_right = match (jump.jumped_ms, by) {
                (Some(told), Some(by)) => (told - by).abs() < 60_000,
                (told, by) => told == *by,
            };
            assert!(is_right, "{what}: {:?} for {by:?}", jump.jumped_ms);
            let (from, to) = (terminal.clock.truth_of(&jump.before), terminal.clock.truth_of(&jump.after));
            assert!(from <= moments[*at] && moments[*at] <= to, "{what}: told where it happened");
        }

        let truth = terminal.clock.truth_of(&clock.sealed);
        let between = detail.sealed_between;
        assert!(between.earliest.unwrap().0 <= truth, "{what}: not after the truth");
        assert_eq!(between.latest, None, "{what}: open until somebody else signs");
        assert_eq!(between.placed.is_some(), story.is_placed, "{what}");
        assert!(
            between.placed.is_none_or(|placed| (placed.0 - truth).abs() < 60_000),
            "{what}: placed by monotonic time"
        );
        terminal.clock.pass(HOUR);
        service.set_seconds((terminal.clock.truth() / 1000) as u64);
        terminal.syncs(&service).await;
        let between = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().sealed_between;
        let (earliest, latest) = (between.earliest.unwrap().0, between.latest.unwrap().0);
        assert!(earliest <= truth && truth <= latest, "{what}: {earliest} ≤ {truth} ≤ {latest}");
    }
}
