//! A full box: who comes in, who is told to come back, and that nobody's body is read for nothing.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use streife_box::{AdmissionLimits, BoxConfig, Class, Fault, Gate, Route, RunningBox};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::ports::Clock;
use streife_core::sync::protocol::{BoxInfo, Hints, ProblemType, path};
use streife_core::testing::SimClock;
use support::{House, MORNING, Phone, TestCase, number, problem, random, with_body};

const SECONDS: Duration = Duration::from_secs(30);

/// A box with room for so many requests when a manifest, a record or a photo comes.
fn house(manifest: u32, record: u32, photo: u32) -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(SimClock::new(MORNING, 7200));
    let admission = AdmissionLimits { manifest, record, photo };
    let config = BoxConfig {
        admission,
        clock: Arc::<SimClock>::clone(&clock) as Arc<dyn Clock>,
        ..BoxConfig::local(folder.path())
    };
    House { storage: config.storage.clone(), running: RunningBox::start(config).expect("starts"), folder, clock }
}

fn hints(phone: &Phone) -> Hints {
    let answer = phone.http.get(format!("{}{}", phone.connection.origin, path::BOX)).send().expect("an answer");
    serde_json::from_slice::<BoxInfo>(&answer.bytes().expect("a body")).expect("what it can do").hints
}

/// Does something while a manifest stands at a gate inside the box.
fn while_one_is_inside<T>(house: &House, phone: &Phone, case: &TestCase, work: impl FnOnce() -> T) -> T {
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| phone.put_case(case).status());
        assert!(gate.wait_for_arrival(SECONDS));
        let done = work();
        gate.open();
        assert_eq!(held.join().expect("ends"), 201);
        done
    })
}

#[test]
fn a_photo_waits_while_records_and_manifests_come_in() {
    let house = house(3, 2, 1);
    let phone = house.phone();
    let (case, next) = (phone.case(1, &[100, 200]), phone.case(2, &[100]));
    phone.declare(&case);
    let [record, photo] = case.objects.as_slice() else { panic!("two objects") };
    while_one_is_inside(&house, &phone, &next, || {
        let refused = phone.put_object(&case, photo);
        assert!(number(&refused, "retry-after") >= 2);
        assert_eq!(problem(refused), (503, ProblemType::Busy));
        assert_eq!(phone.put_object(&case, record).status(), 201);
        assert_eq!(phone.put_case(&phone.case(3, &[100])).status(), 201);
        let figures = house.running.ledger().admission(Class::Photo);
        assert_eq!((figures.waiting, figures.refused), (1, 1));
    });
    assert_eq!(phone.put_object(&case, photo).status(), 201);
    assert_eq!(house.running.ledger().admission(Class::Photo).waiting, 0);
    assert!(house.running.ledger().case(case.id).expect("reads").expect("is there").receipt.is_some());
}

#[test]
fn wait_and_windows_grow_with_those_who_wait_and_go_back() {
    let house = house(9, 9, 1);
    let phone = house.phone();
    let (case, next) = (phone.case(1, &[100, 200]), phone.case(2, &[100]));
    phone.declare(&case);
    assert_eq!((hints(&phone).manifest_window_s, hints(&phone).photo_window_s), (0, 0));
    let photo = case.objects.last().expect("two objects");
    let waits = while_one_is_inside(&house, &phone, &next, || {
        let waits: Vec<u64> = (0..4).map(|_| number(&phone.put_object(&case, photo), "retry-after")).collect();
        let hints = hints(&phone);
        assert!(hints.photo_window_s >= 4, "{hints:?}");
        assert_eq!(hints.manifest_window_s, 0);
        waits
    });
    assert!(waits.is_sorted_by(|one, other| one < other), "{waits:?}");
    house.clock.advance_ms(120_000);
    assert_eq!(hints(&phone).photo_window_s, 0, "those who did not come back are forgotten");
}

#[test]
fn a_manifest_waits_only_when_the_house_is_full_of_them() {
    let house = house(1, 1, 1);
    let phone = house.phone();
    let (case, next) = (phone.case(1, &[100]), phone.case(2, &[100]));
    while_one_is_inside(&house, &phone, &case, || {
        assert_eq!(problem(phone.put_case(&next)), (503, ProblemType::Busy));
        assert!(hints(&phone).manifest_window_s > 0);
    });
    assert_eq!(phone.put_case(&next).status(), 201);
    assert_eq!(house.running.ledger().cases().expect("reads").len(), 2);
}

#[test]
fn a_client_that_asks_before_it_sends_is_refused_without_a_byte_of_its_body() {
    let house = house(9, 9, 1);
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let busy = while_one_is_inside(&house, &phone, &case, || ask_first(&house, 5_000_000));
    assert!(busy[0].starts_with("HTTP/1.1 503"), "{busy:?}");
    assert!(busy.iter().any(|line| line.to_lowercase().starts_with("retry-after: ")), "{busy:?}");
    assert_eq!(house.running.ledger().traffic(Route::UploadPatch).body_bytes, 0);
}

#[test]
fn a_client_that_asks_before_it_sends_is_not_called_upon_for_a_refusal() {
    let house = House::new();
    let lines = ask_first(&house, 5_000_000);
    assert!(lines[0].starts_with("HTTP/1.1 401"), "no `100 Continue` comes first: {lines:?}");
    assert_eq!(house.running.ledger().traffic(Route::UploadPatch).body_bytes, 0);
}

/// Sends the head of an upload that waits for `100 Continue`; gives the head of the first answer.
fn ask_first(house: &House, length: usize) -> Vec<String> {
    let connection = house.running.connection();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(connection.ca_pem.as_bytes()).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let name = ServerName::try_from("localhost").expect("a name");
    let tcp = TcpStream::connect(house.running.address()).expect("connects");
    tcp.set_read_timeout(Some(SECONDS)).expect("sets");
    let mut tls = StreamOwned::new(ClientConnection::new(config, name).expect("a client"), tcp);
    let object = ObjectId::new(random());
    let head = format!(
        "PATCH {} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
        path::upload(object)
    );
    tls.write_all(head.as_bytes()).expect("sends");
    head_of(&mut tls)
}

fn head_of(stream: &mut impl Read) -> Vec<String> {
    let lines = BufReader::new(stream).lines();
    lines.map(|line| line.expect("text")).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn of_a_body_that_is_on_its_way_a_little_is_read() {
    let house = house(9, 9, 1);
    let phone = house.phone();
    let (case, next) = (phone.case(1, &[100, 8_000_000]), phone.case(2, &[100]));
    phone.declare(&case);
    let (object, bytes) = &case.objects[1];
    while_one_is_inside(&house, &phone, &next, || {
        let request = phone.request(Method::PATCH, &path::upload(*object));
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 0);
        // The answer, or a connection that ends while the phone still sends: it counts as refused either way.
        let answer = with_body(request, "application/offset+octet-stream", bytes.clone()).send();
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 503));
        let read = house.running.ledger().traffic(Route::UploadPatch).body_bytes;
        assert!(read < 1_000_000, "{read} bytes of a photo were read for nothing");
    });
    assert_eq!(phone.patch(*object, 0, bytes).status(), 204);
}

#[test]
fn a_stranger_s_object_is_a_photo() {
    let house = house(9, 9, 1);
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let stray = TestCase { id: CaseId::new(random()), ..phone.case(9, &[50]) };
    while_one_is_inside(&house, &phone, &case, || {
        assert_eq!(problem(phone.put_object(&stray, &stray.objects[0])), (503, ProblemType::Busy));
    });
}
