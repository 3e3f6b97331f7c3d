//! A whole case from enrolment to the case worker's desk.

mod support;

use reqwest::Method;
use streife_box::store::Blob;
use streife_core::domain::{EventId, ObjectId};
use streife_core::seal::{Binding, Kind, Manifest, Receipt, Scope, Signed, TimeStatement, VerifyingKey, open};
use streife_core::sync::protocol::{BoxCaseState, BoxInfo, CaseAnswer, ProblemType, UploadProtocol};
use support::{House, problem, random, sealed_head, shift_seal};

#[test]
fn a_case_goes_from_the_phone_to_the_case_worker() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[1000, 300_000]);
    let answer = phone.declare(&case);
    assert_eq!((answer.state, answer.missing.len()), (BoxCaseState::Declared, 2));
    let protocols: Vec<_> = answer.uploads.iter().map(|upload| upload.protocol).collect();
    assert_eq!(protocols, [UploadProtocol::Put, UploadProtocol::Tus]);
    assert_eq!(problem(phone.get(&format!("/v1/cases/{}/receipt", case.id))), (404, ProblemType::CaseIncomplete));
    phone.send_objects(&case);
    let answer = phone.get(&format!("/v1/cases/{}", case.id)).bytes().expect("a body");
    let answer: CaseAnswer = serde_json::from_slice(&answer).expect("an answer");
    assert_eq!((answer.state, answer.missing), (BoxCaseState::Complete, Vec::new()));

    let receipt = phone.get(&format!("/v1/cases/{}/receipt", case.id));
    assert_eq!(receipt.headers().get("content-type").expect("a type"), "application/cose");
    let box_key = VerifyingKey::from_sec1(&phone.connection.box_key).expect("a key");
    let receipt = Signed::<Receipt>::verify(&receipt.bytes().expect("a body"), &box_key).expect("verifies");
    let manifest = Signed::<Manifest>::verify(&case.signed, &phone.key.verifying_key()).expect("verifies");
    assert!(receipt.payload().covers(&manifest));
    assert_eq!(receipt.payload().stored_at, support::MORNING);
}

