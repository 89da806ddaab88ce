//! A 12-megapixel photo on its way in (hash, check) and onto the screen (1,600-pixel copy and thumbnail): processor time
//! beside `vipsthumbnail` (libvips-tools) making both copies, and beside the floor, `image` decoding the same file.
//!
//! All take turns. Processor time, not time on the wall: libvips works on several cores.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]

use std::{hint::black_box, io::Cursor, path::Path, process::Command};

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use xunjian_domain::hash::Sha256;
use xunjian_field::photo::{inspect, renditions};

const ROUNDS: u32 = 20;

/// Milliseconds of processor time of this process, and of the programs it ran (proc_pid_stat(5): `cutime`, `cstime`, in
/// ticks of 10 ms).
fn used_ms() -> f64 {
    let own = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the program may hold spaces; it ends with the last bracket. What follows begins with field 3.
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    own.tv_sec as f64 * 1e3 + own.tv_nsec as f64 / 1e6 + ticks as f64 * 10.0
}

struct Work<'a> {
    name: &'a str,
    used_ms: f64,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Work<'a> {
    fn new(name: &'a str, run: impl FnMut() + 'a) -> Self {
        Self { name, used_ms: 0.0, run: Box::new(run) }
    }

    fn ms(&self) -> f64 {
        self.used_ms / f64::from(ROUNDS)
    }
}

/// Something like a rack: fields with edges and the grain of a camera; some 3 MB.
fn photo() -> Vec<u8> {
    let picture = RgbImage::from_fn(4000, 3000, |x, y| {
        let grain = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 27;
        let device = (y / 140).wrapping_mul(2_654_435_761) >> 25;
        Rgb([(device + grain) as u8, (device + grain + x / 64) as u8, (device + grain) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90)).unwrap();
    bytes.into_inner()
}

fn vipsthumbnail(folder: &Path, pixels: &str) {
    let (size, to) = (format!("{pixels}x{pixels}>"), format!("{pixels}.jpg[Q=82]"));
    let status =
        Command::new("vipsthumbnail").current_dir(folder).args(["photo.jpg", "--size", &size, "-o", &to]).status();
    assert!(status.unwrap().success(), "vipsthumbnail (Debian: libvips-tools) failed");
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = photo();
    std::fs::write(folder.path().join("photo.jpg"), &bytes).unwrap();
    let is_there = Command::new("vipsthumbnail").arg("--vips-version").output().is_ok();
    let mut works = vec![
        Work::new("image decodes it (floor)", || drop(black_box(image::load_from_memory(&bytes).unwrap()))),
        Work::new("hash", || {
            black_box(Sha256::of(&bytes));
        }),
        Work::new("check", || drop(black_box(inspect(&bytes).unwrap()))),
        Work::new("both copies", || drop(black_box(renditions(&bytes).unwrap()))),
    ];
    if is_there {
        works.push(Work::new("vipsthumbnail, both copies", || {
            vipsthumbnail(folder.path(), "1600");
            vipsthumbnail(folder.path(), "320");
        }));
    }
    for _ in 0..ROUNDS {
        for work in &mut works {
            let before = used_ms();
            (work.run)();
            work.used_ms += used_ms() - before;
        }
    }
    println!("photo of 12 megapixels, {:.1} MB, processor time, mean of {ROUNDS}:", bytes.len() as f64 / 1e6);
    let floor = works[0].ms();
    for work in &works {
        println!("  {:<28} {:7.1} ms  {:5.2} × floor", work.name, work.ms(), work.ms() / floor);
    }
    match works.get(4) {
        Some(peer) => println!("  both copies / vipsthumbnail: {:.2}", works[3].ms() / peer.ms()),
        None => println!("  vipsthumbnail is not installed (Debian: libvips-tools): no ratio to it"),
    }
}
