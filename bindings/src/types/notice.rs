//! What an app tells the officer besides the answers of calls.

use streife_core::client::{Damage, Notice};

/// Something that opening, unlocking or handing over has found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NoticeView {
    /// A crash had left files without rows.
    Recovered {
        /// Photos taken into their drafts.
        adopted: u32,
        /// Torn files removed; none was acknowledged.
        deleted: u32,
        /// Files set aside in the quarantine.
        quarantined: u32,
    },
    /// The disk ran full while something was being written, and the vault has given up what it held back, so that it
    /// could be finished. No case can be begun until there is room again.
    BallastGiven {
        /// Given back to the disk.
        bytes: u64,
    },
    /// Somebody else has worked on the vault while it was suspended, or has put another state in its place.
    ChangedWhileSuspended {
        /// Number of the newest journal entry when it was left.
        left: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
    /// A record is not what the journal or a signature says. All others stay usable.
    Damaged {
        /// The record, by its kind and id: `case 00…`.
        record: String,
        /// What is wrong with it, in plain words: `missing`, `changed`, `outdated` ….
        fault: String,
        /// Number of the journal entry that tells what it should be.
        entry: Option<u64>,
        /// First chunk of a sealed file that does not open, from 0.
        chunk: Option<u32>,
    },
    /// The vault's folder was set back to an older state, or replaced. What happened since is not on this phone.
    SetBack {
        /// Number of the newest entry that the anchor outside the folder knows of.
        anchored: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
    /// Another copy of the vault's folder has been opened in between.
    Copied,
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Recovered { adopted, deleted, quarantined } => Self::Recovered { adopted, deleted, quarantined },
            Notice::BallastGiven { bytes } => Self::BallastGiven { bytes },
            Notice::ChangedWhileSuspended { left, found } => Self::ChangedWhileSuspended { left, found },
            Notice::SetBack { anchored, found } => Self::SetBack { anchored, found },
            Notice::Copied => Self::Copied,
            Notice::Damaged(Damage { record, fault, entry, chunk }) => {
                Self::Damaged { record: record.to_string(), fault: fault.to_string(), entry, chunk }
            }
        }
    }
}
