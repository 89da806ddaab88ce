//! Jumps of the terminal's clock: wall clock against monotonic clock, token and last record. Flagged, never hidden,
//! never in the way. The limits and their reasons are in docs/adr/0019.

use xunjian_domain::{text::Text, time::ClockReading};
use xunjian_proof::record::ClockJump;

/// What the wall clock may move without a flag, in milliseconds: network time steps a second or two, a person who sets
/// a watch by the minute is within one minute.
pub(crate) const TOLERANCE_MS: i64 = 120_000;

/// A quartz offline goes wrong by less than one part in this (100 ppm, 8.6 s a day); the first synchronisation
/// afterwards steps the clock by what came together.
const QUARTZ_PARTS: i64 = 10_000;

/// What may go unexplained over `elapsed_ms` of monotonic time.
fn allowed_ms(elapsed_ms: i64) -> i64 {
    TOLERANCE_MS + elapsed_ms / QUARTZ_PARTS
}

/// Wall-clock movement that the monotonic clock does not explain, with the monotonic time between; `None` over a reboot,
/// which also shows in a monotonic clock that went back where no boot id is to be had.
fn unexplained(before: &ClockReading, after: &ClockReading) -> Option<(i64, i64)> {
    let elapsed = after.monotonic_ms.saturating_sub(before.monotonic_ms);
    let is_same_boot = before.boot_id == after.boot_id && elapsed >= 0;
    is_same_boot.then(|| (after.wall_ms.0.saturating_sub(before.wall_ms.0).saturating_sub(elapsed), elapsed))
}

/// The jump between two readings, if there is one.
///
/// Over a reboot the monotonic clock says nothing: `jumped_ms` is `None`.
pub(crate) fn between(before: &ClockReading, after: &ClockReading) -> Option<ClockJump> {
    let jumped_ms = match unexplained(before, after) {
        Some((moved, elapsed)) if moved.abs() <= allowed_ms(elapsed) => return None,
        jump => jump.map(|(moved, _)| moved),
    };
    Some(ClockJump { before: before.clone(), after: after.clone(), jumped_ms })
}

/// As [`between`], for readings that may lie days apart: a reboot alone is ordinary then, a clock set back is not.
pub(crate) fn since(before: &ClockReading, after: &ClockReading) -> Option<ClockJump> {
    let jump = between(before, after)?;
    let is_back = after.wall_ms.0 + TOLERANCE_MS < before.wall_ms.0;
    (jump.jumped_ms.is_some() || is_back).then_some(jump)
}

/// What happened to the clock since the last touch of a draft, beside the jumps `known` so far: a jump now, or many small
/// settings that came together since the start (or the last reboot).
pub(crate) fn new_ones(
    started: &ClockReading,
    last_seen: &ClockReading,
    known: &[ClockJump],
    now: &ClockReading,
) -> Vec<ClockJump> {
    let jump = between(last_seen, now);
    let all: Vec<&ClockJump> = known.iter().chain(&jump).collect();
    let crept = crept(started, &all, now);
    jump.into_iter().chain(crept).collect()
}

fn crept(started: &ClockReading, known: &[&ClockJump], now: &ClockReading) -> Option<ClockJump> {
    // What was noticed at the start happened before it.
    let is_within = |jump: &&ClockJump| jump.after != *started;
    let reboot = known.iter().rposition(|jump| jump.jumped_ms.is_none() && is_within(jump));
    let from = reboot.map_or(started, |at| &known[at].after);
    let told: i64 = known[reboot.map_or(0, |at| at + 1)..]
        .iter()
        .filter(|jump| is_within(jump))
        .filter_map(|jump| jump.jumped_ms)
        .fold(0, i64::saturating_add);
    let (moved, elapsed) = unexplained(from, now)?;
    let rest = moved.saturating_sub(told);
    let is_told = rest.abs() <= allowed_ms(elapsed);
    (!is_told).then(|| ClockJump { before: from.clone(), after: now.clone(), jumped_ms: Some(rest) })
}

