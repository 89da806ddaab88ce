//! What one cell says: spellings that people use, read into values. Nothing here knows rows or columns.

use jiff::{ToSpan, civil::Date};

/// Words that stand for "nothing" in a cell.
const NOTHING: [&str; 14] =
    ["-", "--", "/", "\\", "—", "——", "无", "暂无", "未知", "不详", "待补", "N/A", "NA", "NULL"];

/// What a spreadsheet shows in a cell whose formula fails.
const FAILED: [&str; 9] =
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"];

/// Characters that show nothing and take no room: zero-width space, byte order mark.
const INVISIBLE: [char; 2] = ['\u{200b}', '\u{feff}'];

/// Narrows full-width ASCII (`Ａ１０` → `A10`, `（` → `(`); any white space becomes one plain space.
pub(crate) fn narrow(text: &str) -> String {
    let mut narrow = String::with_capacity(text.len());
    narrow.extend(narrowed(text));
    narrow
}

fn narrowed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !INVISIBLE.contains(c)).map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    })
}

/// Whether a cell shows nothing at all.
pub(crate) fn is_empty(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || INVISIBLE.contains(&c))
}

/// A text for people: full-width letters and digits narrowed, white space reduced to single spaces, and dropped between
/// two Chinese characters. Punctuation stays as the ledger spells it.
pub(crate) fn tidy(text: &str) -> String {
    if is_tidy(text) {
        return text.to_owned();
    }
    let mut tidy = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !INVISIBLE.contains(c)) {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        let c = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        };
        if gap && tidy.chars().next_back().is_some_and(|before| before.is_ascii() || c.is_ascii()) {
            tidy.push(' ');
        }
        gap = false;
        tidy.push(c);
    }
    tidy
}

/// Whether [`tidy`] leaves a text as it is, for plain ASCII, which most cells of a ledger are.
fn is_tidy(text: &str) -> bool {
    let is_spaced = || text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !is_spaced()
}

/// A note keeps its line breaks; other control characters go.
pub(super) fn note(text: &str) -> String {
    let kept: String =
        text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| *c == '\n' || !c.is_control()).collect();
    kept.trim().to_owned()
}

/// Whether the cell only says that there is nothing to say.
pub(crate) fn says_nothing(tidied: &str) -> bool {
    // Nearly every cell is told by its first character to say something.
    let first = narrowed(tidied).find(|c| *c != ' ');
    if first.is_some_and(|first| !begins_nothing(first)) {
        return false;
    }
    let narrowed = narrow(tidied);
    let word = narrowed.trim();
    word.is_empty() || NOTHING.iter().any(|nothing| nothing.eq_ignore_ascii_case(word)) || has_failed(word)
}

/// Whether a word of [`NOTHING`] or [`FAILED`] begins so.
fn begins_nothing(first: char) -> bool {
    NOTHING
        .iter()
        .chain(&FAILED)
        .any(|word| word.chars().next().is_some_and(|known| known.eq_ignore_ascii_case(&first)))
}

/// Whether the cell is a formula that failed: it should say something, and does not.
pub(crate) fn has_failed(cell: &str) -> bool {
    FAILED.contains(&cell.trim())
}

/// Serials, tags and order numbers: narrowed, without white space around them.
pub(crate) fn code(text: &str) -> String {
    narrow(text).trim().to_owned()
}

/// What two spellings of the same name have in common: narrow, without spaces, in upper case.
pub(crate) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in narrowed(text).filter(|c| *c != ' ') {
        if c.is_ascii() {
            key.push(c.to_ascii_uppercase());
        } else {
            key.extend(c.to_uppercase());
        }
    }
    key
}

/// A rack's name, normalised. A code (at most two letters, then digits and dashes) loses its spaces and gets capitals,
/// so that `ａ 10` is `A10`; any other name keeps its words.
pub(super) fn rack_name(text: &str) -> String {
    let code = key(text);
    let letters = code.chars().take_while(char::is_ascii_alphabetic).count();
    let is_code = letters <= 2 && code.chars().skip(letters).all(|c| c.is_ascii_digit() || c == '-');
    if is_code { code } else { tidy(text) }
}

/// Why a cell is no U position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPosition {
    /// Something else.
    Other,
    /// A date: spreadsheets turn `1-4` into 4 January.
    Date,
}

