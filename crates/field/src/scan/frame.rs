//! A grey picture and the retouches that make a code in it easier to read: scaled, stretched, smoothed, thresholded.
//!
//! Written here, on plain bytes, because the cascade needs them on every camera frame and an image library would convert
//! back and forth. Nothing in this file knows what a code is.

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

    /// Contrast stretched so that the darkest and the brightest hundredth become black and white: dim and hazy frames.
    #[must_use]
    pub fn stretched(&self) -> Self {
        let mut counts = [0usize; 256];
        for &pixel in &self.luma {
            counts[usize::from(pixel)] += 1;
        }
        let share = self.luma.len() / 100;
        let dark = percentile(counts.iter().copied(), share);
        let bright = 255 - percentile(counts.iter().rev().copied(), share);
        if bright <= dark {
            return self.clone();
        }
        let range = bright - dark;
        let table: Vec<u8> =
            (0..256).map(|value: usize| (value.saturating_sub(dark) * 255 / range).min(255) as u8).collect();
        self.mapped(|pixel| table[usize::from(pixel)])
    }

    /// The median of each 3 × 3 block: takes out sensor noise and JPEG specks, keeps edges.
    #[must_use]
    pub fn denoised(&self) -> Self {
        if self.width < 3 || self.height < 3 {
            return self.clone();
        }
        let mut out = self.clone();
        for y in 1..self.height - 1 {
            let rows = [self.row(y - 1), self.row(y), self.row(y + 1)];
            for x in 1..self.width - 1 {
                out.luma[y * self.width + x] = median_of_nine([
                    rows[0][x - 1],
                    rows[0][x],
                    rows[0][x + 1],
                    rows[1][x - 1],
                    rows[1][x],
                    rows[1][x + 1],
                    rows[2][x - 1],
                    rows[2][x],
                    rows[2][x + 1],
                ]);
            }
        }
        out
    }

    /// The mean of the block of `2 * radius + 1` pixels around each pixel.
    #[must_use]
    pub fn smoothed(&self, radius: usize) -> Self {
        let sums = Integral::of(self);
        let mut out = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                out.luma[y * self.width + x] = sums.mean_around(x, y, radius);
            }
        }
        out
    }

    /// Edges raised: each pixel pushed away from the mean around it. For frames slightly out of focus.
    #[must_use]
    pub fn sharpened(&self, radius: usize) -> Self {
        let smooth = self.smoothed(radius);
        let mut out = self.clone();
        for (pixel, &mean) in out.luma.iter_mut().zip(&smooth.luma) {
            *pixel = (3 * i16::from(*pixel) - 2 * i16::from(mean)).clamp(0, 255) as u8;
        }
        out
    }

    /// Black where darker than the neighbourhood, else white: uneven light, shadows and glare across a label.
    #[must_use]
    pub fn thresholded(&self, radius: usize) -> Self {
        let sums = Integral::of(self);
        let mut out = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                let mean = u16::from(sums.mean_around(x, y, radius));
                let pixel = &mut out.luma[y * self.width + x];
                // Three hundredths below the mean, so that a flat wall does not become pepper and salt.
                *pixel = if u16::from(*pixel) * 100 < mean * 97 { 0 } else { 255 };
            }
        }
        out
    }

    fn mapped(&self, change: impl Fn(u8) -> u8) -> Self {
        Self { luma: self.luma.iter().map(|&pixel| change(pixel)).collect(), ..*self }
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.luma[y * self.width..(y + 1) * self.width]
    }
}

/// The old pixel on the far side of new pixel `at`, kept within `length`.
fn neighbour(at: usize, length: usize) -> usize {
    if at.is_multiple_of(2) { (at / 2).saturating_sub(1) } else { (at / 2 + 1).min(length - 1) }
}

/// The first value by which more than `share` pixels have been counted.
fn percentile(counts: impl Iterator<Item = usize>, share: usize) -> usize {
    let mut seen = 0;
    counts
        .take_while(|count| {
            seen += count;
            seen <= share
        })
        .count()
}

/// Sorting network of Paeth ("Median Finding on a 3×3 Grid", Graphics Gems, 1990): 19 exchanges instead of a sort.
fn median_of_nine(mut p: [u8; 9]) -> u8 {
    const EXCHANGES: [(usize, usize); 19] = [
        (1, 2),
        (4, 5),
        (7, 8),
        (0, 1),
        (3, 4),
        (6, 7),
        (1, 2),
        (4, 5),
        (7, 8),
        (0, 3),
        (5, 8),
        (4, 7),
        (3, 6),
        (1, 4),
        (2, 5),
        (4, 7),
        (4, 2),
        (6, 4),
        (4, 2),
    ];
    for (low, high) in EXCHANGES {
        let (a, b) = (p[low], p[high]);
        p[low] = a.min(b);
        p[high] = a.max(b);
    }
    p[4]
}

/// Sums of all pixels above and left of each corner: any block's mean in four look-ups.
struct Integral {
    width: usize,
    height: usize,
    sums: Vec<u32>,
}

impl Integral {
    fn of(frame: &GrayFrame) -> Self {
        let stride = frame.width + 1;
        let mut sums = vec![0u32; stride * (frame.height + 1)];
        for y in 0..frame.height {
            let mut line = 0u32;
            for (x, &pixel) in frame.row(y).iter().enumerate() {
                // Sums may wrap on pictures above 16 megapixels; differences of wrapped sums are still exact.
                line = line.wrapping_add(u32::from(pixel));
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1].wrapping_add(line);
            }
        }
        Self { width: frame.width, height: frame.height, sums }
    }

    fn mean_around(&self, x: usize, y: usize, radius: usize) -> u8 {
        let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(self.height));
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let sum =
            at(right, bottom).wrapping_sub(at(left, bottom)).wrapping_sub(at(right, top)).wrapping_add(at(left, top));
        (sum / ((right - left) * (bottom - top)) as u32) as u8
    }
}
