//! WiNOWiG XMLMDE: facts stand in elements, a case is a `Fall`; ISO-8859-1, German dates, times without an offset.
//!
//! Lists are short: three lines of seventy characters for the place and for witnesses, eight photos, two remarks. What
//! goes beyond is refused (a place), carried in the internal note (witnesses) or reported (photos).

mod case;
mod offence;
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
pub(super) struct Winowig<'a>(pub(super) &'a Handover);

const VERSION: Field = Field::open("OWIGMDEData/Version");
const ORIGIN: Field = Field::open("Header/Herkunft");
const CLERK: Field = Field::open("Header/Sachbearbeitername");
const CLIENT: Field = Field::open("Mandant/GKZ");

impl Target for Winowig<'_> {
    const CHARSET: Charset = Charset::Latin1;
    const CASE: Field = Field::open("Mandant/Fall");
    const TABLE: &'static [Row] = TABLE;

    fn case(&self, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
        case::fall(self.0, sheet, case)
    }

    fn document(&self, sheet: &mut Sheet, cases: Vec<Element>) -> Element {
        let header = Element::new("Header")
            .with(sheet.needed(&ORIGIN, "handover.origin", Some(&self.0.origin)))
            .with(sheet.needed(&CLERK, "handover.clerk", Some(&self.0.clerk)));
        let client = self.0.client.as_ref().map(|key| CLIENT.fixed(key.as_str()));
        Element::new("OWIGMDEData")
            .with(Some(VERSION.fixed("1")))
            .child(header)
            .child(Element::new("Mandant").with(client).children(cases))
    }
}
