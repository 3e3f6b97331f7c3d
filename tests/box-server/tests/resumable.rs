//! Resumable uploads against the table of tus 1.0.0, and against connections that die.

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::Response;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use streife_box::{Gate, Route};
use streife_core::domain::ObjectId;
use streife_core::seal::{Hash, jose};
use streife_core::sync::protocol::{CaseAnswer, ProblemType, digest_header};
use support::{House, Phone, TestCase, number, problem, random};

const MINUTE: Duration = Duration::from_secs(60);

fn declared(house: &House, size: usize) -> (Phone, TestCase) {
    let phone = house.phone();
    let case = phone.case(1, &[size]);
    phone.declare(&case);
    (phone, case)
}

fn raw(phone: &Phone, object: ObjectId, headers: &[(&str, &str)]) -> Response {
    let request = phone.request(Method::PATCH, &format!("/v1/uploads/{object}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(vec![0; 10]).send().expect("an answer")
}

#[test]
fn the_table_of_the_protocol_holds() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let (object, bytes) = &case.objects[0];
    let length = bytes.len() as u64;

    let head = phone.head_upload(*object);
    assert_eq!(head.status(), 200);
    assert_eq!((number(&head, "upload-offset"), number(&head, "upload-length")), (0, length));
    assert_eq!(head.headers().get("cache-control").expect("a header"), "no-store");
    assert_eq!(head.headers().get("tus-resumable").expect("a header"), "1.0.0");

    let (version, kind) = (("tus-resumable", "1.0.0"), ("content-type", "application/offset+octet-stream"));
    let no_version = raw(&phone, *object, &[kind, ("upload-offset", "0")]);
    assert_eq!(no_version.headers().get("tus-version").expect("a header"), "1.0.0");
    assert_eq!(no_version.status(), 412);
    let old = raw(&phone, *object, &[("tus-resumable", "0.2.2"), kind, ("upload-offset", "0")]);
    assert_eq!(old.status(), 412);
    let no_kind = raw(&phone, *object, &[version, ("content-type", "image/jpeg"), ("upload-offset", "0")]);
    assert_eq!(problem(no_kind), (415, ProblemType::UnsupportedMedia));
    let no_offset = raw(&phone, *object, &[version, kind]);
    assert_eq!(problem(no_offset), (400, ProblemType::Malformed));
    let unknown = raw(&phone, ObjectId::new(random()), &[version, kind, ("upload-offset", "0")]);
    assert_eq!(problem(unknown), (404, ProblemType::ObjectUnknown));

    let first = phone.patch(*object, 0, &bytes[..100_000]);
    assert_eq!((first.status().as_u16(), number(&first, "upload-offset")), (204, 100_000));
    let stale: streife_core::sync::protocol::Problem =
        serde_json::from_slice(&phone.patch(*object, 0, &bytes[..1]).bytes().expect("a body")).expect("a problem");
    assert_eq!((stale.status, stale.offset), (409, Some(100_000)));
    assert_eq!(phone.offset(*object), 100_000);
    let last = phone.patch(*object, 100_000, &bytes[100_000..]);
    assert_eq!((last.status().as_u16(), number(&last, "upload-offset")), (204, length));
    assert_eq!(phone.offset(*object), length);
    assert_eq!(phone.patch(*object, length, &[]).status(), 204);
    assert_eq!(problem(phone.patch(*object, 0, bytes)), (409, ProblemType::UploadOffset));
    assert!(house.running.ledger().case(case.id).expect("reads").expect("is there").receipt.is_some());
}

#[test]
fn a_chunk_without_digest_is_taken_from_foreign_clients() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let headers =
        [("tus-resumable", "1.0.0"), ("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
    assert_eq!(raw(&phone, case.objects[0].0, &headers).status(), 204);
}

#[test]
fn a_chunk_with_a_wrong_digest_is_taken_back() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let (object, bytes) = &case.objects[0];
    assert_eq!(phone.patch(*object, 0, &bytes[..1000]).status(), 204);
    let request = phone.request(Method::PATCH, &format!("/v1/uploads/{object}"));
    let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 1000);
    let request = support::with_body(request, "application/offset+octet-stream", bytes[1000..2000].to_vec());
    let answer = request.body(vec![0; 1000]).send().expect("an answer");
    assert_eq!(problem(answer), (400, ProblemType::DigestMismatch));
    assert_eq!(phone.offset(*object), 1000);
}

#[test]
fn more_than_the_object_is_taken_back() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let (object, bytes) = &case.objects[0];
    assert_eq!(phone.patch(*object, 0, &bytes[..1000]).status(), 204);
    let more = vec![0; bytes.len()];
    assert_eq!(problem(phone.patch(*object, 1000, &more)), (413, ProblemType::TooLarge));
    assert_eq!(phone.offset(*object), 1000);
}

#[test]
fn wrong_bytes_begin_again_at_zero() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let (object, bytes) = &case.objects[0];
    let mut wrong = bytes.clone();
    wrong[150_000] ^= 1;
    assert_eq!(problem(phone.patch(*object, 0, &wrong)), (422, ProblemType::ObjectDigestMismatch));
    assert_eq!(phone.offset(*object), 0);
    assert_eq!(phone.patch(*object, 0, bytes).status(), 204);
}

