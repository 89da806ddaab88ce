//! Counts rows and collects what is wrong with them, so that the sums of the report always hold.

use xunjian_domain::{
    ledger::{ImportReport, RowCode, RowProblem},
    text::Text,
};

use super::{ProblemPlace, mapping::Field, table::Row};

/// The report while it grows.
#[derive(Debug)]
pub(super) struct Tally {
    many_tables: bool,
    rows: u32,
    skipped: u32,
    problems: Vec<(usize, RowProblem, ProblemPlace)>,
}

/// What is wrong with one row, so far.
#[derive(Debug)]
pub(super) struct Findings<'r> {
    row: Row<'r>,
    problems: Vec<(RowProblem, String)>,
}

impl<'r> Findings<'r> {
    /// Nothing yet.
    pub(super) fn new(row: Row<'r>) -> Self {
        Self { row, problems: Vec::new() }
    }

    /// Lists a problem of the row.
    pub(super) fn list(&mut self, column: Field, code: RowCode, message: Text) {
        let value = self.row.raw(column).to_owned();
        let column = self.row.table.header.spelling(column).to_owned();
        self.problems.push((RowProblem { row: self.row.number(), column, code, message }, value));
    }

    /// Whether the row is to be left out.
    pub(super) fn skip(&self) -> bool {
        self.problems.iter().any(|(problem, _)| problem.code.skips())
    }
}

impl Tally {
    /// An empty report on so many tables.
    pub(super) fn new(tables: usize) -> Self {
        Self { many_tables: tables > 1, rows: 0, skipped: 0, problems: Vec::new() }
    }

    /// Counts a row with what was found. `table` is the table's place among all of the call.
    pub(super) fn close(&mut self, table: usize, findings: Findings<'_>) {
        self.rows += 1;
        self.skipped += u32::from(findings.skip());
        let found_in = findings.row.table;
        let source = &found_in.source;
        self.problems.extend(findings.problems.into_iter().map(|(mut problem, value)| {
            if self.many_tables {
                let Text { zh, en } = &problem.message;
                problem.message = Text::new(format!("{source}：{zh}"), format!("{source}: {en}"));
            }
            (table, problem, ProblemPlace { file: found_in.file.clone(), sheet: found_in.sheet.clone(), value })
        }));
    }

    /// How a message names a row: with its file only where there are several tables.
    pub(super) fn name_row(&self, row: Row<'_>) -> Text {
        let number = row.number();
        if self.many_tables {
            let source = &row.table.source;
            Text::new(format!("{source} 第 {number} 行"), format!("row {number} of {source}"))
        } else {
            Text::new(format!("第 {number} 行"), format!("row {number}"))
        }
    }

    /// The finished report, and where each of its problems stands.
    pub(super) fn into_report(mut self, racks: usize) -> (ImportReport, Vec<ProblemPlace>) {
        self.problems.sort_by_key(|(table, problem, _)| (*table, problem.row));
        let (problems, places) = self.problems.into_iter().map(|(_, problem, place)| (problem, place)).unzip();
        let report = ImportReport {
            rows: self.rows,
            imported: self.rows - self.skipped,
            skipped: self.skipped,
            racks: u32::try_from(racks).unwrap_or(u32::MAX),
            problems,
        };
        (report, places)
    }
}
