//! The library's log lines, given to the host.
//!
//! The core logs through one function that takes fixed messages and values that opted in as free of personal data; this
//! subscriber passes on what comes from that function and nothing else, whatever other crates may trace. It is set for
//! the calling thread while a call runs and not for the process, so two vaults can log to two sinks and an embedding
//! program keeps its own subscriber.

use std::fmt::{Debug, Write};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::metadata::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use super::{HostError, ask};

/// Takes log lines. They hold ids, states and codes, never a plate, a place, a name or a key.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Takes one line, without its end. Must not call the library. What it throws is dropped.
    ///
    /// # Errors
    /// [`HostError`].
    fn write(&self, line: String) -> Result<(), HostError>;
}

/// Runs calls so that what they log reaches the sink.
pub(crate) struct LogPort(Option<Dispatch>);

impl LogPort {
    pub(crate) fn new(sink: Option<Arc<dyn LogSink>>) -> Self {
        Self(sink.map(|sink| Dispatch::new(Forward(sink))))
    }

    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(dispatch) => tracing::dispatcher::with_default(dispatch, call),
            None => call(),
        }
    }
}

/// Where the core's one logging function stands.
const SOURCE: (&str, &str) = ("streife", "streife_core::log");

struct Forward(Arc<dyn LogSink>);

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && (metadata.target(), metadata.module_path()) == (SOURCE.0, Some(SOURCE.1))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        // A log line that gets lost harms nothing.
        let _ = ask(HostError::Failed, || self.0.write(line.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1) // the core opens no spans; the number is never looked up
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The message, and the values behind it if there are any.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0.push_str(value);
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(self.0, "{space}{value:?}");
    }
}
