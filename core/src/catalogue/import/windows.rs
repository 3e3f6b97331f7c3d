//! Windows-1252 to text.

/// Characters of the bytes 0x80 to 0x9F; five are not assigned.
const HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The text of the bytes; none if one of them is not assigned.
pub fn decode(bytes: &[u8]) -> Option<String> {
    bytes.iter().map(|byte| character(*byte)).collect()
}

fn character(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().flatten(),
        _ => Some(char::from(byte)), // Latin-1 and ASCII are the same points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_by_their_page_and_unassigned_ones_refused() {
        assert_eq!(decode(b"Stra\xdfe \x80 \x96 \xe4\xf6\xfc").as_deref(), Some("Straße € – äöü"));
        for unassigned in [0x81, 0x8d, 0x8f, 0x90, 0x9d] {
            assert_eq!(decode(&[unassigned]), None, "{unassigned:#x}");
        }
    }
}
