//! TCP connections that can be cut from inside, the way a tunnel or a dead radio cell cuts them.
//!
//! A cut lies below TLS: nothing more is written, not even the end of the TLS session, so the client cannot take what
//! it has for a whole answer.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// All open connections by the client's address.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<HashMap<SocketAddr, Arc<AtomicBool>>>>);

impl Connections {
    /// Cuts a connection at its next read or write.
    pub fn cut(&self, peer: SocketAddr) {
        if let Some(cut) = self.0.lock().expect("no holder panics").get(&peer) {
            cut.store(true, Ordering::SeqCst);
        }
    }

    fn open(&self, stream: TcpStream) -> io::Result<Cuttable> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?;
        let cut = Arc::<AtomicBool>::default();
        self.0.lock().expect("no holder panics").insert(peer, Arc::clone(&cut));
        Ok(Cuttable { stream, peer, cut, all: self.clone() })
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Cuttable;
    type Service = S;
    type Future = Ready<io::Result<(Cuttable, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.open(stream).map(|stream| (stream, service)))
    }
}

/// A connection that can be cut.
#[derive(Debug)]
pub struct Cuttable {
    stream: TcpStream,
    peer: SocketAddr,
    cut: Arc<AtomicBool>,
    all: Connections,
}

impl Cuttable {
    fn alive(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl Drop for Cuttable {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().expect("no holder panics");
        // The system may have given the client's address to a new connection already.
        if all.get(&self.peer).is_some_and(|cut| Arc::ptr_eq(cut, &self.cut)) {
            all.remove(&self.peer);
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.alive()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?.poll_shutdown(cx)
    }
}
