//! Scanning: from a camera frame or a picture file to the texts of the QR codes in it.
//!
//! Machine rooms are dark, labels are small and glossy, so a frame that says nothing at once is read again and again with
//! retouches until something is read or the time is up; see [`CascadeDecoder`]. Deliberately not here: what a text means,
//! whether its signature holds: the round's business; and the cool-down for a code held before the camera: the page's, which
//! alone knows what it has shown (`ui/src/scan/CoolDown.ts`).

mod bits;
mod cascade;
mod content;
mod error;
mod finder;
mod frame;
mod picture;
mod retouch;
mod symbol;

pub use self::{
    cascade::{CascadeDecoder, TimeCaps},
    error::ScanError,
    frame::GrayFrame,
    picture::{decode_bytes, decode_file},
};

/// Reads the codes of one frame. A trait so that another library can be measured against ours, and tests can fake it.
pub trait Decoder {
    /// The codes in `frame`, each text once, in the order in which they were found; empty when there are none.
    fn decode(&self, frame: &GrayFrame, effort: Effort) -> Vec<ScannedCode>;
}

/// How much time one frame is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One of many camera frames: the next comes in a moment, so only the quick way and one other.
    Live,
    /// A picture that will not come again: everything, within the cap.
    Still,
}

/// One code read.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedCode {
    /// Its text. For a code that holds no text, a `data:` address with its bytes.
    pub text: String,
    /// Whether it holds text at all, in a character set that could be told.
    pub is_text: bool,
    /// Its corners in pixels of the frame given (x, y), clockwise from the code's own top left, where known.
    pub corners: Option<[(f32, f32); 4]>,
}
