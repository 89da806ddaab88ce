//! From a file to the tables in it, and from a table to its data rows.

use xunjian_domain::ledger::AssetKind;

use super::{
    ImportError, PassedOver, SeenTable, SourceFile,
    budget::{Budget, Exceeded},
    cell::{code, has_failed, is_empty, key, note, says_nothing, tidy},
    cells::Cells,
    csv_text,
    heading::{DEEPEST_HEADER, Header, TableKind},
    json,
    mapping::{Field, Mapping},
    message, workbook,
};

/// The words of a totals row, without spaces.
const TOTALS: [&str; 8] = ["合计", "总计", "小计", "共计", "TOTAL", "TOTALS", "SUBTOTAL", "GRANDTOTAL"];

/// Lines of a text file among which headings are looked for, one cell over several lines included.
const LINES_THAT_TELL: usize = 1_000;

/// All cells of one sheet as text.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// The sheet's name, if it is one of a workbook.
    pub(crate) name: Option<String>,
    /// Rows from top to bottom; blank ones may be missing.
    pub(crate) rows: Vec<SheetRow>,
}

/// One row of a sheet.
#[derive(Debug)]
pub(crate) struct SheetRow {
    /// As the spreadsheet numbers it, from 1.
    pub(crate) number: u32,
    /// From the first column on; trailing blank cells may be missing.
    pub(crate) cells: Cells,
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
    /// The room of rows that no column gives one.
    room: Option<String>,
    /// The kind of assets that no column gives one.
    pub(super) kind: Option<AssetKind>,
    /// The heading row as it stands in the file.
    headings: Cells,
    /// The rows below it that are neither blank nor totals.
    rows: Vec<SheetRow>,
}

/// One data row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t> {
    /// The table it stands in.
    pub(super) table: &'t Table,
    sheet_row: &'t SheetRow,
}

/// All sheets of a file, whatever is in them. `width` says how many headings of a sheet are known: of the separators of a text
/// the one that shows most is taken.
pub(crate) fn sheets_of(
    file: &SourceFile,
    width: impl Fn(&Sheet) -> usize,
    budget: &mut Budget,
) -> Result<Vec<Sheet>, ImportError> {
    let unreadable = |text| ImportError::Unreadable { file: file.name.clone(), text };
    if workbook::is_zip(&file.bytes) {
        workbook::open(&file.bytes, budget).map_err(|why| unreadable(message::broken_workbook(&file.name, &why)))
    } else if workbook::is_ole(&file.bytes) {
        Err(unreadable(message::old_workbook(&file.name)))
    } else {
        let text = csv_text::decode(&file.bytes).ok_or_else(|| unreadable(message::broken_text(&file.name)))?;
        if json::is_json(&text) {
            json::sheets(&text, budget).map_err(|why| match why {
                json::NoRows::Broken(detail) => unreadable(message::broken_json(&file.name, &detail)),
                json::NoRows::TooLarge => unreadable(message::too_large(&file.name)),
            })
        } else {
            let sheet = sheet_of_text(&text, width, budget);
            Ok(sheet.map_err(|Exceeded| unreadable(message::too_large(&file.name)))?.into_iter().collect())
        }
    }
}

/// The tables of a file that are of a wanted kind. Sheets of a workbook without any are passed over, as long as one has.
pub(super) fn tables_of(
    file: &SourceFile,
    wanted: &[TableKind],
    mapping: &Mapping,
    budget: &mut Budget,
) -> Result<Tables, ImportError> {
    let width = |sheet: &Sheet| Header::find(sheet, wanted, mapping).map_or(0, |header| header.width());
    let sheets = sheets_of(file, width, budget)?;
    let many = sheets.len() > 1;
    let likely = sheets.iter().find_map(likely_headings);
    let mut found = Tables::default();
    for sheet in sheets {
        let name = sheet.name.clone().unwrap_or_default();
        let Some(header) = Header::find(&sheet, wanted, mapping) else {
            if sheet.rows.iter().any(|row| !is_blank(&row.cells)) {
                found.passed_over.push(PassedOver { file: file.name.clone(), sheet: name });
            }
            continue;
        };
        let source = if many && !name.is_empty() { format!("{}［{name}］", file.name) } else { file.name.clone() };
        let (room, kind) = (mapping.room_of(&sheet), mapping.kind);
        for (header, rows) in parts_of(sheet, header, wanted, mapping) {
            let (source, file, sheet, room) = (source.clone(), file.name.clone(), name.clone(), room.clone());
            found.tables.push(Table::new(Table {
                source,
                file,
                sheet,
                header,
                room,
                kind,
                headings: Cells::default(),
                rows,
            }));
        }
    }
    if found.tables.is_empty() {
        let text = message::no_header(&file.name, wanted);
        return Err(ImportError::NoHeader { file: file.name.clone(), headings: likely.unwrap_or_default(), text });
    }
    Ok(found)
}

