//! Opens an export of a box with a case worker's key and writes it as a file that an agency's system imports.
//!
//! Only what holds goes in: a manifest under its device's key, objects by hash, tag and commitment. What does not is named
//! and left out, and so is a case that the format refuses. The export vouches for its devices' keys itself: this is a tool
//! to look at the formats, `tests/interop` judges an export against anchors from elsewhere.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use streife_core::domain::{CaseRecord, PhotoRecord, from_hex};
use streife_core::export::{Format, HandedCase, Handover, PhotoProof, photo_file_name};
use streife_core::seal::jose::Jwk;
use streife_core::seal::{
    Binding, CaseKey, Hash, Kem, Kind, Manifest, ManifestObject, RecipientPrivateKey, Signed, VerifyingKey, commitment,
    open,
};

use crate::ReplayError;
use crate::recover::sink::Sink;

/// What to hand over, and where to.
#[derive(Debug)]
pub struct HandOver {
    /// An export of a box, or a folder of records in plain JSON.
    pub source: PathBuf,
    /// The format.
    pub format: Format,
    /// The agency's settings as JSON; without them nothing but names is set.
    pub settings: Option<PathBuf>,
    /// The case worker's key, 64 hex digits; `<source>.case-worker.key` if absent.
    pub key: Option<PathBuf>,
    /// A new or empty folder.
    pub out: PathBuf,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Handed {
    /// A line for each case, and one for each fact without an element.
    pub lines: Vec<String>,
    /// Cases that were left out.
    pub left_out: usize,
}

/// A case that was opened, with its photos in plain.
struct Opened {
    record: CaseRecord,
    proofs: Vec<PhotoProof>,
    photos: Vec<(String, Vec<u8>)>,
    voided: bool,
}

#[derive(Deserialize)]
struct Device {
    jwk: Jwk,
}

/// Writes the file, the photos beside it, and `report.txt`, for the caller's eyes only.
///
/// # Errors
/// [`ReplayError`] if there is nothing to read, the key is none, the settings do not fit or the folder is not empty.
pub fn hand_over(hand_over: &HandOver) -> Result<Handed, ReplayError> {
    let settings = settings(hand_over.settings.as_deref())?;
    let sink = Sink::new(&hand_over.out)?;
    let mut handed = Handed::default();
    let cases = if hand_over.source.join("cases").is_dir() {
        exported(hand_over, &mut handed)?
    } else {
        plain(&hand_over.source)?
    };
    let batch: Vec<_> = cases.iter().map(Opened::handed).collect();
    let batch = hand_over.format.export(&batch, &settings).map_err(|error| ReplayError::setup("--settings")(&error))?;
    handed.tell(&batch);
    if let Some(file) = &batch.file {
        let name = if hand_over.format == Format::Xowi { "xowi.xml" } else { "xmlmde.xml" };
        sink.write(name, file)?;
        let taken = cases.iter().filter(|case| batch.accepted.iter().any(|one| one.case == case.record.case));
        for (name, bytes) in taken.flat_map(|case| &case.photos) {
            sink.write(name, bytes)?;
        }
    }
    sink.write("report.txt", handed.lines.join("\n").as_bytes())?;
    Ok(handed)
}

impl Handed {
    fn leave_out(&mut self, name: &str, why: &str) {
        self.lines.push(format!("{name}: left out: {why}"));
        self.left_out += 1;
    }

    fn tell(&mut self, batch: &streife_core::export::Batch) {
        for one in &batch.accepted {
            self.lines.push(format!("{}: handed over", one.case));
            for fact in &one.unmapped {
                let carried = fact.carried.unwrap_or("nowhere");
                self.lines.push(format!("  {}: {:?}, in {carried}", fact.member, fact.reason));
            }
        }
        for one in &batch.refused {
            let errors: Vec<_> = one.errors.iter().map(ToString::to_string).collect();
            self.leave_out(&one.case.to_string(), &errors.join("; "));
        }
    }
}

impl Opened {
    fn handed(&self) -> HandedCase<'_> {
        HandedCase { photos: &self.proofs, voided: self.voided, ..HandedCase::new(&self.record) }
    }
}

// ---- records in plain ----

fn plain(source: &Path) -> Result<Vec<Opened>, ReplayError> {
    let files = if source.is_dir() { entries(source)? } else { vec![source.to_owned()] };
    let records = files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    records
        .map(|file| json(&file).map(|record| Opened { record, proofs: vec![], photos: vec![], voided: false }))
        .collect()
}

// ---- an export ----

fn exported(hand_over: &HandOver, handed: &mut Handed) -> Result<Vec<Opened>, ReplayError> {
    let beside = PathBuf::from(format!("{}.case-worker.key", hand_over.source.display()));
    let key = private_key(hand_over.key.as_deref().unwrap_or(&beside))?;
    let devices = devices(&hand_over.source)?;
    let mut cases = Vec::new();
    for folder in entries(&hand_over.source.join("cases"))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match case(&devices, &folder, &key)? {
            Ok(opened) => cases.push(opened),
            Err(why) => handed.leave_out(&name, why),
        }
    }
    Ok(cases)
}

