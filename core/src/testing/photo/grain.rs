//! Surface texture and sensor noise, made once for a photo and reused over it.
//!
//! A random number for each of twelve million pixels would cost more than drawing and encoding together. So the
//! texture is one tile of 512 x 512 pixels laid over all surfaces, and the noise is one strip from which each row
//! takes a window at its own offset. A JPEG encoder sees blocks of eight pixels and can't profit from the repetition.

use super::random::Random;

/// Side of the texture tile in pixels, a power of two.
const TILE: usize = 512;
/// How many different windows the noise strip offers.
const WINDOWS: usize = 8192;

/// A tile of texture: values around 0, mostly within -64..=64.
pub(super) struct Grain {
    tile: Vec<i8>,
}

impl Grain {
    /// Adds fine, middle and coarse lattice noise, so that plaster looks like plaster at every zoom.
    pub(super) fn new(random: &mut Random) -> Self {
        let mut sum = vec![0_i16; TILE * TILE];
        for (step, weight) in [(1, 3), (4, 3), (32, 3)] {
            add_octave(&mut sum, step, weight, random);
        }
        let tile = sum.iter().map(|&value| narrow(i32::from(value) / 5)).collect();
        Self { tile }
    }

    /// Paints a run of pixels that starts at column `x` of row `y`: `base` plus the texture times `strength` / 64.
    pub(super) fn lay(&self, run: &mut [u8], (x, y): (usize, usize), base: i16, strength: i16) {
        let start = (y % TILE) * TILE;
        let line = self.tile.get(start..start + TILE).unwrap_or_default();
        let (skipped, first) = line.split_at_checked(x % TILE).unwrap_or((line, &[]));
        let (head, tail) = run.split_at_mut(first.len().min(run.len()));
        blend(head, first, base, strength);
        for part in tail.chunks_mut(skipped.len() + first.len()) {
            blend(part, line, base, strength);
        }
    }
}

/// The noise of the sensor: a strip of bell-shaped values from which every row takes a window.
pub(super) struct Noise {
    strip: Vec<i8>,
    offsets: Vec<usize>,
}

impl Noise {
    /// Noise for pictures up to `width` x `height`; `strength` is the widest deflection in steps of brightness.
    pub(super) fn new(width: usize, height: usize, strength: i16, random: &mut Random) -> Self {
        let strip = (0..width + WINDOWS).map(|_| bell(random, strength)).collect();
        let offsets = (0..height).map(|_| random.below(WINDOWS)).collect();
        Self { strip, offsets }
    }

    /// The noise of one row, at least `width` values long.
    pub(super) fn row(&self, y: usize) -> &[i8] {
        let offset = self.offsets.get(y).copied().unwrap_or(0);
        self.strip.get(offset..).unwrap_or_default()
    }
}

/// Adds a deflection to a brightness and stays within a byte.
pub(super) fn lift(value: u8, by: i16) -> u8 {
    byte(i16::from(value) + by)
}

/// Clamps to a byte.
pub(super) fn byte(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

fn blend(run: &mut [u8], line: &[i8], base: i16, strength: i16) {
    for (pixel, &grain) in run.iter_mut().zip(line) {
        *pixel = byte(base + ((i16::from(grain) * strength) >> 6));
    }
}

/// Four uniform bytes summed: close enough to a normal distribution, and never further out than `strength`.
fn bell(random: &mut Random, strength: i16) -> i8 {
    let sum: i32 = random.next().to_le_bytes().iter().take(4).map(|&part| i32::from(part) - 128).sum();
    narrow(sum * i32::from(strength) / 512)
}

fn narrow(value: i32) -> i8 {
    i8::try_from(value.clamp(-127, 127)).unwrap_or(0)
}

/// Adds noise that varies over `step` pixels, bilinear between the lattice points and without a seam at the border.
fn add_octave(sum: &mut [i16], step: usize, weight: i16, random: &mut Random) {
    let cells = TILE / step;
    let lattice: Vec<i16> = (0..cells * cells).map(|_| i16::from(bell(random, 127))).collect();
    let at = |row: usize, column: usize| lattice.get((row % cells) * cells + column % cells).copied().unwrap_or(0);
    for (y, line) in sum.chunks_exact_mut(TILE).enumerate() {
        let (row, down) = (y / step, y % step);
        let side = |column: usize| mix(at(row, column), at(row + 1, column), down, step);
        for (column, run) in line.chunks_exact_mut(step).enumerate() {
            let (left, right) = (side(column), side(column + 1));
            for (across, value) in run.iter_mut().enumerate() {
                *value += mix(left, right, across, step) * weight;
            }
        }
    }
}

/// The value `part` / `whole` of the way from `from` to `to`; all in steps small enough for 16 bits.
fn mix(from: i16, to: i16, part: usize, whole: usize) -> i16 {
    let (part, whole) = (i16::try_from(part).unwrap_or(0), i16::try_from(whole).unwrap_or(1));
    from + (to - from) * part / whole
}
