//! `GiroCode`: a transfer as the text of a QR code (EPC069-12, version 002), for an agency that prints.
//!
//! Always UTF-8 and LF, nothing behind the last element in use. A text that exists keeps every rule of its fields and
//! has at most 331 bytes, which fit into a QR code of version 13 at error level M.

use std::fmt;
use std::str::FromStr;

use super::check97;

/// Longest text in bytes.
const MAX_BYTES: usize = 331;
/// Highest amount in cents.
const MAX_CENTS: u64 = 99_999_999_999;
/// Countries of the European Economic Area, where the account number alone leads to the bank.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The first field that breaks its rule. Nothing of its content is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum GiroError {
    /// The payee's name has 1 to 70 characters and no control character.
    #[error("the payee's name is not 1 to 70 characters in one line")]
    Name,
    /// The account number is no IBAN, or its check digits do not fit.
    #[error("the account number is no IBAN")]
    Iban,
    /// A bank code has 8 or 11 letters and digits; outside the European Economic Area there must be one.
    #[error("the bank code has no due form, or is missing")]
    Bic,
    /// From 0.01 to 999999999.99 EUR.
    #[error("the amount is not between 0.01 and 999999999.99 euros")]
    Amount,
    /// A purpose has 1 to 4 capital letters and digits.
    #[error("the purpose is not 1 to 4 capital letters and digits")]
    Purpose,
    /// A creditor reference (ISO 11649) has 1 to 21 letters and digits behind `RF` and its check digits.
    #[error("the creditor reference has no due form")]
    Reference,
    /// A free text has 1 to 140 characters and no control character.
    #[error("the text is not 1 to 140 characters in one line")]
    Text,
    /// A hint to the payer has 1 to 70 characters and no control character.
    #[error("the hint to the payer is not 1 to 70 characters in one line")]
    Hint,
    /// All together has more than 331 bytes.
    #[error("the code has more than 331 bytes")]
    TooLong,
}

/// An account number whose check digits fit, without blanks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Iban(String);

impl FromStr for Iban {
    type Err = GiroError;

    /// Reads it with or without blanks.
    fn from_str(text: &str) -> Result<Self, GiroError> {
        let iban: String = text.chars().filter(|c| *c != ' ').take(35).collect();
        let (country, rest) = iban.as_bytes().split_first_chunk::<4>().ok_or(GiroError::Iban)?;
        let [a, b, c, d] = *country;
        let is_headed = a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit();
        let has_length = if iban.starts_with("DE") { iban.len() == 22 } else { (15..=34).contains(&iban.len()) };
        let fits = check97::remainder(rest.iter().chain(country).copied()) == Some(1);
        // 00, 01 and 99 leave the same remainder as 97, 98 and 02, which are the ones that are given.
        let is_given = (2..=98).contains(&(u32::from(c.saturating_sub(b'0')) * 10 + u32::from(d.saturating_sub(b'0'))));
        if is_headed && has_length && fits && is_given { Ok(Self(iban)) } else { Err(GiroError::Iban) }
    }
}

impl Iban {
    /// As transfers carry it, without blanks.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_in_eea(&self) -> bool {
        EEA.iter().any(|country| self.0.starts_with(country))
    }
}

/// Who is paid.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payee {
    name: String,
    iban: Iban,
    bic: Option<String>,
}

impl Payee {
    /// Checks name, account and bank. Banks compare the name with the account's holder, so it is that name exactly.
    ///
    /// # Errors
    /// [`GiroError::Name`], [`GiroError::Iban`], [`GiroError::Bic`].
    pub fn new(name: &str, iban: &str, bic: Option<&str>) -> Result<Self, GiroError> {
        let name = line(name, 70).ok_or(GiroError::Name)?;
        let iban: Iban = iban.parse()?;
        let bic = bic.map(str::to_owned).filter(|bic| !bic.is_empty());
        let is_sound = bic.as_ref().map_or_else(|| iban.is_in_eea(), |bic| is_bic(bic));
        if is_sound { Ok(Self { name, iban, bic }) } else { Err(GiroError::Bic) }
    }

    /// The account's holder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account.
    #[must_use]
    pub const fn iban(&self) -> &Iban {
        &self.iban
    }
}

