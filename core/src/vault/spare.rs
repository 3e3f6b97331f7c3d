//! Spare copies beside the database, so that a damaged one can be built again: `spare/`.
//!
//! Everything in it is sealed or signed already and lies in the database, too; nothing here is a way to more. Copies are
//! best effort: writing one never fails a call, costs no fsync on the way of a capture, and what is missing is written
//! when the vault opens next. Only the epochs' keys are made durable, because without them nothing opens.
//!
//! **Order.** What was signed is copied within the transaction that lets it be sent, so that no sent bytes can be missing
//! here after a kill, and of two calls that signed the same, only the one whose signature is sent leaves its copy. The key of a case is copied behind the transaction that makes the case, so that a copy
//! without a row always means that the database has lost one.
//!
//! A copy is written whole under another name and renamed. At purge the key's copy is overwritten before it is removed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::VaultError;
use super::database::sync_folder;

/// What a copy is, as the end of its file's name says. The rest of the name is an id in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spare {
    /// Sealed key of a case.
    Key,
    /// Signed manifest of a case.
    Manifest,
    /// Signed event of a case.
    Event,
    /// Signed opening of a shift.
    Opening,
    /// Signed seal of a shift.
    Seal,
    /// Sealed officer of a shift.
    Officer,
}

impl Spare {
    const ALL: [Self; 6] = [Self::Key, Self::Manifest, Self::Event, Self::Opening, Self::Seal, Self::Officer];

    const fn ending(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Manifest => "manifest",
            Self::Event => "event",
            Self::Opening => "opening",
            Self::Seal => "seal",
            Self::Officer => "officer",
        }
    }

    fn name(self, id: &[u8; 16]) -> String {
        format!("{}.{}", crate::domain::to_hex(id), self.ending())
    }
}

/// The folder of spare copies.
pub(super) struct SpareFolder {
    folder: PathBuf,
}

impl SpareFolder {
    /// The folder of a vault, made if it is not there. A disk too full for it keeps no vault from opening.
    pub(super) fn open(vault: &Path) -> Self {
        let spare = Self::of(vault);
        if !spare.folder.exists() && std::fs::create_dir_all(&spare.folder).is_ok() {
            drop(sync_folder(vault));
        }
        spare
    }

    /// The folder of a vault, whether it is there or not.
    pub(super) fn of(vault: &Path) -> Self {
        Self { folder: vault.join("spare") }
    }

    /// Copies a value. What cannot be written now is written behind the next opening (`upkeep.rs`).
    pub(super) fn keep(&self, kind: Spare, id: &[u8; 16], bytes: &[u8]) {
        drop(self.replace(&kind.name(id), bytes));
    }

    /// Copies a document and makes it durable. Unchanged, it is left as it is; what it held before is overwritten, if it
    /// is to be `forgotten`.
    pub(super) fn keep_durably(&self, name: &str, bytes: &[u8], forgotten: bool) -> Result<(), VaultError> {
        if matches!(self.document(name), Ok(Some(there)) if there == bytes) {
            return Ok(());
        }
        if forgotten {
            self.overwrite(name)?;
        }
        self.replace(name, bytes)?.sync_all()?;
        sync_folder(&self.folder)
    }

    /// The copy of a value.
    ///
    /// # Errors
    /// As [`Self::document`].
    pub(super) fn value(&self, kind: Spare, id: &[u8; 16]) -> Result<Option<Vec<u8>>, VaultError> {
        self.document(&kind.name(id))
    }

    /// A document by its file's name, unless it is not there or its disk does not give it any more.
    ///
    /// # Errors
    /// [`VaultError::Io`] if it cannot be had now, which says nothing about the file.
    pub(super) fn document(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        unless_gone(std::fs::read(self.folder.join(name)))
    }

    /// All values there are.
    ///
    /// # Errors
    /// As [`Self::names`].
    pub(super) fn values(&self) -> Result<BTreeSet<(Spare, [u8; 16])>, VaultError> {
        Ok(self.names()?.iter().filter_map(|name| value_of(name)).collect())
    }

