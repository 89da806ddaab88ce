//! 监控数据导入: reads what monitoring platforms export, and says of every row what became of it.
//!
//! Files are read as ledgers are (XLSX, JSON, CSV in UTF-8, UTF-16 or GB18030 with comma, semicolon or tab); headings are
//! recognised by their words, in one row or in two (使用率 above 当前, 平均, 峰值, 波谷). `rows = imported + skipped` always
//! holds, and a row that is skipped, or a cell that is left out of a row, is listed with a code and a sentence.
//!
//! Nothing is guessed: a percent that may as well be a fraction, a capacity without a unit and a state of no known meaning are
//! left out and listed. Whose row it is, [`Directory`] tells by the ledger.

mod columns;
mod directory;
mod header;
mod measure;
mod message;
mod moment;
mod rows;
mod state;

use jiff::civil::DateTime;
use xunjian_domain::{
    monitoring::Sample,
    text::{Language, Text},
};

pub use self::{
    columns::Column,
    directory::{Directory, Found, Resource},
    rows::spellings,
};
use self::{header::Header, rows::Reading};
use crate::import::{
    ImportError, PassedOver, SourceFile,
    budget::Budget,
    table::{Sheet, is_blank, likely_headings, sheets_of},
    workbook,
};

/// What a person says of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Only this sheet of a workbook.
    pub sheet: Option<String>,
    /// When rows were collected that do not say so themselves.
    pub collected_at: Option<DateTime>,
    /// How usages without a sign are spelled; without it the columns are looked at.
    pub spelling: Option<Spelling>,
    /// Rows collected later are refused: a year mistyped would hide everything that is true.
    pub latest: Option<DateTime>,
}

/// How a column spells usages that have no `%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `85` is 85 %.
    Percent,
    /// `0.85` is 85 %.
    Fraction,
    /// Either would make sense, so that such cells are left out.
    Unclear,
}

impl Spelling {
    /// As commands and answers name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Fraction => "fraction",
            Self::Unclear => "unclear",
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// In the order of the file.
    pub samples: Vec<Sample>,
    /// What became of each row.
    pub report: Report,
    /// What was taken for a table, and its columns for what.
    pub tables: Vec<SeenTable>,
    /// Sheets that hold something, but no monitoring data.
    pub passed_over: Vec<PassedOver>,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTable {
    /// The sheet; empty for text files.
    pub sheet: String,
    /// Where its headings stand, as a spreadsheet numbers rows; 0 where every row brings its own (JSON).
    pub header_row: u32,
    /// Its headings from left to right.
    pub columns: Vec<SeenColumn>,
    /// Rows below the headings that are neither blank nor totals.
    pub rows: u32,
}

/// A column, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenColumn {
    /// Its heading; of two rows of headings both.
    pub heading: String,
    /// What it holds; `None` when it is not read.
    pub column: Option<Column>,
    /// How its usages are spelled, where it holds any without a sign.
    pub spelling: Option<Spelling>,
}

/// Why a row is listed. The code never changes its meaning; the message may be reworded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The row names no resource (skipped).
    NoIdentity,
    /// Nobody knows when the row was collected (skipped).
    NoTime,
    /// The moment is in no spelling that is known (skipped).
    BadTime,
    /// The row was collected in the future (skipped).
    InFuture,
    /// The row measures nothing that can be read (skipped).
    NothingMeasured,
    /// The row repeats an earlier one: the same resource at the same moment (skipped).
    Repeated,
    /// A usage that is no percent from 0 to 100 (left out).
    BadUsage,
    /// A usage that may be a percent or a fraction (left out).
    UnclearUsage,
    /// A capacity that cannot be read (left out).
    BadCapacity,
    /// A capacity or delay without a unit, in the cell or the heading (left out).
    NoUnit,
    /// A number of cores or days that is no whole number (left out).
    BadNumber,
    /// A delay that cannot be read, or a synchronisation after the collection (left out).
    BadDelay,
    /// A 关机时间 that cannot be read (left out).
    BadOffSince,
    /// A kind of resource that is not known (left out).
    UnknownKind,
    /// A state that is not known (left out).
    UnknownState,
    /// The ledger has no such resource (imported and listed).
    NotInLedger,
    /// The ledger has several such resources (imported and listed).
    Several,
    /// The row's own names mean different resources of the ledger (imported and listed).
    Contradiction,
}

