//! Everything sealed and signed that lies in the folder: rows, spare copies and object files, side by side.
//!
//! Nothing is opened here, and of two versions of a value both are kept: which of them counts is said by the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::Row;
use streife_core::domain::{CaseId, EventId, ObjectId, ShiftId};
use streife_core::seal::{
    Binding, CaseEvent, HEADER, Hash, JournalHead, Kind, Manifest, ManifestObject, Namespace, Scope, SignedPayload,
    unverified_payload,
};
use streife_core::vault::EpochCopy;

use super::report::Fault;
use super::rows::{Rows, WHOLE};
use crate::ReplayError;

/// Newest schema this reads.
const KNOWN: u32 = 3;

/// What lies in a vault's folder.
#[derive(Default)]
pub struct Source {
    /// State of the database in words.
    pub database: String,
    /// Rows and copies of each epoch.
    pub epochs: BTreeMap<u16, Vec<EpochCopy>>,
    /// Sealed officers by shift, in the order of their epochs.
    pub officers: BTreeMap<ShiftId, Vec<Vec<u8>>>,
    /// The cases.
    pub cases: BTreeMap<CaseId, CaseSource>,
    /// Payloads of events.
    pub events: BTreeMap<EventId, Vec<Vec<u8>>>,
    /// The journal by number.
    pub journal: BTreeMap<u64, EntryRow>,
    /// Places at which the journal goes on behind lost entries.
    pub bases: Vec<JournalHead>,
    /// Object files by the id in their name.
    pub files: BTreeMap<ObjectId, PathBuf>,
    /// What cannot be read at all.
    pub faults: Vec<Fault>,
}

/// What is there of one case.
#[derive(Default)]
pub struct CaseSource {
    /// State of the row.
    pub state: Option<u8>,
    /// Sealed keys.
    pub keys: Vec<Vec<u8>>,
    /// Sealed facts of the draft.
    pub draft: Option<Vec<u8>>,
    /// Payloads of the manifest.
    pub manifests: Vec<Vec<u8>>,
    /// Rows of its objects.
    pub objects: BTreeMap<ObjectId, ManifestObject>,
    /// Files whose headers name the case.
    pub files: Vec<ObjectId>,
}

/// A journal entry as stored.
pub struct EntryRow {
    /// The generation of its key; nothing under schema 1.
    pub generation: Option<u16>,
    /// The sealed entry.
    pub entry: Vec<u8>,
    /// The link behind it.
    pub link: Hash,
}

