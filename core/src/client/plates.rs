//! Plates under the tables in use: those that the agency has installed, else those built in.

use std::sync::Arc;

use super::Client;
use crate::domain::{
    InputError, NationTable, OcrCandidate, OcrReading, PlateMarks, PlateOverride, PlateReading, PlateTables,
    PrefixTable, Vehicle, VehicleKind, Verdict, judge_plate, rank_plates,
};
use crate::error::Error;
use crate::seal::SignedPlateTable;
use crate::vault::Document;

impl Client {
    /// Installs a signed table of prefixes or of nationality signs. An older one never replaces a newer one.
    ///
    /// # Errors
    /// [`SealError::Signature`]; [`Error::PlateTable`] naming the fault, [`Error::State`] for an older table. The one in use
    /// stays.
    ///
    /// [`SealError::Signature`]: crate::seal::SealError::Signature
    pub fn install_plate_table(&self, bytes: &[u8]) -> Result<(), Error> {
        let json = self.verified::<SignedPlateTable>(bytes)?.0;
        let current = self.plate_tables()?;
        let (document, is_older) = match NationTable::parse(&json) {
            Ok(nations) => (Document::Nations, nations.as_of() < current.nations.as_of()),
            Err(_) => (Document::Prefixes, PrefixTable::parse(&json)?.as_of() < current.prefixes.as_of()),
        };
        if is_older {
            return Err(Error::State);
        }
        self.vault.put_document(document, bytes)?;
        self.forget_plates();
        Ok(())
    }

    /// The tables in use.
    ///
    /// # Errors
    /// [`Error::Seal`] or [`Error::PlateTable`] if an installed one is not sound.
    pub fn plate_tables(&self) -> Result<Arc<PlateTables>, Error> {
        if let Some(plates) = self.known_plates() {
            return Ok(plates);
        }
        let mut tables = PlateTables::built_in().clone();
        if let Some(json) = self.plate_table(Document::Prefixes)? {
            tables.prefixes = PrefixTable::parse(&json)?;
        }
        if let Some(json) = self.plate_table(Document::Nations)? {
            tables.nations = NationTable::parse(&json)?;
        }
        Ok(self.keep_plates(tables))
    }

    fn plate_table(&self, document: Document) -> Result<Option<Vec<u8>>, Error> {
        let signed = self.vault.document(document)?;
        signed.map(|bytes| Ok(self.verified::<SignedPlateTable>(&bytes)?.0)).transpose()
    }

    /// What to think of a plate as typed.
    ///
    /// # Errors
    /// As [`Self::plate_tables`].
    pub fn judge_plate(&self, text: &str, nation: &str) -> Result<Verdict, Error> {
        Ok(judge_plate(text, nation, &*self.plate_tables()?))
    }

    /// Legal plates out of what a camera has read, best first.
    ///
    /// # Errors
    /// [`Error::Input`] for an answer beyond the limits.
    pub fn rank_plates(&self, readings: &[OcrReading]) -> Result<Vec<OcrCandidate>, Error> {
        let ranked = rank_plates(readings, &*self.plate_tables()?);
        ranked.map_err(|_| InputError { field: "readings" }.into())
    }

    /// A vehicle by its plate as written with separators, expiry and interchangeable sign. With a reason, the officer
    /// stands by a plate that the verdict is against.
    ///
    /// # Errors
    /// [`Error::Plate`] naming the rule that a plate without a reason breaks; [`Error::Input`] for a reason beyond the limits.
    pub fn vehicle_as_written(
        &self,
        text: &str,
        nation: &str,
        kind: VehicleKind,
        reason: Option<&str>,
    ) -> Result<Vehicle, Error> {
        let Some(reason) = reason else {
            let PlateReading { plate, kind: fine, expires } = PlateReading::parse(text, nation)?;
            let marks = PlateMarks { kind: Some(fine), expires, ..PlateMarks::default() };
            return Ok(Vehicle { marks: Some(marks), ..Vehicle::new(plate, kind) });
        };
        let seen = PlateOverride::new(text, nation, self.judge_plate(text, nation)?, reason)?;
        let marks = PlateMarks { doubt: seen.doubt(), ..PlateMarks::default() };
        Ok(Vehicle { marks: Some(marks), ..Vehicle::new(seen.plate(), kind) })
    }
}
