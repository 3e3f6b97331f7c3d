//! Object files, chunk by chunk: each opens where it belongs, has the length and the hash of its row, and holds what was
//! committed to.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use super::Auditor;
use crate::domain::{CaseFacts, CaseId, CaseRecord, CaseView, ObjectId, PhotoRecord, Salt};
use crate::seal::{Binding, CHUNK, CaseKey, ChunkOpener, HEADER, Hash, Kind, ManifestObject, Sha256Stream};
use crate::vault::cases::{self, CaseState};
use crate::vault::damage::{Damage, Fault, Record};
use crate::vault::{ObjectRow, VaultError, objects};

const SEALED_CHUNK: u64 = CHUNK as u64 + 16;

/// What a file is, found by reading it to its end.
struct Seen {
    length: u64,
    hash: Hash,
    /// First chunk that does not open; the header counts to the first.
    broken: Option<u32>,
    chunks: u32,
    plain: Sha256Stream,
    /// The plaintext, of what holds salts.
    kept: Option<Vec<u8>>,
}

impl Auditor<'_> {
    /// All files of a case that is not purged.
    pub(super) fn files(&mut self, case: CaseId) -> Result<(), VaultError> {
        let found = self.vault.database.read(|connection| {
            let row = cases::one(connection, case)?;
            let secrets = cases::secrets(connection, case)?;
            Ok((row.state, secrets, objects::of_case(connection, case)?))
        });
        let (state, secrets, rows) = match found {
            Ok((CaseState::Purging | CaseState::Purged, ..)) => return Ok(()),
            Ok(found) => found,
            Err(error) => return self.settled(error),
        };
        let key = match secrets.wrapped_key() {
            Ok(wrapped) => self.vault.keys.open_case_key(secrets.epoch, case, wrapped).ok(),
            Err(_) => None,
        };
        let mut salts = BTreeMap::new();
        if let (CaseState::Draft, Some(_)) = (state, &key) {
            salts = self.vault.open_draft(case, &secrets).map_or(salts, |facts| of_facts(&facts));
        }
        // Records first: they hold the salts of the others.
        let (records, others): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| matches!(row.object.kind, Kind::Record | Kind::View));
        for row in records.iter().chain(&others) {
            let kept = self.file(row, key.as_ref(), salts.get(&row.object.object))?;
            salts.extend(kept.map(|plain| of_record(&row.object, &plain)).unwrap_or_default());
        }
        Ok(())
    }

    /// The case has gone on meanwhile, or is named as damaged already.
    fn settled(&self, error: VaultError) -> Result<(), VaultError> {
        match error {
            VaultError::NotFound { .. } | VaultError::Malformed { .. } => Ok(()),
            error => Err(error),
        }
    }

    /// One file; returns the plaintext of a record or view.
    fn file(
        &mut self,
        row: &ObjectRow,
        key: Option<&CaseKey>,
        salt: Option<&Salt>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let object = row.object.object;
        let record = Record::Object { case: row.case, object };
        let seen = match self.read(row, key, salt) {
            Ok(seen) => seen,
            Err(VaultError::Io(ErrorKind::NotFound)) if !self.is_listed(row)? => return Ok(None), // purged meanwhile
            Err(VaultError::Io(ErrorKind::NotFound)) => {
                self.find(record, Fault::Missing);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.checked.files += 1;
        self.checked.chunks += u64::from(seen.chunks);
        self.checked.unread += u64::from(key.is_none());
        let salt = salt.copied().or_else(|| seen.kept.as_deref().and_then(|plain| own_salt(&row.object, plain)));
        if let Some(damage) = judge(row, &seen, salt.as_ref(), record) {
            self.findings.add(damage);
        }
        Ok(seen.kept)
    }

    fn is_listed(&self, row: &ObjectRow) -> Result<bool, VaultError> {
        match self.vault.object(row.object.object) {
            Ok(_) => Ok(true),
            Err(VaultError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read(&self, row: &ObjectRow, key: Option<&CaseKey>, salt: Option<&Salt>) -> Result<Seen, VaultError> {
        let ManifestObject { object, kind, scope, .. } = row.object;
        let mut file = self.vault.open_object(object)?;
        let mut header = Vec::new();
        (&mut file).take(HEADER as u64).read_to_end(&mut header)?;
        let binding = Binding::of_case(kind, row.case, object).with_scope(scope);
        let opener = key.map(|key| ChunkOpener::new(&key.object_key(row.case, scope, object), &binding, &header).ok());
        let mut reading = Reading { row, opener, salt };
        reading.through(&header, &mut file)
    }
}

struct Reading<'a> {
    row: &'a ObjectRow,
    /// None without a key; none inside if the header is not the one expected.
    opener: Option<Option<ChunkOpener>>,
    salt: Option<&'a Salt>,
}

impl Reading<'_> {
    fn through(&mut self, header: &[u8], file: &mut impl Read) -> Result<Seen, VaultError> {
        let keeps = matches!(self.row.object.kind, Kind::Record | Kind::View) && self.opener.is_some();
        let mut seen = Seen {
            length: header.len() as u64,
            hash: Hash::ZERO,
            broken: matches!(self.opener, Some(None)).then_some(0),
            chunks: 0,
            plain: self.salt.map(Sha256Stream::salted).unwrap_or_default(),
            kept: keeps.then(Vec::new),
        };
        let mut hash = Sha256Stream::default();
        hash.update(header);
        let mut next = chunk(file)?;
        loop {
            let following = chunk(file)?;
            hash.update(&next);
            seen.length += next.len() as u64;
            let last = following.is_empty();
            self.open(std::mem::replace(&mut next, following), last, &mut seen);
            seen.chunks += 1;
            if last {
                seen.hash = hash.finish();
                return Ok(seen);
            }
        }
    }

    fn open(&mut self, mut sealed: Vec<u8>, last: bool, seen: &mut Seen) {
        let Some(Some(opener)) = &mut self.opener else { return };
        if seen.broken.is_some() {
            return;
        }
        let opened = opener.open(&mut sealed, last).is_ok() && !(last && sealed.is_empty() && seen.chunks > 0);
        if !opened {
            seen.broken = Some(seen.chunks);
            seen.kept = None;
            return;
        }
        seen.plain.update(&sealed);
        if let Some(kept) = &mut seen.kept {
            kept.append(&mut sealed);
        }
    }
}

fn chunk(file: &mut impl Read) -> Result<Vec<u8>, VaultError> {
    let mut chunk = Vec::new();
    file.take(SEALED_CHUNK).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn judge(row: &ObjectRow, seen: &Seen, salt: Option<&Salt>, record: Record) -> Option<Damage> {
    let damage = |fault| Damage::new(record.clone(), fault);
    if let Some(chunk) = seen.broken {
        let fault = if seen.length < row.object.length { Fault::Cut } else { Fault::Sealed };
        return Some(damage(fault).in_chunk(chunk));
    }
    if seen.length != row.object.length || seen.hash != row.object.hash {
        return Some(damage(Fault::Changed));
    }
    let commitment = match (&seen.kept, salt) {
        (Some(plain), Some(salt)) => crate::seal::commitment(salt, plain),
        (None, Some(_)) => seen.plain.clone().finish(),
        (_, None) => return None,
    };
    (commitment != row.object.commitment).then(|| damage(Fault::Changed))
}

/// Salts of the photos and of what was derived from them that a draft names.
fn of_facts(facts: &CaseFacts) -> BTreeMap<ObjectId, Salt> {
    of_photos(&facts.photos)
}

fn of_photos(photos: &[PhotoRecord]) -> BTreeMap<ObjectId, Salt> {
    photos.iter().flat_map(|photo| std::iter::once((photo.object, photo.salt)).chain(photo.derived())).collect()
}

fn of_record(object: &ManifestObject, plain: &[u8]) -> BTreeMap<ObjectId, Salt> {
    let record: Option<CaseRecord> =
        (object.kind == Kind::Record).then(|| serde_json::from_slice(plain).ok()).flatten();
    record.map(|record| of_photos(&record.photos)).unwrap_or_default()
}

/// The salt that a record or a view carries itself.
fn own_salt(object: &ManifestObject, plain: &[u8]) -> Option<Salt> {
    match object.kind {
        Kind::Record => serde_json::from_slice::<CaseRecord>(plain).ok().map(|record| record.salt),
        Kind::View => serde_json::from_slice::<CaseView>(plain).ok().map(|view| view.salt),
        _ => None,
    }
}
