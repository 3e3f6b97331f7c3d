//! ISO 7064 MOD 97-10 over capital letters and digits, as IBANs, creditor references and case numbers carry it.

/// Remainder by 97 of characters read as one number, letters as 10 to 35; `None` for any other character.
pub(super) fn remainder(text: impl IntoIterator<Item = u8>) -> Option<u32> {
    text.into_iter().try_fold(0, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    })
}

/// The two check digits that belong behind characters: with them the remainder is 1. From 2 to 98.
pub(super) fn check_digits(text: &str) -> Option<u32> {
    remainder(text.bytes().chain(*b"00")).map(|rest| 98 - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_and_a_known_account_hold() {
        assert_eq!(check_digits("794"), Some(44)); // ISO 7064, MOD 97-10
        assert_eq!(remainder(*b"79444"), Some(1));
        assert_eq!(remainder(*b"700500000001281149DE08"), Some(1));
        assert_eq!(remainder(*b"12 3"), None);
        assert_eq!(remainder(*b"a"), None);
    }
}
