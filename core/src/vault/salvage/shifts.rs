//! Shifts and their officers. One that was open, or whose seal is lost, gets none any more: a seal swears to every entry
//! of the shift, and nobody can tell whether the last ones are there.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::super::VaultError;
use super::super::outbox::{self, ItemKind, NewItem};
use super::super::shifts::Salvaged;
use super::super::spare::Spare;
use super::build::{Builder, carry, refuse};
use super::rows::{Fields, Table};
use crate::domain::{Officer, ShiftId};
use crate::seal::{HEADER, ShiftOpening, ShiftSeal, Signed, SignedPayload};

/// Stands for the shift of a tombstone that has forgotten it.
const NO_SHIFT: ShiftId = ShiftId::new([0; 16]);

impl Builder<'_> {
    pub(super) fn shifts(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut rows = Vec::new();
        self.each(Table::Numbered("shifts"), |row| {
            rows.extend(row.fixed::<16>("shift_id").map(|id| (ShiftId::new(id), row.clone())));
            Ok(())
        })?;
        for (shift, row) in &rows {
            self.shift(transaction, *shift, row)?;
        }
        let others =
            self.copies.keys().filter(|(kind, _)| matches!(kind, Spare::Opening | Spare::Seal | Spare::Officer));
        let others: BTreeSet<_> = others.map(|(_, id)| ShiftId::new(*id)).collect();
        let mut others: Vec<_> =
            others.into_iter().filter(|shift| rows.iter().all(|(known, _)| known != shift)).collect();
        // In the order in which they were opened, so that the newest officer is the one on patrol.
        others.sort_by_key(|shift| {
            let opening = self.signed::<ShiftOpening>(Spare::Opening, shift.as_bytes(), None);
            opening.map(|opening| opening.payload().head.n)
        });
        for shift in others {
            self.shift(transaction, shift, &Fields::default())?;
        }
        Ok(())
    }

    fn shift(&mut self, transaction: &Transaction<'_>, shift: ShiftId, row: &Fields) -> Result<(), VaultError> {
        let opening = self.signed::<ShiftOpening>(Spare::Opening, shift.as_bytes(), row.blob("opening"));
        let opening = opening.filter(|opening| opening.payload().shift == shift);
        let seal = self.signed::<ShiftSeal>(Spare::Seal, shift.as_bytes(), row.blob("seal"));
        let seal = seal.filter(|seal| seal.payload().shift == shift);
        if let Some(opening) = &opening {
            self.heard_of(opening.payload().head);
            self.device = Some(opening.payload().device);
        }
        if let Some(ShiftSeal { last, link, .. }) = seal.as_ref().map(Signed::payload) {
            self.heard_of(crate::seal::JournalHead { n: *last, link: *link });
        } else {
            self.report.unsealed.insert(shift);
        }
        let was_open = row.is_null("last_n") || row.number("last_n").is_none();
        if was_open && seal.is_none() {
            self.open_shifts.push(shift);
        }
        let salvaged = match (&opening, &seal) {
            (Some(_), Some(_)) => Salvaged::No,
            (Some(_), None) => Salvaged::Unsealed,
            (None, _) => Salvaged::Unopened,
        };
        let numbers = |from_seal: Option<u64>, column| {
            let signed = from_seal.and_then(|n| i64::try_from(n).ok());
            signed.or_else(|| row.number(column))
        };
        let sealed = seal.as_ref().map(Signed::payload);
        let first = opening.as_ref().map(|opening| opening.payload().head.n);
        let first = numbers(sealed.map(|seal| seal.first).or(first), "first_n").unwrap_or_default();
        let last = numbers(sealed.map(|seal| seal.last), "last_n");
        let sql = "INSERT INTO shifts (ordinal, shift_id, epoch, first_n, last_n, opening, seal, salvaged)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let epoch = self.epoch(transaction, row.number("epoch"))?;
        let (opening, seal) = (opening.as_ref().map(Signed::as_bytes), seal.as_ref().map(Signed::as_bytes));
        let values = (row.number("ordinal"), shift.as_bytes(), epoch, first, last, opening, seal, salvaged as u8);
        transaction.execute(sql, values)?;
        for (kind, bytes) in [(ItemKind::ShiftOpening, opening), (ItemKind::ShiftSeal, seal)] {
            if let Some(bytes) = bytes {
                self.queue_of_shift(transaction, kind, shift, bytes.len())?;
            }
        }
        Ok(())
    }

    fn queue_of_shift(
        &self,
        transaction: &Transaction<'_>,
        kind: ItemKind,
        shift: ShiftId,
        size: usize,
    ) -> Result<(), VaultError> {
        let id = shift.as_bytes();
        let opened = outbox::open_count(transaction, id, ItemKind::ShiftOpening)? == 0;
        outbox::insert(
            transaction,
            &NewItem { kind, object: None, target: id, owner: id, size: size as u64, ready: opened },
        )?;
        self.reason(kind, id).map_or(Ok(()), |reason| refuse(transaction, kind, id, reason))
    }

    /// A structure that verifies: the row's, or its copy.
    pub(super) fn signed<T: SignedPayload>(&self, kind: Spare, id: &[u8; 16], row: Option<&[u8]>) -> Option<Signed<T>> {
        let verified = |bytes: &[u8]| Signed::<T>::verify(bytes, self.own_key).ok();
        row.and_then(verified).or_else(|| verified(&self.copy(kind, id)?))
    }

    /// A shift that cases name and nothing else tells of. It is believed to be known to the box.
    pub(super) fn ensure_shift(
        &mut self,
        transaction: &Transaction<'_>,
        shift: Option<ShiftId>,
    ) -> Result<ShiftId, VaultError> {
        let shift = shift.unwrap_or(NO_SHIFT);
        let known =
            transaction.prepare_cached("SELECT 1 FROM shifts WHERE shift_id = ?1")?.exists([shift.as_bytes()])?;
        if !known {
            let sql = "INSERT INTO shifts (shift_id, epoch, first_n, salvaged) VALUES (?1, ?2, 0, ?3)";
            let epoch = self.vault.keys.current()?;
            transaction.execute(sql, (shift.as_bytes(), epoch, Salvaged::Unopened as u8))?;
            if shift != NO_SHIFT {
                self.report.unsealed.insert(shift);
            }
        }
        Ok(shift)
    }

    pub(super) fn officers(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let columns = ["shift_id", "epoch", "officer"];
        self.each(Table::Keyed("officers", &["shift_id", "epoch"]), |row| {
            carry(transaction, "officers", row, &columns).map(drop)
        })?;
        // The first schema had the officer in the shift's own row.
        self.each(Table::Numbered("shifts"), |row| {
            if row.blob("officer").is_some() { carry(transaction, "officers", row, &columns).map(drop) } else { Ok(()) }
        })?;
        // What an erased root alone could open was let go with it; its copy may be there still.
        let sql = "INSERT INTO officers (shift_id, epoch, officer) SELECT shift_id, ?2, ?3 FROM shifts
                   WHERE shift_id = ?1 AND EXISTS (SELECT 1 FROM epochs WHERE epoch = ?2 AND wrapped IS NOT NULL)
                   ON CONFLICT DO NOTHING";
        for ((_, id), officer) in self.copies.iter().filter(|((kind, _), _)| *kind == Spare::Officer) {
            let epoch: Option<[u8; 2]> = officer.get(40..42).and_then(|bytes| bytes.try_into().ok());
            let Some(epoch) = epoch.filter(|_| officer.len() > HEADER) else { continue };
            transaction.execute(sql, (id, u16::from_be_bytes(epoch), officer))?;
        }
        Ok(())
    }

    /// The officer of the newest shift that was open, if a key at hand opens the statement.
    pub(super) fn officer_on_patrol(&self) -> Option<Officer> {
        self.open_shifts.iter().rev().find_map(|shift| self.vault.officer(*shift).ok())
    }
}
