//! What counts as nearly the same photo: copies of one file lie within the threshold, other shots of the same rack beyond it.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView as _, Rgb, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType::Triangle,
};
use xunjian_field::photo::{Look, inspect};

use super::fixture;

/// Numbers that look random and are the same in every run (splitmix64).
fn dice(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// From 0 to 1.
fn share(seed: u64) -> f64 {
    (dice(seed) % 10_000) as f64 / 10_000.0
}

/// The front of a rack, 0 to 1 each way: doors and walls at the sides, 21 places of two units with a device or a blank
/// plate, vents, lamps and bundles of cable. Another `rack` holds other devices.
fn front(rack: u64, u: f64, v: f64) -> f64 {
    if !(0.14..0.86).contains(&u) {
        return if u < 0.5 { 150.0 - 40.0 * v } else { 120.0 + 50.0 * v };
    }
    let place = (v * 21.0).floor().max(0.0) as u64;
    let key = rack * 1_000 + place;
    let within = (v * 21.0).fract();
    if within < 0.06 {
        return 15.0;
    }
    let body = 25.0 + 150.0 * share(key);
    let is_switch = dice(key + 300).is_multiple_of(3);
    let vents = if !is_switch && (u * 90.0).fract() < 0.4 { -0.35 * body } else { 0.0 };
    let ports = if is_switch && (u * 40.0).fract() < 0.6 && within > 0.3 { -0.6 * body } else { 0.0 };
    let lamp = if (u - 0.2 - 0.5 * share(key + 500)).abs() < 0.008 && within > 0.4 { 120.0 } else { 0.0 };
    let cable = 0.2 + 0.6 * share(key + 700) + 0.04 * (v * 30.0).sin();
    if is_switch && (u - cable).abs() < 0.05 * share(key + 900) + 0.02 {
        return 200.0 * share(key + 1_100);
    }
    body + vents + ports + lamp
}

/// A photo of the rack, held by hand: `shot` moves, tilts and nears the camera and the lamp. Shot 0 is straight on.
fn shot(rack: u64, shot: u64) -> DynamicImage {
    let wobble = |what: u64, most: f64| if shot == 0 { 0.0 } else { most * (2.0 * share(shot * 50 + what) - 1.0) };
    let (right, down, near, tilt) = (wobble(1, 0.10), wobble(2, 0.10), 1.0 + wobble(3, 0.15), wobble(4, 0.07));
    let (lamp_x, lamp_y) = (0.5 + wobble(5, 0.4), 0.3 + wobble(6, 0.3));
    RgbImage::from_fn(600, 800, |x, y| {
        let (px, py) = (f64::from(x) / 600.0 - 0.5, f64::from(y) / 800.0 - 0.5);
        let (u, v) = ((px - tilt * py) * near + 0.5 + right, (py + tilt * px) * near + 0.5 + down);
        let far = (px + 0.5 - lamp_x).powi(2) + (py + 0.5 - lamp_y).powi(2);
        let grain = 6.0 * (share(u64::from(y * 600 + x) + shot * 1_000_003) - 0.5);
        let grey = (front(rack, u, v) * (1.15 - 0.5 * far) + grain).clamp(0.0, 255.0);
        Rgb([grey as u8, grey as u8, (grey * 0.95) as u8])
    })
    .into()
}

fn look(picture: &DynamicImage) -> Look {
    Look::of(picture, 1).unwrap()
}

fn saved_at(quality: u8, picture: &DynamicImage) -> DynamicImage {
    let mut bytes = Cursor::new(Vec::new());
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    image::load_from_memory(bytes.get_ref()).unwrap()
}

/// Without so many percent at each side.
fn trimmed(percent: u32, picture: &DynamicImage) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let (x, y) = (width * percent / 100, height * percent / 100);
    picture.crop_imm(x, y, width - 2 * x, height - 2 * y)
}

