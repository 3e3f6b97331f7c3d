//! The slip (Verwarnungszettel) left at the windscreen: scanned from a pre-printed pad, never made up.
//!
//! A pad may carry a code beside the number. Then only the citizen who holds the slip and knows the plate can open
//! the case in the portal; without a code the portal decides. The code is a key and is never logged or stored in clear.

use zeroize::Zeroize;

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

#[cfg(test)]
mod tests {
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
}
