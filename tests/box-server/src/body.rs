//! Request bodies: counted, bounded, verified against their digest, and read to their end even after a refusal.
//!
//! A body that ends before its announced length is an error here, never a short body: a cut connection must not look
//! like the end of an upload. And what a handler leaves unread comes back to the middleware, which reads it away
//! before the answer goes out; otherwise the system resets the connection and the phone never sees why it was refused.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use serde::de::DeserializeOwned;
use streife_core::seal::{Hash, Sha256Stream};
use streife_core::sync::protocol::{COSE, JSON, ProblemType, parse_digest_header};
use tokio::sync::oneshot;

use crate::Route;
use crate::error::Refusal;
use crate::state::App;
use crate::traffic::Traffic;

/// A connection that is silent for so long is taken for lost.
const SILENCE: Duration = Duration::from_secs(60);
/// Longest time that the rest of a refused body is read.
const DRAIN: Duration = Duration::from_secs(5);

/// A body on its way through a handler.
pub struct LentBody {
    inner: Option<Body>,
    left: Option<u64>,
    route: Route,
    traffic: Arc<Traffic>,
    home: Option<oneshot::Sender<Body>>,
    /// The client sends nothing until the body is asked for.
    is_awaited: bool,
}

impl LentBody {
    /// Wraps a body; what the handler leaves of it arrives at the receiver.
    pub fn lend(body: Body, route: Route, traffic: Arc<Traffic>) -> (Body, oneshot::Receiver<Body>) {
        Self::lent(body, route, traffic, false)
    }

    /// Wraps the body of a client that waits for `100 Continue`. If the handler does not ask for it, nothing arrives at the
    /// receiver: reading it away would call for it first.
    pub fn lend_awaited(body: Body, route: Route, traffic: Arc<Traffic>) -> (Body, oneshot::Receiver<Body>) {
        Self::lent(body, route, traffic, true)
    }

    fn lent(body: Body, route: Route, traffic: Arc<Traffic>, is_awaited: bool) -> (Body, oneshot::Receiver<Body>) {
        let (home, back) = oneshot::channel();
        let left = body.size_hint().exact();
        (Body::new(Self { inner: Some(body), left, route, traffic, home: Some(home), is_awaited }), back)
    }

    fn note(&mut self, frame: Option<&Frame<Bytes>>) -> Result<(), axum::Error> {
        let arrived = frame.and_then(Frame::data_ref).map_or(0, Bytes::len);
        self.traffic.body(self.route, arrived);
        self.left = self.left.map(|left| left.saturating_sub(arrived as u64));
        match frame {
            None if self.left.is_some_and(|left| left > 0) => {
                Err(axum::Error::new(io::Error::from(io::ErrorKind::UnexpectedEof)))
            }
            _ => Ok(()),
        }
    }
}

impl HttpBody for LentBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_awaited = false;
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(inner).poll_frame(cx)).transpose()?;
        self.note(frame.as_ref())?;
        Poll::Ready(frame.map(Ok))
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for LentBody {
    fn drop(&mut self) {
        if let (Some(body), Some(home), false) = (self.inner.take(), self.home.take(), self.is_awaited) {
            let _ = home.send(body); // nobody waits for it any more: then the connection is gone
        }
    }
}

