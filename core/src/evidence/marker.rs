//! A bounded walk over a JPEG's markers, while its bytes pass by.
//!
//! A decoder that "succeeds" proves nothing: a photo cut in half decodes to a filled rest. This walk says where the
//! picture really ends, how large it claims to be before anyone allocates for it, how often a decoder would have to go
//! over it, and what follows behind its end (a motion photo carries a film with sound there). It holds some kilobytes,
//! whatever comes.

use super::limits::LIMITS;
use super::segment::{Frame, Signs, kept};

/// What follows behind the end of a picture, by its first bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trailing {
    /// A film, as motion photos have it: people and voices who are not part of the case.
    Film,
    /// Another picture, such as a gain map or a small copy.
    Picture,
    /// Anything else.
    #[default]
    Other,
}

/// What a walk has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JpegScan {
    state: State,
    /// The first frame header.
    pub frame: Frame,
    /// Who may have written the file.
    pub signs: Signs,
    /// Bytes behind the end of the picture.
    pub trailing: u64,
    frames: u32,
    segments: u32,
    scans: u32,
    /// Units between two restart markers; 0 without.
    interval: u16,
    restarts: u64,
    /// The first bytes of the segment that passes, or of what trails.
    body: Vec<u8>,
}

/// Where the walk stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Expects the first or second byte of the start marker.
    #[default]
    Start,
    StartCode,
    /// Expects 0xFF of a marker.
    Marker,
    /// Expects the marker's code.
    Code,
    /// Expects the length's high byte of a segment with this code.
    LengthHigh(u8),
    /// Expects the length's low byte.
    LengthLow(u8, u8),
    /// Within a segment: code, bytes left.
    Body(u8, u16),
    /// Within entropy-coded data.
    Entropy,
    /// After 0xFF within entropy-coded data.
    EntropyCode,
    /// Behind the end marker.
    Trailing,
    /// Not a JPEG, or beyond the limits.
    Broken,
}

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DRI: u8 = 0xdd;
/// As many bytes of what trails as tell its kind.
const TRAILING: usize = 12;

