//! A grey picture, and the same picture at half and at twice the size.
//!
//! Written here, on plain bytes, because the cascade needs it on every camera frame and an image library would convert back
//! and forth. Nothing in this file knows what a code is.

/// A grey picture, row by row, one byte a pixel, 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrayFrame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` bytes.
    pub luma: Vec<u8>,
}

impl GrayFrame {
    /// A frame of these bytes, or `None` where their number does not fit the size or the frame is empty.
    #[must_use]
    pub fn new(width: usize, height: usize, luma: Vec<u8>) -> Option<Self> {
        let is_whole = width > 0 && height > 0 && width.checked_mul(height) == Some(luma.len());
        is_whole.then_some(Self { width, height, luma })
    }

    /// The longer side.
    #[must_use]
    pub fn long_side(&self) -> usize {
        self.width.max(self.height)
    }

    /// ½×: the mean of each 2 × 2 block. Smooths noise away and brings large codes to a size the finder likes.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            let upper = self.row((2 * y).min(self.height - 1));
            let lower = self.row((2 * y + 1).min(self.height - 1));
            for x in 0..width {
                let (left, right) = ((2 * x).min(self.width - 1), (2 * x + 1).min(self.width - 1));
                let sum = [upper[left], upper[right], lower[left], lower[right]].map(u16::from).iter().sum::<u16>();
                luma.push(((sum + 2) / 4) as u8);
            }
        }
        Self { width, height, luma }
    }

    /// 2×, interpolated: gives small modules the three pixels that the finder pattern needs.
    #[must_use]
    pub fn doubled(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            // Each new pixel lies a quarter from its nearest old neighbour: weights 3 and 1.
            let near = self.row(y / 2);
            let far = self.row(neighbour(y, self.height));
            for x in 0..width {
                let (x_near, x_far) = (x / 2, neighbour(x, self.width));
                let mix = 9 * u16::from(near[x_near])
                    + 3 * (u16::from(near[x_far]) + u16::from(far[x_near]))
                    + u16::from(far[x_far]);
                luma.push(((mix + 8) / 16) as u8);
            }
        }
        Self { width, height, luma }
    }

    /// One row's pixels.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.luma[y * self.width..(y + 1) * self.width]
    }
}

/// The old pixel on the far side of new pixel `at`, kept within `length`.
fn neighbour(at: usize, length: usize) -> usize {
    if at.is_multiple_of(2) { (at / 2).saturating_sub(1) } else { (at / 2 + 1).min(length - 1) }
}
