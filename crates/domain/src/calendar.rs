//! 工作日历: when 5×8 hours run (5.3.2.8 b). Days, hours, holidays and moved working days are settings of a site, never rules.
//!
//! The standard prints “5×8小时” and neither days nor hours; [`WorkingCalendar::starting`] is ours and says so. All of it means
//! China's time (UTC+8 all year), whatever time zone a machine is set to.

use std::collections::BTreeMap;

use jiff::{
    ToSpan as _,
    civil::{Date, Time},
    tz,
};
use serde::{Deserialize, Serialize};

use crate::{text::Text, time::TimestampMs};

/// How far ahead working time is looked for: a calendar without any within ten years has none.
const MOST_DAYS: u32 = 3_660;

/// 工作日历.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingCalendar {
    /// Working days of an ordinary week: 1 is Monday, 7 is Sunday.
    pub days: Vec<i8>,
    /// Working hours of such a day, in order.
    pub hours: Vec<WorkingHours>,
    /// 法定节假日: no work on these days, whatever the week says. The name stands beside each.
    pub holidays: BTreeMap<Date, String>,
    /// 调休上班: work on these days, whatever the week says. The reason stands beside each.
    pub moved: BTreeMap<Date, String>,
    /// Where all this was taken from, for people: the contract, the State Council's notice of the year.
    pub source: String,
}

/// From one time of the day to another one of the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingHours {
    /// First moment.
    pub from: Time,
    /// First moment after.
    pub to: Time,
}

impl WorkingCalendar {
    /// What a site starts with: Monday to Friday, 09:00–12:00 and 13:00–18:00, no holiday. Ours: 5×8 hours as the standard asks.
    #[must_use]
    pub fn starting() -> Self {
        let hours =
            |from: i8, to: i8| WorkingHours { from: Time::constant(from, 0, 0, 0), to: Time::constant(to, 0, 0, 0) };
        Self {
            days: vec![1, 2, 3, 4, 5],
            hours: vec![hours(9, 12), hours(13, 18)],
            holidays: BTreeMap::new(),
            moved: BTreeMap::new(),
            source: "系统初始值：周一至周五 09:00–12:00、13:00–18:00，未设节假日".to_owned(),
        }
    }

    /// What is wrong with it, in sentences that say what to do; empty when it can be used.
    #[must_use]
    pub fn problems(&self) -> Vec<Text> {
        let mut problems = Vec::new();
        let mut say = |zh: String, en: String| problems.push(Text::new(zh, en));
        if self.days.is_empty()
            || !self.days.is_sorted_by(|a, b| a < b)
            || !self.days.iter().all(|day| (1..=7).contains(day))
        {
            say(
                "工作日须为 1（周一）至 7（周日），由小到大，不重复，至少一天".into(),
                "working days are 1 (Monday) to 7 (Sunday), in order, each once, at least one".into(),
            );
        }
        let is_forward = self.hours.iter().all(|hours| hours.from < hours.to);
        let is_apart = self.hours.windows(2).all(|pair| pair[0].to <= pair[1].from);
        if self.hours.is_empty() || !is_forward || !is_apart {
            say(
                "工作时段至少一段，须由早到晚、互不重叠，且起点早于终点".into(),
                "give at least one span of working hours, in order, not overlapping, each beginning before it ends"
                    .into(),
            );
        }
        if let Some(day) = self.holidays.keys().find(|day| self.moved.contains_key(day)) {
            say(
                format!("{day} 既是节假日又是调休上班日，请只留其一"),
                format!("{day} is both a holiday and a moved working day: keep one of them"),
            );
        }
        if self.source.trim().is_empty() {
            say("请写明日历的依据（合同、国务院办公厅通知等）".into(), "say where the calendar is taken from".into());
        }
        problems
    }

