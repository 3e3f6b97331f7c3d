//! Cases: the key, the facts or the record, the photos, the events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use streife_core::domain::{CaseFacts, CaseId, CaseRecord, CaseView, ObjectId, Officer, PhotoRecord, Salt, to_hex};
use streife_core::seal::{
    Binding, CaseKey, Hash, Kind, Manifest, ManifestObject, Scope, SignedPayload, commitment, open,
};

use super::journal::Told;
use super::keys::{Keys, NOWHERE};
use super::report::{CaseReport, Fault, KeyFrom, Report};
use super::sink::Sink;
use super::source::{CaseSource, Source, event_of};
use crate::ReplayError;

/// Names of the states in `cases.state`.
const STATES: [&str; 8] = ["draft", "unsigned", "sealed", "receipted", "purging", "purged", "quarantined", "stranded"];
/// From here to there only a tombstone is left.
const GONE: std::ops::RangeInclusive<u8> = 4..=5;

/// All cases of a vault.
pub struct Cases<'a> {
    pub source: &'a Source,
    pub keys: &'a Keys,
    pub sink: &'a Sink,
    pub told: &'a Told,
}

impl Cases<'_> {
    /// Opens and writes every case.
    ///
    /// # Errors
    /// [`ReplayError::File`] if something cannot be written.
    pub fn open(&self, report: &mut Report) -> Result<(), ReplayError> {
        for (case, found) in self.source.cases.iter().filter(|(case, _)| **case != NOWHERE) {
            let mut opening = Opening::new(self, *case, found);
            opening.open()?;
            report.not_opened.append(&mut opening.faults);
            report.cases.push(opening.report);
        }
        for case in self.told.kept.iter().filter(|case| !self.source.cases.contains_key(case)) {
            report.not_opened.push(Fault::new("case", case, "the journal tells of it, and nothing of it is there"));
        }
        self.lost_events(report);
        Ok(())
    }

    fn lost_events(&self, report: &mut Report) {
        for (event, (case, _)) in self.told.voids.iter().filter(|(event, _)| !self.source.events.contains_key(event)) {
            report.not_opened.push(Fault::of_case(
                case,
                "event",
                event,
                "the journal tells of it, and it is not there",
            ));
        }
    }
}

/// Writes what is known of each shift's officer.
///
/// # Errors
/// [`ReplayError::File`].
pub fn officers(source: &Source, keys: &Keys, sink: &Sink, report: &mut Report) -> Result<(), ReplayError> {
    for (shift, sealed) in &source.officers {
        let row = ObjectId::new(*shift.as_bytes());
        // The newest that opens: an officer may have been stated anew under another key.
        let opened: Vec<_> =
            sealed.iter().rev().map(|sealed| keys.value(Kind::Setting, NOWHERE, row, sealed)).collect();
        let officer = opened.iter().find_map(|opened| serde_json::from_slice::<Officer>(opened.as_ref().ok()?).ok());
        match (officer, opened.first()) {
            (Some(officer), _) => {
                sink.json(&format!("shifts/{shift}.json"), &json!({"shift": shift, "officer": officer}))?;
                report.officers += 1;
            }
            (None, Some(Err(why))) => report.not_opened.push(Fault::new("officer of shift", shift, why)),
            (None, _) => report.not_opened.push(Fault::new("officer of shift", shift, "it is none")),
        }
    }
    Ok(())
}

/// One case while it is opened.
struct Opening<'a> {
    all: &'a Cases<'a>,
    case: CaseId,
    found: &'a CaseSource,
    manifest: Option<Manifest>,
    /// Salts of the commitments, from record or draft.
    salts: BTreeMap<ObjectId, Salt>,
    faults: Vec<Fault>,
    report: CaseReport,
}

impl<'a> Opening<'a> {
    fn new(all: &'a Cases<'a>, case: CaseId, found: &'a CaseSource) -> Self {
        let state = found.state.map(|state| STATES.get(usize::from(state)).copied().unwrap_or("unknown").to_owned());
        Self {
            all,
            case,
            found,
            manifest: None,
            salts: BTreeMap::new(),
            faults: Vec::new(),
            report: CaseReport { case: case.to_string(), state, ..CaseReport::default() },
        }
    }

    fn open(&mut self) -> Result<(), ReplayError> {
        self.events()?;
        let is_gone = self.found.state.is_some_and(|state| GONE.contains(&state));
        if is_gone || self.found.state.is_none() && self.all.told.purged.contains(&self.case) {
            return Ok(()); // a tombstone, or what a purge has not yet cleared away
        }
        self.manifest = self.manifest();
        let Some(key) = self.key() else { return Ok(()) };
        self.draft(&key)?;
        let (told, listed) = (self.listed(), self.objects());
        let first = |id: &ObjectId| !matches!(told.get(id).map(|object| object.kind), Some(Kind::Record | Kind::View));
        let mut ordered: Vec<_> = listed.into_iter().collect();
        ordered.sort_by_key(first); // the record holds the salts
        for id in ordered {
            self.object(&key, id, told.get(&id))?;
        }
        Ok(())
    }

