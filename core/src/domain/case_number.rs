//! The case number (Fallnummer): known at the kerb, written on paper, said on the telephone.
//!
//! `MUC-000123-0042-81` is three letters of the agency, a range that the box has given to one device and to no other, the
//! running number in it, and two check digits of ISO 7064 MOD 97-10 over all before. The width is constant, so texts
//! sort as numbers do.
//!
//! Why MOD 97-10 and not MOD 37,36: it catches every wrong character and every swap of two neighbours (the one
//! character of MOD 37,36 misses some swaps), it ends in digits, which can be said in any language, and payments
//! already carry it: a case number without hyphens can stand in a creditor reference.

use std::fmt;
use std::str::FromStr;

use super::check97;

/// Characters without hyphens.
const WIDTH: usize = 15;
/// What is longer is not looked at.
const MAX_TEXT: usize = 64;

/// Why a text is no case number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// It is not three letters, six, four and two digits.
    #[error("the case number is not three letters and twelve digits")]
    Form,
    /// The check digits do not belong to the rest: a character is wrong, or two are swapped.
    #[error("the check digits of the case number do not fit")]
    Check,
}

/// Three capital letters that stand for the agency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberPrefix([u8; 3]);

impl FromStr for NumberPrefix {
    type Err = CaseNumberError;
    fn from_str(text: &str) -> Result<Self, CaseNumberError> {
        let letters = text.as_bytes().try_into().map_err(|_| CaseNumberError::Form)?;
        Self::of(letters).ok_or(CaseNumberError::Form)
    }
}

impl NumberPrefix {
    fn of(letters: [u8; 3]) -> Option<Self> {
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }
}

impl TryFrom<String> for NumberPrefix {
    type Error = CaseNumberError;
    fn try_from(text: String) -> Result<Self, CaseNumberError> {
        text.parse()
    }
}

impl From<NumberPrefix> for String {
    fn from(prefix: NumberPrefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberPrefix({self})")
    }
}

/// Numbers that one device may give: 1 to `count` of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRange {
    /// The agency's letters.
    pub prefix: NumberPrefix,
    /// Which range, from 1. A box gives each out once.
    pub range: u32,
    /// How many numbers it has, from 1.
    pub count: u16,
}

impl NumberRange {
    /// Highest number of a range that its six digits can say.
    pub const MAX_RANGE: u32 = 999_999;
    /// Most numbers of one range, which is what four digits can say.
    pub const MAX_COUNT: u16 = 9_999;

    /// Whether range and count can be printed.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.range >= 1 && self.range <= Self::MAX_RANGE && self.count >= 1 && self.count <= Self::MAX_COUNT
    }

    /// The case number of a running number, if it lies in the range.
    #[must_use]
    pub fn number(&self, running: u16) -> Option<CaseNumber> {
        let is_within = self.is_sound() && (1..=self.count).contains(&running);
        is_within.then_some(CaseNumber { prefix: self.prefix, range: self.range, running })
    }
}

/// A case number whose check digits fit. Numbers sort like their texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber {
    prefix: NumberPrefix,
    range: u32,
    running: u16,
}

impl CaseNumber {
    /// The agency's letters.
    #[must_use]
    pub const fn prefix(&self) -> NumberPrefix {
        self.prefix
    }

    /// The range it is from.
    #[must_use]
    pub const fn range(&self) -> u32 {
        self.range
    }

    /// Its number within the range, from 1.
    #[must_use]
    pub const fn running(&self) -> u16 {
        self.running
    }

    /// The fifteen characters without hyphens, as payments carry them.
    #[must_use]
    pub fn compact(&self) -> String {
        format!("{}{:02}", self.body(), self.check())
    }

    fn body(&self) -> String {
        format!("{}{:06}{:04}", self.prefix, self.range, self.running)
    }

    fn check(&self) -> u32 {
        check97::check_digits(&self.body()).unwrap_or_default() // letters and digits always have some
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}-{:04}-{:02}", self.prefix, self.range, self.running, self.check())
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({self})")
    }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    /// Reads what a person has typed: small letters, blanks and hyphens anywhere, or none.
    fn from_str(text: &str) -> Result<Self, CaseNumberError> {
        let characters = significant(text).ok_or(CaseNumberError::Form)?;
        let (letters, digits) = characters.split_first_chunk::<3>().ok_or(CaseNumberError::Form)?;
        let prefix = NumberPrefix::of(*letters).ok_or(CaseNumberError::Form)?;
        let value = digits_value(digits).ok_or(CaseNumberError::Form)?;
        if check97::remainder(characters) != Some(1) || !(2..=98).contains(&(value % 100)) {
            return Err(CaseNumberError::Check);
        }
        let (range, running) = (value / 1_000_000, value / 100 % 10_000);
        let range = u32::try_from(range).map_err(|_| CaseNumberError::Form)?;
        let running = u16::try_from(running).map_err(|_| CaseNumberError::Form)?;
        let range = NumberRange { prefix, range, count: NumberRange::MAX_COUNT };
        range.number(running).ok_or(CaseNumberError::Form)
    }
}

/// The fifteen characters that count, in capitals.
fn significant(text: &str) -> Option<[u8; WIDTH]> {
    let text = (text.len() <= MAX_TEXT).then_some(text)?;
    let bytes = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| byte.to_ascii_uppercase());
    bytes.collect::<Vec<_>>().try_into().ok()
}

