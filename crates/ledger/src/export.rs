//! 台账导出: a ledger written out, so that importing it again loses nothing.
//!
//! A workbook has a sheet for each table and its texts are texts: a spreadsheet program neither computes a cell that begins
//! with `=` nor turns the position `1-4` into a date. [`netbox()`] writes the CSV that NetBox imports, with custom fields for
//! what NetBox has no column for.

mod netbox;
#[cfg(test)]
mod tests;
mod workbook;

use xunjian_domain::{
    ledger::Ledger,
    text::{Language, Text},
};

pub(crate) use self::netbox::{COMPUTED, TEXT_MARK};
pub use self::{netbox::netbox, workbook::Book};
use crate::{import::SourceFile, listing::listings};

/// Why a ledger was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// More than a worksheet holds: 1,048,575 rows, 32,767 characters in a cell.
    #[error("{}", .0.en)]
    TooLarge(Text),
    /// The writer gave up.
    #[error("the file cannot be written: {0}")]
    NotWritten(String),
}

impl ExportError {
    /// The sentence for people, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::TooLarge(text) => text.clone(),
            Self::NotWritten(why) => Text::new(
                format!("导出文件未能写成（{why}）。请重试；仍不行时请联系服务方。"),
                format!("The file could not be written ({why}). Try again; if it fails again, tell the operator."),
            ),
        }
    }
}

/// The ledger as one workbook. The same ledger gives the same bytes.
///
/// # Errors
///
/// [`ExportError::TooLarge`] when a sheet cannot hold it; nothing is ever cut off.
pub fn xlsx(ledger: &Ledger, language: Language) -> Result<Vec<u8>, ExportError> {
    let mut book = Book::new();
    for listing in listings(ledger) {
        let headings: Vec<String> =
            listing.columns.iter().map(|field| field.heading().get(language).to_owned()).collect();
        let lines = listing.lines.into_iter().map(|line| line.cells);
        book.add_sheet(listing.kind.title().get(language), &headings, lines, language)?;
    }
    book.into_bytes()
}

/// A file by its name.
fn file(name: &str, bytes: Vec<u8>) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes }
}
