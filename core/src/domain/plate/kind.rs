//! The finer kinds of plates, what follows from their colour and from the day.

use chrono::{Datelike, NaiveDate};

use super::{Plate, PlateClass, Season};

/// Kind of plate, finer than the class that a record keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlateKind {
    /// Prefix, letters, digits.
    Standard,
    /// With months of validity (Saisonkennzeichen); may have a suffix.
    Season,
    /// With suffix E.
    Electric,
    /// With suffix H.
    Historic,
    /// For two vehicles (Wechselkennzeichen): the last digit is the vehicle's own part, the rest is carried over.
    Interchangeable,
    /// Of an authority.
    Authority,
    /// Of the German armed forces (Bundeswehr), prefix Y.
    ArmedForces,
    /// Of a NATO headquarters, prefix X.
    Nato,
    /// Of the corps diplomatique or an international organisation.
    Diplomatic,
    /// Red, for testing bodies: 05.
    RedTest,
    /// Red, for dealers and workshops: 06.
    RedDealer,
    /// Red, for collectors of historic vehicles: 07.
    RedHistoric,
    /// For a few days, with its expiry (Kurzzeitkennzeichen): 03 or 04.
    ShortTerm,
    /// For leaving the country, with its expiry (Ausfuhrkennzeichen).
    Export,
    /// Of mopeds and small electric vehicles, with a colour a year (Versicherungskennzeichen).
    Insurance,
    /// Of any other nation.
    Foreign,
    /// As an officer has seen it, of no form that is known.
    AsSeen,
}

impl PlateKind {
    /// The kind that a plate's parts tell. An interchangeable plate does not tell by its parts.
    #[must_use]
    pub fn of(plate: &Plate) -> Self {
        match plate.class {
            PlateClass::Standard => Self::Standard,
            PlateClass::Season => Self::Season,
            PlateClass::Electric => Self::Electric,
            PlateClass::Historic => Self::Historic,
            PlateClass::Authority => Self::of_authority(plate.prefix.as_deref()),
            PlateClass::Diplomatic => Self::Diplomatic,
            PlateClass::Red => Self::of_red(plate.digits.as_deref()),
            PlateClass::ShortTerm => Self::ShortTerm,
            PlateClass::Export => Self::Export,
            PlateClass::Insurance => Self::Insurance,
            PlateClass::Foreign => Self::Foreign,
            PlateClass::AsSeen => Self::AsSeen,
        }
    }

    fn of_authority(prefix: Option<&str>) -> Self {
        match prefix {
            Some("Y") => Self::ArmedForces,
            Some("X") => Self::Nato,
            _ => Self::Authority,
        }
    }

    fn of_red(digits: Option<&str>) -> Self {
        match digits.and_then(|digits| digits.get(..2)) {
            Some("05") => Self::RedTest,
            Some("07") => Self::RedHistoric,
            _ => Self::RedDealer,
        }
    }

    /// Whether the plate shows the day on which it expires.
    #[must_use]
    pub const fn expires(self) -> bool {
        matches!(self, Self::ShortTerm | Self::Export)
    }

    /// Whether such a plate can be interchangeable: one with letters and without a season.
    #[must_use]
    pub const fn may_interchange(self) -> bool {
        matches!(self, Self::Standard | Self::Electric | Self::Historic)
    }
}

/// Colour of the lettering. Green stands for freedom from vehicle tax, but on insurance plates for a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lettering {
    /// Black.
    Black,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Red.
    Red,
}

impl Lettering {
    /// Colour of the insurance plates that hold on a day. The insurance year begins on 1 March; 2023 was black, 2024
    /// blue, 2025 green, and so on in turn.
    #[must_use]
    pub fn of_insurance_on(day: NaiveDate) -> Self {
        let year = if day.month() < 3 { day.year() - 1 } else { day.year() };
        match (year - 2023).rem_euclid(3) {
            0 => Self::Black,
            1 => Self::Blue,
            _ => Self::Green,
        }
    }
}

impl Season {
    /// Whether a month, 1 to 12, lies in the season. `11-02` goes over the turn of the year.
    #[must_use]
    pub const fn holds_in(self, month: u8) -> bool {
        if self.from <= self.to {
            self.from <= month && month <= self.to
        } else {
            self.from <= month || month <= self.to
        }
    }

    /// Months of the season, first and last included.
    #[must_use]
    pub const fn months(self) -> u8 {
        if self.from <= self.to { self.to - self.from + 1 } else { 13 - self.from + self.to }
    }
}
