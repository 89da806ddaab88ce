//! The front of a rack: units with vents, rails with square holes, status lamps, cables, stickers with words. Much of it is
//! as black and white as a code, and some of it as square: what a decoder must not fall for.

use super::{Random, optics::Canvas};

pub(super) fn front((width, height): (usize, usize), random: &mut Random) -> Canvas {
    let mut canvas = Canvas { width, height, light: vec![40.0; width * height] };
    let unit = height as f32 / random.between(5.0, 11.0);
    let mut top = -random.between(0.0, unit);
    while top < height as f32 {
        let units = if random.unit() < 0.3 { 2.0 } else { 1.0 };
        let rows = at(top + 2.0, height)..at(top + unit * units - 2.0, height);
        chassis(&mut canvas, rows, random);
        top += unit * units;
    }
    rails(&mut canvas, unit, random);
    for _ in 0..random.next() % 7 {
        cable(&mut canvas, random);
    }
    canvas
}

fn at(place: f32, end: usize) -> usize {
    (place.max(0.0) as usize).min(end)
}

fn chassis(canvas: &mut Canvas, rows: std::ops::Range<usize>, random: &mut Random) {
    let shade = random.between(25.0, 190.0);
    let (kind, pitch) = (random.next() % 5, random.between(5.0, 26.0) * canvas.width as f32 / 1280.0);
    let (dark, radius) = (shade * random.between(0.05, 0.5), pitch * random.between(0.25, 0.42));
    let stroke = random.next();
    for y in rows.clone() {
        for x in 0..canvas.width {
            let (across, down) = (x as f32, (y - rows.start) as f32);
            let row = (down / pitch).floor();
            // Vents: round holes in rows that alternate, square holes, slots; a plain face; a face with words.
            let is_hole = match kind {
                0 => {
                    let shifted = across + if row as i64 % 2 == 0 { 0.0 } else { pitch / 2.0 };
                    let (dx, dy) = (shifted.rem_euclid(pitch) - pitch / 2.0, down.rem_euclid(pitch) - pitch / 2.0);
                    dx * dx + dy * dy < radius * radius
                }
                1 => across.rem_euclid(pitch) < 2.0 * radius && down.rem_euclid(pitch) < 2.0 * radius,
                2 => across.rem_euclid(pitch * 5.0) < pitch * 4.2 && down.rem_euclid(pitch) < radius,
                3 => false,
                _ => {
                    let letter = (across / (pitch * 0.4)).floor() as u64;
                    let ink = (letter.wrapping_mul(0x9e37_79b9).wrapping_add(row as u64 * 77) ^ stroke) % 7;
                    down.rem_euclid(pitch) < pitch * 0.6 && ink < 3 && !(letter / 9).is_multiple_of(4)
                }
            };
            canvas.light[y * canvas.width + x] = if is_hole { dark } else { shade };
        }
    }
}

/// Mounting rails at both sides: square holes, three a unit, each with a square nut: rings as in a code's corner.
fn rails(canvas: &mut Canvas, unit: f32, random: &mut Random) {
    let (wide, shade) = (unit * 0.36, random.between(90.0, 200.0));
    let pitch = unit / 3.0;
    let nuts = random.next();
    for left in [0.04, 0.9] {
        let left = canvas.width as f32 * left;
        for y in 0..canvas.height {
            let (hole, down) = ((y as f32 / pitch) as u64, (y as f32).rem_euclid(pitch) - pitch / 2.0);
            for x in at(left, canvas.width)..at(left + wide, canvas.width) {
                let ring = ((x as f32 - left - wide / 2.0).abs()).max(down.abs()) / (wide * 0.32);
                let has_nut = nuts >> (hole % 60) & 1 == 1;
                let is_dark = ring < 1.0 && !(has_nut && (0.35..0.7).contains(&ring));
                canvas.light[y * canvas.width + x] = if is_dark { 18.0 } else { shade };
            }
        }
    }
}

fn cable(canvas: &mut Canvas, random: &mut Random) {
    let (from, swing) = (random.between(0.0, canvas.width as f32), random.between(10.0, 160.0));
    let (period, half) = (random.between(200.0, 900.0), random.between(2.0, 7.0));
    let shade = random.between(20.0, 230.0);
    for y in 0..canvas.height {
        let middle = from + swing * (y as f32 / period * std::f32::consts::TAU).sin();
        for x in at(middle - half, canvas.width)..at(middle + half, canvas.width) {
            // Round: brighter in the middle.
            let edge = 1.0 - ((x as f32 - middle) / half).powi(2);
            canvas.light[y * canvas.width + x] = shade * (0.45 + 0.55 * edge.max(0.0));
        }
    }
}
