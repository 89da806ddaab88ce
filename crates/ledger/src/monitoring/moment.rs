//! Moments and delays as people and platforms spell them. All moments are those of China (UTC+8).

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    tz,
};

use crate::import::cell::{date, narrow};

/// A moment: a day in any spelling of the ledgers, with or without a time of day. A day alone is its beginning; a moment with
/// an offset (`2026-11-15T02:00:00Z`) is put to China's.
pub(super) fn moment(text: &str) -> Option<DateTime> {
    let narrowed = narrow(text);
    let text = narrowed.trim();
    if let Ok(at) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Some(tz::offset(8).to_datetime(at));
    }
    let (day, rest) = match text.find(['日', '号']) {
        Some(at) => (text.get(..at)?.to_owned() + "日", text.get(at..)?.trim_start_matches(['日', '号'])),
        None => {
            let (day, rest) = text.split_once([' ', 'T']).unwrap_or((text, ""));
            (day.to_owned(), rest)
        }
    };
    let day = date(&day)?;
    let rest = rest.trim();
    let time = if rest.is_empty() { Time::midnight() } else { time_of_day(rest)? };
    Some(day.to_datetime(time))
}

/// `10:00`, `10:00:05`, `10:00:05.123`, `10时30分`, `10时30分5秒`.
fn time_of_day(text: &str) -> Option<Time> {
    let spelled = text.replace(['时', '点', '分'], ":").replace('秒', "");
    let spelled = spelled.trim_end_matches(':');
    let whole = spelled.split_once('.').map_or(spelled, |(whole, _)| whole);
    let mut parts = whole.split(':').map(|part| part.trim().parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// What a cell says of a synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delay {
    /// So many seconds before the collection.
    Seconds(u32),
    /// At this moment.
    At(DateTime),
    /// On a day, nobody knows when.
    NoTimeOfDay,
    /// A number without a unit.
    NoUnit,
}

/// Whether a moment is more than a day.
pub(super) fn says_time_of_day(text: &str) -> bool {
    narrow(text).contains([':', '时', '点'])
}

/// A delay (`12分钟`, `12分30秒`, `900s`, or a number whose heading has the unit) or the moment of the last synchronisation.
/// A time of day without a day may be either and is refused. Parts of a second count as a whole one.
pub(super) fn delay(text: &str, seconds_of_unit: Option<u32>) -> Option<Delay> {
    let narrowed: String = narrow(text).to_lowercase().chars().filter(|c| *c != ' ').collect();
    let is_number = narrowed.starts_with(|c: char| c.is_ascii_digit())
        && narrowed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // A spreadsheet's number of a day is a number of seconds where the heading says so.
    if let Some(unit) = seconds_of_unit.filter(|_| is_number) {
        return in_seconds(&narrowed, unit).map(Delay::Seconds);
    }
    if let Some(at) = moment(text) {
        return Some(if says_time_of_day(text) { Delay::At(at) } else { Delay::NoTimeOfDay });
    }
    if is_number {
        return Some(Delay::NoUnit);
    }
    let mut rest = narrowed.as_str();
    let mut seconds = 0_u32;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(end);
        const UNITS: [(&str, u32); 12] = [
            ("天", 86_400),
            ("小时", 3600),
            ("时", 3600),
            ("分钟", 60),
            ("分", 60),
            ("秒", 1),
            ("minutes", 60),
            ("mins", 60),
            ("min", 60),
            ("m", 60),
            ("h", 3600),
            ("s", 1),
        ];
        let (word, worth) = UNITS.into_iter().find(|(word, _)| unit.starts_with(word))?;
        seconds = seconds.checked_add(in_seconds(number, worth)?)?;
        rest = unit.get(word.len()..)?;
    }
    Some(Delay::Seconds(seconds))
}

/// A decimal number of a unit in seconds, rounded up: 15 minutes and a bit are more than 15 minutes.
fn in_seconds(number: &str, unit: u32) -> Option<u32> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = whole.parse::<u32>().ok()?.checked_mul(unit)?;
    let places = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let parts = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    seconds.checked_add(u32::try_from((parts * u64::from(unit)).div_ceil(places)).ok()?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn moments_are_read_in_every_spelling() {
        let at = |hour, minute, second| Some(day(2026, 11, 15).at(hour, minute, second, 0));
        let cases = [
            ("2026-11-15", at(0, 0, 0)),
            ("2026/11/15 10:00", at(10, 0, 0)),
            ("2026-11-15 10:00:05", at(10, 0, 5)),
            ("2026-11-15T10:00:05.5", at(10, 0, 5)),
            ("2026-11-15T02:00:00Z", at(10, 0, 0)),
            ("2026-11-15 10:00:00+08:00", at(10, 0, 0)),
            ("2026年11月15日 10时30分", at(10, 30, 0)),
            ("2026年11月15日10:30", at(10, 30, 0)),
            ("２０２６－１１－１５　１０：００", at(10, 0, 0)),
            ("20261115", at(0, 0, 0)),
            ("2026-11-15 25:00", None),
            ("2026-11-31", None),
            ("10:00", None),
            ("昨天", None),
        ];
        for (spelled, expected) in cases {
            assert_eq!(moment(spelled), expected, "{spelled:?}");
        }
    }

    #[test]
    fn delays_need_a_unit_and_are_rounded_up() {
        let seconds = |count| Some(Delay::Seconds(count));
        let cases = [
            ("15分钟", None, seconds(900)),
            ("15 分 1 秒", None, seconds(901)),
            ("900s", None, seconds(900)),
            ("1h2m", None, seconds(3720)),
            ("15", Some(60), seconds(900)),
            ("15.01", Some(60), seconds(901)),
            ("900.0000001", Some(1), seconds(901)),
            ("15", None, Some(Delay::NoUnit)),
            ("45000", Some(1), seconds(45_000)),
            ("2026-11-15", None, Some(Delay::NoTimeOfDay)),
            ("00:15:00", None, None),
            ("很久", None, None),
            ("-5分钟", None, None),
            ("2026-11-15 09:45", None, Some(Delay::At(day(2026, 11, 15).at(9, 45, 0, 0)))),
        ];
        for (spelled, unit, expected) in cases {
            assert_eq!(delay(spelled, unit), expected, "{spelled:?}");
        }
    }
}
