//! Usages and capacities as cells spell them, exactly: no number passes through a binary fraction.

use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Capacity, PLACES},
};

use super::Spelling;
use crate::import::cell::{key, narrow};

/// A number as a cell spells it: `1,024.5`.
fn number(text: &str) -> Option<Decimal> {
    let narrowed = narrow(text);
    let trimmed = narrowed.trim();
    let (whole, _) = trimmed.split_once('.').unwrap_or((trimmed, ""));
    if whole.contains(',') {
        // Separators stand before every third digit, or it is a list or another country's point.
        let mut groups = whole.split(',');
        let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
        if !first || groups.any(|group| group.len() != 3) {
            return None;
        }
    }
    let plain = trimmed.replace(',', "");
    plain.parse().ok().or_else(|| shortened(&plain))
}

/// Spreadsheets and programs write binary fractions in full (`0.30000000000000004`, `7.000000000000001`): what is beyond 15
/// digits is rounded off, because no such digit was ever measured.
fn shortened(plain: &str) -> Option<Decimal> {
    let (whole, fraction) = plain.split_once('.')?;
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let places = 14_usize.checked_sub(whole.len())?;
    if !is_plain(whole) || !is_plain(fraction) || fraction.len() <= places || fraction.len() > 20 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    Decimal::ratio(digits, 10_i128.pow(u32::try_from(fraction.len()).ok()?), u32::try_from(places).ok()?)
}

/// A usage in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UsageCell {
    /// With its sign: in percent.
    Percent(Decimal),
    /// Without one.
    Bare(Decimal),
}

/// A usage with or without its sign.
pub(super) fn usage(text: &str) -> Option<UsageCell> {
    let narrowed = narrow(text);
    match narrowed.trim().strip_suffix('%') {
        Some(number_of) => number(number_of).map(UsageCell::Percent),
        None => number(&narrowed).map(UsageCell::Bare),
    }
}

/// A share as percent.
pub(super) fn percent_of_fraction(fraction: &Decimal) -> Option<Decimal> {
    let (mantissa, scale) = fraction.parts();
    Decimal::ratio(i128::from(mantissa) * 100, 10_i128.checked_pow(scale)?, scale)
}

/// How the bare usages of one thing are spelled, in all its columns: the lowest of an idle machine (`0.3`) is told by its highest
/// (`35`). `says_percent` is whether a heading has the sign, `shows_raw` whether cells of a percent format come without it, as
/// those of a workbook do, `has_signed` whether other cells have the sign. Between 1 and 2 a value may be a little percent or
/// more than all there is.
pub(super) fn spelling(bare: &[Decimal], says_percent: bool, shows_raw: bool, has_signed: bool) -> Option<Spelling> {
    let (one, two) = (Decimal::ratio(1, 1, 0)?, Decimal::ratio(2, 1, 0)?);
    let nought = Decimal::ratio(0, 1, 0)?;
    if bare.iter().all(|value| *value == nought) {
        return None;
    }
    let is_whole = |value: &Decimal| value.parts().1 == 0;
    let is_percent = bare.iter().any(|value| *value > two) || (says_percent && !shows_raw);
    Some(if is_percent {
        Spelling::Percent
    } else if says_percent || has_signed || bare.iter().all(is_whole) || bare.iter().any(|value| *value > one) {
        Spelling::Unclear
    } else {
        Spelling::Fraction
    })
}

/// Used by total, in percent.
pub(super) fn share(used: Capacity, total: Capacity) -> Option<Decimal> {
    if total.bytes() == 0 || used > total {
        return None;
    }
    Decimal::ratio(i128::from(used.bytes()) * 100, i128::from(total.bytes()), PLACES)
}

/// What a cell says of a capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CapacityCell {
    /// So much.
    Known(Capacity),
    /// A number, and neither cell nor heading says of what.
    NoUnit,
}

