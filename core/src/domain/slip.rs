//! The slip (Verwarnungszettel) left at the windscreen: scanned from a pre-printed pad, never made up.
//!
//! The QR code of a pad says the same as its print, in one of four forms (FORMATS 15): number and code, or the number
//! alone, as an address of the portal or as plain text.
//!
//! A pad may carry a code beside the number. Then only the citizen who holds the slip and knows the plate can open
//! the case in the portal; without a code the portal decides. The code is a key and is never logged or stored in clear.

use zeroize::Zeroize;

/// What is longer is no QR code of a pad.
const MAX_QR: usize = 512;
const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What is wrong with a scanned slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlipError {
    /// Slip numbers have 1 to 32 printable ASCII characters without dot or blank.
    #[error("the slip number is not 1 to 32 printable characters")]
    Number,
    /// Slip codes have 20 characters of Crockford's base 32.
    #[error("the slip code is not 20 characters of base 32")]
    Code,
    /// The QR code is longer than a pad's ever is.
    #[error("the QR code is too long for one of a slip")]
    TooLong,
    /// The QR code is an address, and not one of a portal with a slip: `https`, a host, and the slip behind `#`.
    #[error("the QR code is an address without a slip")]
    Address,
}

/// The secret part of a slip: 100 bits as 20 characters.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SlipCode(String);

impl SlipCode {
    /// The code as printed, for key derivation.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SlipCode {
    type Error = SlipError;
    fn try_from(text: String) -> Result<Self, SlipError> {
        let text = text.to_uppercase();
        if text.len() == 20 && text.chars().all(|c| CROCKFORD.contains(c)) {
            Ok(Self(text))
        } else {
            Err(SlipError::Code)
        }
    }
}

impl From<SlipCode> for String {
    fn from(code: SlipCode) -> Self {
        code.0.clone()
    }
}

impl Drop for SlipCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for SlipCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlipCode(..)")
    }
}

/// A scanned slip.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<SlipCode>,
}

impl Slip {
    /// Checks number and code as scanned.
    ///
    /// # Errors
    /// [`SlipError`] naming the part that is not of the pad's form.
    pub fn new(number: &str, code: Option<&str>) -> Result<Self, SlipError> {
        let number = number.trim();
        let sound = (1..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
        if !sound {
            return Err(SlipError::Number);
        }
        let code = code.map(|code| SlipCode::try_from(code.to_owned())).transpose()?;
        Ok(Self { number: number.to_owned(), code })
    }

    /// Reads the QR code of a pad: `https://PORTAL/#N.A` or `N.A` with a code, `https://PORTAL/#N` or `N` without one.
    /// Which portal it is is not looked at. What stands behind `#` is taken as it is, as the portal's page takes it.
    ///
    /// # Errors
    /// [`SlipError`] naming what is not of the pad's form.
    pub fn from_qr(text: &str) -> Result<Self, SlipError> {
        if text.len() > MAX_QR {
            return Err(SlipError::TooLong);
        }
        let text = text.trim();
        let slip = if is_address(text) { behind_portal(text).ok_or(SlipError::Address)? } else { text };
        match slip.split_once('.') {
            Some((number, code)) => Self::new(number, Some(code)),
            None => Self::new(slip, None),
        }
    }

    /// The number printed on the slip.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The code printed on the slip, if the pad carries codes.
    #[must_use]
    pub const fn code(&self) -> Option<&SlipCode> {
        self.code.as_ref()
    }
}

fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// The part that a browser keeps to itself, if the address is a portal's.
fn behind_portal(address: &str) -> Option<&str> {
    let (place, slip) = address.split_once('#')?;
    let (scheme, place) = place.split_once("://")?;
    let host = place.split(['/', '?']).next().unwrap_or_default();
    let is_host =
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    (scheme.eq_ignore_ascii_case("https") && is_host).then_some(slip)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    const CODE: &str = "0123456789ABCDEFGHJK";

    use super::*;

    #[test]
    fn a_slip_is_taken_as_printed_or_refused() {
        let slip = Slip::new(" 1234-5678-90 ", Some("0123456789abcdefghjk")).expect("sound");
        assert_eq!(slip.number(), "1234-5678-90");
        assert!(!format!("{slip:?}").contains("0123456789ABC"));
        assert_eq!(Slip::new("", None), Err(SlipError::Number));
        assert_eq!(Slip::new("a.b", None), Err(SlipError::Number));
        assert_eq!(Slip::new("1", Some("0123456789ABCDEFGHIL")), Err(SlipError::Code));
    }

    #[test]
    fn a_qr_code_is_read_in_all_four_forms() {
        for (qr, code) in [
            ("https://portal.example/#4711-0381-54.0123456789abcdefghjk", Some(CODE)),
            ("HTTPS://PORTAL.EXAMPLE:8443/de?x=1#4711-0381-54.0123456789ABCDEFGHJK\n", Some(CODE)),
            ("4711-0381-54.0123456789ABCDEFGHJK", Some(CODE)),
            ("https://portal.example/#4711-0381-54", None),
            (" 4711-0381-54 ", None),
        ] {
            assert_eq!(Slip::from_qr(qr), Slip::new("4711-0381-54", code), "{qr}");
        }
    }

    #[test]
    fn a_qr_code_of_something_else_is_refused_with_its_reason() {
        let long = "1".repeat(513);
        for (qr, error) in [
            (long.as_str(), SlipError::TooLong),
            ("http://portal.example/#4711", SlipError::Address),
            ("https://portal.example/4711", SlipError::Address),
            ("https:///#4711", SlipError::Address),
            ("https://clerk@portal.example/#4711", SlipError::Address),
            ("ftp://portal.example/#4711", SlipError::Address),
            ("https://portal.example/#", SlipError::Number),
            ("https://portal.example/#.0123456789ABCDEFGHJK", SlipError::Number),
            ("BCD\n002\n1\nSCT", SlipError::Number),
            ("", SlipError::Number),
            ("47 11", SlipError::Number),
            ("4711.", SlipError::Code),
            ("4711.0123456789ABCDEFGHJ", SlipError::Code),
            ("4711.0123456789ABCDEFGHJK.1", SlipError::Code),
            ("4711.0123456789ABCDEFGHJU", SlipError::Code),
        ] {
            assert_eq!(Slip::from_qr(qr), Err(error), "{qr}");
        }
    }

    proptest! {
        #[test]
        fn what_a_pad_prints_comes_back(number in "[!-\\-/-~]{1,32}", code in "[0-9A-HJKMNP-TV-Z]{20}") {
            prop_assume!(!number.contains("://"));
            let slip = Slip::new(&number, Some(&code));
            prop_assert!(slip.is_ok());
            prop_assert_eq!(Slip::from_qr(&format!("https://portal.example/#{number}.{code}")), slip.clone());
            prop_assert_eq!(Slip::from_qr(&format!("{number}.{code}")), slip);
        }

        #[test]
        fn no_qr_code_makes_the_parser_panic(text in any::<String>(), near in "(https://)?[a-z.:@/?]{0,20}#?.{0,60}") {
            for text in [text, near] {
                if let Ok(slip) = Slip::from_qr(&text) {
                    prop_assert_eq!(Slip::new(slip.number(), slip.code().map(SlipCode::as_str)), Ok(slip.clone()));
                }
            }
        }
    }
}
