//! Streams a request's body into an upload: bounded memory, and only what is synced is ever acknowledged.
//!
//! The store blocks, so pieces are written on the blocking pool: one is written while the next arrives, and the two
//! buffers change places. Whatever ends a request, its handler goes on until the piece that is being written is: only then
//! does it give up its turn, so no late piece ever lands behind the bytes of a newer request.

use std::io;

use axum::body::Body;
use streife_core::seal::{Hash, Sha256Stream};
use tokio::task::JoinHandle;

use crate::body::next_bytes;
use crate::error::Refusal;
use crate::locks::Turn;
use crate::state::{App, run};
use crate::store::{Appending, Blob};

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
/// more than the bytes do.
const PIECE: usize = 256 * 1024;

/// An upload that takes a body.
pub struct Intake {
    upload: Writing,
    pending: Vec<u8>,
    start: u64,
    length: u64,
    hash: Sha256Stream,
}

/// An upload and a buffer that is empty.
type Ready = (Box<dyn Appending>, Vec<u8>);

/// Where the upload is: here, or at work.
enum Writing {
    Idle(Ready),
    Busy(JoinHandle<io::Result<Ready>>),
    /// A write failed; nothing more is written.
    Broken,
}

impl Intake {
    /// Goes on at the end of an upload, which begins if it is not there.
    pub async fn append(app: &App, upload: Blob) -> Result<Self, Refusal> {
        let upload = run(app, move |app| Ok(app.blobs.append(upload)?)).await?;
        let start = upload.length();
        let upload = Writing::Idle((upload, Vec::new()));
        Ok(Self { upload, pending: Vec::new(), start, length: start, hash: Sha256Stream::default() })
    }

    /// Bytes of the upload, what this request brought included.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Hash of what this request brought.
    pub fn hash(&self) -> Hash {
        self.hash.clone().finish()
    }

    /// Hash of the whole upload, if this request brought all of it. What an earlier one brought must be read back.
    pub fn whole_hash(&self) -> Option<Hash> {
        (self.start == 0).then(|| self.hash())
    }

    /// Takes the body until it ends, the upload has `limit` bytes and more come, or a newer request arrives. What was
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
        self.begin(|upload, rest| upload.write(rest).and_then(|()| upload.sync())).await?;
        self.settle().await?;
        Ok(ended)
    }

    /// Forgets what this request brought.
    pub async fn take_back(&mut self) -> io::Result<()> {
        let start = self.start;
        self.length = start;
        self.begin(move |upload, _| upload.take_back(start)).await?;
        self.settle().await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE {
            self.begin(|upload, piece| upload.write(piece)).await?;
        }
        Ok(())
    }

    /// Begins work with what is pending, behind the work before it.
    async fn begin(
        &mut self,
        work: impl FnOnce(&mut dyn Appending, &[u8]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        self.settle().await?;
        let Writing::Idle((mut upload, empty)) = std::mem::replace(&mut self.upload, Writing::Broken) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut piece = std::mem::replace(&mut self.pending, empty);
        self.upload = Writing::Busy(tokio::task::spawn_blocking(move || {
            work(upload.as_mut(), &piece)?;
            piece.clear();
            Ok((upload, piece))
        }));
        Ok(())
    }

    /// Waits for the work that has begun.
    async fn settle(&mut self) -> io::Result<()> {
        if let Writing::Busy(work) = &mut self.upload {
            let done = work.await.map_err(io::Error::other).and_then(|done| done);
            self.upload = Writing::Broken;
            self.upload = Writing::Idle(done?);
        }
        Ok(())
    }
}
