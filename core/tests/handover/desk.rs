//! A box in memory: it keeps to the protocol, obeys the test's faults and counts what it is sent. Its signatures are real.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use streife_core::domain::{BoxId, CaseId, EventId, ObjectId};
use streife_core::ports::{Body, Cancel, Clock, Method, Request, Response, Transport, TransportError};
use streife_core::seal::{
    Decision, DecisionKind, Hash, Manifest, ManifestObject, Namespace, Receipt, ReceiptObject, SignedPayload,
    SoftwareKey, TimeStatement, sign_payload, unverified_payload,
};
use streife_core::sync::protocol::{
    BoxCaseState, BoxInfo, BoxKeys, CaseAnswer, DeviceCase, DeviceCases, Hints, Limits, Problem, ProblemType, Upload,
    UploadProtocol,
};
use streife_core::testing::SimClock;

/// A nonce counts within this span and the next.
const NONCE_MS: i64 = 180_000;

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing arrives.
    Before(TransportError),
    /// It arrives, and the answer does not.
    After,
    /// So many bytes of the body arrive, and are kept.
    Cut(usize),
    /// This is the answer; the box knows nothing of it.
    Answer(Response),
}

#[derive(Default)]
pub struct State {
    pub cases: BTreeMap<CaseId, Stored>,
    /// Method, path, bytes of the body.
    pub seen: Vec<(Method, String, u64)>,
    /// Faults by the number of the request, from 0.
    pub faults: BTreeMap<usize, Fault>,
    pub tokens: u32,
    pub hints: Option<Hints>,
    pub demands_nonce: bool,
    /// Tells its nonce with the time, too, as a box does.
    pub tells_nonce: bool,
    pub decided: Vec<CaseId>,
    /// Openings, seals and events, by the last part of their address.
    pub signed: Vec<(String, Vec<u8>)>,
    pub ended_token: bool,
    /// Forgets uploads that were announced before.
    pub expired: bool,
}

pub struct Stored {
    pub manifest: Vec<u8>,
    pub objects: Vec<ManifestObject>,
    pub parts: BTreeMap<ObjectId, Vec<u8>>,
}

impl Stored {
    fn missing(&self) -> Vec<ObjectId> {
        let whole = |object: &&ManifestObject| {
            self.parts.get(&object.object).is_none_or(|part| part.len() as u64 != object.length)
        };
        self.objects.iter().filter(whole).map(|object| object.object).collect()
    }
}

/// The box.
pub struct Desk {
    key: SoftwareKey,
    clock: Arc<SimClock>,
    pub box_id: BoxId,
    /// Bytes a second.
    pub speed: Option<u64>,
    state: Mutex<State>,
}

