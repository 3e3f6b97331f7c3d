//! What the recovery key opens: roots of epochs from their escrows, and the journal keys they carry.

use std::collections::BTreeMap;
use std::path::Path;

use streife_core::domain::{CaseId, ObjectId, from_hex};
use streife_core::seal::{
    Binding, CaseKey, JournalKey, Kem, Kind, Manifest, ObjectKey, RecipientPrivateKey, RootEscrow, RootKey, SealError,
    SignedPayload, open,
};
use streife_core::vault::EpochCopy;

use super::report::{EpochReport, Fault, Report};
use super::source::Source;
use crate::ReplayError;

/// No case.
pub const NOWHERE: CaseId = CaseId::new([0; 16]);
const CASE_KEY: ObjectId = ObjectId::new([0; 16]);
const CANARY: ObjectId = ObjectId::new([0xca; 16]);
const ERASED: u8 = 4;
const PREPARED: u8 = 0;

/// Everything that opens the vault.
pub struct Keys {
    private: Vec<RecipientPrivateKey>,
    roots: BTreeMap<u16, RootKey>,
    journal: BTreeMap<u16, JournalKey>,
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The root of its epoch was not opened.
    NoRoot(u16),
    /// It was changed, or stands where it does not belong.
    Changed,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRoot(epoch) => write!(f, "the root key of epoch {epoch} is not at hand"),
            Self::Changed => f.write_str("it was changed, or stands where it does not belong"),
        }
    }
}

/// Reads a private key. 32 bytes are a key of either mechanism, so it is taken as both: its name tells which one is meant.
pub fn read(file: &Path) -> Result<Vec<RecipientPrivateKey>, ReplayError> {
    let text = std::fs::read_to_string(file).map_err(ReplayError::file("--key"))?;
    let bytes = from_hex::<32>(text.trim()).map_err(|error| ReplayError::setup("--key")(&error))?;
    Ok([Kem::XWing, Kem::P256].into_iter().filter_map(|kem| RecipientPrivateKey::new(kem, &bytes).ok()).collect())
}

impl Keys {
    /// Opens what can be opened; what cannot is reported.
    pub fn open(private: Vec<RecipientPrivateKey>, source: &Source, report: &mut Report) -> Self {
        let mut keys = Self { private, roots: BTreeMap::new(), journal: BTreeMap::new() };
        for (epoch, copies) in &source.epochs {
            match keys.root(*epoch, copies) {
                Ok(root) => drop(keys.roots.insert(*epoch, root)),
                Err(reason) if is_needed(copies) => report.not_opened.push(Fault::new("epoch", epoch, reason)),
                Err(_) => {}
            }
            let (opened, erased) = (keys.roots.contains_key(epoch), copies.iter().any(|copy| copy.state == ERASED));
            report.epochs.push(EpochReport { epoch: *epoch, opened, erased });
        }
        keys.open_journal_keys(source, report);
        keys
    }

    fn root(&self, epoch: u16, copies: &[EpochCopy]) -> Result<RootKey, String> {
        let mut why = "its root key was wrapped for no recovery key".to_owned();
        for copy in copies.iter().filter(|copy| copy.recovery.is_some()) {
            let found =
                copy.recovery.as_deref().map_or(Err(SealError::NoRecipient), |escrow| self.escrow(epoch, escrow));
            match found {
                Ok(root) if copy.canary.as_deref().is_some_and(|canary| proves(epoch, &root, canary)) => {
                    return Ok(root);
                }
                Ok(_) => "its canary does not open: the root key is another one".clone_into(&mut why),
                Err(SealError::NoRecipient) => "its root key is wrapped for another recovery key".clone_into(&mut why),
                Err(error) => why = format!("its wrapped root key: {error}"),
            }
        }
        Err(why)
    }

    fn escrow(&self, epoch: u16, escrow: &[u8]) -> Result<RootKey, SealError> {
        let escrow = RootEscrow::decode(escrow)?;
        first(self.private.iter().map(|private| escrow.open(epoch, private)))
    }