fn digits_value(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

impl TryFrom<String> for CaseNumber {
    type Error = CaseNumberError;

    /// Reads the one printed form; what was stored or signed has no other.
    fn try_from(text: String) -> Result<Self, CaseNumberError> {
        let number: Self = text.parse()?;
        if number.to_string() == text { Ok(number) } else { Err(CaseNumberError::Form) }
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTORS: &str = include_str!("../../tests/data/case-numbers.json");

    fn number(prefix: &str, range: u32, running: u16) -> CaseNumber {
        let prefix = prefix.parse().expect("three letters");
        NumberRange { prefix, range, count: NumberRange::MAX_COUNT }.number(running).expect("in the range")
    }

    prop_compose! {
        fn any_number()(prefix in "[A-Z]{3}", range in 1..=NumberRange::MAX_RANGE, running in 1..=NumberRange::MAX_COUNT)
            -> CaseNumber {
            number(&prefix, range, running)
        }
    }

    #[test]
    fn vectors_made_with_another_library_hold() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).expect("JSON");
        let list = |name: &str| vectors.get(name).and_then(|list| list.as_array()).expect("a list").clone();
        let text = |value: &serde_json::Value, name: &str| value.get(name).and_then(|v| v.as_str().map(str::to_owned));
        for valid in list("valid") {
            let printed = text(&valid, "number").expect("a text");
            let parsed: CaseNumber = printed.parse().expect(&printed);
            let whole = |name: &str| valid.get(name).and_then(serde_json::Value::as_u64).expect("a number");
            let parts = (parsed.prefix().to_string(), u64::from(parsed.range()), u64::from(parsed.running()));
            assert_eq!(parts, (text(&valid, "prefix").expect("a text"), whole("range"), whole("running")));
            assert_eq!((parsed.to_string(), Some(parsed.compact())), (printed, text(&valid, "compact")));
        }
        for invalid in list("invalid") {
            let written = text(&invalid, "text").expect("a text");
            let expected = match text(&invalid, "error").as_deref() {
                Some("form") => CaseNumberError::Form,
                Some("check") => CaseNumberError::Check,
                other => panic!("unknown error {other:?}"),
            };
            assert_eq!(written.parse::<CaseNumber>(), Err(expected), "{written}");
        }
    }

    #[test]
    fn what_a_person_types_is_read_and_what_was_stored_has_one_form() {
        let printed = number("MUC", 123, 42).to_string();
        let typed = format!(" {} ", printed.to_lowercase().replace('-', " "));
        assert_eq!(typed.parse::<CaseNumber>().map(|number| number.to_string()), Ok(printed.clone()));
        let json = |text: &str| serde_json::from_value::<CaseNumber>(serde_json::Value::from(text));
        assert!(json(&printed).is_ok());
        assert!(json(&typed).is_err());
        assert!(json(&printed.replace('-', "")).is_err());
    }

    #[test]
    fn a_range_gives_its_own_numbers_and_no_other() {
        let range = |range, count| NumberRange { prefix: NumberPrefix(*b"MUC"), range, count };
        assert!(range(7, 100).number(1).is_some() && range(7, 100).number(100).is_some());
        assert_eq!((range(7, 100).number(0), range(7, 100).number(101)), (None, None));
        assert!(range(0, 1).number(1).is_none() && range(1_000_000, 1).number(1).is_none());
        assert!(range(1, 10_000).number(1).is_none());
    }

    proptest! {
        #[test]
        fn every_number_comes_back_and_has_one_width(number in any_number()) {
            let printed = number.to_string();
            prop_assert_eq!(printed.len(), 18);
            prop_assert_eq!(printed.parse::<CaseNumber>(), Ok(number));
            prop_assert_eq!(number.compact().parse::<CaseNumber>(), Ok(number));
        }

        #[test]
        fn numbers_sort_like_their_texts(one in any_number(), other in any_number()) {
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }

        #[test]
        fn every_wrong_character_is_caught(number in any_number()) {
            let compact = number.compact().into_bytes();
            for at in 0..compact.len() {
                for wrong in (b'0'..=b'9').chain(b'A'..=b'Z').filter(|wrong| compact.get(at) != Some(wrong)) {
                    let changed: Vec<u8> =
                        compact.iter().enumerate().map(|(i, byte)| if i == at { wrong } else { *byte }).collect();
                    let changed = String::from_utf8(changed).expect("ASCII");
                    prop_assert!(changed.parse::<CaseNumber>().is_err(), "{}", changed);
                }
            }
        }

        #[test]
        fn every_swap_of_neighbours_is_caught(number in any_number()) {
            let compact = number.compact().into_bytes();
            for at in 1..compact.len() {
                let mut swapped = compact.clone();
                swapped.swap(at - 1, at);
                let changed = String::from_utf8(swapped.clone()).expect("ASCII");
                prop_assert!(swapped == compact || changed.parse::<CaseNumber>().is_err(), "{}", changed);
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>(), near in "[A-Za-z0-9 \\-äß]{0,40}") {
            for text in [text, near] {
                if let Ok(number) = text.parse::<CaseNumber>() {
                    prop_assert_eq!(number.to_string().parse::<CaseNumber>(), Ok(number));
                }
            }
        }
    }
}
