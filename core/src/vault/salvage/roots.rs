//! Epochs, documents and settings: what must be there before a key can be asked for.

use super::super::VaultError;
use super::super::epoch_copy::EpochCopy;
use super::super::epochs::EpochState;
use super::super::mark;
use super::build::{Builder, carry};
use super::rows::{Fields, Table};
use crate::domain::DeviceId;
use crate::seal::{HEADER, Kind, RecipientSet, Signed, SignedCatalogue, SignedPlateTable, SignedRules, VerifyingKey};
use rusqlite::Transaction;
use std::collections::BTreeMap;

const JOURNAL_KEYS: Table = Table::Keyed("journal_keys", &["epoch", "generation"]);

impl Builder<'_> {
    /// Rows of all epochs that a row, a copy or a sealed value tells of. A number is never given a second time.
    pub(super) fn epochs(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut epochs = self.epochs_of_rows()?;
        for name in self.vault.spare.names()? {
            let Some(number) = epoch_number(&name) else { continue };
            let copy = self.vault.spare.document(&name)?.and_then(|bytes| EpochCopy::decode(&bytes).ok());
            let Some(copy) = copy.filter(|copy| copy.epoch == number) else {
                self.set_aside(&name)?;
                epochs.entry(number).or_insert_with(|| lost(number));
                continue;
            };
            match epochs.get_mut(&number) {
                Some(row) => merge(row, copy),
                None => drop(epochs.insert(number, copy)),
            }
        }
        for number in self.epochs_of_keys() {
            epochs.entry(number).or_insert_with(|| lost(number));
        }
        for epoch in epochs.values_mut() {
            // One that has not come to be is not made to be, and its hardware key is left alone.
            if epoch.state == EpochState::Prepared as u8 {
                *epoch = lost(epoch.epoch);
            }
        }
        only_one_current(&mut epochs);
        for epoch in epochs.values() {
            epoch.insert(transaction)?;
            self.keep_beside(&epoch.name(), &epoch.encode())?;
        }
        Ok(())
    }

    fn epochs_of_rows(&self) -> Result<BTreeMap<u16, EpochCopy>, VaultError> {
        let mut epochs = BTreeMap::new();
        self.each(Table::Numbered("epochs"), |row| {
            epochs.extend(epoch_of(row).map(|epoch| (epoch.epoch, epoch)));
            Ok(())
        })?;
        self.each(JOURNAL_KEYS, |row| {
            let number = |column| row.number(column).and_then(|number| u16::try_from(number).ok());
            let (Some(epoch), Some(generation), Some(key)) =
                (number("epoch"), number("generation"), row.blob("sealed"))
            else {
                return Ok(());
            };
            if let Some(epoch) = epochs.get_mut(&epoch) {
                epoch.journal.push((generation, key.to_vec()));
            }
            Ok(())
        })?;
        Ok(epochs)
    }

    /// Epochs that the headers of the cases' sealed keys name.
    fn epochs_of_keys(&self) -> Vec<u16> {
        let copies = self.copies.iter().filter(|((kind, _), _)| *kind == super::super::spare::Spare::Key);
        copies.filter_map(|(_, key)| epoch_in_header(key)).collect()
    }

    /// What the agency signed, and the device's id, where a row or a copy has them whole.
    pub(super) fn documents(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut found: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        self.each(Table::Keyed("documents", &["name"]), |row| {
            if let (Some(name), Some(value)) = (row.text("name"), row.blob("value")) {
                found.entry(name.to_owned()).or_default().push(value.to_vec());
            }
            Ok(())
        })?;
        for file in self.vault.spare.names()? {
            let Some(name) = file.strip_suffix(".document") else { continue };
            if let Some(value) = self.vault.spare.document(&file)? {
                found.entry(name.to_owned()).or_default().push(value);
            }
        }
        let root = self.vault.ports.trust.as_ref().map(|trust| &trust.root);
        for (name, values) in found {
            if let Some(value) = values.iter().find(|value| is_sound(&name, value, root)) {
                transaction.execute("INSERT INTO documents (name, value) VALUES (?1, ?2)", (&name, value))?;
            }
        }
        Ok(())
    }

    /// Sealed settings as they are.
    pub(super) fn settings(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        self.each(Table::Keyed("settings", &["name"]), |row| {
            if row.text("name") == Some(mark::MARK) {
                return Ok(()); // it tells of a journal that goes on elsewhere
            }
            carry(transaction, "settings", row, &["name", "epoch", "value"]).map(drop)
        })
    }
}

