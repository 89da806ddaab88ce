//! Camera frames of printed labels in bad light: seeded, so that a miss can be played again, and made apart from the decoder,
//! so that it cannot be tuned to its own maker.
//!
//! A scene is a rack front with a label on it (or none, or three) and one defect of a real machine room: small, out of focus,
//! shaken, glossy, half in shadow, dim, seen from the side, turned, noisy, light on dark, around a bend. Every other defect is
//! there too, faintly. A scene gives as many frames as asked for: the hand trembles, the focus hunts, the noise is new.
//!
//! Deliberately not a model of any one camera, and not for pictures kept as evidence.

mod optics;
mod rack;
mod sticker;

use image::GrayImage;
use xunjian_domain::ids::{LabelPrintId, SiteId};
use xunjian_proof::{
    label::{LabelKind, print},
    suite::Ed25519Signer,
};

use self::{
    optics::{Canvas, Light},
    sticker::{Pose, Sticker},
};

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Nothing much.
    Plain,
    /// From too far away.
    Small,
    /// Out of focus.
    Defocus,
    /// The hand moved.
    Shaken,
    /// A lamp mirrored in the label.
    Glare,
    /// A door's edge throws its shadow across the label.
    Shadow,
    /// Dim, and hazy.
    LowContrast,
    /// From the side or from below.
    Perspective,
    /// Hung at any angle.
    Turned,
    /// A sensor at its limit.
    Noisy,
    /// Light modules on dark ground.
    Inverted,
    /// Around a cable or a bent edge.
    Bent,
    /// Three labels in one frame.
    Several,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Plain,
        Self::Small,
        Self::Defocus,
        Self::Shaken,
        Self::Glare,
        Self::Shadow,
        Self::LowContrast,
        Self::Perspective,
        Self::Turned,
        Self::Noisy,
        Self::Inverted,
        Self::Bent,
        Self::Several,
    ];
}

/// One place with its labels, seen by one camera.
pub struct Scene {
    /// What is wrong with it.
    pub defect: Option<Defect>,
    /// The texts of the labels in it; none where it shows none.
    pub texts: Vec<String>,
    rack: Canvas,
    stickers: Vec<(Sticker, Pose)>,
    light: Light,
    seed: u64,
}

/// Each defect so many times at this size, from this seed.
pub fn scenes(seed: u64, (width, height): (usize, usize), each: u64) -> impl Iterator<Item = Scene> {
    (0..each).flat_map(move |round| {
        Defect::ALL
            .into_iter()
            .zip(1..)
            .map(move |(defect, no)| Scene::with_labels(defect, mixed(seed, round * 1_000 + no), (width, height)))
    })
}

/// So many racks without a label.
pub fn empty_scenes(seed: u64, (width, height): (usize, usize), count: u64) -> impl Iterator<Item = Scene> {
    (0..count).map(move |no| Scene::without_label(mixed(seed, 1_000_000 + no), (width, height)))
}

impl Scene {
    fn with_labels(defect: Defect, seed: u64, size: (usize, usize)) -> Self {
        let mut random = Random::new(seed);
        // A 30 mm label at arm's length: what a camera of twice the width shows at twice the size.
        let module = random.between(2.4, 4.2) * size.0 as f32 / 1280.0;
        let mut pose = Pose::in_the_middle(size, module, &mut random);
        let mut light = Light::of_a_room(module, &mut random);
        let count = if defect == Defect::Several { 3 } else { 1 };
        match defect {
            Defect::Plain | Defect::Inverted | Defect::Several => {}
            Defect::Small => pose.scale(random.between(1.75, 2.4) * (size.0 as f32 / 1280.0).sqrt() / module),
            Defect::Defocus => light.defocus = module * random.between(0.35, 0.62),
            Defect::Shaken => light.shake = module * random.between(0.9, 2.0),
            Defect::Glare => light.add_glare(&pose, &mut random),
            Defect::Shadow => light.add_shadow(&pose, &mut random),
            Defect::LowContrast => light.dim(random.between(0.05, 0.2), random.between(10.0, 60.0)),
            Defect::Perspective => pose.tilt(&mut random),
            Defect::Turned => pose.turn(random.between(-180.0, 180.0)),
            Defect::Noisy => light.noise = random.between(14.0, 34.0),
            Defect::Bent => pose.bend(random.between(1.25, 2.2)),
        }
        let mut stickers = Vec::new();
        for place in 0..count {
            let (sticker, pose) =
                (Sticker::new(label_text(&mut random), defect == Defect::Inverted), pose.beside(place));
            stickers.push((sticker, pose));
        }
        let texts = stickers.iter().map(|(sticker, _)| sticker.text.clone()).collect();
        Self { defect: Some(defect), texts, rack: rack::front(size, &mut random), stickers, light, seed }
    }

    fn without_label(seed: u64, size: (usize, usize)) -> Self {
        let mut random = Random::new(seed);
        let mut light = Light::of_a_room(3.0, &mut random);
        light.noise = random.between(2.0, 16.0);
        Self {
            defect: None,
            texts: Vec::new(),
            rack: rack::front(size, &mut random),
            stickers: Vec::new(),
            light,
            seed,
        }
    }

    /// The frame with this number; the same number gives the same frame.
    #[must_use]
    pub fn frame(&self, no: u64) -> GrayImage {
        let mut random = Random::new(mixed(self.seed, 7_777 + no));
        let mut canvas = self.rack.clone();
        let (tremble_x, tremble_y) = (random.between(-2.0, 2.0), random.between(-2.0, 2.0));
        let turned = random.between(-0.4, 0.4);
        for (sticker, pose) in &self.stickers {
            let mut pose = *pose;
            pose.shift(tremble_x, tremble_y);
            pose.turn(turned);
            sticker.draw(&mut canvas, &pose);
        }
        self.light.shine(&mut canvas);
        self.light.lens(&mut canvas, random.between(0.8, 1.15));
        self.light.sensor(&canvas, &mut random)
    }
}

/// The text of a label as a site prints it.
fn label_text(random: &mut Random) -> String {
    let press = Ed25519Signer::from_seed(&[9; 32]);
    let (high, low) = (random.next(), random.next());
    let hex = format!("{high:016x}{low:016x}");
    let id =
        LabelPrintId::new(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]));
    // A UUID is a print id and an Ed25519 key signs, so there is nothing that could fail.
    print("xunjian.example", &SiteId::new("gz-demo"), LabelKind::Asset, &id, &press).unwrap_or_default()
}

/// Two numbers into one seed.
fn mixed(seed: u64, no: u64) -> u64 {
    let mut state = seed ^ no.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// A small generator (xorshift, Marsaglia 2003): fast enough for the noise of every pixel.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// About normal, mean 0, deviation 1: four uniform numbers of 16 bits each.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        (sum as f32 / 65_536.0 - 2.0) * 1.732
    }
}
