//! Opening the vault, its settings, journal and shifts. Every step is one method and one durable transaction.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Transaction;

use super::anchor::Anchorage;
use super::ballast::Ballast;
use super::cases::{self, CaseRow};
use super::database::Database;
use super::hardware::Hardware;
use super::journal::{self, Journal, JournalEvent, JournalWriter};
use super::keys::{KeyRing, SealedValue};
use super::mark::{Known, Look};
use super::objects::ObjectFolder;
use super::outbox::{self, ItemKind, NewItem, Outbox};
use super::salvage::{self, Salvage};
use super::shifts::{self, ShiftRow};
use super::spare::{Spare, SpareFolder};
use super::sweep::Sweep;
use super::upkeep::KeptUp;
use super::{Record, StorageConfig, VaultError, VaultPorts, migrate, settings};
use crate::domain::{CaseId, Moment, Officer, ShiftId};
use crate::ports::Entropy;
use crate::seal::JournalHead;

/// The encrypted queue on the phone.
pub struct Vault {
    pub(super) database: Database,
    pub(super) objects: ObjectFolder,
    pub(super) spare: SpareFolder,
    pub(super) ballast: Arc<Ballast>,
    pub(super) keys: KeyRing,
    pub(super) hardware: Hardware,
    /// Held while keys come and go: one rotation, unlocking or locking at a time.
    pub(super) keys_change: Mutex<()>,
    pub(super) known: Known,
    pub(super) anchorage: Anchorage,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) ports: VaultPorts,
    pub(super) kept_up: KeptUp,
    /// The journal's head when the vault was suspended; see `suspend.rs`.
    pub(super) left: Mutex<JournalHead>,
    /// Held while the vault is taken up again.
    pub(super) resuming: Mutex<()>,
}

/// A vault that was opened, and what a crash had left in it.
pub struct Opened {
    /// The vault.
    pub vault: Vault,
    /// Files and rows without each other.
    pub sweep: Sweep,
    /// A salvage that nobody was told of yet; see [`Vault::salvage_told`].
    pub salvaged: Option<Salvage>,
    /// An older version has used it last.
    pub is_migrated: bool,
    /// What is not as it was left.
    pub look: Look,
    /// Whether a rotation that was interrupted is finished now; if not, why it is put off.
    pub rotation: Result<(), VaultError>,
}

impl Opened {
    /// Whether the vault is not as a calm end would have left it.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        self.is_migrated || self.salvaged.is_some() || !self.sweep.is_clean() || self.look != Look::default()
    }
}

impl Vault {
    /// Opens the vault in `folder`, or makes a new one if the folder holds none.
    ///
    /// # Errors
    /// [`VaultError`]; whatever it says, nothing that was there before has been changed or deleted.
    pub fn open(folder: &Path, storage: StorageConfig, ports: VaultPorts) -> Result<Opened, VaultError> {
        std::fs::create_dir_all(folder)?;
        let salvaged = salvage::before_open(folder)?;
        let ballast = Arc::new(Ballast::at(folder, storage.ballast));
        let database = Database::open(folder, ballast.clone())?;
        let vault = Self::over(database, folder, ballast, storage, ports)?;
        vault.refuse_if_emptied()?;
        vault.open_keys()?;
        let look = vault.inspect()?;
        let rotation = vault.finish_rotation();
        vault.finish_purges()?;
        drop(vault.mirror_epochs().and_then(|()| vault.mirror_documents())); // a copy that cannot be made keeps nobody out
        let sweep = vault.sweep()?;
        let is_migrated = vault.database.was_migrated();
        if !is_migrated {
            migrate::drop_backups(folder)?; // this version has opened before, and again
        }
        vault.restore_ballast();
        Ok(Opened { vault, sweep, salvaged, is_migrated, look, rotation })
    }

    /// A database and the folders beside it, still without keys.
    pub(super) fn over(
        database: Database,
        folder: &Path,
        ballast: Arc<Ballast>,
        storage: StorageConfig,
        ports: VaultPorts,
    ) -> Result<Self, VaultError> {
        Ok(Self {
            database,
            objects: ObjectFolder::open(folder, ballast.clone())?,
            spare: SpareFolder::open(folder),
            ballast,
            keys: KeyRing::default(),
            hardware: Hardware::new(ports.key_store.clone(), storage.key_store_timeout_ms),
            keys_change: Mutex::default(),
            known: Known::default(),
            anchorage: Anchorage::new(ports.anchor.clone(), storage.key_store_timeout_ms),
            entropy: ports.entropy.clone(),
            ports,
            kept_up: KeptUp::default(),
            left: Mutex::new(JournalHead::GENESIS),
            resuming: Mutex::default(),
        })
    }

