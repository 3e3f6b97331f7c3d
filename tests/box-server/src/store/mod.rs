//! What the box keeps, behind two seams: [`MetaStore`] for everything small and [`BlobStore`] for sealed objects
//! (ADR 0031).
//!
//! Routes know the traits and nothing else. [`SqliteMeta`] and [`FileBlobs`] keep one data folder, and they are what a box
//! has unless it is told otherwise; [`MemoryMeta`] and [`MemoryBlobs`] keep everything until they are dropped, for tests
//! that embed a box. Whoever writes a third pair, on PostgreSQL and an object store perhaps, holds it to the suite in
//! `tests/store_contract`.
//!
//! The two have no transaction in common, and need none, because of one order: the object first, its mark second. A crash
//! in between leaves an object without a mark, which the next start verifies and marks; it never leaves a mark without an
//! object.
//!
//! Calls block; async code goes through `state::run` or a blocking task of its own.

pub mod blob;
mod file_blobs;
mod memory;
pub mod meta;
mod rules;
mod sqlite;

pub use blob::{Appending, Blob, BlobStore};
pub use file_blobs::FileBlobs;
pub use memory::{MemoryBlobs, MemoryMeta};
pub use meta::{
    Alarm, CaseRow, Cases, Desk, DeviceRow, Devices, EventRow, FeedKind, FeedRow, ManifestLog, MetaStore, Newcomer,
    Numbers, ObjectRow, Put, RANGES_A_DAY, RangeRow, SealFlag, SequenceFlag, Settings, ShiftRow, Shifts, Sign,
    SignDecision, SignRange, TokenRow, UploadEnd, Uploads,
};
pub use sqlite::SqliteMeta;
