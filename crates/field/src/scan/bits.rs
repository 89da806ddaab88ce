//! From grey to black and white, packed: what the finder looks at.
//!
//! Written here because the same in rxing takes a bit at a time, and on every camera frame that is most of the time. Which
//! of the ways to try is for the cascade.

use rxing::common::{BitArray, BitMatrix};

use super::GrayFrame;

/// How grey becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threshold {
    /// One threshold per block of 8 × 8 pixels, from the blocks around it: sharp pictures in any light.
    Blocks,
    /// Black where darker than the mean of the square that reaches so many pixels each way: shadows and glare.
    Around(usize),
    /// One threshold for the whole frame, in the valley between its dark and its light pixels.
    Whole,
}

/// The side of a block in pixels.
const BLOCK: usize = 8;
/// Blocks on each side of a block that its threshold is the mean of.
const REACH: usize = 2;
/// A block with less between its darkest and lightest pixel is one colour.
const LEAST_RANGE: u8 = 24;
/// How much darker than the mean around it is black: so many of 128. A flat wall must not become pepper and salt.
const DARKER: u32 = 4;

/// The frame in black (set) and white; `None` where it is too large for rxing to count.
pub(super) fn black_and_white(frame: &GrayFrame, threshold: Threshold) -> Option<BitMatrix> {
    match threshold {
        Threshold::Blocks if frame.width.min(frame.height) >= BLOCK * (2 * REACH + 1) => by_blocks(frame),
        Threshold::Around(reach) => by_neighbourhood(frame, reach),
        Threshold::Blocks | Threshold::Whole => {
            let levels = vec![valley(frame)?; frame.width];
            pack(frame, |out, y| compare_row(frame.row(y), &levels, out))
        }
    }
}

/// Packs the rows that `fill` gives as one byte a pixel, 1 is black.
fn pack(frame: &GrayFrame, mut fill: impl FnMut(&mut [u8], usize)) -> Option<BitMatrix> {
    const BYTES: usize = usize::BITS as usize / 8;
    let mut matrix = BitMatrix::new(u32::try_from(frame.width).ok()?, u32::try_from(frame.height).ok()?).ok()?;
    let words = frame.width.div_ceil(usize::BITS as usize);
    let mut row = vec![0u8; words * usize::BITS as usize];
    let mut bits = BitArray::with_size(words * usize::BITS as usize);
    for y in 0..frame.height {
        fill(&mut row[..frame.width], y);
        for (word, pixels) in row.chunks_exact(usize::BITS as usize).enumerate() {
            let mut packed = 0usize;
            for (byte, eight) in pixels.chunks_exact(8).enumerate().take(BYTES) {
                let eight = u64::from_le_bytes([
                    eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7],
                ]);
                // Gathers the lowest bit of eight bytes into one byte.
                let gathered = eight.wrapping_mul(0x0102_0408_1020_4080) >> 56;
                packed |= (gathered as usize) << (8 * byte);
            }
            bits.setBulk(word * usize::BITS as usize, packed);
        }
        matrix.setRow(y as u32, &bits);
    }
    Some(matrix)
}

/// 1 where the pixel is not lighter than its column's level.
fn compare_row(pixels: &[u8], levels: &[u8], out: &mut [u8]) {
    for ((out, pixel), level) in out.iter_mut().zip(pixels).zip(levels) {
        *out = u8::from(pixel <= level);
    }
}

/// The method of ZXing's hybrid binarizer: each block's mean, or for a block of one colour what its neighbours above and to
/// the left suggest; then the mean of 5 × 5 blocks.
fn by_blocks(frame: &GrayFrame) -> Option<BitMatrix> {
    let (across, down) = (frame.width.div_ceil(BLOCK), frame.height.div_ceil(BLOCK));
    let points = block_points(frame, across, down);
    let mut levels = vec![0u8; frame.width];
    let mut of_row = usize::MAX;
    pack(frame, |out, y| {
        let block_row = (y / BLOCK).min(down - 1);
        if of_row != block_row {
            of_row = block_row;
            let top = block_row.clamp(REACH, down - REACH - 1) - REACH;
            let column = |x: usize| (top..=top + 2 * REACH).map(|row| u32::from(points[row * across + x])).sum::<u32>();
            let columns: Vec<u32> = (0..across).map(column).collect();
            for (block, levels) in levels.chunks_mut(BLOCK).enumerate() {
                let left = block.clamp(REACH, across - REACH - 1) - REACH;
                let sum: u32 = columns[left..=left + 2 * REACH].iter().sum();
                levels.fill((sum / 25) as u8);
            }
        }
        compare_row(frame.row(y), &levels, out);
    })
}

