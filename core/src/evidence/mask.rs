//! Hiding regions of a picture for good: solid fill in the decoded pixels, before anything is made smaller.
//!
//! What lies in a region must leave no trace outside it. Blurred or coarse text can be read again, so nothing of it is
//! kept. A region grows to the grid of units in which the file stores colour, since a unit is coded as a whole, and by one
//! decoded pixel, since the decoder smooths colour across the border of two units. Two photos that differ only in
//! their regions then give the same bytes.

use super::PhotoError;
use super::limits::LIMITS;
use super::pixels::{Pixels, Reduction, Turn};
use super::segment::Frame;
use crate::domain::Region;

/// Decoded pixels into which the colour of the neighbouring unit is smoothed.
pub(super) const SMOOTHING: u32 = 1;

/// A rectangle of decoded pixels: from, up to and without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

/// Where regions of the upright picture lie in the reduced one, grown as far as they can be seen.
pub(super) fn patches(
    regions: &[Region],
    frame: &Frame,
    orientation: u8,
    reduction: Reduction,
    smoothing: u32,
) -> Result<Vec<Patch>, PhotoError> {
    if regions.len() > LIMITS.regions {
        return Err(PhotoError::Region);
    }
    let turn = Turn { orientation, width: frame.width, height: frame.height };
    regions.iter().map(|region| Ok(patch(&turn, region)?.grown(frame, reduction, smoothing))).collect()
}

/// The region in pixels of the file. One that lies outside the picture, wholly, was meant for another picture.
fn patch(turn: &Turn, region: &Region) -> Result<Patch, PhotoError> {
    let (width, height) = turn.upright_size();
    let right = region.left.saturating_add(region.width).min(width);
    let bottom = region.top.saturating_add(region.height).min(height);
    if right <= region.left || bottom <= region.top {
        return Err(PhotoError::Region);
    }
    let (one, other) = (turn.stored(region.left, region.top), turn.stored(right - 1, bottom - 1));
    Ok(Patch {
        left: one.0.min(other.0),
        top: one.1.min(other.1),
        right: one.0.max(other.0) + 1,
        bottom: one.1.max(other.1) + 1,
    })
}

impl Patch {
    fn grown(self, frame: &Frame, reduction: Reduction, smoothing: u32) -> Self {
        let single = frame.components == 1;
        let unit = |factor: u8| if single { 8 } else { 8 * u32::from(factor) };
        let (across, down) = (unit(frame.across), unit(frame.down));
        let before = |place: u32, unit: u32| reduction.of(place / unit * unit).saturating_sub(smoothing);
        let behind = |place: u32, unit: u32| reduction.of(place.div_ceil(unit) * unit) + smoothing;
        Self {
            left: before(self.left, across),
            top: before(self.top, down),
            right: behind(self.right, across),
            bottom: behind(self.bottom, down),
        }
    }
}

/// Fills patches with black.
pub(super) fn fill(pixels: &mut Pixels, patches: &[Patch]) {
    let row = pixels.width as usize * pixels.depth;
    for patch in patches {
        let skip = patch.top as usize;
        let lines = patch.bottom.saturating_sub(patch.top) as usize;
        let (from, to) = (patch.left as usize * pixels.depth, patch.right as usize * pixels.depth);
        for line in pixels.bytes.chunks_exact_mut(row).skip(skip).take(lines) {
            if let Some(hidden) = line.get_mut(from..to.min(row)) {
                hidden.fill(0);
            }
        }
    }
}
