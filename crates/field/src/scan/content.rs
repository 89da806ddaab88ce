//! What a code says, from its bytes.
//!
//! A QR code rarely names its character set. Vendors' stickers hold UTF-8, or GBK as Chinese tools write it; rxing takes GBK
//! for Japanese or Latin. So bytes that are not plain are judged here: UTF-8 where they are that, else GB 18030 where most of
//! it is everyday Chinese, else what rxing makes of them. Deliberately not here: what the text means.

use encoding_rs::GB18030;
use rxing::common::cpp_essentials::DecoderResult;

/// The text of a read code, and whether it is one: what is no text in any of these sets comes as a `data:` address (RFC
/// 2397), so that a page can show that there is a code and that it holds something else. `None` for an empty code.
pub(super) fn content_of(read: &DecoderResult<bool>) -> Option<(String, bool)> {
    let content = read.content();
    let bytes = content.bytes();
    if bytes.is_empty() {
        return None;
    }
    // A set that the code names is followed, unless the bytes are not of it: rxing leaves those out without a word.
    if content.has_eci {
        let text = read.text();
        let is_whole = !text.is_empty() && !text.contains('\u{fffd}');
        return Some(if is_whole { (text, true) } else { unnamed(bytes, None) });
    }
    Some(unnamed(bytes, Some(read.text())))
}

fn unnamed(bytes: &[u8], otherwise: Option<String>) -> (String, bool) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_readable(text)
    {
        return (text.to_owned(), true);
    }
    if let Some(text) = half_width_japanese(bytes) {
        return (text, true);
    }
    if let Some(text) = chinese(bytes).filter(|text| is_readable(text)) {
        return (text, true);
    }
    match otherwise.filter(|text| is_readable(text)) {
        Some(text) => (text, true),
        None => (format!("data:application/octet-stream;base64,{}", data_encoding::BASE64.encode(bytes)), false),
    }
}

/// Hardly any characters that only data has: of control characters line ends, tabs and the separators of GS1 and ISO 15434
/// are common, others are rare, and nothing and what Latin sets leave empty are never written.
fn is_readable(text: &str) -> bool {
    let is_never = |c: char| matches!(c, '\0' | '\u{7f}'..='\u{9f}' | '\u{fffd}');
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1c}'..='\u{1f}' | '\u{4}');
    let odd = text.chars().filter(is_odd).count();
    !text.is_empty() && !text.chars().any(is_never) && odd * 4 <= text.chars().count()
}

/// Half-width katakana in Shift JIS is everyday Chinese in GBK, byte for byte. Two of its sounding marks, each behind a sound
/// that takes one, and no byte beyond it, is what hardly any Chinese has.
fn half_width_japanese(bytes: &[u8]) -> Option<String> {
    let (mut marks, mut before, mut at) = (0, 0u8, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            0x81..=0x9f => at += 1,
            0xe0.. | 0x80 | 0xa0 => return None,
            // ウ, カ to ト and ハ to ホ take the mark ゛.
            0xde if matches!(before, 0xb3 | 0xb6..=0xc4 | 0xca..=0xce) => marks += 1,
            _ => {}
        }
        before = byte;
        at += 1;
    }
    let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)?;
    (marks >= 2).then(|| text.into_owned())
}

/// The bytes as GB 18030, where most of the characters of two bytes are of GB 2312, which has the everyday ones. In
/// Japanese Shift JIS or in Latin text hardly any are.
fn chinese(bytes: &[u8]) -> Option<String> {
    let (mut pairs, mut everyday, mut at) = (0, 0, 0);
    while let Some(&lead) = bytes.get(at) {
        if lead.is_ascii() {
            at += 1;
            continue;
        }
        let trail = *bytes.get(at + 1)?;
        pairs += 1;
        // Rows 1 to 9 are signs, 16 to 87 characters.
        let is_of_2312 = (0xa1..=0xa9).contains(&lead) || (0xb0..=0xf7).contains(&lead);
        everyday += usize::from(is_of_2312 && trail >= 0xa1);
        at += if trail.is_ascii_digit() { 4 } else { 2 };
    }
    if everyday * 3 < pairs * 2 {
        return None;
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, bool) {
        unnamed(bytes, Some("as rxing has it".to_owned()))
    }

    #[test]
    fn chinese_in_either_set_comes_out_as_written() {
        for text in ["机柜A-01", "资产编号：ZC-2024-0017；联通", "维保电话 400-800", "镕堃喆的交换机标签"]
        {
            assert_eq!(read(text.as_bytes()), (text.to_owned(), true), "UTF-8");
            let (gbk, _, _) = encoding_rs::GBK.encode(text);
            assert_eq!(read(&gbk), (text.to_owned(), true), "GBK");
        }
        let rare = "设备间编号𠮷01标签";
        let (four_bytes, _, _) = GB18030.encode(rare);
        assert_eq!(read(&four_bytes).0, rare, "characters of four bytes");
    }

    #[test]
    fn japanese_and_latin_are_left_to_rxing() {
        let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("携帯サイトはこちら");
        assert_eq!(read(&japanese).0, "as rxing has it");
        let (narrow, _, _) = encoding_rs::SHIFT_JIS.encode("ﾃﾞｻﾞｲﾝQR");
        assert_eq!(read(&narrow).0, "ﾃﾞｻﾞｲﾝQR", "as Chinese it would be 棉晦草QR");
        assert_eq!(read(b"caf\xe9 au lait").0, "as rxing has it");
    }

    #[test]
    fn data_is_named_as_data() {
        let bytes = [0u8, 1, 2, 0x80, 0xff, 7];
        let (text, is_text) = unnamed(&bytes, Some("\u{0}\u{1}".to_owned()));
        assert!(!is_text, "{text} is no text");
        assert_eq!(text, "data:application/octet-stream;base64,AAECgP8H");
    }
}
