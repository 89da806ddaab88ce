//! A QR code as an SVG path of unit squares, quiet zone included.

use std::fmt::Write as _;

use anyhow::Context as _;
use qrcode::{EcLevel, QrCode};

/// White around the code, in modules (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;

/// A code to draw.
pub struct Code {
    /// Modules a side, the quiet zone included.
    pub side: usize,
    /// One square for each dark module.
    pub path: String,
}

impl Code {
    /// The code of a payload, at error correction level M.
    pub fn of(payload: &str) -> anyhow::Result<Self> {
        let code =
            QrCode::with_error_correction_level(payload, EcLevel::M).context("the payload does not fit a QR code")?;
        let modules = code.width();
        let mut path = String::new();
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                let (x, y) = (at % modules + QUIET_MODULES, at / modules + QUIET_MODULES);
                write!(path, "M{x} {y}h1v1h-1z")?;
            }
        }
        Ok(Self { side: modules + 2 * QUIET_MODULES, path })
    }

    /// As a picture of its own.
    pub fn svg(&self) -> String {
        let (side, path) = (self.side, &self.path);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}"><path shape-rendering="crispEdges" d="{path}"/></svg>"#
        )
    }
}
