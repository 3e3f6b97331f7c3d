//! The same bytes again are welcome, other bytes never, and what is wrong leaves no trace.

mod support;

use reqwest::Method;
use streife_box::Route;
use streife_core::domain::{CaseId, EventId, ObjectId};
use streife_core::seal::{Hash, Kind, ManifestObject, SoftwareKey};
use streife_core::sync::protocol::{CaseAnswer, ProblemType, digest_header};
use support::{House, Phone, TestCase, listed, problem, random, shift_seal};

#[test]
fn a_device_keeps_its_key() {
    let house = House::new();
    let phone = house.phone();
    assert_eq!(phone.enrol().status(), 200);
    let own = phone.key.verifying_key();
    assert_eq!(phone.enrol_with(&own, "expired by now").status(), 200);
    let other = SoftwareKey::from_bytes(&[5; 32]).expect("a key").verifying_key();
    let code = &phone.connection.enrolment_code;
    assert_eq!(problem(phone.enrol_with(&other, code)), (409, ProblemType::DeviceConflict));
    let stranger = Phone::new(phone.connection.clone(), phone.clock.clone());
    assert_eq!(problem(stranger.enrol_with(&other, "guessed")), (403, ProblemType::EnrolmentRefused));
    assert_eq!(house.running.ledger().devices().expect("reads").len(), 1);
}

#[test]
fn a_shift_and_its_seal_are_stored_once() {
    let house = House::new();
    let phone = house.phone();
    let path = format!("/v1/shifts/{}", phone.shift);
    assert_eq!(phone.open_shift().status(), 200);
    assert_eq!(problem(phone.put_cose(&path, &phone.opening(2))), (409, ProblemType::ShiftConflict));
    let (seal, other) = (shift_seal(&phone, &[], 0), shift_seal(&phone, &[], 1));
    let path = format!("{path}/seal");
    assert_eq!(phone.put_cose(&path, &seal).status(), 201);
    assert_eq!(phone.put_cose(&path, &seal).status(), 200);
    assert_eq!(problem(phone.put_cose(&path, &other)), (409, ProblemType::ShiftConflict));
    assert_eq!(house.running.ledger().shifts().expect("reads")[0].seal.as_ref(), Some(&seal));
}

#[test]
fn a_case_is_declared_once() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let first = phone.declare(&case);
    let again = phone.put_case(&case);
    assert_eq!(again.status(), 200);
    let again: CaseAnswer = serde_json::from_slice(&again.bytes().expect("a body")).expect("an answer");
    assert_eq!(first, again);
    let mut other = case.clone();
    other.manifest.seq = 2;
    other.sign(&phone.key);
    assert_eq!(problem(phone.put_case(&other)), (409, ProblemType::CaseConflict));
    assert_eq!(house.running.ledger().case(case.id).expect("reads").expect("is there").manifest, case.signed);
}

#[test]
fn an_object_belongs_to_one_case() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    phone.declare(&case);
    let mut thief = phone.case(2, &[100]);
    thief.manifest.objects.push(ManifestObject { kind: Kind::Photo, ..case.manifest.objects[0].clone() });
    thief.sign(&phone.key);
    assert_eq!(problem(phone.put_case(&thief)), (409, ProblemType::ObjectConflict));
    assert_eq!(house.running.ledger().cases().expect("reads").len(), 1);
}

#[test]
fn an_object_is_stored_once() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100, 100]);
    phone.declare(&case);
    let (id, bytes) = case.objects[0].clone();
    let wrong = vec![0; bytes.len()];
    assert_eq!(problem(phone.put_object(&case, &(id, wrong.clone()))), (422, ProblemType::ObjectDigestMismatch));
    assert_eq!(problem(phone.put_object(&case, &(id, vec![0; 9_999]))), (422, ProblemType::ObjectDigestMismatch));
    assert_eq!(phone.put_object(&case, &(id, bytes.clone())).status(), 201);
    assert_eq!(phone.put_object(&case, &(id, bytes.clone())).status(), 200);
    assert_eq!(problem(phone.put_object(&case, &(id, wrong))), (409, ProblemType::ObjectConflict));
    let unknown = (ObjectId::new(random()), bytes);
    assert_eq!(problem(phone.put_object(&case, &unknown)), (404, ProblemType::ObjectUnknown));
    let traffic = house.running.ledger().traffic(Route::ObjectPut);
    assert_eq!((traffic.answers[&201], traffic.answers[&200], traffic.requests), (1, 1, 6));
}

#[test]
fn an_event_is_stored_once() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    phone.declare(&case);
    let event = EventId::new(random());
    let path = format!("/v1/cases/{}/events/{event}", case.id);
    let bytes = phone.void(case.id, event, "duplicate");
    assert_eq!(phone.put_cose(&path, &bytes).status(), 201);
    assert_eq!(phone.put_cose(&path, &bytes).status(), 200);
    let other = phone.void(case.id, event, "other");
    assert_eq!(problem(phone.put_cose(&path, &other)), (409, ProblemType::EventConflict));
    let nowhere = CaseId::new(random());
    let bytes = phone.void(nowhere, event, "duplicate");
    let path = format!("/v1/cases/{nowhere}/events/{event}");
    assert_eq!(problem(phone.put_cose(&path, &bytes)), (404, ProblemType::CaseUnknown));
}

