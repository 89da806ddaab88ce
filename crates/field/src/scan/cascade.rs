//! The cascade: one frame read as it is, then with one retouch after the other, quick and fruitful ones first.
//!
//! The first four steps come from reading ZXing's public test pictures with every combination of scale, retouch and
//! threshold: they are all it takes to read what any combination reads. The others are for what those pictures lack:
//! light codes on dark ground, dim and noisy frames, large stills. No combination ever produced a wrong text.
//! It does not guess where a code is, track it between frames, or keep any frame.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::{
    Decoder, Effort, GrayFrame, ScannedCode,
    symbol::{Threshold, read_symbols},
};

/// Larger stills are halved first: no label needs more, and a read of 48 megapixels takes seconds.
const LONGEST_STILL_SIDE: usize = 4_608;
/// Below this the halved frame has nothing left to read.
const SHORTEST_TO_HALVE: usize = 400;
/// Above this a doubled frame costs more than it finds.
const LONGEST_TO_DOUBLE: usize = 1_600;

/// How long one frame may take. Checked between steps: a step under way is finished, so a frame can overrun by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCaps {
    /// For [`Effort::Live`].
    pub live: Duration,
    /// For [`Effort::Still`].
    pub still: Duration,
}

impl Default for TimeCaps {
    fn default() -> Self {
        Self { live: Duration::from_millis(150), still: Duration::from_secs(3) }
    }
}

/// rxing in a cascade of our own.
#[derive(Debug, Default)]
pub struct CascadeDecoder {
    caps: TimeCaps,
    /// Whose turn it is among the live steps; the only thing kept from frame to frame.
    turn: AtomicUsize,
}

impl CascadeDecoder {
    /// With these caps instead of the usual.
    #[must_use]
    pub fn with_caps(caps: TimeCaps) -> Self {
        Self { caps, turn: AtomicUsize::new(0) }
    }

    fn decode_live(&self, frame: &GrayFrame, deadline: Instant) -> Vec<ScannedCode> {
        let mut found = AS_IS.run(frame);
        if found.is_empty() && Instant::now() < deadline {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            found = LIVE_TURNS[turn % LIVE_TURNS.len()].run(frame);
        }
        merged(Vec::new(), found)
    }
}

impl Decoder for CascadeDecoder {
    fn decode(&self, frame: &GrayFrame, effort: Effort) -> Vec<ScannedCode> {
        // The fields are public, so a frame can lie about its size.
        if frame.width.checked_mul(frame.height) != Some(frame.luma.len()) || frame.luma.is_empty() {
            return Vec::new();
        }
        match effort {
            Effort::Live => self.decode_live(frame, Instant::now() + self.caps.live),
            Effort::Still => decode_still(frame, Instant::now() + self.caps.still),
        }
    }
}

fn decode_still(frame: &GrayFrame, deadline: Instant) -> Vec<ScannedCode> {
    if frame.long_side() > LONGEST_STILL_SIDE {
        return enlarged(decode_still(&frame.halved(), deadline), 2.0);
    }
    let mut found = Vec::new();
    for (at, step) in STILL_STEPS.iter().enumerate() {
        let is_done = at >= ALWAYS_RUN && !found.is_empty();
        if is_done || (at > 0 && Instant::now() >= deadline) {
            break;
        }
        found = merged(found, step.run(frame));
    }
    found
}

/// One way to look at a frame.
struct Step {
    scale: Scale,
    retouch: fn(&GrayFrame) -> GrayFrame,
    threshold: Threshold,
    inverted: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Scale {
    Quarter,
    Half,
    Full,
    Double,
}

const AS_IS: Step =
    Step { scale: Scale::Full, retouch: GrayFrame::clone, threshold: Threshold::Blocks, inverted: false };

/// How many of [`STILL_STEPS`] run even after a read: a picture may show several labels, and each of these steps reads
/// some that the others do not.
const ALWAYS_RUN: usize = 4;

const STILL_STEPS: [Step; 16] = [
    AS_IS,
    Step { scale: Scale::Half, ..AS_IS },
    Step { scale: Scale::Double, retouch: |frame| frame.smoothed(2), threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: |frame| frame.thresholded(8), threshold: Threshold::Whole, ..AS_IS },
    Step { inverted: true, ..AS_IS },
    Step { retouch: GrayFrame::stretched, threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: GrayFrame::denoised, ..AS_IS },
    Step { scale: Scale::Double, ..AS_IS },
    Step { scale: Scale::Quarter, ..AS_IS },
    Step { scale: Scale::Half, retouch: |frame| frame.sharpened(2), ..AS_IS },
    Step { retouch: |frame| frame.sharpened(2), ..AS_IS },
    Step { retouch: |frame| frame.smoothed(1).thresholded(20), threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: |frame| frame.smoothed(1).thresholded(20), threshold: Threshold::Whole, inverted: true, ..AS_IS },
    Step { scale: Scale::Half, inverted: true, ..AS_IS },
    Step { scale: Scale::Double, inverted: true, ..AS_IS },
    Step {
        scale: Scale::Double,
        retouch: |frame| frame.denoised().thresholded(20),
        threshold: Threshold::Whole,
        ..AS_IS
    },
];

const LIVE_TURNS: [Step; 6] = [
    Step { scale: Scale::Half, ..AS_IS },
    Step { retouch: |frame| frame.thresholded(8), threshold: Threshold::Whole, ..AS_IS },
    Step { inverted: true, ..AS_IS },
    Step { scale: Scale::Double, retouch: |frame| frame.smoothed(2), threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: GrayFrame::stretched, threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: GrayFrame::denoised, ..AS_IS },
];

impl Step {
    /// The codes in corners of `frame`, whatever the scale they were read at; none where the scale makes no sense.
    fn run(&self, frame: &GrayFrame) -> Vec<ScannedCode> {
        let long_side = frame.long_side();
        let (scaled, factor) = match self.scale {
            Scale::Full => (None, 1.0),
            Scale::Half if long_side >= SHORTEST_TO_HALVE => (Some(frame.halved()), 2.0),
            Scale::Quarter if long_side >= 2 * SHORTEST_TO_HALVE => (Some(frame.halved().halved()), 4.0),
            Scale::Double if long_side <= LONGEST_TO_DOUBLE => (Some(frame.doubled()), 0.5),
            Scale::Half | Scale::Quarter | Scale::Double => return Vec::new(),
        };
        let retouched = (self.retouch)(scaled.as_ref().unwrap_or(frame));
        enlarged(read_symbols(&retouched, self.threshold, self.inverted), factor)
    }
}

/// The same codes with corners times `factor`.
fn enlarged(mut codes: Vec<ScannedCode>, factor: f32) -> Vec<ScannedCode> {
    for (x, y) in codes.iter_mut().filter_map(|code| code.corners.as_mut()).flatten() {
        *x *= factor;
        *y *= factor;
    }
    codes
}

/// Both, each text once. Two stickers with the same text are one code to a round: it is the text that names the asset.
fn merged(mut found: Vec<ScannedCode>, more: Vec<ScannedCode>) -> Vec<ScannedCode> {
    for code in more {
        if found.iter().all(|known| known.text != code.text) {
            found.push(code);
        }
    }
    found
}