impl JpegScan {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some((byte, rest)) = bytes.split_first() {
            match self.skip(bytes) {
                0 => {
                    self.state = self.step(*byte);
                    bytes = rest;
                }
                taken => bytes = bytes.get(taken..).unwrap_or_default(),
            }
        }
    }

    /// The walk over a whole file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut scan = Self::default();
        scan.push(bytes);
        scan
    }

    /// Whether the file begins as a JPEG and has kept the form so far.
    #[must_use]
    pub const fn is_jpeg(&self) -> bool {
        !matches!(self.state, State::Start | State::StartCode | State::Broken)
    }

    /// Whether the end of the picture has been seen.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Trailing
    }

    /// Whether a decoder may be given the picture: one frame of a known process and size, and not too many scans.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        let (frame, limits) = (&self.frame, &LIMITS);
        let pixels = u64::from(frame.width) * u64::from(frame.height);
        let most = if frame.is_progressive() { limits.progressive_pixels } else { limits.pixels };
        [frame.width, frame.height].iter().all(|side| (1..=limits.side_pixels).contains(side))
            && pixels <= most
            && self.frames == 1
            && frame.is_common()
            && (1..=limits.scans).contains(&self.scans)
    }

    /// Whether restart markers are missing that the picture's size asks for: it was cut, and an end was set behind the
    /// cut. Pictures without restart markers, or with several scans, do not tell.
    #[must_use]
    pub fn lacks_data(&self) -> bool {
        let interval = u64::from(self.interval);
        let tells = self.is_complete() && interval > 0 && self.scans == 1 && self.frame.is_common();
        tells && self.restarts + 1 < self.frame.units().div_ceil(interval)
    }

    /// What follows behind the end; nothing if the picture ends with the file.
    #[must_use]
    pub fn trailing_kind(&self) -> Option<Trailing> {
        (self.trailing > 0).then_some(match self.body.as_slice() {
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Trailing::Film,
            _ if self.signs.film => Trailing::Film,
            [0xff, SOI, 0xff, ..] => Trailing::Picture,
            _ => Trailing::Other,
        })
    }

    /// Bytes that need no look one by one.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        match self.state {
            State::Entropy => self.pass_entropy(bytes),
            State::Trailing => {
                self.trailing += bytes.len() as u64;
                self.keep(bytes, TRAILING);
                bytes.len()
            }
            State::Broken => bytes.len(),
            State::Body(code, left) => {
                let taken = usize::from(left).min(bytes.len());
                self.keep(bytes.get(..taken).unwrap_or_default(), kept(code));
                self.state = self.body(code, left - u16::try_from(taken).unwrap_or(left));
                taken
            }
            _ => 0,
        }
    }

    fn keep(&mut self, bytes: &[u8], most: usize) {
        let room = most.saturating_sub(self.body.len()).min(bytes.len());
        self.body.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    fn step(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Start, 0xff) => State::StartCode,
            (State::StartCode, SOI) => State::Marker,
            (State::Marker, 0xff) => State::Code,
            (State::Code, 0xff) => State::Code, // fill bytes
            (State::Code | State::EntropyCode, EOI) => State::Trailing,
            (State::Code, 0x01 | 0xd0..=0xd7) => State::Marker, // markers without a segment
            (State::Code, code @ 0xc0..) if code != SOI => self.begin_segment(code),
            (State::LengthHigh(code), high) => State::LengthLow(code, high),
            (State::LengthLow(code, high), low) => match u16::from_be_bytes([high, low]).checked_sub(2) {
                Some(left) => self.body(code, left),
                None => State::Broken,
            },
            (State::Entropy, 0xff) => State::EntropyCode,
            (State::EntropyCode, 0x00) => State::Entropy,
            (State::EntropyCode, 0xd0..=0xd7) => {
                self.restarts += 1;
                State::Entropy
            }
            (State::EntropyCode, 0xff) => State::EntropyCode,
            (State::EntropyCode, code @ 0xc0..) if code != SOI => self.begin_segment(code),
            _ => State::Broken,
        }
    }

    fn begin_segment(&mut self, code: u8) -> State {
        self.segments += 1;
        self.scans += u32::from(code == SOS);
        if self.segments > LIMITS.segments { State::Broken } else { State::LengthHigh(code) }
    }

    /// The state with so many bytes left; at the end of a segment what it says is noted.
    fn body(&mut self, code: u8, left: u16) -> State {
        if left > 0 {
            return State::Body(code, left);
        }
        let body = std::mem::take(&mut self.body);
        if is_frame_header(code) {
            self.frames += 1;
            match Frame::read(code, &body) {
                Some(frame) if self.frames == 1 => self.frame = frame,
                _ => {}
            }
        }
        if let (DRI, [high, low]) = (code, body.as_slice()) {
            self.interval = u16::from_be_bytes([*high, *low]);
        }
        self.signs.note(code, &body, self.segments == 1);
        if code == SOS { State::Entropy } else { State::Marker }
    }

    /// Bytes of entropy-coded data before the next marker that ends it. What stands for the byte 0xFF itself and what lets
    /// a decoder start anew, every few hundred bytes of a photo, is passed over on the way.
    fn pass_entropy(&mut self, bytes: &[u8]) -> usize {
        let mut from = 0;
        for at in memchr::memchr_iter(0xff, bytes) {
            if at >= from {
                match bytes.get(at + 1) {
                    Some(0x00) => {}
                    Some(0xd0..=0xd7) => self.restarts += 1,
                    _ => return at,
                }
                from = at + 2;
            }
        }
        bytes.len()
    }
}

