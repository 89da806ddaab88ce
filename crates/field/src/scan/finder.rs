//! Where a code's three corners may be: squares in rings, dark–light–dark 1:1:3:1:1 in every direction.
//!
//! The rows are searched here, whole runs at a time; whether a place is such a square in the other directions, and which three
//! of them make a code, is rxing's to say.

use rxing::{
    common::{
        BitMatrix,
        cpp_essentials::{ConcentricPattern, FixedPattern, IsPattern, LocateConcentricPattern, PatternView},
    },
    point,
    qrcode::cpp_port::detector::{FinderPatternSet, GenerateFinderPatternSets},
};

use super::Effort;

/// A square's dark middle is three modules high, so at one pixel a module every third row meets it.
const LEAST_ROW_STEP: u32 = 3;
/// A frame is searched in so many rows at least, whatever its height.
const ROWS: u32 = 240;

const PATTERN: FixedPattern<5, 7, false> = FixedPattern::new([1, 1, 3, 1, 1]);

/// Places that are looked at in every direction on one live frame. Vents look like rings in a row of pixels and nowhere else: a
/// frame full of them has thousands such places, a frame with a label rarely more than a few hundred.
const MOST_LIVE_PLACES: usize = 800;

/// How far a search goes.
struct Reach {
    rows: Vec<u32>,
    places: usize,
    rings: usize,
    triples: usize,
}

impl Reach {
    fn of(effort: Effort, height: u32) -> Self {
        match effort {
            // The next frame comes in a moment and the label comes nearer; what the person aims at is in the middle.
            Effort::Live => Self {
                rows: from_the_middle(rows(height, LEAST_ROW_STEP.max(height / ROWS))),
                places: MOST_LIVE_PLACES,
                rings: 80,
                triples: 24,
            },
            Effort::Still => Self { rows: rows(height, LEAST_ROW_STEP), places: usize::MAX, rings: 300, triples: 400 },
        }
    }
}

fn rows(height: u32, step: u32) -> Vec<u32> {
    (step - 1..height).step_by(step as usize).collect()
}

/// The middle first, then one below and one above it in turns.
fn from_the_middle(mut rows: Vec<u32>) -> Vec<u32> {
    let middle = rows.get(rows.len() / 2).copied().unwrap_or(0);
    rows.sort_by_key(|row| row.abs_diff(middle));
    rows
}

/// The likely triples, the most likely first.
pub(super) fn corner_triples(matrix: &BitMatrix, effort: Effort) -> Vec<FinderPatternSet> {
    let reach = Reach::of(effort, matrix.height());
    let mut triples = GenerateFinderPatternSets(&mut rings(matrix, &reach));
    triples.truncate(reach.triples);
    triples
}

fn rings(matrix: &BitMatrix, reach: &Reach) -> Vec<ConcentricPattern> {
    let mut found: Vec<ConcentricPattern> = Vec::new();
    let mut places_left = reach.places;
    // Widths of runs, white first, as rxing counts them.
    let mut runs: Vec<u16> = Vec::new();
    for &y in &reach.rows {
        if places_left == 0 || found.len() == reach.rings {
            break;
        }
        runs_of(matrix, y, &mut runs);
        let mut left = 0usize;
        for at in (1..runs.len().saturating_sub(4)).step_by(2) {
            left += usize::from(runs[at - 1]);
            let window = &runs[at..at + 5];
            if looks_like_a_ring(window) {
                let before = usize::from(window[0]) + usize::from(window[1]);
                let middle = point((left + before) as f32 + f32::from(window[2]) / 2.0, y as f32 + 0.5);
                let is_known = found.iter().any(|ring| rxing::Point::distance(middle, ring.p) < ring.size as f32 / 2.0);
                if !is_known && places_left > 0 && found.len() < reach.rings {
                    places_left -= 1;
                    let across: i32 = window.iter().map(|run| i32::from(*run)).sum();
                    // Three times as far, for codes seen very much from the side.
                    let ring = LocateConcentricPattern::<true, 5, 7>(matrix, &[1, 1, 3, 1, 1], middle, across * 3);
                    found.extend(ring);
                }
            }
            left += usize::from(runs[at]);
        }
    }
    found
}

fn looks_like_a_ring(window: &[u16]) -> bool {
    let is_likely =
        window[2] >= 3 && window[2] >= 2 * window[0].max(window[4]) && window[2] >= window[1].max(window[3]);
    if !is_likely {
        return false;
    }
    IsPattern::<true, 5, 7, false>(&PatternView::from_slice(window), &PATTERN, None, 0.0, 0.0, 0.0) != 0.0
}

fn runs_of(matrix: &BitMatrix, y: u32, runs: &mut Vec<u16>) {
    runs.clear();
    let row = matrix.getRow(y);
    let (mut before, mut start) = (0usize, 0usize);
    for (at, &word) in row.getBitArray().iter().enumerate() {
        // A bit is set where the colour changes.
        let mut changes = word ^ ((word << 1) | before);
        before = word >> (usize::BITS - 1);
        while changes != 0 {
            let place = at * usize::BITS as usize + changes.trailing_zeros() as usize;
            changes &= changes - 1;
            runs.push(u16::try_from(place - start).unwrap_or(u16::MAX));
            start = place;
        }
    }
    let width = matrix.width() as usize;
    if start < width {
        runs.push(u16::try_from(width - start).unwrap_or(u16::MAX));
    }
}
