//! Numbers and texts of a pack, bounded: nothing is allocated for what the remaining bytes cannot hold.

use super::PackError;

/// Reads a pack from front to back.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len() }
    }

    /// The fault at this place.
    pub const fn fault(&self) -> PackError {
        PackError::Malformed { at: self.length - self.rest.len() }
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], PackError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.fault())?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], PackError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.fault())?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number of at most 35 bits, seven a byte, lowest first, in its shortest form.
    pub fn number(&mut self) -> Result<u64, PackError> {
        let mut value = 0;
        for (place, &byte) in self.rest.iter().take(5).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                if byte == 0 && place > 0 {
                    break; // a longer form than needed
                }
                self.rest = self.rest.get(place + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(self.fault())
    }

    /// A difference: 0, -1, 1, -2 ... are 0, 1, 2, 3 ...
    pub fn difference(&mut self) -> Result<i64, PackError> {
        let number = self.number()?;
        let half = i64::try_from(number >> 1).map_err(|_| self.fault())?;
        Ok(if number & 1 == 0 { half } else { -half - 1 })
    }

    /// How many things of at least `least` bytes follow, at least `from` and at most `to`.
    pub fn count(&mut self, least: usize, from: usize, to: usize) -> Result<usize, PackError> {
        let before = self.fault();
        let count = usize::try_from(self.number()?).map_err(|_| self.fault())?;
        let fits = count.checked_mul(least).is_some_and(|bytes| bytes <= self.rest.len());
        if fits && (from..=to).contains(&count) { Ok(count) } else { Err(before) }
    }

    /// The place of something in a list of `length`.
    pub fn index(&mut self, length: usize) -> Result<u32, PackError> {
        let before = self.fault();
        let index = self.number()?;
        u32::try_from(index).ok().filter(|index| (*index as usize) < length).ok_or(before)
    }

    /// A text of 1 to `most` bytes, not blank, without control characters.
    pub fn text(&mut self, most: usize) -> Result<&'a str, PackError> {
        let count = self.count(1, 1, most)?;
        let fault = self.fault();
        let text = std::str::from_utf8(self.take(count)?).map_err(|_| fault)?;
        if super::is_printable(text) { Ok(text) } else { Err(fault) }
    }

    /// A part of the pack with its own length, four bytes, lowest first.
    pub fn section(&mut self) -> Result<Self, PackError> {
        let length = u32::from_le_bytes(self.array()?);
        let before = self.length - self.rest.len();
        let part = self.take(length as usize)?;
        Ok(Self { rest: part, length: before + part.len() })
    }

    /// Nothing may follow.
    pub const fn end(&self) -> Result<(), PackError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault()) }
    }
}

/// Appends a number as [`Reader::number`] reads it.
pub(in crate::geo) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Appends a difference as [`Reader::difference`] reads it.
pub(in crate::geo) fn put_difference(bytes: &mut Vec<u8>, difference: i64) {
    put_number(bytes, (difference.unsigned_abs() << 1).wrapping_sub(u64::from(difference < 0)));
}

/// Appends a text as [`Reader::text`] reads it.
pub(in crate::geo) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_read(number in 0..1_u64 << 35, difference in -(1_i64 << 34)..1 << 34, text in "[a-zäöü]{1,9}") {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            put_difference(&mut bytes, difference);
            put_text(&mut bytes, &text);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Ok(number));
            prop_assert_eq!(reader.difference(), Ok(difference));
            prop_assert_eq!(reader.text(100), Ok(text.as_str()));
            prop_assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn a_number_has_one_form() {
        for bytes in [&[0x80, 0x00][..], &[0xff; 5], &[0x80], &[], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]] {
            assert_eq!(Reader::new(bytes).number(), Err(PackError::Malformed { at: 0 }), "{bytes:?}");
        }
    }

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused() {
        assert_eq!(Reader::new(&[3, 0, 0, 0]).count(1, 0, 9), Ok(3));
        for (least, from, to) in [(2, 0, 9), (1, 4, 9), (1, 0, 2), (usize::MAX, 0, 9)] {
            assert_eq!(Reader::new(&[3, 0, 0, 0]).count(least, from, to), Err(PackError::Malformed { at: 0 }));
        }
    }
}
