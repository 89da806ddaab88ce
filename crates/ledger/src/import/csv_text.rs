//! CSV text as rows of cells: which encoding, which separator, which row number.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::{
    budget::{Budget, Exceeded, WIDTH},
    cells::Cells,
    table::{Sheet, SheetRow},
};
use crate::export::{COMPUTED, TEXT_MARK};

/// The separators in use, the likeliest first.
pub(super) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Most separators of one line: the last column of a spreadsheet is XFD.
const MOST_SEPARATORS: usize = 16_384;

/// The text of a file: by its byte order mark, or UTF-8 where it is valid, or GB18030 (which contains GBK and GB 2312).
///
/// `None` when it is none of them. A broken character is never replaced: it might stand in a serial number.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, length)| (encoding, bytes.get(length..).unwrap_or_default()));
    let (encoding, content) = match marked {
        Some((encoding, content)) => (encoding, content),
        _ if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        _ => (GB18030, bytes),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(content)?;
    // One kind of line end, so that rows can be counted; a file that ends without one gets it.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into_owned() };
    Some(text + "\n")
}

/// Splits decoded text into rows without their blank ends. `None` only if the CSV reader itself gives up.
pub(super) fn split(text: &str, separator: u8, budget: &mut Budget) -> Result<Option<Sheet>, Exceeded> {
    // The reader remembers where each cell of a row ends, before anyone can look at the row.
    if text.lines().any(|line| line.bytes().filter(|byte| *byte == separator).count() > MOST_SEPARATORS) {
        return Err(Exceeded);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut breaks_inside = 0u64;
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(Some(Sheet { name: None, rows })),
            Err(_) => return Ok(None),
        }
        breaks_inside += record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        // The reader stands on the line after the record. Quoted breaks are lines of the file but not rows of the sheet.
        let number = reader.position().line().saturating_sub(1 + breaks_inside);
        budget.take_row()?;
        let filled = record.iter().take(WIDTH).enumerate().filter(|(_, cell)| !cell.is_empty()).last();
        let width = filled.map_or(0, |(last, _)| last + 1);
        let mut cells = Cells::with_capacity(width, record.as_slice().len());
        for cell in record.iter().take(width) {
            budget.take_cell(1, cell)?;
            cells.push(unmarked(cell));
        }
        rows.push(SheetRow { number: u32::try_from(number).unwrap_or(u32::MAX), cells });
    }
}

/// The text behind the apostrophe that keeps a spreadsheet program from computing it.
fn unmarked(cell: &str) -> &str {
    let text = cell.strip_prefix(TEXT_MARK);
    text.filter(|text| text.trim_start_matches(TEXT_MARK).starts_with(COMPUTED)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_line_breaks_and_blank_lines_keep_the_row_numbers_of_a_spreadsheet() {
        let text = decode("a,b\r\n\r\n1,\"x\r\ny\"\r\n\r\n\r\n2,z".as_bytes()).expect("UTF-8");
        let sheet = split(&text, b',', &mut Budget::of_an_import()).expect("small").expect("CSV");
        let numbers: Vec<u32> = sheet.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 3, 6], "blank lines count, a quoted break does not");
        assert_eq!(sheet.rows[1].cells, ["1", "x\ny"].into_iter().collect(), "the break stays in the cell");
    }

    #[test]
    fn encodings_are_told_apart_and_broken_text_is_refused() {
        let rare = "镕堃㛃䶮𠮷";
        let gb18030 = [0xe9, 0x46, 0x88, 0xd2, 0x82, 0x30, 0xb7, 0x31, 0xfe, 0x9f, 0x95, 0x34, 0xb2, 0x35];
        assert_eq!(decode(&gb18030).as_deref(), Some("镕堃㛃䶮𠮷\n"), "rare characters survive GB18030");
        assert_eq!(decode(rare.as_bytes()).as_deref(), Some("镕堃㛃䶮𠮷\n"), "plain UTF-8");
        let mut marked = b"\xef\xbb\xbf".to_vec();
        marked.extend(rare.as_bytes());
        assert_eq!(decode(&marked).as_deref(), Some("镕堃㛃䶮𠮷\n"), "the mark is no part of the text");
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(rare.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).as_deref(), Some("镕堃㛃䶮𠮷\n"), "what spreadsheets call Unicode text");
        assert_eq!(decode(&[b'a', 0xff, 0xff]), None, "nothing is guessed");
    }
}
