//! The cascade: one frame read as it is, then with one retouch after the other, quick and fruitful ones first.
//!
//! Which steps there are comes from reading ZXing's public test pictures and label frames made from one seed with every
//! combination of scale, retouch and threshold; the figures in docs/BENCHMARKS.md come from another seed.
//! It does not guess where a code is, track it between frames, or keep any frame.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::{
    Decoder, Effort, GrayFrame, ScannedCode,
    bits::{Threshold, black_and_white},
    symbol::read_symbols,
};

/// Larger stills are halved first: no label needs more, and a read of 48 megapixels takes seconds.
const LONGEST_STILL_SIDE: usize = 4_608;
/// Below this the halved frame has nothing left to read.
const SHORTEST_TO_HALVE: usize = 400;
/// Above this a doubled frame costs more than it finds, and a module has pixels enough as it is.
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
        let mut found = AS_IS.run(frame, Effort::Live);
        if found.is_empty() && Instant::now() < deadline {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            found = LIVE_TURNS[turn % LIVE_TURNS.len()].run(frame, Effort::Live);
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
        found = merged(found, step.run(frame, Effort::Still));
    }
    found
}

/// One way to look at a frame.
pub(super) struct Step {
    pub scale: Scale,
    pub retouch: Option<fn(&GrayFrame) -> GrayFrame>,
    pub threshold: Threshold,
    pub inverted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Quarter,
    Half,
    Full,
    /// The middle, half as wide and half as high, at twice the size: what the person aims at, for the price of a frame.
    Middle,
    Double,
    /// As `Middle`, but as large as it is where the frame is too large to double.
    CoarseMiddle,
    /// Half where the frame is too large to double, else full: for costly retouches.
    Coarse,
}

pub(super) const AS_IS: Step =
    Step { scale: Scale::Full, retouch: None, threshold: Threshold::Blocks, inverted: false };

/// How many of [`STILL_STEPS`] run even after a read: a picture may show several labels, and each of these steps reads
/// some that the others do not.
const ALWAYS_RUN: usize = 4;

const STILL_STEPS: [Step; 16] = [
    AS_IS,
    Step { scale: Scale::Half, ..AS_IS },
    Step { scale: Scale::Double, retouch: Some(|frame| frame.smoothed(2)), threshold: Threshold::Whole, ..AS_IS },
    Step { threshold: Threshold::Around(8), ..AS_IS },
    Step { inverted: true, ..AS_IS },
    Step { threshold: Threshold::Whole, ..AS_IS },
    Step { retouch: Some(GrayFrame::denoised), ..AS_IS },
    Step { scale: Scale::Double, ..AS_IS },
    Step { scale: Scale::Quarter, ..AS_IS },
    Step { scale: Scale::Half, retouch: Some(|frame| frame.sharpened(2)), ..AS_IS },
    Step { retouch: Some(|frame| frame.sharpened(2)), ..AS_IS },
    Step { retouch: Some(|frame| frame.smoothed(1)), threshold: Threshold::Around(20), ..AS_IS },
    Step { retouch: Some(|frame| frame.smoothed(1)), threshold: Threshold::Around(20), inverted: true, ..AS_IS },
    Step { scale: Scale::Half, inverted: true, ..AS_IS },
    Step { scale: Scale::Double, inverted: true, ..AS_IS },
    Step { scale: Scale::Double, retouch: Some(GrayFrame::denoised), threshold: Threshold::Around(20), ..AS_IS },
];

/// As many as the page reads frames within 300 ms.
const LIVE_TURNS: [Step; 5] = [
    Step { scale: Scale::CoarseMiddle, threshold: Threshold::Around(20), ..AS_IS },
    Step { inverted: true, ..AS_IS },
    Step { scale: Scale::Coarse, retouch: Some(|frame| frame.sharpened(3)), threshold: Threshold::Whole, ..AS_IS },
    Step { scale: Scale::Middle, retouch: Some(|frame| frame.sharpened(2)), ..AS_IS },
    Step { scale: Scale::Half, threshold: Threshold::Around(20), ..AS_IS },
];

impl Step {
    /// The codes in corners of `frame`, whatever the scale they were read at; none where the scale makes no sense.
    pub(super) fn run(&self, frame: &GrayFrame, effort: Effort) -> Vec<ScannedCode> {
        let long_side = frame.long_side();
        let is_large = long_side > LONGEST_TO_DOUBLE;
        let scale = match self.scale {
            Scale::Coarse if is_large => Scale::Half,
            Scale::Coarse => Scale::Full,
            scale => scale,
        };
        let (looked_at, factor, shift) = match scale {
            Scale::Full => (self.retouched(Cow::Borrowed(frame)), 1.0, (0, 0)),
            Scale::Half if long_side >= SHORTEST_TO_HALVE => (self.retouched(Cow::Owned(frame.halved())), 2.0, (0, 0)),
            Scale::Quarter if long_side >= 2 * SHORTEST_TO_HALVE => {
                (self.retouched(Cow::Owned(frame.halved().halved())), 4.0, (0, 0))
            }
            Scale::Double if !is_large => (self.retouched(Cow::Owned(frame.doubled())), 0.5, (0, 0)),
            Scale::Middle | Scale::CoarseMiddle if long_side >= SHORTEST_TO_HALVE => {
                // Retouched before it is doubled: a quarter of the work.
                let (middle, shift) = frame.middle();
                let middle = self.retouched(Cow::Owned(middle));
                if is_large && scale == Scale::CoarseMiddle {
                    (middle, 1.0, shift)
                } else {
                    (Cow::Owned(middle.doubled()), 0.5, shift)
                }
            }
            Scale::Half | Scale::Quarter | Scale::Middle | Scale::CoarseMiddle | Scale::Double | Scale::Coarse => {
                return Vec::new();
            }
        };
        let Some(mut matrix) = black_and_white(&looked_at, self.threshold) else { return Vec::new() };
        if self.inverted {
            matrix.flip_self();
        }
        let codes = enlarged(read_symbols(&matrix, effort), factor);
        moved(codes, (shift.0 as f32, shift.1 as f32))
    }

    fn retouched<'a>(&self, frame: Cow<'a, GrayFrame>) -> Cow<'a, GrayFrame> {
        match self.retouch {
            Some(retouch) => Cow::Owned(retouch(&frame)),
            None => frame,
        }
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

/// The same codes with corners that much further right and down.
fn moved(mut codes: Vec<ScannedCode>, (right, down): (f32, f32)) -> Vec<ScannedCode> {
    for (x, y) in codes.iter_mut().filter_map(|code| code.corners.as_mut()).flatten() {
        *x += right;
        *y += down;
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
