//! Streams a request's body into a file: bounded memory, and only what is synced is ever acknowledged.

use std::io;
use std::path::Path;

use axum::body::Body;
use streife_core::seal::{Hash, Sha256Stream};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::body::next_bytes;
use crate::locks::Turn;

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// At its end.
    Whole,
    /// The connection was lost.
    Cut,
    /// It would have grown beyond the object.
    TooLong,
    /// A newer request wants to write.
    Superseded,
}

/// Bytes that are written at a time. What arrives comes in pieces of a TLS record; each as a write of its own would cost
/// more than the bytes do.
const PIECE: usize = 256 * 1024;

/// A file that takes a body.
pub struct Intake {
    file: File,
    pending: Vec<u8>,
    start: u64,
    length: u64,
    hash: Sha256Stream,
}

impl Intake {
    /// Goes on at the end of a file, which is made if it is not there.
    pub async fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path).await?;
        let start = file.metadata().await?.len();
        Ok(Self { file, pending: Vec::new(), start, length: start, hash: Sha256Stream::default() })
    }

    /// Bytes of the file, what this request brought included.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Hash of what this request brought.
    pub fn hash(&self) -> Hash {
        self.hash.clone().finish()
    }

    /// Hash of the whole file, if this request brought all of it. What an earlier one brought must be read back.
    pub fn whole_hash(&self) -> Option<Hash> {
        (self.start == 0).then(|| self.hash())
    }

    /// Takes the body until it ends, the file has `limit` bytes and more come, or a newer request arrives. What was
    /// written is synced in any case.
    pub async fn take(&mut self, body: &mut Body, turn: &mut Turn, limit: u64) -> io::Result<Ended> {
        let ended = loop {
            let next = tokio::select! {
                biased; // what has arrived is kept; a newcomer waits for that much and no more
                next = next_bytes(body) => next,
                () = turn.superseded() => break Ended::Superseded,
            };
            match next {
                None => break Ended::Whole,
                Some(Err(_)) => break Ended::Cut,
                Some(Ok(bytes)) if bytes.len() as u64 > limit.saturating_sub(self.length) => break Ended::TooLong,
                Some(Ok(bytes)) => self.write(&bytes).await?,
            }
        };
        self.sync().await?;
        Ok(ended)
    }

    /// Forgets what this request brought.
    pub async fn take_back(&mut self) -> io::Result<()> {
        self.length = self.start;
        self.file.set_len(self.start).await?;
        self.sync().await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE {
            self.write_pending().await?;
        }
        Ok(())
    }

    async fn write_pending(&mut self) -> io::Result<()> {
        self.file.write_all(&self.pending).await?;
        self.pending.clear();
        Ok(())
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.write_pending().await?;
        self.file.flush().await?;
        self.file.sync_data().await // the length is part of what is needed to read the data, the times are not
    }
}