/// Devices by id, with their keys.
fn devices(source: &Path) -> Result<Vec<(String, VerifyingKey)>, ReplayError> {
    let key = |file: PathBuf| {
        let device: Device = json(&file)?;
        let key = device.jwk.key().map_err(|error| ReplayError::setup("devices")(&error))?;
        Ok((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), key))
    };
    entries(&source.join("devices"))?.into_iter().map(key).collect()
}

/// A case, or what does not hold.
fn case(
    devices: &[(String, VerifyingKey)],
    folder: &Path,
    key: &RecipientPrivateKey,
) -> Result<Result<Opened, &'static str>, ReplayError> {
    let bytes = read(&folder.join("manifest.cose"))?;
    let signed = devices.iter().find_map(|(device, key)| {
        let manifest = Signed::<Manifest>::verify(&bytes, key).ok()?;
        (manifest.payload().device.to_string() == *device).then_some(manifest)
    });
    let Some(manifest) = signed else { return Ok(Err("the manifest is signed by no device of the export")) };
    let manifest = manifest.payload();
    let Ok(case_key) = manifest.open_case_key(key) else { return Ok(Err("the case key does not open")) };
    let content = Content { folder, manifest, key: &case_key };
    let Some((object, bytes)) = content.first(Kind::Record)? else { return Ok(Err("the record does not open")) };
    let Ok(record) = serde_json::from_slice::<CaseRecord>(&bytes) else {
        return Ok(Err("the record is not of its schema"));
    };
    if record.case != manifest.case || commitment(&record.salt, &bytes) != object.commitment {
        return Ok(Err("the record is not the one that was signed"));
    }
    let voided = folder.join("events").is_dir() && !entries(&folder.join("events"))?.is_empty();
    content.photos(record, voided).map(Ok)
}

/// The objects of one case.
struct Content<'a> {
    folder: &'a Path,
    manifest: &'a Manifest,
    key: &'a CaseKey,
}

impl Content<'_> {
    fn first(&self, kind: Kind) -> Result<Option<(&ManifestObject, Vec<u8>)>, ReplayError> {
        let object = self.manifest.objects.iter().find(|object| object.kind == kind);
        object.map_or(Ok(None), |object| Ok(self.plain(object)?.map(|bytes| (object, bytes))))
    }

    /// The plaintext of an object that is there, whole and opens.
    fn plain(&self, object: &ManifestObject) -> Result<Option<Vec<u8>>, ReplayError> {
        let file = self.folder.join(format!("objects/{}.sbx", object.object));
        if !file.exists() {
            return Ok(None);
        }
        let sealed = read(&file)?;
        let case = self.manifest.case;
        let key = self.key.object_key(case, object.scope, object.object);
        let binding = Binding::of_case(object.kind, case, object.object).with_scope(object.scope);
        let whole = Hash::of(&[&sealed]) == object.hash;
        Ok(whole.then(|| open(&key, &binding, &sealed).ok()).flatten())
    }

    /// Opens the photos. One that is not there yet, or is not the one that was signed, goes without a proof.
    fn photos(&self, record: CaseRecord, voided: bool) -> Result<Opened, ReplayError> {
        let (mut proofs, mut photos) = (Vec::new(), Vec::new());
        for photo in &record.photos {
            if let Some(bytes) = self.photo(photo)? {
                proofs.push(PhotoProof { photo: photo.object, sha256: Hash::of(&[&bytes]).0, signed: true });
                photos.push((photo_file_name(photo), bytes));
            }
        }
        Ok(Opened { record, proofs, photos, voided })
    }

    fn photo(&self, photo: &PhotoRecord) -> Result<Option<Vec<u8>>, ReplayError> {
        let Some(object) = self.manifest.objects.iter().find(|object| object.object == photo.object) else {
            return Ok(None);
        };
        let plain = self.plain(object)?;
        Ok(plain.filter(|bytes| commitment(&photo.salt, bytes) == object.commitment))
    }
}

// ---- files ----

fn settings(file: Option<&Path>) -> Result<Handover, ReplayError> {
    file.map_or_else(|| Ok(Handover::new("Streife", "streife-replay")), json)
}

fn private_key(file: &Path) -> Result<RecipientPrivateKey, ReplayError> {
    let text = String::from_utf8(read(file)?).map_err(|error| ReplayError::setup("--key")(&error))?;
    let seed = from_hex::<32>(text.trim()).map_err(|error| ReplayError::setup("--key")(&error))?;
    RecipientPrivateKey::new(Kem::XWing, &seed).map_err(|error| ReplayError::setup("--key")(&error))
}

fn json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, ReplayError> {
    let invalid = |error: serde_json::Error| ReplayError::file(file.display().to_string())(error.into());
    serde_json::from_slice(&read(file)?).map_err(invalid)
}

fn read(file: &Path) -> Result<Vec<u8>, ReplayError> {
    std::fs::read(file).map_err(ReplayError::file(file.display().to_string()))
}

/// What lies in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ReplayError> {
    let read = |error| ReplayError::file(folder.display().to_string())(error);
    let paths: Result<Vec<_>, _> =
        std::fs::read_dir(folder).map_err(read)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(read)?;
    paths.sort();
    Ok(paths)
}
