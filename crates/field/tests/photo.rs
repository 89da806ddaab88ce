//! Photos: only whole ones are accepted, and no crash loses or halves one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "photo/accepted.rs"]
mod accepted;
#[path = "photo/alike.rs"]
mod alike;
#[path = "photo/kept.rs"]
mod kept;

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/photos").join(name)).unwrap()
}

/// A small picture with some grain, so that no two rows compress alike.
fn picture(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7 + y * 3) as u8, (x * y) as u8, (x ^ y) as u8])).into()
}

fn file(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture(64, 48).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