fn is_bic(bic: &str) -> bool {
    let all = |range: std::ops::Range<usize>, test: fn(&u8) -> bool| {
        bic.as_bytes().get(range).is_some_and(|part| part.iter().all(test))
    };
    let is_code = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    matches!(bic.len(), 8 | 11) && all(0..bic.len(), is_code) && all(4..6, u8::is_ascii_uppercase)
}

/// A creditor reference (ISO 11649): `RF`, two check digits, and up to 21 letters and digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CreditorReference(String);

impl CreditorReference {
    /// Puts `RF` and check digits before the payee's own reference.
    ///
    /// # Errors
    /// [`GiroError::Reference`] unless it is 1 to 21 capital letters and digits.
    pub fn of(own: &str) -> Result<Self, GiroError> {
        let digits = check97::check_digits(&format!("{own}RF")).ok_or(GiroError::Reference)?;
        format!("RF{digits:02}{own}").parse()
    }

    /// As transfers carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditorReference {
    type Err = GiroError;
    fn from_str(text: &str) -> Result<Self, GiroError> {
        let (head, own) = text.as_bytes().split_first_chunk::<4>().ok_or(GiroError::Reference)?;
        let is_headed = head.starts_with(b"RF") && head.iter().skip(2).all(u8::is_ascii_digit);
        let fits = check97::remainder(own.iter().chain(head).copied()) == Some(1);
        if is_headed && fits && (1..=21).contains(&own.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(GiroError::Reference)
        }
    }
}

/// What the payee recognises the payment by: one of the two, never both.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Remittance {
    /// A reference with check digits.
    Reference(CreditorReference),
    /// Free words, 1 to 140 characters.
    Text(String),
}

/// A transfer before it is written as text.
#[derive(Clone, PartialEq, Eq)]
pub struct GiroCode {
    payee: Payee,
    cents: u64,
    purpose: Option<String>,
    remittance: Option<Remittance>,
    hint: Option<String>,
}

impl GiroCode {
    /// A transfer of an amount in euro cents.
    #[must_use]
    pub const fn new(payee: Payee, cents: u64) -> Self {
        Self { payee, cents, purpose: None, remittance: None, hint: None }
    }

    /// With a purpose of the bank's list, such as `GOVT`.
    #[must_use]
    pub fn with_purpose(self, purpose: &str) -> Self {
        Self { purpose: Some(purpose.to_owned()), ..self }
    }

    /// With what the payee recognises the payment by.
    #[must_use]
    pub fn with_remittance(self, remittance: Remittance) -> Self {
        Self { remittance: Some(remittance), ..self }
    }

    /// With a hint that the payer's app shows, and which does not travel with the payment.
    #[must_use]
    pub fn with_hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }

    /// The text of the QR code. It is to be printed at error level M.
    ///
    /// # Errors
    /// [`GiroError`] naming the first field that breaks its rule.
    pub fn text(&self) -> Result<String, GiroError> {
        let (reference, words) = match &self.remittance {
            Some(Remittance::Reference(reference)) => (reference.0.clone(), String::new()),
            Some(Remittance::Text(words)) => (String::new(), line(words, 140).ok_or(GiroError::Text)?),
            None => Default::default(),
        };
        let hint = self.hint.as_ref().map(|hint| line(hint, 70).ok_or(GiroError::Hint)).transpose()?;
        let Payee { name, iban, bic } = &self.payee;
        let (head, bic) = ("BCD\n002\n1\nSCT", bic.as_deref().unwrap_or_default());
        let (amount, purpose) = (self.amount()?, self.purpose()?);
        let lines =
            [head, bic, name, iban.as_str(), &amount, purpose, &reference, &words, hint.as_deref().unwrap_or_default()];
        let text = lines.join("\n").trim_end_matches('\n').to_owned();
        if text.len() <= MAX_BYTES { Ok(text) } else { Err(GiroError::TooLong) }
    }

    fn amount(&self) -> Result<String, GiroError> {
        let is_payable = (1..=MAX_CENTS).contains(&self.cents);
        is_payable.then(|| format!("EUR{}.{:02}", self.cents / 100, self.cents % 100)).ok_or(GiroError::Amount)
    }

    fn purpose(&self) -> Result<&str, GiroError> {
        let purpose = self.purpose.as_deref();
        let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        match purpose {
            Some(text) if !(1..=4).contains(&text.len()) || !is_code(text) => Err(GiroError::Purpose),
            other => Ok(other.unwrap_or_default()),
        }
    }
}