#[test]
fn an_unfinished_upload_can_be_given_up_but_a_stored_object_cannot() {
    let house = House::new();
    let (phone, case) = declared(&house, 300_000);
    let (object, bytes) = &case.objects[0];
    let delete = || {
        let request = phone.request(Method::DELETE, &format!("/v1/uploads/{object}"));
        request.header("tus-resumable", "1.0.0").send().expect("an answer")
    };
    assert_eq!(phone.patch(*object, 0, &bytes[..1000]).status(), 204);
    assert_eq!(delete().status(), 204);
    assert_eq!(phone.offset(*object), 0);
    assert_eq!(phone.patch(*object, 0, bytes).status(), 204);
    assert_eq!(problem(delete()), (409, ProblemType::ObjectConflict));
    assert_eq!(phone.offset(*object), bytes.len() as u64);
}

#[test]
fn a_cut_connection_keeps_what_had_arrived() {
    let house = House::new();
    let (phone, case) = declared(&house, 600_000);
    let (object, bytes) = &case.objects[0];
    let mut wire = Wire::begin_patch(&phone, *object, bytes);
    wire.send(&bytes[..250_000]);
    wire.cut();
    assert_eq!(phone.offset(*object), 250_000);
    let again = phone.put_case(&case).bytes().expect("a body");
    let again: CaseAnswer = serde_json::from_slice(&again).expect("an answer");
    assert_eq!(again.uploads[0].offset, 250_000);
    assert_eq!(phone.patch(*object, 250_000, &bytes[250_000..]).status(), 204);
    let traffic = house.running.ledger().traffic(Route::UploadPatch);
    assert_eq!((traffic.requests, traffic.body_bytes), (2, bytes.len() as u64));
}

#[test]
fn a_box_that_dies_in_the_middle_goes_on_where_it_was() {
    let mut house = House::new();
    let (mut phone, case) = declared(&house, 600_000);
    let (object, bytes) = &case.objects[0];
    let mut wire = Wire::begin_patch(&phone, *object, bytes);
    wire.send(&bytes[..250_000]);
    assert!(house.running.ledger().wait_for(Route::UploadPatch, MINUTE, |traffic| traffic.body_bytes == 250_000));
    house = house.restart_after_kill();
    phone.learn_nonce();
    let held = phone.offset(*object);
    assert!(held <= 250_000);
    let rest = usize::try_from(held).expect("small");
    assert_eq!(phone.patch(*object, held, &bytes[rest..]).status(), 204);
    assert!(house.running.ledger().case(case.id).expect("reads").expect("is there").receipt.is_some());
}

#[test]
fn a_phone_that_comes_back_ends_its_own_forgotten_request() {
    let house = House::new();
    let (phone, case) = declared(&house, 600_000);
    let (object, bytes) = &case.objects[0];
    // The old connection stays open and silent, as one does whose phone has changed the network.
    let mut forgotten = Wire::begin_patch(&phone, *object, bytes);
    forgotten.send(&bytes[..100_000]);
    let ledger = house.running.ledger();
    assert!(ledger.wait_for(Route::UploadPatch, MINUTE, |traffic| traffic.body_bytes == 100_000));
    assert_eq!(phone.offset(*object), 100_000);
    assert_eq!(forgotten.status(), 423);
    assert_eq!(phone.patch(*object, 100_000, &bytes[100_000..]).status(), 204);
}

#[test]
fn of_two_requests_for_the_same_bytes_one_is_told_the_offset() {
    let house = House::new();
    let (phone, case) = declared(&house, 600_000);
    let (object, bytes) = &case.objects[0];
    let gate = Gate::new();
    house.running.chaos().script(Route::UploadPatch, 1, streife_box::Fault::Hold(gate.clone()));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| problem(phone.patch(*object, 0, bytes)));
        assert!(gate.wait_for_arrival(MINUTE));
        assert_eq!(phone.patch(*object, 0, bytes).status(), 204);
        gate.open();
        assert_eq!(held.join().expect("ends"), (409, ProblemType::UploadOffset));
    });
    assert!(house.running.ledger().case(case.id).expect("reads").expect("is there").receipt.is_some());
}

/// A request by hand, so that it can stop in the middle.
struct Wire(StreamOwned<ClientConnection, TcpStream>);

impl Wire {
    fn begin_patch(phone: &Phone, object: ObjectId, bytes: &[u8]) -> Self {
        let mut wire = Self::connect(phone);
        let path = format!("/v1/uploads/{object}");
        let proof = jose::sign_proof(&phone.proof_claims("PATCH", &path), &phone.session).expect("signs");
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: DPoP {}\r\ndpop: {proof}\r\n\
             tus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-digest: {}\r\n\
             content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
            phone.token,
            digest_header(&Hash::of(&[bytes])),
            bytes.len()
        );
        wire.send(head.as_bytes());
        wire
    }

    fn connect(phone: &Phone) -> Self {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(phone.connection.ca_pem.as_bytes()).expect("a certificate");
        roots.add(ca).expect("an authority");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("TLS");
        let address = phone.connection.origin.replace("https://localhost", "127.0.0.1");
        Self(StreamOwned::new(tls, TcpStream::connect(address).expect("connects")))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("writes");
        self.0.flush().expect("writes");
    }

    /// Ends the connection below TLS and waits until the box has noticed.
    fn cut(mut self) {
        self.0.sock.shutdown(Shutdown::Write).expect("shuts down");
        let _ = self.0.sock.read_to_end(&mut Vec::new());
    }

    fn status(&mut self) -> u16 {
        let mut head = [0; 12];
        self.0.read_exact(&mut head).expect("an answer");
        std::str::from_utf8(&head[9..]).expect("text").parse().expect("a status")
    }
}
