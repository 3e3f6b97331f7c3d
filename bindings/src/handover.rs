//! The box: enrolment, what the agency gives, and handing cases over.

use std::sync::Arc;

use streife_core::client::{Network, SyncLimits};
use streife_core::domain::OffenceNumber;

use crate::cancel::flag;
use crate::types::{OffenceView, SyncReportView};
use crate::{CancelToken, Input, Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Enrols the device with a one-time code, then fetches recipients and catalogue. Enrolling again with the same key
    /// is no error.
    ///
    /// # Errors
    /// `Refused` with the box's status; `Network`, `Untrusted`, `SignerUnavailable`.
    pub fn enrol(&self, code: String) -> Result<(), StreifeError> {
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
    /// It ends at the first safe point after `max_ms` milliseconds, or after `cancel` was cancelled. Give a job
    /// scheduler's limit less a few seconds: one request is not interrupted.
    ///
    /// # Errors
    /// `Busy` while another call of it runs; `SignerUnavailable`; [`StreifeError`] of the vault. A box that does not
    /// answer is no error: the queue waits.
    #[uniffi::method(default(max_ms = None, cancel = None))]
    pub fn sync(
        &self,
        network: Network,
        max_ms: Option<u64>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<SyncReportView, StreifeError> {
        let flag = flag(cancel.as_deref());
        self.call(|client| Ok(client.sync(&SyncLimits { network, max_ms, cancel: &flag })?.into()))
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