/// SOF0 to SOF15 without DHT, JPG and DAC.
const fn is_frame_header(code: u8) -> bool {
    matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tiny file with every kind of part; not decodable, but of sound form.
    const SMALL: [u8; 38] = [
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0x0b, 0xb8, 0x0f, 0xa0, 1, 1, 0x11, 0, 0xff, 0xff,
        0xda, 0, 4, 0, 0, 5, 0xff, 0, 6, 0xff, 0xd3, 7, 8, 0xff, 0xd9,
    ];

    fn scan(bytes: &[u8]) -> JpegScan {
        JpegScan::of(bytes)
    }

    #[test]
    fn size_and_end_are_found_however_the_bytes_arrive() {
        let whole = scan(&SMALL);
        assert!(whole.is_jpeg() && whole.is_complete() && whole.is_within_limits());
        assert_eq!((whole.frame.width, whole.frame.height, whole.trailing), (4000, 3000, 0));
        for split in 1..SMALL.len() {
            let mut parts = JpegScan::default();
            let (head, tail) = SMALL.split_at(split);
            parts.push(head);
            parts.push(tail);
            assert_eq!(parts, whole, "split at {split}");
        }
    }

    #[test]
    fn a_cut_anywhere_is_seen_and_bytes_behind_the_end_are_counted() {
        for cut in 2..SMALL.len() {
            assert!(!scan(&SMALL[..cut]).is_complete(), "cut at {cut}");
        }
        assert_eq!(scan(&[&SMALL[..], &[0; 100]].concat()).trailing, 100);
    }

    #[test]
    fn what_is_no_jpeg_is_not_taken_for_one() {
        for bytes in [&b"\x89PNG\r\n"[..], b"", b"\xff", b"\xff\xd8\x00", b"GIF89a", &[0xff, 0xd8, 0xff, 0xe0, 0, 1]] {
            assert!(!scan(bytes).is_jpeg() || !scan(bytes).is_complete(), "{bytes:?}");
        }
        assert!(!scan(b"\x89PNG").is_jpeg());
    }

    #[test]
    fn a_claim_of_65500_pixels_a_side_is_beyond_the_limits() {
        let mut bomb = SMALL;
        bomb[13..17].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        let scan = scan(&bomb);
        assert!(scan.is_complete());
        assert!(!scan.is_within_limits());
    }

    /// The small file with other bytes in front of its scan and in it.
    fn with(before: &[u8], entropy: &[u8]) -> Vec<u8> {
        [&SMALL[..21], before, &[0xff, SOS, 0, 4, 0, 0], entropy, &[0xff, EOI]].concat()
    }

    #[test]
    fn scans_are_counted_and_too_many_are_beyond_the_limits() {
        let scan_again = [0xff, SOS, 0, 2, 9];
        for (more, within) in [(0, true), (99, true), (100, false), (1_000, false)] {
            let found = scan(&with(&[], &scan_again.repeat(more)));
            assert!(found.is_complete());
            assert_eq!(found.is_within_limits(), within, "{more} more scans");
        }
        let endless = scan(&with(&[], &scan_again.repeat(5_000)));
        assert!(!endless.is_jpeg(), "more segments than are walked");
    }

    #[test]
    fn a_second_frame_does_not_pass_for_the_first() {
        let frame = &SMALL[8..21];
        let found = scan(&with(frame, &[1, 2]));
        assert_eq!((found.frame.width, found.is_within_limits()), (4000, false));
    }

    #[test]
    fn restart_markers_tell_of_a_picture_that_was_cut_and_closed() {
        // 4000 x 3000 grey: 187,500 units, 4,000 to an interval make 47 intervals.
        let interval = [0xff, DRI, 0, 4, 0x0f, 0xa0];
        for (restarts, lacks) in [(46, false), (47, false), (45, true), (0, true)] {
            let entropy = [5, 0xff, 0xd0].repeat(restarts);
            assert_eq!(scan(&with(&interval, &entropy)).lacks_data(), lacks, "{restarts} restarts");
            let mut slowly = JpegScan::default();
            with(&interval, &entropy).iter().for_each(|byte| slowly.push(&[*byte]));
            assert_eq!(slowly.lacks_data(), lacks, "{restarts} restarts, byte by byte");
        }
        assert!(!scan(&SMALL).lacks_data(), "no restart markers, nothing to tell");
    }

    #[test]
    fn what_trails_is_named() {
        let kind = |tail: &[u8]| scan(&[&SMALL[..], tail].concat()).trailing_kind();
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"\0\0\0\x18ftypmp42"), Some(Trailing::Film));
        assert_eq!(kind(&SMALL), Some(Trailing::Picture));
        assert_eq!(kind(&[0; 100]), Some(Trailing::Other));
    }

    #[test]
    fn the_writer_of_a_file_leaves_signs() {
        let segment = |code: u8, body: &[u8]| {
            let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
            [&[0xff, code][..], &length, body].concat()
        };
        let file = |segments: &[Vec<u8>]| [&[0xff, SOI][..], &segments.concat(), &SMALL[8..]].concat();
        let signs = |segments: &[Vec<u8>]| scan(&file(segments)).signs;
        let (exif, jfif) = (segment(0xe1, b"Exif\0\0II"), segment(0xe0, b"JFIF\0\x01\x01"));
        assert!(signs(&[jfif.clone(), exif.clone()]).jfif_first);
        assert!(!signs(&[exif.clone(), jfif]).jfif_first);
        assert!(signs(&[exif]).exif);
        assert!(signs(&[segment(0xed, b"Photoshop 3.0\08BIM")]).editor);
        assert!(signs(&[segment(0xe2, b"MPF\0MM")]).multi_picture);
        let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x GCamera:MotionPhoto=\"1\"/>");
        let photo = [file(&[xmp]), vec![1; 50]].concat();
        assert_eq!(scan(&photo).trailing_kind(), Some(Trailing::Film));
    }
}
