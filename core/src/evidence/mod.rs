//! Photos: taking one over, and what can be learned from it.
//!
//! The original is read once; while it passes it is hashed, checked and sealed, so its size does not matter to memory.
//! Facts and thumbnails come from it, never instead of it: a file whose EXIF block or pixels cannot be read is still
//! evidence. What is refused is a file that is no picture, or one that ends in the middle, because at that moment the
//! officer can take another.

mod error;
mod exif;
mod hashing;
mod import;
mod marker;
mod read;
mod thumbnail;

pub use error::PhotoError;
pub use import::{Import, ImportJob, import};
pub use marker::JpegScan;
pub use read::{Inspected, SealedReader, inspect};
pub use thumbnail::{THUMBNAIL_PIXELS, thumbnail};

/// Limits on what is looked into. Each is far above what a phone's camera writes and far below what would hurt it.
pub mod limits {
    /// Bytes of an original. 48 MP photos have about 20 MB.
    pub const PHOTO_BYTES: u64 = 40 << 20;
    /// Bytes from the start of the file in which EXIF and size are looked for.
    pub const HEAD_BYTES: usize = 256 << 10;
    /// Bytes of an EXIF block that is parsed; a JPEG segment holds no more.
    pub const EXIF_BYTES: usize = 64 << 10;
    /// Pixels of one side.
    pub const SIDE_PIXELS: u32 = 16_384;
    /// Pixels in all that are decoded for a thumbnail.
    pub const DECODED_PIXELS: u64 = 64_000_000;
    /// Segments of a file; cameras write fewer than 30, motion photos fewer than 100.
    pub const SEGMENTS: u32 = 4_096;
    /// Scans of a progressive file; a decoder's time grows with them.
    pub const SCANS: u32 = 100;
}
