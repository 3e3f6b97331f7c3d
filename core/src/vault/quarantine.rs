//! Handing out what the queue could not hand over: refused cases as an export of a box has them (FORMATS 17), and the
//! files of the quarantine as they lie.
//!
//! Nothing is removed. Everything that leaves is sealed or signed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension;

use super::cases::{CaseRow, CaseState};
use super::database::sync_folder;
use super::documents::Document;
use super::outbox::ItemState;
use super::{Vault, VaultError};
use crate::domain::DeviceId;

/// What the tree of refused cases needs and the vault does not hold.
pub struct ExportPapers {
    /// `agency.json`.
    pub agency: Vec<u8>,
    /// The device.
    pub device: DeviceId,
    /// `devices/<device>.json`.
    pub device_key: Vec<u8>,
}

/// What was handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuarantineExport {
    /// Refused cases, each with the reason.
    pub cases: Vec<(CaseRow, String)>,
    /// Files of the quarantine, with those of damaged databases.
    pub files: u32,
    /// Objects that a refused case names and whose file is missing.
    pub missing: u32,
}

impl Vault {
    /// Writes refused cases to `export/` and the quarantine to `quarantine/` below `folder`, which must be empty or not be
    /// there yet. What is there when this returns is durable.
    ///
    /// # Errors
    /// [`VaultError::State`] if something lies in the folder; [`VaultError::DiskFull`] or [`VaultError::Io`].
    pub fn export_quarantine(&self, folder: &Path, papers: &ExportPapers) -> Result<QuarantineExport, VaultError> {
        std::fs::create_dir_all(folder)?;
        if std::fs::read_dir(folder)?.next().is_some() {
            return Err(VaultError::State);
        }
        let mut done = QuarantineExport::default();
        let tree = Tree { root: folder.join("export") };
        tree.write("agency.json", &papers.agency)?;
        tree.write(&format!("devices/{}.json", papers.device), &papers.device_key)?;
        if let Some(recipients) = self.document(Document::Recipients)? {
            tree.write("recipients.cose", &recipients)?;
        }
        for case in self.cases_in_state(CaseState::Quarantined)? {
            let row = self.case(case)?;
            self.export_case(&tree, &row, &mut done)?;
            let reason = self.reason_of(&row)?;
            done.cases.push((row, reason));
        }
        let aside = Tree { root: folder.join("quarantine") };
        done.files = aside.copy_folder(&self.objects.quarantine, Path::new(""))?;
        sync_folder(folder)?;
        Ok(done)
    }

    /// Writes the list of reasons beside what [`Self::export_quarantine`] wrote.
    ///
    /// # Errors
    /// As [`Self::export_quarantine`].
    pub fn write_reasons(&self, folder: &Path, json: &[u8]) -> Result<(), VaultError> {
        Tree { root: folder.to_owned() }.write("reasons.json", json)
    }

    /// A receipt of any case, if the vault has one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn any_receipt(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let sql = "SELECT receipt FROM cases WHERE receipt IS NOT NULL ORDER BY ordinal DESC LIMIT 1";
        self.database.read(|connection| Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?))
    }

    fn export_case(&self, tree: &Tree, row: &CaseRow, done: &mut QuarantineExport) -> Result<(), VaultError> {
        let shift = self.shift(row.shift)?;
        for (ending, bytes) in [("opening", &shift.opening), ("seal", &shift.seal)] {
            if let Some(bytes) = bytes {
                tree.write(&format!("shifts/{}.{ending}.cose", row.shift), bytes)?;
            }
        }
        if let Some(manifest) = &row.manifest {
            tree.write(&format!("cases/{}/manifest.cose", row.case), manifest)?;
        }
        for event in self.events()?.into_iter().filter(|event| event.case == row.case) {
            if let Some(signed) = event.signed {
                tree.write(&format!("cases/{}/events/{}.cose", row.case, event.event), &signed)?;
            }
        }
        for object in self.objects_of(row.case)? {
            let id = object.object.object;
            let copied = tree.copy(&self.object_path(id), &format!("cases/{}/objects/{id}.sbx", row.case));
            match copied {
                Err(VaultError::Io(io::ErrorKind::NotFound)) => done.missing += 1,
                other => other?,
            }
        }
        Ok(())
    }

    /// The box's words: of the manifest, or of the first item of the case that it refused.
    fn reason_of(&self, row: &CaseRow) -> Result<String, VaultError> {
        let outbox = self.outbox()?;
        let own = |id: &[u8; 16]| id == row.case.as_bytes();
        let refused = outbox.in_state(ItemState::Quarantined).find(|item| own(&item.target) || own(&item.owner));
        Ok(refused.and_then(|item| item.reason.clone()).unwrap_or_default())
    }
}

/// A folder that is being written, every file of it durable.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
        self.place(name, |file| file.write_all(bytes))
    }

    fn copy(&self, from: &Path, name: &str) -> Result<(), VaultError> {
        let mut source = File::open(from)?;
        self.place(name, |file| io::copy(&mut source, file).map(drop))
    }

    fn place(&self, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), VaultError> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder)?;
        let mut file = File::create_new(&path)?;
        fill(&mut file)?;
        file.sync_all()?;
        sync_folder(folder)
    }

    /// Copies all files below a folder; returns how many.
    fn copy_folder(&self, from: &Path, inside: &Path) -> Result<u32, VaultError> {
        let mut files = 0;
        for entry in std::fs::read_dir(from.join(inside))? {
            let name = inside.join(entry?.file_name());
            let path = from.join(&name);
            if path.is_dir() {
                files += self.copy_folder(from, &name)?;
            } else {
                self.copy(&path, &name.to_string_lossy())?;
                files += 1;
            }
        }
        Ok(files)
    }
}
