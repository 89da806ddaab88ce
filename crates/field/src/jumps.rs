//! Jumps of the terminal's clock: wall clock against monotonic clock, token and last record. Flagged, never hidden,
//! never in the way.

use xunjian_domain::{text::Text, time::ClockReading};
use xunjian_proof::record::ClockJump;

/// What time synchronisation may move the wall clock without a flag.
pub(crate) const TOLERANCE_MS: i64 = 120_000;

/// The jump between two readings, if there is one.
///
/// Over a reboot the monotonic clock says nothing: `jumped_ms` is `None`.
pub(crate) fn between(before: &ClockReading, after: &ClockReading) -> Option<ClockJump> {
    let wall = after.wall_ms.0 - before.wall_ms.0;
    let jumped_ms = if before.boot_id == after.boot_id {
        let unexplained = wall - (after.monotonic_ms - before.monotonic_ms);
        if unexplained.abs() <= TOLERANCE_MS {
            return None;
        }
        Some(unexplained)
    } else {
        None
    };
    Some(ClockJump { before: before.clone(), after: after.clone(), jumped_ms })
}

/// As [`between`], for readings that may lie days apart: a reboot alone is ordinary then, a clock set back is not.
pub(crate) fn since(before: &ClockReading, after: &ClockReading) -> Option<ClockJump> {
    let jump = between(before, after)?;
    let is_back = after.wall_ms.0 + TOLERANCE_MS < before.wall_ms.0;
    (jump.jumped_ms.is_some() || is_back).then_some(jump)
}

/// The sentence for a jump.
pub(crate) fn warning(jump: &ClockJump) -> Text {
    let minutes = (jump.after.wall_ms.0 - jump.before.wall_ms.0) / 60_000;
    match jump.jumped_ms {
        Some(ms) if ms < 0 => Text::new(
            format!("本机时钟被调回了 {} 分钟，请校准系统时间；可以继续巡检，记录会如实标注", -ms / 60_000),
            format!(
                "The clock was set back by {} minutes: set it right. You may go on; the record says so",
                -ms / 60_000
            ),
        ),
        Some(ms) => Text::new(
            format!("本机时钟被拨快了 {} 分钟，请校准系统时间；可以继续巡检，记录会如实标注", ms / 60_000),
            format!(
                "The clock was set forward by {} minutes: set it right. You may go on; the record says so",
                ms / 60_000
            ),
        ),
        None if minutes < 0 => Text::new(
            format!("重启后本机时钟比之前早 {} 分钟，请校准系统时间；可以继续巡检，记录会如实标注", -minutes),
            format!(
                "After a restart the clock is {} minutes behind: set it right. You may go on; the record says so",
                -minutes
            ),
        ),
        None => Text::new(
            "巡检中途设备重启过，记录会如实标注",
            "The device was restarted during the visit; the record says so",
        ),
    }
}

#[cfg(test)]
mod tests {
    use xunjian_domain::time::TimestampMs;

    use super::*;

    fn reading(wall_min: i64, monotonic_min: i64, boot: &str) -> ClockReading {
        ClockReading {
            wall_ms: TimestampMs(wall_min * 60_000),
            monotonic_ms: monotonic_min * 60_000,
            boot_id: boot.to_owned(),
        }
    }

    #[test]
    fn jumps_are_told_from_ordinary_time() {
        let before = reading(1000, 100, "a");
        let cases = [
            (reading(1060, 160, "a"), None, "an hour passed"),
            (reading(1061, 160, "a"), None, "synchronisation moved the clock by a minute"),
            (reading(940, 160, "a"), Some(Some(-120 * 60_000)), "set back by two hours"),
            (reading(1000 + 129_600, 100, "a"), Some(Some(129_600 * 60_000)), "90 days ahead"),
            (reading(1005, 1, "b"), Some(None), "a reboot explains nothing"),
        ];
        for (after, expected, why) in cases {
            assert_eq!(between(&before, &after).map(|jump| jump.jumped_ms), expected, "{why}");
        }
        assert!(since(&before, &reading(50_000, 1, "b")).is_none(), "a reboot since the last token is ordinary");
        assert!(since(&before, &reading(900, 1, "b")).is_some(), "but not with the clock set back");
    }
}