/// The later of two readings before `now`, as far as that can be known: a jump before the later one was told by it.
/// A boot that still runs is the latest; within one boot the monotonic clock counts; between two boots that are over
/// only the wall clocks are left.
pub(crate) fn later<'a>(one: &'a ClockReading, other: &'a ClockReading, now: &ClockReading) -> &'a ClockReading {
    let rank = |reading: &ClockReading| {
        let is_this_boot = unexplained(reading, now).is_some();
        let within = if one.boot_id == other.boot_id { reading.monotonic_ms } else { reading.wall_ms.0 };
        (is_this_boot, within)
    };
    if rank(other) >= rank(one) { other } else { one }
}

/// The sentence for a jump.
pub(crate) fn warning(jump: &ClockJump) -> Text {
    let after =
        Text::new("请校准系统时间；可以继续巡检，记录会如实标注", "Set it right. You may go on; the record says so");
    let of_wall = jump.after.wall_ms.0.saturating_sub(jump.before.wall_ms.0);
    let told = match jump.jumped_ms {
        Some(ms) if ms < 0 => {
            let by = amount(ms);
            Text::new(format!("时钟向后拨了 {}（调回）", by.zh), format!("The clock was set back by {}", by.en))
        }
        Some(ms) => {
            let by = amount(ms);
            Text::new(format!("时钟向前拨了 {}（拨快）", by.zh), format!("The clock was set forward by {}", by.en))
        }
        None if of_wall < 0 => {
            let by = amount(of_wall);
            Text::new(
                format!("设备重启过，重启后时钟比之前早 {}", by.zh),
                format!("The device was restarted, and its clock is {} behind where it was", by.en),
            )
        }
        None => {
            let by = amount(of_wall);
            return Text::new(
                format!("巡检中途设备重启过，前后时钟相差 {}，关机多久无从核对；记录会如实标注", by.zh),
                format!(
                    "The device was restarted during the visit; its clock moved on by {}, and nobody can check that. The record says so",
                    by.en
                ),
            );
        }
    };
    Text::new(format!("{}，{}", told.zh, after.zh), format!("{}. {}", told.en, after.en))
}

