//! The cells of one row, in one piece of memory: a ledger of 100,000 assets has two million, and a text of its own for each would
//! cost more than all that is in them.

/// The texts of a row from its first column on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cells {
    /// One text after the other.
    text: String,
    /// Where each ends. A row's text is far below 4 GiB ([`super::budget`]).
    ends: Vec<u32>,
}

impl Cells {
    /// Room for so many cells with so many bytes together.
    pub(crate) fn with_capacity(cells: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(cells) }
    }

    /// Adds a cell to the right.
    pub(crate) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// The cell of a column, counted from 0.
    pub(crate) fn get(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)? as usize;
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..end)
    }

    /// All of them from left to right.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.get(column).unwrap_or_default())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Cells {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let mut cells = Self::default();
        texts.into_iter().for_each(|text| cells.push(text.as_ref()));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let texts = ["", "机柜", "𠮷", "", "A-01", ""];
        let cells: Cells = texts.into_iter().collect();
        assert_eq!(cells.iter().collect::<Vec<_>>(), texts);
        assert_eq!((cells.len(), cells.get(2), cells.get(6)), (6, Some("𠮷"), None));
        assert_eq!((Cells::default().len(), Cells::default().get(0)), (0, None));
    }
}
