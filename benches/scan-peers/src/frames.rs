//! Camera frames of labels in bad light, in sequences of 300 ms, and of racks without a label.

use image::GrayImage;
use xunjian_testkit::label_frames::{Defect, empty_scenes, scenes};

use crate::{
    peers::{self, Peer},
    tally::{Tally, print_head},
};

/// The page reads a frame every 60 ms.
const FRAMES_IN_300_MS: u64 = 5;
/// Six of each of the thirteen defects.
const EACH: u64 = 6;
/// For a quick look at fewer.
const FEWER: &str = "XUNJIAN_SCAN_EACH";
const WITHOUT: u64 = 40;

/// Wrong reads of ours.
pub fn run(seed: u64) -> usize {
    let mut wrong = 0;
    for size in [(1280, 720), (1920, 1080)] {
        wrong += run_size(seed, size);
    }
    wrong
}

struct Column {
    peer: fn() -> Peer,
    name: &'static str,
    sequences: Tally,
    singles: Tally,
    empty: Tally,
    by_defect: Vec<usize>,
}

fn run_size(seed: u64, size: (usize, usize)) -> usize {
    let each = std::env::var(FEWER).ok().and_then(|text| text.parse().ok()).unwrap_or(EACH);
    let without = WITHOUT * each / EACH;
    let makers: [fn() -> Peer; 5] = [
        peers::ours_live,
        peers::ours_still,
        || peers::others().swap_remove(0),
        || peers::others().swap_remove(1),
        || peers::others().swap_remove(2),
    ];
    let columns = makers.map(|peer| Column {
        peer,
        name: peer().name,
        sequences: Tally::default(),
        singles: Tally::default(),
        empty: Tally::default(),
        by_defect: vec![0; Defect::ALL.len()],
    });
    let mut columns: Vec<Column> = columns.into_iter().filter(|column| peers::is_wanted(column.name)).collect();
    for scene in scenes(seed, size, each) {
        let frames: Vec<GrayImage> = (0..FRAMES_IN_300_MS).map(|no| scene.frame(no)).collect();
        let at = Defect::ALL.iter().position(|defect| Some(*defect) == scene.defect).unwrap_or(0);
        for column in &mut columns {
            let is_read = column.sequence(&frames, &scene.texts);
            column.by_defect[at] += usize::from(is_read);
        }
    }
    for scene in empty_scenes(seed, size, without) {
        let frames: Vec<GrayImage> = (0..FRAMES_IN_300_MS).map(|no| scene.frame(no)).collect();
        for column in &mut columns {
            let mut peer = (column.peer)();
            for frame in &frames {
                let read = column.empty.timed(|| peer.read(frame));
                column.empty.count(read, &[], "an empty rack");
            }
        }
    }
    let count = Defect::ALL.len() * each as usize;
    print_head(&format!(
        "Label frames {} × {}, seed {seed}: sequences of 300 ms ({FRAMES_IN_300_MS} frames), times of every frame read",
        size.0, size.1
    ));
    for column in &columns {
        column.sequences.print(column.name, count);
    }
    print_head("The first frame alone");
    for column in &columns {
        column.singles.print(column.name, count);
    }
    print_head(&format!("{without} racks without a label, {FRAMES_IN_300_MS} frames each"));
    for column in &columns {
        column.empty.print(column.name, 0);
    }
    print_defects(&columns, each);
    let mut all = Tally::default();
    let live = &columns[0];
    all.add_times(&live.sequences);
    all.add_times(&live.empty);
    println!(
        "\nAll frames read live, with and without a label: median {:.1} ms, p95 {:.1} ms, worst {:.1} ms",
        all.percentile(0.5),
        all.percentile(0.95),
        all.percentile(1.0)
    );
    let ours = columns.iter().filter(|column| column.name.starts_with("xunjian"));
    ours.map(|column| column.sequences.wrong + column.empty.wrong).sum()
}

impl Column {
    /// Whether one of the frames was read. A fresh decoder for each sequence, as when a page is opened.
    fn sequence(&mut self, frames: &[GrayImage], texts: &[String]) -> bool {
        let mut peer = (self.peer)();
        let mut is_read = false;
        for (no, frame) in frames.iter().enumerate() {
            let read = self.sequences.timed(|| peer.read(frame));
            let is_now = self.sequences.count(read.clone(), texts, "a label");
            if no == 0 {
                // Not read again: ours would take its next turn on it, and that turn would be missing from the sequence.
                self.singles.add_last_time(&self.sequences);
                self.singles.count(read, texts, "a label");
                self.singles.right += usize::from(is_now);
            }
            is_read |= is_now;
            if is_now {
                break;
            }
        }
        self.sequences.right += usize::from(is_read);
        is_read
    }
}

fn print_defects(columns: &[Column], each: u64) {
    println!(
        "\n| sequences read, of {each} | {} |",
        columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" | ")
    );
    println!("|---|{}", "---|".repeat(columns.len()));
    for (at, defect) in Defect::ALL.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| column.by_defect[at].to_string()).collect();
        println!("| {defect:?} | {} |", cells.join(" | "));
    }
}
