//! Photo files made byte by byte: what cameras, messengers and attackers write.
#![expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "files of a known form; texture")]

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// A small textured JPEG with 4:2:0 colour.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    encoded(width, height, |encoder| encoder.set_sampling_factor(SamplingFactor::F_2_2))
}

pub fn encoded(width: u16, height: u16, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let pixels: Vec<u8> = (0..u32::from(height))
        .flat_map(|y| (0..u32::from(width)).flat_map(move |x| [(x * 7 + y) as u8, (y * 5) as u8, (x * y / 16) as u8]))
        .collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    set(&mut encoder);
    encoder.encode(&pixels, width, height, ColorType::Rgb).expect("a vector takes every byte");
    file
}

/// A segment with this marker code.
pub fn segment(code: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).expect("short enough").to_be_bytes();
    [&[0xff, code][..], &length, body].concat()
}

/// The file with segments put in behind its start marker.
pub fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// The file with an EXIF block.
pub fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    with_segments(jpeg, &[segment(0xe1, &[b"Exif\0\0", tiff].concat())])
}

/// The file without its JFIF header, as cameras write.
pub fn without_jfif(jpeg: &[u8]) -> Vec<u8> {
    assert_eq!(jpeg[2..4], [0xff, 0xe0]);
    let length = usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
    [&jpeg[..2], &jpeg[4 + length..]].concat()
}

/// A value in an EXIF directory.
#[derive(Clone)]
pub enum Value {
    Text(&'static str),
    Byte(u8),
    Short(u16),
    Long(u32),
    SLong(i32),
    Fractions(Vec<(u32, u32)>),
    SFractions(Vec<(i32, i32)>),
}

impl Value {
    fn parts(&self) -> (u16, u32, Vec<u8>) {
        let count = |length: usize| u32::try_from(length).expect("short");
        match self {
            Self::Text(text) => (2, count(text.len()) + 1, [text.as_bytes(), &[0]].concat()),
            Self::Byte(value) => (1, 1, vec![*value]),
            Self::Short(value) => (3, 1, value.to_be_bytes().to_vec()),
            Self::Long(value) => (4, 1, value.to_be_bytes().to_vec()),
            Self::SLong(value) => (9, 1, value.to_be_bytes().to_vec()),
            Self::Fractions(parts) => {
                let bytes = parts.iter().flat_map(|(over, under)| [over.to_be_bytes(), under.to_be_bytes()]);
                (5, count(parts.len()), bytes.flatten().collect())
            }
            Self::SFractions(parts) => {
                let bytes = parts.iter().flat_map(|(over, under)| [over.to_be_bytes(), under.to_be_bytes()]);
                (10, count(parts.len()), bytes.flatten().collect())
            }
        }
    }
}

pub type Fields = Vec<(u16, Value)>;

fn directory(fields: &Fields, at: usize) -> Vec<u8> {
    let mut table = u16::try_from(fields.len()).expect("few").to_be_bytes().to_vec();
    let heap = at + 2 + fields.len() * 12 + 4;
    let mut behind = Vec::new();
    for (tag, value) in fields {
        let (kind, count, mut bytes) = value.parts();
        table.extend([&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes()].concat());
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            table.extend(bytes);
        } else {
            table.extend(u32::try_from(heap + behind.len()).expect("short").to_be_bytes());
            behind.extend(bytes);
        }
    }
    [table, vec![0; 4], behind].concat()
}

/// A TIFF block, big-endian: the first directory, that of the exposure and that of the position.
pub fn tiff(mut first: Fields, exposure: &Fields, position: Option<&Fields>) -> Vec<u8> {
    let pointers = 1 + usize::from(position.is_some());
    let behind: usize = first.iter().map(|(_, value)| value.parts().2.len()).filter(|length| *length > 4).sum();
    let exposure_at = 8 + 2 + (first.len() + pointers) * 12 + 4 + behind;
    let exposure = directory(exposure, exposure_at);
    let position_at = exposure_at + exposure.len();
    let long = |at: usize| Value::Long(u32::try_from(at).expect("short"));
    first.push((0x8769, long(exposure_at)));
    if position.is_some() {
        first.push((0x8825, long(position_at)));
    }
    let position = position.map(|fields| directory(fields, position_at)).unwrap_or_default();
    [&b"MM\0\x2a\0\0\0\x08"[..], &directory(&first, 8), &exposure, &position].concat()
}