    fn open_journal_keys(&mut self, source: &Source, report: &mut Report) {
        let mut failed = BTreeMap::new();
        for copy in source.epochs.values().flatten().filter(|copy| self.roots.contains_key(&copy.epoch)) {
            for (generation, sealed) in &copy.journal {
                let [high, low] = generation.to_be_bytes();
                let mut row = [0x6a; 16];
                row.iter_mut().rev().zip([low, high]).for_each(|(to, from)| *to = from);
                match self.value(Kind::WrappedKey, NOWHERE, ObjectId::new(row), sealed).map(<[u8; 32]>::try_from) {
                    Ok(Ok(key)) => drop(self.journal.insert(*generation, JournalKey::new(key))),
                    _ => drop(failed.insert(*generation, copy.epoch)),
                }
            }
        }
        for (generation, epoch) in failed.into_iter().filter(|(generation, _)| !self.journal.contains_key(generation)) {
            let reason = format!("it does not open under the root key of epoch {epoch}");
            report.not_opened.push(Fault::new("journal key", generation, reason));
        }
    }

    /// Whether the key opens nothing although things are wrapped: it is another agency's, or another kind of file.
    pub fn opens_nothing(&self, source: &Source) -> bool {
        let manifests = source.cases.values().flat_map(|case| &case.manifests);
        let known = manifests.filter_map(|payload| Manifest::decode(payload).ok());
        self.roots.is_empty() && !known.into_iter().any(|manifest| self.wrapped_key(&manifest).is_ok())
    }

    /// Opens a value that a root seals, where it stands. Its header says under which epoch.
    pub fn value(&self, kind: Kind, case: CaseId, row: ObjectId, sealed: &[u8]) -> Result<Vec<u8>, Why> {
        let Binding { epoch, .. } = Binding::claimed(sealed).map_err(|_| Why::Changed)?;
        let root = self.roots.get(&epoch).ok_or(Why::NoRoot(epoch))?;
        open(&root.object_key(), &own(epoch, kind, case, row), sealed).map_err(|_| Why::Changed)
    }

    /// Opens a journal entry. One without a generation is of schema 1, which sealed entries under the root itself.
    pub fn entry(&self, generation: Option<u16>, n: u64, sealed: &[u8]) -> Result<Vec<u8>, Why> {
        let row = ObjectId::new(u128::from(n).to_be_bytes());
        let Some(generation) = generation else { return self.value(Kind::JournalEntry, NOWHERE, row, sealed) };
        let key: ObjectKey = self.journal.get(&generation).ok_or(Why::NoRoot(generation))?.object_key();
        open(&key, &own(generation, Kind::JournalEntry, NOWHERE, row), sealed).map_err(|_| Why::Changed)
    }

    /// The key of a case, as a root seals it.
    pub fn case_key(&self, case: CaseId, sealed: &[u8]) -> Result<CaseKey, Why> {
        let plain = self.value(Kind::WrappedKey, case, CASE_KEY, sealed)?;
        plain.as_slice().try_into().map(CaseKey::new).map_err(|_| Why::Changed)
    }

    /// The key of a case, as its manifest wraps it.
    pub fn wrapped_key(&self, manifest: &Manifest) -> Result<CaseKey, SealError> {
        first(self.private.iter().map(|private| manifest.open_case_key(private)))
    }

    /// The private keys, for notes of events.
    pub fn private(&self) -> &[RecipientPrivateKey] {
        &self.private
    }
}

/// What one of the keys opens; else why the one that was meant did not.
fn first<T>(opened: impl Iterator<Item = Result<T, SealError>>) -> Result<T, SealError> {
    let mut why = SealError::NoRecipient;
    for opened in opened {
        match opened {
            Ok(opened) => return Ok(opened),
            Err(SealError::NoRecipient) => {}
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// Whether something may be sealed under an epoch.
fn is_needed(copies: &[EpochCopy]) -> bool {
    copies.first().is_some_and(|copy| copy.state != ERASED && copy.state != PREPARED)
}

fn proves(epoch: u16, root: &RootKey, canary: &[u8]) -> bool {
    let binding = own(epoch, Kind::WrappedKey, NOWHERE, CANARY);
    open(&root.object_key(), &binding, canary).is_ok_and(|text| text == b"streife/1 canary")
}

fn own(epoch: u16, kind: Kind, case: CaseId, row: ObjectId) -> Binding {
    Binding { epoch, ..Binding::of_case(kind, case, row) }
}
