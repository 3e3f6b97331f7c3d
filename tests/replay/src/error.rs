//! Why a replay could not be made. What a replay finds out is no error but a failed check.

use std::io;

use streife_core::journal::RecordingError;

/// Ends a replay before its checks; the program exits with 2.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording breaks its form.
    #[error("recording {file}, {fault}")]
    Recording {
        /// File name.
        file: String,
        /// Line and reason.
        fault: RecordingError,
    },
    /// A value in the recording is none the core takes.
    #[error("recording, line {line}: {reason}")]
    Event {
        /// The line, from 1.
        line: usize,
        /// What the core said.
        reason: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{what}: {error}")]
    File {
        /// Which one.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The folder of photos has fewer than the recording takes.
    #[error("--photos has {found} JPEG files, the recording takes {needed}")]
    TooFewPhotos {
        /// Files found.
        found: usize,
        /// Photos taken in the recording.
        needed: usize,
    },
    /// A recovery key is none of those that the vault was wrapped for.
    #[error("--key: nothing in this vault is wrapped for this key")]
    ForeignKey,
    /// The vault or the box cannot be used.
    #[error("{what}: {reason}")]
    Setup {
        /// Which of them.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

impl ReplayError {
    /// A file error with a name for people.
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::File { what, error }
    }

    /// A setup error.
    pub(crate) fn setup(what: &'static str) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Setup { what, reason: reason.to_string() }
    }
}
