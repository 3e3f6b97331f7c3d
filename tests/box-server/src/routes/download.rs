//! Stored objects out again, whole or in part.
//!
//! Objects never change, so their hash is their entity tag and a broken download goes on where it stood (RFC 9110,
//! section 14). `Repr-Digest` always speaks of the whole object; only a whole answer has a `Content-Digest`, because
//! the digest of a part would have to be computed before its first byte goes out.

use std::io::SeekFrom;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use streife_core::sync::protocol::{OCTETS, ProblemType, digest_header};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt, ReadBuf};

use super::lists::has;
use crate::error::Refusal;
use crate::state::App;
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
    let mut file = File::open(app.blobs.object(row.object)).await?;
    let range = part.clone().unwrap_or(0..row.length);
    file.seek(SeekFrom::Start(range.start)).await?;
    let mut response = Body::new(FileBody { file, left: range.end - range.start }).into_response();
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

/// A part of a file, piece by piece.
struct FileBody {
    file: File,
    left: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let mut piece = vec![0; usize::try_from(self.left).unwrap_or(usize::MAX).min(1 << 16)];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.file).poll_read(cx, &mut buffer))?;
        let bytes = Bytes::copy_from_slice(buffer.filled());
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
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