/// The next bytes; `None` at the end. Silence and a cut are errors.
pub async fn next_bytes(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let next = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
        let Ok(frame) = tokio::time::timeout(SILENCE, next).await else {
            return Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))));
        };
        match frame?.map(Frame::into_data) {
            Ok(Ok(bytes)) => return Some(Ok(bytes)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Reads away what is left of a body.
pub async fn drain(mut body: Body) {
    let rest = async { while let Some(Ok(_)) = next_bytes(&mut body).await {} };
    let _ = tokio::time::timeout(DRAIN, rest).await;
}

/// Reads some bytes of a body away.
pub async fn drain_some(body: &mut Body, at_most: u64) {
    let some = async {
        let mut arrived = 0;
        while let (true, Some(Ok(bytes))) = (arrived < at_most, next_bytes(body).await) {
            arrived += bytes.len() as u64;
        }
    };
    let _ = tokio::time::timeout(DRAIN, some).await;
}

/// Reads a body of at most `limit` bytes that must have the digest its header states.
pub async fn read_whole(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > limit as u64 {
        return Err(ProblemType::TooLarge.into());
    }
    let mut whole = Vec::new();
    while let Some(bytes) = next_bytes(&mut body).await {
        let bytes = bytes.map_err(|_| Refusal::malformed("The body ended early"))?;
        if whole.len() + bytes.len() > limit {
            return Err(ProblemType::TooLarge.into());
        }
        whole.extend_from_slice(&bytes);
    }
    let stated = content_digest(headers)?.ok_or(ProblemType::DigestMismatch)?;
    if stated == Hash::of(&[&whole]) { Ok(whole) } else { Err(ProblemType::DigestMismatch.into()) }
}

/// Reads a body of at most `limit` bytes for its hash alone.
pub async fn read_hash(body: &mut Body, limit: u64) -> Result<Hash, Refusal> {
    let (mut hash, mut length) = (Sha256Stream::default(), 0);
    while let Some(bytes) = next_bytes(body).await {
        let bytes = bytes.map_err(|_| Refusal::malformed("The body ended early"))?;
        hash.update(&bytes);
        length += bytes.len() as u64;
        if length > limit {
            return Err(ProblemType::TooLarge.into());
        }
    }
    Ok(hash.finish())
}

/// The hash in `Content-Digest`, if there is one. A header without SHA-256 counts as a wrong one.
pub fn content_digest(headers: &HeaderMap) -> Result<Option<Hash>, Refusal> {
    digest(headers, "content-digest")
}

/// The hash in `Repr-Digest`, if there is one.
pub fn repr_digest(headers: &HeaderMap) -> Result<Option<Hash>, Refusal> {
    digest(headers, "repr-digest")
}

fn digest(headers: &HeaderMap, name: &str) -> Result<Option<Hash>, Refusal> {
    let read = |value: &axum::http::HeaderValue| value.to_str().ok().and_then(parse_digest_header);
    headers.get(name).map(|value| read(value).ok_or_else(|| ProblemType::DigestMismatch.into())).transpose()
}

/// Refuses any content type but this one; parameters are ignored.
pub fn require_type(headers: &HeaderMap, expected: &str) -> Result<(), Refusal> {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = stated.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(ProblemType::UnsupportedMedia.into()) }
}

/// A signed structure of at most `LIMIT` bytes, not verified yet.
pub struct Cose<const LIMIT: usize>(pub Vec<u8>);

impl<const LIMIT: usize> FromRequest<App> for Cose<LIMIT> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        require_type(&parts.headers, COSE)?;
        read_whole(&parts.headers, body, LIMIT).await.map(Self)
    }
}

/// A JSON document of at most 64 KiB.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        require_type(&parts.headers, JSON)?;
        let bytes = read_whole(&parts.headers, body, 65_536).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| ProblemType::Malformed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the server hands out when it drops a connection: a body that ends as if it were whole.
    struct Dropped(Option<Bytes>);

    impl HttpBody for Dropped {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(if self.0.is_some() { 10 } else { 0 })
        }
    }

    #[tokio::test]
    async fn a_body_that_ends_before_its_length_is_an_error() {
        let traffic = Arc::<Traffic>::default();
        let body = Body::new(Dropped(Some(Bytes::from_static(b"four"))));
        let (mut body, _rest) = LentBody::lend(body, Route::UploadPatch, Arc::clone(&traffic));
        assert_eq!(next_bytes(&mut body).await.expect("more").expect("bytes"), "four");
        assert!(next_bytes(&mut body).await.expect("more").is_err());
        assert_eq!(traffic.of(Route::UploadPatch).body_bytes, 4);
    }

    #[tokio::test]
    async fn what_a_handler_leaves_comes_back() {
        let (body, rest) = LentBody::lend(Body::from("left"), Route::CasePut, Arc::default());
        drop(body);
        let mut rest = rest.await.expect("comes back");
        assert_eq!(next_bytes(&mut rest).await.expect("more").expect("bytes"), "left");
    }
}
