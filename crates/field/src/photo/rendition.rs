//! Smaller copies for the screen, upright.
//!
//! Made from the original whenever needed; never evidence, never signed, never sent.

use std::io::Cursor;

use image::{DynamicImage, codecs::jpeg::JpegEncoder};

use super::{PhotoError, open_upright};

/// Longer side of the copy for the screen.
const SCREEN_PIXELS: u32 = 1_600;
/// Longer side of the copy for lists.
const THUMBNAIL_PIXELS: u32 = 320;
const QUALITY: u8 = 82;

/// The copies, as JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renditions {
    /// At most 1,600 pixels on the longer side.
    pub screen: Vec<u8>,
    /// At most 320 pixels on the longer side.
    pub thumbnail: Vec<u8>,
}

/// Makes both copies of the photo with these bytes.
///
/// # Errors
/// As [`super::inspect`].
pub fn renditions(bytes: &[u8]) -> Result<Renditions, PhotoError> {
    let screen = shrunk(open_upright(bytes)?, SCREEN_PIXELS);
    let screen_bytes = encoded(&screen)?;
    let thumbnail = shrunk(screen, THUMBNAIL_PIXELS);
    Ok(Renditions { screen: screen_bytes, thumbnail: encoded(&thumbnail)? })
}

/// Never larger than it was: enlarging would only pretend to detail.
fn shrunk(picture: DynamicImage, most: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= most {
        return picture;
    }
    // The mean of each area: no ringing around printed digits, and a fraction of the time of a filter (`make bench`).
    picture.thumbnail(most, most)
}

fn encoded(picture: &DynamicImage) -> Result<Vec<u8>, PhotoError> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))
        .map_err(|source| PhotoError::Damaged { source })?;
    Ok(bytes.into_inner())
}
