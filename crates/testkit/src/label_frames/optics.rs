//! From what is there to what a sensor reports: light, lens, sensor.

use image::{GrayImage, Luma};

use super::{Random, sticker::Pose};

/// Brightness of each place, 0 to 255 and beyond where a lamp shines.
#[derive(Clone)]
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub light: Vec<f32>,
}

/// A bright spot: middle, radius, brightness.
type Glare = (f32, f32, f32, f32);
/// A shadow's edge: a point on it, its direction, how soft it is, what is left of the light behind it.
type Shadow = (f32, f32, f32, f32, f32);

/// Light, lens and sensor of one scene.
pub(super) struct Light {
    /// Deviation of the lens's blur in pixels.
    pub defocus: f32,
    /// Pixels that the picture moved while it was taken.
    pub shake: f32,
    shake_degrees: f32,
    /// Deviation of the noise at full brightness.
    pub noise: f32,
    gradient: (f32, f32),
    glare: Option<Glare>,
    shadow: Option<Shadow>,
    /// White and black as the sensor gives them: `value * contrast + haze`.
    contrast: f32,
    haze: f32,
}

impl Light {
    pub fn of_a_room(module: f32, random: &mut Random) -> Self {
        Self {
            defocus: module * random.between(0.1, 0.3),
            shake: module * random.between(0.0, 0.3),
            shake_degrees: random.between(0.0, 180.0),
            noise: random.between(2.0, 6.0),
            gradient: (random.between(-0.3, 0.3), random.between(-0.3, 0.3)),
            glare: None,
            shadow: None,
            contrast: random.between(0.55, 1.0),
            haze: random.between(0.0, 15.0),
        }
    }

    pub fn add_glare(&mut self, pose: &Pose, random: &mut Random) {
        let away = pose.module * random.between(6.0, 24.0);
        let (sin, cos) = random.between(0.0, std::f32::consts::TAU).sin_cos();
        self.glare = Some((
            pose.x + away * cos,
            pose.y + away * sin,
            pose.module * random.between(5.0, 11.0),
            random.between(200.0, 420.0),
        ));
    }

    pub fn add_shadow(&mut self, pose: &Pose, random: &mut Random) {
        let degrees = random.between(0.0, 360.0);
        let soft = pose.module * random.between(0.5, 4.0);
        let off = pose.module * random.between(-8.0, 8.0);
        self.shadow = Some((pose.x + off, pose.y + off, degrees, soft, random.between(0.12, 0.3)));
    }

    pub fn dim(&mut self, contrast: f32, haze: f32) {
        (self.contrast, self.haze) = (contrast, haze);
        self.noise = self.noise.min(4.0);
    }

    /// Lamps and shadows.
    pub fn shine(&self, canvas: &mut Canvas) {
        let (width, height) = (canvas.width as f32, canvas.height as f32);
        let shadow = self.shadow.map(|(x, y, degrees, soft, left)| (x, y, degrees.to_radians().sin_cos(), soft, left));
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let (fx, fy) = (x as f32, y as f32);
                let pixel = &mut canvas.light[y * canvas.width + x];
                *pixel *=
                    1.0 + self.gradient.0 * (fx / width - 0.5) * 2.0 + self.gradient.1 * (fy / height - 0.5) * 2.0;
                if let Some((at_x, at_y, (sin, cos), soft, left)) = shadow {
                    let beyond = ((fx - at_x) * cos + (fy - at_y) * sin) / soft;
                    *pixel *= left + (1.0 - left) / (1.0 + beyond.exp());
                }
                if let Some((at_x, at_y, radius, bright)) = self.glare {
                    let away = ((fx - at_x).powi(2) + (fy - at_y).powi(2)) / (radius * radius);
                    if away < 12.0 {
                        *pixel += bright * (-away / 2.0).exp();
                    }
                }
            }
        }
    }

    /// Blur, with the focus this far from where it usually is (1 is usual).
    pub fn lens(&self, canvas: &mut Canvas, focus: f32) {
        let kernel = gaussian(self.defocus * focus);
        canvas.light = swept(&canvas.light, canvas.width, canvas.height, &kernel);
        if self.shake > 0.5 {
            self.blur_along(canvas, self.shake * focus);
        }
    }

    fn blur_along(&self, canvas: &mut Canvas, length: f32) {
        let (sin, cos) = self.shake_degrees.to_radians().sin_cos();
        let count = (length.ceil() as usize + 1).max(2);
        let steps: Vec<(f32, f32)> = (0..count)
            .map(|step| (step as f32 / (count - 1) as f32 - 0.5) * length)
            .map(|along| (along * cos, along * sin))
            .collect();
        let before = canvas.clone();
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let sum: f32 = steps.iter().map(|(dx, dy)| before.between(x as f32 + dx, y as f32 + dy)).sum();
                canvas.light[y * canvas.width + x] = sum / count as f32;
            }
        }
    }

    /// What the sensor reports: contrast, noise of light and of the sensor, whole numbers.
    pub fn sensor(&self, canvas: &Canvas, random: &mut Random) -> GrayImage {
        let mut picture = GrayImage::new(canvas.width as u32, canvas.height as u32);
        for (pixel, light) in picture.pixels_mut().zip(&canvas.light) {
            let clean = light * self.contrast + self.haze;
            let deviation = self.noise * (0.4 + 0.6 * (clean.clamp(0.0, 255.0) / 255.0).sqrt());
            *pixel = Luma([(clean + deviation * random.normal()).round().clamp(0.0, 255.0) as u8]);
        }
        picture
    }
}

impl Canvas {
    /// Between four places.
    fn between(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x.clamp(0.0, (self.width - 2) as f32), y.clamp(0.0, (self.height - 2) as f32));
        let (left, top) = (x as usize, y as usize);
        let (dx, dy) = (x - left as f32, y - top as f32);
        let at = top * self.width + left;
        let upper = self.light[at] * (1.0 - dx) + self.light[at + 1] * dx;
        let lower = self.light[at + self.width] * (1.0 - dx) + self.light[at + self.width + 1] * dx;
        upper * (1.0 - dy) + lower * dy
    }
}

fn gaussian(deviation: f32) -> Vec<f32> {
    let reach = (deviation * 3.0).ceil().max(1.0) as i32;
    let weights: Vec<f32> =
        (-reach..=reach).map(|at| (-(at as f32 / deviation.max(0.1)).powi(2) / 2.0).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Both directions one after the other; the edge repeats outside.
fn swept(light: &[f32], width: usize, height: usize, kernel: &[f32]) -> Vec<f32> {
    let reach = kernel.len() / 2;
    let mut across = vec![0.0f32; light.len()];
    for (from, to) in light.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        let mut wide = vec![from[0]; reach];
        wide.extend_from_slice(from);
        wide.extend(std::iter::repeat_n(from[width - 1], reach));
        for (at, weight) in kernel.iter().enumerate() {
            for (pixel, source) in to.iter_mut().zip(&wide[at..]) {
                *pixel += source * weight;
            }
        }
    }
    let mut down = vec![0.0f32; light.len()];
    for (y, to) in down.chunks_exact_mut(width).enumerate() {
        for (at, weight) in kernel.iter().enumerate() {
            let from = (y + at).saturating_sub(reach).min(height - 1);
            for (pixel, source) in to.iter_mut().zip(&across[from * width..(from + 1) * width]) {
                *pixel += source * weight;
            }
        }
    }
    down
}
