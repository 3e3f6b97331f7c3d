//! The image of a disk as it was at one moment, although the kernel may go on writing to it.
//!
//! A clone of the file system that the image lies on is such a moment. Without one: copy, then compare. If the second
//! pass finds every block as the first has copied it, the copy is what the image was between the two; otherwise it takes
//! over what differs and compares once more. A plain copy would show the image's front as it was before its end, which no
//! disk ever shows: a journal without the entry whose blocks are written back.

use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{SeekFrom, ioctl_ficlone, seek};
use rustix::io::Errno;

const BLOCK: usize = 1 << 20;

/// Clones `from`; XFS and btrfs let no write in between.
pub(super) fn clone(from: &Path, to: &Path) -> Result<()> {
    Ok(ioctl_ficlone(File::create(to)?, File::open(from)?)?)
}

/// Copies `from`, sparse where it is; gives how many passes it took, which are at least two.
pub(super) fn copy(from: &Path, to: &Path) -> Result<u32> {
    let (from, to) = (File::open(from)?, File::options().read(true).write(true).create(true).truncate(true).open(to)?);
    to.set_len(from.metadata()?.len())?;
    let mut passes = 1;
    let mut changed = pass(&from, &to)?;
    while passes == 1 || changed {
        changed = pass(&from, &to)?;
        passes += 1;
    }
    Ok(passes)
}

/// Takes over what differs; says whether anything did.
fn pass(from: &File, to: &File) -> Result<bool> {
    let (mut new, mut old) = (vec![0; BLOCK], vec![0; BLOCK]);
    let (mut at, mut changed) = (0, false);
    while let Some(next) = next_data(from, to, at)? {
        let count = from.read_at(&mut new, next)?;
        let block = new.get(..count).unwrap_or_default();
        let known = old.get_mut(..count).unwrap_or_default();
        to.read_exact_at(known, next)?;
        if block != known {
            to.write_all_at(block, next)?;
            changed = true;
        }
        at = next + count.max(1) as u64;
    }
    Ok(changed)
}

/// Where the next data of either file begins: a hole in both is equal.
fn next_data(from: &File, to: &File, at: u64) -> Result<Option<u64>> {
    let mut nearest = None;
    for file in [from, to] {
        let found = match seek(file, SeekFrom::Data(at)) {
            Ok(found) => Some(found),
            Err(Errno::NXIO) => None,
            Err(error) => return Err(error.into()),
        };
        nearest = match (nearest, found) {
            (Some(one), Some(other)) => Some(u64::min(one, other)),
            (one, other) => one.or(other),
        };
    }
    Ok(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_same_bytes_and_the_same_holes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
        let file = File::create(&image).expect("creates");
        file.set_len(40 << 20).expect("lengthens");
        file.write_all_at(&[7; 5000], (17 << 20) + 123).expect("writes");
        assert_eq!(self::copy(&image, &copy).expect("copies"), 2);
        assert_eq!(std::fs::read(&image).expect("reads"), std::fs::read(&copy).expect("reads"));
        let copied = File::open(&copy).expect("opens");
        assert!(seek(&copied, SeekFrom::Data(0)).expect("has data") > 16 << 20, "the hole was filled");
    }

    #[test]
    fn a_pass_takes_over_what_was_written_and_what_was_let_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |name: &str| {
            let file = File::options().read(true).write(true).create_new(true).open(folder.path().join(name));
            let file = file.expect("creates");
            file.set_len(8 << 20).expect("lengthens");
            file
        };
        let (from, to) = (open("from"), open("to"));
        from.write_all_at(&[1; 10], 0).expect("writes");
        to.write_all_at(&[2; 10], 6 << 20).expect("writes");
        assert!(pass(&from, &to).expect("passes"));
        assert!(!pass(&from, &to).expect("passes"));
        let mut block = [9; 10];
        to.read_exact_at(&mut block, 6 << 20).expect("reads");
        assert_eq!(block, [0; 10]);
    }
}
