//! What an app tells the officer besides the answers of calls.

use streife_core::client::{Notice, Space, SpaceLevel};

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
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Recovered { adopted, deleted, quarantined } => Self::Recovered { adopted, deleted, quarantined },
            Notice::BallastGiven { bytes } => Self::BallastGiven { bytes },
            Notice::ChangedWhileSuspended { left, found } => Self::ChangedWhileSuspended { left, found },
        }
    }
}

/// What may be begun with the room that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SpaceLevelView {
    /// There is room.
    Enough,
    /// A case can be begun and finished; the officer should make room.
    Low,
    /// No case can be begun. One that was begun can be finished, and the queue can be handed over.
    Full,
}

/// Room on the vault's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SpaceView {
    /// What it means.
    pub level: SpaceLevelView,
    /// Free for this app, bytes.
    pub free: u64,
    /// Held back by the vault, bytes; less than configured after the disk was full.
    pub ballast: u64,
}

impl From<Space> for SpaceView {
    fn from(Space { level, free, ballast }: Space) -> Self {
        let level = match level {
            SpaceLevel::Enough => SpaceLevelView::Enough,
            SpaceLevel::Low => SpaceLevelView::Low,
            SpaceLevel::Full => SpaceLevelView::Full,
        };
        Self { level, free, ballast }
    }
}
