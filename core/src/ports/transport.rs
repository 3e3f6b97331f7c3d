//! One HTTP exchange, as the engine asks for it.
//!
//! The core decides what to send; a transport only carries it. Bodies are bytes or a range of a file that is
//! already sealed, so a platform uploader can send it by path and offset without a copy.

use std::path::PathBuf;

use super::Cancel;

/// Request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// PUT.
    Put,
    /// POST.
    Post,
    /// PATCH.
    Patch,
}

impl Method {
    /// The method as it stands in the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// `length` bytes of a file from `offset`.
    FileRange {
        /// The file.
        path: PathBuf,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
}

impl Body {
    /// Bytes on the wire.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::FileRange { length, .. } => *length,
        }
    }

    /// Whether nothing is sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Name of a header, lower case.
pub type HeaderName = &'static str;

/// A request to the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path and query on the box's origin, beginning with `/`. Transports join it to their one base address.
    pub path: String,
    /// Headers.
    pub headers: Vec<(HeaderName, String)>,
    /// Body.
    pub body: Body,
}

/// An answer of the box.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers with lower-case names.
    pub headers: Vec<(String, String)>,
    /// Whole body; transports stop reading at their limit and then report [`TransportError::TooLarge`].
    pub body: Vec<u8>,
}

impl Response {
    /// First value of a header, by lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No network, no route, no listener, or the name does not resolve.
    #[error("the box cannot be reached")]
    Unreachable,
    /// The other side is not the box: its certificate is not signed by the agency's authority.
    #[error("the other side is not the agency's box")]
    Untrusted,
    /// The connection ended or timed out after it was there. Whether the box acted is unknown.
    #[error("the connection was lost")]
    Lost,
    /// The answer is longer than any answer of a box.
    #[error("the answer is too large")]
    TooLarge,
    /// A redirect, which a box never sends.
    #[error("the box redirected")]
    Redirected,
    /// The file to be sent could not be read.
    #[error("the file to be sent cannot be read")]
    File,
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Carries one request and brings back its answer.
pub trait Transport: Send + Sync {
    /// The box's origin, such as `https://box.example:8443`, without a trailing slash.
    fn origin(&self) -> &str;

    /// Sends one request. Must not follow redirects, retry, or send anything to another host.
    ///
    /// # Errors
    /// [`TransportError`].
    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError>;
}