impl Source {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`ReplayError::Setup`] if it is no vault's, or a newer one's than this knows.
    pub fn read(vault: &Path) -> Result<Self, ReplayError> {
        let mut source = Self::default();
        source.database(vault)?;
        source.spare(&vault.join("spare"));
        for folder in ["quarantine", "objects"] {
            source.objects(&vault.join(folder));
        }
        if source.epochs.is_empty() && source.cases.is_empty() && source.files.is_empty() {
            return Err(ReplayError::setup("--vault")(&"no vault lies in this folder"));
        }
        Ok(source)
    }

    fn database(&mut self, vault: &Path) -> Result<(), ReplayError> {
        let found = match Rows::copy(vault) {
            Ok(Some(rows)) => {
                rows.version().map(|version| (rows, version)).map_err(|error| format!("damaged: {error}"))
            }
            Ok(None) => Err("missing".to_owned()),
            Err(error) => Err(format!("damaged: {error}")),
        };
        match found {
            Ok((_, version)) if version > KNOWN => {
                return Err(ReplayError::setup("--vault")(&format!(
                    "the vault has version {version}, known is {KNOWN}"
                )));
            }
            Ok((rows, _)) => {
                self.database = rows.state();
                self.key_rows(&rows);
                self.case_rows(&rows);
                self.journal_rows(&rows);
            }
            Err(state) => self.database = state,
        }
        if self.database != WHOLE {
            self.faults.push(Fault::new("database", "vault.db", &self.database));
        }
        Ok(())
    }

    fn key_rows(&mut self, rows: &Rows) {
        let (epochs, officers, faults) = (&mut self.epochs, &mut self.officers, &mut self.faults);
        let columns = "epoch, state, alias, wrapped, canary, recovery";
        rows.each(("epochs", columns, "epoch"), faults, |row| {
            let copy = epoch_row(row)?;
            epochs.insert(copy.epoch, vec![copy]);
            Ok(())
        });
        rows.each(("journal_keys", "epoch, generation, sealed", "epoch"), faults, |row| {
            let (epoch, key) = (row.get(0)?, (row.get(1)?, row.get(2)?));
            let missing = || vec![EpochCopy { epoch, ..EpochCopy::default() }];
            epochs.entry(epoch).or_insert_with(missing).iter_mut().for_each(|copy| copy.journal.push(key.clone()));
            Ok(())
        });
        rows.each(("officers", "shift_id, officer", "shift_id, epoch"), faults, |row| {
            officers.entry(ShiftId::new(row.get(0)?)).or_default().push(row.get(1)?);
            Ok(())
        });
    }

    fn case_rows(&mut self, rows: &Rows) {
        let (cases, events, faults) = (&mut self.cases, &mut self.events, &mut self.faults);
        let columns = "case_id, state, wrapped_key, draft, payload, manifest";
        rows.each(("cases", columns, "ordinal"), faults, |row| {
            let (id, case) = case_row(row)?;
            cases.insert(id, case);
            Ok(())
        });
        let columns = "case_id, object_id, kind, scope, media_type, length, hash, commitment";
        rows.each(("objects", columns, "object_id"), faults, |row| {
            let object = object_row(row)?;
            cases.entry(CaseId::new(row.get(0)?)).or_default().objects.insert(object.object, object);
            Ok(())
        });
        rows.each(("events", "event_id, payload, signed", "event_id"), faults, |row| {
            let signed = row.get::<_, Option<Vec<u8>>>(2)?;
            let signed = signed.and_then(|signed| unverified_payload(Namespace::Event, &signed).ok());
            events.insert(EventId::new(row.get(0)?), [Some(row.get(1)?), signed].into_iter().flatten().collect());
            Ok(())
        });
    }

    fn journal_rows(&mut self, rows: &Rows) {
        let (journal, bases, faults) = (&mut self.journal, &mut self.bases, &mut self.faults);
        rows.each(("journal", "n, generation, entry, link", "n"), faults, |row| {
            let entry = EntryRow { generation: row.get(1)?, entry: row.get(2)?, link: Hash(row.get(3)?) };
            journal.insert(row.get::<_, i64>(0)?.unsigned_abs(), entry);
            Ok(())
        });
        rows.each(("documents", "name, value", "name"), faults, |row| {
            if row.get::<_, String>(0)? == "journal-base" {
                *bases = places(&row.get::<_, Vec<u8>>(1)?);
            }
            Ok(())
        });
    }

    /// Takes copies in beside the rows. An unreadable copy is no fault of its own: the row may be whole.
    fn spare(&mut self, folder: &Path) {
        for path in files_in(folder) {
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let (Some(stem), Some(ending)) = (text(path.file_stem()), text(path.extension())) else { continue };
            match ending {
                "cbor" => self.epoch_copy(&bytes),
                "document" if stem == "journal-base" && self.bases.is_empty() => self.bases = places(&bytes),
                "key" => self.case_copy(stem, |case| case.keys.push(bytes)),
                "manifest" => {
                    let payload = unverified_payload(Namespace::Manifest, &bytes).ok();
                    self.case_copy(stem, |case| case.manifests.extend(payload));
                }
                "event" => {
                    let payload = unverified_payload(Namespace::Event, &bytes).ok();
                    if let (Ok(id), Some(payload)) = (stem.parse::<EventId>(), payload) {
                        self.events.entry(id).or_default().push(payload);
                    }
                }
                "officer" => {
                    if let Ok(id) = stem.parse::<ShiftId>() {
                        self.officers.entry(id).or_default().insert(0, bytes);
                    }
                }
                _ => {}
            }
        }
    }

    fn epoch_copy(&mut self, bytes: &[u8]) {
        if let Ok(copy) = EpochCopy::decode(bytes) {
            self.epochs.entry(copy.epoch).or_default().push(copy);
        }
    }

    fn case_copy(&mut self, id: &str, add: impl FnOnce(&mut CaseSource)) {
        if let Ok(id) = id.parse() {
            add(self.cases.entry(id).or_default());
        }
    }

    /// Takes object files in. To which case one belongs is said by rows and manifests, and only where they tell nothing by
    /// its own header.
    fn objects(&mut self, folder: &Path) {
        let known = self.known_objects();
        for path in files_in(folder) {
            let id = text(path.file_stem()).and_then(|stem| stem.parse::<ObjectId>().ok());
            let (Some(id), Some("sbx")) = (id, text(path.extension())) else { continue };
            let claimed = header(&path).ok().and_then(|header| Binding::claimed(&header).ok());
            self.files.insert(id, path);
            match claimed.map(|claimed| self.cases.get_mut(&claimed.case)) {
                _ if known.contains(&id) => {}
                Some(Some(case)) => case.files.push(id),
                Some(None) => self.faults.push(Fault::new("file", id, "nothing else is there of the case it names")),
                None => self.faults.push(Fault::new("file", id, "it is no sealed object, and nothing tells of it")),
            }
        }
    }

    fn known_objects(&self) -> BTreeSet<ObjectId> {
        let rows = self.cases.values().flat_map(|case| case.objects.keys().copied());
        let manifests = self.cases.values().flat_map(|case| &case.manifests);
        let manifests = manifests.filter_map(|payload| Manifest::decode(payload).ok());
        let listed = manifests.flat_map(|manifest| manifest.objects).map(|object| object.object);
        rows.chain(listed).collect()
    }
}

