//! The other side of the wire: an agency and a box that takes everything, so that a case goes all its way to the purge.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use streife_core::domain::{BoxId, CaseId, from_hex};
use streife_core::ports::{Body, Cancel, Clock, Method, Request, Response, Transport, TransportError};
use streife_core::seal::{
    Hash, Manifest, Namespace, Receipt, ReceiptObject, Signed, SignedPayload, SoftwareKey, TimeStatement, VerifyingKey,
    sign_payload,
};
use streife_core::sync::protocol::{
    BoxCaseState, CaseAnswer, DeviceCase, DeviceCases, JSON, TokenAnswer, Upload, UploadProtocol, path,
};
use streife_core::testing::DevAgency;

use super::canaries::ACCESS_TOKEN;

/// One slip for all cases: its number is searched for. That it comes again is no finding here.
const RULES: &[u8] = br#"{"format":"streife/1 rules","version":"1","findings":{"slip-used":"off","duplicate":"off"}}"#;
const CATALOGUE: &[u8] = include_bytes!("../../data/starter-catalogue.json");

pub struct Authority {
    pub agency: DevAgency,
    pub box_key: SoftwareKey,
    pub device_key: VerifyingKey,
    pub clock: Arc<dyn Clock>,
    /// Whether anything gets through.
    pub reachable: AtomicBool,
    /// Called with each request before it is answered.
    pub on_request: fn(&str),
    pub manifests: Mutex<HashMap<String, Vec<u8>>>,
}

impl Transport for Authority {
    fn origin(&self) -> &str {
        "https://box.test"
    }

    fn send(&self, request: &Request, _: &dyn Cancel) -> Result<Response, TransportError> {
        if !self.reachable.load(Ordering::SeqCst) {
            return Err(TransportError::Unreachable);
        }
        (self.on_request)(request.method.as_str());
        Ok(self.answer(request))
    }
}

impl Authority {
    fn answer(&self, request: &Request) -> Response {
        let parts: Vec<_> = request.path.split(['/', '?']).skip(2).collect();
        match (request.method, parts.as_slice()) {
            (Method::Post, ["token"]) => json(200, &token()),
            (Method::Get, ["time", nonce]) => signed(&self.time(nonce)),
            (Method::Get, _) if request.path == path::RECIPIENTS => {
                signed(&self.agency.recipient_set(self.now()).expect("signs"))
            }
            (Method::Get, _) if request.path == path::OFFENCES => {
                signed(&self.agency.sign_catalogue(CATALOGUE).expect("signs"))
            }
            (Method::Get, _) if request.path == path::RULES => signed(&self.agency.sign_rules(RULES).expect("signs")),
            (Method::Get, ["devices", _, "cases", _]) => json(200, &self.cases()),
            (Method::Get, _) if request.path == path::BOX => Response { status: 404, ..Response::default() },
            (Method::Get, ["cases", case, "receipt"]) => signed(&self.receipt(case)),
            (Method::Put, ["cases", case]) => json(201, &self.declared(case, &request.body)),
            (Method::Put, _) => Response { status: 201, ..Response::default() },
            other => panic!("no box is asked for {other:?}"),
        }
    }

    fn now(&self) -> i64 {
        self.clock.read().unix_ms
    }

    fn time(&self, nonce: &str) -> Vec<u8> {
        let nonce = from_hex(nonce.strip_prefix("nonce=").expect("a nonce")).expect("16 bytes");
        let statement = TimeStatement { nonce, unix_ms: self.now() };
        sign_payload(Namespace::Time, statement.encode(), &self.box_key).expect("signs")
    }

    fn declared(&self, case: &str, body: &Body) -> CaseAnswer {
        let Body::Bytes(bytes) = body else { panic!("a manifest is small") };
        let manifest = self.manifest(bytes);
        self.manifests.lock().expect("no holder panics").insert(case.to_owned(), bytes.clone());
        let upload = |object: &streife_core::seal::ManifestObject| Upload {
            object: object.object,
            url: path::object(manifest.payload().case, object.object),
            protocol: UploadProtocol::Put,
            offset: 0,
            length: object.length,
        };
        let uploads: Vec<_> = manifest.payload().objects.iter().map(upload).collect();
        let missing = uploads.iter().map(|upload| upload.object).collect();
        CaseAnswer { state: BoxCaseState::Declared, missing, uploads }
    }

    /// All that was declared, as a box lists it.
    fn cases(&self) -> DeviceCases {
        let manifests = self.manifests.lock().expect("no holder panics");
        let line = |(index, (case, bytes)): (u64, (&String, &Vec<u8>))| DeviceCase {
            case: CaseId::new(from_hex(case).expect("an id")),
            index,
            manifest: Hash::of(&[bytes]),
            state: BoxCaseState::Complete,
            missing: Vec::new(),
            decision: None,
        };
        let cases: Vec<_> = (1..).zip(manifests.iter()).map(line).collect();
        DeviceCases { next: cases.len() as u64, cases }
    }

    fn receipt(&self, case: &str) -> Vec<u8> {
        let bytes = self.manifests.lock().expect("no holder panics").get(case).cloned().expect("was declared");
        let manifest = self.manifest(&bytes);
        let stored = manifest.payload().objects.iter();
        let receipt = Receipt {
            case: CaseId::new(from_hex(case).expect("an id")),
            manifest: Hash::of(&[&bytes]),
            objects: stored.map(|o| ReceiptObject { object: o.object, length: o.length, hash: o.hash }).collect(),
            stored_at: self.now(),
            box_id: BoxId::new([7; 16]),
            log_index: None,
        };
        sign_payload(Namespace::Receipt, receipt.encode(), &self.box_key).expect("signs")
    }

    fn manifest(&self, bytes: &[u8]) -> Signed<Manifest> {
        Signed::verify(bytes, &self.device_key).expect("signed by the device")
    }
}

fn token() -> TokenAnswer {
    TokenAnswer {
        access_token: ACCESS_TOKEN.to_owned(),
        token_type: "DPoP".to_owned(),
        expires_in: 43_200,
        scope: None,
        head: None,
    }
}

fn json(status: u16, value: &impl serde::Serialize) -> Response {
    let headers = vec![("content-type".to_owned(), JSON.to_owned())];
    Response { status, headers, body: serde_json::to_vec(value).expect("serialises") }
}

fn signed(bytes: &[u8]) -> Response {
    let headers = vec![("content-type".to_owned(), "application/cose".to_owned())];
    Response { status: 200, headers, body: bytes.to_vec() }
}
