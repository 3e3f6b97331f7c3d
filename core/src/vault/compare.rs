//! Rows against the journal: whatever stands in clear could have been edited, and whatever is sealed could be an older
//! version of itself.

use rusqlite::Connection;

use super::cases::{self, CaseRow, CaseState, Secrets};
use super::damage::{Damage, Fault, Findings, Record};
use super::story::{CaseStory, ShiftStory, Story};
use super::{ItemKind, ItemState, ObjectRow, Vault, VaultError, events, objects, outbox, shifts};
use crate::domain::{CaseId, ShiftId, to_hex};
use crate::seal::{Hash, Manifest, SignedPayload};

impl Vault {
    /// Compares the rows that a story speaks of with what it says.
    pub(super) fn compare(
        &self,
        connection: &Connection,
        story: &Story,
        findings: &mut Findings,
    ) -> Result<(), VaultError> {
        for (case, told) in &story.cases {
            self.compare_case(connection, story, *case, told, findings)?;
        }
        for (shift, told) in &story.shifts {
            compare_shift(connection, story, *shift, *told, findings)?;
        }
        Ok(())
    }

    /// Compares one case.
    pub(super) fn compare_case(
        &self,
        connection: &Connection,
        story: &Story,
        case: CaseId,
        told: &CaseStory,
        findings: &mut Findings,
    ) -> Result<(), VaultError> {
        CaseLook { vault: self, connection, story, case, told }.compare(findings)
    }
}

/// A row that is not there or not readable is a finding; everything else that goes wrong ends the comparison.
pub(super) fn found<T>(
    result: Result<T, VaultError>,
    missing: Damage,
    findings: &mut Findings,
) -> Result<Option<T>, VaultError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(VaultError::NotFound { .. }) => {
            findings.add(missing);
            Ok(None)
        }
        Err(VaultError::Malformed { .. }) => {
            findings.add(Damage { fault: Fault::Malformed, ..missing });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Compares one shift.
pub(super) fn compare_shift(
    connection: &Connection,
    story: &Story,
    shift: ShiftId,
    told: ShiftStory,
    findings: &mut Findings,
) -> Result<(), VaultError> {
    let damage = |fault| Damage::new(Record::Shift(shift), fault).by(told.closed.or(told.opened));
    let Some(row) = found(shifts::one(connection, shift), damage(Fault::Missing), findings)? else { return Ok(()) };
    let last_known = told.closed.or(told.opened).unwrap_or_default();
    let closed = match told.closed {
        Some(n) => row.last_n == Some(n),
        None => row.last_n.is_none() || story.may_go_on_behind(last_known),
    };
    if told.opened.is_some_and(|n| n != row.first_n) || !closed {
        findings.add(damage(Fault::State));
    }
    if told.opened.is_some() {
        compare_arrival(connection, story, ItemKind::ShiftOpening, shift.as_bytes(), told.opened, findings)?;
    }
    if told.closed.is_some() {
        compare_arrival(connection, story, ItemKind::ShiftSeal, shift.as_bytes(), told.closed, findings)?;
    }
    Ok(())
}

/// An item that stands as arrived although no entry tells so, made by entry `n`.
fn compare_arrival(
    connection: &Connection,
    story: &Story,
    item: ItemKind,
    target: &[u8; 16],
    n: Option<u64>,
    findings: &mut Findings,
) -> Result<(), VaultError> {
    let target_hex = to_hex(target);
    let is_new = n.is_some_and(|n| story.first_new.is_some_and(|first| n >= first));
    let is_told = story.arrived.contains_key(&(item, target_hex.clone())) || story.silent.is_some();
    let state = outbox::state_of(connection, item, target)?;
    let arrived = story.arrived.get(&(item, target_hex.clone()));
    let contradicts = match state {
        Some(ItemState::Done) => is_new && !is_told,
        // The box may have forgotten it: then it is sent again, and does not wait.
        Some(ItemState::Blocked) => arrived.is_some(),
        _ => false,
    };
    if contradicts {
        findings.add(Damage::new(Record::Item { kind: item, target: target_hex }, Fault::State).by(n));
    }
    Ok(())
}

/// One case under the eye.
struct CaseLook<'a> {
    vault: &'a Vault,
    connection: &'a Connection,
    story: &'a Story,
    case: CaseId,
    told: &'a CaseStory,
}