/// What people do to a photo that they hand in again, and messengers do to every photo.
fn copies(picture: &DynamicImage) -> Vec<(&'static str, DynamicImage)> {
    let (width, height) = picture.dimensions();
    vec![
        ("saved at quality 30", saved_at(30, picture)),
        ("brighter", picture.brighten(30)),
        ("darker", picture.brighten(-30)),
        ("more contrast", picture.adjust_contrast(20.0)),
        ("half the size", picture.resize(width / 2, height / 2, Triangle)),
        ("as a messenger sends it", saved_at(60, &picture.resize(480, 480, Triangle))),
    ]
}

/// Real photos and drawn racks.
fn photos() -> Vec<DynamicImage> {
    let real = ["Landscape_1.jpg", "Portrait_3.jpg"].map(|name| image::load_from_memory(&fixture(name)).unwrap());
    real.into_iter().chain((0..12).map(|rack| shot(rack, rack % 4))).collect()
}

#[test]
fn a_copy_of_a_photo_looks_nearly_the_same() {
    let mut farthest = (0, "");
    for photo in photos() {
        for (how, copy) in copies(&photo) {
            farthest = farthest.max((look(&photo).distance(look(&copy)), how));
        }
    }
    println!("farthest copy: {farthest:?}");
    assert!(farthest.0 <= Look::NEAR, "{} bits: {}", farthest.0, farthest.1);
}

#[test]
fn a_photo_trimmed_by_a_hundredth_at_each_side_is_mostly_found() {
    let photos = photos();
    let found = |percent| {
        let is_found =
            |photo: &&DynamicImage| look(photo).distance(look(&saved_at(50, &trimmed(percent, photo)))) <= Look::NEAR;
        photos.iter().filter(is_found).count()
    };
    println!("found of {}, trimmed by 1, 2, 3 %: {:?}", photos.len(), [found(1), found(2), found(3)]);
    assert!(found(1) * 4 >= photos.len() * 3, "{} of {}", found(1), photos.len());
    assert!(found(2) * 2 > photos.len(), "{} of {}", found(2), photos.len());
}

#[test]
fn another_shot_of_the_same_rack_and_a_shot_of_another_rack_look_different() {
    let mut distances = Vec::new();
    for rack in 0..12 {
        let shots: Vec<Look> = (1..8).map(|no| look(&shot(rack, rack * 8 + no))).collect();
        for (no, one) in shots.iter().enumerate() {
            distances.extend(shots[no + 1..].iter().map(|other| (one.distance(*other), "the same rack")));
        }
        let other = look(&shot(rack + 12, 0));
        distances.push((look(&shot(rack, 0)).distance(other), "another rack, from the same spot"));
    }
    distances.sort_unstable();
    println!("nearest: {:?} of {}", &distances[..12], distances.len());
    let near = distances.iter().filter(|(distance, _)| *distance <= Look::NEAR).count();
    assert_eq!(near, 0, "of {} would be flagged: {:?}", distances.len(), &distances[..8]);
    let of_another = distances.iter().filter(|(_, what)| what.starts_with("another")).min().unwrap();
    assert!(of_another.0 > Look::NEAR, "{} bits", of_another.0);
}

#[test]
fn a_turned_file_looks_as_its_upright_copy_and_a_flat_picture_as_nothing() {
    let looks = ["Portrait_3.jpg", "Portrait_5.jpg", "Portrait_8.jpg"]
        .map(|name| inspect(&fixture(name)).unwrap().look.unwrap());
    for other in &looks[1..] {
        assert!(looks[0].distance(*other) <= Look::NEAR, "{} bits", looks[0].distance(*other));
    }
    for grey in [0, 128, 255] {
        let flat = RgbImage::from_pixel(400, 300, Rgb([grey, grey, grey])).into();
        assert_eq!(Look::of(&flat, 1), None, "a lens cap looks like every other lens cap");
    }
    let look = looks[0];
    assert_eq!(Look::from_bits(look.to_bits()), look, "what the database keeps");
}
