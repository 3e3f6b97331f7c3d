//! A bounded walk over a JPEG's markers, while its bytes pass by.
//!
//! A decoder that "succeeds" proves nothing: a photo cut in half decodes to a filled rest. This walk says where the
//! picture really ends, how large it claims to be before anyone allocates for it, and what follows behind its end (a
//! motion photo carries a film with sound there).

use super::limits;

/// What a walk has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JpegScan {
    state: State,
    /// Stored width in pixels; 0 until the frame header.
    pub width: u32,
    /// Stored height in pixels; 0 until the frame header.
    pub height: u32,
    /// Bytes behind the end of the picture.
    pub trailing: u64,
    segments: u32,
    scans: u32,
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
    /// Within a segment: code, position in its body, bytes left.
    Body(u8, u16, u16),
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

    /// Whether the file begins as a JPEG and has kept the form so far.
    #[must_use]
    pub fn is_jpeg(&self) -> bool {
        !matches!(self.state, State::Start | State::StartCode | State::Broken)
    }

    /// Whether the end of the picture has been seen.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Trailing
    }

    /// Whether a decoder may be given the picture: a known size within limits and not too many scans.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        let sides = [self.width, self.height];
        let pixels = u64::from(self.width) * u64::from(self.height);
        sides.iter().all(|side| (1..=limits::SIDE_PIXELS).contains(side))
            && pixels <= limits::DECODED_PIXELS
            && self.scans <= limits::SCANS
    }

    /// Bytes that need no look one by one.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        match self.state {
            State::Entropy => to_marker(bytes),
            State::Trailing => {
                self.trailing += bytes.len() as u64;
                bytes.len()
            }
            State::Broken => bytes.len(),
            State::Body(code, at, left) if !is_frame_header(code) || at >= 5 => {
                let taken = usize::from(left).min(bytes.len());
                let taken_short = u16::try_from(taken).unwrap_or(left);
                self.state = self.body(code, at.saturating_add(taken_short), left - taken_short);
                taken
            }
            _ => 0,
        }
    }

    fn step(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Start, 0xff) => State::StartCode,
            (State::StartCode, SOI) => State::Marker,
            (State::Marker, 0xff) => State::Code,
            (State::Code, 0xff) => State::Code, // fill bytes
            (State::Code, EOI) => State::Trailing,
            (State::Code, 0x01 | 0xd0..=0xd7) => State::Marker, // markers without a segment
            (State::Code, code @ 0xc0..) if code != SOI => self.begin_segment(code),
            (State::LengthHigh(code), high) => State::LengthLow(code, high),
            (State::LengthLow(code, high), low) => match u16::from_be_bytes([high, low]).checked_sub(2) {
                Some(left) => self.body(code, 0, left),
                None => State::Broken,
            },
            (State::Body(code, at, left), byte) => {
                self.frame_byte(at, byte);
                self.body(code, at + 1, left - 1)
            }
            (State::Entropy, 0xff) => State::EntropyCode,
            (State::EntropyCode, 0x00 | 0xd0..=0xd7) => State::Entropy,
            (State::EntropyCode, 0xff) => State::EntropyCode,
            (State::EntropyCode, EOI) => State::Trailing,
            (State::EntropyCode, code @ 0xc0..) if code != SOI => self.begin_segment(code),
            _ => State::Broken,
        }
    }

    fn begin_segment(&mut self, code: u8) -> State {
        self.segments += 1;
        self.scans += u32::from(code == SOS);
        if self.segments > limits::SEGMENTS { State::Broken } else { State::LengthHigh(code) }
    }

    const fn body(&self, code: u8, at: u16, left: u16) -> State {
        match (left, code) {
            (0, SOS) => State::Entropy,
            (0, _) => State::Marker,
            _ => State::Body(code, at, left),
        }
    }

    /// Height and width stand at bytes 1 to 4 of a frame header.
    fn frame_byte(&mut self, at: u16, byte: u8) {
        match at {
            1 | 2 => self.height = self.height << 8 | u32::from(byte),
            3 | 4 => self.width = self.width << 8 | u32::from(byte),
            _ => {}
        }
    }
}

/// Bytes of entropy-coded data before the next marker that ends it. What stands for the byte 0xFF itself and what lets a
/// decoder start anew, every few hundred bytes of a photo, is passed over on the way.
fn to_marker(bytes: &[u8]) -> usize {
    let mut from = 0;
    for at in memchr::memchr_iter(0xff, bytes) {
        if at >= from {
            match bytes.get(at + 1) {
                Some(0x00 | 0xd0..=0xd7) => from = at + 2,
                _ => return at,
            }
        }
    }
    bytes.len()
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
        let mut scan = JpegScan::default();
        scan.push(bytes);
        scan
    }

    #[test]
    fn size_and_end_are_found_however_the_bytes_arrive() {
        let whole = scan(&SMALL);
        assert!(whole.is_jpeg() && whole.is_complete() && whole.is_within_limits());
        assert_eq!((whole.width, whole.height, whole.trailing), (4000, 3000, 0));
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
}
