//! From draft to signed case.

use super::Client;
use crate::domain::{
    CaseFacts, CaseId, CaseNumber, CaseRecord, CaseView, Category, ChargedOffence, Confirmation, Moment, Money,
    NamedOffence, Notes, ObjectId, Observation, Offences, Officer, RECORD_SCHEMA, Salt, SlipNumber, VoidNote,
    legal_day,
};
use crate::error::Error;
use crate::seal::{
    Build, CaseKey, JournalHead, Kind, Manifest, Recipient, RecipientSet, Scope, SignedPayload, WrappedKey,
    sealed_notice,
};
use crate::vault::{CaseState, NextPlace, ObjectRow, PartFile, SealedCase, VaultError, Void};

/// The journal can move while a case is being sealed, by a receipt that arrives; then its place is taken anew.
const ATTEMPTS: u32 = 8;

/// A sealed case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedView {
    /// The case.
    pub case: CaseId,
    /// Number within the shift, from 1.
    pub seq: u32,
    /// Whether the hardware key has signed it yet.
    pub signed: bool,
    /// The case number, unless the phone had none left: then the case id stands for the case.
    pub number: Option<CaseNumber>,
}

fn uncharged(offence: &NamedOffence) -> ChargedOffence {
    ChargedOffence {
        number: offence.number,
        label: "not in the catalogue".to_owned(),
        refinement: offence.refinement.clone(),
        amount_cents: Money(0),
        points: 0,
        category: Category::Warning,
    }
}

/// What goes into a sealed case besides the draft.
pub(super) struct Closing {
    pub(super) confirmed: Vec<Confirmation>,
    pub(super) voided: Option<VoidNote>,
    pub(super) void: Option<Void>,
}

impl Client {
    /// Seals a draft: after this its facts cannot change any more, only be voided.
    ///
    /// # Errors
    /// [`Error::Findings`] with what blocks or waits for confirmation; [`Error::NotProvisioned`] or
    /// [`crate::seal::SealError::RecipientSet`] without valid recipients. The draft stays as it was.
    pub fn seal_case(&self, case: CaseId, confirmed: Vec<Confirmation>) -> Result<SealedView, Error> {
        let _watch = self.watch_disk();
        let at = self.now()?;
        let (seq, number) = {
            let _guard = self.drafting();
            let facts = self.vault.draft(case)?;
            self.refuse_findings(case, &facts, &confirmed, &at)?;
            self.commit_seal(case, &facts, &Closing { confirmed, voided: None, void: None }, at)?
        };
        self.sign_behind_commit();
        let signed = self.vault.case(case)?.state != CaseState::Unsigned;
        Ok(SealedView { case, seq, signed, number })
    }

    pub(super) fn commit_seal(
        &self,
        case: CaseId,
        facts: &CaseFacts,
        closing: &Closing,
        at: Moment,
    ) -> Result<(u32, Option<CaseNumber>), Error> {
        let set = self.recipients()?;
        for _ in 0..ATTEMPTS {
            match self.with_new_files(|| self.try_seal(case, facts, closing, &set, at)) {
                Err(Error::Vault(VaultError::State)) if self.vault.case(case)?.state == CaseState::Draft => {}
                other => return other,
            }
        }
        Err(Error::Busy)
    }

    fn try_seal(
        &self,
        case: CaseId,
        facts: &CaseFacts,
        closing: &Closing,
        set: &RecipientSet,
        at: Moment,
    ) -> Result<(u32, Option<CaseNumber>), Error> {
        let recipients = set.valid_for(&self.config.agency, at.unix_ms())?;
        let shift = self.vault.case(case)?.shift;
        let NextPlace { seq, head, number } = self.vault.next_place(shift)?;
        let officer = self.vault.officer(shift)?;
        let record = CaseRecord { number, ..self.record(case, shift, seq, facts, closing, at, officer)? };
        let parts = self.write_records(&record)?;
        let manifest = self.manifest(&record, facts, &parts, &recipients, head)?;
        let slip = facts.slip.as_ref().map(|slip| slip.number().to_owned());
        // A void case is none that the next one could repeat.
        let remembered = closing.void.is_none().then(|| self.remembering(case, facts, &at)).flatten();
        let sealed = SealedCase { case, seq, payload: manifest.encode(), number, slip, remembered };
        self.vault.seal_case(&sealed, head, parts, at, closing.void.as_ref())?;
        Ok((seq, number))
    }

