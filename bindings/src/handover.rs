//! The box: enrolment, what the agency gives, and handing cases over.

use std::sync::Arc;

use streife_core::client::{Battery, Network, ProgressListener, SyncLimits};
use streife_core::domain::{CaseId, OffenceNumber, from_hex};

use crate::cancel::flag;
use crate::host::ProgressPort;
use crate::types::{OffenceView, ReceiptView, SyncReportView, SyncStateView, TransferOutcome, TransferView};
use crate::{CancelToken, HostProgress, Input, Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Enrols the device with a one-time code, then fetches recipients and catalogue. Enrolling again with the same key
    /// is no error. `attestation` is what the platform says of the signing key: certificates in DER, outermost first.
    ///
    /// # Errors
    /// `Refused` with the box's status; `Network`, `Untrusted`, `SignerUnavailable`.
    #[uniffi::method(default(attestation = None))]
    pub fn enrol(&self, code: String, attestation: Option<Vec<Vec<u8>>>) -> Result<(), StreifeError> {
        self.signer().attest(attestation.unwrap_or_default());
        self.call(|client| client.enrol(&code))
    }

    /// Fetches recipients and catalogue if they have changed. Once a shift is enough.
    ///
    /// # Errors
    /// `Tampered` if they are not signed by the agency; what was installed before stays. `Network`, `Untrusted`.
    pub fn refresh(&self) -> Result<(), StreifeError> {
        self.call(|client| client.refresh())
    }

    /// Sends what can be sent now, and returns when nothing is left to do. It never sleeps: when it says
    /// `WaitUntil`, let the platform's scheduler call again then.
    ///
    /// It ends after `max_ms` milliseconds, or when `cancel` is cancelled; a request that runs is broken off. `battery_low`
    /// says that the battery is low and does not charge: then photos wait. The `listener` hears how far it has come.
    ///
    /// # Errors
    /// `Busy` while another call of it runs; `SignerUnavailable`; [`StreifeError`] of the vault. A box that does not
    /// answer is no error: the queue waits.
    #[uniffi::method(default(max_ms = None, cancel = None, battery_low = false, listener = None))]
    pub fn sync(
        &self,
        network: Network,
        max_ms: Option<u64>,
        cancel: Option<Arc<CancelToken>>,
        battery_low: bool,
        listener: Option<Arc<dyn HostProgress>>,
    ) -> Result<SyncReportView, StreifeError> {
        let (flag, port) = (flag(cancel.as_deref()), listener.map(ProgressPort));
        let listener = port.as_ref().map(|port| port as &dyn ProgressListener);
        let limits = SyncLimits { network, battery: battery(battery_low), max_ms, cancel: &flag, listener };
        self.call(|client| Ok(client.sync(&limits)?.into()))
    }

    /// Compares every case that was handed over with what the box has, and syncs. What the box has lost is sent again while
    /// its payload is here; `notices` tells. `sync` does the same by itself some times a day for what is still here.
    ///
    /// # Errors
    /// As `sync`.
    #[uniffi::method(default(cancel = None))]
    pub fn reconcile(
        &self,
        network: Network,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<SyncReportView, StreifeError> {
        let flag = flag(cancel.as_deref());
        self.call(|client| Ok(client.reconcile(&SyncLimits { cancel: &flag, ..SyncLimits::over(network) })?.into()))
    }

    /// How far the handover has come, as last told. May be asked while `sync` runs.
    ///
    /// # Errors
    /// None.
    pub fn sync_state(&self) -> Result<SyncStateView, StreifeError> {
        Ok(self.client().sync_state().into())
    }

    /// A case goes before all others and over any link.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn mark_urgent(&self, case: CaseId) -> Result<(), StreifeError> {
        self.call(|client| client.mark_urgent(case))
    }

    /// The box's receipts of all cases that have one, as it has signed them (COSE).
    ///
    /// # Errors
    /// [`StreifeError`] of the vault.
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, StreifeError> {
        let all = self.call(|client| client.receipts_export())?;
        Ok(all.into_iter().map(|(case, receipt)| ReceiptView { case, receipt }).collect())
    }

    /// The next request for the host's own uploader to send, one at a time; `transfer_done` takes what came of it, perhaps
    /// in another process. Asking again, or calling `sync`, gives up the one that is on its way.
    ///
    /// # Errors
    /// As `sync`.
    #[uniffi::method(default(max_ms = None, battery_low = false))]
    pub fn next_transfer(
        &self,
        network: Network,
        max_ms: Option<u64>,
        battery_low: bool,
    ) -> Result<TransferView, StreifeError> {
        let limits = SyncLimits { battery: battery(battery_low), max_ms, ..SyncLimits::over(network) };
        Ok(self.call(|client| client.next_transfer(&limits))?.into())
    }

    /// What has come of a transfer.
    ///
    /// # Errors
    /// `State` for a transfer that was given up or told of before: nothing has changed. Else as `sync`.
    pub fn transfer_done(
        &self,
        token: String,
        outcome: TransferOutcome,
        network: Network,
    ) -> Result<SyncReportView, StreifeError> {
        let token = from_hex(&token).map_err(|_| Input::Id)?;
        let limits = SyncLimits::over(network);
        self.call(|client| Ok(client.transfer_done(token, outcome.into_core(), &limits)?.into()))
    }

    /// An offence as the catalogue has it on a day, `YYYY-MM-DD`; nothing if it has none then.
    ///
    /// # Errors
    /// `NotProvisioned` without a catalogue; `BadInput(Date)`, `BadInput(OffenceNumber)`.
    pub fn offence(&self, number: OffenceNumber, date: String) -> Result<Option<OffenceView>, StreifeError> {
        let day = date.parse().map_err(|_| Input::Date)?;
        let catalogue = self.call(|client| client.catalogue())?;
        Ok(catalogue.lookup(number, day).map(|entry| OffenceView {
            number: entry.number,
            label_de: entry.label_de.clone(),
            label_en: entry.label_en.clone(),
            amount_cents: entry.amount.0,
            points: entry.points,
            category: streife_core::domain::Category::of(entry.amount),
            longer_than_minutes: entry.min_minutes_exclusive,
            needs_refinement: entry.needs_refinement,
        }))
    }
}

const fn battery(low: bool) -> Battery {
    if low { Battery::Low } else { Battery::Enough }
}
