//! Counts the directories and entries of an EXIF block before a parser sees it.
//!
//! A directory may lie anywhere in the block, also within another one, and a pointer to one may be given as often as an
//! entry fits. So a block of 64 KB can describe millions of entries. This count follows the same pointers as the parser
//! does and stops at the limit; it holds nothing but the places it has been to.

use std::collections::BTreeSet;

use super::limits::LIMITS;

const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const INTEROP: u16 = 0xa005;

/// What the count has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    /// Whether there is a pointer to a position, wherever it leads.
    pub(super) names_gps: bool,
    entries: u32,
    directories: u32,
}

/// Counts a TIFF block. Nothing if it is none, or beyond the limits.
pub(super) fn census(tiff: &[u8]) -> Option<Census> {
    let mut walk = Walk { tiff, little: tiff.starts_with(b"II"), seen: BTreeSet::new(), census: Census::default() };
    let mut next = walk.long(4)?;
    while next != 0 {
        if walk.seen.contains(&next) {
            break;
        }
        next = walk.directory(next, 0)?;
    }
    Some(walk.census)
}

struct Walk<'a> {
    tiff: &'a [u8],
    little: bool,
    seen: BTreeSet<u32>,
    census: Census,
}

impl Walk<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.tiff.get(at..)?.first_chunk().copied()
    }

    fn short(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(|bytes| if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(|bytes| if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// Counts a directory and those that it points to; gives the place of the following one, 0 if there is none. Nothing
    /// when a limit is passed: then nobody goes on.
    fn directory(&mut self, at: u32, depth: u8) -> Option<u32> {
        self.census.directories += 1;
        if self.census.directories > LIMITS.exif_directories {
            return None;
        }
        self.seen.insert(at);
        let mut place = usize::try_from(at).ok()?;
        let Some(count) = self.short(place) else { return Some(0) };
        place += 2;
        for _ in 0..count {
            let Some(tag) = self.bytes::<12>(place).and_then(|_| self.short(place)) else { return Some(0) };
            self.census.entries += 1;
            if self.census.entries > LIMITS.exif_entries {
                return None;
            }
            self.census.names_gps |= depth == 0 && tag == GPS;
            if leads_on(tag, depth) {
                self.follow(place, depth)?;
            }
            place += 12;
        }
        Some(self.long(place).unwrap_or(0))
    }

    fn follow(&mut self, entry: usize, depth: u8) -> Option<()> {
        match self.pointer(entry) {
            Some(at) if !self.seen.contains(&at) => self.directory(at, depth + 1).map(drop),
            _ => Some(()),
        }
    }

    /// The number that an entry holds, if it is of a type that passes for a pointer. Only one in the entry itself counts:
    /// a longer list of numbers is followed by its first one, which lies elsewhere.
    fn pointer(&self, entry: usize) -> Option<u32> {
        let (kind, count) = (self.short(entry + 2)?, self.long(entry + 4)?);
        let width = match kind {
            1 => 1,
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let within = u64::from(count) * width <= 4;
        let at = if within { entry + 8 } else { usize::try_from(self.long(entry + 8)?).ok()? };
        match kind {
            1 => self.bytes::<1>(at).map(|[byte]| u32::from(byte)),
            3 => self.short(at).map(u32::from),
            _ => self.long(at),
        }
    }
}

const fn leads_on(tag: u16, depth: u8) -> bool {
    matches!((depth, tag), (0, EXIF | GPS) | (1, INTEROP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tag: u16, kind: u16, value: u32) -> Vec<u8> {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
    }

    fn block(entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
        [&b"II\x2a\0\x08\0\0\0"[..], &count, &entries.concat(), &[0; 4]].concat()
    }

    #[test]
    fn a_cameras_block_is_counted() {
        let block = block(&[entry(0x0112, 3, 1), entry(GPS, 4, 38)]);
        assert_eq!(census(&block), Some(Census { names_gps: true, entries: 2, directories: 2 }));
        assert_eq!(census(b"II\x2a\0"), None);
    }

    #[test]
    fn directories_that_overlap_stop_at_the_limit() {
        // Each of 5,000 pointers leads two bytes further into the list of pointers itself.
        let pointers: Vec<_> = (0..5_000).map(|number| entry(EXIF, 4, 10 + 2 * number)).collect();
        assert_eq!(census(&block(&pointers)), None);
        let few: Vec<_> = (0..20).map(|number| entry(EXIF, 4, 1_000 + number)).collect();
        assert_eq!(census(&block(&few)), None, "20 directories");
        let many = vec![entry(0x0112, 3, 1); 1_100];
        assert_eq!(census(&block(&many)), None, "1,100 entries");
    }

    #[test]
    fn a_circle_ends() {
        let mut circle = block(&[entry(0x0112, 3, 1)]);
        let end = circle.len() - 4;
        circle[end..].copy_from_slice(&8_u32.to_le_bytes());
        assert_eq!(census(&circle).map(|census| census.directories), Some(1));
    }
}