/// The tables of one sheet: most hold one; some have a rack list above or below it, each with its own headings.
///
/// Other headings are looked for among the first rows and behind blank ones. Two rows of headings of one table have no
/// rows between them: then the one that tells more counts.
fn parts_of(sheet: Sheet, widest: Header, wanted: &[TableKind], mapping: &Mapping) -> Vec<(Header, Vec<SheetRow>)> {
    let knows_room = mapping.room_of(&sheet).is_some();
    let mut headers: Vec<Header> = Vec::new();
    let mut is_filled_since = false;
    let mut before: Option<&SheetRow> = None;
    for row in &sheet.rows {
        let is_behind_gap = before.is_none_or(|before| before.number + 1 < row.number || is_blank(&before.cells));
        before = Some(row);
        let header = if row.number == widest.row {
            Some(widest.clone())
        } else if row.number <= DEEPEST_HEADER || is_behind_gap {
            let is_page = headers.iter().any(|header| header.is_repeated_by(&row.cells));
            let header = if is_page { None } else { Header::of_row(row, mapping, knows_room) };
            header.filter(|header| wanted.contains(&header.kind))
        } else {
            None
        };
        match header {
            Some(header) => {
                match headers.last_mut().filter(|_| !is_filled_since) {
                    Some(last) if last.width() < header.width() => *last = header,
                    Some(_) => {}
                    None => headers.push(header),
                }
                is_filled_since = false;
            }
            None => is_filled_since |= !is_blank(&row.cells),
        }
    }
    let starts: Vec<u32> = headers.iter().map(|header| header.row).collect();
    let mut parts: Vec<(Header, Vec<SheetRow>)> = headers.into_iter().map(|header| (header, Vec::new())).collect();
    for row in sheet.rows {
        let of = starts.iter().rposition(|start| *start <= row.number);
        if let Some((_, rows)) = of.and_then(|at| parts.get_mut(at)) {
            rows.push(row);
        }
    }
    parts
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// In the order of its sheets.
    pub(super) tables: Vec<Table>,
    /// Sheets with text but without a table that is known.
    pub(super) passed_over: Vec<PassedOver>,
}

/// For whoever maps columns by hand: the row among the first that has most filled cells.
pub(crate) fn likely_headings(sheet: &Sheet) -> Option<Vec<String>> {
    let first = sheet.rows.iter().take_while(|row| row.number <= DEEPEST_HEADER);
    let filled = |row: &SheetRow| row.cells.iter().filter(|cell| !is_empty(cell)).count();
    let widest = first.fold(None, |best: Option<&SheetRow>, row| match best {
        Some(best) if filled(best) >= filled(row) => Some(best),
        _ => Some(row),
    })?;
    Some(widest.cells.iter().map(tidy).filter(|cell| !cell.is_empty()).collect())
}

pub(crate) fn is_blank(cells: &Cells) -> bool {
    cells.iter().all(is_empty)
}

