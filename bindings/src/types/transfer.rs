//! What a handover tells, and what a host's own uploader carries.

use streife_core::client::{SyncState, Transfer, Waiting};
use streife_core::domain::{CaseId, to_hex};
use streife_core::ports::{Body, Response, TransportError};

/// How far the handover has come since the queue was empty.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncStateView {
    /// The case that is being sent, from 1; 0 if none is left.
    pub case_number: u32,
    /// Cases in all.
    pub cases: u32,
    /// The photo of that case that is being sent, from 1; 0 if none is.
    pub photo: u32,
    /// Photos of that case.
    pub photos: u32,
    /// Bytes that have gone, of a hundred.
    pub percent: u8,
    /// What is waited for.
    pub waiting: Option<Waiting>,
    /// Until when, unix milliseconds by the device's clock, if that is known.
    pub until: Option<i64>,
    /// One line for a person, in German.
    pub german: String,
    /// The same in English.
    pub english: String,
}

impl From<SyncState> for SyncStateView {
    fn from(state: SyncState) -> Self {
        let (german, english) = (state.german(), state.english());
        let SyncState { case, cases, photo, photos, percent, waiting, until } = state;
        Self { case_number: case, cases, photo, photos, percent, waiting, until, german, english }
    }
}

/// A receipt as the box has signed it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ReceiptView {
    /// The case.
    pub case: CaseId,
    /// The signed structure (COSE).
    pub receipt: Vec<u8>,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HeaderView {
    /// Name, in lower case.
    pub name: String,
    /// Value.
    pub value: String,
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferBody {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes {
        /// The body.
        bytes: Vec<u8>,
    },
    /// A range of a file that is already sealed. An uploader that takes whole files only is given a copy of the range.
    File {
        /// The file.
        path: String,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
}

impl From<Body> for TransferBody {
    fn from(body: Body) -> Self {
        match body {
            Body::Empty => Self::Empty,
            Body::Bytes(bytes) => Self::Bytes { bytes },
            Body::FileRange { path, offset, length } => {
                Self::File { path: path.to_string_lossy().into_owned(), offset, length }
            }
        }
    }
}

/// What the host's uploader does next.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferView {
    /// Send this, then tell `transfer_done`.
    Send {
        /// Names it; to be kept with the uploader's task. 32 characters of hexadecimal.
        token: String,
        /// `GET`, `HEAD`, `PUT`, `POST` or `PATCH`.
        method: String,
        /// Path and query on the box's origin.
        path: String,
        /// Headers.
        headers: Vec<HeaderView>,
        /// Body.
        body: TransferBody,
    },
    /// Nothing before this time.
    WaitUntil {
        /// Milliseconds since 1970 UTC, by the device's clock.
        unix_ms: i64,
    },
    /// What is left of the time is too short for anything.
    OutOfTime,
    /// Nothing is left to send over this link.
    Idle,
}

impl From<Transfer> for TransferView {
    fn from(transfer: Transfer) -> Self {
        match transfer {
            Transfer::Send { token, method, path, headers, body } => Self::Send {
                token: to_hex(&token),
                method: method.as_str().to_owned(),
                path,
                headers: headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect(),
                body: body.into(),
            },
            Transfer::WaitUntil(unix_ms) => Self::WaitUntil { unix_ms },
            Transfer::OutOfTime => Self::OutOfTime,
            Transfer::Idle => Self::Idle,
        }
    }
}

/// Why a transfer brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferFailure {
    /// No network, no route, or the name does not resolve.
    Unreachable,
    /// The certificate is not signed by the agency's authority.
    Untrusted,
    /// The connection ended or timed out after it was there.
    Lost,
    /// The box redirected, which it never does.
    Redirected,
    /// The file could not be read.
    File,
    /// The system or the app has cancelled it.
    Cancelled,
}

/// What has come of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferOutcome {
    /// The box has answered, whatever it says.
    Answered {
        /// Status code.
        status: u16,
        /// Headers of the answer.
        headers: Vec<HeaderView>,
        /// The whole body.
        body: Vec<u8>,
    },
    /// There was no answer.
    Failed {
        /// Why.
        why: TransferFailure,
    },
}

impl TransferOutcome {
    pub(crate) fn into_core(self) -> Result<Response, TransportError> {
        match self {
            Self::Answered { status, headers, body } => {
                let header = |HeaderView { name, value }: HeaderView| (name.to_ascii_lowercase(), value);
                Ok(Response { status, headers: headers.into_iter().map(header).collect(), body })
            }
            Self::Failed { why } => Err(match why {
                TransferFailure::Unreachable => TransportError::Unreachable,
                TransferFailure::Untrusted => TransportError::Untrusted,
                TransferFailure::Lost => TransportError::Lost,
                TransferFailure::Redirected => TransportError::Redirected,
                TransferFailure::File => TransportError::File,
                TransferFailure::Cancelled => TransportError::Cancelled,
            }),
        }
    }
}
