//! What is learned about a photo while it passes by, whatever its format: the same for a camera's file and for a sealed
//! one that is read back.

use std::collections::BTreeSet;

use super::exif::{self, Claims};
use super::heic::{HeicScan, is_heic};
use super::limits::LIMITS;
use super::marker::{JpegScan, Trailing};
use super::{PhotoError, reencoding};
use crate::domain::{ExifFacts, GpsState, PhotoFlag, Underived};

/// Bytes that tell the format.
const MAGIC: usize = 64;

/// A look at a photo's bytes.
#[derive(Debug, Default)]
pub(super) struct Look {
    walk: Walk,
    head: Vec<u8>,
    pub(super) length: u64,
}

#[derive(Debug, Default)]
enum Walk {
    /// Too few bytes yet.
    #[default]
    Unknown,
    Jpeg(JpegScan),
    Heic(Box<HeicScan>),
    Neither,
}

/// What a photo's file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoFacts {
    /// By the file's own bytes.
    pub media_type: &'static str,
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Bytes behind the end of the picture.
    pub trailing: u64,
    /// Time, position, orientation.
    pub exif: ExifFacts,
    /// What is unusual.
    pub flags: BTreeSet<PhotoFlag>,
    /// Set if it is known already that nothing can be derived.
    pub underived: Option<Underived>,
}

impl Walk {
    /// Chooses by the first bytes.
    fn of(head: &[u8]) -> Self {
        match head {
            [0xff, 0xd8, ..] => Self::Jpeg(JpegScan::default()),
            _ if is_heic(head) => Self::Heic(Box::default()),
            _ => Self::Neither,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Jpeg(scan) => scan.push(bytes),
            Self::Heic(scan) => scan.push(bytes),
            Self::Unknown | Self::Neither => {}
        }
    }
}

impl Look {
    /// Takes the next bytes of the file.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let before = self.head.len();
        let room = LIMITS.head_bytes.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        match &mut self.walk {
            Walk::Unknown if self.head.len() >= MAGIC => {
                self.walk = Walk::of(&self.head);
                self.walk.push(self.head.get(..before).unwrap_or_default());
                self.walk.push(bytes);
            }
            Walk::Unknown => {}
            walk => walk.push(bytes),
        }
    }

    /// Whether the bytes may still be those of a picture.
    pub(super) fn may_be_picture(&self) -> bool {
        match &self.walk {
            Walk::Unknown => true,
            Walk::Jpeg(scan) => scan.is_jpeg(),
            Walk::Heic(scan) => scan.is_heic(),
            Walk::Neither => false,
        }
    }

    /// Whether what has been read is a whole picture, at the end of the file.
    pub(super) fn judge(&self) -> Result<(), PhotoError> {
        let (is_picture, is_whole, size) = match &self.walk {
            Walk::Jpeg(scan) => (scan.is_jpeg(), scan.is_complete(), Some((scan.frame.width, scan.frame.height))),
            Walk::Heic(scan) => (scan.is_heic(), scan.is_complete(), scan.size()),
            // A file shorter than a header: cut, if it began as a picture does.
            Walk::Unknown => (self.head.starts_with(&[0xff, 0xd8]), false, None),
            Walk::Neither => (false, false, None),
        };
        match (is_picture, is_whole) {
            (true, true) if size.is_some_and(|(width, height)| width > 0 && height > 0) => Ok(()),
            (true, false) => Err(PhotoError::Truncated),
            _ => Err(PhotoError::NotAPicture),
        }
    }

    /// Everything that was learned.
    pub(super) fn facts(self) -> PhotoFacts {
        match self.walk {
            Walk::Heic(scan) => of_heic(&scan),
            Walk::Jpeg(scan) => of_jpeg(&scan, &self.head),
            Walk::Unknown | Walk::Neither => of_jpeg(&JpegScan::default(), &[]),
        }
    }
}

/// What the bytes of a file say, however they arrive: for tools that have no vault. Nothing if it is no whole picture.
#[must_use]
pub fn facts<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<PhotoFacts> {
    let mut look = Look::default();
    pieces.into_iter().for_each(|bytes| look.push(bytes));
    look.judge().is_ok().then(|| look.facts())
}

fn of_jpeg(scan: &JpegScan, head: &[u8]) -> PhotoFacts {
    let claims = exif::block(head).map(exif::claims).unwrap_or_default();
    let kind = scan.trailing_kind();
    let flags = [
        (kind.is_some(), PhotoFlag::Trailing),
        (kind == Some(Trailing::Film), PhotoFlag::Film),
        (reencoding::is_likely(scan, &claims), PhotoFlag::Reencoded),
        (scan.lacks_data() || !scan.is_complete(), PhotoFlag::Truncated),
    ];
    PhotoFacts {
        media_type: "image/jpeg",
        width: scan.frame.width,
        height: scan.frame.height,
        trailing: scan.trailing,
        flags: flags_of(&flags, &claims),
        exif: claims.facts,
        underived: (!scan.is_within_limits()).then_some(Underived::BeyondLimits),
    }
}

fn of_heic(scan: &HeicScan) -> PhotoFacts {
    let claims = match scan.exif() {
        Some(tiff) => exif::claims(tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff)),
        None if scan.names_exif() => exif::claims(&[]), // there and not read
        None => Claims::default(),
    };
    let (width, height) = scan.size().unwrap_or_default();
    let flags = [
        (scan.trailing > 0, PhotoFlag::Trailing),
        (scan.has_film(), PhotoFlag::Film),
        (!scan.is_complete(), PhotoFlag::Truncated),
        (claims.facts.orientation != 1 && !scan.is_turned(), PhotoFlag::OrientationAmbiguous),
    ];
    PhotoFacts {
        media_type: "image/heic",
        width,
        height,
        trailing: scan.trailing,
        flags: flags_of(&flags, &claims),
        exif: claims.facts,
        underived: Some(Underived::NoDecoder),
    }
}

fn flags_of(found: &[(bool, PhotoFlag)], claims: &Claims) -> BTreeSet<PhotoFlag> {
    let position =
        [(claims.facts.gps == GpsState::Redacted, PhotoFlag::Redacted), (claims.null_island, PhotoFlag::NullIsland)];
    found.iter().chain(&position).filter(|(is_so, _)| *is_so).map(|(_, flag)| *flag).collect()
}
