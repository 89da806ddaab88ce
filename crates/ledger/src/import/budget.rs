//! How much of the files of one import is kept in memory.

/// Columns right of this are not looked at; no ledger is that wide.
pub(super) const WIDTH: usize = 256;
/// More than this is no ledger: a thousand racks of forty assets fill about half a million cells, in rows that are twice as
/// wide at most.
const MOST: usize = 4_000_000;
/// Bytes of text that a cell has for itself.
const CELL_BYTES: usize = 64;

/// What may still be kept. A row takes one, so does each of its cells up to the last filled one, and a long text takes one
/// for every [`CELL_BYTES`]: one text of a workbook may stand in every cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget(usize);

/// There is more than any ledger holds.
#[derive(Debug)]
pub(crate) struct Exceeded;

impl Budget {
    /// For all files of an import together.
    pub(crate) fn of_an_import() -> Self {
        Self(MOST)
    }

    /// Takes a row, before its cells.
    pub(super) fn take_row(&mut self) -> Result<(), Exceeded> {
        self.take(1)
    }

    /// Takes a text that makes its row longer by so many cells.
    pub(super) fn take_cell(&mut self, longer_by: usize, text: &str) -> Result<(), Exceeded> {
        self.take(longer_by + text.len() / CELL_BYTES)
    }

    fn take(&mut self, much: usize) -> Result<(), Exceeded> {
        self.0 = self.0.checked_sub(much).ok_or(Exceeded)?;
        Ok(())
    }
}