/// Degrees, minutes, seconds.
pub fn sexagesimal(degrees: u32, minutes: u32, seconds: u32) -> Value {
    Value::Fractions(vec![(degrees, 1), (minutes, 1), (seconds, 1)])
}

/// Marienplatz, as a camera writes it.
pub fn munich() -> Fields {
    vec![
        (1, Value::Text("N")),
        (2, sexagesimal(48, 8, 14)),
        (3, Value::Text("E")),
        (4, sexagesimal(11, 34, 31)),
        (7, sexagesimal(4, 0, 7)),
        (0x1d, Value::Text("2026:06:16")),
    ]
}

/// A box of a HEIC file.
pub fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).expect("short").to_be_bytes();
    [&length[..], kind, body].concat()
}

/// A HEIC file as a phone writes it, but for its pixels: size, turn if wanted, EXIF item in `mdat`.
pub fn heic(width: u32, height: u32, turned: bool, tiff: &[u8]) -> Vec<u8> {
    let exif = [&[0, 0, 0, 6][..], b"Exif\0\0", tiff].concat();
    let entry = |id: u8, kind: &[u8; 4]| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0][..], kind, &[0]].concat());
    let items = [&[0, 0, 0, 0, 0, 2][..], &entry(1, b"hvc1"), &entry(2, b"Exif")].concat();
    let size = boxed(b"ispe", &[&[0; 4][..], &width.to_be_bytes(), &height.to_be_bytes()].concat());
    let turn = if turned { boxed(b"irot", &[3]) } else { boxed(b"pixi", &[0, 0, 0, 0, 1, 8]) };
    let list = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2][..], &[0x81, 0x82]].concat();
    let properties = [boxed(b"ipco", &[size, turn].concat()), boxed(b"ipma", &list)].concat();
    let meta = |at: u32| {
        let length = u32::try_from(exif.len()).expect("short").to_be_bytes();
        // Offset and length of 4 bytes each, no base; one item in one piece.
        let place = [&[0, 0, 0, 0, 0x44, 0, 0, 1, 0, 2, 0, 0, 0, 1][..], &at.to_be_bytes(), &length].concat();
        let parts = [
            vec![0; 4],
            boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
            boxed(b"iinf", &items),
            boxed(b"iloc", &place),
            boxed(b"iprp", &properties),
        ];
        boxed(b"meta", &parts.concat())
    };
    let kind = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    let at = u32::try_from(kind.len() + meta(0).len() + 8 + 100).expect("short");
    [kind, meta(at), boxed(b"mdat", &[&[0x5a; 100][..], &exif, &[0x5a; 40]].concat())].concat()
}

/// Quantisation tables, Huffman tables and a scan of nothing: 693 bytes that claim 65,500 pixels a side.
pub fn size_bomb() -> Vec<u8> {
    let mut file = without_jfif(&jpeg(8, 8));
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
    file[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    file
}

/// A progressive picture with so many more scans of one component.
pub fn scan_bomb(scans: usize) -> Vec<u8> {
    let file = encoded(640, 480, |encoder| encoder.set_progressive(true));
    let (end, body) = (file.len() - 2, &file[..file.len() - 2]);
    // Refines one bit of one wave, which is what costs a pass and no byte: every block says "nothing" in a long run.
    let scan = [&[0xff, 0xda, 0, 8, 1, 1, 0, 63, 63, 0][..], &[0; 20]].concat();
    [body, &scan.repeat(scans), &file[end..]].concat()
}

/// 2,700 entries of an EXIF block that all name the same 32 KB.
pub fn exif_bomb() -> Vec<u8> {
    let count = 2_700_u16;
    let heap = 8 + 2 + u32::from(count) * 12 + 4;
    let length = 65_400 - heap;
    let entry = |tag: u16| [&tag.to_be_bytes()[..], &[0, 2], &length.to_be_bytes(), &heap.to_be_bytes()].concat();
    let entries: Vec<u8> = (0..count).flat_map(|number| entry(0x4000 + number)).collect();
    let heap = vec![0; length as usize];
    [&b"MM\0\x2a\0\0\0\x08"[..], &count.to_be_bytes(), &entries, &[0; 4], &heap].concat()
}
