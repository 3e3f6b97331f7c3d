//! xOWi-Bestand 1.1 (ekom21): all facts stand in attributes; a case is a `Bestand` that is added (`Hinzufuegen`).
//!
//! Its one day is that of the first check: an end on another day goes into the text beside the time. It has no element
//! for coordinates, tow and the talk; they go as lines into `Bemerkung`, which stays in the authority.

mod case;
mod people;
mod table;
mod vehicle;

pub(super) use table::TABLE;

use super::batch::{HandedCase, Target};
use super::element::Element;
use super::handover::Handover;
use super::report::Row;
use super::sheet::{Charset, Field, Sheet};

/// The format, with an agency's settings.
pub(super) struct Xowi<'a>(pub(super) &'a Handover);

const NAMESPACE: &str = "http://www.owi21.de";
const XMLNS: Field = Field::open("Datenstrom/xmlns");
const VERSION: Field = Field::new("Bestaende/Version", 8);
const SENDER: Field = Field::new("Bestaende/Absender", 128);

impl Target for Xowi<'_> {
    const CHARSET: Charset = Charset::Utf8;
    const CASE: Field = Field::new("Bestand/GUID", 36);
    const TABLE: &'static [Row] = TABLE;

    fn case(&self, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
        case::bestand(self.0, sheet, case)
    }

    fn document(&self, sheet: &mut Sheet, cases: Vec<Element>) -> Element {
        let batch = Element::new("Bestaende")
            .with(Some(VERSION.fixed("1.1")))
            .with(sheet.needed(&SENDER, "handover.origin", Some(&self.0.origin)))
            .child(Element::new("Hinzufuegen").children(cases));
        Element::new("Datenstrom").with(Some(XMLNS.fixed(NAMESPACE))).child(batch)
    }
}
