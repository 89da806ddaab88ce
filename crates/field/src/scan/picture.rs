//! Codes from a picture file: the way in where there is no camera, and for photos sent by a colleague.
//!
//! The picture passes the same checks as a photo kept as evidence, so a cut-off file is named as such instead of being
//! reported as “no code”. Corners come out in upright pixels. Nothing is stored here.

use std::path::Path;

use super::{Decoder, Effort, GrayFrame, ScanError, ScannedCode};
use crate::photo;

/// The codes in the picture file at `path`; empty when it shows none.
///
/// # Errors
/// Where the file cannot be read, or is not a whole picture.
pub fn decode_file(decoder: &impl Decoder, path: &Path) -> Result<Vec<ScannedCode>, ScanError> {
    let unreadable = |source| ScanError::Unreadable { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    // Before reading: a disk image chosen by mistake must not be loaded to learn that it is none.
    photo::check_size(size)?;
    decode_bytes(decoder, &std::fs::read(path).map_err(unreadable)?)
}

/// The codes in the picture with these bytes; empty when it shows none.
///
/// # Errors
/// Where the bytes are not a whole picture.
pub fn decode_bytes(decoder: &impl Decoder, bytes: &[u8]) -> Result<Vec<ScannedCode>, ScanError> {
    let picture = photo::open_upright(bytes)?;
    let gray = on_white(picture).into_luma8();
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let frame = GrayFrame { width, height, luma: gray.into_raw() };
    Ok(decoder.decode(&frame, Effort::Still))
}

/// Lays a picture with transparent parts on white paper: the ground of exported codes is often transparent *black*.
fn on_white(picture: image::DynamicImage) -> image::DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let mut picture = picture.into_rgba8();
    for pixel in picture.pixels_mut() {
        let [colours @ .., alpha] = &mut pixel.0;
        for colour in colours {
            let blended = u16::from(*colour) * u16::from(*alpha) + 255 * (255 - u16::from(*alpha));
            *colour = (blended / 255) as u8;
        }
        *alpha = 255;
    }
    picture.into()
}
