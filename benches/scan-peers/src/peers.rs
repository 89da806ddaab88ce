//! Each decoder behind one door, at the settings it reads most with. Chosen once, from what each of them documents.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::GrayImage;
use xunjian_field::scan::{CascadeDecoder, Decoder as _, Effort, GrayFrame};
use zbar_rust::{ZBarConfig, ZBarImageScanner, ZBarSymbolType};
use zxingcpp::BarcodeFormat;

/// One decoder.
pub struct Peer {
    /// As printed.
    pub name: &'static str,
    read: Box<dyn FnMut(&GrayImage) -> Vec<String>>,
}

impl Peer {
    fn new(name: &'static str, read: impl FnMut(&GrayImage) -> Vec<String> + 'static) -> Self {
        Self { name, read: Box::new(read) }
    }

    /// The texts in the picture, or `None` where it panicked.
    pub fn read(&mut self, picture: &GrayImage) -> Option<Vec<String>> {
        catch_unwind(AssertUnwindSafe(|| (self.read)(picture))).ok()
    }
}

/// Ours, for frames of a camera: one decoder for the whole sequence.
pub fn ours_live() -> Peer {
    let decoder = CascadeDecoder::default();
    Peer::new("xunjian (live)", move |picture| ours(&decoder, picture, Effort::Live))
}

/// Ours, for pictures that will not come again.
pub fn ours_still() -> Peer {
    let decoder = CascadeDecoder::default();
    Peer::new("xunjian (still)", move |picture| ours(&decoder, picture, Effort::Still))
}

fn ours(decoder: &CascadeDecoder, picture: &GrayImage, effort: Effort) -> Vec<String> {
    let frame = GrayFrame {
        width: picture.width() as usize,
        height: picture.height() as usize,
        luma: picture.as_raw().clone(),
    };
    decoder.decode(&frame, effort).into_iter().map(|code| code.text).collect()
}

/// The others.
pub fn others() -> Vec<Peer> {
    vec![zxing_cpp(), zbar(), rqrr()]
}

/// Everything it can try: harder, rotated, inverted, downscaled; its default binarizer, which is its best.
fn zxing_cpp() -> Peer {
    let reader = zxingcpp::read()
        .formats([BarcodeFormat::QRCode])
        .try_harder(true)
        .try_rotate(true)
        .try_invert(true)
        .try_downscale(true)
        .text_mode(zxingcpp::TextMode::Plain);
    Peer::new("zxing-cpp", move |picture| {
        let view = zxingcpp::ImageView::from_slice(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            zxingcpp::ImageFormat::Lum,
        );
        let codes = view.and_then(|view| reader.from(view)).unwrap_or_default();
        codes.into_iter().filter(zxingcpp::Barcode::is_valid).map(|code| code.text()).collect()
    })
}

/// Debian's library: QR codes only (its other kinds read stripes into vents), every line, inverted too.
fn zbar() -> Peer {
    Peer::new("zbar", |picture| {
        let mut scanner = ZBarImageScanner::new();
        let settings = [
            (ZBarSymbolType::ZBarNone, ZBarConfig::ZBarCfgEnable, 0),
            (ZBarSymbolType::ZBarQRCode, ZBarConfig::ZBarCfgEnable, 1),
            (ZBarSymbolType::ZBarNone, ZBarConfig::ZBarCfgTestInverted, 1),
            (ZBarSymbolType::ZBarNone, ZBarConfig::ZBarCfgXDensity, 1),
            (ZBarSymbolType::ZBarNone, ZBarConfig::ZBarCfgYDensity, 1),
        ];
        for (symbol, config, value) in settings {
            assert!(scanner.set_config(symbol, config, value).is_ok(), "zbar knows {config:?}");
        }
        let codes = scanner.scan_y800(picture.as_raw(), picture.width(), picture.height()).unwrap_or_default();
        codes.into_iter().map(|code| String::from_utf8_lossy(&code.data).into_owned()).collect()
    })
}

/// It has no settings.
fn rqrr() -> Peer {
    Peer::new("rqrr", |picture| {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw();
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
        prepared.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    })
}

/// Whether this decoder takes part: all do, or those that `XUNJIAN_SCAN_ONLY` names, ours always. rqrr takes seconds on some
/// frames.
pub fn is_wanted(name: &str) -> bool {
    std::env::var("XUNJIAN_SCAN_ONLY").map_or(true, |only| name.starts_with("xunjian") || only.contains(name))
}

/// What was measured, on what.
pub fn print_versions() {
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let at = lock.find(&format!("name = \"{name}\"\n")).unwrap_or(lock.len());
        lock[at..].lines().nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("?").to_owned()
    };
    let (major, minor, patch) = zbar_rust::version();
    println!(
        "rxing {} in our cascade · zxing-cpp {} (crate, its C++ bundled) · zbar {major}.{minor}.{patch} · rqrr {}",
        version("rxing"),
        version("zxing-cpp"),
        version("rqrr"),
    );
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("unknown processor");
    println!(
        "{model}, {} cores; times are processor time of one thread",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
}
