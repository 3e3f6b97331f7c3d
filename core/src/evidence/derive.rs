//! Derivatives: preview, thumbnail and the masked copy for the citizen, upright and without any metadata.
//!
//! One decode serves all that is wanted. The walk has to find the file within the limits before a decoder sees it, because
//! a 693-byte file can claim to need 12 GB. Decoding is contained: a decoder that panics costs the derivatives and not the
//! case.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::PhotoError;
use super::marker::JpegScan;
use super::mask::{SMOOTHING, fill, patches};
use super::pixels::{Pixels, Reduction, decode};
use super::segment::Frame;
use crate::domain::Region;

/// Pixels of the long side of a preview and of a masked copy.
pub const PREVIEW_PIXELS: u32 = 1_600;
/// Pixels of a thumbnail's long side.
pub const THUMBNAIL_PIXELS: u32 = 320;

/// What is to be derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// A preview.
    pub preview: bool,
    /// A thumbnail.
    pub thumbnail: bool,
    /// A copy of the preview's size in which these regions are hidden; an empty list hides nothing.
    pub masked: Option<&'a [Region]>,
}

/// JPEG files made from a photo, as far as they were wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derivatives {
    /// [`PREVIEW_PIXELS`] on the long side at most.
    pub preview: Option<Vec<u8>>,
    /// [`THUMBNAIL_PIXELS`] on the long side at most.
    pub thumbnail: Option<Vec<u8>>,
    /// As the preview, with its regions hidden.
    pub masked: Option<Vec<u8>>,
}

/// Derives from a JPEG. `orientation` is the EXIF value, 1 to 8.
///
/// # Errors
/// [`PhotoError::NotAPicture`], [`PhotoError::BeyondLimits`], [`PhotoError::Undecodable`], and [`PhotoError::Region`] for a
/// region that lies outside the picture; then nothing is derived.
pub fn derive(jpeg: &[u8], orientation: u8, wanted: &Wanted<'_>) -> Result<Derivatives, PhotoError> {
    derive_with(jpeg, orientation, wanted, SMOOTHING)
}

/// The same with another growth of the regions; tests show that a smaller one leaks.
pub(super) fn derive_with(
    jpeg: &[u8],
    orientation: u8,
    wanted: &Wanted<'_>,
    smoothing: u32,
) -> Result<Derivatives, PhotoError> {
    let scan = JpegScan::of(jpeg);
    if !scan.is_jpeg() {
        return Err(PhotoError::NotAPicture);
    }
    if !scan.is_within_limits() {
        return Err(PhotoError::BeyondLimits);
    }
    let job = Job { jpeg, frame: &scan.frame, orientation, wanted, smoothing };
    catch_unwind(AssertUnwindSafe(|| job.run())).unwrap_or(Err(PhotoError::Undecodable))
}

/// Makes the thumbnail alone, which needs an eighth of the sides only.
///
/// # Errors
/// As [`derive()`].
pub fn thumbnail(jpeg: &[u8], orientation: u8) -> Result<Vec<u8>, PhotoError> {
    let wanted = Wanted { thumbnail: true, ..Wanted::default() };
    derive(jpeg, orientation, &wanted)?.thumbnail.ok_or(PhotoError::Undecodable)
}

struct Job<'a> {
    jpeg: &'a [u8],
    frame: &'a Frame,
    orientation: u8,
    wanted: &'a Wanted<'a>,
    smoothing: u32,
}

impl Job<'_> {
    fn run(&self) -> Result<Derivatives, PhotoError> {
        let large = self.wanted.preview || self.wanted.masked.is_some();
        let long = if large { PREVIEW_PIXELS } else { THUMBNAIL_PIXELS };
        let reduction = Reduction::to(self.frame, long);
        let patches = match self.wanted.masked {
            Some(regions) => Some(patches(regions, self.frame, self.orientation, reduction, self.smoothing)?),
            None => None,
        };
        let mut decoded = decode(self.jpeg, self.frame, reduction)?;
        let mut made = self.small(&decoded, long)?;
        if let Some(patches) = patches {
            fill(&mut decoded, &patches);
            let masked = decoded.resized(PREVIEW_PIXELS)?;
            drop(decoded);
            made.masked = Some(masked.upright(self.orientation).encoded()?);
        }
        Ok(made)
    }

    /// Preview and thumbnail; the thumbnail is made from the preview.
    fn small(&self, decoded: &Pixels, long: u32) -> Result<Derivatives, PhotoError> {
        let mut made = Derivatives::default();
        if !self.wanted.preview && !self.wanted.thumbnail {
            return Ok(made);
        }
        let preview = decoded.resized(long)?.upright(self.orientation);
        if self.wanted.thumbnail {
            made.thumbnail = Some(preview.resized(THUMBNAIL_PIXELS)?.encoded()?);
        }
        if self.wanted.preview {
            made.preview = Some(preview.encoded()?);
        }
        Ok(made)
    }
}
