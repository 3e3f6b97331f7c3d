//! What comes out again: parts of objects, receipts that are waited for, registers, and what a citizen may see.

mod support;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL};
use reqwest::blocking::Response;
use reqwest::{Method, StatusCode};
use streife_core::domain::{ObjectId, Slip};
use streife_core::ports::OsEntropy;
use streife_core::seal::{
    Binding, CaseKey, Kind, ManifestObject, Scope, Signed, SignedPlateTable, VerifyingKey, citizen_authorisation, open,
    open_notice, seal, sealed_notice,
};
use streife_core::sync::protocol::ProblemType;
use support::{House, Phone, TestCase, listed, problem};

const CODE: &str = "0123456789ABCDEFGHJK";

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).expect("the header").to_str().expect("text").to_owned()
}

#[test]
fn the_desk_reads_an_object_whole_or_in_part() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[1000]);
    phone.declare(&case);
    phone.send_objects(&case);
    let (object, bytes) = &case.objects[0];
    let path = format!("/v1/cases/{}/objects/{object}", case.id);
    let whole = house.desk(Method::GET, &path).send().expect("an answer");
    let (digest, tag) = (header(&whole, "repr-digest"), header(&whole, "etag"));
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    assert_eq!(whole.bytes().expect("a body"), bytes);
    let part = house.desk(Method::GET, &path).header("range", "bytes=100-199").header("if-range", &tag);
    let part = part.send().expect("an answer");
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&part, "content-range"), format!("bytes 100-199/{}", bytes.len()));
    assert_eq!(header(&part, "repr-digest"), digest);
    assert_eq!(part.bytes().expect("a body"), &bytes[100..200]);
    let other = house.desk(Method::GET, &path).header("range", "bytes=1-2").header("if-range", "\"other\"");
    assert_eq!(other.send().expect("an answer").bytes().expect("a body"), bytes);
    let beyond = house.desk(Method::GET, &path).header("range", "bytes=5000-").send().expect("an answer");
    assert_eq!(header(&beyond, "content-range"), format!("bytes */{}", bytes.len()));
    assert_eq!(problem(beyond), (416, ProblemType::Malformed));
    let same = house.desk(Method::GET, &path).header("if-none-match", tag).send().expect("an answer");
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
}

#[test]
fn a_receipt_that_is_waited_for_comes_with_the_last_object() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[40, 50]);
    phone.declare(&case);
    assert_eq!(phone.put_object(&case, &case.objects[0]).status(), 201);
    let ledger = house.running.ledger();
    let answer = std::thread::scope(|scope| {
        let path = format!("/v1/cases/{}/receipt", case.id);
        let waiting = phone.request(Method::GET, &path).header("prefer", "respond-async, wait=30");
        let waiting = scope.spawn(move || waiting.send().expect("an answer"));
        let asked = |traffic: &streife_box::RouteTraffic| traffic.requests == 1;
        assert!(ledger.wait_for(streife_box::Route::ReceiptGet, std::time::Duration::from_secs(20), asked));
        assert_eq!(phone.put_object(&case, &case.objects[1]).status(), 201);
        waiting.join().expect("answers")
    });
    assert_eq!((answer.status().as_u16(), header(&answer, "preference-applied")), (200, "wait=30".to_owned()));
}

#[test]
fn patience_ends_with_what_is_missing() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[40]);
    phone.declare(&case);
    let path = format!("/v1/cases/{}/receipt", case.id);
    let answer = phone.request(Method::GET, &path).header("prefer", "wait=0").send().expect("an answer");
    assert_eq!(problem(answer), (404, ProblemType::CaseIncomplete));
}

