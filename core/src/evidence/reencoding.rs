//! Whether a file is what a camera has written, or was written anew since.
//!
//! There is no proof of either in a file. These signs are those that editors and messengers leave without meaning to; a
//! file without them may have been changed all the same. What protects a photo is that the core takes it over from the
//! camera at once.

use super::exif::Claims;
use super::marker::JpegScan;

/// Whether the file shows one of these signs:
///
/// - a segment that only editing programs write (Photoshop's resources, "Ducky", Adobe's colour marker);
/// - EXIF names another size than the picture has, turned or not: it was scaled or cut;
/// - no time of exposure, a JFIF header in front as libraries write it, and a library's quantisation table: what
///   messengers send.
pub(super) fn is_likely(scan: &JpegScan, claims: &Claims) -> bool {
    let (frame, signs) = (&scan.frame, &scan.signs);
    let own = (frame.width.min(frame.height), frame.width.max(frame.height));
    let scaled = claims.size.is_some_and(|(width, height)| (width.min(height), width.max(height)) != own);
    let sent = claims.facts.taken.is_none() && signs.jfif_first && signs.standard_tables;
    signs.editor || scaled || sent
}
