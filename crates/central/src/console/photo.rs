//! Photos for the screen. The original is hashed anew before anything of it is shown; smaller copies are made from it once
//! and lie in `cache/`, which may be deleted at any time. Copies prove nothing.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageDecoder as _, ImageReader, codecs::jpeg::JpegEncoder, imageops::FilterType};
use xunjian_domain::hash::Sha256;
use xunjian_protocol::problem::ProblemCode;

use super::{page::missing, record};
use crate::{clock, error::Error, site::Site};

/// What pictures are: everything else is downloaded, never shown.
const PICTURES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
const QUALITY: u8 = 82;
/// Longest side of a picture that is still decoded.
const MAX_PIXELS: u32 = 16_384;

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// At most 320 pixels on the longer side.
    Thumbnail,
    /// At most 1,600 pixels on the longer side.
    Screen,
    /// The bytes as they were signed.
    Original,
}

impl Size {
    /// Reads the parameter `size`; the original where nobody says.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3.
    pub fn read(text: &str) -> Result<Self, Error> {
        match text {
            "thumbnail" => Ok(Self::Thumbnail),
            "screen" => Ok(Self::Screen),
            "" | "original" => Ok(Self::Original),
            _ => Err(super::page::bad("size", "is not one of: thumbnail, screen, original")),
        }
    }

    fn pixels(self) -> (&'static str, u32) {
        match self {
            Self::Thumbnail => ("thumbnail", 320),
            Self::Screen | Self::Original => ("screen", 1_600),
        }
    }
}

/// What is sent.
#[derive(Debug)]
pub struct Sent {
    /// Its media type; `application/octet-stream` for what is not a picture.
    pub media_type: String,
    /// Whether it may be shown; otherwise it is downloaded.
    pub is_picture: bool,
    /// A name for the file.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// `GET records/ID/photos/SHA`.
///
/// # Errors
/// [`Error::Problem`] 404.3 for photos that this record does not name or that have not come yet, 500.2 when the stored bytes
/// changed.
pub fn photo(site: &Site, id: &str, sha256: &Sha256, size: Size) -> Result<Sent, Error> {
    let (blob, media_type) = record::evidence(site, id, sha256)?;
    let original = match fs::read(site.blobs.object(sha256)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing(format!("{sha256} has not come yet, or is gone")));
        }
        Err(error) => return Err(Error::io(sha256.to_hex())(error)),
    };
    if Sha256::of(&original) != *sha256 || original.len() as u64 != blob.bytes {
        return Err(Error::Problem(ProblemCode::PhotoDamaged, sha256.to_hex()));
    }
    let is_picture = PICTURES.contains(&media_type.as_str());
    if size == Size::Original || !is_picture {
        let ending = media_type.rsplit('/').next().filter(|ending| ending.chars().all(|c| c.is_ascii_alphanumeric()));
        let name = format!("{}.{}", sha256.short(), ending.unwrap_or("bin"));
        return Ok(Sent { media_type, is_picture, name, bytes: original });
    }
    let name = format!("{}.jpeg", sha256.short());
    let bytes = rendition(site, sha256, &original, size)?;
    Ok(Sent { media_type: "image/jpeg".to_owned(), is_picture, name, bytes })
}

fn rendition(site: &Site, sha256: &Sha256, original: &[u8], size: Size) -> Result<Vec<u8>, Error> {
    let (folder, pixels) = size.pixels();
    let hex = sha256.to_hex();
    let file = site.folder().join("cache").join(folder).join(&hex[..2]).join(format!("{hex}.jpeg"));
    if let Ok(kept) = fs::read(&file) {
        return Ok(kept);
    }
    let bytes = shrunk(original, pixels).map_err(|error| missing(format!("{sha256} cannot be shown: {error}")))?;
    // A cache that cannot be written, on a full disk for one, keeps nobody from looking.
    if let Err(error) = keep(&file, &bytes) {
        tracing::warn!(%error, "a smaller copy of a photo was not kept");
    }
    Ok(bytes)
}

/// Upright, never larger than it was, without whatever else the file carried.
fn shrunk(original: &[u8], pixels: u32) -> Result<Vec<u8>, image::ImageError> {
    let mut reader = ImageReader::new(Cursor::new(original)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_PIXELS), Some(MAX_PIXELS));
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // As `ImageReader::decode` does, which knows nothing of orientation: the sides alone allow two gigabytes.
    limits.reserve(decoder.total_bytes())?;
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    if picture.width().max(picture.height()) > pixels {
        picture = picture.resize(pixels, pixels, FilterType::Triangle);
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(bytes.into_inner())
}

/// Written beside and renamed, so that nobody reads half a picture.
fn keep(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(&folder)?;
    let half = folder.join(format!("{}.half", clock::new_id()));
    fs::write(&half, bytes)?;
    fs::rename(&half, file)
}
