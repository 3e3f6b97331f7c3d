//! The parts of tus that foreign clients use: creation, checksum, expiration, and what the box says of itself.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use reqwest::blocking::Response;
use streife_core::domain::ObjectId;
use streife_core::sync::protocol::ProblemType;
use support::{House, Phone, TestCase, number, problem, with_body};

const CHUNK: &str = "application/offset+octet-stream";
const DAY_MS: u32 = 86_400_000;

/// A phone with a case of one large object.
fn announced(house: &House) -> (Phone, TestCase) {
    let phone = house.phone();
    let case = phone.case(1, &[300_000]);
    phone.declare(&case);
    (phone, case)
}

fn create(phone: &Phone, object: ObjectId, length: usize) -> Response {
    create_with(phone, object, length, None)
}

fn create_with(phone: &Phone, object: ObjectId, length: usize, body: Option<&[u8]>) -> Response {
    let metadata = format!("filename {},object {}", BASE64.encode("x"), BASE64.encode(object.to_string()));
    let request = phone.request(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0");
    let request = request.header("upload-length", length).header("upload-metadata", metadata);
    let request = match body {
        Some(body) => with_body(request, CHUNK, body.to_vec()),
        None => request,
    };
    request.send().expect("an answer")
}

fn patch(phone: &Phone, object: ObjectId, (offset, bytes): (u64, &[u8]), checksum: &str) -> Response {
    let request = phone.request(Method::PATCH, &format!("/v1/uploads/{object}"));
    let request = request.header("tus-resumable", "1.0.0").header("upload-offset", offset);
    let request = request.header("content-type", CHUNK).header("upload-checksum", checksum);
    request.body(bytes.to_vec()).send().expect("an answer")
}

fn sha1(bytes: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    format!("sha1 {}", BASE64.encode(sum.as_ref()))
}

#[test]
fn the_box_says_what_it_can_do_of_the_protocol() {
    let house = House::new();
    let connection = house.running.connection();
    let http = support::client(connection);
    let answer = http.request(Method::OPTIONS, format!("{}/v1/uploads", connection.origin)).send().expect("an answer");
    assert_eq!(answer.status(), 204);
    let said = |name: &str| answer.headers().get(name).expect("the header").to_str().expect("text").to_owned();
    assert_eq!(said("tus-resumable"), "1.0.0");
    assert_eq!(said("tus-extension"), "creation,creation-with-upload,checksum,termination,expiration");
    assert_eq!(said("tus-checksum-algorithm"), "sha256,sha1");
    assert_eq!(said("tus-max-size"), "67108864");
}

#[test]
fn creating_twice_finds_the_upload_as_it_stands() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    let first = create(&phone, *object, bytes.len());
    assert_eq!((first.status().as_u16(), number(&first, "upload-offset")), (201, 0));
    assert_eq!(first.headers().get("location").expect("a place"), &format!("/v1/uploads/{object}"));
    assert_eq!(phone.patch(*object, 0, &bytes[..100_000]).status(), 204);
    let again = create(&phone, *object, bytes.len());
    assert_eq!((again.status().as_u16(), number(&again, "upload-offset")), (200, 100_000));
    let with_body = create_with(&phone, *object, bytes.len(), Some(&bytes[..50_000]));
    assert_eq!((with_body.status().as_u16(), number(&with_body, "upload-offset")), (200, 100_000));
    assert_eq!(phone.patch(*object, 100_000, &bytes[100_000..]).status(), 204);
    assert_eq!(phone.get(&format!("/v1/cases/{}/receipt", case.id)).status(), 200);
    let after = create(&phone, *object, bytes.len());
    assert_eq!((after.status().as_u16(), number(&after, "upload-offset")), (200, bytes.len() as u64));
}

#[test]
fn an_upload_may_come_whole_with_its_creation() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    let answer = create_with(&phone, *object, bytes.len(), Some(bytes));
    assert_eq!((answer.status().as_u16(), number(&answer, "upload-offset")), (201, bytes.len() as u64));
    assert_eq!(phone.get(&format!("/v1/cases/{}/receipt", case.id)).status(), 200);
}

