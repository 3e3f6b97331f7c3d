//! The vehicle and its plate.

use super::super::element::Element;
use super::super::handover::Handover;
use super::super::people::vehicle_key;
use super::super::plates;
use super::super::sheet::{Checked, Field, Rule, Sheet};
use crate::domain::{CaseRecord, Lettering, Plate, PlateClass, Vehicle, VehicleKind};

const KIND: Field = Field::open("Bestand/Fahrzeugtyp_Schluessel");
const OTHER_KIND: Field = Field::new("Bestand/Fahrzeugtyp_Sonstige", 100);
const MAKE: Field = Field::new("Bestand/KFZ_Hersteller", 24);
const MODEL: Field = Field::new("Bestand/KFZ_Typ", 24);
const COLOUR: Field = Field::new("Bestand/KFZ_Farbe", 24);
const VIN: Field = Field::new("Bestand/KFZ_ID", 30);
const PLATE: Field = Field::new("Bestand/KFZ_Kennzeichen", 12);
const MARK: Field = Field::new("Bestand/KFZ_Kennzeichen_Merkmal", 3);
const NATION: Field = Field::new("Bestand/KFZ_Kennzeichen_Nation", 3);
const HINT: Field = Field::new("Bestand/KFZ_Kennzeichen_Hinweis", 24);

pub(super) fn attributes(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    let Some(vehicle) = &record.vehicle else {
        sheet.refuse(&PLATE, "vehicle", Rule::Missing);
        return element;
    };
    let number = handover.plates.write(&plates::number(&vehicle.plate));
    element
        .with(Some(KIND.fixed(vehicle_key(vehicle.kind).unwrap_or("Z"))))
        .with((vehicle.kind == VehicleKind::Bus).then(|| OTHER_KIND.fixed("Omnibus")))
        .with(sheet.optional(&MAKE, "vehicle.make", vehicle.make.as_ref()))
        .with(sheet.optional(&MODEL, "vehicle.model", vehicle.model.as_ref()))
        .with(sheet.optional(&COLOUR, "vehicle.colour", vehicle.colour.as_ref()))
        .with(sheet.optional(&VIN, "vehicle.vin", vehicle.vin.as_ref()))
        .with(sheet.needed(&PLATE, "vehicle.plate.text", Some(&number)))
        .with(mark(sheet, &vehicle.plate))
        .with(sheet.text(&NATION, "vehicle.plate.nation", &vehicle.plate.nation))
        .with(hint(sheet, vehicle))
}

/// Where the keeper is asked for: a digit for the states that have one, else the sign. A German plate of no known form
/// has none.
fn mark(sheet: &mut Sheet, plate: &Plate) -> Option<Checked> {
    let key = match plate.nation.as_str() {
        "D" if plate.class == PlateClass::AsSeen => return None,
        "D" => "1",
        "A" => "2",
        "NL" => "3",
        "CH" => "5",
        "F" => "6",
        sign => sign,
    };
    sheet.text(&MARK, "vehicle.plate.nation", key)
}

/// Season, expiry and colour; on insurance plates the key of the colour alone.
fn hint(sheet: &mut Sheet, vehicle: &Vehicle) -> Option<Checked> {
    let lettering = plates::lettering(vehicle);
    let colour = if vehicle.plate.class == PlateClass::Insurance {
        lettering.map(insurance_key)
    } else {
        lettering.map(plates::colour)
    };
    let parts = [plates::season(&vehicle.plate), plates::expiry(vehicle), colour.map(str::to_owned)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    sheet.text(&HINT, "vehicle.marks", &parts.join(", "))
}

const fn insurance_key(lettering: Lettering) -> &'static str {
    match lettering {
        Lettering::Red => "00",
        Lettering::Green => "01",
        Lettering::Black => "02",
        Lettering::Blue => "03",
    }
}
