//! Persons of a case: who was stopped, and who has seen it.
//!
//! A person is recorded only if met on the spot; the keeper is asked for by the authority, never by the phone. All of
//! it is personal data: `Debug` shows roles and nothing else.

use chrono::NaiveDate;

/// What a person is in the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRole {
    /// Drove or parked the vehicle.
    Driver,
    /// Keeper of the vehicle (Halter).
    Keeper,
    /// Both.
    DriverAndKeeper,
    /// Was with the vehicle and did not drive.
    Passenger,
    /// On foot.
    Pedestrian,
    /// On a bicycle.
    Cyclist,
}

impl PersonRole {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::Driver, Self::Keeper, Self::DriverAndKeeper, Self::Passenger, Self::Pedestrian, Self::Cyclist];
}

/// Sex, as seen or as a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// As a document says.
    Diverse,
}

/// Age as estimated, in years: 30 to 39.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRange {
    /// At least.
    pub from: u8,
    /// At most.
    pub to: u8,
}

/// Where somebody lives.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    /// Street and house number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Postcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    /// State, as a nationality sign; Germany if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nation: Option<String>,
}

impl std::fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostalAddress(..)")
    }
}

/// A person met on the spot.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What the person is in the case.
    pub role: PersonRole,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Given names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_names: Option<String>,
    /// Day of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<NaiveDate>,
    /// Place of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<String>,
    /// Where the person lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PostalAddress>,
    /// Number of the driving licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Age as estimated, if nothing better is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeRange>,
    /// What the person said, after having been told of the right to say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

impl Person {
    /// A person of whom the role alone is known.
    #[must_use]
    pub const fn new(role: PersonRole) -> Self {
        Self {
            role,
            family_name: None,
            given_names: None,
            born: None,
            birth_place: None,
            address: None,
            licence: None,
            sex: None,
            age: None,
            statement: None,
        }
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({:?}, ..)", self.role)
    }
}

/// A witness: an officer by number, or a person by name.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Service number of an officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// Name of anybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where a summons reaches the witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PostalAddress>,
    /// What the witness has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Whether letters to the citizen may name the witness.
    pub may_be_named: bool,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Witness(officer: {}, ..)", self.officer.is_some())
    }
}
