//! Several cases into one file: each alone is taken or refused.

use std::collections::BTreeSet;

use super::element::Element;
use super::report::{self, Row, Unmapped};
use super::sheet::{Charset, Field, FieldError, Rule, Sheet};
use crate::domain::{CaseId, CaseRecord, ObjectId};

/// What is known about a photo beyond the record, from opening and verifying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoProof {
    /// The photo's object.
    pub photo: ObjectId,
    /// SHA-256 of the original file.
    pub sha256: [u8; 32],
    /// Whether the signature of the manifest that lists it was verified.
    pub signed: bool,
}

/// An opened case to be handed over.
#[derive(Clone, Copy, Debug)]
pub struct HandedCase<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// File number (Aktenzeichen), if the authority has given one.
    pub file_number: Option<&'a str>,
    /// Photos that were opened. Those of the record without a proof go without hash and signed flag.
    pub photos: &'a [PhotoProof],
    /// Whether an event made it void after sealing.
    pub voided: bool,
}

impl<'a> HandedCase<'a> {
    /// A case of which the record alone is known.
    #[must_use]
    pub const fn new(record: &'a CaseRecord) -> Self {
        Self { record, file_number: None, photos: &[], voided: false }
    }

    pub(super) fn proof(&self, photo: ObjectId) -> Option<&'a PhotoProof> {
        self.photos.iter().find(|proof| proof.photo == photo)
    }
}

/// A case that is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The case.
    pub case: CaseId,
    /// What the format has no element for.
    pub unmapped: Vec<Unmapped>,
}

/// A case that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The case.
    pub case: CaseId,
    /// All fields that cannot be filled; at least one.
    pub errors: Vec<FieldError>,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The file; none if all cases were refused.
    pub file: Option<Vec<u8>>,
    /// Cases in the file, in the order given.
    pub accepted: Vec<Accepted>,
    /// Cases left out.
    pub refused: Vec<Refused>,
}

/// Why there is no batch at all.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What the agency has set does not fit the format.
    #[error("the hand-over's settings: {0}")]
    Settings(#[from] FieldError),
    /// The document could not be written.
    #[error("the document could not be written: {0}")]
    Writing(#[from] std::io::Error),
}

/// A format, as the batch sees it.
pub(super) trait Target {
    /// Signs it can hold.
    const CHARSET: Charset;
    /// Where the case's own id goes, for refusals of the case as a whole.
    const CASE: Field;
    /// What becomes of each member.
    const TABLE: &'static [Row];

    /// One case.
    fn case(&self, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element;
    /// The document around the cases.
    fn document(&self, sheet: &mut Sheet, cases: Vec<Element>) -> Element;
}

pub(super) fn export<T: Target>(target: &T, cases: &[HandedCase<'_>]) -> Result<Batch, ExportError> {
    let mut seen = BTreeSet::new();
    let (mut elements, mut accepted, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        let id = case.record.case;
        match mapped(target, case, seen.contains(&id)) {
            Ok((element, unmapped)) => {
                seen.insert(id);
                elements.push(element);
                accepted.push(Accepted { case: id, unmapped });
            }
            Err(errors) => refused.push(Refused { case: id, errors }),
        }
    }
    let file = document(target, elements)?;
    Ok(Batch { file: file.filter(|_| !accepted.is_empty()), accepted, refused })
}

fn document<T: Target>(target: &T, cases: Vec<Element>) -> Result<Option<Vec<u8>>, ExportError> {
    let mut sheet = Sheet::new(T::CHARSET);
    let root = target.document(&mut sheet, cases);
    match sheet.errors.into_iter().next() {
        Some(error) => Err(error.into()),
        None => Ok(Some(root.document(T::CHARSET)?)),
    }
}

fn mapped<T: Target>(
    target: &T,
    case: &HandedCase<'_>,
    known: bool,
) -> Result<(Element, Vec<Unmapped>), Vec<FieldError>> {
    let mut sheet = Sheet::new(T::CHARSET);
    if known {
        sheet.refuse(&T::CASE, "case", Rule::Duplicate);
    }
    if case.voided || case.record.voided.is_some() {
        sheet.refuse(&T::CASE, "voided", Rule::Voided);
    }
    if !sheet.errors.is_empty() {
        return Err(sheet.errors);
    }
    let element = target.case(&mut sheet, case);
    report::report(&mut sheet, T::TABLE, case.record);
    if sheet.errors.is_empty() { Ok((element, sheet.unmapped)) } else { Err(sheet.errors) }
}
