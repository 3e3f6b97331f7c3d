//! Offences (Ordnungswidrigkeiten) by their number, and what several of them cost together.
//!
//! The digits of an offence number (Tatbestandsnummer) are a hint only: 112071 looks like a warning and costs 70 euros.
//! Amount and points therefore always come from the catalogue at the time of the offence, never from here.

use super::Money;

/// A six-digit offence number of the federal catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OffenceNumber(u32);

/// A text is not a six-digit offence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a six-digit offence number")]
pub struct OffenceNumberError;

impl std::str::FromStr for OffenceNumber {
    type Err = OffenceNumberError;
    fn from_str(text: &str) -> Result<Self, OffenceNumberError> {
        let digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if !digits {
            return Err(OffenceNumberError);
        }
        text.parse().map(Self).map_err(|_| OffenceNumberError)
    }
}

impl TryFrom<String> for OffenceNumber {
    type Error = OffenceNumberError;
    fn try_from(text: String) -> Result<Self, OffenceNumberError> {
        text.parse()
    }
}

impl std::fmt::Display for OffenceNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl From<OffenceNumber> for String {
    fn from(number: OffenceNumber) -> Self {
        number.to_string()
    }
}

/// How several offences of one case belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OffenceRelation {
    /// One act breaks several rules (Tateinheit): the highest amount stands for all, § 2 (6) BKatV.
    #[default]
    OneAct,
    /// Several acts (Tatmehrheit): each is charged.
    SeveralActs,
}

/// Which way a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A warning (Verwarnung), up to 55 euros.
    Warning,
    /// A fine (Bußgeld), from 60 euros.
    Fine,
}

impl Category {
    /// The category that an amount falls into.
    #[must_use]
    pub fn of(amount: Money) -> Self {
        if amount <= Money::WARNING_LIMIT { Self::Warning } else { Self::Fine }
    }
}

/// An offence as the officer names it: a number and what makes it concrete.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedOffence {
    /// The offence number.
    pub number: OffenceNumber,
    /// What the catalogue asks to be specified (Konkretisierung).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refinement: Option<String>,
    /// How others were obstructed or endangered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstruction: Option<String>,
    /// Which option of each choice in the wording, from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<u8>,
    /// Measured values for the fields of the wording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl NamedOffence {
    /// An offence of which nothing but the number is said.
    #[must_use]
    pub const fn new(number: OffenceNumber) -> Self {
        Self { number, refinement: None, obstruction: None, options: Vec::new(), values: Vec::new() }
    }

    /// The same, specified.
    #[must_use]
    pub fn specified(self, refinement: &str) -> Self {
        Self { refinement: Some(refinement.to_owned()), ..self }
    }
}

/// An offence with what the catalogue says about it at the time of the offence.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargedOffence {
    /// The offence number.
    pub number: OffenceNumber,
    /// The catalogue's wording.
    pub label: String,
    /// What makes it concrete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refinement: Option<String>,
    /// Amount of this offence alone.
    pub amount_cents: Money,
    /// Points in the register of driver fitness.
    pub points: u8,
    /// Warning or fine.
    pub category: Category,
}

/// All offences of a case and what they cost together.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offences {
    /// One act or several.
    pub relation: OffenceRelation,
    /// At least one.
    pub items: Vec<ChargedOffence>,
    /// What is charged for the whole case.
    pub amount_cents: Money,
}

impl Offences {
    /// Puts charged offences together. In one act the highest amount stands for all, else they add up.
    #[must_use]
    pub fn new(relation: OffenceRelation, items: Vec<ChargedOffence>) -> Self {
        let amounts = items.iter().map(|item| item.amount_cents);
        let amount_cents = match relation {
            OffenceRelation::OneAct => amounts.max().unwrap_or_default(),
            OffenceRelation::SeveralActs => amounts.fold(Money::default(), Money::plus),
        };
        Self { relation, items, amount_cents }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charged(number: &str, cents: u32) -> ChargedOffence {
        ChargedOffence {
            number: number.parse().expect("six digits"),
            label: String::new(),
            refinement: None,
            amount_cents: Money(cents),
            points: 0,
            category: Category::of(Money(cents)),
        }
    }

    #[test]
    fn one_act_costs_its_dearest_offence_and_several_acts_add_up() {
        let items = vec![charged("112454", 5_500), charged("112262", 1_000)];
        assert_eq!(Offences::new(OffenceRelation::OneAct, items.clone()).amount_cents, Money(5_500));
        assert_eq!(Offences::new(OffenceRelation::SeveralActs, items).amount_cents, Money(6_500));
    }

    #[test]
    fn the_border_between_warning_and_fine_lies_above_55_euros() {
        assert_eq!(Category::of(Money(5_500)), Category::Warning);
        assert_eq!(Category::of(Money(6_000)), Category::Fine);
    }

    #[test]
    fn a_number_is_six_digits_and_does_not_begin_with_zero() {
        for wrong in ["12345", "1234567", "012345", "11245a", "", "１１２４５４"] {
            assert_eq!(wrong.parse::<OffenceNumber>(), Err(OffenceNumberError), "{wrong}");
        }
    }
}
