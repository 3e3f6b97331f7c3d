//! What must be read while no key is at hand: it is known to the box anyway, or signed by the agency and verified by
//! whoever reads it.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::damage::{Damage, Fault};
use super::mark::unless_shut;
use super::{Record, Trust, Vault, VaultError, epochs, settings};
use crate::domain::DeviceId;
use crate::seal::{RecipientSet, RootEscrow, RootKey, SealError, Signed};

/// Name of the setting that proves the device's id.
const DEVICE: &str = "device-id";

/// A document in clear, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The device's id.
    Device,
    /// The signed recipient set.
    Recipients,
    /// The signed offence catalogue.
    Catalogue,
    /// The signed rule set.
    Rules,
    /// The signed table of prefixes.
    Prefixes,
    /// The signed table of nationality signs.
    Nations,
    /// Where the journal goes on behind entries that a salvage did not find.
    JournalBase,
}

impl Document {
    /// What schema 1 kept as sealed settings.
    const ONCE_SEALED: [Self; 3] = [Self::Device, Self::Recipients, Self::Catalogue];

    /// All there are.
    pub(super) const ALL: [Self; 7] = [
        Self::Device,
        Self::Recipients,
        Self::Catalogue,
        Self::Rules,
        Self::Prefixes,
        Self::Nations,
        Self::JournalBase,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Recipients => "recipients",
            Self::Catalogue => "catalogue",
            Self::Rules => "rules",
            Self::Prefixes => "prefixes",
            Self::Nations => "nations",
            Self::JournalBase => "journal-base",
        }
    }
}

pub(super) fn get(connection: &Connection, document: Document) -> Result<Option<Vec<u8>>, VaultError> {
    let sql = "SELECT value FROM documents WHERE name = ?1";
    Ok(connection.query_row(sql, [document.name()], |row| row.get(0)).optional()?)
}

/// All documents by their names.
pub(super) fn all(connection: &Connection) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
    let mut statement = connection.prepare("SELECT name, value FROM documents")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn put(transaction: &Transaction<'_>, document: Document, value: &[u8]) -> Result<(), VaultError> {
    let sql = "INSERT INTO documents (name, value) VALUES (?1, ?2)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, (document.name(), value))?;
    Ok(())
}

impl Vault {
    /// Reads a document. It stands in clear: what the agency signs must be verified before it is used.
    ///
    /// # Errors
    /// [`VaultError::KeyMissing`] if it still is where schema 1 sealed it and its key is not at hand.
    pub fn document(&self, document: Document) -> Result<Option<Vec<u8>>, VaultError> {
        self.database.read(|connection| match get(connection, document)? {
            Some(value) => Ok(Some(value)),
            None => Ok(settings::get(connection, &self.keys, document.name())?.map(|value| value.to_vec())),
        })
    }

    /// Writes a document. A recipient set goes to [`Self::install_recipients`].
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn put_document(&self, document: Document, value: &[u8]) -> Result<(), VaultError> {
        self.database.write(|transaction| put(transaction, document, value))?;
        drop(self.mirror_documents()); // what fails is made good at the next opening
        Ok(())
    }

    /// This device's id, made with the vault.
    ///
    /// # Errors
    /// [`VaultError::Malformed`] if it is none.
    pub fn device(&self) -> Result<DeviceId, VaultError> {
        let record = || Record::Document(Document::Device.name().to_owned());
        let device = match self.document(Document::Device)? {
            Some(bytes) => DeviceId::try_from(bytes.as_slice()).map_err(|_| record().malformed())?,
            None => {
                let device = DeviceId::new(self.entropy.array()?);
                self.put_document(Document::Device, device.as_bytes())?;
                device
            }
        };
        if self.sealed_device()?.is_none() {
            // No key is made for it: it is written when one is there.
            unless_shut(self.database.write(|transaction| {
                settings::put(transaction, &self.keys, DEVICE, device.as_bytes(), &*self.entropy)
            }))?;
        }
        Ok(device)
    }

