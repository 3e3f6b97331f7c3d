//! A writer for the little of TIFF 6.0 that EXIF needs: directories of fields, little-endian, values of up to four
//! bytes in the field itself and longer ones behind the directory.

/// One field of a directory.
pub(super) struct Field {
    tag: u16,
    kind: u16,
    count: usize,
    value: Vec<u8>,
}

impl Field {
    /// ASCII with the closing zero.
    pub(super) fn text(tag: u16, text: &str) -> Self {
        let value: Vec<u8> = text.bytes().chain([0]).collect();
        Self { tag, kind: 2, count: value.len(), value }
    }

    /// Raw bytes, as type BYTE (1) or UNDEFINED (7).
    pub(super) fn bytes(tag: u16, kind: u16, value: &[u8]) -> Self {
        Self { tag, kind, count: value.len(), value: value.to_vec() }
    }

    /// One 16-bit number.
    pub(super) fn short(tag: u16, value: u16) -> Self {
        Self { tag, kind: 3, count: 1, value: value.to_le_bytes().to_vec() }
    }

    /// One 32-bit number.
    pub(super) fn long(tag: u16, value: u32) -> Self {
        Self { tag, kind: 4, count: 1, value: value.to_le_bytes().to_vec() }
    }

    /// Fractions as numerator and denominator.
    pub(super) fn fractions(tag: u16, parts: &[(u32, u32)]) -> Self {
        let value = parts.iter().flat_map(|(over, under)| [over.to_le_bytes(), under.to_le_bytes()]).flatten();
        Self { tag, kind: 5, count: parts.len(), value: value.collect() }
    }
}

/// How many bytes a directory takes with its long values, so that the next offset is known before writing.
pub(super) fn length(fields: &[Field]) -> usize {
    let long: usize = fields.iter().map(|field| spill(field).len().next_multiple_of(2)).sum();
    2 + fields.len() * 12 + 4 + long
}

/// Writes one directory for the offset `start` from the beginning of the TIFF file. The fields must come sorted by
/// tag.
pub(super) fn directory(fields: &[Field], start: usize) -> Vec<u8> {
    let mut table = short(fields.len()).to_vec();
    let mut behind = Vec::new();
    let heap = start + 2 + fields.len() * 12 + 4;
    for field in fields {
        table.extend(field.tag.to_le_bytes());
        table.extend(field.kind.to_le_bytes());
        table.extend(long(field.count));
        table.extend(inline(field).unwrap_or_else(|| long(heap + behind.len())));
        behind.extend_from_slice(spill(field));
        behind.resize(behind.len().next_multiple_of(2), 0);
    }
    table.extend([0; 4]);
    table.extend(behind);
    table
}

/// The header in front of the first directory.
pub(super) const HEADER: [u8; 8] = *b"II\x2A\0\x08\0\0\0";

/// The value if it fits into the field, padded to four bytes.
fn inline(field: &Field) -> Option<[u8; 4]> {
    let mut padded = field.value.clone();
    padded.resize(field.value.len().max(4), 0);
    padded.try_into().ok()
}

/// The value if it doesn't fit into the field.
fn spill(field: &Field) -> &[u8] {
    if field.value.len() > 4 { &field.value } else { &[] }
}

fn short(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes()
}

fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}