    #[expect(clippy::too_many_arguments, reason = "the record is where everything meets")]
    fn record(
        &self,
        case: CaseId,
        shift: crate::domain::ShiftId,
        seq: u32,
        facts: &CaseFacts,
        closing: &Closing,
        at: Moment,
        officer: Officer,
    ) -> Result<CaseRecord, Error> {
        Ok(CaseRecord {
            format: CaseRecord::FORMAT.to_owned(),
            case,
            shift,
            device: self.device,
            seq,
            number: None,
            salt: Salt::new(self.random()?),
            agency: self.config.agency.clone(),
            officer,
            sealed_at: at,
            vehicle: facts.vehicle.clone(),
            offences: self.charged(facts, &at)?,
            observation: Observation::new(facts.checks.clone()),
            place: facts.place.clone(),
            scene: facts.scene.clone(),
            persons: facts.persons.clone(),
            witnesses: facts.witnesses.clone(),
            talk: facts.talk.clone(),
            tow: facts.tow.clone(),
            photos: facts.photos.clone(),
            attachments: facts.attachments.clone(),
            slip: facts.slip.as_ref().map(|slip| SlipNumber { number: slip.number().to_owned() }),
            notes: Notes { ..facts.notes.clone() },
            confirmed: closing.confirmed.clone(),
            voided: closing.voided.clone(),
        })
    }

    fn charged(&self, facts: &CaseFacts, at: &Moment) -> Result<Option<Offences>, Error> {
        let catalogue = self.catalogue()?;
        let moment = facts.checks.first().map_or(at, |check| &check.at);
        let day = legal_day(moment).map_err(|_| Error::Clock)?;
        // Only a void draft can name an offence that the catalogue lacks; it stays in the record, charging nothing.
        let charge = |offence: &NamedOffence| catalogue.charge(offence, day).unwrap_or_else(|| uncharged(offence));
        let items: Vec<_> = facts.offences.iter().map(charge).collect();
        Ok((!items.is_empty()).then(|| Offences::new(facts.relation, items)))
    }

    fn write_records(&self, record: &CaseRecord) -> Result<Vec<(PartFile, ObjectRow)>, Error> {
        let view = CaseView::of(record, Salt::new(self.random()?));
        let json = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(|_| Error::State);
        let (record_json, view_json) = (json(serde_json::to_vec(record))?, json(serde_json::to_vec(&view))?);
        let object = |kind, scope, media_type, salt, bytes: &[u8]| {
            self.write_object(record.case, kind, scope, media_type, ObjectId::new(self.random()?), salt, bytes)
        };
        Ok(vec![
            object(Kind::Record, Scope::Full, CaseRecord::MEDIA_TYPE, &record.salt, &record_json)?,
            object(Kind::View, Scope::View, CaseView::MEDIA_TYPE, &view.salt, &view_json)?,
        ])
    }

    fn manifest(
        &self,
        record: &CaseRecord,
        facts: &CaseFacts,
        parts: &[(PartFile, ObjectRow)],
        recipients: &[&Recipient],
        head: JournalHead,
    ) -> Result<Manifest, Error> {
        let case = record.case;
        let key = self.vault.case_key(case)?;
        let stored = self.vault.proven_objects(case)?;
        let objects = stored.iter().chain(parts.iter().map(|(_, row)| row)).map(|row| row.object.clone()).collect();
        Ok(Manifest {
            case,
            device: self.device,
            shift: record.shift,
            seq: record.seq,
            head,
            agency: self.config.agency.clone(),
            objects,
            wraps: WrappedKey::for_all(recipients, key.as_bytes(), case.as_bytes(), &*self.ports.entropy)?,
            key_commitment: key.commitment(case),
            notice: self.notice(facts, case, &key)?,
            build: Build {
                catalogue: self.catalogue()?.version().to_owned(),
                app: self.config.app.clone(),
                record_schema: RECORD_SCHEMA,
            },
            clock: self.clock_evidence(record.shift, &record.sealed_at)?,
        })
    }

    /// The citizen's second factor is the plate; without a plate the code alone would open the case, so it does not.
    fn notice(
        &self,
        facts: &CaseFacts,
        case: CaseId,
        key: &CaseKey,
    ) -> Result<Option<crate::seal::ManifestNotice>, Error> {
        let (Some(slip), Some(vehicle)) = (&facts.slip, &facts.vehicle) else { return Ok(None) };
        Ok(Some(sealed_notice(slip, &vehicle.plate.folded(), case, key, &*self.ports.entropy)?))
    }
}
