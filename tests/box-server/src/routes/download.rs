//! Stored objects out again, whole or in part.
//!
//! Objects never change, so their hash is their entity tag and a broken download goes on where it stood (RFC 9110,
//! section 14). `Repr-Digest` always speaks of the whole object; only a whole answer has a `Content-Digest`, because
//! the digest of a part would have to be computed before its first byte goes out.

use std::future::Future;
use std::io::{self, Read};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use streife_core::sync::protocol::{OCTETS, ProblemType, digest_header};
use tokio::task::JoinHandle;

use super::lists::has;
use crate::error::Refusal;
use crate::state::{App, run};
use crate::store::ObjectRow;

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Answers with an object that is stored.
pub async fn serve(app: &App, row: &ObjectRow, headers: &HeaderMap) -> Result<Response, Refusal> {
    let tag = format!("\"{}\"", row.hash);
    if has(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let part = wanted(headers, &tag, row.length)?;
    let range = part.clone().unwrap_or(0..row.length);
    let (object, from) = (row.object, range.start);
    let bytes = run(app, move |app| Ok(app.blobs.read(object, from)?)).await?;
    let body = ObjectBody { bytes: Reading::Idle(bytes), left: range.end - range.start };
    let mut response = Body::new(body).into_response();
    describe(response.headers_mut(), row, &tag)?;
    match part {
        None => insert(response.headers_mut(), CONTENT_DIGEST, &digest_header(&row.hash))?,
        Some(part) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let value = format!("bytes {}-{}/{}", part.start, part.end - 1, row.length);
            insert(response.headers_mut(), header::CONTENT_RANGE, &value)?;
        }
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, row: &ObjectRow, tag: &str) -> Result<(), Refusal> {
    insert(headers, header::CONTENT_TYPE, OCTETS)?;
    insert(headers, header::ACCEPT_RANGES, "bytes")?;
    insert(headers, header::ETAG, tag)?;
    insert(headers, REPR_DIGEST, &digest_header(&row.hash))
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Refusal> {
    headers.insert(name, HeaderValue::from_str(value).map_err(std::io::Error::other)?);
    Ok(())
}

/// The one range that is asked for. Several at once, other units and a range of another version mean the whole.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Result<Option<Range<u64>>, Refusal> {
    if headers.get(header::IF_RANGE).is_some_and(|named| named != tag) {
        return Ok(None);
    }
    let value = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((first, last)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(last)) if first.is_empty() => length.saturating_sub(last)..length,
        _ => return Ok(None),
    };
    if range.is_empty() {
        let refusal =
            Refusal::new(ProblemType::Malformed, StatusCode::RANGE_NOT_SATISFIABLE, "The object ends before the range");
        return Err(refusal.of_length(length));
    }
    Ok(Some(range))
}

/// A part of an object, piece by piece.
struct ObjectBody {
    bytes: Reading,
    left: u64,
}

type Source = Box<dyn Read + Send>;

/// Where the object is: here, or at work.
enum Reading {
    Idle(Source),
    Busy(JoinHandle<io::Result<(Source, Vec<u8>)>>),
    /// At its end, or a read failed.
    Over,
}

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 18;

/// Reads so many bytes, or fewer at the end.
fn read(mut source: Source, at_most: u64) -> io::Result<(Source, Vec<u8>)> {
    let mut piece = Vec::with_capacity(usize::try_from(at_most).unwrap_or_default());
    source.by_ref().take(at_most).read_to_end(&mut piece)?;
    Ok((source, piece))
}

impl HttpBody for ObjectBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut work = match std::mem::replace(&mut self.bytes, Reading::Over) {
            Reading::Idle(source) => {
                let at_most = self.left.min(PIECE);
                tokio::task::spawn_blocking(move || read(source, at_most))
            }
            Reading::Busy(work) => work,
            Reading::Over => return Poll::Ready(None),
        };
        let Poll::Ready(done) = Pin::new(&mut work).poll(cx) else {
            self.bytes = Reading::Busy(work);
            return Poll::Pending;
        };
        let (source, piece) = done.map_err(io::Error::other)??;
        self.bytes = Reading::Idle(source);
        self.left = self.left.saturating_sub(piece.len() as u64);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(Bytes::from(piece)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Result<Option<Range<u64>>, u16> {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(value).expect("a value"))]);
        wanted(&headers, "\"t\"", 100).map_err(|refusal| refusal.into_response().status().as_u16())
    }

    #[test]
    fn one_range_of_bytes_is_understood_and_the_rest_means_the_whole() {
        assert_eq!(asked("bytes=0-0"), Ok(Some(0..1)));
        assert_eq!(asked("bytes=10-"), Ok(Some(10..100)));
        assert_eq!(asked("bytes=-10"), Ok(Some(90..100)));
        assert_eq!(asked("bytes=90-1000"), Ok(Some(90..100)));
        assert_eq!(asked("bytes=-1000"), Ok(Some(0..100)));
        for whole in ["bytes=5-4", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=-", ""] {
            assert_eq!(asked(whole), Ok(None), "{whole}");
        }
        assert_eq!(asked("bytes=100-"), Err(416));
        assert_eq!(asked("bytes=-0"), Err(416));
    }
}
