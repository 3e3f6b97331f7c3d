//! Rows and sealed values: settings, documents, epochs, shifts, officers, cases.

use rusqlite::Connection;

use super::Auditor;
use crate::domain::{CaseId, DeviceId, ShiftId};
use crate::seal::{
    JournalHead, RecipientSet, RootEscrow, Signed, SignedCatalogue, SignedPayload, SignedPlateTable, SignedRules,
};
use crate::vault::cases::{self, CaseState, Secrets};
use crate::vault::damage::{Damage, Fault, Record};
use crate::vault::documents::{self, Document};
use crate::vault::epochs::{EpochLook, EpochState};
use crate::vault::story::CaseStory;
use crate::vault::{Bases, CaseRow, Salvaged, VaultError, compare, epochs, events, mark, objects, settings, shifts};

impl Auditor<'_> {
    /// The place of the mark is on the chain.
    pub(super) fn mark(&mut self, connection: &Connection) -> Result<(), VaultError> {
        match self.vault.marked_place(connection) {
            Ok(Some(head)) => self.on_chain(connection, head).map(drop),
            Err(error) if !error.is_damage() && !matches!(error, VaultError::KeyMissing { .. }) => Err(error),
            Ok(None) | Err(_) => Ok(()), // the setting is the finding
        }
    }

    /// What stands in clear: the agency's signatures, and the device's id.
    pub(super) fn documents(&mut self, connection: &Connection) -> Result<Option<DeviceId>, VaultError> {
        for document in Document::ALL {
            let Some(bytes) = documents::get(connection, document)? else { continue };
            self.checked.rows += 1;
            let root = self.keys.root;
            let holds = match document {
                Document::Device => bytes.len() == 16,
                Document::Recipients => self.verify::<RecipientSet>(&bytes, root).is_some(),
                Document::Catalogue => self.verify::<SignedCatalogue>(&bytes, root).is_some(),
                Document::Rules => self.verify::<SignedRules>(&bytes, root).is_some(),
                Document::Prefixes | Document::Nations => self.verify::<SignedPlateTable>(&bytes, root).is_some(),
                Document::JournalBase => Bases::is_whole(&bytes),
            };
            if !holds {
                self.find(Record::Document(document.name().to_owned()), Fault::Signature);
            }
        }
        for (name, _) in documents::all(connection)? {
            if Document::ALL.iter().all(|document| document.name() != name) {
                self.find(Record::Document(name), Fault::Unknown);
            }
        }
        let device = documents::get(connection, Document::Device)?;
        Ok(device.and_then(|bytes| DeviceId::try_from(bytes.as_slice()).ok()))
    }

    pub(super) fn verify<T: SignedPayload>(
        &mut self,
        bytes: &[u8],
        key: &crate::seal::VerifyingKey,
    ) -> Option<Signed<T>> {
        self.checked.signatures += 1;
        Signed::verify(bytes, key).ok()
    }

    /// Every setting opens where it stands.
    pub(super) fn settings(&mut self, connection: &Connection) -> Result<(), VaultError> {
        let names = settings::names(connection)?;
        for name in &names {
            let value = settings::get(connection, &self.vault.keys, name);
            self.opens(&Record::Setting(name.clone()), value)?;
        }
        // Nothing can be sealed for nobody, or without a catalogue.
        let has_sealed = self.story.cases.values().any(|told| told.sealed.is_some());
        for document in [Document::Recipients, Document::Catalogue] {
            if has_sealed && self.story.salvaged.is_none() && documents::get(connection, document)?.is_none() {
                self.find(Record::Document(document.name().to_owned()), Fault::Missing);
            }
        }
        if self.story.mark_was_due && !names.iter().any(|name| name == mark::MARK) {
            self.find(Record::Setting(mark::MARK.to_owned()), Fault::Missing);
        }
        Ok(())
    }

    /// Counts a sealed value that opens, or that no key at hand opens; anything else is a finding or ends the audit. That an
    /// epoch is not there any more, or erased, is no reason for a value under it.
    pub(super) fn opens<T>(&mut self, record: &Record, value: Result<T, VaultError>) -> Result<Option<T>, VaultError> {
        match value {
            Ok(value) => {
                self.checked.values += 1;
                Ok(Some(value))
            }
            Err(VaultError::KeyMissing { epoch }) if !self.living.contains(&epoch) => {
                self.find(record.clone(), Fault::Sealed);
                Ok(None)
            }
            Err(VaultError::KeyMissing { .. } | VaultError::KeyStore(_)) => {
                self.checked.unread += 1;
                Ok(None)
            }
            Err(error) => match error.damage() {
                Some(damage) => {
                    self.findings.add(damage);
                    Ok(None)
                }
                None => Err(error),
            },
        }
    }

    /// Epochs: what they seal opens, and none stands as gone while something is sealed under it.
    pub(super) fn epochs(&mut self, connection: &Connection) -> Result<(), VaultError> {
        let (generations, looks) = (epochs::generations(connection)?, epochs::looks(connection)?);
        if looks.len() as u64 != epochs::count(connection)? {
            self.find(Record::from("epochs"), Fault::Malformed);
        }
        for look in looks {
            self.checked.rows += 1;
            let record = Record::Epoch(look.epoch);
            if let Some(fault) = state_fault(&look).or_else(|| self.told_fault(&look)) {
                self.find(record.clone(), fault);
            }
            if let Some(canary) = &look.canary {
                let proof = self.vault.keys.held(look.epoch).map(|root| root.proves(canary));
                if self.opens(&record, proof)? == Some(false) {
                    self.find(record.clone(), Fault::Sealed);
                }
            }
            let carried = epochs::journal_keys(connection, look.epoch)?;
            for (generation, sealed) in &carried {
                let root = self.vault.keys.held(look.epoch);
                let value = root.and_then(|root| root.carried(*generation, sealed));
                self.opens(&record, value)?;
            }
            let carries = |wanted: &u16| carried.iter().any(|(generation, _)| generation == wanted);
            if look.state == Some(EpochState::Current) && !generations.iter().all(carries) {
                self.find(record, Fault::Missing);
            }
        }
        Ok(())
    }

    /// Whether its row says another thing than the journal about its keys being gone.
    fn told_fault(&self, look: &EpochLook) -> Option<Fault> {
        let is_gone = self.story.erased.contains(&look.epoch);
        let is_erased = look.state == Some(EpochState::Erased);
        let contradicts = is_gone != is_erased && self.story.silent.is_none() && self.story.salvaged.is_none();
        contradicts.then_some(Fault::State)
    }

    pub(super) fn shifts(&mut self, connection: &Connection) -> Result<(), VaultError> {
        for row in shifts::all(connection)? {
            self.checked.rows += 1;
            let record = Record::Shift(row.shift);
            if row.salvaged != Salvaged::No && self.story.silent.is_none() && self.story.salvaged.is_none() {
                self.find(record.clone(), Fault::State);
            }
            match self.story.shifts.get(&row.shift) {
                None if self.may_be_untold(row.first_n) => self.shift_signatures(connection, &row)?,
                None => self.find(record, Fault::Unknown),
                Some(_) => self.shift_signatures(connection, &row)?,
            }
            self.officer(connection, row.shift, row.last_n.is_none())?;
        }
        let told: Vec<_> = self.story.shifts.iter().map(|(shift, told)| (*shift, *told)).collect();
        for (shift, told) in told {
            compare::compare_shift(connection, &self.story, shift, told, &mut self.findings)?;
        }
        Ok(())
    }

    fn officer(&mut self, connection: &Connection, shift: ShiftId, is_open: bool) -> Result<(), VaultError> {
        let statements = shifts::officers(connection, shift);
        let Some(statements) = self.opens(&Record::Officer(shift), statements)? else { return Ok(()) };
        if statements.is_empty() && is_open {
            self.find(Record::Officer(shift), Fault::Missing);
        }
        for statement in &statements {
            let value = shifts::open_officer(&self.vault.keys, statement.epoch, shift, &statement.value);
            self.opens(&Record::Officer(shift), value)?;
        }
        Ok(())
    }

    /// One case: its row against the journal, its sealed values, its signatures.
    pub(super) fn case(&mut self, connection: &Connection, case: CaseId) -> Result<(), VaultError> {
        self.checked.rows += 1;
        let told = match self.story.cases.get(&case).filter(|told| told.begun.is_some() || told.last > 0) {
            Some(told) => told.clone(),
            None if self.may_be_untold(0) => self.story.cases.get(&case).cloned().unwrap_or_default(),
            None => {
                self.find(Record::Case(case), Fault::Unknown);
                return Ok(());
            }
        };
        self.vault.compare_case(connection, &self.story, case, &told, &mut self.findings)?;
        let (row, secrets) = match (cases::one(connection, case), cases::secrets(connection, case)) {
            (Ok(row), Ok(secrets)) => (row, secrets),
            (Err(error), _) | (_, Err(error)) => return self.known_already(error),
        };
        self.case_values(&row, &secrets)?;
        self.case_signatures(connection, &row, &secrets, &told)?;
        self.case_events(connection, &row, &told)?;
        self.strays(connection, &row)
    }

    /// A row that cannot be read was named by the comparison.
    fn known_already(&self, error: VaultError) -> Result<(), VaultError> {
        match error {
            VaultError::NotFound { .. } | VaultError::Malformed { .. } => Ok(()),
            error => Err(error),
        }
    }

    fn case_values(&mut self, row: &CaseRow, secrets: &Secrets) -> Result<(), VaultError> {
        let (Some(wrapped), record) = (&secrets.wrapped_key, Record::Case(row.case)) else { return Ok(()) };
        let key = self.vault.keys.open_case_key(secrets.epoch, row.case, wrapped);
        if self.opens(&record, key)?.is_some() && row.state == CaseState::Draft && secrets.draft.is_some() {
            let facts = self.vault.open_draft(row.case, secrets);
            self.opens(&record, facts)?;
        }
        Ok(())
    }

    fn case_events(&mut self, connection: &Connection, row: &CaseRow, told: &CaseStory) -> Result<(), VaultError> {
        for event in events::of_case(connection, row.case)? {
            self.checked.rows += 1;
            let is_told = told.voided.is_some_and(|(_, id, _)| id == event.event);
            if is_told {
                self.event_signature(connection, &event, told)?;
            } else if self.story.silent.is_none() {
                self.find(Record::Event { case: row.case, event: event.event }, Fault::Unknown);
            }
        }
        Ok(())
    }

    /// Objects that stand under a case they do not belong to are named by the comparison; these stand under none.
    fn strays(&mut self, connection: &Connection, row: &CaseRow) -> Result<(), VaultError> {
        self.checked.rows += objects::of_case(connection, row.case).map_or(0, |rows| rows.len() as u64);
        Ok(())
    }

    /// Whether what no entry tells of may be there all the same: an entry cannot be read, or a salvage came between.
    fn may_be_untold(&self, n: u64) -> bool {
        self.story.silent.is_some() || self.story.salvaged.is_some_and(|salvaged| n > 0 && n <= salvaged)
    }

    /// Whether a place is just before the entry that tells of what was signed there. What was signed before a salvage is
    /// told of anew.
    pub(super) fn is_before(&self, head: JournalHead, n: u64) -> bool {
        head.n.saturating_add(1) == n || self.story.salvaged.is_some_and(|salvaged| head.n < salvaged)
    }

    pub(super) fn damage(&mut self, record: Record, fault: Fault, entry: Option<u64>) {
        self.findings.add(Damage::new(record, fault).by(entry));
    }
}

/// What an epoch's row cannot say.
fn state_fault(look: &EpochLook) -> Option<Fault> {
    let Some(state) = look.state else { return Some(Fault::Malformed) };
    let fits = match state {
        EpochState::Prepared => !look.is_wrapped,
        EpochState::Current | EpochState::Retiring => look.canary.is_some() && (look.has_alias || !look.is_wrapped),
        EpochState::Erasing => !look.is_wrapped && look.canary.is_none() && look.recovery.is_none(),
        EpochState::Erased => !look.is_wrapped && look.canary.is_none() && look.recovery.is_none() && !look.has_alias,
    };
    if !fits {
        return Some(Fault::State);
    }
    let recovery = look.recovery.as_ref()?;
    RootEscrow::decode(recovery).is_err().then_some(Fault::Malformed)
}
