//! Photos: what a file must be to count as evidence, and how it is kept so that no crash loses or halves it.
//!
//! Half and lost photos are what inspectors complain about most, and `image` decodes a truncated JPEG without a word. So a
//! photo is checked to its last byte before anyone sees “已保存”. The original's bytes are never changed. Deliberately not
//! here: the rows that name photos, and whether a photo shows what it claims.

mod cache;
mod cipher;
mod complete;
mod error;
mod evidence;
mod exif;
mod kind;
mod look;
mod rendition;
pub mod store;

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, metadata::Orientation};

pub use self::{
    cache::PhotoSize,
    error::PhotoError,
    evidence::inspect_evidence,
    kind::MediaType,
    look::Look,
    rendition::{Renditions, renditions},
    store::{PhotoFolder, Recovery, StoredPhoto},
};
use self::{exif::Claims, kind::Kind};

/// Most bytes a photo may have.
pub const MAX_BYTES: u64 = 64 << 20;
/// Most pixels a photo may have.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Most memory the decoder may take, whatever the file promises: 100 megapixels of RGB and some.
const MAX_DECODED_BYTES: u64 = 400 << 20;

/// What a photo is, once it has been decoded to the last pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoInfo {
    /// What the bytes are, whatever the file is called.
    pub media_type: MediaType,
    /// Pixels, upright; 0 for what is not a picture.
    pub width: u32,
    /// Pixels, upright; 0 for what is not a picture.
    pub height: u32,
    /// The file's own claim (EXIF DateTimeOriginal, as written); proves nothing.
    pub exif_time: Option<String>,
    /// EXIF orientation, 1 to 8; 1 where the file says nothing.
    pub orientation: u8,
    /// What it looks like; `None` for a flat picture and for what is not a picture.
    pub look: Option<Look>,
}

/// Checks that `bytes` are a whole photo within the limits, and says what it is.
///
/// # Errors
/// Where they are not; the error's message says what to do.
pub fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoError> {
    let (picture, media_type, claims) = decode(bytes)?;
    Ok(info_of(&picture, media_type, claims))
}

/// As [`inspect`], and its smaller copies while it is decoded anyway; `None` in place of copies that could not be made, for
/// the photo is whole all the same.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_and_shrink(bytes: &[u8]) -> Result<(PhotoInfo, Option<Renditions>), PhotoError> {
    let (picture, media_type, claims) = decode(bytes)?;
    let copies = rendition::renditions_of(&picture, claims.orientation).ok();
    Ok((info_of(&picture, media_type, claims), copies))
}

fn info_of(picture: &DynamicImage, media_type: MediaType, claims: Claims) -> PhotoInfo {
    let (width, height) = (picture.width(), picture.height());
    let is_turned = claims.orientation >= 5;
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    let look = Look::of(picture, claims.orientation);
    PhotoInfo { media_type, width, height, exif_time: claims.time, orientation: claims.orientation, look }
}

/// The photo as seen by people: decoded, and turned as its EXIF orientation says.
///
/// # Errors
/// As [`inspect`].
pub fn open_upright(bytes: &[u8]) -> Result<DynamicImage, PhotoError> {
    let (mut picture, _, claims) = decode(bytes)?;
    picture.apply_orientation(Orientation::from_exif(claims.orientation).unwrap_or(Orientation::NoTransforms));
    Ok(picture)
}

/// Refuses a file by its size alone, before it is read.
///
/// # Errors
/// Where it is empty or larger than [`MAX_BYTES`].
pub fn check_size(bytes: u64) -> Result<(), PhotoError> {
    match bytes {
        0 => Err(PhotoError::Empty),
        1..=MAX_BYTES => Ok(()),
        _ => Err(PhotoError::TooManyBytes { bytes, most: MAX_BYTES }),
    }
}

/// Cheap checks first: size, kind, structure to the end of the file, pixels promised; only then the decoder.
fn decode(bytes: &[u8]) -> Result<(DynamicImage, MediaType, Claims), PhotoError> {
    check_size(bytes.len() as u64)?;
    let (media_type, format) = match Kind::of(bytes) {
        Kind::Photo(media_type, format) => (media_type, format),
        Kind::Heif(name) => return Err(PhotoError::Heif { name }),
        Kind::Other(what) => return Err(PhotoError::NotAPhoto { what }),
    };
    complete::check(media_type, bytes)?;

    let damaged = |source| PhotoError::Damaged { source };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(PhotoError::TooManyPixels { width, height, most: MAX_PIXELS });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok((picture, media_type, exif::claims(bytes)))
}
