//! Smaller copies for the screen, upright.
//!
//! Made from the picture that was decoded to check it, so that taking a photo in decodes it once. Shrunk before it is turned:
//! a sixth of the pixels to move. Never evidence, never signed, never sent.

use std::borrow::Cow;

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images};
use image::{
    DynamicImage, ImageError, RgbImage,
    error::{EncodingError, ImageFormatHint, LimitError, LimitErrorKind},
    metadata::Orientation,
};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder};

use super::{PhotoError, decode};

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
    let (picture, _, claims) = decode(bytes)?;
    renditions_of(&picture, claims.orientation)
}

/// Both copies of a decoded picture, turned as its EXIF orientation says.
///
/// # Errors
/// [`PhotoError::Damaged`] where a copy cannot be made or encoded, which no decoded picture has shown yet.
pub(super) fn renditions_of(picture: &DynamicImage, orientation: u8) -> Result<Renditions, PhotoError> {
    let rgb = match picture {
        DynamicImage::ImageRgb8(rgb) => Cow::Borrowed(rgb),
        other => Cow::Owned(other.to_rgb8()),
    };
    let screen = upright(shrunk(&rgb, SCREEN_PIXELS)?.unwrap_or_else(|| rgb.into_owned()), orientation);
    let screen_bytes = encoded(&screen)?;
    let thumbnail = shrunk(&screen, THUMBNAIL_PIXELS)?.unwrap_or(screen);
    Ok(Renditions { screen: screen_bytes, thumbnail: encoded(&thumbnail)? })
}

/// `None` where it is small enough: enlarging would only pretend to detail.
fn shrunk(picture: &RgbImage, most: u32) -> Result<Option<RgbImage>, PhotoError> {
    let (width, height) = picture.dimensions();
    let long_side = width.max(height);
    if long_side <= most {
        return Ok(None);
    }
    let side = |length: u32| (f64::from(length) * f64::from(most) / f64::from(long_side)).round().max(1.0) as u32;
    let from = images::ImageRef::new(width, height, picture.as_raw(), PixelType::U8x3).map_err(|_| too_large())?;
    let mut to = images::Image::new(side(width), side(height), PixelType::U8x3);
    // The mean of each area: nothing rings around printed digits, and it is the quickest.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    Resizer::new().resize(&from, &mut to, &options).map_err(|_| too_large())?;
    let (width, height) = (to.width(), to.height());
    RgbImage::from_raw(width, height, to.into_vec()).map(Some).ok_or_else(too_large)
}

fn upright(picture: RgbImage, orientation: u8) -> RgbImage {
    match Orientation::from_exif(orientation) {
        None | Some(Orientation::NoTransforms) => picture,
        Some(turn) => {
            let mut picture = DynamicImage::from(picture);
            picture.apply_orientation(turn);
            picture.into_rgb8()
        }
    }
}

fn encoded(picture: &RgbImage) -> Result<Vec<u8>, PhotoError> {
    // Both sides are at most 1,600 by now.
    let side = |length: u32| u16::try_from(length).map_err(|_| too_large());
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(picture.as_raw(), side(picture.width())?, side(picture.height())?, ColorType::Rgb).map_err(
        |error| {
            let jpeg = ImageFormatHint::Exact(image::ImageFormat::Jpeg);
            PhotoError::Damaged { source: ImageError::Encoding(EncodingError::new(jpeg, error)) }
        },
    )?;
    Ok(bytes)
}

/// Sizes that no decoded picture has: [`super::MAX_PIXELS`] keeps them out.
fn too_large() -> PhotoError {
    PhotoError::Damaged { source: ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)) }
}
