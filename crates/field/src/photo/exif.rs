//! What a photo claims about itself in EXIF. Claims, not facts: anyone can write them.
//!
//! Photos often come with no EXIF or a broken one (messengers strip it), and that is no reason to refuse them.

use std::io::Cursor;

use ::exif::{In, Reader, Tag, Value};

/// Longest claim kept; the standard's form has 19 characters.
const MAX_TIME_CHARS: usize = 40;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    /// 1 to 8; 1, upright, where nothing or nonsense is claimed.
    pub orientation: u8,
    /// DateTimeOriginal, as written.
    pub time: Option<String>,
}

pub(super) fn claims(bytes: &[u8]) -> Claims {
    let Ok(exif) = Reader::new().read_from_container(&mut Cursor::new(bytes)) else {
        return Claims { orientation: 1, time: None };
    };
    let orientation = exif
        .get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
        .unwrap_or(1);
    let time = exif.get_field(Tag::DateTimeOriginal, In::PRIMARY).and_then(|field| match &field.value {
        Value::Ascii(lines) => lines.first().and_then(|line| readable(line)),
        _ => None,
    });
    Claims { orientation, time }
}

/// The text without padding, where it is one that can be shown: it goes into a signed record and onto screens.
fn readable(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?.trim_matches([' ', '\0']);
    // “    :  :     :  :  ” is the standard's way of not saying.
    let says_something = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_plain = text.len() <= MAX_TIME_CHARS && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    (says_something && is_plain).then(|| text.to_owned())
}
