//! The edits of a sequence as the core takes them.

use streife_core::domain::{
    CaseEdit, CaseFacts, Check, Confirmation, Fix, FixProvider, Moment, NamedOffence, Notes, OffenceRelation, Place,
    Plate, Slip, Vehicle, VehicleKind,
};

use crate::steps::Edit;

/// What no file of the phone may ever hold in clear.
pub const CANARIES: [&str; 3] = ["M-CY", "Kanarienweg", "vertraulich"];

/// The edit of a step.
pub fn edit(edit: &Edit, now: &Moment) -> CaseEdit {
    match *edit {
        Edit::Vehicle(number) => vehicle(number),
        Edit::Place(number, mocked) => place(number, mocked, now),
        Edit::Offences(count, refined) => {
            let refinement = refined.then(|| format!("vertraulich {count}"));
            let offence = NamedOffence { refinement, ..NamedOffence::new("141322".parse().expect("six digits")) };
            let relation = if refined { OffenceRelation::SeveralActs } else { OffenceRelation::OneAct };
            CaseEdit::Offences { relation, items: vec![offence; usize::from(count % 3) + 1] }
        }
        Edit::Notes(number) => {
            let citizen = (number % 2 == 0).then(|| format!("vertraulich {number}"));
            CaseEdit::Notes(Notes { citizen, internal: Some(format!("vertraulich, intern {number}")) })
        }
        Edit::Slip(number) => {
            let code = (number % 2 == 0).then_some("0123456789ABCDEFGHJK");
            CaseEdit::Slip(Slip::new(&format!("1234-5678-{number}"), code).expect("sound"))
        }
        Edit::Check => CaseEdit::Check(Check { at: *now, valves: Vec::new(), disc: None }),
        Edit::TooLong => CaseEdit::Place(Place { text: "x".repeat(201), ..Place::default() }),
    }
}

/// What sealing asks for and the draft lacks, but for the photo.
pub fn missing(facts: &CaseFacts, now: &Moment) -> Vec<CaseEdit> {
    let offences = || edit(&Edit::Offences(0, false), now);
    let wanted = [
        facts.vehicle.is_none().then(|| vehicle(0)),
        facts.offences.is_empty().then(offences),
        facts.checks.is_empty().then(|| edit(&Edit::Check, now)),
        facts.place.is_none().then(|| place(0, false, now)),
    ];
    wanted.into_iter().flatten().collect()
}

/// With a simulated fix confirmed or without.
pub fn confirmations(confirms: bool) -> Vec<Confirmation> {
    let confirmation = Confirmation { finding: "fix-mocked".to_owned(), reason: "Training".to_owned() };
    confirms.then_some(confirmation).into_iter().collect()
}

fn vehicle(number: u16) -> CaseEdit {
    let plate = Plate::parse(&format!("M-CY {}", number % 9_000 + 1), "D").expect("sound");
    CaseEdit::Vehicle(Vehicle { make: Some(format!("Marke {number}")), ..Vehicle::new(plate, VehicleKind::Car) })
}

fn place(number: u16, mocked: bool, now: &Moment) -> CaseEdit {
    let (lat_e7, lon_e7) = (481_374_300, 115_754_900);
    let fix = Fix { lat_e7, lon_e7, accuracy_mm: 6_000, at: *now, provider: FixProvider::Gnss, mocked };
    CaseEdit::Place(Place { text: format!("Kanarienweg {number}"), fix: Some(fix), ..Place::default() })
}
