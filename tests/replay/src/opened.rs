//! A case as the case worker opens it, compared with what the phone's camera took.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use streife_core::domain::{
    CaseRecord, CaseView, ObjectId, PhotoRecord, PlateTables, PlateWarning, Salt, Verdict, judge_plate, legal_day,
};
use streife_core::seal::{
    Binding, CaseEvent, CaseKey, Hash, Kind, Manifest, ManifestObject, Receipt, RecipientPrivateKey, Signed,
    VerifyingKey, commitment, open,
};

use crate::ReplayError;
use crate::desk::{Desk, ListedCase};
use crate::model::{CaseOutcome, OffenceOutcome, PhotoOutcome, RecordFacts};
use crate::player::{PlayedCase, TakenPhoto};

/// Opens cases.
pub struct Opener<'a> {
    /// The box.
    pub desk: &'a Desk,
    /// The case worker's key.
    pub case_worker: &'a RecipientPrivateKey,
    /// The phone's key.
    pub device_key: VerifyingKey,
    /// The box's key.
    pub box_key: VerifyingKey,
}

/// A case that never reached the box.
#[must_use]
pub fn absent(label: &str, played: &PlayedCase) -> CaseOutcome {
    CaseOutcome {
        label: label.to_owned(),
        case: played.case.to_string(),
        begun_ms: played.begun_ms,
        sealed_ms: played.sealed_ms,
        receipted_ms: played.receipted_ms,
        box_state: "absent".to_owned(),
        photos: played.photos.iter().map(|taken| photo_outcome(taken, "", false, String::new())).collect(),
        ..CaseOutcome::default()
    }
}

impl Opener<'_> {
    /// Opens one case and says what does not hold.
    ///
    /// # Errors
    /// [`ReplayError::Setup`] if the box cannot be read.
    pub fn open(&self, label: &str, played: &PlayedCase, listed: &ListedCase) -> Result<CaseOutcome, ReplayError> {
        let mut outcome = absent(label, played);
        let state = serde_json::to_value(listed.state).ok();
        outcome.box_state = state.and_then(|state| state.as_str().map(str::to_owned)).unwrap_or_default();
        let bytes = self.desk.manifest(listed.case)?;
        let Ok(manifest) = Signed::<Manifest>::verify(&bytes, &self.device_key) else {
            outcome.findings.push("the manifest's signature does not verify".to_owned());
            return Ok(outcome);
        };
        self.receipt(&manifest, &mut outcome)?;
        self.events(listed, &mut outcome)?;
        match manifest.payload().open_case_key(self.case_worker) {
            Ok(key) => self.content(manifest.payload(), &key, played, &mut outcome)?,
            Err(_) => outcome.findings.push("the case key does not open for the case worker".to_owned()),
        }
        Ok(outcome)
    }

    fn receipt(&self, manifest: &Signed<Manifest>, outcome: &mut CaseOutcome) -> Result<(), ReplayError> {
        let Some(bytes) = self.desk.receipt(manifest.payload().case)? else { return Ok(()) };
        let covers =
            Signed::<Receipt>::verify(&bytes, &self.box_key).is_ok_and(|receipt| receipt.payload().covers(manifest));
        if !covers {
            outcome.findings.push("the receipt does not cover the manifest".to_owned());
        }
        Ok(())
    }

    fn events(&self, listed: &ListedCase, outcome: &mut CaseOutcome) -> Result<(), ReplayError> {
        for (id, bytes) in self.desk.events(listed.case)? {
            match Signed::<CaseEvent>::verify(&bytes, &self.device_key) {
                Ok(event) if event.payload().case == listed.case && event.payload().event == id => {
                    outcome.voided = Some(event.payload().reason.clone());
                    let note = event.payload().note.as_ref();
                    if note.is_some_and(|note| note.open(listed.case, id, self.case_worker).is_err()) {
                        outcome.findings.push("the note of the void does not open".to_owned());
                    }
                }
                _ => outcome.findings.push("an event's signature does not verify".to_owned()),
            }
        }
        Ok(())
    }

    fn content(
        &self,
        manifest: &Manifest,
        key: &CaseKey,
        played: &PlayedCase,
        outcome: &mut CaseOutcome,
    ) -> Result<(), ReplayError> {
        let mut content = Content { opener: self, manifest, key, outcome };
        let Some(record) = content.record()? else { return Ok(()) };
        content.view()?;
        content.facts(&record);
        content.outcome.photos.clear();
        if record.photos.len() != played.photos.len() {
            let text = format!("{} photos were taken, the record has {}", played.photos.len(), record.photos.len());
            content.outcome.findings.push(text);
        }
        for (photo, taken) in record.photos.iter().zip(&played.photos) {
            content.photo(photo, taken)?;
        }
        Ok(())
    }
}

