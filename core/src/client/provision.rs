//! What the agency gives a phone: enrolment, recipients, catalogue, rule set, map. All of it verified against the pinned root.

use std::sync::{Arc, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Client;
use crate::catalogue::Catalogue;
use crate::domain::{Moment, PlateTables, ShiftId};
use crate::error::Error;
use crate::geo::GeoPack;
use crate::ports::{Body, Method, NeverCancel, Request, Response};
use crate::rules::Rules;
use crate::seal::jose::Jwk;
use crate::seal::{
    ClockEvidence, ClockState, Hash, RecipientSet, SealError, Signed, SignedCatalogue, SignedGeoPack, SignedPayload,
    SignedRules, VerifyingKey,
};
use crate::sync::TimeRecord;
use crate::sync::protocol::{self, Enrolment, digest_header, path};
use crate::vault::Document;

const RECIPIENTS_ETAG: &str = "recipients-etag";
const CATALOGUE_ETAG: &str = "catalogue-etag";
const RULES_ETAG: &str = "rules-etag";
/// A phone's clock counts as agreeing within this span.
const CLOCK_TOLERANCE_MS: u64 = 60_000;

/// What has been verified and parsed since the vault was opened.
#[derive(Default)]
pub(super) struct Provisioned {
    recipients: Option<Arc<RecipientSet>>,
    catalogue: Option<Arc<Catalogue>>,
    rules: Option<Arc<Rules>>,
    map: Option<Arc<GeoPack>>,
    plates: Option<Arc<PlateTables>>,
}

impl Client {
    /// Enrols the device with a one-time code, and what its hardware says of the key, then fetches recipients and
    /// catalogue. Enrolling again with the same key is no error.
    ///
    /// # Errors
    /// [`Error::Refused`] with the box's status, [`Error::Transport`].
    pub fn enrol(&self, code: &str) -> Result<(), Error> {
        let key = VerifyingKey::from_sec1(&self.ports.signer.public_key()?)?;
        let attestation = self.ports.signer.attestation()?.iter().map(|part| BASE64.encode(part)).collect();
        let enrolment = Enrolment { jwk: Jwk::of(&key), attestation, enrolment_code: code.to_owned() };
        let body = serde_json::to_vec(&enrolment).map_err(|_| Error::State)?;
        let headers =
            vec![("content-type", protocol::JSON.to_owned()), ("content-digest", digest_header(&Hash::of(&[&body])))];
        let request =
            Request { method: Method::Put, path: path::device(self.device), headers, body: Body::Bytes(body) };
        match self.ports.transport.send(&request, &NeverCancel)?.status {
            200 | 201 => self.refresh(),
            status => Err(Error::Refused(status)),
        }
    }

    /// Fetches recipients, catalogue and rule set if they have changed.
    ///
    /// # Errors
    /// [`Error::Seal`] if they are not signed by the agency; what was installed before stays.
    pub fn refresh(&self) -> Result<(), Error> {
        if let Some(bytes) = self.fetch(path::RECIPIENTS, RECIPIENTS_ETAG, self.recipients().is_ok())? {
            self.install_recipients(&bytes)?;
        }
        if let Some(bytes) = self.fetch(path::OFFENCES, CATALOGUE_ETAG, self.catalogue().is_ok())? {
            self.install_catalogue(&bytes)?;
        }
        let has_rules = self.vault.document(Document::Rules)?.is_some() && self.rules().is_ok();
        match self.fetch(path::RULES, RULES_ETAG, has_rules) {
            Ok(Some(bytes)) => self.install_rules(&bytes),
            Ok(None) | Err(Error::Refused(404)) => Ok(()), // the agency has none of its own
            Err(error) => Err(error),
        }
    }

    /// Installs a recipient set that came another way. An older set never replaces a newer one.
    ///
    /// # Errors
    /// [`SealError::Signature`], or [`SealError::RecipientSet`] for another agency or an older set.
    pub fn install_recipients(&self, bytes: &[u8]) -> Result<(), Error> {
        let set = self.verified::<RecipientSet>(bytes)?;
        let is_older = match self.recipients() {
            Ok(current) => set.issued_at < current.issued_at,
            // What does not verify is nothing that could be newer.
            Err(Error::NotProvisioned | Error::Seal(_)) => false,
            Err(error) => return Err(error),
        };
        if set.agency != self.config.agency || is_older {
            return Err(SealError::RecipientSet.into());
        }
        self.vault.install_recipients(bytes, &set)?;
        self.provisioned().recipients = Some(Arc::new(set));
        Ok(())
    }

    /// Installs a catalogue that came another way.
    ///
    /// # Errors
    /// [`SealError::Signature`], or [`Error::Catalogue`] naming the fault; the one in use stays.
    pub fn install_catalogue(&self, bytes: &[u8]) -> Result<(), Error> {
        let catalogue = Catalogue::parse(&self.verified::<SignedCatalogue>(bytes)?.0)?;
        self.vault.put_document(Document::Catalogue, bytes)?;
        self.provisioned().catalogue = Some(Arc::new(catalogue));
        Ok(())
    }

    /// The catalogue in use.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] if there is none yet.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, Error> {
        if let Some(catalogue) = &self.provisioned().catalogue {
            return Ok(catalogue.clone());
        }
        let bytes = self.vault.document(Document::Catalogue)?.ok_or(Error::NotProvisioned)?;
        let catalogue = Arc::new(Catalogue::parse(&self.verified::<SignedCatalogue>(&bytes)?.0)?);
        self.provisioned().catalogue = Some(catalogue.clone());
        Ok(catalogue)
    }

    /// Installs a rule set that came another way.
    ///
    /// # Errors
    /// [`SealError::Signature`], or [`Error::Rules`] naming the fault; the one in use stays.
    pub fn install_rules(&self, bytes: &[u8]) -> Result<(), Error> {
        let rules = Rules::parse(&self.verified::<SignedRules>(bytes)?.0)?;
        self.vault.put_document(Document::Rules, bytes)?;
        self.provisioned().rules = Some(Arc::new(rules));
        Ok(())
    }

    /// The rule set in use: the agency's, else the one built in.
    ///
    /// # Errors
    /// [`Error::Seal`] or [`Error::Rules`] if the installed one is not sound.
    pub fn rules(&self) -> Result<Arc<Rules>, Error> {
        if let Some(rules) = &self.provisioned().rules {
            return Ok(rules.clone());
        }
        let rules = match self.vault.document(Document::Rules)? {
            Some(bytes) => Rules::parse(&self.verified::<SignedRules>(&bytes)?.0)?,
            None => Rules::default(),
        };
        let rules = Arc::new(rules);
        self.provisioned().rules = Some(rules.clone());
        Ok(rules)
    }

    /// Uses a signed geo pack until the client is dropped. The vault does not keep it: it is no secret, and may be larger
    /// than everything else.
    ///
    /// # Errors
    /// [`SealError::Signature`], or [`Error::Map`] naming the fault; the one in use stays.
    pub fn use_map(&self, signed: &[u8]) -> Result<(), Error> {
        let map = GeoPack::load(&self.verified::<SignedGeoPack>(signed)?.0)?;
        self.provisioned().map = Some(Arc::new(map));
        Ok(())
    }

    pub(super) fn known_plates(&self) -> Option<Arc<PlateTables>> {
        self.provisioned().plates.clone()
    }

    pub(super) fn keep_plates(&self, tables: PlateTables) -> Arc<PlateTables> {
        self.provisioned().plates.insert(Arc::new(tables)).clone()
    }

    pub(super) fn forget_plates(&self) {
        self.provisioned().plates = None;
    }

    pub(super) fn map(&self) -> Option<Arc<GeoPack>> {
        self.provisioned().map.clone()
    }

    pub(super) fn recipients(&self) -> Result<Arc<RecipientSet>, Error> {
        if let Some(recipients) = &self.provisioned().recipients {
            return Ok(recipients.clone());
        }
        let bytes = self.vault.document(Document::Recipients)?.ok_or(Error::NotProvisioned)?;
        let recipients = Arc::new(self.verified::<RecipientSet>(&bytes)?);
        self.provisioned().recipients = Some(recipients.clone());
        Ok(recipients)
    }

    /// What was read may have been replaced.
    pub(super) fn forget_provisioned(&self) {
        let mut provisioned = self.provisioned();
        *provisioned = Provisioned { map: provisioned.map.take(), ..Provisioned::default() };
    }

    fn provisioned(&self) -> MutexGuard<'_, Provisioned> {
        self.provisioned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn verified<T: SignedPayload>(&self, bytes: &[u8]) -> Result<T, Error> {
        Ok(Signed::<T>::verify(bytes, &self.config.agency_root)?.into_payload())
    }

    /// The new document, or nothing if the installed one is sound and current.
    fn fetch(&self, path: &str, etag_setting: &str, is_sound: bool) -> Result<Option<Vec<u8>>, Error> {
        let etag = self.vault.setting(etag_setting)?.filter(|_| is_sound).and_then(|etag| String::from_utf8(etag).ok());
        let headers = etag.map(|etag| ("if-none-match", etag)).into_iter().collect();
        let request = Request { method: Method::Get, path: path.to_owned(), headers, body: Body::Empty };
        let answer = self.ports.transport.send(&request, &NeverCancel)?;
        match answer.status {
            200 => {
                self.remember_etag(etag_setting, &answer)?;
                Ok(Some(answer.body))
            }
            304 => Ok(None),
            status => Err(Error::Refused(status)),
        }
    }

    fn remember_etag(&self, setting: &str, answer: &Response) -> Result<(), Error> {
        let Some(etag) = answer.header("etag") else { return Ok(()) };
        Ok(self.vault.put_setting(setting, etag.as_bytes())?)
    }

    pub(super) fn time_record(&self) -> Result<Option<TimeRecord>, Error> {
        Ok(self.vault.time_told()?.and_then(|json| TimeRecord::read(&json)))
    }

    /// What the box has said about time since this shift began, as a manifest tells it. The clock may have been set
    /// since: the monotonic clock shows by how much.
    pub(super) fn clock_evidence(&self, shift: ShiftId, now: &Moment) -> Result<ClockEvidence, Error> {
        let Some(record) = self.time_record()? else { return Ok(ClockEvidence::default()) };
        let elapsed_ms = now.since_ms(&record.received);
        if record.shift != Some(shift) || now.boot() != record.received.boot() || elapsed_ms < 0 {
            return Ok(ClockEvidence::default());
        }
        let set_by_ms = now.unix_ms().saturating_sub(record.received.unix_ms()).saturating_sub(elapsed_ms);
        let agrees = record.ahead_ms.saturating_sub(set_by_ms).unsigned_abs() <= CLOCK_TOLERANCE_MS;
        Ok(ClockEvidence {
            statement: Some((record.statement, elapsed_ms.unsigned_abs())),
            state: if agrees { ClockState::Agrees } else { ClockState::Differs },
        })
    }
}