    /// Compares the device's id in clear with the sealed one, which is right, and puts that in its place.
    pub(super) fn prove_device(&self) -> Result<Option<Damage>, VaultError> {
        let Some(sealed) = self.sealed_device()? else { return Ok(None) };
        let clear = self.document(Document::Device)?;
        if clear.as_ref() == Some(&sealed) {
            return Ok(None);
        }
        unless_shut(self.put_document(Document::Device, &sealed))?;
        let fault = if clear.is_some() { Fault::Changed } else { Fault::Missing };
        Ok(Some(Damage::new(Record::Document(Document::Device.name().to_owned()), fault)))
    }

    fn sealed_device(&self) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.setting(DEVICE)?.filter(|device| device.len() == 16))
    }

    /// Stores a signed recipient set and wraps every root at hand for its recovery keys.
    ///
    /// # Errors
    /// [`VaultError::Seal`] if a key of the set is not valid.
    pub fn install_recipients(&self, signed: &[u8], set: &RecipientSet) -> Result<(), VaultError> {
        let mut escrows = Vec::new();
        for (epoch, root) in self.keys.roots() {
            escrows.extend(self.escrow(epoch, &root, set)?.map(|escrow| (epoch, escrow)));
        }
        self.database.write(|transaction| {
            put(transaction, Document::Recipients, signed)?;
            escrows.iter().try_for_each(|(epoch, escrow)| epochs::set_recovery(transaction, *epoch, escrow))
        })?;
        drop(self.mirror_documents().and_then(|()| self.mirror_epochs())); // what fails is made good at the next opening
        Ok(())
    }

    /// A root, wrapped for the recovery keys of a set; nothing if it has none.
    pub(super) fn escrow(
        &self,
        epoch: u16,
        root: &RootKey,
        set: &RecipientSet,
    ) -> Result<Option<RootEscrow>, VaultError> {
        match RootEscrow::seal(epoch, root, set, &*self.entropy) {
            Ok(escrow) => Ok(Some(escrow)),
            Err(SealError::NoRecipient) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Wraps roots at hand that no recovery key opens yet, if there is a recipient set.
    pub(super) fn escrow_roots(&self) -> Result<(), VaultError> {
        let recoveries = self.database.read(epochs::recoveries)?;
        // Nobody here can tell a wrap that was changed from a sound one. One that is not as its copy is made anew.
        let is_due = |epoch: u16| {
            recoveries.iter().any(|(of, recovery)| {
                let is_as_copied = || !matches!(self.epoch_copy(epoch), Ok(Some(copy)) if copy.recovery != *recovery);
                *of == epoch && (recovery.is_none() || !is_as_copied())
            })
        };
        let roots = self.keys.roots().into_iter().filter(|(epoch, _)| is_due(*epoch)).collect::<Vec<_>>();
        let Some(set) = self.trusted_recipients()?.filter(|_| !roots.is_empty()) else { return Ok(()) };
        for (epoch, root) in roots {
            let Some(escrow) = self.escrow(epoch, &root, &set)? else { continue };
            self.database.write(|transaction| epochs::set_recovery(transaction, epoch, &escrow))?;
        }
        Ok(())
    }

    /// The recipient set, if it is the trusted agency's.
    pub(super) fn trusted_recipients(&self) -> Result<Option<RecipientSet>, VaultError> {
        let Some(Trust { agency, root }) = &self.ports.trust else { return Ok(None) };
        let Some(signed) = self.database.read(|connection| get(connection, Document::Recipients))? else {
            return Ok(None);
        };
        let set = Signed::<RecipientSet>::verify(&signed, root).map(Signed::into_payload);
        Ok(set.ok().filter(|set| set.agency == *agency))
    }

    /// Brings into the clear what schema 1 sealed, as far as its key is at hand.
    pub(super) fn unseal_documents(&self) -> Result<(), VaultError> {
        for document in Document::ONCE_SEALED {
            let sealed = self.database.read(|connection| settings::get(connection, &self.keys, document.name()));
            let value = match sealed {
                Ok(Some(value)) => value,
                Ok(None) | Err(VaultError::KeyMissing { .. } | VaultError::Sealed { .. }) => continue,
                Err(error) => return Err(error),
            };
            self.database.write(|transaction| {
                if get(transaction, document)?.is_none() {
                    put(transaction, document, &value)?;
                }
                settings::remove(transaction, document.name())
            })?;
        }
        Ok(())
    }
}