    fn fault(&mut self, what: &str, id: impl ToString, reason: impl ToString) {
        self.faults.push(Fault::of_case(self.case, what, id, reason));
    }

    /// The manifest: the one that the journal vouches for, or, where it tells nothing, the first that is one.
    fn manifest(&mut self) -> Option<Manifest> {
        let told = self.all.told.sealed.get(&self.case);
        let is_meant = |payload: &&Vec<u8>| told.is_none_or(|hash| Hash::of(&[payload]) == *hash);
        let meant = self.found.manifests.iter().filter(is_meant).find_map(|payload| Manifest::decode(payload).ok());
        let meant = meant.filter(|manifest| manifest.case == self.case);
        if meant.is_none() && !self.found.manifests.is_empty() {
            self.fault("manifest", self.case, "it is not the one that the journal tells of");
        } else if meant.is_none() && told.is_some() {
            self.fault("manifest", self.case, "the case was sealed, and its manifest is not there");
        }
        meant
    }

    fn key(&mut self) -> Option<CaseKey> {
        let sealed: Vec<_> = self.found.keys.iter().map(|sealed| self.all.keys.case_key(self.case, sealed)).collect();
        let fits = |key: &&CaseKey| {
            self.manifest.as_ref().is_none_or(|manifest| key.commitment(self.case) == manifest.key_commitment)
        };
        if let Some(key) = sealed.iter().flatten().find(fits) {
            self.report.key = Some(KeyFrom::Root);
            return Some(key.clone());
        }
        let why = match sealed.first() {
            Some(Ok(_)) => "its sealed key is not the one that its manifest commits to".to_owned(),
            Some(Err(why)) => why.to_string(),
            None => "its sealed key is not there".to_owned(),
        };
        let wrapped = self.manifest.as_ref().map(|manifest| self.all.keys.wrapped_key(manifest));
        if let Some(Ok(key)) = wrapped {
            self.report.key = Some(KeyFrom::Manifest);
            return Some(key);
        }
        let wrapped = wrapped.and_then(Result::err).map(|error| format!("; in its manifest: {error}"));
        self.fault("key", self.case, format!("{why}{}", wrapped.unwrap_or_default()));
        None
    }

    fn draft(&mut self, key: &CaseKey) -> Result<(), ReplayError> {
        let Some(sealed) = &self.found.draft else { return Ok(()) };
        let row = ObjectId::new(*self.case.as_bytes());
        let binding = Binding::of_case(Kind::Draft, self.case, row);
        let Ok(plain) = open(&key.object_key(self.case, Scope::Full, row), &binding, sealed) else {
            self.fault("draft", self.case, "it was changed, or stands where it does not belong");
            return Ok(());
        };
        if self.all.told.drafts.get(&self.case).is_some_and(|told| Hash::of(&[sealed]) != *told) {
            self.fault("draft", self.case, "the journal tells of another one: it may be an older one");
        }
        match serde_json::from_slice::<CaseFacts>(&plain) {
            Ok(facts) => self.learn(&facts.photos),
            Err(_) => self.fault("draft", self.case, "its facts have a form that is not known here"),
        }
        self.report.draft = true;
        self.write("draft.json", &plain)
    }

    /// Photos and salts, as record or draft tell them.
    fn learn(&mut self, photos: &[PhotoRecord]) {
        for photo in photos {
            self.salts.insert(photo.object, photo.salt);
            self.salts.extend(photo.derived());
        }
    }

    /// What is known of each object: by the manifest, or by the rows of a draft.
    fn listed(&self) -> BTreeMap<ObjectId, ManifestObject> {
        match &self.manifest {
            Some(manifest) => manifest.objects.iter().map(|object| (object.object, object.clone())).collect(),
            None => self.found.objects.clone(),
        }
    }

    /// All objects: listed, named by the draft, and whatever file says that it is of this case.
    fn objects(&self) -> BTreeSet<ObjectId> {
        let files = self.found.files.iter().copied();
        self.listed().into_keys().chain(self.salts.keys().copied()).chain(files).collect()
    }

    fn object(&mut self, key: &CaseKey, id: ObjectId, listed: Option<&ManifestObject>) -> Result<(), ReplayError> {
        let what = listed.map_or("object", |object| name_of(object.kind));
        let opened = self.row(listed).and_then(|()| self.plain(key, id, listed));
        match opened {
            Ok((kind, plain)) => self.content(kind, id, &plain, listed),
            Err(reason) => {
                self.fault(what, id, reason);
                Ok(())
            }
        }
    }

    /// The row of a draft's object must be the one that the journal tells of; a manifest vouches for its own.
    fn row(&self, listed: Option<&ManifestObject>) -> Result<(), String> {
        let Some(object) = listed.filter(|_| self.manifest.is_none()) else { return Ok(()) };
        let row = Hash::of(&[b"streife/1 object row", self.case.as_bytes(), &object.encode()]);
        match self.all.told.rows.get(&object.object) {
            Some(told) if *told != row => Err("its row is not the one that the journal tells of".to_owned()),
            _ => Ok(()),
        }
    }

