//! Why a photo was not taken over, or why nothing could be derived from it.

use std::io;

use crate::seal::SealError;

/// What is wrong with a photo. The file itself stays where it was.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The file cannot be opened or read.
    #[error("the photo cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// The bytes are no picture of a kind the core takes.
    #[error("the file is no JPEG or HEIC picture")]
    NotAPicture,
    /// The picture ends in the middle; the camera may still be writing it.
    #[error("the picture is cut off")]
    Truncated,
    /// Larger than any camera's photo.
    #[error("the photo is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// More pixels, segments or scans than are looked into.
    #[error("the picture is beyond the limits of what is decoded")]
    BeyondLimits,
    /// The decoder gave up.
    #[error("the picture cannot be decoded")]
    Undecodable,
    /// A region to be hidden lies outside the picture, or there are too many.
    #[error("a region lies outside the picture, or there are too many")]
    Region,
    /// The photo has derivatives of this kind already, or cannot have them.
    #[error("nothing more can be derived from the photo")]
    Derived,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The sealed file cannot be written.
    #[error("the sealed photo cannot be written: {0}")]
    Unwritable(io::ErrorKind),
    /// Sealing or opening failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl PhotoError {
    pub(super) fn writing(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Unwritable(kind),
        }
    }
}