/// How much, in words: its largest unit and, below ten of it, the next one.
pub(crate) fn amount(ms: i64) -> Text {
    const UNITS: [(i64, &str, &str); 4] =
        [(86_400_000, "天", "day"), (3_600_000, "小时", "hour"), (60_000, "分钟", "minute"), (1000, "秒", "second")];
    // Half a second is the least that can be said.
    let ms = ms.saturating_abs().saturating_add(500) / 1000 * 1000;
    let at = UNITS.iter().position(|(unit, ..)| ms >= *unit).unwrap_or(UNITS.len() - 1);
    let word = |n: i64, (_, zh, en): (i64, &str, &str)| {
        Text::new(format!("{n} {zh}"), format!("{n} {en}{}", if n == 1 { "" } else { "s" }))
    };
    let whole = ms / UNITS[at].0;
    let first = word(whole, UNITS[at]);
    match UNITS.get(at + 1).map(|next| (ms % UNITS[at].0 / next.0, *next)) {
        Some((n, next)) if n > 0 && whole < 10 => {
            let second = word(n, next);
            Text::new(format!("{} {}", first.zh, second.zh), format!("{} {}", first.en, second.en))
        }
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use xunjian_domain::time::TimestampMs;

    use super::*;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 1440;

    fn reading(wall_min: i64, monotonic_min: i64, boot: &str) -> ClockReading {
        ClockReading {
            wall_ms: TimestampMs(wall_min * MINUTE),
            monotonic_ms: monotonic_min * MINUTE,
            boot_id: boot.to_owned(),
        }
    }

    #[test]
    fn jumps_are_told_from_ordinary_time() {
        let before = reading(1000, 100, "a");
        let cases = [
            (reading(1060, 160, "a"), None, "an hour passed"),
            (reading(1061, 160, "a"), None, "synchronisation moved the clock by a minute"),
            (reading(1063, 160, "a"), Some(Some(3 * MINUTE)), "three minutes are too many for an hour"),
            (reading(1006 + 30 * DAY, 100 + 30 * DAY, "a"), None, "a month of quartz may be six minutes"),
            (reading(1008 + 30 * DAY, 100 + 30 * DAY, "a"), Some(Some(8 * MINUTE)), "but not eight"),
            (reading(940, 160, "a"), Some(Some(-120 * MINUTE)), "set back by two hours"),
            (reading(1000 + 90 * DAY, 100, "a"), Some(Some(90 * DAY * MINUTE)), "90 days ahead"),
            (reading(1005, 1, "b"), Some(None), "a reboot explains nothing"),
            (reading(1005, 1, "a"), Some(None), "a monotonic clock that went back is a reboot, whatever the id says"),
        ];
        for (after, expected, why) in cases {
            assert_eq!(between(&before, &after).map(|jump| jump.jumped_ms), expected, "{why}");
        }
        assert!(since(&before, &reading(50_000, 1, "b")).is_none(), "a reboot since the last token is ordinary");
        assert!(since(&before, &reading(900, 1, "b")).is_some(), "but not with the clock set back");
    }

    #[test]
    fn a_clock_set_minute_by_minute_is_found_out_once() {
        let started = reading(1000, 100, "a");
        let (mut last, mut known) = (started.clone(), Vec::new());
        for step in 1..=5 {
            let now = reading(1000 - step, 100 + step, "a");
            known.extend(new_ones(&started, &last, &known, &now));
            last = now;
        }
        let jumped: Vec<_> = known.iter().map(|jump| jump.jumped_ms).collect();
        assert_eq!(jumped, [Some(-4 * MINUTE), Some(-4 * MINUTE)], "two minutes a step: told when they come to more");
        let after_reboot = reading(2000, 1, "b");
        known.extend(new_ones(&started, &last, &known, &after_reboot));
        assert_eq!(known.last().unwrap().jumped_ms, None);
        let quiet = new_ones(&started, &after_reboot, &known, &reading(2060, 61, "b"));
        assert_eq!(quiet, [], "what was told before a reboot is not counted after it");
    }

    #[test]
    fn the_later_of_two_readings_is_the_one_that_a_jump_is_told_from() {
        let now = reading(500, 50, "b");
        let cases = [
            (reading(900, 10, "a"), reading(400, 1, "b"), 1, "this boot is later than any before it"),
            (reading(400, 40, "b"), reading(900, 10, "b"), 0, "within a boot the wall clock says nothing"),
            (reading(300, 40, "x"), reading(200, 90, "y"), 0, "of two boots that are over, the wall clocks"),
        ];
        for (one, other, expected, why) in cases {
            assert_eq!(later(&one, &other, &now), [&one, &other][expected], "{why}");
            assert_eq!(later(&other, &one, &now), [&one, &other][expected], "{why}, either way round");
        }
    }

    #[test]
    fn amounts_are_words() {
        let cases = [
            (-DAY * MINUTE, "1 天", "1 day"),
            (90 * DAY * MINUTE, "90 天", "90 days"),
            (25 * 60 * MINUTE, "1 天 1 小时", "1 day 1 hour"),
            (150_000, "2 分钟 30 秒", "2 minutes 30 seconds"),
            (-181_000, "3 分钟 1 秒", "3 minutes 1 second"),
            (DAY * MINUTE - 400, "1 天", "1 day"),
        ];
        for (ms, zh, en) in cases {
            assert_eq!(amount(ms), Text::new(zh, en), "{ms} ms");
        }
        assert!(
            warning(&between(&reading(1440, 0, "a"), &reading(0, 0, "a")).unwrap()).zh.contains("时钟向后拨了 1 天")
        );
    }
}
