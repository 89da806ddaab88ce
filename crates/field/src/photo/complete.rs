//! Whether a picture file is all there, told from its structure: decoders fill missing rows with grey and say nothing.
//!
//! Each format ends in a way that a cut takes away. Bytes after the end are left alone, because phones append previews
//! and short videos there. Whether the pixels make sense is for the decoder to say.

mod jpeg;
mod png;
mod webp;

use super::{MediaType, PhotoError};

/// Why a file is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The file ends before the picture does.
    CutOff,
    /// Something within contradicts itself.
    Broken(&'static str),
}

/// # Errors
/// Where the picture's structure does not reach its end.
pub(super) fn check(media_type: MediaType, bytes: &[u8]) -> Result<(), PhotoError> {
    let checked = match media_type {
        MediaType::Jpeg => jpeg::check(bytes),
        MediaType::Png => png::check(bytes),
        MediaType::Webp => webp::check(bytes),
        MediaType::Csv => Ok(()),
    };
    checked.map_err(|flaw| match flaw {
        Flaw::CutOff => PhotoError::CutOff { bytes: bytes.len() as u64 },
        Flaw::Broken(what) => PhotoError::Broken { what },
    })
}
