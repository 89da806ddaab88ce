//! Cells as messages quote them.

/// Quotes are cut after so many characters.
const LONGEST: usize = 40;

/// A cell on one line, cut when it is long.
pub(crate) fn quote(cell: &str) -> String {
    let flat = cell.replace('\n', " ");
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    flat.chars().take(LONGEST).chain(['…']).collect()
}
