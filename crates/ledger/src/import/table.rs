//! From a file to the tables in it, and from a table to its data rows.

use super::{
    ImportError, SourceFile,
    budget::{Budget, Exceeded},
    cell::{code, key, note, says_nothing, tidy},
    csv_text,
    heading::{Column, Header, TableKind},
    message, workbook,
};

/// The words of a totals row, without spaces.
const TOTALS: [&str; 8] = ["合计", "总计", "小计", "共计", "TOTAL", "TOTALS", "SUBTOTAL", "GRANDTOTAL"];

/// All cells of one sheet as text.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The sheet's name, if it is one of a workbook.
    pub(super) name: Option<String>,
    /// Rows from top to bottom; blank ones may be missing.
    pub(super) rows: Vec<SheetRow>,
}

/// One row of a sheet.
#[derive(Debug)]
pub(super) struct SheetRow {
    /// As the spreadsheet numbers it, from 1.
    pub(super) number: u32,
    /// From the first column on; trailing blank cells may be missing.
    pub(super) cells: Vec<String>,
}

/// A sheet with a heading row.
#[derive(Debug)]
pub(super) struct Table {
    /// For messages: `ledger.xlsx` or `ledger.xlsx［A区］`.
    pub(super) source: String,
    /// The file alone.
    pub(super) file: String,
    /// The sheet alone; empty for text files.
    pub(super) sheet: String,
    /// Its heading row.
    pub(super) header: Header,
    rows: Vec<SheetRow>,
}

/// One data row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t> {
    /// The table it stands in.
    pub(super) table: &'t Table,
    sheet_row: &'t SheetRow,
}

/// The tables of a file that are of a wanted kind. Sheets of a workbook without any are passed over, as long as one has.
pub(super) fn tables_of(
    file: &SourceFile,
    wanted: &[TableKind],
    budget: &mut Budget,
) -> Result<Vec<Table>, ImportError> {
    let unreadable = |text| ImportError::Unreadable { file: file.name.clone(), text };
    let sheets = if workbook::is_zip(&file.bytes) {
        workbook::open(&file.bytes, budget).map_err(|why| unreadable(message::broken_workbook(&file.name, &why)))?
    } else if workbook::is_ole(&file.bytes) {
        return Err(unreadable(message::old_workbook(&file.name)));
    } else {
        let text = csv_text::decode(&file.bytes).ok_or_else(|| unreadable(message::broken_text(&file.name)))?;
        let sheet = sheet_of_text(&text, wanted, budget);
        sheet.map_err(|Exceeded| unreadable(message::too_large(&file.name)))?.into_iter().collect()
    };
    let many = sheets.len() > 1;
    let tables: Vec<Table> = sheets
        .into_iter()
        .filter_map(|sheet| {
            let header = Header::find(&sheet, wanted)?;
            let source = match &sheet.name {
                Some(name) if many => format!("{}［{name}］", file.name),
                _ => file.name.clone(),
            };
            let (file, name) = (file.name.clone(), sheet.name.clone().unwrap_or_default());
            Some(Table { source, file, sheet: name, header, rows: sheet.rows })
        })
        .collect();
    if tables.is_empty() {
        return Err(ImportError::NoHeader { file: file.name.clone(), text: message::no_header(&file.name, wanted) });
    }
    Ok(tables)
}

/// The separator is the one that shows most headings; of equals the likelier one, which comes first.
fn sheet_of_text(text: &str, wanted: &[TableKind], budget: &mut Budget) -> Result<Option<Sheet>, Exceeded> {
    let mut best: Option<(usize, Sheet, Budget)> = None;
    let mut is_exceeded = false;
    for separator in csv_text::SEPARATORS {
        let mut left = *budget;
        match csv_text::split(text, separator, &mut left) {
            Ok(Some(sheet)) => {
                let width = Header::find(&sheet, wanted).map_or(0, |header| header.width());
                if best.as_ref().is_none_or(|(widest, ..)| width > *widest) {
                    best = Some((width, sheet, left));
                }
            }
            Ok(None) => {}
            Err(Exceeded) => is_exceeded = true,
        }
    }
    match best {
        Some((width, sheet, left)) if width > 0 || !is_exceeded => {
            *budget = left;
            Ok(Some(sheet))
        }
        _ if is_exceeded => Err(Exceeded),
        _ => Ok(None),
    }
}

impl Table {
    /// The rows below the heading that are neither blank nor totals.
    pub(super) fn data_rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows
            .iter()
            .filter(|row| row.number > self.header.row)
            .map(|sheet_row| Row { table: self, sheet_row })
            .filter(|row| !row.is_blank() && !row.is_total())
    }
}

impl Row<'_> {
    /// As the spreadsheet numbers it.
    pub(super) fn number(&self) -> u32 {
        self.sheet_row.number
    }

    /// The cell as it stands in the file; empty where there is none.
    pub(super) fn raw(&self, column: Column) -> &str {
        let at = self.table.header.place(column);
        at.and_then(|at| self.sheet_row.cells.get(at)).map_or("", String::as_str)
    }

    /// The cell as a text for people; empty when it only says that there is nothing.
    pub(super) fn text(&self, column: Column) -> String {
        Some(tidy(self.raw(column))).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    /// The cell as a serial, tag or number; empty when it only says that there is nothing.
    pub(super) fn code(&self, column: Column) -> String {
        Some(code(self.raw(column))).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    /// The remarks of the row.
    pub(super) fn note(&self) -> String {
        note(self.raw(Column::Note))
    }

    /// Whether no cell, not even one without heading, holds anything.
    fn is_blank(&self) -> bool {
        self.sheet_row.cells.iter().all(|cell| tidy(cell).is_empty())
    }

    /// Whether the row sums up others: its first filled cell among the first three says so, and it names no rack,
    /// cluster or unit, which only a row of its own has (a virtual machine may well be called `total`).
    fn is_total(&self) -> bool {
        let says_total = |cell: &str| {
            let word = key(cell);
            let word = word.split(['(', ':']).next().unwrap_or_default();
            TOTALS.contains(&word)
        };
        let first = self.sheet_row.cells.iter().take(3).find(|cell| !tidy(cell).is_empty());
        let anchor = match self.table.header.kind {
            TableKind::Assets => Column::Rack,
            TableKind::Racks => Column::Room,
            TableKind::VirtualMachines => Column::Cluster,
            TableKind::Orders => Column::OwningUnit,
        };
        let anchored = self.raw(anchor);
        first.is_some_and(|cell| says_total(cell)) && (tidy(anchored).is_empty() || says_total(anchored))
    }
}