/// The units a position names, lowest first: `5`, `1-4`, `U1～U4`, `4.0`.
pub(super) fn position(text: &str) -> Result<(u32, u32), NoPosition> {
    let compact = key(text);
    // Most say a number and nothing else; one of up to four digits is never a day.
    if let (1..=4, Some(unit)) = (compact.len(), whole_number(&compact)) {
        return Ok((unit, unit));
    }
    let has_digit = compact.contains(|c: char| c.is_ascii_digit());
    if date(&compact).is_some() || (has_digit && compact.contains(['年', '月', ':'])) {
        return Err(NoPosition::Date);
    }
    // A remark in brackets says on which side, or how high.
    let (compact, remark) = match compact.split_once('(') {
        Some((units, remark)) if !units.is_empty() => (units, remark.trim_end_matches(')')),
        _ => (compact.as_str(), ""),
    };
    let ends = ends_of(compact)?;
    // `2U(3-4)` may mean either; `1-4(4U)` says the same twice.
    let says_same = || whole_number(remark.trim_end_matches('U')) == Some(ends.1 - ends.0 + 1);
    if remark.contains(|c: char| c.is_ascii_digit()) && !says_same() {
        return Err(NoPosition::Other);
    }
    Ok(ends)
}

/// The units that a position without remarks names.
fn ends_of(compact: &str) -> Result<(u32, u32), NoPosition> {
    let spelled: String = compact
        .chars()
        .filter(|c| !matches!(c, 'U' | '位' | '第'))
        .map(|c| if matches!(c, '~' | '–' | '—' | '−' | '至' | '到') { '-' } else { c })
        .collect();
    if let Some(ends) = enumerated(&spelled) {
        return Ok(ends);
    }
    let mut ends = spelled.split('-').map(whole_number);
    let (first, last, more) = (ends.next().flatten(), ends.next(), ends.next());
    match (first, last, more) {
        (Some(only), None, None) => Ok((only, only)),
        (Some(a), Some(Some(b)), None) => Ok((a.min(b), a.max(b))),
        _ => Err(NoPosition::Other),
    }
}

/// Units named one by one, without a gap: `5、6、7`.
fn enumerated(spelled: &str) -> Option<(u32, u32)> {
    let numbers: Vec<u32> = spelled.split(['、', ',', '/']).map(whole_number).collect::<Option<_>>()?;
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    let in_a_row = numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    (numbers.len() > 1 && in_a_row).then_some((first, last))
}

/// A rack and units in one cell: `A03-12U`, `A-03 / 12-15U`, `B02柜 5U`. The rack is letters and one number, so that
/// `A03-12-15U` is units 12 to 15; where there is no rack before the units, there is nothing to split.
pub(super) fn rack_and_position(text: &str) -> Option<(String, (u32, u32))> {
    const BETWEEN: [char; 11] = ['-', '/', '_', ':', ',', '、', '柜', '机', '架', '第', '~'];
    let compact = key(text);
    let letters = compact.find(|c: char| c.is_ascii_digit())?;
    let digits = compact.get(letters..)?.find(|c: char| !c.is_ascii_digit())?;
    let (rack, rest) = compact.split_at_checked(letters + digits)?;
    let units = rest.trim_start_matches(BETWEEN);
    // Two numbers with nothing between them are one.
    if units.len() == rest.len() && !rest.starts_with('U') {
        return None;
    }
    let is_marked = units.contains(['U', '位']) || rest.starts_with(['/', '柜', '机']);
    let ends = position(units).ok().filter(|_| is_marked)?;
    Some((rack.to_owned(), ends))
}

/// A whole number, also as spreadsheets write it (`4.0`).
pub(crate) fn whole_number(text: &str) -> Option<u32> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.chars().all(|c| c == '0') => digits,
        Some(_) => return None,
        None => text,
    };
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// A quantity above zero, with or without its measure word: `1`, `2台`.
pub(super) fn quantity(text: &str) -> Option<u32> {
    let narrowed = narrow(text);
    let number = narrowed.trim().trim_end_matches(['台', '个', '套', '块', '组', '件']).trim_end();
    whole_number(number).filter(|count| *count > 0)
}

/// A height in units: `4`, `4U`.
pub(super) fn height(text: &str) -> Option<u16> {
    let compact = key(text);
    let count = whole_number(compact.trim_end_matches('U'))?;
    u16::try_from(count).ok().filter(|units| *units > 0)
}

