//! Limits of what an officer can type, in one place: those of the record's schema.
//!
//! They are checked where input enters, so that a case can always be sealed into a record of its schema. An error
//! names the field and never its content.

use super::{
    CaseEdit, Check, Fix, NamedOffence, Notes, Officer, Person, Place, PlateMarks, PostalAddress, Scene, Tow, Vehicle,
    WarningTalk, Witness,
};

/// Longest short text, such as make or colour, in characters.
pub const SHORT_TEXT: usize = 60;
/// Longest place.
pub const PLACE_TEXT: usize = 200;
/// Longest note, refinement or reason.
pub const LONG_TEXT: usize = 2_000;
/// Longest number or code of a document.
pub const CODE_TEXT: usize = 32;
/// Choices, or measured values, of one wording.
const CHOICES: usize = 9;
/// Offences of one case.
pub const OFFENCES: usize = 9;
/// Photos of one case: with a thumbnail each, record and view they stay below a box's 256 objects.
pub const PHOTOS: usize = 120;
/// Persons, or witnesses, of one case.
pub const PERSONS: usize = 9;
/// Damages that a tow names.
pub const DAMAGES: usize = 20;
/// Characters of an identification number of a vehicle.
const VIN: usize = 17;
/// Heaviest vehicle, kilograms.
const GROSS_KG: u32 = 100_000;
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
            Self::Scene(scene) => scene.check(),
            Self::Persons(persons) => {
                check("persons", persons.len() <= PERSONS)?;
                persons.iter().try_for_each(Person::check)
            }
            Self::Witnesses(witnesses) => {
                check("witnesses", witnesses.len() <= PERSONS)?;
                witnesses.iter().try_for_each(Witness::check)
            }
            Self::Talk(talk) => talk.check(),
            Self::Tow(tow) => tow.check(),
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
        optional("colour", self.colour.as_ref(), SHORT_TEXT)?;
        let is_vin = |vin: &String| vin.len() == VIN && vin.bytes().all(is_vin_sign);
        check("vehicle identification number", self.vin.as_ref().is_none_or(is_vin))?;
        check("gross mass", self.gross_kg.is_none_or(|mass| (1..=GROSS_KG).contains(&mass)))?;
        check(
            "flags",
            self.flags.iter().enumerate().all(|(at, flag)| self.flags.iter().skip(at + 1).all(|other| other != flag)),
        )?;
        self.marks.as_ref().map_or(Ok(()), PlateMarks::check)
    }
}

/// ISO 3779: no I, O and Q, which look like digits.
const fn is_vin_sign(byte: u8) -> bool {
    byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O' | b'Q'))
}

impl PlateMarks {
    fn check(&self) -> Checked {
        optional("plate as read", self.raw.as_ref(), SHORT_TEXT)?;
        self.doubt.as_ref().map_or(Ok(()), |doubt| check_reason(&doubt.reason))
    }
}

impl Scene {
    fn check(&self) -> Checked {
        optional("parking meter", self.meter.as_ref(), SHORT_TEXT)?;
        optional("permit", self.permit.as_ref(), PLACE_TEXT)
    }
}

impl PostalAddress {
    fn check(&self) -> Checked {
        optional("street", self.street.as_ref(), PLACE_TEXT)?;
        optional("postcode", self.postcode.as_ref(), CODE_TEXT)?;
        optional("town", self.town.as_ref(), SHORT_TEXT)?;
        check("nation", self.nation.as_ref().is_none_or(|sign| is_nation(sign)))
    }
}

