//! A 12-megapixel photo: hashed, checked to its last pixel, encrypted, and both smaller copies made (1,600 pixels and
//! thumbnail), beside libvips making only the two copies: in process, from memory to memory as ours there, and by
//! `vipsthumbnail`, from file to file. Besides, all that taking a photo in costs: flushed, read back, decrypted and hashed
//! again, copies encrypted and written.
//!
//! All take turns. The ratios are of processor time, because libvips works on several cores and machines are busy; time on
//! the wall stands beside it. Ours runs in a process of its own, so that its largest resident memory is the intake's.
//! libvips in process is `peers/vips.c`, compiled here with `cc` against Debian's library, at the quicker of two ways to make
//! the thumbnail (from the photo, from the large copy).

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]

use std::{
    hint::black_box,
    io::{BufRead as _, BufReader, Cursor, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _},
};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use xunjian_domain::hash::Sha256;
use xunjian_field::{
    keys::FileKey,
    photo::{PhotoFolder, PhotoSize, inspect, inspect_and_shrink},
};

const ROUNDS: usize = 30;
/// In its environment the child that takes photos in finds the folder.
const FOLDER: &str = "XUNJIAN_BENCH_FOLDER";
/// What is asked for: of libvips in process, of `vipsthumbnail`, and of the memory.
const AIMS: (f64, f64, u64) = (0.65, 0.4, 90);

fn clock_ms(clock: rustix::time::ClockId) -> f64 {
    let now = rustix::time::clock_gettime(clock);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// Processor time of the programs that this process ran and saw end (proc_pid_stat(5): `cutime`, `cstime`, in ticks of 10 ms).
fn of_children_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the program may hold spaces; it ends with the last bracket. What follows begins with field 3.
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    ticks as f64 * 10.0
}

/// Something like a rack: fields with edges and the grain of a camera; some 2 MB.
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

/// The same photo under another hash: a comment before its end.
fn numbered(photo: &[u8], no: u64) -> Vec<u8> {
    let end = photo.len() - 2;
    [&photo[..end], &[0xff, 0xfe, 0, 10], &no.to_be_bytes(), &photo[end..]].concat()
}

/// Milliseconds of one turn, in processor time and on the wall; kibibytes and bytes as the worker says.
#[derive(Debug, Clone, Copy)]
struct Turn {
    processor: f64,
    wall: f64,
    memory: u64,
}