/// The content of one case while it is opened.
struct Content<'a> {
    opener: &'a Opener<'a>,
    manifest: &'a Manifest,
    key: &'a CaseKey,
    outcome: &'a mut CaseOutcome,
}

impl Content<'_> {
    fn listed(&self, matches: impl Fn(&&ManifestObject) -> bool) -> Option<ManifestObject> {
        self.manifest.objects.iter().find(matches).cloned()
    }

    /// Reads and opens an object; what is wrong with it becomes a finding.
    fn plain(
        &mut self,
        object: Option<ManifestObject>,
        what: &str,
    ) -> Result<Option<(ManifestObject, Vec<u8>)>, ReplayError> {
        let Some(object) = object else { return Ok(self.find(format!("{what} is not in the manifest"))) };
        let case = self.manifest.case;
        let Some(sealed) = self.opener.desk.object(case, object.object)? else {
            // Not there yet is no fault: the case is incomplete at the box.
            return Ok(None);
        };
        if Hash::of(&[&sealed]) != object.hash || sealed.len() as u64 != object.length {
            return Ok(self.find(format!("{what} is not the object that was signed")));
        }
        let key = self.key.object_key(case, object.scope, object.object);
        let binding = Binding::of_case(object.kind, case, object.object).with_scope(object.scope);
        match open(&key, &binding, &sealed) {
            Ok(plain) => Ok(Some((object, plain))),
            Err(_) => Ok(self.find(format!("{what} does not open"))),
        }
    }

    fn find<T>(&mut self, text: String) -> Option<T> {
        self.outcome.findings.push(text);
        None
    }

    fn commits(&mut self, object: &ManifestObject, salt: &Salt, plain: &[u8], what: &str) {
        if commitment(salt, plain) != object.commitment {
            self.outcome.findings.push(format!("the commitment to {what} does not hold"));
        }
    }

    fn record(&mut self) -> Result<Option<CaseRecord>, ReplayError> {
        let listed = self.listed(|object| object.kind == Kind::Record);
        let Some((object, plain)) = self.plain(listed, "the record")? else { return Ok(None) };
        let Ok(record) = serde_json::from_slice::<CaseRecord>(&plain) else {
            return Ok(self.find("the record is not of its schema".to_owned()));
        };
        self.commits(&object, &record.salt, &plain, "the record");
        if record.case != self.manifest.case || record.seq != self.manifest.seq {
            self.outcome.findings.push("the record belongs to another case".to_owned());
        }
        Ok(Some(record))
    }

    fn view(&mut self) -> Result<(), ReplayError> {
        let listed = self.listed(|object| object.kind == Kind::View);
        let Some((object, plain)) = self.plain(listed, "the citizen's view")? else { return Ok(()) };
        match serde_json::from_slice::<CaseView>(&plain) {
            Ok(view) => self.commits(&object, &view.salt, &plain, "the citizen's view"),
            Err(_) => self.outcome.findings.push("the citizen's view is not of its schema".to_owned()),
        }
        Ok(())
    }

    fn facts(&mut self, record: &CaseRecord) {
        let outcome = &mut *self.outcome;
        if let Some(vehicle) = &record.vehicle {
            let class = serde_json::to_value(vehicle.plate.class).ok();
            let class = class.as_ref().and_then(|class| class.as_str()).unwrap_or_default();
            outcome.plate = Some(vehicle.plate.text.clone());
            outcome.plate_class = Some(format!("{} {class}", vehicle.plate.nation));
            let words = [&vehicle.make, &vehicle.model, &vehicle.colour];
            outcome.vehicle = Some(words.into_iter().flatten().cloned().collect::<Vec<_>>().join(" "));
        }
        if let Some(offences) = &record.offences {
            outcome.amount_cents = offences.amount_cents.0.into();
            let one = |item: &streife_core::domain::ChargedOffence| OffenceOutcome {
                number: item.number,
                label: item.label.clone(),
                amount_cents: item.amount_cents.0.into(),
            };
            outcome.offences = offences.items.iter().map(one).collect();
        }
        outcome.facts = record_facts(record);
        outcome.place = record.place.as_ref().map(|place| place.text.clone());
        outcome.duration_s = record.observation.duration_s;
        outcome.number = record.number.as_ref().map(ToString::to_string);
        outcome.slip = record.slip.as_ref().map(|slip| slip.number.clone());
        if let Some(voided) = &record.voided {
            outcome.voided = Some(voided.reason.as_str().to_owned());
        }
    }

    fn photo(&mut self, photo: &PhotoRecord, taken: &TakenPhoto) -> Result<(), ReplayError> {
        let of = |id: ObjectId| move |object: &&ManifestObject| object.object == id;
        let listed = self.listed(of(photo.object));
        let original = self.plain(listed, &taken.label)?;
        let equal = original.as_ref().is_some_and(|(_, plain)| Hash::of(&[plain]) == taken.hash);
        if let Some((object, plain)) = &original {
            self.commits(object, &photo.salt, plain, &taken.label);
            if !equal {
                self.outcome.findings.push(format!("{} differs from what the camera took", taken.label));
            }
        }
        let mut thumbnail = String::new();
        if let Some(record) = &photo.thumbnail {
            let listed = self.listed(of(record.object));
            if let Some((object, plain)) = self.plain(listed, "a thumbnail")? {
                self.commits(&object, &record.salt, &plain, "a thumbnail");
                thumbnail = BASE64.encode(plain);
            }
        }
        let class = serde_json::to_value(photo.class).ok();
        let class = class.as_ref().and_then(|class| class.as_str()).unwrap_or_default();
        let outcome = photo_outcome(taken, class, equal, thumbnail);
        self.outcome.photos.push(PhotoOutcome { object: photo.object.to_string(), ..outcome });
        Ok(())
    }
}

