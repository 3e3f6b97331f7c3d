//! The object files as their own headers describe them, and what reading one to its end proves.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::super::VaultError;
use super::super::objects::ObjectFolder;
use super::super::spare::unless_gone;
use crate::domain::{CaseId, ObjectId, Salt};
use crate::seal::{Binding, CHUNK, CaseKey, ChunkOpener, HEADER, Hash, Kind, Scope, Sha256Stream};

const SEALED_CHUNK: u64 = CHUNK as u64 + 16;

/// A file whose header and name agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectFile {
    pub(super) object: ObjectId,
    pub(super) case: CaseId,
    pub(super) kind: Kind,
    pub(super) scope: Scope,
    /// Bytes of the file.
    pub(super) length: u64,
    path: PathBuf,
}

/// What a file proved to be when it was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proved {
    pub(super) hash: Hash,
    /// Salted hash of the plaintext.
    pub(super) commitment: Hash,
}

/// All object files by case. Those in the quarantine count, too: an earlier opening may have set them aside for want of
/// rows that are lost.
pub(super) struct ObjectFiles {
    folder: PathBuf,
    by_case: BTreeMap<CaseId, Vec<ObjectFile>>,
}

impl ObjectFiles {
    pub(super) fn scan(folder: &ObjectFolder) -> Result<Self, VaultError> {
        let mut files = Self { folder: folder.objects.clone(), by_case: BTreeMap::new() };
        for place in [&folder.objects, &folder.quarantine] {
            for entry in std::fs::read_dir(place)? {
                if let Some(file) = describe(entry?.path())? {
                    files.by_case.entry(file.case).or_default().push(file);
                }
            }
        }
        Ok(files)
    }

    /// Files of a case.
    pub(super) fn of(&self, case: CaseId) -> &[ObjectFile] {
        self.by_case.get(&case).map_or(&[], Vec::as_slice)
    }

    /// One file, if it is what it should be and has the length it should have.
    pub(super) fn find(&self, case: CaseId, object: ObjectId, kind: Kind, length: Option<u64>) -> Option<&ObjectFile> {
        let fits = |file: &&ObjectFile| {
            file.object == object && file.kind == kind && length.is_none_or(|length| file.length == length)
        };
        self.of(case).iter().find(fits)
    }

    /// Cases that any file names.
    pub(super) fn cases(&self) -> impl Iterator<Item = CaseId> {
        self.by_case.keys().copied()
    }

    /// Whether an earlier opening had set the file aside.
    pub(super) fn is_quarantined(&self, file: &ObjectFile) -> bool {
        file.path.parent() != Some(&self.folder)
    }

    /// Brings a file back that lies in the quarantine.
    pub(super) fn bring_back(&self, file: &ObjectFile) -> Result<(), VaultError> {
        let place = self.folder.join(format!("{}.sbx", file.object));
        if file.path == place || place.exists() {
            return Ok(());
        }
        Ok(std::fs::rename(&file.path, place)?)
    }
}

impl ObjectFile {
    fn binding(&self) -> Binding {
        Binding::of_case(self.kind, self.case, self.object).with_scope(self.scope)
    }

    /// The whole plaintext of a small object; nothing if it is damaged.
    ///
    /// # Errors
    /// [`VaultError::Io`] if it cannot be had now, which says nothing about the file.
    pub(super) fn open(&self, key: &CaseKey) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(sealed) = unless_gone(std::fs::read(&self.path))? else { return Ok(None) };
        let key = key.object_key(self.case, self.scope, self.object);
        Ok(crate::seal::open(&key, &self.binding(), &sealed).ok())
    }

    /// Reads the file to its end; nothing if it is damaged.
    ///
    /// # Errors
    /// [`VaultError::Io`] if the file system fails, which says nothing about the file.
    pub(super) fn prove(&self, key: &CaseKey, salt: &Salt) -> Result<Option<Proved>, VaultError> {
        let (mut file, mut header) = (File::open(&self.path)?, [0; HEADER]);
        file.read_exact(&mut header)?;
        let key = key.object_key(self.case, self.scope, self.object);
        let Ok(mut opener) = ChunkOpener::new(&key, &self.binding(), &header) else { return Ok(None) };
        let (mut sealed, mut plain) = (Sha256Stream::default(), Sha256Stream::salted(salt));
        sealed.update(&header);
        let mut chunk = read_chunk(&mut file)?;
        loop {
            let following = read_chunk(&mut file)?;
            sealed.update(&chunk);
            if opener.open(&mut chunk, following.is_empty()).is_err() {
                return Ok(None);
            }
            plain.update(&chunk);
            if following.is_empty() {
                return Ok(Some(Proved { hash: sealed.finish(), commitment: plain.finish() }));
            }
            chunk = following;
        }
    }
}

fn read_chunk(file: &mut File) -> Result<Vec<u8>, VaultError> {
    let mut chunk = Vec::with_capacity(CHUNK + 16);
    file.take(SEALED_CHUNK).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn describe(path: PathBuf) -> Result<Option<ObjectFile>, VaultError> {
    let Some(object) = named(&path) else { return Ok(None) };
    let mut header = [0; HEADER];
    let mut file = File::open(&path)?;
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let length = file.metadata()?.len();
    let at = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
    let number = |at: usize| header.get(at).copied().map(u64::from);
    let (Some(kind), Some(scope)) = (number(7).and_then(Kind::from_number), number(44).and_then(Scope::from_number))
    else {
        return Ok(None);
    };
    let Ok(case) = CaseId::try_from(at(8, 24)) else { return Ok(None) };
    let file = ObjectFile { object, case, kind, scope, length, path };
    Ok((at(0, 4) == b"SBX1" && at(24, 40) == object.as_bytes()).then_some(file))
}

fn named(path: &Path) -> Option<ObjectId> {
    (path.extension() == Some(OsStr::new("sbx"))).then_some(())?;
    path.file_stem()?.to_str()?.parse().ok()
}
