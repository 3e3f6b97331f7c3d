//! Rows and sealed values: settings, documents, epochs, shifts, officers, cases.

use rusqlite::Connection;

use super::Auditor;
use crate::domain::{CaseId, DeviceId, ShiftId};
use crate::seal::{JournalHead, RecipientSet, Signed, SignedCatalogue, SignedPayload};
use crate::vault::cases::{self, CaseState, Secrets};
use crate::vault::damage::{Damage, Fault, Record};
use crate::vault::documents::{self, Document};
use crate::vault::story::CaseStory;
use crate::vault::{CaseRow, VaultError, epochs, events, mark, objects, settings, shifts};

impl Auditor<'_> {
    /// The place of the mark is on the chain.
    pub(super) fn mark(&mut self, connection: &Connection) -> Result<(), VaultError> {
        match self.vault.marked_place(connection) {
            Ok(Some(head)) => self.on_chain(connection, head).map(drop),
            Ok(None) | Err(VaultError::KeyMissing { .. } | VaultError::Sealed { .. }) => Ok(()),
            Err(error) => Err(error),
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
            };
            if !holds {
                self.find(Record::Document(document.name().to_owned()), Fault::Signature);
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
            self.opens(value)?;
        }
        let is_due = self.story.mark_is_due();
        if is_due && !names.iter().any(|name| name == mark::MARK) {
            self.find(Record::Setting(mark::MARK.to_owned()), Fault::Missing);
        }
        Ok(())
    }

    /// Counts a sealed value that opens, or that no key at hand opens; anything else is a finding or ends the audit.
    pub(super) fn opens<T>(&mut self, value: Result<T, VaultError>) -> Result<Option<T>, VaultError> {
        match value {
            Ok(value) => {
                self.checked.values += 1;
                Ok(Some(value))
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
        for state in epochs::states(connection)? {
            self.checked.rows += 1;
            let (epoch, fault) = (state.epoch, state.fault(connection)?);
            if let Some(fault) = fault {
                self.find(Record::Epoch(epoch), fault);
            }
            let carried = epochs::journal_keys(connection, epoch)?;
            for (generation, sealed) in carried {
                let value = self.vault.keys.open_carried(epoch, generation, &sealed);
                self.opens(value)?;
            }
        }
        Ok(())
    }

    pub(super) fn shifts(&mut self, connection: &Connection) -> Result<(), VaultError> {
        for row in shifts::all(connection)? {
            self.checked.rows += 1;
            let record = Record::Shift(row.shift);
            match self.story.shifts.get(&row.shift) {
                None if self.story.silent.is_none() => self.find(record, Fault::Unknown),
                _ => self.shift_signatures(connection, &row)?,
            }
            self.officer(connection, row.shift, row.last_n.is_none())?;
        }
        let told: Vec<_> = self.story.shifts.iter().map(|(shift, told)| (*shift, *told)).collect();
        for (shift, told) in told {
            self.vault.compare_shift(connection, &self.story, shift, told, &mut self.findings)?;
        }
        Ok(())
    }

    fn officer(&mut self, connection: &Connection, shift: ShiftId, is_open: bool) -> Result<(), VaultError> {
        let statements = shifts::officers(connection, shift)?;
        if statements.is_empty() && is_open {
            self.find(Record::Officer(shift), Fault::Missing);
        }
        for statement in &statements {
            let value = self.vault.open_officer(shift, statement);
            self.opens(value)?;
        }
        Ok(())
    }

    /// One case: its row against the journal, its sealed values, its signatures.
    pub(super) fn case(&mut self, connection: &Connection, case: CaseId) -> Result<(), VaultError> {
        self.checked.rows += 1;
        let told = match self.story.cases.get(&case).filter(|told| told.begun.is_some()) {
            Some(told) => told.clone(),
            None if self.story.silent.is_some() => self.story.cases.get(&case).cloned().unwrap_or_default(),
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
        let Some(wrapped) = &secrets.wrapped_key else { return Ok(()) };
        let key = self.vault.keys.open_case_key(secrets.epoch, row.case, wrapped);
        if self.opens(key)?.is_some() && row.state == CaseState::Draft {
            let facts = self.vault.open_draft(row.case, secrets);
            self.opens(facts)?;
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

    /// Whether a place is just before the entry that tells of what was signed there.
    pub(super) const fn is_before(head: JournalHead, n: u64) -> bool {
        head.n.saturating_add(1) == n
    }

    pub(super) fn damage(&mut self, record: Record, fault: Fault, entry: Option<u64>) {
        self.findings.add(Damage::new(record, fault).by(entry));
    }
}
