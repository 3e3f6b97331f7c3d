//! The tus extension "checksum": a chunk that does not have the checksum it came with is thrown away.
//!
//! SHA-1 is there because the protocol demands it and common clients know no other. It guards against a broken line and
//! nobody else; what is stored is decided by the manifest's SHA-256.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_body::{Frame, SizeHint};
use ring::digest;

use crate::error::Refusal;

/// Names of the algorithms, best first.
pub const ALGORITHMS: &str = "sha256,sha1";
const HEADER: HeaderName = HeaderName::from_static("upload-checksum");

/// What the client says of its chunk.
pub struct Stated {
    sum: Vec<u8>,
    seen: Arc<Mutex<digest::Context>>,
}

impl Stated {
    /// Reads the header, if it is there.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(value) = headers.get(HEADER) else { return Ok(None) };
        let malformed = || Refusal::malformed("Upload-Checksum is not an algorithm of this box and a checksum");
        let (name, sum) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(malformed)?;
        let algorithm = match name {
            "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &digest::SHA256,
            _ => return Err(malformed()),
        };
        let sum = BASE64.decode(sum).ok().filter(|sum| sum.len() == algorithm.output_len()).ok_or_else(malformed)?;
        Ok(Some(Self { sum, seen: Arc::new(Mutex::new(digest::Context::new(algorithm))) }))
    }

    /// A body that is summed up as it is read.
    pub fn watch(&self, body: Body) -> Body {
        Body::new(Summed { inner: body, seen: Arc::clone(&self.seen) })
    }

    /// Whether what was read has the checksum.
    pub fn holds(&self) -> bool {
        let seen = self.seen.lock().expect("no holder panics").clone();
        seen.finish().as_ref() == self.sum.as_slice()
    }
}

struct Summed {
    inner: Body,
    seen: Arc<Mutex<digest::Context>>,
}

impl HttpBody for Summed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(bytes) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
            self.seen.lock().expect("no holder panics").update(bytes);
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
