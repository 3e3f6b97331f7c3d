//! The thread that a transport's connections live on.
//!
//! It runs for as long as the transport does, so that a connection which the box has closed is noticed while it lies idle.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// A thread with an async runtime. Whoever drops it does not wait: what is still under way loses its connection.
pub(super) struct NetworkThread {
    runtime: Handle,
    _alive: oneshot::Sender<()>,
}

impl NetworkThread {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, dropped) = oneshot::channel();
        let work = move || drop(runtime.block_on(dropped));
        std::thread::Builder::new().name("streife-net".to_owned()).spawn(work)?;
        Ok(Self { runtime: handle, _alive: alive })
    }

    /// Begins work, which ends where it stands when it is aborted.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.runtime.spawn(work).abort_handle()
    }
}
