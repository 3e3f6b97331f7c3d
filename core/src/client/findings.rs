//! What stands against sealing, or should be known before.

use chrono::NaiveDate;

use super::Client;
use crate::catalogue::Catalogue;
use crate::domain::{
    CaseFacts, CaseId, Confirmation, Finding, FindingCode, Fix, GpsState, InputError, Moment, Observation, PhotoRecord,
    Severity, check_reason,
};
use crate::error::Error;
use crate::geo::{FixQuality, distance_m, is_way_plausible, quality};

/// A camera's clock that differs more than this from the device's is worth a note.
const PHOTO_TIME_S: i64 = 600;
/// A photo taken farther than this from the fix is worth a note, metres.
const PHOTO_DISTANCE_M: f64 = 250.0;
const LAST_FIX: &str = "last-fix";

impl Client {
    /// Everything that would be found if the draft were sealed now, heaviest first.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] without a catalogue.
    pub fn findings(&self, case: CaseId) -> Result<Vec<Finding>, Error> {
        let facts = self.vault.draft(case)?;
        self.find(&facts, &self.now()?)
    }

    /// Refuses to seal while something blocks, or waits for a confirmation that was not given.
    pub(super) fn refuse_findings(
        &self,
        facts: &CaseFacts,
        confirmed: &[Confirmation],
        now: &Moment,
    ) -> Result<(), Error> {
        let is_open = |finding: &Finding| match finding.severity {
            Severity::Block => true,
            Severity::Confirm => !confirmed.iter().any(|given| given.finding == finding.code.as_str()),
            Severity::Note => false,
        };
        let found = self.find(facts, now)?;
        for given in confirmed {
            check_reason(&given.reason)?;
            if found.iter().all(|finding| finding.code.as_str() != given.finding) {
                return Err(InputError { field: "confirmation" }.into()); // of something that was not found
            }
        }
        let open: Vec<_> = found.into_iter().filter(is_open).collect();
        if open.is_empty() { Ok(()) } else { Err(Error::Findings(open)) }
    }

    fn find(&self, facts: &CaseFacts, now: &Moment) -> Result<Vec<Finding>, Error> {
        let catalogue = self.catalogue()?;
        let mut codes = missing(facts);
        codes.extend(about_offences(facts, &catalogue, offence_day(facts, now)?));
        codes.extend(self.about_place(facts)?);
        codes.extend(facts.photos.iter().flat_map(|photo| about_photo(photo, facts)));
        codes.sort_unstable();
        codes.dedup();
        let mut findings: Vec<_> = codes.into_iter().map(Finding::from).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(findings)
    }

    fn about_place(&self, facts: &CaseFacts) -> Result<Vec<FindingCode>, Error> {
        let Some(fix) = facts.place.as_ref().and_then(|place| place.fix.as_ref()) else {
            return Ok(vec![FindingCode::FixWeak]);
        };
        let used_at = facts.checks.first().map_or(fix.at, |check| check.at);
        let last: Option<Fix> = self.vault.setting(LAST_FIX)?.and_then(|json| serde_json::from_slice(&json).ok());
        let found = [
            (fix.mocked, FindingCode::FixMocked),
            (quality(fix, &used_at) == FixQuality::Weak, FindingCode::FixWeak),
            (last.is_some_and(|last| !is_way_plausible(&last, fix)), FindingCode::WayImplausible),
        ];
        Ok(found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).collect())
    }

    /// The fix that the next case's way is judged from.
    pub(super) fn remember_fix(&self, facts: &CaseFacts) -> Result<(), Error> {
        let Some(fix) = facts.place.as_ref().and_then(|place| place.fix.as_ref()) else { return Ok(()) };
        let json = serde_json::to_vec(fix).map_err(|_| Error::State)?;
        Ok(self.vault.put_setting(LAST_FIX, &json)?)
    }
}

/// The calendar day that the catalogue is asked for: of the first check, else today.
pub(super) fn offence_day(facts: &CaseFacts, now: &Moment) -> Result<NaiveDate, Error> {
    let moment = facts.checks.first().map_or(*now, |check| check.at);
    Ok(moment.civil()?.date_naive())
}

fn missing(facts: &CaseFacts) -> Vec<FindingCode> {
    let parts = [
        (facts.vehicle.is_none(), FindingCode::VehicleMissing),
        (facts.offences.is_empty(), FindingCode::OffenceMissing),
        (facts.checks.is_empty(), FindingCode::CheckMissing),
        (facts.place.as_ref().is_none_or(|place| place.text.trim().is_empty()), FindingCode::PlaceMissing),
        (facts.photos.is_empty(), FindingCode::PhotoMissing),
    ];
    parts.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, code)| code).collect()
}

fn about_offences(facts: &CaseFacts, catalogue: &Catalogue, day: NaiveDate) -> Vec<FindingCode> {
    let observation = Observation::new(facts.checks.clone());
    let mut codes = Vec::new();
    for offence in &facts.offences {
        let Some(entry) = catalogue.lookup(offence.number, day) else {
            codes.push(FindingCode::OffenceUnknown);
            continue;
        };
        if entry.needs_refinement && offence.refinement.as_ref().is_none_or(|text| text.trim().is_empty()) {
            codes.push(FindingCode::RefinementMissing);
        }
        if !entry.is_long_enough(observation.duration_s) {
            codes.push(FindingCode::DurationTooShort);
        }
        if entry.min_minutes_exclusive.is_some() && !observation.valves_unmoved() {
            codes.push(FindingCode::ValvesMoved);
        }
    }
    codes
}

fn about_photo(photo: &PhotoRecord, facts: &CaseFacts) -> Vec<FindingCode> {
    let fix = facts.place.as_ref().and_then(|place| place.fix.as_ref());
    let found = [
        (photo_time_differs(photo), FindingCode::PhotoTimeDiffers),
        (fix.is_some_and(|fix| photo_is_far(photo, fix)), FindingCode::PhotoPlaceDiffers),
        (photo.exif.gps == GpsState::Redacted, FindingCode::PhotoGpsRedacted),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).collect()
}

/// Cameras write local time, mostly without an offset: compared with the device's local time.
fn photo_time_differs(photo: &PhotoRecord) -> bool {
    let taken = photo.exif.taken.as_deref().and_then(|text| text.parse::<chrono::NaiveDateTime>().ok());
    let imported = photo.imported_at.civil().map(|time| time.naive_local());
    match (taken, imported) {
        (Some(taken), Ok(imported)) => (imported - taken).num_seconds().abs() > PHOTO_TIME_S,
        _ => false,
    }
}

fn photo_is_far(photo: &PhotoRecord, fix: &Fix) -> bool {
    let (Some(lat), Some(lon)) = (photo.exif.lat_e7, photo.exif.lon_e7) else { return false };
    let taken = (f64::from(lat) / 1e7, f64::from(lon) / 1e7);
    distance_m(taken, fix.degrees()) - f64::from(fix.accuracy_mm) / 1000.0 > PHOTO_DISTANCE_M
}
