//! One attempt on one frame in black and white: all QR codes of it, or none.
//!
//! rxing panics on some real pictures, so each attempt is fenced by `catch_unwind`. Its `detect_in_luma*` helpers return
//! one code a frame and its reader takes its own time to find corners, so this file calls the steps of its reader. Only QR
//! Code: Micro QR and rMQR have too little error correction, and a wrong text is worse than none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::{
    Point,
    common::{BitMatrix, DetectorRXingResult as _, cpp_essentials::ConcentricPattern},
    qrcode::cpp_port::{decoder::Decode, detector::SampleQR},
};

use super::{Effort, ScannedCode, content::content_of, finder::corner_triples};

/// Every QR code that rxing finds.
pub(super) fn read_symbols(matrix: &BitMatrix, effort: Effort) -> Vec<ScannedCode> {
    // The closure only reads the matrix and owns all it builds, so a panic leaves nothing half changed.
    let triples = catch_unwind(AssertUnwindSafe(|| corner_triples(matrix, effort))).unwrap_or_default();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let mut codes = Vec::new();
    for triple in triples {
        if [triple.bl, triple.tl, triple.tr].iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let attempt = || {
            let sampled = SampleQR(matrix, &triple).ok()?;
            let read = Decode(sampled.getBits()).ok().filter(|read| read.isValid())?;
            Some((content_of(&read), corners(sampled.getPoints())))
        };
        if let Some((content, corners)) = catch_unwind(AssertUnwindSafe(attempt)).ok().flatten() {
            used.extend([triple.bl, triple.tl, triple.tr]);
            if let Some((text, is_text)) = content {
                codes.push(ScannedCode { text, is_text, corners });
            }
        }
    }
    codes
}

fn corners(points: &[Point]) -> Option<[(f32, f32); 4]> {
    match *points {
        // rxing names the lower left before the lower right.
        [top_left, top_right, low_left, low_right] => {
            Some([top_left, top_right, low_right, low_left].map(|point| (point.x, point.y)))
        }
        _ => None,
    }
}
