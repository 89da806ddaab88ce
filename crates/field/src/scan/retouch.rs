//! Retouches that make a code easier to read: contrast stretched, noise smoothed, edges raised, uneven light taken out.
//!
//! Each gives a new frame of the same size. Which to try, and in which order, is for the cascade.

use super::GrayFrame;

impl GrayFrame {
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
                let block = rows.map(|row| [row[x - 1], row[x], row[x + 1]]);
                out.luma[y * self.width + x] = median_of_nine(block);
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
fn median_of_nine(block: [[u8; 3]; 3]) -> u8 {
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
    let mut p = [0; 9];
    p.copy_from_slice(block.as_flattened());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels without pattern, the same on every run.
    fn noise(width: usize, height: usize) -> GrayFrame {
        let pixel = |at: usize| ((at as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
        GrayFrame { width, height, luma: (0..width * height).map(pixel).collect() }
    }

    #[test]
    fn median_by_network_is_the_median_by_sorting() {
        for block in noise(9, 500).luma.chunks_exact(9) {
            let rows = [0, 3, 6].map(|at| [block[at], block[at + 1], block[at + 2]]);
            let mut sorted = block.to_vec();
            sorted.sort_unstable();
            assert_eq!(median_of_nine(rows), sorted[4], "of {block:?}");
        }
    }

    #[test]
    fn mean_around_a_pixel_is_that_of_the_block_cut_at_the_edges() {
        let frame = noise(13, 7);
        let smooth = frame.smoothed(2);
        for y in 0..7 {
            for x in 0..13 {
                let block = || (0..7).flat_map(|row| (0..13).map(move |column| (column, row)));
                let is_near = |&(column, row): &(usize, usize)| column.abs_diff(x) <= 2 && row.abs_diff(y) <= 2;
                let sum: u32 = block().filter(is_near).map(|(column, row)| u32::from(frame.row(row)[column])).sum();
                let mean = sum / block().filter(is_near).count() as u32;
                assert_eq!(u32::from(smooth.row(y)[x]), mean, "around {x}, {y}");
            }
        }
    }

    #[test]
    fn stretching_brings_a_dim_frame_to_black_and_white_and_leaves_a_flat_one_alone() {
        let dim = GrayFrame { luma: noise(64, 64).luma.iter().map(|pixel| 40 + pixel / 16).collect(), ..noise(64, 64) };
        let stretched = dim.stretched();
        let (darkest, brightest) = (stretched.luma.iter().min(), stretched.luma.iter().max());
        assert_eq!((darkest, brightest), (Some(&0), Some(&255)), "the whole range is used");
        let flat = GrayFrame { width: 8, height: 8, luma: vec![90; 64] };
        assert_eq!(flat.stretched(), flat, "there is no contrast to stretch");
    }
}
