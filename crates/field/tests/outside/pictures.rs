//! Picture files, as the intake of photos and the scanner of files take them.

use std::{io::Cursor, time::Duration};

use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageEncoder as _, ImageFormat, ImageReader, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, webp::WebPEncoder},
};
use xunjian_field::{
    photo::{self, MAX_PIXELS, MediaType, PhotoInfo, renditions},
    scan::{CascadeDecoder, TimeCaps, decode_bytes},
};

use crate::{Entrance, most_memory};

/// Pictures that promise more pixels are only asked whether they are refused in time: drawing them teaches nothing more.
const PIXELS_DRAWN: u64 = 1 << 18;

/// Where pictures come in.
pub struct Pictures {
    decoder: CascadeDecoder,
}

/// What the file promises, if it promises anything.
fn promised(bytes: &[u8]) -> Option<u64> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let (width, height) = reader.into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height))
}

fn claims_hold(info: &PhotoInfo, bytes: &[u8]) {
    assert!((1..=8).contains(&info.orientation));
    assert!(u64::from(info.width) * u64::from(info.height) <= MAX_PIXELS);
    let start: &[u8] = match info.media_type {
        MediaType::Jpeg => b"\xff\xd8\xff",
        MediaType::Png => b"\x89PNG",
        MediaType::Webp => b"RIFF",
        MediaType::Csv => panic!("a table is no photo"),
    };
    assert!(bytes.starts_with(start), "{} is what the first bytes say", info.media_type);
    if let Some(time) = &info.exif_time {
        let is_plain = time.len() <= 40 && time.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        assert!(is_plain, "{time:?} goes into a signed record");
    }
}

impl Pictures {
    /// A whole picture: it is seen the same way wherever it is opened, and no part of it passes for all of it.
    fn is_whole(&self, info: &PhotoInfo, bytes: &[u8]) {
        claims_hold(info, bytes);
        let seen = photo::open_upright(bytes).unwrap();
        assert_eq!((seen.width(), seen.height()), (info.width, info.height));
        let copies = renditions(bytes).unwrap();
        for (copy, most) in [(&copies.screen, 1_600), (&copies.thumbnail, 320)] {
            let copy = image::load_from_memory_with_format(copy, ImageFormat::Jpeg).unwrap();
            let long_side = info.width.max(info.height).min(most);
            assert_eq!(copy.width().max(copy.height()), long_side, "a copy of {info:?}");
        }
        let texts: Vec<String> =
            decode_bytes(&self.decoder, bytes).unwrap().into_iter().map(|code| code.text).collect();
        assert!(texts.iter().enumerate().all(|(at, text)| !texts[..at].contains(text)), "each text once");
        // Phones append previews behind the end, and those may be cut. What is still accepted must show the same.
        for cut in [1, 2, bytes.len() / 7, bytes.len() / 3, bytes.len() / 2] {
            let part = &bytes[..bytes.len() - cut.min(bytes.len())];
            if photo::inspect(part).is_ok() {
                let shown = photo::open_upright(part).unwrap();
                assert!(shown == seen, "without its last {cut} bytes it is accepted and shows something else");
            }
        }
    }
}

fn scene() -> RgbImage {
    RgbImage::from_fn(40, 24, |x, y| Rgb([(x * 6) as u8, (y * 9) as u8, ((x * y) % 251) as u8]))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A small photo with the EXIF block of a real one.
fn with_exif() -> Vec<u8> {
    const REAL: &[u8] = include_bytes!("../fixtures/photos/Landscape_6.jpg");
    let at = REAL.windows(2).position(|marker| marker == [0xff, 0xe1]).unwrap();
    let length = usize::from(u16::from_be_bytes([REAL[at + 2], REAL[at + 3]]));
    let small = encoded(&scene().into(), ImageFormat::Jpeg);
    [&small[..2], &REAL[at..at + 2 + length], &small[2..]].concat()
}

impl Entrance for Pictures {
    fn open() -> Self {
        let caps = TimeCaps { live: Duration::from_millis(10), still: Duration::from_millis(10) };
        Self { decoder: CascadeDecoder::with_caps(caps) }
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let (rgb, gray) = (scene(), GrayImage::from_fn(33, 17, |x, y| image::Luma([(x * 7 + y) as u8])));
        let mut progressive = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 80);
        encoder.set_progressive(true);
        encoder.encode(rgb.as_raw(), 40, 24, jpeg_encoder::ColorType::Rgb).unwrap();
        let mut coarse = Vec::new();
        JpegEncoder::new_with_quality(&mut coarse, 5).encode_image(&gray).unwrap();
        let mut webp = Vec::new();
        WebPEncoder::new_lossless(&mut webp).write_image(rgb.as_raw(), 40, 24, ExtendedColorType::Rgb8).unwrap();
        let rgba = DynamicImage::from(rgb.clone()).into_rgba16();
        let appended = [encoded(&rgb.clone().into(), ImageFormat::Jpeg), b"a preview behind the end".to_vec()].concat();
        let mut seeds = vec![progressive, coarse, webp, appended, with_exif()];
        seeds.push(encoded(&rgb.clone().into(), ImageFormat::Jpeg));
        seeds.push(encoded(&rgb.into(), ImageFormat::Png));
        seeds.push(encoded(&gray.into(), ImageFormat::Png));
        seeds.push(encoded(&rgba.into(), ImageFormat::Png));
        seeds.push(include_bytes!("../fixtures/qr/qrcode-6-4.png").to_vec());
        seeds.push(include_bytes!("../fixtures/qr/qrcode-2-10.png").to_vec());
        seeds.push(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec());
        seeds.push("编号,名称\r\n1,服务器\r\n".as_bytes().to_vec());
        seeds
    }

    fn take(&self, bytes: &[u8]) {
        let pixels = promised(bytes).unwrap_or(0);
        if pixels > MAX_PIXELS {
            let (inspected, memory) = most_memory(|| photo::inspect(bytes));
            assert!(inspected.is_err(), "{pixels} pixels are too many");
            assert!(memory <= 8 * bytes.len() + (16 << 20), "{memory} bytes to refuse {pixels} pixels");
            return;
        }
        if pixels > PIXELS_DRAWN {
            return;
        }
        let (inspected, memory) = most_memory(|| photo::inspect(bytes));
        let most = 64 * pixels as usize + 16 * bytes.len() + (16 << 20);
        assert!(memory <= most, "{memory} bytes for {pixels} pixels in a file of {}", bytes.len());
        for name in ["a.jpg", "a.csv"] {
            let evidence = photo::inspect_evidence(bytes, name, true).map(|(info, _)| info).ok();
            let evidence = evidence.filter(|info| info.media_type != MediaType::Csv);
            assert_eq!(evidence.as_ref(), inspected.as_ref().ok(), "evidence and photos pass the same checks");
        }
        match inspected {
            Ok(info) => self.is_whole(&info, bytes),
            Err(error) => {
                assert!(!error.message().zh.is_empty(), "what to do is said");
                assert!(decode_bytes(&self.decoder, bytes).is_err(), "the scanner takes what the intake refuses");
            }
        }
    }
}