fn record_facts(record: &CaseRecord) -> RecordFacts {
    let record = record.clone();
    RecordFacts {
        plate_warnings: plate_warnings(&record),
        vehicle: record.vehicle,
        place: record.place,
        checks: record.observation.checks,
        scene: record.scene,
        persons: record.persons,
        witnesses: record.witnesses,
        talk: record.talk,
        tow: record.tow,
        confirmed: record.confirmed,
        notes: record.notes,
    }
}

/// What the tables and the day of the first check say about the plate. One that the officer stands by has a reason instead.
fn plate_warnings(record: &CaseRecord) -> Vec<PlateWarning> {
    let Some(vehicle) = record.vehicle.as_ref().filter(|vehicle| vehicle.doubt().is_none()) else { return Vec::new() };
    let reading = vehicle.reading();
    let mut warnings = match judge_plate(&reading.text(), &reading.plate.nation, PlateTables::built_in()) {
        Verdict::Plausible(_, warnings) => warnings,
        _ => Vec::new(),
    };
    let lettering = vehicle.marks.as_ref().and_then(|marks| marks.lettering);
    if let Some(day) = record.observation.checks.first().and_then(|check| legal_day(&check.at).ok()) {
        warnings.extend(reading.warnings_on(day, lettering));
    }
    warnings
}

fn photo_outcome(taken: &TakenPhoto, class: &str, equal: bool, thumbnail: String) -> PhotoOutcome {
    PhotoOutcome {
        object: String::new(),
        label: taken.label.clone(),
        class: class.to_owned(),
        bytes: taken.bytes,
        sha256: taken.hash.to_string(),
        equal,
        thumbnail,
    }
}
