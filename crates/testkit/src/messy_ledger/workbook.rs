//! The sheet as an XLSX workbook: the same bytes on every run.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use super::{
    EMPTY_TAIL, HEADINGS, TITLE,
    rows::{AssetRow, Mounted},
};

const POSITION: usize = 3;
const QUANTITY: usize = 8;
const MOUNTED: usize = 11;
const NOTE: usize = 13;

/// Writes title, headings, rows, totals and an empty tail that only has borders.
pub(super) fn write(rows: &[AssetRow]) -> Result<Vec<u8>, XlsxError> {
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let heading = Format::new().set_bold().set_border(FormatBorder::Thin).set_background_color("#DDEBF7");
    let plain = Format::new().set_border(FormatBorder::Thin);
    let wrapped = Format::new().set_border(FormatBorder::Thin).set_text_wrap();
    let date = Format::new().set_border(FormatBorder::Thin).set_num_format("yyyy-mm-dd");

    let mut workbook = Workbook::new();
    // Without it the current time would stand in the file, and each run would differ.
    let made_on = ExcelDateTime::from_ymd(2026, 10, 8)?;
    workbook.set_properties(&DocProperties::new().set_title(TITLE).set_creation_datetime(&made_on));
    let sheet = workbook.add_worksheet();
    sheet.set_name("云资源台账")?;
    sheet.merge_range(0, 0, 0, column(HEADINGS.len() - 1), TITLE, &title)?;
    for (at, text) in HEADINGS.iter().enumerate() {
        sheet.write_with_format(1, column(at), *text, &heading)?;
    }
    let mut line = 2;
    for (at, row) in rows.iter().enumerate() {
        for (place, text) in row.cells(at + 1).iter().enumerate() {
            let whole = text.parse::<u32>().ok().filter(|_| matches!(place, 0 | POSITION | QUANTITY));
            match (&row.mounted, whole) {
                (Mounted::Cell(year, month, day), _) if place == MOUNTED => {
                    // Years, months and days of the invented site fit their types.
                    let year = u16::try_from(*year).unwrap_or(2024);
                    let (month, day) = (u8::try_from(*month).unwrap_or(1), u8::try_from(*day).unwrap_or(1));
                    let day = ExcelDateTime::from_ymd(year, month, day)?;
                    sheet.write_datetime_with_format(line, column(place), &day, &date)?;
                }
                (_, Some(number)) => {
                    sheet.write_number_with_format(line, column(place), number, &plain)?;
                }
                _ if text.is_empty() => {
                    sheet.write_blank(line, column(place), &plain)?;
                }
                _ => {
                    let format = if place == NOTE { &wrapped } else { &plain };
                    sheet.write_string_with_format(line, column(place), text, format)?;
                }
            }
        }
        line += 1;
    }
    sheet.write_with_format(line, 1, "合计", &heading)?;
    sheet.write_with_format(line, 4, u32::try_from(rows.len()).unwrap_or(u32::MAX), &heading)?;
    for _ in 0..EMPTY_TAIL {
        line += 1;
        for at in 0..HEADINGS.len() {
            sheet.write_blank(line, column(at), &plain)?;
        }
    }
    for (at, width) in [6, 26, 10, 8, 12, 10, 16, 26, 6, 34, 14, 14, 8, 28].into_iter().enumerate() {
        sheet.set_column_width(column(at), width)?;
    }
    sheet.set_freeze_panes(2, 0)?;
    workbook.save_to_buffer()
}

/// A sheet has 14 columns; their numbers fit.
fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