#[test]
fn registers_come_signed_and_once() {
    let house = House::with(|config| config.geo_pack = Some(vec![1, 2, 3]));
    let connection = house.running.connection();
    let (http, root) = (support::client(connection), VerifyingKey::from_sec1(&connection.agency_root).expect("a key"));
    let ask = |name: &str| http.get(format!("{}/v1/registers/{name}", connection.origin));
    for name in ["prefixes", "nations"] {
        let answer = ask(name).send().expect("an answer");
        let tag = header(&answer, "etag");
        Signed::<SignedPlateTable>::verify(&answer.bytes().expect("a body"), &root).expect("verifies");
        let again = ask(name).header("if-none-match", tag).send().expect("an answer");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    assert_eq!(ask("geo").send().expect("an answer").status(), 200);
    assert_eq!(problem(ask("other").send().expect("an answer")), (404, ProblemType::NotFound));
}

/// A case with a slip: a record, and a view that the slip opens.
fn noticed(phone: &Phone) -> (TestCase, ObjectId) {
    let mut case = phone.case(1, &[40]);
    let (key, view) = (CaseKey::new([3; 32]), ObjectId::new(support::random()));
    let binding = Binding::of_case(Kind::View, case.id, view).with_scope(Scope::View);
    let sealed = seal(&key.object_key(case.id, Scope::View, view), &binding, b"{}", &OsEntropy).expect("seals");
    let media_type = "application/vnd.streife.view+json".to_owned();
    let row = ManifestObject { kind: Kind::View, scope: Scope::View, media_type, ..listed(view, &sealed) };
    case.manifest.objects.push(row);
    case.objects.push((view, sealed));
    let slip = Slip::new("4711-0815", Some(CODE)).expect("sound");
    case.manifest.notice = Some(sealed_notice(&slip, "MAB1234", case.id, &key, &OsEntropy).expect("seals"));
    case.sign(&phone.key);
    phone.declare(&case);
    phone.send_objects(&case);
    (case, view)
}

fn ask(house: &House, path: &str, plate: &str) -> Response {
    let slip = Slip::new("4711-0815", Some(CODE)).expect("sound");
    let shown = citizen_authorisation("4711-0815", slip.code().expect("a code"), plate);
    let connection = house.running.connection();
    let request = support::client(connection).get(format!("{}/v1/notices/{path}", connection.origin));
    request.header("authorization", format!("Notice {}", BASE64URL.encode(shown))).send().expect("an answer")
}

#[test]
fn a_citizen_with_slip_and_plate_opens_the_view_and_sees_nothing_else() {
    let house = House::new();
    let (case, view) = noticed(&house.phone());
    let seen: serde_json::Value =
        serde_json::from_slice(&ask(&house, "4711-0815", "MAB1234").bytes().expect("a body")).expect("JSON");
    assert_eq!(seen["objects"].as_array().expect("objects").len(), 1);
    assert_eq!(seen["objects"][0]["object"], serde_json::json!(view));
    let wrap = BASE64.decode(seen["wrap"].as_str().expect("text")).expect("base64");
    let (auth, _) = case.manifest.notice.as_ref().expect("a notice").sealed.as_ref().expect("sealed");
    let mut notice = case.manifest.notice.clone().expect("a notice");
    notice.sealed = Some((*auth, wrap));
    let slip = Slip::new("4711-0815", Some(CODE)).expect("sound");
    let key = open_notice(&notice, case.id, slip.code().expect("a code"), "MAB1234").expect("opens");
    let sealed = ask(&house, &format!("4711-0815/objects/{view}"), "MAB1234").bytes().expect("a body");
    let binding = Binding::of_case(Kind::View, case.id, view).with_scope(Scope::View);
    assert_eq!(open(&key.object_key(case.id, view), &binding, &sealed).expect("opens"), b"{}");
    let record = ask(&house, &format!("4711-0815/objects/{}", case.objects[0].0), "MAB1234");
    assert_eq!(problem(record), (404, ProblemType::NotFound));
}

#[test]
fn everybody_else_gets_one_and_the_same_refusal() {
    let house = House::new();
    noticed(&house.phone());
    let body = |answer: Response| {
        assert_eq!(answer.status(), 404);
        answer.bytes().expect("a body")
    };
    let unknown = body(ask(&house, "9999", "MAB1234"));
    assert_eq!(body(ask(&house, "4711-0815", "MAB1235")), unknown);
    let connection = house.running.connection();
    let bare = support::client(connection).get(format!("{}/v1/notices/4711-0815", connection.origin)).send();
    assert_eq!(body(bare.expect("an answer")), unknown);
    house.clock.advance_ms(21 * 86_400_000);
    assert_eq!(body(ask(&house, "4711-0815", "MAB1234")), unknown);
}

#[test]
fn a_slip_opens_its_case_for_three_weeks() {
    let house = House::new();
    noticed(&house.phone());
    house.clock.advance_ms(21 * 86_400_000 - 1);
    assert_eq!(ask(&house, "4711-0815", "MAB1234").status(), 200);
}

#[test]
fn whoever_guesses_waits_and_whoever_has_the_slip_may_look_often() {
    let house = House::new();
    noticed(&house.phone());
    for _ in 0..10 {
        assert_eq!(ask(&house, "4711-0815", "MAB1234").status(), 200);
    }
    for _ in 0..5 {
        assert_eq!(ask(&house, "4711-0815", "MAB0000").status(), 404);
    }
    let limited = ask(&house, "4711-0815", "MAB1234");
    assert_eq!(header(&limited, "retry-after"), "60");
    assert_eq!(problem(limited), (429, ProblemType::RateLimited));
    house.clock.advance_ms(60_000);
    assert_eq!(ask(&house, "4711-0815", "MAB1234").status(), 200);
}
