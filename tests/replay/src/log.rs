//! What happened on the phone, for the report.

use streife_core::client::SyncReport;
use streife_core::journal::TimedEvent;

use crate::model::{Moment, NetworkSpan, SyncCall};

/// Collects moments, network spans and calls of sync.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Moments, oldest first.
    pub timeline: Vec<Moment>,
    /// Calls of sync, oldest first.
    pub syncs: Vec<SyncCall>,
    spans: Vec<NetworkSpan>,
}

impl Log {
    /// Notes a moment.
    pub fn note(&mut self, timed: &TimedEvent, kind: &str, case: Option<&str>, text: String) {
        let case = case.map(str::to_owned);
        self.timeline.push(Moment { at_ms: timed.unix_ms, kind: kind.to_owned(), case, text });
    }

    /// Notes a change of the link.
    pub fn network(&mut self, timed: &TimedEvent, state: &str) {
        self.end_span(timed.unix_ms);
        self.spans.push(NetworkSpan { from_ms: timed.unix_ms, to_ms: timed.unix_ms, state: state.to_owned() });
        self.note(timed, "network", None, state.to_owned());
    }

    /// Notes a call of sync.
    pub fn sync(&mut self, timed: &TimedEvent, report: &SyncReport, end: &str) {
        let network = self.spans.last().map_or("offline", |span| &span.state);
        self.syncs.push(SyncCall {
            at_ms: timed.unix_ms,
            network: network.to_owned(),
            requests: report.requests,
            retries: report.retries,
            bytes: report.bytes_sent,
            bytes_needed: report.bytes_needed,
            receipts: report.receipts,
            decisions: report.decisions,
            quarantined: report.quarantined,
            end: end.to_owned(),
            waiting: report.waiting.map(|waiting| waiting.english().to_owned()),
        });
    }

    /// The network spans up to the end of the recording.
    pub fn spans(&mut self, end_ms: i64) -> Vec<NetworkSpan> {
        self.end_span(end_ms);
        self.spans.clone()
    }

    fn end_span(&mut self, at_ms: i64) {
        if let Some(last) = self.spans.last_mut() {
            last.to_ms = at_ms;
        }
    }
}
