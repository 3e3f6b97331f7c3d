//! Hand-over (Übergabe): case records as the files that agencies' systems import, xOWi-Bestand 1.1 and WiNOWiG XMLMDE.
//!
//! A batch is one file. A record that does not fit is refused alone, with every field that breaks a rule; the others
//! stay in. Nothing is cut short: a text beyond the limit of its field, or with a sign that the format cannot hold, is
//! refused. Nothing is lost in silence: what a format has no element for goes as a line into its internal note, and each
//! case has a list of what was carried that way and what was left out ([`Unmapped`]). An optional element is left out,
//! never empty. What is internal never enters an element that a letter to the citizen may quote.
//!
//! Both formats are known from descriptions and samples of their makers, not by agreement with them: names, lengths and
//! keys are facts from there, `core/docs/hand-over.md` says which of them are uncertain. What only an authority knows,
//! such as its keys for persons, stands in [`Handover`]. Members that no table names are reported, so a new fact of the
//! record cannot disappear here.
//!
//! No file, clock or key is used: records come opened, bytes go back.

mod batch;
mod element;
mod handover;
mod lines;
mod local;
mod people;
mod photos;
mod plates;
mod report;
mod sheet;
mod winowig;
mod xowi;

pub use batch::{Accepted, Batch, ExportError, HandedCase, PhotoProof, Refused};
pub use handover::{
    Decision, DocumentKeys, Handover, PaymentKey, PersonTypes, PersonWords, PlateForm, WinowigKeys, XowiKeys,
};
pub use photos::file_name as photo_file_name;
pub use report::{Reason, Row, To, Unmapped};
pub use sheet::{FieldError, Rule};

/// A format to hand over in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// xOWi-Bestand 1.1 of ekom21, UTF-8.
    Xowi,
    /// WiNOWiG XMLMDE, ISO-8859-1. Its importer wants `xmlmde` in the name of folder or archive.
    Winowig,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Xowi, Self::Winowig];

    /// What becomes of each member of the record. A member stands for all below it that have no row of their own.
    #[must_use]
    pub const fn table(self) -> &'static [Row] {
        match self {
            Self::Xowi => xowi::TABLE,
            Self::Winowig => winowig::TABLE,
        }
    }

    /// Maps cases into one file.
    ///
    /// # Errors
    /// [`ExportError`] if what the agency has set does not fit; a case that does not fit is refused in the batch.
    pub fn export(self, cases: &[HandedCase<'_>], handover: &Handover) -> Result<Batch, ExportError> {
        match self {
            Self::Xowi => batch::export(&xowi::Xowi(handover), cases),
            Self::Winowig => batch::export(&winowig::Winowig(handover), cases),
        }
    }
}
