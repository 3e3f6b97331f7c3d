//! Limits of what an officer can type, in one place: those of the record's schema.
//!
//! They are checked where input enters, so that a case can always be sealed into a record of its schema. An error
//! names the field and never its content.

use super::{CaseEdit, Check, Fix, NamedOffence, Notes, Officer, Place, Vehicle};

/// Longest short text, such as make or colour, in characters.
pub const SHORT_TEXT: usize = 60;
/// Longest place.
pub const PLACE_TEXT: usize = 200;
/// Longest note, refinement or reason.
pub const LONG_TEXT: usize = 2_000;
/// Offences of one case.
pub const OFFENCES: usize = 9;
/// Photos of one case: with a thumbnail each, record and view they stay below a box's 256 objects.
pub const PHOTOS: usize = 120;
/// Coarsest fix that is worth keeping: 100 km.
const ACCURACY_MM: u32 = 100_000_000;

/// A field is empty, too long or out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is empty, too long or out of range")]
pub struct InputError {
    /// The field.
    pub field: &'static str,
}

type Checked = Result<(), InputError>;

const fn check(field: &'static str, holds: bool) -> Checked {
    if holds { Ok(()) } else { Err(InputError { field }) }
}

fn text(field: &'static str, text: &str, limit: usize) -> Checked {
    check(field, !text.trim().is_empty() && text.chars().count() <= limit)
}

fn optional(field: &'static str, value: Option<&String>, limit: usize) -> Checked {
    value.map_or(Ok(()), |value| text(field, value, limit))
}

impl CaseEdit {
    /// Whether the edit keeps within the limits.
    ///
    /// # Errors
    /// [`InputError`] naming the first field that does not.
    pub fn check(&self) -> Checked {
        match self {
            Self::Vehicle(vehicle) => vehicle.check(),
            Self::Offences { items, .. } => {
                check("offences", items.len() <= OFFENCES)?;
                items.iter().try_for_each(NamedOffence::check)
            }
            Self::Check(one) => one.check(),
            Self::Place(place) => place.check(),
            Self::Slip(_) => Ok(()), // cannot be made but sound
            Self::Notes(notes) => notes.check(),
        }
    }
}

impl Officer {
    /// Whether the officer can stand in a record.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn check(&self) -> Checked {
        text("officer", &self.id, 32)?;
        optional("unit", self.unit.as_ref(), SHORT_TEXT)
    }
}

impl Vehicle {
    fn check(&self) -> Checked {
        optional("make", self.make.as_ref(), SHORT_TEXT)?;
        optional("model", self.model.as_ref(), SHORT_TEXT)?;
        optional("colour", self.colour.as_ref(), SHORT_TEXT)
    }
}

impl NamedOffence {
    fn check(&self) -> Checked {
        optional("refinement", self.refinement.as_ref(), LONG_TEXT)
    }
}

impl Check {
    fn check(&self) -> Checked {
        let twice = |(at, valve): (usize, &super::Valve)| {
            self.valves.iter().skip(at + 1).any(|other| (other.side, other.axle) == (valve.side, valve.axle))
        };
        check("valves", self.valves.len() <= 4 && !self.valves.iter().enumerate().any(twice))
    }
}

impl Place {
    fn check(&self) -> Checked {
        check("place", self.text.chars().count() <= PLACE_TEXT)?;
        self.fix.as_ref().map_or(Ok(()), Fix::check)
    }
}

impl Fix {
    fn check(&self) -> Checked {
        check("fix", self.is_on_globe() && self.accuracy_mm <= ACCURACY_MM)
    }
}

impl Notes {
    fn check(&self) -> Checked {
        optional("note for the citizen", self.citizen.as_ref(), LONG_TEXT)?;
        optional("internal note", self.internal.as_ref(), LONG_TEXT)
    }
}

/// A reason that an officer gives.
///
/// # Errors
/// [`InputError`] unless it has 1 to 2,000 characters.
pub fn check_reason(reason: &str) -> Checked {
    text("reason", reason, LONG_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_beyond_its_limit_is_named() {
        let officer = |id: &str| Officer { id: id.to_owned(), unit: None }.check();
        assert_eq!(officer(""), Err(InputError { field: "officer" }));
        assert_eq!(officer("4827"), Ok(()));
        let place = |length| CaseEdit::Place(Place { text: "x".repeat(length), fix: None, municipality: None }).check();
        assert_eq!((place(200), place(201)), (Ok(()), Err(InputError { field: "place" })));
        let notes = Notes { citizen: Some(String::new()), internal: None };
        assert_eq!(CaseEdit::Notes(notes).check(), Err(InputError { field: "note for the citizen" }));
        assert_eq!(check_reason(" "), Err(InputError { field: "reason" }));
    }
}
