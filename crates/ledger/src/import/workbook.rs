//! XLSX workbooks as rows of cells.
//!
//! Rows are read one by one and only filled ones are kept: a sheet whose formatting reaches down to the last row of
//! the grid must not cost memory for a million empty rows.

use std::{collections::BTreeMap, io::Cursor, panic};

use calamine::{DataRef, Dimensions, Reader, SheetVisible, Xlsx, XlsxError};

use super::{
    budget::{Budget, Exceeded, WIDTH},
    container,
    table::{Sheet, SheetRow},
};

/// Why a workbook was not read.
#[derive(Debug)]
pub(super) enum NoWorkbook {
    /// The container or its XML is broken.
    Broken(String),
    /// It holds more than any ledger, or says it does.
    TooLarge,
}

impl From<Exceeded> for NoWorkbook {
    fn from(_: Exceeded) -> Self {
        Self::TooLarge
    }
}

impl From<XlsxError> for NoWorkbook {
    fn from(error: XlsxError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Whether the bytes are a zip container, which is what an XLSX file is.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether the bytes are an OLE container: an old `.xls` or a workbook with a password.
pub(super) fn is_ole(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0")
}

/// All visible sheets of a workbook.
pub(super) fn open(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Sheet>, NoWorkbook> {
    // The file comes from outside, and a parser that panics on a crafted one must not take the service's task along. One that
    // asks for too much memory would take the whole process along; `container` sees to that.
    let before = *budget;
    let (sheets, after) = panic::catch_unwind(|| {
        let mut budget = before;
        let has_merged = container::check(bytes)?;
        Ok((read_sheets(bytes, has_merged, &mut budget)?, budget))
    })
    .unwrap_or_else(|_| Err(NoWorkbook::Broken("parser stopped".to_owned())))?;
    *budget = after;
    Ok(sheets)
}

fn read_sheets(bytes: &[u8], has_merged: bool, budget: &mut Budget) -> Result<Vec<Sheet>, NoWorkbook> {
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    let visible: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut sheets = Vec::new();
    for name in visible {
        let mut rows = filled_cells(&mut workbook, &name, budget)?;
        if has_merged {
            fill_merged(&mut rows, &workbook.merge_cells_by_sheet_name(&name)?, budget)?;
        }
        let rows = rows
            .into_iter()
            .map(|(row, cells)| SheetRow { number: row.saturating_add(1), cells: cells.iter().collect() })
            .collect();
        sheets.push(Sheet { name: Some(name), rows });
    }
    Ok(sheets)
}

type Rows = BTreeMap<u32, Vec<String>>;

fn filled_cells(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, budget: &mut Budget) -> Result<Rows, NoWorkbook> {
    let mut rows = Rows::new();
    let mut reader = workbook.worksheet_cells_reader(name)?;
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        let text = text_of(cell.get_value());
        let column = column as usize;
        if text.is_empty() || column >= WIDTH {
            continue;
        }
        put(rows.entry(row).or_default(), column, text, budget)?;
    }
    Ok(rows)
}

/// A cell merged over several rows means all of them, as long as a row has something of its own: the room and the rack
/// are often merged down. Merged across, it is a title and stays where it is.
fn fill_merged(rows: &mut Rows, merged: &[Dimensions], budget: &mut Budget) -> Result<(), NoWorkbook> {
    for region in merged {
        let ((top, column), (bottom, _)) = (region.start, region.end);
        let column = column as usize;
        if bottom <= top || column >= WIDTH {
            continue;
        }
        let Some(text) = rows.get(&top).and_then(|cells| cells.get(column)).cloned() else { continue };
        for (_, cells) in rows.range_mut(top..=bottom) {
            put(cells, column, text.clone(), budget)?;
        }
    }
    Ok(())
}

fn put(cells: &mut Vec<String>, column: usize, text: String, budget: &mut Budget) -> Result<(), Exceeded> {
    if cells.is_empty() {
        budget.take_row()?;
    }
    budget.take_cell((column + 1).saturating_sub(cells.len()), &text)?;
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    if let Some(cell) = cells.get_mut(column) {
        *cell = text;
    }
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        // `Display` for f64 prints whole numbers without a fraction and never in scientific notation.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        // A time of day alone is no day.
        DataRef::DateTime(at) if at.is_datetime() && at.as_f64() < 1.0 => {
            let (.., hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                // Ledgers know days; monitoring data knows moments.
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}
