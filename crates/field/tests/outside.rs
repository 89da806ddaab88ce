//! What enters from outside: label texts, envelopes, work packages, picture files, camera frames.
//!
//! Each entrance takes any bytes and asserts what must hold of them, whatever they are: what was read is written again as it
//! was, only what the right key signed counts, half a picture is no picture, a broken package leaves the old one in use, and
//! memory stays in proportion. Here the entrances take seeds made from the frozen vectors, the fixtures and real packages:
//! whole, cut short, and with bytes changed. libFuzzer drives the same file as its library (`fuzz/`, `make fuzz`).

#![allow(
    dead_code,
    clippy::unwrap_used,
    missing_docs,
    reason = "the engine's test service and terminal; a test that cannot go on should stop"
)]

#[path = "engine/service.rs"]
mod service;
#[path = "engine/site.rs"]
mod site;
#[path = "engine/terminal.rs"]
mod terminal;

#[path = "outside/envelopes.rs"]
pub mod envelopes;
#[path = "outside/frames.rs"]
pub mod frames;
#[path = "outside/labels.rs"]
pub mod labels;
#[path = "outside/packages.rs"]
pub mod packages;
#[path = "outside/pictures.rs"]
pub mod pictures;

/// Counts what is allocated, so that an entrance can say how much its bytes may cost.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// A way in, and what stands behind it.
pub trait Entrance {
    /// As it stands before anything came in.
    fn open() -> Self;

    /// Bytes that are well taken.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Takes any bytes.
    ///
    /// # Panics
    /// When something does not hold that must.
    fn take(&self, bytes: &[u8]);
}

/// Bytes that `work` had allocated at most at one time, beside what was allocated before.
fn most_memory<T>(work: impl FnOnce() -> T) -> (T, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let done = work();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

#[cfg(test)]
mod seeds {
    use std::sync::{Mutex, PoisonError};

    use super::{
        Entrance, envelopes::Envelopes, frames::Frames, labels::Labels, packages::Packages, pictures::Pictures,
    };

    /// Memory is counted for the whole process, so the entrances take turns.
    static TURN: Mutex<()> = Mutex::new(());

    /// Takes every seed as it is, then cut, lengthened and changed in `changes` ways, always the same.
    fn walk<E: Entrance>(changes: usize) {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let entrance = E::open();
        let seeds = entrance.seeds();
        assert!(!seeds.is_empty(), "an entrance without seeds shows nothing");
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below.max(1)
        };
        for seed in &seeds {
            entrance.take(seed);
            for change in 0..changes {
                let mut bytes = seed.clone();
                match change % 4 {
                    0 => bytes.truncate(draw(seed.len())),
                    1 if !bytes.is_empty() => {
                        let at = draw(bytes.len());
                        bytes[at] ^= 1 << draw(8);
                    }
                    2 if !bytes.is_empty() => {
                        let (at, other) = (draw(bytes.len()), &seeds[draw(seeds.len())]);
                        bytes.truncate(at);
                        bytes.extend_from_slice(&other[at.min(other.len())..]);
                    }
                    _ => bytes.insert(draw(bytes.len() + 1), draw(256) as u8),
                }
                entrance.take(&bytes);
            }
        }
    }

    #[test]
    fn label_texts_count_only_when_the_press_printed_them() {
        walk::<Labels>(200);
    }

    #[test]
    fn envelopes_are_read_as_they_are_written_or_not_at_all() {
        walk::<Envelopes>(60);
    }

    #[test]
    fn a_broken_work_package_leaves_the_old_one_in_use() {
        walk::<Packages>(6);
    }

    #[test]
    fn half_a_picture_is_no_picture() {
        walk::<Pictures>(60);
    }

    #[test]
    fn a_frame_shows_the_text_that_was_drawn_or_none() {
        walk::<Frames>(6);
    }
}