impl CaseLook<'_> {
    fn damage(&self, fault: Fault) -> Damage {
        Damage::new(Record::Case(self.case), fault).by(Some(self.told.last).filter(|n| *n > 0))
    }

    fn compare(&self, findings: &mut Findings) -> Result<(), VaultError> {
        let missing = || self.damage(Fault::Missing);
        let Some(row) = found(cases::one(self.connection, self.case), missing(), findings)? else { return Ok(()) };
        let secrets = cases::secrets(self.connection, self.case);
        let Some(secrets) = found(secrets, missing(), findings)? else { return Ok(()) };
        let fault = self.state_fault(&row).or_else(|| self.place_fault(&row));
        if let Some(fault) = fault.or_else(|| self.content_fault(&row, &secrets)) {
            findings.add(self.damage(fault));
        }
        self.compare_objects(&row, &secrets, findings)?;
        self.compare_void(findings)
    }

    /// Whether the state is one that the entries allow.
    fn state_fault(&self, row: &CaseRow) -> Option<Fault> {
        use CaseState::{Draft, Purged, Purging, Quarantined, Receipted, Sealed, Stranded, Unsigned};
        let told = self.told;
        let (earliest, allowed): (_, &[CaseState]) = match (told.purged, told.receipt, told.sealed, told.begun) {
            (Some(_), ..) => (Purging, &[Purging, Purged]),
            (_, Some(_), ..) => (Receipted, &[Receipted]),
            (_, _, Some(_), _) if told.refused.is_some() => (Unsigned, &[Unsigned, Sealed, Quarantined]),
            (_, _, Some(_), _) => (Unsigned, &[Unsigned, Sealed]),
            _ if told.stranded.is_some() => (Stranded, &[Stranded]),
            _ if told.last > 0 => (Draft, &[Draft]),
            _ => return None, // only told of a void or a refusal: sealed before this stretch
        };
        let further = row.state >= earliest && self.story.may_go_on_behind(told.last);
        let fits = allowed.contains(&row.state) || further;
        (!fits).then_some(Fault::State)
    }

    /// Whether its shift, its number and its entries are those that the journal tells of, whatever has become of it.
    fn place_fault(&self, row: &CaseRow) -> Option<Fault> {
        let is_at = |stored: Option<u64>, n: u64| stored.map_or(!self.story.is_new(n), |stored| stored == n);
        let begun = self.told.begun.is_none_or(|n| is_at(row.begun_n, n));
        let shift = self.told.shift.is_none_or(|shift| shift == row.shift);
        let sealed = self.told.sealed.is_none_or(|(n, seq, payload)| {
            row.state < CaseState::Unsigned
                || is_at(row.sealed_n, n) && row.seq == Some(seq) && row.payload_hash == Some(payload)
        });
        (!begun || !shift || !sealed).then_some(Fault::Changed)
    }

    /// Whether what must be there is there, and what must be gone is gone.
    fn content_fault(&self, row: &CaseRow, secrets: &Secrets) -> Option<Fault> {
        use CaseState::{Draft, Purged, Purging, Receipted, Unsigned};
        if matches!(row.state, Purging | Purged) {
            let gone = secrets.wrapped_key.is_none() && secrets.payload.is_none() && row.manifest.is_none();
            let gone = gone && secrets.draft.is_none();
            return if gone {
                self.receipt_fault(row).or_else(|| self.decision_fault(row))
            } else {
                Some(Fault::State)
            };
        }
        if secrets.wrapped_key.is_none() {
            return Some(Fault::Missing);
        }
        if row.state == Draft {
            return self.draft_fault(row, secrets);
        }
        if secrets.draft.is_some() {
            return Some(Fault::State);
        }
        let signed = row.manifest.is_some();
        let signs = if row.state == Unsigned { !signed } else { signed };
        let receipted = (row.state == Receipted) == row.receipt.is_some();
        if !signs || !receipted {
            return Some(Fault::State);
        }
        self.payload_fault(row, secrets).or_else(|| self.receipt_fault(row)).or_else(|| self.decision_fault(row))
    }

    fn draft_fault(&self, row: &CaseRow, secrets: &Secrets) -> Option<Fault> {
        let sealed = row.seq.is_some() || row.payload_hash.is_some() || secrets.payload.is_some();
        let answered = row.receipt.is_some() || row.decision.is_some();
        if sealed || row.sealed_n.is_some() || row.manifest.is_some() || answered {
            return Some(Fault::State);
        }
        let Some(draft) = &secrets.draft else { return Some(Fault::Missing) };
        let proof = self.story.proofs.drafts.get(&self.case)?;
        if proof.shift.is_some_and(|shift| shift != row.shift) {
            return Some(Fault::Changed);
        }
        if proof.draft.is_none_or(|hash| hash == Hash::of(&[draft])) {
            return None;
        }
        // It opens where it stands only if it once stood there.
        if self.story.may_go_on_behind(proof.n) { None } else { Some(self.vault.draft_fault(self.case, secrets)) }
    }

    fn payload_fault(&self, row: &CaseRow, secrets: &Secrets) -> Option<Fault> {
        let Some(payload) = &secrets.payload else { return Some(Fault::Missing) };
        let hash = Hash::of(&[payload]);
        if row.payload_hash != Some(hash) {
            return Some(Fault::Changed);
        }
        let (.., journalled) = self.told.sealed?;
        let manifest = Manifest::decode(payload).ok();
        let own = manifest.is_some_and(|manifest| (manifest.case, manifest.shift) == (self.case, row.shift));
        (hash != journalled || !own).then_some(Fault::Changed)
    }

    fn receipt_fault(&self, row: &CaseRow) -> Option<Fault> {
        let (_, journalled) = self.told.receipt?;
        match &row.receipt {
            Some(receipt) if Hash::of(&[receipt]) == journalled => None,
            Some(_) => Some(Fault::Changed),
            None => Some(Fault::Missing),
        }
    }

    /// A decision that is missing is fetched again; one that is there must be the one that the journal tells of.
    fn decision_fault(&self, row: &CaseRow) -> Option<Fault> {
        let decision = row.decision.as_ref()?;
        let is_told = self.told.decision == Some(Hash::of(&[decision]));
        let may_be_untold = self.told.receipt.is_none() || self.story.may_go_on_behind(self.told.last);
        match (&row.receipt, is_told) {
            (None, _) => Some(Fault::State),
            (Some(_), true) => None,
            (Some(_), false) => (!may_be_untold).then_some(Fault::Changed),
        }
    }

    /// The rows of a case's objects: as proved for a draft, as listed for a sealed case, gone for a purged one.
    fn compare_objects(&self, row: &CaseRow, secrets: &Secrets, findings: &mut Findings) -> Result<(), VaultError> {
        let damage = |row: &ObjectRow, fault| {
            Damage::new(Record::Object { case: row.case, object: row.object.object }, fault).by(self.told.last)
        };
        let rows = objects::of_case(self.connection, self.case);
        let Some(rows) = found(rows, self.damage(Fault::Malformed), findings)? else { return Ok(()) };
        let listed = match row.state {
            CaseState::Draft => return self.compare_draft_objects(&rows, findings),
            CaseState::Purged => Vec::new(),
            CaseState::Purging => return Ok(()),
            _ => match self.trusted_manifest(secrets) {
                Some(manifest) => manifest.objects,
                None => return Ok(()), // the case itself is the finding
            },
        };
        let listed: Vec<_> = listed.into_iter().map(|object| ObjectRow { case: self.case, object }).collect();
        for expected in &listed {
            match rows.iter().find(|row| row.object.object == expected.object.object) {
                Some(row) if row == expected => {}
                Some(row) => findings.add(damage(row, Fault::Changed)),
                None => findings.add(damage(expected, Fault::Missing)),
            }
        }
        let unlisted = |row: &&ObjectRow| !listed.iter().any(|listed| listed.object.object == row.object.object);
        rows.iter().filter(unlisted).for_each(|row| findings.add(damage(row, Fault::Unknown)));
        Ok(())
    }

    fn trusted_manifest(&self, secrets: &Secrets) -> Option<Manifest> {
        let payload = secrets.payload.as_ref()?;
        let (_, _, journalled) = self.told.sealed?;
        if Hash::of(&[payload]) == journalled { Manifest::decode(payload).ok() } else { None }
    }

    fn compare_draft_objects(&self, rows: &[ObjectRow], findings: &mut Findings) -> Result<(), VaultError> {
        let Some(proof) = self.story.proofs.drafts.get(&self.case) else { return Ok(()) };
        for damage in proof.faulty_rows(self.case, rows, self.story.may_go_on_behind(proof.n)) {
            findings.add(damage);
        }
        for (n, object, hash) in &self.told.photos {
            let row = rows.iter().find(|row| row.object.object == *object);
            let record = Record::Object { case: self.case, object: *object };
            match row {
                None => findings.add(Damage::new(record, Fault::Missing).by(*n)),
                Some(row) if row.object.hash != *hash => findings.add(Damage::new(record, Fault::Changed).by(*n)),
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn compare_void(&self, findings: &mut Findings) -> Result<(), VaultError> {
        let Some((n, event, journalled)) = self.told.voided else { return Ok(()) };
        let damage = |fault| Damage::new(Record::Event { case: self.case, event }, fault).by(n);
        let row = events::one(self.connection, event);
        let Some(row) = found(row, damage(Fault::Missing), findings)? else { return Ok(()) };
        if row.case != self.case || Hash::of(&[&row.payload]) != journalled {
            findings.add(damage(Fault::Changed));
        }
        compare_arrival(self.connection, self.story, ItemKind::Event, event.as_bytes(), Some(n), findings)
    }
}