#[test]
fn nothing_that_no_manifest_announces_is_created() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    let unknown = create(&phone, ObjectId::new([7; 16]), 5);
    assert_eq!(problem(unknown), (404, ProblemType::ObjectUnknown));
    let strange = create(&house.phone(), *object, bytes.len());
    assert_eq!(problem(strange), (404, ProblemType::ObjectUnknown));
    assert_eq!(problem(create(&phone, *object, 5)), (400, ProblemType::Malformed));
    let nameless = phone.request(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0");
    let nameless = nameless.header("upload-length", 5).send().expect("an answer");
    assert_eq!(problem(nameless), (400, ProblemType::Malformed));
}

#[test]
fn a_chunk_with_the_wrong_checksum_is_thrown_away() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    let (head, tail) = bytes.split_at(100_000);
    assert_eq!(patch(&phone, *object, (0, head), &sha1(head)).status(), 204);
    let wrong = patch(&phone, *object, (100_000, tail), &sha1(head));
    assert_eq!(problem(wrong), (460, ProblemType::ChecksumMismatch));
    assert_eq!(phone.offset(*object), 100_000);
    for odd in ["crc32 AAAA", "sha1 AAAA", "sha1", "sha256 ?"] {
        assert_eq!(problem(patch(&phone, *object, (100_000, tail), odd)), (400, ProblemType::Malformed), "{odd}");
    }
    let sum = ring::digest::digest(&ring::digest::SHA256, tail);
    let right = format!("sha256 {}", BASE64.encode(sum.as_ref()));
    assert_eq!(patch(&phone, *object, (100_000, tail), &right).status(), 204);
    assert_eq!(phone.get(&format!("/v1/cases/{}/receipt", case.id)).status(), 200);
}

#[test]
fn an_unfinished_upload_is_kept_for_a_week_and_then_announced_anew() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    let begun = phone.patch(*object, 0, &bytes[..100_000]);
    assert_eq!(begun.headers().get("upload-expires").expect("a date"), "Mon, 22 Jun 2026 06:00:00 GMT");
    house.clock.advance_ms(4 * DAY_MS);
    let on = phone_again(&phone).patch(*object, 100_000, &bytes[100_000..200_000]);
    assert_eq!(on.headers().get("upload-expires").expect("a date"), "Fri, 26 Jun 2026 06:00:00 GMT");
    house.clock.advance_ms(7 * DAY_MS);
    house.running.upkeep().expect("keeps house");
    let found = house.running.ledger().case(case.id).expect("reads").expect("is there");
    assert_eq!(found.objects[0].partial, 0);
    let phone = phone_again(&phone);
    assert_eq!(phone.head_upload(*object).status(), 410);
    let late = phone.patch(*object, 200_000, &bytes[200_000..]);
    assert_eq!(problem(late), (410, ProblemType::UploadExpired));
    assert_eq!(phone.put_case(&case).status(), 200);
    assert_eq!(phone.offset(*object), 0);
    assert_eq!(phone.patch(*object, 0, bytes).status(), 204);
}

#[test]
fn a_request_that_comes_before_the_upkeep_finds_the_upload_expired_too() {
    let house = House::new();
    let (phone, case) = announced(&house);
    let (object, bytes) = &case.objects[0];
    phone.patch(*object, 0, &bytes[..100_000]);
    house.clock.advance_ms(7 * DAY_MS);
    let phone = phone_again(&phone);
    assert_eq!(problem(phone.patch(*object, 100_000, &bytes[100_000..])), (410, ProblemType::UploadExpired));
    let anew = create(&phone, *object, bytes.len());
    assert_eq!((anew.status().as_u16(), number(&anew, "upload-offset")), (201, 0));
}

/// The same phone with a token of today.
fn phone_again(phone: &Phone) -> Phone {
    let mut again = Phone {
        http: phone.http.clone(),
        connection: phone.connection.clone(),
        clock: phone.clock.clone(),
        device: phone.device,
        key: phone.key.clone(),
        session: phone.session.clone(),
        token: String::new(),
        nonce: None,
        shift: phone.shift,
    };
    again.log_in();
    again
}
