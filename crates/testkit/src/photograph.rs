//! Labels as a camera sees them: a printed label stuck onto a real picture, turned, tilted, unevenly lit, noisy.
//!
//! Deliberately not a model of any one camera: enough of each defect that a decoder has to find the code and straighten it,
//! from a seed, so that a failure can be played again.

use image::{GrayImage, Rgb, RgbImage, imageops};

/// How the picture is taken.
#[derive(Debug, Clone, Copy)]
pub struct Shot {
    /// Same seed, same picture.
    pub seed: u64,
    /// Width of the whole picture in pixels; its height is that of the background at this width.
    pub width: u32,
    /// How much of the picture's width the label takes, in percent.
    pub label_percent: u32,
    /// Turned by so many degrees.
    pub turned_degrees: f32,
    /// Tilted away at the top: the upper edge is shorter by so many percent.
    pub tilted_percent: u32,
}

/// Takes the picture: the label in the middle of the background.
#[must_use]
pub fn photograph(label: &GrayImage, background: &RgbImage, shot: Shot) -> RgbImage {
    let height = background.height() * shot.width / background.width();
    let mut picture = imageops::resize(background, shot.width, height, imageops::FilterType::Triangle);
    let label = imageops::blur(label, 1.2);
    let (sin, cos) = shot.turned_degrees.to_radians().sin_cos();
    let half_width = to_f32(shot.width * shot.label_percent) / 200.0;
    let half_height = half_width * to_f32(label.height()) / to_f32(label.width());
    let tilt = to_f32(shot.tilted_percent) / 100.0;
    let (middle_x, middle_y) = (to_f32(shot.width) / 2.0, to_f32(height) / 2.0);
    let mut random = shot.seed | 1;
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        // A little noise everywhere, as sensors have it.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let noise = i16::try_from(random % 13).unwrap_or(0) - 6;
        let (dx, dy) = (to_f32(x) - middle_x, to_f32(y) - middle_y);
        let (across, down) = (cos * dx + sin * dy, cos * dy - sin * dx);
        let v = down / half_height;
        let narrowed = half_width * (1.0 - tilt * (1.0 - v) / 2.0);
        let u = across / narrowed;
        let mut colour = *pixel;
        if u.abs() < 1.0 && v.abs() < 1.0 {
            let shade = sample(&label, (u + 1.0) / 2.0, (v + 1.0) / 2.0);
            // Lit from the left: 100 % there, 55 % at the right edge.
            let lit = shade * (0.775 - 0.225 * u);
            let level = to_level(30.0 + lit * 0.85);
            colour = Rgb([level, level, level]);
        }
        *pixel = Rgb(colour.0.map(|channel| clamp(i16::from(channel) + noise)));
    }
    picture
}

fn sample(label: &GrayImage, u: f32, v: f32) -> f32 {
    let pixel = imageops::sample_bilinear(label, u.clamp(0.0, 1.0), v.clamp(0.0, 1.0));
    pixel.map_or(255.0, |pixel| f32::from(pixel.0[0]))
}

#[expect(clippy::cast_precision_loss, reason = "pictures have a few thousand pixels a side")]
fn to_f32(number: u32) -> f32 {
    number as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn to_level(level: f32) -> u8 {
    level.clamp(0.0, 255.0) as u8
}

fn clamp(level: i16) -> u8 {
    u8::try_from(level.clamp(0, 255)).unwrap_or(255)
}

/// Takes the picture of a label's file in front of a photo's file and returns it as JPEG bytes.
///
/// # Errors
/// When a file cannot be read or is no picture.
pub fn take(label: &std::path::Path, background: &std::path::Path, shot: Shot) -> image::ImageResult<Vec<u8>> {
    let picture = photograph(&image::open(label)?.to_luma8(), &image::open(background)?.to_rgb8(), shot);
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 88).encode_image(&picture)?;
    Ok(bytes)
}