/// A capacity with its own unit or that of the heading. `GB` is 10^9 bytes, `GiB` 2^30. Parts of a byte are rounded.
pub(super) fn capacity(text: &str, unit_of_heading: Option<&str>) -> Option<CapacityCell> {
    let spelled = key(text);
    let letters = spelled.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(spelled.len());
    let (digits, own) = spelled.split_at(letters);
    let value = number(digits)?;
    let nought = Decimal::ratio(0, 1, 0)?;
    let unit = if own.is_empty() { unit_of_heading } else { Some(own) };
    let Some(unit) = unit else {
        return Some(if value == nought { CapacityCell::Known(Capacity::of_bytes(0)) } else { CapacityCell::NoUnit });
    };
    let worth: i128 = match unit {
        "B" => 1,
        "KB" | "K" => 10_i128.pow(3),
        "MB" | "M" => 10_i128.pow(6),
        "GB" | "G" => 10_i128.pow(9),
        "TB" | "T" => 10_i128.pow(12),
        "PB" | "P" => 10_i128.pow(15),
        "KIB" => 1 << 10,
        "MIB" => 1 << 20,
        "GIB" => 1 << 30,
        "TIB" => 1 << 40,
        "PIB" => 1 << 50,
        _ => return None,
    };
    let (mantissa, scale) = value.parts();
    let divisor = 10_i128.checked_pow(scale)?;
    let bytes = (i128::from(mantissa).checked_mul(worth)? + divisor / 2).div_euclid(divisor);
    u64::try_from(bytes).ok().map(|bytes| CapacityCell::Known(Capacity::of_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn usages_keep_their_sign_and_every_digit() {
        let cases = [
            ("85%", Some(UsageCell::Percent(decimal("85")))),
            ("７．５％", Some(UsageCell::Percent(decimal("7.5")))),
            ("0.85", Some(UsageCell::Bare(decimal("0.85")))),
            ("85", Some(UsageCell::Bare(decimal("85")))),
            (" 8.00 % ", Some(UsageCell::Percent(decimal("8")))),
            ("0.30000000000000004", Some(UsageCell::Bare(decimal("0.3")))),
            ("-3%", Some(UsageCell::Percent(decimal("-3")))),
            ("很高", None),
            ("1,5", None),
            ("8%%", None),
        ];
        for (spelled, expected) in cases {
            assert_eq!(usage(spelled), expected, "{spelled:?}");
        }
        assert_eq!(percent_of_fraction(&decimal("0.0799")), Some(decimal("7.99")));
        assert_eq!(percent_of_fraction(&decimal("0.07999999999999")), Some(decimal("7.999999999999")));
    }

    #[test]
    fn a_column_tells_percents_from_fractions_or_is_unclear() {
        let bare = |texts: &[&str]| texts.iter().map(|text| decimal(text)).collect::<Vec<_>>();
        // Values; the heading has the sign; a workbook; other cells have the sign.
        let cases = [
            (bare(&["85", "0.4"]), false, false, false, Some(Spelling::Percent)),
            (bare(&["0.85", "0.4"]), false, false, false, Some(Spelling::Fraction)),
            (bare(&["0.85", "0.4"]), true, false, false, Some(Spelling::Percent)),
            (bare(&["0.85", "0.4"]), true, true, false, Some(Spelling::Unclear)),
            (bare(&["0.85"]), false, false, true, Some(Spelling::Unclear)),
            (bare(&["1", "0"]), false, false, false, Some(Spelling::Unclear)),
            (bare(&["0", "0"]), true, true, false, None),
            (bare(&[]), false, false, true, None),
            (bare(&["1.5"]), true, true, true, Some(Spelling::Unclear)),
            (bare(&["0.85", "0.6", "1.02"]), false, true, false, Some(Spelling::Unclear)),
            (bare(&["0.3", "0.5", "35"]), false, false, false, Some(Spelling::Percent)),
            (bare(&["1.5"]), true, false, false, Some(Spelling::Percent)),
        ];
        for (values, says_percent, shows_raw, has_signed, expected) in cases {
            assert_eq!(spelling(&values, says_percent, shows_raw, has_signed), expected, "{values:?} {says_percent}");
        }
    }

    #[test]
    fn capacities_are_decimal_unless_they_say_otherwise() {
        let known = |bytes| Some(CapacityCell::Known(Capacity::of_bytes(bytes)));
        let cases = [
            ("1TB", None, known(1_000_000_000_000)),
            ("1000 GB", None, known(1_000_000_000_000)),
            ("999.999999999GB", None, known(999_999_999_999)),
            ("1,024 GB", None, known(1_024_000_000_000)),
            ("1TiB", None, known(1_099_511_627_776)),
            ("512GiB", None, known(549_755_813_888)),
            ("2T", None, known(2_000_000_000_000)),
            ("500", Some("GB"), known(500_000_000_000)),
            ("500GiB", Some("GB"), known(536_870_912_000)),
            ("500", None, Some(CapacityCell::NoUnit)),
            ("0", None, known(0)),
            ("-1TB", None, None),
            ("5盘", None, None),
            ("1XB", None, None),
            ("99999999999 PB", None, None),
        ];
        for (spelled, unit, expected) in cases {
            assert_eq!(capacity(spelled, unit), expected, "{spelled:?}");
        }
        let tb = Capacity::of_bytes(1_000_000_000_000);
        assert_eq!(share(Capacity::of_bytes(200_000_000_000), tb), Some(decimal("20")));
        assert_eq!(share(Capacity::of_bytes(199_999_000_000), tb), Some(decimal("19.9999")));
        assert_eq!(share(tb, Capacity::of_bytes(1)), None, "no more is used than there is");
        assert_eq!(share(tb, Capacity::of_bytes(0)), None, "and nothing is a share of nothing");
    }
}
