//! Requests that wait until more of a case is stored.
//!
//! Whoever waits subscribes before it looks into the database, so nothing that is stored in between is missed.

use std::collections::HashMap;
use std::sync::Mutex;

use streife_core::domain::CaseId;
use tokio::sync::watch;

/// Who waits for which case.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<HashMap<CaseId, watch::Sender<()>>>);

impl Waiting {
    /// Hears of the next object of a case that is stored.
    pub fn subscribe(&self, case: CaseId) -> watch::Receiver<()> {
        let mut waiting = self.0.lock().expect("no holder panics");
        waiting.retain(|_, sender| sender.receiver_count() > 0); // those who have given up
        waiting.entry(case).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Wakes all who wait for a case.
    pub fn stored(&self, case: CaseId) {
        if let Some(sender) = self.0.lock().expect("no holder panics").get(&case) {
            sender.send_replace(());
        }
    }
}