    /// One transaction that seals something. All sealing is done within it: so nothing is stored under an epoch that has
    /// just ceased to be the current one.
    pub(super) fn write<T>(
        &self,
        work: impl FnMut(&Transaction<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.ready_keys()?;
        self.database.write(work)
    }

    pub(super) fn changing(&self) -> MutexGuard<'_, ()> {
        self.keys_change.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, for what the vault does of itself.
    pub(super) fn moment(&self) -> Result<Moment, VaultError> {
        let now = self.ports.clock.read();
        Moment::new(now.unix_ms, now.offset_s, now.mono_ms, now.boot).map_err(|_| VaultError::Clock)
    }

    /// Reads a setting. One whose key is not at hand counts as absent, and so does one that is damaged, which opening
    /// names: it can be had again.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        match self.database.read(|connection| settings::get(connection, &self.keys, name)) {
            Ok(value) => Ok(value.map(|value| value.to_vec())),
            Err(VaultError::KeyMissing { .. }) => Ok(None),
            Err(error) if error.is_damage() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a setting that must not be taken for absent, and overwritten, while its key is not at hand.
    ///
    /// # Errors
    /// [`VaultError::KeyMissing`]; what does not open under its key counts as absent and was told when the vault opened.
    pub fn setting_at_hand(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        match self.database.read(|connection| settings::get(connection, &self.keys, name)) {
            Ok(value) => Ok(value.map(|value| value.to_vec())),
            Err(error) if error.is_damage() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a setting.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn put_setting(&self, name: &str, value: &[u8]) -> Result<(), VaultError> {
        self.write(|transaction| settings::put(transaction, &self.keys, name, value, &*self.entropy))
    }

    /// Transactions since the vault was opened: for tests of what a call costs.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.database.commits()
    }

    /// Appends an entry to the journal.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn note(&self, at: Moment, event: JournalEvent) -> Result<JournalHead, VaultError> {
        self.journaled(at, |_, journal| journal.append(event.clone()))
    }

    /// The newest entry of the journal.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn head(&self) -> Result<JournalHead, VaultError> {
        self.database.read(journal::head)
    }

