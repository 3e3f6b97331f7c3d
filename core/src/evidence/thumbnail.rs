//! Thumbnails: 320 pixels on the long side, upright, without any metadata.
//!
//! The size is checked before a decoder sees the file, because a 693-byte file can claim to need 12 GB. Decoding is
//! contained: a decoder that panics costs the thumbnail and not the case.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, Limits};

use super::PhotoError;
use super::marker::JpegScan;

/// Pixels of a thumbnail's long side.
pub const THUMBNAIL_PIXELS: u32 = 320;
const QUALITY: u8 = 80;
/// Three bytes a pixel at the largest size that is decoded, and some.
const MAX_ALLOC: u64 = 256 << 20;

/// Makes the thumbnail of a JPEG. `orientation` is the EXIF value, 1 to 8.
///
/// # Errors
/// [`PhotoError::BeyondLimits`] or [`PhotoError::Undecodable`].
pub fn thumbnail(jpeg: &[u8], orientation: u8) -> Result<Vec<u8>, PhotoError> {
    let mut scan = JpegScan::default();
    scan.push(jpeg);
    if !scan.is_jpeg() {
        return Err(PhotoError::NotAPicture);
    }
    if !scan.is_within_limits() {
        return Err(PhotoError::BeyondLimits);
    }
    catch_unwind(AssertUnwindSafe(|| derive(jpeg, orientation))).unwrap_or(Err(PhotoError::Undecodable))
}

fn derive(jpeg: &[u8], orientation: u8) -> Result<Vec<u8>, PhotoError> {
    let mut decoder = JpegDecoder::new(Cursor::new(jpeg)).map_err(|_| PhotoError::Undecodable)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOC);
    decoder.set_limits(limits).map_err(|_| PhotoError::BeyondLimits)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| PhotoError::Undecodable)?;
    let mut small = picture.thumbnail(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS);
    drop(picture);
    small.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
    let small = small.into_rgb8();
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .write_image(small.as_raw(), small.width(), small.height(), image::ExtendedColorType::Rgb8)
        .map_err(|_| PhotoError::Undecodable)?;
    Ok(out)
}
