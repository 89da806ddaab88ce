//! Camera frames: any pixels of any size, and codes of any content, drawn.

use std::time::Duration;

use xunjian_field::scan::{CascadeDecoder, Decoder as _, Effort, GrayFrame, ScannedCode, TimeCaps};

use crate::Entrance;

/// Longest content of a drawn code: larger ones only take longer.
const MOST_CONTENT: usize = 300;
/// Pixels of a module.
const MODULE: usize = 4;

/// Where frames come in.
pub struct Frames;

/// Fresh for each frame, because a decoder remembers whose turn it was, and patient, because the caps have a test of their own.
fn decoder() -> CascadeDecoder {
    CascadeDecoder::with_caps(TimeCaps { live: Duration::from_secs(60), still: Duration::from_secs(60) })
}

fn is_sane(codes: &[ScannedCode], frame: &GrayFrame) {
    for (at, code) in codes.iter().enumerate() {
        assert!(!code.text.is_empty(), "a code without a text is none");
        assert!(codes[..at].iter().all(|before| before.text != code.text), "each text once");
        let most = 2.0 * frame.long_side() as f32 + 64.0;
        for (x, y) in code.corners.into_iter().flatten() {
            assert!(x.abs() <= most && y.abs() <= most, "a corner at ({x}, {y}) of {}×{}", frame.width, frame.height);
        }
    }
}

/// Any pixels: an answer, and the same one each time.
fn take_pixels(width: usize, luma: &[u8]) {
    let height = luma.len() / width;
    let Some(frame) = GrayFrame::new(width, height, luma[..width * height].to_vec()) else { return };
    let codes = decoder().decode(&frame, Effort::Live);
    is_sane(&codes, &frame);
    assert_eq!(codes, decoder().decode(&frame, Effort::Live), "the same frame says the same");
    is_sane(&decoder().decode(&frame, Effort::Still), &frame);
    // A frame that lies about its size is none.
    let lying = GrayFrame { height: height + 1, ..frame };
    assert_eq!(decoder().decode(&lying, Effort::Live), []);
}

/// As a label printer draws it, with its quiet zone; `inverted` as on dark metal.
fn drawn(content: &[u8], inverted: bool) -> Option<GrayFrame> {
    let code = qrcode::QrCode::new(content).ok()?;
    let (side, colors) = (code.width(), code.to_colors());
    let long = (side + 8) * MODULE;
    let pixel = |at: usize| {
        let (column, row) = ((at % long / MODULE).wrapping_sub(4), (at / long / MODULE).wrapping_sub(4));
        let is_dark = column < side && row < side && colors[row * side + column] == qrcode::Color::Dark;
        if is_dark == inverted { 230 } else { 25 }
    };
    GrayFrame::new(long, long, (0..long * long).map(pixel).collect())
}

/// What was drawn is read, and read right.
fn take_content(content: &[u8], inverted: bool) {
    let Some(frame) = drawn(content, inverted) else { return };
    let codes = decoder().decode(&frame, Effort::Still);
    is_sane(&codes, &frame);
    let Ok(text) = std::str::from_utf8(content) else {
        for code in codes.iter().filter(|code| !code.is_text) {
            let data = format!("data:application/octet-stream;base64,{}", data_encoding::BASE64.encode(content));
            assert_eq!(code.text, data, "what holds no text comes as its bytes");
        }
        return;
    };
    if text.is_empty() || text.chars().any(char::is_control) {
        return;
    }
    let texts: Vec<&str> = codes.iter().map(|code| code.text.as_str()).collect();
    assert_eq!(texts, [text], "{content:?} was drawn");
    assert!(codes[0].is_text);
}

impl Entrance for Frames {
    fn open() -> Self {
        Self
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let label = format!("HTTPS://LABEL.GZ.EXAMPLE/L/{}", "AQ3TKL7M2".repeat(15));
        let mut seeds: Vec<Vec<u8>> = [&*label, "9XHMGZKRWGCM", "资产编号：ZC-2024-0017；联通", "0123456789", "𠮷"]
            .iter()
            .flat_map(|text| [[b"\xff", text.as_bytes()].concat(), [b"\xfe", text.as_bytes()].concat()])
            .collect();
        seeds.push(b"\xff\x81\x82\xde\x00\xff\xfe binary".to_vec());
        // A frame that shows a code, at two sizes.
        for side in [1, 2] {
            let frame = drawn(b"9XHMGZKRWGCM", side == 2).unwrap();
            let frame = if side == 1 { frame.halved() } else { frame };
            seeds.push([vec![frame.width as u8], frame.luma].concat());
        }
        seeds.push([vec![64], (0..64 * 64).map(|at| (at * 37 % 251) as u8).collect()].concat());
        seeds
    }

    fn take(&self, bytes: &[u8]) {
        match bytes.split_first() {
            Some((0xfe, content)) => take_content(&content[..content.len().min(MOST_CONTENT)], true),
            Some((0xff, content)) => take_content(&content[..content.len().min(MOST_CONTENT)], false),
            Some((width, luma)) => take_pixels(usize::from(*width).max(1), luma),
            None => {}
        }
    }
}
