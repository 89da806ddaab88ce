//! Real photos with their texts, each in four rotations, and photos that show no code.

use std::{fs, path::Path};

use image::{GrayImage, imageops};

use crate::{
    peers,
    tally::{Tally, print_head},
};

struct Photo {
    name: String,
    texts: Vec<String>,
    turned: [GrayImage; 4],
}

/// Wrong reads of ours.
pub fn run(folder: &Path) -> anyhow::Result<usize> {
    let photos = load(folder)?;
    let with_text = photos.iter().filter(|photo| !photo.texts.is_empty()).count() * 4;
    print_head(&format!(
        "Real photos: {with_text} pictures with a code (photos × 4 rotations), {} without",
        photos.len() * 4 - with_text
    ));
    let mut ours_wrong = 0;
    for mut peer in [peers::ours_still()].into_iter().chain(peers::others()) {
        let mut tally = Tally::default();
        for photo in &photos {
            for (turn, picture) in photo.turned.iter().enumerate() {
                let read = tally.timed(|| peer.read(picture));
                let is_right = tally.count(read, &photo.texts, &photo.name);
                tally.right += usize::from(is_right);
                if !is_right && !photo.texts.is_empty() && std::env::var_os("XUNJIAN_SCAN_MISSES").is_some() {
                    println!("missed by {}: {} turn {turn}", peer.name, photo.name);
                }
            }
        }
        tally.print(peer.name, with_text);
        if peer.name.starts_with("xunjian") {
            ours_wrong += tally.wrong;
        }
    }
    Ok(ours_wrong)
}

fn load(folder: &Path) -> anyhow::Result<Vec<Photo>> {
    let mut photos = Vec::new();
    let mut sets: Vec<_> =
        fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    sets.sort();
    for set in sets {
        let mut files: Vec<_> = fs::read_dir(&set)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "png")) {
            let upright = on_white(&image::open(file)?);
            let texts = fs::read(file.with_extension("txt")).map_or_else(|_| Vec::new(), |bytes| vec![text(bytes)]);
            let turned = [
                upright.clone(),
                imageops::rotate90(&upright),
                imageops::rotate180(&upright),
                imageops::rotate270(&upright),
            ];
            let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
            photos.push(Photo { texts: with_others(&name, texts), name, turned });
        }
    }
    anyhow::ensure!(!photos.is_empty(), "{} holds no photos", folder.display());
    Ok(photos)
}

/// What two photos show besides what their text files name: one has a code within a code, which zxing-cpp and zbar read too;
/// of the other the file lost a letter ("photograph of"), and a code's error correction cannot put one in, as it would move
/// every bit behind it.
fn with_others(name: &str, mut texts: Vec<String>) -> Vec<String> {
    match name {
        "qrcode-2/16.png" => texts.push("[内側QRコード]\r\n\r\n*ダブルQR*\r\nhttp://d-qr.net/ex/".to_owned()),
        "qrcode-2/13.png" => {
            texts.push("The 2005 USGS aerial photography of the Washington Monument is censored.".to_owned());
        }
        _ => {}
    }
    texts
}

/// Some of the texts are older than UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

/// All decoders get the same grey picture, transparent parts as white paper.
fn on_white(picture: &image::DynamicImage) -> GrayImage {
    let picture = picture.to_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [luma, alpha] = picture.get_pixel(x, y).0.map(u16::from);
        image::Luma([((luma * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}
