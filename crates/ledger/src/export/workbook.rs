//! Tables as sheets of a workbook.

use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use xunjian_domain::text::{Language, Text};

use super::ExportError;
use crate::listing::Cell;

/// Widest column, in characters.
const WIDEST: usize = 40;
/// Longest name of a sheet, in UTF-16 units, with room for a number behind it.
const LONGEST_NAME: usize = 26;
/// The first year whose days every spreadsheet program counts alike; 1900 was no leap year, but some think so.
const FIRST_YEAR: i16 = 1901;

/// A workbook while it is written.
pub struct Book {
    workbook: Workbook,
    names: Vec<String>,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// Without sheets. The time of making is left out, so that the same tables give the same bytes.
    #[must_use]
    pub fn new() -> Self {
        let mut workbook = Workbook::new();
        if let Ok(never) = ExcelDateTime::from_ymd(2000, 1, 1) {
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&never));
        }
        Self { workbook, names: Vec::new() }
    }

    /// Adds a sheet: headings that stay in view, then one row for each line, numbered.
    ///
    /// # Errors
    ///
    /// [`ExportError::TooLarge`].
    pub fn add_sheet(
        &mut self,
        name: &str,
        headings: &[String],
        lines: impl IntoIterator<Item = Vec<Cell>>,
        language: Language,
    ) -> Result<(), ExportError> {
        let name = self.free_name(name);
        let formats = Formats::new();
        let sheet = self.workbook.add_worksheet();
        let mut widths = Vec::new();
        write(sheet, &name, headings, lines, language, &formats, &mut widths).map_err(|why| told(&name, &why))?;
        self.names.push(name.to_lowercase());
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// [`ExportError::NotWritten`].
    pub fn into_bytes(mut self) -> Result<Vec<u8>, ExportError> {
        self.workbook.save_to_buffer().map_err(|why| ExportError::NotWritten(why.to_string()))
    }

    /// The name without what names of sheets must not hold, and another one than all sheets have so far.
    fn free_name(&self, wanted: &str) -> String {
        let clean: String = wanted
            .chars()
            .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() { ' ' } else { c })
            .collect();
        let mut name = String::new();
        let mut units = 0;
        for c in clean.trim().trim_matches('\'').chars() {
            units += c.len_utf16();
            if units > LONGEST_NAME {
                break;
            }
            name.push(c);
        }
        if name.is_empty() {
            name.push('-');
        }
        let is_taken = |name: &str| self.names.contains(&name.to_lowercase());
        if !is_taken(&name) {
            return name;
        }
        (2_usize..).map(|number| format!("{name} {number}")).find(|name| !is_taken(name)).unwrap_or(name)
    }
}

struct Formats {
    heading: Format,
    text: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            heading: Format::new().set_bold().set_align(FormatAlign::Center),
            // The mark of a text keeps a cell one when somebody edits it, also when it begins with `=`.
            text: Format::new().set_num_format("@").set_quote_prefix(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
        }
    }
}

fn write(
    sheet: &mut Worksheet,
    name: &str,
    headings: &[String],
    lines: impl IntoIterator<Item = Vec<Cell>>,
    language: Language,
    formats: &Formats,
    widths: &mut Vec<usize>,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    let number = Text::new("序号", "No.");
    let headings = std::iter::once(number.get(language)).chain(headings.iter().map(String::as_str));
    for (at, heading) in (0_u16..).zip(headings) {
        sheet.write_string_with_format(0, at, heading, &formats.heading)?;
        widths.push(width(heading));
    }
    for (row, cells) in (1_u32..).zip(lines) {
        sheet.write_number(row, 0, row)?;
        for ((at, cell), widest) in (1_u16..).zip(&cells).zip(widths.iter_mut().skip(1)) {
            match cell {
                Cell::Number(number) => sheet.write_number(row, at, *number)?,
                Cell::Measure(value) => sheet.write_number(row, at, value.to_f64())?,
                Cell::Day(day) if day.year() >= FIRST_YEAR => {
                    sheet.write_datetime_with_format(row, at, day_of(*day)?, &formats.day)?
                }
                cell => {
                    let text = cell.say(language);
                    if text.is_empty() {
                        continue;
                    }
                    *widest = (*widest).max(width(&text));
                    sheet.write_string_with_format(row, at, text, &formats.text)?
                }
            };
        }
    }
    for (at, width) in (0_u16..).zip(widths.iter()) {
        sheet.set_column_width(at, f64::from(u8::try_from((*width + 2).min(WIDEST)).unwrap_or(u8::MAX)))?;
    }
    Ok(())
}

fn day_of(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(1901), part(day.month()), part(day.day()))
}

/// In columns of a fixed font: a Chinese character takes two.
fn width(text: &str) -> usize {
    text.lines().map(|line| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()).max().unwrap_or(0)
}

fn told(sheet: &str, why: &XlsxError) -> ExportError {
    match why {
        XlsxError::MaxStringLengthExceeded => ExportError::TooLarge(Text::new(
            format!("工作表“{sheet}”有超过 32767 字的单元格，Excel 放不下。请先缩短该备注，或导出为 NetBox CSV。"),
            format!(
                "A cell of the sheet \"{sheet}\" is longer than the 32,767 characters that a worksheet holds. Shorten it, or export NetBox CSV."
            ),
        )),
        XlsxError::RowColumnLimitError => ExportError::TooLarge(Text::new(
            format!("工作表“{sheet}”超过 1048576 行，Excel 放不下。请导出为 NetBox CSV。"),
            format!(
                "The sheet \"{sheet}\" has more than the 1,048,576 rows that a worksheet holds. Export NetBox CSV."
            ),
        )),
        why => ExportError::NotWritten(why.to_string()),
    }
}