/// A nationality sign as vehicles carry it.
fn is_nation(sign: &str) -> bool {
    (1..=3).contains(&sign.len()) && sign.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl Person {
    fn check(&self) -> Checked {
        optional("family name", self.family_name.as_ref(), SHORT_TEXT)?;
        optional("given names", self.given_names.as_ref(), SHORT_TEXT)?;
        optional("place of birth", self.birth_place.as_ref(), SHORT_TEXT)?;
        optional("licence", self.licence.as_ref(), SHORT_TEXT)?;
        optional("statement", self.statement.as_ref(), LONG_TEXT)?;
        check("age", self.age.is_none_or(|age| age.from <= age.to && age.to <= 120))?;
        self.address.as_ref().map_or(Ok(()), PostalAddress::check)
    }
}

impl Witness {
    fn check(&self) -> Checked {
        check("witness", self.officer.is_some() || self.name.is_some())?;
        optional("officer", self.officer.as_ref(), CODE_TEXT)?;
        optional("name", self.name.as_ref(), SHORT_TEXT)?;
        optional("statement", self.statement.as_ref(), LONG_TEXT)?;
        self.address.as_ref().map_or(Ok(()), PostalAddress::check)
    }
}

impl WarningTalk {
    fn check(&self) -> Checked {
        check("talk", self.is_lawful())?;
        let Some(payment) = &self.payment else { return Ok(()) };
        check("payment", payment.amount_cents.0 > 0)?;
        optional("receipt", payment.receipt.as_ref(), CODE_TEXT)
    }
}

impl Tow {
    fn check(&self) -> Checked {
        text("reason of the tow", &self.reason, LONG_TEXT)?;
        check("times of the tow", self.is_in_order())?;
        optional("firm", self.firm.as_ref(), SHORT_TEXT)?;
        optional("driver of the truck", self.operator.as_ref(), SHORT_TEXT)?;
        optional("destination", self.destination.as_ref(), PLACE_TEXT)?;
        optional("condition", self.condition.as_ref(), LONG_TEXT)?;
        check("damage", self.damage.len() <= DAMAGES)?;
        self.damage.iter().try_for_each(|one| text("damage", &one.text, PLACE_TEXT))
    }
}

impl NamedOffence {
    fn check(&self) -> Checked {
        optional("refinement", self.refinement.as_ref(), LONG_TEXT)?;
        optional("obstruction", self.obstruction.as_ref(), LONG_TEXT)?;
        let texts = [&self.refinement, &self.obstruction].into_iter().flatten();
        check("refinement", texts.map(|text| text.chars().count() + 2).sum::<usize>() <= LONG_TEXT + 2)?; // they are joined
        check("options", self.options.len() <= CHOICES)?;
        check("values", self.values.len() <= CHOICES && self.values.iter().all(|value| value.len() <= CODE_TEXT))
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
        optional("street", self.street.as_ref(), PLACE_TEXT)?;
        optional("house number", self.house_number.as_ref(), CODE_TEXT)?;
        optional("postcode", self.postcode.as_ref(), CODE_TEXT)?;
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
    use crate::domain::{BootId, Moment, Money, Payment, PaymentMethod, Plate, TalkOutcome, VehicleKind};

    #[test]
    fn a_field_beyond_its_limit_is_named() {
        let officer = |id: &str| Officer { id: id.to_owned(), unit: None }.check();
        assert_eq!(officer(""), Err(InputError { field: "officer" }));
        assert_eq!(officer("4827"), Ok(()));
        let place = |length| CaseEdit::Place(Place { text: "x".repeat(length), ..Place::default() }).check();
        assert_eq!((place(200), place(201)), (Ok(()), Err(InputError { field: "place" })));
        let notes = Notes { citizen: Some(String::new()), internal: None };
        assert_eq!(CaseEdit::Notes(notes).check(), Err(InputError { field: "note for the citizen" }));
        assert_eq!(check_reason(" "), Err(InputError { field: "reason" }));
    }

    #[test]
    fn what_the_schema_forbids_between_members_is_refused_on_entry() {
        let field = |edit: CaseEdit| edit.check().map_err(|error| error.field);
        let witness = Witness { officer: None, name: None, address: None, statement: None, may_be_named: true };
        assert_eq!(field(CaseEdit::Witnesses(vec![witness.clone()])), Err("witness"));
        let seen_by = |nation: &str| {
            let address = PostalAddress { nation: Some(nation.to_owned()), ..PostalAddress::default() };
            let named = Witness { officer: Some("5103".to_owned()), address: Some(address), ..witness.clone() };
            field(CaseEdit::Witnesses(vec![named]))
        };
        assert_eq!((seen_by("D"), seen_by("de")), (Ok(()), Err("nation")));
        let plate = Plate::parse("M-AB 1", "D").expect("sound");
        let numbered = |vin: &str| {
            let vehicle = Vehicle::new(plate.clone(), VehicleKind::Car);
            field(CaseEdit::Vehicle(Vehicle { vin: Some(vin.to_owned()), ..vehicle }))
        };
        assert_eq!(numbered("WVWZZZ1JZXW000001"), Ok(()));
        assert_eq!(numbered("WVWZZZ1JZXWO00001"), Err("vehicle identification number"));
        let at = Moment::new(0, 0, 0, BootId([0; 16])).expect("in the calendar");
        let talk = |instructed, outcome, cents| {
            let payment = Payment { amount_cents: Money(cents), method: PaymentMethod::Cash, receipt: None };
            field(CaseEdit::Talk(WarningTalk { at, instructed, outcome, payment: (cents > 0).then_some(payment) }))
        };
        assert_eq!((talk(true, TalkOutcome::Agreed, 2_500), talk(false, TalkOutcome::Refused, 0)), (Ok(()), Ok(())));
        assert_eq!(
            (talk(false, TalkOutcome::Agreed, 0), talk(true, TalkOutcome::Refused, 2_500)),
            (Err("talk"), Err("talk"))
        );
    }
}
