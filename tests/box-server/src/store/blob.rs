//! The contract of a store of sealed objects: bytes that arrive, and bytes that have come to stay.
//!
//! An object arrives as a part, in as many requests as the network needs, or in one shot. Whole and verified it is promoted
//! to its final name, and from then on it never changes. An implementation promises:
//!
//! - **Durable means durable.** What [`Appending::sync`], [`BlobStore::verify`] (when it finds the bytes right) and
//!   [`BlobStore::promote`] have returned for survives a power cut: bytes, length and name. The box acknowledges nothing else.
//! - **Bytes in order.** After a crash a part holds a beginning of what was written to it, at least all that was synced, and
//!   nothing between. Should the medium break this, the manifest's hash finds out; no byte is ever handed on unverified.
//! - **One name, one object.** Promotion is one step: the object is there whole, or not at all. It replaces only an object
//!   of the same id, whose bytes are the same by then.
//!
//! Methods block, and one piece of about 256 KiB is written at a time, so a store may hand each to a network. Two requests
//! never write one object at once; the box sees to that. Different objects come from as many threads as there are.
//!
//! Errors are those of input and output. [`std::io::ErrorKind::StorageFull`] has a meaning: phones are told to come back
//! later. An object store wraps its own errors with [`std::io::Error::other`].

use std::io::{self, Read};
use std::path::PathBuf;

use streife_core::domain::ObjectId;
use streife_core::seal::Hash;

/// Bytes of an object, by how far they have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blob {
    /// Arriving in several requests. It outlives each of them.
    Part(ObjectId),
    /// Arriving in one request. It is worth nothing behind it.
    OneShot(ObjectId),
    /// Verified, under its final name.
    Stored(ObjectId),
}

impl Blob {
    /// The object.
    #[must_use]
    pub const fn object(self) -> ObjectId {
        match self {
            Self::Part(object) | Self::OneShot(object) | Self::Stored(object) => object,
        }
    }
}

/// A store of sealed objects.
pub trait BlobStore: Send + Sync {
    /// Goes on at the end of an upload, which begins if it is not there. A stored object takes no bytes
    /// ([`io::ErrorKind::InvalidInput`]).
    fn append(&self, upload: Blob) -> io::Result<Box<dyn Appending>>;

    /// How many bytes are here; `None` if there is no such blob.
    fn length(&self, blob: Blob) -> io::Result<Option<u64>>;

    /// Whether a blob has exactly this length and SHA-256; if it has, it is durable. A blob that is not there is an error
    /// ([`io::ErrorKind::NotFound`]).
    fn verify(&self, blob: Blob, length: u64, hash: &Hash) -> io::Result<bool>;

    /// Gives a verified upload its final name. The upload is gone then. What has its final name already keeps it.
    fn promote(&self, upload: Blob) -> io::Result<()>;

    /// The bytes of a stored object from a place on; behind its end there are none.
    fn read(&self, object: ObjectId, from: u64) -> io::Result<Box<dyn Read + Send>>;

    /// Removes a blob, which may not be there.
    fn remove(&self, blob: Blob) -> io::Result<()>;

    /// At a start, before the first request: objects whose parts are here, in any order. What else lies among the
    /// uploads, one-shots above all, is removed.
    fn recover(&self) -> io::Result<Vec<ObjectId>>;

    /// Where an operator finds a stored object, if it is a file.
    fn file(&self, object: ObjectId) -> Option<PathBuf>;
}

/// The end of an upload.
///
/// Bytes that were written and not synced may or may not be there when this is dropped.
pub trait Appending: Send {
    /// Bytes of the upload, those written by this included.
    fn length(&self) -> u64;

    /// Writes all of these bytes at the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Goes back to a length that the upload had, durably.
    fn take_back(&mut self, length: u64) -> io::Result<()>;
}
