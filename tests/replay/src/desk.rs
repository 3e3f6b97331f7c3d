//! The case worker's side of the box: reads what has arrived, over the same protocol that a real desk uses.

use serde::Deserialize;
use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::http::HttpTransport;
use streife_core::ports::{Body, Method, NeverCancel, Request, Transport};
use streife_core::seal::VerifyingKey;
use streife_core::seal::jose::Jwk;
use streife_core::sync::protocol::{BoxCaseState, path};

use crate::ReplayError;
use crate::target::Target;

/// Reads from the box with the desk's token.
pub struct Desk {
    http: HttpTransport,
    token: String,
}

/// One case in the box's list.
#[derive(Clone, Debug, Deserialize)]
pub struct ListedCase {
    /// The case.
    pub case: CaseId,
    /// Its device.
    pub device: DeviceId,
    /// Its shift.
    pub shift: ShiftId,
    /// State.
    pub state: BoxCaseState,
}

#[derive(Deserialize)]
struct CaseList {
    cases: Vec<ListedCase>,
    next: u64,
}

#[derive(Deserialize)]
struct EventList {
    events: Vec<EventId>,
}

#[derive(Deserialize)]
struct Device {
    jwk: Jwk,
}

impl Desk {
    /// A desk at a box.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn new(target: &Target) -> Result<Self, ReplayError> {
        let http = HttpTransport::new(&target.origin, target.ca_pem.as_bytes());
        Ok(Self { http: http.map_err(|error| failed(&error))?, token: target.desk_token.clone() })
    }

    /// All cases of the box.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn cases(&self) -> Result<Vec<ListedCase>, ReplayError> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page: CaseList = json(&self.must(&format!("/v1/cases?after={after}"))?)?;
            if page.cases.is_empty() {
                return Ok(all);
            }
            all.extend(page.cases);
            after = page.next;
        }
    }

    /// Signed manifest of a case.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn manifest(&self, case: CaseId) -> Result<Vec<u8>, ReplayError> {
        self.must(&format!("/v1/cases/{case}/manifest"))
    }

    /// Receipt of a case, if it is complete.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn receipt(&self, case: CaseId) -> Result<Option<Vec<u8>>, ReplayError> {
        self.get(&path::receipt(case))
    }

    /// A sealed object, if it is there.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn object(&self, case: CaseId, object: ObjectId) -> Result<Option<Vec<u8>>, ReplayError> {
        self.get(&path::object(case, object))
    }

    /// Signed events of a case.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn events(&self, case: CaseId) -> Result<Vec<(EventId, Vec<u8>)>, ReplayError> {
        let list: EventList = json(&self.must(&format!("/v1/cases/{case}/events"))?)?;
        list.events.into_iter().map(|event| Ok((event, self.must(&path::event(case, event))?))).collect()
    }

    /// Signed opening of a shift, and its seal if there is one.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn shift(&self, shift: ShiftId) -> Result<(Vec<u8>, Option<Vec<u8>>), ReplayError> {
        Ok((self.must(&path::shift(shift))?, self.get(&path::seal(shift))?))
    }

    /// A device's key, and the box's own words about it.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn device(&self, device: DeviceId) -> Result<(VerifyingKey, Vec<u8>), ReplayError> {
        let bytes = self.must(&path::device(device))?;
        let told: Device = json(&bytes)?;
        Ok((told.jwk.key().map_err(|error| failed(&error))?, bytes))
    }

    /// The signed recipient set.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn recipients(&self) -> Result<Vec<u8>, ReplayError> {
        self.must(path::RECIPIENTS)
    }

    fn must(&self, path: &str) -> Result<Vec<u8>, ReplayError> {
        self.get(path)?.ok_or_else(|| failed(&format!("the desk's request {path} found nothing")))
    }

    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, ReplayError> {
        let headers = vec![("authorization", format!("Bearer {}", self.token))];
        let request = Request { method: Method::Get, path: path.to_owned(), headers, body: Body::Empty };
        let answer = self.http.send(&request, &NeverCancel).map_err(|error| failed(&error))?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            status => Err(failed(&format!("the desk's request {path} was answered with {status}"))),
        }
    }
}

fn json<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, ReplayError> {
    serde_json::from_slice(bytes).map_err(|error| failed(&error))
}

fn failed(reason: &dyn std::fmt::Display) -> ReplayError {
    ReplayError::setup("box")(reason)
}
