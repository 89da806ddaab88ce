//! What an import says of the rows it could not take as they are. Counts always add up:
//! `rows = imported + skipped`, and every skipped row has at least one problem.

use serde::{Deserialize, Serialize};

use crate::text::{Language, Text};

/// Why a row is listed. The code never changes its meaning; the message may be reworded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RowCode {
    /// The row names no room (skipped).
    NoRoom,
    /// The row names no rack (skipped).
    NoRack,
    /// The resource kind is not one we know (skipped).
    UnknownKind,
    /// The position is not a U position (skipped).
    BadPosition,
    /// The position lies outside the rack (skipped).
    PositionOutsideRack,
    /// The row has no brand and no model (skipped).
    NoModel,
    /// The quantity is not a whole number above zero (skipped).
    BadQuantity,
    /// No serial number (imported and listed).
    NoSerial,
    /// The serial number stands in more than one row (imported and listed).
    DuplicateSerial,
    /// The position overlaps another asset of the same rack and side (imported and listed).
    PositionTaken,
    /// The date is in no spelling we know (imported without it, and listed).
    BadDate,
    /// The row names a rack that the rack list does not have (imported, the rack is added, and listed).
    UnknownRack,
    /// The row repeats an earlier one: the same virtual machine, order or rack again (skipped).
    Repeated,
    /// A virtual machine without a cluster, or an order without number, unit or quantity (skipped).
    Incomplete,
}

impl RowCode {
    /// Whether a row with this problem is left out.
    #[must_use]
    pub fn skips(self) -> bool {
        !matches!(
            self,
            Self::NoSerial | Self::DuplicateSerial | Self::PositionTaken | Self::BadDate | Self::UnknownRack
        )
    }
}

/// One problem of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowProblem {
    /// The row as the file numbers it, from 1.
    pub row: u32,
    /// The heading of the column, as the file spells it; empty when the whole row is meant.
    pub column: String,
    /// What is wrong.
    pub code: RowCode,
    /// What is wrong and what to do, in both languages.
    pub message: Text,
}

/// What an import did or, as a dry run, would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Data rows below the header that are not blank and not totals.
    pub rows: u32,
    /// Rows that became assets, virtual machines or orders.
    pub imported: u32,
    /// Rows left out; each is listed.
    pub skipped: u32,
    /// Racks the imported rows stand in.
    pub racks: u32,
    /// In row order.
    pub problems: Vec<RowProblem>,
}

impl ImportReport {
    /// The report as the command prints it, with messages in one language.
    #[must_use]
    pub fn to_json(&self, language: Language) -> serde_json::Value {
        let problems: Vec<_> = self
            .problems
            .iter()
            .map(|problem| {
                serde_json::json!({
                    "row": problem.row, "column": problem.column,
                    "code": problem.code, "message": problem.message.get(language),
                })
            })
            .collect();
        serde_json::json!({
            "rows": self.rows, "imported": self.imported, "skipped": self.skipped,
            "racks": self.racks, "problems": problems,
        })
    }
}