impl Desk {
    pub fn new(key: SoftwareKey, clock: Arc<SimClock>) -> Self {
        Self { key, clock, box_id: BoxId::new([0xb0; 16]), speed: None, state: Mutex::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    pub fn requests(&self) -> usize {
        self.state().seen.len()
    }

    /// Bytes of all bodies to paths with this in them.
    pub fn bytes_to(&self, part: &str) -> u64 {
        self.state().seen.iter().filter(|(_, path, _)| path.contains(part)).map(|(.., bytes)| bytes).sum()
    }

    pub fn count(&self, method: Method, part: &str) -> usize {
        self.state().seen.iter().filter(|(sent, path, _)| *sent == method && path.contains(part)).count()
    }

    /// Whether a case is here with every byte that its manifest lists.
    pub fn is_whole(&self, case: CaseId) -> bool {
        let state = self.state();
        let Some(stored) = state.cases.get(&case) else { return false };
        let fits = |object: &ManifestObject| {
            stored.parts.get(&object.object).is_some_and(|part| Hash::of(&[part]) == object.hash)
        };
        stored.missing().is_empty() && stored.objects.iter().all(fits)
    }

    pub fn handle(
        &self,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: &Body,
    ) -> Result<Response, TransportError> {
        let mut state = self.state();
        let number = state.seen.len();
        state.seen.push((method, path.to_owned(), body.len()));
        if let Some(speed) = self.speed {
            self.clock.advance_ms(u32::try_from(body.len() * 1_000 / speed).expect("a short while"));
        }
        let fault = state.faults.remove(&number);
        let mut bytes = bytes_of(body)?;
        match fault {
            Some(Fault::Before(error)) => return Err(error),
            Some(Fault::Answer(answer)) => return Ok(answer),
            Some(Fault::Cut(_)) if method != Method::Patch => return Err(TransportError::Lost),
            Some(Fault::Cut(kept)) => {
                bytes.truncate(kept);
                self.answer(&mut state, method, path, headers, &bytes);
                return Err(TransportError::Lost);
            }
            _ => {}
        }
        let answer = self.answer(&mut state, method, path, headers, &bytes);
        if matches!(fault, Some(Fault::After)) { Err(TransportError::Lost) } else { Ok(answer) }
    }

    fn answer(
        &self,
        state: &mut State,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Response {
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split(['/', '?']).collect();
        let first = parts.first().copied().unwrap_or_default();
        let window = self.clock.read().unix_ms / NONCE_MS;
        let nonce = |window: i64| format!("window-{window}");
        let is_fresh = [window, window - 1].into_iter().any(|window| carries(headers, &nonce(window)));
        if state.demands_nonce && !matches!(first, "time" | "box") && !is_fresh {
            let mut refused = problem(401, ProblemType::UseDpopNonce);
            refused.headers.push(header("dpop-nonce", &nonce(window)));
            return refused;
        }
        if state.tells_nonce && first == "time" {
            let mut told = self.time(parts.get(1).copied().unwrap_or_default().trim_start_matches("nonce="));
            told.headers.push(header("dpop-nonce", &nonce(window)));
            return told;
        }
        let is_open = matches!(first, "time" | "token" | "box");
        if !is_open && std::mem::take(&mut state.ended_token) {
            return problem(401, ProblemType::TokenInvalid);
        }
        match (method, parts.as_slice()) {
            (Method::Get, ["time", query]) => self.time(query.trim_start_matches("nonce=")),
            (Method::Post, ["token"]) => {
                state.tokens += 1;
                json(200, &serde_json::json!({"access_token": "t", "token_type": "DPoP", "expires_in": 3_600}))
            }
            (Method::Get, ["box"]) => self.info(state),
            (Method::Put, ["shifts", .., last] | ["cases", _, "events", last]) => {
                state.signed.push(((*last).to_owned(), body.to_vec()));
                Response { status: 201, ..Response::default() }
            }
            (Method::Put, ["cases", case]) => self.declare(state, case.parse().expect("an id"), body),
            (Method::Get, ["cases", case, "receipt"]) => self.receipt(state, case.parse().expect("an id")),
            (Method::Get, ["devices", _, "cases", after]) => {
                self.list(state, after.trim_start_matches("after=").parse().expect("a number"))
            }
            (_, ["uploads", object]) => upload(state, method, object.parse().expect("an id"), headers, body),
            _ => problem(404, ProblemType::NotFound),
        }
    }

    fn time(&self, nonce: &str) -> Response {
        let nonce = streife_core::domain::from_hex(nonce).expect("hex");
        let statement = TimeStatement { nonce, unix_ms: self.clock.read().unix_ms };
        self.signed(Namespace::Time, &statement)
    }

    fn info(&self, state: &State) -> Response {
        let limits = Limits { manifest_bytes: 1, seal_bytes: 1, object_bytes: 1, put_bytes: 1 };
        let none = Hints { manifest_window_s: 0, photo_window_s: 0, unmetered_above_bytes: 0 };
        let info = BoxInfo {
            box_id: self.box_id,
            agency: "Agency".to_owned(),
            protocols: vec!["tus".to_owned()],
            limits,
            keys: BoxKeys { receipt: self.key.verifying_key().id() },
            hints: state.hints.clone().unwrap_or(none),
            min_app: "0".to_owned(),
        };
        json(200, &serde_json::to_value(info).expect("serialises"))
    }

    fn declare(&self, state: &mut State, case: CaseId, body: &[u8]) -> Response {
        let payload = unverified_payload(Namespace::Manifest, body).expect("a manifest");
        let objects = Manifest::decode(&payload).expect("a manifest").objects;
        let stored = state.cases.entry(case).or_insert_with(|| Stored {
            manifest: body.to_vec(),
            objects,
            parts: BTreeMap::new(),
        });
        assert_eq!(stored.manifest, body, "the same bytes under the same id");
        state.expired = false;
        let missing = stored.missing();
        let upload = |object: &ObjectId| {
            let length =
                stored.objects.iter().find(|listed| listed.object == *object).map_or(0, |listed| listed.length);
            let offset = stored.parts.get(object).map_or(0, |part| part.len() as u64);
            let url = format!("/v1/uploads/{object}");
            Upload { object: *object, url, protocol: UploadProtocol::Tus, offset, length }
        };
        let uploads = missing.iter().map(upload).collect();
        let answer = CaseAnswer { state: BoxCaseState::Declared, missing, uploads };
        json(201, &serde_json::to_value(answer).expect("serialises"))
    }

    fn receipt(&self, state: &State, case: CaseId) -> Response {
        let Some(stored) = state.cases.get(&case) else { return problem(404, ProblemType::CaseUnknown) };
        if !stored.missing().is_empty() {
            return problem(404, ProblemType::CaseIncomplete);
        }
        let objects = stored.objects.iter();
        let receipt = Receipt {
            case,
            manifest: Hash::of(&[&stored.manifest]),
            objects: objects.map(|o| ReceiptObject { object: o.object, length: o.length, hash: o.hash }).collect(),
            stored_at: self.clock.read().unix_ms,
            box_id: self.box_id,
            log_index: None,
        };
        self.signed(Namespace::Receipt, &receipt)
    }

    /// Two cases a page.
    fn list(&self, state: &State, after: u64) -> Response {
        let all = state.cases.iter().zip(1_u64..);
        let cases: Vec<_> = all
            .filter(|(_, index)| *index > after)
            .take(2)
            .map(|((case, stored), index)| DeviceCase {
                case: *case,
                index,
                manifest: Hash::of(&[&stored.manifest]),
                state: if stored.missing().is_empty() { BoxCaseState::Complete } else { BoxCaseState::Declared },
                missing: stored.missing(),
                decision: state.decided.contains(case).then(|| STANDARD.encode(self.decision(*case))),
            })
            .collect();
        let next = cases.last().map_or(after, |case| case.index);
        json(200, &serde_json::to_value(DeviceCases { cases, next }).expect("serialises"))
    }

    pub fn decision(&self, case: CaseId) -> Vec<u8> {
        let decision = Decision {
            event: EventId::new(*case.as_bytes()),
            case,
            kind: DecisionKind::Accepted,
            reason: "complete".to_owned(),
            decided_at: 5,
            box_id: self.box_id,
        };
        sign_payload(Namespace::Decision, decision.encode(), &self.key).expect("signs")
    }

    fn signed(&self, namespace: Namespace, payload: &impl SignedPayload) -> Response {
        let body = sign_payload(namespace, payload.encode(), &self.key).expect("signs");
        Response { status: 200, headers: vec![header("content-type", "application/cose")], body }
    }
}

fn upload(state: &mut State, method: Method, object: ObjectId, headers: &[(String, String)], body: &[u8]) -> Response {
    let expired = state.expired;
    let stored = state.cases.values_mut().find(|stored| stored.objects.iter().any(|listed| listed.object == object));
    let Some(stored) = stored.filter(|_| !expired) else { return problem(410, ProblemType::UploadExpired) };
    let part = stored.parts.entry(object).or_default();
    if method == Method::Patch {
        let offset: usize = value(headers, "upload-offset").and_then(|offset| offset.parse().ok()).expect("an offset");
        if offset != part.len() {
            return problem(409, ProblemType::UploadOffset);
        }
        part.extend(body);
    }
    let offset = header("upload-offset", &part.len().to_string());
    Response { status: if method == Method::Patch { 204 } else { 200 }, headers: vec![offset], body: Vec::new() }
}

fn carries(headers: &[(String, String)], nonce: &str) -> bool {
    let claims = value(headers, "dpop").and_then(|proof| proof.split('.').nth(1));
    let claims = claims.and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    claims.is_some_and(|claims| String::from_utf8_lossy(&claims).contains(&format!(r#""nonce":"{nonce}""#)))
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn json(status: u16, value: &serde_json::Value) -> Response {
    Response { status, headers: vec![header("content-type", "application/json")], body: value.to_string().into_bytes() }
}

/// What a box answers with when it refuses.
pub fn problem(status: u16, kind: ProblemType) -> Response {
    let body = serde_json::to_vec(&Problem::new(kind, status, "refused")).expect("serialises");
    Response { status, headers: vec![header("content-type", "application/problem+json")], body }
}

fn bytes_of(body: &Body) -> Result<Vec<u8>, TransportError> {
    Ok(match body {
        Body::Empty => Vec::new(),
        Body::Bytes(bytes) => bytes.clone(),
        Body::FileRange { path, offset, length } => {
            let mut file = std::fs::File::open(path).map_err(|_| TransportError::File)?;
            file.seek(SeekFrom::Start(*offset)).expect("seeks");
            let mut bytes = Vec::new();
            file.take(*length).read_to_end(&mut bytes).expect("reads");
            bytes
        }
    })
}

impl Transport for Desk {
    fn origin(&self) -> &str {
        "https://box.test"
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if cancel.is_cancelled() {
            return Err(TransportError::Cancelled);
        }
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| header(name, value)).collect();
        // What does not fit into the caller's time is broken off, as a real transport does.
        let speed = self.speed.unwrap_or(u64::MAX);
        if let Some(left) = cancel.time_left_ms().filter(|left| request.body.len() * 1_000 / speed > *left) {
            let fits = usize::try_from(left * speed / 1_000).expect("a part of the body");
            self.clock.advance_ms(u32::try_from(left).expect("a short while"));
            let mut state = self.state();
            state.seen.push((request.method, request.path.clone(), fits as u64));
            if request.method == Method::Patch {
                let mut bytes = bytes_of(&request.body)?;
                bytes.truncate(fits);
                self.answer(&mut state, request.method, &request.path, &headers, &bytes);
            }
            return Err(TransportError::Cancelled);
        }
        self.handle(request.method, &request.path, &headers, &request.body)
    }
}