#[test]
fn the_case_worker_reads_verifies_and_opens_what_the_phone_sent() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[300_000]);
    phone.declare(&case);
    phone.send_objects(&case);
    let desk = |path: &str| {
        let request = phone.http.get(format!("{}{path}", phone.connection.origin));
        let answer = request.bearer_auth(&phone.connection.desk_token).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().expect("a body").to_vec()
    };
    let json = |path: &str| serde_json::from_slice::<serde_json::Value>(&desk(path)).expect("JSON");

    let list = json("/v1/cases?after=0");
    assert_eq!((list["cases"][0]["case"].as_str(), list["next"].as_u64()), (Some(&*case.id.to_string()), Some(1)));
    assert_eq!(json("/v1/cases?after=1")["cases"].as_array().map(Vec::len), Some(0));
    let jwk = json(&format!("/v1/devices/{}", phone.device))["jwk"].clone();
    let jwk: streife_core::seal::jose::Jwk = serde_json::from_value(jwk).expect("a key");
    let bytes = desk(&format!("/v1/cases/{}/manifest", case.id));
    let manifest = Signed::<Manifest>::verify(&bytes, &jwk.key().expect("a point")).expect("verifies").into_payload();
    let agency = house.running.dev_agency().expect("the agency");
    let key = manifest.open_case_key(&agency.case_worker).expect("opens");
    let object = case.objects[0].0;
    let sealed = desk(&format!("/v1/cases/{}/objects/{object}", case.id));
    assert_eq!(sealed, case.objects[0].1);
    let plain =
        open(&key.object_key(case.id, Scope::Full, object), &Binding::of_case(Kind::Record, case.id, object), &sealed);
    assert_eq!(plain.expect("opens").len(), 300_000);
    assert_eq!(desk(&format!("/v1/shifts/{}", phone.shift)), phone.opening(1));
    assert!(!desk(&format!("/v1/cases/{}/receipt", case.id)).is_empty());
    assert_eq!(json(&format!("/v1/cases/{}/events", case.id))["events"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_void_is_appended_and_deletes_nothing() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    phone.declare(&case);
    phone.send_objects(&case);
    let event = EventId::new(random());
    let path = format!("/v1/cases/{}/events/{event}", case.id);
    let bytes = phone.void(case.id, event, "duplicate");
    assert_eq!(phone.put_cose(&path, &bytes).status(), 201);
    let found = house.running.ledger().case(case.id).expect("reads").expect("is there");
    assert_eq!((found.state, found.events.len()), (BoxCaseState::Voided, 1));
    assert!(found.receipt.is_some() && found.objects[0].stored);
    let bytes = house.running.ledger().object_bytes(case.objects[0].0).expect("reads");
    assert_eq!(bytes, case.objects[0].1);
}

#[test]
fn a_restart_keeps_everything_and_goes_on_where_it_was() {
    let mut house = House::new();
    let mut phone = house.phone();
    let (done, half) = (phone.case(1, &[100]), phone.case(2, &[600_000]));
    phone.declare(&done);
    phone.send_objects(&done);
    phone.declare(&half);
    let (object, bytes) = &half.objects[0];
    assert_eq!(phone.patch(*object, 0, &bytes[..200_000]).status(), 204);
    let before = house.running.connection().clone();
    house = house.restart();
    phone.learn_nonce();
    assert_eq!(&before, house.running.connection());
    assert_eq!(phone.offset(*object), 200_000);
    assert_eq!(phone.patch(*object, 200_000, &bytes[200_000..]).status(), 204);
    let cases = house.running.ledger().cases().expect("reads");
    assert!(cases.iter().all(|case| case.state == BoxCaseState::Complete && case.receipt.is_some()));
    assert_eq!(cases.len(), 2);
}

#[test]
fn what_a_crash_left_behind_is_taken_over_or_removed_at_the_start() {
    let mut house = House::new();
    let mut phone = house.phone();
    let case = phone.case(1, &[300_000, 300_000, 300_000]);
    phone.declare(&case);
    let [(whole, whole_bytes), (wrong, wrong_bytes), (renamed, renamed_bytes)] = &case.objects[..] else { panic!() };
    house.leave(Blob::Part(*whole), whole_bytes);
    house.leave(Blob::Part(*wrong), &vec![0; wrong_bytes.len()]);
    house.leave(Blob::Part(ObjectId::new(random())), b"?");
    house.leave(Blob::Stored(*renamed), renamed_bytes);
    house.leave(Blob::OneShot(*renamed), b"?");
    let uploads = house.folder.path().join("uploads");
    std::fs::write(uploads.join("stray.part"), b"?").expect("writes");
    house = house.restart();
    phone.learn_nonce();
    let found = house.running.ledger().case(case.id).expect("reads").expect("is there");
    let stored: Vec<_> = found.objects.iter().map(|object| object.stored).collect();
    assert_eq!(stored, [true, false, true]);
    let files = std::fs::read_dir(&uploads).expect("reads").count();
    assert_eq!(files, usize::from(support::IN_MEMORY), "a box in memory looks at no folder");
    assert_eq!(phone.offset(*wrong), 0);
}

#[test]
fn the_seal_of_a_shift_is_judged_again_when_a_late_case_arrives() {
    use streife_box::{SealFlag, SequenceFlag};
    let house = House::new();
    let mut phone = house.phone();
    phone.shift = streife_core::domain::ShiftId::new(random());
    let opening = streife_core::seal::ShiftOpening {
        shift: phone.shift,
        device: phone.device,
        agency: streife_core::domain::Agency(phone.connection.agency.clone()),
        head: sealed_head(),
    };
    let opening = streife_core::seal::sign_payload(
        streife_core::seal::Namespace::Shift,
        streife_core::seal::SignedPayload::encode(&opening),
        &phone.key,
    );
    let path = format!("/v1/shifts/{}", phone.shift);
    assert_eq!(phone.put_cose(&path, &opening.expect("signs")).status(), 201);
    let mut cases = [phone.case(1, &[10]), phone.case(2, &[10])];
    for case in &mut cases {
        case.manifest.head = sealed_head();
        case.sign(&phone.key);
    }
    let flag = || {
        let shifts = house.running.ledger().shifts().expect("reads");
        shifts.iter().find(|shift| shift.shift == phone.shift).expect("is there").flag
    };
    phone.declare(&cases[1]);
    let sequence =
        |case: &support::TestCase| house.running.ledger().case(case.id).expect("reads").expect("is there").sequence;
    assert_eq!(sequence(&cases[1]), SequenceFlag::Gap);
    assert_eq!(flag(), SealFlag::Open);
    let seal = shift_seal(&phone, &[&cases[0], &cases[1]], 2);
    assert_eq!(phone.put_cose(&format!("{path}/seal"), &seal).status(), 201);
    assert_eq!(flag(), SealFlag::Waiting);
    phone.declare(&cases[0]);
    assert_eq!((flag(), sequence(&cases[1])), (SealFlag::Fits, SequenceFlag::Fits));
    phone.declare(&phone.case(2, &[10]));
    assert_eq!(flag(), SealFlag::Contradicts);
}

#[test]
fn anyone_may_ask_what_the_box_can_and_what_time_it_has() {
    let house = House::new();
    let connection = house.running.connection();
    let http = support::client(connection);
    let get = |path: &str| http.get(format!("{}{path}", connection.origin)).send().expect("an answer");
    let answer = get("/v1/box");
    assert_eq!(answer.headers().get("date").expect("a date"), "Mon, 15 Jun 2026 06:00:00 GMT");
    let info: BoxInfo = serde_json::from_slice(&answer.bytes().expect("a body")).expect("capabilities");
    let key = VerifyingKey::from_sec1(&connection.box_key).expect("a key");
    assert_eq!((info.keys.receipt, info.limits.put_bytes), (key.id(), 262_144));
    let answer = get("/v1/time?nonce=000102030405060708090a0b0c0d0e0f").bytes().expect("a body");
    let time = Signed::<TimeStatement>::verify(&answer, &key).expect("verifies").into_payload();
    assert_eq!((time.unix_ms, time.nonce[15]), (support::MORNING, 15));
    assert_eq!(problem(get("/v1/time?nonce=00")), (400, ProblemType::Malformed));
    assert_eq!(problem(get("/v1/nothing")), (404, ProblemType::NotFound));
}

#[test]
fn a_list_that_has_not_changed_is_not_sent_again() {
    let house = House::new();
    let connection = house.running.connection();
    let http = support::client(connection);
    for path in ["/v1/recipients", "/v1/catalogues/offences", "/v1/box"] {
        let url = format!("{}{path}", connection.origin);
        let first = http.get(&url).send().expect("an answer");
        let tag = first.headers().get("etag").expect("a tag").clone();
        let again = http.get(&url).header("if-none-match", tag).send().expect("an answer");
        assert_eq!((again.status().as_u16(), again.bytes().expect("a body").len()), (304, 0));
        let other = http.get(&url).header("if-none-match", "\"other\"").send().expect("an answer");
        assert_eq!(other.status(), 200);
    }
    let root = VerifyingKey::from_sec1(&connection.agency_root).expect("a key");
    let catalogue = http.get(format!("{}/v1/catalogues/offences", connection.origin)).send().expect("an answer");
    let bytes = catalogue.bytes().expect("a body");
    let catalogue = Signed::<streife_core::seal::SignedCatalogue>::verify(&bytes, &root).expect("verifies");
    assert_eq!(catalogue.payload().0, streife_box::STARTER_CATALOGUE);
    let unknown = http.request(Method::GET, format!("{}/v1/catalogues/other", connection.origin)).send();
    assert_eq!(problem(unknown.expect("an answer")), (404, ProblemType::NotFound));
}
