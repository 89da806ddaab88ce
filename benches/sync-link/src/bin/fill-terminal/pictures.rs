//! Photos of about 300 KB, no two alike: four pieces of real photos side by side, chosen by number, as JPEG.

use anyhow::{Context as _, ensure};
use image::{RgbImage, imageops};

/// What a photo should have.
const TARGET_BYTES: usize = 300_000;
const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1200;
/// The product's own test photos, every one under a free licence.
const FILMS: [&[u8]; 3] = [
    include_bytes!("../../../../../crates/field/tests/fixtures/photos/Landscape_1.jpg"),
    include_bytes!("../../../../../crates/field/tests/fixtures/photos/Portrait_5.jpg"),
    include_bytes!("../../../../../crates/field/tests/fixtures/photos/Portrait_8.jpg"),
];

/// Takes photos.
pub struct Camera {
    films: Vec<RgbImage>,
}

impl Camera {
    /// Develops the films.
    ///
    /// # Errors
    /// When one is no picture.
    pub fn new() -> anyhow::Result<Self> {
        let films = FILMS.iter().map(|bytes| Ok(image::load_from_memory(bytes)?.to_rgb8()));
        Ok(Self { films: films.collect::<anyhow::Result<_>>()? })
    }

    /// The photo with this number; the same number gives the same photo.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub fn shoot(&self, no: u64) -> anyhow::Result<Vec<u8>> {
        let mut random = (no + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |most: u32| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            u32::try_from((random >> 33) % u64::from(most)).unwrap_or(0)
        };
        let mut picture = RgbImage::new(WIDTH, HEIGHT);
        for (x, y) in [(0, 0), (WIDTH / 2, 0), (0, HEIGHT / 2), (WIDTH / 2, HEIGHT / 2)] {
            let film = &self.films[below(self.films.len() as u32) as usize];
            let (left, top) = (below(film.width() - WIDTH / 2), below(film.height() - HEIGHT / 2));
            let piece = imageops::crop_imm(film, left, top, WIDTH / 2, HEIGHT / 2);
            imageops::replace(&mut picture, &piece.to_image(), i64::from(x), i64::from(y));
        }
        of_target_size(&picture)
    }
}

/// As JPEG, at the quality that comes nearest to the size that was asked for.
fn of_target_size(picture: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let (mut low, mut high, mut best) = (20, 98, Vec::new());
    while low <= high {
        let quality = u8::midpoint(low, high);
        let mut bytes = Vec::new();
        let (width, height) = (u16::try_from(WIDTH)?, u16::try_from(HEIGHT)?);
        jpeg_encoder::Encoder::new(&mut bytes, quality)
            .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
            .context("encoding a photo")?;
        if bytes.len() <= TARGET_BYTES {
            low = quality + 1;
        } else {
            high = quality - 1;
        }
        if bytes.len().abs_diff(TARGET_BYTES) < best.len().abs_diff(TARGET_BYTES) {
            best = bytes;
        }
    }
    ensure!(best.len().abs_diff(TARGET_BYTES) < TARGET_BYTES / 10, "a photo of {} bytes", best.len());
    Ok(best)
}
