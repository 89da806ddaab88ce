//! Counts and times of one decoder, and the table they stand in.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What one decoder made of a set of pictures.
#[derive(Default)]
pub struct Tally {
    /// Pictures or sequences of which the text was read.
    pub right: usize,
    /// Texts that are not in the picture.
    pub wrong: usize,
    /// Pictures it panicked on.
    pub panics: usize,
    times: Vec<Duration>,
}

impl Tally {
    /// Runs `read` and keeps its processor time.
    pub fn timed<T>(&mut self, read: impl FnOnce() -> T) -> T {
        let begun = processor_time();
        let read = read();
        self.times.push(processor_time().saturating_sub(begun));
        read
    }

    /// Counts what was read of a picture that shows `texts`; whether one of them was.
    pub fn count(&mut self, read: Option<Vec<String>>, texts: &[String], name: &str) -> bool {
        let Some(read) = read else {
            self.panics += 1;
            return false;
        };
        for text in read.iter().filter(|text| !texts.contains(text)) {
            self.wrong += 1;
            if std::env::var_os("XUNJIAN_SCAN_WRONG").is_some() {
                println!("wrong: {name}: {text:?}");
            }
        }
        read.iter().any(|text| texts.contains(text))
    }

    /// The time below which this share of the pictures took.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// Another's times into this one's.
    pub fn add_times(&mut self, other: &Self) {
        self.times.extend_from_slice(&other.times);
    }

    /// The time that another took last.
    pub fn add_last_time(&mut self, other: &Self) {
        self.times.extend(other.times.last());
    }

    /// One row of a table.
    pub fn print(&self, name: &str, of: usize) {
        println!(
            "| {name} | {} of {of} | {} | {} | {:.1} | {:.1} | {:.1} |",
            self.right,
            self.wrong,
            self.panics,
            self.percentile(0.5),
            self.percentile(0.95),
            self.percentile(1.0),
        );
    }
}

/// The first rows of a table.
pub fn print_head(title: &str) {
    println!(
        "\n**{title}**\n\n| decoder | right | wrong | panics | median ms | p95 ms | worst ms |\n|---|---|---|---|---|---|---|"
    );
}

fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
