//! Retouches that make a code easier to read: noise smoothed, edges raised. Uneven light and low contrast are for the
//! threshold to deal with.
//!
//! Each gives a new frame of the same size. Which to try, and in which order, is for the cascade.

use super::GrayFrame;

impl GrayFrame {
    /// The median of each 3 × 3 block: takes out sensor noise and JPEG specks, keeps edges.
    #[must_use]
    pub fn denoised(&self) -> Self {
        if self.width < 3 || self.height < 3 {
            return self.clone();
        }
        let mut out = self.clone();
        let inner = self.width - 2;
        for y in 1..self.height - 1 {
            let rows = [self.row(y - 1), self.row(y), self.row(y + 1)];
            let to = &mut out.luma[y * self.width + 1..][..inner];
            // Whole lanes side by side, so that the compiler exchanges them in one instruction; the last ones again.
            for from in (0..inner).step_by(LANES) {
                let from = from.min(inner.saturating_sub(LANES));
                let mut block = [[0u8; LANES]; 9];
                let taken = LANES.min(inner);
                for (at, lane) in block.iter_mut().enumerate() {
                    lane[..taken].copy_from_slice(&rows[at / 3][from + at % 3..][..taken]);
                }
                to[from..from + taken].copy_from_slice(&medians_of_nine(block)[..taken]);
            }
        }
        out
    }

    /// The mean of the block of `2 * radius + 1` pixels around each pixel.
    #[must_use]
    pub fn smoothed(&self, radius: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let mut luma = vec![0; self.luma.len()];
        // Sliding sums: down the columns, then along the row, where any stretch is the difference of two.
        let mut columns = vec![0u32; width];
        let mut running = vec![0u32; width + 1];
        for y in 0..radius.min(height) {
            columns.iter_mut().zip(self.row(y)).for_each(|(sum, &pixel)| *sum += u32::from(pixel));
        }
        for (y, out) in luma.chunks_exact_mut(width).enumerate() {
            if y + radius < height {
                columns.iter_mut().zip(self.row(y + radius)).for_each(|(sum, &pixel)| *sum += u32::from(pixel));
            }
            if let Some(gone) = y.checked_sub(radius + 1) {
                columns.iter_mut().zip(self.row(gone)).for_each(|(sum, &pixel)| *sum -= u32::from(pixel));
            }
            let mut total = 0;
            for (sum, column) in running[1..].iter_mut().zip(&columns) {
                total += column;
                *sum = total;
            }
            let rows = (y + radius + 1).min(height) - y.saturating_sub(radius);
            let inner = radius.min(width)..width.saturating_sub(radius).max(radius.min(width));
            for x in (0..inner.start).chain(inner.end..width) {
                let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
                out[x] = ((running[right] - running[left]) / ((right - left) * rows) as u32) as u8;
            }
            // The half keeps rounding down exact: a multiple of the area never falls just below itself.
            let share = 1.0 / (rows * (2 * radius + 1)) as f32;
            let stretches = running.iter().zip(running.get(2 * radius + 1..).unwrap_or_default());
            for (out, (start, end)) in out[inner].iter_mut().zip(stretches) {
                *out = (((end - start) as f32 + 0.5) * share) as u8;
            }
        }
        Self { luma, ..*self }
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
}

/// Pixels whose medians are taken side by side.
const LANES: usize = 64;

/// Sorting network of Paeth ("Median Finding on a 3×3 Grid", Graphics Gems, 1990): 19 exchanges instead of a sort.
fn medians_of_nine(mut p: [[u8; LANES]; 9]) -> [u8; LANES] {
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
        for lane in 0..LANES {
            p[low][lane] = a[lane].min(b[lane]);
            p[high][lane] = a[lane].max(b[lane]);
        }
    }
    p[4]
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
        for (width, height) in [(3, 3), (9, 5), (66, 4), (67, 7), (200, 6)] {
            let frame = noise(width, height);
            let denoised = frame.denoised();
            for y in 1..height - 1 {
                for x in 1..width - 1 {
                    let mut block: Vec<u8> =
                        (y - 1..=y + 1).flat_map(|row| &frame.row(row)[x - 1..=x + 1]).copied().collect();
                    block.sort_unstable();
                    assert_eq!(denoised.row(y)[x], block[4], "around {x}, {y} of {width} × {height}");
                }
            }
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
}
