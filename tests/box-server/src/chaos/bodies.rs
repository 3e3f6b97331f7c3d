//! Bodies that end early or come in drops.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

type Action = Box<dyn FnMut() + Send>;

/// A body that is cut behind so many bytes. It says the whole length, as one does that is lost on the way.
pub struct Cut {
    inner: Body,
    left: u64,
    cut: Action,
    /// What was yielded must be on the wire before an answer's connection ends; a server writes when a body pauses.
    pauses: bool,
    has_paused: bool,
}

impl Cut {
    /// A request's body.
    pub fn of_request(inner: Body, left: u64, cut: impl FnMut() + Send + 'static) -> Self {
        Self { inner, left, cut: Box::new(cut), pauses: false, has_paused: false }
    }

    /// An answer's body.
    pub fn of_answer(inner: Body, left: u64, cut: impl FnMut() + Send + 'static) -> Self {
        Self { inner, left, cut: Box::new(cut), pauses: true, has_paused: false }
    }

    fn end(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.pauses && !self.has_paused {
            self.has_paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        (self.cut)();
        Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)))))
    }
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left == 0 {
            return self.end(cx);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx)).transpose()?;
        let Some(mut bytes) = frame.and_then(|frame| frame.into_data().ok()) else { return Poll::Ready(None) };
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body that comes byte by byte, each written before the next.
pub struct Trickling {
    inner: Body,
    held: Bytes,
    paused: bool,
}

impl Trickling {
    /// The same body in drops.
    pub const fn new(inner: Body) -> Self {
        Self { inner, held: Bytes::new(), paused: false }
    }
}

impl HttpBody for Trickling {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.held.is_empty() {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx)).transpose()?;
            let Some(bytes) = frame.and_then(|frame| frame.into_data().ok()) else { return Poll::Ready(None) };
            self.held = bytes;
        }
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.held.len().min(1);
        Poll::Ready(Some(Ok(Frame::data(self.held.split_to(length)))))
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::default();
        let (held, inner) = (self.held.len() as u64, self.inner.size_hint());
        hint.set_lower(inner.lower() + held);
        inner.upper().into_iter().for_each(|upper| hint.set_upper(upper + held));
        hint
    }
}
