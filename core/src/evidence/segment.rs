//! What the segments of a JPEG say: size, sampling, tables, and who has written the file.
//!
//! Only the first bytes of a segment are kept while it passes, as many as its kind needs. Nothing here trusts a length:
//! what is not there says nothing.

/// The frame header: what a decoder would have to allocate for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Marker code of the header; it tells the coding process.
    pub code: u8,
    /// Bits a sample.
    pub precision: u8,
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Colour components.
    pub components: u8,
    /// Largest horizontal sampling factor: a unit is this many times 8 pixels wide.
    pub across: u8,
    /// Largest vertical sampling factor.
    pub down: u8,
}

impl Frame {
    /// Reads a frame header's body. Nothing if it is too short for its own count of components.
    pub(super) fn read(code: u8, body: &[u8]) -> Option<Self> {
        let (fixed, rest) = body.split_first_chunk::<6>()?;
        let [precision, high, low, right, left, components] = *fixed;
        let entries = rest.get(..usize::from(components) * 3)?.chunks_exact(3);
        let factors = entries.map(|entry| entry.get(1).copied().unwrap_or_default());
        let (across, down) = factors.fold((1, 1), |(x, y), both| (x.max(both >> 4), y.max(both & 15)));
        let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
        Some(Self { code, precision, height: side(high, low), width: side(right, left), components, across, down })
    }

    /// Whether all coefficients have to be held until the last scan.
    #[must_use]
    pub const fn is_progressive(&self) -> bool {
        self.code == 0xc2
    }

    /// Whether the picture is of a process that is decoded: 8 bits, baseline, extended or progressive, grey or colour.
    #[must_use]
    pub const fn is_common(&self) -> bool {
        matches!(self.code, 0xc0..=0xc2) && self.precision == 8 && matches!(self.components, 1 | 3)
    }

    /// Units of a scan that has all components.
    pub(super) fn units(&self) -> u64 {
        let single = self.components == 1;
        let of = |side: u32, factor: u8| u64::from(side).div_ceil(if single { 8 } else { 8 * u64::from(factor) });
        of(self.width, self.across) * of(self.height, self.down)
    }
}

/// Who may have written the file, by what stands in front of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// A JFIF header is the first segment, as libraries write it; EXIF asks cameras to put EXIF there.
    pub jfif_first: bool,
    /// An EXIF block.
    pub exif: bool,
    /// A multi-picture index: further pictures follow behind the end.
    pub multi_picture: bool,
    /// Segments that only editing programs write: Photoshop's resources, "Ducky", Adobe's colour marker.
    pub editor: bool,
    /// XMP says that a film belongs to the photo.
    pub film: bool,
    /// Quantisation tables are those of the JPEG standard's annex, scaled: a library's quality setting.
    pub standard_tables: bool,
}

/// Bytes that are kept of a segment with this code.
pub(super) const fn kept(code: u8) -> usize {
    match code {
        0xe1 => 4_096, // XMP names its film in the first lines
        0xdb => 4 * 129,
        0xc0..=0xcf | 0xda | 0xdd | 0xe0..=0xef => 64,
        _ => 0,
    }
}

impl Signs {
    /// Notes what an application segment is.
    pub(super) fn note(&mut self, code: u8, body: &[u8], is_first: bool) {
        match code {
            0xe0 if body.starts_with(b"JFIF\0") => self.jfif_first |= is_first,
            0xe1 if body.starts_with(b"Exif\0\0") => self.exif = true,
            0xe1 if body.starts_with(b"http://ns.adobe.com/xap/1.0/\0") => self.film |= names_film(body),
            0xe2 if body.starts_with(b"MPF\0") => self.multi_picture = true,
            0xec => self.editor |= body.starts_with(b"Ducky"),
            0xed => self.editor |= body.starts_with(b"Photoshop 3.0\0"),
            0xee => self.editor |= body.starts_with(b"Adobe"),
            0xdb => self.standard_tables |= has_standard_luminance(body),
            _ => {}
        }
    }
}

fn names_film(xmp: &[u8]) -> bool {
    let names: [&[u8]; 3] = [b"MotionPhoto=\"1\"", b"MicroVideo=\"1\"", b"MotionPhoto>1<"];
    names.iter().any(|name| memchr::memmem::find(xmp, name).is_some())
}

/// Table K.1 of the JPEG standard, in the zigzag order in which tables are stored.
const LUMINANCE: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
];

/// Whether the first table with 8 bits is table K.1 at one of the qualities 1 to 99. At 100 every table is all ones.
fn has_standard_luminance(body: &[u8]) -> bool {
    let Some((0, table)) = body.split_first().map(|(kind, rest)| (*kind, rest)) else { return false };
    let Some(table) = table.get(..64) else { return false };
    (1..100_u16).any(|quality| {
        let scale = if quality < 50 { 5_000 / quality } else { 200 - 2 * quality };
        let scaled = |base: &u16| (u32::from(*base) * u32::from(scale) + 50) / 100;
        table.iter().zip(&LUMINANCE).all(|(own, base)| u32::from(*own) == scaled(base).clamp(1, 255))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_librarys_table_is_known_at_every_quality_and_a_cameras_is_not() {
        for quality in 1..100_u32 {
            let scale = if quality < 50 { 5_000 / quality } else { 200 - 2 * quality };
            let table =
                LUMINANCE.map(|base| u8::try_from(((u32::from(base) * scale + 50) / 100).clamp(1, 255)).unwrap());
            let body = [&[0][..], &table].concat();
            assert!(has_standard_luminance(&body), "quality {quality}");
            let mut own = body;
            own[20] ^= 1;
            assert!(!has_standard_luminance(&own), "quality {quality}, one value changed");
        }
        assert!(!has_standard_luminance(&[0; 30]));
    }

    #[test]
    fn a_frame_header_says_how_much_there_is_to_decode() {
        let body = [8, 0x0b, 0xb8, 0x0f, 0xa0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
        let frame = Frame::read(0xc0, &body).expect("whole");
        assert_eq!((frame.width, frame.height, frame.across, frame.down), (4000, 3000, 2, 2));
        assert_eq!(frame.units(), 250 * 188);
        assert!(frame.is_common() && !frame.is_progressive());
        assert_eq!(Frame::read(0xc0, &body[..10]), None);
        assert!(!Frame::read(0xc3, &body).expect("whole").is_common(), "lossless");
    }
}