fn block_points(frame: &GrayFrame, across: usize, down: usize) -> Vec<u8> {
    let mut points = vec![0u8; across * down];
    let mut sums = vec![0u16; frame.width];
    let mut darkest = vec![0u8; frame.width];
    let mut lightest = vec![0u8; frame.width];
    for block_row in 0..down {
        let top = (block_row * BLOCK).min(frame.height - BLOCK);
        sums.fill(0);
        darkest.fill(u8::MAX);
        lightest.fill(0);
        for y in top..top + BLOCK {
            let columns = sums.iter_mut().zip(&mut darkest).zip(&mut lightest);
            for (((sum, dark), light), &pixel) in columns.zip(frame.row(y)) {
                *sum += u16::from(pixel);
                *dark = (*dark).min(pixel);
                *light = (*light).max(pixel);
            }
        }
        for block in 0..across {
            let left = (block * BLOCK).min(frame.width - BLOCK);
            let range = left..left + BLOCK;
            let dark = darkest[range.clone()].iter().copied().min().unwrap_or(0);
            let light = lightest[range.clone()].iter().copied().max().unwrap_or(0);
            let at = block_row * across + block;
            points[at] = if light - dark > LEAST_RANGE {
                let sum: u32 = sums[range].iter().map(|sum| u32::from(*sum)).sum();
                (sum / (BLOCK * BLOCK) as u32) as u8
            } else if block_row > 0 && block > 0 {
                let [above, beside, corner] =
                    [at - across, at - 1, at - across - 1].map(|known| u16::from(points[known]));
                let suggested = ((above + 2 * beside + corner) / 4) as u8;
                if dark < suggested { suggested } else { dark / 2 }
            } else {
                dark / 2
            };
        }
    }
    points
}

/// Sliding sums: down the columns, then along the row.
fn by_neighbourhood(frame: &GrayFrame, reach: usize) -> Option<BitMatrix> {
    let (width, height) = (frame.width, frame.height);
    let reach = reach.min(width / 2).min(height / 2).min(120);
    let mut columns = vec![0u16; width];
    for y in 0..reach.min(height) {
        add_row(&mut columns, frame.row(y));
    }
    // Running sums along the row, with one zero in front: any stretch is the difference of two.
    let mut running = vec![0u32; width + 1];
    pack(frame, |out, y| {
        if y + reach < height {
            add_row(&mut columns, frame.row(y + reach));
        }
        if let Some(gone) = y.checked_sub(reach + 1) {
            for (sum, &pixel) in columns.iter_mut().zip(frame.row(gone)) {
                *sum -= u16::from(pixel);
            }
        }
        let mut total = 0;
        for (sum, column) in running[1..].iter_mut().zip(&columns) {
            total += u32::from(*column);
            *sum = total;
        }
        let rows = (y + reach + 1).min(height) - y.saturating_sub(reach);
        let is_black = |pixel: u8, sum: u32, columns: usize| {
            u8::from(u32::from(pixel) * (rows * columns) as u32 * 128 < sum * (128 - DARKER))
        };
        let pixels = frame.row(y);
        let edges = (0..reach.min(width)).chain(width.saturating_sub(reach).max(reach.min(width))..width);
        for x in edges {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            out[x] = is_black(pixels[x], running[right] - running[left], right - left);
        }
        let middle = reach..width.saturating_sub(reach).max(reach);
        let ends = running.get(2 * reach + 1..).unwrap_or(&[]);
        for ((out, &pixel), (end, start)) in
            out[middle.clone()].iter_mut().zip(&pixels[middle]).zip(ends.iter().zip(&running))
        {
            *out = is_black(pixel, end - start, 2 * reach + 1);
        }
    })
}

fn add_row(columns: &mut [u16], row: &[u8]) {
    for (sum, &pixel) in columns.iter_mut().zip(row) {
        *sum += u16::from(pixel);
    }
}

/// The method of ZXing's global histogram binarizer: four rows' middles are counted, the two highest peaks that lie apart
/// are dark and light, and the deepest place between them, rather near the light one, parts them. `None` without contrast.
fn valley(frame: &GrayFrame) -> Option<u8> {
    const BUCKETS: usize = 32;
    const WIDTH: usize = 256 / BUCKETS;
    let mut counts = [0i64; BUCKETS];
    for part in 1..5 {
        let row = frame.row(frame.height * part / 5);
        for &pixel in &row[frame.width / 5..(frame.width * 4 / 5).max(frame.width / 5)] {
            counts[usize::from(pixel) / WIDTH] += 1;
        }
    }
    let (most, first) =
        counts.iter().zip(0i64..).map(|(count, at)| (*count, at)).max_by_key(|(count, at)| (*count, -at))?;
    let apart = |at: i64| (at - first) * (at - first);
    let (_, second) =
        counts.iter().zip(0i64..).map(|(count, at)| (count * apart(at), at)).max_by_key(|(score, at)| (*score, -at))?;
    let (dark, light) = (first.min(second), first.max(second));
    if light - dark <= BUCKETS as i64 / 16 {
        return None;
    }
    let score = |at: &i64| (at - dark) * (at - dark) * (light - at) * (most - counts[*at as usize]);
    let deepest = (dark + 1..light).rev().max_by_key(|at| (score(at), *at))?;
    // Black is what is darker than the bucket.
    u8::try_from(deepest * WIDTH as i64 - 1).ok()
}
