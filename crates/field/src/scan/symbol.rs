//! One attempt of rxing on one frame: all QR codes of it, or none.
//!
//! rxing panics on some real pictures, so each attempt is fenced by `catch_unwind`. Its `detect_in_luma*` helpers return
//! one code a frame, so this file uses its reader. Only QR Code: Micro QR and rMQR have too little error correction, and
//! a wrong text is worse than none.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8Source, RXingResult,
    common::{GlobalHistogramBinarizer, HybridBinarizer},
    multi::MultipleBarcodeReader,
    qrcode::cpp_port::QrReader,
};

use super::{GrayFrame, ScannedCode};

/// How grey becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threshold {
    /// One threshold per 8 × 8 block of pixels.
    Blocks,
    /// One threshold for the whole frame.
    Whole,
}

/// Every QR code that rxing finds in the frame as it is; with `inverted`, light codes on dark ground.
pub(super) fn read_symbols(frame: &GrayFrame, threshold: Threshold, inverted: bool) -> Vec<ScannedCode> {
    let attempt = || {
        let (width, height) = (u32::try_from(frame.width).ok()?, u32::try_from(frame.height).ok()?);
        let source = Luma8Source::new_with_slice(&frame.luma, width, height).ok()?;
        match threshold {
            Threshold::Blocks => read_bitmap(BinaryBitmap::new(HybridBinarizer::new(source)), inverted),
            Threshold::Whole => read_bitmap(BinaryBitmap::new(GlobalHistogramBinarizer::new(source)), inverted),
        }
    };
    // The closure only reads the frame and owns all it builds, so a panic leaves nothing half changed.
    let results = catch_unwind(AssertUnwindSafe(attempt)).ok().flatten().unwrap_or_default();
    results.iter().filter_map(scanned).collect()
}

fn read_bitmap<B: Binarizer>(mut bitmap: BinaryBitmap<B>, inverted: bool) -> Option<Vec<RXingResult>> {
    if inverted {
        bitmap.invert();
    }
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    QrReader.decode_multiple_with_hints(&mut bitmap, &hints).ok()
}

fn scanned(result: &RXingResult) -> Option<ScannedCode> {
    let text = result.getText();
    if text.is_empty() {
        return None;
    }
    let corners = match result.getPoints() {
        // rxing names the lower left before the lower right.
        &[top_left, top_right, low_left, low_right] => {
            Some([top_left, top_right, low_right, low_left].map(|point| (point.x, point.y)))
        }
        _ => None,
    };
    Some(ScannedCode { text: text.to_owned(), corners })
}