/// One line of 1 to `limit` characters, without blanks around it.
fn line(text: &str, limit: usize) -> Option<String> {
    let text = text.trim();
    let is_line = !text.is_empty() && text.chars().count() <= limit && !text.chars().any(char::is_control);
    is_line.then(|| text.to_owned())
}

/// Accounts, names and references stay out of logs.
macro_rules! opaque {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })*
    };
}

opaque!(Iban, Payee, CreditorReference, Remittance, GiroCode);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTORS: &str = include_str!("../../tests/data/giro-codes.json");

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Vector {
        says: String,
        name: String,
        iban: String,
        bic: Option<String>,
        cents: u64,
        purpose: Option<String>,
        reference: Option<String>,
        text: Option<String>,
        hint: Option<String>,
        code: Option<String>,
        error: Option<String>,
    }

    fn build(vector: &Vector) -> Result<String, GiroError> {
        let mut code = GiroCode::new(Payee::new(&vector.name, &vector.iban, vector.bic.as_deref())?, vector.cents);
        if let Some(purpose) = &vector.purpose {
            code = code.with_purpose(purpose);
        }
        if let Some(reference) = &vector.reference {
            code = code.with_remittance(Remittance::Reference(reference.parse()?));
        }
        if let Some(text) = &vector.text {
            code = code.with_remittance(Remittance::Text(text.clone()));
        }
        if let Some(hint) = &vector.hint {
            code = code.with_hint(hint);
        }
        code.text()
    }

    fn munich() -> Payee {
        Payee::new("Bayerisches Polizeiverwaltungsamt", "DE08 7005 0000 0001 2811 49", None).expect("sound")
    }

    #[test]
    fn every_vector_gives_its_text_or_names_its_field() {
        let vectors: Vec<Vector> = serde_json::from_str(VECTORS).expect("vectors");
        for vector in vectors {
            let made = build(&vector).map_err(|error| format!("{error:?}"));
            let expected = vector.code.ok_or_else(|| vector.error.expect("a code or an error"));
            assert_eq!(made, expected, "{}", vector.says);
        }
    }

    #[test]
    fn a_reference_gets_the_check_digits_of_the_standard() {
        let reference = CreditorReference::of("539007547034").expect("sound");
        assert_eq!(reference.as_str(), "RF18539007547034");
        for broken in ["", "a", "1234567890123456789012", "Ä"] {
            assert_eq!(CreditorReference::of(broken), Err(GiroError::Reference), "{broken}");
        }
        for broken in ["RF19539007547034", "RF18", "XX18539007547034", "RF1", "RF1853900754703 4"] {
            assert_eq!(broken.parse::<CreditorReference>(), Err(GiroError::Reference), "{broken}");
        }
    }

    #[test]
    fn nothing_of_an_account_shows_in_a_log() {
        let code = GiroCode::new(munich(), 2_500).with_remittance(Remittance::Text("M AB 1234".to_owned()));
        assert_eq!(format!("{code:?} {:?}", munich()), "GiroCode(..) Payee(..)");
    }

    proptest! {
        #[test]
        fn a_text_keeps_the_rules_of_its_whole(
            cents in any::<u64>(), words in any::<String>(), hint in ".{0,80}", purpose in "[A-Z0-9a-z]{0,5}",
        ) {
            let code = GiroCode::new(munich(), cents).with_remittance(Remittance::Text(words)).with_hint(&hint);
            for code in [code.clone(), code.with_purpose(&purpose)] {
                let Ok(text) = code.text() else { continue };
                prop_assert!(text.len() <= MAX_BYTES && text.lines().count() <= 12);
                prop_assert!(!text.ends_with('\n') && !text.contains('\r'));
            }
        }

        #[test]
        fn every_amount_is_written_in_full(cents in 1..=MAX_CENTS) {
            let text = GiroCode::new(munich(), cents).text().expect("payable");
            let amount = text.lines().nth(7).and_then(|line| line.strip_prefix("EUR")).expect("an amount").replace('.', "");
            prop_assert_eq!(amount.parse::<u64>(), Ok(cents));
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>(), near in "[A-Z]{2}[0-9]{2}[A-Z0-9 ]{0,36}") {
            for text in [text, near] {
                drop((text.parse::<Iban>(), text.parse::<CreditorReference>(), CreditorReference::of(&text)));
                drop(Payee::new(&text, &text, Some(&text)));
            }
        }
    }
}
