//! The file systems that cuts are tried on.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use crate::disk::run;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// Data reaches the disk before the journal names it.
    Ext4,
    /// Journals names and lengths only.
    Xfs,
    /// Writes nothing in place.
    Btrfs,
}

impl FileSystem {
    /// As `mount` names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
        }
    }

    /// Makes an empty one in an image file of this many bytes.
    pub(super) fn make(self, image: &Path, size: u64) -> Result<(), String> {
        File::create(image).and_then(|file| file.set_len(size)).map_err(|error| error.to_string())?;
        let mut command = Command::new(format!("mkfs.{}", self.as_str()));
        match self {
            // What it initialises later would go on writing behind the tests.
            Self::Ext4 => command.args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]),
            Self::Xfs | Self::Btrfs => command.args(["-q", "-f"]),
        };
        run(command.arg(image))
    }

    /// Bytes; XFS and btrfs take no less.
    pub(super) const fn size(self) -> u64 {
        match self {
            Self::Ext4 => 256 << 20,
            Self::Xfs | Self::Btrfs => 320 << 20,
        }
    }
}
