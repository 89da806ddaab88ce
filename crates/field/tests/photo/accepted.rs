//! What is accepted as a photo and what is refused, with which words.

use image::ImageFormat;
use xunjian_field::photo::{MediaType, PhotoError, PhotoInfo, inspect, inspect_evidence, open_upright, renditions};

use super::{file, fixture};

const FORMATS: [(ImageFormat, MediaType); 3] =
    [(ImageFormat::Jpeg, MediaType::Jpeg), (ImageFormat::Png, MediaType::Png), (ImageFormat::WebP, MediaType::Webp)];

#[test]
fn jpeg_png_and_webp_are_told_by_their_bytes() {
    for (format, media_type) in FORMATS {
        let info = inspect(&file(format)).unwrap();
        let wanted = PhotoInfo { media_type, width: 64, height: 48, exif_time: None, orientation: 1, look: info.look };
        assert_eq!(info, wanted, "{media_type}");
    }
}

#[test]
fn sizes_are_upright_whatever_the_exif_orientation() {
    for (name, orientation, is_wide) in [
        ("Landscape_1.jpg", 1, true),
        ("Landscape_6.jpg", 6, true),
        ("Portrait_3.jpg", 3, false),
        ("Portrait_5.jpg", 5, false),
        ("Portrait_8.jpg", 8, false),
    ] {
        let info = inspect(&fixture(name)).unwrap();
        assert_eq!(info.orientation, orientation, "{name}");
        assert_eq!(info.width > info.height, is_wide, "{name} is {} × {} upright", info.width, info.height);
        let upright = open_upright(&fixture(name)).unwrap();
        assert_eq!(
            (upright.width(), upright.height()),
            (info.width, info.height),
            "{name} decodes to the size it claims"
        );
    }
}

#[test]
fn all_orientations_show_the_same_scene_upright() {
    let mean_of_corner = |name: &str| {
        let picture = open_upright(&fixture(name)).unwrap().to_luma8();
        let corner = image::imageops::crop_imm(&picture, 0, 0, 100, 100).to_image();
        corner.pixels().map(|pixel| f64::from(pixel.0[0])).sum::<f64>() / 10_000.0
    };
    // The pictures have their number printed in the middle, so only the corners can be compared.
    for (one, other) in [
        ("Landscape_1.jpg", "Landscape_6.jpg"),
        ("Portrait_3.jpg", "Portrait_5.jpg"),
        ("Portrait_3.jpg", "Portrait_8.jpg"),
    ] {
        let (one_mean, other_mean) = (mean_of_corner(one), mean_of_corner(other));
        assert!((one_mean - other_mean).abs() < 4.0, "top left of {one} is {one_mean}, of {other} {other_mean}");
    }
}

#[test]
fn a_photo_cut_off_anywhere_is_refused() {
    for (format, media_type) in FORMATS {
        let whole = file(format);
        for end in 0..whole.len() {
            assert!(inspect(&whole[..end]).is_err(), "{media_type} cut to {end} of {} bytes", whole.len());
        }
    }
    for name in ["Landscape_6.jpg", "Portrait_5.jpg"] {
        let whole = fixture(name);
        for end in (0..whole.len()).step_by(997).chain(whole.len() - 40..whole.len()) {
            assert!(inspect(&whole[..end]).is_err(), "{name} cut to {end} of {} bytes", whole.len());
        }
    }
}

#[test]
fn a_cut_off_photo_is_called_that_and_not_damaged() {
    for (format, media_type) in FORMATS {
        let whole = file(format);
        let refusal = inspect(&whole[..whole.len() * 2 / 3]).unwrap_err();
        assert!(matches!(refusal, PhotoError::CutOff { .. }), "{media_type}: {refusal}");
    }
}

#[test]
fn bytes_after_the_end_are_left_alone() {
    for (format, media_type) in FORMATS {
        let mut bytes = file(format);
        bytes.extend_from_slice(b"a short video that the phone appended");
        assert!(inspect(&bytes).is_ok(), "{media_type} of a motion photo");
    }
}

#[test]
fn a_flipped_bit_in_a_png_is_noticed() {
    let mut bytes = file(ImageFormat::Png);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    assert!(matches!(inspect(&bytes), Err(PhotoError::Broken { .. })), "the chunk's check sum does not fit");
}

#[test]
fn what_is_not_a_photo_is_named() {
    let zip = b"PK\x03\x04 and so on";
    for (bytes, words) in [
        (b"%PDF-1.7".as_slice(), "PDF"),
        (zip, "Office"),
        (b"GIF89a", "GIF"),
        (b"\0\0\0\x18ftypmp42", "视频"),
        ("巡检记录".as_bytes(), "文本"),
        (&[0; 4096], "空壳"),
        (b"\x01\x02\x03", "无法识别"),
    ] {
        let refusal = inspect(bytes).unwrap_err();
        assert!(matches!(refusal, PhotoError::NotAPhoto { .. }), "{words}: {refusal}");
        assert!(refusal.message().zh.contains(words), "{}", refusal.message().zh);
    }
    assert!(matches!(inspect(b""), Err(PhotoError::Empty)), "zero bytes have a name of their own");
}

