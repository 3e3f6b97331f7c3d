//! How far a handover has come, in numbers and in words that a person reads.

use std::sync::PoisonError;

use super::{Client, SyncEnd, SyncLimits};
use crate::error::Error;
use crate::sync::{Engine, Network, Waiting};
use crate::vault::CaseState;

/// How far the handover has come since the queue was empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// The case that is being sent, from 1; 0 if none is left.
    pub case: u32,
    /// Cases in all.
    pub cases: u32,
    /// The photo of that case that is being sent, from 1; 0 if none is.
    pub photo: u32,
    /// Photos of that case.
    pub photos: u32,
    /// Bytes that have gone, of a hundred.
    pub percent: u8,
    /// What is waited for.
    pub waiting: Option<Waiting>,
    /// Until when, unix milliseconds by the device's clock, if that is known.
    pub until: Option<i64>,
}

impl SyncState {
    /// One line in German: `Fall 3 von 12, Foto 2 von 3, 41 % – wartet auf WLAN`.
    #[must_use]
    pub fn german(&self) -> String {
        self.line("Fall", "Foto", "von", "alles übergeben", Waiting::german)
    }

    /// The same in English.
    #[must_use]
    pub fn english(&self) -> String {
        self.line("case", "photo", "of", "all handed over", Waiting::english)
    }

    fn line(&self, case: &str, photo: &str, of: &str, done: &str, words: fn(Waiting) -> &'static str) -> String {
        let mut parts = Vec::new();
        if self.case > 0 {
            parts.push(format!("{case} {} {of} {}", self.case, self.cases));
            if self.photo > 0 {
                parts.push(format!("{photo} {} {of} {}", self.photo, self.photos));
            }
            parts.push(format!("{} %", self.percent));
        }
        let waiting = self.waiting.map(words);
        match (parts.is_empty(), waiting) {
            (true, None) => done.to_owned(),
            (true, Some(words)) => words.to_owned(),
            (false, None) => parts.join(", "),
            (false, Some(words)) => format!("{} – {words}", parts.join(", ")),
        }
    }
}

impl Client {
    /// How far the handover has come, as last told. May be asked from any thread while a handover runs.
    #[must_use]
    pub fn sync_state(&self) -> SyncState {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how things stand before a request.
    pub(super) fn tell(&self, engine: &Engine, limits: &SyncLimits<'_>) -> Result<(), Error> {
        let state = self.work_out_state(engine, limits.network, None, SyncEnd::Idle)?;
        self.show(state, limits);
        Ok(())
    }

    pub(super) fn show(&self, state: SyncState, limits: &SyncLimits<'_>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = state;
        if let Some(listener) = limits.listener {
            listener.progress(&state);
        }
    }

    pub(super) fn work_out_state(
        &self,
        engine: &Engine,
        network: Network,
        waiting: Option<Waiting>,
        end: SyncEnd,
    ) -> Result<SyncState, Error> {
        let counts = self.vault.case_counts()?;
        let open =
            counts.into_iter().filter(|(state, _)| *state == CaseState::Sealed).map(|(_, count)| count).sum::<u32>();
        let ((done, done_bytes), left) = (engine.done_so_far(), self.vault.open_bytes()?);
        let all = done_bytes.saturating_add(left).max(1);
        let (photo, photos) = match engine.current_case() {
            Some(case) if open > 0 => self.vault.photos_sent(case)?,
            _ => (0, 0),
        };
        let offline = network == Network::Offline && open > 0;
        Ok(SyncState {
            case: if open > 0 { done + 1 } else { 0 },
            cases: done + open,
            photo: if photo < photos { photo + 1 } else { 0 },
            photos,
            percent: if left == 0 { 100 } else { u8::try_from(done_bytes.saturating_mul(100) / all).unwrap_or(100) },
            waiting: waiting.or(offline.then_some(Waiting::NoNetwork)),
            until: if let SyncEnd::WaitUntil(time) = end { Some(time) } else { None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_as_a_person_would_say_it() {
        let state = SyncState { case: 3, cases: 12, photo: 2, photos: 3, percent: 41, ..SyncState::default() };
        assert_eq!(state.english(), "case 3 of 12, photo 2 of 3, 41 %");
        assert_eq!(state.german(), "Fall 3 von 12, Foto 2 von 3, 41 %");
        let waiting = SyncState { photo: 0, waiting: Some(Waiting::UnmeteredLink), ..state };
        assert_eq!(waiting.english(), "case 3 of 12, 41 % – waiting for Wi-Fi");
        assert_eq!(waiting.german(), "Fall 3 von 12, 41 % – wartet auf WLAN");
        assert_eq!(SyncState::default().german(), "alles übergeben");
        let revoked = SyncState { waiting: Some(Waiting::Revoked), ..SyncState::default() };
        assert_eq!(revoked.english(), "device revoked");
    }
}
