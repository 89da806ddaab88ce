//! The read model of label printing: what the service hands to `xunjian-report`.

use serde::{Deserialize, Serialize};

use crate::{label_code::LabelCode, time::TimestampMs};

/// One label to draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PrintableLabel {
    /// File name without ending, unique within the job.
    pub file: String,
    /// Text of the QR code, upper case so that it packs in alphanumeric mode.
    pub payload: String,
    /// Printed beside it for hand entry.
    pub code: LabelCode,
    /// First line: rack or asset name.
    pub title: String,
    /// Second line: room, position, side.
    pub place: String,
    /// Third line: owning unit; may be empty.
    pub owner: String,
    /// Last line: site and print date.
    pub footer: String,
}

/// One job of label printing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LabelJob {
    /// Width of a label in tenths of a millimetre.
    pub width_tenth_mm: u32,
    /// Height of a label in tenths of a millimetre.
    pub height_tenth_mm: u32,
    /// Resolution of the PNG, dots an inch.
    pub dpi: u32,
    /// The labels, in print order.
    pub labels: Vec<PrintableLabel>,
}

/// How labels lie on a sheet. Lengths in hundredths of a millimetre: label paper is cut to tenths, its margins to halves of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Width of the page.
    pub page_width: u32,
    /// Height of the page.
    pub page_height: u32,
    /// Labels side by side.
    pub columns: u32,
    /// Labels one below the other.
    pub rows: u32,
    /// From the page's left edge to the first label.
    pub left: u32,
    /// From the page's upper edge to the first label.
    pub top: u32,
    /// Width of a label.
    pub width: u32,
    /// Height of a label.
    pub height: u32,
    /// Between labels side by side.
    pub gap_across: u32,
    /// Between labels one below the other.
    pub gap_down: u32,
    /// Left free inside each label: what a printer cannot reach, and what a cutter misses by.
    pub padding: u32,
}

impl Sheet {
    /// A4 with 3 columns of 8 labels of 70 × 37 mm, without gaps.
    pub const A4_3X8: Self = Self {
        page_width: 21_000,
        page_height: 29_700,
        columns: 3,
        rows: 8,
        left: 0,
        top: 50,
        width: 7_000,
        height: 3_700,
        gap_across: 0,
        gap_down: 0,
        padding: 300,
    };

    /// A4 with 2 columns of 7 labels of 99.1 × 38.1 mm.
    pub const A4_2X7: Self = Self {
        page_width: 21_000,
        page_height: 29_700,
        columns: 2,
        rows: 7,
        left: 465,
        top: 1_515,
        width: 9_910,
        height: 3_810,
        gap_across: 250,
        gap_down: 0,
        padding: 200,
    };

    /// One label a page: rolls, and sizes of people's own.
    #[must_use]
    pub fn roll(width: u32, height: u32) -> Self {
        Self {
            page_width: width,
            page_height: height,
            columns: 1,
            rows: 1,
            left: 0,
            top: 0,
            width,
            height,
            gap_across: 0,
            gap_down: 0,
            padding: 100,
        }
    }

    /// Labels on a page.
    #[must_use]
    pub fn labels_a_page(&self) -> u32 {
        self.columns * self.rows
    }

    /// The upper left corner of a label of a page, counted from 0 along the rows.
    #[must_use]
    pub fn corner(&self, place: u32) -> (u32, u32) {
        let (row, column) = (place / self.columns, place % self.columns);
        (self.left + column * (self.width + self.gap_across), self.top + row * (self.height + self.gap_down))
    }
}

/// One job of printing sheets of labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetJob {
    /// What tells this job from every other one; becomes the identifier inside the PDF.
    pub ident: String,
    /// When the labels were signed; becomes the date inside the PDF.
    pub created_at: TimestampMs,
    /// The document's title.
    pub title: String,
    /// The site.
    pub issuer: String,
    /// How labels lie on it.
    pub sheet: Sheet,
    /// The first label of the first page that is still there, counted from 1: sheets are used up one by one.
    pub start: u32,
    /// How often each label is printed.
    pub copies: u32,
    /// Whether the first page is a ruler that shows whether the printer scales.
    pub ruler: bool,
    /// The labels, in print order.
    pub labels: Vec<PrintableLabel>,
}