impl Code {
    /// Whether a row with this problem is left out.
    #[must_use]
    pub fn skips(self) -> bool {
        matches!(
            self,
            Self::NoIdentity | Self::NoTime | Self::BadTime | Self::InFuture | Self::NothingMeasured | Self::Repeated
        )
    }

    /// As programs name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoIdentity => "no_identity",
            Self::NoTime => "no_time",
            Self::BadTime => "bad_time",
            Self::InFuture => "in_future",
            Self::NothingMeasured => "nothing_measured",
            Self::Repeated => "repeated",
            Self::BadUsage => "bad_usage",
            Self::UnclearUsage => "unclear_usage",
            Self::BadCapacity => "bad_capacity",
            Self::NoUnit => "no_unit",
            Self::BadNumber => "bad_number",
            Self::BadDelay => "bad_delay",
            Self::BadOffSince => "bad_off_since",
            Self::UnknownKind => "unknown_kind",
            Self::UnknownState => "unknown_state",
            Self::NotInLedger => "not_in_ledger",
            Self::Several => "several",
            Self::Contradiction => "contradiction",
        }
    }
}

/// One problem of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The sheet; empty for text files.
    pub sheet: String,
    /// The row as the file numbers it, from 1.
    pub row: u32,
    /// The heading of the column; empty when the whole row is meant.
    pub column: String,
    /// What stands there; empty when the whole row is meant.
    pub value: String,
    /// What is wrong.
    pub code: Code,
    /// What is wrong and what to do.
    pub message: Text,
}

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Rows below the headings that are neither blank nor totals.
    pub rows: u32,
    /// Rows that became samples.
    pub imported: u32,
    /// Rows left out; each is listed.
    pub skipped: u32,
    /// In row order.
    pub problems: Vec<Problem>,
}

impl Report {
    /// The report as the command prints it, with messages in one language.
    #[must_use]
    pub fn to_json(&self, language: Language) -> serde_json::Value {
        let problem = |problem: &Problem| {
            serde_json::json!({
                "sheet": problem.sheet, "row": problem.row, "column": problem.column, "value": problem.value,
                "code": problem.code.as_str(), "message": problem.message.get(language),
            })
        };
        serde_json::json!({
            "rows": self.rows, "imported": self.imported, "skipped": self.skipped,
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    }
}

/// Reads a moment as a cell spells it; in China (UTC+8), a day alone is its beginning.
#[must_use]
pub fn read_moment(text: &str) -> Option<DateTime> {
    moment::moment(text)
}

/// Reads one file of monitoring data.
///
/// # Errors
///
/// When the file is unreadable, has no table that is recognised, or not the sheet that was asked for.
pub fn read(file: &SourceFile, options: &Options) -> Result<Imported, ImportError> {
    let width = |sheet: &Sheet| Header::find(sheet).map_or(0, |header| header.width());
    let sheets = sheets_of(file, width, &mut Budget::of_an_import())?;
    let names: Vec<String> = sheets.iter().filter_map(|sheet| sheet.name.clone()).collect();
    let likely = sheets.iter().find_map(likely_headings).unwrap_or_default();
    let mut imported =
        Imported { samples: Vec::new(), report: Report::default(), tables: Vec::new(), passed_over: Vec::new() };
    let mut reading = Reading::new(options, workbook::is_zip(&file.bytes));
    let mut is_wanted_there = options.sheet.is_none();
    for sheet in &sheets {
        let name = sheet.name.clone().unwrap_or_default();
        if options.sheet.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        is_wanted_there = true;
        match Header::find(sheet) {
            Some(header) => imported.tables.push(reading.sheet(sheet, &header)),
            None if sheet.rows.iter().any(|row| !is_blank(&row.cells)) => {
                imported.passed_over.push(PassedOver { file: file.name.clone(), sheet: name });
            }
            None => {}
        }
    }
    if !is_wanted_there {
        let wanted = options.sheet.as_deref().unwrap_or_default();
        let text = message::no_sheet(&file.name, wanted, &names);
        return Err(ImportError::Unreadable { file: file.name.clone(), text });
    }
    if imported.tables.is_empty() {
        let text = message::no_header(&file.name);
        return Err(ImportError::NoHeader { file: file.name.clone(), headings: likely, text });
    }
    (imported.samples, imported.report) = reading.into_parts();
    Ok(imported)
}
