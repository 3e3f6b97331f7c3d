//! Both hashes of a photo, made by two threads that share the work.
//!
//! The importing thread puts buffers on the desk; a helper hashes them. What the helper has not begun when it is needed,
//! the importing thread takes back and hashes itself. So on two cores the hashes cost no time, on one core they cost what
//! they cost in a row, and a helper that the system does not let run holds nobody up.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::seal::{Hash, Sha256Stream};

/// Chunks that go from hand to hand together: waking a thread costs more than hashing one.
pub(super) type Batch = Vec<Vec<u8>>;

/// Sealed batches that may wait; then the importing thread hashes, too.
const WAITING: usize = 2;

/// The hash of the plaintext, the hash and length of the ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) plain: Hash,
    pub(super) sealed: Hash,
    pub(super) sealed_length: u64,
}

/// Where the two threads meet.
pub(super) struct Desk {
    papers: Mutex<Papers>,
    moved: Condvar,
}

struct Papers {
    /// Away while a thread hashes with it; so the batches of each kind are hashed one after the other.
    plain_hash: Option<Sha256Stream>,
    sealed_hash: Option<Sha256Stream>,
    sealed_length: u64,
    plain: Option<Batch>,
    hashed: Option<Batch>,
    sealed: VecDeque<Batch>,
    spare: Batch,
    closed: bool,
}

/// A batch with the hash that it goes into.
enum Job {
    Plain(Batch, Sha256Stream),
    Sealed(Batch, Sha256Stream),
}

impl Desk {
    /// `plain` is the stream that the plaintext goes into, its salt included.
    pub(super) fn new(plain: Sha256Stream) -> Self {
        let papers = Papers {
            plain_hash: Some(plain),
            sealed_hash: Some(Sha256Stream::default()),
            sealed_length: 0,
            plain: None,
            hashed: None,
            sealed: VecDeque::new(),
            spare: Batch::new(),
            closed: false,
        };
        Self { papers: Mutex::new(papers), moved: Condvar::new() }
    }

    /// The helper's work, until the desk is closed and cleared.
    pub(super) fn help(&self) {
        let mut papers = self.papers();
        loop {
            if let Some(job) = papers.plain_job().or_else(|| papers.sealed_job()) {
                drop(papers);
                papers = self.done(job.run());
            } else if papers.closed {
                return;
            } else {
                papers = self.wait(papers);
            }
        }
    }

    /// Gives plaintext to be hashed. The batch before must have been taken back.
    pub(super) fn put_plain(&self, batch: Batch) {
        self.papers().plain = Some(batch);
        self.moved.notify_one();
    }

    /// Takes the plaintext back, hashed.
    pub(super) fn take_hashed(&self) -> Batch {
        let mut papers = self.papers();
        loop {
            if let Some(batch) = papers.hashed.take() {
                return batch;
            }
            match papers.plain_job() {
                Some(job) => {
                    drop(papers);
                    papers = self.done(job.run());
                }
                None => papers = self.wait(papers),
            }
        }
    }

    /// Gives ciphertext to be hashed; its buffers come back as spare ones.
    pub(super) fn put_sealed(&self, batch: Batch) {
        let mut papers = self.papers();
        papers.sealed.push_back(batch);
        self.moved.notify_one();
        while papers.sealed.len() > WAITING {
            match papers.sealed_job() {
                Some(job) => {
                    drop(papers);
                    papers = self.done(job.run());
                }
                None => papers = self.wait(papers),
            }
        }
    }

    /// An empty buffer that has been used before, if there is one.
    pub(super) fn spare(&self) -> Option<Vec<u8>> {
        let mut buffer = self.papers().spare.pop()?;
        buffer.clear();
        Some(buffer)
    }

    /// Nothing more will come: the helper ends when it has done what lies there.
    pub(super) fn close(&self) {
        self.papers().closed = true;
        self.moved.notify_one();
    }

    /// The results, when the helper has ended; nothing if it did not end well.
    pub(super) fn into_hashes(self) -> Option<Hashes> {
        let papers = self.papers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (plain, sealed) = (papers.plain_hash?.finish(), papers.sealed_hash?.finish());
        Some(Hashes { plain, sealed, sealed_length: papers.sealed_length })
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        // Nothing that can panic happens under the lock.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, papers: MutexGuard<'a, Papers>) -> MutexGuard<'a, Papers> {
        self.moved.wait(papers).unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a finished job back.
    fn done(&self, job: Job) -> MutexGuard<'_, Papers> {
        let mut papers = self.papers();
        match job {
            Job::Plain(batch, hash) => {
                papers.plain_hash = Some(hash);
                papers.hashed = Some(batch);
            }
            Job::Sealed(batch, hash) => {
                papers.sealed_hash = Some(hash);
                papers.sealed_length += length(&batch);
                papers.spare.extend(batch);
            }
        }
        self.moved.notify_one();
        papers
    }
}

impl Papers {
    fn plain_job(&mut self) -> Option<Job> {
        let batch = self.plain.take()?;
        self.plain_hash.take().map(|hash| Job::Plain(batch, hash))
    }

    fn sealed_job(&mut self) -> Option<Job> {
        let hash = self.sealed_hash.take()?;
        match self.sealed.pop_front() {
            Some(batch) => Some(Job::Sealed(batch, hash)),
            None => {
                self.sealed_hash = Some(hash);
                None
            }
        }
    }
}

impl Job {
    fn run(mut self) -> Self {
        let (Self::Plain(batch, hash) | Self::Sealed(batch, hash)) = &mut self;
        batch.iter().for_each(|bytes| hash.update(bytes));
        self
    }
}

fn length(batch: &Batch) -> u64 {
    batch.iter().map(|bytes| bytes.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches() -> Vec<Batch> {
        (0_u8..20).map(|n| vec![vec![n; 1_000 + usize::from(n)]; 3]).collect()
    }

    /// What an import does, with a helper that never runs, that runs beside it, and that comes when all is there.
    fn hashes(helpers: usize) -> Hashes {
        let desk = Desk::new(Sha256Stream::default());
        std::thread::scope(|scope| {
            (0..helpers).for_each(|_| drop(scope.spawn(|| desk.help())));
            for batch in batches() {
                desk.put_plain(batch);
                desk.put_sealed(desk.take_hashed());
            }
            desk.close();
        });
        desk.help();
        desk.into_hashes().expect("all jobs are done")
    }

    #[test]
    fn the_hashes_do_not_depend_on_who_made_them() {
        let all: Vec<u8> = batches().concat().concat();
        let hash = Hash::of(&[&all]);
        let expected = Hashes { plain: hash, sealed: hash, sealed_length: all.len() as u64 };
        for helpers in [0, 1, 2] {
            assert_eq!(hashes(helpers), expected, "{helpers} helpers");
        }
    }

    #[test]
    fn buffers_come_back_empty() {
        let desk = Desk::new(Sha256Stream::default());
        assert_eq!(desk.spare(), None);
        desk.put_sealed(vec![vec![7; 10]]);
        desk.close();
        desk.help();
        assert_eq!(desk.spare(), Some(Vec::new()));
    }
}