/// A calendar date: `2021/4/23`, `2022-09-01`, `2023.9.7`, `2024年1月12日`, `20240112`, with or without a time of day,
/// or the day number that a spreadsheet shows when the cell has lost its date format.
pub(crate) fn date(text: &str) -> Option<Date> {
    let narrowed = narrow(text);
    let compact: String = if narrowed.contains('年') {
        narrowed.chars().filter(|c| *c != ' ').collect()
    } else {
        narrowed.trim().split([' ', 'T']).next().unwrap_or_default().to_owned()
    };
    if compact.chars().all(|c| c.is_ascii_digit()) {
        return match compact.len() {
            8 => ymd(compact.get(..4)?, compact.get(4..6)?, compact.get(6..)?),
            5 => spreadsheet_day(compact.parse().ok()?),
            _ => None,
        };
    }
    let spelled = compact.trim_end_matches(['日', '号']).replace(['年', '月', '/', '.'], "-");
    let mut parts = spelled.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (year.len() == 4 && parts.next().is_none()).then(|| ymd(year, month, day)).flatten()
}

fn ymd(year: &str, month: &str, day: &str) -> Option<Date> {
    let number = |text: &str| -> Option<i16> {
        (!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let month = i8::try_from(number(month)?).ok()?;
    let day = i8::try_from(number(day)?).ok()?;
    Date::new(number(year)?, month, day).ok()
}

/// Days since 1899-12-30, between 1954 and 2119: what spreadsheets count.
fn spreadsheet_day(day: i32) -> Option<Date> {
    (20_000..=80_000).contains(&day).then(|| Date::constant(1899, 12, 30).checked_add(day.days()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn dates_are_read_in_every_spelling_of_the_ledgers() {
        let cases = [
            ("2021/4/23", Some(day(2021, 4, 23))),
            ("2022-09-01", Some(day(2022, 9, 1))),
            ("2022-09-01 00:00:00", Some(day(2022, 9, 1))),
            ("2022-09-01T08:00:00", Some(day(2022, 9, 1))),
            ("2023.9.7", Some(day(2023, 9, 7))),
            ("2024年1月12日", Some(day(2024, 1, 12))),
            ("２０２４年 1 月 12 日", Some(day(2024, 1, 12))),
            ("20240112", Some(day(2024, 1, 12))),
            ("44805", Some(day(2022, 9, 1))),
            ("2024年1月", None),
            ("23/1/5", None),
            ("2023-02-30", None),
            ("去年年底", None),
            ("", None),
            ("---", None),
        ];
        for (spelled, expected) in cases {
            assert_eq!(date(spelled), expected, "{spelled:?}");
        }
    }

    #[test]
    fn positions_are_read_or_refused_with_a_reason() {
        let cases = [
            ("5", Ok((5, 5))),
            ("1-4", Ok((1, 4))),
            ("4-1", Ok((1, 4))),
            ("U01～U04", Ok((1, 4))),
            ("１－４Ｕ", Ok((1, 4))),
            ("第5至6U位", Ok((5, 6))),
            ("4.0", Ok((4, 4))),
            ("99999", Ok((99_999, 99_999))),
            ("4.5", Err(NoPosition::Other)),
            ("1-4,9", Err(NoPosition::Other)),
            ("-3", Err(NoPosition::Other)),
            ("1--4", Err(NoPosition::Other)),
            ("中部", Err(NoPosition::Other)),
            ("U", Err(NoPosition::Other)),
            ("2026-01-04", Err(NoPosition::Date)),
            ("1月4日", Err(NoPosition::Date)),
            ("审核：李四", Err(NoPosition::Other)),
            ("9-10（后）", Ok((9, 10))),
            ("1-4（4U）", Ok((1, 4))),
            ("2U(3-4)", Err(NoPosition::Other)),
        ];
        for (spelled, expected) in cases {
            assert_eq!(position(spelled), expected, "{spelled:?}");
        }
    }

    #[test]
    fn names_lose_what_typing_left_in_them() {
        assert_eq!(tidy(" 云山市\u{3000}财政局\u{3000}"), "云山市财政局", "ideographic spaces go");
        assert_eq!(tidy("UniServer  R4900 Ｇ５"), "UniServer R4900 G5", "words stay apart");
        assert_eq!(tidy("一号机房（Ａ区）"), "一号机房（A区）", "punctuation stays as it is spelled");
        let racks = [("Ａ１０", "A10"), ("a 10", "A10"), ("Comms  closet", "Comms closet"), ("Plant 1", "Plant 1")];
        for (spelled, expected) in racks {
            assert_eq!(rack_name(spelled), expected, "{spelled:?}");
        }
        assert_eq!(quantity("２台"), Some(2), "measure words are no obstacle");
        assert_eq!(quantity("0"), None, "nothing is no quantity");
        assert!(says_nothing("Ｎ／Ａ") && says_nothing("　") && !says_nothing("NAS"), "placeholders are whole words");
    }
}
