//! The box's log: every case is in it, it only grows, and a stranger with the box's key can tell.

mod support;

use serde::Deserialize;
use streife_box::Connection;
use streife_core::seal::{
    Checkpoint, Hash, LogConsistency, LogProof, Receipt, Signed, SignedPayload, VerifyingKey, merkle,
};
use streife_core::sync::protocol::{ProblemType, path};
use support::{House, Phone, TestCase, problem};

/// Whoever watches the box with nothing but its key.
struct Stranger {
    http: reqwest::blocking::Client,
    connection: Connection,
    key: VerifyingKey,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Hash>,
    next: u64,
}

impl Stranger {
    fn new(house: &House) -> Self {
        let connection = house.running.connection().clone();
        let key = VerifyingKey::from_sec1(&connection.box_key).expect("a key");
        Self { http: support::client(&connection), connection, key }
    }

    fn get(&self, path: &str) -> reqwest::blocking::Response {
        self.http.get(format!("{}{path}", self.connection.origin)).send().expect("an answer")
    }

    fn checkpoint(&self) -> Checkpoint {
        let bytes = self.get(path::CHECKPOINT).bytes().expect("a body");
        let checkpoint = Signed::<Checkpoint>::verify(&bytes, &self.key).expect("verifies").into_payload();
        assert_eq!(checkpoint.box_id, self.connection.box_id);
        checkpoint
    }

    /// Whether the log that had the earlier checkpoint has become the later one.
    fn grew(&self, earlier: &Checkpoint, later: &Checkpoint) -> bool {
        let bytes = self.get(&path::log_consistency(earlier.size, later.size)).bytes().expect("a body");
        LogConsistency::verify(&bytes, &earlier.root, &self.key).is_ok_and(|(_, root)| root == later.root)
    }

    fn entries(&self, after: u64) -> Entries {
        let url = format!("{}{}", self.connection.origin, path::log_entries(after));
        let answer = self.http.get(url).header("authorization", format!("Bearer {}", self.connection.desk_token));
        serde_json::from_slice(&answer.send().expect("an answer").bytes().expect("a body")).expect("a list")
    }
}

fn entry(case: &TestCase) -> Hash {
    Hash::of(&[&case.manifest.encode()])
}

fn hand_over(phone: &Phone, seq: u32) -> TestCase {
    let case = phone.case(seq, &[100]);
    phone.declare(&case);
    phone.send_objects(&case);
    case
}

fn log_index(phone: &Phone, case: &TestCase, key: &VerifyingKey) -> Option<u64> {
    let bytes = phone.get(&path::receipt(case.id)).bytes().expect("a body");
    Signed::<Receipt>::verify(&bytes, key).expect("verifies").payload().log_index
}

#[test]
fn every_case_has_a_place_in_the_log_and_every_size_grew_out_of_the_earlier_ones() {
    let house = House::new();
    let (phone, stranger) = (house.phone(), Stranger::new(&house));
    assert_eq!((stranger.checkpoint().size, stranger.checkpoint().root), (0, merkle::root(&[])));
    let (mut cases, mut checkpoints) = (Vec::new(), Vec::new());
    for seq in 1..=9 {
        cases.push(hand_over(&phone, seq));
        checkpoints.push(stranger.checkpoint());
    }
    let newest = *checkpoints.last().expect("nine");
    for (index, case) in (0..).zip(&cases) {
        assert_eq!(log_index(&phone, case, &stranger.key), Some(index));
        let bytes = phone.get(&path::proof(case.id)).bytes().expect("a body");
        let (proof, root) = LogProof::verify(&bytes, &entry(case), &stranger.key).expect("is in the log");
        assert_eq!((proof.size, proof.index, root), (9, index, newest.root));
        assert!(LogProof::verify(&bytes, &Hash([1; 32]), &stranger.key).is_err());
    }
    for (size, earlier) in (1..).zip(&checkpoints) {
        assert_eq!(earlier.size, size);
        assert!(stranger.grew(earlier, &newest), "{size}");
        let forged = Checkpoint { root: Hash([7; 32]), ..*earlier };
        assert!(!stranger.grew(&forged, &newest), "{size}");
    }
    let all = stranger.entries(0);
    assert_eq!((all.entries.len(), all.next), (9, 9));
    assert_eq!(merkle::root(&all.entries), newest.root);
    assert_eq!(stranger.entries(7).entries, [entry(&cases[7]), entry(&cases[8])]);
    assert_eq!(stranger.entries(9).next, 9);
}

#[test]
fn the_log_goes_on_behind_a_restart_and_a_kill() {
    let mut house = House::new();
    let mut phone = house.phone();
    hand_over(&phone, 1);
    let first = Stranger::new(&house).checkpoint();
    house = house.restart();
    phone.learn_nonce();
    hand_over(&phone, 2);
    house = house.restart_after_kill();
    phone.learn_nonce();
    hand_over(&phone, 3);
    let stranger = Stranger::new(&house);
    let newest = stranger.checkpoint();
    assert_eq!((first.size, newest.size), (1, 3));
    assert!(stranger.grew(&first, &newest));
}

#[test]
fn a_case_that_is_declared_again_stays_one_entry() {
    let house = House::new();
    let phone = house.phone();
    let case = hand_over(&phone, 1);
    assert_eq!(phone.put_case(&case).status(), 200);
    assert_eq!(house.running.ledger().log_size().expect("reads"), 1);
    let thief = TestCase { id: phone.case(2, &[]).id, ..case.clone() };
    assert_eq!(phone.put_case(&thief).status(), 400);
    assert_eq!(house.running.ledger().log_size().expect("reads"), 1);
}

#[test]
fn sizes_that_the_log_never_had_and_cases_of_others_are_refused() {
    let house = House::new();
    let (phone, other, stranger) = (house.phone(), house.phone(), Stranger::new(&house));
    let case = hand_over(&phone, 1);
    for (from, to) in [(0, 1), (2, 1), (1, 2), (2, 2)] {
        assert_eq!(problem(stranger.get(&path::log_consistency(from, to))), (400, ProblemType::Malformed));
    }
    assert_eq!(stranger.get("/v1/log/consistency?from=1").status(), 200);
    assert_eq!(problem(stranger.get("/v1/log/consistency?from=x")), (400, ProblemType::Malformed));
    assert_eq!(problem(stranger.get("/v1/log/entries")), (403, ProblemType::DeskRefused));
    assert_eq!(problem(other.get(&path::proof(case.id))), (404, ProblemType::CaseUnknown));
    assert_eq!(stranger.get(&path::proof(case.id)).status(), 401);
}

#[test]
fn a_database_from_before_the_log_gets_one_with_all_its_cases() {
    let mut house = House::new();
    let mut phone = house.phone();
    let cases: Vec<TestCase> = (1..=5).map(|seq| hand_over(&phone, seq)).collect();
    let before = Stranger::new(&house).checkpoint();
    house = house.restart_with(|data| {
        let db = rusqlite::Connection::open(data.join("box.db")).expect("opens");
        db.execute_batch(support::BACK_TO_VERSION_3).expect("takes the log away");
    });
    phone.learn_nonce();
    let stranger = Stranger::new(&house);
    let after = stranger.checkpoint();
    assert_eq!((after.size, after.root), (before.size, before.root));
    let entries: Vec<Hash> = cases.iter().map(entry).collect();
    assert_eq!(stranger.entries(0).entries, entries);
    hand_over(&phone, 6);
    assert!(stranger.grew(&before, &stranger.checkpoint()));
}