#[test]
fn a_body_without_its_digest_is_refused() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let send = |digest: Option<String>| {
        let request = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
        let request = request.header("content-type", "application/cose").body(case.signed.clone());
        let request = match digest {
            Some(digest) => request.header("content-digest", digest),
            None => request,
        };
        request.send().expect("an answer")
    };
    for digest in [None, Some(digest_header(&Hash([0; 32]))), Some("sha-512=:AAAA:".to_owned())] {
        assert_eq!(problem(send(digest)), (400, ProblemType::DigestMismatch));
    }
    assert!(house.running.ledger().cases().expect("reads").is_empty());
    assert_eq!(send(Some(digest_header(&Hash::of(&[&case.signed])))).status(), 201);
}

#[test]
fn what_the_device_did_not_sign_is_refused() {
    let house = House::new();
    let phone = house.phone();
    let mut case = phone.case(1, &[100]);
    let good = case.signed.clone();
    case.sign(&SoftwareKey::from_bytes(&[5; 32]).expect("a key"));
    assert_eq!(problem(phone.put_case(&case)), (422, ProblemType::SignatureInvalid));
    case.signed = good.clone();
    *case.signed.last_mut().expect("not empty") ^= 1;
    assert_eq!(problem(phone.put_case(&case)), (422, ProblemType::SignatureInvalid));
    case.signed = phone.opening(1);
    assert_eq!(problem(phone.put_case(&case)), (422, ProblemType::SignatureInvalid));
    case.signed = good.iter().rev().copied().collect();
    assert_eq!(problem(phone.put_case(&case)), (400, ProblemType::Malformed));
    let path = format!("/v1/cases/{}", CaseId::new(random()));
    assert_eq!(problem(phone.put_cose(&path, &good)), (400, ProblemType::Malformed));
}

#[test]
fn a_manifest_must_keep_the_rules() {
    let house = House::new();
    let phone = house.phone();
    let changed = |change: &dyn Fn(&mut TestCase)| {
        let mut case = phone.case(1, &[100]);
        change(&mut case);
        case.sign(&phone.key);
        problem(phone.put_case(&case))
    };
    let foreign = changed(&|case| case.manifest.agency.0.push('x'));
    assert_eq!(foreign, (400, ProblemType::Malformed));
    let unopened = changed(&|case| case.manifest.shift = streife_core::domain::ShiftId::new(random()));
    assert_eq!(unopened, (404, ProblemType::ShiftUnknown));
    let twice = changed(&|case| case.manifest.objects.push(case.manifest.objects[0].clone()));
    assert_eq!(twice, (400, ProblemType::Malformed));
    let without_record = changed(&|case| case.manifest.objects[0].kind = Kind::Photo);
    assert_eq!(without_record, (400, ProblemType::Malformed));
    let huge = changed(&|case| case.manifest.objects[0].length = 64 * 1024 * 1024 + 1);
    assert_eq!(huge, (413, ProblemType::TooLarge));
    let many = changed(&|case| {
        case.manifest.objects.extend((0..256).map(|_| listed(ObjectId::new(random()), b"x")));
    });
    assert_eq!(many, (413, ProblemType::TooLarge));
    let closed = changed(&|case| {
        let strangers = case.manifest.wraps.iter_mut().zip(0..);
        strangers.for_each(|(wrap, n)| wrap.recipient = streife_core::domain::KeyId::new([n; 16]));
    });
    assert_eq!(closed, (422, ProblemType::Malformed));
    let long = changed(&|case| case.manifest.build.app = "x".repeat(66_000));
    assert_eq!(long, (413, ProblemType::TooLarge));
}

#[test]
fn a_device_sees_and_changes_its_own_cases_only() {
    let house = House::new();
    let (owner, other) = (house.phone(), house.phone());
    let case = owner.case(1, &[100, 300_000]);
    owner.declare(&case);
    assert_eq!(problem(other.get(&format!("/v1/cases/{}", case.id))), (404, ProblemType::CaseUnknown));
    assert_eq!(problem(other.put_object(&case, &case.objects[0])), (404, ProblemType::ObjectUnknown));
    assert_eq!(problem(other.patch(case.objects[1].0, 0, b"x")), (404, ProblemType::ObjectUnknown));
    let event = EventId::new(random());
    let bytes = other.void(case.id, event, "duplicate");
    let path = format!("/v1/cases/{}/events/{event}", case.id);
    assert_eq!(problem(other.put_cose(&path, &bytes)), (404, ProblemType::CaseUnknown));
    let seal = shift_seal(&other, &[], 0);
    let path = format!("/v1/shifts/{}/seal", owner.shift);
    assert_eq!(problem(other.put_cose(&path, &seal)), (400, ProblemType::Malformed));
}

#[test]
fn only_the_right_content_type_is_read() {
    let house = House::new();
    let phone = house.phone();
    let request = phone.request(Method::PUT, &format!("/v1/shifts/{}", phone.shift));
    let answer = support::with_body(request, "application/json", phone.opening(1)).send().expect("an answer");
    assert_eq!(problem(answer), (415, ProblemType::UnsupportedMedia));
}
