//! Masked copies for packs that leave the site. There is no detector of faces here: a person looks at each photo and marks what is
//! to be covered. A photo that nobody looked at is left out, and its hash stands.

use std::{collections::BTreeMap, fs, io::Cursor, path::Path};

use image::{DynamicImage, ImageDecoder as _, ImageReader, Rgb, codecs::jpeg::JpegEncoder, imageops::FilterType};
use serde::Deserialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    pack::rendition::{Region, Rendition},
    record::Evidence,
    statement::{BlobRef, Statement as _},
};

use crate::{error::Error, site::Site};

/// Longest side of a copy.
const PIXELS: u32 = 1_600;
const QUALITY: u8 = 82;
/// Longest side of a picture that is still decoded.
const MAX_PIXELS: u32 = 16_384;

/// What a person marked: JSON `{"marked_by": "王工", "photos": {"<sha256>": [{"x":…,"y":…,"width":…,"height":…}]}}`, in pixels of the
/// original as it is seen upright. A photo with an empty list was looked at and needs no cover.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masks {
    /// Who looked and marked.
    marked_by: String,
    /// What is to be covered, by photo.
    photos: BTreeMap<String, Vec<Region>>,
}

impl Masks {
    /// Reads a file of marks.
    ///
    /// # Errors
    /// [`Error::Told`] when it is not one, or nobody signs for it by name.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let name = file.display();
        let text = fs::read(file).map_err(Error::io(name.to_string()))?;
        let masks: Result<Self, _> = serde_json::from_slice(&text);
        let is_sound = |masks: &Self| {
            !masks.marked_by.trim().is_empty() && masks.photos.keys().all(|photo| photo.parse::<Sha256>().is_ok())
        };
        masks.ok().filter(is_sound).ok_or_else(|| {
            Error::told(
                format!("{name} 不是遮盖文件：须写明 marked_by（由谁查看并标注）和 photos（照片 SHA-256 与矩形）"),
                format!("{name} is no file of marks: it must say marked_by (who looked and marked) and photos"),
            )
        })
    }

    /// The masked copy of a photo with the service's statement; `None` for what nobody looked at, or what is no picture.
    pub(super) fn copy(
        &self,
        site: &Site,
        photo: &Evidence,
        path: &Path,
    ) -> Result<Option<(Envelope, Rendition, Vec<u8>)>, Error> {
        let Some(regions) = self.photos.get(&photo.sha256.to_hex()).filter(|_| photo.media_type.starts_with("image/"))
        else {
            return Ok(None);
        };
        let original = fs::read(path).map_err(Error::io(photo.sha256.to_hex()))?;
        if Sha256::of(&original) != photo.sha256 {
            return Err(Error::Damaged(format!("the photo {} has other bytes", photo.sha256)));
        }
        let (bytes, covered) = masked(&original, regions)
            .map_err(|error| Error::Damaged(format!("the photo {} cannot be masked: {error}", photo.sha256)))?;
        let rendition = Rendition {
            site: site.settings.root.site.clone(),
            of: photo.sha256,
            rendition: BlobRef { sha256: Sha256::of(&bytes), bytes: bytes.len() as u64 },
            media_type: "image/jpeg".to_owned(),
            covered,
            marked_by: self.marked_by.clone(),
        };
        Ok(Some((rendition.sign(&[&site.keys.service])?, rendition, bytes)))
    }
}

/// Upright, at most [`PIXELS`] long, the regions painted black: nothing of what was there is left. Whatever else the file carried
/// (EXIF, a thumbnail) is gone.
fn masked(original: &[u8], regions: &[Region]) -> Result<(Vec<u8>, Vec<Region>), image::ImageError> {
    let mut reader = ImageReader::new(Cursor::new(original)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_PIXELS), Some(MAX_PIXELS));
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    // Painted before it is made smaller, so that no pixel of the edge is mixed into what stays.
    let mut pixels = picture.to_rgb8();
    let (width, height) = pixels.dimensions();
    let clipped = |region: &Region| {
        let (x, y) = (region.x.min(width), region.y.min(height));
        Region { x, y, width: region.width.min(width - x), height: region.height.min(height - y) }
    };
    for region in regions.iter().map(clipped) {
        for y in region.y..region.y + region.height {
            for x in region.x..region.x + region.width {
                pixels.put_pixel(x, y, Rgb([0, 0, 0]));
            }
        }
    }
    let mut small = DynamicImage::ImageRgb8(pixels);
    if width.max(height) > PIXELS {
        small = small.resize(PIXELS, PIXELS, FilterType::Triangle);
    }
    let scaled = |value: u32| {
        u32::try_from(u64::from(value) * u64::from(small.width()) / u64::from(width.max(1))).unwrap_or(u32::MAX)
    };
    let covered = regions
        .iter()
        .map(clipped)
        .map(|one| Region { x: scaled(one.x), y: scaled(one.y), width: scaled(one.width), height: scaled(one.height) })
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    small.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok((bytes.into_inner(), covered))
}
