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

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "texture")]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::super::derive::{Wanted, derive, derive_with};
    use super::*;

    const REGION: Region = Region { left: 37, top: 21, width: 45, height: 19 };
    /// Ends where a unit ends, whatever the sampling: what is next to it is the next unit's.
    const ALIGNED: Region = Region { left: 32, top: 32, width: 64, height: 32 };

    /// A textured picture whose region, in stored pixels, is filled with one colour.
    fn photo(
        size: (u16, u16),
        sampling: SamplingFactor,
        progressive: bool,
        region: &Patch,
        colour: [u8; 3],
    ) -> Vec<u8> {
        let pixel = |x: u32, y: u32| {
            let is_inside = (region.left..region.right).contains(&x) && (region.top..region.bottom).contains(&y);
            let texture = [(x * 7 + y * 3) as u8, (y * 11) as u8, (x ^ y) as u8];
            if is_inside { colour } else { texture }
        };
        let (width, height) = size;
        let rows = (0..u32::from(height)).flat_map(|y| (0..u32::from(width)).flat_map(move |x| pixel(x, y)));
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 92);
        encoder.set_sampling_factor(sampling);
        encoder.set_progressive(progressive);
        encoder.encode(&rows.collect::<Vec<_>>(), width, height, ColorType::Rgb).expect("a vector takes every byte");
        file
    }

    const SAMPLINGS: [SamplingFactor; 6] = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
        SamplingFactor::F_4_2,
    ];

    /// Two photos that differ in a region alone.
    fn pair(
        region: Region,
        size: (u16, u16),
        sampling: SamplingFactor,
        progressive: bool,
        orientation: u8,
    ) -> [Vec<u8>; 2] {
        let turn = Turn { orientation, width: size.0.into(), height: size.1.into() };
        let inside = patch(&turn, &region).expect("inside");
        [[255, 0, 0], [0, 80, 255]].map(|colour| photo(size, sampling, progressive, &inside, colour))
    }

    /// Whether both give the same masked copy.
    fn is_same(pair: &[Vec<u8>; 2], region: Region, orientation: u8, smoothing: u32) -> bool {
        assert_ne!(pair[0], pair[1]);
        let regions = [region];
        let wanted = Wanted { masked: Some(&regions), ..Wanted::default() };
        let [one, other] =
            pair.each_ref().map(|photo| derive_with(photo, orientation, &wanted, smoothing).expect("derives"));
        one.masked.expect("wanted") == other.masked.expect("wanted")
    }

    #[test]
    fn photos_that_differ_only_in_a_region_give_the_same_bytes() {
        // Long sides that are decoded whole, to a half, to a quarter and to an eighth.
        for size in [(333, 250), (3_217, 150), (6_411, 150), (12_811, 150)] {
            for sampling in SAMPLINGS {
                for region in [REGION, ALIGNED] {
                    let pair = pair(region, size, sampling, false, 1);
                    assert!(is_same(&pair, region, 1, SMOOTHING), "{size:?} {sampling:?} {region:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_holds_for_every_orientation_and_for_progressive_files() {
        for orientation in 1..=8 {
            for progressive in [false, true] {
                for region in [REGION, ALIGNED] {
                    let pair = pair(region, (333, 250), SamplingFactor::F_2_2, progressive, orientation);
                    let same = is_same(&pair, region, orientation, SMOOTHING);
                    assert!(same, "{region:?}, orientation {orientation}, progressive: {progressive}");
                }
            }
        }
    }

    /// Without the one pixel, colour leaks: so the pixel is needed, and the tests above can tell.
    #[test]
    fn a_region_that_does_not_grow_by_the_smoothing_leaks() {
        for sampling in [SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2] {
            let pair = pair(ALIGNED, (333, 250), sampling, false, 1);
            assert!(!is_same(&pair, ALIGNED, 1, 0), "{sampling:?}");
            assert!(is_same(&pair, ALIGNED, 1, SMOOTHING), "{sampling:?}");
        }
    }

    #[test]
    fn the_unmasked_preview_shows_the_region_and_the_masked_copy_the_rest() {
        let [one, other] = pair(REGION, (333, 250), SamplingFactor::F_2_2, false, 1);
        let wanted = Wanted { preview: true, thumbnail: true, masked: Some(&[REGION]) };
        let [one, other] = [one, other].map(|photo| derive(&photo, 1, &wanted).expect("derives"));
        assert_ne!(one.preview, other.preview);
        assert_ne!(one.thumbnail, other.thumbnail);
        assert_eq!(one.masked, other.masked);
        let open =
            |bytes: &Option<Vec<u8>>| image::load_from_memory(bytes.as_ref().expect("made")).expect("reads").to_rgb8();
        let (preview, masked) = (open(&one.preview), open(&one.masked));
        for (x, y, masked) in masked.enumerate_pixels() {
            let hidden = (37..82).contains(&x) && (21..40).contains(&y);
            let far = !(16..128).contains(&x) || y >= 80;
            if hidden {
                assert!(masked.0.iter().all(|value| *value < 12), "{x}, {y}: {masked:?}");
            }
            if far {
                assert_eq!(masked, preview.get_pixel(x, y), "{x}, {y}");
            }
        }
    }

    #[test]
    fn several_regions_hide_each() {
        let regions = [REGION, Region { left: 200, top: 100, width: 60, height: 60 }];
        let [one, other] = pair(REGION, (333, 250), SamplingFactor::F_2_2, false, 1);
        let wanted = Wanted { masked: Some(&regions), ..Wanted::default() };
        let [one, other] = [one, other].map(|photo| derive(&photo, 1, &wanted).expect("derives").masked);
        assert_eq!(one, other);
        let picture = image::load_from_memory(&one.expect("made")).expect("reads").to_rgb8();
        for place in [(60, 30), (230, 130)] {
            assert!(picture.get_pixel(place.0, place.1).0.iter().all(|value| *value < 12), "{place:?}");
        }
    }
}
