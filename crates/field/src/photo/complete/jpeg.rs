//! JPEG: marker segments up to the EOI after the last scan (ITU-T T.81, annex B).
//!
//! A hole in the middle of a scan is not noticed, here or by any decoder: the format has no check sums, and most damaged
//! bits still mean some picture. From the moment a photo is kept, its SHA-256 guards it.

use super::Flaw;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const TEM: u8 = 0x01;
const RST: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;

/// Walks the segments, so that the EOI of the preview inside the EXIF segment is not taken for the picture's own.
pub(super) fn check(bytes: &[u8]) -> Result<(), Flaw> {
    let mut at = 0;
    let mut has_scan = false;
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        at = after;
        match marker {
            EOI if has_scan => return Ok(()),
            EOI => return Err(Flaw::Broken("JPEG without a scan")),
            SOI | TEM => {}
            marker if RST.contains(&marker) => {}
            SOS => {
                has_scan = true;
                at = end_of_scan(bytes, end_of_segment(bytes, at)?)?;
            }
            _ => at = end_of_segment(bytes, at)?,
        }
    }
}

/// The next marker at or after `at`, and where it ends. Stray bytes between segments are passed over, as decoders do.
fn next_marker(bytes: &[u8], at: usize) -> Result<(u8, usize), Flaw> {
    let rest = bytes.get(at..).ok_or(Flaw::CutOff)?;
    rest.windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))
        .map(|found| (rest[found + 1], at + found + 2))
        .ok_or(Flaw::CutOff)
}

fn end_of_segment(bytes: &[u8], at: usize) -> Result<usize, Flaw> {
    let length = bytes.get(at..at + 2).ok_or(Flaw::CutOff)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(Flaw::Broken("JPEG segment of impossible length"));
    }
    if at + length > bytes.len() { Err(Flaw::CutOff) } else { Ok(at + length) }
}

/// Where the compressed data that starts at `at` gives way to the next marker that is no restart.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Result<usize, Flaw> {
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        if !RST.contains(&marker) {
            return Ok(after - 2);
        }
        at = after;
    }
}
