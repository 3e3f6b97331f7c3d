//! Counters by kind of request, so that a test can say how much was sent for how much that was needed.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use axum::http::Method;

/// Kind of request. Faults are scripted and traffic is counted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are method and path")]
pub enum Route {
    BoxGet,
    TimeGet,
    DevicePut,
    NumbersPut,
    TokenPost,
    RecipientsGet,
    CatalogueGet,
    ShiftPut,
    SealPut,
    CasePut,
    CaseGet,
    ReceiptGet,
    ProofGet,
    /// Checkpoint and consistency of the log.
    LogGet,
    ObjectPut,
    UploadHead,
    UploadPatch,
    UploadDelete,
    EventPut,
    DeviceCasesGet,
    UploadPost,
    /// Reads of citizens.
    NoticeGet,
    /// All requests of case workers.
    Desk,
    /// What the box does not know.
    Other,
}

impl Route {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "box"]) => Self::BoxGet,
            ("GET", ["v1", "time"]) => Self::TimeGet,
            ("PUT", ["v1", "devices", _]) => Self::DevicePut,
            ("PUT", ["v1", "devices", _, "numbers", _]) => Self::NumbersPut,
            ("POST", ["v1", "token"]) => Self::TokenPost,
            ("GET", ["v1", "recipients"]) => Self::RecipientsGet,
            ("GET", ["v1", "devices", _, "cases"]) => Self::DeviceCasesGet,
            ("POST", ["v1", "uploads"]) => Self::UploadPost,
            ("GET", ["v1", "notices", ..]) => Self::NoticeGet,
            ("GET", ["v1", "catalogues" | "registers", _]) => Self::CatalogueGet,
            ("PUT", ["v1", "shifts", _]) => Self::ShiftPut,
            ("PUT", ["v1", "shifts", _, "seal"]) => Self::SealPut,
            ("PUT", ["v1", "cases", _]) => Self::CasePut,
            ("GET", ["v1", "cases", _]) => Self::CaseGet,
            ("GET", ["v1", "cases", _, "receipt"]) => Self::ReceiptGet,
            ("GET", ["v1", "cases", _, "proof"]) => Self::ProofGet,
            ("GET", ["v1", "log", "checkpoint" | "consistency"]) => Self::LogGet,
            ("PUT", ["v1", "cases", _, "objects", _]) => Self::ObjectPut,
            ("PUT", ["v1", "cases", _, "events", _]) => Self::EventPut,
            ("HEAD", ["v1", "uploads", _]) => Self::UploadHead,
            ("PATCH", ["v1", "uploads", _]) => Self::UploadPatch,
            ("DELETE", ["v1", "uploads", _]) => Self::UploadDelete,
            ("GET", ["v1", "cases" | "shifts" | "devices" | "alarms" | "events" | "log", ..]) => Self::Desk,
            ("PUT", ["v1", "cases", _, "decision" | "wraps", _] | ["v1", "devices", _, "revocation"]) => Self::Desk,
            _ => Self::Other,
        }
    }
}

/// What came and went on one kind of request since the box started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTraffic {
    /// Requests whose head arrived, scripted faults included.
    pub requests: u64,
    /// Bytes of request bodies that arrived, whether they were kept or not.
    pub body_bytes: u64,
    /// Answers by status. A dropped answer counts as the status it would have had.
    pub answers: BTreeMap<u16, u64>,
}

/// Counters of all kinds of request.
#[derive(Debug, Default)]
pub struct Traffic {
    routes: Mutex<BTreeMap<Route, RouteTraffic>>,
    changed: Condvar,
}

impl Traffic {
    pub fn request(&self, route: Route) {
        self.with(route, |traffic| traffic.requests += 1);
    }

    pub fn body(&self, route: Route, bytes: usize) {
        self.with(route, |traffic| traffic.body_bytes += bytes as u64);
    }

    pub fn answer(&self, route: Route, status: u16) {
        self.with(route, |traffic| *traffic.answers.entry(status).or_default() += 1);
    }

    pub fn of(&self, route: Route) -> RouteTraffic {
        self.routes.lock().expect("no holder panics").get(&route).cloned().unwrap_or_default()
    }

    pub fn all(&self) -> BTreeMap<Route, RouteTraffic> {
        self.routes.lock().expect("no holder panics").clone()
    }

    pub fn wait_for(&self, route: Route, at_most: Duration, reached: impl Fn(&RouteTraffic) -> bool) -> bool {
        let routes = self.routes.lock().expect("no holder panics");
        let wait =
            self.changed.wait_timeout_while(routes, at_most, |routes| !reached(routes.entry(route).or_default()));
        !wait.expect("no holder panics").1.timed_out()
    }

    fn with(&self, route: Route, change: impl FnOnce(&mut RouteTraffic)) {
        change(self.routes.lock().expect("no holder panics").entry(route).or_default());
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_and_path_decide_the_kind() {
        let table = [
            ("PUT", "/v1/shifts/00", Route::ShiftPut),
            ("PUT", "/v1/devices/00", Route::DevicePut),
            ("PUT", "/v1/devices/00/numbers/11", Route::NumbersPut),
            ("GET", "/v1/shifts/00/seal", Route::Desk),
            ("GET", "/v1/cases", Route::Desk),
            ("GET", "/v1/alarms", Route::Desk),
            ("GET", "/v1/cases/00", Route::CaseGet),
            ("GET", "/v1/cases/00/proof", Route::ProofGet),
            ("GET", "/v1/log/checkpoint", Route::LogGet),
            ("GET", "/v1/log/entries", Route::Desk),
            ("GET", "/v1/cases/00/objects/11", Route::Desk),
            ("HEAD", "/v1/uploads/00", Route::UploadHead),
            ("POST", "/v1/uploads", Route::UploadPost),
            ("POST", "/v1/cases", Route::Other),
        ];
        for (method, path, route) in table {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(Route::of(&method, path), route, "{method} {path}");
        }
    }
}
