//! Cases: which of them are as they were, and what becomes of those that are not.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::super::VaultError;
use super::super::cases::CaseState;
use super::super::spare::Spare;
use super::build::Builder;
use super::roots::epoch_in_header;
use super::rows::{Fields, Table};
use crate::domain::{CaseFacts, CaseId, ShiftId};
use crate::seal::{CaseKey, Hash, Manifest, Signed, SignedPayload};

/// What is known of one case.
pub(super) struct Found {
    pub(super) case: CaseId,
    pub(super) row: Fields,
    pub(super) state: Option<CaseState>,
    pub(super) key: FoundKey,
    manifest: Option<Signed<Manifest>>,
}

/// The key of a case.
pub(super) enum FoundKey {
    /// It opens.
    Open { epoch: u16, sealed: Vec<u8>, key: CaseKey },
    /// Its epoch is known and its root is not at hand.
    Locked { epoch: u16, sealed: Vec<u8> },
    /// Nothing opens it any more.
    Lost,
}

/// What of a row depends on how the case was found.
#[derive(Default)]
pub(super) struct Content<'a> {
    pub(super) shift: Option<ShiftId>,
    pub(super) seq: Option<i64>,
    pub(super) draft: Option<&'a [u8]>,
    pub(super) payload: Option<&'a [u8]>,
    pub(super) payload_hash: Option<Hash>,
    pub(super) manifest: Option<&'a [u8]>,
    pub(super) receipt: Option<&'a [u8]>,
}

