//! Photos: taking one over, and what can be learned from it.
//!
//! The original is read once; while it passes it is hashed, checked and sealed, so its size does not matter to memory.
//! Facts and derivatives come from it, never instead of it: a file whose EXIF block or pixels cannot be read is still
//! evidence. What is refused is a file that is no picture, or one that ends in the middle, because at that moment the
//! officer can take another. Nothing of a file reaches a parser or a decoder that was not walked over and held against
//! [`LIMITS`] before.

mod boxes;
mod derive;
mod directories;
mod error;
mod exif;
mod hashing;
mod heic;
mod import;
mod limits;
mod look;
mod marker;
mod mask;
mod pixels;
mod read;
mod reencoding;
mod segment;

pub use derive::{Derivatives, PREVIEW_PIXELS, THUMBNAIL_PIXELS, Wanted, derive, thumbnail};
pub use error::PhotoError;
pub use exif::{Claims, claims};
pub use heic::{HeicScan, is_heic};
pub use import::{Import, ImportJob, import};
pub use limits::{LIMITS, Limits};
pub use look::{PhotoFacts, facts};
pub use marker::{JpegScan, Trailing};
pub use read::{Inspected, SealedReader, inspect};
pub use segment::{Frame, Signs};