    /// Whether the journal has been at a place.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn has_been_at(&self, head: JournalHead) -> Result<bool, VaultError> {
        Ok(self.database.read(|connection| journal::head_at(connection, head.n))? == Some(head))
    }

    /// The whole journal, opened as far as it can be.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn journal(&self) -> Result<Journal, VaultError> {
        self.database.read(|connection| journal::all(connection, &self.keys))
    }

    /// Opens a shift; returns its place in the journal.
    ///
    /// # Errors
    /// [`VaultError::State`] while another is open.
    pub fn open_shift(&self, shift: ShiftId, officer: &Officer, at: Moment) -> Result<JournalHead, VaultError> {
        let (head, sealed) = self.journaled(at, |transaction, journal| {
            if shifts::open(transaction)?.is_some() {
                return Err(VaultError::State);
            }
            let sealed = self.begin_shift(transaction, journal, shift, Some(officer))?;
            Ok((journal.head(), sealed))
        })?;
        if let Some(sealed) = sealed {
            self.spare.keep(Spare::Officer, shift.as_bytes(), &sealed.value);
        }
        Ok(head)
    }

    /// Begins a shift; its officer may be stated later. Returns the officer as stored.
    pub(super) fn begin_shift(
        &self,
        transaction: &Transaction<'_>,
        journal: &mut JournalWriter<'_>,
        shift: ShiftId,
        officer: Option<&Officer>,
    ) -> Result<Option<SealedValue>, VaultError> {
        let seal = |officer: &Officer| {
            let plain = to_json(officer, Record::Officer(shift))?;
            shifts::seal_officer(&self.keys, shift, &plain, &*self.entropy)
        };
        let sealed = officer.map(seal).transpose()?;
        shifts::insert(transaction, shift, self.keys.current()?, journal.next())?;
        if let Some(sealed) = &sealed {
            shifts::insert_officer(transaction, shift, sealed)?;
        }
        journal.append(JournalEvent::ShiftOpened { shift })?;
        Ok(sealed)
    }

    /// The shift that is open, if one is.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open_shift_row(&self) -> Result<Option<ShiftRow>, VaultError> {
        self.database.read(shifts::open)
    }

    /// All shifts.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn shifts(&self) -> Result<Vec<ShiftRow>, VaultError> {
        self.database.read(shifts::all)
    }

    /// The officer of a shift.
    ///
    /// # Errors
    /// [`VaultError::KeyMissing`] if no statement is under a key at hand, [`VaultError::Sealed`] if it does not open.
    pub fn officer(&self, shift: ShiftId) -> Result<Officer, VaultError> {
        self.database.read(|connection| {
            let mut missing = VaultError::NotFound { table: "officers" };
            for SealedValue { epoch, value } in shifts::officers(connection, shift)? {
                match shifts::open_officer(&self.keys, epoch, shift, &value) {
                    Ok(plain) => return from_json(&plain, Record::Officer(shift)),
                    Err(error @ VaultError::KeyMissing { .. }) => missing = error,
                    Err(error) => return Err(error),
                }
            }
            Err(missing)
        })
    }

    /// Stores a signed opening and queues it.
    ///
    /// # Errors
    /// [`VaultError::State`] if it is signed already.
    pub fn store_opening(&self, shift: ShiftId, opening: &[u8]) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            shifts::set_opening(transaction, shift, opening)?;
            self.spare.keep(Spare::Opening, shift.as_bytes(), opening);
            outbox::insert(transaction, &of_shift(ItemKind::ShiftOpening, shift.as_bytes(), opening.len(), true))
        })
    }

    /// Closes the open shift; returns the number of its last entry. A draft whose key is gone does not hold it up.
    ///
    /// # Errors
    /// [`VaultError::State`] while drafts are open or if no shift is; [`VaultError::KeyMissing`] while the key of a draft
    /// may still come.
    pub fn close_shift(&self, shift: ShiftId, at: Moment) -> Result<u64, VaultError> {
        self.journaled(at, |transaction, journal| {
            for (case, epoch) in cases::drafts(transaction, shift)? {
                self.refuse_unless_stranded(epoch)?;
                journal.append(JournalEvent::DraftStranded { case })?;
            }
            let cases = cases::complete_count(transaction, shift)?;
            shifts::set_closed(transaction, shift, journal.next())?;
            let head = journal.append(JournalEvent::ShiftClosed { shift, cases })?;
            journal.mark()?;
            Ok(head.n)
        })
    }

    /// Stores a signed seal and queues it.
    ///
    /// # Errors
    /// [`VaultError::State`] if it is signed already or the shift is open.
    pub fn store_seal(&self, shift: ShiftId, seal: &[u8]) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            shifts::set_seal(transaction, shift, seal)?;
            self.spare.keep(Spare::Seal, shift.as_bytes(), seal);
            let opened = outbox::open_count(transaction, shift.as_bytes(), ItemKind::ShiftOpening)? == 0;
            outbox::insert(transaction, &of_shift(ItemKind::ShiftSeal, shift.as_bytes(), seal.len(), opened))
        })
    }

    /// All cases in the order they were begun.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn cases(&self) -> Result<Vec<CaseRow>, VaultError> {
        self.database.read(cases::all)
    }

    /// One case.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn case(&self, case: CaseId) -> Result<CaseRow, VaultError> {
        self.database.read(|connection| cases::one(connection, case))
    }

    /// Everything in the outbox.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn outbox(&self) -> Result<Outbox, VaultError> {
        self.database.read(outbox::all)
    }
}

fn of_shift<'a>(kind: ItemKind, shift: &'a [u8; 16], size: usize, ready: bool) -> NewItem<'a> {
    NewItem { kind, object: None, target: shift, owner: shift, size: size as u64, ready }
}

pub(super) fn to_json(
    value: &impl serde::Serialize,
    record: impl Into<Record>,
) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultError> {
    serde_json::to_vec(value).map(zeroize::Zeroizing::new).map_err(|_| record.into().malformed())
}

pub(super) fn from_json<T: for<'de> serde::Deserialize<'de>>(
    plain: &[u8],
    record: impl Into<Record>,
) -> Result<T, VaultError> {
    serde_json::from_slice(plain).map_err(|_| record.into().malformed())
}
