//! The upright picture while it is being drawn: three planes of bytes (brightness and two colour differences).
//!
//! Drawing in the colour space of the JPEG keeps the texture and the noise a matter of one plane and makes the colours
//! of a run two plain fills. Coordinates are pixels with the origin at the top left; a pixel belongs to a shape if its
//! centre does. Whatever lies outside the picture is clipped, so callers never check bounds.

use std::ops::Range;

use super::grain::{Grain, lift};

/// A colour as the JPEG stores it.
#[derive(Clone, Copy)]
pub(super) struct Colour {
    luma: i16,
    blue: u8,
    red: u8,
}

/// What a shape is filled with.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// A surface: its colour, how rough it is (0 = smooth, 64 = rough stone) and how much brighter its foot is than
    /// its top.
    Surface {
        /// The colour at the top of the shape.
        colour: Colour,
        /// Strength of the texture.
        rough: i16,
        /// Brightness added towards the lowest row of the shape.
        fade: i16,
    },
    /// Adds this to the brightness of what is already there: a shadow if negative, a reflection if positive.
    Veil(i16),
}

/// Builds an [`Ink::Surface`] of a colour given in sRGB.
pub(super) const fn paint(red: u8, green: u8, blue: u8, rough: i16) -> Ink {
    Ink::Surface { colour: Colour::rgb(red, green, blue), rough, fade: 0 }
}

impl Ink {
    /// The same ink, brighter by `by` (darker if negative).
    pub(super) const fn brighter(self, by: i16) -> Self {
        match self {
            Self::Surface { colour, rough, fade } => {
                Self::Surface { colour: Colour { luma: colour.luma + by, ..colour }, rough, fade }
            }
            Self::Veil(strength) => Self::Veil(strength),
        }
    }

    /// The same ink with another gradient from the top of the shape to its foot.
    pub(super) const fn fading(self, fade: i16) -> Self {
        match self {
            Self::Surface { colour, rough, .. } => Self::Surface { colour, rough, fade },
            Self::Veil(strength) => Self::Veil(strength),
        }
    }
}

impl Colour {
    /// Converts by the matrix of JFIF, in whole numbers.
    #[expect(clippy::cast_possible_truncation, reason = "the matrix maps bytes to 0..=255")]
    const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        let (red, green, blue) = (red as i32, green as i32, blue as i32);
        let luma = (19_595 * red + 38_470 * green + 7_471 * blue) >> 16;
        let cb = (-11_059 * red - 21_709 * green + 32_767 * blue + (128 << 16)) >> 16;
        let cr = (32_767 * red - 27_439 * green - 5_328 * blue + (128 << 16)) >> 16;
        Self { luma: luma as i16, blue: cb as u8, red: cr as u8 }
    }
}

/// The picture.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pub(super) luma: Vec<u8>,
    pub(super) blue: Vec<u8>,
    pub(super) red: Vec<u8>,
    grain: Grain,
    crossings: Vec<f32>,
}

impl Canvas {
    /// A black picture.
    pub(super) fn new(width: usize, height: usize, grain: Grain) -> Self {
        let plane = |value| vec![value; width * height];
        Self { width, height, luma: plane(0), blue: plane(128), red: plane(128), grain, crossings: Vec::new() }
    }

    /// The width in pixels.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The height in pixels.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Fills a closed polygon by the even-odd rule.
    pub(super) fn polygon(&mut self, points: &[(f32, f32)], ink: Ink) {
        let (left, right) = extent(points.iter().map(|point| point.0));
        let (top, foot) = extent(points.iter().map(|point| point.1));
        if right <= 0.0 || left >= self.width as f32 {
            return;
        }
        for y in centres(top, foot, self.height) {
            let share = (y as f32 - top) / (foot - top).max(1.0);
            self.cross(points, y as f32 + 0.5);
            let crossings = std::mem::take(&mut self.crossings);
            for pair in crossings.chunks_exact(2) {
                let (from, to) = extent(pair.iter().copied());
                self.run(y, centres(from, to, self.width), ink, share);
            }
            self.crossings = crossings;
        }
    }

    /// Collects in rising order where the outline crosses the line `y`.
    fn cross(&mut self, points: &[(f32, f32)], y: f32) {
        self.crossings.clear();
        let following = points.iter().cycle().skip(1);
        for (&(x0, y0), &(x1, y1)) in points.iter().zip(following) {
            if (y0 <= y) != (y1 <= y) {
                self.crossings.push(x0 + (x1 - x0) * (y - y0) / (y1 - y0));
            }
        }
        self.crossings.sort_unstable_by(f32::total_cmp);
    }

    /// Fills a run of one row; `share` is how far down the shape the row lies, 0 to 1.
    fn run(&mut self, y: usize, columns: Range<usize>, ink: Ink, share: f32) {
        let cells = y * self.width + columns.start..y * self.width + columns.end;
        let Some(luma) = self.luma.get_mut(cells.clone()) else { return };
        match ink {
            Ink::Veil(strength) => luma.iter_mut().for_each(|pixel| *pixel = lift(*pixel, strength)),
            Ink::Surface { colour, rough, fade } => {
                self.grain.lay(luma, (columns.start, y), colour.luma + scaled(fade, share), rough);
                fill(&mut self.blue, cells.clone(), colour.blue);
                fill(&mut self.red, cells, colour.red);
            }
        }
    }
}

fn fill(plane: &mut [u8], cells: Range<usize>, value: u8) {
    if let Some(run) = plane.get_mut(cells) {
        run.fill(value);
    }
}

/// The lowest and the highest of some numbers.
fn extent(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// The pixels whose centres lie between two edges, clipped to `0..end`.
fn centres(from: f32, to: f32, end: usize) -> Range<usize> {
    let first = pixel(from - 0.5).min(end);
    first..pixel(to - 0.5).clamp(first, end)
}

/// The next whole pixel at or after a coordinate; negative ones become 0.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is the clipping")]
fn pixel(coordinate: f32) -> usize {
    coordinate.ceil() as usize
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a small number of brightness steps")]
fn scaled(fade: i16, share: f32) -> i16 {
    (f32::from(fade) * share) as i16
}
