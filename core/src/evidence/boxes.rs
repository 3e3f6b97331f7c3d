//! The `meta` box of a HEIC file (ISO/IEC 14496-12 and 23008-12): which item is the picture, how large and how turned it
//! is, and where the EXIF item lies.
//!
//! Counts in the box are claims: every list ends where the bytes end, and at the limit.

use super::limits::LIMITS;

/// Where an item's bytes lie in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// There is no such item.
    #[default]
    None,
    /// There is one, in several pieces or within the box.
    Elsewhere,
    /// Offset and length.
    At(u64, u64),
}

/// What is known of the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) size: Option<(u32, u32)>,
    /// Whether the picture is to be turned or mirrored by its own properties.
    pub(super) turned: bool,
    pub(super) exif: Place,
}

impl Meta {
    /// Reads the body of the box.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let parts: Vec<_> = Boxes(body.get(4..)?).take(LIMITS.heic_boxes as usize).collect();
        let part = |name: &[u8; 4]| parts.iter().find(|(kind, _)| kind == name).map(|(_, body)| *body);
        let mut primary = Numbers(part(b"pitm")?);
        let version = primary.uint(4)? >> 24;
        let primary = primary.uint(if version == 0 { 2 } else { 4 })?;
        let exif = match part(b"iinf").and_then(exif_item) {
            Some(item) => part(b"iloc").and_then(|list| place(list, item)).unwrap_or(Place::Elsewhere),
            None => Place::None,
        };
        let mut meta = Self { exif, ..Self::default() };
        if let Some(properties) = part(b"iprp") {
            meta.apply(properties, primary);
        }
        Some(meta)
    }

    fn apply(&mut self, properties: &[u8], item: u64) -> Option<()> {
        let part = |name: &[u8; 4]| Boxes(properties).find(|(kind, _)| kind == name).map(|(_, body)| body);
        let all: Vec<_> = Boxes(part(b"ipco")?).take(LIMITS.heic_items as usize).collect();
        for index in associated(part(b"ipma")?, item)? {
            match all.get(usize::from(index).checked_sub(1)?).map(|(kind, body)| (kind, *body)) {
                Some((b"ispe", body)) => {
                    let mut numbers = Numbers(body.get(4..)?);
                    let side = |value: u64| u32::try_from(value).ok();
                    self.size = Some((side(numbers.uint(4)?)?, side(numbers.uint(4)?)?));
                }
                Some((b"irot" | b"imir", _)) => self.turned = true,
                _ => {}
            }
        }
        Some(())
    }
}

/// The properties of an item, numbered from 1.
fn associated(body: &[u8], item: u64) -> Option<Vec<u16>> {
    let mut numbers = Numbers(body);
    let head = numbers.uint(4)?;
    let (version, is_wide) = (head >> 24, head & 1 == 1);
    for _ in 0..numbers.uint(4)?.min(u64::from(LIMITS.heic_items)) {
        let id = numbers.uint(if version == 0 { 2 } else { 4 })?;
        let count = numbers.uint(1)?;
        let mut indices = Vec::new();
        for _ in 0..count {
            let index = if is_wide { numbers.uint(2)? & 0x7fff } else { numbers.uint(1)? & 0x7f };
            indices.push(u16::try_from(index).ok()?);
        }
        if id == item {
            return Some(indices);
        }
    }
    None
}

/// The number of the item that holds EXIF.
fn exif_item(body: &[u8]) -> Option<u64> {
    let version = *body.first()?;
    let entries = Boxes(body.get(if version == 0 { 6 } else { 8 }..)?).take(LIMITS.heic_items as usize);
    entries.filter(|(kind, _)| kind == b"infe").find_map(|(_, entry)| {
        let mut numbers = Numbers(entry);
        let version = numbers.uint(4)? >> 24;
        let id = numbers.uint(if version >= 3 { 4 } else { 2 })?;
        numbers.uint(2)?; // protection
        (version >= 2 && numbers.0.starts_with(b"Exif")).then_some(id)
    })
}

/// Where an item lies. Nothing if the list does not name it.
fn place(body: &[u8], item: u64) -> Option<Place> {
    let mut numbers = Numbers(body);
    let version = numbers.uint(4)? >> 24;
    let widths = numbers.uint(2)?;
    let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| (widths >> shift) & 15);
    for _ in 0..numbers.uint(if version < 2 { 2 } else { 4 })?.min(u64::from(LIMITS.heic_items)) {
        let id = numbers.uint(if version < 2 { 2 } else { 4 })?;
        let method = if version > 0 { numbers.uint(2)? & 15 } else { 0 };
        let reference = numbers.uint(2)?;
        let start = numbers.uint(base)?;
        let pieces = numbers.uint(2)?;
        let mut whole = Place::Elsewhere;
        for _ in 0..pieces {
            if version > 0 {
                numbers.uint(index)?;
            }
            let (from, length) = (numbers.uint(offset)?, numbers.uint(length)?);
            if pieces == 1 && method == 0 && reference == 0 {
                whole = Place::At(start.checked_add(from)?, length);
            }
        }
        if id == item {
            return Some(whole);
        }
    }
    None
}

/// Boxes in a row: name and body. Ends at the first that does not fit.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (size, rest) = self.0.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*size)).ok()?.checked_sub(8)?;
        let body = rest.get(..length)?;
        self.0 = rest.get(length..)?;
        Some((*kind, body))
    }
}

/// Big-endian numbers in a row.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    /// The next number of 0 to 8 bytes.
    fn uint(&mut self, width: u64) -> Option<u64> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(width).ok()?)?;
        self.0 = rest;
        (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