fn header(path: &Path) -> std::io::Result<[u8; HEADER]> {
    let mut header = [0; HEADER];
    std::io::Read::read_exact(&mut std::fs::File::open(path)?, &mut header)?;
    Ok(header)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn text(name: Option<&std::ffi::OsStr>) -> Option<&str> {
    name.and_then(std::ffi::OsStr::to_str)
}

fn places(bytes: &[u8]) -> Vec<JournalHead> {
    let place = |bytes: &[u8]| {
        let (n, link) = bytes.split_first_chunk::<8>()?;
        Some(JournalHead { n: u64::from_be_bytes(*n), link: Hash(link.try_into().ok()?) })
    };
    bytes.chunks(40).filter_map(place).collect()
}

fn epoch_row(row: &Row<'_>) -> rusqlite::Result<EpochCopy> {
    Ok(EpochCopy {
        epoch: row.get(0)?,
        state: row.get(1)?,
        alias: row.get(2)?,
        wrapped: row.get(3)?,
        canary: row.get(4)?,
        recovery: row.get(5)?,
        journal: Vec::new(),
    })
}

fn case_row(row: &Row<'_>) -> rusqlite::Result<(CaseId, CaseSource)> {
    let signed = row.get::<_, Option<Vec<u8>>>(5)?;
    let signed = signed.and_then(|signed| unverified_payload(Namespace::Manifest, &signed).ok());
    let case = CaseSource {
        state: Some(row.get(1)?),
        keys: row.get::<_, Option<Vec<u8>>>(2)?.into_iter().collect(),
        draft: row.get(3)?,
        manifests: [row.get(4)?, signed].into_iter().flatten().collect(),
        ..CaseSource::default()
    };
    Ok((CaseId::new(row.get(0)?), case))
}

fn object_row(row: &Row<'_>) -> rusqlite::Result<ManifestObject> {
    let none = || rusqlite::Error::InvalidQuery;
    Ok(ManifestObject {
        object: ObjectId::new(row.get(1)?),
        kind: Kind::from_number(row.get::<_, u8>(2)?.into()).ok_or_else(none)?,
        scope: Scope::from_number(row.get::<_, u8>(3)?.into()).ok_or_else(none)?,
        media_type: row.get(4)?,
        length: row.get::<_, i64>(5)?.unsigned_abs(),
        hash: Hash(row.get(6)?),
        commitment: Hash(row.get(7)?),
    })
}

/// Whether a payload is an event's.
pub fn event_of(payload: &[u8]) -> Option<CaseEvent> {
    CaseEvent::decode(payload).ok()
}
