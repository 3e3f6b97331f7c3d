//! A bounded walk over a HEIC file's boxes, while its bytes pass by: size, turn and EXIF, without pixels.
//!
//! A HEIC file is a row of boxes; one of them, `meta`, lists the items of the picture, their properties and where their
//! bytes lie. The walk keeps that box and the bytes of the EXIF item and nothing else. It reads what cameras write, with
//! the EXIF item in one piece; what it does not understand is missing and never guessed.

use super::boxes::{Meta, Place};
use super::limits::LIMITS;

/// What a walk has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeicScan {
    state: State,
    /// Position in the file.
    at: u64,
    /// First bytes of the box that passes.
    header: Vec<u8>,
    boxes: u32,
    meta: Vec<u8>,
    found: Option<Meta>,
    exif: Vec<u8>,
    /// Whether a box of a motion photo was seen.
    film: bool,
    /// Bytes behind the last box, or in boxes that are no part of the picture.
    pub trailing: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Expects a box's header.
    #[default]
    Header,
    /// In a box: its type and bytes left, none if it goes to the end of the file.
    Body([u8; 4], Option<u64>),
    /// Behind the last box.
    Trailing,
    Broken,
}

/// Whether a file begins as a HEIC picture: a `ftyp` box that names HEVC in the brand or in a compatible one.
#[must_use]
pub fn is_heic(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else { return false };
    let Some(brands) = rest.strip_prefix(b"ftyp") else { return false };
    let length = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX).saturating_sub(8);
    let brands = brands.get(..length.min(256)).unwrap_or(brands);
    let mut names = brands.chunks_exact(4);
    names.any(|name| matches!(name, b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx"))
}

impl HeicScan {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.take(bytes).clamp(1, bytes.len());
            self.keep_exif(bytes.get(..taken).unwrap_or_default());
            self.at += taken as u64;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Whether the file has kept the form so far.
    #[must_use]
    pub const fn is_heic(&self) -> bool {
        !matches!(self.state, State::Broken)
    }

    /// Whether the file ends where its boxes end.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        match self.state {
            State::Header => self.header.is_empty() && self.boxes > 0,
            State::Body(_, left) => left.is_none(),
            State::Trailing => true,
            State::Broken => false,
        }
    }

    /// Stored width and height of the picture.
    #[must_use]
    pub fn size(&self) -> Option<(u32, u32)> {
        self.found.as_ref()?.size
    }

    /// Whether the picture carries its own turn or mirroring.
    #[must_use]
    pub fn is_turned(&self) -> bool {
        self.found.as_ref().is_some_and(|meta| meta.turned)
    }

    /// Whether a film belongs to the picture.
    #[must_use]
    pub const fn has_film(&self) -> bool {
        self.film
    }

    /// The TIFF block of the EXIF item, if it could be had. The item begins with the offset of the block.
    #[must_use]
    pub fn exif(&self) -> Option<&[u8]> {
        let (skip, rest) = self.exif.split_first_chunk::<4>()?;
        rest.get(usize::try_from(u32::from_be_bytes(*skip)).ok()?..)
    }

    /// Whether there is an EXIF item, readable or not.
    #[must_use]
    pub fn names_exif(&self) -> bool {
        self.found.as_ref().is_some_and(|meta| meta.exif != Place::None)
    }

    /// Bytes that are dealt with.
    fn take(&mut self, bytes: &[u8]) -> usize {
        match self.state {
            State::Header => self.begin(bytes),
            State::Body(kind, left) => {
                let taken =
                    left.map_or(bytes.len(), |left| usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len()));
                self.body(kind, bytes.get(..taken).unwrap_or_default(), left);
                taken
            }
            State::Trailing => {
                self.trailing += bytes.len() as u64;
                bytes.len()
            }
            State::Broken => bytes.len(),
        }
    }

    /// Collects a header of 8 bytes, or of 16 where the size needs them.
    fn begin(&mut self, bytes: &[u8]) -> usize {
        let wanted = if self.header.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
        let taken = (wanted - self.header.len().min(wanted)).min(bytes.len());
        self.header.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        let is_long = self.header.starts_with(&[0, 0, 0, 1]);
        if self.header.len() == if is_long { 16 } else { 8 } {
            let header = std::mem::take(&mut self.header);
            self.state = self.enter(&header);
        }
        taken
    }

    fn enter(&mut self, header: &[u8]) -> State {
        let Some((size, rest)) = header.split_first_chunk::<4>() else { return State::Broken };
        let Some((kind, long)) = rest.split_first_chunk::<4>() else { return State::Broken };
        self.boxes += 1;
        let is_name = kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        if !is_name || self.boxes > LIMITS.heic_boxes {
            self.trailing += header.len() as u64;
            return if self.found.is_some() { State::Trailing } else { State::Broken };
        }
        let length = match u32::from_be_bytes(*size) {
            0 => return State::Body(*kind, None),
            1 => long.first_chunk().map_or(0, |long| u64::from_be_bytes(*long)),
            length => u64::from(length),
        };
        match length.checked_sub(header.len() as u64) {
            Some(0) => State::Header,
            Some(left) => State::Body(*kind, Some(left)),
            None => State::Broken,
        }
    }

    fn body(&mut self, kind: [u8; 4], bytes: &[u8], left: Option<u64>) {
        let left = left.map(|left| left - bytes.len() as u64);
        match &kind {
            b"meta" if self.found.is_none() => self.keep_meta(bytes, left),
            // Google's box for the film, Samsung's for its own additions.
            b"mpvd" | b"sefd" => {
                self.film |= &kind == b"mpvd";
                self.trailing += bytes.len() as u64;
            }
            _ => {}
        }
        self.state = if left == Some(0) { State::Header } else { State::Body(kind, left) };
    }

    fn keep_meta(&mut self, bytes: &[u8], left: Option<u64>) {
        let room = LIMITS.heic_meta_bytes - self.meta.len();
        self.meta.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        if left == Some(0) {
            self.found = Some(Meta::read(&std::mem::take(&mut self.meta)).unwrap_or_default());
        }
    }

    /// Keeps what of the EXIF item lies in these bytes, which begin at `self.at`.
    fn keep_exif(&mut self, bytes: &[u8]) {
        let Some(Place::At(from, length)) = self.found.as_ref().map(|meta| meta.exif) else { return };
        let next = from + self.exif.len() as u64;
        let room = length.min(LIMITS.exif_bytes as u64).saturating_sub(self.exif.len() as u64);
        let Some(skip) = next.checked_sub(self.at).and_then(|skip| usize::try_from(skip).ok()) else { return };
        let rest = bytes.get(skip..).unwrap_or_default();
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(rest.len());
        self.exif.extend_from_slice(rest.get(..room).unwrap_or_default());
    }
}