#[test]
fn heic_and_avif_are_refused_with_how_to_switch_the_camera() {
    for brand in ["heic", "heix", "mif1", "avif"] {
        let refusal = inspect(format!("\0\0\0\x18ftyp{brand}\0\0\0\0").as_bytes()).unwrap_err();
        let message = refusal.message();
        assert!(message.zh.contains("兼容性最佳") && message.en.contains("Most Compatible"), "{brand}: {}", message.en);
    }
}

#[test]
fn a_picture_that_promises_too_many_pixels_is_refused_before_it_is_decoded() {
    let mut bytes = file(ImageFormat::Png);
    // IHDR: width and height at 16 and 20, check sum at 29.
    bytes[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let check_sum = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&check_sum);
    assert!(matches!(inspect(&bytes), Err(PhotoError::TooManyPixels { width: 65_535, .. })), "four gigapixels");
    let huge = vec![0xff; 65 << 20];
    assert!(matches!(inspect(&huge), Err(PhotoError::TooManyBytes { .. })), "65 MiB");
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn the_time_is_what_the_file_claims_as_written() {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"\x01\0\x03\x90\x02\0\x14\0\0\0\x2c\0\0\0\0\0\0\0");
    exif.extend_from_slice(b"2026:03:01 09:30:00\0");
    let jpeg = file(ImageFormat::Jpeg);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let claiming = [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat();
    assert_eq!(
        inspect(&claiming).unwrap().exif_time.as_deref(),
        Some("2026:03:01 09:30:00"),
        "unchanged, no time zone added"
    );
}

#[test]
fn a_csv_export_is_evidence_only_where_it_is_imported() {
    let gbk = b"\xd0\xf2\xba\xc5,\xc3\xfb\xb3\xc6\r\n1,\xbb\xfa\xb9\xf1\r\n";
    for bytes in ["\u{feff}序号,名称\r\n1,机柜\r\n".as_bytes(), gbk] {
        let (info, copies) = inspect_evidence(bytes, "导出.CSV", true).unwrap();
        assert_eq!(copies, None, "a table has no smaller copies");
        assert_eq!((info.media_type, info.width, info.height), (MediaType::Csv, 0, 0), "kept as text/csv");
        let refusal = inspect_evidence(bytes, "导出.csv", false).unwrap_err();
        assert!(refusal.message().zh.contains("CSV"), "a photo was asked for: {}", refusal.message().zh);
        assert!(inspect_evidence(bytes, "notes.txt", true).is_err(), "only CSV, so named");
    }
    assert!(inspect_evidence(b"%PDF-1.7\n", "report.csv", true).is_err(), "a PDF stays a PDF");
    assert!(inspect_evidence(b"a,b\0c", "broken.csv", true).is_err(), "text has no zero bytes");
    let (photo, _) = inspect_evidence(&file(ImageFormat::Jpeg), "photo.csv", true).unwrap();
    assert_eq!(photo.media_type, MediaType::Jpeg, "a photo with a wrong name is still a photo");
}

#[test]
fn renditions_are_upright_and_small() {
    let copies = renditions(&fixture("Portrait_5.jpg")).unwrap();
    let (screen, thumbnail) = (inspect(&copies.screen).unwrap(), inspect(&copies.thumbnail).unwrap());
    assert!(screen.height > screen.width && screen.height <= 1_600, "{} × {}", screen.width, screen.height);
    assert_eq!(thumbnail.height, 320, "the longer side of the thumbnail");
    assert_eq!(screen.orientation, 1, "the turn is in the pixels now");
}

#[test]
fn renditions_show_what_the_photo_shows() {
    let whole = fixture("Portrait_5.jpg");
    let screen = image::load_from_memory(&renditions(&whole).unwrap().screen).unwrap().to_rgb8();
    let upright = open_upright(&whole).unwrap().to_rgb8();
    let expected = image::imageops::resize(&upright, screen.width(), screen.height(), image::imageops::Triangle);
    let off = |a: &image::Rgb<u8>, b: &image::Rgb<u8>| -> u64 {
        a.0.iter().zip(b.0).map(|(&a, b)| u64::from(a.abs_diff(b))).sum()
    };
    let total: u64 = screen.pixels().zip(expected.pixels()).map(|(a, b)| off(a, b)).sum();
    let mean = total as f64 / f64::from(screen.width() * screen.height() * 3);
    assert!(mean < 4.0, "{mean:.2} greys off on average, from shrinking and JPEG together");
}