    fn plain(&self, key: &CaseKey, id: ObjectId, listed: Option<&ManifestObject>) -> Result<(Kind, Vec<u8>), String> {
        let path = self.all.source.files.get(&id).ok_or("its file is not there")?;
        let sealed = std::fs::read(path).map_err(|error| error.to_string())?;
        if listed.is_some_and(|object| Hash::of(&[&sealed]) != object.hash || sealed.len() as u64 != object.length) {
            return Err("its file has another hash or length than was recorded".to_owned());
        }
        let claimed = Binding::claimed(&sealed).map_err(|error| error.to_string())?;
        let (kind, scope) = listed.map_or((claimed.kind, claimed.scope), |object| (object.kind, object.scope));
        let binding = Binding::of_case(kind, self.case, id).with_scope(scope);
        let plain = open(&key.object_key(self.case, scope, id), &binding, &sealed);
        Ok((kind, plain.map_err(|_| "it was changed, or stands where it does not belong")?))
    }

    fn content(
        &mut self,
        kind: Kind,
        id: ObjectId,
        plain: &[u8],
        listed: Option<&ManifestObject>,
    ) -> Result<(), ReplayError> {
        let salt = match kind {
            Kind::Record => self.record(plain),
            Kind::View => serde_json::from_slice::<CaseView>(plain).ok().map(|view| view.salt),
            _ => self.salts.get(&id).copied(),
        };
        match (salt, listed) {
            (Some(salt), Some(object)) if commitment(&salt, plain) == object.commitment => {}
            (Some(_), Some(_)) => self.fault(name_of(kind), id, "it is not what the phone has committed to"),
            (None, _) => self.fault(name_of(kind), id, "it opens, and no record or draft has a salt for it"),
            (_, None) => self.fault(name_of(kind), id, "it opens, and no manifest and no row tells of it"),
        }
        let name = self.file_name(kind, id, listed.map(|object| object.media_type.as_str()));
        self.count(kind);
        self.write(&name, plain)
    }

    fn record(&mut self, plain: &[u8]) -> Option<Salt> {
        let record = serde_json::from_slice::<CaseRecord>(plain).ok()?;
        self.learn(&record.photos);
        Some(record.salt)
    }

    fn file_name(&self, kind: Kind, id: ObjectId, listed: Option<&str>) -> String {
        let ending = match listed {
            Some("image/jpeg") => "jpg",
            Some("image/heic") => "heic",
            _ => "bin",
        };
        match kind {
            Kind::Record if self.report.record => format!("record-{id}.json"),
            Kind::Record => "record.json".to_owned(),
            Kind::View if self.report.view => format!("view-{id}.json"),
            Kind::View => "view.json".to_owned(),
            Kind::Photo => format!("photos/{id}.{ending}"),
            Kind::Thumbnail => format!("thumbnails/{id}.jpg"),
            Kind::Preview => format!("previews/{id}.jpg"),
            Kind::MaskedCopy => format!("masked/{id}.jpg"),
            _ => format!("objects/{id}.bin"),
        }
    }

    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Record => self.report.record = true,
            Kind::View => self.report.view = true,
            Kind::Photo => self.report.photos += 1,
            Kind::Thumbnail => self.report.thumbnails += 1,
            _ => {}
        }
    }

    fn events(&mut self) -> Result<(), ReplayError> {
        let all = self.all;
        for (id, payloads) in &all.source.events {
            let told = all.told.voids.get(id).map(|(_, hash)| *hash);
            let meant = payloads.iter().find(|payload| told.is_none_or(|hash| Hash::of(&[payload]) == hash));
            let Some(event) = meant.into_iter().chain(payloads).find_map(|payload| event_of(payload)) else { continue };
            if event.case != self.case {
                continue;
            }
            if meant.is_none() {
                self.fault("event", id, "it is not the one that the journal tells of");
            }
            let note = event.note.as_ref().map(|note| {
                let opened = all.keys.private().iter().map(|private| note.open(self.case, *id, private));
                opened.fold(None, |text, next| text.or(next.ok()))
            });
            if note == Some(None) {
                self.fault("note of event", id, "it is not wrapped for this key, or was changed");
            }
            let json = json!({
                "event": id, "case": self.case, "kind": event.kind as u8, "reason": event.reason, "note": note.flatten(),
                "head": {"n": event.head.n, "link": to_hex(&event.head.link.0)},
            });
            self.report.events += 1;
            all.sink.json(&format!("cases/{}/events/{id}.json", self.case), &json)?;
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ReplayError> {
        self.all.sink.write(&format!("cases/{}/{name}", self.case), bytes)
    }
}

const fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Photo => "photo",
        Kind::Record => "record",
        Kind::View => "view",
        Kind::Thumbnail => "thumbnail",
        Kind::Preview => "preview",
        Kind::MaskedCopy => "masked copy",
        _ => "object",
    }
}
