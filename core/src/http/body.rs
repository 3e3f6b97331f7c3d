//! A range of a file as the body of a request: one piece of it in memory at a time.
//!
//! It is read on the transport's thread. Handing pieces over from another thread would cost more than the bytes do: reqwest's
//! blocking client sends 8 KiB at a time that way, at a third of the speed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// One read. It is also what a wish to stop may come too late for.
const PIECE: u64 = 256 << 10;

/// The bytes of a file from a place on.
pub(super) struct FileBody {
    file: File,
    left: u64,
}

impl FileBody {
    pub(super) fn open(path: &Path, offset: u64, length: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file, left: length })
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let most = self.left.min(PIECE);
        let mut piece = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
        let read = (&self.file).take(most).read_to_end(&mut piece)? as u64;
        if read < most {
            return Err(io::ErrorKind::UnexpectedEof.into()); // the announced length can no longer be kept
        }
        self.left -= read;
        Ok(piece.into())
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready((self.left > 0).then(|| self.read().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut body: FileBody) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut context = Context::from_waker(std::task::Waker::noop());
        while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
            all.extend_from_slice(&frame?.into_data().expect("data"));
        }
        Ok(all)
    }

    #[test]
    fn a_range_is_read_whole_and_a_file_that_is_too_short_is_an_error() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        std::fs::write(file.path(), &bytes).expect("writes");
        for (offset, length) in [(0, 200_000), (1, 65_536), (70_000, 130_000), (5, 0)] {
            let body = FileBody::open(file.path(), offset, length).expect("opens");
            assert_eq!(body.size_hint().exact(), Some(length));
            let (from, length) = (usize::try_from(offset).expect("small"), usize::try_from(length).expect("small"));
            assert_eq!(all(body).expect("reads"), bytes[from..from + length]);
        }
        let beyond = FileBody::open(file.path(), 150_000, 50_001).expect("opens");
        assert!(all(beyond).is_err_and(|error| error.kind() == io::ErrorKind::UnexpectedEof));
    }
}
