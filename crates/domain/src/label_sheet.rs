//! The read model of label printing: what the service hands to `xunjian-report`.

use serde::{Deserialize, Serialize};

use crate::label_code::LabelCode;

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
