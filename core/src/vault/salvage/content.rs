//! Rows of cases, of their objects and of their events.

use rusqlite::Transaction;

use super::super::cases::CaseState;
use super::super::epoch_copy::EpochCopy;
use super::super::objects::{self, ObjectRow};
use super::super::outbox::{self, ItemKind, NewItem};
use super::super::spare::Spare;
use super::super::{VaultError, sealing};
use super::build::{Builder, carry, refuse};
use super::cases::{Content, Found, FoundKey};
use super::files::ObjectFile;
use super::roots;
use super::rows::Table;
use crate::domain::{CaseFacts, CaseId, CaseRecord, CaseView, ObjectId, PhotoRecord, Salt, ShiftId};
use crate::seal::{CaseEvent, CaseKey, Kind, Manifest, ManifestObject, Signed, SignedPayload};

/// Media type of what is derived from photos.
const JPEG: &str = "image/jpeg";

impl Builder<'_> {
    /// Writes the row of a case.
    pub(super) fn insert(
        &mut self,
        transaction: &Transaction<'_>,
        found: &Found,
        state: CaseState,
        content: &Content<'_>,
    ) -> Result<(), VaultError> {
        let shift = self.ensure_shift(transaction, content.shift)?;
        let (epoch, key) = match &found.key {
            FoundKey::Open { epoch, sealed, .. } | FoundKey::Locked { epoch, sealed } => {
                (Some(i64::from(*epoch)), Some(sealed.as_slice()))
            }
            FoundKey::Lost => (found.row.number("epoch"), found.row.blob("wrapped_key")),
        };
        let key = key.filter(|_| !matches!(state, CaseState::Purging | CaseState::Purged));
        let epoch = self.epoch(transaction, epoch)?;
        let sql = "SELECT 1 FROM cases WHERE shift_id = ?1 AND seq = ?2";
        let taken = transaction.prepare_cached(sql)?.exists((shift.as_bytes(), content.seq))?;
        let sql = "INSERT INTO cases (ordinal, case_id, shift_id, epoch, state, seq, wrapped_key, draft, payload,
                   payload_hash, manifest, receipt, begun_n, sealed_n)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        transaction.prepare_cached(sql)?.execute(rusqlite::params![
            found.row.number("ordinal"),
            found.case.as_bytes(),
            shift.as_bytes(),
            epoch,
            state as u8,
            content.seq.filter(|_| !taken),
            key,
            content.draft,
            content.payload,
            content.payload_hash.map(|hash| hash.0),
            content.manifest,
            content.receipt,
            found.row.number("begun_n"),
            found.row.number("sealed_n"),
        ])?;
        self.known.insert(found.case);
        Ok(())
    }

    /// The number of an epoch that has a row: the one that is named, else the current one.
    pub(super) fn epoch(&self, transaction: &Transaction<'_>, named: Option<i64>) -> Result<u16, VaultError> {
        let Some(epoch) = named.and_then(|epoch| u16::try_from(epoch).ok()).filter(|epoch| *epoch < u16::MAX) else {
            return self.vault.keys.current();
        };
        if !transaction.prepare_cached("SELECT 1 FROM epochs WHERE epoch = ?1")?.exists([epoch])? {
            let lost: EpochCopy = roots::lost(epoch);
            lost.insert(transaction)?;
        }
        Ok(epoch)
    }

    /// Rows of the objects that a manifest lists. Their files are read when they are sent, or when the vault is audited.
    pub(super) fn listed_objects(
        &mut self,
        transaction: &Transaction<'_>,
        manifest: &Manifest,
    ) -> Result<(), VaultError> {
        for (ordinal, object) in (1..).zip(&manifest.objects) {
            let ManifestObject { object: id, kind, length, .. } = *object;
            match self.files.find(manifest.case, id, kind, Some(length)) {
                Some(file) => self.files.bring_back(file)?,
                None => self.missing(id, kind),
            }
            objects::insert(transaction, ordinal, &ObjectRow { case: manifest.case, object: object.clone() })?;
        }
        Ok(())
    }

    fn missing(&mut self, object: ObjectId, kind: Kind) {
        if kind == Kind::Photo {
            self.report.photos_lost.insert(object);
        }
    }

    /// Queues a sealed case from its manifest on.
    pub(super) fn queue_sealed(
        &self,
        transaction: &Transaction<'_>,
        case: CaseId,
        shift: ShiftId,
        size: usize,
        refused: bool,
    ) -> Result<(), VaultError> {
        self.queue_objects(transaction, case)?;
        let ready = outbox::open_count(transaction, shift.as_bytes(), ItemKind::ShiftOpening)? == 0;
        let (target, owner) = (case.as_bytes(), shift.as_bytes());
        let item = NewItem { kind: ItemKind::Manifest, object: None, target, owner, size: size as u64, ready };
        outbox::insert(transaction, &item)?;
        if refused {
            refuse(
                transaction,
                ItemKind::Manifest,
                target,
                self.reason(ItemKind::Manifest, target).unwrap_or("refused"),
            )?;
        }
        Ok(())
    }

    /// Queues objects and receipt; they wait for the manifest.
    pub(super) fn queue_objects(&self, transaction: &Transaction<'_>, case: CaseId) -> Result<(), VaultError> {
        sealing::queue_case(transaction, case)
    }

    /// The newest record that opens. Those in the quarantine count only if nothing newer is known.
    pub(super) fn find_record(
        &self,
        case: CaseId,
        key: &CaseKey,
        anywhere: bool,
    ) -> Result<Option<(ObjectFile, CaseRecord)>, VaultError> {
        let files = self.files.of(case).iter().filter(|file| file.kind == Kind::Record);
        let files = files.filter(|file| anywhere || !self.files.is_quarantined(file));
        let mut newest: Option<(ObjectFile, CaseRecord)> = None;
        for file in files {
            let json = file.open(key)?;
            let record = json.and_then(|json| serde_json::from_slice::<CaseRecord>(&json).ok());
            let Some(record) = record.filter(|record| record.case == case) else { continue };
            let is_newer = |(_, known): &(_, CaseRecord)| record.sealed_at.unix_ms() >= known.sealed_at.unix_ms();
            if newest.as_ref().is_none_or(is_newer) {
                newest = Some((file.clone(), record));
            }
        }
        Ok(newest)
    }

    /// A sealed case that has lost its manifest. Everything a new one needs is there, but for a slip's code.
    pub(super) fn stranded(
        &mut self,
        transaction: &Transaction<'_>,
        found: &Found,
        key: &CaseKey,
        (file, record): &(ObjectFile, CaseRecord),
    ) -> Result<(), VaultError> {
        let content = Content { shift: Some(record.shift), seq: Some(record.seq.into()), ..Content::default() };
        self.device = Some(record.device);
        self.report.stranded.insert(found.case);
        self.insert(transaction, found, CaseState::Stranded, &content)?;
        self.named_photos(transaction, found.case, key, &record.photos)?;
        self.prove(transaction, key, file, &record.salt, CaseRecord::MEDIA_TYPE)?;
        if let Some((file, view)) = self.find_view(record, key)? {
            self.prove(transaction, key, &file, &view.salt, CaseView::MEDIA_TYPE)?;
        }
        self.queue_objects(transaction, found.case)
    }

    fn find_view(&self, record: &CaseRecord, key: &CaseKey) -> Result<Option<(ObjectFile, CaseView)>, VaultError> {
        for file in self.files.of(record.case).iter().filter(|file| file.kind == Kind::View) {
            let json = file.open(key)?;
            let view = json.and_then(|json| serde_json::from_slice::<CaseView>(&json).ok());
            if let Some(view) = view.filter(|view| CaseView::of(record, view.salt) == *view) {
                return Ok(Some((file.clone(), view)));
            }
        }
        Ok(None)
    }

    /// A draft. Photos that its facts name and that are not sound leave the facts; photos that no facts name are found
    /// and adopted when the vault opens.
    pub(super) fn draft(
        &mut self,
        transaction: &Transaction<'_>,
        found: &Found,
        key: &CaseKey,
        mut facts: CaseFacts,
        stored: Option<Vec<u8>>,
    ) -> Result<(), VaultError> {
        let case = found.case;
        let list = if stored.is_some() { &mut self.report.whole } else { &mut self.report.facts_lost };
        list.insert(case);
        let before = facts.photos.clone();
        let mut proved = Vec::new();
        for photo in &mut facts.photos {
            if let Some(rows) = self.prove_photo(case, key, photo)? {
                proved.push((photo.object, rows));
            } else {
                self.missing(photo.object, Kind::Photo);
            }
        }
        facts.photos.retain(|photo| proved.iter().any(|(object, _)| *object == photo.object));
        let draft = match stored {
            Some(stored) if facts.photos == before => stored,
            _ => self.vault.seal_draft(case, key, &facts)?,
        };
        let shift = found.row.fixed("shift_id").map(ShiftId::new);
        self.insert(
            transaction,
            found,
            CaseState::Draft,
            &Content { shift, draft: Some(&draft), ..Content::default() },
        )?;
        for row in proved.iter().flat_map(|(_, rows)| rows) {
            objects::insert(transaction, objects::next_ordinal(transaction, case)?, row)?;
        }
        for file in self.files.of(case).iter().filter(|file| file.kind == Kind::Photo) {
            self.files.bring_back(file)?;
        }
        self.drafts.insert(case);
        Ok(())
    }

    /// Rows of a photo and of what was derived from it; nothing if the photo is not sound. A derivative that is not sound
    /// leaves the facts: it can be made again.
    fn prove_photo(
        &self,
        case: CaseId,
        key: &CaseKey,
        photo: &mut PhotoRecord,
    ) -> Result<Option<Vec<ObjectRow>>, VaultError> {
        let original = self.proved(case, key, photo.object, Kind::Photo, &photo.salt, &photo.media_type)?;
        let Some(original) = original else { return Ok(None) };
        let mut rows = vec![original];
        let kinds = [Kind::Thumbnail, Kind::Preview, Kind::MaskedCopy];
        for (object, salt) in photo.derived().collect::<Vec<_>>() {
            let prove = |kind| self.proved(case, key, object, kind, &salt, JPEG).transpose();
            match kinds.into_iter().find_map(prove).transpose()? {
                Some(row) => rows.push(row),
                None => photo.forget(object),
            }
        }
        Ok(Some(rows))
    }

    /// Rows of the photos that a record names.
    fn named_photos(
        &mut self,
        transaction: &Transaction<'_>,
        case: CaseId,
        key: &CaseKey,
        photos: &[PhotoRecord],
    ) -> Result<(), VaultError> {
        for photo in photos {
            let rows = self.prove_photo(case, key, &mut photo.clone())?;
            if rows.is_none() {
                self.missing(photo.object, Kind::Photo);
            }
            for row in rows.iter().flatten() {
                objects::insert(transaction, objects::next_ordinal(transaction, case)?, row)?;
            }
        }
        Ok(())
    }

    fn proved(
        &self,
        case: CaseId,
        key: &CaseKey,
        object: ObjectId,
        kind: Kind,
        salt: &Salt,
        media_type: &str,
    ) -> Result<Option<ObjectRow>, VaultError> {
        match self.files.find(case, object, kind, None) {
            Some(file) => self.row_of(key, file, salt, media_type),
            None => Ok(None),
        }
    }

    fn prove(
        &self,
        transaction: &Transaction<'_>,
        key: &CaseKey,
        file: &ObjectFile,
        salt: &Salt,
        media_type: &str,
    ) -> Result<(), VaultError> {
        match self.row_of(key, file, salt, media_type)? {
            Some(row) => objects::insert(transaction, objects::next_ordinal(transaction, file.case)?, &row),
            None => Ok(()),
        }
    }

    /// The row of a file that was read to its end.
    fn row_of(
        &self,
        key: &CaseKey,
        file: &ObjectFile,
        salt: &Salt,
        media_type: &str,
    ) -> Result<Option<ObjectRow>, VaultError> {
        let Some(proved) = file.prove(key, salt)? else { return Ok(None) };
        self.files.bring_back(file)?;
        let ObjectFile { object, kind, scope, length, .. } = *file;
        let media_type = media_type.to_owned();
        let object = ManifestObject {
            object,
            kind,
            scope,
            media_type,
            length,
            hash: proved.hash,
            commitment: proved.commitment,
        };
        Ok(Some(ObjectRow { case: file.case, object }))
    }

    /// Objects of cases whose key is not at hand cannot be read; their rows are taken over as they are.
    pub(super) fn locked_objects(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        if self.report.locked.is_empty() {
            return Ok(());
        }
        let columns =
            ["object_id", "case_id", "ordinal", "kind", "scope", "media_type", "length", "hash", "commitment"];
        self.each(Table::Keyed("objects", &["object_id"]), |row| {
            let case = row.fixed("case_id").map(CaseId::new);
            let wanted = case.is_some_and(|case| self.report.locked.contains(&case));
            if wanted { carry(transaction, "objects", row, &columns).map(drop) } else { Ok(()) }
        })
    }

    /// Events of all cases: those of rows, and signed ones of which only the copy is left.
    pub(super) fn events(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut events = Vec::new();
        self.each(Table::Keyed("events", &["event_id"]), |row| {
            events.extend(row.fixed::<16>("event_id").map(|id| (id, row.clone())));
            Ok(())
        })?;
        let copied = self.copies.keys().filter(|(kind, _)| *kind == Spare::Event);
        let copied: Vec<_> = copied.map(|(_, id)| (*id, super::rows::Fields::default())).collect();
        events.extend(copied);
        for (id, row) in &events {
            let signed = self.signed::<CaseEvent>(Spare::Event, id, row.blob("signed"));
            let payload = signed.as_ref().map(|signed| signed.payload().encode());
            let payload = payload.or_else(|| row.blob("payload").map(<[u8]>::to_vec));
            let Some(payload) = payload else { continue };
            let Ok(event) = CaseEvent::decode(&payload) else { continue };
            if event.event.as_bytes() == id {
                self.event(transaction, &event, &payload, signed.as_ref())?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        transaction: &Transaction<'_>,
        event: &CaseEvent,
        payload: &[u8],
        signed: Option<&Signed<CaseEvent>>,
    ) -> Result<(), VaultError> {
        let (id, case) = (event.event.as_bytes(), event.case);
        if transaction.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?.exists([id])? {
            return Ok(());
        }
        self.heard_of(event.head);
        if !self.known.contains(&case) {
            // What is known of it is that it was sealed and is void; the rest was let go with a receipt, or is lost.
            self.report.handed_over.insert(case);
            self.insert(transaction, &Found::forgotten(case), CaseState::Purged, &Content::default())?;
        }
        let bytes = signed.map(Signed::as_bytes);
        let sql = "INSERT INTO events (event_id, case_id, payload, signed) VALUES (?1, ?2, ?3, ?4)";
        transaction.execute(sql, (id, case.as_bytes(), payload, bytes))?;
        let Some(bytes) = bytes else { return Ok(()) };
        // A case that was handed over has arrived; any other lets its events go when its manifest has.
        let ready = self.report.handed_over.contains(&case);
        let (owner, size) = (case.as_bytes(), bytes.len() as u64);
        outbox::insert(transaction, &NewItem { kind: ItemKind::Event, object: None, target: id, owner, size, ready })
    }
}
