//! Photos for the page: the original hashed anew, turned upright, at most 1,000 pixels on the longer side, as JPEG.

use std::{fs, io::Cursor};

use anyhow::Context as _;
use image::{DynamicImage, ImageDecoder as _, ImageReader, codecs::jpeg::JpegEncoder};
use xunjian_domain::{hash::Sha256, report::PhotoFile};

use crate::told::Told;

/// Longest side of a photo on the page: 300 dots an inch at the width of a column.
const MOST_PIXELS: u32 = 1_000;
/// Longest side of a picture that is decoded at all.
const MAX_PIXELS: u32 = 16_384;
const QUALITY: u8 = 82;

/// A photo as the page shows it.
///
/// # Errors
/// [`Told`] when its bytes are not those that were signed, or are no picture.
pub fn prepared(photo: &PhotoFile) -> anyhow::Result<Vec<u8>> {
    let original = fs::read(&photo.path).with_context(|| format!("photo {}", photo.sha256))?;
    if Sha256::of(&original) != photo.sha256 {
        let hash = photo.sha256;
        return Err(Told::new(
            format!("照片 {hash} 的字节与其哈希不符，未出报告。请运行 xunjian fsck"),
            format!("the bytes of the photo {hash} are not those of its hash: run `xunjian fsck`"),
        )
        .into());
    }
    shrunk(&original).map_err(|error| {
        let hash = photo.sha256;
        Told::new(format!("照片 {hash} 无法解码：{error}"), format!("the photo {hash} cannot be decoded: {error}"))
            .into()
    })
}

fn shrunk(original: &[u8]) -> Result<Vec<u8>, image::ImageError> {
    let mut reader = ImageReader::new(Cursor::new(original)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_PIXELS), Some(MAX_PIXELS));
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // As `ImageReader::decode` does, which knows nothing of orientation.
    limits.reserve(decoder.total_bytes())?;
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    if picture.width().max(picture.height()) > MOST_PIXELS {
        // Means over whole squares of pixels: as good as a filter at these ratios, in a quarter of its time.
        picture = picture.thumbnail(MOST_PIXELS, MOST_PIXELS);
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(bytes.into_inner())
}