    /// Names of all files.
    ///
    /// # Errors
    /// [`VaultError::Io`] if they cannot be listed now.
    pub(super) fn names(&self) -> Result<Vec<String>, VaultError> {
        let Some(entries) = unless_gone(std::fs::read_dir(&self.folder))? else { return Ok(Vec::new()) };
        let entries = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        Ok(entries.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Lets go of a copy that is not needed any more.
    pub(super) fn forget(&self, kind: Spare, id: &[u8; 16]) {
        drop(std::fs::remove_file(self.folder.join(kind.name(id))));
    }

    /// Overwrites the copy of a case's key, durably, and removes it.
    pub(super) fn destroy_key(&self, case: &[u8; 16]) -> Result<(), VaultError> {
        let name = Spare::Key.name(case);
        if self.overwrite(&name)? {
            std::fs::remove_file(self.folder.join(name))?;
        }
        Ok(())
    }

    /// Overwrites a file with zeros, durably; `false` if there is none.
    fn overwrite(&self, name: &str) -> Result<bool, VaultError> {
        match OpenOptions::new().write(true).open(self.folder.join(name)) {
            Ok(mut file) => {
                let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
                file.write_all(&vec![0; length])?;
                file.sync_data()?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a file out of the folder.
    pub(super) fn set_aside(&self, name: &str, to: &Path) -> Result<(), VaultError> {
        Ok(std::fs::rename(self.folder.join(name), to.join(name))?)
    }

    /// Makes all copies durable at once.
    pub(super) fn sync(&self) -> Result<(), VaultError> {
        let folder = File::open(&self.folder)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        rustix::fs::syncfs(&folder).map_err(io::Error::from)?;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        for name in self.names() {
            File::open(self.folder.join(name))?.sync_all()?;
        }
        Ok(folder.sync_all()?)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<File> {
        let unfinished = self.folder.join(format!("{name}.part"));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        // Starts write-back; a hint, as for objects.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        std::fs::rename(&unfinished, self.folder.join(name))?;
        Ok(file)
    }
}

/// Nothing where there is nothing, or nothing that the disk still gives (EIO). What fails in another way may come.
pub(super) fn unless_gone<T>(read: io::Result<T>) -> Result<Option<T>, VaultError> {
    const EIO: i32 = 5;
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(EIO) => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn value_of(name: &str) -> Option<(Spare, [u8; 16])> {
    let path = Path::new(name);
    let ending = path.extension().and_then(OsStr::to_str)?;
    let kind = Spare::ALL.into_iter().find(|kind| kind.ending() == ending)?;
    Some((kind, crate::domain::from_hex(path.file_stem()?.to_str()?).ok()?))
}

/// Whether sealed files lie in a vault's folder. If they do and the database is missing or empty, it was lost.
///
/// # Errors
/// [`VaultError::Io`] if that cannot be said now.
pub(super) fn has_remains(vault: &Path) -> Result<bool, VaultError> {
    let any = |folder: &str, wanted: fn(&Path) -> bool| -> Result<bool, VaultError> {
        for entry in unless_gone(std::fs::read_dir(vault.join(folder)))?.into_iter().flatten() {
            if wanted(&entry?.path()) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Ok(any("objects", |path| path.extension() == Some(OsStr::new("sbx")))? || any("spare", |_| true)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_back_replaced_and_forgotten() {
        let vault = tempfile::tempdir().expect("folder");
        let spare = SpareFolder::open(vault.path());
        assert!(!has_remains(vault.path()).expect("lists"));
        for bytes in [b"one".as_slice(), b"two"] {
            spare.keep(Spare::Manifest, &[7; 16], bytes);
            assert_eq!(spare.value(Spare::Manifest, &[7; 16]).expect("reads").as_deref(), Some(bytes));
        }
        assert!(has_remains(vault.path()).expect("lists"));
        assert_eq!(spare.values().expect("lists").into_iter().collect::<Vec<_>>(), [(Spare::Manifest, [7; 16])]);
        spare.forget(Spare::Manifest, &[7; 16]);
        assert_eq!(spare.value(Spare::Manifest, &[7; 16]).expect("reads"), None);
        assert!(!has_remains(vault.path()).expect("lists"));
    }

    #[test]
    fn a_destroyed_key_is_zeros_also_for_who_still_holds_the_file() {
        let vault = tempfile::tempdir().expect("folder");
        let spare = SpareFolder::open(vault.path());
        spare.keep(Spare::Key, &[1; 16], b"sealed key");
        let path = vault.path().join("spare").join(Spare::Key.name(&[1; 16]));
        let second = vault.path().join("held");
        std::fs::hard_link(&path, &second).expect("links");
        spare.destroy_key(&[1; 16]).expect("destroys");
        spare.destroy_key(&[1; 16]).expect("can be repeated");
        assert!(!path.exists());
        assert_eq!(std::fs::read(second).expect("reads"), [0; 10]);
    }

    #[test]
    fn what_is_no_copy_is_not_taken_for_one() {
        for name in ["00.key", "vault.cbor", "000102030405060708090a0b0c0d0e0f.sbx", "no"] {
            assert_eq!(value_of(name), None, "{name}");
        }
    }
}
