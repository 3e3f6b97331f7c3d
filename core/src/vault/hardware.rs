//! The host's key store, asked in a way that nothing it does can hold the vault up.
//!
//! Each question runs on a thread of its own. A store that does not answer in time counts as not available now, and is
//! not asked again while it still hangs; a store that panics has failed. What it answers too late is wiped unseen.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use crate::ports::{KeyStore, KeyStoreError};
use crate::seal::RootKey;

/// Deeper than what keys are unwrapped and opened with.
const STACK: usize = 64 << 10;

/// Overwrites what calls that have returned have left below this one on the stack: a key that a function gives back by
/// value lies there until something else does.
#[inline(never)]
pub(super) fn wipe_stack() {
    let mut below = [0_u8; STACK];
    below.zeroize();
    std::hint::black_box(&below);
}

/// Runs a question so that all it leaves on the stack lies below its caller. A panic in it is a failure of the store.
#[inline(never)]
fn in_a_frame_of_its_own<T>(question: impl FnOnce() -> Result<T, KeyStoreError>) -> Result<T, KeyStoreError> {
    catch_unwind(AssertUnwindSafe(question)).unwrap_or(Err(KeyStoreError::Failed))
}

/// The hardware key store behind its time limit.
#[derive(Clone)]
pub(super) struct Hardware {
    store: Arc<dyn KeyStore>,
    limit: Duration,
    /// Questions that run. The vault asks one at a time, so one that runs when the next is asked hangs.
    running: Arc<AtomicUsize>,
}

impl Hardware {
    pub(super) fn new(store: Arc<dyn KeyStore>, limit_ms: u64) -> Self {
        Self { store, limit: Duration::from_millis(limit_ms), running: Arc::default() }
    }

    /// Makes a hardware key, wraps a root with it, and proves that the store gives it back. Found out now, a store that
    /// cannot do so has nothing sealed under it yet.
    pub(super) fn wrap_new(&self, alias: &str, root: &RootKey) -> Result<Vec<u8>, KeyStoreError> {
        let (own_alias, own_root) = (alias.to_owned(), root.clone());
        let wrapped = self.ask(move |store| {
            store.create(&own_alias)?;
            store.wrap(&own_alias, own_root.as_bytes())
        })?;
        let given_back = self.unwrap(alias, &wrapped)?;
        if given_back.as_bytes() == root.as_bytes() { Ok(wrapped) } else { Err(KeyStoreError::Failed) }
    }

    /// Unwraps a root.
    pub(super) fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<RootKey, KeyStoreError> {
        let (alias, wrapped) = (alias.to_owned(), wrapped.to_vec());
        self.ask(move |store| {
            let bytes = Zeroizing::new(store.unwrap(&alias, &wrapped)?);
            RootKey::copied(&*bytes).ok_or(KeyStoreError::Failed)
        })
    }

    /// Destroys a hardware key.
    pub(super) fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        let alias = alias.to_owned();
        self.ask(move |store| store.delete(&alias))
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn KeyStore) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, KeyStoreError> {
        if self.running.fetch_add(1, Ordering::AcqRel) > 0 {
            self.running.fetch_sub(1, Ordering::AcqRel);
            return Err(KeyStoreError::NotNow);
        }
        let (answer, answered) = sync_channel(1);
        let (store, running) = (self.store.clone(), self.running.clone());
        let asked = std::thread::Builder::new().name("streife-key-store".to_owned()).spawn(move || {
            let result = in_a_frame_of_its_own(|| question(&*store));
            wipe_stack(); // the stack of a thread that has ended is kept for the next one
            running.fetch_sub(1, Ordering::AcqRel);
            drop(answer.send(result)); // it fails if the answer came too late
        });
        if asked.is_err() {
            self.running.fetch_sub(1, Ordering::AcqRel);
            return Err(KeyStoreError::Failed);
        }
        match answered.recv_timeout(self.limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err(KeyStoreError::Failed),
            Err(RecvTimeoutError::Timeout) => Err(KeyStoreError::NotNow),
        }
    }
}