    /// Whether people work on a day at all.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        if self.holidays.contains_key(&day) {
            return false;
        }
        self.moved.contains_key(&day) || self.days.contains(&day.weekday().to_monday_one_offset())
    }

    /// The working time of a day as moments, first and first after.
    fn spans(&self, day: Date) -> impl Iterator<Item = (i64, i64)> + '_ {
        let hours = if self.is_working_day(day) { self.hours.as_slice() } else { &[] };
        hours.iter().map(move |hours| (moment(day, hours.from), moment(day, hours.to)))
    }

    /// Whether it is working time.
    #[must_use]
    pub fn is_working_time(&self, at: TimestampMs) -> bool {
        self.spans(at.day_in_china()).any(|(from, to)| (from..to).contains(&at.0))
    }

    /// The moment at which `ms` of working time have passed since `from`. With no working time left within ten years, the moment
    /// that plain time gives: a deadline is never lost.
    #[must_use]
    pub fn after_working_ms(&self, from: TimestampMs, ms: i64) -> TimestampMs {
        let (mut left, mut day) = (ms.max(0), from.day_in_china());
        for _ in 0..MOST_DAYS {
            for (start, end) in self.spans(day) {
                let start = start.max(from.0);
                if start >= end {
                    continue;
                }
                if left <= end - start {
                    return TimestampMs(start + left);
                }
                left -= end - start;
            }
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
        from.plus_ms(ms)
    }

    /// How much working time lies between two moments; 0 where the second is not later.
    #[must_use]
    pub fn working_ms_between(&self, from: TimestampMs, to: TimestampMs) -> i64 {
        let (mut sum, mut day, last) = (0, from.day_in_china(), to.day_in_china());
        while day <= last {
            sum += self.spans(day).map(|(start, end)| (end.min(to.0) - start.max(from.0)).max(0)).sum::<i64>();
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
        sum
    }
}

/// The last moment of a day in China, exclusive: what is due on a day is late from here on.
#[must_use]
pub fn end_of_day(day: Date) -> TimestampMs {
    // The very last day of jiff's calendar has no day after it; nothing is ever due there.
    day.checked_add(1.day()).map_or(TimestampMs(i64::MAX), |next| TimestampMs(moment(next, Time::midnight())))
}

/// A time of a day in China, as milliseconds since the epoch.
fn moment(day: Date, time: Time) -> i64 {
    tz::offset(8).to_timestamp(day.to_datetime(time)).map_or(i64::MAX, jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    fn at(day: Date, hour: i8, minute: i8) -> TimestampMs {
        TimestampMs(moment(day, time(hour, minute, 0, 0)))
    }

    /// National Day 2026: 1–7 October off, 10 October (a Saturday) worked instead.
    fn golden_week() -> WorkingCalendar {
        let mut calendar = WorkingCalendar::starting();
        calendar.holidays.extend((1..=7).map(|day| (date(2026, 10, day), "国庆节".to_owned())));
        calendar.moved.insert(date(2026, 10, 10), "国庆节调休".to_owned());
        calendar
    }

    #[test]
    fn working_time_skips_lunch_nights_weekends_and_holidays_and_keeps_moved_days() {
        let calendar = golden_week();
        let friday = date(2026, 10, 9);
        let cases = [
            (at(friday, 9, 0), 10, at(friday, 9, 10), "in the morning it runs like any clock"),
            (at(friday, 11, 55), 10, at(friday, 13, 5), "lunch does not count"),
            (at(friday, 3, 0), 10, at(friday, 9, 10), "the night before does not count"),
            (at(friday, 17, 55), 10, at(date(2026, 10, 10), 9, 5), "the moved Saturday counts"),
            (at(date(2026, 10, 10), 17, 55), 10, at(date(2026, 10, 12), 9, 5), "the Sunday does not"),
            (at(date(2026, 9, 30), 17, 55), 10, at(date(2026, 10, 8), 9, 5), "seven holidays are passed over"),
            (at(friday, 9, 0), 180, at(friday, 12, 0), "a span may be used up to its end"),
            (at(friday, 20, 0), 0, at(date(2026, 10, 10), 9, 0), "nothing runs out outside working time"),
        ];
        for (from, minutes, wanted, why) in cases {
            assert_eq!(calendar.after_working_ms(from, minutes * 60_000), wanted, "{why}");
        }
        assert_eq!(
            calendar.working_ms_between(at(date(2026, 9, 30), 0, 0), at(date(2026, 10, 8), 0, 0)),
            8 * 3_600_000
        );
        assert!(
            !calendar.is_working_time(at(friday, 12, 30)) && calendar.is_working_time(at(date(2026, 10, 10), 9, 0))
        );
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        assert_eq!(end_of_day(date(2026, 11, 21)).to_string(), "2026-11-21T16:00:00.000Z");
    }

    #[test]
    fn what_cannot_be_a_calendar_is_named() {
        assert_eq!(golden_week().problems(), [], "the one of the tests can be used");
        type Spoil = fn(&mut WorkingCalendar);
        let cases: [(&str, Spoil); 6] = [
            ("周一", |calendar| calendar.days = vec![0, 1]),
            ("周一", |calendar| calendar.days.clear()),
            ("时段", |calendar| calendar.hours.reverse()),
            ("时段", |calendar| calendar.hours[0].to = calendar.hours[0].from),
            ("2026-10-01", |calendar| drop(calendar.moved.insert(date(2026, 10, 1), String::new()))),
            ("依据", |calendar| calendar.source.clear()),
        ];
        for (word, spoil) in cases {
            let mut calendar = golden_week();
            spoil(&mut calendar);
            let problems = calendar.problems();
            assert!(problems.len() == 1 && problems[0].zh.contains(word), "{word}: {problems:?}");
        }
    }

    #[test]
    fn a_calendar_reads_as_people_write_it() {
        let text = r#"{"days":[1,2,3,4,5],"hours":[{"from":"08:30","to":"12:00"},{"from":"14:00:00","to":"18:30:00"}],
            "holidays":{"2026-10-01":"国庆节"},"moved":{"2026-10-10":"调休"},"source":"合同附件三"}"#;
        let calendar: WorkingCalendar = serde_json::from_str(text).unwrap();
        assert_eq!(calendar.problems(), []);
        assert_eq!(calendar.hours[0].from, time(8, 30, 0, 0));
        let error = serde_json::from_str::<WorkingCalendar>(&text.replace("moved", "mooved")).unwrap_err();
        assert!(error.to_string().contains("mooved"), "what is spelled wrongly is not silently left out: {error}");
    }

    proptest! {
        #[test]
        fn what_is_added_is_what_lies_between(start in 1_780_000_000_000_i64..1_800_000_000_000, ms in 0_i64..400_000_000) {
            let (calendar, from) = (golden_week(), TimestampMs(start));
            let end = calendar.after_working_ms(from, ms);
            prop_assert!(end >= from);
            prop_assert_eq!(calendar.working_ms_between(from, end), ms);
            prop_assert!(calendar.after_working_ms(from, ms + 1) > end || ms == 0);
        }
    }
}