/// A process that does its work once for each line it is sent.
struct Worker {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(command: &mut Command) -> Option<(Self, String)> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (orders, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut worker = Self { child, orders, answers };
        let greeting = worker.line();
        Some((worker, greeting))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn turn(&mut self, order: &str) -> Turn {
        writeln!(self.orders, "{order}").unwrap();
        let line = self.line();
        let mut numbers = line.split(' ');
        let mut number = || numbers.next().unwrap().parse::<f64>().unwrap();
        Turn { processor: number(), wall: number(), memory: number() as u64 }
    }

    fn end(mut self) {
        drop(self.orders);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The child: takes a photo in for each line, under a new hash each time.
fn take_in(folder: &Path) {
    let bytes = std::fs::read(folder.join("photo.jpg")).unwrap();
    let photos = PhotoFolder::open(&folder.join("photos"), 0).unwrap();
    photos.unlock(FileKey::new([7; 32]));
    println!("ready");
    for (line, no) in std::io::stdin().lines().zip(0..) {
        line.unwrap();
        let bytes = numbered(&bytes, no);
        let (processor, wall) = (clock_ms(rustix::time::ClockId::ProcessCPUTime), Instant::now());
        let stored = photos.store(&bytes).unwrap();
        let processor = clock_ms(rustix::time::ClockId::ProcessCPUTime) - processor;
        let wall = wall.elapsed().as_secs_f64() * 1e3;
        // Both copies are there: looking at them decodes nothing any more.
        let [screen, thumbnail] =
            [PhotoSize::Screen, PhotoSize::Thumbnail].map(|size| photos.rendition(&stored.sha256, size).unwrap().len());
        println!("{processor:.3} {wall:.3} {} {}", largest_resident_kib(), screen + thumbnail);
    }
}

/// As `photo/cipher.rs` does it, in memory.
fn encrypted(bytes: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(&[7; 32].into()).encrypt(&XNonce::from([9; 24]), bytes).unwrap()
}

fn largest_resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn libvips(folder: &Path) -> Option<(Worker, String)> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/vips.c");
    let program = folder.join("vips_peer");
    let libraries = ["-l:libvips.so.42", "-l:libgobject-2.0.so.0", "-l:libglib-2.0.so.0"];
    let built = Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(source).args(libraries).status();
    if !built.is_ok_and(|status| status.success()) {
        return None;
    }
    Worker::start(Command::new(program).arg(folder.join("photo.jpg")))
}

/// Both copies by the command, as one would write it in a script: from one start, one size after the other.
fn vipsthumbnail(folder: &Path) -> Turn {
    let (processor, wall) = (of_children_ms(), Instant::now());
    for pixels in ["1600", "320"] {
        let (size, to) = (format!("{pixels}x{pixels}>"), format!("{pixels}.jpg[Q=82,strip]"));
        let status =
            Command::new("vipsthumbnail").current_dir(folder).args(["photo.jpg", "--size", &size, "-o", &to]).status();
        assert!(status.unwrap().success(), "vipsthumbnail (Debian: libvips-tools) failed");
    }
    Turn { processor: of_children_ms() - processor, wall: wall.elapsed().as_secs_f64() * 1e3, memory: 0 }
}

fn here(work: impl FnOnce()) -> Turn {
    let (processor, wall) = (clock_ms(rustix::time::ClockId::ProcessCPUTime), Instant::now());
    work();
    let processor = clock_ms(rustix::time::ClockId::ProcessCPUTime) - processor;
    Turn { processor, wall: wall.elapsed().as_secs_f64() * 1e3, memory: 0 }
}

struct Column {
    name: String,
    turns: Vec<Turn>,
}

impl Column {
    fn middle(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        let mut values: Vec<f64> = self.turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    /// The mean where the clock has ticks of 10 ms, in which a median would be caught.
    fn processor(&self) -> f64 {
        self.turns.iter().map(|turn| turn.processor).sum::<f64>() / self.turns.len() as f64
    }

    fn memory(&self) -> u64 {
        self.turns.iter().map(|turn| turn.memory).max().unwrap_or(0) >> 10
    }

    fn print(&self) {
        let memory = if self.memory() > 0 { format!("  {:4} MiB at most", self.memory()) } else { String::new() };
        println!("  {:<52} {:7.1} {:9.1}{memory}", self.name, self.processor(), self.middle(|turn| turn.wall));
    }
}

fn main() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return take_in(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let bytes = photo();
    std::fs::write(folder.path().join("photo.jpg"), &bytes).unwrap();
    let this = std::env::current_exe().unwrap();
    let (mut ours, _) = Worker::start(Command::new(this).env(FOLDER, folder.path())).unwrap();
    let mut vips = libvips(folder.path());
    let has_command = Command::new("vipsthumbnail").arg("--vips-version").output().is_ok();

    let version = vips.as_ref().map_or_else(|| "not there".to_owned(), |(_, version)| version.clone());
    let names = [
        "xunjian: taken in for good, copies on the disk".to_owned(),
        "xunjian: hash, check, encrypt, both copies".to_owned(),
        "  of that: hash, once".to_owned(),
        "  of that: decode, as `image` does it".to_owned(),
        "  of that: decode, check, look".to_owned(),
        "  of that: decode, check, look, both copies".to_owned(),
        format!("libvips {version} in process, thumbnail from the photo"),
        "libvips in process, thumbnail from the large copy".to_owned(),
        "vipsthumbnail, twice".to_owned(),
    ];
    let mut columns = names.map(|name| Column { name, turns: Vec::new() });
    for round in 0..=ROUNDS {
        let mut turns = vec![
            ours.turn("."),
            here(|| drop(black_box((Sha256::of(&bytes), encrypted(&bytes), inspect_and_shrink(&bytes).unwrap())))),
            here(|| {
                black_box(Sha256::of(&bytes));
            }),
            here(|| drop(black_box(image::load_from_memory(&bytes).unwrap()))),
            here(|| drop(black_box(inspect(&bytes).unwrap()))),
            here(|| drop(black_box(inspect_and_shrink(&bytes).unwrap()))),
        ];
        if let Some((vips, _)) = &mut vips {
            turns.extend([vips.turn("b"), vips.turn("s")]);
        }
        if has_command && turns.len() == 8 {
            turns.push(vipsthumbnail(folder.path()));
        }
        // The first round warms up.
        for (column, turn) in columns.iter_mut().zip(turns).filter(|_| round > 0) {
            column.turns.push(turn);
        }
    }
    ours.end();
    if let Some((vips, _)) = vips {
        vips.end();
    }
    println!(
        "photo of 12 megapixels, {:.1} MB, {ROUNDS} turns: ms of processor time (mean) · on the wall (median)",
        bytes.len() as f64 / 1e6
    );
    columns.iter().filter(|column| !column.turns.is_empty()).for_each(Column::print);
    if columns[8].turns.is_empty() {
        println!("  libvips or cc is not installed (Debian: libvips-tools, build-essential): no ratios");
        return;
    }
    let [whole, ours] = [columns[0].processor(), columns[1].processor()];
    let (in_process, command) = (columns[6].processor().min(columns[7].processor()), columns[8].processor());
    println!(
        "  hash, check, encrypt, copies / libvips in process: {:.2} (aim {}) · / vipsthumbnail: {:.2} (aim {})",
        ours / in_process,
        AIMS.0,
        ours / command,
        AIMS.1,
    );
    println!(
        "  taken in for good / libvips in process: {:.2} · / vipsthumbnail: {:.2} · memory {} MiB at most (aim {})",
        whole / in_process,
        whole / command,
        columns[0].memory(),
        AIMS.2,
    );
}