fn epoch_of(row: &Fields) -> Option<EpochCopy> {
    let blob = |column| row.blob(column).map(<[u8]>::to_vec);
    // The first schema had one epoch and no states.
    let state = row.number("state").and_then(|state| u8::try_from(state).ok()).unwrap_or(EpochState::Current as u8);
    Some(EpochCopy {
        epoch: row.number("epoch").and_then(|epoch| u16::try_from(epoch).ok())?,
        state,
        alias: row.text("alias").map(str::to_owned),
        wrapped: blob("wrapped"),
        canary: blob("canary"),
        recovery: blob("recovery"),
        journal: Vec::new(),
    })
}

/// States only grow, so the one further on is the newer; what it lacks the other may have.
fn merge(row: &mut EpochCopy, copy: EpochCopy) {
    let (mut newer, older) = if copy.state >= row.state { (copy, row.clone()) } else { (row.clone(), copy) };
    if newer.state < EpochState::Erasing as u8 {
        newer.alias = newer.alias.or(older.alias);
        newer.wrapped = newer.wrapped.or(older.wrapped);
        newer.canary = newer.canary.or(older.canary);
        newer.recovery = newer.recovery.or(older.recovery);
        let missing = |generation: u16, keys: &[(u16, Vec<u8>)]| keys.iter().all(|(known, _)| *known != generation);
        for (generation, key) in older.journal {
            if missing(generation, &newer.journal) {
                newer.journal.push((generation, key));
            }
        }
    }
    *row = newer;
}

/// An epoch of which only the number is known.
pub(super) fn lost(epoch: u16) -> EpochCopy {
    EpochCopy { epoch, state: EpochState::Erased as u8, ..EpochCopy::default() }
}

fn only_one_current(epochs: &mut BTreeMap<u16, EpochCopy>) {
    let current = EpochState::Current as u8;
    for epoch in epochs.values_mut().rev().filter(|epoch| epoch.state == current).skip(1) {
        epoch.state = EpochState::Retiring as u8;
    }
}

fn epoch_number(file: &str) -> Option<u16> {
    file.strip_prefix("epoch-")?.strip_suffix(".cbor")?.parse().ok()
}

/// The epoch that a sealed key of a case names in its header.
pub(super) fn epoch_in_header(sealed: &[u8]) -> Option<u16> {
    let is_key =
        sealed.len() > HEADER && sealed.starts_with(b"SBX1") && sealed.get(7) == Some(&(Kind::WrappedKey as u8));
    let epoch: [u8; 2] = sealed.get(40..42)?.try_into().ok()?;
    is_key.then(|| u16::from_be_bytes(epoch)).filter(|epoch| *epoch > 0 && *epoch < u16::MAX)
}

fn is_sound(name: &str, value: &[u8], root: Option<&VerifyingKey>) -> bool {
    match (name, root) {
        ("recipients", Some(root)) => Signed::<RecipientSet>::verify(value, root).is_ok(),
        ("catalogue", Some(root)) => Signed::<SignedCatalogue>::verify(value, root).is_ok(),
        ("rules", Some(root)) => Signed::<SignedRules>::verify(value, root).is_ok(),
        ("prefixes" | "nations", Some(root)) => Signed::<SignedPlateTable>::verify(value, root).is_ok(),
        ("device", _) => DeviceId::try_from(value).is_ok(),
        _ => true,
    }
}
