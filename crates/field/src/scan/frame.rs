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
        if self.width < 2 || self.height < 2 {
            return self.clone();
        }
        let (width, height) = (self.width / 2, self.height / 2);
        let mut luma = vec![0; width * height];
        for (y, out) in luma.chunks_exact_mut(width).enumerate() {
            let pairs = self.row(2 * y).chunks_exact(2).zip(self.row(2 * y + 1).chunks_exact(2));
            for (out, (upper, lower)) in out.iter_mut().zip(pairs) {
                let sum = [upper[0], upper[1], lower[0], lower[1]].map(u16::from).iter().sum::<u16>();
                *out = ((sum + 2) / 4) as u8;
            }
        }
        Self { width, height, luma }
    }

    /// The middle, half as wide and half as high, and where it begins.
    #[must_use]
    pub fn middle(&self) -> (Self, (usize, usize)) {
        let (left, top) = (self.width / 4, self.height / 4);
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let luma = (top..top + height).flat_map(|y| &self.row(y)[left..left + width]).copied().collect();
        (Self { width, height, luma }, (left, top))
    }

    /// 2×, interpolated: gives small modules the three pixels that the finder pattern needs.
    #[must_use]
    pub fn doubled(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let mut luma = vec![0; width * height];
        // Each new pixel lies a quarter from its nearest old neighbour: weights 3 and 1, down first, then across.
        let mut mixed = vec![0u16; self.width];
        for (y, out) in luma.chunks_exact_mut(width).enumerate() {
            let rows = self.row(y / 2).iter().zip(self.row(neighbour(y, self.height)));
            for (mixed, (&near, &far)) in mixed.iter_mut().zip(rows) {
                *mixed = 3 * u16::from(near) + u16::from(far);
            }
            let (first, last) = (mixed[0], mixed[self.width - 1]);
            out[0] = ((4 * first + 8) / 16) as u8;
            out[width - 1] = ((4 * last + 8) / 16) as u8;
            for (out, pair) in out[1..width - 1].chunks_exact_mut(2).zip(mixed.windows(2)) {
                out[0] = ((3 * pair[0] + pair[1] + 8) / 16) as u8;
                out[1] = ((pair[0] + 3 * pair[1] + 8) / 16) as u8;
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