impl Builder<'_> {
    /// All cases that a row or a copy tells of, in the order in which they were begun as far as it is known.
    pub(super) fn cases(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        if let Some(wreck) = self.wreck {
            wreck.each(Table::Numbered("cases"), |row| match row.fixed("case_id").map(CaseId::new) {
                Some(case) if !self.known.contains(&case) => self.case(transaction, case, row),
                _ => Ok(()),
            })?;
        }
        let copied = self.copies.keys().filter(|(kind, _)| matches!(kind, Spare::Key | Spare::Manifest));
        let copied: BTreeSet<_> = copied.map(|(_, id)| CaseId::new(*id)).collect();
        for case in copied {
            if !self.known.contains(&case) {
                self.case(transaction, case, &Fields::default())?;
            }
        }
        self.locked_objects(transaction)?;
        let is_known = |case: &CaseId| self.known.contains(case) || self.report.locked.contains(case);
        let without_key: Vec<_> = self.files.cases().filter(|case| !is_known(case)).collect();
        self.report.keys_lost.extend(without_key);
        Ok(())
    }

    fn case(&mut self, transaction: &Transaction<'_>, case: CaseId, row: &Fields) -> Result<(), VaultError> {
        let found = self.gather(case, row);
        let receipt = row.blob("receipt");
        match found.state {
            Some(CaseState::Purging | CaseState::Purged) => return self.tombstone(transaction, &found),
            None if receipt.is_some() && row.is_null("wrapped_key") => return self.tombstone(transaction, &found),
            Some(CaseState::Receipted) if receipt.is_some() => return self.receipted(transaction, &found),
            _ => {}
        }
        if let Some(manifest) = &found.manifest {
            return self.sealed(transaction, &found, manifest);
        }
        if let Some(payload) = found.payload() {
            return self.unsigned(transaction, &found, &payload);
        }
        match &found.key {
            FoundKey::Open { key, .. } => self.opened(transaction, &found, key),
            FoundKey::Locked { .. } => self.locked(transaction, &found),
            FoundKey::Lost => Ok(()), // its files go to the quarantine, and the report names it
        }
    }

    fn gather(&mut self, case: CaseId, row: &Fields) -> Found {
        let id = case.as_bytes();
        let manifest = self.signed::<Manifest>(Spare::Manifest, id, row.blob("manifest"));
        let manifest = manifest.filter(|manifest| manifest.payload().case == case);
        if let Some(manifest) = manifest.as_ref().map(Signed::payload) {
            self.heard_of(manifest.head);
            self.device = Some(manifest.device);
        }
        let number = row.number("state").and_then(|state| u8::try_from(state).ok());
        let state = number.and_then(CaseState::from_number);
        let key = self.find_key(case, row);
        Found { case, row: row.clone(), state, key, manifest }
    }

    fn find_key(&self, case: CaseId, row: &Fields) -> FoundKey {
        let own = row.blob("wrapped_key").map(<[u8]>::to_vec);
        let mut best = FoundKey::Lost;
        for sealed in own.into_iter().chain(self.copy(Spare::Key, case.as_bytes())) {
            let Some(epoch) = epoch_in_header(&sealed) else { continue };
            match self.vault.keys.open_case_key(epoch, case, &sealed) {
                Ok(key) => return FoundKey::Open { epoch, sealed, key },
                Err(VaultError::KeyMissing { .. }) => best = FoundKey::Locked { epoch, sealed },
                Err(_) => {}
            }
        }
        best
    }

    /// A case that was let go: what stays is what the row still tells.
    fn tombstone(&mut self, transaction: &Transaction<'_>, found: &Found) -> Result<(), VaultError> {
        let content = Content { receipt: found.row.blob("receipt"), ..found.content() };
        self.report.handed_over.insert(found.case);
        self.insert(transaction, found, found.state.unwrap_or(CaseState::Purged), &content)
    }

    /// The box has receipted it; the payload is still to be let go.
    fn receipted(&mut self, transaction: &Transaction<'_>, found: &Found) -> Result<(), VaultError> {
        let payload = found.manifest.as_ref().map(|manifest| manifest.payload().encode());
        let content = Content {
            payload: payload.as_deref(),
            manifest: found.manifest.as_ref().map(Signed::as_bytes),
            receipt: found.row.blob("receipt"),
            ..found.content()
        };
        self.report.handed_over.insert(found.case);
        self.insert(transaction, found, CaseState::Receipted, &content)?;
        match found.manifest.as_ref().map(Signed::payload) {
            Some(manifest) => self.listed_objects(transaction, manifest),
            None => Ok(()),
        }
    }

    /// A signed manifest is there: it goes out as it is. If it went out before, the box says so.
    fn sealed(
        &mut self,
        transaction: &Transaction<'_>,
        found: &Found,
        signed: &Signed<Manifest>,
    ) -> Result<(), VaultError> {
        let (manifest, payload) = (signed.payload(), signed.payload().encode());
        let content = Content {
            shift: Some(manifest.shift),
            seq: Some(manifest.seq.into()),
            payload: Some(&payload),
            payload_hash: Some(signed.payload_hash()),
            manifest: Some(signed.as_bytes()),
            ..Content::default()
        };
        let refused = found.state == Some(CaseState::Quarantined);
        let state = if refused { CaseState::Quarantined } else { CaseState::Sealed };
        self.report.whole.insert(found.case);
        self.insert(transaction, found, state, &content)?;
        self.listed_objects(transaction, manifest)?;
        self.queue_sealed(transaction, found.case, manifest.shift, signed.as_bytes().len(), refused)
    }

    /// The payload is there and no signed manifest. If the copies know the case, no manifest was ever signed: then the
    /// next call that signs may do so. Else nobody can tell.
    fn unsigned(&mut self, transaction: &Transaction<'_>, found: &Found, payload: &[u8]) -> Result<(), VaultError> {
        let Ok(manifest) = Manifest::decode(payload) else { return Ok(()) };
        let never_signed =
            found.state == Some(CaseState::Unsigned) && self.copies.contains_key(&(Spare::Key, *found.case.as_bytes()));
        let content = Content {
            shift: Some(manifest.shift),
            seq: Some(manifest.seq.into()),
            payload: Some(payload),
            payload_hash: Some(Hash::of(&[payload])),
            ..Content::default()
        };
        let state = if never_signed { CaseState::Unsigned } else { CaseState::Stranded };
        let list = if never_signed { &mut self.report.whole } else { &mut self.report.stranded };
        list.insert(found.case);
        self.insert(transaction, found, state, &content)?;
        self.listed_objects(transaction, &manifest)?;
        self.queue_objects(transaction, found.case)
    }

    /// Neither manifest nor payload, but the key: the record tells all, if there is one; else it is a draft.
    fn opened(&mut self, transaction: &Transaction<'_>, found: &Found, key: &CaseKey) -> Result<(), VaultError> {
        let facts = found.row.blob("draft").and_then(|draft| {
            let facts = super::super::drafts::read_draft(found.case, key, draft).ok()?;
            Some((draft.to_vec(), facts))
        });
        // A draft that reads and a record beside it: the case was sealed, or was about to be. As nobody can tell whether
        // a manifest has left, it counts as sealed.
        if let Some(record) = self.find_record(found.case, key, facts.is_none())? {
            return self.stranded(transaction, found, key, &record);
        }
        match facts {
            Some((sealed, facts)) => self.draft(transaction, found, key, facts, Some(sealed)),
            None => self.draft(transaction, found, key, CaseFacts::default(), None),
        }
    }

    /// A case whose root is not at hand stays as its row has it, for the day when the root is. Without a row it stays as
    /// its copy: then the next salvage finds it.
    fn locked(&mut self, transaction: &Transaction<'_>, found: &Found) -> Result<(), VaultError> {
        self.report.locked.insert(found.case);
        let draft = found.row.blob("draft");
        let state = match found.state {
            Some(CaseState::Unsigned | CaseState::Sealed | CaseState::Quarantined | CaseState::Stranded) => {
                CaseState::Stranded
            }
            _ if draft.is_some() => CaseState::Draft,
            _ => return Ok(()),
        };
        if state == CaseState::Draft {
            self.drafts.insert(found.case);
        }
        self.insert(transaction, found, state, &Content { draft, ..found.content() })
    }
}

impl Found {
    /// A case of which only its id is known.
    pub(super) fn forgotten(case: CaseId) -> Self {
        Self { case, row: Fields::default(), state: None, key: FoundKey::Lost, manifest: None }
    }

    /// What a row says of its place.
    fn content(&self) -> Content<'_> {
        Content {
            shift: self.row.fixed("shift_id").map(ShiftId::new),
            seq: self.row.number("seq"),
            payload_hash: self.row.fixed("payload_hash").map(Hash),
            ..Content::default()
        }
    }

    /// The manifest's payload as it was to be signed, if it is whole.
    fn payload(&self) -> Option<Vec<u8>> {
        let payload = self.row.blob("payload")?;
        let stated = self.row.fixed("payload_hash").map(Hash);
        let is_whole = Manifest::decode(payload).is_ok_and(|manifest| manifest.case == self.case)
            && stated.is_none_or(|stated| stated == Hash::of(&[payload]));
        is_whole.then(|| payload.to_vec())
    }
}
