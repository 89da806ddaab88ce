//! A printed label and how it hangs: its modules, the words beside them, and the way from a pixel back to a module.

use qrcode::{Color, EcLevel, QrCode};

use super::{Random, optics::Canvas};

/// The label: the code at the left, the printed words as bars at the right.
pub(super) struct Sticker {
    pub text: String,
    modules: Vec<bool>,
    side: usize,
    is_inverted: bool,
}

/// Modules of white around the code.
const QUIET: f32 = 4.0;
/// Modules of words beside the code.
const WORDS: f32 = 26.0;

impl Sticker {
    pub fn new(text: String, is_inverted: bool) -> Self {
        // A label's text always fits; an empty code would read as nothing and be counted as a miss.
        let code = QrCode::with_error_correction_level(&text, EcLevel::M).ok();
        let side = code.as_ref().map_or(0, QrCode::width);
        let modules = code.map_or_else(Vec::new, |code| code.to_colors()).iter().map(|c| *c == Color::Dark).collect();
        Self { text, modules, side, is_inverted }
    }

    /// 0 is ink, 1 is paper; `None` beyond the sticker. In modules from the middle of the code.
    fn paper_at(&self, x: f32, y: f32) -> Option<f32> {
        let half = self.side as f32 / 2.0;
        let (column, row) = (x + half, y + half);
        if !(-QUIET..self.side as f32 + QUIET).contains(&row) || column < -QUIET {
            return None;
        }
        let is_inside = |at: f32| at >= 0.0 && at < self.side as f32;
        let is_ink = if is_inside(column) && is_inside(row) {
            self.modules[row as usize * self.side + column as usize]
        } else if column < self.side as f32 + QUIET {
            false
        } else if column < self.side as f32 + QUIET + WORDS {
            // Words: lines of strokes of uneven width.
            let (line, stroke) = ((row / 5.0).floor(), (column * 1.7).floor());
            row.rem_euclid(5.0) < 2.6 && ((stroke * 7.0 + line * 13.0) as i64).rem_euclid(5) > 1
        } else {
            return None;
        };
        Some(if is_ink == self.is_inverted { 1.0 } else { 0.0 })
    }

    /// Sticks it onto the picture.
    pub fn draw(&self, canvas: &mut Canvas, pose: &Pose) {
        let reach = (self.side as f32 / 2.0 + QUIET + WORDS + 2.0) * pose.module * 1.7;
        let rows = pose.rows_within(reach, canvas.height);
        let columns = pose.columns_within(reach, canvas.width);
        let turn = pose.degrees.to_radians().sin_cos();
        for y in rows {
            for x in columns.clone() {
                // Far from the label there is nothing to sample nine times.
                let (column, row) = pose.module_at(x as f32, y as f32, turn);
                if column.abs().max(row.abs()) > self.side as f32 / 2.0 + QUIET + WORDS + 2.0 {
                    continue;
                }
                let (mut sum, mut covered) = (0.0, 0.0);
                for part in 0..9 {
                    let (part_x, part_y) = ((part % 3) as f32 / 3.0 + 1.0 / 6.0, (part / 3) as f32 / 3.0 + 1.0 / 6.0);
                    let (column, row) = pose.module_at(x as f32 + part_x, y as f32 + part_y, turn);
                    if let Some(paper) = self.paper_at(column, row) {
                        sum += 22.0 + 200.0 * paper;
                        covered += 1.0;
                    }
                }
                let pixel = &mut canvas.light[y * canvas.width + x];
                *pixel = (sum + *pixel * (9.0 - covered)) / 9.0;
            }
        }
    }
}

/// Where and how a sticker is seen.
#[derive(Clone, Copy)]
pub(super) struct Pose {
    pub x: f32,
    pub y: f32,
    /// Pixels a module, facing.
    pub module: f32,
    degrees: f32,
    /// Perspective: how much the scale grows per pixel away from the middle, in both directions.
    lean: (f32, f32),
    /// Foreshortened by so much, 1 is facing.
    narrow: f32,
    /// Half the bend's width in half label widths; infinite is flat.
    bend: f32,
}

impl Pose {
    pub fn in_the_middle((width, height): (usize, usize), module: f32, random: &mut Random) -> Self {
        Self {
            x: width as f32 * random.between(0.36, 0.54),
            y: height as f32 * random.between(0.42, 0.58),
            module,
            degrees: random.between(-6.0, 6.0),
            lean: (random.between(-0.02, 0.02), random.between(-0.02, 0.02)),
            narrow: 1.0,
            bend: f32::INFINITY,
        }
    }

    pub fn scale(&mut self, by: f32) {
        self.module *= by;
    }

    pub fn turn(&mut self, degrees: f32) {
        self.degrees += degrees;
    }

    pub fn shift(&mut self, x: f32, y: f32) {
        (self.x, self.y) = (self.x + x, self.y + y);
    }

    pub fn bend(&mut self, radius: f32) {
        self.bend = radius;
    }

    /// 30 to 60 degrees away from facing.
    pub fn tilt(&mut self, random: &mut Random) {
        let angle = random.between(30.0, 60.0).to_radians();
        self.narrow = angle.cos();
        let lean = 0.24 * angle.sin() * if random.unit() < 0.5 { -1.0 } else { 1.0 };
        self.lean = (lean, random.between(-0.05, 0.05));
        self.module *= 1.25;
        self.degrees += if random.unit() < 0.5 { 90.0 } else { 0.0 };
    }

    /// The same, so many labels further along.
    pub fn beside(&self, place: usize) -> Self {
        let mut pose = *self;
        let (step, (sin, cos)) = (self.module * 62.0, self.degrees.to_radians().sin_cos());
        let along = [0.0, -1.0, 1.0][place % 3] * step;
        pose.shift(-sin * along, cos * along);
        pose
    }

    pub fn rows_within(&self, reach: f32, height: usize) -> std::ops::Range<usize> {
        (self.y - reach).max(0.0) as usize..((self.y + reach).max(0.0) as usize).min(height)
    }

    pub fn columns_within(&self, reach: f32, width: usize) -> std::ops::Range<usize> {
        (self.x - reach).max(0.0) as usize..((self.x + reach).max(0.0) as usize).min(width)
    }

    /// The place on the label seen at this place of the picture, in modules from the middle of the code.
    fn module_at(&self, x: f32, y: f32, (sin, cos): (f32, f32)) -> (f32, f32) {
        let (dx, dy) = ((x - self.x) / self.module, (y - self.y) / self.module);
        let (across, down) = (cos * dx + sin * dy, cos * dy - sin * dx);
        // The plane leans: what is nearer is larger. 45 modules are a label's width.
        let depth = 1.0 - (self.lean.0 * across + self.lean.1 * down) / 45.0;
        let (mut across, down) = (across / (self.narrow * depth), down / depth);
        if self.bend.is_finite() {
            let radius = 22.5 * self.bend;
            // Beyond the horizon of the bend there is nothing of the label to be seen.
            across = if across.abs() < radius { radius * (across / radius).asin() } else { f32::MAX };
        }
        (across, down)
    }
}
