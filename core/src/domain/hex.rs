//! Lower-case hexadecimal: the one text form of ids, hashes and salts in URLs, JSON and file names.

/// A text is not the hexadecimal form asked for. The text itself is not kept: it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected} bytes of lower-case hexadecimal")]
pub struct HexError {
    /// Bytes that were expected.
    pub expected: usize,
}

/// Writes bytes as lower-case hexadecimal, two characters a byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
///
/// # Errors
/// [`HexError`] for any other length or character; upper case is refused, so that one id has one spelling.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let error = HexError { expected: N };
    if text.len() != N * 2 {
        return Err(error);
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return Err(error) };
        *byte = nibble(*high).ok_or(error)? << 4 | nibble(*low).ok_or(error)?;
    }
    Ok(out)
}

fn nibble(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_has_one_spelling() {
        assert_eq!(from_hex::<2>("0aff"), Ok([10, 255]));
        assert_eq!(to_hex(&[10, 255]), "0aff");
        for wrong in ["0AFF", "0aff0", "0aff00", "0agf", ""] {
            assert_eq!(from_hex::<2>(wrong), Err(HexError { expected: 2 }), "{wrong}");
        }
    }
}
