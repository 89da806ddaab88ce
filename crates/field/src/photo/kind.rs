//! What a file is, told from its first bytes. Its name is not asked: names lie, and messengers rename everything.

use std::fmt;

use image::ImageFormat;
use xunjian_domain::text::Text;

/// The kinds of evidence a record may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/webp`.
    Webp,
    /// `text/csv`: an export of a remote system, for remote (远程) lines only.
    Csv,
}

impl MediaType {
    /// As signed in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Csv => "text/csv",
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the first bytes say.
pub(super) enum Kind {
    /// A photo of a kind we keep.
    Photo(MediaType, ImageFormat),
    /// A photo in a format that browsers and most readers cannot open; the name of the format.
    Heif(&'static str),
    /// Anything else, in words that complete “it is …”.
    Other(Text),
}

/// First bytes, and what they mean in words.
const OTHERS: [(&[u8], &str, &str); 17] = [
    (b"%PDF", "PDF 文件", "a PDF document"),
    (b"PK\x03\x04", "压缩包或 Office 文档（docx、xlsx、zip）", "a ZIP archive or Office document (docx, xlsx, zip)"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文档（doc、xls）", "an old Office document (doc, xls)"),
    (b"Rar!", "RAR 压缩包", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包", "a 7z archive"),
    (b"\x1f\x8b", "gzip 压缩文件", "a gzip file"),
    (b"GIF8", "GIF 动图", "a GIF picture"),
    (b"BM", "BMP 图片", "a BMP picture"),
    (b"II*\0", "TIFF 或相机 RAW 图片", "a TIFF or camera raw picture"),
    (b"MM\0*", "TIFF 或相机 RAW 图片", "a TIFF or camera raw picture"),
    (b"\0\0\0\x0cJXL ", "JPEG XL 图片", "a JPEG XL picture"),
    (b"<svg", "SVG 图形", "an SVG drawing"),
    (b"<!DOCTYPE", "网页文件", "a web page"),
    (b"<html", "网页文件", "a web page"),
    (b"{", "JSON 文本", "JSON text"),
    (b"\x7fELF", "程序文件", "a program"),
    (b"MZ", "程序文件", "a program"),
];

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Self::Photo(MediaType::Jpeg, ImageFormat::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Self::Photo(MediaType::Png, ImageFormat::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Self::Photo(MediaType::Webp, ImageFormat::WebP);
        }
        if bytes.get(4..8) == Some(b"ftyp") {
            return of_brand(bytes.get(8..12).unwrap_or_default());
        }
        let known = OTHERS.iter().find(|(magic, _, _)| bytes.starts_with(magic));
        Self::Other(match known {
            Some((_, zh, en)) => Text::new(*zh, *en),
            None if bytes.iter().all(|&byte| byte == 0) => {
                Text::new("全是零字节的空壳文件", "a hollow file of zero bytes")
            }
            None if looks_like_text(bytes) => Text::new("文本文件", "a text file"),
            None => Text::new("无法识别的文件", "a file of unknown kind"),
        })
    }
}

/// ISO base media files share one form; the brand tells photos from videos (ISO/IEC 23008-12, annex B; AVIF 1.1, § 6).
fn of_brand(brand: &[u8]) -> Kind {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Kind::Heif("HEIC"),
        b"avif" | b"avis" => Kind::Heif("AVIF"),
        b"mif1" | b"msf1" => Kind::Heif("HEIF"),
        _ => Kind::Other(Text::new("视频或音频文件", "a video or audio file")),
    }
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    start.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\r' | b'\n'))
}
