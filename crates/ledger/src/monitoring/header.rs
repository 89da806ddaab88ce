//! The headings of a sheet: one row, or two of which the upper one is merged over the values of one thing.

use super::{
    Column, SeenColumn, Spelling,
    columns::{column_of, is_loose, statistic_of},
};
use crate::import::{
    cell::{key, tidy},
    cells::Cells,
    heading::{DEEPEST_HEADER, heading_key},
    table::{Sheet, SheetRow},
};

/// The headings of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The first row of headings.
    pub(super) first_row: u32,
    /// The last row of headings; data begins below it.
    pub(super) last_row: u32,
    /// What stands above each column.
    pub(super) headings: Vec<String>,
    /// Where each column stands.
    columns: Vec<(Column, usize)>,
    /// The rows of headings as the file has them.
    rows: Vec<Cells>,
}

impl Header {
    /// Among the first rows, the one, or the two, with most columns that are known; both a name and a measure must be there.
    pub(super) fn find(sheet: &Sheet) -> Option<Self> {
        let first: Vec<&SheetRow> = sheet.rows.iter().take_while(|row| row.number <= DEEPEST_HEADER + 1).collect();
        let mut best: Option<Self> = None;
        let mut offer = |header: Option<Self>| {
            if let Some(header) = header.filter(Self::is_table)
                && best.as_ref().is_none_or(|best| best.width() < header.width())
            {
                best = Some(header);
            }
        };
        for (at, row) in first.iter().enumerate().filter(|(_, row)| row.number <= DEEPEST_HEADER) {
            let headings = row.cells.iter().map(tidy).collect();
            offer(Some(Self::of((row.number, row.number), headings, vec![row.cells.clone()])));
            if let Some(below) = first.get(at + 1).filter(|below| below.number == row.number + 1) {
                offer(Self::of_two(row, below));
            }
        }
        best
    }

    fn of((first_row, last_row): (u32, u32), headings: Vec<String>, rows: Vec<Cells>) -> Self {
        let mut columns: Vec<(Column, usize)> = Vec::new();
        // 状态 may be anything; where another column says 电源状态, that one counts.
        let (loose, strict): (Vec<_>, Vec<_>) = headings.iter().enumerate().partition(|(_, heading)| is_loose(heading));
        for (at, heading) in strict.into_iter().chain(loose) {
            if let Some(column) = column_of(heading).filter(|column| columns.iter().all(|(known, _)| known != column)) {
                columns.push((column, at));
            }
        }
        Self { first_row, last_row, headings, columns, rows }
    }

    /// Two rows: what stands above several values is written once, to the left of them. Only where the lower row names values.
    fn of_two(upper: &SheetRow, lower: &SheetRow) -> Option<Self> {
        let names_values = lower.cells.iter().filter(|cell| statistic_of(cell).is_some()).count() > 1;
        if !names_values {
            return None;
        }
        let mut above = String::new();
        let width = upper.cells.len().max(lower.cells.len());
        let cell = |row: &SheetRow, at: usize| row.cells.get(at).map(tidy).unwrap_or_default();
        let headings = (0..width).map(|at| {
            let (high, low) = (cell(upper, at), cell(lower, at));
            if !high.is_empty() {
                above.clone_from(&high);
            }
            // A heading merged over both rows stands in both.
            if low.is_empty() || key(&low) == key(&high) {
                high
            } else if statistic_of(&low).is_some() {
                format!("{above} {low}")
            } else {
                low
            }
        });
        Some(Self::of((upper.number, lower.number), headings.collect(), vec![upper.cells.clone(), lower.cells.clone()]))
    }

    fn is_table(&self) -> bool {
        let has = |wanted: fn(&Column) -> bool| self.columns.iter().any(|(column, _)| wanted(column));
        let names = |column: &Column| {
            matches!(column, Column::Id | Column::Name | Column::Serial | Column::AssetTag | Column::Address)
        };
        let measures = |column: &Column| {
            matches!(
                column,
                Column::Usage(..)
                    | Column::Used(_)
                    | Column::Sync
                    | Column::NameSync
                    | Column::AddressSync
                    | Column::LastOff
                    | Column::OffSince
                    | Column::OffDays
                    | Column::Plugin
            )
        };
        // A list of machines that are shut down measures them; 状态 alone may be that of anything.
        let has_power = self.place(Column::Power).is_some_and(|at| !is_loose(self.heading(at)));
        has(names) && (has(measures) || has_power)
    }

    /// How many columns are known.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|(known, _)| *known == column).map(|(_, at)| *at)
    }

    /// What a column was taken for.
    pub(super) fn column_at(&self, at: usize) -> Option<Column> {
        self.columns.iter().find(|(_, place)| *place == at).map(|(column, _)| *column)
    }

    /// All columns that are known.
    pub(super) fn columns(&self) -> impl Iterator<Item = (Column, usize)> {
        self.columns.iter().copied()
    }

    /// What stands above a column; empty when there is none.
    pub(super) fn heading(&self, at: usize) -> &str {
        self.headings.get(at).map_or("", String::as_str)
    }

    /// Whether a row only repeats one of the rows of headings, as lists do that were printed page by page.
    pub(super) fn is_repeated_by(&self, cells: &Cells) -> bool {
        let cell = |cells: &Cells, at: usize| cells.get(at).map(heading_key).unwrap_or_default();
        self.rows.iter().any(|row| {
            let filled = self.columns.iter().filter(|(_, at)| !cell(row, *at).is_empty()).count();
            filled > 1 && self.columns.iter().all(|(_, at)| cell(row, *at) == cell(cells, *at))
        })
    }

    /// What is told of the columns.
    pub(super) fn seen(&self, spelling: impl Fn(Column) -> Option<Spelling>) -> Vec<SeenColumn> {
        let seen = self.headings.iter().enumerate().map(|(at, heading)| {
            let column = self.column_at(at);
            SeenColumn { heading: heading.clone(), column, spelling: column.and_then(&spelling) }
        });
        seen.filter(|column| !column.heading.is_empty()).collect()
    }
}