/// The separator is the one that shows most headings; of equals the likelier one, which comes first. The beginning of the text
/// tells; only where it shows no headings, the whole of it is split by each.
fn sheet_of_text(text: &str, width: impl Fn(&Sheet) -> usize, budget: &mut Budget) -> Result<Option<Sheet>, Exceeded> {
    let beginning =
        text.match_indices('\n').nth(LINES_THAT_TELL).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    let mut likely: Option<(usize, u8)> = None;
    for separator in csv_text::SEPARATORS {
        if let Ok(Some(sheet)) = csv_text::split(beginning, separator, &mut budget.clone())
            && let shown = width(&sheet)
            && shown > likely.map_or(0, |(most, _)| most)
        {
            likely = Some((shown, separator));
        }
    }
    if let Some((_, separator)) = likely {
        let mut left = *budget;
        if let Some(sheet) = csv_text::split(text, separator, &mut left)? {
            *budget = left;
            return Ok(Some(sheet));
        }
    }
    let mut best: Option<(usize, Sheet, Budget)> = None;
    let mut is_exceeded = false;
    for separator in csv_text::SEPARATORS {
        let mut left = *budget;
        match csv_text::split(text, separator, &mut left) {
            Ok(Some(sheet)) => {
                let width = width(&sheet);
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

/// Whether a cell says that its row sums up others: 合计, 一号机房小计, A01合计, 共 12 台.
pub(crate) fn says_total(cell: &str) -> bool {
    let word = key(cell);
    let word = word.split(['(', ':']).next().unwrap_or_default();
    TOTALS.contains(&word)
        || TOTALS.iter().any(|total| !total.is_ascii() && word.ends_with(total))
        || word.strip_prefix('共').is_some_and(|count| count.starts_with(|c: char| c.is_ascii_digit()))
}

impl Table {
    /// Of all rows of its part of the sheet it keeps the data and the headings.
    fn new(mut table: Self) -> Self {
        let heading = table.rows.iter().find(|row| row.number == table.header.row);
        table.headings = heading.map(|row| row.cells.clone()).unwrap_or_default();
        let is_data: Vec<bool> =
            table.rows.iter().map(|sheet_row| Row { table: &table, sheet_row }.is_data()).collect();
        let mut is_data = is_data.into_iter();
        table.rows.retain(|_| is_data.next().unwrap_or_default());
        table
    }

    /// What is told of it.
    pub(super) fn seen(&self) -> SeenTable {
        let columns = self.headings.iter().enumerate().map(|(at, cell)| (tidy(cell), self.header.field_at(at)));
        SeenTable {
            file: self.file.clone(),
            sheet: self.sheet.clone(),
            kind: self.header.kind,
            header_row: self.header.row,
            columns: columns.filter(|(heading, _)| !heading.is_empty()).collect(),
            rows: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
        }
    }

    /// The rows below the heading that are neither blank nor totals.
    pub(super) fn data_rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|sheet_row| Row { table: self, sheet_row })
    }
}

impl<'t> Row<'t> {
    /// As the spreadsheet numbers it.
    pub(super) fn number(&self) -> u32 {
        self.sheet_row.number
    }

    /// The cell as it stands in the file; empty where there is none.
    pub(super) fn raw(&self, column: Field) -> &'t str {
        let cell = |at: usize| self.sheet_row.cells.get(at);
        if let Some(said) = self.table.header.custom_place(column).and_then(cell).filter(|said| !is_empty(said)) {
            return said;
        }
        match self.table.header.place(column) {
            Some(at) => cell(at).unwrap_or_default(),
            None if column == Field::Room => self.table.room.as_deref().unwrap_or_default(),
            None => "",
        }
    }

    /// The cell as a text for people; empty when it only says that there is nothing.
    pub(super) fn text(&self, column: Field) -> String {
        Some(tidy(self.raw(column))).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    /// The cell as a number, position or date: one whose formula failed says something that cannot be read.
    pub(super) fn measure(&self, column: Field) -> String {
        let text = tidy(self.raw(column));
        if has_failed(&text) { text } else { Some(text).filter(|text| !says_nothing(text)).unwrap_or_default() }
    }

    /// The cell as a serial, tag or number; empty when it only says that there is nothing.
    pub(super) fn code(&self, column: Field) -> String {
        Some(code(self.raw(column))).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    /// The remarks of the row.
    pub(super) fn note(&self) -> String {
        note(self.raw(Field::Note))
    }

    /// Whether it is below the headings and not one of them, holds something in some cell, even one without heading, and sums
    /// up nothing.
    fn is_data(&self) -> bool {
        let (header, cells) = (&self.table.header, &self.sheet_row.cells);
        self.number() > header.row && !is_blank(cells) && !self.is_total() && !header.is_repeated_by(cells)
    }

    /// Whether the row sums up others: its first filled cell says so, and it names no rack,
    /// cluster or unit, which only a row of its own has (a virtual machine may well be called `total`).
    fn is_total(&self) -> bool {
        let first = self.sheet_row.cells.iter().find(|cell| !is_empty(cell));
        let anchor = match self.table.header.kind {
            TableKind::Assets if self.table.header.place(Field::Rack).is_none() => Field::Position,
            TableKind::Assets => Field::Rack,
            TableKind::Racks => Field::Room,
            TableKind::VirtualMachines => Field::Cluster,
            TableKind::Orders => Field::OwningUnit,
        };
        let anchored = self.raw(anchor);
        first.is_some_and(says_total) && (is_empty(anchored) || says_total(anchored))
    }
}
