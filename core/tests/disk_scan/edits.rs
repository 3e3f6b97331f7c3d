//! A value to search for in every field of a draft.

use streife_core::domain::{
    CaseEdit, Damage, Fix, FixProvider, Moment, Money, NamedOffence, Notes, OffenceRelation, Payment, PaymentMethod,
    Person, PersonRole, Place, Plate, PlateMarks, PostalAddress, Scene, Slip, TalkOutcome, Tow, TowOutcome, Vehicle,
    VehicleKind, WarningTalk, Witness,
};

use super::canaries as canary;

/// Every field but the vehicle and the looks at it.
pub fn all(now: Moment) -> [CaseEdit; 9] {
    [offences(), place(now), slip(), notes(), scene(), persons(), witnesses(), talk(now), tow(now)]
}

/// The vehicle.
pub fn vehicle(plate: &str) -> CaseEdit {
    let plate = Plate::parse(plate, "D").expect("sound");
    let text = |text: &str| Some(text.to_owned());
    CaseEdit::Vehicle(Vehicle {
        make: text(canary::MAKE),
        model: text(canary::MODEL),
        colour: text(canary::COLOUR),
        marks: Some(PlateMarks { raw: text(canary::PLATE_AS_READ), ..PlateMarks::default() }),
        trailer: Some(Plate::parse(canary::TRAILER_PLATE, "D").expect("sound")),
        vin: text(canary::VIN),
        ..Vehicle::new(plate, VehicleKind::Car)
    })
}

fn offences() -> CaseEdit {
    let number = "112216".parse().expect("six digits");
    let item = NamedOffence::new(number).specified(canary::REFINEMENT);
    CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![item] }
}

fn place(now: Moment) -> CaseEdit {
    let fix = Fix {
        lat_e7: canary::LAT_E7,
        lon_e7: canary::LON_E7,
        accuracy_mm: 6_000,
        at: now,
        provider: FixProvider::Gnss,
        mocked: true,
    };
    let municipality = Some(canary::MUNICIPALITY.to_owned().try_into().expect("eight digits"));
    CaseEdit::Place(Place { text: canary::PLACE.to_owned(), fix: Some(fix), municipality, ..Place::default() })
}

fn scene() -> CaseEdit {
    let (meter, permit) = (Some(canary::METER.to_owned()), Some(canary::PERMIT.to_owned()));
    CaseEdit::Scene(Scene { meter, permit, ..Scene::default() })
}

fn persons() -> CaseEdit {
    let text = |text: &str| Some(text.to_owned());
    CaseEdit::Persons(vec![Person {
        family_name: text(canary::FAMILY_NAME),
        birth_place: text(canary::BIRTH_PLACE),
        address: Some(PostalAddress { street: text(canary::STREET), ..PostalAddress::default() }),
        licence: text(canary::LICENCE),
        statement: text(canary::STATEMENT),
        ..Person::new(PersonRole::Driver)
    }])
}

fn witnesses() -> CaseEdit {
    let name = Some(canary::WITNESS.to_owned());
    CaseEdit::Witnesses(vec![Witness { officer: None, name, address: None, statement: None, may_be_named: false }])
}

fn talk(now: Moment) -> CaseEdit {
    let receipt = Some(canary::RECEIPT.to_owned());
    let payment = Payment { amount_cents: Money(5_500), method: PaymentMethod::Cash, receipt };
    let (at, outcome) = (now, TalkOutcome::Agreed);
    CaseEdit::Talk(WarningTalk { at, instructed: true, outcome, payment: Some(payment) })
}

fn tow(now: Moment) -> CaseEdit {
    CaseEdit::Tow(Tow {
        requested: now,
        arrived: None,
        finished: Some(now),
        outcome: Some(TowOutcome::Cancelled),
        reason: canary::TOW_REASON.to_owned(),
        firm: Some(canary::FIRM.to_owned()),
        operator: None,
        destination: None,
        condition: None,
        damage: vec![Damage { text: canary::DAMAGE.to_owned(), photo: None }],
        note_left: false,
    })
}

fn slip() -> CaseEdit {
    CaseEdit::Slip(Slip::new(canary::SLIP_NUMBER, Some(canary::SLIP_CODE)).expect("sound"))
}

fn notes() -> CaseEdit {
    let text = |text: &str| Some(text.to_owned());
    CaseEdit::Notes(Notes { citizen: text(canary::NOTE_CITIZEN), internal: text(canary::NOTE_INTERNAL) })
}
