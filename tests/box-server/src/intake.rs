//! Streams a request's body into a file: bounded memory, and only what is synced is ever acknowledged.
//!
//! One piece is written while the next arrives, and the disk is told to begin with each at once (ADR 0012), so the sync at
//! the end has little left to wait for. A write that fails is noticed with the next piece or at the end, and before anything
//! is said.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use streife_core::seal::{Hash, Sha256Stream};
use tokio::task::{JoinHandle, spawn_blocking};

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

/// Reads a body of at most `limit` bytes into memory, until it ends, more come, or a newer request arrives.
pub async fn whole(body: &mut Body, turn: &mut Turn, limit: u64) -> (Vec<u8>, Ended) {
    let mut bytes = Vec::new();
    let ended = loop {
        let next = tokio::select! {
            biased;
            next = next_bytes(body) => next,
            () = turn.superseded() => break Ended::Superseded,
        };
        match next {
            None => break Ended::Whole,
            Some(Err(_)) => break Ended::Cut,
            Some(Ok(more)) if (bytes.len() + more.len()) as u64 > limit => break Ended::TooLong,
            Some(Ok(more)) => bytes.extend_from_slice(&more),
        }
    };
    (bytes, ended)
}

/// Bytes that are written at a time. What arrives comes in pieces of a TLS record; each as a write of its own would cost
/// more than the bytes do. A request holds two: one arrives, one is written.
const PIECE: usize = 256 * 1024;

/// A file that takes a body.
pub struct Intake {
    file: Arc<File>,
    pending: Vec<u8>,
    /// Gives its buffer back.
    writing: Option<JoinHandle<io::Result<Vec<u8>>>>,
    start: u64,
    length: u64,
    hash: Sha256Stream,
}

impl Intake {
    /// Goes on at the end of a file, which is made if it is not there.
    pub async fn append(path: &Path) -> io::Result<Self> {
        let path = path.to_owned();
        let opened = blocking(move || {
            let file = File::options().append(true).create(true).open(path)?;
            let length = file.metadata()?.len();
            Ok((Arc::new(file), length))
        });
        let (file, start) = opened.await?;
        Ok(Self { file, pending: Vec::new(), writing: None, start, length: start, hash: Sha256Stream::default() })
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
        let (file, start) = (Arc::clone(&self.file), self.start);
        blocking(move || file.set_len(start).and_then(|()| file.sync_data())).await
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

    /// Begins to write what is pending, once the piece before it is written.
    async fn write_pending(&mut self) -> io::Result<()> {
        let spare = self.written().await?;
        let (file, mut piece) = (Arc::clone(&self.file), mem::replace(&mut self.pending, spare));
        self.writing = Some(spawn_blocking(move || {
            (&*file).write_all(&piece)?;
            // Starts write-back of what was just written. A hint: where it is not understood, the sync does all the work.
            #[cfg(target_os = "linux")]
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
            piece.clear();
            Ok(piece)
        }));
        Ok(())
    }

    /// Waits for the piece that is being written; its buffer.
    async fn written(&mut self) -> io::Result<Vec<u8>> {
        match self.writing.take() {
            Some(writing) => writing.await.map_err(io::Error::other)?,
            None => Ok(Vec::new()),
        }
    }

    async fn sync(&mut self) -> io::Result<()> {
        self.written().await?;
        let (file, last) = (Arc::clone(&self.file), mem::take(&mut self.pending));
        blocking(move || {
            (&*file).write_all(&last)?;
            file.sync_data() // the length is part of what is needed to read the data, the times are not
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}
