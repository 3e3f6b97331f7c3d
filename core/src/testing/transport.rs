//! A network that follows a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::ports::{Cancel, Request, Response, Transport, TransportError};

/// Answers requests with what the script says, in order, and remembers what was asked. An exhausted script is an
/// unreachable box.
#[derive(Debug, Default)]
pub struct ScriptedTransport {
    script: Mutex<VecDeque<Result<Response, TransportError>>>,
    seen: Mutex<Vec<Request>>,
}

impl ScriptedTransport {
    /// Will answer like this, one answer a request.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = Result<Response, TransportError>>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), seen: Mutex::default() }
    }

    /// What was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no holder panics").clone()
    }
}

impl Transport for ScriptedTransport {
    fn origin(&self) -> &str {
        "https://box.test"
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if cancel.is_cancelled() {
            return Err(TransportError::Cancelled);
        }
        self.seen.lock().expect("no holder panics").push(request.clone());
        self.script.lock().expect("no holder panics").pop_front().unwrap_or(Err(TransportError::Unreachable))
    }
}
