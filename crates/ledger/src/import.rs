//! 台账导入: reads the files people keep their ledgers in, and says of every row what became of it.
//!
//! Pure functions over bytes. They recognise XLSX workbooks, JSON lists and CSV text (UTF-8, UTF-16, GB18030; comma,
//! semicolon or tab), find the heading row by its words, and take asset lists, rack lists, lists of virtual machines and lists of
//! resource orders, in Chinese or with the column names of a NetBox export. One call may take several files.
//!
//! What a row turns into:
//! - `report.rows` counts the rows below the heading that are neither blank nor totals, over *all* the files of the
//!   call; a row of a rack list counts like any other. `rows = imported + skipped` always holds, each skipped row is
//!   listed, and a row lists everything that is wrong with it, so that one correction round is enough.
//! - Racks stand in the rack list, or else are derived from the asset rows that were imported. A rack whose height no
//!   list gives has [`DEFAULT_RACK_UNITS`] units. A NetBox `site` is a room; a `location` becomes part of the rack's
//!   name only where two racks of one site share a name.
//! - Rows are numbered as a spreadsheet numbers them: a quoted line break does not start a new row. With more than one
//!   table in a call, each message starts with the name of its file (and sheet).
//!
//! It deliberately does not know the version before: `assign_identities` and `Ledger::derive_systems` come after it
//! (`ledger.systems` is empty here). It stores nothing and never repairs a value it would have to guess.

mod assets;
mod brand;
pub(crate) mod budget;
pub(crate) mod cell;
pub(crate) mod cells;
mod container;
mod csv_text;
pub(crate) mod heading;
mod json;
pub(crate) mod kind;
mod mapping;
mod message;
mod orders;
mod places;
mod racks;
pub(crate) mod table;
mod tally;
#[cfg(test)]
mod tests;
mod virtual_machines;
pub(crate) mod workbook;

use xunjian_domain::{
    ledger::{ImportReport, Ledger, NewIds, ResourceOrder},
    text::Text,
};

use self::{
    budget::Budget,
    places::Places,
    table::{Table, Tables, tables_of},
    tally::Tally,
};
pub use self::{
    heading::TableKind,
    mapping::{Field, HeadingSet, Mapping, NotAMapping},
};

/// The height of a rack that no rack list gives a height: the usual full-height rack.
pub const DEFAULT_RACK_UNITS: u16 = 42;

/// One file as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name people know it by; appears in messages. The content alone decides how it is read.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A ledger fresh from its files, with new ids throughout, and what happened to each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The ledger; `systems` is empty until `Ledger::derive_systems`.
    pub ledger: Ledger,
    /// What became of each row.
    pub report: ImportReport,
    /// Where each of the report's problems stands, in the same order.
    pub places: Vec<ProblemPlace>,
    /// What was taken for a table, and its columns for what.
    pub tables: Vec<SeenTable>,
    /// Sheets that hold something, but no table that is known: a cover, a remark, or a ledger with headings of its own.
    pub passed_over: Vec<PassedOver>,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTable {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
    /// What its rows are.
    pub kind: TableKind,
    /// Where its headings stand, as a spreadsheet numbers rows; 0 where every row brings its own (JSON).
    pub header_row: u32,
    /// Its headings from left to right, and what each was taken for.
    pub columns: Vec<(String, Option<Field>)>,
    /// Rows below the headings that are neither blank nor totals.
    pub rows: u32,
}

/// A sheet that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
}

/// Where a problem of the report stands, and what was written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemPlace {
    /// The file.
    pub file: String,
    /// The sheet; empty for text files.
    pub sheet: String,
    /// The cell as the file has it; empty when the whole row is meant.
    pub value: String,
}

/// Why a file could not be read at all. Trouble with single rows is in the report instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No heading row among the first rows.
    #[error("{}", .text.en)]
    NoHeader {
        /// The file's name.
        file: String,
        /// The row that most looks like headings, for whoever says by hand what they mean.
        headings: Vec<String>,
        /// Which headings were looked for, and what to do.
        text: Text,
    },
    /// Neither a readable workbook nor readable text.
    #[error("{}", .text.en)]
    Unreadable {
        /// The file's name.
        file: String,
        /// What is the matter, and what to do.
        text: Text,
    },
}

impl ImportError {
    /// The sentence for people, in both languages.
    #[must_use]
    pub fn text(&self) -> &Text {
        match self {
            Self::NoHeader { text, .. } | Self::Unreadable { text, .. } => text,
        }
    }
}

/// Reads a ledger from all its files together, in any order. The mapping says what no heading tells.
///
/// # Errors
///
/// When one of the files is unreadable or has no table that is recognised; then nothing of the others is taken either.
pub fn read(files: &[SourceFile], mapping: &Mapping, ids: &mut impl NewIds) -> Result<Imported, ImportError> {
    let Tables { tables, passed_over } = all_tables(files, &TableKind::ALL, mapping)?;
    let mut tally = Tally::new(tables.len());
    let mut ledger = Ledger::default();
    let mut places = Places::new(&tables);
    racks::read(&of_kind(&tables, TableKind::Racks), &mut places, ids, &mut tally);
    ledger.assets = assets::read(&of_kind(&tables, TableKind::Assets), &mut places, ids, &mut tally);
    (ledger.clusters, ledger.vms) =
        virtual_machines::read(&of_kind(&tables, TableKind::VirtualMachines), ids, &mut tally);
    ledger.orders = orders::read(&of_kind(&tables, TableKind::Orders), &mut tally);
    (ledger.rooms, ledger.racks) = places.into_parts();
    let (report, places) = tally.into_report(ledger.racks.len());
    let tables = tables.iter().map(Table::seen).collect();
    Ok(Imported { ledger, report, places, tables, passed_over })
}

/// Reads a list of resource orders alone. Orders have no ids of their own: the order number is their identity.
///
/// # Errors
///
/// When the file is unreadable or has no table of orders.
pub fn read_orders(file: &SourceFile) -> Result<(Vec<ResourceOrder>, ImportReport), ImportError> {
    let tables = all_tables(std::slice::from_ref(file), &[TableKind::Orders], &Mapping::default())?.tables;
    let mut tally = Tally::new(tables.len());
    let orders = orders::read(&of_kind(&tables, TableKind::Orders), &mut tally);
    Ok((orders, tally.into_report(0).0))
}

/// A text as a cell of an import is stored.
pub(crate) fn tidy_text(text: &str) -> String {
    Some(cell::tidy(text)).filter(|text| !cell::says_nothing(text)).unwrap_or_default()
}

/// A serial or number as a cell of an import is stored.
pub(crate) fn tidy_code(text: &str) -> String {
    Some(cell::code(text)).filter(|text| !cell::says_nothing(text)).unwrap_or_default()
}

/// Remarks as a cell of an import are stored.
pub(crate) fn tidy_note(text: &str) -> String {
    cell::note(text)
}

fn all_tables(files: &[SourceFile], wanted: &[TableKind], mapping: &Mapping) -> Result<Tables, ImportError> {
    let (mut all, mut budget) = (Tables::default(), Budget::of_an_import());
    for file in files {
        let found = tables_of(file, wanted, mapping, &mut budget)?;
        all.tables.extend(found.tables);
        all.passed_over.extend(found.passed_over);
    }
    Ok(all)
}

/// The tables of one kind, each with its place in the order of the files, which is the order of the report.
fn of_kind(tables: &[Table], kind: TableKind) -> Vec<(usize, &Table)> {
    tables.iter().enumerate().filter(|(_, table)| table.header.kind == kind).collect()
}
