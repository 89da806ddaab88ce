//! Evidence that may be something other than a photo: a CSV export of a remote system, for remote (远程) lines.
//!
//! The text is kept as it is, byte for byte; nothing reads its columns here.

use xunjian_domain::text::Text;

use super::{MediaType, PhotoError, PhotoInfo, Renditions, check_size, inspect_and_shrink, kind::Kind};

/// Checks `bytes` as evidence: a photo always, with its smaller copies; a CSV file, so named, only where it is `imported`.
///
/// # Errors
/// Where it is neither.
pub fn inspect_evidence(
    bytes: &[u8],
    file_name: &str,
    imported: bool,
) -> Result<(PhotoInfo, Option<Renditions>), PhotoError> {
    let is_named_csv = file_name.to_ascii_lowercase().ends_with(".csv");
    check_size(bytes.len() as u64)?;
    // What the bytes are goes before what they are called: a photo named .csv is a photo, a PDF named .csv is a PDF.
    if !is_named_csv || !may_be_text(bytes) {
        return inspect_and_shrink(bytes);
    }
    if !imported {
        return Err(PhotoError::NotAPhoto { what: Text::new("CSV 表格", "a CSV table") });
    }
    let csv =
        PhotoInfo { media_type: MediaType::Csv, width: 0, height: 0, exif_time: None, orientation: 1, look: None };
    Ok((csv, None))
}

/// UTF-8 or GB 18030 throughout, without control characters: what spreadsheets and remote systems export in China.
fn may_be_text(bytes: &[u8]) -> bool {
    let is_clean = bytes.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\r' | b'\n'));
    let is_photo = matches!(Kind::of(bytes), Kind::Photo(..) | Kind::Heif(_));
    let is_document = bytes.starts_with(b"%PDF");
    is_clean && !is_photo && !is_document && (std::str::from_utf8(bytes).is_ok() || is_gb18030(bytes))
}

/// Whether the bytes have the form of GB 18030-2022 (one, two or four bytes a character).
fn is_gb18030(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (0x00..=0x7f, _) => tail,
            (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, tail @ ..]) => tail,
            (0x81..=0xfe, [0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, tail @ ..]) => tail,
            _ => return false,
        };
    }
    true
}
