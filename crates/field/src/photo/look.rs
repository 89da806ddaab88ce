//! What a photo looks like in 64 bits, to notice one that was used before and only saved anew, brightened or trimmed.
//!
//! A difference hash (Krawetz, “Kind of Like That”, 2013): the picture in 8 rows of 9 grey fields; each bit says whether a
//! field is darker than its right neighbour. It knows the picture, not the thing: another shot of the same rack from the
//! same spot may come near, so a near look is pointed out and never refused.

use image::{DynamicImage, GenericImageView as _, GrayImage, Luma, metadata::Orientation};

const ROWS: usize = 8;
const FIELDS: usize = 9;
/// Side of the small picture that the fields are cut from: a multiple of both.
const SIDE: u32 = 72;
/// Points looked at along each side of one of its pixels.
const POINTS: u32 = 8;
/// Greys by which the lightest field must exceed the darkest. Below it the bits are noise, and every dark photo looks alike.
const LEAST_CONTRAST: u32 = 12;

/// The perceptual hash of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look(u64);

impl Look {
    /// Most differing bits at which two pictures count as nearly the same; `tests/photo/alike.rs` measures both sides of it.
    pub const NEAR: u32 = 8;

    /// The look of a decoded picture, upright; `None` for a flat one.
    #[must_use]
    pub fn of(picture: &DynamicImage, orientation: u8) -> Option<Self> {
        let size = picture.dimensions();
        let small = match picture {
            // What nearly every photo is, without a question at each pixel.
            DynamicImage::ImageRgb8(rgb) => GrayImage::from_fn(SIDE, SIDE, |x, y| {
                mean_of_field(size, x, y, |column, row| rgb.get_pixel(column, row).0)
            }),
            other => GrayImage::from_fn(SIDE, SIDE, |x, y| {
                mean_of_field(size, x, y, |column, row| {
                    let [red, green, blue, _] = other.get_pixel(column, row).0;
                    [red, green, blue]
                })
            }),
        };
        let mut small = DynamicImage::from(small);
        small.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
        let fields = fields(&small.to_luma8());
        let (darkest, lightest) =
            fields.as_flattened().iter().fold((u32::MAX, 0), |(low, high), &field| (low.min(field), high.max(field)));
        let points_of_field = SIDE * SIDE / u32::try_from(ROWS * FIELDS).unwrap_or(1);
        if lightest - darkest < LEAST_CONTRAST * points_of_field {
            return None;
        }
        let steps = fields.iter().flat_map(|row| row.windows(2));
        Some(Self(steps.fold(0, |bits, step| bits << 1 | u64::from(step[0] < step[1]))))
    }

    /// The bits, as the database keeps them.
    #[must_use]
    pub fn to_bits(self) -> i64 {
        self.0.cast_signed()
    }

    /// The look with these bits.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
    }

    /// Bits by which two looks differ, 0 to 64.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// The mean grey of one of `SIDE` × `SIDE` fields, from points spread evenly over it.
fn mean_of_field((width, height): (u32, u32), x: u32, y: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Luma<u8> {
    let points = |at: u32, length: u32| {
        let (from, to) = (u64::from(at) * u64::from(length), u64::from(at + 1) * u64::from(length));
        (0..POINTS).map(move |point| {
            let place = from + (to - from) * u64::from(2 * point + 1) / u64::from(2 * POINTS);
            // Less than `length`, which is a u32.
            u32::try_from(place / u64::from(SIDE)).unwrap_or(length - 1)
        })
    };
    let mut sum = 0;
    for row in points(y, height) {
        for column in points(x, width) {
            let [red, green, blue] = pixel(column, row).map(u32::from);
            // ITU-R BT.601 in 256ths.
            sum += (77 * red + 150 * green + 29 * blue) >> 8;
        }
    }
    Luma([u8::try_from(sum / (POINTS * POINTS)).unwrap_or(u8::MAX)])
}

/// Sums of greys.
fn fields(small: &GrayImage) -> [[u32; FIELDS]; ROWS] {
    let mut fields = [[0; FIELDS]; ROWS];
    for (x, y, grey) in small.enumerate_pixels() {
        fields[y as usize * ROWS / SIDE as usize][x as usize * FIELDS / SIDE as usize] += u32::from(grey.0[0]);
    }
    fields
}
